"""How two weights walk down to a target, by the inputs that a layer below sends them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from coursekit.activations import ELU, ReLU, Sigmoid, Tanh

__all__ = ["OUTPUTS", "Descent", "condition_number", "descent", "inputs_through", "same_sign"]

NEAR = 0.1  # of the distance from start to target: a descent ends there
FAR = 1e6  # of that distance: whoever is there never comes back
LONGEST = 1000  # steps
# What a layer below may send to a neuron; σ − ½ has the shape of σ and the mean of tanh.
OUTPUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "σ": Sigmoid().forward,
    "σ − ½": lambda z: Sigmoid().forward(z) - 0.5,
    "tanh": Tanh().forward,
    "ReLU": ReLU().forward,
    "ELU": ELU().forward,
}


class Descent(NamedTuple):
    """The way of two weights down to a target, step by step.

    Attributes
    ----------
    hessian : ndarray of shape (d, d)
        The mean of h hᵀ over the examples: the curvature of the loss.
    target : ndarray of shape (d,)
        The weights that make the loss 0.
    path : ndarray of shape (steps + 1, d)
        The weights, from the start on.
    gradients : ndarray of shape (steps, d)
        What each step went down.
    """

    hessian: np.ndarray
    target: np.ndarray
    path: np.ndarray
    gradients: np.ndarray

    @property
    def steps(self) -> int:
        """How many steps it took."""
        return len(self.gradients)

    @property
    def detour(self) -> float:
        """How long the path is beside the straight line from its start to its end."""
        each = np.linalg.norm(np.diff(self.path, axis=0), axis=1)
        return float(each.sum() / np.linalg.norm(self.path[-1] - self.path[0]))

    @property
    def agreement(self) -> float:
        """The share of the steps whose weight gradients all have one sign."""
        return float(same_sign(self.gradients).mean())

    @property
    def condition(self) -> float:
        """How many times as steep the loss is in its steepest direction as in its flattest."""
        return float(np.linalg.cond(self.hessian))


def same_sign(gradients: np.ndarray) -> np.ndarray:
    """Tell of each row whether its numbers all have one sign; a 0 goes with either.

    Examples
    --------
    >>> same_sign(np.array([[1.0, 2.0], [-1.0, 0.0], [1.0, -2.0]]))
    array([ True,  True, False])
    """
    above, below = ((sign * gradients >= 0).all(axis=-1) for sign in (1, -1))
    return np.asarray(above | below)


def condition_number(output: Callable[[np.ndarray], np.ndarray], d: int) -> float:
    r"""Compute how much steeper the loss is one way than another, over endlessly many examples.

    For d inputs of mean $\mu$ and variance $v$ it is $1 + d\mu^2/v$: the curvature $E[hh^\top]$ is
    $v + d\mu^2$ along $(1, …, 1)$ and $v$ across.

    Parameters
    ----------
    output : callable
        What sends the inputs, such as ``Sigmoid().forward``, from normal numbers.
    d : int
        How many inputs.

    Examples
    --------
    >>> print(f"{condition_number(Sigmoid().forward, 100):.1f}")
    577.3
    """
    z = np.linspace(-9, 9, 18_001)
    density = np.exp(-(z**2) / 2)
    density /= density.sum()
    mean = density @ output(z)
    variance = density @ output(z) ** 2 - mean**2
    return float(1 + d * mean**2 / variance)


def inputs_through(
    activation: Callable[[np.ndarray], np.ndarray], n: int = 200, d: int = 2, seed: int = 0
) -> np.ndarray:
    """Send Gaussian numbers through an activation: what a neuron gets from the layer below.

    Parameters
    ----------
    activation : callable
        Takes an array, such as ``Sigmoid().forward``.
    n, d, seed : int
        How many examples of how many inputs, and which random numbers.

    Returns
    -------
    ndarray of shape (n, d)

    Examples
    --------
    >>> inputs_through(Sigmoid().forward).mean() > 0.4
    np.True_
    """
    return activation(np.random.default_rng(seed).normal(size=(n, d)))


def descent(
    h: np.ndarray,
    target: Sequence[float],
    batch: int | None = None,
    rate: float | None = None,
    seed: int = 0,
) -> Descent:
    r"""Let a linear neuron $w \cdot h$ learn the weights of another one, from $w = 0$.

    The loss is half the squared error, averaged over the batch. The descent ends where a tenth of
    the way is left.

    Parameters
    ----------
    h : ndarray of shape (n, d)
        The neuron's inputs.
    target : sequence of float
        The weights of the other neuron.
    batch : int, optional
        Examples drawn for each step; all of them, unless given.
    rate : float, optional
        The learning rate; 0.3 over the largest curvature, unless given: fair to every h.
    seed : int
        Which batches are drawn.

    Returns
    -------
    Descent

    Raises
    ------
    ValueError
        Where the descent does not arrive, or runs away.

    Examples
    --------
    >>> zigzag = descent(inputs_through(Sigmoid().forward), (1, -1), batch=1, rate=0.5)
    >>> print(f"{zigzag.agreement:.0%} of {zigzag.steps} steps, path {zigzag.detour:.2f}")
    100% of 120 steps, path 3.36
    """
    n, wanted = len(h), np.asarray(target, float)
    hessian = h.T @ h / n
    if rate is None:
        rate = 0.3 / np.linalg.eigvalsh(hessian)[-1]
    rng, w = np.random.default_rng(1000 + seed), np.zeros_like(wanted)
    path, gradients = [w], []
    for _ in range(LONGEST):
        some = h if batch is None else h[rng.choice(n, batch, replace=False)]
        gradients.append(some.T @ (some @ (w - wanted)) / len(some))
        w = w - rate * gradients[-1]
        path.append(w)
        left = np.linalg.norm(w - wanted) / np.linalg.norm(wanted)
        if left > FAR:
            raise ValueError(
                f"the descent runs away from its target: take a lower rate than {rate:g}"
            )
        if left <= NEAR:
            return Descent(hessian, wanted, np.array(path), np.array(gradients))
    raise ValueError(
        f"the descent is not there after {LONGEST} steps: another rate than {rate:g} may be"
    )
