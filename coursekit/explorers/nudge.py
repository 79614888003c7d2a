"""How large a nudge should be: the error of a difference against h, and a kink in the way."""

from functools import cached_property

import numpy as np

from coursekit.activations import ReLU, Sigmoid, Tanh
from coursekit.curves import curve_of
from coursekit.derivatives import (
    DIFFERENCES,
    EXACT,
    POWERS,
    errors_by_nudge,
    kink_distance,
    nudge_axes,
    nudge_finding,
    show_errors,
)
from coursekit.explorers.frame import Choice, Control, FigureExplorer
from coursekit.style import FAINT, GRADIENT, INK, SERIES, VALUE, new_figure, number

FUNCTIONS = {"σ": Sigmoid(), "tanh": Tanh(), "ReLU": ReLU()}
MANY = np.linspace(-2, 2, 201)
PLACES = {"1": 1.0, "0.01": 0.01, "0": 0.0, "201 places": MANY}


def nudge(power):
    """The nudge itself, as it is written and spoken."""
    return number(10.0**power, 2)


class Nudge(FigureExplorer):
    """Moves the nudge h of a gradient check: rounding below, curvature above, kinks in the way.

    Examples
    --------
    >>> print(Nudge().evidence(power=-5))
    σ′ at z = 1 by a nudge h = 1e-5 is off by 9e-12 (centred) or 2.3e-6 (forward) in float64, by
    0.015 or 0.03 in float32. For the centred difference in float64 this is about the best h.
    """

    title = "How large a nudge?"
    controls = (
        Control("power", "nudge h", -12, 0, 1, start=-5, describe=nudge, fine=0.25),
        Choice("function", "function", tuple(FUNCTIONS)),
        Choice("place", "z", tuple(PLACES)),
    )
    states = {
        "best in float64": {"power": -5, "function": "σ", "place": "1"},
        "too small": {"power": -10, "function": "σ", "place": "1"},
        "too large": {"power": 0, "function": "σ", "place": "1"},
        "best in float32": {"power": -2, "function": "σ", "place": "201 places"},
        "kink in the way": {"power": 0, "function": "ReLU", "place": "0.01"},
        "on the kink": {"power": -5, "function": "ReLU", "place": "0"},
    }

    def figure(self):
        figure, (upper, lower) = new_figure(height=5.6, rows=2, height_ratios=(1, 2))
        self.axes = lower
        upper.set(xlim=(-2.2, 2.2), ylim=(-1.25, 2.2), xlabel="z", yticks=[0, 1, 2])
        upper.set_xticks(range(-2, 3))
        upper.axhline(0, color=FAINT, linewidth=0.8)
        (self.curve,) = upper.plot([], [], color=VALUE, animated=True)
        (self.secant,) = upper.plot([], [], color=INK, linewidth=1.2, marker="o", animated=True)
        (self.tangent,) = upper.plot([], [], color=GRADIENT, linestyle="--", animated=True)
        upper.legend(
            [self.curve, self.tangent, self.secant],
            ["the function", "its tangent at z", "centred: from z − h to z + h"],
            loc="upper left",
            fontsize=9,
        )
        self.errors = nudge_axes(lower)
        lower.set_title(" ")  # keeps the place of the words that move
        self.head = lower.text(0, 1.04, "", transform=lower.transAxes, weight="bold", fontsize=11)
        self.here = lower.axvline(0, color=INK, linewidth=1)
        (self.grip,) = lower.plot([], [], "s", color=INK, markersize=9, gid="mark:h")
        self.points = [
            lower.plot([], [], series.marker, markersize=10, markeredgecolor=series.colour)[0]
            for _, series in zip(DIFFERENCES, SERIES, strict=False)
        ]
        for artist in (*self.errors, self.head, self.here, self.grip, *self.points):
            artist.set_animated(True)
        for point in self.points:
            point.set(markerfacecolor="white", markeredgewidth=2, clip_on=False)
        return figure

    @cached_property
    def handles(self):
        """The foot of the upright line, which drags h."""
        return {"h": self.handle("power", self.drawn and self.axes)}

    def move(self, power, function, place):
        f, z = FUNCTIONS[function], PLACES[place]
        curve = curve_of(f, -2.2, 2.2)
        self.curve.set_data(curve.z, curve.a)
        ends, near = [], []
        if np.ndim(z) == 0:
            ends = z + np.array([-1, 1]) * 10.0**power
            near = z + np.array([-0.8, 0.8])
        self.secant.set_data(ends, f.forward(ends) if len(ends) else [])
        at = f.forward(z), z
        self.tangent.set_data(near, at[0] + f.slope(*at) * (near - z) if len(near) else [])
        show_errors(self.errors, f, z)
        self.head.set_text(nudge_finding(f, z))
        self.here.set_xdata([power, power])
        self.grip.set_data([power], [EXACT * 3])
        for point, difference in zip(self.points, DIFFERENCES, strict=True):
            error = errors_by_nudge(f, z, difference, power)[0]
            point.set_data([power], [max(error, EXACT)])
        shown = [self.curve, self.tangent, self.secant, *self.errors, self.head, self.here]
        return [*shown, self.grip, *self.points]

    def evidence(self, power, function, place):
        f, z = FUNCTIONS[function], PLACES[place]
        centred, forward, *single = (
            number(errors_by_nudge(f, z, difference, power)[0], 2) for difference in DIFFERENCES
        )
        where = f"at z = {place}" if np.ndim(z) == 0 else f"at {place} (the median)"
        return (
            f"{function}′ {where} by a nudge h = {nudge(power)} is off by {centred} (centred) or "
            f"{forward} (forward) in float64, by {single[0]} or {single[1]} in float32. "
            + reason(f, z, power)
        )

    def alt(self, **state):
        function, place = state["function"], state["place"]
        return (
            f"Above, {function} around z = {place}, its tangent and the centred difference. Below, "
            "the relative error of four differences against h, from 1e-12 to 1, on logarithmic "
            f"axes, with a mark on each at h. {self.evidence(**state)}"
        )


def reason(f, z, power):
    """Why the centred difference in float64 is off, in words."""
    h = 10.0**power
    crossed = sum(np.sum(np.abs(np.asarray(z) - kink) < h) for kink in f.kinks)
    if crossed and np.ndim(z):
        return (
            f"At {crossed} of the {z.size} places a kink lies between z − h and z + h: there the "
            "centred difference mixes two slopes."
        )
    if crossed and not kink_distance(f, z):
        return (
            "z stands on the kink: the centred difference gives the mean of both slopes, the "
            "forward one the right-hand slope, and each is a valid subgradient."
        )
    if crossed:
        return (
            "The kink at 0 lies between z − h and z + h: the centred difference mixes the slopes "
            "of both sides, which says nothing against the gradient."
        )
    errors = errors_by_nudge(f, z, DIFFERENCES[0])
    error = errors_by_nudge(f, z, DIFFERENCES[0], power)[0]
    if error <= max(10 * errors.min(), 1e-12):
        return "For the centred difference in float64 this is about the best h."
    if power > POWERS[errors.argmin()]:
        return "In float64 a smaller h is better here: the function bends within h."
    return "In float64 a larger h is better here: the digits of f(z + h) and f(z − h) cancel."
