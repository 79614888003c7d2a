"""The graph of a network, folded by layer, that unfolds down to the graph of each of its units.

A unit's graph has moments of its own; they are told along the steps of the network.
"""

from html import escape
from math import ceil

import numpy as np

from coursekit.backprop import backprop_steps, in_order
from coursekit.pictures.drawing import SHEET, Drawing, Region, group, rectangle
from coursekit.pictures.layout import RADIUS, text_width
from coursekit.pictures.story import Story
from coursekit.pictures.unfolding import Unfolding
from coursekit.style import VALUE
from coursekit.units import TERMS, elsewhere, unit_graph

UNITS = 200  # of a network whose units are shown one by one
HEAVIEST = 3  # inputs of a unit that are drawn beside its network, where it has more than TERMS
NO_WAY_BACK = (
    "Backward: the network's output is {} numbers, and a gradient starts at one, such as a loss. "
    "Each unit has its own: show one."
)


class Network(Unfolding):
    """The graph of a network, folded by layer, and the graph of each of its units.

    A unit's gradient starts with what the network sends back to it: so its weights get what they
    get in the network. Its graph has moments of its own, one for each step of the network or for
    each part of a step. When they are done, they wait: both turn from forward to backward at the
    same step. Where the network sends nothing back, its output being no single number, each unit
    goes its own way back in steps that follow.

    Parameters
    ----------
    run : Pass
    folds, most : optional
        As for `Unfolding`.
    example : int
        The row whose numbers the units show.

    Attributes
    ----------
    units : list of tuple
        The layer and the place of each unit; their graphs are the last of the drawings.
    """

    def __init__(self, run, folds, most, example=0):
        super().__init__(run.output, folds, most)
        self.run, self.example, self.graphs = run, example, {}
        self.several = len(np.atleast_2d(run.output.value)) > 1
        layers = enumerate(run.net.sizes[1:], start=1)
        self.units = [(layer, unit) for layer, size in layers for unit in range(size)]
        self.firsts = {layer: self.graph(layer, 0) for layer in range(1, len(run.net.sizes))}
        ways_back = [len(one) - 1 - len(one.story.gates) for one in self.firsts.values()]
        self.more = 0 if self.story.final else max(ways_back)  # steps that only the units have
        self.parts = max(max(self.parts_of(drawing)) for drawing in self.firsts.values())
        self.fine = 1 / self.parts if self.parts > 1 else 1
        all_of_them = [*self.drawings, *self.firsts.values()]
        self.foot = max(drawing.foot for drawing in all_of_them)
        breadth = max(drawing.breadth for drawing in all_of_them)
        for drawing in self.drawings:
            drawing.breadth = breadth

    def graph(self, layer, unit):
        """Draw the graph of a unit, on a ground of its own."""
        if (layer, unit) not in self.graphs:
            few = self.run.net.sizes[layer - 1] <= TERMS
            f = unit_graph(self.run, layer, unit, self.example, TERMS if few else HEAVIEST)
            sent, rest = self.sent(layer, unit), {}
            if sent is not None:
                rest = elsewhere(self.run, layer, self.example, f, sent, self.story.final)
            story = Story(f, list(joined(f, sent, rest)), trusted=True, most=None, before=rest)
            regions = {f: Region("one unit", {*in_order(f)} - {*story.folded})}
            self.graphs[layer, unit] = Drawing(story, regions=regions)
        return self.graphs[layer, unit]

    def sent(self, layer, unit):
        """The gradient that the network sends back to a unit; None where it sends nothing."""
        result = [*self.run.a, self.run.output][layer - 1]
        gradient = self.story.final.get(result)
        return None if gradient is None else np.atleast_2d(gradient)[self.example, unit]

    def name(self, layer, unit):
        """What a unit is called."""
        return f"a{layer}[{unit}]" if layer < len(self.firsts) else f"output[{unit}]"

    def __len__(self):
        return super().__len__() + self.more

    def own(self, step):
        """The network's own moment at a step."""
        return min(int(step + 1e-9), len(self.story.moments) - 1)

    @property
    def ends(self):
        """The step at which forward is done, and the last."""
        return len(self.story.gates), len(self) - 1

    def parts_of(self, drawing):
        """How many positions a step forward needs, and one back, so that each moment has one."""
        (done, last), gates = self.ends, len(drawing.story.gates)
        return ceil(gates / done), ceil((len(drawing) - 2 - gates) / max(last - 1 - done, 1))

    def moment(self, drawing, step):
        """The moment of a unit's graph that belongs to a step of the network."""
        (done, _), gates = self.ends, len(drawing.story.gates)
        forth, back = self.parts_of(drawing)
        if step < done + 1 - 1e-6:
            return min(int(step * forth + 1e-6), gates)
        return min(gates + 1 + int((step - done - 1) * back + 1e-6), len(drawing) - 1)

    def positions(self):
        """Every step and the parts between two."""
        return [place / self.parts for place in range(self.parts * (len(self) - 1) + 1)]

    def unit(self, view):
        """The unit that a view shows; None for a view of the network."""
        return self.units[view - len(self.opened)] if view >= len(self.opened) else None

    @property
    def views(self):
        return len(self.opened) + len(self.units)

    @property
    def near(self):
        firsts = [at for at, (_, unit) in enumerate(self.units, len(self.opened)) if unit == 0]
        return [*super().near, *firsts]

    def spoken(self, view):
        if unit := self.unit(view):
            return f"unit {self.name(*unit)}" + f" of example {self.example}" * self.several
        return super().spoken(view)

    def place(self, step):
        """Where the network stands at a step, whatever is shown of it."""
        if step > self.ends[0] and self.more:
            return "backward, units only"
        return super().place(self.own(step)) + " of the network" * (step > 0)

    def frame(self, step, unfolded):
        unit = self.unit(unfolded)
        if unit is None:
            return super().frame(self.own(step), unfolded)
        drawing, sheet = self.graph(*unit), self.drawings[-1]
        marks = drawing.ground(drawing.story.f, "fold into the network")
        marks += group(drawing.still() + drawing.rule(), pointer_events="none")
        marks += drawing.moving(self.moment(drawing, step)) + self.holds(unit, drawing)
        fit = min(1, sheet.breadth / drawing.breadth, self.foot / drawing.foot)
        return group(group(marks, transform=f"scale({fit:.3f})"), **SHEET)

    def holds(self, unit, drawing):
        """What a reader takes hold of in a unit's graph: its gates, and the units beneath it."""
        marks, (layer, _) = "", unit
        for at, gate in enumerate(drawing.story.gates, start=1):
            marks += drawing.handle(
                gate, f"layer {layer} gate {at}", f"gate {drawing.story.names[gate]}"
            )
        beneath = {self.name(*other) for other in self.units if other[0] == layer - 1}
        for node in drawing.places:
            if node.name in beneath:
                x, y = drawing.layout.centres[drawing.index[node]]
                marks += underline(x, y + 7, text_width(drawing.caption(drawing.index[node]), 13))
                marks += drawing.handle(node, *[f"show unit {node.name}"] * 2)
        return marks

    def words(self, step, unfolded):
        unit = self.unit(unfolded)
        if unit is None:
            if step > self.ends[0] and self.more:
                return NO_WAY_BACK.format(np.size(self.run.output.value))
            return super().words(self.own(step), unfolded)
        drawing = self.graph(*unit)
        moment = self.moment(drawing, step)
        words = drawing.words(moment)
        turns = drawing.story.moments[moment].phase == "turn"
        if turns and unit[0] < len(self.firsts) and self.sent(*unit) is not None:
            words = f"{words.removesuffix('.')}, which the network sends it."
        finer = (
            " Shift and an arrow key go gate by gate." if max(self.parts_of(drawing)) > 1 else ""
        )
        return f"{self.spoken(unfolded).capitalize()}. {words}{finer}"

    def seen(self, step, unfolded):
        unit = self.unit(unfolded)
        if unit is None:
            return super().seen(self.own(step), unfolded)
        drawing = self.graph(*unit)
        return drawing.seen(self.moment(drawing, step))

    def handles(self, view):
        """Beside the gates: the name of each layer's result, which shows the first of its units."""
        drawing, origin, marks = self.drawings[view], self.origins[view], super().handles(view)
        results = dict(zip([*self.run.a, self.run.output], self.firsts, strict=True))
        for gate in drawing.story.gates:
            if origin[gate] in results:
                place = drawing.index[gate]
                x, y = drawing.layout.centres[place]
                wide = text_width(drawing.heading(place), 11)
                top = y - RADIUS - 3
                spoken = escape(f"show unit {self.name(results[origin[gate]], 0)}")
                marks += group(
                    rectangle(x, top - 5, wide + 6, 13, 2),
                    fill="none",
                    pointer_events="all",
                    data_mark=spoken,
                    aria_label=spoken,
                )
                marks += underline(x, top, wide)
        return marks

    def picks(self):
        """What each mark does: it shows a unit, folds it again, or goes to where a gate works."""
        picks = super().picks() | {"fold into the network": {"unfolded": 0}}
        for view, unit in enumerate(self.units, start=len(self.opened)):
            picks[f"show unit {self.name(*unit)}"] = {"unfolded": view}
        for layer, drawing in self.firsts.items():
            gates = {f"gate {at}": f"layer {layer} gate {at}" for at in range(1, len(drawing) + 1)}
            at = {self.moment(drawing, step): step for step in reversed(self.positions())}
            for gate, goes in drawing.picks().items():
                picks[gates[gate]] = {"step": at[goes["step"]]}
        return picks


