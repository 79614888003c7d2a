"""One ReLU over two moons: a step that is too long carries its line past all the data."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from coursekit.activations import ReLU
from coursekit.backprop import backprop
from coursekit.data import moons
from coursekit.functions import squared_error
from coursekit.graph import Node
from coursekit.nets import Neuron

__all__ = ["Moment", "film", "moment"]

STEPS = 20
POINTS, LABELS = moons(n=30)
POINTS = POINTS - POINTS.mean(axis=0)
WANTED = 1.0 - LABELS  # 1 on the upper moon, 0 on the lower


class Moment(NamedTuple):
    """The unit after some steps, and what the points tell it."""

    w: np.ndarray
    b: float
    dw: np.ndarray
    db: float
    active: int
    loss: float

    @property
    def gradient(self) -> float:
        """How long the gradient in w and b is."""
        return float(np.hypot(np.hypot(*self.dw), self.db))


def moment(w: np.ndarray, b: float, up: float = 0.0) -> Moment:
    """Ask a unit about the points, moved up by so much.

    Examples
    --------
    A unit whose line lies above all points learns nothing from them, until they move:

    >>> w = np.array([0.0, 1.0])
    >>> moment(w, b=-2.0).gradient, moment(w, b=-2.0, up=2.0).gradient > 0
    (0.0, True)
    """
    unit, x = Neuron(Node(w, "w"), Node(b, "b"), ReLU()), POINTS + [0.0, up]
    loss = squared_error(unit(x), WANTED)
    gradients = backprop(loss)
    active = int(np.sum(x @ w + b > 0))
    dw, db = gradients[unit.w], float(gradients[unit.b])
    return Moment(w, b, dw, db, active, float(loss.value))


@lru_cache(maxsize=32)
def film(rate: float) -> list[Moment]:
    """Train the unit step by step, on all points at once.

    Examples
    --------
    >>> [now.active for now in film(2.5)][:3]
    [60, 0, 0]
    """
    moments = [moment(np.array([0.6, 1.2]), 2.4)]
    for _ in range(STEPS):
        now = moments[-1]
        moments.append(moment(now.w - rate * now.dw, now.b - rate * now.db))
    return moments
