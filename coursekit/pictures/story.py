"""What happens in a graph, one moment after the other, in words and numbers.

A `Story` is made of a graph and of the steps of a walk, right or wrong. The still picture, the
step-through and the text trace all tell it, so a walk that goes wrong goes wrong in all of them.
"""

from decimal import Decimal
from math import isclose, isnan
from operator import add, mul, sub, truediv
from typing import NamedTuple

import numpy as np

from coursekit.backprop import Step, in_order
from coursekit.folding import Composite
from coursekit.style import decimals

MOST = 200  # nodes that are drawn of a larger graph
BEHIND = "^", "["  # how the symbols begin that stand behind their one input
PLACES = 3, 4, 5, 6  # decimals: three, or more where rounding hides that numbers agree


class Share(NamedTuple):
    """What one node sends to one of its parents."""

    parent: object
    upstream: object
    local: object
    downstream: object
    before: object  # the parent's gradient until now, None if it had none
    total: object  # the parent's gradient from now on
    late: bool  # the parent sends nothing on after this
    places: int = 3  # decimals with which the sums at the parent are seen to add up


class Moment(NamedTuple):
    """One position of the step-through."""

    phase: str  # "start", "forward", "turn", "backward", or "behind" what is drawn
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
    most : int or None, optional
        How many nodes are told of; see `closest`.
    names : dict, optional
        What some nodes are called already, in another story of the same computation.
    before : dict, optional
        The gradient that some nodes have got already, where f is a part of something larger.

    Attributes
    ----------
    whole, nodes : list of Node
        All that the output depends on, and what is told of it.
    parents : dict
        What each of the `nodes` comes from; nothing where the graph is cut.
    """

    def __init__(self, f, steps, trusted=False, most=MOST, names=None, before=None):
        self.f, self.whole, self.waiting, self.trusted = f, in_order(f), steps is None, trusted
        self.parents = closest(self.whole, most)
        self.nodes = [node for node in self.whole if node in self.parents]
        self.cut = [node for node in self.nodes if node.parents and not self.parents[node]]
        self.uses = dict.fromkeys(self.whole, 0)
        for node in self.whole:
            for parent in node.parents:
                self.uses[parent] += 1
        self.gates = [node for node in self.nodes if self.parents[node]]
        self.folded = {node for gate in self.gates for node in self.constants_of(gate)}
        self.names = self.called(names or {})
        # The gradient of each node, drawn or not, when the walk is over.
        self.final = dict(before or {})
        self.moments = [
            Moment("start"),
            *(Moment("forward", gate) for gate in self.gates),
            *in_agreement([*self.walked(steps or [])]),
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

    def called(self, given):
        """What each node is called; only plain numbers share a name."""
        taken = {clean(node.name) for node in self.whole if node.name} | {*given.values()}
        names, gates, arrays = {}, 0, 0
        for node in self.whole:
            if node in given:
                names[node] = given[node]
            elif node.name:
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
                names[node] = decimals(node.value)
        return names

    def walked(self, steps):
        """The moments of the backward pass, from steps in any order and with any numbers."""
        gradients, last_visit, behind = self.final, {}, {}
        for position, step in enumerate(steps):
            last_visit[self.checked(position, step).node] = position
        for position, (node, upstream, local, downstream, total) in enumerate(steps):
            first, known = not position, node in gradients
            gradients.setdefault(node, upstream)
            if node in self.folded or (known and not node.parents):
                continue  # a leaf sends nothing on, and what it has is told already
            if not (node.parents or node in self.parents):
                continue  # a leaf that is not drawn
            seen = self.parents.get(node) or not node.parents
            if seen and behind:
                yield Moment("behind", shares=tuple(behind.values()))
                behind = {}
            if first and node in self.parents:
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
            if shares and seen:
                yield Moment("backward", node, upstream, tuple(shares))
            elif shares:
                behind |= {share.parent: share for share in shares if share.parent in self.parents}
        if behind:
            yield Moment("behind", shares=tuple(behind.values()))

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
        return formula(symbol_of(node), [told(parent) for parent in self.parents[node]])

    def name(self, node):
        """What formulas call a node; a negative constant is bracketed."""
        name = self.names[node]
        return f"({name})" if name.startswith("−") else name

    def forward(self, gate):
        """A gate's computation: in names, in numbers, and what comes out."""
        symbol = symbol_of(gate)
        values = [parent.value for parent in gate.parents]
        places = decimals_for(symbol, values, gate.value)
        inputs = [operand(value, places) for value in values]
        inputs[1:] = [factor(value, places) for value in values[1:]]
        if symbol.startswith("^") or symbol == "neg":
            inputs[0] = factor(values[0])
        texts = [self.formula(gate, self.name), formula(symbol, inputs), result(gate.value)]
        return " = ".join(dict.fromkeys([self.names[gate], *texts]))

    def sums(self, moment):
        """What the gates behind the drawn ones make of gradients that are drawn."""
        return [
            f"grad {self.names[s.parent]} to {result(s.total, s.places)}" for s in moment.shares
        ]

    def told(self, moment):
        """The shares that are worth telling: nobody asks for the gradient of a plain constant."""
        return [share for share in moment.shares if share.parent not in self.folded]

    def leaves(self):
        """The inputs: the leaves that have a place of their own."""
        return [n for n in self.nodes if not self.parents[n] and n not in self.folded]

    def given(self, leaf):
        """An input and its value; a plain number is its own name."""
        name, value = self.names[leaf], result(leaf.value)
        return value if name == value else f"{name} = {value}"

    def line(self, position):
        """One line of the trace, in names and numbers."""
        moment = self.moments[position]
        if moment.phase == "start":
            rest = f"; … {self.rest()}" if self.cut else ""
            return ", ".join(self.given(leaf) for leaf in self.leaves()) + rest
        if moment.phase == "forward":
            return self.forward(moment.node)
        if moment.phase == "behind":
            return f"… the gates that are not drawn bring {'; '.join(self.sums(moment))}"
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

    def place(self, position):
        """Where a moment stands in the two passes, in a few words."""
        moment = self.moments[position]
        if moment.phase in ("start", "behind"):
            return "start" if moment.phase == "start" else "backward, the gates that are not drawn"
        way = "forward" if moment.phase == "forward" else "backward"
        return f"{way}, {self.names[moment.node]}"

    def words(self, position):
        """One sentence for a moment, in the words of the field."""
        moment = self.moments[position]
        count = len(self.gates)
        if moment.phase == "start":
            known = listed([self.given(leaf) for leaf in self.leaves()])
            rest = f" There are {self.rest()}." if self.cut else ""
            return f"Start: the inputs are known, {known}.{rest}"
        if moment.phase == "forward":
            told = f"Forward, gate {position} of {count}: {self.forward(moment.node)}."
            return told + made_of(moment.node)
        if moment.phase == "behind":
            sums = listed(self.sums(moment))
            return f"Backward: the gates that are not drawn send gradients too, and bring {sums}."
        name, symbol = self.names[moment.node], symbol_of(moment.node) if moment.node.op else ""
        if moment.phase == "turn":
            start = f"Backward: the pass starts at {name} with gradient {result(moment.received)}"
            one = np.ndim(moment.received) == 0 and moment.received == 1
            return start + (f", because {name} changes as fast as itself." if one else ".")
        if not self.told(moment):
            return f"Backward: {name} keeps the gradient {result(moment.received)}."
        shares = listed([self.share_words(share) for share in self.told(moment)], "; ", "; ")
        return f"Backward, gate {symbol} ({name}): {shares}.{own_slope(moment.node)}"

    def share_words(self, share):
        """What one share is and does: upstream × local = downstream, and where it goes."""
        parent = self.names[share.parent]
        if share.local is None:
            text = f"upstream {operand(share.upstream)} through the gate's vjp makes "
            text += f"downstream {sent(share)}"
        else:
            places = factor_places(share)
            text = f"upstream {operand(share.upstream, places)} × local "
            text += f"{operand(share.local, places)} {equals(share)} downstream {sent(share)}"
            text += summed(share)
        if share.before is None:
            text += f" for {parent}"
        elif verb(share) == "+=":
            text += f" is added (+=) to the gradient of {parent}, now "
            text += result(share.total, share.places)
        else:
            text += f" overwrites (=) the gradient of {parent}, which was {result(share.before)}"
        return text + (f", too late: {parent} sends nothing on after this" if share.late else "")

    def expression(self, longest=60):
        """The whole function in the names of its leaves; None where that is too long to read."""
        texts = {}
        for node in self.nodes:
            if not self.parents[node]:
                texts[node] = self.name(node), ""
                continue
            inputs, symbol = [texts[parent] for parent in self.parents[node]], symbol_of(node)
            if any(text is None for text, _ in inputs):
                texts[node] = None, ""
                continue
            tight = infix(symbol, inputs) or symbol.startswith(BEHIND) or symbol == "neg"
            written = formula(
                symbol,
                [
                    f"({text})" if tight and bracketed(symbol, inner, slot) else text
                    for slot, (text, inner) in enumerate(inputs)
                ],
            )
            inner = symbol if tight and not symbol.startswith(BEHIND) else ""
            texts[node] = (written if len(written) <= longest else None), inner
        return texts[self.f][0]

    def function(self):
        """What is computed: `f = …`, or f alone where that is too long."""
        name, expression = self.names[self.f], self.expression()
        return name if expression in (None, name) else f"{name} = {expression}"

    def alt(self):
        """What the picture shows, for those who do not see it."""
        inputs, gates = plural(len(self.leaves()), "input"), plural(len(self.gates), "gate")
        text = f"The graph of {self.function()}: {inputs} and {gates}"
        if self.cut:
            text = f"The end of the graph of {self.names[self.f]}: {gates}, and {self.rest()}"
        return f"{text}. {self.outcome()}"

    def rest(self):
        """How much of the graph is not drawn, and behind which gates it lies."""
        more = plural(len(self.whole) - len(self.nodes), "more node")
        return f"{more} behind {listed([self.names[gate] for gate in self.cut])}"

    def outcome(self):
        """What came out, and the gradients of the inputs that have a name."""
        gradients, name = self.final, self.names[self.f]
        text = f"The output {name} is {result(self.f.value)}"
        named = [node for node in self.whole if node.name and not node.parents]
        missing = [self.names[leaf] for leaf in named if leaf not in gradients]
        known = [
            f"{' over '.join(label(gradients[leaf]))} for {self.names[leaf]}"
            for leaf in named
            if leaf in gradients
        ]
        if self.waiting:
            return text + "; the backward walk is not tried yet."
        if known:
            noun, are = ("gradients", "are") if known[1:] else ("gradient", "is")
            text += f"; its {noun} {are} " if self.trusted else f"; this walk gives the {noun} "
            text += listed(known, most=8)
        if known and missing:
            text += f"; no gradient reaches {listed(missing)}"
        return text + "."


