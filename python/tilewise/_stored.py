"""Stored arrays: files and ndarrays that take part in graphs, and how they are opened."""

from __future__ import annotations

import os
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from . import _native
from ._array import Array, axes_text, index_text, is_basic, picks_one
from ._dtypes import name_of
from ._graph import InputNode, Node, StepNode

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

Mode = Literal["r", "r+", "w+", "c"]


class StoredArray(Array):
    """An array in a file, or an ndarray that takes part in graphs.

    A slice is a stored array on the same map, an element a scalar; ``numpy.asarray`` is a view without a copy.
    Pictures and CSV files are decoded when elements are asked for.
    """

    __slots__ = ("_file", "_said", "_view")
    # `_said` is how to open it again; None where that is not possible.

    def __init__(
        self, node: Node, file: _native.MappedFile | None, view: NDArray[Any] | None, said: tuple[Any, ...] | None
    ) -> None:
        super().__init__(node)
        self._file, self._view, self._said = file, view, said

    @property
    def path(self) -> str | None:
        """The file; ``None`` for an ndarray."""
        return None if self._said is None else self._said[0]

    @property
    def filename(self) -> str | None:
        """The file, under NumPy's name for it."""
        return self.path

    @property
    def mode(self) -> str:
        """``r``, ``r+``, ``w+`` or ``c``."""
        if self._file is not None:
            return self._file.mode
        return "r"

    @property
    def offset(self) -> int:
        """Where the data begins in the file, in bytes."""
        return 0 if self._file is None else self._file.offset

    def __repr__(self) -> str:
        where = "in memory" if self.path is None else f'"{self.path}"'
        if self.closed:
            return f"<tilewise.StoredArray: {where}, closed>"
        layout = "decoded" if self._view is None else "mapped" if self.path else "ndarray"
        order = f", order {self._file.order}" if self._file is not None and self.ndim > 1 else ""
        mode = f', mode "{self.mode}"' if self._file is not None else ""
        return f"<tilewise.StoredArray: shape {self.shape}, {self.dtype}{axes_text(self)}, {where} ({layout}{order}{mode})>"

    def __str__(self) -> str:
        return str(self._view) if self._view is not None else repr(self)

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return isinstance(self._node, _Closed)

    def _open_node(self) -> Node:
        if self.closed:
            raise ValueError("the array is closed")
        return self._node

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if self._view is None:
            return super().__array__(dtype, copy)
        value = self._view
        if dtype is not None and value.dtype != np.dtype(dtype):
            if copy is False:
                raise ValueError(f"elements of {value.dtype} cannot be seen as {np.dtype(dtype)} without a copy")
            return value.astype(dtype)
        return value.copy() if copy else value

    def __dlpack__(self, **options: Any) -> Any:
        """The elements for other libraries, without a copy, as NumPy gives those of an ndarray: read-only ones to
        consumers that know of them."""
        return self._dlpack_view().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        """The memory that the elements are in: the CPU's."""
        kind, number = self._dlpack_view().__dlpack_device__()
        return int(kind), int(number)

    def _dlpack_view(self) -> NDArray[Any]:
        if self.closed:
            raise ValueError("the array is closed")
        if self._view is None:
            raise BufferError("a decoded array has no elements to share; numpy.asarray(a) computes them")
        return self._view

    def _value(self) -> NDArray[Any]:
        return self._view if self._view is not None else np.asarray(self.compute())

    def __getitem__(self, key: Any) -> Any:
        if self._view is None:
            if not self.closed and picks_one(key, self.ndim):
                node = self._node
                if isinstance(node, InputNode):
                    index = [int(k) for k in (key if isinstance(key, tuple) else (key,))]
                    return self.dtype.type(node.source.element(index))
            return super().__getitem__(key)
        part = self._view[key]
        if not isinstance(part, np.ndarray) or not is_basic(key):
            return part
        node = StepNode("slice", self._node, [("index", index_text(key))])
        said = None if self._said is None else (*self._said[:2], (*self._said[2], key))
        return StoredArray(node, self._file, part, said)

    def __setitem__(self, key: Any, value: Any) -> None:
        if self._view is None:
            raise TypeError("a decoded or closed array cannot be written")
        self._view[key] = np.asarray(value) if isinstance(value, Array) else value

    def flush(self) -> None:
        """Writes changes to disk."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Writes changes and lets go of the file. Views that NumPy holds stay valid as long as they live."""
        if self._file is not None and self.mode in ("r+", "w+"):
            self._file.flush()
        self._node, self._file, self._view = _Closed(self._node), None, None

    def __enter__(self) -> StoredArray:
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        if self._said is None:
            raise TypeError("an array in memory, or one in mode \"c\", is not pickled: save it to a file and open that")
        path, options, keys = self._said
        mode = "r+" if self.mode == "w+" else self.mode
        return _reopen, (path, {**options, "mode": mode}, keys)


class _Closed(Node):
    """What is left of an array that was closed."""

    __slots__ = ()

    def __init__(self, node: Node) -> None:
        self.spec = node.spec


