"""What an activation has besides z, as sliders: its fields, and the inputs that it learns."""

from dataclasses import fields, is_dataclass, replace
from inspect import signature
from math import isfinite
from numbers import Real

import numpy as np

from coursekit.activations import Activation
from coursekit.explorers.frame import Control
from coursekit.pictures.curves import name_of
from coursekit.pictures.story import listed
from coursekit.style import number

GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "lambda_": "λ", "theta": "θ"}
START = 0.25  # of what is learned: where He et al. (2015) start PReLU's α


class Given(Activation):
    """An activation that has inputs besides z, such as the α of PReLU, with these held still."""

    def __init__(self, op, **inputs):
        self.op, self.inputs, self.symbol = op, inputs, name_of(op)
        self.kinks = getattr(op, "kinks", ())

    def forward(self, z):
        return self.op.forward(z, *self.inputs.values())

    def slopes(self, a, z):
        """The local gradient in z and in each of the other inputs."""
        return self.op.local_gradients(a, z, *self.inputs.values())

    def slope(self, a, z):
        return self.slopes(a, z)[0]


def having(activation, **parameters):
    """The activation with its parameters where the sliders are.

    Examples
    --------
    >>> having(LeakyReLU(), alpha=0.5), having(PReLU(), alpha=0.5).forward(-2.0)
    (LeakyReLU(alpha=0.5), np.float64(-1.0))
    """
    if inputs := inputs_of(activation):
        return Given(activation, **(dict.fromkeys(inputs, START) | parameters))
    return replace(activation, **parameters) if parameters else activation


def parameters(activation):
    """A control for each input besides z, and for each field that says over which span.

    Examples
    --------
    >>> [(control.name, control.low, control.high) for control in parameters(ELU())]
    [('alpha', 0.0, 2.0)]
    """
    if inputs := inputs_of(activation):
        return [parameter(name, START, 0, 1) for name in inputs]
    if not is_dataclass(activation):
        return []
    return [
        parameter(field.name, getattr(activation, field.name), *field.metadata["span"])
        for field in fields(activation)
        if "span" in field.metadata
    ]


def inputs_of(activation):
    """The names of the inputs that an op has besides z."""
    if isinstance(activation, Activation):
        return []
    return [*signature(activation.forward).parameters][1:]


def parameter(name, start, low, high):
    """A control in twenty steps, and on the value that the activation has."""
    if not isinstance(start, Real) or not isfinite(start):
        raise ValueError(f"{name} has to be a finite number, not {start!r:.40}")
    steps = {round(float(value), 10) for value in np.linspace(low, high, 21)} | {float(start)}
    at = tuple(sorted(steps))
    label = GREEK.get(name, name)
    return Control(name, label, at[0], at[-1], (high - low) / 20, float(start), at=at)


def told(parameters):
    """Where the sliders are, in words: an empty text if there are none."""
    return f"{stated(parameters, ' and ')}: " if parameters else ""


def stated(parameters, between=", "):
    """Write each parameter with its value."""
    return between.join(f"{GREEK.get(name, name)} = {number(v)}" for name, v in parameters.items())


def learned_slopes(activation, z):
    """How fast an activation changes with each input that it has besides z, in words.

    Examples
    --------
    >>> learned_slopes(having(PReLU()), -2.0)
    'Its slope in α is −2.'
    """
    if not isinstance(activation, Given):
        return ""
    place = np.array([z])
    slopes = activation.slopes(activation.forward(place), place)[1:]
    said = [
        f"in {GREEK.get(name, name)} is {number(np.broadcast_to(slope, 1)[0], 3)}"
        for name, slope in zip(activation.inputs, slopes, strict=True)
    ]
    return f"Its slope {listed(said)}."
