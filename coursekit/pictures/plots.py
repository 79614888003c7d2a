"""Pictures of activations: the curve, its slope, where it saturates, and what passes through."""

from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from coursekit.activations import ELU, Activation, LeakyReLU
from coursekit.pictures.curves import (
    HIGH,
    LOW,
    REACH,
    Curve,
    Outputs,
    Pieces,
    curve_of,
    finding,
    name_of,
)
from coursekit.pictures.foreign import curved
from coursekit.pictures.story import plural
from coursekit.probes import normal_cloud
from coursekit.style import (
    FAINT,
    GRADIENT,
    INK,
    RC,
    SERIES,
    SHADE,
    VALUE,
    merely_close,
    new_figure,
    number,
    percent,
    written,
)

__all__ = ["plot_activation", "plot_leaks", "plot_learned", "plot_maxout", "plot_passing"]


def plot_activation(
    activation: Activation, low: float = LOW, high: float = HIGH, ax: Axes | None = None
) -> Axes:
    """
    Plot an activation, solid, and its slope, dashed; where it saturates is shaded.

    What flattens, and how steep it is at most, is told of −6 to 6 at least, however little of it
    is shown.

    Parameters
    ----------
    activation : Activation
        Yours or the course's, or its class.
    low, high : float
        From which z to which.
    ax : Axes, optional

    Examples
    --------
    >>> from coursekit import Sigmoid
    >>> plot_activation(Sigmoid()).get_title("left")
    'σ flattens on both sides: slope at most 0.25'
    """
    activation = curved(activation)
    curve = curve_of(activation, low, high)
    found = finding(activation, curve_of(activation, min(low, LOW), max(high, HIGH)))
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
        ax.set(xlim=(low, high), xlabel=AXIS, title=found)
        ax.legend()
    return ax


def plot_passing(activation: Activation, spread: float = 1.0, ax: Axes | None = None) -> Axes:
    """
    Plot a cloud of pre-activations, how it passes through an activation, and what comes out.

    The cloud is normal, with mean 0. Its histogram stands on the lower axis, that of the outputs
    lies on the right; thin lines lead the nine deciles from one to the other.

    Examples
    --------
    >>> from coursekit import Tanh
    >>> plot_passing(Tanh(), spread=2).get_title("left")
    'A cloud of spread 2 leaves tanh with mean 0 and spread 0.8'
    """
    activation = curved(activation)
    curve, outputs = curve_of(activation), Outputs.of(activation, spread)
    with matplotlib.rc_context(RC):
        ax = ax or new_figure()[1]
        ax.set(
            ylim=with_room([curve.a]),
            xlabel="pre-activation z   (shaded: saturated)",
            ylabel="activation a",
            title=f"A cloud of spread {number(spread)} leaves {outputs.name} with "
            f"{outputs.moments}",
        )
        shade(ax).set_path(shaded(curve))
        ax.plot(curve.z, curve.a, color=VALUE)
        Passing(ax).show(outputs)
    return ax


BESIDE = 0.15  # of the axes is for a histogram, at most


def with_room(seen: Iterable[np.ndarray], beneath: float = 0.32) -> tuple[float, float]:
    """Limits for all that is seen, with room for a cloud's histogram beneath.

    Examples
    --------
    >>> with_room([np.array([0.0, 1.0]), np.array([np.nan, 0.5])])
    (-0.32, 1.2)
    """
    values = np.concatenate([[np.nan], *seen])
    values = values[np.isfinite(values)]
    low, high = (values.min(), values.max()) if values.size else (-1.0, 1.0)
    size = high - low or 1.0
    return float(low - beneath * size), float(high + 0.2 * size)


def stairs(
    values: np.ndarray, low: float, high: float, bins: int = 24
) -> tuple[np.ndarray, np.ndarray]:
    """Outline a histogram, its highest bin 1 high; what lies beyond the ends counts there.

    Examples
    --------
    >>> along, height = stairs(np.array([0.1, 0.2, 0.9]), 0, 1, bins=2)
    >>> along.tolist(), height.tolist()
    ([0.0, 0.5, 0.5, 1.0], [1.0, 1.0, 0.5, 0.5])
    """
    counts, edges = np.histogram(np.clip(values, low, high), bins, (low, high))
    return np.repeat(edges, 2)[1:-1], np.repeat(counts / max(counts.max(), 1), 2)


