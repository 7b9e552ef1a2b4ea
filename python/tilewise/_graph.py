"""The graph that lazy arrays are: inputs, steps and expressions, and its way into a pipeline.

Owns names and texts. Refuses to decide dtypes and shapes: each new node is bound by the engine at once, so that
what cannot work is an error where it is written.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Union

from . import _native

Constant = Union[bool, int, float]
# What a name in an expression cannot be.
_WORDS = {"x", "and", "or", "not", "nan", "inf", "pi", "True", "true", "False", "false"} | {
    n for n, _ in _native.expression_functions()
}
# How deep the engine's parser lets things stand inside one another is 100; parts that pass this get a name.
_NESTING = 60
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
        self,
        source: _native.Source,
        axes: str | None = None,
        again: tuple[str, dict[str, Any]] | None = None,
        name: str | None = None,
    ) -> None:
        self.source, self.again = source, again
        spec = source.spec
        self.axes = axes
        self.spec = spec if axes is None else _native.Spec(spec.dtype, list(spec.shape), axes)
        stem = re.sub(r"\W+", "_", source.path.rsplit("/", 1)[-1].split(".", 1)[0]).strip("_")
        self.name = name or (stem if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,30}", stem) else "input")

    def __reduce__(self) -> tuple[Any, ...]:
        if self.again is None:
            raise TypeError('an array in memory, or one in mode "c", is not pickled: save it to a file and open that')
        return _reopen, (*self.again, self.axes, self.name)


def _reopen(path: str, said: dict[str, Any], axes: str | None, name: str) -> InputNode:
    return InputNode(_native.Source(path, said), axes, (path, said), name)


class StepNode(Node):
    """A kernel with its parameters, on one array. ``name`` is what a pipeline calls it where that is free."""

    __slots__ = ("kernel", "name", "operand", "params")

    def __init__(
        self, kernel: str, operand: Node, params: Sequence[tuple[str, Param]], name: str | None = None
    ) -> None:
        self.kernel = kernel
        self.operand = operand
        self.params = tuple(params)
        self.name = name or kernel
        self.spec = _native.infer(kernel, "x", list(self.params), [("x", operand.spec)])

    def __reduce__(self) -> tuple[Any, ...]:
        return StepNode, (self.kernel, self.operand, self.params, self.name)


class TextNode(Node):
    """An expression as a pipeline file has it, of arrays that it names. A step of its own: it does not join
    with expressions around it, since the dtypes of a file are counted step by step."""

    __slots__ = ("name", "operands", "text")

    def __init__(self, text: str, operands: Sequence[tuple[str, Node]], name: str) -> None:
        self.text, self.operands, self.name = text, tuple(operands), name
        inputs = [(word, node.spec) for word, node in self.operands]
        self.spec = _native.infer("expr", self.operands[0][0], [("expr", text)], inputs)

    @property
    def own_names(self) -> set[str]:
        """What the text calls parts of itself, which no array may be called then."""
        return set(re.findall(r"(?:^|[;\n])\s*([^\W\d]\w*)\s*=(?!=)", self.text))

    def renamed(self, names: dict[int, str]) -> str:
        """The text with these names of its arrays. A function cannot have the name of an array."""
        new = {word: names[id(node)] for word, node in self.operands}
        return re.sub(r"(?<![\w.])[^\W\d]\w*", lambda m: new.get(m[0], m[0]), self.text)

    def __reduce__(self) -> tuple[Any, ...]:
        return TextNode, (self.text, self.operands, self.name)


class JoinNode(Node):
    """A kernel of several arrays, of which the first is what its step receives and a parameter names the others:
    ``with``, unless ``word`` says otherwise."""

    __slots__ = ("kernel", "name", "operands", "params", "word")

    def __init__(
        self,
        kernel: str,
        operands: Sequence[Node],
        params: Sequence[tuple[str, Param]],
        name: str | None = None,
        word: str = "with",
    ) -> None:
        self.kernel = kernel
        self.word = word
        self.operands = tuple(operands)
        self.params = tuple(params)
        self.name = name or kernel
        names: dict[int, str] = {}
        for i, node in enumerate(self.operands):
            names.setdefault(id(node), f"array_{i}")
        inputs = [(names[id(node)], node.spec) for node in {id(n): n for n in self.operands}.values()]
        self.spec = _native.infer(kernel, names[id(self.operands[0])], self.named(names), inputs)

    def named(self, names: dict[int, str]) -> list[tuple[str, Param]]:
        """All parameters, with these names of the arrays."""
        return [(self.word, [names[id(node)] for node in self.operands[1:]]), *self.params]

    def __reduce__(self) -> tuple[Any, ...]:
        return JoinNode, (self.kernel, self.operands, self.params, self.name, self.word)


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
    where the engine counts dtypes, and what it runs in one sweep. ``leaves`` are these arrays, ``part`` is what an
    expression of this one must know of it."""

    __slots__ = ("args", "form", "leaves", "part")
    leaves: tuple[Node, ...]
    part: _native.ExprPart

    def __init__(self, form: str, args: Sequence[Node | Constant]) -> None:
        self.form = form
        self.args = tuple(args)
        nodes = [a for a in self.args if isinstance(a, Node)]
        self.leaves = _union([a.leaves if isinstance(a, ExprNode) else (a,) for a in nodes])
        # Only this node is looked at: a graph of n nodes takes n short texts, not one of each length.
        names = {id(a): f"a{i}" for i, a in enumerate(nodes)}
        parts = [(names[id(a)], a.part if isinstance(a, ExprNode) else _native.ExprPart(a.spec)) for a in nodes]
        words = [names[id(a)] if isinstance(a, Node) else _constant(a) for a in self.args]
        whole = next((a for a in nodes if isinstance(a, ExprNode) and a.leaves is self.leaves), None)
        arrays = [whole.spec] if whole else [leaf.spec for leaf in self.leaves]
        try:
            self.spec, self.part = _native.infer_expr(_bare(form.format(*words), form), parts, arrays)
            return
        except ValueError as e:
            refusal = e
        self._explain()
        raise refusal

    def _explain(self) -> None:
        """Raises the same refusal in terms of the whole expression, where that is short enough to read."""
        if len(_inner(self)) <= 40:
            names = _leaf_names(self.leaves)
            inputs = [(names[id(leaf)], leaf.spec) for leaf in self.leaves]
            _native.infer("expr", None, [("expr", expression(self, names))], inputs)

    def __reduce__(self) -> tuple[Any, ...]:
        # A list, as pickling nodes inside nodes would end at Python's depth of recursion.
        places: dict[int, int] = {}
        parts: list[tuple[str, list[tuple[bool, Any]]]] = []
        for node in _inner(self):
            places[id(node)] = len(parts)
            args = [(True, places[id(a)]) if isinstance(a, ExprNode) else (False, a) for a in node.args]
            parts.append((node.form, args))
        return _rebuild, (parts,)


