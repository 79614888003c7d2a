"""Maxout under one's hand: two to four lines, of which the largest counts."""

from functools import cached_property

from coursekit.explorers.frame import Control, FigureExplorer
from coursekit.pictures.curves import Pieces
from coursekit.pictures.plots import MOST_PIECES, REACH, MaxoutView
from coursekit.pictures.story import listed
from coursekit.style import new_figure, number

ENDS = [f"{side}{piece}" for piece in range(1, MOST_PIECES + 1) for side in ("left", "right")]


def lines(*ends, pieces=2):
    """A state: the ends of each piece, left and right, from the first on."""
    return {"pieces": pieces, **dict(zip(ENDS, map(float, ends), strict=False))}


class MaxoutEditor(FigureExplorer):
    """A Maxout unit whose lines are dragged by their ends.

    It contains ReLU and leaky ReLU (C29); it does not saturate, but a piece may lie beneath the
    others wherever there is data, and comes back when a rival moves (C30); every piece has weights
    of its own (C31).

    Examples
    --------
    >>> print(MaxoutEditor().evidence(**MaxoutEditor.states["|z|"]))
    This is |z|: the largest difference is 0. Of z ~ N(0, 1) between −4 and 4 the largest is piece 1
    for 50 % and piece 2 for 50 %. 2 pieces a unit: a layer from 784 to 100 has 157,000 parameters,
    2 × 78,500.
    """

    title = "Maxout: the largest of a few lines"
    controls = (
        Control("pieces", "pieces k", 2, MOST_PIECES, 1, start=2),
        *(
            Control(end, f"{end[:-1]} end of piece {end[-1]}", -4.0, 4.0, 0.25, at, slider=False)
            for end, at in zip(ENDS, (-4.0, 4.0, 0.0, 0.0, 1.0, 1.0, 2.0, -4.0), strict=True)
        ),
    )
    states = {
        "ReLU": lines(-4, 4, 0, 0),
        "leaky ReLU": lines(-4, 4, -1, 1),
        "|z|": lines(-4, 4, 4, -4),
        "a bowl": lines(-4, 2, -1, 1, 1, -1, 2, -4, pieces=4),
        "one unused": lines(-4, 4, 4, -4, -3, -2, pieces=3),
    }

    def held(self):
        yield from self.states.values()
        yield from ({"pieces": k} for k in range(2, MOST_PIECES + 1))
        for end in ("left2", "right2"):  # of ReLU: one line moves without a kernel too
            yield from ({end: place / 2} for place in range(-8, 9))

    @cached_property
    def handles(self):
        """Both ends of each line."""
        self.drawn  # noqa: B018  it makes the axes
        return {end: self.handle(end, self.view.ax, axis="y") for end in ENDS}

    def figure(self):
        figure, ax = new_figure(height=4.2)
        figure.set_layout_engine(None)  # to find margins takes longer than all else
        figure.subplots_adjust(0.105, 0.12, 0.97, 0.92)
        self.view = MaxoutView(ax, ENDS, animated=True)
        return figure

    def pieces_of(self, pieces, **ends):
        """The lines of a state."""
        heights = [ends[end] for end in ENDS[: 2 * pieces]]
        return Pieces.through(-REACH, heights[::2], REACH, heights[1::2])

    def move(self, **state):
        return self.view.show(self.pieces_of(**state))

    def evidence(self, **state):
        unit = self.pieces_of(**state)
        k = len(unit.w)
        count = f"{k * 78_500:,}"
        return (
            f"{unit.finding()} {unit.words()} {k} pieces a unit: a layer from 784 to 100 has "
            f"{count} parameters, {k} × 78,500."
        )

    def alt(self, **state):
        unit = self.pieces_of(**state)
        said = listed(
            [
                f"{number(w, 3)} z {'−' if b < 0 else '+'} {number(abs(b), 3)}"
                for w, b in zip(*unit, strict=True)
            ]
        )
        return (
            f"The lines {said}, each with a dash and a mark of its own, between z = −4 and 4, and "
            f"in bold the largest of them at each z. {unit.finding()}"
        )