def closest(nodes, most):
    """What each of the nodes nearest to the output comes from; nothing where the graph is cut.

    A gate is opened only after all that use it, so that each of its uses is there to be seen.

    Parameters
    ----------
    nodes : list of Node
        The whole graph, in order.
    most : int or None
        How many nodes to keep, at least the output and its inputs; None for all of them.
    """
    if most is None or len(nodes) <= most:
        return {node: node.parents for node in nodes}
    distance = dict.fromkeys(nodes, 0)
    for node in reversed(nodes):
        for parent in node.parents:
            distance[parent] = max(distance[parent], distance[node] + 1)
    output = nodes[-1]
    kept = {output: ()}
    for gate in sorted(nodes, key=distance.get):
        fresh = set(gate.parents) - kept.keys()
        if kept[output] and len(kept) + len(fresh) > most:
            break
        kept |= dict.fromkeys(fresh, ())
        kept[gate] = gate.parents
    return kept


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
    if type(first) is type(second) is np.float64:  # the common case, without an array's ceremony
        return isclose(first, second, rel_tol=1e-5, abs_tol=1e-8) or (
            isnan(first) and isnan(second)
        )
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
        return f"vjp({operand(share.upstream)}) = {sent(share)}"
    places = factor_places(share)
    factors = f"{operand(share.upstream, places)} × {factor(share.local, places)}"
    return f"{factors} {equals(share)} {sent(share)}{summed(share)}"


