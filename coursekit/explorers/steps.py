"""Step through a graph: values go forward gate by gate, then gradients come back."""

from html import escape
from itertools import islice

from coursekit.explorers.frame import Choice, Control, Explorer
from coursekit.folding import asked_for
from coursekit.graph import Node
from coursekit.nets import Pass
from coursekit.pictures.drawing import draw
from coursekit.pictures.networks import unfolding_of
from coursekit.units import graph_of

NEAR = 30  # nodes that are drawn of a larger graph: the slider stays in sight
SEARCHED = 200  # nodes of a graph that is searched for gates that fold, unless one asks for it
HELD = 80  # frames that travel with the widget; the others are drawn as the reader gets there
BUTTONS = 6  # gates to unfold are chosen by buttons; more of them by a slider


class StepThrough(Explorer):
    """Moves through a forward and a backward pass, one gate at a time (C01, C04, C05).

    Gates that belong together, such as the four of σ or those of a layer, fold into one gate with
    a double outline; a click on it unfolds it, and a click beside its gates folds it again. A click
    on the name of a layer's result shows the graph of one of its units, and the slider any other.

    Parameters
    ----------
    f : Node, Pass, or function without parameters that returns a node
        The output of the graph. The pass of a network is folded by layer at first.
    steps, most, fold : optional
        As in `draw`. A walk of your own is shown as it is, with nothing folded. With `fold` left
        out, a small graph starts unfolded and a larger one folded; with False, nothing folds.
    unit, example : tuple and int, optional
        Of a pass, the layer from 1 and the unit from 0 whose own graph is shown; see `unit_graph`.

    Examples
    --------
    >>> from coursekit import MLP, Node
    >>> x = Node(3, "x")
    >>> print(StepThrough(x * x).evidence(step=3))
    Backward, gate × (f): upstream 1 × local 3 = downstream 3 for x; upstream 1 × local 3 = \
downstream 3 is added (+=) to the gradient of x, now 6.
    >>> StepThrough(1 / (1 + exp(-x))).evidence(step=4, unfolded=0)
    'Forward, gate 1 of 1: f = σ(x) = σ(3) = 0.953. The gate σ folds 4 gates: neg, exp, + and ÷.'
    >>> StepThrough(MLP([2, 3, 1], Tanh())([[1, 2]]), unit=(1, 0)).title
    'Step through a1[0] = tanh(x[0] × W1[0, 0] + x[1] × W1[1, 0] + b1[0])'
    """

    scrolls = True

    def __init__(self, f, steps=None, most=NEAR, fold=None, unit=None, example=0, **state):
        run = f if isinstance(f, Pass) and unit is None else None
        if unit is not None:
            f = graph_of(f, unit, example)
        elif run:
            f, fold = run.output, True if fold is None else fold
        self.shown = self.drawing = draw(f, steps, most)
        self.title, self.states = "Step through a graph", {}
        if (story := self.drawing.story) is not None:
            self.title = f"Step through {story.function()}"
            searched = steps is None and (fold or len(story.whole) <= SEARCHED)
            if searched and (folds := asked_for(story.f, fold is None or fold)):
                self.unfold(folds, most, fold, run, example)
            turn, last = len(self.shown.story.gates), len(self.shown) - 1
            self.states = {"forward done": {"step": turn}}
            self.states |= {"backward done": {"step": last}} if turn < last else {}
        self.picks, last = self.shown.picks(), len(self.shown) - 1
        step = Control("step", "step", 0, last, 1, 0, self.place, self.shown.fine)
        self.controls = (step, *self.controls)
        super().__init__(**state)

    def unfold(self, folds, most, fold, run, example):
        """Offer to unfold what folds."""
        self.shown = unfolding_of(self.drawing.story.f, folds, most, run, example)
        last = self.shown.views - 1
        start = last if fold is None and len(self.shown.story.whole) <= most else 0
        if not start:
            self.drawing = draw(self.shown.story.f, None, most, fold or True)
        named, spoken = ("unfolded", "unfolded"), self.shown.spoken
        buttons = Choice(*named, tuple(range(last + 1)), start, spoken)
        slider = Control(*named, 0, last, 1, start, spoken)
        self.controls = (buttons if last <= BUTTONS else slider,)

    @classmethod
    def example(cls):
        """Step through the classic circuit (x + y) × z."""
        x, y, z = Node(-2.0, "x"), Node(5.0, "y"), Node(-4.0, "z")
        return cls((x + y).named("q") * z, step=2)

    def place(self, step):
        """Where a step stands in the two passes, as it is spoken."""
        return f"{step:.6g}: {self.shown.place(step)}" if self.shown.story else "not tried yet"

    def held(self):
        yield from self.states.values()
        views = [{}, *({"unfolded": view} for _ in self.controls[1:] for view in self.shown.near)]
        steps = range(len(self.shown))
        yield from islice(({"step": step} | view for view in views for step in steps), HELD)

    def background(self):
        return self.shown.background()

    def fragment(self, step, **view):
        return self.shown.frame(step, **view)

    def evidence(self, step, **view):
        return self.shown.words(step, **view)

    def alt(self, step, **view):
        return self.shown.seen(step, **view)

    def _repr_mimebundle_(self, **kwargs):
        # Without a kernel nothing moves, so the whole story is told at once.
        whole, trace = self.drawing._repr_html_(), escape(self.drawing.trace())
        if self.drawing.story:
            whole += f"<details><summary>Every step in words</summary><pre>{trace}</pre></details>"
        still = {"text/plain": self.drawing.alt, "text/html": whole}
        return super()._repr_mimebundle_(**kwargs) | still
