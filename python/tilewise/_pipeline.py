"""Pipeline files in Python: loaded, changed, looked into as lazy arrays, planned, run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _native, _run
from ._graph import JoinNode, Node, StepNode, TextNode

if TYPE_CHECKING:
    from ._array import Array
    from ._stored import StoredArray


class Pipeline:
    """A pipeline file. Paths in it are relative to the file, as for the command.

    It is also a mapping of lazy arrays: ``p["clean"]`` is what that output, step or input holds, to go on from.
    Iterating gives the names of outputs.
    """

    def __init__(self, native: _native.Pipeline, base: str) -> None:
        self._native, self._base = native, base
        self._nodes: dict[str, Node] = {}
        self._opened: dict[str, StoredArray] = {}

    @property
    def inputs(self) -> dict[str, str]:
        """The path of each input."""
        return dict(self._native.inputs)

    @property
    def steps(self) -> dict[str, str]:
        """The kernel of each step."""
        return dict(self._native.steps)

    @property
    def outputs(self) -> dict[str, str]:
        """The path of each output."""
        return {name: path for name, path, _ in self._native.outputs}

    def to_toml(self) -> str:
        """The text of the file."""
        return self._native.to_toml()

    def set(self, changes: Mapping[str, Any]) -> Pipeline:
        """Changes parameters and paths, as ``--set`` does: ``{"blur.sigma": 2, "inputs.raw": "other.npy"}``.

        Arrays that were taken out before keep what they were.
        """
        for target, value in changes.items():
            text = str(value).lower() if isinstance(value, bool) else os.fspath(value) if isinstance(value, os.PathLike) else str(value)
            self._native.set(f"{target}={text}")
            self._nodes, self._opened = {}, {}
        return self

    # What it holds.

    def __getitem__(self, name: str) -> Array:
        """The array of an output (in the dtype that it is written in), of a step, or of an input, by its name.

        Inputs that it needs are opened; nothing is computed. Raises ``KeyError`` for other names.
        """
        from ._array import Array

        if name in self.inputs and name not in self.outputs:
            return self._input(name)
        source, dtype = next(((w[1], w[2]) for w in self._native.written if w[0] == name), (name, None))
        node = self._node(source)
        if dtype is not None and node.spec.dtype != dtype:
            node = StepNode("cast", node, [("dtype", dtype)], plain_name(name))
        return Array(node)

    def __iter__(self) -> Iterator[str]:
        return iter(self.outputs)

    def __len__(self) -> int:
        return len(self.outputs)

    def __contains__(self, name: object) -> bool:
        return name in self.outputs or name in self.steps or name in self.inputs

    def keys(self) -> list[str]:
        """The names of outputs."""
        return list(self.outputs)

    def items(self) -> list[tuple[str, Array]]:
        """Each output with its lazy array."""
        return [(name, self[name]) for name in self]

    def values(self) -> list[Array]:
        """The lazy array of each output."""
        return [self[name] for name in self]

    def _ipython_key_completions_(self) -> list[str]:
        return list(dict.fromkeys([*self.outputs, *self.steps, *self.inputs]))

    def _node(self, name: str) -> Node:
        """A step or an input. What it is made of is made first, and once."""
        links = {link[0]: link for link in self._native.links()}
        wanted = [name]
        while wanted:
            step = wanted[-1]
            missing = [] if step not in links else [n for _, n in links[step][2] if n not in self._nodes]
            if step not in self._nodes and not missing:
                self._nodes[step] = self._step(*links[step]) if step in links else self._input(step)._open_node()
            wanted = wanted + missing if missing else wanted[:-1]
        return self._nodes[name]

    def _step(self, name: str, kernel: str, takes: list[tuple[str, str]], params: list[tuple[str, Any]]) -> Node:
        nodes = [(word, self._nodes[source]) for word, source in takes]
        if kernel == "expr":
            return TextNode(dict(params)["expr"], nodes, plain_name(name))
        from ._kernels import TABLE

        known = dict(nodes)
        kinds = {p["name"]: p["kind"] for p in TABLE.get(kernel, {"params": []})["params"]}
        links, others = [], []
        for key, value in params:
            if kinds.get(key) == "arrays":
                links.append((key, [known[n] for n in ([value] if isinstance(value, str) else value)]))
            else:
                others.append((key, value))
        if links:
            return JoinNode(kernel, nodes[0][1], links, others, plain_name(name))
        return StepNode(kernel, nodes[0][1], params, plain_name(name))

    def _input(self, name: str) -> StoredArray:
        """An input, opened; again where somebody has closed it."""
        from ._stored import open_said

        opened = self._opened.get(name)
        if opened is not None and not opened.closed:
            return opened
        for known, path, in_file, said in self._native.declared_inputs:
            if known == name:
                place = os.path.join(self._base, path) if in_file else path
                self._opened[name] = open_said(place, "r", said, plain_name(name))
                return self._opened[name]
        raise KeyError(f"{name!r}; there are {', '.join(self._ipython_key_completions_())}")

    # What it does.

    def _job(
        self, memory: int | str | None, threads: int | None, io: str | None, overwrite: bool, append: bool
    ) -> _native.Job:
        return _native.Job(self._native, _run.budget(memory), threads, overwrite, self._base, io, append)

    def plan(
        self,
        *,
        append: bool = False,
        memory: int | str | None = None,
        threads: int | None = None,
        io: str | None = None,
    ) -> _run.Plan:
        """What a run would do."""
        return _run.Plan(self._job(memory, threads, io, False, append))

    def run(
        self,
        *,
        overwrite: bool = False,
        append: bool = False,
        memory: int | str | None = None,
        threads: int | None = None,
        io: str | None = None,
        progress: bool | None = None,
    ) -> dict[str, Any]:
        """Runs it; returns each output by its name: a file that was written, opened, or an ndarray where the path is
        ``-``. With ``append``, outputs of an older run whose inputs have grown at their end are extended: only what is new is
        computed; what cannot be extended is refused with the reason."""
        if overwrite and append:
            raise ValueError("append=True keeps what is there, overwrite=True replaces it: give one of them")
        job = self._job(memory, threads, io, overwrite, append)
        specs = job.specs
        values = _run.run(job, progress)
        outputs = zip(self._native.outputs, self._native.written, specs, values)
        return {o[0]: value if o[1] == "-" else self._written(*o[1:], *w[3:], spec) for o, w, spec, value in outputs}

    def _written(self, path: str, in_file: bool, order: str | None, endian: str | None, spec: _native.Spec) -> Array:
        """A file that was written. An ``.npy`` file says what it is but for its axes; a raw one says nothing."""
        from ._stored import open_said

        said: dict[str, Any] = {"dtype": None, "shape": None, "offset": None, "order": None, "endian": None}
        if not path.endswith(".npy"):
            said |= {"dtype": spec.dtype, "shape": list(spec.shape), "order": order, "endian": endian}
        place = os.path.join(self._base, path) if in_file else path
        return open_said(place, "r", {**said, "axes": spec.axes, "column": None})

    def __repr__(self) -> str:
        return f"<tilewise.Pipeline: {', '.join(self.inputs)} -> {', '.join(self.outputs)}>"


def plain_name(name: str) -> str:
    """A name that an expression can say; those of files may have a hyphen."""
    return re.sub(r"\W", "_", name)


def load_pipeline(path: str | os.PathLike[str], set: Mapping[str, Any] | None = None) -> Pipeline:
    """Reads a pipeline file, or a text of several lines that is one. Errors name the line.

    :param path: the file, or the text; paths in a text are relative to the current folder
    :param set: changes, as :meth:`Pipeline.set` takes them
    """
    if isinstance(path, str) and "\n" in path:
        return Pipeline(_native.Pipeline.parse(path, "pipeline"), "").set(set or {})
    file = Path(path)
    base = "" if file.parent == Path() else str(file.parent)
    return Pipeline(_native.Pipeline.parse(file.read_text(encoding="utf-8"), str(file)), base).set(set or {})


def run(
    path: str | os.PathLike[str],
    set: Mapping[str, Any] | None = None,
    *,
    overwrite: bool = False,
    append: bool = False,
    memory: int | str | None = None,
    threads: int | None = None,
    io: str | None = None,
    progress: bool | None = None,
) -> dict[str, Any]:
    """Runs a pipeline file, as ``tilewise run`` does; see :meth:`Pipeline.run`."""
    pipeline = load_pipeline(path, set)
    return pipeline.run(overwrite=overwrite, append=append, memory=memory, threads=threads, io=io, progress=progress)
