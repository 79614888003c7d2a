"""A single neuron over points in the plane: the line where σ is ½, and how sure it is beside it."""

from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

from coursekit.activations import Sigmoid
from coursekit.pictures.planes import labelled, line_ends
from coursekit.style import GRADIENT, INK, RC, SERIES, new_figure, number

LOOKS = SERIES[:2]  # of the points labelled 0 and 1
ARROW = 0.037  # length of the arrow for a weight of 1, as a share of the width
EDGE = 0.04  # how near to the edge a mark comes, as a share of the width
SURE = np.log(9)  # the z where σ is 0.9; at its negative σ is 0.1


def checked_points(points: Any, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Give points in the plane and their labels 0 or 1 as arrays, or say what they lack.

    Examples
    --------
    >>> points, labels = checked_points([[0, 1], [2, 3]], [0, 1])
    >>> points.shape, labels.tolist()
    ((2, 2), [0, 1])
    """
    points, labels = labelled(points, labels)
    if not np.isin(labels, (0, 1)).all():
        raise ValueError("A neuron tells points apart by their labels, each of them 0 or 1.")
    return points, labels.astype(int)


class NeuronView(NamedTuple):
    """What stands still in the picture of a neuron (points, labels), and what moves."""

    points: np.ndarray
    labels: np.ndarray
    plane: AxesImage
    line: Line2D
    sure: list[Line2D]
    wrong: Line2D
    arrow: Line2D
    foot: Line2D
    tip: Line2D

    @property
    def moving(self) -> list:
        """The artists that move, from the back to the front."""
        return [self.plane, *self.sure, self.line, self.wrong, self.arrow, self.foot, self.tip]

    @property
    def centre(self) -> np.ndarray:
        """The middle of the data: the arrow starts on the line, where it comes nearest."""
        return self.points.mean(axis=0)

    @property
    def arrow_length(self) -> float:
        """How long the arrow is for a weight of 1."""
        left, right, *_ = self.plane.get_extent()
        return ARROW * (right - left)

    def foot_of(self, w: np.ndarray, b: float) -> np.ndarray:
        """Where the arrow starts: on the line, if there is one, and where it can be taken hold of.

        The place is the nearest to the middle of the data from where the whole arrow is in sight;
        of a line that comes by no such place, the nearest to it.
        """
        foot = self.centre - (w @ self.centre + b) * w / (w @ w or 1)
        left, right, bottom, top = self.plane.get_extent()
        arrow, edge = self.arrow_length * w, EDGE * (right - left)
        low = np.array([left, bottom]) + edge - np.minimum(arrow, 0)
        high = np.array([right, top]) - edge - np.maximum(arrow, 0)
        along = np.array([-w[1], w[0]])
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = np.sort([(low - foot) / along, (high - foot) / along], axis=0)
        first, last = np.nanmax(ends[0]), np.nanmin(ends[1])
        if w.any() and first <= last:
            foot = foot + np.clip(0.0, first, last) * along
        return np.clip(foot, low, high)


def extent_of(points: np.ndarray) -> tuple[float, float, float, float]:
    """How far the plane around the points is drawn: left, right, bottom, top."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = 0.15 * max(high - low) or 1  # a single point has no size of its own
    (left, bottom), (right, top) = low - room, high + room
    return left, right, bottom, top


def in_sight(points: np.ndarray, w: np.ndarray, b: float, level: float = 0.0) -> bool:
    """Whether the line where z has a level crosses the plane that is drawn around the points.

    Examples
    --------
    >>> points, w = np.array([[0, 0], [1, 1]]), np.array([1.0, 0.0])
    >>> in_sight(points, w, b=-1.0), in_sight(points, w, b=-3.0)
    (True, False)
    """
    left, right, bottom, top = extent_of(points)
    z = np.array([(x, y) for x in (left, right) for y in (bottom, top)]) @ w + b
    return bool(z.min() < level < z.max())


def line_words(points: np.ndarray, w: np.ndarray, b: float) -> str:
    """How sure a neuron is beside its line; or that the line is out of sight.

    Examples
    --------
    >>> line_words(np.array([[0, 0], [1, 1]]), np.array([1.0, 0.0]), 0.0)
    'Across the line σ goes from 0.1 to 0.9 over 4.4: the longer w, the surer, right or wrong.'
    """
    if not in_sight(points, w, b):
        return "The line where σ is 0.5 lies outside the picture: drag a mark, and it comes in."
    across = f"σ goes from 0.1 to 0.9 over {number(2 * SURE / np.hypot(*w), 2)}"
    return f"Across the line {across}: the longer w, the surer, right or wrong."


def lines_seen(points: np.ndarray, w: np.ndarray, b: float) -> str:
    """What a picture of a neuron shows beside its points, for those who do not see it.

    Examples
    --------
    >>> lines_seen(np.array([[0, 0], [1, 1]]), np.array([1.0, 0.0]), 0.0)
    'a line where σ is 0.5, an arrow along w'
    """
    if not w.any():
        return ""
    line = ["a line where σ is 0.5"] if in_sight(points, w, b) else []
    for sigma, z in (("0.1", -SURE), ("0.9", SURE)):
        line += [f"a dashed one where it is {sigma}"] * in_sight(points, w, b, z)
    return ", ".join([*line, "an arrow along w"])


def neuron_axes(ax: Axes, points: np.ndarray, labels: np.ndarray) -> NeuronView:
    """Set up axes with data; the neuron itself is brought by `show_neuron`."""
    left, right, bottom, top = extent_of(points)
    ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="x₁", ylabel="x₂", aspect="equal")
    for label, look in enumerate(LOOKS):
        x, y = points[labels == label].T
        ax.plot(x, y, look.marker, color=look.colour, markersize=5, label=f"label {label}")
    plane = ax.imshow(
        np.zeros((2, 2, 4)),
        extent=(left, right, bottom, top),
        interpolation="none",
        origin="lower",
        clip_on=False,
    )
    sure = [ax.plot([], [], color=INK, linewidth=1, linestyle=(0, (5, 3)))[0] for _ in "01"]
    (line,) = ax.plot([], [], color=INK, label="σ = 0.5")
    (wrong,) = ax.plot([], [], "o", markersize=10, color=GRADIENT, label="wrong side")
    wrong.set(markerfacecolor="none", markeredgewidth=1.4)
    (arrow,) = ax.plot([], [], color=INK, linewidth=1.6)
    (foot,) = ax.plot([], [], "s", color=INK, markersize=10, label="shifts it", clip_on=False)
    (tip,) = ax.plot([], [], "D", color=INK, markerfacecolor="white", markersize=10)
    tip.set(markeredgewidth=2, label="w: turns it", clip_on=False)
    sure[0].set_label("σ = 0.1, 0.9")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9)
    return NeuronView(points, labels, plane, line, sure, wrong, arrow, foot, tip)


