"""What a computation is: nodes, and the ops that make new nodes from old ones.

A `Node` is a place in a graph: it holds a value and remembers the op and the parents that it came
from. An `Op` is a rule: how to compute a value, and how to send a gradient back through it. Neither
knows how a graph is walked; that is `backprop.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from inspect import signature
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Node:
    """A value in a computational graph, and where it came from.

    A node never changes. Two nodes are equal only if they are the same node.

    Parameters
    ----------
    value : array_like of real numbers
        Becomes float64, unless it is float32 already; arrays are copied and made read-only.
    name : str, optional
        What drawings and error messages call the node.
    op : Op, optional
        The op that computed the value; None for a leaf.
    parents : tuple of Node, optional
        The inputs of `op`, in order. A node that is used twice stands here twice.

    Raises
    ------
    TypeError
        If the value is no real number or array of real numbers.

    Examples
    --------
    >>> x, y = Node(-2, "x"), Node(5, "y")
    >>> x + y
    Node(3.0, op=+)
    >>> Node([[1, 2, 3]], "W")
    Node(shape (1, 3), 'W')
    """

    __slots__ = ("name", "op", "parents", "value")
    value: Any
    name: str | None
    op: Op | None
    parents: tuple[Node, ...]

    def __init__(self, value, name=None, *, op=None, parents=()):
        if name is not None and not isinstance(name, str):
            raise TypeError(f"a node's name is text, not {name!r}")
        value = copied(value) if op is None else computed(value, op)
        fill = object.__setattr__  # the one place that may
        fill(self, "value", value)
        fill(self, "name", name)
        fill(self, "op", op)
        fill(self, "parents", parents)

    def __setattr__(self, attribute, value):
        raise AttributeError(f"a node never changes: make a new one instead of setting {attribute}")

    def __delattr__(self, attribute):
        raise AttributeError(f"a node never changes: {attribute} stays")

    def __copy__(self):
        return self  # what never changes needs no copy

    def __deepcopy__(self, memo):
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value; `()` for a number."""
        return self.value.shape

    def named(self, name: str) -> Node:
        """Give the same computation under a name; use the node that comes back from here on."""
        return Node(self.value, name, op=self.op, parents=self.parents)

    def __repr__(self):
        value = f"shape {self.shape}" if self.shape else str(self.value)
        name = f", {self.name!r}" if self.name else ""
        return f"Node({value}{name}{f', op={self.op}' if self.op else ''})"

    # fmt: off
    def __add__(self, other): return add(self, other)
    def __radd__(self, other): return add(other, self)
    def __sub__(self, other): return subtract(self, other)
    def __rsub__(self, other): return subtract(other, self)
    def __mul__(self, other): return multiply(self, other)
    def __rmul__(self, other): return multiply(other, self)
    def __truediv__(self, other): return divide(self, other)
    def __rtruediv__(self, other): return divide(other, self)
    def __matmul__(self, other): return matmul(self, other)
    def __rmatmul__(self, other): return matmul(other, self)
    def __pow__(self, other): return power(self, other)
    def __rpow__(self, other): return power(other, self)
    def __neg__(self): return negate(self)
    @property
    def T(self): return transpose(self)
    # fmt: on

    def __bool__(self):
        raise TypeError(
            f"{described(self)} is neither true nor false: compare its .value, or use maximum"
        )

    def __float__(self):
        raise TypeError(
            f"{described(self)} would lose its graph as a float: use coursekit's exp, log, sum, "
            "mean and maximum, or its .value"
        )

    def __array__(self, *args, **kwargs):
        raise TypeError(
            f"{described(self)} would lose its graph in a NumPy array: use coursekit's exp, log, "
            "sum, mean and maximum, or its .value"
        )

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        # `array + node` arrives here, because NumPy is asked first; np.sin(node) does as well.
        if ufunc in ARITHMETIC and method == "__call__" and not options:
            return ARITHMETIC[ufunc](*inputs)
        raise TypeError(
            f"np.{ufunc.__name__} does not know how to send a gradient back through "
            f"{described(self)}: use coursekit's own functions, or the node's .value"
        )


class Op:
    """A rule that computes a value from values, and sends a gradient back.

    An op is a pure value: it remembers nothing of what it was applied to. Calling it with nodes,
    numbers or arrays makes a node.
    """

    symbol = ""

    def forward(self, *inputs):
        """Compute the output from the values of the inputs."""
        raise NotImplementedError(f"{type(self).__name__} needs a forward(self, *inputs)")

    def vjp(self, upstream, output, *inputs):
        """Send the upstream gradient back: one downstream gradient for each input."""
        raise NotImplementedError(f"{type(self).__name__} needs a vjp(self, upstream, …)")

    def __call__(self, *inputs, name=None):
        """Apply the op: a new node, whose parents are the inputs."""
        parents = as_nodes(inputs)
        try:
            value = self.forward(*[parent.value for parent in parents])
        except ValueError as refusal:
            given = " and ".join(described(parent) for parent in parents)
            raise ValueError(f"{self} cannot take {given}: {refusal}") from None
        except TypeError:
            wanted = len(signature(self.forward).parameters)
            if wanted == len(parents):
                raise
            raise TypeError(
                f"{self} takes {counted(wanted, 'input')}, not {len(parents)}"
            ) from None
        return Node(value, name, op=self, parents=parents)

    def __str__(self):
        return self.symbol or type(self).__name__


