"""Listings: a traced graph as the staged code that a patient person would write."""

from __future__ import annotations

import keyword
import operator
import re
import types
import unicodedata
from collections import Counter
from typing import Any

import numpy as np

from coursekit.graph import Node
from coursekit.tracing import Call, Trace, as_type, calls_in, is_reduction, needed, plain

# How a call is written, and how tightly it binds; what binds less tightly goes into brackets.
INFIX = {
    np.greater: ("{} > {}", 6),
    np.greater_equal: ("{} >= {}", 6),
    np.less: ("{} < {}", 6),
    np.less_equal: ("{} <= {}", 6),
    np.equal: ("{} == {}", 6),
    np.not_equal: ("{} != {}", 6),
    np.bitwise_and: ("{} & {}", 9),
    np.add: ("{} + {}", 11),
    np.subtract: ("{} - {}", 11),
    np.multiply: ("{} * {}", 12),
    np.divide: ("{} / {}", 12),
    np.matmul: ("{} @ {}", 12),
    np.negative: ("-{}", 13),
    np.invert: ("~{}", 13),
    np.power: ("{} ** {}", 14),
    np.square: ("{}**2", 14),
}
CALLED, NAMED = 19, 20
REDUCTIONS = {np.add: "sum", np.maximum: "max", np.minimum: "min"}
LONG = 60  # characters, from which on a part of a line gets a line of its own
LITERAL = 16  # elements, up to which an array is written out


