"""Pictures of derivatives: what a Jacobian holds and costs, how wrong a difference is by nudge."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.text import Text

from coursekit.activations import Activation
from coursekit.differences import (
    DIFFERENCES,
    POWERS,
    errors_by_nudge,
    kink_distance,
    kinks_of,
    usual_errors,
)
from coursekit.pictures.curves import curve_of, name_of
from coursekit.pictures.foreign import curved
from coursekit.pictures.story import listed, plural
from coursekit.style import (
    CARD,
    FAINT,
    GRADIENT,
    INK,
    RC,
    SERIES,
    SHADE,
    VALUE,
    bytes_of,
    new_figure,
    number,
)

EXACT = 1e-17  # where an error of 0 is drawn: a logarithmic axis has no place for it
LOWEST = 1e-19  # with room beneath for the grip of the nudge
LAPTOP = 16 * 2**30  # bytes
STORED = "the whole Jacobian", "its non-zero numbers", "a gradient, for the vjp"
HAPPY, WRONG = 1e-7, 1e-2  # CS231n's bands for a relative error


@matplotlib.rc_context(RC)
def error_against_nudge(activation: Activation, z: Any = 1.0, ax: Axes | None = None) -> Axes:
    """
    Plot how wrong a difference is for each nudge h: digits cancel below, the curve bends above.

    Parameters
    ----------
    activation : Activation
    z : float or array_like
        Where; of many places the median error is drawn.
    ax : Axes, optional

    Examples
    --------
    >>> from coursekit import Sigmoid
    >>> error_against_nudge(Sigmoid()).get_title("left")
    'σ at z = 1: centred, float64 is best near h = 1e-5'
    """
    activation, z = curved(activation), checked_places(z)
    ax = ax or new_figure(height=4)[1]
    show_errors(nudge_axes(ax), activation, z)
    ax.set_title(nudge_finding(activation, z))
    return ax


def checked_places(z: Any) -> float | np.ndarray:
    """Give one place as a number and many as an array, or say what is none.

    Examples
    --------
    >>> checked_places([1]), checked_places([0, 1])
    (1.0, array([0., 1.]))
    """
    try:
        places = np.asarray(z, float)
    except (TypeError, ValueError):  # texts, complex numbers, rows of different lengths
        places = np.array([])
    if not places.size or not np.isfinite(places).all():
        raise ValueError(f"z is a finite number, or several of them, not {z!r:.40}")
    return places if places.size > 1 else places.item()


def nudge_axes(ax: Axes) -> list[Line2D]:
    """Set up axes for errors against nudges: a line for each difference, and where a kink begins.

    The axis counts powers of ten, so that a handle on it moves evenly.
    """
    ax.axhspan(LOWEST, HAPPY, color=SHADE, alpha=0.45, zorder=0, lw=0)
    ax.axhspan(WRONG, 100, facecolor="none", edgecolor=SHADE, hatch="///", zorder=0, lw=0)
    lines = [
        ax.plot(
            POWERS,
            np.ones_like(POWERS),
            color=series.colour,
            linestyle=series.dash,
            marker=series.marker,
            markevery=8,
            clip_on=False,
            markersize=5,
            linewidth=1.6,
            label=str(difference),
        )[0]
        for difference, series in zip(DIFFERENCES, SERIES, strict=False)
    ]
    (reach,) = ax.plot([], [], color=INK, linestyle=":", linewidth=1.2, label="a kink in reach")
    words: dict[str, Any] = {"color": INK, "va": "center", "ha": "left"}
    ax.text(-12.1, 1e-14, "right (≤ 1e-7)", **words)
    ax.text(-12.1, 15, "wrong (> 1e-2)", **words)
    ax.set_yscale("log")
    ax.set(xlim=(-12.2, 0.2), ylim=(LOWEST, 100), xlabel="nudge h", ylabel="relative error")
    ax.set_xticks(range(-12, 1, 2), [*(f"1e{power}" for power in range(-12, 0, 2)), "1"])
    ax.set_yticks([EXACT, 1e-12, 1e-8, 1e-4, 1], ["0", "1e-12", "1e-8", "1e-4", "1"])
    ax.minorticks_off()
    # Beneath the axes, where no line runs through it.
    ax.legend(loc="upper left", bbox_to_anchor=(-0.13, -0.17), ncols=3, fontsize=9)
    return [*lines, reach]


def show_errors(artists: list[Line2D], activation: Activation, z: Any) -> None:
    """Bring the lines of `nudge_axes` to an activation and a place."""
    *lines, reach = artists
    for line, difference in zip(lines, DIFFERENCES, strict=True):
        line.set_ydata(np.maximum(errors_by_nudge(activation, z, difference), EXACT))
    away = kink_distance(activation, z) if np.ndim(z) == 0 else None
    place = [np.log10(max(away, 10.0 ** POWERS[0]))] * 2 if away is not None else []
    reach.set_data(place, [LOWEST, 100][: len(place)])


class NudgeMarks(NamedTuple):
    """Where one nudge stands among the errors: an upright line, its grip, a ring on each curve."""

    here: Line2D
    grip: Line2D
    rings: list[Line2D]

    @property
    def moving(self) -> list[Line2D]:
        """The artists that move, from the back to the front."""
        return [self.here, *self.rings, self.grip]  # nothing lies over what is dragged


def nudge_marks(ax: Axes) -> NudgeMarks:
    """Set up the marks of one nudge on the axes of `nudge_axes`."""
    here = ax.axvline(0, color=INK, linewidth=1)
    (grip,) = ax.plot([], [], "s", color=INK, markersize=9)
    ring: dict[str, Any] = {"markersize": 10, "markerfacecolor": "white", "markeredgewidth": 2}
    rings = [
        ax.plot([], [], series.marker, markeredgecolor=series.colour, clip_on=False, **ring)[0]
        for _, series in zip(DIFFERENCES, SERIES, strict=False)
    ]
    return NudgeMarks(here, grip, rings)


def show_nudge(marks: NudgeMarks, activation: Activation, z: Any, power: float) -> None:
    """Bring the marks of `nudge_marks` to the nudge 10 to the power."""
    marks.here.set_xdata([power, power])
    marks.grip.set_data([power], [4 * LOWEST])
    for ring, difference in zip(marks.rings, DIFFERENCES, strict=True):
        error = errors_by_nudge(activation, z, difference, power)[0]
        ring.set_data([power], [max(error, EXACT)])


def secant_axes(ax: Axes) -> list[Line2D]:
    """Set up axes for a curve, its secant from z - h to z + h, and its tangent at z."""
    ax.set(xlim=(-2.2, 2.2), ylim=(-1.25, 2.2), xlabel="z", xticks=range(-2, 3), yticks=[0, 1, 2])
    ax.axhline(0, color=FAINT, linewidth=0.8)
    (curve,) = ax.plot([], [], color=VALUE, label="the function")
    (tangent,) = ax.plot([], [], color=GRADIENT, linestyle="--", label="its tangent at z")
    (secant,) = ax.plot([], [], color=INK, linewidth=1.2, marker="o")
    secant.set_label("centred: from z − h to z + h")
    ax.legend(loc="upper left", fontsize=9)
    return [curve, tangent, secant]


def show_secant(artists: list[Line2D], activation: Activation, z: Any, h: float) -> None:
    """Bring the lines of `secant_axes` to a place and a nudge; of many places, the curve alone."""
    curve, tangent, secant = artists
    whole = curve_of(activation, -2.2, 2.2)
    curve.set_data(whole.z, whole.a)
    if np.ndim(z):
        secant.set_data([], [])
        tangent.set_data([], [])
        return
    ends, near = z + np.array([-h, h]), z + np.array([-0.8, 0.8])
    a = activation.forward(z)
    secant.set_data(ends, activation.forward(ends))
    tangent.set_data(near, a + activation.slope(a, z) * (near - z))


def nudge_finding(activation: Activation, z: Any) -> str:
    """Where the centred difference is best, in whole powers of ten: the title.

    Examples
    --------
    >>> from coursekit import ReLU
    >>> nudge_finding(ReLU(), 0.0)
    'ReLU at z = 0, on a kink: no nudge measures its slope'
    """
    if np.ndim(z):
        where = f"{name_of(activation)} at {np.size(z)} places"
        if any(np.any(np.abs(z - kink) < 10.0 ** POWERS[-1]) for kink in kinks_of(activation)):
            return f"{where}: more meet a kink as h grows"
    else:
        where = f"{name_of(activation)} at z = {number(z)}"
        if kink_distance(activation, z) == 0:
            return f"{where}, on a kink: no nudge measures its slope"
    usual = usual_errors(activation, z)[::4]
    best = np.flatnonzero(usual == usual.min())
    near = "near" if best[0] else "up to"
    return (
        f"{where}: {DIFFERENCES[0]} is best {near} h = {number(10.0 ** POWERS[::4][best[-1]], 1)}"
    )


def nudge_reason(activation: Activation, z: Any, power: float) -> str:
    """Why the centred difference is off for the nudge 10 to the power, in words.

    Examples
    --------
    >>> from coursekit import Sigmoid
    >>> nudge_reason(Sigmoid(), 1.0, power=-1)
    'For the centred difference a smaller h is better in float64 and float32: f bends within h.'
    """
    h = 10.0**power
    beside = np.subtract.outer(z, kinks_of(activation))
    crossed = np.abs(beside) < h
    if crossed.any() and np.ndim(z):
        return (
            f"At {np.sum(crossed.any(axis=-1))} of the {np.size(z)} places a kink lies between "
            "z − h and z + h: there the centred difference mixes two slopes."
        )
    if np.sum(crossed) == 1 and not beside.all():
        return (
            "z stands on the kink: for small h the centred difference gives the mean of both "
            "slopes, the forward one the right-hand slope, and each is a valid subgradient."
        )
    if crossed.any():
        between = [number(kink) for kink in np.compress(crossed, kinks_of(activation))]
        one = f"The kink at {between[0]} lies", f"The kinks at {listed(between)} lie"
        return (
            f"{one[len(between) > 1]} between z − h and z + h: the centred difference mixes the "
            "slopes of both sides, which says nothing against the gradient."
        )
    told: dict[str, list[str]] = {}
    for difference in DIFFERENCES[::2]:
        usual = usual_errors(activation, z, difference)
        if usual[np.abs(POWERS - power).argmin()] <= 5 * usual.min():
            verdict = "this is about the best h in {}"
        elif power > POWERS[usual.argmin()]:
            verdict = "a smaller h is better in {}: f bends within h"
        else:
            verdict = "a larger h is better in {}: digits of f(z + h) and f(z − h) cancel"
        told.setdefault(verdict, []).append(difference.dtype.__name__)
    verdicts = [verdict.format(" and ".join(formats)) for verdict, formats in told.items()]
    return f"For the centred difference {'; '.join(verdicts)}."


@matplotlib.rc_context(RC)
def jacobian_map(J: Any, ax: Axes | None = None) -> Axes:
    """
    Map a Jacobian: one square a number, hollow where it is negative, none where it is zero.

    Parameters
    ----------
    J : Jacobian, or array_like of shape (m, n)
        Such as `jacobian` returns.
    ax : Axes, optional

    Examples
    --------
    >>> from coursekit import Tanh, jacobian, softmax
    >>> jacobian_map(jacobian(Tanh(), np.arange(8.0))).get_title("left")
    '8 × 8: diagonal, 8 numbers are not zero'
    >>> jacobian_map(jacobian(softmax, np.arange(8.0))).get_title("left")
    '8 × 8: full, 64 numbers are not zero'
    """
    ax = ax or new_figure(3.6, 3.6)[1]
    J = np.asarray(J, float)
    if J.ndim != 2:
        raise ValueError(f"a Jacobian has rows and columns, and this has the shape {J.shape}")
    show_map(map_axes(ax), J)
    count = int(np.count_nonzero(J))
    not_zero = f"{plural(count, 'number')} {'is' if count == 1 else 'are'}"
    ax.set_title(f"{J.shape[0]} × {J.shape[1]}: {structure(J)}, {not_zero} not zero")
    return ax


def map_axes(ax: Axes) -> AxesImage:
    """Set up square axes for the map of a Jacobian, the same for all sizes."""
    ax.set(xlim=(0, 1), ylim=(1, 0), xticks=[], yticks=[], aspect="equal")
    ax.set(xlabel="■ positive, hollow: negative, blank: 0", ylabel="elements of the output")
    ax.spines[:].set(visible=True, color=FAINT)
    return ax.imshow(
        mosaic(np.zeros((1, 1))), extent=(0, 1, 1, 0), interpolation="none", clip_on=False
    )


def show_map(image: AxesImage, J: np.ndarray) -> None:
    """Bring the map of `map_axes` to a Jacobian."""
    image.set_data(mosaic(J))


def mosaic(J: np.ndarray) -> np.ndarray:
    """A picture of a matrix with 3 × 3 dots a number: darker where larger, its heart blank below 0.

    Examples
    --------
    >>> mosaic(np.array([[1.0, -0.5]])).shape
    (3, 6, 3)
    """
    largest = np.abs(J).max() or 1
    # What is small is still seen, for what matters is where a matrix is not zero.
    shade = np.where(J == 0, 0, 0.25 + 0.75 * np.sqrt(np.abs(J) / largest))
    shade = np.round(8 * shade)[..., None] / 8
    card, above, below = (np.array(to_rgb(c)) for c in (CARD, SERIES[0].colour, SERIES[1].colour))
    dots = np.where(J[..., None] < 0, below, above) * shade + card * (1 - shade)
    dots = dots.repeat(3, axis=0).repeat(3, axis=1)
    dots[1::3, 1::3][J < 0] = card
    return (255 * dots).round().astype(np.uint8)


def structure(J: np.ndarray) -> str:
    """Say where a matrix is not zero: on its diagonal, in equal blocks along it, or all over.

    Examples
    --------
    >>> structure(np.eye(4)), structure(np.kron(np.eye(2), np.ones((3, 2)))), structure([[1, 2]])
    ('diagonal', '2 blocks on the diagonal', 'full')
    """
    m, n = np.shape(J)
    filled = np.asarray(J) != 0
    if m == n > 1 and not filled[~np.eye(n, dtype=bool)].any():
        return "diagonal"
    for blocks in range(min(m, n), 1, -1):
        if m % blocks == n % blocks == 0:
            inside = np.kron(np.eye(blocks), np.ones((m // blocks, n // blocks))) > 0
            if not filled[~inside].any():
                return f"{blocks} blocks on the diagonal"
    return "full"


class CostBars(NamedTuple):
    """What moves in a picture of memory: a bar with its words for each thing to be stored."""

    bars: list[Line2D]
    labels: list[Text]

    @property
    def moving(self) -> list[Artist]:
        """The artists that move, from the back to the front."""
        return [*self.bars, *self.labels]


def cost_axes(ax: Axes) -> CostBars:
    """Set up a logarithmic axis of memory, with room for two more lines beneath the bars."""
    ax.set(xlim=(4, 2e13), ylim=(3.9, -0.9), yticks=[], xscale="log")
    ax.set_title("What must be stored, in float64")
    ax.set_xticks([2.0**10, 2.0**20, 2.0**30, 2.0**40], ["1 KiB", "1 MiB", "1 GiB", "1 TiB"])
    ax.minorticks_off()
    ax.plot([LAPTOP, LAPTOP], [-0.6, 1.3], color=INK, linestyle=":", linewidth=1)
    ax.text(LAPTOP, -0.7, "a laptop's 16 GiB ", color=INK, fontsize=9, ha="right")
    bars = [
        ax.plot([], [], color=colour, linewidth=15, linestyle=dash, solid_capstyle="butt")[0]
        for colour, dash in ((GRADIENT, "-"), (GRADIENT, (0, (0.25, 0.15))), (VALUE, "-"))
    ]
    return CostBars(
        bars, [ax.text(5, place - 0.28, "", fontsize=9) for place in range(len(STORED))]
    )


def show_costs(costs: CostBars, counts: Sequence[int]) -> None:
    """Bring the bars of `cost_axes` to so many numbers: of a Jacobian, not zero, of a gradient."""
    for place, (bar, label, count) in enumerate(zip(*costs, counts, strict=True)):
        bar.set_data([8, 8 * count], [place, place])
        label.set_text(f"{STORED[place]}: {bytes_of(count)}")
