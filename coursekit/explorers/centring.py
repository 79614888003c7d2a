"""Why a neuron wants inputs that are centred on 0: signs, zig-zag and condition."""

from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Any

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from coursekit.descents import OUTPUTS, Descent, descent, inputs_through
from coursekit.explorers.frame import Choice, Control, FigureExplorer
from coursekit.pictures.paths import path_artists, sign_artists
from coursekit.style import GRADIENT, SHADE, new_figure, number, percent

N, RATE, SEED = 200, 0.5, 3


@lru_cache(maxsize=32)  # picture and words of one state ask for the same descent
def learning(activation: str, batch: int, target: float, rate: float | None = RATE) -> Descent:
    """Let a neuron learn (1, target) from inputs that an activation has sent."""
    h = inputs_through(OUTPUTS[activation], N, seed=SEED)
    return descent(h, (1.0, target), None if batch == N else batch, rate, SEED)


class Centring(FigureExplorer):
    """A neuron learns two weights: its path, and how often both gradients have one sign.

    Where its inputs are all positive, both gradients on one example have the sign of the error
    (C14) and the path zig-zags (C15), unless batch or target are kind (C16). Centring cures it.

    Examples
    --------
    >>> print(Centring().evidence(activation="σ − ½"))
    Inputs from σ − ½, batch 1, w* = (1, −1): in 44 % of 111 steps both weight gradients have one
    sign, and the path is 1.22 × the straight line. The condition number is 1.1: all examples at
    once, at a rate of 0.3 over the largest curvature, take 7 steps.
    """

    title = "Inputs off centre: one sign, zig-zag, bad condition"
    controls = (
        Choice("activation", "inputs from", tuple(OUTPUTS)),
        Choice("batch", "examples a step", (1, 4, 32, N)),
        Control("target", "target w*₂", -1, 1, 0.25, -1, lambda t: f"w* = (1, {number(t)})"),
    )
    states = {
        "zig-zag": {"activation": "σ", "batch": 1, "target": -1.0},
        "centred": {"activation": "σ − ½", "batch": 1, "target": -1.0},
        "whole batch": {"activation": "σ", "batch": N, "target": -1.0},
        "lucky target": {"activation": "σ", "batch": 1, "target": 1.0},
    }

    @cached_property
    def handles(self):
        """The star, which drags the target."""
        self.drawn  # noqa: B018  it makes the axes
        return {"target": self.handle("target", self.plane, "y")}

    def figure(self) -> Figure:
        figure, self.plane = new_figure(height=3.9)
        grid = GridSpec(2, 2, figure, width_ratios=(1.25, 1), height_ratios=(1, 7))
        self.plane.set_subplotspec(grid[:, 0])
        meter, signs = (figure.add_subplot(grid[row, 1]) for row in (0, 1))
        self.trace = path_artists(self.plane)
        self.trace.target.set_gid("mark:target")
        self.plane.set(xlim=(-0.3, 1.4), ylim=(-1.3, 1.3), title=" ")
        _, self.bar = meter.barh([0, 0], [1, 0], color=[SHADE, GRADIENT])
        meter.set(xlim=(0, 1), yticks=(), xticks=(0, 0.5, 1), title=" ")
        meter.set_xticklabels(("0 %", "50 %", "100 %"))
        self.signs = sign_artists(signs)
        self.findings = [
            ax.text(0, y, "", transform=ax.transAxes, fontweight="bold", fontsize=11)
            for ax, y in ((self.plane, 1.015), (meter, 1.15))
        ]
        self.moved = [*self.trace, *self.signs, self.bar, *self.findings]
        for artist in self.moved:
            artist.set(animated=True)
        return figure

    def move(self, **state: Any) -> Iterable[Artist]:
        shown = learning(**state)
        self.trace.move(shown)
        self.bar.set_width(shown.agreement)
        self.signs.move(shown)
        self.findings[0].set_text(f"Path ÷ straight line: {shown.detour:.2f}")
        self.findings[1].set_text(f"Both signs alike: {percent(shown.agreement)}")
        return self.moved

    def evidence(self, **state: Any) -> str:
        shown = learning(**state)
        fair = learning(state["activation"], N, state["target"], None)
        return (
            f"{self.said(**state)}: in {percent(shown.agreement)} of {shown.steps} steps both "
            f"weight gradients have one sign, and the path is {shown.detour:.2f} × the straight "
            f"line. The condition number is {number(shown.condition, 2)}: all examples at once, at "
            f"a rate of 0.3 over the largest curvature, take {fair.steps} steps."
        )

    def said(self, activation: str, batch: int, target: float) -> str:
        """Name a state."""
        batch_said = "all examples a step" if batch == N else f"batch {batch}"
        return f"Inputs from {activation}, {batch_said}, w* = (1, {number(target)})"

    def alt(self, **state: Any) -> str:
        shown = learning(**state)
        return (
            f"{self.said(**state)}. A path of {shown.steps} steps over elliptic contours of the "
            f"loss, {shown.detour:.2f} times as long as the straight line beside it; a meter at "
            f"{percent(shown.agreement)}; and the direction of each step's gradient, a dot in the "
            "two shaded quarters where both signs are alike, a cross elsewhere."
        )