class Passing:
    """A cloud that passes through an activation; `show` brings its `artists` up to date.

    The axes are widened by a strip on the right for the histogram of what comes out.
    """

    def __init__(self, ax: Axes, **look: Any) -> None:
        self.ax = ax
        ax.set(xlim=(LOW, HIGH + 2.2), xticks=range(int(LOW), int(HIGH) + 1, 2))
        look = {"edgecolor": INK, "linewidth": 0.6, "zorder": 1.5, **look}
        self.inputs, self.outputs, self.rays = self.artists = [
            PathPatch(shaded(None), transform=transform, facecolor=colour, **look)
            for transform, colour in (
                (ax.get_xaxis_transform(), SHADE),
                (ax.get_yaxis_transform(), VALUE),
                (ax.transData, "none"),
            )
        ]
        self.rays.set_edgecolor(FAINT)
        for artist in self.artists:
            ax.add_artist(artist)

    def show(self, outputs: Outputs) -> None:
        """Show where a cloud lies and where its outputs lie."""
        low, high = self.ax.get_ylim()
        along, height = stairs(outputs.z[np.abs(outputs.z) <= HIGH], LOW, HIGH)
        self.inputs.set_path(Path(np.c_[[LOW, *along, HIGH], [0, *(BESIDE * height), 0]]))
        a = outputs.a[(low <= outputs.a) & (outputs.a <= high)]
        if a.size:
            # The bins end where the outputs end, so that a crowd there fills a bin of its own.
            ends = (a.min(), a.max()) if np.ptp(a) > 0.01 * (high - low) else (low, high)
            along, height = stairs(a, *ends)
            self.outputs.set_path(
                Path(np.c_[[1, *(1 - BESIDE * height), 1], [along[0], *along, along[-1]]])
            )
        deciles = np.arange(1, 10) * len(outputs.z) // 10
        paths = [
            Path([(z, low), (z, a), (HIGH + 0.1, a)])
            for z, a in zip(outputs.z[deciles], outputs.a[deciles], strict=True)
            if LOW <= z <= HIGH and low <= a <= high
        ]
        self.rays.set_path(Path.make_compound_path(*paths) if paths else shaded(None))


class ActivationView:
    """An activation on two axes: above, curve, tangent and passing cloud; beneath, the slope.

    `bend` draws the curves, `touch` goes to a z, `passing.show` sends a cloud through.

    Parameters
    ----------
    upper, lower : Axes
    symbol : str
        What the activation is called.
    mark : str
        The name of the point on the curve, which can be dragged.
    bends : bool
        Whether the curve itself moves.
    """

    def __init__(
        self, upper: Axes, lower: Axes, symbol: str, mark: str = "z", bends: bool = False
    ) -> None:
        self.upper, self.symbol, self.mark, self.bends = upper, symbol, mark, bends
        look: dict[str, Any] = {"animated": bends}
        self.shades = [shade(ax, **look) for ax in (upper, lower)]
        (self.curve,) = upper.plot([], [], color=VALUE, **look)
        (self.slope,) = lower.plot([], [], color=GRADIENT, linestyle="--", **look)
        (self.kinks,) = upper.plot([], [], **KINK, **look)
        self.head = upper.set_title("", y=1, fontsize=10)
        self.head.set(**look)

        look = {"animated": True}
        self.passing = Passing(upper, **look)
        line: dict[str, Any] = {"color": INK, "linewidth": 0.9, "linestyle": ":"}
        self.upright = [ax.axvline(0, **line, **look) for ax in (upper, lower)]
        (self.tangent,) = upper.plot([], [], color=GRADIENT, linestyle="--", **look)
        look["clip_on"] = False  # whole at the ends of the axis too
        gid = f"mark:{mark}"
        (self.point,) = upper.plot([], [], "o", color=VALUE, markersize=10, gid=gid, **look)
        (self.height,) = lower.plot([], [], "s", color=GRADIENT, markersize=8, **look)
        place = {"x": 0.02, "y": 0.97, "s": "", "va": "top", **look}
        self.says = [ax.text(transform=ax.transAxes, **place) for ax in (upper, lower)]
        for ax in (upper, lower):
            ax.axhline(0, color=FAINT, linewidth=0.8)
        lower.set_xlabel("z   (shaded: saturated)")

    def bend(self, curve: Curve, title: str) -> None:
        """Draw the curves."""
        for patch in self.shades:
            patch.set_path(shaded(curve))
        self.curve.set_data(curve.z, curve.a)
        self.slope.set_data(curve.z, broken(curve))
        self.kinks.set_data(curve.kinks, np.interp(curve.kinks, curve.z, curve.a))
        self.head.set_text(title)

    def touch(self, z: float, a: float, slope: float) -> None:
        """Go to a place on the curve."""
        for line in self.upright:
            line.set_xdata([z, z])
        reach = np.array([-1.5, 1.5])
        self.tangent.set_data(z + reach, a + slope * reach)
        self.point.set_data([z], [a])
        self.height.set_data([z], [slope])
        for text, symbol, value in zip(self.says, ("", "′"), (a, slope), strict=True):
            sign = "≈" if merely_close(value) else "="
            text.set_text(f"{self.symbol}{symbol}({number(z)}) {sign} {number(value, 3)}")

    def moving(self) -> list[Artist]:
        """Everything that moves, from back to front."""
        bent = [*self.shades, self.head]
        lines = [self.curve, self.slope, self.kinks]
        touched = [*self.upright, self.tangent, self.point, self.height, *self.says]
        if not self.bends:
            return [*self.passing.artists, *touched]
        return [*bent, *self.passing.artists, *lines, *touched]


