"""The order of the walk: the same graph, walked back in a wrong order, and where it goes wrong."""

from functools import cached_property
from itertools import product

from coursekit.explorers.frame import Choice, Control, Explorer
from coursekit.pictures.drawing import tried
from coursekit.pictures.wandering import RULES, aligned, walks
from coursekit.walks import ORDERS, fork

SAYS = {"+=": "is added (+=)", "=": "overwrites (=)"}
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
    Backward, gate + (q): upstream 1 × local 1 = downstream 1 is added (+=) to the gradient of p,
    now 2, too late: p sends nothing on after this; upstream 1 × local 1 = downstream 1 is added
    (+=) to the gradient of a, now 3. The walk is over: a has 3, and 5 is right. It went wrong in
    step 3: p sends on 1, before the rest of its gradient 2 has come.
    """

    title = "The order of the walk"

    def __init__(self, f=fork, **state):
        self.told, self.fault, last = {}, None, 1
        try:
            drawings = walks(tried(f))
            self.told = {way: (drawing, drawing.fault) for way, drawing in drawings.items()}
        except Exception as refusal:  # each frame says what is wrong
            self.fault = refusal
        for drawing, _ in self.told.values():
            last = max(last, len(drawing) - 1 - len(drawing.story.gates))
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
        """The graph, in the places that every walk keeps."""
        if self.fault:
            raise self.fault
        return aligned([drawing for drawing, _ in self.told.values()])

    def background(self):
        canvas = self.canvas
        return canvas.sheet(canvas.still(), canvas.breadth, canvas.foot + 4)

    def at(self, order, rule, step):
        """The drawing of a walk, and its moment at a step."""
        self.canvas  # noqa: B018  it gives every number its place
        drawing, _ = self.told[order, rule]
        return drawing, drawing.at_step(step)

    def fragment(self, **state):
        drawing, position = self.at(**state)
        return drawing.frame(position)

    def evidence(self, **state):
        drawing, position = self.at(**state)
        return drawing.words(position)

    def alt(self, **state):
        story = self.canvas.story
        way = f"walked back in the order “{state['order']}” with {state['rule']}"
        return f"The graph of {story.function()}, {way}. {self.evidence(**state)}"
