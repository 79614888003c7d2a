"""Deep nets before training: three causes of a vanishing gradient, each alone."""

from typing import Any

import numpy as np

from coursekit.explorers.frame import Choice, Control
from coursekit.explorers.saturation import ACTIVATION, DEPTH, Saturation
from coursekit.pictures.layers import fate
from coursekit.probes import Layers, layers_on_gaussians, slopes
from coursekit.style import brief, number


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
    longest = 240
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

    def layers(self, activation: str, gain: float, bias: float) -> Layers:
        return layers_on_gaussians(ACTIVATION[activation], gain, bias, DEPTH)

    def count(self, layers: Layers) -> list[np.ndarray]:
        return slopes(layers.run)

    def net(self, activation: str, gain: float, bias: float) -> str:
        return f"{DEPTH} {activation} layers, g = {number(gain, 3)}, biases ±{number(bias)}"

    def consequence(self, layers: Layers, **state: Any) -> str:
        gain = state["gain"]
        slope = layers.expected[0] ** (1 / (DEPTH - 1)) / gain
        return (
            f"Each layer multiplies ∂L/∂z by g × slope, here {number(gain, 3)} × "
            f"{brief(slope)}; nine such steps foretell {brief(layers.expected[0])}. Measured: the "
            f"first layer's gradient is {brief(layers.gradients[0])} × the last one's, it "
            f"{fate(layers.gradients)}."
        )
