"""NumPy's protocols: which ufuncs and functions are offered, and what each is here.

Owns the tables. What is not in them is an error that says how to go on, never a silent load of the whole array.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._functions import call, clip, concatenate, expand_dims, stack, where

if TYPE_CHECKING:
    from ._array import Array

UFUNCS: dict[Any, str] = {
    np.add: "({} + {})", np.subtract: "({} - {})", np.multiply: "({} * {})", np.divide: "({} / {})",
    np.floor_divide: "({} // {})", np.remainder: "({} % {})", np.power: "({} ** {})", np.negative: "(-{})",
    np.equal: "({} == {})", np.not_equal: "({} != {})", np.less: "({} < {})", np.less_equal: "({} <= {})",
    np.greater: "({} > {})", np.greater_equal: "({} >= {})", np.logical_and: "({} & {})",
    np.logical_or: "({} | {})", np.logical_not: "(not {})", np.bitwise_and: "({} & {})", np.bitwise_or: "({} | {})",
    np.invert: "(not {})", np.minimum: "minimum({}, {})", np.maximum: "maximum({}, {})", np.absolute: "abs({})",
    np.sign: "sign({})", np.square: "square({})", np.sqrt: "sqrt({})", np.exp: "exp({})", np.exp2: "exp2({})",
    np.expm1: "expm1({})", np.log: "log({})", np.log2: "log2({})", np.log10: "log10({})", np.log1p: "log1p({})",
    np.sin: "sin({})", np.cos: "cos({})", np.tan: "tan({})", np.tanh: "tanh({})", np.floor: "floor({})",
    np.ceil: "ceil({})", np.rint: "round({})", np.trunc: "trunc({})", np.isnan: "isnan({})", np.isinf: "isinf({})",
    np.isfinite: "isfinite({})",
}
_REDUCE = {np.add: "sum", np.minimum: "min", np.maximum: "max"}
# numpy's name of a function: the kernel, and NumPy's keyword for each parameter of the kernel.
_REDUCTIONS = {
    "sum": ("sum", False), "mean": ("mean", False), "std": ("std", False), "var": ("var", False),
    "min": ("min", False), "max": ("max", False), "amin": ("min", False), "amax": ("max", False),
    "nansum": ("sum", True), "nanmean": ("mean", True), "nanstd": ("std", True), "nanvar": ("var", True),
    "nanmin": ("min", True), "nanmax": ("max", True),
    "argmin": ("argmin", False), "argmax": ("argmax", False), "nanargmin": ("argmin", True), "nanargmax": ("argmax", True),
}


def array_ufunc(a: Array, ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`__array_ufunc__` of arrays."""
    given = {k: v for k, v in kwargs.items() if v is not None}
    if method == "reduce" and ufunc in _REDUCE:
        axis = given.pop("axis", 0)
        keepdims = given.pop("keepdims", None)
        _refuse(f"numpy.{ufunc.__name__}.reduce", given)
        axis = list(range(inputs[0].ndim)) if kwargs.get("axis", 0) is None else axis
        return getattr(inputs[0], _REDUCE[ufunc])(axes=axis, keepdims=keepdims)
    if method != "__call__" or ufunc not in UFUNCS:
        how = "" if method == "__call__" else f".{method}"
        words = f"numpy.{ufunc.__name__}{how} is not offered for lazy arrays"
        raise TypeError(f"{words}; numpy.asarray(a) loads one as an ndarray")
    _refuse(f"numpy.{ufunc.__name__}", given)
    return call(UFUNCS[ufunc], *inputs)


def _refuse(name: str, left: dict[str, Any]) -> None:
    if left:
        words = ", ".join(sorted(left))
        raise TypeError(f"{name} of a lazy array takes no {words}; use a.astype and a.save for dtypes and targets")


