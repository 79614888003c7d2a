"""Activations side by side: what tells them apart, where no slider says it."""

from copy import copy
from numbers import Real

from coursekit.explorers.parameters import Given, having, stated
from coursekit.pictures.curves import name_of


def told_apart(activations):
    """Give activations that stand side by side, without sliders, their parameters as a name.

    Examples
    --------
    >>> [each.symbol for each in told_apart([ELU(0.3), PReLU()])]
    ['ELU(α = 0.3)', 'PReLU(α = 0.25)']
    >>> [each.symbol for each in told_apart([Tanh(), Tanh()])]
    ['tanh₁', 'tanh₂']
    """
    if len(activations) == 1:
        return activations
    pair = [copy(having(activation)) for activation in activations]
    for each in pair:
        held = each.inputs if isinstance(each, Given) else vars(each)
        numbers = {n: v for n, v in held.items() if isinstance(v, Real) and not isinstance(v, bool)}
        named(each, f"({stated(numbers)})" if numbers else "")
    if len(set(map(name_of, pair))) == 1:  # of one class, or of one that was written anew
        for each, mark in zip(pair, "₁₂", strict=True):
            named(each, mark)
    return pair


def named(activation, more):
    """Write more into the symbol of an activation, which may be frozen."""
    object.__setattr__(activation, "symbol", name_of(activation) + more)
