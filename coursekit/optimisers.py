"""Ways of going downhill: what to make of a gradient, one small value each.

An optimiser remembers nothing. A step takes arrays, their gradients and a state, and returns new
arrays and a new state; the first step has no state yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

__all__ = ["SGD", "Adam", "Momentum", "Optimiser"]

Arrays = Sequence[np.ndarray]


class Optimiser(Protocol):
    """Whatever has a step like this trains a net.

    Examples
    --------
    >>> class SignOnly:
    ...     def step(self, arrays, gradients, rate, state=None):
    ...         return [w - rate * np.sign(g) for w, g in zip(arrays, gradients)], state
    >>> SignOnly().step([np.array([1.0, 1.0])], [np.array([0.01, -50.0])], rate=0.5)
    ([array([0.5, 1.5])], None)
    """

    def step(
        self, arrays: Arrays, gradients: Arrays, rate: Any, state: Any = None
    ) -> tuple[list[np.ndarray], Any]:
        """Go one step down.

        Parameters
        ----------
        arrays, gradients : sequence of ndarray
            What is learned, and the slope of the loss in each; both in the same order.
        rate : float or ndarray
            The learning rate; an array broadcasts.
        state : object, optional
            What the step before returned.

        Returns
        -------
        arrays : list of ndarray
        state : object
            To be given to the next step.
        """


@dataclass(frozen=True)
class SGD:
    r"""Goes straight down the gradient: $w - \eta g$.

    References
    ----------
    Robbins & Monro (1951), A stochastic approximation method.

    Examples
    --------
    >>> SGD().step([np.array([1.0, 2.0])], [np.array([10.0, -10.0])], rate=0.1)
    ([array([0., 3.])], None)
    """

    def step(self, arrays, gradients, rate, state=None):
        return [w - rate * g for w, g in zip(arrays, gradients, strict=True)], state


@dataclass(frozen=True)
class Momentum:
    r"""Keeps rolling as a heavy ball does: $v \leftarrow \beta v + g$, then $w - \eta v$.

    Its state is the velocities, which start at 0.

    References
    ----------
    Polyak (1964), Some methods of speeding up the convergence of iteration methods.

    Examples
    --------
    >>> ball, w, state, slope = Momentum(beta=0.5), [np.array(0.0)], None, [np.array(-1.0)]
    >>> for _ in range(3):
    ...     w, state = ball.step(w, slope, 1.0, state)
    ...     print(w[0])
    1.0
    2.5
    4.25
    """

    beta: float = 0.9

    def step(self, arrays, gradients, rate, state=None):
        before = state or [0.0] * len(arrays)
        velocities = [self.beta * v + g for v, g in zip(before, gradients, strict=True)]
        return [w - rate * v for w, v in zip(arrays, velocities, strict=True)], velocities


@dataclass(frozen=True)
class Adam:
    r"""Divides a running mean of the gradient by its running size: $w - \eta\, m / (\sqrt{s} + ε)$.

    Both start at 0 and are corrected for it, so that the first step of each weight is as long as
    the rate, however small the gradient. Its state is the number of steps, $m$ and $s$.

    References
    ----------
    Kingma & Ba (2015), Adam: a method for stochastic optimization.

    Examples
    --------
    >>> w, state = Adam().step([np.array([1.0, 1.0])], [np.array([1e-3, -50.0])], rate=0.1)
    >>> w[0].round(4)
    array([0.9, 1.1])
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def step(self, arrays, gradients, rate, state=None):
        nothing = [0.0] * len(arrays)
        t, means, squares = state or (0, nothing, nothing)
        b1, b2, t = self.beta1, self.beta2, t + 1
        means = [b1 * m + (1 - b1) * g for m, g in zip(means, gradients, strict=True)]
        squares = [b2 * s + (1 - b2) * g**2 for s, g in zip(squares, gradients, strict=True)]
        down = [
            (m / (1 - b1**t)) / (np.sqrt(s / (1 - b2**t)) + self.epsilon)
            for m, s in zip(means, squares, strict=True)
        ]
        return [w - rate * d for w, d in zip(arrays, down, strict=True)], (t, means, squares)