class LeaksView:
    """Three curves with an α and, dotted, the one that PReLU is to fit; `show` moves them."""

    NAMES = "Leaky ReLU", "PReLU", "ELU"

    def __init__(self, ax: Axes, **look: Any) -> None:
        ax.axhline(0, color=FAINT, linewidth=0.8)
        ax.plot([-4, 0, 2], [-4 * TARGET, 0, 2], ":", color=INK, linewidth=1.2)
        ax.plot([0.42, 0.48], [0.06] * 2, ":", color=INK, linewidth=1.2, transform=ax.transAxes)
        ax.text(0.5, 0.06, f"leaky({TARGET}), to be fitted", va="center", transform=ax.transAxes)
        self.curves, self.says = [], []
        for row, series in enumerate(SERIES[:3]):
            style: dict[str, Any] = {
                "color": series.colour,
                "linestyle": series.dash,
                "marker": series.marker,
            }
            mark: dict[str, Any] = {"markevery": (5 * row, 20), "markersize": 6}
            self.curves += ax.plot([], [], **style, **mark, **look)
            place = {"x": 0.5, "y": 0.36 - 0.1 * row, "s": "", "va": "center", **look}
            self.says.append(ax.text(transform=ax.transAxes, **place))
            ax.plot([0.42, 0.48], [0.36 - 0.1 * row] * 2, transform=ax.transAxes, **style)
        ax.set(xlim=(-4, 2), ylim=(-4.2, 2.3), ylabel="activation a")
        ax.set_xlabel("pre-activation z   (means are over z ~ N(0, 1))")
        self.artists = [*self.curves, *self.says]

    def show(self, alpha: float, learned: float) -> None:
        """Give Leaky ReLU and ELU an α, and PReLU the α that it has learned."""
        z = np.linspace(-4, 2, 121)
        alphas = alpha, learned, alpha
        for row, each in enumerate((LeakyReLU(alpha), LeakyReLU(learned), ELU(alpha))):
            self.curves[row].set_data(z, each.forward(z))
            mean = number(float(round(each.forward(normal_cloud()).mean(), 3)))
            said = f"{self.NAMES[row]}, α = {number(alphas[row], 4)}: mean {mean}"
            self.says[row].set_text(said)


TARGET = 0.3  # the slope below 0 that PReLU is to find


