"""A formula of a few numbers: move one, and every value and every gradient follows."""

from contextlib import suppress
from functools import cached_property
from itertools import product

from coursekit.backprop import backprop_steps
from coursekit.explorers.frame import Explorer
from coursekit.explorers.inputs import controls_for, named, roomy
from coursekit.explorers.nudging import quiet, told
from coursekit.functions import maximum
from coursekit.graph import Node
from coursekit.pictures.drawing import NOT_TRIED, SHEET, Drawing, group, tried
from coursekit.pictures.layout import Size
from coursekit.pictures.story import Story


class Circuit(Explorer):
    """Draws the graph of a formula while its inputs move (C02, C03).

    Parameters
    ----------
    f : callable
        Takes a node for each input, by name, and returns a node that holds a single number.
    states : mapping, optional
        Named states, such as ``{"tie": {"x": 2}}``.
    **inputs : number or tuple
        A number stands still; ``(low, high)`` is moved by a slider, ``(low, high, step)`` in steps
        of that size; a fourth number says where it starts.

    Examples
    --------
    >>> product = Circuit(lambda w, x: w * x, w=0.5, x=(-4, 4))
    >>> product.evidence(x=3)
    'At w = 0.5 and x = 3, f = w × x = 1.5. Nudge w a little and f moves 3 times as much; nudge x \
a little and f moves 0.5 times as much.'
    """

    title = "Values forward, gradients backward"
    shown = None, None  # the last state and its graph: picture, words and alt text ask one by one

    def __init__(self, f, /, *, states=None, **inputs):
        self.f, self.inputs = f, inputs
        self.controls = controls_for(f, inputs)
        self.states = named(states or {}, self.controls)
        super().__init__()

    @classmethod
    def example(cls):
        return cls(lambda x, y: maximum(x * y, y), x=(-4, 4, 0.5, -1), y=2)

    def value(self, /, **places):
        """Compute the formula."""
        return self.f(**{name: Node(value, name) for name, value in places.items()}).value

    @quiet  # the words say what has no value
    def made(self, state):
        """Compute the formula for a state, and draw its graph."""
        given = {name: Node(value, name) for name, value in (self.inputs | state).items()}
        output = tried(lambda: self.f(**given))
        if output is None:
            return Drawing(None)
        if not isinstance(output, Node):
            raise ValueError(f"The formula has to return a node, not {output!r:.40}.")
        drawing = Drawing(Story(output, list(backprop_steps(output)), trusted=True))
        drawing.given = given
        return drawing

    @cached_property
    def canvas(self):
        """The graph with room for its numbers wherever the sliders stand."""
        ends = product(*({c.low, c.start, c.high} for c in self.controls))
        states = [dict(zip(self.starts(), end, strict=True)) for end in ends]
        for c in self.controls:
            states += [self.starts() | {c.name: place} for place in c.positions]
        first, sizes = self.made(self.starts()), ()
        for state in states if first.story else ():
            with suppress(Exception):  # a formula may fail somewhere: its frame there says so
                others = self.made(state).sizes
                pairs = zip(sizes or others, others, strict=True)
                sizes = [Size(*map(max, *pair)) for pair in pairs]
        return Drawing(first.story, sizes)

    def drawing(self, state):
        """The graph with the numbers of a state; ValueError where the formula makes another one."""
        if self.canvas.story is None or state == self.shown[0]:
            return self.shown[1] if self.canvas.story else self.canvas
        drawing = self.made(state)
        if drawing.story is None or drawing.outline() != self.canvas.outline():
            raise ValueError(
                "The formula makes another graph here than where the sliders start, and only its "
                "numbers can move: choose between values with a gate such as maximum, not with if."
            )
        drawing.sizes, drawing.layout = self.canvas.sizes, self.canvas.layout
        self.shown = state, drawing
        return drawing

    def background(self):
        return roomy(self.canvas.key_sheet() if self.canvas.story else self.canvas.background())

    def fragment(self, **state):
        drawing = self.drawing(state)
        return group(drawing.labels(len(drawing) - 1), **SHEET) if drawing.story else ""

    def evidence(self, **state):
        drawing = self.drawing(state)
        if drawing.story is None:
            return NOT_TRIED
        return told(drawing.story, drawing.given, self.value, self.inputs | state)

    def alt(self, **state):
        drawing = self.drawing(state)
        return f"{drawing.alt} {self.evidence(**state)}" if drawing.story else drawing.alt
