"""Pictures in the plane of the data: where a unit is active, and what a net says where.

Each function draws on the `ax` that it is given and returns the artists that hold the picture. What
they are made of comes from functions of their own, so that an explorer moves the same artists.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from contourpy import FillType, contour_generator
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from coursekit.nets import MLP
from coursekit.style import CARD, FAINT, INK, RC, SERIES, VALUE, new_figure
from coursekit.training import error_rate

__all__ = [
    "active_side",
    "data_points",
    "decision_regions",
    "hidden_lines",
    "plot_boundary",
    "plot_unit",
]

FINE = 60  # places along each side of the grid on which a net is asked
HATCHES = ("", "//", "\\\\", "--", "||", "xx")  # dots take a hundred times as much SVG


def data_points(points: np.ndarray, labels: np.ndarray, ax: Axes) -> list[Line2D]:
    """Draw the points of a data set, each class with a marker of its own.

    Parameters
    ----------
    points : ndarray of shape (n, 2)
    labels : ndarray of int of shape (n,)
    ax : Axes

    Returns
    -------
    list of Line2D
        One a class.

    Examples
    --------
    >>> from coursekit import spiral
    >>> figure, ax = new_figure()
    >>> [arm.get_marker() for arm in data_points(*spiral(), ax)]
    ['o', 's', '^']
    """
    return [
        ax.plot(
            *points[labels == label].T,
            color=series.colour,
            marker=series.marker,
            linestyle="none",
            markersize=4,
            markeredgecolor=CARD,
            markeredgewidth=0.4,
        )[0]
        for label, series in zip(np.unique(labels), SERIES, strict=False)
    ]


def window(points: np.ndarray, room: float = 0.12) -> tuple[float, float, float, float]:
    """Find a frame around points, with some room: left, right, bottom, top.

    Examples
    --------
    >>> window(np.array([[0.0, 0.0], [1.0, 2.0]]), room=0.5)
    (-0.5, 1.5, -1.0, 3.0)
    """
    low, high = points.min(axis=0), points.max(axis=0)
    low, high = low - room * (high - low), high + room * (high - low)
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def lattice(box: Sequence[float], fine: int = FINE) -> np.ndarray:
    """Spread places evenly over a frame and a little beyond: an array of shape (fine², 2)."""
    left, right, bottom, top = box
    beyond = 0.02 * (right - left), 0.02 * (top - bottom)  # the outline is not to be seen
    x = np.linspace(left - beyond[0], right + beyond[0], fine)
    y = np.linspace(bottom - beyond[1], top + beyond[1], fine)
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def above_zero(values: np.ndarray, places: np.ndarray) -> Path:
    """Outline where values on a lattice are above 0; between its places they run straight.

    Examples
    --------
    >>> places = lattice((0, 1, 0, 1), fine=3)
    >>> above_zero(places[:, 0] - 0.5, places).vertices.min(axis=0).round(2).tolist()
    [0.5, -0.02]
    """
    fine = round(len(places) ** 0.5)
    x, y = (places[:, side].reshape(fine, fine) for side in (0, 1))
    contours = contour_generator(x, y, values.reshape(fine, fine), fill_type=FillType.OuterCode)
    outlines = [
        Path(corners, codes)
        for corners, codes in zip(*contours.filled(0, np.inf), strict=True)
        if corners is not None
    ]
    return Path.make_compound_path(*outlines) if outlines else Path(np.empty((0, 2)))


def active_side(z: np.ndarray, places: np.ndarray, ax: Axes) -> PathPatch:
    """Hatch where a unit is active, bordered by the line on which its z is 0.

    Parameters
    ----------
    z : ndarray of shape (fine²,)
        Its pre-activation at each of the places: for a unit of the first layer the border is
        straight, for one above it the layers below have bent it.
    places : ndarray of shape (fine², 2)
        What `lattice` returns.
    ax : Axes

    Examples
    --------
    >>> figure, ax = new_figure()
    >>> places = lattice((-1, 1, -1, 1))
    >>> active_side(places @ [2.0, 1.0] + 0.5, places, ax).get_hatch()
    '//'
    """
    look: dict[str, Any] = {
        "facecolor": "none",
        "edgecolor": VALUE,
        "linewidth": 1.6,
        "hatch": "//",
    }
    patch = PathPatch(above_zero(z, places), **look)
    ax.add_patch(patch)
    return patch


def region_paths(net: MLP, places: np.ndarray) -> list[Path]:
    """Outline where each class has the largest output of a classifier.

    Examples
    --------
    >>> net = MLP([2, 3, 3], Tanh())
    >>> len(region_paths(net, lattice((-1, 1, -1, 1))))
    3
    """
    outputs = net(places).output.value
    if outputs.shape[1] == 1:  # a single output says yes where it is above 0
        outputs = np.column_stack((np.zeros(len(outputs)), outputs))
    paths = []
    for label in range(outputs.shape[1]):
        others = np.delete(outputs, label, axis=1).max(axis=1)
        paths.append(above_zero(outputs[:, label] - others, places))
    return paths


def decision_regions(net: MLP, places: np.ndarray, ax: Axes) -> list[PathPatch]:
    r"""Draw which class a net says where: tinted and hatched, with the boundary between them.

    Parameters
    ----------
    net : MLP
        With two inputs.
    places : ndarray of shape (fine², 2)
        What `lattice` returns.
    ax : Axes

    Returns
    -------
    list of PathPatch
        One a class.

    Examples
    --------
    >>> figure, ax = new_figure()
    >>> regions = decision_regions(MLP([2, 3, 3], Tanh()), lattice((-1, 1, -1, 1)), ax)
    >>> [region.get_hatch() for region in regions]
    ['', '//', '\\\\']
    """
    patches = []
    for path, series, hatch in zip(region_paths(net, places), SERIES, HATCHES, strict=False):
        tint = (*matplotlib.colors.to_rgb(series.colour), 0.16)
        patch = PathPatch(path, facecolor=tint, edgecolor=INK, linewidth=1, zorder=0.5)
        patch.set_hatch(hatch)
        ax.add_patch(patch)
        patches.append(patch)
    return patches


def line_ends(W: np.ndarray, b: np.ndarray, reach: float = 100.0) -> np.ndarray:
    """Find two ends of each unit's line, on which z is 0: an array of shape (k, 2, 2).

    A unit without weights has no line, and its ends are nan.

    Parameters
    ----------
    W : ndarray of shape (2, k)
    b : ndarray of shape (k,)
    reach : float
        How far the ends lie from the line's point next to the origin.

    Examples
    --------
    >>> line_ends(np.array([[0.0], [2.0]]), np.array([-3.0]), reach=1.0).tolist()
    [[[1.0, 1.5], [-1.0, 1.5]]]
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        length = np.hypot(*W)
        middle = -b * W / length**2
        along = reach * np.stack((W[1], -W[0])) / length
    return np.stack((middle + along, middle - along)).transpose(2, 0, 1)


