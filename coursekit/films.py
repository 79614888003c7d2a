"""Trainings on film: what a net was every few epochs, to be looked at in any order."""

import sys
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from coursekit.functions import cross_entropy
from coursekit.nets import MLP
from coursekit.probes import Census, census
from coursekit.training import (
    PLAIN,
    all_ours,
    dealt,
    replaying,
    train,
    walking,
    where_it_broke,
)

__all__ = ["Film", "Reel"]

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


class Reel:
    """A training in batches of 32, as `train` would, but only as far as somebody looks.

    Examples
    --------
    >>> from coursekit import ReLU, spiral
    >>> reel = Reel(MLP([2, 9, 3], ReLU()), *spiral(), rate=0.5)
    >>> reel.at(3), len(reel.nets)
    (MLP(2-9-3, ReLU, 57 parameters), 4)
    """

    def __init__(self, net: MLP, x: np.ndarray, labels: np.ndarray, rate: float) -> None:
        self.net, self.x, self.labels, self.rate = net, x, labels, rate
        self.begin()

    def begin(self) -> None:
        """Go back to where training starts."""
        self.nets: list[MLP] = []
        self.shots = self.shoot()

    def at(self, epoch: int) -> MLP:
        """Give the net after so many epochs.

        Raises
        ------
        FloatingPointError
            Where training stops before, with the words of `History.stopped`.
        """
        try:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                while len(self.nets) <= epoch:
                    self.nets.append(next(self.shots))
        except BaseException:  # what was stopped amid an epoch cannot go on
            self.begin()
            raise
        return self.nets[epoch]

    def shoot(self) -> Iterator[MLP]:
        """Train, and give the net before and after each epoch, if the next batch can bear it."""
        net, x, labels, arrays = self.net, self.x, self.labels, self.net.parameters
        replayed = all_ours(net, cross_entropy, PLAIN)
        look = (replaying if replayed else walking)(net, x, labels, cross_entropy)
        rng, steps = np.random.default_rng(1000), -(-len(x) // BATCH)
        for step, (some, _) in enumerate(dealt(rng, len(x), BATCH, epochs=sys.maxsize)):
            seen = look(arrays, some)
            if not np.isfinite(seen.lost):
                run = net.with_parameters(arrays)(x[some])
                broken = where_it_broke(run, labels[some], cross_entropy, step + 1)
                raise FloatingPointError(broken)
            if step % steps == 0:
                yield net.with_parameters(arrays)
            arrays, _ = PLAIN.step(arrays, seen.gradients, self.rate)
