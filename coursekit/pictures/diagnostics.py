"""Whole pictures of nets, with the finding in the title and in words."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes

from coursekit.activations import Activation
from coursekit.backprop import backprop
from coursekit.functions import cross_entropy
from coursekit.nets import MLP, scaled
from coursekit.pictures.layers import fate, gradients_by_layer, histograms_by_layer
from coursekit.probes import band, gradient_sizes, saturated_share
from coursekit.style import (
    CARD,
    INK,
    RC,
    SERIES,
    Picture,
    decimals,
    new_figure,
    percent,
    picture_of,
)
from coursekit.training import History

__all__ = ["layers_of", "learning_curves", "saturation_map"]


@matplotlib.rc_context(RC)
def layers_of(
    nets: Mapping[str, MLP],
    images: np.ndarray,
    labels: np.ndarray,
    title: str,
) -> Picture:
    """Look into nets side by side: their activations, and the gradient that reaches each layer.

    Parameters
    ----------
    nets : mapping of str to MLP
        Nets by the name that stands above each; their activation is tanh or another that stays
        between −1 and 1.
    images, labels : ndarray
        The examples that the loss is averaged over.
    title : str
        What the picture shows.

    Examples
    --------
    >>> from coursekit import digits
    >>> images, labels = digits()
    >>> sizes = [64, 100, 100, 100, 100, 10]
    >>> nets = {"too small": MLP(sizes, Tanh(), scaled(0.1)), "well": MLP(sizes, Tanh(), scaled(1))}
    >>> layers_of(nets, images[:200], labels[:200], "Small weights let no gradient through")
    Small weights let no gradient through.
    too small: no units are saturated, the gradient vanishes.
    well: few units are saturated, the gradient gets through.
    """
    figure, axes = new_figure(
        5.8, 4.4, rows=2, columns=len(nets), sharex="col", sharey="row", squeeze=False
    )
    said = []
    for (name, net), (above, below) in zip(nets.items(), axes.T, strict=True):
        run = net(images)
        share = saturated_share(run).mean()
        sizes = gradient_sizes(run, backprop(cross_entropy(run.output, labels)))
        relative = sizes / (sizes[-1] or 1)
        histograms_by_layer([a.value for a in run.a], above)
        gradients_by_layer(relative, below)
        above.set_title(f"{name}\n{percent(share)} saturated", fontweight="normal")
        above.set_xlabel("")
        below.set_title("")
        said.append(f"{name}: {amount(share)} are saturated, the gradient {fate(relative)}.")
    for ax in axes[:, 1:].flat:
        ax.set_ylabel("")
    axes[1, 0].set_ylabel("‖∂L/∂z‖ ÷ last layer's")
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=11)
    return picture_of(figure, alt="\n".join((f"{title}.", *said)), caption=" ".join(said))


def amount(share: float) -> str:
    """Say roughly which share of the units is meant: a picture has the number, words last longer.

    Examples
    --------
    >>> amount(0), amount(0.04), amount(0.35), amount(0.85)
    ('no units', 'few units', 'some units', 'most units')
    """
    if share == 0:
        return "no units"
    return f"{'few' if share < 0.2 else 'some' if share < 0.5 else 'most'} units"


@matplotlib.rc_context(RC)
def learning_curves(histories: Mapping[str, History | Sequence[History]], title: str) -> Picture:
    """Draw the error in each epoch of training: for each name the median run, and the range.

    A run that stopped early counts as worse than any other from then on: the range reaches up to
    1, and where half of the runs or more have stopped, the curve ends.

    Parameters
    ----------
    histories : mapping of str to History or sequence of History
        One run, or several that belong together, such as several seeds; as many epochs for all,
        and at most six names.
    title : str
        What the picture shows.

    Raises
    ------
    ValueError
        Where there are too many names or none, a name without runs, another number of epochs, or
        no errors to draw.

    Examples
    --------
    >>> from coursekit import digits
    >>> images, labels = digits()
    >>> from coursekit.training import train
    >>> nets = [MLP([64, 30, 10], Tanh(), seed=seed) for seed in range(3)]
    >>> runs = [train(net, images, labels, 0.5, epochs=2, bar=False) for net in nets]
    >>> learning_curves({"one hidden layer": runs}, title="It learns at once")
    It learns at once. Read wrong in epoch 2: one hidden layer 2 to 20 %.
    """
    groups = {
        name: [runs] if isinstance(runs, History) else list(runs)
        for name, runs in histories.items()
    }
    epochs = range(1, epochs_of(groups) + 1)
    figure, ax = new_figure()
    ends, early = [], []
    for (name, runs), series in zip(groups.items(), SERIES, strict=False):
        errors = np.array([[*run.errors, *[np.inf] * len(epochs)][: len(epochs)] for run in runs])
        median, worst = np.median(errors, axis=0), np.minimum(errors.max(axis=0), 1)
        ax.fill_between(epochs, errors.min(axis=0), worst, color=series.colour, alpha=0.15, lw=0)
        ax.plot(
            epochs,
            median,
            color=series.colour,
            linestyle=series.dash,
            marker=series.marker,
            label=name,
        )
        if np.isfinite(median[-1:]).any():
            ends.append(f"{name} {band(median[-1])}")
        if stopped := sum(bool(run.stopped) for run in runs):
            early.append(f"{name}, {stopped} of {len(runs)} runs")
    ax.set(
        title=title,
        xlabel="epoch",
        ylabel="share of digits read wrong",
        ylim=(-0.02, 1),
        xticks=epochs,
    )
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    words = [f"Read wrong in epoch {len(epochs)}: {', '.join(ends)}."] if ends else []
    words += [f"Stopped early: {'; '.join(early)}."] if early else []
    return picture_of(figure, alt=" ".join((f"{title}.", *words)), caption=" ".join(words))


def epochs_of(groups: Mapping[str, Sequence[History]]) -> int:
    """Count the epochs of runs that one picture can show, and refuse others in a sentence."""
    if not 1 <= len(groups) <= len(SERIES):
        raise ValueError(
            f"learning curves have room for 1 to {len(SERIES)} names, not for {len(groups)}"
        )
    for name, runs in groups.items():
        if not runs:
            raise ValueError(f"learning curves need a run for every name, and {name!r} has no run")
    every = [run for runs in groups.values() for run in runs]
    whole = sorted({len(run.errors) for run in every if not run.stopped})
    if len(whole) > 1:
        raise ValueError(
            "learning curves need runs of as many epochs as the others, not "
            + " and ".join(map(str, whole))
        )
    if whole == [0]:
        raise ValueError("learning curves need errors, and these runs have no classes to get wrong")
    return max(len(run.errors) for run in every)


@matplotlib.rc_context(RC)
def saturation_map(
    activation: Activation,
    images: np.ndarray,
    labels: np.ndarray,
    gains: Sequence[float] = (0.1, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0),
    depth: int = 10,
    width: int = 100,
    seed: int = 0,
) -> Picture:
    """Map depth × init scale of untrained nets: the saturated share, and what becomes of gradients.

    Parameters
    ----------
    activation : Activation
    images, labels : ndarray
    gains : sequence of float
        The g of the weights' variance g²/d, one row each.
    depth, width : int
        How many hidden layers of how many units.
    seed : int
        The same for every gain: the weights differ in scale alone.

    Examples
    --------
    >>> from coursekit import digits
    >>> images, labels = digits()
    >>> saturation_map(Tanh(), images[:200], labels[:200], gains=(0.1, 1.0, 10.0))
    Two maps of tanh nets, 1 to 10 layers deep. ...
    """
    shares, powers = [], []
    for gain in gains:
        run = MLP([images.shape[1], *[width] * depth, 10], activation, scaled(gain), seed)(images)
        sizes = gradient_sizes(run, backprop(cross_entropy(run.output, labels)))
        shares.append(100 * saturated_share(run))
        with np.errstate(divide="ignore", invalid="ignore"):  # of a gradient that is 0 or none
            powers.append(np.log10(sizes[0] / sizes))
    figure, (above, below) = new_figure(5.8, 5.6, rows=2, sharex=True)
    number_map(above, np.array(shares), 0, 100, "Greens")
    number_map(below, np.array(powers), -10, 10, "RdBu")
    above.set_title("Saturated units in the last layer, %")
    below.set_title("First layer's gradient ÷ last layer's, power of ten")
    for ax in (above, below):
        ax.set(
            yticks=range(len(gains)),
            yticklabels=[f"{gain:g}" for gain in gains],
            ylabel="init scale g",
        )
    below.set(xticks=range(depth), xticklabels=range(1, depth + 1), xlabel="hidden layers")
    ends = ", ".join(f"{row[-1]:.0f} % at g = {g:g}" for g, row in zip(gains, shares, strict=True))
    reach = ", ".join(
        f"{whole(row[-1])} at g = {g:g}" for g, row in zip(gains, powers, strict=True)
    )
    words = f"At {depth} layers, saturated: {ends}. Power of ten of the gradient: {reach}."
    said = f"Two maps of {activation} nets, 1 to {depth} layers deep."
    return picture_of(figure, alt=f"{said} {words}", caption=words)


def whole(number: float) -> str:
    """Write a number of a map without decimals.

    Examples
    --------
    >>> whole(-9.7), whole(-0.2), whole(-np.inf), whole(np.nan)
    ('−10', '0', '−∞', 'none')
    """
    if np.isnan(number):
        return "none"
    return decimals(number) if np.isinf(number) else decimals(round(number))


def number_map(ax: Axes, rows: np.ndarray, low: float, high: float, colours: str) -> None:
    """Draw a table whose numbers are also shaded."""
    ax.imshow(rows, cmap=colours, vmin=low, vmax=high, aspect="auto", alpha=0.8)
    for (row, column), number in np.ndenumerate(rows):
        shade = (number - low) / (high - low)
        # Both ends of a two-sided map are dark, one end of a one-sided map.
        dark = shade > 0.75 or (low < 0 and shade < 0.2)
        ink = CARD if dark else INK
        ax.text(
            column,
            row,
            whole(number),
            ha="center",
            va="center",
            color=ink,
            fontsize=9,
        )
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
