"""An activation under one's hand: its curve, its slope at z, and where it saturates."""

from dataclasses import fields, is_dataclass, replace
from functools import cached_property
from inspect import signature
from itertools import product

import numpy as np

from coursekit.activations import Activation
from coursekit.explorers.frame import Control, FigureExplorer
from coursekit.plots import (
    AXIS,
    HIGH,
    KINK,
    LOW,
    SATURATED,
    broken,
    curve_of,
    finding,
    name_of,
    shade,
    shaded,
    values_and_slopes,
)
from coursekit.story import listed
from coursekit.style import FAINT, GRADIENT, INK, VALUE, new_figure, number

GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "lambda_": "λ", "theta": "θ"}


class Given(Activation):
    """An activation that has inputs besides z, such as the α of PReLU, with these held still."""

    def __init__(self, op, **inputs):
        self.op, self.inputs, self.symbol = op, inputs, name_of(op)
        self.kinks = getattr(op, "kinks", ())

    def forward(self, z):
        return self.op.forward(z, *self.inputs.values())

    def slopes(self, a, z):
        """The local gradient in z and in each of the other inputs."""
        return self.op.local_gradients(a, z, *self.inputs.values())

    def slope(self, a, z):
        return self.slopes(a, z)[0]


class ActivationExplorer(FigureExplorer):
    """
    Curve and slope of any activation at a z that moves; its fields are sliders by themselves.

    So are the inputs that it has besides z, such as the α of PReLU.

    Shows what saturation does to a gradient (C11, C12): how much of it five layers let through.

    Examples
    --------
    >>> from coursekit import Sigmoid
    >>> ActivationExplorer(Sigmoid()).evidence(z=5)
    'σ′(5) = 0.00665, 3 % of its largest, 0.25: saturated. Five such layers let 1e-11 through.'
    """

    def __init__(self, activation: Activation, **state: float) -> None:
        self.activation = activation
        self.symbol = name_of(activation)
        self.title = f"{self.symbol} and its slope"
        self.controls = (
            Control("z", "pre-activation z", LOW, HIGH, step=0.25, start=2.5, fine=0.05),
            *parameters(activation)[:2],
        )
        super().__init__(**state)

    @cached_property
    def states(self):
        """Places on the curve that are worth a look, on whole steps."""
        try:
            start = {control.name: control.start for control in self.controls[1:]}
            places = curve_of(self.having(**start)).landmarks
        except Exception:  # the frames say what is wrong
            return {}
        return {name: {"z": round(4 * z) / 4} for name, z in places.items()}

    @cached_property
    def handles(self):
        """The point on the curve, which drags z."""
        self.drawn  # noqa: B018  it makes the axes
        return {"z": self.handle("z", self.axes[0])}

    def having(self, **parameters):
        """The activation with its parameters where the sliders are."""
        if inputs_of(self.activation):
            return Given(self.activation, **parameters)
        return replace(self.activation, **parameters) if parameters else self.activation

    def at(self, z, **parameters):
        """The curve with these parameters, and on it a and slope at z."""
        activation = self.having(**parameters)
        a, slope = (float(here[0]) for here in values_and_slopes(activation, np.array([z])))
        if not np.isfinite([a, slope]).all():
            raise ValueError(
                f"{self.symbol}({number(z)}) is {number(a)} and its slope there {number(slope)}."
            )
        return curve_of(activation), a, slope

    def figure(self):
        figure, self.axes = new_figure(height=4.8, rows=2, sharex=True)
        upper, lower = self.axes
        upper.set(xlim=(LOW, HIGH), ylabel="activation a")
        lower.set(
            ylabel="slope", xlabel=AXIS, title="Its slope is what a gradient is multiplied by"
        )
        # The curve moves only where there are parameters to move it.
        bends = {"animated": len(self.controls) > 1}
        self.shades = [shade(ax, **bends) for ax in self.axes]
        (self.curve,) = upper.plot([], [], color=VALUE, **bends)
        (self.slope,) = lower.plot([], [], color=GRADIENT, linestyle="--", **bends)
        (self.kinks,) = upper.plot([], [], **KINK, **bends)
        upper.set_title(" ", loc="center")  # keeps the room where the title itself moves
        self.head = upper.set_title(self.title, y=1)
        self.head.set(**bends)
        self.bent = [*self.shades, self.curve, self.slope, self.kinks, self.head]

        moves = {"animated": True}
        line = {"color": INK, "linewidth": 0.9, "linestyle": ":"}
        upright = [ax.axvline(0, **line, **moves) for ax in self.axes]
        (tangent,) = upper.plot([], [], color=GRADIENT, linestyle="--", **moves)
        (point,) = upper.plot([], [], "o", color=VALUE, markersize=10, gid="mark:z", **moves)
        (height,) = lower.plot([], [], "s", color=GRADIENT, markersize=8, **moves)
        place = {"x": 0.02, "y": 0.95, "s": "", "va": "top", **moves}
        says = [ax.text(transform=ax.transAxes, **place) for ax in self.axes]
        self.moved = upright, tangent, point, height, says
        for ax in self.axes:
            ax.axhline(0, color=FAINT, linewidth=0.8)
        self.set_limits()
        return figure

    def set_limits(self):
        """Make room for every curve that the sliders can bring, once, so that nothing jumps."""
        values, slopes = [], []
        moved = self.controls[1:]
        for ends in product(*((c.low, c.start, c.high) for c in moved)):
            parameters = {c.name: end for c, end in zip(moved, ends, strict=True)}
            try:
                curve = curve_of(self.having(**parameters))
            except Exception:  # the frames say what is wrong
                continue
            self.bend(curve)
            values += curve.a[np.isfinite(curve.a)].tolist()
            slopes += curve.slope[np.isfinite(curve.slope)].tolist()
        for ax, seen in zip(self.axes, (values, slopes), strict=True):
            low, high = (min(seen), max(seen)) if seen else (-1, 1)
            room = 0.12 * (high - low) or 1
            ax.set_ylim(low - room, high + room)

    def bend(self, curve):
        """Draw the curve itself."""
        for patch in self.shades:
            patch.set_path(shaded(curve))
        self.curve.set_data(curve.z, curve.a)
        self.slope.set_data(curve.z, broken(curve))
        self.kinks.set_data(curve.kinks, np.interp(curve.kinks, curve.z, curve.a))
        self.head.set_text(finding(self.activation, curve))

    def move(self, z, **parameters):
        curve, a, slope = self.at(z, **parameters)
        upright, tangent, point, height, says = self.moved
        for line in upright:
            line.set_xdata([z, z])
        reach = np.array([-1.5, 1.5])
        tangent.set_data(z + reach, a + slope * reach)
        point.set_data([z], [a])
        height.set_data([z], [slope])
        at = f"({number(z)}) = "
        says[0].set_text(f"{self.symbol}{at}{number(a, 3)}")
        says[1].set_text(f"{self.symbol}′{at}{number(slope, 3)}")
        moved = [*upright, tangent, point, height, *says]
        if not parameters:
            return moved
        self.bend(curve)
        return [*self.bent, *moved]

    def evidence(self, z, **parameters):
        curve, _, slope = self.at(z, **parameters)
        at = f"{self.symbol}′({number(z)}) = {number(slope, 3)}"
        if parameters:
            at = (
                " and ".join(f"{GREEK.get(n, n)} = {number(v)}" for n, v in parameters.items())
                + f": {at}"
            )
        if z in curve.kinks:
            at += " by choice, for the slope jumps at this kink"
        learned = self.learned(z, **parameters)
        if slope == 0:
            return f"{at}: nothing of a gradient comes through.{learned}"
        share = abs(slope) / curve.steepest
        flat = ": saturated" if share < SATURATED else ""
        return (
            f"{at}, {100 * share:.0f} % of its largest, {number(curve.steepest, 3)}{flat}."
            f" Five such layers {passed(abs(slope) ** 5)}.{learned}"
        )

    def learned(self, z, **parameters):
        """How fast the activation changes with each input that it has besides z, in words."""
        given = self.having(**parameters)
        if not isinstance(given, Given):
            return ""
        place = np.array([z])
        slopes = given.slopes(given.forward(place), place)[1:]
        told = [
            f"in {GREEK.get(name, name)} is {number(np.broadcast_to(slope, 1)[0], 3)}"
            for name, slope in zip(given.inputs, slopes, strict=True)
        ]
        return f" Its slope {listed(told)}."

    def alt(self, z, **parameters):
        curve, a, slope = self.at(z, **parameters)
        zones = " and ".join(
            f"from {number(low, 2)} to {number(high, 2)}" for low, high in curve.zones
        )
        return (
            f"{finding(self.activation, curve)}. Above, {self.symbol} between z = −6 and 6, with"
            f" its tangent at z = {number(z)}, where it is {number(a, 3)}; beneath, its slope,"
            f" there {number(slope, 3)}; shaded as saturated: {zones or 'nothing'}."
        )


def parameters(activation):
    """A control for each input besides z, and for each field that says over which span."""
    if inputs := inputs_of(activation):
        return [parameter(name, 0.25, 0, 1) for name in inputs]  # where He et al. (2015) start
    if not is_dataclass(activation):
        return []
    return [
        parameter(field.name, getattr(activation, field.name), *field.metadata["span"])
        for field in fields(activation)
        if "span" in field.metadata
    ]


def inputs_of(activation):
    """The names of the inputs that an op has besides z."""
    if isinstance(activation, Activation):
        return []
    return [*signature(activation.forward).parameters][1:]


def parameter(name, start, low, high):
    """A control in twenty steps, and on the value that the activation has."""
    steps = {round(float(value), 10) for value in np.linspace(low, high, 21)} | {float(start)}
    label = f"{GREEK.get(name, name)}"
    at = tuple(sorted(steps))
    return Control(name, label, at[0], at[-1], (high - low) / 20, float(start), at=at)


def passed(share):
    """What layers do to a gradient, in words."""
    if share > 1.005:
        return f"multiply it by {number(share, 3)}"
    return "let all of it through" if share > 0.995 else f"let {number(share, 1)} through"
