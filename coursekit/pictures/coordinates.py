"""Spherical coordinates as a picture: a point, and the little box that its Jacobian spans there."""

from functools import lru_cache
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.text import Text

from coursekit.functions import cos, sin, stack
from coursekit.graph import Node
from coursekit.jacobians import jacobian
from coursekit.style import (
    CARD,
    FAINT,
    GRADIENT,
    INK,
    RC,
    SERIES,
    SHADE,
    decimals,
    new_figure,
    number,
)

STEP = 0.5  # how far each coordinate goes along an edge of the box that is drawn
REACH = 3.0  # the largest radius
AZIMUTH, ELEVATION = np.radians(12), np.radians(18)  # from where one looks
# What lies to the right on the page, and what lies above.
PAGE = np.array(
    [
        [-np.sin(AZIMUTH), np.cos(AZIMUTH), 0],
        [
            -np.sin(ELEVATION) * np.cos(AZIMUTH),
            -np.sin(ELEVATION) * np.sin(AZIMUTH),
            np.cos(ELEVATION),
        ],
    ]
)
COORDINATES = ("r", "θ", "φ")


def cartesian(place: Node) -> Node:
    """Turn (r, θ, φ), with θ from the z-axis and φ around it, into (x, y, z).

    Examples
    --------
    >>> cartesian(Node([2.0, 0.0, 0.0])).value.tolist()
    [0.0, 0.0, 2.0]
    """
    r, theta, phi = place[0], place[1], place[2]
    across = r * sin(theta)
    return stack([across * cos(phi), across * sin(phi), r * cos(theta)])


@lru_cache(maxsize=8)  # picture, words and alt text of one place ask for the same
def spherical_jacobian(r: float, theta: float, phi: float) -> np.ndarray:
    """How x, y and z change with r, θ and φ, by backprop, without the rounding of sin π.

    Parameters
    ----------
    r : float
    theta, phi : float
        In degrees.

    Returns
    -------
    ndarray of shape (3, 3)
        One column a coordinate.

    Examples
    --------
    >>> J = spherical_jacobian(2, 60, 45)
    >>> print(f"{np.linalg.det(J):.4f}")
    3.4641
    """
    place = [float(r), *np.radians([theta, phi])]
    J = np.round(jacobian(cartesian, place).dense(), 14) + 0.0
    J.flags.writeable = False
    return J


def point(r, theta, phi):
    """Where a place in spherical coordinates lies in space; arrays broadcast, angles in degrees."""
    theta, phi = np.radians(theta), np.radians(phi)
    flat = r * np.sin(theta)
    return np.stack(
        np.broadcast_arrays(flat * np.cos(phi), flat * np.sin(phi), r * np.cos(theta)), -1
    )


def on_page(places):
    """Where places in space lie on the page, seen from afar."""
    return np.asarray(places) @ PAGE.T


def nearest(aim: Any, r: float, theta: float, phi: float, thetas: Any, phis: Any) -> list[float]:
    """Find the θ and φ whose place on the globe lies nearest to a spot on the page.

    Front and back of the globe lie over each other: the side of the point itself is preferred.

    Parameters
    ----------
    aim : array_like of shape (2,)
        The spot.
    r, theta, phi : float
        Where the point is.
    thetas, phis : array_like
        The angles to choose from.

    Examples
    --------
    >>> nearest(on_page(point(2, 90, 40)), 2, 60, 45, thetas=[60, 90], phis=[0, 45, 225])
    [90.0, 45.0]
    """
    if not r:  # the centre lies there at any angle
        return [theta, phi]
    places = point(r, np.reshape(thetas, (-1, 1)), phis)
    off = np.linalg.norm(on_page(places) - aim, axis=-1)
    off += 0.05 * np.linalg.norm(places - point(r, theta, phi), axis=-1)
    row, column = np.unravel_index(off.argmin(), off.shape)
    return [float(thetas[row]), float(phis[column])]


class Box(NamedTuple):
    """What moves in a picture of the volume element."""

    globe: LineCollection
    shadow: Line2D
    faces: PolyCollection
    edges: list[Line2D]
    names: list[Text]
    point: Line2D

    @property
    def moving(self) -> list[Artist]:
        """The artists that move, from the back to the front."""
        return [self.globe, self.shadow, self.faces, *self.edges, *self.names, self.point]


def box_axes(ax: Axes) -> Box:
    """Set up the view of space: its axes stand still, the box and what leads to it move."""
    ax.set(xlim=(-4.15, 4.15), ylim=(-4.0, 4.0), aspect="equal")  # the box at any place
    ax.axis("off")
    for name, tip in zip("xyz", 3.5 * np.eye(3), strict=True):
        x, y = on_page(tip)
        ax.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "->", "color": FAINT})
        ax.text(1.08 * x, 1.08 * y, name, color=FAINT, ha="center", va="center")
    globe = LineCollection([], colors=SHADE, linewidths=1)
    faces = PolyCollection([], facecolors=(INK, 0.16), edgecolors=FAINT, linewidths=0.8)
    ax.add_collection(globe)
    (shadow,) = ax.plot([], [], color=FAINT, linewidth=1, linestyle=":")
    ax.add_collection(faces)
    edges = [
        ax.plot([], [], color=series.colour, linestyle=series.dash, linewidth=2.6)[0]
        for _, series in zip(COORDINATES, SERIES, strict=False)
    ]
    # A piece of card behind each letter, for lines run everywhere.
    ground = {"facecolor": (CARD, 0.75), "edgecolor": "none", "pad": 0}
    look: dict[str, Any] = {"ha": "center", "va": "center", "weight": "bold", "bbox": ground}
    names = [
        ax.text(0, 0, name, color=series.colour, **look)
        for name, series in zip(COORDINATES, SERIES, strict=False)
    ]
    (dot,) = ax.plot([], [], "o", color=INK, markersize=9)
    return Box(globe, shadow, faces, edges, names, dot)