def _rebuild(parts: Sequence[tuple[str, Sequence[tuple[bool, Any]]]]) -> ExprNode:
    nodes: list[ExprNode] = []
    for form, args in parts:
        nodes.append(ExprNode(form, [nodes[a] if inner else a for inner, a in args]))
    return nodes[-1]


def _union(lists: Sequence[tuple[Node, ...]]) -> tuple[Node, ...]:
    """All nodes, each once, in order of appearance; one of the lists itself where that has all."""
    longest = max(lists, key=len)
    others = [nodes for nodes in lists if nodes is not longest]
    known = {id(node) for node in longest} if others else set()
    if all(id(node) in known for nodes in others for node in nodes):
        return longest
    return tuple({id(node): node for nodes in lists for node in nodes}.values())


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
            stack.extend((a, False) for a in reversed(node.args) if isinstance(a, ExprNode) and id(a) not in done)
    return order


def _leaf_names(leaves: Sequence[Node]) -> dict[int, str]:
    """Names for messages: the file's where it has one of its own, the kernel's, or a number."""
    names: dict[int, str] = {}
    taken = set(_WORDS)
    for i, leaf in enumerate(leaves):
        base = leaf.name if isinstance(leaf, (InputNode, StepNode, JoinNode, TextNode)) else "a"
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
    """The text of an expression whose arrays have these names.

    What is used more than once becomes a name of its own, and so does what would nest too deep: the text grows with
    the number of nodes, however they are shared, and however long their chain is.
    """
    nodes = _inner(root)
    uses: dict[int, int] = {}
    for node in nodes:
        for a in node.args:
            uses[id(a)] = uses.get(id(a), 0) + 1
    taken, number = set(names.values()) | _WORDS, 0
    definitions: list[str] = []
    texts: dict[int, tuple[str, int]] = {}
    for node in nodes:
        words, deepest = [], 0
        for a in node.args:
            word, depth = (texts[id(a)] if isinstance(a, ExprNode) else (_word(a, names), 2))
            words.append(word)
            deepest = max(deepest, depth)
        text, depth = node.form.format(*words), deepest + _depth(node.form)
        if node is not root and (uses[id(node)] > 1 or depth > _NESTING):
            number += 1
            while f"p{number}" in taken:
                number += 1
            definitions.append(f"p{number} = {_bare(text, node.form)}")
            text, depth = f"p{number}", 0
        texts[id(node)] = text, depth
    whole = "; ".join([*definitions, _bare(texts[id(root)][0], root.form)])
    size, most = len(whole.encode()), _native.EXPRESSION_BYTES_MAX
    if size > most:
        raise ValueError(
            f"the arithmetic in {len(nodes)} operations is an expression of {size} bytes, and {most} is the limit; .compute() "
            "an intermediate result, or .save() it to a file, and go on from there"
        )
    return whole


