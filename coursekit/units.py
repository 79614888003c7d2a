"""The graph of one unit of a network, number by number: a layer's arrays hide it."""

from collections.abc import Mapping
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from coursekit.backprop import backprop, in_order
from coursekit.functions import maximum
from coursekit.graph import Node
from coursekit.nets import Pass

TERMS = 6  # inputs of a unit that are drawn one by one: those that weigh most


def unit_graph(run: Pass, layer: int, unit: int, example: int = 0, most: int = TERMS) -> Node:
    """Make the graph of one unit of a network, for one example, a node for each number.

    Parameters
    ----------
    run : Pass
        What the network made of its inputs.
    layer : int
        Counted from 1, as in $W_1$; the last one is the output layer.
    unit, example : int
        Counted from 0, as rows and columns are.
    most : int
        How many of its inputs are drawn, those that weigh most; the others come as one sum.

    Examples
    --------
    >>> from coursekit import MLP
    >>> run = MLP([2, 3, 1], Tanh())([[1.0, -2.0]])
    >>> round(float(unit_graph(run, 1, 2).value), 4), run.a[0].value[0, 2].round(4)
    (-0.0523, np.float64(-0.0523))
    """
    net = run.net
    if net.count > 1:
        raise ValueError(f"this is the pass of {net.count} nets: take one of them, as in .one(0)")
    checked("layer", layer, 1, len(net.sizes) - 1)
    checked("unit", unit, 0, net.sizes[layer] - 1)
    W, b = run.parameters[2 * layer - 2 : 2 * layer]
    given = given_to(run, layer)
    rows = np.atleast_2d(given.value)
    checked("example", example, 0, len(rows) - 1)
    hidden = layer < len(net.sizes) - 1
    source = f"a{layer - 1}" if layer > 1 else given.name or "x"
    inputs = [Node(value, f"{source}[{at}]") for at, value in enumerate(rows[example])]
    pieces = net.pieces if hidden else 1
    sums = [
        weighed(inputs, W, b, column, most) for column in range(unit * pieces, (unit + 1) * pieces)
    ]
    z = reduce(maximum, sums)
    if not hidden:
        return z.named(f"output[{unit}]")
    learned = [Node(alpha.value, alpha.name) for alpha in run.parameters[2 * len(net.sizes) - 2 :]]
    a = z if pieces > 1 else net.activation(z.named(f"z{layer}[{unit}]"), *learned[layer - 1 :][:1])
    return a.named(f"a{layer}[{unit}]")


def graph_of(run: object, place: object, example: int = 0) -> Node:
    """Make the graph of the unit at a place, (layer, unit), and refuse what is none.

    Examples
    --------
    >>> graph_of(Node(2.0), (1, 0))
    Traceback (most recent call last):
    TypeError: units are those of a network's pass, as in explore(net(x), unit=(1, 0))
    """
    if not isinstance(run, Pass):
        raise TypeError("units are those of a network's pass, as in explore(net(x), unit=(1, 0))")
    if not isinstance(place, tuple) or len(place) != 2:
        raise ValueError(
            f"a unit is a layer from 1 and a place from 0, as in unit=(1, 0), and not {place!r}"
        )
    return unit_graph(run, *place, example)


def elsewhere(run: Pass, layer: int, example: int, f: Node, sent: object, totals: Mapping) -> dict:
    """What the inputs of a unit's graph f get from the rest of their network: by f's own leaves.

    Parameters
    ----------
    run : Pass
    layer, example : int
    f : Node
        From `unit_graph`.
    sent : float
        The gradient of f in the network.
    totals : mapping of Node to ndarray
        The gradients in the network.

    Examples
    --------
    >>> from coursekit import MLP
    >>> run = MLP([1, 2, 1], Tanh())([[1.0]])
    >>> totals = backprop(run.output)
    >>> units = [unit_graph(run, 1, unit) for unit in (0, 1)]
    >>> sent = [totals[run.a[0]][0, unit] for unit in (0, 1)]
    >>> (rest,) = elsewhere(run, 1, 0, units[0], sent[0], totals).values()
    >>> (x,) = [leaf for leaf in in_order(units[1]) if leaf.name == "x[0]"]
    >>> bool(np.isclose(rest, backprop(units[1], sent[1])[x]))
    True
    """
    below = run.a[layer - 2] if layer > 1 else given_to(run, layer)
    whole = {
        node.name or "x": np.asarray(totals.get(node, 0.0)) for node in (*run.parameters, below)
    }
    rest = {}
    for leaf, share in backprop(f, sent).items():
        name, _, place = (leaf.name or "").removesuffix("]").partition("[")
        if leaf.parents or name not in whole:
            continue
        at = tuple(int(number) for number in place.split(", ") if number)
        total = whole[name][(example, *at) if whole[name].ndim > len(at) else at]
        if not np.allclose(total, share):
            rest[leaf] = total - share
    return rest


def given_to(run: Pass, layer: int) -> Node:
    """Find what a layer of a pass takes in."""
    W = run.parameters[2 * layer - 2]
    return next(node for node in in_order(run.output) if W in node.parents).parents[0]


def checked(name: str, number: Any, first: int, last: int) -> None:
    """Refuse the number of a layer, a unit or an example that is not there."""
    if not (isinstance(number, int | np.integer) and first <= number <= last):
        raise ValueError(f"there is no {name} {number!r}: they run from {first} to {last}")


def weighed(inputs, W, b, column, most):
    """The sum of the inputs times their weights and of the bias, the lightest taken together."""
    weights = [Node(row[column], f"{W.name}[{at}, {column}]") for at, row in enumerate(W.value)]
    sizes = [abs(x.value * w.value) for x, w in zip(inputs, weights, strict=True)]
    heaviest = sorted(sorted(range(len(inputs)), key=lambda at: -sizes[at])[:most])
    terms = [inputs[at] * weights[at] for at in heaviest]
    if others := sorted({*range(len(inputs))} - {*heaviest}):
        rest = sum(inputs[at].value * weights[at].value for at in others)
        terms.append(Node(rest, f"{len(others)} others"))
    return reduce(add, [*terms, Node(b.value[column], f"{b.name}[{column}]")])
