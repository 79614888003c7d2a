"""What a whole Jacobian costs, and what its product with a gradient: in numbers and in seconds."""

from collections.abc import Callable
from time import perf_counter

import numpy as np

from coursekit.activations import Tanh
from coursekit.functions import softmax
from coursekit.jacobians import jacobian, vjp

TIMED = 1024  # numbers in a row, and rows of a matrix, that are timed at most: nobody waits


def function(op: str, n: int) -> Callable:
    """An op on rows of n numbers; the weights of matmul are drawn anew, from the same seed."""
    if op == "matmul":
        W = np.random.default_rng(1).normal(size=(n, n))
        return lambda x: x @ W
    return Tanh() if op == "tanh" else softmax


def inputs(n: int, batch: int) -> np.ndarray:
    """A vector of n numbers, or a batch of them."""
    return np.random.default_rng(0).normal(size=(batch, n) if batch > 1 else n)


def numbers(n: int, op: str, batch: int) -> tuple[int, int, int]:
    """How many numbers the whole Jacobian has, how many are not zero, and how many a gradient.

    Examples
    --------
    >>> numbers(4, "tanh", 10), numbers(4, "softmax", 10)
    ((1600, 40, 40), (1600, 160, 40))
    """
    filled = batch * n if op == "tanh" else batch * n * n
    return (batch * n) ** 2, filled, batch * n


def shape(n: int, op: str, batch: int) -> str:
    """Where the Jacobian is not zero."""
    if op == "tanh":
        return "diagonal"
    return f"{batch} blocks" if batch > 1 else "full"


def measured(n: int, op: str, batch: int) -> tuple[float, float]:
    """Seconds of a vjp, and of building the whole Jacobian for it; 0 where that takes too long.

    Of rows with more than `TIMED` numbers each, only so many numbers are taken.

    Examples
    --------
    >>> product, whole = measured(4, "softmax", 1)
    >>> product > 0, whole > 0
    (True, True)
    """
    n = min(n, TIMED)
    f, x, rows = function(op, n), inputs(n, batch), n * batch
    upstream = np.random.default_rng(2).normal(size=x.shape)
    product, whole = shortest(lambda: vjp(f, x, upstream=upstream)), 0.0
    work = rows * rows * (n if op == "matmul" and batch > 1 else 1)
    if rows <= TIMED and work <= 2**30:
        whole = shortest(lambda: upstream.ravel() @ jacobian(f, x).dense())
    return product, whole


def shortest(work: Callable, enough: float = 0.05) -> float:
    """Seconds of work that is done once and, as long as that is not enough of them, a few times.

    The first time finds the machine cold; the shortest is what the work itself takes.
    """
    spent: list[float] = []
    while not spent or (len(spent) < 20 and sum(spent) < enough):
        began = perf_counter()
        work()
        spent.append(perf_counter() - began)
    return min(spent)
