"""Pipeline files in Python: loaded, changed, planned, run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import _native, _run


class Pipeline:
    """A pipeline file. Paths in it are relative to the file, as for the command."""

    def __init__(self, native: _native.Pipeline, base: str) -> None:
        self._native, self._base = native, base

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
        """Changes parameters and paths, as ``--set`` does: ``{"blur.sigma": 2, "inputs.raw": "other.npy"}``."""
        for target, value in changes.items():
            text = str(value).lower() if isinstance(value, bool) else os.fspath(value) if isinstance(value, os.PathLike) else str(value)
            self._native.set(f"{target}={text}")
        return self

    def _job(self, memory: int | str | None, threads: int | None, overwrite: bool) -> _native.Job:
        return _native.Job(self._native, _run.budget(memory), threads, overwrite, self._base)

    def plan(self, *, memory: int | str | None = None, threads: int | None = None) -> _run.Plan:
        """What a run would do."""
        return _run.Plan(self._job(memory, threads, False))

    def run(
        self,
        *,
        overwrite: bool = False,
        memory: int | str | None = None,
        threads: int | None = None,
        progress: bool | None = None,
    ) -> dict[str, Any]:
        """Runs it; returns each output by its name: a file that was written, opened, or an ndarray where the path is
        ``-``. Raw files are given as their path, since they do not say what they hold."""
        from ._stored import open

        values = _run.run(self._job(memory, threads, overwrite), progress)
        results: dict[str, Any] = {}
        for (name, path, in_file), value in zip(self._native.outputs, values):
            place = os.path.join(self._base, path) if in_file else path
            results[name] = value if path == "-" else open(place) if place.endswith(".npy") else Path(place)
        return results

    def __repr__(self) -> str:
        return f"<tilewise.Pipeline: {', '.join(self.inputs)} -> {', '.join(self.outputs)}>"


def load_pipeline(path: str | os.PathLike[str]) -> Pipeline:
    """Reads a pipeline file. Errors name the line."""
    file = Path(path)
    return Pipeline(_native.Pipeline.parse(file.read_text(encoding="utf-8"), str(file)), str(file.parent))


def run(
    path: str | os.PathLike[str],
    set: Mapping[str, Any] | None = None,
    *,
    overwrite: bool = False,
    memory: int | str | None = None,
    threads: int | None = None,
    progress: bool | None = None,
) -> dict[str, Any]:
    """Runs a pipeline file, as ``tilewise run`` does; see :meth:`Pipeline.run`."""
    pipeline = load_pipeline(path).set(set or {})
    return pipeline.run(overwrite=overwrite, memory=memory, threads=threads, progress=progress)
