"""Pictures of what happens layer by layer: activations, saturation, gradients, dead units.

Each function draws on the `ax` that it is given; `LayersView` moves three of them together.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.container import BarContainer
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from coursekit.pictures.plots import power_of_ten, stairs
from coursekit.probes import Census, Layers
from coursekit.style import CARD, FAINT, GRADIENT, INK, SERIES, VALUE, brief, percent

__all__ = [
    "LayersView",
    "fate",
    "fates_by_layer",
    "gradients_by_layer",
    "histograms_by_layer",
    "layer_words",
    "saturated_by_layer",
]

LITTLE = 0.01  # of the last layer's gradient: less of it has vanished
REACH = (1e-15, 1e6)  # of the axis of the gradients, over the last layer's
WIDE = 0.96  # of the frame around a layer that is chosen
FATE_LOOKS = {
    "alive": ("#cfe8d5", ""),
    "sparse": ("#7db88b", ".."),
    "revived": (SERIES[0].colour, "//"),
    "died": (GRADIENT, "xx"),
    "born dead": (INK, "--"),
}


def histogram_outlines(
    arrays: Sequence[np.ndarray], low: float, high: float, bins: int = 24
) -> list[np.ndarray]:
    """Outline one histogram a layer, lying on its side around x = 1, 2, …; each is as wide.

    The fullest bin of each is .84 wide, so that shapes compare, and not counts.

    Examples
    --------
    >>> (outline,) = histogram_outlines([np.array([0.1, 0.2, 0.9])], 0, 1, bins=2)
    >>> outline[:4].round(2).tolist()
    [[1.42, 0.0], [1.42, 0.5], [1.21, 0.5], [1.21, 1.0]]
    """
    outlines = []
    for layer, array in enumerate(arrays, start=1):
        y, height = stairs(array, low, high, bins)
        half = 0.42 * height
        outlines.append(
            np.column_stack((np.r_[layer + half, layer - half[::-1]], np.r_[y, y[::-1]]))
        )
    return outlines


def histograms_by_layer(
    arrays: Sequence[np.ndarray], ax: Axes, low: float = -1.0, high: float = 1.0
) -> PolyCollection:
    """Draw a histogram a layer side by side, each lying on its side.

    Parameters
    ----------
    arrays : sequence of ndarray
        Activations or slopes of each layer; what lies beyond `low` and `high` counts at the edge.
    ax : Axes
    low, high : float
        The range of the values.

    Examples
    --------
    >>> from coursekit import MLP, digits
    >>> from coursekit.style import new_figure
    >>> figure, ax = new_figure()
    >>> run = MLP([64, 100, 100, 10], Tanh())(digits()[0][:200])
    >>> outlines = histograms_by_layer([a.value for a in run.a], ax)
    >>> len(outlines.get_paths())
    2
    """
    outlines = PolyCollection(histogram_outlines(arrays, low, high), facecolor=VALUE, linewidth=0)
    ax.add_collection(outlines, autolim=False)
    layer_axis(ax, len(arrays))
    room = 0.04 * (high - low)
    ax.set(ylim=(low - room, high + room), ylabel="activation a")
    first, last = (brief(float(np.std(array))) for array in (arrays[0], arrays[-1]))
    head(ax, f"Spread {first} in layer 1, {last} in layer {len(arrays)}")
    return outlines


def gradients_by_layer(sizes: Sequence[float] | np.ndarray, ax: Axes) -> Line2D:
    """Draw the gradient's size in each layer, on a logarithmic axis.

    Examples
    --------
    >>> from coursekit.style import new_figure
    >>> figure, ax = new_figure()
    >>> gradients_by_layer([1e-6, 1e-3, 1.0], ax).get_ydata()
    array([1.e-06, 1.e-03, 1.e+00])
    """
    places, sizes = range(1, len(sizes) + 1), np.asarray(sizes, dtype=float)
    drawn = np.where(np.isfinite(sizes) & (sizes > 0), sizes, np.nan)  # 0 has no place on the axis
    (line,) = ax.plot(places, drawn, color=GRADIENT, linestyle="--", marker="o", markersize=5)
    layer_axis(ax, len(sizes))
    ax.set(yscale="log", ylabel="size of ∂L/∂z")
    ax.yaxis.set_major_formatter(power_of_ten)
    ax.yaxis.set_minor_formatter("")
    head(ax, gradient_words(sizes))
    return line


def gradient_words(sizes: Sequence[float] | np.ndarray) -> str:
    """Say what becomes of the gradient, as a title."""
    words = f"The gradient {fate(sizes)}"
    if not np.all(np.isfinite(sizes)) or not sizes[-1]:
        return words
    return f"{words}: layer 1 gets {brief(sizes[0] / sizes[-1])} × the last's"


def saturated_by_layer(shares: Sequence[float] | np.ndarray, ax: Axes) -> BarContainer:
    """Draw the share of saturated units in each layer, as bars.

    Examples
    --------
    >>> from coursekit.style import new_figure
    >>> figure, ax = new_figure()
    >>> bars = saturated_by_layer([0.0, 0.5], ax)
    >>> ax.get_title("left")
    'Saturated: 25 % of the units'
    """
    bars = ax.bar(range(1, len(shares) + 1), shares, color=INK, width=0.7)
    layer_axis(ax, len(shares))
    ax.set(ylim=(0, 1), yticks=(0, 0.5, 1), yticklabels=("0 %", "", "100 %"), ylabel="saturated")
    head(ax, saturated_words(shares))
    return bars


def saturated_words(shares: Sequence[float] | np.ndarray) -> str:
    """Say how many units are saturated, as a title."""
    return f"Saturated: {percent(float(np.mean(shares)))} of the units"


def fates_by_layer(census: Census, ax: Axes) -> list[BarContainer]:
    """Draw what became of the units of each layer, as stacked bars.

    Examples
    --------
    >>> from coursekit import MLP
    >>> from coursekit.probes import census
    >>> from coursekit.style import new_figure
    >>> net = MLP([1, 3, 1], ReLU()).with_parameters([[[1, 1, 1]], [0, -3, -9], [[1]] * 3, [0]])
    >>> figure, ax = new_figure()
    >>> bars = fates_by_layer(census({0: net}, np.array([[1.0], [2.0], [4.0]])), ax)
    >>> ax.get_title("left")
    '1 of 3 units is dead: 1 born dead, 0 died'
    """
    layers = len(census.shares)
    beneath, bars = np.zeros(layers), []
    for name, (colour, hatch) in FATE_LOOKS.items():
        counts = np.array(census.count(name))
        look: dict[str, Any] = {
            "label": name,
            "color": colour,
            "hatch": hatch,
            "edgecolor": CARD,
            "width": 0.7,
        }
        bars.append(ax.bar(range(1, layers + 1), counts, bottom=beneath, **look))
        beneath += counts
    layer_axis(ax, layers)
    born, died = (sum(census.count(name)) for name in ("born dead", "died"))
    units = int(beneath.sum())
    dead = f"{born + died} of {units} units {'is' if born + died == 1 else 'are'} dead"
    head(ax, f"{dead}: {born} born dead, {died} died")
    ax.set(ylabel="units", ylim=(0, beneath.max()))
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return bars


class LayersView:
    """Three rows of axes over the layers of a net: histograms, saturated units, gradients.

    A gradient beyond the axis is drawn at its edge, as a triangle that points there.

    Parameters
    ----------
    rows : sequence of Axes
    depth : int
        How many layers there is room for.
    counted : str
        What the histograms count.
    low, high : float
        Between which values.

    Examples
    --------
    >>> from coursekit import MLP, backprop
    >>> from coursekit.style import new_figure
    >>> figure, rows = new_figure(rows=3)
    >>> view = LayersView(rows, 3, "activation a", -1.0, 1.0)
    >>> run = MLP([2, 5, 5, 1], Tanh())([[1.0, 2.0]])
    >>> layers = Layers.of(run, backprop(run.output))
    >>> artists = view.show(layers, [a.value for a in run.a], chosen=2)
    >>> [frame.get_x() + frame.get_width() / 2 for frame in view.frames]
    [2.0, 2.0, 2.0]
    """

    def __init__(
        self,
        rows: Sequence[Axes],
        depth: int,
        counted: str,
        low: float,
        high: float,
    ) -> None:
        upper, middle, lower = self.rows = list(rows)
        self.low, self.high = low, high
        self.histograms = histograms_by_layer([np.zeros(2)] * depth, upper, low, high)
        self.bars = saturated_by_layer(np.zeros(depth), middle)
        self.line = gradients_by_layer(np.ones(depth), lower)
        (self.foretold,) = lower.plot(
            [], [], "o", color=INK, markerfacecolor="none", markersize=10, label="foretold"
        )
        self.beyond = [
            lower.plot([], [], mark, color=GRADIENT, markersize=8)[0] for mark in ("v", "^")
        ]
        # Beneath the axes, where no line and no frame comes.
        beneath: dict[str, Any] = {"loc": "upper right", "bbox_to_anchor": (1, -0.12), "ncols": 2}
        beneath |= {"columnspacing": 0.9, "handletextpad": 0.4}
        lower.legend([self.line, self.foretold], ["measured", "foretold"], **beneath)
        lower.axhline(1, color=FAINT, linewidth=0.8)
        words: dict[str, Any] = {"x": 0, "y": 1.05, "s": "", "fontweight": "bold", "fontsize": 11}
        self.says = [ax.text(transform=ax.transAxes, **words) for ax in (upper, lower)]
        self.frames = [
            Rectangle((0, 0), WIDE, 1, transform=ax.get_xaxis_transform()) for ax in rows
        ]
        for frame, ax in zip(self.frames, rows, strict=True):
            frame.set(facecolor=to_rgba(INK, 0.08), edgecolor=INK, linewidth=1.6)
            ax.add_patch(frame)
        moving = (self.histograms, *self.bars, self.line, self.foretold, *self.beyond, *self.says)
        for artist in (*self.frames, *moving):
            artist.set(animated=True, clip_on=False)
        for ax in rows:
            head(ax, "")
            ax.yaxis.set_label_coords(-0.125, 0.5)
        for ax in (upper, middle):
            ax.set_xlabel("")
        upper.set_ylabel(counted)
        lower.set_xlabel("layer", loc="left")  # beside the legend
        lower.set(
            ylim=(REACH[0] / 6, REACH[1] * 6), yticks=[10.0**power for power in range(-15, 6, 5)]
        )
        lower.set_ylabel("‖∂L/∂z‖ ÷ last layer's")

    def show(self, layers: Layers, counted: Sequence[np.ndarray], chosen: int = 0) -> list[Artist]:
        """Show a net and what is counted in each of its layers, one of them framed."""
        places = range(1, len(layers.gradients) + 1)
        self.histograms.set_verts(histogram_outlines(counted, self.low, self.high))
        shares = [*layers.saturated, *[0.0] * len(self.bars)]
        for bar, height in zip(self.bars, shares, strict=False):
            bar.set_height(height)
        self.line.set_data(places, np.clip(layers.gradients, *REACH))
        out = [layers.gradients < REACH[0], layers.gradients > REACH[1]]
        for triangles, edge, where in zip(self.beyond, REACH, out, strict=True):
            triangles.set_data(places, np.where(where, edge, np.nan))
        within = (layers.expected >= REACH[0]) & (layers.expected <= REACH[1])
        self.foretold.set_data(places, np.where(within, layers.expected, np.nan))
        self.says[0].set_text(saturated_words(layers.saturated))
        self.says[1].set_text(gradient_words(layers.gradients))
        for frame in self.frames:
            frame.set_x(chosen - WIDE / 2)
        frames = self.frames if chosen in places else []
        seen = [*frames, self.histograms, *self.bars, self.foretold, self.line]
        return [*seen, *self.beyond, *self.says]

    def columns(self, layers: int, chosen: int = 0) -> str:
        """Lay an unseen mark over each layer and, to choose none, beside them and over the chosen.

        They reach from the top of the picture to its foot, in the units of its page. A finger
        picks there or scrolls, and drags nothing.
        """
        upper, *_, lower = self.rows
        height = lower.figure.bbox.height
        top = height - upper.transAxes.transform((0, 1))[1]
        left, right = (lower.transData.transform((layer - 0.5, 1))[0] for layer in (1, 2))
        apart = right - left
        places = [(f"layer {k}", left + (k - 1) * apart, apart) for k in range(1, layers + 1)]
        if 0 < chosen <= layers:
            places.append(("no layer", left + (chosen - 1) * apart, apart))
        return "".join(
            f'<rect data-mark="{name}" aria-label="{name}" x="{x:.1f}" y="{top:.1f}"'
            f' width="{wide:.1f}" height="{height - top:.1f}" fill="transparent"'
            ' style="touch-action: manipulation"/>'
            for name, x, wide in [*places, ("no layer", 0, left)]
        )


def layer_words(layers: Layers, counted: Sequence[np.ndarray], name: str, chosen: int) -> str:
    """Say what a layer has of its own, counted from 1; 0 is none.

    Examples
    --------
    >>> from coursekit import MLP, backprop
    >>> run = MLP([2, 5, 5, 1], Tanh())([[1.0, 2.0]])
    >>> layers = Layers.of(run, backprop(run.output))
    >>> print(layer_words(layers, [a.value for a in run.a], "activation a", chosen=2))
    In layer 2 the activation a has standard deviation 0.35, 0 % of the units are saturated, and
    ∂L/∂z is 1 × the last layer's.
    """
    if not chosen:
        return ""
    if chosen > len(counted):
        return f"There is no layer {chosen} in this net."
    spread, place = float(np.std(counted[chosen - 1])), chosen - 1
    return (
        f"In layer {chosen} the {name} has standard deviation {brief(spread)}, "
        f"{percent(layers.saturated[place])} of the units are saturated, and ∂L/∂z is "
        f"{brief(layers.gradients[place])} × the last layer's."
    )


def fate(sizes: Sequence[float] | np.ndarray) -> str:
    """Say what becomes of a gradient, by its size in each layer from the first to the last.

    One that a shallow net merely shrinks, or lets grow, would vanish or explode in ten layers. Over
    dead units there is none.

    Examples
    --------
    >>> ten = np.linspace(1, 0, 10)
    >>> fate(1e-6**ten), fate(0.3**ten), fate(7e4**ten)
    ('vanishes', 'gets through', 'explodes')
    >>> fate([0.02, 1.0]), fate([0.9, 1.0]), fate([4.0, 1.0])
    ('shrinks', 'gets through', 'grows')
    >>> fate([0.0, 1.0]), fate([0.0, 0.0]), fate([np.nan, 1.0])
    ('vanishes', 'is 0 in every layer', 'is not finite')
    """
    if not np.all(np.isfinite(sizes)):
        return "is not finite"
    if not sizes[-1]:
        return "is 0 in every layer"
    total = sizes[0] / sizes[-1]
    in_ten_layers = total ** (9 / max(len(sizes) - 1, 1))
    if min(total, in_ten_layers) < LITTLE:
        return "vanishes" if total < LITTLE else "shrinks"
    if max(total, in_ten_layers) > 1 / LITTLE:
        return "explodes" if total > 1 / LITTLE else "grows"
    return "gets through"


def beyond_words(layers: Layers) -> str:
    """Say that some gradients are beyond the axis, if any are."""
    inside = (layers.gradients >= REACH[0]) & (layers.gradients <= REACH[1])
    return "" if inside.all() else " Triangles at an edge stand for gradients beyond the axis."


def head(ax: Axes, finding: str) -> None:
    """Say what axes show, in the same place and weight whatever the style around them."""
    ax.set_title(finding, loc="left", fontweight="bold", fontsize=11)


def layer_axis(ax: Axes, layers: int) -> None:
    """Let x run over the layers."""
    ax.set(xlim=(0.5, layers + 0.5), xticks=range(1, layers + 1), xlabel="layer")
