"""Trainings on film: what a net was every few epochs, to be looked at in any order."""

from functools import cached_property

import numpy as np

from coursekit.nets import MLP
from coursekit.probes import Census, census
from coursekit.training import train

__all__ = ["Film"]

BATCH = 32


class Film:
    """A training in batches of 32 on one data set, looked at every few epochs.

    Attributes
    ----------
    nets : list of MLP
        What the net was at each look: before training, then every few epochs.
    stopped : str
        Why training ended early; empty if it did not.

    Examples
    --------
    >>> from coursekit import ReLU, spiral
    >>> film = Film(MLP([2, 9, 3], ReLU()), *spiral(), rate=0.5, epochs=20, every=5)
    >>> len(film.nets), film.stopped, film.dead.shape
    (5, '', (1, 5))
    """

    def __init__(
        self, net: MLP, x: np.ndarray, labels: np.ndarray, rate: float, epochs: int, every: int = 1
    ) -> None:
        self.x = x
        self.seen: dict[int, MLP] = {}
        watch, steps = self.seen.__setitem__, every * -(-len(x) // BATCH)
        self.stopped = train(
            net, x, labels, rate, epochs, BATCH, bar=False, watch=watch, every=steps
        ).stopped
        self.nets = list(self.seen.values())

    @cached_property
    def whole(self) -> Census:
        """What became of each hidden unit until the end."""
        return census(self.seen, self.x)

    def until(self, look: int) -> Census:
        """What was known of each hidden unit at one of the looks."""
        known = tuple(share[: look + 1] for share in self.whole.shares)
        return Census(self.whole.steps[: look + 1], known, self.whole.spread)

    @property
    def dead(self) -> np.ndarray:
        """How many units of each layer were dead at each look: of shape (layers, looks)."""
        return np.array([(share == 0).sum(axis=1) for share in self.whole.shares])
