"""What happens in a graph, one moment after the other, in words and numbers.

A `Story` is made of a graph and of the steps of a walk, right or wrong. The still picture, the
step-through and the text trace all tell it, so a walk that goes wrong goes wrong in all of them.
"""

from math import isinf, isnan
from typing import NamedTuple

import numpy as np

from coursekit.backprop import Step, in_order


class Share(NamedTuple):
    """What one node sends to one of its parents."""

    parent: object
    upstream: object
    local: object
    downstream: object
    before: object  # the parent's gradient until now, None if it had none
    total: object  # the parent's gradient from now on
    late: bool  # the parent sends nothing on after this


class Moment(NamedTuple):
    """One position of the step-through."""

    phase: str  # "start", "forward", "turn" or "backward"
    node: object = None
    received: object = None
    shares: tuple = ()


class Story:
    """A graph and a walk over it, as moments that can be drawn and told.

    Parameters
    ----------
    f : Node
        The output.
    steps : list of Step, or None
        The walk; None if it is not written yet.
    trusted : bool, optional
        Whether the walk is known to be right.
    """

    def __init__(self, f, steps, trusted=False):
        self.f, self.nodes, self.waiting, self.trusted = f, in_order(f), steps is None, trusted
        self.uses = dict.fromkeys(self.nodes, 0)
        for node in self.nodes:
            for parent in node.parents:
                self.uses[parent] += 1
        self.folded = {node for gate in self.nodes for node in self.constants_of(gate)}
        self.names = self.called()
        self.gates = [node for node in self.nodes if node.parents]
        self.moments = [
            Moment("start"),
            *(Moment("forward", gate) for gate in self.gates),
            *self.walked(steps or []),
        ]

    def constants_of(self, gate):
        """The plain number that is drawn inside the gate, not in a place of its own."""
        plain = [
            parent
            for parent in gate.parents
            if not (parent.parents or parent.name or np.ndim(parent.value))
            and self.uses[parent] == 1
        ]
        return plain if len(gate.parents) == 2 and len(plain) == 1 else []

    def called(self):
        """What each node is called; only plain numbers share a name."""
        taken = {clean(node.name) for node in self.nodes if node.name}
        names, gates, arrays = {}, 0, 0
        for node in self.nodes:
            if node.name:
                names[node] = clean(node.name)
            elif node.parents and node is self.f and "f" not in taken:
                names[node] = "f"
            elif node.parents:
                gates = unused("g", gates, taken)
                names[node] = f"g{gates}"
            elif np.ndim(node.value):
                arrays = unused("c", arrays, taken)
                names[node] = f"c{arrays}"
            else:
                names[node] = number(node.value)
        return names

    def walked(self, steps):
        """The moments of the backward pass, from steps in any order and with any numbers."""
        gradients, last_visit = {}, {}
        for position, step in enumerate(steps):
            last_visit[self.checked(position, step).node] = position
        for position, (node, upstream, local, downstream, total) in enumerate(steps):
            known = node in gradients
            gradients.setdefault(node, upstream)
            if node in self.folded or (known and not node.parents):
                continue  # a leaf sends nothing on, and what it has is told already
            if len(gradients) == 1:
                yield Moment("turn", node, upstream)
            elif not node.parents:
                yield Moment("backward", node, upstream)
            shares = []
            for slot, parent in enumerate(node.parents):
                sent, now = entry(downstream, slot), entry(total, slot)
                if sent is None and now is None:
                    continue
                before = gradients.get(parent)
                now = sum_of(before, sent) if now is None else now
                late = bool(parent.parents) and last_visit.get(parent, -1) < position
                gradients[parent] = now
                shares.append(Share(parent, upstream, entry(local, slot), sent, before, now, late))
            if shares:
                yield Moment("backward", node, upstream, tuple(shares))

    def checked(self, position, step):
        """A step as a `Step`, or a sentence about what is wrong with it."""
        if not isinstance(step, tuple) or len(step) != len(Step._fields):
            raise ValueError(
                f"step {position + 1} of the walk is {step!r:.60}, not a "
                f"Step({', '.join(Step._fields)})"
            )
        if step[0] not in self.uses:
            raise ValueError(
                f"step {position + 1} of the walk visits {step[0]!r:.60}, which is not in the "
                "graph of the output: walk over the same nodes that are drawn"
            )
        return Step(*step)

    def gradients(self, position=None):
        """The gradient of each node that has one, up to a moment."""
        known = {}
        for moment in self.moments if position is None else self.moments[: position + 1]:
            if moment.received is not None:
                known.setdefault(moment.node, moment.received)
            known.update((share.parent, share.total) for share in moment.shares)
        return known

    def formula(self, node, told):
        """The op of a node, applied to what `told` makes of each of its parents."""
        return formula(symbol_of(node), [told(parent) for parent in node.parents])

    def name(self, node):
        """What formulas call a node; a negative constant is bracketed."""
        name = self.names[node]
        return f"({name})" if name.startswith("−") else name

    def forward(self, gate):
        """A gate's computation: in names, in numbers, and what comes out."""
        symbol = symbol_of(gate)
        inputs = [operand(parent.value) for parent in gate.parents]
        inputs[1:] = [factor(parent.value) for parent in gate.parents[1:]]
        if symbol.startswith("^"):
            inputs[0] = factor(gate.parents[0].value)
        texts = [self.formula(gate, self.name), formula(symbol, inputs), result(gate.value)]
        if texts[0] == texts[1]:
            texts.pop(0)
        return " = ".join([self.names[gate], *texts])

    def told(self, moment):
        """The shares that are worth telling: nobody asks for the gradient of a plain constant."""
        return [share for share in moment.shares if share.parent not in self.folded]

    def leaves(self):
        """The inputs: the leaves that have a place of their own."""
        return [node for node in self.nodes if not node.parents and node not in self.folded]

    def given(self, leaf):
        """An input and its value; a plain number is its own name."""
        name, value = self.names[leaf], result(leaf.value)
        return value if name == value else f"{name} = {value}"

    def line(self, position):
        """One line of the trace, in names and numbers."""
        moment = self.moments[position]
        if moment.phase == "start":
            return ", ".join(self.given(leaf) for leaf in self.leaves())
        if moment.phase == "forward":
            return self.forward(moment.node)
        name = self.names[moment.node]
        if moment.phase == "turn":
            return f"{name} starts with gradient {result(moment.received)}"
        shares = [
            f"grad {self.names[share.parent]} {verb(share)} {product(share)}{outcome(share)}"
            for share in self.told(moment)
        ]
        if not shares:
            return f"{name} keeps gradient {result(moment.received)}"
        return f"{name} sends {'; '.join(shares)}"

    def words(self, position):
        """One sentence for a moment, in the words of the field."""
        moment = self.moments[position]
        count = len(self.gates)
        if moment.phase == "start":
            known = listed([self.given(leaf) for leaf in self.leaves()])
            return f"Start: the inputs are known, {known}."
        if moment.phase == "forward":
            return f"Forward, gate {position} of {count}: {self.forward(moment.node)}."
        name, symbol = self.names[moment.node], symbol_of(moment.node) if moment.node.op else ""
        if moment.phase == "turn":
            start = f"Backward: the pass starts at {name} with gradient {result(moment.received)}"
            one = np.ndim(moment.received) == 0 and moment.received == 1
            return start + (f", because {name} changes as fast as itself." if one else ".")
        if not self.told(moment):
            return f"Backward: {name} keeps the gradient {result(moment.received)}."
        shares = listed([self.share_words(share) for share in self.told(moment)], "; ", "; ")
        return f"Backward, gate {symbol} ({name}): {shares}."

    def share_words(self, share):
        """What one share is and does: upstream × local = downstream, and where it goes."""
        parent = self.names[share.parent]
        if share.local is None:
            text = f"upstream {operand(share.upstream)} through the gate's vjp makes "
            text += f"downstream {result(share.downstream)}"
        else:
            text = f"upstream {operand(share.upstream)} × local {operand(share.local)} "
            text += f"{equals(share)} downstream {result(share.downstream)}{summed(share)}"
        if share.before is None:
            text += f" for {parent}"
        elif verb(share) == "+=":
            text += f" is added (+=) to the gradient of {parent}, now {result(share.total)}"
        else:
            text += f" overwrites (=) the gradient of {parent}, which was {result(share.before)}"
        return text + (f", too late: {parent} sends nothing on after this" if share.late else "")

    def expression(self, longest=60):
        """The whole function in the names of its leaves; None where that is too long to read."""
        texts = {}
        for node in self.nodes:
            if not node.parents:
                texts[node] = self.name(node), ""
                continue
            inputs, symbol = [texts[parent] for parent in node.parents], symbol_of(node)
            if any(text is None for text, _ in inputs):
                texts[node] = None, ""
                continue
            tight = infix(symbol, inputs) or symbol.startswith("^") or symbol == "neg"
            written = formula(
                symbol,
                [
                    f"({text})" if tight and bracketed(symbol, inner, slot) else text
                    for slot, (text, inner) in enumerate(inputs)
                ],
            )
            inner = symbol if tight and not symbol.startswith("^") else ""
            texts[node] = (written if len(written) <= longest else None), inner
        return texts[self.f][0]

    def function(self):
        """What is computed: `f = …`, or f alone where that is too long."""
        name, expression = self.names[self.f], self.expression()
        return name if expression in (None, name) else f"{name} = {expression}"

    def alt(self):
        """What the picture shows, for those who do not see it."""
        text = f"The graph of {self.function()}: {plural(len(self.leaves()), 'input')} and "
        return f"{text}{plural(len(self.gates), 'gate')}. {self.outcome()}"

    def outcome(self):
        """What came out, and the gradients of the inputs that have a name."""
        leaves, gradients, name = self.leaves(), self.gradients(), self.names[self.f]
        text = f"The output {name} is {result(self.f.value)}"
        named = [leaf for leaf in leaves if leaf.name]
        missing = [self.names[leaf] for leaf in named if leaf not in gradients]
        known = [
            f"{' over '.join(label(gradients[leaf]))} for {self.names[leaf]}"
            for leaf in named
            if leaf in gradients
        ]
        if self.waiting:
            return text + "; the backward walk is not tried yet."
        if known:
            text += "; its gradients are " if self.trusted else "; this walk gives the gradients "
            text += listed(known, most=8)
        if known and missing:
            text += f"; no gradient reaches {listed(missing)}"
        return text + "."


