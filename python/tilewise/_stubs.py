"""Makes ``_kernels.pyi`` from the registry: ``python -m tilewise._stubs`` prints it."""

from __future__ import annotations

import inspect
import textwrap

from ._kernels import KERNELS, METHODS, TABLE, document, signature

_TYPES = {
    "bool": "bool",
    "int": "int",
    "float": "float",
    "floats": "float | Sequence[float]",
    "ints": "int | Sequence[int]",
    "choice": "str",
    "words": "str | Sequence[str]",
    "axes": "Axes",
    "dtype": "DTypeLike",
    "length": "int | str",
    "text": "str",
    "arrays": "Any",
}
_HEAD = '''"""Every kernel of the registry as a function and a method. Made by ``tilewise._stubs``; not edited by hand."""

from collections.abc import Sequence
from inspect import Signature
from typing import Any

from numpy.typing import DTypeLike

from ._array import Array

Axes = int | str | Sequence[int] | Sequence[str]

TABLE: dict[str, dict[str, Any]]
KERNELS: list[str]
METHODS: list[str]

def plain(value: Any) -> Any: ...
def arrays_word(name: str) -> str: ...
def signature(name: str, method: bool) -> Signature: ...
def document(name: str) -> str: ...
def apply(name: str, a: Any, given: dict[str, Any]) -> Array: ...
'''


def _parameters(name: str, method: bool) -> str:
    kinds = {p["name"]: _TYPES[p["kind"]] for p in TABLE[name]["params"]}
    kinds["axis"] = "Axes"
    words = []
    for p in signature(name, method).parameters.values():
        if p.name == "self":
            words.append("self")
        elif p.name == "a":
            words.append("a: Any")
        else:
            if p.kind is inspect.Parameter.KEYWORD_ONLY:
                words.append("*")
            required = p.default is inspect.Parameter.empty
            words.append(f"{p.name}: {kinds[p.name]}" + ("" if required else " | None = None"))
    return ", ".join(words)


def _definition(name: str, method: bool) -> str:
    lines = document(name).splitlines()
    wrapped = [w for line in lines for w in (textwrap.wrap(line, 108, subsequent_indent="    " if line[:1] == ":" else "") or [""])]
    text = "\n".join(f"    {w}".rstrip() for w in wrapped).replace("\\", "\\\\")
    whole = f'def {name}({_parameters(name, method)}) -> Array:\n    """{text.strip()}"""\n'
    return textwrap.indent(whole, "    ") if method else whole


def text() -> str:
    """The stub file."""
    parts = [_HEAD]
    parts += [_definition(name, method=False) for name in KERNELS if name != "clip"]
    parts.append('class KernelMethods:\n    """The kernels as methods."""\n\n    __slots__ = ()\n')
    parts += [_definition(name, method=True) for name in METHODS]
    return "\n".join(parts)


if __name__ == "__main__":
    print(text(), end="")
