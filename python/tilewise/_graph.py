"""The graph that lazy arrays are: inputs, steps and expressions, and its way into a pipeline.

Owns names and texts. Refuses to decide dtypes and shapes: each new node is bound by the engine at once, so that
what cannot work is an error where it is written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Union

from . import _native

Constant = Union[bool, int, float]
# What a name in an expression cannot be.
_WORDS = {"x", "and", "or", "not", "nan", "inf", "pi", "True", "False"} | {n for n, _ in _native.expression_functions()}
Param = Any


class Node:
    """Something that gives an array. Never changes."""

    __slots__ = ("spec",)
    spec: _native.Spec


class InputNode(Node):
    """An array that is open. ``again`` is how to open it in another process: a path, and what was said of it;
    ``None`` where that is not possible."""

    __slots__ = ("again", "axes", "name", "source")

    def __init__(
        self, source: _native.Source, axes: str | None = None, again: tuple[str, dict[str, Any]] | None = None
    ) -> None:
        self.source, self.again = source, again
        spec = source.spec
        self.axes = axes
        self.spec = spec if axes is None else _native.Spec(spec.dtype, list(spec.shape), axes)
        stem = re.sub(r"\W+", "_", source.path.rsplit("/", 1)[-1].split(".", 1)[0]).strip("_")
        self.name = stem if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,30}", stem) else "input"


    def __reduce__(self) -> tuple[Any, ...]:
        if self.again is None:
            raise TypeError('an array in memory, or one in mode "c", is not pickled: save it to a file and open that')
        return _reopen, (*self.again, self.axes)


def _reopen(path: str, said: dict[str, Any], axes: str | None) -> InputNode:
    return InputNode(_native.Source(path, said), axes, (path, said))


class StepNode(Node):
    """A kernel with its parameters, on one array."""

    __slots__ = ("kernel", "operand", "params")

    def __init__(self, kernel: str, operand: Node, params: Sequence[tuple[str, Param]]) -> None:
        self.kernel = kernel
        self.operand = operand
        self.params = tuple(params)
        self.spec = _native.infer(kernel, "x", list(self.params), [("x", operand.spec)])

    def __reduce__(self) -> tuple[Any, ...]:
        return StepNode, (self.kernel, self.operand, self.params)


class CallNode(StepNode):
    """A Python function on blocks. Keeps the function alive as long as the graph; pickled as Python pickles
    functions, by the module and the name."""

    __slots__ = ("function", "given", "living")

    def __init__(
        self, kernel: str, operand: Node, function: Callable[..., Any] | str, given: Sequence[tuple[str, Param]]
    ) -> None:
        self.function, self.given = function, tuple(given)
        self.living = None if isinstance(function, str) else _native.Function(function)
        reference = function if self.living is None else self.living.reference
        super().__init__(kernel, operand, [("function", reference), *given])

    def __reduce__(self) -> tuple[Any, ...]:
        return CallNode, (self.kernel, self.operand, self.function, self.given)


class ExprNode(Node):
    """Arithmetic. Expressions of expressions are one expression of the arrays that are read in the end: that is
    where the engine counts dtypes, and what it runs in one sweep."""

    __slots__ = ("args", "form")

    def __init__(self, form: str, args: Sequence[Node | Constant]) -> None:
        self.form = form
        self.args = tuple(args)
        leaves = _leaves(self)
        names = _leaf_names(leaves)
        inputs = [(names[id(leaf)], leaf.spec) for leaf in leaves]
        self.spec = _native.infer("expr", None, [("expr", expression(self, names))], inputs)

    def __reduce__(self) -> tuple[Any, ...]:
        return ExprNode, (self.form, self.args)


def _inner(root: ExprNode) -> list[ExprNode]:
    """All expressions inside one, each after what it is made of."""
    order: list[ExprNode] = []
    done: set[int] = set()
    stack: list[tuple[ExprNode, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif id(node) not in done:
            done.add(id(node))
            stack.append((node, True))
            stack.extend((a, False) for a in node.args if isinstance(a, ExprNode) and id(a) not in done)
    return order


def _leaves(root: ExprNode) -> list[Node]:
    """The arrays that an expression reads, each once."""
    found: dict[int, Node] = {}
    for node in _inner(root):
        for a in node.args:
            if isinstance(a, Node) and not isinstance(a, ExprNode):
                found.setdefault(id(a), a)
    return list(found.values())


def _leaf_names(leaves: Sequence[Node]) -> dict[int, str]:
    """Names for messages: the file's where it has one of its own, the kernel's, or a number."""
    names: dict[int, str] = {}
    taken = set(_WORDS)
    for i, leaf in enumerate(leaves):
        base = leaf.name if isinstance(leaf, InputNode) else leaf.kernel if isinstance(leaf, StepNode) else "a"
        names[id(leaf)] = base if base not in taken else f"{base}_{i + 1}"
        taken.add(names[id(leaf)])
    return names


def _constant(value: Constant) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return str(value) if value >= 0 else f"({value})"
    if math.isnan(value):
        return "nan"
    text = "inf" if math.isinf(value) else repr(abs(value))
    return f"(-{text})" if math.copysign(1.0, value) < 0 else text


def expression(root: ExprNode, names: dict[int, str]) -> str:
    """The text of an expression whose arrays have these names."""
    texts: dict[int, str] = {}
    for node in _inner(root):
        words = [
            _constant(a) if not isinstance(a, Node) else texts[id(a)] if isinstance(a, ExprNode) else names[id(a)]
            for a in node.args
        ]
        texts[id(node)] = node.form.format(*words)
    text = texts[id(root)]
    # The outermost parentheses of a sum are for its neighbours.
    return text[1:-1] if root.form.startswith("(") and root.form.endswith(")") else text


class Output:
    """An array that is wanted, and where; path ``-`` hands it back."""

    def __init__(self, node: Node, path: str = "-", dtype: str | None = None, order: str | None = None) -> None:
        self.node, self.path, self.dtype, self.order = node, path, dtype, order


def pipeline_of(outputs: Iterable[Output]) -> _native.Pipeline:
    """The pipeline of a graph. Nodes that several outputs share are in it once."""
    wanted = list(outputs)
    pipeline = _native.Pipeline()
    taken = set(_WORDS)
    names: dict[int, str] = {}

    def fresh(base: str) -> str:
        name, number = base, 1
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name)
        return name

    for node in _order([o.node for o in wanted]):
        if isinstance(node, InputNode):
            names[id(node)] = fresh(node.name)
            pipeline.add_input(names[id(node)], node.source, node.axes)
        elif isinstance(node, StepNode):
            names[id(node)] = fresh(node.kernel)
            pipeline.add_step(names[id(node)], node.kernel, names[id(node.operand)], list(node.params))
        elif isinstance(node, ExprNode):
            names[id(node)] = fresh("expr")
            pipeline.add_step(names[id(node)], "expr", None, [("expr", expression(node, names))])
    used: set[str] = set()
    for i, o in enumerate(wanted):
        name = names[id(o.node)]
        key = name if name not in used else f"{name}_output_{i + 1}"
        used.add(key)
        pipeline.add_output(key, o.path, name, o.dtype, o.order)
    return pipeline


def _order(roots: Sequence[Node]) -> list[Node]:
    """All nodes that become inputs or steps, each after what it takes. Expressions inside expressions do not."""
    order: list[Node] = []
    seen: set[int] = set()
    stack: list[tuple[Node, bool]] = [(r, False) for r in reversed(roots)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
            continue
        if id(node) in seen:
            continue
        seen.add(id(node))
        stack.append((node, True))
        if isinstance(node, StepNode):
            stack.append((node.operand, False))
        elif isinstance(node, ExprNode):
            stack.extend((leaf, False) for leaf in reversed(_leaves(node)))
    return order