def unused(letter, count, taken):
    """The next number that makes a name which nobody else has."""
    count += 1
    while f"{letter}{count}" in taken:
        count += 1
    return count


def entry(values, slot):
    """One of several values, None where a walk does not tell it."""
    return values[slot] if values is not None and slot < len(values) else None


def same(first, second):
    """Whether two gradients agree, shape and all."""
    return np.shape(first) == np.shape(second) and np.allclose(first, second, equal_nan=True)


def sum_of(before, sent):
    """What two shares make together; None where they do not fit."""
    if before is None or sent is None:
        return sent
    with np.errstate(all="ignore"):
        try:
            return before + sent
        except ValueError:  # a walk may send the wrong shape
            return None


def verb(share):
    """How a share arrives: `=` where it is the first or overwrites, `+=` where it is added."""
    together = sum_of(share.before, share.downstream)
    added = share.before is not None and together is not None and same(together, share.total)
    return "+=" if added else "="


def scaled(share):
    """The upstream × local of a share; None where they do not fit."""
    with np.errstate(all="ignore"):
        try:
            return np.multiply(share.upstream, share.local)
        except (TypeError, ValueError):  # a walk may tell nothing, or the wrong shape
            return None


def equals(share):
    """`=` if upstream × local is what was sent, `≠` if a walk got it wrong."""
    made = scaled(share)
    if made is None or np.shape(made) != np.shape(share.downstream) or share.downstream is None:
        return "="
    return "=" if same(made, share.downstream) else "≠"


