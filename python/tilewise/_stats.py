"""The statistics of an array in shared sweeps, as one result with named fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from . import _native, _run
from ._array import Array
from ._functions import where
from ._stored import asarray


class Histogram(NamedTuple):
    """Counts of elements in bins, as ``numpy.histogram`` gives them: ``counts, edges = …``."""

    #: One for each bin, along the last axis.
    counts: Any
    #: One more than there are bins. Of one axis where the range was given, else as many as counts have.
    edges: Any


class StatsResult(NamedTuple):
    """What :func:`stats` found. Fields are scalars, or arrays over the axes that were kept. NaN is left out."""

    min: Any
    max: Any
    mean: Any
    #: With ``ddof = 0``.
    std: Any
    #: One for each of ``q``, along the first axis.
    quantiles: Any
    #: Elements that are NaN.
    nan_count: Any
    #: Where ``bins`` was given.
    histogram: Histogram | None = None


def stats(
    a: Any,
    axis: int | Sequence[int] | str | None = None,
    *,
    q: Sequence[float] = (0.01, 0.25, 0.5, 0.75, 0.99),
    bins: int | None = None,
    range: tuple[float, float] | None = None,
    memory: int | str | None = None,
    threads: int | None = None,
    io: str | None = None,
    progress: bool | None = None,
) -> StatsResult:
    """Smallest, largest, mean, standard deviation, exact quantiles and the number of NaN, all in shared sweeps.

    :param axis: axes to work over, as numbers or letters; default all
    :param q: the quantiles, as shares of the elements below
    :param bins: makes a histogram with so many bins of equal width, as ``numpy.histogram``
    :param range: the outer edges of the histogram; default the smallest and the largest finite element
    """
    if bins is None and range is not None:
        raise TypeError("range is that of the histogram; say bins, too")
    x: Array = asarray(a)
    if x.dtype.kind == "b":
        x = x.astype("u1")
    axes = list(axis) if isinstance(axis, tuple) else axis
    over: dict[str, Any] = {"axes": axes, "skipna": True}
    parts = [x.min(**over), x.max(**over), x.mean(**over), x.std(**over), x.quantile(list(q), **over)]
    parts.append((x != x).sum(axes=axes))
    if bins is not None:
        parts.append(x.histogram(bins, range, axes=axes))
        if range is None:
            # The smallest and the largest may be infinite.
            finite = where(np.isfinite(x), x, np.nan) if x.dtype.kind == "f" else x
            parts += [finite.min(**over), finite.max(**over)]
    found = _run.compute(*parts, memory=memory, threads=threads, io=io, progress=progress)
    bars = None if bins is None else Histogram(found[6], _edges(x, bins, range, found[7:]))
    low, high, mean, std, quantiles, nan = found[:6]
    return StatsResult(low, high, mean, std, quantiles, nan, bars)


def _edges(x: Array, bins: int, given: tuple[float, float] | None, found: Sequence[Any]) -> Any:
    """The edges of a histogram, in NumPy's dtype for them."""
    name = x._open_node().spec.dtype
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype("f4" if name == "bf16" else "f8")
    if given is not None:
        return np.array(_native.histogram_edges(name, [(float(given[0]), float(given[1]))], bins, False), dtype)
    low, high = (np.asarray(ends, "f8") for ends in found)
    pairs = list(zip(low.ravel().tolist(), high.ravel().tolist()))
    return np.array(_native.histogram_edges(name, pairs, bins, True), dtype).reshape(*low.shape, bins + 1)
