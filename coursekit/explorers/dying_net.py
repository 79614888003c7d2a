"""A net whose ReLUs die: trained anew whenever the learning rate moves, every unit told apart."""

from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from coursekit.activations import ReLU
from coursekit.data import spiral
from coursekit.diagnostics import percent
from coursekit.explorers.frame import Control, FigureExplorer, Handle
from coursekit.nets import MLP, he
from coursekit.planes import (
    CLOSE,
    above_zero,
    active_side,
    data_points,
    fates_grid,
    lattice,
    seats,
    show_fates,
    window,
)
from coursekit.probes import FATES, Census, census
from coursekit.style import INK, SERIES, number
from coursekit.training import error_rate, train

HIDDEN = (50, 50, 50)
UNITS = sum(HIDDEN)
# Less than half as long as in the lesson, so that five trainings fit into a second.
EPOCHS, LOOK = 40, 5
START = 0  # alive at a proper rate, dead at the others that have a name
POINTS, ARMS = spiral()
BOX = window(POINTS)
PLACES = lattice(BOX, fine=30)
SEATS = np.concatenate(seats(HIDDEN))


class Film(NamedTuple):
    """A training, looked at every five epochs.

    Attributes
    ----------
    nets : list of MLP
    whole : Census
    """

    nets: list[MLP]
    whole: Census

    def until(self, look: int) -> Census:
        """What was known at one of the looks."""
        known = tuple(share[: look + 1] for share in self.whole.shares)
        return Census(self.whole.steps[: look + 1], known, self.whole.spread)

    @property
    def dead(self) -> np.ndarray:
        """How many units of each layer were dead at each look: of shape (layers, looks)."""
        return np.array([(share == 0).sum(axis=1) for share in self.whole.shares])


