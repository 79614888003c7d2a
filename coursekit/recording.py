"""Record once, replay often: a graph and its backward pass as straight-line NumPy.

Each op runs once more, forward and backward, on stand-ins that write down what NumPy is asked to
do. What they leave is a list of calls without nodes, ops or a walk: a program. It is compiled once,
with a buffer for each result, and then replayed for other values of the leaves.
"""

from __future__ import annotations

import keyword
import operator
import re
import types
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from coursekit.backprop import Gradients, in_order
from coursekit.graph import Node
from coursekit.ops import Op
from coursekit.values import FLOATS, computed, described, first_upstream, fitted, real, unbroadcast

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def record(output: Node, wrt: Iterable[Node], upstream: ArrayLike | None = None) -> Recording:
    """Record a graph and its backward pass, to replay them for other values of its leaves.

    Parameters
    ----------
    output : Node
        Where the backward pass starts.
    wrt : iterable of Node
        The leaves whose gradients are wanted ("with respect to").
    upstream : array_like of the shape of the output, optional
        The gradient that arrives at the output; only a single number can do without, with 1.

    Returns
    -------
    Recording

    Notes
    -----
    What is recorded is what NumPy was asked to do: a Python `if` on a value was decided once, when
    the graph was made, and a recording keeps to that branch. Where an op itself decides on a value,
    its own `forward` and `vjp` are called at each replay.

    Examples
    --------
    >>> x, y, z = Node(-2, "x"), Node(5, "y"), Node(-4, "z")
    >>> recording = record((x + y) * z, wrt=[x, z])
    >>> gradients = recording({z: 10})
    >>> print(recording.value, gradients[x], gradients[z])
    30.0 10.0 3.0
    >>> print(recording.source)
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def replay(x, y, z):
        # forward
        v1 = x + y
        v2 = v1 * z
        # backward
        dx = z
        dz = v1
        return v2, (dx, dz)
    <BLANKLINE>
    """
    return Recording(output, tuple(wrt), upstream)


class Untraceable(Exception):
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

    def __init__(self):
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
        return computed(self.op.forward(*values), self.op)

    def vjp(self, upstream, output, *values):
        sent = self.op.vjp(upstream, output, *values)
        return [
            fitted(share, node, self.op) for share, node in zip(sent, self.parents, strict=True)
        ]


def forward(tape: Tape, op: Op, inputs: list) -> Any:
    """Run an op forward on stand-ins."""
    try:
        value = op.forward(*inputs)
        return value if value.dtype in FLOATS else value.astype(np.float64)
    except Exception:  # whatever it is that a stand-in cannot do, the op itself can
        return tape.write(Whole(op).forward, *inputs)


def backward(tape: Tape, node: Node, upstream: Any, output: Any, inputs: list) -> list:
    """Run the op of a node backward on stand-ins; as in the walk, but for the checks."""
    op, parents = node.op, node.parents
    try:
        local = op.local_gradients(output, *inputs)
        if local is None:
            shares = op.vjp(upstream, output, *inputs)
        else:
            shares = [
                upstream if type(slope) is float and slope == 1 else upstream * slope
                for slope in local
            ]
        return [to_fit(share, parent, op) for share, parent in zip(shares, parents, strict=True)]
    except Exception:
        shares = tape.write(Whole(op, parents).vjp, upstream, output, *inputs)
        return [tape.write(operator.getitem, shares, place) for place in range(len(parents))]


def to_fit(share: Any, parent: Node, op: Op) -> Any:
    """Bring a stand-in for a gradient to the shape and the precision of the node it is for."""
    if not isinstance(share, Call):
        return fitted(share, parent, op)
    if share.shape != parent.shape:
        share = unbroadcast(share, parent, op)
    return share if share.dtype == parent.value.dtype else share.astype(parent.value.dtype)


