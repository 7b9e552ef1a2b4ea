"""Functions of several arrays that NumPy has too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._graph import ExprNode, Node

if TYPE_CHECKING:
    from ._array import Array


def call(form: str, *operands: Any) -> Array:
    """An expression of arrays and constants, at least one of them an array."""
    from ._array import Array, node_of

    nodes = [node_of(o) for o in operands]
    if any(n is NotImplemented for n in nodes) or not any(isinstance(n, Node) for n in nodes):
        kinds = ", ".join(type(o).__name__ for o in operands)
        raise TypeError(f"an expression takes arrays and numbers, at least one array; here are {kinds}")
    return Array(ExprNode(form, nodes))


def where(condition: Any, x: Any, y: Any) -> Array:
    """``x`` where the condition holds, ``y`` elsewhere, as ``numpy.where``."""
    return call("where({}, {}, {})", condition, x, y)


def clip(a: Any, min: Any = None, max: Any = None) -> Array:
    """Values held between two bounds, numbers or arrays, as ``numpy.clip``."""
    from ._kernels import apply

    if not hasattr(min, "shape") and not hasattr(max, "shape"):
        return apply("clip", a, {"min": min, "max": max})
    if min is None:
        return call("minimum({}, {})", a, max)
    if max is None:
        return call("maximum({}, {})", a, min)
    return call("clip({}, {}, {})", a, min, max)
