"""Step through a graph: values go forward gate by gate, then gradients come back."""

from html import escape

from coursekit.drawing import draw
from coursekit.explorers.frame import Control, Explorer

NEAR = 30  # nodes that are drawn of a larger graph: the slider stays in sight
HELD = 80  # moments that travel with the widget; longer walks are drawn as the reader gets there


class StepThrough(Explorer):
    """Moves through a forward and a backward pass, one gate at a time.

    Parameters
    ----------
    f : Node, or function without parameters that returns one
        The output of the graph.
    steps : iterable of Step, or function of f that returns one, optional
        The walk; see `draw`.
    most : int or None, optional
        How many nodes of a larger graph are drawn; see `draw`.

    Examples
    --------
    >>> from coursekit import Node
    >>> x = Node(3, "x")
    >>> walk = StepThrough(x * x)
    >>> print(walk.evidence(step=3))
    Backward, gate × (f): upstream 1 × local 3 = downstream 3 for x; upstream 1 × local 3 = \
downstream 3 is added (+=) to the gradient of x, now 6.
    """

    def __init__(self, f, steps=None, most=NEAR, **state):
        self.drawing = draw(f, steps, most)
        last = len(self.drawing) - 1
        self.controls = (Control("step", "step", 0, last, 1, start=0, describe=self.place),)
        self.title, self.states, self.picks = "Step through a graph", {}, {}
        story = self.drawing.story
        if story is not None:
            turn = len(story.gates)
            self.title = f"Step through {story.function()}"
            self.states = {"forward done": {"step": turn}}
            if turn < last:
                self.states["backward done"] = {"step": last}
            # A gate that is picked shows where it works last: on the way back, if it does.
            self.picks = {
                self.drawing.mark(moment.node): {"step": step}
                for step, moment in enumerate(story.moments)
                if moment.node is not None and moment.node.parents
            }
        super().__init__(**state)

    def place(self, step):
        """Where a step stands in the two passes, as it is spoken."""
        story = self.drawing.story
        if story is None:
            return "not tried yet"
        moment = story.moments[step]
        if moment.phase == "start":
            return f"{step}: start"
        if moment.phase == "behind":
            return f"{step}: backward, the gates that are not drawn"
        way = "forward" if moment.phase == "forward" else "backward"
        return f"{step}: {way}, {story.names[moment.node]}"

    def held(self):
        yield from self.states.values()
        yield from ({"step": step} for step in range(min(len(self.drawing), HELD)))

    def background(self):
        return self.drawing.background()

    def fragment(self, step):
        return self.drawing.frame(step)

    def evidence(self, step):
        return self.drawing.words(step)

    def alt(self, step):
        story = self.drawing.story
        return (
            f"The graph of {story.function()}. {self.evidence(step=step)}"
            if story
            else self.drawing.alt
        )

    def _repr_mimebundle_(self, **kwargs):
        # Without a kernel nothing moves, so the whole story is told at once.
        whole = self.drawing._repr_html_()
        trace = escape(self.drawing.trace())
        if self.drawing.story is not None:
            whole += f"<details><summary>Every step in words</summary><pre>{trace}</pre></details>"
        bundle = super()._repr_mimebundle_(**kwargs)
        return bundle | {"text/plain": self.drawing.alt, "text/html": whole}