class Recording:
    """A graph and its backward pass, ready to be replayed; `record` makes it.

    Attributes
    ----------
    value : float or ndarray
        The output of the last replay.
    source : str
        The program as one would write it by hand, without the buffers.
    constants : dict
        What `source` calls by name: large arrays, and ops that cannot be traced.
    """

    def __init__(self, output: Node, wrt: tuple[Node, ...], upstream: ArrayLike | None = None):
        tape, made = Tape(), dict[Node, Any]()
        gradients = {output: first_upstream(output, upstream)}
        order = in_order(output)
        wanted = set(wrt)
        for node in wrt:
            if node not in set(order):
                raise ValueError(f"the output does not depend on {described(node)}")
        for node in order:
            inputs = [made[parent] for parent in node.parents]
            made[node] = forward(tape, node.op, inputs) if node.op else tape.leaf(node.value)
            if not wanted.isdisjoint(node.parents):
                wanted.add(node)  # a gradient passes here on its way
        self.forward_calls = list(tape.calls.values())
        for node in reversed(order):
            if node.op is None or node not in wanted:
                continue
            inputs = [made[parent] for parent in node.parents]
            shares = backward(tape, node, gradients[node], made[node], inputs)
            for parent, share in zip(node.parents, shares, strict=True):
                if parent in wanted:
                    before = gradients.get(parent)
                    gradients[parent] = share if before is None else before + share
        self.output, self.wrt, self.tape, self.made, self.gradients = (
            output,
            wrt,
            tape,
            made,
            gradients,
        )
        self.leaves = {node: made[node] for node in order if node.op is None}
        self.numbers = {node: node.value for node in self.leaves if not node.shape}
        self.results = [made[output], *(gradients[node] for node in wrt)]
        self.program = Program(list(tape.calls.values()), self.results)
        self()

    def __call__(self, values: Mapping[Node, ArrayLike] | None = None) -> Gradients:
        """Replay forward and backward.

        Parameters
        ----------
        values : mapping from leaf to array_like, optional
            New values for some leaves; the others keep theirs.

        Returns
        -------
        Gradients
            A mapping from each node of `wrt` to its gradient. Its arrays, and `value`, are the
            buffers of the recording: copy what must outlive the next replay.

        Raises
        ------
        KeyError
            If a node is no leaf of the graph that was recorded.
        ValueError
            If a value has another shape or precision than the one that was recorded.
        """
        values = {node: self.checked(node, value) for node, value in (values or {}).items()}
        for node, value in values.items():
            if node.shape:
                np.copyto(self.buffer(node), value)
            else:
                self.numbers[node] = value
        with np.errstate(over="ignore"):  # as exp does
            self.value, *gradients = self.program.run(*self.numbers.values())
        return Gradients(zip(self.wrt, gradients, strict=True))

    def checked(self, node: Node, value: ArrayLike) -> Any:
        """Make sure that a new value of a leaf is like the one that was recorded."""
        if node not in self.leaves:
            raise KeyError(f"{described(node)} is no leaf of the graph that was recorded")
        array, precision = real(value, node.name or "a new value"), node.value.dtype
        if array.shape != node.shape:
            raise ValueError(
                f"{described(node)} was recorded: a new value has its shape, not {array.shape}"
            )
        if array.dtype != precision and hasattr(value, "dtype"):
            raise ValueError(f"{described(node)} was recorded as {precision}, not {array.dtype}")
        return array if node.shape else precision.type(array)

    def buffer(self, leaf: Node) -> np.ndarray:
        """Give the array that the program reads a leaf from; to change it saves a copy."""
        return self.program.arrays[self.leaves[leaf]]

    @property
    def source(self) -> str:
        """The program as one would write it by hand, without the buffers."""
        return Listing(self).text

    @property
    def constants(self) -> dict[str, Any]:
        """What `source` calls by name beside NumPy: arrays, and ops that cannot be traced."""
        return Listing(self).constants

    def __repr__(self) -> str:
        return f"Recording(of {described(self.output)}, {len(self.program.lines)} calls of NumPy)"


