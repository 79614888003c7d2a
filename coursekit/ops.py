"""The ops beyond arithmetic: exponential and logarithm, sums and means, the loss."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from coursekit import graph
from coursekit.graph import Elementwise, Node, Op

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


# fmt: off
class Exp(Elementwise):
    symbol = "exp"
    def forward(self, x):
        with np.errstate(over="ignore"):  # e^1000 is infinity, and there is nothing to warn of
            return np.exp(x)
    def local_gradients(self, out, x): return (out,)


class Log(Elementwise):
    symbol = "log"
    def forward(self, x): return np.log(x)
    def local_gradients(self, out, x): return (1 / x,)


class Maximum(Elementwise):
    """The larger of two; at a tie each input gets half of the gradient."""

    symbol = "max"
    def forward(self, x, y): return np.maximum(x, y)
    def local_gradients(self, out, x, y):
        tie = 0.5 * (x == y)
        return (x > y) + tie, (y > x) + tie
# fmt: on


@dataclass(frozen=True)
class Sum(Op):
    """A sum over all elements, or along one axis or several."""

    axis: int | tuple[int, ...] | None = None
    keepdims: bool = False
    symbol = "Σ"

    def forward(self, x):
        return np.sum(x, axis=self.axis, keepdims=self.keepdims)

    def vjp(self, upstream, out, x):
        if self.axis is not None and not self.keepdims:
            upstream = np.expand_dims(upstream, self.axis)
        return (np.broadcast_to(upstream, x.shape),)


@dataclass(frozen=True)
class Mean(Sum):
    """A mean over all elements, or along one axis or several."""

    symbol = "mean"

    def forward(self, x):
        return np.mean(x, axis=self.axis, keepdims=self.keepdims)

    def vjp(self, upstream, out, x):
        (spread,) = super().vjp(upstream, out, x)
        return (spread * (np.size(out) / max(np.size(x), 1)),)


@dataclass(frozen=True, eq=False)
class CrossEntropy(Op):
    r"""The mean of $-\log$ softmax at the right class, taken from the logits in one stable step.

    Parameters
    ----------
    labels : ndarray of shape (n,)
        The right class of each example, as integers from 0.
    """

    labels: np.ndarray = field(repr=False)
    symbol = "cross-entropy"

    def __post_init__(self):
        # A copy, so that a batch's labels can be written over before the walk comes back here.
        labels = np.array(self.labels)
        if labels.dtype.kind not in "iu":
            raise TypeError(f"labels are whole numbers that name classes, not {labels.dtype}")
        labels.setflags(write=False)
        object.__setattr__(self, "labels", labels)

    def forward(self, logits):
        if logits.ndim != 2 or self.labels.shape != logits.shape[:1]:
            raise ValueError(f"it wants (n, k) logits and (n,) labels, not {self.labels.shape}")
        if not ((self.labels >= 0) & (self.labels < logits.shape[1])).all():
            raise ValueError(f"its labels must lie between 0 and {logits.shape[1] - 1}")
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_sums = np.log(np.exp(shifted).sum(axis=1))
        return np.mean(log_sums - shifted[np.arange(len(logits)), self.labels])

    def vjp(self, upstream, out, logits):
        likely = np.exp(logits - logits.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        likely[np.arange(len(logits)), self.labels] -= 1
        return (likely * (upstream / len(logits)),)


OPS = (
    graph.Add,
    graph.Subtract,
    graph.Multiply,
    graph.Divide,
    graph.Negate,
    graph.Power,
    graph.VariablePower,
    graph.Matmul,
    graph.Transpose,
    Exp,
    Log,
    Maximum,
    Sum,
    Mean,
    CrossEntropy,
)


def exp(x: Node | ArrayLike) -> Node:
    """Raise e to each element.

    Examples
    --------
    >>> exp(Node(0.0))
    Node(1.0, op=exp)
    """
    return Exp()(x)


def log(x: Node | ArrayLike) -> Node:
    """Take the natural logarithm of each element.

    Examples
    --------
    >>> log(Node(1.0))
    Node(0.0, op=log)
    """
    return Log()(x)


def sum(
    x: Node | ArrayLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False
) -> Node:
    """Add all elements, or those along an axis.

    Examples
    --------
    >>> sum(Node([[1, 2], [3, 4]]), axis=0).value
    array([4., 6.])
    """
    return Sum(axis, keepdims)(x)


def mean(
    x: Node | ArrayLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False
) -> Node:
    """Average all elements, or those along an axis.

    Examples
    --------
    >>> mean(Node([1, 2, 6]))
    Node(3.0, op=mean)
    """
    return Mean(axis, keepdims)(x)


def maximum(x: Node | ArrayLike, y: Node | ArrayLike) -> Node:
    """Take the larger of two, element by element; at a tie the gradient is shared.

    Examples
    --------
    >>> maximum(Node(2.0), -1)
    Node(2.0, op=max)
    """
    return Maximum()(x, y)


def cross_entropy(logits: Node | ArrayLike, labels: ArrayLike) -> Node:
    """Compare logits with the right classes; the mean over the examples.

    Parameters
    ----------
    logits : Node or ndarray of shape (n, k)
        One score for each class.
    labels : array_like of int of shape (n,)
        The right classes, from 0.

    Examples
    --------
    >>> round(float(cross_entropy(Node([[0.0, 0.0]]), [1]).value), 4)  # log 2
    0.6931
    """
    return CrossEntropy(np.asarray(labels))(logits)
