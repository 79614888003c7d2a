"""A net whose ReLUs die: trained anew whenever the learning rate moves, every unit told apart."""

from functools import cached_property, lru_cache

from coursekit.activations import ReLU
from coursekit.data import spiral
from coursekit.explorers.frame import Control, FigureExplorer, Handle
from coursekit.films import Film
from coursekit.nets import MLP, he
from coursekit.pictures.fates import FatesView, story, tally, whereabouts
from coursekit.style import number, percent
from coursekit.training import error_rate

HIDDEN = (50, 50, 50)
UNITS = sum(HIDDEN)
# Less than half as long as in the lesson, so that five trainings fit into a second.
EPOCHS, LOOK = 40, 5
START = 0  # alive at a proper rate, dead at the others that have a name
POINTS, ARMS = spiral()


@lru_cache(maxsize=12)
def film(rate: float) -> Film:
    """Train the net: spiral, weights and order of seed 0, batches of 32."""
    taken = Film(MLP([2, *HIDDEN, 3], ReLU(), he), POINTS, ARMS, rate, EPOCHS, LOOK)
    if taken.stopped:
        raise ValueError(f"At rate {number(rate)}, training {taken.stopped}: choose a lower one.")
    return taken


def name_of(unit: float) -> str:
    """Say where a unit stands.

    Examples
    --------
    >>> name_of(0), name_of(149)
    ('layer 1, unit 1', 'layer 3, unit 50')
    """
    return whereabouts(int(unit), HIDDEN)


class DyingNet(FigureExplorer):
    """The units of a net 2-50-50-50-3 on the spiral while the learning rate moves (C23, C24, C25).

    Each rate is a training of its own, live: He's weights, batches of 32, 40 epochs. A unit that
    is picked shows where it is active, and tells its story. At high rates training is chaotic:
    another last digit of one weight, and other units die.

    Examples
    --------
    >>> print(DyingNet().evidence(epoch=0))
    This run, rate 0.5, epoch 0 (step 0): 11 of 150 hidden units, 7 %, are dead (0, 7, 4 layer by \
layer); 11 of 11 born dead never alive so far; 0 revived; 65 % of the points are misread. \
Layer 1, unit 1 is alive: active on 44 % of the points.
    """

    title = "Which ReLUs die"
    longest = 285
    controls = (
        Control("rate", "learning rate", 0.1, 3, 0.1, 0.5, fine=0.01),
        Control("epoch", "epoch", 0, EPOCHS, LOOK, start=EPOCHS),
        Control("unit", "unit", 0, UNITS - 1, 1, start=START, describe=name_of),
    )
    states = {
        "before training": {"rate": 0.5, "epoch": 0, "unit": START},
        "proper rate": {"rate": 0.5, "epoch": EPOCHS, "unit": START},
        "too high": {"rate": 1.0, "epoch": EPOCHS, "unit": START},
        "far too high": {"rate": 2.0, "epoch": EPOCHS, "unit": START},
    }
    picks = {f"unit {unit}": {"unit": unit} for unit in range(UNITS)}

    def held(self):
        yield from self.states.values()
        for rate in (self.controls[0].start, self.states["too high"]["rate"]):
            yield from ({"rate": rate, "epoch": epoch} for epoch in self.controls[1].positions)
        yield from ({"rate": rate} for rate in (0.1, 1.5, 3.0))  # each is a training

    def figure(self):
        self.view = FatesView(HIDDEN, POINTS, ARMS, range(0, EPOCHS + 1, LOOK))
        return self.view.figure

    @cached_property
    def handles(self):
        """Whoever drags along a row goes from unit to unit; the slider is the row's keyboard."""
        ends = self.view.rows()
        return {mark: Handle("unit", *end) for mark, end in zip(self.picks, ends, strict=True)}

    def background(self):
        return super().background().replace("</svg>", f"{self.view.cells(self.picks)}</svg>")

    def fragment(self, **state):
        # What is drawn over the units lets a pointer through to them.
        return f'<g pointer-events="none">{super().fragment(**state)}</g>'

    def move(self, rate, epoch, unit):
        return self.view.show(film(rate), epoch // LOOK, unit)

    def evidence(self, rate, epoch, unit):
        shown, look = film(rate), epoch // LOOK
        taken, dead = shown.until(look), shown.dead[:, look]
        never, back = (sum(taken.count(fate)) for fate in ("born dead", "revived"))
        wrong = percent(error_rate(shown.nets[look], POINTS, ARMS))
        return (
            f"This run, rate {number(rate)}, epoch {look * LOOK} (step {taken.steps[-1]}): "
            f"{dead.sum()} of {UNITS} hidden units, {percent(dead.sum() / UNITS)}, are dead "
            f"({', '.join(map(str, dead))} layer by layer); {never} of {shown.dead[:, 0].sum()} "
            f"born dead never alive so far; {back} revived; {wrong} of the points are misread. "
            f"{name_of(unit).capitalize()} {story(taken, unit)}."
        )

    def alt(self, rate, epoch, unit):
        shown, taken = film(rate), film(rate).until(epoch // LOOK)
        ends = ", ".join(f"{100 * share:.0f}" for share in shown.dead[:, -1] / HIDDEN)
        return (
            f"A grid of three layers of 50 units at learning rate {number(rate)}, epoch {epoch}: "
            f"{tally(taken)}. Beneath, the spiral and where {name_of(unit)} is active on it; "
            f"beside it the dead units of each layer over {EPOCHS} epochs, in the end {ends} %."
        )