class Program:
    """The calls that the results need, compiled, with a buffer for each array.

    Parameters
    ----------
    calls : list of Call
        In their order. Leaves that are numbers become the arguments of `run`.
    results : list of Call or plain value
        What `run` returns.
    """

    def __init__(self, calls, results):
        self.space, self.names, self.arrays, self.lines = {"copyto": np.copyto}, {}, {}, []
        live = needed(results)
        # Where an array meets a number, an array without axes is faster than a NumPy number.
        self.boxed = {
            number
            for call in live
            if is_array(call.value)
            and (isinstance(call.function, np.ufunc) or call.function in VIEWS)
            for number in calls_in(call.args)
            if isinstance(number.value, np.generic)
        }
        numbers = [call for call in calls if call.function is None and not is_array(call.value)]
        for call in calls:
            if call in live or call.function is None:
                self.add(call)
        returned = [self.returned(result) for result in results]
        arguments = ", ".join(self.names[number] for number in numbers)
        body = "".join(f"    {line}\n" for line in [*self.lines, f"return {', '.join(returned)},"])
        exec(f"def run({arguments}):\n{body}", self.space)
        self.run = self.space["run"]

    def add(self, call):
        """Write the line that makes a call, if it needs one."""
        if not is_array(call.value):
            self.names[call] = f"v{len(self.names)}"
            if call.function is not None:
                self.lines.append(f"{self.names[call]} = {self.number(call)}")
            if call in self.boxed:
                box = self.arrays[call] = np.empty((), call.dtype)
                self.lines.append(f"{self.bound(box)}[()] = {self.names[call]}")
            return
        function, args, options = call.function, call.args, call.options
        if function is None:
            self.arrays[call] = call.value.copy()
            return
        if function in VIEWS and isinstance(args[0], Call) and args[0] in self.arrays:
            whole = self.arrays[args[0]]
            view = function(whole, *args[1:], **options)
            if np.may_share_memory(view, whole):  # made once: what it looks at stays in its place
                self.arrays[call] = view
                return
        written = self.written(call)
        if written:
            out = self.bound(np.empty_like(call.value))
            self.arrays[call] = self.space[out]
            self.lines.append(written.format(out=out))
        else:
            self.names[call] = f"v{len(self.names)}"
            self.lines.append(f"{self.names[call]} = {self.called(call)}")

    def written(self, call):
        """Write a call whose result goes to a buffer, if NumPy lets it."""
        function, args = call.function, call.args
        if isinstance(function, np.ufunc):
            operands = ", ".join(self.operand(given, call) for given in args)
            return f"{self.bound(function)}({operands}, out={{out}})"
        if is_reduction(function) or function in OUT:
            return self.called(call, "out={out}")
        if function is as_type:
            return f'copyto({{out}}, {self.operand(args[0])}, "unsafe")'
        return None

    def number(self, call):
        """Write a call whose result is a number."""
        if call.function in INFIX and not any(is_array(plain(given)) for given in call.args):
            return INFIX[call.function][0].format(*map(self.operand, call.args))
        if isinstance(call.function, (np.ufunc, types.MethodType)) or is_reduction(call.function):
            return self.called(call)
        empty = (
            "[()]" if call.function in PURE - VIEWS else ""
        )  # np.where makes an array of a number
        return self.called(call) + empty

    def called(self, call, *more):
        """Write a call with its arguments and options."""
        args = [self.operand(given) for given in call.args]
        options = [f"{name}={self.operand(given)}" for name, given in call.options.items()]
        return f"{self.bound(call.function)}({', '.join([*args, *options, *more])})"

    def operand(self, given, ufunc_call=None):
        """Write an argument: a name, or a plain value."""
        if isinstance(given, (tuple, list)) and calls_in(given):
            return f"({', '.join(map(self.operand, given))},)"
        if isinstance(given, Call):
            boxed = given in self.boxed and ufunc_call is not None
            return (
                self.bound(self.arrays[given])
                if boxed or given not in self.names
                else self.names[given]
            )
        if ufunc_call is not None and not isinstance(given, np.ndarray):
            # NumPy looks twice at a number beside an array; at an array without axes, once.
            others = [plain(other) for other in ufunc_call.args if isinstance(other, Call)]
            weak = type(given) in (int, float, bool)
            return self.bound(np.array(given, np.result_type(*others, given) if weak else None))
        return repr(given) if type(given) in (int, float, bool, type(None)) else self.bound(given)

    def bound(self, thing):
        """Give an array, a function or another thing a name in the program's space."""
        name = f"c{id(thing)}"
        self.space[name] = thing
        return name

    def returned(self, result):
        """Write a result: a buffer is shown to the outside, but not given out of hand."""
        if isinstance(result, Call):
            if result in self.names:
                return self.names[result]
            result = self.arrays[result].view()
            result.flags.writeable = False
        return self.bound(result)