@lru_cache(maxsize=12)
def film(rate: float) -> Film:
    """Train the net: spiral, weights and order of seed 0, batches of 32."""
    nets: dict[int, MLP] = {}
    net = MLP([2, *HIDDEN, 3], ReLU(), he)
    every = LOOK * -(-len(POINTS) // 32)
    watch = nets.__setitem__
    history = train(net, POINTS, ARMS, rate, EPOCHS, bar=False, watch=watch, every=every)
    if history.stopped:
        raise ValueError(f"At rate {number(rate)}, training {history.stopped}: choose a lower one.")
    return Film(list(nets.values()), census(nets, POINTS))


def name_of(unit: float) -> str:
    """Say where a unit stands.

    Examples
    --------
    >>> name_of(0), name_of(149)
    ('layer 1, unit 1', 'layer 3, unit 50')
    """
    layer, place = divmod(int(unit), HIDDEN[0])
    return f"layer {layer + 1}, unit {place + 1}"


class DyingNet(FigureExplorer):
    """The units of a net 2-50-50-50-3 on the spiral while the learning rate moves (C23–C25).

    Each rate is a training of its own, live: He's weights, batches of 32, 40 epochs. A unit that
    is picked shows where it is active, and tells its story. At high rates training is chaotic:
    another last digit of one weight, and other units die.

    Examples
    --------
    >>> print(DyingNet().evidence(epoch=0))
    This run, rate 0.5, step 0: 11 of 150 hidden units are dead (0, 7, 4 layer by layer), 11 of \
them born dead; 0 came back; 65 % of the points are misread. Layer 1, unit 1 is alive: active on \
44 % of the points.
    """

    title = "Which ReLUs die"
    controls = (
        Control("rate", "learning rate", 0.1, 3, 0.1, 0.5),
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
        yield from ({"epoch": epoch} for epoch in self.controls[1].positions)
        yield from ({"rate": rate} for rate in (0.1, 1.5, 3.0))  # each is a training

    def figure(self):
        figure = Figure(figsize=(5.8, 5.6))  # laid out by hand: half the time to the first picture
        axes = figure.subplot_mosaic(
            [["units", "units"], ["plane", "curves"]],
            height_ratios=(1, 1.3),
            width_ratios=(1.25, 1),
            gridspec_kw={"left": 0.12, "right": 0.97, "top": 0.93, "bottom": 0.09, "hspace": 0.42},
        )
        self.grid, plane, curves = axes.values()
        self.marks = fates_grid(HIDDEN, self.grid)
        self.grid.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=5, **CLOSE)
        look = {"color": INK, "markerfacecolor": "none", "markersize": 13}
        (self.ring,) = self.grid.plot([], [], "o", **look)
        data_points(POINTS, ARMS, plane)
        self.side = active_side(PLACES[:, 0], PLACES, plane)
        plane.set(xlim=BOX[:2], ylim=BOX[2:], xlabel="x₁", ylabel="x₂")
        self.lines = [
            curves.plot([], [], color=s.colour, linestyle=s.dash, label=f"layer {layer}")[0]
            for layer, s in enumerate(SERIES[:3], start=1)
        ]
        self.now = curves.axvline(0, color=INK, linewidth=0.9, linestyle=":")
        curves.legend(loc="upper left")
        curves.set(xlim=(0, EPOCHS), ylim=(-3, 160), yticks=range(0, 101, 20))
        curves.set(xlabel="epoch", title="Dead units, %")
        for ax in (self.grid, plane):
            ax.set_title(" ")  # keeps the place of the words that move
        words = {"x": 0, "y": 1.04, "s": "", "fontweight": "bold", "fontsize": 11}
        self.heads = [ax.text(transform=ax.transAxes, **words) for ax in (self.grid, plane)]
        self.moved = [
            *self.marks.values(),
            self.ring,
            self.side,
            *self.lines,
            self.now,
            *self.heads,
        ]
        for artist in self.moved:
            artist.set_animated(True)
        return figure

    @cached_property
    def corners(self):
        """Where each unit sits in the picture, in points from the upper left, and how far apart."""
        figure, _ = self.drawn
        places = self.grid.transData.transform(SEATS)
        places[:, 1] = 72 * figure.get_figheight() - places[:, 1]
        return places, places[1, 0] - places[0, 0]

    @cached_property
    def handles(self):
        """Whoever drags along a row goes from unit to unit; the slider is the row's keyboard."""
        places, apart = self.corners
        lows = places[:, 0] - apart * np.arange(UNITS)
        ends = [(float(low), float(low + apart * (UNITS - 1))) for low in lows]
        return {mark: Handle("unit", *end) for mark, end in zip(self.picks, ends, strict=True)}

    def background(self):
        places, apart = self.corners
        cells = "".join(
            f'<rect data-mark="{mark}" x="{x - apart / 2:.1f}" y="{y - apart / 2:.1f}"'
            f' width="{apart:.1f}" height="{apart:.1f}" fill="transparent"/>'
            for mark, (x, y) in zip(self.picks, places, strict=True)
        )
        return super().background().replace("</svg>", f"{cells}</svg>")

    def fragment(self, **state):
        # What is drawn over the units lets a pointer through to them.
        return f'<g pointer-events="none">{super().fragment(**state)}</g>'

    def move(self, rate, epoch, unit):
        shown, look = film(rate), epoch // LOOK
        taken = shown.until(look)
        show_fates(self.marks, taken)
        self.ring.set_data(*SEATS[[unit]].T)
        layer, place = divmod(unit, HIDDEN[0])
        z = shown.nets[look](PLACES).z[layer].value[:, place]
        self.side.set_path(above_zero(z, PLACES))
        for line, dead, units in zip(self.lines, shown.dead, HIDDEN, strict=True):
            line.set_data(range(0, EPOCHS + 1, LOOK), 100 * dead / units)
        self.now.set_xdata([epoch, epoch])
        dead = shown.dead[:, look].sum()
        self.heads[0].set_text(f"Dead: {dead} of {UNITS} hidden units, {percent(dead / UNITS)}")
        self.heads[1].set_text(f"{name_of(unit)}: {fate_of(taken, unit)}".capitalize())
        return self.moved

    def evidence(self, rate, epoch, unit):
        shown, look = film(rate), epoch // LOOK
        taken, dead = shown.until(look), shown.dead[:, look]
        born, back = (sum(taken.count(fate)) for fate in ("born dead", "revived"))
        wrong = error_rate(shown.nets[look], POINTS, ARMS)
        by_layer = ", ".join(map(str, dead))
        return (
            f"This run, rate {number(rate)}, step {taken.steps[-1]}: {dead.sum()} of {UNITS} "
            f"hidden units are dead ({by_layer} layer by layer), {born} of them born dead; {back} "
            f"came back; {percent(wrong)} of the points are misread. "
            f"{name_of(unit).capitalize()} {story(taken, unit)}."
        )

    def alt(self, rate, epoch, unit):
        shown, look = film(rate), epoch // LOOK
        taken = shown.until(look)
        counts = ", ".join(f"{sum(taken.count(fate))} {fate}" for fate in FATES)
        ends = ", ".join(f"{100 * share:.0f}" for share in shown.dead[:, -1] / HIDDEN)
        return (
            f"A grid of three layers of 50 units at learning rate {number(rate)}, epoch {epoch}: "
            f"{counts}. Beneath, the spiral and where {name_of(unit)} is active on it; beside it "
            f"the dead units of each layer over {EPOCHS} epochs, in the end {ends} %."
        )


def fate_of(taken: Census, unit: int) -> str:
    """Name the fate of a unit."""
    layer, place = divmod(unit, HIDDEN[0])
    return str(taken.fates(layer + 1)[place])


def story(taken: Census, unit: int) -> str:
    """Tell what became of a unit, as far as a look every few steps can know."""
    layer, place = divmod(unit, HIDDEN[0])
    since = taken.since(layer + 1)[place]
    share = percent(taken.shares[layer][-1, place])
    return {
        "alive": f"is alive: active on {share} of the points",
        "sparse": f"is sparse, not dead: active on {share} of the points, it learns from these",
        "revived": f"was dead and is active again since step {since}, on {share} of the points",
        "died": f"died: silent on every point since step {since}, its gradient is exactly 0",
        "born dead": "was born dead: silent on every point whenever it was looked at",
    }[fate_of(taken, unit)]
