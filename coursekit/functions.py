"""The ops as functions of nodes, numbers and arrays, named as in NumPy.

Each makes one node; the rule behind it stands in `ops.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.graph import Node
from coursekit.ops import (
    Absolute,
    BinaryCrossEntropy,
    Clip,
    Concatenate,
    Cos,
    CrossEntropy,
    Exp,
    Index,
    Log,
    LogSoftmax,
    LogSumExp,
    Max,
    Maximum,
    Mean,
    Min,
    Minimum,
    Reshape,
    Sin,
    Softmax,
    Sqrt,
    SquaredError,
    Stack,
    Sum,
    Transpose,
    Where,
)
from coursekit.values import described

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from coursekit.ops import Axis, Reduction


def exp(x: Node | ArrayLike) -> Node:
    """Raise e to each element.

    Examples
    --------
    >>> exp(0.0)
    Node(1.0, op=exp)
    """
    return Exp()(x)


def log(x: Node | ArrayLike) -> Node:
    """Take the natural logarithm of each element.

    Examples
    --------
    >>> log(1.0)
    Node(0.0, op=log)
    """
    return Log()(x)


def sqrt(x: Node | ArrayLike) -> Node:
    """Take the square root of each element.

    Examples
    --------
    >>> sqrt([4.0, 9.0]).value
    array([2., 3.])
    """
    return Sqrt()(x)


def absolute(x: Node | ArrayLike) -> Node:
    """Drop the sign of each element; `abs(x)` does the same. At 0 its slope is 0.

    Examples
    --------
    >>> absolute(Node([-2.0, 3.0])).value
    array([2., 3.])
    """
    return Absolute()(x)


def sin(x: Node | ArrayLike) -> Node:
    """Take the sine of each element, in radians.

    Examples
    --------
    >>> sin(0.0)
    Node(0.0, op=sin)
    """
    return Sin()(x)


def cos(x: Node | ArrayLike) -> Node:
    """Take the cosine of each element, in radians.

    Examples
    --------
    >>> cos(0.0)
    Node(1.0, op=cos)
    """
    return Cos()(x)


def maximum(x: Node | ArrayLike, y: Node | ArrayLike) -> Node:
    """Take the larger of two, element by element; at a tie the gradient is shared.

    Examples
    --------
    >>> maximum(Node(2.0), -1)
    Node(2.0, op=max)
    """
    return Maximum()(x, y)


def minimum(x: Node | ArrayLike, y: Node | ArrayLike) -> Node:
    """Take the smaller of two, element by element; at a tie the gradient is shared.

    Examples
    --------
    >>> minimum(Node(2.0), -1)
    Node(-1.0, op=min)
    """
    return Minimum()(x, y)


def clip(x: Node | ArrayLike, low: float, high: float) -> Node:
    """Hold each element between two bounds; beyond them the slope is 0.

    Examples
    --------
    >>> clip(Node([-3.0, 0.5]), -1, 1).value
    array([-1. ,  0.5])
    """
    return Clip(float(low), float(high))(x)


def where(condition: ArrayLike, x: Node | ArrayLike, y: Node | ArrayLike) -> Node:
    """Take x where a condition holds and y elsewhere; no gradient goes to the condition.

    Examples
    --------
    >>> where([True, False], Node([1.0, 2.0]), 0.0).value
    array([1., 0.])
    """
    return Where(condition)(x, y)


def sum(x: Node | ArrayLike, axis: Axis = None, keepdims: bool = False) -> Node:
    """Add all elements, or those along an axis.

    Examples
    --------
    >>> sum([[1, 2], [3, 4]], axis=0).value
    array([4., 6.])
    """
    return reduced(Sum(axis, keepdims), x)


def mean(x: Node | ArrayLike, axis: Axis = None, keepdims: bool = False) -> Node:
    """Average all elements, or those along an axis.

    Examples
    --------
    >>> mean([1, 2, 6])
    Node(3.0, op=mean)
    """
    return reduced(Mean(axis, keepdims), x)


def max(x: Node | ArrayLike, axis: Axis = None, keepdims: bool = False) -> Node:
    """Take the largest element, or the largest along an axis; a tie shares the gradient.

    Examples
    --------
    >>> x = Node([1.0, 5.0, 5.0])
    >>> backprop(max(x))[x]
    array([0. , 0.5, 0.5])
    """
    return reduced(Max(axis, keepdims), x)


def min(x: Node | ArrayLike, axis: Axis = None, keepdims: bool = False) -> Node:
    """Take the smallest element, or the smallest along an axis; a tie shares the gradient.

    Examples
    --------
    >>> min([[3, 1], [2, 4]], axis=1).value
    array([1., 2.])
    """
    return reduced(Min(axis, keepdims), x)


def logsumexp(x: Node | ArrayLike, axis: Axis = None, keepdims: bool = False) -> Node:
    r"""Add in the world of logarithms, $\log \sum e^{x_i}$, without overflow.

    Examples
    --------
    >>> logsumexp([1000.0, 1000.0]).value  # 1000 + log 2
    np.float64(1000.6931471805599)
    """
    return reduced(LogSumExp(axis, keepdims), x)


def reduced(op: Reduction, x: Node | ArrayLike) -> Node:
    """Apply a reduction; a number has no axes, though NumPy lets it have one."""
    made = op(x)
    if op.axis not in (None, ()) and not made.parents[0].shape:
        raise ValueError(
            f"{op} cannot take {described(made.parents[0])}: it has no axis {op.axis}; "
            "for two values there are +, maximum and minimum"
        )
    return made


def softmax(x: Node | ArrayLike, axis: int = -1) -> Node:
    """Turn scores into shares that are positive and add to 1 along an axis.

    Examples
    --------
    >>> softmax([0.0, 0.0]).value
    array([0.5, 0.5])
    """
    return Softmax(axis)(x)


def log_softmax(x: Node | ArrayLike, axis: int = -1) -> Node:
    """Take the logarithm of a softmax in one stable step.

    Examples
    --------
    >>> log_softmax([0.0, -1000.0]).value
    array([    0., -1000.])
    """
    return LogSoftmax(axis)(x)


def transpose(x: Node | ArrayLike, axes: Sequence[int] | None = None) -> Node:
    """Put the axes in another order; reversed, as in `x.T`, unless told otherwise.

    Examples
    --------
    >>> transpose(np.ones((2, 3, 4)), (1, 0, 2)).shape
    (3, 2, 4)
    """
    return Transpose(None if axes is None else tuple(axes))(x)


def reshape(x: Node | ArrayLike, shape: int | Sequence[int]) -> Node:
    """Give the same elements another shape; one length may be −1, which means the rest.

    Examples
    --------
    >>> reshape([1, 2, 3, 4], (2, -1)).value
    array([[1., 2.],
           [3., 4.]])
    """
    return Reshape(tuple(shape) if isinstance(shape, Iterable) else (shape,))(x)


def index(x: Node | ArrayLike, where: Any) -> Node:
    """Take a part of an array, as `x[where]` does; what is taken twice gets both gradients.

    Examples
    --------
    >>> x = Node([1.0, 2.0, 3.0])
    >>> backprop(sum(x[[0, 0, 2]]))[x]
    array([2., 0., 1.])
    """
    return Index(where)(x)


def concatenate(parts: Sequence[Node | ArrayLike], axis: int = 0) -> Node:
    """Put arrays one after the other along an axis that they have.

    Examples
    --------
    >>> concatenate([Node([1.0]), [2.0, 3.0]]).value
    array([1., 2., 3.])
    """
    return Concatenate(axis)(*parts)


def stack(parts: Sequence[Node | ArrayLike], axis: int = 0) -> Node:
    """Put arrays of one shape one after the other along a new axis.

    Examples
    --------
    >>> stack([Node(1.0), 2.0, 3.0]).value
    array([1., 2., 3.])
    """
    return Stack(axis)(*parts)


def cross_entropy(logits: Node | ArrayLike, labels: Node | ArrayLike) -> Node:
    """Compare logits with the right classes; the mean over the examples.

    Parameters
    ----------
    logits : Node or ndarray of shape (n, k)
        One score for each class.
    labels : array_like of int of shape (n,)
        The right classes, from 0; or a Node of shape (n, k), the share that each class should have.

    Raises
    ------
    TypeError, ValueError
        If a label names no class.

    Examples
    --------
    >>> round(float(cross_entropy([[0.0, 0.0]], [1]).value), 4)  # log 2
    0.6931
    """
    logits = logits if isinstance(logits, Node) else Node(logits)
    if not isinstance(labels, Node):
        labels = Node(one_hot(labels, logits), "labels")
    return CrossEntropy()(logits, labels)


def one_hot(labels: ArrayLike, logits: Node) -> np.ndarray:
    """Write labels as shares: 1 for the right class of each example, 0 for the others."""
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels are whole numbers that name classes, not {labels.dtype}")
    if len(logits.shape) < 2 or labels.shape != logits.shape[-2:-1]:
        raise ValueError(
            f"cross-entropy cannot take {described(logits)}: "
            f"it wants (n, k) logits and (n,) labels, not {labels.shape}"
        )
    classes = np.arange(logits.shape[-1])
    if not np.isin(labels, classes).all():
        raise ValueError(f"cross-entropy's labels must lie between 0 and {len(classes) - 1}")
    return (labels[:, None] == classes).astype(logits.value.dtype)


def binary_cross_entropy(logits: Node | ArrayLike, labels: Node | ArrayLike) -> Node:
    """Compare logits with labels that are 0 or 1, of the same shape; the mean over all.

    Logits of many nets, (nets, n, k) beside labels of shape (n, k), give each net its own loss.

    Examples
    --------
    >>> round(float(binary_cross_entropy([0.0, 1000.0], [1, 1]).value), 4)  # ½ log 2
    0.3466
    """
    logits = logits if isinstance(logits, Node) else Node(logits)
    if not isinstance(labels, Node):
        if not np.isin(labels, (0, 1)).all():
            raise ValueError("labels are 0 or 1 here: for more classes there is cross_entropy")
        labels = Node(np.asarray(labels, logits.value.dtype), "labels")
    return BinaryCrossEntropy()(logits, labels)


def squared_error(outputs: Node | ArrayLike, targets: Node | ArrayLike) -> Node:
    """Take half of the squared distance to the targets; the mean over the examples.

    Parameters
    ----------
    outputs, targets : Node or ndarray of shape (n, ...)
        Of one shape: nothing broadcasts here, because that hides mistakes. Only outputs of many
        nets, (nets, n, k) beside targets of shape (n, k), give each net its own loss.

    Examples
    --------
    >>> squared_error(Node([1.0, 3.0]), [1.0, 1.0])
    Node(1.0, op=½‖·‖²)
    """
    return SquaredError()(outputs, targets)