class Elementwise(Op):
    """An op on each element by itself (arrays broadcast as in NumPy).

    Its Jacobian is diagonal, so that a gradient goes back by one product: upstream × local.
    """

    def local_gradients(self, output, *inputs):
        """Tell how fast the output changes with each of the inputs, element by element."""
        raise NotImplementedError(f"{type(self).__name__} needs a local_gradients(self, output, …)")

    def vjp(self, upstream, output, *inputs):
        return tuple(upstream * local for local in self.local_gradients(output, *inputs))


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
        if x.ndim and y.ndim and (d := x.shape[-1]) != (rows := y.shape[-2:][0]):
            raise ValueError(f"the {d} columns of the first must meet {d} rows, not {rows}")
        return x @ y
    def vjp(self, upstream, out, x, y):
        # A vector is a row on the left and a column on the right, as in NumPy.
        row, column = x.ndim == 1, y.ndim == 1
        x, y = np.atleast_2d(x), y[:, None] if column else y
        upstream = upstream[..., None] if column else upstream
        upstream = upstream[..., None, :] if row else upstream
        to_x, to_y = upstream @ y.swapaxes(-1, -2), x.swapaxes(-1, -2) @ upstream
        return to_x[..., 0, :] if row else to_x, to_y[..., 0] if column else to_y


class Transpose(Op):
    symbol = "T"
    def forward(self, x): return x.T
    def vjp(self, upstream, out, x): return (upstream.T,)
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
        log = np.log(x, out=np.full(np.shape(x), np.nan), where=x > 0)
        return exponent * x ** (exponent - 1), out * log


add, subtract, multiply, divide = Add(), Subtract(), Multiply(), Divide()
negate, matmul, transpose = Negate(), Matmul(), Transpose()


def power(x: Node | ArrayLike, exponent: Node | ArrayLike) -> Node:
    """Raise to a power: a plain number is part of the op, anything else an input of it."""
    if isinstance(exponent, Real):
        return Power(float(exponent))(x)
    return VariablePower()(x, exponent)


ARITHMETIC = {
    np.add: add,
    np.subtract: subtract,
    np.multiply: multiply,
    np.divide: divide,
    np.matmul: matmul,
    np.power: power,
}


def as_nodes(inputs: tuple) -> tuple[Node, ...]:
    """Make leaves of the numbers and arrays among the inputs of an op.

    A plain Python number takes the precision of the nodes beside it, as in NumPy.
    """
    values = [given.value for given in inputs if isinstance(given, Node)]
    if len(values) == len(inputs):
        return inputs
    precision = np.result_type(*values).type if values else np.float64
    return tuple(
        given
        if isinstance(given, Node)
        else Node(precision(given) if type(given) in (int, float) else given)
        for given in inputs
    )


def copied(value: Any) -> Any:
    """Copy what a leaf is made of, so that nobody can change it afterwards."""
    if type(value) in (float, int, np.float64):  # the common case of a scalar graph, cut short
        return np.float64(value)
    return frozen(np.array(real(value, "a node holds real numbers, not")))


def computed(value: Any, op: Op) -> Any:
    """Make sure of what an op's forward returned."""
    if type(value) is np.float64:  # the common case of a scalar graph, cut short
        return value
    if value is None:
        raise TypeError(f"forward of {op} returned nothing: does it lack a return?")
    array = real(value, f"forward of {op} must return real numbers, not")
    if array.base is not None and array.base.flags.writeable:
        array = array.copy()  # a view of what the op keeps for itself could change later
    return frozen(array)


def real(value: Any, complaint: str) -> np.ndarray:
    """Turn a value into an array of floats, or say what it is instead."""
    if isinstance(value, Node):
        raise TypeError(f"{complaint} a Node: {value!r}")
    try:
        array = np.asarray(value)
    except ValueError:
        raise TypeError(f"{complaint} rows of different lengths") from None
    if array.dtype.kind not in "fiub":
        kind = {"U": "text", "c": "complex numbers"}.get(array.dtype.kind, type(value).__name__)
        raise TypeError(f"{complaint} {kind}: {value!r:.60}")
    return array if array.dtype in (np.float64, np.float32) else array.astype(np.float64)


def frozen(array: np.ndarray) -> Any:
    """Make an array read-only; without axes it becomes a NumPy number, which always is."""
    array.setflags(write=False)
    return array if array.ndim else array[()]


def described(node: Node) -> str:
    """Say which node is meant, for an error message."""
    name = node.name or (f"the result of {node.op}" if node.op else "a leaf without a name")
    return f"{name} of shape {node.shape}" if node.shape else f"{name} (a number)"


def counted(number: int, noun: str) -> str:
    """Write a number of things: 1 input, 2 inputs."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
