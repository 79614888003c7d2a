from dataclasses import dataclass

import numpy as np
import pytest

from coursekit import ACTIVATIONS, ELU, Activation, LeakyReLU, ReLU, Sigmoid, Softplus
from coursekit.pictures.curves import curve_of, finding, slope_words, values_and_slopes

OURS = [each() for each in ACTIVATIONS if issubclass(each, Activation)]
OURS += [ELU(2.0), LeakyReLU(0.5)]


class Steps(Activation):
    """A learner's first idea of a neuron that fires or does not."""

    def forward(self, z):
        return np.sign(z)

    def slope(self, a, z):
        return np.zeros_like(z)


def test_saturated_means_less_than_a_twentieth_of_the_largest_slope():
    # σ′ = σ(1 − σ) = ¼ · 1/20 where σ solves a quadratic: z = ± ln((1 + √0.95) / (1 − √0.95))
    edge = np.log((1 + np.sqrt(0.95)) / (1 - np.sqrt(0.95)))
    (low, left), (right, high) = curve_of(Sigmoid()).zones
    assert (low, high) == (-6, 6)
    assert -left == pytest.approx(edge, abs=0.05) == right


def test_landmarks_are_where_their_names_say():
    assert curve_of(Sigmoid()).landmarks["steepest"] == pytest.approx(0)
    assert 4.4 < curve_of(Sigmoid()).landmarks["saturated"] < 6
    assert curve_of(ReLU()).landmarks == {"saturated": -3, "kink": 0}


def of_a_cell(forward, slope=lambda a, z: np.ones_like(z)):
    """An activation as a learner writes it in a cell."""

    @dataclass(frozen=True)
    class Mine(Activation):
        def forward(self, z):
            return forward(z)

        def slope(self, a, z):
            return slope(a, z)

    return Mine()


@pytest.mark.parametrize(
    ("forward", "sentence"),
    [
        (
            lambda z: z + 1j,
            "Mine.forward gives complex numbers, and only real numbers can be drawn.",
        ),
        (lambda z: z[:3], "Mine.forward makes shape"),
        (lambda z: ["a"] * len(z), "Mine.forward gives <U1 values"),
    ],
)
def test_what_is_no_curve_is_refused_in_a_sentence(forward, sentence):
    with pytest.raises(ValueError, match="^" + sentence.replace(".", r"\.")):
        curve_of(of_a_cell(forward))


def test_a_hole_in_a_curve_is_left_open_and_raises_no_warning():
    curve = curve_of(of_a_cell(np.sqrt, lambda a, z: 0.5 / a))
    assert np.isnan(curve.a[curve.z < 0]).all()
    assert np.isfinite(curve.steepest) or curve.steepest == np.inf


def test_a_slope_that_is_one_number_counts_everywhere():
    z = np.array([1.0, 2.0])
    a, slope = values_and_slopes(of_a_cell(lambda z: 2 * z, lambda a, z: 2), z)
    assert a.tolist() == [2, 4]
    assert slope.tolist() == [2, 2]


@pytest.mark.parametrize("activation", OURS, ids=str)
def test_what_is_said_of_the_largest_slope_is_true_of_every_z(activation):
    curve = curve_of(activation)
    _, slope = values_and_slopes(activation, np.linspace(-100, 100, 20_001))
    said = finding(activation, curve)
    only_here = ": slope here ≤ " in said
    assert only_here or np.abs(slope).max() <= curve.steepest * 1.001, said
    assert only_here == (str(activation) == "softplus")
    assert only_here == (" of its largest in this window, " in slope_words(activation, 2.0))


def test_no_place_is_called_the_steepest_where_the_slope_goes_on_to_rise():
    assert "steepest" not in curve_of(Softplus()).landmarks
    square = of_a_cell(np.square, lambda a, z: 2 * z)
    assert curve_of(square).landmarks.keys() == {"saturated"}
    assert finding(square, curve_of(square)).endswith("slope here ≤ 12")
