"""How large a nudge should be: the error of a difference against h, and a kink in the way."""

from functools import cached_property

import numpy as np

from coursekit.activations import ReLU, Sigmoid, Tanh
from coursekit.differences import DIFFERENCES, errors_by_nudge
from coursekit.explorers.frame import Choice, Control, FigureExplorer
from coursekit.pictures.derivatives import (
    nudge_axes,
    nudge_finding,
    nudge_marks,
    nudge_reason,
    secant_axes,
    show_errors,
    show_nudge,
    show_secant,
)
from coursekit.style import animated, headline, new_figure, number

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
    σ′ at z = 1 by a nudge h = 1e-5 has a relative error of 9e-12 (centred) or 2.3e-6 (forward) in
    float64, 0.015 or 0.03 in float32. For the centred difference this is about the best h in
    float64; a larger h is better in float32: digits of f(z + h) and f(z − h) cancel.
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
        self.axes, self.curves, self.errors = lower, secant_axes(upper), nudge_axes(lower)
        self.head, self.marks = headline(lower, 1.04), nudge_marks(lower)
        self.marks.grip.set_gid("mark:h")
        self.moved = animated(*self.curves, *self.errors, self.head, *self.marks.moving)
        return figure

    @cached_property
    def handles(self):
        """The foot of the upright line, which drags h."""
        return {"h": self.handle("power", self.drawn and self.axes)}

    def move(self, power, function, place):
        f, z = FUNCTIONS[function], PLACES[place]
        show_secant(self.curves, f, z, 10.0**power)
        show_errors(self.errors, f, z)
        show_nudge(self.marks, f, z, power)
        self.head.set_text(nudge_finding(f, z))
        return self.moved

    def evidence(self, power, function, place):
        f, z = FUNCTIONS[function], PLACES[place]
        centred, forward, *single = (
            number(errors_by_nudge(f, z, difference, power)[0], 2) for difference in DIFFERENCES
        )
        where = f"at z = {place}" if np.ndim(z) == 0 else f"at {place} (the median)"
        return (
            f"{function}′ {where} by a nudge h = {nudge(power)} has a relative error of {centred} "
            f"(centred) or {forward} (forward) in float64, {single[0]} or {single[1]} in float32. "
            + nudge_reason(f, z, power)
        )

    def alt(self, **state):
        function, place = state["function"], state["place"]
        one = np.ndim(PLACES[place]) == 0
        drawn = f" around z = {place}, its tangent and the centred difference" if one else ""
        return (
            f"Above, {function}{drawn}. Below, "
            "the relative error of four differences against h, from 1e-12 to 1, on logarithmic "
            f"axes, with a mark on each at h. {self.evidence(**state)}"
        )
