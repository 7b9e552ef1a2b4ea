"""Python functions on blocks: the steps that call them, and what stands between the engine and a user's function.

Owns the words of ``map_blocks`` and ``map_overlap``. Refuses to choose blocks, which the engine does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ._dtypes import name_of
from ._graph import CallNode, Node

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ._array import Array

Extents = int | None | Sequence[int | None]


def node(
    kernel: str,
    operand: Node,
    function: Callable[..., Any] | str,
    *,
    dtype: DTypeLike | None,
    block: Extents,
    scratch_bytes_per_element: float | None,
    more: Sequence[tuple[str, Any]] = (),
) -> CallNode:
    """The step that calls a function."""
    if not isinstance(function, str) and not callable(function):
        raise TypeError(f"a function or \"module:name\" is wanted, not {type(function).__name__}")
    given = list(more)
    if dtype is not None:
        given.append(("dtype", name_of(dtype)[0]))
    if block is not None:
        given.append(("block", extents(block)))
    if scratch_bytes_per_element is not None:
        given.append(("scratch_bytes_per_element", float(scratch_bytes_per_element)))
    return CallNode(kernel, operand, function, given)


def extents(given: Extents) -> int | list[int]:
    """Extents as the engine takes them: a whole axis, which is None here, is -1."""
    if given is None:
        return -1
    return int(given) if isinstance(given, (int, np.integer)) else [-1 if n is None else int(n) for n in given]


def call(
    function: Callable[[Any], Any],
    content: bytearray,
    dtype: str,
    shape: Sequence[int],
    wanted: str,
    depths: Sequence[int],
) -> bytes:
    """Calls a function on one block, which is its own to change, and gives the bytes of the part that counts."""
    block = np.frombuffer(content, dtype).reshape(shape)
    result = np.asarray(function(block))
    if result.shape != block.shape:
        raise ValueError(f"the result has shape {result.shape}, the block has {block.shape}; they must be equal")
    if result.dtype.newbyteorder("=") != np.dtype(wanted):
        raise TypeError(
            f"the result is {result.dtype}, {np.dtype(wanted)} was promised; "
            f"pass dtype=np.{result.dtype.name}, or convert in the function"
        )
    core = tuple(slice(d, n - d) for d, n in zip(depths, result.shape))
    return result[core].astype(wanted, copy=False).tobytes()
