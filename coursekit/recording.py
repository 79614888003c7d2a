"""Record once, replay often: a graph and its backward pass as straight-line NumPy.

What a trace of the graph leaves is a list of calls of NumPy, without nodes, ops or a walk: a
program. It is compiled once, with a buffer for each result, and replayed for other values of the
leaves.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.backprop import Gradients
from coursekit.graph import Node
from coursekit.listing import INFIX, Listing
from coursekit.tracing import (
    OUT,
    PURE,
    VIEWS,
    Call,
    as_type,
    calls_in,
    is_array,
    is_reduction,
    needed,
    plain,
    traced,
)
from coursekit.values import FLOATS, described, real

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def record(
    output: Node,
    wrt: Node | Iterable[Node],
    upstream: ArrayLike | None = None,
    also: Node | Iterable[Node] = (),
) -> Recording:
    """Record a graph and its backward pass, to replay them for other values of its leaves.

    Parameters
    ----------
    output : Node
        Where the backward pass starts.
    wrt : Node, or iterable of Node
        Those whose gradients are wanted ("with respect to").
    upstream : array_like of the shape of the output, optional
        The gradient that arrives at the output; only a single number can do without, with 1.
    also : Node, or iterable of Node, optional
        Others whose values are wanted beside that of the output; see `Recording.value_of`.

    Returns
    -------
    Recording

    Notes
    -----
    What is recorded is what NumPy was asked to do: a Python `if` on a value was decided once, when
    the graph was made, and a recording keeps to that branch. Where an op itself decides on a value,
    or gives another result when it is called again, its own `forward` and `vjp` are called at each
    replay.

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
    return Recording(output, several(wrt), upstream, several(also))


def several(nodes: Node | Iterable[Node]) -> tuple[Node, ...]:
    """Take one node as it is, and not row by row; make sure that all are nodes."""
    nodes = (nodes,) if isinstance(nodes, Node) else tuple(nodes)
    for given in nodes:
        if not isinstance(given, Node):
            raise TypeError(f"a recording wants the nodes themselves, not {given!r:.60}")
    return nodes