class Listing:
    """The source of a recording: staged code, a line for what has a name or is used twice."""

    def __init__(self, recording: Recording):
        self.names: dict[Call, str] = {}
        self.constants: dict[str, Any] = {}
        self.uses: Counter[Call] = Counter()
        live = needed(recording.results)
        self.uses.update(calls_in(recording.results))
        for call in live:
            self.uses.update(calls_in((call.args, tuple(call.options.values()))))
        taken = {"np", "replay"}
        arguments, values, gradients = [], {}, {}
        for node, call in recording.made.items():
            if isinstance(call, Call) and call not in values:
                literal = node.op is None and not node.name and not node.shape
                if literal:
                    values[call] = repr(float(node.value))
                elif (
                    node.name
                    or self.uses[call] > 1
                    or node in (recording.output, *recording.leaves)
                ):
                    values[call] = self.fresh(node.name, taken)
                    arguments += [values[call]] if node.op is None else []
        for node, call in recording.gradients.items():
            name = values.get(recording.made[node], "")
            if isinstance(call, Call) and call not in values and call not in gradients:
                gradients[call] = self.fresh(f"d{name}", taken)
        self.taken = taken
        planned = values | gradients
        lines = ["# forward"]
        turn = set(recording.forward_calls)
        backward_begun = False
        for call in recording.tape.calls.values():
            if call.function is None:
                self.names[call] = planned.get(call, "")
            elif call in live:
                if call not in turn and not backward_begun:
                    lines.append("# backward")
                    backward_begun = True
                name = planned.get(call, "")
                if not name and (self.uses[call] > 1 or len(self.written(call)[0]) > 60):
                    name = self.fresh("", taken)
                if name:
                    lines.append(f"{name} = {self.written(call)[0]}")
                    self.names[call] = name
        if not backward_begun:
            lines.append("# backward")
        returned = []
        for node, result in zip(recording.wrt, recording.results[1:], strict=True):
            name = f"d{values.get(recording.made[node], '')}"
            text = self.part(result)[0]
            if text != name:
                lines.append(f"{name} = {text}")
            returned.append(name)
        together = f"({returned[0]},)" if len(returned) == 1 else f"({', '.join(returned)})"
        lines.append(f"return {self.part(recording.results[0])[0]}, {together}")
        constants = [f"{name} = {short(thing)}" for name, thing in self.constants.items()]
        head = ["import numpy as np", *constants, "", "", f"def replay({', '.join(arguments)}):"]
        self.text = "\n".join([*head, *(f"    {line}" for line in lines)]) + "\n"

    def fresh(self, wish, taken):
        """Make a name of one that was wished for: an identifier that is not taken yet."""
        name = re.sub(r"\W", "_", wish or "")
        numbered = (f"v{number}" for number in range(1, len(taken) + 2))
        if not name.isidentifier() or keyword.iskeyword(name):
            name = next(free for free in numbered if free not in taken)
        while name in taken:
            name += "_"
        taken.add(name)
        return name

    def part(self, given):
        """Write an operand, and how tightly it binds."""
        if isinstance(given, Call):
            return (self.names[given], 20) if self.names.get(given) else self.written(given)
        if isinstance(given, (tuple, list)):
            parts = [self.part(one)[0] for one in given]
            return f"({', '.join(parts)}{',' * (len(parts) == 1)})", 20
        if type(given) in (int, float, bool, type(None), np.float64, np.float32):
            return repr(given.item() if isinstance(given, np.generic) else given), 20
        if given is Ellipsis:
            return "...", 20
        if isinstance(given, type):
            return f"np.{given.__name__}", 20
        name = next((name for name, thing in self.constants.items() if thing is given), None)
        if name is None:
            name = f"c{len(self.constants) + 1}"
            self.constants[name] = given
        return name, 20

    def place(self, where):
        """Write what stands between the brackets of an index."""
        if isinstance(where, tuple):
            return ", ".join(map(self.place, where)) or "()"
        if isinstance(where, slice):
            ends = ["" if end is None else str(end) for end in (where.start, where.stop)]
            return ":".join([*ends, *([str(where.step)] if where.step is not None else [])])
        return self.part(where)[0]

    def written(self, call):
        """Write a call as an expression, and how tightly it binds."""
        function, args = call.function, call.args
        if function in INFIX:
            pattern, tight = INFIX[function]
            parts = [self.part(given) for given in args]
            least = [tight + (place > 0) for place in range(len(parts))]
            texts = [
                text if binds >= wanted else f"({text})"
                for (text, binds), wanted in zip(parts, least, strict=True)
            ]
            return pattern.format(*texts), tight
        first = self.part(args[0])
        if function is operator.getitem:
            return f"{bracketed(first, 19)}[{self.place(args[1])}]", 19
        if function is np.swapaxes and np.ndim(plain(args[0])) == 2:
            return f"{bracketed(first, 19)}.T", 19
        if function is as_type:
            return f"{self.part(args[1])[0]}({first[0]})", 19
        options = dict(call.options)
        if is_reduction(function):
            ufunc = REDUCTIONS[function.__self__]
            if not options.pop("keepdims"):
                options = {"axis": options["axis"]}
            else:
                options["keepdims"] = True
            axis = options["axis"]
            if axis is None or axis == tuple(range(np.ndim(plain(args[0])))):
                options.pop("axis")
            elif isinstance(axis, tuple) and len(axis) == 1:
                options["axis"] = axis[0]
            name = f"np.{ufunc}"
        elif isinstance(function, types.MethodType):
            name = f"{self.part(function.__self__)[0]}.{function.__name__}"
        else:
            name = f"np.{'abs' if function is np.absolute else function.__name__}"
        given = [self.part(one)[0] for one in args]
        given += [f"{option}={self.part(value)[0]}" for option, value in options.items()]
        return f"{name}({', '.join(given)})", 19