class Listing:
    """The source of a trace: a line for what has a name, is long, or is used twice.

    Attributes
    ----------
    text : str
        A function `replay` of the leaves.
    constants : dict
        What the text calls by name beside NumPy.
    """

    def __init__(self, trace: Trace, output: Node, wrt: tuple[Node, ...]):
        self.constants: dict[str, Any] = {}
        self.names: dict[Call, str] = {}  # of what can be named by now
        self.wishes: dict[Call, str] = {}  # the names that other calls will get
        self.slopes: dict[Node, str] = {}  # the names of gradients that are calls of their own
        self.taken = {"np", "replay"}
        self.counts: Counter[str] = Counter()  # how far the numbered names of each kind go
        results = [trace.values[output], *(trace.gradients[node] for node in wrt)]
        self.live = needed(results)
        self.uses = Counter(calls_in(results))
        for call in self.live:
            self.uses.update(calls_in((call.args, tuple(call.options.values()))))

        arguments = self.name_values(trace, output)
        self.name_gradients(trace)
        lines = ["# forward", *self.lines(trace.forward), "# backward", *self.lines(trace.backward)]
        returned = []
        for node, gradient in zip(wrt, results[1:], strict=True):
            text, of = self.part(gradient)[0], self.names.get(trace.values[node])
            name = self.slopes.get(node) or self.fresh(of and f"d{of}")
            lines += [f"{name} = {text}"] if text != name else []
            returned.append(name)
        lines.append(f"return {self.part(results[0])[0]}, {in_brackets(returned)}")
        head = [f"{name} = {written_out(thing)}" for name, thing in self.constants.items()]
        head = ["import numpy as np", *head, "", "", f"def replay({', '.join(arguments)}):"]
        self.text = "\n".join([*head, *(f"    {line}" for line in lines)]) + "\n"

    def name_values(self, trace: Trace, output: Node) -> list[str]:
        """Name the values of nodes; those of leaves are the arguments."""
        arguments = []
        for node, call in trace.values.items():
            if not isinstance(call, Call) or call in self.names or call in self.wishes:
                continue
            if node.op is None and not node.name and not node.shape:
                continue  # a number of a formula, such as the 2 of 2x, is written where it stands
            if node.op is None:
                self.names[call] = self.fresh(node.name)
                arguments.append(self.names[call])
            elif node.name or node is output or self.uses[call] > 1:
                self.wishes[call] = self.fresh(node.name)
        return arguments

    def name_gradients(self, trace: Trace) -> None:
        """Name the gradient of x dx."""
        known = self.names | self.wishes
        for node, call in trace.gradients.items():
            if isinstance(call, Call) and call not in known and call not in self.wishes:
                of = known.get(trace.values[node])
                self.slopes[node] = self.wishes[call] = self.fresh(of and f"d{of}")

    def lines(self, calls: list[Call]) -> list[str]:
        """Write a line for each call that gets a name."""
        lines = []
        for call in calls:
            if call.function is None or call not in self.live:
                continue
            text, _ = self.written(call)
            name = self.wishes.get(call, "")
            if not name and (self.uses[call] > 1 or len(text) > LONG):
                name = self.fresh(None)
            if name:
                lines.append(f"{name} = {text}")
                self.names[call] = name
        return lines

    def fresh(self, wish: str | None) -> str:
        """Make a name of one that was wished for: an identifier that is not taken yet."""
        name = re.sub(r"\W", "_", unicodedata.normalize("NFKC", wish or ""))  # as Python reads it
        stem = f"{name}_"
        if not name.isidentifier() or keyword.iskeyword(name):
            name, stem = "v1", "v"
        while name in self.taken:
            self.counts[stem] += 1
            name = f"{stem}{self.counts[stem]}"
        self.taken.add(name)
        return name

    def part(self, given: Any) -> tuple[str, int]:
        """Write an argument, and how tightly it binds."""
        if isinstance(given, Call):
            if given in self.names:
                return self.names[given], NAMED
            return self.written(given) if given.function else number(given.value)
        if isinstance(given, (tuple, list)):
            return in_brackets([self.part(one)[0] for one in given]), NAMED
        if type(given) in (int, float, np.float64, np.float32):
            return number(given)
        if given is None or type(given) is bool:
            return repr(given), NAMED
        if given is Ellipsis:
            return "...", NAMED
        if isinstance(given, type):
            return f"np.{given.__name__}", NAMED
        for name, thing in self.constants.items():
            if thing is given:
                return name, NAMED
        name = self.fresh(f"c{len(self.constants) + 1}")
        self.constants[name] = given
        return name, NAMED

    def written(self, call: Call) -> tuple[str, int]:
        """Write a call as an expression, and how tightly it binds."""
        function, args, options = call.function, call.args, dict(call.options)
        if function in INFIX:
            pattern, tight = INFIX[function]
            parts = [self.bracketed(one, tight + (place > 0)) for place, one in enumerate(args)]
            return pattern.format(*parts), tight
        if function is operator.getitem:
            return f"{self.bracketed(args[0], CALLED)}[{self.place(args[1])}]", CALLED
        if function is np.swapaxes and np.ndim(plain(args[0])) == 2:
            return f"{self.bracketed(args[0], CALLED)}.T", CALLED
        if function is as_type:
            return f"{self.part(args[1])[0]}({self.part(args[0])[0]})", CALLED
        name = f"np.{'abs' if function is np.absolute else function.__name__}"
        if is_reduction(function):
            name = f"np.{REDUCTIONS[function.__self__]}"
            options = self.axes(np.ndim(plain(args[0])), **options)
        elif isinstance(function, types.MethodType):  # an op that could not be traced
            name = f"{self.part(function.__self__)[0]}.{function.__name__}"
        parts = [self.part(one)[0] for one in args]
        parts += [f"{option}={self.part(value)[0]}" for option, value in options.items()]
        return f"{name}({', '.join(parts)})", CALLED

    def axes(self, ndim: int, axis: Any, keepdims: bool) -> dict[str, Any]:
        """Give the options of a reduction that need to be said."""
        options: dict[str, Any] = {"keepdims": True} if keepdims else {}
        if axis is None or axis == tuple(range(ndim)):
            return options
        return {"axis": axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis} | options

    def bracketed(self, given: Any, tight: int) -> str:
        """Write an argument, in brackets where it binds less tightly than what is around it."""
        text, binds = self.part(given)
        return text if binds >= tight else f"({text})"

    def place(self, where: Any) -> str:
        """Write what stands between the brackets of an index."""
        if isinstance(where, tuple):
            return ", ".join(map(self.place, where)) or "()"
        if isinstance(where, slice):
            ends = ["" if end is None else str(end) for end in (where.start, where.stop)]
            return ":".join(ends + ([str(where.step)] if where.step is not None else []))
        return self.part(where)[0]


def number(value: Any) -> tuple[str, int]:
    """Write a number, and how tightly it binds: the minus of one below 0 binds as any other."""
    text = repr(value if type(value) is int else float(value))
    text = re.sub("inf|nan", r"np.\g<0>", text)
    return text, INFIX[np.negative][1] if text.startswith("-") else NAMED


def in_brackets(parts: list[str]) -> str:
    """Write a tuple."""
    return f"({', '.join(parts)}{',' * (len(parts) == 1)})"


def written_out(thing: Any) -> str:
    """Write a constant at the head of a listing: in full where that is short."""
    if not isinstance(thing, np.ndarray):
        return f"...  # {thing!r}: see recording.constants"
    if thing.size > LITERAL:
        return f"...  # {thing.dtype} of shape {thing.shape}: see recording.constants"
    return f"np.array({thing.tolist()}, np.{thing.dtype})"
