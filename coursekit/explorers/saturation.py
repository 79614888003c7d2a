"""Two looks into deep nets before training: depth × init scale, and three causes told apart."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from coursekit.activations import LeakyReLU, Sigmoid, Tanh
from coursekit.backprop import backprop
from coursekit.data import digits
from coursekit.diagnostics import (
    brief,
    fate,
    gradients_by_layer,
    histogram_outlines,
    histograms_by_layer,
)
from coursekit.explorers.frame import Choice, Control, FigureExplorer
from coursekit.functions import cross_entropy
from coursekit.nets import MLP, scaled
from coursekit.probes import (
    expected_gradient_sizes,
    gaussian_flow,
    gradient_sizes,
    saturated_share,
    slopes,
)
from coursekit.style import FAINT, INK, new_figure, number

# A leaky ReLU that leaks everything is a straight line.
ACTIVATION = {"tanh": Tanh(), "σ": Sigmoid(), "linear": LeakyReLU(1.0)}
DEPTH = 10


class Layers(NamedTuple):
    """A net from the first hidden layer to the last.

    Attributes
    ----------
    shown : list of ndarray
        What the histograms count in each layer.
    saturated : ndarray of shape (layers,)
        The share of saturated units.
    gradients, expected : ndarray of shape (layers,)
        The size of the gradient over the last layer's: measured, and foretold by the forward pass.
    """

    shown: list
    saturated: np.ndarray
    gradients: np.ndarray
    expected: np.ndarray

    @property
    def share(self) -> str:
        """The saturated share of all units."""
        percent = 100 * self.saturated.mean()
        if percent < 1:
            return "under 1 %" if percent else "0 %"
        return f"{percent:.0f} %"

    @property
    def factor(self) -> float:
        """By what a gradient is multiplied from one layer to the next below, on average."""
        return float(self.gradients[0] ** (1 / (len(self.gradients) - 1)))

    @property
    def fate(self) -> str:
        """What becomes of the gradient on its way down."""
        return fate(self.gradients[0])


@lru_cache(maxsize=4)  # picture, words and alt text of one state ask for the same layers
def on_digits(gain: float, depth: int, activation: str) -> Layers:
    """Run 200 digits through a net of 100 units a layer, and their loss back."""
    images, labels = (array[:200] for array in digits())
    run = MLP([64, *[100] * depth, 10], ACTIVATION[activation], scaled(gain))(images)
    sizes = gradient_sizes(run, backprop(cross_entropy(run.output, labels)))
    return Layers(
        [a.value for a in run.a],
        saturated_share(run),
        sizes / sizes[-1],
        expected_gradient_sizes(run),
    )


@lru_cache(maxsize=4)
def on_gaussians(activation: str, gain: float, bias: float) -> Layers:
    """Run 100 Gaussian inputs through ten layers of 200 units, and a Gaussian gradient back."""
    run, gradients = gaussian_flow(ACTIVATION[activation], gain, bias, DEPTH, width=200, n=100)
    sizes = gradient_sizes(run, gradients)
    return Layers(
        slopes(run), saturated_share(run), sizes / sizes[-1], expected_gradient_sizes(run)
    )


class Saturation(FigureExplorer):
    """Depth × init scale on the digits: activations, saturated units and gradients by layer (C13).

    The nets are untrained: 100 units a layer, weights drawn with variance g²/d, the first 200
    images.

    Examples
    --------
    >>> print(Saturation().evidence(gain=10, depth=10))
    10 tanh layers, g = 10: 82 % of the units are saturated. The gradient explodes: each layer
    multiplies ∂L/∂z by 2.3 on average, and the first one's is 1.9e3 × the last one's.
    """

    title = "Depth × init scale, on the digits"
    controls: tuple[Control | Choice, ...] = (
        Control(
            *("gain", "init scale g", 0.1, 10, 0.1, 1.0),
            at=(0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 7.0, 10.0),
        ),
        Control("depth", "hidden layers", 2, DEPTH, 1, start=DEPTH),
        Choice("activation", "activation", ("tanh", "σ")),
    )
    states = {
        "too small": {"gain": 0.1, "depth": DEPTH, "activation": "tanh"},
        "just right": {"gain": 1.0, "depth": DEPTH, "activation": "tanh"},
        "too large": {"gain": 10.0, "depth": DEPTH, "activation": "tanh"},
        "σ instead": {"gain": 1.0, "depth": DEPTH, "activation": "σ"},
    }
    counted = ("activation a", -1.0, 1.0)

    def layers(self, **state: Any) -> Layers:
        """Measure the net of a state."""
        return on_digits(*state.values())

    def figure(self) -> Figure:
        """Three rows of axes over the same layers, wide enough for the deepest net."""
        figure, rows = new_figure(height=5, rows=3, sharex=True, height_ratios=(2.2, 0.8, 1.8))
        upper, middle, lower = rows
        name, low, high = self.counted
        empty = [np.zeros(2)] * DEPTH
        self.histograms = histograms_by_layer(empty, upper, low, high)
        self.bars = middle.bar(range(1, DEPTH + 1), 0, color=INK, width=0.7, animated=True)
        self.line = gradients_by_layer(np.ones(DEPTH), lower)
        (self.foretold,) = lower.plot(
            [], [], "o", color=INK, markerfacecolor="none", markersize=10, label="foretold"
        )
        lower.legend([self.line, self.foretold], ["measured", "foretold"], loc="lower right")
        lower.axhline(1, color=FAINT, linewidth=0.8)
        # A blank title keeps the place of the words that move.
        for ax in (upper, lower):
            ax.set_title(" ")
        words = {"x": 0, "y": 1.05, "s": "", "fontweight": "bold", "fontsize": 11}
        self.findings = [ax.text(transform=ax.transAxes, **words) for ax in (upper, lower)]
        for artist in (self.histograms, self.line, self.foretold, *self.findings):
            artist.set(animated=True, clip_on=False)
        upper.set(ylabel=name, xlabel="")
        middle.set(ylim=(0, 1), yticks=(0, 0.5, 1), yticklabels=("0 %", "", "100 %"))
        middle.set_ylabel("saturated")
        lower.set(ylim=(1e-15, 1e6), yticks=[10.0**power for power in range(-15, 6, 5)])
        lower.set_ylabel("‖∂L/∂z‖ ÷ last layer's")
        figure.align_ylabels(rows)
        return figure

    def move(self, **state: Any) -> Iterable[Artist]:
        layers, (_, low, high) = self.layers(**state), self.counted
        places = range(1, len(layers.gradients) + 1)
        self.histograms.set_verts(histogram_outlines(layers.shown, low, high))
        heights = np.zeros(DEPTH)
        heights[: len(places)] = layers.saturated
        for bar, height in zip(self.bars, heights, strict=True):
            bar.set_height(height)
        self.line.set_data(places, layers.gradients)
        self.foretold.set_data(places, layers.expected)
        above, below = self.findings
        above.set_text(f"Saturated: {layers.share} of the units")
        below.set_text(
            f"The gradient {layers.fate}: layer 1 gets {brief(layers.gradients[0])} × the last's"
        )
        return [self.histograms, *self.bars, self.foretold, self.line, above, below]

    def net(self, gain: float, depth: int, activation: str) -> str:
        """Name the net of a state."""
        return f"{depth} {activation} layers, g = {number(gain)}"

    def evidence(self, **state: Any) -> str:
        layers = self.layers(**state)
        saturated = f"{layers.share} of the units are saturated"
        return f"{self.net(**state)}: {saturated}. {self.consequence(layers, **state)}"

    def consequence(self, layers: Layers, **state: Any) -> str:
        """Say what becomes of the gradient."""
        return (
            f"The gradient {layers.fate}: each layer multiplies ∂L/∂z by "
            f"{brief(layers.factor)} on average, and the first one's is "
            f"{brief(layers.gradients[0])} × the last one's."
        )

    def alt(self, **state: Any) -> str:
        layers, (counted, *_) = self.layers(**state), self.counted
        return (
            f"Layer by layer, for {self.net(**state)}. Histograms of the {counted}, of standard "
            f"deviation {brief(layers.shown[0].std())} in the first layer and "
            f"{brief(layers.shown[-1].std())} in the last; bars for the saturated units, "
            f"{layers.share} in all; the size of the gradient, from 1 in the last layer to "
            f"{brief(layers.gradients[0])} in the first, with rings where it is foretold."
        )


class Causes(Saturation):
    """Three causes of a vanishing gradient, each alone: small slopes, saturation, small weights.

    Ten layers of 200 units, 100 Gaussian inputs and a Gaussian gradient at the top (C12). The
    rings are foretold without a backward pass: from each layer to the one below, the gradient is
    multiplied by g × the root mean square of the slopes.

    Examples
    --------
    >>> print(Causes().evidence(activation="linear", gain=1.0, bias=0.0))
    10 linear layers, g = 1, biases ±0: 0 % of the units are saturated. Each layer multiplies
    ∂L/∂z by g × slope, here 1 × 1; nine such steps foretell 1. Measured: the first layer's
    gradient is 1 × the last one's, it gets through.
    """

    title = "Three causes of a vanishing gradient"
    controls = (
        Choice("activation", "activation", ("σ", "tanh", "linear")),
        Control(
            *("gain", "init scale g", 0.1, 22.36, 0.1, 1.0),
            describe="{:.3g}".format,
            at=(0.1, 0.2236, 0.5, 1.0, 2.0, 5.0, 10.0, 22.36),
        ),
        Control("bias", "biases ±", 0, 4, 0.5, 0),
    )
    states = {
        "σ′ ≤ ¼ alone": {"activation": "σ", "gain": 1.0, "bias": 0.0},
        "saturation alone": {"activation": "tanh", "gain": 1.0, "bias": 3.0},
        "small weights alone": {"activation": "linear", "gain": 0.2236, "bias": 0.0},
        "no cause, linear": {"activation": "linear", "gain": 1.0, "bias": 0.0},
        "no cause, tanh": {"activation": "tanh", "gain": 1.0, "bias": 0.0},
        "saturated, yet exploding": {"activation": "tanh", "gain": 22.36, "bias": 0.0},
    }
    counted = ("slope", 0.0, 1.0)

    def layers(self, **state: Any) -> Layers:
        return on_gaussians(*state.values())

    def net(self, activation: str, gain: float, bias: float) -> str:
        return f"{DEPTH} {activation} layers, g = {number(gain, 3)}, biases ±{number(bias)}"

    def consequence(self, layers: Layers, **state: Any) -> str:
        gain = state["gain"]
        slope = layers.expected[0] ** (1 / (DEPTH - 1)) / gain
        return (
            f"Each layer multiplies ∂L/∂z by g × slope, here {number(gain, 3)} × "
            f"{brief(slope)}; nine such steps foretell {brief(layers.expected[0])}. Measured: the "
            f"first layer's gradient is {brief(layers.gradients[0])} × the last one's, it "
            f"{layers.fate}."
        )
