"""Functions of several arrays that NumPy has too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ._graph import ExprNode, JoinNode, Node

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


def _nodes(name: str, arrays: Sequence[Any]) -> list[Node]:
    from ._array import node_of

    nodes = [node_of(a) for a in arrays]
    if not nodes or not all(isinstance(n, Node) for n in nodes):
        kinds = ", ".join(type(a).__name__ for a in arrays) or "nothing"
        raise TypeError(f"{name} takes a list of one or several arrays, here are {kinds}")
    return nodes


def concatenate(arrays: Sequence[Any], axis: int | str = 0) -> Array:
    """Arrays one after the other along an axis, as ``numpy.concatenate``.

    Their other extents are equal. The dtype is the one in which all fit; axes keep their names. Inputs are read where
    they lie; what has to be computed is kept first, in memory or in a temporary file.
    """
    from ._array import Array

    nodes = _nodes("concatenate", arrays)
    if len(nodes) == 1:
        return Array(nodes[0])
    return Array(JoinNode("concatenate", nodes[0], [("with", nodes[1:])], [("axis", axis)]))


def stack(arrays: Sequence[Any], axis: int = 0) -> Array:
    """Arrays of one shape side by side along a new axis, as ``numpy.stack``.

    The new axis stands in front of the one with that number, -1 makes it the last. The dtype is the one in which all
    fit; the other axes keep their names.
    """
    from ._array import Array

    nodes = _nodes("stack", arrays)
    if len(nodes) == 1:
        alone: Array = expand_dims(Array(nodes[0]), axis)
        return alone
    return Array(JoinNode("stack", nodes[0], [("with", nodes[1:])], [("axis", axis)]))


def expand_dims(a: Any, axis: int) -> Any:
    """A new axis of extent 1, as ``numpy.expand_dims``."""
    place = axis if axis >= 0 else axis + a.ndim + 1
    if not 0 <= place <= a.ndim:
        raise np.exceptions.AxisError(axis, a.ndim + 1)
    return a[(slice(None),) * place + (None,)]
