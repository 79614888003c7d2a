"""Tracing: run the ops of a graph on stand-ins that write down what NumPy is asked to do."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from coursekit.backprop import in_order, leading_to
from coursekit.graph import Node
from coursekit.ops import Op
from coursekit.values import (
    FLOATS,
    computed,
    described,
    first_upstream,
    fitted,
    times,
    unbroadcast,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Trace(NamedTuple):
    """What NumPy is asked to do for a graph.

    Attributes
    ----------
    forward, backward : list of Call
        In their order; calls of the backward pass may use those of the forward pass.
    values, gradients : dict from Node
        The calls whose results they are; plain values where nothing that may change is behind them.
    """

    forward: list[Call]
    backward: list[Call]
    values: dict[Node, Any]
    gradients: dict[Node, Any]


def traced(output: Node, wrt: Iterable[Node], upstream: ArrayLike | None = None) -> Trace:
    """Trace a graph forward, and backward as far as the gradients of some nodes need it."""
    tape, values = Tape(), dict[Node, Any]()
    gradients = {output: first_upstream(output, upstream)}
    order = in_order(output)
    for stranger in set(wrt).difference(order):
        raise ValueError(f"the output does not depend on {described(stranger)}")
    wanted = leading_to(wrt, order)
    for node in order:
        inputs = [values[parent] for parent in node.parents]
        values[node] = traced_value(tape, node, inputs) if node.op else tape.leaf(node.value)
    calls = len(tape.calls)
    for node in reversed(order):
        if node.op is None or node not in wanted:
            continue
        inputs = [values[parent] for parent in node.parents]
        shares = traced_shares(tape, node, gradients[node], values[node], inputs)
        for parent, share in zip(node.parents, shares, strict=True):
            if parent in wanted:
                before = gradients.get(parent)
                gradients[parent] = share if before is None else before + share
    made = list(tape.calls.values())
    return Trace(made[:calls], made[calls:], values, gradients)


class Untraceable(BaseException):  # so that no `except Exception` of an op hides it
    """An op looks at the numbers themselves, and may ask NumPy for something else next time."""


class Call(NDArrayOperatorsMixin):
    """A call of NumPy, and the stand-in for its result.

    Parameters
    ----------
    tape : Tape
        Where calls that use this one are written down.
    value : ndarray or number
        The result, for the values that the graph was recorded with.
    function : callable, optional
        What was called; None for a leaf.
    args, options : tuple, dict
        What it was called with: other calls among plain values.
    """

    def __init__(self, tape, value, function=None, args=(), options=None):
        self.tape, self.function, self.args, self.options = tape, function, args, options or {}
        self.value = value[()] if isinstance(value, np.ndarray) and not value.ndim else value

    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)
    dtype = property(lambda self: self.value.dtype)
    T = property(lambda self: self.tape.write(np.transpose, self))

    def __len__(self):
        return len(self.value)

    def __iter__(self):
        return (self[row] for row in range(len(self)))

    def __getitem__(self, where):
        return self.tape.write(operator.getitem, self, where)

    def __pow__(self, exponent):
        # As NumPy's operator does: it squares where it sees a 2, but np.power does not.
        quick = {2: np.square, 0.5: np.sqrt, -1: np.reciprocal} if self.ndim else {}
        if type(exponent) in (int, float) and exponent in quick:
            return self.tape.write(quick[exponent], self)
        return self.tape.write(np.power, self, exponent)

    def astype(self, dtype, copy=True):
        return self.tape.write(as_type, self, np.dtype(dtype).type)

    def reshape(self, shape):
        return self if shape == self.shape else self.tape.write(np.reshape, self, shape)

    def swapaxes(self, one, other):
        return self.tape.write(np.swapaxes, self, one, other)

    def sum(self, axis=None, keepdims=False):
        return self.tape.write(np.add.reduce, self, axis=axis, keepdims=keepdims)

    def max(self, axis=None, keepdims=False):
        return self.tape.write(np.maximum.reduce, self, axis=axis, keepdims=keepdims)

    def min(self, axis=None, keepdims=False):
        return self.tape.write(np.minimum.reduce, self, axis=axis, keepdims=keepdims)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if method == "reduce" and options.keys() <= {"axis", "keepdims"}:
            given = {"axis": 0, "keepdims": False} | options
            return self.tape.write(ufunc.reduce, *inputs, **given)
        if method != "__call__" or options:
            raise Untraceable(f"np.{ufunc.__name__}.{method} with {', '.join(options)}")
        return self.tape.write(ufunc, *inputs)

    def __array_function__(self, function, types, args, options):
        if function in (np.sum, np.max, np.min):
            return getattr(args[0], function.__name__)(*args[1:], **options)
        if function is np.mean:
            added = args[0].sum(*args[1:], **options)
            return added / (args[0].size // added.size)
        if function in (np.zeros_like, np.shape):  # what depends on the shape alone
            return function(args[0].value, *args[1:], **options)
        if function in PURE:
            return self.tape.write(function, *args, **options)
        raise Untraceable(f"np.{function.__name__}")

    def __bool__(self):
        raise Untraceable("a decision on a value")

    def __getattr__(self, name):
        raise AttributeError(f"a stand-in has no {name}")

    __float__ = __int__ = __index__ = __array__ = __setitem__ = __bool__
    __hash__ = object.__hash__  # the mixin compares element by element


def as_type(x, number):
    """Bring an array or a number to another precision."""
    return x.astype(number) if isinstance(x, np.ndarray) else number(x)


VIEWS = {np.transpose, np.swapaxes, np.reshape, np.expand_dims, np.squeeze, np.broadcast_to,
         np.moveaxis, operator.getitem}  # fmt: skip
OUT = {np.clip, np.concatenate, np.stack}  # beside all ufuncs these take a buffer for the result
PURE = VIEWS | OUT | {np.where}


class Tape:
    """The calls of a recording in their order, each only once."""

    def __init__(self) -> None:
        self.calls: dict[Any, Call] = {}

    def leaf(self, value):
        """Add a call that stands for a leaf."""
        call = Call(self, value)
        self.calls[id(call)] = call
        return call

    def write(self, function, *args, **options):
        """Add a call, unless the same one stands there already or it changes nothing."""
        key = (function, key_of(args), key_of(tuple(options.items())))
        if key in self.calls:
            return self.calls[key]
        value = function(*plain(args), **options)
        call = Call(self, value, function, args, options)
        if function is np.multiply:
            for factor, other in (args, args[::-1]):
                if unchanged(factor, other, call):
                    return other
        self.calls[key] = call
        return call


def unchanged(factor, other, product):
    """Tell whether a product is only one of its factors, because the other one is 1."""
    return (
        isinstance(other, Call)
        and not isinstance(factor, Call)
        and (np.size(factor) == 1 and factor == 1)
        and (other.shape, other.dtype) == (product.shape, product.dtype)
    )


def key_of(given):
    """Tell a call's arguments from others: arrays by identity, plain values by what they are."""
    if isinstance(given, (tuple, list)):
        return (type(given), *map(key_of, given))
    if isinstance(given, (Call, np.ndarray)):
        return id(given)
    return type(given), repr(given)