def plot_leaks(alpha: float = 0.25, learned: float = 0.25, ax: Axes | None = None) -> Axes:
    """
    Plot Leaky ReLU and ELU with an α, and PReLU with one that it has learned.

    Beside each stands the mean of what it gives for z ~ N(0, 1).

    Examples
    --------
    >>> plot_leaks(alpha=1.0).get_title("left")
    'Mean output at α = 1: leaky ReLU 0, ELU 0.16'
    """
    with matplotlib.rc_context(RC):
        ax = ax or new_figure()[1]
        LeaksView(ax).show(alpha, learned)
        ax.set_title(leaks_finding(alpha))
    return ax


def leaks_finding(alpha: float) -> str:
    """What an α does to the means, as a title."""
    leaky, elu = (
        number(float(round(each.forward(normal_cloud()).mean(), 2)))
        for each in (LeakyReLU(alpha), ELU(alpha))
    )
    return f"Mean output at α = {number(alpha)}: leaky ReLU {leaky}, ELU {elu}"


def plot_learned(path: np.ndarray, target: float = TARGET, ax: Axes | None = None) -> Axes:
    """
    Plot how far the α of a PReLU is from what it is to find, over the steps of training.

    Examples
    --------
    >>> from coursekit.probes import prelu_path
    >>> plot_learned(prelu_path()).get_title("left")
    'PReLU has learned α = 0.3000 after 200 steps'
    """
    with matplotlib.rc_context(RC):
        ax = ax or new_figure()[1]
        ax.axhline(FOUND, color=INK, linestyle=":", linewidth=1.2)
        ax.plot(distances(path, target), color=SERIES[1].colour, linestyle=SERIES[1].dash)
        ax.set(ylabel=f"|α − {target}|", title=learned_finding(path, -1))
        ax.set_xlabel(f"step of training   (beneath the dotted line α reads {target:.4f})")
        ax.set(xlim=(0, len(path) - 1), yscale="log", ylim=(1e-6, 2), yticks=[1e-6, 1e-4, 1e-2, 1])
        ax.yaxis.set_major_formatter(power_of_ten)
        ax.yaxis.set_minor_formatter("")
    return ax


FOUND = 5e-5  # off by less than this, an α has its first four decimals right


def distances(path: np.ndarray, target: float = TARGET) -> np.ndarray:
    """How far each α is from the target: missing where it is nearer than the axis shows."""
    off = np.abs(path - target)
    return np.where(off < 1e-6, np.nan, off)


def learned_finding(path: np.ndarray, step: int) -> str:
    """Where PReLU's α has come to, as a title."""
    said, step = written(f"{path[step]:.4f}"), range(len(path))[step]
    if not step:
        return f"PReLU starts at α = {said}"
    after, leapt = f"α = {said} after {plural(step, 'step')}", leaps(path[: step + 1])
    return f"PReLU: {after}, {leapt}" if leapt else f"PReLU has learned {after}"


def learned_story(path: np.ndarray) -> str:
    """Tell where the α of a PReLU has come to.

    Examples
    --------
    >>> learned_story(np.array([1.0, -0.326]))
    'goes from 1 to −0.3260 in 1 step, past 0.3: 0.63 away from the 0.3 that it is to fit'
    """
    step, off, leapt = len(path) - 1, abs(path[-1] - TARGET), leaps(path)
    if abs(path[0] - TARGET) < FOUND:
        return f"{'stays' if step else 'starts'} at the {TARGET} that it is to fit"
    away = f"{number(off, 2)} away from the {TARGET} that it is to fit"
    if not step:
        return f"starts at {number(path[0])}, {away}"
    way = f"from {number(path[0])} to {written(f'{path[-1]:.4f}')} in {plural(step, 'step')}"
    found = f"it has found the {TARGET} that it was to fit"
    return f"goes {way}{f', {leapt}' if leapt else ''}: {found if off < FOUND else away}"


def leaps(path: np.ndarray) -> str:
    """Say whether α leaps over what it is to find, seen with four decimals.

    Examples
    --------
    >>> leaps(np.array([1.0, 0.6])), leaps(np.array([1.0, -0.3])), leaps(np.array([1.0, -0.3, 0.8]))
    ('', 'past 0.3', 'to and fro past 0.3')
    """
    sides = np.sign(np.round(path - TARGET, 4))
    times = np.sum(sides[1:] * sides[:-1] < 0)
    return f"{'to and fro ' if times > 1 else ''}past {TARGET}" if times else ""


