"""Pictures of activations: the curve, its slope, and where it saturates."""

from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from coursekit.activations import Activation
from coursekit.probes import SATURATED
from coursekit.style import FAINT, GRADIENT, RC, SHADE, VALUE, new_figure

LOW, HIGH = -6.0, 6.0


class Curve(NamedTuple):
    """An activation over a stretch of z: a and slope at each z, and what one says of them."""

    z: np.ndarray
    a: np.ndarray
    slope: np.ndarray
    kinks: tuple

    @property
    def steepest(self):
        """The size of the largest slope."""
        return float(np.nanmax(np.abs(self.slope), initial=0.0))

    @property
    def zones(self):
        """Where it saturates: (from, to) for each stretch whose slope is under 5 % of its largest.

        Examples
        --------
        >>> from coursekit import Sigmoid
        >>> [(round(low, 1), round(high, 1)) for low, high in curve_of(Sigmoid()).zones]
        [(-6.0, -4.4), (4.4, 6.0)]
        """
        flat = (np.abs(self.slope) < SATURATED * self.steepest) | (self.slope == 0)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], flat, [False]])))
        ends = zip(edges[::2], edges[1::2] - 1, strict=True)
        return tuple((float(self.z[first]), float(self.z[last])) for first, last in ends)

    @property
    def landmarks(self):
        """Places that are worth a look, by name: where it is steepest, saturated, or has a kink.

        Examples
        --------
        >>> from coursekit import ReLU
        >>> curve_of(ReLU()).landmarks
        {'saturated': -3.0, 'kink': 0.0}
        """
        places = {}
        steep = self.z[np.abs(self.slope) > 0.999 * self.steepest]
        if steep.size and np.ptp(steep) < 1:
            places["steepest"] = float(np.mean(steep))
        if self.zones:
            widest = max(self.zones, key=lambda zone: (round(zone[1] - zone[0], 6), zone))
            places["saturated"] = float(np.mean(widest))
        if self.kinks:
            places["kink"] = float(self.kinks[0])
        return places


def curve_of(activation: Activation, low: float = LOW, high: float = HIGH) -> Curve:
    """
    An activation and its slope from low to high.

    Raises
    ------
    ValueError
        Says in one sentence what the activation gives that is no curve.

    Examples
    --------
    >>> from coursekit import Tanh
    >>> curve_of(Tanh()).steepest
    1.0
    """
    kinks = tuple(kink for kink in activation.kinks if low <= kink <= high)
    beside = [kink + side for kink in kinks for side in (-1e-9, 0.0, 1e-9)]
    z = np.union1d(np.linspace(low, high, 241), beside)
    a, slope = values_and_slopes(activation, z)
    # A leaky ReLU that leaks everything is straight: parameters can smooth a kink away.
    left, right = (np.interp([k + side for k in kinks], z, slope) for side in (-1e-9, 1e-9))
    smooth = np.isclose(left, right)
    return Curve(
        z, a, slope, tuple(k for k, is_smooth in zip(kinks, smooth, strict=True) if not is_smooth)
    )


def values_and_slopes(activation: Activation, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What an activation gives at each z, its own or a learner's; ValueError if it is no answer."""
    name = type(activation).__name__
    with np.errstate(all="ignore"):
        a = answer(f"{name}.forward", activation.forward(z), z)
        return a, answer(f"{name}.slope", activation.slope(a, z), z)


def answer(name, given, z):
    """What a learner's function gave, as one real number for each z."""
    given = np.asarray(given)
    if given.dtype.kind not in "fiub":
        kind = "complex numbers" if given.dtype.kind == "c" else f"{given.dtype} values"
        raise ValueError(f"{name} gives {kind}, and only real numbers can be drawn.")
    if given.shape not in ((), z.shape):
        raise ValueError(
            f"{name} makes shape {given.shape} of z's {z.shape}: one value a z, please."
        )
    return np.broadcast_to(given.astype(float), z.shape)


def plot_activation(
    activation: Activation, low: float = LOW, high: float = HIGH, ax: Axes | None = None
) -> Axes:
    """
    Plot an activation, solid, and its slope, dashed; where it saturates is shaded.

    Examples
    --------
    >>> from coursekit import Sigmoid
    >>> plot_activation(Sigmoid()).get_title("left")
    'σ flattens on both sides: slope at most 0.25'
    """
    curve = curve_of(activation, low, high)
    with matplotlib.rc_context(RC):
        ax = ax or new_figure()[1]
        ax.axhline(0, color=FAINT, linewidth=0.8)
        shade(ax).set_path(shaded(curve))
        ax.plot(curve.z, curve.a, color=VALUE, label=f"{name_of(activation)}, the activation")
        ax.plot(
            curve.z,
            broken(curve),
            color=GRADIENT,
            linestyle="--",
            label=f"{name_of(activation)}′, its slope",
        )
        ax.plot(curve.kinks, np.interp(curve.kinks, curve.z, curve.a), **KINK)
        ax.set(xlim=(low, high), xlabel=AXIS, title=finding(activation, curve))
        ax.legend()
    return ax


AXIS = "pre-activation z   (shaded: saturated, slope under 5 % of its largest)"
KINK: dict[str, Any] = {
    "marker": "D",
    "color": VALUE,
    "markerfacecolor": "white",
    "linestyle": "none",
}


def finding(activation: Activation, curve: Curve) -> str:
    """What the curve shows, as a title."""
    if curve.steepest == 0:
        return f"{name_of(activation)} is flat everywhere: it passes no gradient"
    ends = {side for zone in curve.zones for side in zone} & {curve.z[0], curve.z[-1]}
    flat = {0: "never flattens", 1: "flattens on one side", 2: "flattens on both sides"}[len(ends)]
    return f"{name_of(activation)} {flat}: slope at most {curve.steepest:.3g}"


def name_of(activation):
    """An activation's symbol, or what its class is called."""
    return getattr(activation, "symbol", "") or type(activation).__name__


def broken(curve):
    """The slope without the upright line that would join the two sides of a kink."""
    return np.where(np.isin(curve.z, curve.kinks), np.nan, curve.slope)


def shade(ax, **look):
    """A patch for what `shaded` outlines: as high as the axes are, behind everything."""
    look = {"facecolor": SHADE, "edgecolor": "none", "alpha": 0.6, "zorder": 0} | look
    return ax.add_artist(PathPatch(shaded(None), transform=ax.get_xaxis_transform(), **look))


def shaded(curve):
    """The outline of the saturated zones: as wide as they are, from bottom to top."""
    boxes = [
        Path([(low, 0), (high, 0), (high, 1), (low, 1), (low, 0)], closed=True)
        for low, high in (curve.zones if curve else ())
    ]
    return Path.make_compound_path(*boxes) if boxes else Path(np.empty((0, 2)))
