"""One graph drawn several times: folded, with one gate unfolded, and with all of them.

All these drawings tell the same moments, those of the graph with everything unfolded. While it
goes through the gates that a drawing has folded into one, that drawing stays with the one. And
where a layer's arrays hide its units, `unit_graph` is the graph of one of them, number by number:
a `Network` unfolds down to these.
"""

from functools import cached_property, reduce
from html import escape
from itertools import zip_longest
from math import ceil
from operator import add

import numpy as np

from coursekit.backprop import backprop_steps, in_order
from coursekit.folding import folded
from coursekit.functions import maximum
from coursekit.graph import Node
from coursekit.nets import Pass
from coursekit.pictures.drawing import (
    MARKED,
    SHEET,
    Drawing,
    Region,
    group,
    our_walk,
    rectangle,
)
from coursekit.pictures.layout import RADIUS, text_width
from coursekit.pictures.story import Story
from coursekit.style import VALUE

UNITS = 200  # of a network whose units are shown one by one
HEAVIEST = 3  # inputs of a unit that are drawn beside its network, where it has more than TERMS
NO_WAY_BACK = (
    "Backward: the network has more than one output and no loss, so no gradient starts. Each unit "
    "has its own: show one."
)
TERMS = 6  # inputs of a unit that are drawn one by one: those that weigh most


class Unfolding:
    """A graph, its folds, and a drawing for each choice of what is unfolded.

    Parameters
    ----------
    f : Node
        The output.
    folds : list of Fold
        What folds, at least one.
    most : int or None
        How many nodes are drawn of a larger graph.

    Attributes
    ----------
    story : Story
        Everything unfolded: its moments are the steps.
    opened : list of list of Fold
        What each drawing has unfolded: nothing, each alone, everything.
    drawings : list of Drawing
    moments : list of list of int
        The moment that each drawing shows at each step.
    fine : int or float
        The part of a step to the next position: less than 1 where a drawing has more moments.
    """

    fine = 1

    def __init__(self, f, folds, most):
        self.folds, self.story = folds, Story(f, our_walk(f), trusted=True, most=None)
        alone = [[fold] for fold in folds] if len(folds) > 1 else []
        self.opened = [[], *alone, folds]
        self.drawings, self.moments, self.origins = [], [], []
        for opened in self.opened:
            self.add(f, opened, most)
        self.align()

    def add(self, f, opened, most):
        """Draw the graph with some of it unfolded."""
        closed = [fold for fold in self.folds if fold not in opened]
        f, place = folded(f, closed)
        origin = {new: old for old, new in place.items()}
        origin |= {place[fold.output]: fold.output for fold in closed}
        names = {new: self.story.names[old] for new, old in origin.items()}
        story = Story(f, our_walk(f), trusted=True, most=most, names=names)
        regions = {
            place[fold.output]: Region(fold.symbol, {place[node] for node in fold.inside})
            for fold in opened
        }
        self.drawings.append(Drawing(story, regions=regions))
        self.origins.append(origin)
        known = {(moment.phase, moment.node): at for at, moment in enumerate(story.moments)}
        at, moments = 0, []
        for moment in self.story.moments:
            at = max(at, known.get((moment.phase, place.get(moment.node)), at))
            moments.append(at)
        self.moments.append([*moments[:-1], len(story.moments) - 1])

    def align(self):
        """Give all drawings the same breadth and the same columns beneath."""
        together = {
            "breadth": max(drawing.breadth for drawing in self.drawings),
            "stops": [
                max(column)
                for column in zip_longest(*(d.stops for d in self.drawings), fillvalue=0)
            ],
        }
        for drawing in self.drawings:
            vars(drawing).update(together)

    @cached_property
    def labels(self):
        """What each fold is called."""
        symbols = [fold.symbol for fold in self.folds]
        return [
            fold.symbol
            if symbols.count(fold.symbol) == 1
            else f"{fold.symbol} at {self.story.names[fold.output]}"
            for fold in self.folds
        ]

    def spoken(self, view):
        """What a drawing has unfolded, in words."""
        if view in (0, len(self.opened) - 1):
            return "everything" if view else "nothing"
        return self.labels[view - 1]

    @property
    def views(self):
        """How many drawings there are to choose from."""
        return len(self.opened)

    @property
    def near(self):
        """The drawings that a reader comes to first."""
        return range(len(self.opened))

    @cached_property
    def inner(self):
        """The fold of each gate that a reader sees only when it is unfolded."""
        return {
            gate: label
            for fold, label in zip(self.folds, self.labels, strict=True)
            for gate in fold.gates[:-1]
        }

    def __len__(self):
        return len(self.story.moments)

    def place(self, step):
        """Where a step stands in the two passes."""
        inner = self.inner.get(self.story.moments[step].node)
        return self.story.place(step) + (f" in {inner}" if inner else "")

    def background(self):
        """What stands still in each of the drawings; a frame says which of them is seen."""
        stills = "".join(
            group(drawing.still() + drawing.rule(), id=f"view{view}")
            for view, drawing in enumerate(self.drawings)
        )
        last = self.drawings[-1]
        return last.sheet(f"<defs>{stills}</defs>", last.breadth, self.foot)

    @cached_property
    def foot(self):
        """Where the lowest of the drawings ends."""
        return max(drawing.foot for drawing in self.drawings)

    def frame(self, step, unfolded):
        """A moment of one of the drawings."""
        drawing = self.drawings[unfolded]
        still = group(f'<use href="#view{unfolded}"/>', pointer_events="none")
        moving = drawing.moving(self.moments[unfolded][step])
        marks = self.grounds(unfolded) + still + moving + self.handles(unfolded)
        return group(marks, **SHEET)

    def words(self, step, unfolded):
        """One sentence for a moment, in the gates that one of the drawings shows."""
        return self.drawings[unfolded].words(self.moments[unfolded][step])

    def seen(self, step, unfolded):
        """What a frame shows, for those who do not see it."""
        return self.drawings[unfolded].seen(self.moments[unfolded][step])

    def grounds(self, view):
        """The ground on which unfolded gates lie; whoever picks it folds them again."""
        drawing, origin = self.drawings[view], self.origins[view]
        labels = {fold.output: label for fold, label in zip(self.folds, self.labels, strict=True)}
        return "".join(
            drawing.ground(gate, f"fold {labels[origin[gate]]}")
            for gate in drawing.regions
            if gate in drawing.index
        )

    def handles(self, view):
        """What a reader takes hold of: a folded gate unfolds, another shows where it works."""
        drawing, origin = self.drawings[view], self.origins[view]
        closed = {
            fold.output: label
            for fold, label in zip(self.folds, self.labels, strict=True)
            if fold not in self.opened[view]
        }
        few, marks = len(drawing.story.gates) <= MARKED, ""
        for gate in drawing.story.gates:
            old = origin[gate]
            if old in closed:
                marks += drawing.handle(gate, *[f"unfold {closed[old]}"] * 2)
            elif few:
                marks += drawing.handle(gate, self.mark(old), f"gate {self.story.names[old]}")
        return marks

    def mark(self, gate):
        """What a gate is called where a reader picks it, whatever is unfolded."""
        return f"gate {self.story.gates.index(gate) + 1}"

    def picks(self):
        """What each mark does: a gate goes to its last step, a fold opens or closes."""
        picks = {
            self.mark(moment.node): {"step": step}
            for step, moment in enumerate(self.story.moments)
            if moment.node is not None and moment.node.parents
        }
        for at, label in enumerate(self.labels, start=1):
            picks[f"unfold {label}"], picks[f"fold {label}"] = {"unfolded": at}, {"unfolded": 0}
        return picks


