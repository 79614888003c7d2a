"""A race to a small error on the digits: activations from the same first weights.

Each runs at the learning rate that suits it best: with one rate for all, the rate would decide.
"""

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from coursekit.activations import ELU, ReLU, Sigmoid, Tanh
from coursekit.data import digits
from coursekit.functions import cross_entropy
from coursekit.nets import MLP, he
from coursekit.training import PLAIN, dealt, error_rate, replaying

__all__ = ["Run", "epochs_to", "laps", "racer", "run"]

SIZES, BATCH, GOAL, EPOCHS = (64, 50, 50, 50, 50, 10), 32, 0.05, 30
ACTIVATION = {"tanh": Tanh(), "ELU": ELU(), "ReLU": ReLU(), "σ": Sigmoid()}
# How many times as large as He's the weights of the hidden layers start.
STARTS = {"as He draws them": 1.0, "four times as large": 4.0}
# The best learning rate of each, which experiments/race.py has found.
RATES = {
    "as He draws them": {"tanh": 0.2, "ELU": 0.2, "ReLU": 0.1, "σ": 2.0},
    "four times as large": {"tanh": 0.2, "ELU": 0.005, "ReLU": 0.005, "σ": 1.0},
}


def racer(activation: str, start: str, seed: int = 0) -> MLP:
    """Make a net before the race: those of one start and seed differ in their activation alone."""
    net = MLP(SIZES, ACTIVATION[activation], he, seed)
    *hidden, W, b = net.parameters
    return net.with_parameters([*(STARTS[start] * array for array in hidden), W, b])


def laps(net: MLP, rate: float, seed: int = 0) -> Iterator[float]:
    """Train on the digits, and give the error before and after each epoch, as `train` would.

    Examples
    --------
    >>> errors = laps(racer("tanh", "as He draws them"), rate=0.2)
    >>> next(errors) > 0.8, next(errors) < 0.3
    (True, True)
    """
    images, labels = digits(standardised=False)
    images = images / 16
    yield error_rate(net, images, labels)
    look, arrays = replaying(net, images, labels, cross_entropy), net.parameters
    rng = np.random.default_rng(1000 + seed)
    for some, ends_epoch in dealt(rng, len(images), BATCH, EPOCHS):
        arrays, _ = PLAIN.step(arrays, look(arrays, some).gradients, rate)
        if ends_epoch:
            yield error_rate(net.with_parameters(arrays), images, labels)


class Run:
    """A net on its way to the goal: trained as far as somebody looks, and never beyond the goal."""

    def __init__(self, activation: str, start: str, seed: int = 0) -> None:
        self.net, self.rate = racer(activation, start, seed), RATES[start][activation]
        self.seed = seed
        self.begin()

    def begin(self) -> None:
        """Go back to the first weights."""
        self.laps = laps(self.net, self.rate, self.seed)
        self.errors = [next(self.laps)]

    def until(self, epoch: int) -> list[float]:
        """Give the error before the race and after each epoch, until this one."""
        while len(self.errors) <= epoch and self.errors[-1] > GOAL:
            try:
                self.errors.append(next(self.laps))
            except KeyboardInterrupt:  # what was stopped amid an epoch cannot go on
                self.begin()
                raise
        return self.errors[: epoch + 1]


run = cache(Run)


def epochs_to(goal: float, errors: Sequence[float]) -> int | None:
    """Count the epochs until the error is at the goal for the first time; None if it never is.

    Examples
    --------
    >>> epochs_to(0.05, [0.9, 0.2, 0.04]), epochs_to(0.05, [0.9, 0.2])
    (2, None)
    """
    return next((epoch for epoch, error in enumerate(errors) if error <= goal), None)