def power_of_ten(value: float, position: float = 0) -> str:
    """Label a tick of a logarithmic axis.

    Examples
    --------
    >>> power_of_ten(1e-12)
    '10⁻¹²'
    """
    return "10" + str(round(np.log10(value))).translate(RAISED)


RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MOST_PIECES = 4


class MaxoutView:
    """The lines of a Maxout unit, each with its ends, and the largest of them; `show` moves them.

    The ends of each line have the Matplotlib gids that are given, left and right in turn.
    """

    def __init__(self, ax: Axes, ends: Sequence[str] = (), **look: Any) -> None:
        self.ax = ax
        ax.axhline(0, color=FAINT, linewidth=0.8)
        (self.largest,) = ax.plot([], [], color=VALUE, linewidth=6, alpha=0.7, **look)
        self.lines, self.ends, self.says = [], [], []
        for row, series in enumerate(SERIES[:MOST_PIECES]):
            self.lines += ax.plot([], [], color=series.colour, linestyle=series.dash, **look)
            for k in (2 * row, 2 * row + 1):
                gid = {"gid": f"mark:{ends[k]}"} if ends else {}
                dot: dict[str, Any] = {"color": series.colour, "markersize": 11, **gid, **look}
                self.ends += ax.plot([], [], series.marker, clip_on=False, **dot)
            place: dict[str, Any] = {"x": 0.03 + 0.24 * row, "y": 0.03, "s": "", **look}
            place |= {"color": series.colour, "fontsize": 9}
            self.says.append(ax.text(transform=ax.transAxes, **place))
        ax.set(xlim=(-REACH - 0.3, REACH + 0.3), ylim=(-5.2, 4.6))
        ax.set(xlabel="z", ylabel="a, the largest of the pieces")
        self.head = ax.set_title("", y=1)
        self.head.set(**look)

    def show(self, unit: Pieces) -> list[Artist]:
        """Show other lines, at most four, and return what moves."""
        shape = np.shape(unit.w)
        if shape != np.shape(unit.b) or len(shape) != 1 or not 1 <= shape[0] <= MOST_PIECES:
            raise ValueError(
                f"this picture has room for 1 to {MOST_PIECES} pieces, each with a w and a b: here "
                f"w has shape {shape} and b {np.shape(unit.b)}"
            )
        z = np.linspace(-REACH, REACH, 321)
        heights, k = unit.lines(np.array([-REACH, REACH])), len(unit.w)
        self.largest.set_data(z, unit.forward(z))
        for row in range(k):
            self.lines[row].set_data([-REACH, REACH], heights[:, row])
            for side, end in enumerate(self.ends[2 * row : 2 * row + 2]):
                end.set_data([REACH * (2 * side - 1)], [heights[side, row]])
        for (first, *others), share in unit.won().items():
            wins = percent(share).replace("under", "<").replace("over", ">")
            self.says[first - 1].set_text(f"piece {first}: {wins if share else 'unused'}")
            for piece in others:
                self.says[piece - 1].set_text(f"piece {piece} = piece {first}")
        self.head.set_text(unit.finding().split(":")[0].rstrip("."))
        shown = self.lines[:k], self.ends[: 2 * k], self.says[:k]
        return [self.largest, *(artist for kind in shown for artist in kind), self.head]


def plot_maxout(unit: Pieces, ax: Axes | None = None) -> Axes:
    """
    Plot the lines of a Maxout unit, and in bold the largest of them.

    Examples
    --------
    >>> plot_maxout(Pieces([1.0, -1.0], [0.0, 0.0])).get_title("left")
    'This is |z|'
    """
    with matplotlib.rc_context(RC):
        ax = ax or new_figure()[1]
        MaxoutView(ax).show(unit)
    return ax


AXIS = "pre-activation z   (shaded: saturated, slope under 5 % of its largest)"
KINK: dict[str, Any] = {
    "marker": "D",
    "color": VALUE,
    "markerfacecolor": "white",
    "linestyle": "none",
}


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