def _word(leaf: Node | Constant, names: dict[int, str]) -> str:
    return names[id(leaf)] if isinstance(leaf, Node) else _constant(leaf)


@functools.lru_cache(maxsize=256)
def _depth(form: str) -> int:
    """At most how deep an operand of this form stands inside it."""
    return sum(form.count(sign) for sign in ("(", "-", "not ", "**"))


def _bare(text: str, form: str) -> str:
    """Without the outermost parentheses of a sum, which are for its neighbours."""
    return text[1:-1] if form.startswith("(") and form.endswith(")") else text


class Output:
    """An array that is wanted, and where; path ``-`` hands it back."""

    def __init__(self, node: Node, path: str = "-", dtype: str | None = None, order: str | None = None) -> None:
        self.node, self.path, self.dtype, self.order = node, path, dtype, order


def pipeline_of(outputs: Iterable[Output]) -> _native.Pipeline:
    """The pipeline of a graph. Nodes that several outputs share are in it once."""
    wanted = [_written(o) for o in outputs]
    pipeline = _native.Pipeline()
    nodes = _order([o.node for o in wanted])
    taken = _WORDS.union(*(node.own_names for node in nodes if isinstance(node, TextNode)))
    names: dict[int, str] = {}

    def fresh(base: str) -> str:
        name, number = base, 1
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name)
        return name

    for node in nodes:
        if isinstance(node, InputNode):
            names[id(node)] = fresh(node.name)
            pipeline.add_input(names[id(node)], node.source, node.axes)
        elif isinstance(node, StepNode):
            names[id(node)] = fresh(node.name)
            pipeline.add_step(names[id(node)], node.kernel, names[id(node.operand)], list(node.params))
        elif isinstance(node, JoinNode):
            names[id(node)] = fresh(node.name)
            pipeline.add_step(names[id(node)], node.kernel, names[id(node.operands[0])], node.named(names))
        elif isinstance(node, ExprNode):
            names[id(node)] = fresh("expr")
            pipeline.add_step(names[id(node)], "expr", None, [("expr", expression(node, names))])
        elif isinstance(node, TextNode):
            names[id(node)] = fresh(node.name)
            pipeline.add_step(names[id(node)], "expr", None, [("expr", node.renamed(names))])
    used: set[str] = set()
    for i, o in enumerate(wanted):
        name = names[id(o.node)]
        key = name if name not in used else f"{name}_output_{i + 1}"
        used.add(key)
        pipeline.add_output(key, o.path, name, o.dtype, o.order)
    return pipeline


def _written(o: Output) -> Output:
    """The output of a pipeline file that has a dtype: a cast with the name of what it takes."""
    node = o.node
    if isinstance(node, StepNode) and node.kernel == "cast" and o.dtype is None:
        if node.name == getattr(node.operand, "name", None):
            return Output(node.operand, o.path, dict(node.params)["dtype"], o.order)
    return o


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
        elif isinstance(node, JoinNode):
            stack.extend((operand, False) for operand in reversed(node.operands))
        elif isinstance(node, ExprNode):
            stack.extend((leaf, False) for leaf in reversed(node.leaves))
        elif isinstance(node, TextNode):
            stack.extend((operand, False) for _, operand in reversed(node.operands))
    return order