def summed(share):
    """A note where the forward pass repeated a value, so that gradients of the copies add."""
    repeated = np.ndim(scaled(share)) and np.shape(scaled(share)) != np.shape(share.downstream)
    return " (summed to its shape)" if repeated else ""


def product(share):
    """The upstream × local = downstream of a share, in numbers or shapes."""
    if share.local is None:
        return f"vjp({operand(share.upstream)}) = {result(share.downstream)}"
    factors = f"{operand(share.upstream)} × {factor(share.local)}"
    return f"{factors} {equals(share)} {result(share.downstream)}{summed(share)}"


def outcome(share):
    """What a share does to a gradient that was there before."""
    text = ""
    if share.before is not None:
        added = verb(share) == "+="
        text = f", now {result(share.total)}" if added else f", overwriting {result(share.before)}"
    return text + (" (too late)" if share.late else "")


def bracketed(symbol, inner, slot):
    """Whether a formula inside a formula needs brackets."""
    if not inner:
        return False
    if inner == "neg":
        return slot > 0 or symbol not in "+−"
    if symbol == "+" or (inner in "×@÷" and symbol == "−"):
        return False
    return slot > 0 or symbol not in "×÷" or inner not in "×÷"


def plural(count, noun):
    """A number of things."""
    return f"{count} {noun}{'s' * (count != 1)}"