def outcome(share):
    """What a share does to a gradient that was there before."""
    text = ""
    if share.before is not None:
        added = verb(share) == "+="
        now, was = result(share.total, share.places), result(share.before)
        text = f", now {now}" if added else f", overwriting {was}"
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
    return f"{count:,} {noun}{'s' * (count != 1)}"


def listed(texts, between=", ", last=" and ", most=6):
    """A list in words, cut where nobody would read on."""
    if len(texts) > most:
        texts = [*texts[:most], f"{len(texts) - most} more"]
    return between.join(texts[:-1]) + last * (len(texts) > 1) + texts[-1] if texts else "none"


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
        return f"rms {decimals(np.sqrt(np.mean(np.square(array, dtype=float))))}"


def sent(share):
    """What is sent, in as many decimals as the sums at the parent have."""
    return result(share.downstream, share.places)


def in_agreement(moments):
    """Give the sums at each node as many decimals as it takes to see that they add up."""
    sums = {}
    for moment in moments:
        for share in moment.shares:
            if share.before is not None and verb(share) == "+=":
                sums.setdefault(share.parent, []).append(share)
    places = {
        node: next((p for p in PLACES if all(adds_up(share, p) for share in shares)), PLACES[0])
        for node, shares in sums.items()
    }
    more = {node: count for node, count in places.items() if count > PLACES[0]}
    for at, moment in enumerate(moments):
        if any(share.parent in more for share in moment.shares):
            shares = [s._replace(places=more.get(s.parent, s.places)) for s in moment.shares]
            moments[at] = moment._replace(shares=tuple(shares))
    return moments