class Recording:
    """A graph and its backward pass, ready to be replayed; `record` makes it.

    Attributes
    ----------
    value : float or ndarray
        The output of the last replay.
    """

    def __init__(
        self,
        output: Node,
        wrt: tuple[Node, ...],
        upstream: ArrayLike | None = None,
        also: tuple[Node, ...] = (),
    ) -> None:
        self.output, self.wrt, self.also = output, wrt, also
        self.trace = traced(output, wrt, upstream)
        values, gradients = self.trace.values, self.trace.gradients
        for stranger in set(also).difference(values):
            raise ValueError(f"the output does not depend on {described(stranger)}")
        self.leaves = {node: call for node, call in values.items() if node.op is None}
        self.numbers = {node: node.value for node in self.leaves if not node.shape}
        results = [*(values[node] for node in (output, *also)), *(gradients[node] for node in wrt)]
        self.program = Program([*self.trace.forward, *self.trace.backward], results)
        arrays = self.program.arrays
        self.buffers = {node: arrays[call] for node, call in self.leaves.items() if call in arrays}
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
        if values:
            checked = {node: self.checked(node, value) for node, value in values.items()}
            for node, value in checked.items():
                if node in self.buffers:
                    self.buffers[node][...] = value
                if node in self.numbers:
                    self.numbers[node] = value
        with np.errstate(over="ignore"):  # as exp does
            self.value, *results = self.program.run(*self.numbers.values())
        self.others = results[: len(self.also)]
        return Gradients(zip(self.wrt, results[len(self.also) :], strict=True))

    def checked(self, node: Node, value: Any) -> Any:
        """Make sure that a new value of a leaf is like the one that was recorded."""
        if node in self.numbers and type(value) is type(self.numbers[node]):
            return value
        buffer = self.buffers.get(node)
        # First what is asked thousands of times in a training.
        if (
            type(value) is np.ndarray
            and buffer is not None
            and buffer.ndim
            and value.shape == buffer.shape
            and value.dtype is buffer.dtype
        ):
            return value
        if node not in self.leaves:
            several([node])
            raise KeyError(f"{described(node)} is no leaf of the graph that was recorded")
        array, precision = real(value, node.name or "a new value"), node.value.dtype
        if array.shape != node.shape:
            raise ValueError(
                f"{described(node)} was recorded: a new value has its shape, not {array.shape}"
            )
        given = getattr(value, "dtype", precision)  # whole numbers fit into either precision
        if given in FLOATS and given != precision:
            raise ValueError(f"{described(node)} was recorded as {precision}, not {given}")
        return array if node.shape else precision.type(array)

    def buffer(self, leaf: Node) -> np.ndarray:
        """Give the array that the program reads a leaf from; to change it saves a copy."""
        if leaf not in self.leaves or leaf in self.numbers:
            raise KeyError(f"{described(leaf)} is no array that was recorded as a leaf")
        return self.buffers[leaf]

    def value_of(self, node: Node) -> Any:
        """Give the value that a node of `also` had in the last replay."""
        if node not in self.also:
            raise KeyError(f"{described(node)} was not recorded: name it in also")
        return self.others[self.also.index(node)]

    @property
    def source(self) -> str:
        """The program as one would write it by hand, without the buffers."""
        return Listing(self.trace, self.output, self.wrt).text

    @property
    def constants(self) -> dict[str, Any]:
        """What `source` calls by name beside NumPy: arrays, and ops that cannot be traced."""
        return Listing(self.trace, self.output, self.wrt).constants

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

    def __init__(self, calls: list[Call], results: list) -> None:
        self.space: dict[str, Any] = {"copyto": np.copyto}
        self.names: dict[Call, str] = {}  # of what is made anew in each run
        self.arrays: dict[Call, np.ndarray] = {}  # the buffers, and views of them
        self.lines: list[str] = []
        live = needed(results)
        # NumPy takes an array without axes faster than a number: in `x / total`, where x is an
        # array, the total of each replay is written into such a box first.
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
                box = self.arrays[call] = np.array(call.value)
                if call.function is not None:  # a leaf is written when it gets a new value
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
            operands = ", ".join(self.operand_of_ufunc(given, args) for given in args)
            # By position is quicker; but for these two, which many have misused, NumPy warns.
            out = "out={out}" if function in (np.maximum, np.minimum) else "{out}"
            return f"{self.bound(function)}({operands}, {out})"
        if is_reduction(function):
            return self.reduced(call, "{out}")
        if function in OUT:
            return self.called(call, "out={out}")
        if function is np.where:
            condition, x, y = map(self.operand, args)
            return f"copyto({{out}}, {y}); copyto({{out}}, {x}, where={condition})"
        if function is as_type:
            return f'copyto({{out}}, {self.operand(args[0])}, "unsafe")'
        return None

    def number(self, call):
        """Write a call whose result is a number."""
        if call.function in INFIX and not any(is_array(plain(given)) for given in call.args):
            return INFIX[call.function][0].format(*map(self.operand, call.args))
        if is_reduction(call.function):
            return self.reduced(call, "None")
        if isinstance(call.function, (np.ufunc, types.MethodType)):
            return self.called(call)
        # np.where makes an array of a number
        return self.called(call) + ("[()]" if call.function in PURE - VIEWS else "")

    def reduced(self, call, out):
        """Write a reduction, by position, which takes half the time of keywords."""
        axis, keepdims = call.options["axis"], call.options["keepdims"]
        axis = axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis
        more = f", None, {out}, {keepdims}" if keepdims or out != "None" else ""
        return f"{self.bound(call.function)}({self.operand(call.args[0])}, {axis}{more})"

    def called(self, call, *more):
        """Write a call with its arguments and options."""
        args = [self.operand(given) for given in call.args]
        options = [f"{name}={self.operand(given)}" for name, given in call.options.items()]
        return f"{self.bound(call.function)}({', '.join([*args, *options, *more])})"

    def operand_of_ufunc(self, given, args):
        """Write one of the arguments of a ufunc that writes into a buffer: no plain number.

        `2 * x` becomes `multiply(c1, x, out)` with `c1 = np.array(2.0)`, and `x / total` becomes
        `divide(x, c2, out)` with the box of `total` as c2.
        """
        if isinstance(given, Call):
            return self.bound(self.arrays[given]) if given in self.boxed else self.operand(given)
        if isinstance(given, np.ndarray):
            return self.operand(given)
        others = [plain(other) for other in args if isinstance(other, Call)]
        weak = type(given) in (int, float, bool)  # which takes the precision of what is beside it
        return self.bound(np.array(given, np.result_type(*others, given) if weak else None))

    def operand(self, given):
        """Write an argument: a name, or a plain value."""
        if isinstance(given, (tuple, list)) and calls_in(given):
            return f"({', '.join(map(self.operand, given))},)"
        if isinstance(given, Call):
            return self.names[given] if given in self.names else self.bound(self.arrays[given])
        if type(given) in (int, float) and not 0 <= given < np.inf:
            return self.bound(given)  # -2 ** x is another thing than (-2) ** x, and inf no name
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