def array_function(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`__array_function__` of arrays."""
    name = func.__name__
    implementation = FUNCTIONS.get(name)
    if implementation is None:
        raise TypeError(f"numpy.{name} is not offered for lazy arrays; numpy.asarray(a) loads one as an ndarray")
    return implementation(*args, **kwargs)


_NOTHING = getattr(np, "_NoValue", None)


def _reduction(kernel: str, skipna: bool, numpy_name: str) -> Any:
    def reduce(
        a: Any, axis: Any = None, dtype: Any = None, out: Any = None, *positional: Any, **kwargs: Any
    ) -> Any:
        given = {k: v for k, v in kwargs.items() if v is not None and v is not _NOTHING}
        if kernel in ("min", "max", "argmin", "argmax"):
            # numpy.min(a, axis, out): there is no dtype in it.
            dtype, out = None, dtype if out is None else out
        if dtype is not None or out is not None or positional:
            raise TypeError(f"numpy.{numpy_name} of a lazy array takes no dtype, out or further positional arguments")
        params: dict[str, Any] = {k: given.pop(k) for k in ("keepdims", "ddof") if k in given}
        _refuse(f"numpy.{numpy_name}", given)
        from ._kernels import apply

        return apply(kernel, a, {"axes": axis, "skipna": skipna or None, **params})

    return reduce


def _quantile(scale: float, skipna: bool) -> Any:
    def quantile(a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False) -> Any:
        from ._kernels import apply, plain

        shares = plain(q)
        shares = [s / scale for s in shares] if isinstance(shares, list) else shares / scale
        params = {"q": shares, "axes": axis, "method": method, "keepdims": keepdims or None, "skipna": skipna or None}
        return apply("quantile", a, params)

    return quantile


def _median(skipna: bool) -> Any:
    def median(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
        return _quantile(1, skipna)(a, 0.5, axis, keepdims=keepdims)

    return median


def _round(a: Any, decimals: int = 0) -> Any:
    if decimals != 0:
        raise TypeError("numpy.round of a lazy array takes decimals=0 alone; scale before and after")
    return call("round({})", a)


def _running(name: str) -> Any:
    def running(a: Any, axis: Any = None) -> Any:
        if axis is None and a.ndim != 1:
            raise TypeError(f"numpy.{name} without axis flattens, which is not offered for lazy arrays; say axis")
        return getattr(a, name)(axes=0 if axis is None else axis)

    return running


def _transpose(a: Any, axes: Any = None) -> Any:
    return a.T if axes is None else a.transpose(list(axes))


def _concatenate(arrays: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = None) -> Any:
    _refuse("numpy.concatenate", {k: v for k, v in {"out": out, "dtype": dtype, "casting": casting}.items() if v is not None})
    if axis is None:
        return concatenate([_ravel(a) for a in arrays])
    return concatenate(arrays, axis)


def _stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: Any = None) -> Any:
    _refuse("numpy.stack", {k: v for k, v in {"out": out, "dtype": dtype, "casting": casting}.items() if v is not None})
    return stack(arrays, axis)


def _reshape(a: Any, shape: Any = None, order: str = "C", **kwargs: Any) -> Any:
    given = {k: v for k, v in kwargs.items() if v is not None}
    shape = given.pop("newshape", shape)
    _refuse("numpy.reshape", given if order == "C" else {"order": order, **given})
    return a.reshape(shape)


def _ravel(a: Any, order: str = "C") -> Any:
    from ._kernels import apply

    _refuse("numpy.ravel", {} if order == "C" else {"order": order})
    return apply("reshape", a, {"shape": -1})


def _columns(kernel: str, numpy_name: str) -> Any:
    def columns(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None, **kwargs: Any) -> Any:
        _refuse(f"numpy.{numpy_name}", {k: v for k, v in {"y": y, **kwargs}.items() if v is not None})
        if m.ndim != 2:
            raise TypeError(f"numpy.{numpy_name} of a lazy array takes two axes, this one has {m.ndim}")
        table = m.T if rowvar else m
        result = table.corr() if kernel == "corr" else table.cov(0 if bias and ddof is None else ddof)
        return result[0, 0] if result.shape == (1, 1) else result

    return columns


def _squeeze(a: Any, axis: Any = None) -> Any:
    if axis is None:
        gone = [i for i, n in enumerate(a.shape) if n == 1]
    else:
        gone = [int(i) % a.ndim for i in (axis if isinstance(axis, (tuple, list)) else (axis,))]
        if any(a.shape[i] != 1 for i in gone):
            raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return a[tuple(0 if i in gone else slice(None) for i in range(a.ndim))]


FUNCTIONS: dict[str, Any] = {
    **{name: _reduction(kernel, skipna, name) for name, (kernel, skipna) in _REDUCTIONS.items()},
    "where": where, "clip": clip, "quantile": _quantile(1, False), "nanquantile": _quantile(1, True),
    "percentile": _quantile(100, False), "nanpercentile": _quantile(100, True), "median": _median(False),
    "nanmedian": _median(True), "round": _round, "around": _round, "cumsum": _running("cumsum"),
    "cumprod": _running("cumprod"), "transpose": _transpose, "expand_dims": expand_dims, "squeeze": _squeeze,
    "shape": lambda a: a.shape, "ndim": lambda a: a.ndim, "concatenate": _concatenate, "stack": _stack,
    "reshape": _reshape, "ravel": _ravel, "cov": _columns("cov", "cov"), "corrcoef": _columns("corr", "corrcoef"),
    "size": lambda a, axis=None: a.size if axis is None else a.shape[axis],
}
