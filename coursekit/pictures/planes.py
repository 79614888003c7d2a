"""Pictures in the plane of the data: where a unit is active, and what a net says where.

Each function draws on the `ax` that it is given and returns the artists that hold the picture. What
they are made of comes from functions of their own, so that an explorer moves the same artists.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from contourpy import FillType, contour_generator
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from coursekit.activations import ACTIVATIONS, Activation, Maxout
from coursekit.nets import MLP
from coursekit.pictures.curves import HIGH, LOW, curve_of, name_of
from coursekit.pictures.story import listed
from coursekit.style import CARD, FAINT, INK, RC, SERIES, VALUE, Series, new_figure, number
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
HALVINGS = 6  # of an edge of that grid, about 7 pixels long
Ends = tuple[np.ndarray, np.ndarray]  # places of shape (n, 2), and the value at each
Function = Callable[[np.ndarray], np.ndarray]
HATCHES = ("", "//", "\\\\", "--", "||", "xx")  # dots take a hundred times as much SVG


def labelled(points: Any, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Give points in the plane and their labels as arrays, or say what they lack.

    Examples
    --------
    >>> points, labels = labelled([[0, 1], [2, 3]], [0, 1])
    >>> points.shape, labels.tolist()
    ((2, 2), [0, 1])
    """
    try:
        points, labels = np.asarray(points, float), np.asarray(labels)
    except (TypeError, ValueError):  # texts, complex numbers, rows of different lengths
        raise ValueError("Points are n pairs of real numbers, of shape (n, 2).") from None
    if not points.size:
        raise ValueError("There are no points: a picture of them needs at least one.")
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"Points are n finite pairs, of shape (n, 2), and these {points.shape}.")
    rows = np.flatnonzero(~np.isfinite(points).all(axis=1))
    if rows.size:
        first = f"points[{rows[0]}] is ({', '.join(map(number, points[rows[0]]))})"
        raise ValueError(f"Points are n finite pairs, and {some(rows.size, points)} not: {first}.")
    if labels.shape != points.shape[:1]:
        raise ValueError(
            f"{len(points)} points need as many labels, and these have shape {labels.shape}."
        )
    return points, labels


def check_room(classes: int) -> None:
    """Refuse more classes than can be told apart."""
    if classes > len(SERIES):
        raise ValueError(f"this picture has room for {len(SERIES)} classes, not for {classes}")


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
    points, labels = labelled(points, labels)
    kinds = np.unique(labels)
    check_room(len(kinds))
    looks: tuple[Series, ...] = SERIES
    if np.isin(kinds, range(len(SERIES))).all():  # as a net counts them, though one be missing
        looks = tuple(SERIES[int(kind)] for kind in kinds)
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
        for label, series in zip(kinds, looks, strict=False)
    ]


def window(points: np.ndarray, room: float = 0.12) -> tuple[float, float, float, float]:
    """Find a frame around points, with some room: left, right, bottom, top.

    Examples
    --------
    >>> window(np.array([[0.0, 0.0], [1.0, 2.0]]), room=0.5)
    (-0.5, 1.5, -1.0, 3.0)
    """
    low, high = points.min(axis=0), points.max(axis=0)
    beside = room * np.where(high > low, high - low, 1.0)
    low, high = low - beside, high + beside
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def lattice(box: Sequence[float], fine: int = FINE) -> np.ndarray:
    """Spread places evenly over a frame and a little beyond: an array of shape (fine², 2)."""
    left, right, bottom, top = box
    beyond = 0.02 * (right - left), 0.02 * (top - bottom)  # the outline is not to be seen
    x = np.linspace(left - beyond[0], right + beyond[0], fine)
    y = np.linspace(bottom - beyond[1], top + beyond[1], fine)
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def above_zero(values: np.ndarray, places: np.ndarray, function: Function | None = None) -> Path:
    """Outline where values on a lattice are above 0; between its places they run straight.

    Parameters
    ----------
    values : ndarray of shape (fine²,)
    places : ndarray of shape (fine², 2)
        What `lattice` returns.
    function : callable, optional
        Gives the values at any places, of shape (n, 2), where they do not run straight.

    Examples
    --------
    >>> places = lattice((0, 1, 0, 1), fine=3)
    >>> above_zero(places[:, 0] - 0.5, places).vertices.min(axis=0).round(2).tolist()
    [0.5, -0.02]
    """
    fine = round(len(places) ** 0.5)
    # Signs with a little of the values: an outline of these meets every edge near its middle, which
    # tells the edge, and goes through a cell as one of the values would.
    signs = np.where(values > 0, 1, -1) + 0.1 * values / (np.abs(values).max() or 1)
    contours = contour_generator(z=signs.reshape(fine, fine), fill_type=FillType.OuterCode)
    outlines = [
        Path(border(corners, values, places, function), codes)
        for corners, codes in zip(*contours.filled(0, np.inf), strict=True)
        if corners is not None
    ]
    return Path.make_compound_path(*outlines) if outlines else Path(np.empty((0, 2)))