def plain(given):
    """Put the recorded values where calls stand among arguments."""
    if isinstance(given, (tuple, list)):
        return type(given)(map(plain, given))
    return given.value if isinstance(given, Call) else given


def calls_in(given):
    """List the calls among arguments."""
    if isinstance(given, (tuple, list)):
        return [call for part in given for call in calls_in(part)]
    return [given] if isinstance(given, Call) else []


@dataclass(frozen=True, eq=False)
class Whole:
    """An op that cannot be traced, called as a whole at each replay."""

    op: Op
    parents: tuple[Node, ...] = ()

    def forward(self, *values):
        return computed(self.op.forward(*map(shown, values)), self.op)

    def vjp(self, *values):
        sent = self.op.vjp(*map(shown, values))
        return [
            fitted(share, node, self.op) for share, node in zip(sent, self.parents, strict=True)
        ]


def shown(value: Any) -> Any:
    """Show a buffer to an op, which may return it but not change or freeze it."""
    if is_array(value):
        value = value.view()
        value.flags.writeable = False
    return value


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal, NaN to NaN; numbers in a tenth of NumPy's time."""
    if is_array(other):
        return np.array_equal(one, other, equal_nan=True)
    return bool(one == other or (one != one and other != other))


def traced_value(tape: Tape, node: Node, inputs: list) -> Any:
    """Run the op of a node forward on stand-ins."""
    try:
        value = node.op.forward(*inputs)
        value = value if value.dtype in FLOATS else value.astype(np.float64)
        # An op that draws at random, counts its calls or asks what type it gets says another thing.
        if same(plain(value), node.value):
            return value
    except (Exception, Untraceable):  # what a stand-in cannot do, the op itself can
        pass
    return tape.write(Whole(node.op).forward, *inputs)


def traced_shares(tape: Tape, node: Node, upstream: Any, output: Any, inputs: list) -> list:
    """Run the op of a node backward on stand-ins; as in the walk, but for the checks."""
    op, parents = node.op, node.parents
    try:
        if isinstance(getattr(getattr(output, "function", None), "__self__", None), Whole):
            raise Untraceable("what the op may have kept for its vjp")
        local = op.local_gradients(output, *inputs)
        if local is None:
            shares = op.vjp(upstream, output, *inputs)
        else:
            shares = [times(upstream, slope, op) for slope in local]
        return [
            fitted_call(share, parent, op) for share, parent in zip(shares, parents, strict=True)
        ]
    except (Exception, Untraceable):
        shares = tape.write(Whole(op, parents).vjp, upstream, output, *inputs)
        return [tape.write(operator.getitem, shares, place) for place in range(len(parents))]


def fitted_call(share: Any, parent: Node, op: Op) -> Any:
    """Bring a gradient, or a stand-in for one, to the shape and precision of its node."""
    if not isinstance(share, Call):
        return fitted(share, parent, op)
    if share.shape != parent.shape:
        share = unbroadcast(share, parent, op)
    return share if share.dtype == parent.value.dtype else share.astype(parent.value.dtype)


def is_array(value: Any) -> bool:
    """Tell an array from a number."""
    return isinstance(value, np.ndarray)


def is_reduction(function: Any) -> bool:
    """Tell whether a function is such as np.add.reduce."""
    return isinstance(getattr(function, "__self__", None), np.ufunc)


def needed(results):
    """Collect the calls that results depend on."""
    live, stack = set(), calls_in(results)
    while stack:
        call = stack.pop()
        if call not in live:
            live.add(call)
            stack += calls_in((call.args, tuple(call.options.values())))
    return live
