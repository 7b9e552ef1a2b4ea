"""NumPy dtypes and the engine's names for them. Knows nothing of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

_BY_KIND = {"b": "bool", "u": "u", "i": "i", "f": "f", "c": "c"}
_NAMES = ("bool", "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f16", "bf16", "f32", "f64", "c64", "c128")
# Codes that NumPy reads as bytes and pipeline files as bits.
_TWO_MEANINGS = {"u8": ("u1", "u64"), "i8": ("i1", "i64"), "f16": ("f2", "float128")}


def name_of(dtype: Any) -> tuple[str, str]:
    """The engine's name of a dtype, and its byte order: ``("u16", "little")``.

    Takes what ``numpy.dtype`` takes, and the engine's own names where NumPy has no other meaning for them.
    """
    if isinstance(dtype, str) and dtype in _TWO_MEANINGS:
        bits, wide = _TWO_MEANINGS[dtype]
        raise TypeError(
            f'"{dtype}" has two meanings: {dtype[0]} of {dtype[1:]} bits in pipeline files, '
            f'{dtype[0]} of {dtype[1:]} bytes ({wide}) in NumPy; write "{bits}" or the long name'
        )
    native = np.dtype(np.int32).newbyteorder("=").str[0]
    byte_order = "little" if native == "<" else "big"
    if isinstance(dtype, str) and dtype in _NAMES:
        return dtype, byte_order
    found = np.dtype(dtype)
    if found.name == "bfloat16":
        return "bf16", byte_order
    kind = _BY_KIND.get(found.kind)
    name = "bool" if kind == "bool" else f"{kind}{found.itemsize * 8}"
    if kind is None or name not in _NAMES:
        raise TypeError(f"arrays of {found} are not supported; there are {', '.join(_NAMES)}")
    if found.str[0] == ">":
        byte_order = "big"
    return name, byte_order


def numpy_dtype(name: str) -> np.dtype[Any]:
    """The NumPy dtype of a name of the engine, in native byte order."""
    if name == "bool":
        return np.dtype(np.bool_)
    if name == "bf16":
        try:
            import ml_dtypes  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            raise TypeError('NumPy has no bf16 unless ml_dtypes is installed; astype("f4") makes a copy that it can read') from None
        wide: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
        return wide
    found: np.dtype[Any] = np.dtype(f"{name[0]}{int(name[1:]) // 8}")
    return found
