"""Several gates drawn as one: σ for its four primitive gates, one box for a layer of a network.

A `Fold` says which gates belong together; `folded` makes the same graph with one gate in their
place, which sends back what they would send.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from coursekit.activations import Activation, Maxout, PReLU
from coursekit.backprop import in_order, send_back
from coursekit.graph import Node
from coursekit.ops import (
    Add,
    Divide,
    Elementwise,
    Exp,
    Matmul,
    Multiply,
    Negate,
    Op,
    Power,
    Reshape,
)


class Fold(NamedTuple):
    """Gates that can be drawn as one.

    Attributes
    ----------
    symbol : str
        What stands in the one gate.
    output : Node
        The only one of them that is used elsewhere.
    inputs : tuple of Node
        What they compute it from.
    inside : list of Node
        The gates, in order, and the leaves that nothing else uses.
    """

    symbol: str
    output: Node
    inputs: tuple[Node, ...]
    inside: list[Node]

    @property
    def gates(self) -> list[Node]:
        """The gates without the leaves."""
        return [node for node in self.inside if node.parents]


class Composite(Op):
    """A gate made of gates that have run already: its gradients are what theirs come to.

    Examples
    --------
    >>> z = Node(1.0, "z")
    >>> (sigma,) = composites(1 / (1 + exp(-z)))
    >>> f, _ = folded(sigma.output, [sigma])
    >>> f, round(float(backprop(f)[z]), 4)
    (Node(0.7310585786300049, op=σ), 0.1966)
    """

    def __init__(self, fold: Fold) -> None:
        self.fold, self.symbol = fold, fold.symbol

    def forward(self, *inputs):
        return self.fold.output.value

    def local_gradients(self, output, *inputs):
        # Only where each element goes its own way is one factor the whole story.
        elements = all(isinstance(gate.op, (Elementwise, Composite)) for gate in self.fold.gates)
        shapes = {np.shape(given) for given in (output, *inputs)}
        shapes |= {gate.shape for gate in self.fold.gates}
        return self.vjp(np.ones_like(output), output) if elements and len(shapes) == 1 else None

    def vjp(self, upstream, output, *inputs):
        gradients, wanted = {self.fold.output: upstream}, {*self.fold.inside, *self.fold.inputs}
        for node in reversed(self.fold.inside):
            send_back(node, gradients, wanted)
        return tuple(gradients[node] for node in self.fold.inputs)


def folded(f: Node, folds: Iterable[Fold]) -> tuple[Node, dict[Node, Node]]:
    """Make the same graph with one gate in place of many.

    Returns
    -------
    f : Node
        The output of the new graph.
    place : dict
        What stands there for each node of the old graph.
    """
    by_output = {fold.output: fold for fold in folds}
    taken = {node: fold for fold in by_output.values() for node in fold.inside}
    place: dict[Node, Node] = {}
    for node in in_order(f):
        fold = by_output.get(node)
        if fold is None and node in taken:
            continue
        parents = tuple(place[given] for given in (fold.inputs if fold else node.parents))
        op = Composite(fold) if fold else node.op
        kept = fold is None and parents == node.parents
        place[node] = node if kept else Node(node.value, node.name, op=op, parents=parents)
    return place[f], place | {node: place[fold.output] for node, fold in taken.items()}


def fold_of(symbol: str, output: Node, inputs: Iterable[Node], uses: dict) -> Fold | None:
    """Gather what lies between some inputs and an output; None if more than the output is used."""
    given, wanted, inside = list(inputs), {output}, []
    for node in reversed(in_order(output)):
        if node not in wanted or node in given:
            continue
        within = node is output or uses[node] <= wanted
        if node.parents and not within:
            return None
        if within:
            inside.append(node)
            wanted.update(node.parents)
        else:
            given.append(node)  # a leaf that others use as well is one more input
    return Fold(symbol, output, tuple(given), inside[::-1])


def users(f: Node) -> dict[Node, set[Node]]:
    """Find the nodes that use each node of a graph."""
    uses: dict[Node, set[Node]] = {node: set() for node in in_order(f)}
    for node in uses:
        for parent in node.parents:
            uses[parent].add(node)
    return uses


def composites(f: Node) -> list[Fold]:
    """Find the gates of a graph that are known as one: σ, and the layers of a network.

    Examples
    --------
    >>> x = Node([[1.0, -1.0]], "x")
    >>> hidden = Tanh()(x @ Node(np.ones((2, 3)), "W1") + Node(np.zeros(3), "b1"))
    >>> [fold.symbol for fold in composites(hidden @ Node(np.ones((3, 1)), "W2"))]
    ['layer 1', 'layer 2']
    """
    uses, found = users(f), []
    layers = 0
    for node in uses:
        z = under_sigmoid(node)
        if z is not None:
            found.append(fold_of("σ", node, [z], uses))
        elif isinstance(node.op, Matmul) and (given := layer_input(node)) is not None:
            layers += 1
            found.append(fold_of(f"layer {layers}", layer_output(node, uses), [given], uses))
    return [fold for fold in found if fold is not None]


def under_sigmoid(node: Node) -> Node | None:
    """The z of 1 ÷ (1 + exp(−z)), however it is written; None for another gate."""
    below = reciprocal(node)
    power = beside(below, Add, 1)
    if power is None or not isinstance(power.op, Exp):
        return None
    (minus,) = power.parents
    return minus.parents[0] if isinstance(minus.op, Negate) else beside(minus, Multiply, -1)


def reciprocal(node: Node) -> Node | None:
    """What a gate divides 1 by."""
    if node.op == Power(-1.0):
        return node.parents[0]
    if isinstance(node.op, Divide) and is_plain(node.parents[0], 1):
        return node.parents[1]
    return None


def beside(node: Node | None, op: type[Op], number: float) -> Node | None:
    """What a gate adds to a plain number, or multiplies with it."""
    if node is None or not isinstance(node.op, op):
        return None
    one, other = node.parents
    if is_plain(other, number):
        return one
    return other if is_plain(one, number) else None


def is_plain(node: Node, number: float) -> bool:
    """Whether a node is just that number."""
    return not (node.parents or node.shape) and bool(node.value == number)


def layer_input(matmul: Node) -> Node | None:
    """What weights are applied to: x in x @ W, and in W @ x; None if neither factor is a leaf."""
    left, right = matmul.parents
    leaves = [node for node in (right, left) if not node.parents]
    weights = next((leaf for leaf in leaves if (leaf.name or "x")[0] in "wW"), None)
    if not leaves:
        return None
    return left if (leaves[0] if weights is None else weights) is right else right


def layer_output(matmul: Node, uses: dict[Node, set[Node]]) -> Node:
    """Follow a layer from its product over its bias to its activation."""
    top = matmul
    for belongs in (adds_leaf, reshapes, activates):
        for user in uses[top] if len(uses[top]) == 1 else ():
            top = user if belongs(user) else top
    return top


def adds_leaf(node: Node) -> bool:
    """Whether a gate adds a bias."""
    return isinstance(node.op, Add) and any(not parent.parents for parent in node.parents)


def reshapes(node: Node) -> bool:
    """Whether a gate only arranges anew."""
    return isinstance(node.op, Reshape)


def activates(node: Node) -> bool:
    """Whether a gate is an activation."""
    return isinstance(node.op, (Activation, PReLU, Maxout))


def asked_for(f: Node, fold: Any) -> list[Fold]:
    """The folds that are meant: those that are known, those that are named, or none.

    Parameters
    ----------
    f : Node
    fold : bool or mapping
        A mapping has for each symbol the output of the gates and then their inputs.
    """
    if fold is True or not fold:
        return composites(f) if fold else []
    if not isinstance(fold, Mapping):
        raise ValueError(
            f"fold is True, False or a mapping such as {{'swish': (a, z)}}, and not {fold!r}"
        )
    uses, found = users(f), []
    taken: set[Node] = set()
    for symbol, ends in fold.items():
        if not isinstance(ends, Sequence):
            raise ValueError(
                f"{symbol!r} folds an output and its inputs, as in {{{symbol!r}: (a, z)}}"
            )
        output, *inputs = ends
        strangers = {output, *inputs} - uses.keys()
        gates = None if strangers else fold_of(symbol, output, inputs, uses)
        if strangers:
            raise ValueError(f"{symbol!r} folds nodes that are not in the graph of the output")
        if gates is None or not gates.gates or taken & set(gates.inside):
            raise ValueError(
                f"{symbol!r} cannot be one gate: give its output and its inputs, between which no "
                "value is used elsewhere"
            )
        taken.update(gates.inside)
        found.append(gates)
    return found
