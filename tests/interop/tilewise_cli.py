"""Drives the `tilewise` binary that TILEWISE_BIN names, and reads what it prints.

Owns every assumption about JSON keys and number formats. Refuses to know what is tested.
"""

import json
import os
import subprocess
from pathlib import Path

import numpy as np

# Tilewise's names of the dtypes that NumPy has too (bf16 is Tilewise's alone).
DTYPES = {
    "bool": "?",
    "u8": "u1",
    "u16": "u2",
    "u32": "u4",
    "u64": "u8",
    "i8": "i1",
    "i16": "i2",
    "i32": "i4",
    "i64": "i8",
    "f16": "f2",
    "f32": "f4",
    "f64": "f8",
    "c64": "c8",
    "c128": "c16",
}
ORDERS = ("C", "F")
ENDIANS = {"little": "<", "big": ">"}


def numpy_dtype(name, endian="little"):
    return np.dtype(ENDIANS[endian] + DTYPES[name])


def layouts(name):
    """Each memory order with each byte order; single bytes have no order."""
    endians = ["little"] if numpy_dtype(name).itemsize == 1 else list(ENDIANS)
    return [(order, endian) for order in ORDERS for endian in endians]


def samples(name, shape, endian="little", seed=0):
    """Values that show a wrong byte, a wrong sign and a wrong stride: extremes first, no two alike
    where the dtype has room."""
    dtype = numpy_dtype(name, endian)
    count = int(np.prod(shape))
    rng = np.random.default_rng(seed)
    if dtype.kind == "b":
        flat = rng.integers(0, 2, count).astype(bool)
        flat[-1:] = True
    elif dtype.kind in "ui":
        limits = np.iinfo(dtype)
        flat = rng.integers(limits.min, limits.max, count, dtype=dtype.newbyteorder("="), endpoint=True)
        flat[:2] = [limits.min, limits.max][:count]
    else:
        flat = rng.normal(size=count) * 100
        extremes = [np.nan, np.inf, -np.inf, -0.0, np.finfo(dtype).max, np.finfo(dtype).tiny]
        if dtype.kind == "c":
            flat = flat + 1j * rng.normal(size=count)
            extremes = [complex(0.0, -0.0), complex(np.finfo(dtype).max, -1.5)]
        flat[: len(extremes)] = extremes[:count]
    return flat.astype(dtype).reshape(shape)


def run(*words, expect=0, cwd=None):
    """Runs one command; fails the test unless it exits as expected."""
    words = [os.fspath(w) if isinstance(w, Path) else str(w) for w in words]
    binary = os.environ["TILEWISE_BIN"]
    done = subprocess.run([binary, *words], capture_output=True, text=True, cwd=cwd, timeout=60, check=False)
    expected = expect if isinstance(expect, tuple) else (expect,)
    assert done.returncode in expected, (
        f"tilewise {' '.join(words)}\nexit {done.returncode}, expected {expected}\n{done.stdout}{done.stderr}"
    )
    return done


def raw_words(name, shape, order="C", endian="little", offset=0):
    """The options that describe a raw file."""
    sizes = ",".join(map(str, shape))
    return ["--dtype", name, "--shape", sizes, "--order", order, "--endian", endian, "--offset", offset]


def info(path, *words):
    return json.loads(run("info", path, *words, "--json").stdout)


def check_info(path, array, name, *words, order=None, endian=None, offset=None):
    """What `info --json` says of a file agrees with the array NumPy sees in it."""
    told = info(path, *words)
    assert told["dtype"] == name
    assert told["shape"] == list(array.shape)
    assert told["bytes"] == array.nbytes
    for key, value in (("order", order), ("endian", endian), ("offset", offset)):
        if value is not None:
            assert told[key] == value, f"{key} of {path}"


def number(value):
    """A JSON value as a Python number: NaN and infinities are strings, complex numbers pairs."""
    if isinstance(value, list):
        return complex(*map(number, value))
    return float(value) if isinstance(value, str) else value


def get(path, index, dtype, *words):
    """Elements as `get --json` prints them, as an array of `dtype` in the shape that is told."""
    told = json.loads(run("get", path, index, *words, "--json").stdout)
    shape, values = told["shape"], told["values"]
    for _ in shape[1:]:
        values = [inner for outer in values for inner in outer]
    if not shape:
        values = [values]
    flat = np.array([number(v) for v in values], dtype=np.dtype(dtype).newbyteorder("="))
    return flat.reshape(shape)


def text_of(value):
    """A NumPy scalar as `set` and `--fill` take it."""
    value = value.item()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, complex):
        return f"{value.real!r}{value.imag:+}j"
    return repr(value)


def same(actual, expected):
    """Equal elements, bit by bit but for the payload of NaN (so that -0 is not 0)."""
    assert actual.shape == expected.shape
    actual = np.ascontiguousarray(actual).astype(expected.dtype.newbyteorder("="), casting="equiv")
    expected = np.ascontiguousarray(expected).astype(expected.dtype.newbyteorder("="))
    np.testing.assert_array_equal(actual, expected)
    if expected.dtype.kind in "fc":
        real = np.dtype(f"f{expected.dtype.itemsize // (2 if expected.dtype.kind == 'c' else 1)}")
        numbers = ~np.isnan(expected.reshape(-1).view(real))
        signs = [np.signbit(a.reshape(-1).view(real)[numbers]) for a in (actual, expected)]
        np.testing.assert_array_equal(*signs)
