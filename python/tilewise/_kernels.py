"""Every kernel of the registry as a function and a method, with its signature and documentation.

Made from the registry when the package is imported; ``_kernels.pyi`` is made from the same by ``tilewise._stubs``.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from . import _native
from ._dtypes import name_of
from ._graph import JoinNode, Node, StepNode

# `expr` is what operators make, `slice` what indices make; kernels of several arrays are in `_functions`. `cast` is
# NumPy's astype as well.
_ELSEWHERE = {"expr", "slice", "concatenate", "stack"}
TABLE = {k["name"]: k for k in _native.kernels()}
KERNELS = [name for name in TABLE if name not in _ELSEWHERE]
# Of a stored array `mode` is how its file is open, as of NumPy's memory maps: that kernel is a function alone.
METHODS = [name for name in KERNELS if name != "mode"]


def plain(value: Any) -> Any:
    """A value as a parameter: NumPy's scalars and arrays as Python's."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def signature(name: str, method: bool) -> inspect.Signature:
    """The signature of a kernel: its parameters in the order of the registry, `axis` beside `axes`."""
    first = inspect.Parameter("self" if method else "a", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    params = [first]
    named = TABLE[name]["params"]
    for p in sorted(named, key=lambda p: p["default"] is not None):
        default = inspect.Parameter.empty if p["default"] is None else None
        params.append(inspect.Parameter(p["name"], inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default))
    if any(p["name"] == "axes" for p in named):
        params.append(inspect.Parameter("axis", inspect.Parameter.KEYWORD_ONLY, default=None))
    return inspect.Signature(params)


def document(name: str) -> str:
    """The documentation of a kernel."""
    info = TABLE[name]
    summary = info["summary"]
    lines = [f"{summary[0].upper()}{summary[1:]}.", "", info["doc"], ""]
    for p in info["params"]:
        default = "required" if p["default"] is None else f"default {p['default']}" if p["default"] else "optional"
        lines.append(f":param {p['name']}: {p['doc']} ({default})")
    return "\n".join(lines)


def apply(name: str, a: Any, given: dict[str, Any]) -> Any:
    """A kernel on an array; parameters that are None are left to their defaults."""
    from ._array import Array, node_of

    node = node_of(a)
    if not hasattr(node, "spec"):
        raise TypeError(f"{name} takes an array, not {type(a).__name__}")
    params, links = [], []
    for key, value in given.items():
        if value is not None:
            kind = next((p["kind"] for p in TABLE[name]["params"] if p["name"] == key), "")
            if kind == "arrays":
                links.append((key, _operands(name, key, value)))
            else:
                params.append((key, name_of(value)[0] if kind == "dtype" else plain(value)))
    return Array(JoinNode(name, node, links, params) if links else StepNode(name, node, params))


def _operands(name: str, key: str, value: Any) -> list[Node]:
    """The arrays that a parameter names: one, or a list."""
    from ._array import node_of

    several = isinstance(value, (list, tuple)) and any(hasattr(a, "shape") for a in value)
    nodes = [node_of(a) for a in (value if several else [value])]
    wrong = next((n for n in nodes if not isinstance(n, Node)), None)
    if wrong is not None or not nodes:
        raise TypeError(f"{name}: {key} takes an array or a list of arrays, not {type(value).__name__}")
    return nodes


def _make(name: str, method: bool) -> Any:
    sig = signature(name, method)
    names = list(sig.parameters)
    first = names[0]
    required = [n for n in names[1:] if sig.parameters[n].default is inspect.Parameter.empty]
    positional = [n for n in names[1:] if sig.parameters[n].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]

    def kernel(a: Any, /, *args: Any, **kwargs: Any) -> Any:
        if len(args) > len(positional) or any(k not in names for k in kwargs) or len(required) > len(args):
            bound = sig.bind(a, *args, **kwargs).arguments  # Raises what Python raises.
            bound.pop(first)
            return apply(name, a, bound)
        given = dict(zip(positional, args))
        given.update(kwargs)
        return apply(name, a, given)

    kernel.__name__ = name
    kernel.__qualname__ = f"Array.{name}" if method else name
    kernel.__doc__ = document(name)
    kernel.__signature__ = sig  # type: ignore[attr-defined]
    kernel.__module__ = "tilewise"
    return kernel


class KernelMethods:
    """The kernels as methods."""

    __slots__ = ()


for _name in METHODS:
    setattr(KernelMethods, _name, _make(_name, method=True))
for _name in KERNELS:
    if _name != "clip":
        globals()[_name] = _make(_name, method=False)

__all__ = [name for name in KERNELS if name != "clip"]  # noqa: PLE0605
