"""Plans and runs of lazy arrays. Owns options, results and when a bar is shown."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _html, _native
from ._dtypes import numpy_dtype
from ._graph import Node, Output, pipeline_of
from ._progress import Bar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._array import Array
    from ._stored import StoredArray


class Wanted(NamedTuple):
    """An array that is wanted, and where."""

    array: Any
    path: str = "-"
    dtype: str | None = None
    order: str | None = None


class Plan:
    """What a run would do. Printed as text, in a notebook as a table; :attr:`json` is the whole of it."""

    def __init__(self, job: _native.Job) -> None:
        self._text = job.explain()
        self.json: dict[str, Any] = json.loads(job.to_json())
        #: Things worth knowing that are no errors.
        self.warnings: list[str] = job.warnings

    def __str__(self) -> str:
        return self._text

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return _html.plan(self._text, self.json, self.warnings)


def budget(memory: int | str | None) -> int | None:
    """Bytes of a budget."""
    if memory is None or isinstance(memory, int):
        return memory
    return _native.parse_bytes(memory)


def nodes(wanted: Sequence[Wanted]) -> list[Output]:
    from ._array import node_of

    outputs = []
    for w in wanted:
        node = node_of(w.array)
        if not isinstance(node, Node):
            raise TypeError(f"only arrays can be computed, not {type(w.array).__name__}")
        outputs.append(Output(node, w.path, w.dtype, w.order))
    return outputs


def pipeline(wanted: Sequence[Wanted]) -> _native.Pipeline:
    """The pipeline that makes these arrays."""
    return pipeline_of(nodes(wanted))


def prepare(
    wanted: Sequence[Wanted],
    memory: int | str | None,
    threads: int | None,
    io: str | None,
    overwrite: bool = False,
) -> _native.Job:
    return _native.Job(pipeline(wanted), budget(memory), threads, overwrite, None, io)


def run(job: _native.Job, progress: bool | None) -> list[Any]:
    """Runs a job; its outputs that have no file, as ndarrays or scalars, and None for the others."""
    bar = Bar(progress) if progress or job.moved_bytes > Bar.SMALL_BYTES else None
    completed = False
    try:
        outputs, _, _ = job.run(bar)
        completed = True
    finally:
        if bar is not None:
            bar.close(completed)
    return [None if o is None else value(*o) for o in outputs]


def value(spec: _native.Spec, content: Any) -> Any:
    """What Python gets of a result: an ndarray of its own memory, or a scalar."""
    dtype = numpy_dtype(spec.dtype)
    if isinstance(content, bytearray):
        array: NDArray[Any] = np.frombuffer(content, dtype).reshape(spec.shape)
        return array[()] if not spec.shape else array
    return np.asarray(content)


def compute(
    *arrays: Any,
    memory: int | str | None = None,
    threads: int | None = None,
    io: str | None = None,
    progress: bool | None = None,
) -> tuple[Any, ...]:
    """Computes several arrays at once: what they share is read once, in shared sweeps.

    Returns one ndarray or scalar for each.
    """
    if not arrays:
        return ()
    job = prepare([Wanted(a) for a in arrays], memory, threads, io)
    return tuple(run(job, progress))


def plan(*arrays: Array, memory: int | str | None = None, threads: int | None = None, io: str | None = None) -> Plan:
    """What computing these arrays at once would do. Nothing is run."""
    return Plan(prepare([Wanted(a) for a in arrays], memory, threads, io))


def save(
    arrays: Mapping[str | os.PathLike[str], Any],
    *,
    overwrite: bool = False,
    memory: int | str | None = None,
    threads: int | None = None,
    io: str | None = None,
    progress: bool | None = None,
) -> list[StoredArray]:
    """Runs several arrays into files, in shared sweeps: ``tw.save({"mean.npy": a.mean(0), "clean.npy": b})``.

    Returns the files, opened, in the same order.
    """
    wanted = [Wanted(a, os.fspath(path)) for path, a in arrays.items()]
    return save_all(wanted, overwrite=overwrite, memory=memory, threads=threads, io=io, progress=progress)


def to_toml(arrays: Mapping[str | os.PathLike[str], Any]) -> str:
    """The text of the pipeline file that writes these arrays: what :func:`save` of the same mapping would run."""
    return pipeline([Wanted(a, os.fspath(path)) for path, a in arrays.items()]).to_toml()


def save_all(
    wanted: Sequence[Wanted],
    *,
    overwrite: bool,
    memory: int | str | None,
    threads: int | None,
    io: str | None,
    progress: bool | None,
) -> list[StoredArray]:
    """Runs arrays into their files and opens those."""
    run(prepare(wanted, memory, threads, io, overwrite), progress)
    return [_saved(w) for w in wanted]


def _saved(w: Wanted) -> StoredArray:
    from ._stored import open

    array = w.array
    if w.path.endswith(".npy"):
        return open(w.path, axes=array.axes)
    dtype = numpy_dtype(w.dtype) if w.dtype else array.dtype
    order: Any = w.order
    shape = array.shape
    if shape and os.path.getsize(w.path) < math.prod(shape) * dtype.itemsize:
        # The length was known only after the run.
        shape = (-1, *shape[1:])
    return open(w.path, dtype, shape=shape, order=order, axes=array.axes)
