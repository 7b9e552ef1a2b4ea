"""Lazy arrays: what users hold in their hands, and what NumPy sees of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, Union, cast

import numpy as np

from . import _run
from ._blocks import Extents, extents
from ._blocks import node as call_node
from ._dtypes import name_of, numpy_dtype
from ._graph import ExprNode, Node, StepNode
from ._kernels import KernelMethods
from ._numpy import array_function, array_ufunc

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from ._stored import StoredArray

Operand = Union["Array", "NDArray[Any]", bool, int, float]


class Array(KernelMethods):
    """An array that is computed when it is asked for.

    Operators, NumPy's functions and the kernels as methods make further lazy arrays; :meth:`compute` and
    :meth:`save` run them, in tiles, on all cores, within a memory budget. ``float()``, ``bool()`` and
    ``numpy.asarray`` of a lazy array compute it.
    """

    __slots__ = ("_node",)
    __hash__ = None  # type: ignore[assignment]
    __array_priority__ = 1000.0
    _node: Node

    def __init__(self, node: Node) -> None:
        self._node = node

    # What it is.

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents, slowest axis first."""
        return self._node.spec.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype, as NumPy's."""
        return numpy_dtype(self._node.spec.dtype)

    @property
    def axes(self) -> str | None:
        """One letter for each axis; ``None`` where not all have one."""
        return self._node.spec.axes

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.prod(self.shape, dtype=object))

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.dtype.itemsize

    @property
    def T(self) -> Array:
        """The axes in reverse order."""
        return self.transpose(list(range(self.ndim))[::-1]) if self.ndim > 1 else self

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("an array without axes has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"<tilewise.Array: shape {self.shape}, {self.dtype}{axes_text(self)}, not computed>"

    # What it becomes.

    def compute(
        self,
        *,
        memory: int | str | None = None,
        threads: int | None = None,
        io: str | None = None,
        progress: bool | None = None,
    ) -> Any:
        """Runs it; returns an ndarray, or a scalar where there are no axes.

        Results above 1 MiB lie in a temporary file that is mapped, so they may be larger than memory.

        :param memory: the budget, in bytes or as ``"512MiB"``; default: a share of the tightest limit found
        :param threads: the number of workers; default: all cores
        :param io: how bytes travel: "auto", "mmap", "pwrite", "direct"; results never depend on it
        :param progress: show a bar; default: for runs above two seconds in a terminal
        """
        return _run.compute(self, memory=memory, threads=threads, io=io, progress=progress)[0]

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        dtype: DTypeLike | None = None,
        order: Literal["C", "F"] | None = None,
        overwrite: bool = False,
        memory: int | str | None = None,
        threads: int | None = None,
        io: str | None = None,
        progress: bool | None = None,
    ) -> StoredArray:
        """Runs it into a file, which appears when it is complete, and opens that.

        :param path: an ``.npy`` file, or raw with any other extension
        :param dtype: the dtype to write, saturating; default: its own
        :param order: the storage order; default C
        :param overwrite: replace a file that exists
        """
        name = None if dtype is None else name_of(dtype)[0]
        wanted = _run.Wanted(self, os.fspath(path), name, order)
        return _run.save_all(
            [wanted], overwrite=overwrite, memory=memory, threads=threads, io=io, progress=progress
        )[0]

    def plan(self, *, memory: int | str | None = None, threads: int | None = None, io: str | None = None) -> _run.Plan:
        """What a run would do: its passes, tiles and memory. Nothing is run."""
        return _run.plan(self, memory=memory, threads=threads, io=io)

    def to_toml(self, path: str | os.PathLike[str] = "result.npy") -> str:
        """The graph as the text of a pipeline file that writes to ``path``."""
        return _run.pipeline([_run.Wanted(self, os.fspath(path))]).to_toml()

    def astype(self, dtype: DTypeLike, *, overflow: str | None = None) -> Array:
        """The same values in another dtype, saturating; see :meth:`cast`."""
        params: list[tuple[str, Any]] = [("dtype", name_of(dtype)[0])]
        if overflow is not None:
            params.append(("overflow", overflow))
        return Array(StepNode("cast", self._open_node(), params))

    def __getitem__(self, key: Any) -> Any:
        return Array(StepNode("slice", self._open_node(), [("index", index_text(key))]))

    def reshape(self, *extents: Any, shape: Any = None) -> Array:
        """The same elements in C order in another shape, as ``numpy.ndarray.reshape``: extents one by one or as a
        sequence, -1 once for what remains."""
        from ._kernels import apply

        if shape is None:
            shape = extents[0] if len(extents) == 1 else extents
        return apply("reshape", self, {"shape": shape})

    def _value(self) -> NDArray[Any]:
        return np.asarray(self.compute())

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("a lazy array has no elements to share; numpy.asarray(a) computes them")
        value = self._value()
        return value if dtype is None else value.astype(dtype, copy=False)

    def _scalar(self, what: str) -> Any:
        if self.size != 1:
            raise TypeError(f"only an array of one element is {what}; this one has shape {self.shape}")
        return self._value().reshape(())[()]

    def __float__(self) -> float:
        return float(self._scalar("a float"))

    def __int__(self) -> int:
        return int(self._scalar("an int"))

    def __index__(self) -> int:
        return int(self._scalar("an index").__index__())

    def __bool__(self) -> bool:
        return bool(self._scalar("true or false"))

    def item(self) -> Any:
        """The one element, as a Python scalar."""
        return self._scalar("a scalar").item()

    # Functions of the caller's own.

    def map_blocks(
        self,
        function: Callable[[NDArray[Any]], NDArray[Any]] | str,
        *,
        dtype: DTypeLike | None = None,
        block: Extents = None,
        scratch_bytes_per_element: float | None = None,
    ) -> Array:
        """A Python function on blocks of the array.

        The function gets each block as an ndarray of its own, which it may change, and returns one of the same shape.
        Blocks follow from the array and these parameters, never from the budget or the threads, so that a function
        that gives the same for the same block gives the same in any run. The interpreter's lock is held only while
        the function holds it: one that releases it (NumPy on large blocks, numba with ``nogil=True``) runs on all cores.

        :param function: the function; or ``"module:name"``, which a pipeline file can name, too
        :param dtype: what it returns; default: the dtype of the array
        :param block: extents of a block, one number or one for each axis, None for a whole axis; default: about
            1 MiB, whole along the last axes
        :param scratch_bytes_per_element: memory that the function takes beyond its argument and its result, for each
            element of its argument; default: four times the bytes of both. It counts in the budget; whether it is true is
            the function's affair

        An exception of the function ends the run and is raised as it is.
        """
        memory = scratch_bytes_per_element
        operand = self._open_node()
        return Array(
            call_node(
                "map_blocks", operand, function, dtype=dtype, block=block, scratch_bytes_per_element=memory
            )
        )

    def map_overlap(
        self,
        function: Callable[[NDArray[Any]], NDArray[Any]] | str,
        depth: int | Sequence[int],
        *,
        dtype: DTypeLike | None = None,
        mode: Literal["reflect", "mirror", "nearest", "wrap", "constant"] = "reflect",
        cval: float = 0.0,
        block: Extents = None,
        scratch_bytes_per_element: float | None = None,
    ) -> Array:
        """A Python function on blocks with a part of their neighbours: for windows and filters.

        As :meth:`map_blocks`; the function gets ``depth`` more elements on each side and returns as many, of which
        the same are cut off. Beyond the edge of the array values are made as ``mode`` says, in the words of
        ``scipy.ndimage``. Blocks are about as long along all axes that overlap.

        :param depth: elements of the neighbours, one number for all axes or one for each
        :param mode: values beyond the edge
        :param cval: the value beyond the edge with ``mode="constant"``
        """
        memory = scratch_bytes_per_element
        more: list[tuple[str, Any]] = [("depth", extents(depth)), ("mode", mode)]
        if mode == "constant":
            more.append(("cval", float(cval)))
        operand = self._open_node()
        return Array(
            call_node(
                "map_overlap", operand, function, dtype=dtype, block=block, scratch_bytes_per_element=memory, more=more
            )
        )

    # NumPy's protocols.

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return array_ufunc(self, ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return array_function(func, args, kwargs)

    def _open_node(self) -> Node:
        return self._node

    # Operators.

    def _binary(self, form: str, other: Any, swapped: bool = False) -> Any:
        operand = node_of(other)
        if operand is NotImplemented:
            return NotImplemented
        mine = self._open_node()
        pair = (operand, mine) if swapped else (mine, operand)
        return Array(ExprNode(form, pair))

    def __add__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} + {})", other))

    def __radd__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} + {})", other, True))

    def __sub__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} - {})", other))

    def __rsub__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} - {})", other, True))

    def __mul__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} * {})", other))

    def __rmul__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} * {})", other, True))

    def __truediv__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} / {})", other))

    def __rtruediv__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} / {})", other, True))

    def __floordiv__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} // {})", other))

    def __rfloordiv__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} // {})", other, True))

    def __mod__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} % {})", other))

    def __rmod__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} % {})", other, True))

    def __pow__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} ** {})", other))

    def __rpow__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} ** {})", other, True))

    def __and__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} & {})", other))

    def __rand__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} & {})", other, True))

    def __or__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} | {})", other))

    def __ror__(self, other: Operand) -> Array:
        return cast(Array, self._binary("({} | {})", other, True))

    def __lt__(self, other: Operand) -> Array:  # type: ignore[misc]
        return cast(Array, self._binary("({} < {})", other))

    def __le__(self, other: Operand) -> Array:  # type: ignore[misc]
        return cast(Array, self._binary("({} <= {})", other))

    def __gt__(self, other: Operand) -> Array:  # type: ignore[misc]
        return cast(Array, self._binary("({} > {})", other))

    def __ge__(self, other: Operand) -> Array:  # type: ignore[misc]
        return cast(Array, self._binary("({} >= {})", other))

    def __eq__(self, other: object) -> Array:  # type: ignore[override]
        return cast(Array, self._binary("({} == {})", other))

    def __ne__(self, other: object) -> Array:  # type: ignore[override]
        return cast(Array, self._binary("({} != {})", other))

    def __neg__(self) -> Array:
        return Array(ExprNode("(-{})", (self._open_node(),)))

    def __pos__(self) -> Array:
        return self

    def __abs__(self) -> Array:
        return Array(ExprNode("abs({})", (self._open_node(),)))

    def __invert__(self) -> Array:
        return Array(ExprNode("(not {})", (self._open_node(),)))

    def __reduce__(self) -> tuple[Any, ...]:
        return Array, (self._node,)


