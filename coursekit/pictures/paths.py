"""Pictures of descents: a path over the contours of a loss, and a race of errors to a goal.

Each function draws on the `ax` that it is given.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from coursekit.descents import Descent, same_sign
from coursekit.racing import epochs_to
from coursekit.style import CARD, FAINT, GRADIENT, INK, RC, SERIES, SHADE, percent

__all__ = ["plot_path", "plot_race", "plot_signs"]

SHARES = (1, 0.5, 0.2, 0.1, 0.05, 0.02)
LEVELS = np.geomspace(0.06, 2.5, 8)  # distances from the target, along the flattest direction


class PathArtists(NamedTuple):
    """A descent in the plane of its two weights; `move` brings it to another one."""

    contours: LineCollection
    straight: Line2D
    path: Line2D
    start: Line2D
    target: Line2D

    def move(self, shown: Descent) -> None:
        """Show another descent."""
        self.contours.set_segments(contours(shown.hessian, shown.target))
        self.straight.set_data(*shown.path[[0, -1]].T)
        self.path.set_data(*shown.path.T)
        self.start.set_data(*shown.path[:1].T)
        self.target.set_data(*shown.target[:, None])


def contours(hessian: np.ndarray, target: np.ndarray) -> list[np.ndarray]:
    """Outline where a quadratic loss is equal: ellipses around its target.

    Examples
    --------
    >>> narrow = contours(np.diag([100.0, 1.0]), np.zeros(2))[-1]
    >>> (narrow.max(axis=0)).round(2)
    array([0.25, 2.5 ])
    """
    curvatures, axes = np.linalg.eigh(hessian)
    turn = np.linspace(0, 2 * np.pi, 49)
    unit = np.column_stack((np.cos(turn), np.sin(turn) * np.sqrt(curvatures[0] / curvatures[1])))
    return [target + level * unit @ axes.T for level in LEVELS]


def path_artists(ax: Axes) -> PathArtists:
    """Prepare axes over two weights, and the artists of a descent, which show nothing yet."""
    lines = LineCollection([], colors=FAINT, linewidths=0.7, alpha=0.75)
    ax.add_collection(lines, autolim=False)
    (straight,) = ax.plot([], [], color=INK, linestyle=(0, (4, 3)), linewidth=1.2)
    (path,) = ax.plot([], [], color=SERIES[0].colour, linewidth=1.4)
    (start,) = ax.plot([], [], "o", color=INK, markersize=6)
    (target,) = ax.plot([], [], "*", color=SERIES[1].colour, markersize=15)
    ax.set(aspect="equal", xlabel="weight w₁", ylabel="weight w₂")
    return PathArtists(lines, straight, path, start, target)


def plot_path(shown: Descent, ax: Axes) -> Axes:
    """Plot a descent over the contours of its loss, beside the straight line.

    Examples
    --------
    >>> from coursekit import Tanh
    >>> from coursekit.descents import descent, inputs_through
    >>> from coursekit.style import new_figure
    >>> figure, ax = new_figure()
    >>> plot_path(descent(inputs_through(Tanh().forward), (1, -1)), ax).get_title("left")
    'Path ÷ straight line: 1.00'
    """
    with matplotlib.rc_context(RC):
        path_artists(ax).move(shown)
        low, high = (end([*shown.path, shown.target], axis=0) for end in (np.min, np.max))
        middle, half = (low + high) / 2, 0.65 * max(high - low)
        ax.set(xlim=middle[0] + [-half, half], ylim=middle[1] + [-half, half])
        ax.set_title(f"Path ÷ straight line: {shown.detour:.2f}")
    return ax


class SignArtists(NamedTuple):
    """The gradients of a descent by their signs; `move` brings them to another one."""

    alike: Line2D
    apart: Line2D

    def move(self, shown: Descent) -> None:
        """Show another descent."""
        sizes = np.linalg.norm(shown.gradients, axis=1, keepdims=True)
        # Later steps lie further out, so that none hides another.
        outwards = np.linspace(0.25, 1, shown.steps)[:, None]
        points = outwards * shown.gradients / np.where(sizes > 0, sizes, 1)
        alike = same_sign(shown.gradients)
        self.alike.set_data(*points[alike].T)
        self.apart.set_data(*points[~alike].T)


def sign_artists(ax: Axes) -> SignArtists:
    """Prepare axes over two weight gradients, shaded where both have one sign, and the artists."""
    for x, y in ((0, 0), (-1.1, -1.1)):
        ax.add_patch(Rectangle((x, y), 1.1, 1.1, color=SHADE, alpha=0.6, lw=0))
    ax.set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1), aspect="equal", xticks=(), yticks=())
    ax.set(xlabel="∂L/∂w₁ (its direction, step by step)", ylabel="∂L/∂w₂")
    (alike,) = ax.plot([], [], "o", color=GRADIENT, markersize=3)
    (apart,) = ax.plot([], [], "x", color=INK, markersize=4)
    return SignArtists(alike, apart)


def plot_signs(shown: Descent, ax: Axes) -> Axes:
    """Plot the direction of each step's gradient, later steps further out, by its signs.

    Examples
    --------
    >>> from coursekit import Sigmoid
    >>> from coursekit.descents import descent, inputs_through
    >>> from coursekit.style import new_figure
    >>> figure, ax = new_figure()
    >>> one = descent(inputs_through(Sigmoid().forward), (1, -1), batch=1, rate=0.5)
    >>> plot_signs(one, ax).get_title("left")
    'Both signs alike: 100 %'
    """
    with matplotlib.rc_context(RC):
        sign_artists(ax).move(shown)
        ax.set_title(f"Both signs alike: {percent(shown.agreement)}")
    return ax


class RaceArtists(NamedTuple):
    """Errors on their way to a goal; `move` brings them to what is known so far."""

    goal: float
    lines: dict[str, Line2D]
    heads: dict[str, Line2D]

    def move(self, errors: Mapping[str, Sequence[float]]) -> None:
        """Show the errors from before training up to now; a head is filled once it is there."""
        for name, seen in errors.items():
            self.lines[name].set_data(range(len(seen)), seen)
            self.heads[name].set_data([len(seen) - 1], seen[-1:])
            there = seen[-1] <= self.goal
            self.heads[name].set_markerfacecolor(self.lines[name].get_color() if there else CARD)


def race_artists(names: Iterable[str], ax: Axes, goal: float, epochs: int) -> RaceArtists:
    """Prepare axes for a race, and the artists of it, which show nothing yet."""
    lines, heads = {}, {}
    for name, series in zip(names, SERIES, strict=False):
        look: dict[str, Any] = {"color": series.colour, "label": name}
        (lines[name],) = ax.plot([], [], linestyle=series.dash, linewidth=1.6, **look)
        (heads[name],) = ax.plot(
            [], [], marker=series.marker, markersize=8, linestyle="none", **look
        )
    ax.axhline(goal, color=INK, linewidth=1, linestyle=":")
    words = f"the goal: {100 * goal:g} %"
    beside: dict[str, Any] = {
        "transform": ax.get_yaxis_transform(),
        "va": "center",
        "color": INK,
        "fontsize": 9,
    }
    ax.text(1.02, goal, words, **beside)  # where no line comes
    ax.set(xlim=(-0.02 * epochs, 1.02 * epochs), xlabel="epoch", ylabel="digits read wrong")
    ax.set(yscale="log", ylim=(goal / 2.5, 1.2), yticks=SHARES)
    ax.yaxis.set_major_formatter(lambda share, place: f"{100 * share:g} %")
    ax.yaxis.set_minor_formatter("")
    both = [tuple(pair) for pair in zip(lines.values(), heads.values(), strict=True)]
    ax.legend(both, lines, loc="center left", bbox_to_anchor=(1, 0.5), handlelength=4.5)
    return RaceArtists(goal, lines, heads)


def plot_race(errors: Mapping[str, Sequence[float]], goal: float, ax: Axes) -> Axes:
    """Plot the error after each epoch, and who is at the goal when.

    Parameters
    ----------
    errors : mapping of str to sequence of float
        For each name, six at most, the error before training, then after each epoch.
    goal : float
        The error to get to.
    ax : Axes

    Raises
    ------
    ValueError
        Where there are more names than can be told apart.

    Examples
    --------
    >>> from coursekit.style import new_figure
    >>> figure, ax = new_figure()
    >>> plot_race({"tanh": [0.9, 0.04], "σ": [0.9, 0.9, 0.8]}, 0.05, ax).get_title("left")
    'To 5 % error: tanh 1 epoch, σ more than 2'
    """
    if len(errors) > len(SERIES):
        raise ValueError(f"a race has room for {len(SERIES)} names, not for {len(errors)}")
    with matplotlib.rc_context(RC):
        longest = max(len(seen) for seen in errors.values()) - 1
        race_artists(errors, ax, goal, longest).move(errors)
        ax.set_title(f"To {100 * goal:g} % error: {finish(errors, goal)}")
    return ax


def finish(errors: Mapping[str, Sequence[float]], goal: float) -> str:
    """Say who takes how many epochs to the goal, the fastest first.

    Examples
    --------
    >>> finish({"σ": [0.9, 0.9, 0.04], "tanh": [0.9, 0.04]}, 0.05)
    'tanh 1 epoch, σ 2'
    """
    times = {name: epochs_to(goal, seen) for name, seen in errors.items()}
    order = sorted(times, key=lambda name: (times[name] is None, times[name] or 0))
    said = [
        f"{name} {f'more than {len(errors[name]) - 1}' if times[name] is None else times[name]}"
        for name in order
    ]
    said[0] += " epoch" if times[order[0]] == 1 else " epochs"
    return ", ".join(said)
