"""Pictures that a reader takes hold of: `explore(thing)` finds the one that suits a thing."""

from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING, Any

from coursekit.activations import Activation
from coursekit.graph import Node
from coursekit.nets import MLP, Many, Pass
from coursekit.ops import Op
from coursekit.pictures.foreign import is_activation, made, refuse_foreign

if TYPE_CHECKING:
    from coursekit.explorers.frame import Explorer

# Each explorer's module is loaded when it is asked for: some bring data, some a network.
EXPLORERS = {
    "ActivationExplorer": "activation",
    "Boundary": "boundary",
    "Causes": "causes",
    "Centring": "centring",
    "Circuit": "circuit",
    "DyingNet": "dying_net",
    "DyingUnit": "dying_unit",
    "JacobianOrProduct": "product",
    "Leaks": "leaky",
    "MaxoutEditor": "maxout",
    "Nudge": "nudge",
    "OneNeuron": "neuron",
    "Race": "race",
    "Saturation": "saturation",
    "Spherical": "spherical",
    "StepThrough": "steps",
    "WalkOrder": "order",
}

__all__ = ["EXPLORERS", "explore", *EXPLORERS]


def explore(thing: object, /, *other: Activation, **how: Any) -> "Explorer":
    """
    Show an activation, a graph or a formula under the reader's own hand.

    Parameters
    ----------
    thing : Activation, Node, Pass or callable
        An activation, yours or the course's, shows its curve and slope; what it learns, such as
        the α of PReLU, moves with a slider. A node, or a function without parameters that makes
        one, steps through the forward and backward pass over its graph; what a network made of
        its inputs, layer by layer and unit by unit, or with ``unit=(1, 3)`` one of these alone. A
        function of named inputs shows its graph while the inputs move.
    *other : Activation, optional
        Another activation, to stand beside the first one.
    **how
        For an activation or a node, where the controls stand at first, such as ``z=2``; for a
        function, its inputs: ``x=2`` stands still, ``x=(-4, 4)`` is moved.

    Examples
    --------
    >>> explore(Tanh()).evidence(z=0)
    'tanh′(0) = 1, 100 % of its largest, 1. Five such layers let all of it through. A cloud of \
spread 1 leaves tanh with mean 0 and spread 0.63, 3 % of it saturated.'
    >>> explore(lambda x, y: x * y, x=(-4, 4), y=2).evidence(x=3)
    'At x = 3 and y = 2, f = x × y = 6. Nudge x a little and f moves 2 times as much; nudge y a \
little and f moves 3 times as much.'
    """
    things = [made(each) for each in (thing, *other)]
    for each in things:
        refuse_foreign(each)
    if len(things) <= 2 and all(map(is_activation, things)):
        return __getattr__("ActivationExplorer")(*things, **how)
    if other:
        raise TypeError("only activations are explored side by side, and two of them")
    thing = things[0]
    if isinstance(thing, Op):
        raise TypeError(
            f"{type(thing).__name__} has no curve over a single z: explore a formula that uses it "
            "instead, such as explore(lambda z, w: maximum(z, w * z), z=(-4, 4), w=0.25)"
        )
    if isinstance(thing, MLP | Many):
        raise TypeError(
            "a network is explored by what it makes of its inputs, as in explore(net(x))"
        )
    if callable(thing) and signature(thing).parameters:
        return __getattr__("Circuit")(thing, **how)
    if isinstance(thing, Node | Pass) or callable(thing) or thing is None or thing is ...:
        return __getattr__("StepThrough")(thing, **how)
    raise TypeError(
        "explore takes an activation, a node of a graph or a function of numbers, "
        f"not {type(thing).__name__}"
    )


def __getattr__(name):
    if name in EXPLORERS:
        return getattr(import_module(f"{__name__}.{EXPLORERS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