def joined(f, sent, rest):
    """Walk back over a part of a graph, where some of its nodes have got a gradient elsewhere."""
    for step in backprop_steps(f, sent):
        totals = zip(step.node.parents, step.total, strict=True)
        yield step._replace(total=tuple(now + rest.get(parent, 0) for parent, now in totals))


def underline(x, y, wide):
    """A line beneath a name that leads on to another picture."""
    line = f'<path d="M{x - wide / 2:.1f} {y:.1f}h{wide:.1f}" stroke="{VALUE}"/>'
    return group(line, pointer_events="none")


def unfolding_of(f, folds, most, run=None, example=0):
    """Unfold a graph; that of a network down to its units, if there are few enough to go through.

    Parameters
    ----------
    f, folds, most
        As for `Unfolding`.
    run : Pass, optional
        Of the network whose output f is.
    example : int
        The row whose numbers the units show.

    Examples
    --------
    >>> from coursekit import MLP
    >>> from coursekit.folding import composites
    >>> run = MLP([2, 3, 1], Tanh())([[1.0, 2.0]])
    >>> network = unfolding_of(run.output, composites(run.output), None, run)
    >>> [network.spoken(view) for view in range(3, network.views)]
    ['everything', 'unit a1[0]', 'unit a1[1]', 'unit a1[2]', 'unit output[0]']
    >>> network.words(1, unfolded=6)
    'Unit a1[2]. Forward, gate 1 of 5: g1 = x[0] × W1[0, 2] = 1 × 0.405 = 0.405.'
    """
    if run and run.net.count == 1 and sum(run.net.sizes[1:]) <= UNITS:
        return Network(run, folds, most, example)
    return Unfolding(f, folds, most)