def adds_up(share, places):
    """Whether a reader who adds what is shown gets what is shown."""
    before, more = shown(share.before, places), shown(share.downstream, places)
    return before is None or more is None or agrees(before + more, share.total, places)


def factor_places(share):
    """How many decimals of two factors it takes to see that their product is right."""
    if equals(share) == "≠":
        return PLACES[0]
    for places in range(share.places, PLACES[-1] + 3):  # a product blurs more than a sum
        one, other = shown(share.upstream, places), shown(share.local, places)
        if one is None or other is None or agrees(one * other, share.downstream, share.places):
            return places
    return share.places


def decimals_for(symbol, values, value):
    """How many decimals of its inputs it takes to see that a gate of arithmetic is right."""
    compute = {"+": add, "−": sub, "×": mul, "÷": truediv}.get(symbol)
    if compute is None:
        return PLACES[0]
    for places in PLACES:
        numbers = [shown(given, places) for given in values]
        if None in numbers or (symbol == "÷" and not numbers[1]):
            return PLACES[0]
        if agrees(compute(*numbers), value, PLACES[0]):
            return places
    return PLACES[0]


def agrees(made, value, places):
    """Whether a number is what is shown of a value, but for what rounding hides."""
    there = shown(value, places)
    if there is None:
        return True
    exact = isclose(there, value, rel_tol=1e-12)
    digit = Decimal(1).scaleb(-places if exact else there.as_tuple().exponent)
    return 2 * abs(made - there) <= digit


def shown(value, places):
    """The number that is read where a value is shown; None for an array, NaN or infinity."""
    if value is None or np.ndim(value) or not np.isfinite(value):
        return None
    return Decimal(decimals(value, places).replace("−", "-"))


def label(value, places=3):
    """The lines that stand on a wire: a number, a short vector, or a size and a shape."""
    if value is None:
        return ("?",)  # a walk may leave out what it does not know
    array = np.asarray(value)
    if array.ndim == 0:
        return (decimals(array, places),)
    if array.ndim == 1 and 0 < array.size <= 3:
        return (f"[{' '.join(decimals(entry) for entry in array)}]",)
    if array.size == 0:
        return (str(array.shape),)
    return (measure(array), str(array.shape))


def operand(value, places=3):
    """A value inside a formula: a number, or the shape of an array."""
    if np.size(value) > 3 or np.ndim(value) > 1:  # its size would be worked out for nothing
        return str(np.shape(value))
    return label(value, places)[-1]


def factor(value, places=3):
    """An operand behind a sign, where a minus needs brackets."""
    text = operand(value, places)
    return f"({text})" if text.startswith("−") else text


def result(value, places=3):
    """A value at the end of a formula: of an array how many numbers it has, and of what size.

    Examples
    --------
    >>> result(0.5), result(np.ones((1, 2)))
    ('0.5', '1 × 2 numbers, rms 1')
    """
    size, *shape = label(value, places)
    return f"{' × '.join(map(str, np.shape(value)))} numbers, {size}" if shape else size


def infix(symbol, inputs):
    """Whether a formula has the symbol between its two inputs."""
    return len(inputs) == 2 and not symbol[:1].isalpha()


def formula(symbol, inputs):
    """An op applied to what its inputs are called.

    Examples
    --------
    >>> formula("×", ["x", "y"]), formula("max", ["x", "y"]), formula("^2", ["x"])
    ('x × y', 'max(x, y)', 'x^2')
    >>> formula("[0]", ["x"])
    'x[0]'
    """
    if infix(symbol, inputs):
        return f"{inputs[0]} {symbol} {inputs[1]}"
    if symbol.startswith(BEHIND):
        return inputs[0] + symbol
    if symbol == "neg":
        return f"−{inputs[0]}"
    return f"{symbol}({', '.join(inputs)})"


def symbol_of(node):
    """What stands in a gate."""
    return clean(node.op)


def made_of(gate):
    """What a gate that stands for several is made of."""
    if not isinstance(gate.op, Composite):
        return ""
    symbols = [symbol_of(inner) for inner in gate.op.fold.gates]
    return f" The gate {symbol_of(gate)} folds {plural(len(symbols), 'gate')}: {listed(symbols)}."


def own_slope(gate):
    """How σ gets its local gradient from its output alone."""
    if symbol_of(gate) != "σ" or np.ndim(gate.value):
        return ""
    a = gate.value
    return f" The local gradient of σ is σ(1 − σ) = {decimals(a)} × {factor(1 - a)}."


def clean(text):
    """One line of text that every XML reader accepts."""
    return "".join(sign if sign.isprintable() else " " for sign in str(text))


def shortened(text, longest=16):
    """A long name, cut where a picture has no room for it."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
