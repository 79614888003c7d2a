"""Deep nets before training: depth × init scale, layer by layer."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from coursekit.activations import LeakyReLU, Sigmoid, Tanh
from coursekit.explorers.frame import Choice, Control, FigureExplorer, Handle
from coursekit.pictures.layers import LayersView, beyond_words, fate, layer_words
from coursekit.probes import Layers, layers_on_digits
from coursekit.style import brief, new_figure, number, percent

# A leaky ReLU that leaks everything is a straight line.
ACTIVATION = {"tanh": Tanh(), "σ": Sigmoid(), "linear": LeakyReLU(1.0)}
DEPTH = 10
GAINS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 7.0, 10.0)
CHOSEN: dict[float, str] = {k: str(k) if k else "none" for k in range(DEPTH + 1)}
LAYERS = {k: f"layer {k}" if k else "no layer" for k in range(DEPTH + 1)}


class Saturation(FigureExplorer):
    """Depth × init scale on the digits: activations, saturated units and gradients by layer (C13).

    The nets are untrained: 100 units a layer, weights drawn with variance g²/d, the first 200
    images. A layer that is picked, in any of the three panels, is framed and tells its figures;
    what speaks of the same layers is linked by ``traitlets.link((a, "layer"), (b, "layer"))``.

    Examples
    --------
    >>> print(Saturation().evidence(gain=10, depth=10))
    10 tanh layers, g = 10: 82 % of the units are saturated. The gradient explodes: each layer
    multiplies ∂L/∂z by 2.3 on average, and the first one's is 1.9e3 × the last one's.
    >>> print(Saturation(layer=3).evidence(gain=0.1).split("one's. ")[1])
    In layer 3 the activation a has standard deviation 8.9e-4, 0 % of the units are saturated, and
    ∂L/∂z is 9.5e-8 × the last layer's.
    """

    title = "Depth × init scale, on the digits"
    longest = 184
    controls: tuple[Control | Choice, ...] = (
        Control("gain", "init scale g", GAINS[0], GAINS[-1], 0.1, 1.0, at=GAINS),
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
    picks = {name: {"layer": place} for place, name in LAYERS.items()}

    def __init__(self, **state: Any) -> None:
        layer = Control("layer", "chosen layer", 0, DEPTH, 1, 0, CHOSEN.__getitem__, slider=False)
        self.controls = (*self.controls, layer)
        self.longest += 134  # letters that a layer has to say
        super().__init__(**state)

    @property
    def handles(self) -> dict[str, Handle]:
        """Whoever drags over the layers goes from one to the next."""
        return dict.fromkeys(self.picks, self.handle("layer", self.drawn[0].axes[-1]))

    def layers(self, gain: float, depth: int, activation: str) -> Layers:
        """Measure the net of a state."""
        return layers_on_digits(ACTIVATION[activation], gain, depth)

    def count(self, layers: Layers) -> list[np.ndarray]:
        """What the histograms count in each layer."""
        return [a.value for a in layers.run.a]

    def figure(self) -> Figure:
        figure, rows = new_figure(height=5, rows=3, sharex=True, height_ratios=(2.2, 0.8, 1.8))
        figure.set_layout_engine(None)  # to find margins takes longer than all else
        figure.subplots_adjust(0.14, 0.09, 0.985, 0.93, hspace=0.25)
        self.view = LayersView(rows, DEPTH, *self.counted)
        return figure

    def fragment(self, layer: int, **state: Any) -> str:
        seen = super().fragment(layer=layer, **state)
        return seen + self.view.columns(len(self.layers(**state).gradients), layer)

    def move(self, layer: int, **state: Any) -> Iterable[Artist]:
        layers = self.layers(**state)
        return self.view.show(layers, self.count(layers), layer)

    def net(self, gain: float, depth: int, activation: str) -> str:
        """Name the net of a state."""
        return f"{depth} {activation} layers, g = {number(gain)}"

    def evidence(self, layer: int, **state: Any) -> str:
        layers = self.layers(**state)
        saturated = f"{percent(layers.saturated.mean())} of the units are saturated"
        words = f"{self.net(**state)}: {saturated}. {self.consequence(layers, **state)}"
        return f"{words} {layer_words(layers, self.count(layers), self.counted[0], layer)}".strip()

    def consequence(self, layers: Layers, **state: Any) -> str:
        """Say what becomes of the gradient."""
        return (
            f"The gradient {fate(layers.gradients)}: each layer multiplies ∂L/∂z by "
            f"{brief(layers.factor)} on average, and the first one's is "
            f"{brief(layers.gradients[0])} × the last one's."
        )

    def alt(self, layer: int, **state: Any) -> str:
        layers = self.layers(**state)
        first, *_, last = (brief(counted.std()) for counted in self.count(layers))
        framed = f" Layer {layer} is framed." if 0 < layer <= len(layers.gradients) else ""
        return (
            f"Layer by layer, for {self.net(**state)}. Histograms of the {self.counted[0]}, of "
            f"standard deviation {first} in the first layer and {last} in the last; bars for the "
            f"saturated units, {percent(layers.saturated.mean())} in all; the size of the "
            f"gradient, from 1 in the last layer to {brief(layers.gradients[0])} in the first, "
            f"with rings where it is foretold.{beyond_words(layers)}{framed}"
        )