def border(
    met: np.ndarray, values: np.ndarray, places: np.ndarray, function: Function | None
) -> np.ndarray:
    """Find where values are 0 on edges of a lattice; a corner of it stays where it is.

    Parameters
    ----------
    met : ndarray of shape (n, 2)
        Places near the middles of the edges, in columns and rows of the lattice.
    values, places, function
        See `above_zero`.

    Returns
    -------
    ndarray of shape (n, 2)
    """
    columns_and_rows = [1, round(len(places) ** 0.5)]
    low = np.floor(met + 0.25).astype(int) @ columns_and_rows
    high = np.ceil(met - 0.25).astype(int) @ columns_and_rows
    found, edge = places[low], low != high
    low, high = low[edge], high[edge]
    found[edge] = crossings((places[low], values[low]), (places[high], values[high]), function)
    return found


def crossings(low: Ends, high: Ends, function: Function | None) -> np.ndarray:
    """Find where values cross 0 between pairs of places; without a function, they run straight.

    Examples
    --------
    >>> ends = [(np.array([[x, 0.0]]), np.array([x**3 - 1])) for x in (0.0, 2.0)]
    >>> crossings(*ends, None), crossings(*ends, lambda places: places[:, 0] ** 3 - 1).round(5)
    (array([[0.25, 0.  ]]), array([[1., 0.]]))
    """
    (a, at_a), (b, at_b) = low, high
    if function is not None:
        for _ in range(HALVINGS):
            middle = (a + b) / 2
            at_middle = function(middle)
            beyond = (at_middle > 0) == (at_a > 0)
            a, b = np.where(beyond[:, None], middle, a), np.where(beyond[:, None], b, middle)
            at_a, at_b = np.where(beyond, at_middle, at_a), np.where(beyond, at_b, at_middle)
    return a + (at_a / (at_a - at_b))[:, None] * (b - a)


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


def leads(net: MLP, places: np.ndarray) -> np.ndarray:
    """How far each output of a classifier is above all others: an array of shape (k, n).

    Examples
    --------
    >>> net = MLP([1, 2], Tanh()).with_parameters([[[1, 2]], [0, 0]])
    >>> leads(net, np.array([[3.0]])).ravel()
    array([-3.,  3.])
    """
    outputs = np.ascontiguousarray(net(places).output.value.T)  # the largest of rows is quick
    if len(outputs) == 1:  # a single output says yes where it is above 0
        outputs = np.vstack((0 * outputs, outputs))
    others = [np.delete(outputs, label, axis=0).max(axis=0) for label in range(len(outputs))]
    return outputs - others


def region_paths(net: MLP, places: np.ndarray) -> list[Path]:
    """Outline where each class has the largest output of a classifier.

    Examples
    --------
    >>> net = MLP([2, 3, 3], Tanh())
    >>> len(region_paths(net, lattice((-1, 1, -1, 1))))
    3
    """

    def lead(label: int, places: np.ndarray) -> np.ndarray:
        return leads(net, places)[label]

    return [
        above_zero(values, places, partial(lead, label))
        for label, values in enumerate(leads(net, places))
    ]


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
    check_room(net.sizes[-1])
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


def unit_lines(net: MLP) -> list[np.ndarray]:
    """Find the ends of each line in the first hidden layer: see `line_ends`.

    On a unit's line z is 0. A unit of Maxout has several z's, and a line where two of them are
    equal, for each two.

    Examples
    --------
    >>> net = MLP([2, 1, 1], Maxout()).with_parameters([[[3, 1], [0, 0]], [0, -2], [[1]], [0]])
    >>> unit_lines(net)[0][:, 0].tolist()
    [-1.0, -1.0]
    """
    W, b = net.parameters[:2]
    if isinstance(net.activation, Maxout):
        one, other = np.triu_indices(net.pieces, 1)
        W, b = (each.reshape(*each.shape[:-1], -1, net.pieces) for each in (W, b))
        W, b = (each[..., one] - each[..., other] for each in (W, b))
        W, b = W.reshape(2, -1), b.ravel()
    return list(line_ends(W, b))


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
    lines = LineCollection(unit_lines(net), colors=FAINT, linewidths=1)
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
        self.lines.set_segments(unit_lines(net))


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
    key = "   (solid: border; dashed: the hidden units' lines)"
    ax.set(xlim=box[:2], ylim=box[2:], xlabel=f"x₁{key}", ylabel="x₂")
    return artists