class Network(Unfolding):
    """The graph of a network, folded by layer, and the graph of each of its units.

    A unit's gradient starts with what the network sends back to it: so its weights get what they
    get in the network. Its graph has moments of its own, one for each step of the network or for
    each part of a step. When they are done, they wait: both turn from forward to backward at the
    same step. Where the network sends nothing back, having more than one output, each unit goes its
    own way back in steps that follow.

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
            walk = list(backprop_steps(f, self.sent(layer, unit)))
            story = Story(f, walk, trusted=True, most=None)
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
                return NO_WAY_BACK
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


def unit_graph(run: Pass, layer: int, unit: int, example: int = 0, most: int = TERMS) -> Node:
    """Make the graph of one unit of a network, for one example, a node for each number.

    Parameters
    ----------
    run : Pass
        What the network made of its inputs.
    layer : int
        Counted from 1, as in $W_1$; the last one is the output layer.
    unit, example : int
        Counted from 0, as rows and columns are.
    most : int
        How many of its inputs are drawn, those that weigh most; the others come as one sum.

    Examples
    --------
    >>> from coursekit import MLP
    >>> run = MLP([2, 3, 1], Tanh())([[1.0, -2.0]])
    >>> round(float(unit_graph(run, 1, 2).value), 4), run.a[0].value[0, 2].round(4)
    (-0.0523, np.float64(-0.0523))
    """
    net = run.net
    if net.count > 1:
        raise ValueError(f"this is the pass of {net.count} nets: take one of them, as in .one(0)")
    counts = {"layer": len(net.sizes), "unit": net.sizes[min(max(layer, 0), len(net.sizes) - 1)]}
    for name, number, first in [("layer", layer, 1), ("unit", unit, 0)]:
        if not first <= number < counts[name]:
            last = counts[name] - 1
            raise ValueError(f"there is no {name} {number}: they run from {first} to {last}")
    W, b = run.parameters[2 * layer - 2 : 2 * layer]
    given = next(node for node in in_order(run.output) if W in node.parents).parents[0]
    rows = np.atleast_2d(given.value)
    if not -len(rows) <= example < len(rows):
        raise ValueError(f"there is no example {example}: they run from 0 to {len(rows) - 1}")
    hidden = layer < len(net.sizes) - 1
    source = f"a{layer - 1}" if layer > 1 else given.name or "x"
    inputs = [Node(value, f"{source}[{at}]") for at, value in enumerate(rows[example])]
    pieces = net.pieces if hidden else 1
    sums = [
        weighed(inputs, W, b, column, most) for column in range(unit * pieces, (unit + 1) * pieces)
    ]
    z = reduce(maximum, sums)
    if not hidden:
        return z.named(f"output[{unit}]")
    learned = [Node(alpha.value, alpha.name) for alpha in run.parameters[2 * len(net.sizes) - 2 :]]
    a = z if pieces > 1 else net.activation(z.named(f"z{layer}[{unit}]"), *learned[layer - 1 :][:1])
    return a.named(f"a{layer}[{unit}]")


def weighed(inputs, W, b, column, most):
    """The sum of the inputs times their weights and of the bias, the lightest taken together."""
    weights = [Node(row[column], f"{W.name}[{at}, {column}]") for at, row in enumerate(W.value)]
    sizes = [abs(x.value * w.value) for x, w in zip(inputs, weights, strict=True)]
    heaviest = sorted(sorted(range(len(inputs)), key=lambda at: -sizes[at])[:most])
    terms = [inputs[at] * weights[at] for at in heaviest]
    if others := sorted({*range(len(inputs))} - {*heaviest}):
        rest = sum(inputs[at].value * weights[at].value for at in others)
        terms.append(Node(rest, f"{len(others)} others"))
    return reduce(add, [*terms, Node(b.value[column], f"{b.name}[{column}]")])
