"""An activation from a notebook cell works in every tool, and nothing of the course is touched."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from matplotlib.figure import Figure

from coursekit import MLP, Activation, Node, explore, record, span, train
from coursekit.jacobians import check_gradients, jacobian
from coursekit.pictures.plots import plot_activation


class Mish(Activation):
    """Smooth, and not monotonic: z tanh(softplus z)."""

    tex = r"z \tanh(\log(1 + e^z))"

    def softplus(self, z):
        return np.logaddexp(0, z)

    def forward(self, z):
        return z * np.tanh(self.softplus(z))

    def slope(self, a, z):
        t = np.tanh(self.softplus(z))
        return t + z * (1 - t**2) / (1 + np.exp(-z))


@dataclass(frozen=True)
class Hardtanh(Activation):
    """A tanh of three straight pieces."""

    bound: float = field(default=1.0, metadata=span(0.5, 3))
    tex = r"\min(\max(z, -b), b)"

    @property
    def kinks(self):
        return (-self.bound, self.bound)

    def forward(self, z):
        return np.clip(z, -self.bound, self.bound)

    def slope(self, a, z):
        return np.where(np.abs(z) < self.bound, 1.0, 0.0)


@dataclass(frozen=True)
class Snake(Activation):
    """A line with waves, for what repeats itself."""

    frequency: float = field(default=1.0, metadata=span(0.2, 5))
    tex = r"z + \sin^2(fz)/f"

    def forward(self, z):
        return z + np.sin(self.frequency * z) ** 2 / self.frequency

    def slope(self, a, z):
        return 1 + np.sin(2 * self.frequency * z)


every_one = pytest.mark.parametrize("activation", [Mish(), Hardtanh(), Snake(2.0)], ids=str)


@every_one
def test_it_is_plotted(activation):
    axes = Figure().subplots()
    plot_activation(activation, ax=axes)
    assert len(axes.lines) >= 2 and axes.get_title("left")


@every_one
def test_it_is_explored_with_a_slider_for_each_of_its_fields(activation):
    explorer = explore(activation)
    named = {control.name for control in explorer.controls}
    assert {"z", *getattr(activation, "__dataclass_fields__", {})} <= named
    assert explorer.evidence(**explorer.starts()).endswith(".")
    assert explorer.still().alt


@every_one
def test_it_is_checked(activation):
    report = check_gradients(activation, np.linspace(-3, 3, 13))
    assert report
    assert report.inputs[0].kinks == sum(
        np.isclose(np.linspace(-3, 3, 13), kink).any() for kink in activation.kinks
    )
    assert jacobian(activation, [1.0, 2.0]).diagonal


@every_one
def test_it_is_recorded(activation):
    z = Node(np.linspace(-3, 3, 7), "z")
    recording = record(activation(z), [z], upstream=np.ones(7))
    assert "forward" not in "".join(recording.constants)
    np.testing.assert_allclose(
        recording()[z], activation.slope(activation.forward(z.value), z.value)
    )


@every_one
def test_it_is_trained(activation):
    rng = np.random.default_rng(0)
    points = rng.normal(size=(200, 2))
    labels = (points.sum(axis=1) > 0).astype(int)
    net = MLP([2, 8, 2], activation)
    history = train(net, points, labels, rate=0.3, epochs=10, bar=False)
    assert history.errors[-1] < 0.1