def show_box(box: Box, r: float, theta: float, phi: float) -> None:
    """Bring the artists of `box_axes` to a place."""
    turn = np.linspace(0, 360, 49)
    rings = [point(r, turn, phi), point(r, theta, turn), point(r, 90, turn)]
    outline = r * np.stack([np.cos(np.radians(turn)), np.sin(np.radians(turn))], -1)
    box.globe.set_segments([*map(on_page, rings), outline])
    here = point(r, theta, phi)
    foot = here * [1, 1, 0]
    box.shadow.set_data(*on_page([here, foot, 0 * here, here]).T)
    columns = STEP * spherical_jacobian(r, theta, phi).T
    sides = []
    for first, second, third in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        one, other = columns[first], columns[second]
        side = here + np.array([0 * here, one, one + other, other])
        sides += [on_page(side), on_page(side + columns[third])]
    box.faces.set_verts(sides)
    start = on_page(here)
    for edge, name, column in zip(box.edges, box.names, columns, strict=True):
        end = on_page(here + column)
        edge.set_data(*np.stack([start, end]).T)
        size = np.hypot(*(end - start)) or 1
        name.set_position(start + (end - start) * (1 + 0.25 / size))
        name.set_visible(bool(column.any()))
    box.point.set_data(*start[:, None])


class Table(NamedTuple):
    """What moves in a table of the Jacobian."""

    dead: list[Line2D]
    cells: list[list[Text]]
    says: list[Text]

    @property
    def moving(self) -> list[Artist]:
        """The artists that move, from the back to the front."""
        return [*self.dead, *(cell for row in self.cells for cell in row), *self.says]


def table_axes(ax: Axes) -> Table:
    """Set up a table: a column for each coordinate, rows for x, y, z and the column's length.

    Its numbers are for angles in radians.
    """
    ax.set(xlim=(0, 10), ylim=(0, 10))
    ax.axis("off")
    across, down = (3.6, 6.6, 9.6), (7.5, 6.5, 5.5, 4.3)
    for x, name, series in zip(across, COORDINATES, SERIES, strict=False):
        ax.text(x, 9.0, f"∂/∂{name}", ha="right", color=series.colour, weight="bold")
        ax.plot([x - 1.8, x], [8.6, 8.6], color=series.colour, linestyle=series.dash)
    for y, name in zip(down, (*"xyz", "‖·‖"), strict=True):
        ax.text(0.3, y, name, color=FAINT)
    ax.plot([0.2, 9.9], [5.1, 5.1], color=FAINT, linewidth=0.8)
    ax.text(0.3, 0.4, f"drawn: {STEP:g} × {STEP:g} rad × {STEP:g} rad", color=FAINT)
    frame: dict[str, Any] = {"color": GRADIENT, "linestyle": "--", "linewidth": 1.4}
    around, top = np.array([-2.3, 0.3, 0.3, -2.3, -2.3]), [3.9, 3.9, 8.3, 8.3, 3.9]
    dead = [ax.plot(x + around, top, **frame)[0] for x in across]
    cells = [[ax.text(x, y, "", ha="right") for x in across] for y in down]
    says = [ax.text(0.3, y, "", weight="bold", color=INK) for y in (2.6, 1.6)]
    return Table(dead, cells, says)


def show_table(table: Table, J: np.ndarray) -> None:
    """Bring the artists of `table_axes` to a Jacobian; a column of zeros is framed."""
    rows = [*J, np.linalg.norm(J, axis=0)]
    for cells, numbers in zip(table.cells, rows, strict=True):
        for cell, value in zip(cells, numbers, strict=True):
            cell.set_text(decimals(value))
    for frame, column in zip(table.dead, J.T, strict=True):
        frame.set_visible(not column.any())
    table.says[0].set_text(f"det = r² sin θ = {decimals(np.linalg.det(J))}")
    table.says[1].set_text(f"rank {np.linalg.matrix_rank(J)}")


@matplotlib.rc_context(RC)
def volume_element(
    r: float = 2.0, theta: float = 60.0, phi: float = 45.0, ax: Axes | None = None
) -> Axes:
    """
    Draw the box that a step in each spherical coordinate spans: its volume is the determinant's.

    Parameters
    ----------
    r : float
        Up to 3.
    theta, phi : float
        In degrees: from the z-axis, and around it.
    ax : Axes, optional

    Examples
    --------
    >>> volume_element(2, 60, 45).get_title("left")
    'r = 2, θ = 60°, φ = 45°: determinant 3.46, rank 3'
    """
    ax = ax or new_figure(4.2, 4)[1]
    show_box(box_axes(ax), r, theta, phi)
    J = spherical_jacobian(r, theta, phi)
    rank = np.linalg.matrix_rank(J)
    where = f"r = {number(r)}, θ = {number(theta)}°, φ = {number(phi)}°"
    ax.set_title(f"{where}: determinant {number(np.linalg.det(J), 3)}, rank {rank}")
    return ax
