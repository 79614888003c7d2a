"""The order of the walk: the same graph, walked back in a wrong order, and where it goes wrong."""

from functools import cached_property
from itertools import product

from coursekit.backprop import backprop
from coursekit.drawing import LEFT, SHEET, Drawing, group, text_mark, tried
from coursekit.explorers.frame import Choice, Control, Explorer
from coursekit.layout import LINE, RADIUS, Size, text_width
from coursekit.story import Story, listed, result, same, shortened
from coursekit.style import CARD, FAINT, GRADIENT
from coursekit.walks import ORDERS, first_fault, fork, walk

RULES = {"+=": True, "=": False}
SAYS = {"+=": "is added (+=)", "=": "overwrites (=)"}
BADGE = 26  # the room of a note under a node
HELD = 200  # moments that travel with the widget, if the walks have no more


class WalkOrder(Explorer):
    """Walks back over a graph in an order of one's choice, adding gradients or overwriting (C04).

    Parameters
    ----------
    f : Node, or function without parameters that returns one, optional
        The output, a single number; by default q + p, where p = a + a and q = p + a.

    Examples
    --------
    >>> print(WalkOrder(fork(swapped=True)).evidence(order="depth first", step=4))
    The walk is over: a has 3, and 5 is right. It went wrong in step 3: p sends on 1, before the
    rest of its gradient 2 has come.
    """

    title = "The order of the walk"

    def __init__(self, f=fork, **state):
        self.told, self.fault, last = {}, None, 1
        try:
            self.told, self.truth = walks(tried(f))
        except Exception as refusal:  # each frame says what is wrong
            self.fault = refusal
        for drawing, _ in self.told.values():
            self.gates = len(drawing.story.gates)
            last = max(last, len(drawing) - 1 - self.gates)
        self.controls = (
            Choice("order", "order of the walk", tuple(ORDERS)),
            Choice("rule", "a gradient that comes to another", tuple(RULES), describe=SAYS.get),
            Control("step", "step", 0, last, 1, start=1),
        )
        self.states = {}
        for (order, rule), (_, fault) in self.told.items():  # the first walk of each fate
            end = {"order": order, "rule": rule, "step": last}
            self.states.setdefault(fault.kind if fault else "right", end)
        super().__init__(**state)

    def held(self):
        names = [control.name for control in self.controls]
        places = list(product(*(control.positions for control in self.controls)))
        if len(places) > HELD:
            yield from super().held()
            return
        yield from (dict(zip(names, place, strict=True)) for place in places)

    @cached_property
    def canvas(self):
        """The graph with room for the numbers of every walk: all are drawn in the same places."""
        if self.fault:
            raise self.fault
        drawings = [drawing for drawing, _ in self.told.values()]
        rooms = zip(*(drawing.sizes for drawing in drawings), strict=True)
        sizes = [Size(*map(max, zip(*room, strict=True))) for room in rooms]
        sizes = [s._replace(stub=s.stub + 60, below=s.below + BADGE) for s in sizes]
        canvas = Drawing(drawings[0].story, sizes)
        canvas.tables = [table for drawing in drawings for table in drawing.tables]
        canvas.breadth = max(drawing.breadth for drawing in drawings)
        for drawing in drawings:
            drawing.sizes, drawing.layout = canvas.sizes, canvas.layout
            drawing.stops = canvas.stops
        return canvas

    def background(self):
        canvas = self.canvas
        return canvas.sheet(canvas.still(), canvas.breadth, self.foot + 4)

    @property
    def foot(self):
        """Where the line of visits stands, beneath the tallest table of products."""
        return self.canvas.floor + 10 + LINE * (2 + max(map(len, self.canvas.tables)))

    def at(self, order, rule, step):
        """The drawing of a walk, its moment at a step, and where it has gone wrong by then."""
        self.canvas  # noqa: B018  it gives every number its place
        drawing, fault = self.told[order, rule]
        position = min(self.gates + step, len(drawing) - 1)
        return drawing, position, fault if fault and position >= self.moment(fault) else None

    def moment(self, fault):
        """The moment of the drawing in which a fault is made: start, gates, turn, and its step."""
        return self.gates + 2 + fault.step

    def fragment(self, order, rule, step):
        drawing, position, fault = self.at(order, rule, step)
        notes = {}
        if fault:
            sent = "" if fault.kind == "overwritten" else "sent "
            notes[fault.node] = f"{sent}{result(fault.amount)}, not {result(fault.due)}"
        if position == len(drawing) - 1:
            ends = self.wrong(drawing.story)
            notes |= {leaf: f"{mine}, not {due}" for leaf, mine, due in ends}
        marks = [self.badge(node, text) for node, text in notes.items()]
        return drawing.frame(position) + group(
            "".join([self.visits(drawing, position), *marks]), **SHEET
        )

    def badge(self, node, text):
        """A note under a node, told apart from the numbers there by its frame and its cross."""
        place, text = self.canvas.index[node], f"✗ {text}"
        x, y = self.canvas.layout.centres[place]
        left, top = x - self.canvas.sizes[place].gate / 2, y + RADIUS + 5
        box = f'x="{left:.1f}" y="{top:.1f}" width="{text_width(text, 11) + 12:.1f}"'
        frame = f'<rect {box} height="18" rx="3" fill="{CARD}" stroke="{GRADIENT}"/>'
        return frame + text_mark(left + 6, top + 13, text, **LEFT, fill=GRADIENT, font_size=11)

    def visits(self, drawing, position):
        """The gates in the order in which the walk comes by, the one at work in a frame."""
        first, names = self.gates + 2, drawing.story.names
        texts = [names[moment.node] for moment in drawing.story.moments[first:]]
        if position >= first:
            texts[position - first] = f"[{texts[position - first]}]"
        line = shortened("visits: " + " → ".join(texts), 90)
        return text_mark(0, self.foot, line, **LEFT, fill=FAINT)

    def wrong(self, story):
        """The inputs that end with a wrong gradient: (leaf, this gradient, the right one)."""
        for leaf in story.leaves():
            mine, truth = story.final.get(leaf, 0.0), self.truth[leaf]
            if not same(mine, truth):
                yield leaf, result(mine), result(truth)

    def evidence(self, order, rule, step):
        drawing, position, fault = self.at(order, rule, step)
        words = drawing.words(position)
        why = because(fault, drawing.story.names) if fault else ""
        if position < len(drawing) - 1:
            now = "Here it goes" if fault and position == self.moment(fault) else "It went"
            return f"{words} {now} wrong: {why}." if fault else f"{words} So far it is right."
        if not (ends := list(self.wrong(drawing.story))):
            return f"The walk is over, and its gradients are right. {drawing.story.outcome()}"
        names = drawing.story.names
        ends = listed([f"{names[leaf]} has {mine}, and {due} is right" for leaf, mine, due in ends])
        step = f" It went wrong in step {self.moment(fault) - self.gates}: {why}." if fault else ""
        return f"The walk is over: {ends}.{step}"

    def alt(self, **state):
        story = self.canvas.story
        way = f"walked back in the order “{state['order']}” with {state['rule']}"
        return f"The graph of {story.function()}, {way}. {self.evidence(**state)}"


def walks(f):
    """Each walk over a graph as a drawing with its fault, and the right gradients."""
    if f is None:
        raise NotImplementedError("the walk appears as soon as your function returns its last node")
    if not getattr(f, "parents", ()):
        raise ValueError(f"A walk starts at the output of a graph, and {f!r:.40} is none.")
    truth, told = backprop(f), {}
    for order, rule in product(ORDERS, RULES):
        steps = list(walk(f, order, RULES[rule]))
        told[order, rule] = Drawing(Story(f, steps, most=None)), first_fault(steps, truth)
    return told, truth


def because(fault, names):
    """Why a walk goes wrong, in words."""
    name, amount, due = names[fault.node], result(fault.amount), result(fault.due)
    return {
        "overwritten": f"{name} now has {amount}, where adding what came makes {due}",
        "too early": f"{name} sends on {amount}, before the rest of its gradient {due} has come",
        "sent again": f"{name} sends on {amount} in all, and its whole gradient is {due}",
    }[fault.kind]
