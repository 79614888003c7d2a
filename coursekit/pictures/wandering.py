"""Walks over one graph, right and wrong: each a drawing that marks where it goes wrong."""

from functools import cached_property
from itertools import product

from coursekit.backprop import backprop
from coursekit.pictures.drawing import LEFT, SHEET, Drawing, group, text_mark
from coursekit.pictures.layout import LINE, RADIUS, Size, text_width
from coursekit.pictures.story import Story, listed, result, same, shortened
from coursekit.style import CARD, FAINT, GRADIENT
from coursekit.walks import MOST, ORDERS, first_fault, walk

RULES = {"+=": True, "=": False}
BADGE = 26  # the room of a note under a node


class WalkDrawing(Drawing):
    """A walk in some order as frames: what it visits, and notes where its gradients are wrong.

    Parameters
    ----------
    story : Story
        Of the graph and the walk.
    truth : dict
        The right gradients.

    Attributes
    ----------
    fault : Fault or None
        Where the walk goes wrong first.
    given_up : bool
        Whether the walk was left before it was over.
    """

    def __init__(self, story, truth, fault, given_up=False):
        super().__init__(story)
        self.truth, self.fault, self.given_up = truth, fault, given_up
        self.first = len(story.gates) + 2  # the moment of the first visit: start, gates, turn

    @cached_property
    def foot(self):
        """Where the line of visits stands, beneath the products."""
        return self.floor + 10 + LINE * (2 + max(map(len, self.tables)))

    def at_step(self, step):
        """The moment of a step of the walk; the last one, if it is over by then."""
        return min(len(self.story.gates) + step, len(self) - 1)

    def fault_by(self, position):
        """What has gone wrong by a moment."""
        return self.fault if self.fault and position >= self.first + self.fault.step else None

    def frame(self, position):
        """What a moment shows, with the visits and a note at each gradient that is wrong."""
        fault, notes = self.fault_by(position), {}
        if fault:
            sent = "" if fault.kind == "overwritten" else "sent "
            notes[fault.node] = f"{sent}{result(fault.amount)}, not {result(fault.due)}"
        if position == len(self) - 1:
            notes |= {leaf: f"{mine}, not {due}" for leaf, mine, due in self.wrong()}
        marks = [self.badge(node, text) for node, text in notes.items()]
        return super().frame(position) + group("".join([self.visits(position), *marks]), **SHEET)

    def badge(self, node, text):
        """A note under a node, told apart from the numbers there by its frame and its cross."""
        place, text = self.index[node], f"✗ {text}"
        x, y = self.layout.centres[place]
        left, top = x - self.sizes[place].gate / 2, y + RADIUS + 5
        box = f'x="{left:.1f}" y="{top:.1f}" width="{text_width(text, 11) + 12:.1f}"'
        frame = f'<rect {box} height="18" rx="3" fill="{CARD}" stroke="{GRADIENT}"/>'
        return frame + text_mark(left + 6, top + 13, text, **LEFT, fill=GRADIENT, font_size=11)

    def visits(self, position):
        """The gates in the order in which the walk comes by, the one at work in a frame."""
        first, names = self.first, self.story.names
        texts = [names[moment.node] for moment in self.story.moments[first:]]
        if position >= first:
            texts[position - first] = f"[{texts[position - first]}]"
        line = shortened("visits: " + " → ".join(texts), 90)
        return text_mark(0, self.foot, line, **LEFT, fill=FAINT)

    def wrong(self):
        """The inputs that end with a wrong gradient: (leaf, this gradient, the right one)."""
        for leaf in self.story.leaves():
            mine, truth = self.story.final.get(leaf, 0.0), self.truth[leaf]
            if not same(mine, truth):
                yield leaf, result(mine), result(truth)

    def words(self, position):
        """What a moment does, and whether the walk is right by then; in the end, what came out."""
        fault, names, words = self.fault_by(position), self.story.names, super().words(position)
        why = because(fault, names) if fault else ""
        if position < len(self) - 1:
            now = "Here it goes" if fault and position == self.first + fault.step else "It went"
            return f"{words} {now} wrong: {why}." if fault else f"{words} So far it is right."
        if not (ends := list(self.wrong())):
            return f"{words} The walk is over, and its gradients are right. {self.story.outcome()}"
        ends = [f"{names[leaf]} has {mine}, and {due} is right" for leaf, mine, due in ends]
        step = f" It went wrong in step {fault.step + 2}: {why}." if fault else ""
        over = f"given up after {MOST} visits" if self.given_up else "over"
        return f"{words} The walk is {over}: {listed(ends, '; ', '; ')}.{step}"


def walks(f):
    """Draw each walk over a graph, by its order and its rule.

    Examples
    --------
    >>> from coursekit.walks import fork
    >>> drawing = walks(fork(swapped=True))["depth first", "+="]
    >>> print(drawing.words(len(drawing) - 1))
    Backward, gate + (q): upstream 1 × local 1 = downstream 1 is added (+=) to the gradient of p,
    now 2, too late: p sends nothing on after this; upstream 1 × local 1 = downstream 1 is added
    (+=) to the gradient of a, now 3. The walk is over: a has 3, and 5 is right. It went wrong in
    step 3: p sends on 1, before the rest of its gradient 2 has come.
    """
    if f is None:
        raise NotImplementedError("the walk appears as soon as your function returns its last node")
    if not getattr(f, "parents", ()):
        raise ValueError(f"A walk starts at the output of a graph, and {f!r:.40} is none.")
    truth, told = backprop(f), {}
    for order, rule in product(ORDERS, RULES):
        steps = list(walk(f, order, RULES[rule]))
        fault = first_fault(steps, truth)
        given_up = order == "queue" and len(steps) == MOST
        told[order, rule] = WalkDrawing(Story(f, steps, most=None), truth, fault, given_up)
    return told


def aligned(drawings):
    """Draw the graph with room for the numbers of every walk, and put all in the same places."""
    rooms = zip(*(drawing.sizes for drawing in drawings), strict=True)
    sizes = [Size(*map(max, zip(*room, strict=True))) for room in rooms]
    sizes = [s._replace(stub=s.stub + 60, below=s.below + BADGE) for s in sizes]
    canvas = Drawing(drawings[0].story, sizes)
    canvas.tables = [table for drawing in drawings for table in drawing.tables]
    for drawing in drawings:
        drawing.sizes, drawing.layout, drawing.stops = canvas.sizes, canvas.layout, canvas.stops
    canvas.breadth = max(drawing.breadth for drawing in drawings)  # of the widened graph
    canvas.foot = max(drawing.foot for drawing in drawings)
    for drawing in drawings:
        drawing.foot = canvas.foot
    return canvas


def because(fault, names):
    """Why a walk goes wrong, in words."""
    name, amount, due = names[fault.node], result(fault.amount), result(fault.due)
    return {
        "overwritten": f"{name} now has {amount}, where adding what came makes {due}",
        "too early": f"{name} sends on {amount}, before the rest of its gradient {due} has come",
        "sent again": f"{name} sends on {amount} in all, and its whole gradient is {due}",
    }[fault.kind]