def some(count: int, points: np.ndarray) -> str:
    """Say how many of the points are somewhere.

    Examples
    --------
    >>> some(1, np.zeros((9, 2))), some(3, np.zeros((9, 2)))
    ('1 of 9 points is', '3 of 9 points are')
    """
    return f"{count} of {len(points)} points {'is' if count == 1 else 'are'}"


def border_words(activation: Activation, lines: str) -> str:
    """Say where the borders of a net bend, whose one hidden layer has this activation.

    Parameters
    ----------
    activation : Activation
    lines : str
        What the places are called where a unit's z is 0.

    Examples
    --------
    >>> border_words(ReLU(), "a line")
    'Each border bends only where it crosses a line.'
    >>> border_words(ELU(0.5), "a line")
    'Each border has corners only where it crosses a line, and may curve elsewhere.'
    """
    if isinstance(activation, Maxout):
        return f"Each border bends only where it crosses {lines}."
    ends = LOW, HIGH, *activation.kinks
    curve = curve_of(activation, min(ends) - 1, max(ends) + 1)
    if type(activation) not in ACTIVATIONS and has_unnamed_kinks(activation, curve.z):
        name = name_of(activation)
        return f"Each border may have corners: {name} bends or jumps where it names no kink."
    if not curve.kinks:
        if curve.straight:
            return "Each border is straight, for these units bend nothing."
        return f"Each border is smooth; on {lines}, z changes its sign."
    at = f"z of a unit is {listed([number(kink) for kink in curve.kinks], last=' or ')}"
    crossed = f"it crosses {lines}" if curve.kinks == (0,) else at
    if curve.straight:
        return f"Each border bends only where {crossed}."
    return f"Each border has corners only where {crossed}, and may curve elsewhere."


def has_unnamed_kinks(activation: Activation, z: np.ndarray) -> bool:
    """Whether values or slopes of an activation jump between z's that are not beside its kinks.

    Examples
    --------
    >>> class Lazy(Activation):
    ...     def forward(self, z):
    ...         return np.maximum(z, 0)
    >>> z = np.linspace(-1, 1, 9)
    >>> has_unnamed_kinks(Lazy(), z), has_unnamed_kinks(ReLU(), z)
    (True, False)
    """
    tiny = 1e-6

    def values_and_slopes(z: np.ndarray) -> np.ndarray:
        value, slope = z
        rise = activation.forward(slope + tiny) - activation.forward(slope - tiny)
        return np.stack((activation.forward(value), rise / (2 * tiny)))

    kinks = np.array(activation.kinks)
    near = (z[:-1, None] < kinks + 9 * tiny) & (kinks - 9 * tiny < z[1:, None])
    left, right = (np.stack((end, end))[:, ~near.any(axis=1)] for end in (z[:-1], z[1:]))
    with np.errstate(all="ignore"):
        steepest = np.abs(values_and_slopes(left)[1]).max(initial=0)
        for _ in range(12):  # what changes in steps is left in one half, what is smooth in none
            middle = (left + right) / 2
            before, here, after = map(values_and_slopes, (left, middle, right))
            first = np.abs(here - before) > np.abs(after - here)
            left, right = np.where(first, left, middle), np.where(first, middle, right)
        jumps = np.abs(values_and_slopes(right) - values_and_slopes(left))
    return bool((jumps > 1e-3 * steepest).any())


def dead_words(net: MLP, points: np.ndarray) -> str:
    """Say what a net answers whose units all are dead.

    Examples
    --------
    >>> net = MLP([1, 1, 2], ReLU()).with_parameters([[[1]], [-9], [[1, 1]], [0, 1]])
    >>> dead_words(net, np.array([[1.0], [2.0]]))
    'No line is left among the points, and all of them get the same answer.'
    """
    run = net(points)
    sides, answers = run.z[0].value > 0, run.output.value.argmax(axis=1)
    left = (sides == sides[0]).all()
    where = "No line is left among the points" if left else "No gradient passes any unit"
    same = "all of them get the same answer" if left else "all points get the same answer"
    return f"{where}, and {same if (answers == answers[0]).all() else 'the answers differ'}."


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
        points, labels = labelled(points, labels)
        ax = ax or new_figure()[1]
        boundary_artists(net, points, labels, ax)
        wrong = round(error_rate(net, points, labels) * len(points))
        ax.set_title(f"{some(wrong, points)} on the wrong side")
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
        points, labels = labelled(points, labels)
        ax = ax or new_figure()[1]
        box = window(points)
        places = lattice(box)
        active_side(places @ w + b, places, ax)
        data_points(points, labels, ax)
        active = int(np.sum(points @ w + b > 0))
        finding = f"{some(active, points)} on the hatched side"
        ax.set(
            title=finding if active else "No point is on the hatched side: the unit is dead",
            xlabel="x₁",
            ylabel="x₂",
            xlim=box[:2],
            ylim=box[2:],
        )
    return ax