def hidden_lines(net: MLP, ax: Axes) -> LineCollection:
    """Draw the line of each unit of the first hidden layer, where its z is 0.

    A net of ReLUs is straight between these lines: it bends on them and nowhere else, if it has
    no second hidden layer.

    Examples
    --------
    >>> figure, ax = new_figure()
    >>> len(hidden_lines(MLP([2, 7, 3], ReLU()), ax).get_segments())
    7
    """
    lines = LineCollection(list(line_ends(*net.parameters[:2])), colors=FAINT, linewidths=1)
    lines.set_linestyle((0, (4, 2)))
    ax.add_collection(lines, autolim=False)
    return lines


class BoundaryArtists(NamedTuple):
    """What a net says where, and its hidden lines; `move` brings them to another net."""

    places: np.ndarray
    regions: list[PathPatch]
    lines: LineCollection

    def move(self, net: MLP) -> None:
        """Show a net that has as many outputs as the one before."""
        for region, path in zip(self.regions, region_paths(net, self.places), strict=True):
            region.set_path(path)
        self.lines.set_segments(list(line_ends(*net.parameters[:2])))


def boundary_artists(net: MLP, points: np.ndarray, labels: np.ndarray, ax: Axes) -> BoundaryArtists:
    """Draw what a net says where, the lines of its first hidden layer, and the data.

    Examples
    --------
    >>> from coursekit import moons
    >>> figure, ax = new_figure()
    >>> artists = boundary_artists(MLP([2, 7, 2], ReLU()), *moons(), ax)
    >>> artists.move(MLP([2, 9, 2], ReLU()))
    >>> len(artists.lines.get_segments())
    9
    """
    box = window(points)
    places = lattice(box)
    artists = BoundaryArtists(places, decision_regions(net, places, ax), hidden_lines(net, ax))
    data_points(points, labels, ax)
    ax.set(xlim=box[:2], ylim=box[2:], xlabel="x₁", ylabel="x₂")
    return artists


def plot_boundary(net: MLP, points: np.ndarray, labels: np.ndarray, ax: Axes | None = None) -> Axes:
    """Plot what a net says where, the data, and the lines of its first hidden layer.

    Parameters
    ----------
    net : MLP
        A classifier with two inputs.
    points : ndarray of shape (n, 2)
    labels : ndarray of int of shape (n,)

    Examples
    --------
    >>> from coursekit import moons, train
    >>> points, labels = moons()
    >>> history = train(MLP([2, 9, 2], ReLU()), points, labels, rate=1, epochs=60, bar=False)
    >>> plot_boundary(history.net, points, labels).get_title("left")
    '0 of 200 points are on the wrong side'
    """
    with matplotlib.rc_context(RC):
        ax = ax or new_figure()[1]
        boundary_artists(net, points, labels, ax)
        wrong = round(error_rate(net, points, labels) * len(points))
        ax.set_title(f"{wrong} of {len(points)} points are on the wrong side")
    return ax


def plot_unit(
    w: np.ndarray, b: float, points: np.ndarray, labels: np.ndarray, ax: Axes | None = None
) -> Axes:
    """Plot the line of one unit over the data, and hatch the side on which it is active.

    Parameters
    ----------
    w : ndarray of shape (2,)
    b : float
    points : ndarray of shape (n, 2)
    labels : ndarray of int of shape (n,)

    Examples
    --------
    >>> from coursekit import moons
    >>> plot_unit([0.0, 1.0], -9.0, *moons()).get_title("left")
    'No point is on the hatched side: the unit is dead'
    """
    with matplotlib.rc_context(RC):
        ax = ax or new_figure()[1]
        box = window(points)
        places = lattice(box)
        active_side(places @ w + b, places, ax)
        data_points(points, labels, ax)
        active = int(np.sum(points @ w + b > 0))
        finding = f"{active} of {len(points)} points are on the hatched side"
        ax.set(
            title=finding if active else "No point is on the hatched side: the unit is dead",
            xlabel="x₁",
            ylabel="x₂",
            xlim=box[:2],
            ylim=box[2:],
        )
    return ax