def listed(texts, between=", ", last=" and ", most=6):
    """A list in words, cut where nobody would read on."""
    if len(texts) > most:
        texts = [*texts[:most], f"{len(texts) - most} more"]
    return between.join(texts[:-1]) + last * (len(texts) > 1) + texts[-1] if texts else "none"


def number(value):
    """A number as short as it can be read: three decimals, the same for all, so that sums agree.

    What is rounded keeps its zeros: 1 is exact, 1.000 is not.

    Examples
    --------
    >>> number(-2.0), number(2 / 3), number(0.99999), number(0.00321), number(2.1e-6)
    ('−2', '0.667', '1.000', '0.0032', '2.1e−6')
    >>> number(1234.5678), number(6.02e23), number(float("-inf")), number(float("nan"))
    ('1234.6', '6e23', '−∞', 'NaN')
    """
    blur = 1e-6 if getattr(value, "dtype", None) == np.float32 else 1e-12
    value = float(value)
    size = abs(value)
    short = f"{value:.3f}".rstrip("0").rstrip(".")
    if isnan(value):
        text = "NaN"
    elif isinf(value):
        text = "∞" if value > 0 else "-∞"
    elif abs(float(short) - value) <= blur * size and len(short) <= 8:
        text = "0" if value == 0 else short
    elif 0.01 <= size < 1e5:
        text = f"{value:.3f}" if size < 1000 else f"{value:.1f}"
    elif 1e-3 <= size < 0.01:
        text = f"{value:.2g}"
    else:
        mantissa, exponent = f"{value:.1e}".split("e")
        text = f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    return text.replace("-", "−")


def measure(array):
    """What is worth saying of many numbers at once: their size, or that some are not finite.

    Examples
    --------
    >>> measure(np.array([[3.0, -4.0]])), measure(np.array([1.0, np.nan]))
    ('rms 3.536', '1 of 2 not finite')
    """
    wrong = int(array.size - np.isfinite(array).sum())
    if wrong:
        return f"{wrong} of {array.size} not finite"
    with np.errstate(over="ignore"):
        return f"rms {number(np.sqrt(np.mean(np.square(array, dtype=float))))}"


def label(value):
    """The lines that stand on a wire: a number, a short vector, or a size and a shape."""
    if value is None:
        return ("?",)  # a walk may leave out what it does not know
    array = np.asarray(value)
    if array.ndim == 0:
        return (number(array),)
    if array.ndim == 1 and 0 < array.size <= 3:
        return (f"[{' '.join(number(entry) for entry in array)}]",)
    if array.size == 0:
        return (str(array.shape),)
    return (measure(array), str(array.shape))


def operand(value):
    """A value inside a formula: a number, or the shape of an array."""
    lines = label(value)
    return lines[-1]


def factor(value):
    """An operand behind a sign, where a minus needs brackets."""
    text = operand(value)
    return f"({text})" if text.startswith("−") else text


def result(value):
    """A value at the end of a formula: an array with its shape and its size."""
    return ", ".join(reversed(label(value)))


def infix(symbol, inputs):
    """Whether a formula has the symbol between its two inputs."""
    return len(inputs) == 2 and not symbol[:1].isalpha()


def formula(symbol, inputs):
    """An op applied to what its inputs are called.

    Examples
    --------
    >>> formula("×", ["x", "y"]), formula("max", ["x", "y"]), formula("^2", ["x"])
    ('x × y', 'max(x, y)', 'x^2')
    """
    if infix(symbol, inputs):
        return f"{inputs[0]} {symbol} {inputs[1]}"
    if symbol.startswith("^"):
        return inputs[0] + symbol
    if symbol == "neg":
        return f"−{inputs[0]}"
    return f"{symbol}({', '.join(inputs)})"


def symbol_of(node):
    """What stands in a gate."""
    return clean(node.op)


def clean(text):
    """One line of text that every XML reader accepts."""
    return "".join(sign if sign.isprintable() else " " for sign in str(text))


def shortened(text, longest=16):
    """A long name, cut where a picture has no room for it."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
