"""The rules: for each op its formula, and beside it how a gradient goes back through it.

An op is a pure value: it remembers nothing of what it was applied to. What it needs to know beside
its inputs, such as the axis of a sum, is a field of it. `functions.py` makes functions of the ops.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.graph import ARITHMETIC, Node
from coursekit.values import refused, times

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    Axis = int | tuple[int, ...] | None


class Op:
    """A rule that computes a value from values, and sends a gradient back.

    Calling it with nodes, numbers or arrays makes a node, whose parents they are.

    Examples
    --------
    >>> class Cube(Op):
    ...     def forward(self, x):
    ...         return x**3
    ...
    ...     def vjp(self, upstream, out, x):
    ...         return (upstream * 3 * x**2,)
    >>> x = Node(2.0)
    >>> backprop(Cube()(x))[x]
    np.float64(12.0)
    """

    symbol = ""

    def __init_subclass__(cls, **how):
        super().__init_subclass__(**how)
        if "vjp" in vars(cls) and "vjp_for" not in vars(cls):
            cls.vjp_for = Op.vjp_for  # which asks the new vjp, and not the base's vjp_for

    def forward(self, *inputs):
        """Compute the output from the values of the inputs."""
        raise NotImplementedError(f"{type(self).__name__} needs a forward(self, *inputs)")

    def vjp(self, upstream, output, *inputs):
        """Send the upstream gradient back: one downstream gradient for each input."""
        raise NotImplementedError(f"{type(self).__name__} needs a vjp(self, upstream, …)")

    def vjp_for(self, wanted, upstream, output, *inputs):
        """Send back what is wanted, a truth for each input; the rest may be None."""
        return self.vjp(upstream, output, *inputs)

    def local_gradients(self, output, *inputs):
        """Tell the factor for each input, if there is one; None where only `vjp` can tell."""

    def __call__(self, *inputs, name=None):
        for given in inputs:
            if type(given) is not Node:
                inputs = as_nodes(inputs)
                break
        try:
            value = self.forward(*[node.value for node in inputs])
        except (IndexError, TypeError, ValueError) as refusal:
            ours = type(self).__module__.startswith("coursekit.")
            # Who wrote the op wants to see the line of it that failed; else a sentence is enough.
            raise refused(self, inputs, refusal) from (None if ours else refusal)
        return Node(value, name, op=self, parents=inputs)

    def __str__(self):
        return self.symbol or type(self).__name__

    def __repr__(self):
        return f"{type(self).__name__}()"


class Elementwise(Op):
    """An op on each element by itself (arrays broadcast as in NumPy).

    Its Jacobian is diagonal, so that a gradient goes back by one product: upstream × local.
    """

    def local_gradients(self, output, *inputs):
        """Tell how fast the output changes with each of the inputs, element by element."""
        raise NotImplementedError(f"{type(self).__name__} needs a local_gradients(self, output, …)")

    def vjp(self, upstream, output, *inputs):
        local = self.local_gradients(output, *inputs)
        return None if local is None else tuple(times(upstream, slope, self) for slope in local)


def as_nodes(inputs: tuple) -> tuple[Node, ...]:
    """Make leaves of the numbers and arrays among the inputs of an op.

    A plain Python number takes the precision of the nodes beside it, as in NumPy.
    """
    beside = {given.value.dtype.type for given in inputs if isinstance(given, Node)}
    number = np.float32 if beside == {np.float32} else np.float64
    nodes = []
    for given in inputs:
        if type(given) in (int, float):
            given = number(given)
        nodes.append(given if isinstance(given, Node) else Node(given))
    return tuple(nodes)


def keep(op: Op, **data: Any) -> None:
    """Fill the fields of a frozen op; its arrays are read-only from now on."""
    for name, value in data.items():
        for array in value if isinstance(value, tuple) else (value,):
            if isinstance(array, np.ndarray):
                array.setflags(write=False)
        object.__setattr__(op, name, value)


# Arithmetic


# fmt: off
class Add(Elementwise):
    symbol = "+"
    def forward(self, x, y): return x + y
    def local_gradients(self, out, x, y): return 1.0, 1.0


class Subtract(Elementwise):
    symbol = "−"
    def forward(self, x, y): return x - y
    def local_gradients(self, out, x, y): return 1.0, -1.0


class Multiply(Elementwise):
    symbol = "×"
    def forward(self, x, y): return x * y
    def local_gradients(self, out, x, y): return y, x


class Divide(Elementwise):
    symbol = "÷"
    def forward(self, x, y): return x / y
    def local_gradients(self, out, x, y): return 1 / y, -out / y


class Negate(Elementwise):
    symbol = "neg"
    def forward(self, x): return -x
    def local_gradients(self, out, x): return (-1.0,)


class Matmul(Op):
    symbol = "@"
    def forward(self, x, y):
        if not (x.ndim and y.ndim):
            raise ValueError("a number has no columns and no rows: its product is *")
        if (d := x.shape[-1]) != (rows := y.shape[-2:][0]):
            raise ValueError(f"the {d} columns of the first must meet {d} rows, not {rows}")
        return x @ y
    def vjp(self, upstream, out, x, y):
        return Matmul.vjp_for(self, (True, True), upstream, out, x, y)
    def vjp_for(self, wanted, upstream, out, x, y):
        if x.ndim == y.ndim == 1:
            return upstream * y, upstream * x
        # A vector is a row on the left and a column on the right, as in NumPy.
        row, column = x.ndim == 1, y.ndim == 1
        x, y = x[None, :] if row else x, y[:, None] if column else y
        upstream = upstream[..., None] if column else upstream
        upstream = upstream[..., None, :] if row else upstream
        to_x = to_y = None  # training spends its time here, and wants no gradient of its images
        if wanted[0]:
            to_x = upstream @ y.swapaxes(-1, -2)
            to_x = to_x[..., 0, :] if row else to_x
        if wanted[1]:
            to_y = x.swapaxes(-1, -2) @ upstream
            to_y = to_y[..., 0] if column else to_y
        return to_x, to_y
# fmt: on


@dataclass(frozen=True)
class Power(Elementwise):
    """A fixed power of each element."""

    exponent: float

    def forward(self, x):
        return x**self.exponent

    def local_gradients(self, out, x):
        return (self.exponent * x ** (self.exponent - 1) if self.exponent else np.zeros_like(x),)

    def __str__(self):
        return f"^{self.exponent:g}"


class VariablePower(Elementwise):
    """A power whose exponent is a node too; only a base above 0 has a slope in the exponent."""

    symbol = "^"

    def forward(self, x, exponent):
        return x**exponent

    def local_gradients(self, out, x, exponent):
        log = np.log(x, out=np.full_like(x, np.nan, subok=False), where=x > 0)
        return exponent * x ** (exponent - 1), out * log


def power(x: Node | ArrayLike, exponent: Node | ArrayLike) -> Node:
    """Raise to a power: a plain number is part of the op, anything else an input of it."""
    if isinstance(exponent, Real):
        return Power(float(exponent))(x)
    return VariablePower()(x, exponent)


# Element by element


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


class Sqrt(Elementwise):
    symbol = "√"
    def forward(self, x): return np.sqrt(x)
    def local_gradients(self, out, x): return (0.5 / out,)


class Absolute(Elementwise):
    symbol = "abs"
    def forward(self, x): return np.abs(x)
    def local_gradients(self, out, x): return (np.sign(x),)


class Sin(Elementwise):
    symbol = "sin"
    def forward(self, x): return np.sin(x)
    def local_gradients(self, out, x): return (np.cos(x),)


class Cos(Elementwise):
    symbol = "cos"
    def forward(self, x): return np.cos(x)
    def local_gradients(self, out, x): return (-np.sin(x),)


class Maximum(Elementwise):
    symbol = "max"
    def forward(self, x, y): return np.maximum(x, y)
    def local_gradients(self, out, x, y): return first_wins(x, y, out), first_wins(y, x, out)


class Minimum(Elementwise):
    symbol = "min"
    def forward(self, x, y): return np.minimum(x, y)
    def local_gradients(self, out, x, y): return first_wins(y, x, out), first_wins(x, y, out)
# fmt: on


def first_wins(x, y, out):
    """1 where x is the larger, 0 where y is, and ½ at a tie, where the two share."""
    return (x > y) + 0.5 * (x == y) + 0 * np.sign(out)  # whose sign is NaN where one of both is


@dataclass(frozen=True)
class Clip(Elementwise):
    """Each element held between two bounds; beyond them the slope is 0."""

    low: float
    high: float
    symbol = "clip"

    def __post_init__(self):
        if not self.low <= self.high:
            raise ValueError(f"clip needs low ≤ high, not {self.low} and {self.high}")

    def forward(self, x):
        return np.clip(x, self.low, self.high)

    def local_gradients(self, out, x):
        return ((self.low <= x) & (x <= self.high),)


@dataclass(frozen=True, eq=False)
class Where(Elementwise):
    """The first input where a condition holds, the second elsewhere; the condition is data."""

    condition: Any = field(repr=False)
    symbol = "where"

    def __post_init__(self):
        condition = np.array(self.condition)
        if condition.dtype != bool:
            raise TypeError(
                "where takes a condition of True and False, such as x.value > 0, "
                f"not {self.condition!r:.60}"
            )
        keep(self, condition=condition)

    def forward(self, x, y):
        return np.where(self.condition, x, y)

    def local_gradients(self, out, x, y):
        return self.condition, ~self.condition


# Over axes


@dataclass(frozen=True)
class Reduction(Op):
    """What makes one number of all elements, or of those along one axis or several."""

    axis: Axis = None
    keepdims: bool = False

    def __post_init__(self):
        if not isinstance(self.axis, (int, np.integer, tuple, type(None))):
            raise TypeError(
                f"{self} takes one array and the number of an axis, not {self.axis!r:.60}: "
                "for two values there are +, maximum and minimum"
            )

    def widened(self, reduced):
        """Give what has lost its axes to the reduction those axes back, each of length 1."""
        if self.axis is None or self.keepdims:
            return reduced
        return np.expand_dims(reduced, self.axis)


class Sum(Reduction):
    """A sum over all elements, or along one axis or several."""

    symbol = "Σ"

    def forward(self, x):
        return np.sum(x, axis=self.axis, keepdims=self.keepdims)

    def vjp(self, upstream, out, x):
        return (np.broadcast_to(self.widened(upstream), x.shape),)


class Mean(Reduction):
    """A mean over all elements, or along one axis or several."""

    symbol = "mean"

    def forward(self, x):
        something(x)
        return np.mean(x, axis=self.axis, keepdims=self.keepdims)

    def vjp(self, upstream, out, x):
        return (np.broadcast_to(self.widened(upstream) * (out.size / x.size), x.shape),)


class Max(Reduction):
    """The largest element; those that share the place share the gradient."""

    symbol = "max"

    def forward(self, x):
        return np.max(x, axis=self.axis, keepdims=self.keepdims)

    def vjp(self, upstream, out, x):
        first = x == self.widened(out)
        return (first * (self.widened(upstream) / first.sum(self.axis, keepdims=True)),)


class Min(Max):
    """The smallest element; those that share the place share the gradient."""

    symbol = "min"

    def forward(self, x):
        return np.min(x, axis=self.axis, keepdims=self.keepdims)


class LogSumExp(Reduction):
    r"""A smooth maximum, $\log \sum_i e^{x_i}$, that does not overflow."""

    symbol = "logΣexp"

    def forward(self, x):
        largest = peak(x, self.axis)
        together = largest + log_sum_exp(x - largest, self.axis)
        return together if self.keepdims else np.squeeze(together, self.axis)

    def vjp(self, upstream, out, x):
        return (self.widened(upstream) * np.exp(x - self.widened(out)),)


def peak(x, axis):
    """The largest along an axis, which no exponent is to exceed; 0 where that is infinite."""
    largest = np.max(x, axis=axis, keepdims=True)
    return np.where(np.isfinite(largest), largest, 0)


def log_sum_exp(shifted, axis):
    """The logarithm of a sum along an axis, where no exponent is large."""
    with np.errstate(divide="ignore"):  # log 0 is −infinity, and there is nothing to warn of
        return np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


@dataclass(frozen=True)
class Softmax(Op):
    r"""Shares that are positive and add to 1 along an axis: $e^{x_i} / \sum_j e^{x_j}$."""

    axis: int = -1
    symbol = "softmax"

    def forward(self, x):
        larger = np.exp(x - np.max(x, axis=self.axis, keepdims=True))
        return larger / np.sum(larger, axis=self.axis, keepdims=True)

    def vjp(self, upstream, out, x):
        return (out * (upstream - np.sum(upstream * out, axis=self.axis, keepdims=True)),)


class LogSoftmax(Softmax):
    """The logarithm of a softmax, which stays finite where a share is too small for a number."""

    symbol = "log softmax"

    def forward(self, x):
        shifted = x - peak(x, self.axis)
        return shifted - log_sum_exp(shifted, self.axis)

    def vjp(self, upstream, out, x):
        return (upstream - np.exp(out) * np.sum(upstream, axis=self.axis, keepdims=True),)


# Shapes


@dataclass(frozen=True)
class Transpose(Op):
    """The axes in another order; reversed unless told otherwise."""

    axes: tuple[int, ...] | None = None
    symbol = "T"

    def forward(self, x):
        return np.transpose(x, self.axes)

    def vjp(self, upstream, out, x):
        if self.axes is None:
            return (np.transpose(upstream),)
        return (np.transpose(upstream, np.argsort([axis % x.ndim for axis in self.axes])),)


@dataclass(frozen=True)
class Reshape(Op):
    """The same elements, in the same order, in another shape."""

    shape: tuple[int, ...]
    symbol = "reshape"

    def forward(self, x):
        return np.reshape(x, self.shape)

    def vjp(self, upstream, out, x):
        return (np.reshape(upstream, x.shape),)


@dataclass(frozen=True, eq=False)
class Index(Op):
    """A part of an array; what is taken twice gets both gradients."""

    where: Any

    def __post_init__(self):
        if isinstance(self.where, tuple):
            keep(self, where=tuple(map(own_index, self.where)))
        else:
            keep(self, where=own_index(self.where))

    def forward(self, x):
        return x[self.where]

    def vjp(self, upstream, out, x):
        gradient = np.zeros_like(x)
        np.add.at(gradient, self.where, upstream)
        return (gradient,)

    def __str__(self):
        parts = self.where if isinstance(self.where, tuple) else (self.where,)
        return f"[{', '.join(map(written, parts))}]"


def own_index(part):
    """Copy what could be changed later; NumPy would take an empty list for floats."""
    if isinstance(part, list) and not part:
        return np.array(part, np.intp)
    return np.array(part) if isinstance(part, (list, np.ndarray)) else part


def written(part):
    """Write a part of a subscript as in NumPy, the numbers of an array as an ellipsis."""
    if isinstance(part, slice):
        ends = part.start, part.stop, *([] if part.step is None else [part.step])
        return ":".join("" if end is None else f"{end}" for end in ends)
    return "…" if part is Ellipsis or isinstance(part, np.ndarray) else f"{part}"


@dataclass(frozen=True)
class Concatenate(Op):
    """Arrays one after the other along an axis that they have."""

    axis: int = 0
    symbol = "concat"

    def __post_init__(self):
        if self.axis is None:
            raise TypeError(
                "concat takes the number of an axis, not None: reshape the arrays to (-1,) first"
            )

    def forward(self, *inputs):
        return np.concatenate(inputs, axis=self.axis)

    def vjp(self, upstream, out, *inputs):
        lengths = [x.shape[self.axis] for x in inputs]
        before = (slice(None),) * (self.axis % upstream.ndim)
        return tuple(
            upstream[(*before, slice(end - length, end))]
            for end, length in zip(np.cumsum(lengths).tolist(), lengths, strict=True)
        )


@dataclass(frozen=True)
class Stack(Op):
    """Arrays of one shape, one after the other along a new axis."""

    axis: int = 0
    symbol = "stack"

    def forward(self, *inputs):
        return np.stack(inputs, axis=self.axis)

    def vjp(self, upstream, out, *inputs):
        return tuple(np.moveaxis(upstream, self.axis, 0))


# Losses: each a mean over the examples, taken from what the last layer says in one stable step


class CrossEntropy(Op):
    r"""The mean of $-\log$ softmax, weighed with the shares that the classes should have.

    Logits and shares are of shape (n, k); a whole number as a label is a share of 1 for its class.
    """

    symbol = "cross-entropy"

    def forward(self, logits, shares):
        if logits.ndim < 2 or shares.shape != logits.shape[-2:]:
            raise ValueError("it wants (n, k) logits, and a share for each of them")
        something(shares)
        # A class that cannot be and is not costs nothing, though its surprise is infinite.
        surprise = np.where(shares != 0, -LogSoftmax().forward(logits), 0)
        return np.mean((shares * surprise).sum(axis=-1), axis=-1)

    def vjp(self, upstream, out, logits, shares):
        surprise = -LogSoftmax().forward(logits)
        excess = np.exp(-surprise) * shares.sum(axis=-1, keepdims=True) - shares
        each = (upstream / logits.shape[-2])[..., None, None]
        return excess * each, surprise * each


class SquaredError(Op):
    """Half of the squared distance between outputs and targets, (n, …) each."""

    symbol = "½‖·‖²"

    def forward(self, outputs, targets):
        if not compares(outputs, targets):  # (n, 1) beside (n,) would broadcast to (n, n)
            raise ValueError("outputs and targets must have the same shape")
        something(targets)
        squares = np.sum((outputs - targets) ** 2, axis=axes_of(targets, outputs))
        return squares / (2 * self.examples(targets))

    def vjp(self, upstream, out, outputs, targets):
        each = np.expand_dims(upstream / self.examples(targets), axes_of(targets, outputs))
        to_outputs = each * (outputs - targets)
        return to_outputs, -to_outputs

    def examples(self, targets):
        """Count what the loss is a mean over; a single number is one example."""
        return targets.shape[0] if targets.ndim else 1


class BinaryCrossEntropy(Op):
    r"""The mean of $-\log$ σ(z) where a label is 1, and of $-\log$ σ(−z) where it is 0."""

    symbol = "binary cross-entropy"

    def forward(self, logits, labels):
        if not compares(logits, labels):
            raise ValueError("it wants a label for each logit")
        something(labels)
        surprise = np.maximum(logits, 0) - logits * labels + np.log1p(np.exp(-np.abs(logits)))
        return np.mean(surprise, axis=axes_of(labels, logits))

    def vjp(self, upstream, out, logits, labels):
        # As in Sigmoid: no exponent is above 0, so that none can overflow.
        likely = np.exp(np.minimum(logits, 0)) / (1 + np.exp(-np.abs(logits)))
        each = np.expand_dims(upstream / labels.size, axes_of(labels, logits))
        return (likely - labels) * each, -logits * each


def something(x):
    """Refuse to take the mean of nothing, which NumPy answers with a warning."""
    if x.size == 0:
        raise ValueError("there is no mean of nothing")


def compares(outputs, labels):
    """Tell whether there is a label for each output; axes before (n, k) count nets."""
    return outputs.shape == labels.shape or (
        labels.ndim >= 2 and outputs.shape[-labels.ndim :] == labels.shape
    )


def axes_of(labels, outputs):
    """List the axes of the outputs that labels have too: those that a mean is over."""
    return tuple(range(outputs.ndim - labels.ndim, outputs.ndim))


OPS = (
    Add,
    Subtract,
    Multiply,
    Divide,
    Negate,
    Matmul,
    Power,
    VariablePower,
    Exp,
    Log,
    Sqrt,
    Absolute,
    Sin,
    Cos,
    Maximum,
    Minimum,
    Clip,
    Where,
    Sum,
    Mean,
    Max,
    Min,
    LogSumExp,
    Softmax,
    LogSoftmax,
    Transpose,
    Reshape,
    Index,
    Concatenate,
    Stack,
    CrossEntropy,
    SquaredError,
    BinaryCrossEntropy,
)
ARITHMETIC.update(
    add=Add(),
    subtract=Subtract(),
    multiply=Multiply(),
    divide=Divide(),
    negative=Negate(),
    absolute=Absolute(),
    power=power,
    matmul=Matmul(),
    transpose=Transpose(),
    getitem=lambda x, where: Index(where)(x),
)
