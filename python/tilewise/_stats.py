"""The statistics of an array in shared sweeps, as one result with named fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from . import _run
from ._array import Array
from ._stored import asarray


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


def stats(
    a: Any,
    axis: int | Sequence[int] | str | None = None,
    *,
    q: Sequence[float] = (0.01, 0.25, 0.5, 0.75, 0.99),
    memory: int | str | None = None,
    threads: int | None = None,
) -> StatsResult:
    """Smallest, largest, mean, standard deviation, exact quantiles and the number of NaN, all in shared sweeps.

    :param axis: axes to work over, as numbers or letters; default all
    :param q: the quantiles, as shares of the elements below
    """
    x: Array = asarray(a)
    if x.dtype.kind == "b":
        x = x.astype("u1")
    over: dict[str, Any] = {"axes": list(axis) if isinstance(axis, tuple) else axis, "skipna": True}
    nan = (x != x).sum(axes=over["axes"])
    parts = [x.min(**over), x.max(**over), x.mean(**over), x.std(**over), x.quantile(list(q), **over), nan]
    return StatsResult(*_run.compute(*parts, memory=memory, threads=threads))