def open(
    path: str | os.PathLike[str],
    dtype: DTypeLike | None = None,
    mode: Mode = "r",
    offset: int | None = None,
    shape: int | Sequence[int] | None = None,
    order: Literal["C", "F"] | None = None,
    *,
    axes: str | None = None,
    column: str | Sequence[str] | None = None,
) -> StoredArray:
    """Opens a file as an array: ``.npy``, raw, pictures (a quoted pattern is a stack), CSV.

    The parameters are those of ``numpy.memmap``, in its order.

    :param path: the file, or a pattern of pictures or CSV files
    :param dtype: the dtype of a raw file; for files that say their own it is checked
    :param mode: ``r`` read, ``r+`` read and write, ``w+`` create or empty, ``c`` changes stay in memory
    :param offset: where the data of a raw file begins, in bytes
    :param shape: the extents of a raw file; one may be -1
    :param order: the storage order of a raw file
    :param axes: a letter for each axis
    :param column: columns of a CSV file
    """
    name = os.fspath(path)
    said: dict[str, Any] = {"offset": offset, "order": order, "axes": axes, "dtype": None, "shape": None, "endian": None}
    said["column"] = column if column is None or isinstance(column, str) else list(column)
    if dtype is not None:
        said["dtype"], endian = name_of(dtype)
        if not name.endswith(".npy") or endian == "big":
            said["endian"] = endian
    if shape is not None:
        said["shape"] = [int(shape)] if isinstance(shape, (int, np.integer)) else [int(n) for n in shape]
    return open_said(name, mode, said)


def open_said(name: str, mode: str, said: dict[str, Any], called: str | None = None) -> StoredArray:
    """Opens a file of which this is said; ``called`` is its name in pipelines where not that of the file."""
    if mode not in ("r", "r+", "w+", "c"):
        raise ValueError(f'mode is "r", "r+", "w+" or "c", not {mode!r}')
    again = {**said, "mode": mode}
    if mode == "r":
        source = _native.Source(name, said)
        if source.format not in ("npy", "raw"):
            return StoredArray(InputNode(source, None, (name, said), called), None, None, (name, again, ()))
    file = _native.MappedFile(name, mode, said)
    source = file.source()
    view = None if source.spec.dtype == "bf16" else np.asarray(file)
    if mode == "c":
        return StoredArray(InputNode(source), file, view, None)
    return StoredArray(InputNode(source, None, (name, said), called), file, view, (name, again, ()))


def _reopen(name: str, options: dict[str, Any], keys: tuple[Any, ...]) -> Any:
    said = {k: v for k, v in options.items() if k != "mode"}
    array: Any = open_said(name, options["mode"], said)
    for key in keys:
        array = array[key]
    return array


def create(
    path: str | os.PathLike[str],
    dtype: DTypeLike = np.float64,
    mode: Literal["w+"] | None = None,
    offset: int | None = None,
    shape: int | Sequence[int] | None = None,
    order: Literal["C", "F"] = "C",
    *,
    axes: str | None = None,
    overwrite: bool = False,
) -> StoredArray:
    """Creates a file of zeros and opens it for reading and writing. Its disk space is reserved.

    :param mode: ``w+`` empties a file that exists, as NumPy's does, and so does ``overwrite=True``; else that
        is an error
    """
    if shape is None:
        raise ValueError("create needs a shape")
    if mode not in (None, "w+"):
        raise ValueError(f'create makes a new file: mode is "w+", not {mode!r}; open an existing one with tilewise.open')
    if mode is None and not overwrite and os.path.lexists(path):
        raise FileExistsError(f"{os.fspath(path)}: exists already; pass overwrite=True to replace it, or choose another name")
    return open(path, dtype, "w+", offset, shape, order, axes=axes)


def asarray(array: Any, axes: str | None = None) -> Array:
    """An array that takes part in lazy graphs, without a copy.

    A ``numpy.memmap`` is known by its file. Any other ndarray is used in place and kept alive; it is not to be
    changed while something that reads it runs.
    """
    if isinstance(array, Array):
        return array
    memmap = _of_memmap(array, axes) if isinstance(array, np.memmap) else None
    if memmap is not None:
        return memmap
    plain = np.asarray(array)
    name, _ = name_of(plain.dtype)
    # A file that is looked at through a map is an input: no output may replace it.
    shows = getattr(_root(array), "filename", None) if isinstance(array, np.memmap) else None
    return StoredArray(InputNode(_native.from_ndarray(plain, name, axes, shows)), None, plain, None)


def _root(array: Any) -> Any:
    """The memmap that a view was taken from."""
    while isinstance(array.base, np.memmap):
        array = array.base
    return array


def _of_memmap(array: Any, axes: str | None) -> StoredArray | None:
    """The file that a memmap shows a part of, where a pipeline file could say which."""
    root: Any = _root(array)
    name = getattr(root, "filename", None)
    contiguous = array.flags.c_contiguous or array.flags.f_contiguous
    if name is None or root.mode == "c" or not contiguous or array.size == 0 or not os.path.exists(name):
        return None
    start = array.__array_interface__["data"][0] - root.__array_interface__["data"][0]
    dtype, endian = name_of(array.dtype)
    order = "C" if array.flags.c_contiguous else "F"
    said = {"dtype": dtype, "endian": endian, "offset": int(root.offset + start), "order": order}
    said |= {"shape": list(array.shape), "axes": axes, "column": None}
    if os.fspath(name).lower().endswith((".npy", ".csv", ".tsv", ".gz", ".png", ".jpg", ".jpeg", ".tif", ".tiff")):
        return None  # The extension would be believed, not the offset.
    source = _native.Source(os.fspath(name), said)
    name = os.fspath(name)
    return StoredArray(InputNode(source, again=(name, said)), None, np.asarray(array), (name, {**said, "mode": "r"}, ()))
