"""The fates of the hidden units of a net: each in a grid that can be picked from, and in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from coursekit.films import Film
from coursekit.pictures.planes import above_zero, active_side, data_points, lattice, window
from coursekit.probes import FATES, SPARSE, Census
from coursekit.style import GRADIENT, INK, RC, SERIES, VALUE, Series, new_figure, percent

__all__ = ["FatesView", "fate_of", "fates_grid", "plot_fates", "story", "tally", "whereabouts"]

ACROSS = 10  # units in a row of the grid of fates
CLOSE: dict[str, Any] = {"handlelength": 0.9, "columnspacing": 1.1, "handletextpad": 0.4}
# Each fate has a shape of its own, filled while gradients arrive.
MARKS = {
    "alive": Series(VALUE, "none", "o"),
    "sparse": Series(VALUE, "none", "."),
    "revived": Series(SERIES[0].colour, "none", "^"),
    "died": Series(GRADIENT, "none", "X"),
    "born dead": Series(INK, "none", "s"),
}


def located(unit: int, hidden: Sequence[int]) -> tuple[int, int]:
    """Find the layer of a unit and its place there, all counted from 0 and through all layers.

    Examples
    --------
    >>> located(0, [50, 7, 9]), located(56, [50, 7, 9]), located(57, [50, 7, 9])
    ((0, 0), (1, 6), (2, 0))
    """
    layer = int(np.searchsorted(np.cumsum(hidden), unit, side="right"))
    return layer, unit - sum(hidden[:layer])


def whereabouts(unit: int, hidden: Sequence[int]) -> str:
    """Say where a unit stands.

    Examples
    --------
    >>> whereabouts(56, [50, 7, 9])
    'layer 2, unit 7'
    """
    layer, place = located(unit, hidden)
    return f"layer {layer + 1}, unit {place + 1}"


def called(fate: str) -> str:
    """Name the units of a fate: of those that were born dead, only some stay so.

    Examples
    --------
    >>> called("revived"), called("born dead")
    ('revived', 'never alive')
    """
    return "never alive" if fate == "born dead" else fate


def fate_of(taken: Census, unit: int) -> str:
    """Name the fate of a unit, counted through all layers."""
    return str(np.concatenate([taken.fates(layer + 1) for layer in range(len(taken.shares))])[unit])


def tally(taken: Census) -> str:
    """Count the units of each fate, through all layers.

    Examples
    --------
    >>> tally(Census((0, 10), (np.array([[0.0, 0.4, 0.5], [0.0, 0.0, 0.6]]),), spread=1.0))
    '1 alive, 0 sparse, 0 revived, 1 died, 1 never alive'
    """
    return ", ".join(f"{sum(taken.count(fate))} {called(fate)}" for fate in FATES)


def story(taken: Census, unit: int) -> str:
    """Tell what became of a unit, as far as a look every few steps can know.

    Examples
    --------
    >>> taken = Census((0, 10), (np.array([[0.0, 0.4, 0.5], [0.0, 0.0, 0.6]]),), spread=1.0)
    >>> story(taken, 1)
    'died: silent on every point since step 10, its gradient is exactly 0'
    """
    layer, place = located(unit, [share.shape[1] for share in taken.shares])
    since = taken.since(layer + 1)[place]
    share = percent(taken.shares[layer][-1, place])
    return {
        "alive": f"is alive: active on {share} of the points",
        "sparse": f"is sparse, not dead: active on {share} of the points, it learns from these",
        "revived": f"was dead and is active again since step {since}, on {share} of the points",
        "died": f"died: silent on every point since step {since}, its gradient is exactly 0",
        "born dead": "was born dead: silent on every point whenever it was looked at",
    }[fate_of(taken, unit)]


def seats(sizes: Sequence[int]) -> list[np.ndarray]:
    """Seat each unit in the grid of fates: an array of shape (k, 2) for each layer.

    The units of a layer sit in rows of ten, from left to right and from top to bottom; the next
    layer's block stands to the right.

    Examples
    --------
    >>> seats([20, 20])[1][[0, 9, 10]].tolist()
    [[11.5, 0.0], [20.5, 0.0], [11.5, 1.0]]
    """
    blocks = []
    for layer, units in enumerate(sizes):
        rows, columns = np.divmod(np.arange(units), ACROSS)
        blocks.append(np.column_stack((columns + (ACROSS + 1.5) * layer, rows)))
    return blocks


def fates_grid(sizes: Sequence[int], ax: Axes) -> dict[str, Line2D]:
    """Set up a grid of units that tells the fate of each by its mark; `show_fates` fills it.

    Parameters
    ----------
    sizes : sequence of int
        How many units each hidden layer has.
    ax : Axes

    Returns
    -------
    dict of str to Line2D
        One a fate.

    Examples
    --------
    >>> figure, ax = new_figure()
    >>> [mark.get_marker() for mark in fates_grid([50, 50, 50], ax).values()]
    ['o', '.', '^', 'X', 's']
    """
    blocks = seats(sizes)
    marks = {}
    for fate in FATES:
        look, hollow = MARKS[fate], fate == "born dead"
        (marks[fate],) = ax.plot(
            [],
            [],
            color=look.colour,
            marker=look.marker,
            linestyle="none",
            markersize=7,
            markerfacecolor="none" if hollow else look.colour,
            markeredgewidth=1.2 if hollow else 0,
            label=f"sparse (< {percent(SPARSE)})" if fate == "sparse" else called(fate),
        )
    right, bottom = np.concatenate(blocks).max(axis=0)
    ax.set(xlim=(-0.8, right + 0.8), ylim=(bottom + 0.7, -0.7), yticks=[])
    middles = [block[:, 0].mean() for block in blocks]
    ax.set_xticks(middles, [f"layer {layer}" for layer in range(1, len(sizes) + 1)])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return marks


def show_fates(marks: Mapping[str, Line2D], taken: Census) -> None:
    """Seat each unit of a census in the grid, under the mark of its fate.

    Examples
    --------
    >>> figure, ax = new_figure()
    >>> marks = fates_grid([3], ax)
    >>> show_fates(marks, Census((0, 10), (np.array([[0.0, 0.4, 0.5], [0.0, 0.0, 0.6]]),), 1.0))
    >>> {fate: mark.get_xdata().tolist() for fate, mark in marks.items()}
    {'alive': [2.0], 'sparse': [], 'revived': [], 'died': [1.0], 'born dead': [0.0]}
    """
    layers = range(1, len(taken.shares) + 1)
    fates = np.concatenate([taken.fates(layer) for layer in layers])
    places = np.concatenate(seats([share.shape[1] for share in taken.shares]))
    for fate, mark in marks.items():
        mark.set_data(*places[fates == fate].T)


def plot_fates(taken: Census, ax: Axes | None = None) -> Axes:
    """Plot what became of every hidden unit, told apart by marks, with a legend that counts them.

    Examples
    --------
    >>> taken = Census((0, 10), (np.array([[0.0, 0.4, 0.5], [0.0, 0.0, 0.6]]),), spread=1.0)
    >>> plot_fates(taken).get_title("left")
    '2 of 3 hidden units are dead'
    """
    with matplotlib.rc_context(RC):
        ax = ax or new_figure(height=2.6)[1]
        sizes = [share.shape[1] for share in taken.shares]
        marks = fates_grid(sizes, ax)
        show_fates(marks, taken)
        counts = {fate: sum(taken.count(fate)) for fate in FATES}
        for fate, mark in marks.items():
            mark.set_label(f"{counts[fate]} {called(fate)}")
        dead = counts["died"] + counts["born dead"]
        are = "is" if dead == 1 else "are"
        ax.set_title(f"{dead} of {sum(sizes)} hidden units {are} dead")
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=len(FATES), **CLOSE)
    return ax


class FatesView:
    """A figure of a net on film: its units' fates, where one of them is active, and all the dead.

    Parameters
    ----------
    hidden : sequence of int
        How many units each hidden layer has.
    points, labels : ndarray
        The data, in the plane.
    epochs : sequence of int
        When the net is looked at.

    Examples
    --------
    >>> from coursekit import MLP, ReLU, spiral
    >>> view = FatesView([9, 9], *spiral(), range(0, 21, 5))
    >>> net = MLP([2, 9, 9, 3], ReLU())
    >>> artists = view.show(Film(net, *spiral(), rate=0.5, epochs=20, every=5), look=4, unit=3)
    >>> view.side.get_hatch()
    '//'
    """

    def __init__(
        self,
        hidden: Sequence[int],
        points: np.ndarray,
        labels: np.ndarray,
        epochs: Sequence[int],
    ) -> None:
        self.hidden, self.epochs, self.seats = hidden, epochs, np.concatenate(seats(hidden))
        box = window(points)
        self.places = lattice(box, fine=30)
        # Laid out by hand: half the time to the first picture.
        self.figure = Figure(figsize=(5.8, 5.6))
        axes = self.figure.subplot_mosaic(
            [["units", "units"], ["plane", "curves"]],
            height_ratios=(1, 1.3),
            width_ratios=(1.25, 1),
            gridspec_kw={"left": 0.12, "right": 0.97, "top": 0.93, "bottom": 0.09, "hspace": 0.42},
        )
        self.grid, plane, curves = axes.values()
        self.marks = fates_grid(hidden, self.grid)
        self.grid.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=5, **CLOSE)
        look: dict[str, Any] = {"color": INK, "markerfacecolor": "none", "markersize": 13}
        (self.ring,) = self.grid.plot([], [], "o", **look)
        data_points(points, labels, plane)
        self.side = active_side(self.places[:, 0], self.places, plane)
        plane.set(xlim=box[:2], ylim=box[2:], xlabel="x₁", ylabel="x₂")
        self.lines = [
            curves.plot([], [], color=s.colour, linestyle=s.dash, label=f"layer {layer}")[0]
            for layer, s in enumerate(SERIES[: len(hidden)], start=1)
        ]
        below_legend = 0.65  # of the height
        self.now = curves.axvline(0, 0, below_legend, color=INK, linewidth=1.2, linestyle=":")
        curves.legend(loc="upper left")
        # Rings stay where the line would lie on the picture's edge, or be too faint to see.
        (self.then,) = curves.plot([], [], "o", color=INK, markerfacecolor="none", clip_on=False)
        curves.set(xlim=(0, epochs[-1]), ylim=(-3, 160), yticks=range(0, 101, 20))
        curves.set(xlabel="epoch", title="Dead units, %")
        for ax in (self.grid, plane):
            ax.set_title(" ")  # keeps the place of the words that move
        words: dict[str, Any] = {"x": 0, "y": 1.04, "s": "", "fontweight": "bold", "fontsize": 11}
        self.heads = [ax.text(transform=ax.transAxes, **words) for ax in (self.grid, plane)]
        parts = (self.ring, self.side, *self.lines, self.now, self.then, *self.heads)
        self.moved: list[Artist] = [*self.marks.values(), *parts]
        for artist in self.moved:
            artist.set_animated(True)

    def show(self, film: Film, look: int, unit: int) -> list[Artist]:
        """Show the net at one of the looks, and where one of its units is active."""
        taken, dead = film.until(look), film.dead
        show_fates(self.marks, taken)
        self.ring.set_data(*self.seats[[unit]].T)
        layer, place = located(unit, self.hidden)
        z = film.nets[look](self.places).z[layer].value[:, place]
        self.side.set_path(above_zero(z, self.places))
        for line, counts, units in zip(self.lines, dead, self.hidden, strict=True):
            line.set_data(self.epochs, 100 * counts / units)
        self.now.set_xdata([self.epochs[look]] * 2)
        ends = 100 * dead[:, look] / np.array(self.hidden)
        self.then.set_data([self.epochs[look]] * len(ends), ends)
        count, of = dead[:, look].sum(), len(self.seats)
        self.heads[0].set_text(f"Dead: {count} of {of} hidden units, {percent(count / of)}")
        told = f"{whereabouts(unit, self.hidden)}: {called(fate_of(taken, unit))}"
        self.heads[1].set_text(told.capitalize())
        return self.moved

    def corners(self) -> tuple[np.ndarray, float]:
        """Where each unit sits in the picture, in points from the upper left, and how far apart."""
        places = self.grid.transData.transform(self.seats)
        places[:, 1] = 72 * self.figure.get_figheight() - places[:, 1]
        return places, places[1, 0] - places[0, 0]

    def rows(self) -> list[tuple[float, float]]:
        """Where the first and the last unit would be, were all in one row with each of them."""
        places, apart = self.corners()
        lows = places[:, 0] - apart * np.arange(len(places))
        return [(float(low), float(low + apart * (len(places) - 1))) for low in lows]

    def cells(self, names: Iterable[str]) -> str:
        """Lay an unseen mark over each unit, by which it is picked and dragged."""
        places, apart = self.corners()
        return "".join(
            f'<rect data-mark="{name}" x="{x - apart / 2:.1f}" y="{y - apart / 2:.1f}"'
            f' width="{apart:.1f}" height="{apart:.1f}" fill="transparent"/>'
            for name, (x, y) in zip(names, places, strict=True)
        )