INFIX = {
    np.add: ("{} + {}", 11),
    np.subtract: ("{} - {}", 11),
    np.multiply: ("{} * {}", 12),
    np.divide: ("{} / {}", 12),
    np.matmul: ("{} @ {}", 12),
    np.negative: ("-{}", 13),
    np.power: ("{} ** {}", 14),
    np.square: ("{}**2", 14),
    np.greater: ("{} > {}", 6),
    np.greater_equal: ("{} >= {}", 6),
    np.less: ("{} < {}", 6),
    np.less_equal: ("{} <= {}", 6),
    np.equal: ("{} == {}", 6),
    np.bitwise_and: ("{} & {}", 9),
    np.invert: ("~{}", 13),
}
REDUCTIONS = {np.add: "sum", np.maximum: "max", np.minimum: "min"}


def bracketed(part, tight):
    """Put brackets around an expression that binds less tightly."""
    return part[0] if part[1] >= tight else f"({part[0]})"


def short(thing):
    """Write a constant at the head of a listing: in full where that is short."""
    if isinstance(thing, np.ndarray) and thing.size <= 16:
        return f"np.array({thing.tolist()}, np.{thing.dtype})"
    kind = f"{thing.dtype} of shape {thing.shape}" if isinstance(thing, np.ndarray) else repr(thing)
    return f"...  # {kind}: see recording.constants"


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
