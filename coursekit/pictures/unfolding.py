"""One graph drawn several times: folded, with one gate unfolded, and with all of them.

All these drawings tell the same moments, those of the graph with everything unfolded. While it
goes through the gates that a drawing has folded into one, that drawing stays with the one.
"""

from functools import cached_property
from itertools import zip_longest

from coursekit.folding import folded
from coursekit.pictures.drawing import MARKED, SHEET, Drawing, Region, group, our_walk
from coursekit.pictures.story import Story


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
        """One sentence for a moment, in the gates that a drawing shows; and what moves in them."""
        words = self.drawings[unfolded].words(self.moments[unfolded][step])
        label = self.inner.get(self.story.moments[step].node)
        if label is None or self.folds[self.labels.index(label)] in self.opened[unfolded]:
            return words
        return f"{words} Inside {label}: {self.story.line(step)}."

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