def show_neuron(view: NeuronView, w: np.ndarray, b: float) -> None:
    """Bring the artists of `neuron_axes` to a neuron's weights and bias."""
    left, right, bottom, top = view.plane.get_extent()
    x = np.linspace(left, right, 129)[1::2]
    y = np.linspace(bottom, top, 97)[1::2]
    z = w[0] * x + w[1] * y[:, None] + b
    sigma = np.round(20 * Sigmoid().forward(z)) / 20
    dots = np.empty((*z.shape, 4))
    dots[..., :3] = np.where(z[..., None] > 0, to_rgb(LOOKS[1].colour), to_rgb(LOOKS[0].colour))
    dots[..., 3] = 0.7 * np.abs(sigma - 0.5)
    view.plane.set_data((255 * dots).astype(np.uint8))
    beyond = 4 * np.abs(view.plane.get_extent()).max()
    for line, level in ((view.line, 0.0), (view.sure[0], -SURE), (view.sure[1], SURE)):
        line.set_data(*line_ends(w[:, None], np.array([b - level]), beyond)[0].T)
    fires = view.points @ w + b > 0
    view.wrong.set_data(*view.points[fires != view.labels].T)
    foot = view.foot_of(w, b)
    tip = foot + view.arrow_length * w
    view.arrow.set_data(*np.stack([foot, tip]).T)
    view.tip.set_data(*tip[:, None])
    view.foot.set_data(*(foot[:, None] if w.any() else np.empty((2, 0))))


@matplotlib.rc_context(RC)
def neuron_line(w: Any, b: float, points: Any, labels: Any, ax: Axes | None = None) -> Axes:
    """
    Draw a neuron over points: its line, how sure it is beside it, and what lies on the wrong side.

    Parameters
    ----------
    w : array_like of shape (2,)
    b : float
    points : array_like of shape (n, 2)
    labels : array_like of shape (n,)
        0 or 1.
    ax : Axes, optional

    Examples
    --------
    >>> neuron_line([1, 0], 0, [[-1, 0], [1, 0], [2, 1]], [0, 1, 0]).get_title("left")
    'One neuron: 1 of 3 points on the wrong side'
    """
    ax = ax or new_figure(5.8, 3.4)[1]
    view = neuron_axes(ax, *checked_points(points, labels))
    show_neuron(view, np.asarray(w, float), b)
    wrong = np.shape(view.wrong.get_xydata())[0]
    ax.set_title(f"One neuron: {number(wrong)} of {len(view.points)} points on the wrong side")
    return ax