def node_of(value: Any) -> Any:
    """A value as an operand: a node, a constant, or ``NotImplemented``."""
    if isinstance(value, Array):
        return value._open_node()
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value)
    if isinstance(value, (np.ndarray, list, tuple)):
        from ._stored import asarray

        return asarray(value)._node
    return NotImplemented


def axes_text(array: Array) -> str:
    return f', axes "{array.axes}"' if array.axes else ""


def is_basic(key: Any) -> bool:
    keys = key if isinstance(key, tuple) else (key,)
    return all(k is None or k is Ellipsis or isinstance(k, (int, np.integer, slice)) and not isinstance(k, bool) for k in keys)


def picks_one(key: Any, ndim: int) -> bool:
    keys = key if isinstance(key, tuple) else (key,)
    return len(keys) == ndim and all(isinstance(k, (int, np.integer)) and not isinstance(k, bool) for k in keys)


def index_text(key: Any) -> str:
    """A basic index in the words of the `slice` kernel."""
    if not is_basic(key):
        raise TypeError(
            "a lazy array takes whole numbers, slices, ... and None as indices; for arrays of indices or of truth "
            "values compute it first, or choose with numpy.where"
        )
    keys = key if isinstance(key, tuple) else (key,)
    words = []
    for k in keys:
        if k is None:
            words.append("newaxis")
        elif k is Ellipsis:
            words.append("...")
        elif isinstance(k, slice):
            parts = ["" if p is None else str(int(p)) for p in (k.start, k.stop)]
            words.append(":".join(parts) + ("" if k.step is None else f":{int(k.step)}"))
        else:
            words.append(str(int(k)))
    return ", ".join(words) if words else "..."
