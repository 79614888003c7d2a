"""Step through a graph: values go forward gate by gate, then gradients come back."""

from functools import cached_property
from html import escape
from itertools import islice

from coursekit.drawing import draw
from coursekit.explorers.frame import Choice, Control, Explorer
from coursekit.folding import asked_for
from coursekit.graph import Node
from coursekit.unfolding import Unfolding

NEAR = 30  # nodes that are drawn of a larger graph: the slider stays in sight
HELD = 80  # frames that travel with the widget; the others are drawn as the reader gets there
FOLDED = 200  # nodes of a graph that is searched for gates that fold, unless one asks for it
BUTTONS = 6  # gates that unfold one by one are chosen by buttons; more of them by a slider


class StepThrough(Explorer):
    """Moves through a forward and a backward pass, one gate at a time.

    Gates that belong together, such as the four of σ or those of a layer, fold into one gate with
    a double outline; a click on it unfolds it, and a click beside its gates folds it again.

    Parameters
    ----------
    f : Node, or function without parameters that returns one
        The output of the graph.
    steps : iterable of Step, or function of f that returns one, optional
        The walk; see `draw`. A walk of your own is shown as it is, with nothing folded.
    most : int or None, optional
        How many nodes of a larger graph are drawn; see `draw`.
    fold : bool or mapping, optional
        What folds, see `draw`, and that it is folded at first. Left out, what is known to belong
        together folds, and a small graph starts unfolded; False folds nothing.

    Examples
    --------
    >>> from coursekit import Node
    >>> x = Node(3, "x")
    >>> walk = StepThrough(x * x)
    >>> print(walk.evidence(step=3))
    Backward, gate × (f): upstream 1 × local 3 = downstream 3 for x; upstream 1 × local 3 = \
downstream 3 is added (+=) to the gradient of x, now 6.
    >>> neuron = StepThrough(1 / (1 + exp(-x)))
    >>> print(neuron.evidence(step=1, unfolded=0))
    Forward, gate 1 of 1: f = σ(x) = σ(3) = 0.953. The gate σ folds 4 gates: neg, exp, + and ÷.
    """

    def __init__(self, f, steps=None, most=NEAR, fold=None, **state):
        self.drawing, self.unfolding = draw(f, steps, most), None
        self.story = story = self.drawing.story
        if story is not None and steps is None and fold is not False:
            self.unfold(story.f, most, fold)
        last = len(self.story.moments) - 1 if story else 0
        step = Control("step", "step", 0, last, 1, start=0, describe=self.place)
        self.controls = (step, *self.controls)
        self.title, self.states = "Step through a graph", {}
        if story is not None:
            turn = len(self.story.gates)
            self.title = f"Step through {story.function()}"
            self.states = {"forward done": {"step": turn}}
            if turn < last:
                self.states["backward done"] = {"step": last}
        super().__init__(**state)

    def unfold(self, f, most, fold):
        """Find what folds, and offer it."""
        auto = fold is None
        if auto and len(self.story.whole) > FOLDED:
            return
        folds = asked_for(f, auto or fold)
        if not folds:
            return
        self.unfolding = Unfolding(f, folds, most)
        self.story, self.picks = self.unfolding.axis, self.unfolding.picks
        last = len(self.unfolding.opened) - 1
        start = last if auto and len(self.story.whole) <= most else 0
        if not start:
            self.drawing = draw(f, None, most, True if auto else fold)
        choice = {"name": "unfolded", "label": "unfolded", "describe": self.unfolding.spoken}
        if last <= BUTTONS:
            self.controls = (Choice(options=tuple(range(last + 1)), start=start, **choice),)
        else:
            self.controls = (Control(low=0, high=last, step=1, start=start, **choice),)

    @cached_property
    def picks(self):
        """A gate that is picked shows where it works last: on the way back, if it does."""
        return {
            self.drawing.mark(moment.node): {"step": step}
            for step, moment in enumerate(self.story.moments if self.story else ())
            if moment.node is not None and moment.node.parents
        }

    @classmethod
    def example(cls):
        """Step through the classic circuit (x + y) × z."""
        x, y, z = Node(-2.0, "x"), Node(5.0, "y"), Node(-4.0, "z")
        return cls((x + y).named("q") * z, step=2)

    def place(self, step):
        """Where a step stands in the two passes, as it is spoken."""
        if self.story is None:
            return "not tried yet"
        moment = self.story.moments[step]
        if moment.phase == "start":
            return f"{step}: start"
        if moment.phase == "behind":
            return f"{step}: backward, the gates that are not drawn"
        way = "forward" if moment.phase == "forward" else "backward"
        inner = self.unfolding and self.unfolding.inner.get(moment.node)
        return f"{step}: {way}, {self.story.names[moment.node]}" + (f" in {inner}" if inner else "")

    def held(self):
        yield from self.states.values()
        steps = [{"step": step} for step in range(len(self.story.moments) if self.story else 1)]
        ways = [{}]
        if self.unfolding:
            last = len(self.unfolding.opened) - 1
            ways += [{"unfolded": view} for view in (0, last, *range(1, last))]
        yield from islice((step | way for way in ways for step in steps), HELD)

    def background(self):
        return (self.unfolding or self.drawing).background()

    def fragment(self, step, **view):
        return (self.unfolding or self.drawing).frame(step, **view)

    def evidence(self, step, **view):
        return (self.unfolding or self.drawing).words(step, **view)

    def alt(self, step, **view):
        story = self.drawing.story
        words = self.evidence(step=step, **view)
        return f"The graph of {story.function()}. {words}" if story else self.drawing.alt

    def _repr_mimebundle_(self, **kwargs):
        # Without a kernel nothing moves, so the whole story is told at once.
        whole = self.drawing._repr_html_()
        trace = escape(self.drawing.trace())
        if self.drawing.story is not None:
            whole += f"<details><summary>Every step in words</summary><pre>{trace}</pre></details>"
        bundle = super()._repr_mimebundle_(**kwargs)
        return bundle | {"text/plain": self.drawing.alt, "text/html": whole}
