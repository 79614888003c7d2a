"""Spherical coordinates as a picture: a point, and the little box that its Jacobian spans there."""

from functools import lru_cache
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.text import Text

from coursekit.functions import cos, sin, stack
from coursekit.graph import Node
from coursekit.jacobians import jacobian
from coursekit.style import FAINT, INK, RC, SERIES, SHADE, new_figure, number

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


class Box(NamedTuple):
    """What moves in a picture of the volume element."""

    globe: LineCollection
    shadow: Line2D
    faces: PolyCollection
    edges: list[Line2D]
    names: list[Text]
    point: Line2D


def box_axes(ax: Axes) -> Box:
    """Set up the view of space: its axes stand still, the box and what leads to it move."""
    ax.set(xlim=(-3.4, 4.0), ylim=(-3.2, 3.8), aspect="equal")
    ax.axis("off")
    for name, tip in zip("xyz", 3.5 * np.eye(3), strict=True):
        x, y = on_page(tip)
        ax.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "->", "color": FAINT})
        ax.text(1.08 * x, 1.08 * y, name, color=FAINT, ha="center", va="center")
    globe = LineCollection([], colors=SHADE, linewidths=1)
    faces = PolyCollection([], facecolors=INK, edgecolors=INK, alpha=0.16)
    ax.add_collection(globe)
    (shadow,) = ax.plot([], [], color=FAINT, linewidth=1, linestyle=":")
    ax.add_collection(faces)
    edges = [
        ax.plot([], [], color=series.colour, linestyle=series.dash, linewidth=2.6)[0]
        for _, series in zip(COORDINATES, SERIES, strict=False)
    ]
    names = [
        ax.text(0, 0, name, color=series.colour, ha="center", va="center", weight="bold")
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
