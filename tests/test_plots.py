from dataclasses import dataclass

import numpy as np
import pytest

from coursekit import ACTIVATIONS, Activation, LeakyReLU, ReLU, Sigmoid, Tanh
from coursekit.plots import curve_of, plot_activation, values_and_slopes
from coursekit.style import new_figure

OURS = [each() for each in ACTIVATIONS if issubclass(each, Activation)]
named = pytest.mark.parametrize("activation", OURS, ids=lambda each: type(each).__name__)


class Steps(Activation):
    """A learner's first idea of a neuron that fires or does not."""

    def forward(self, z):
        return np.sign(z)

    def slope(self, a, z):
        return np.zeros_like(z)


@named
def test_the_plot_shows_curve_and_slope_told_apart_by_dash(activation):
    ax = plot_activation(activation)
    curve, slope = (line for line in ax.lines if line.get_label().startswith(str(activation)))
    z = curve.get_xdata()
    np.testing.assert_array_equal(curve.get_ydata(), activation.forward(z))
    drawn = slope.get_ydata()
    kept = np.isfinite(drawn)
    np.testing.assert_array_equal(drawn[kept], activation.slope(activation.forward(z), z)[kept])
    assert curve.get_linestyle() != slope.get_linestyle()


@named
def test_the_title_states_a_finding_and_the_axis_is_named(activation):
    ax = plot_activation(activation)
    assert "slope at most" in ax.get_title("left")
    assert "pre-activation z" in ax.get_xlabel()


def test_it_draws_on_the_axes_that_it_is_given():
    _, ax = new_figure()
    assert plot_activation(Tanh(), ax=ax) is ax


def test_the_two_sides_of_a_kink_are_not_joined():
    slope = plot_activation(ReLU()).lines[2]
    assert np.isnan(slope.get_ydata()[slope.get_xdata() == 0]).all()


def test_a_kink_is_marked_where_it_is():
    *_, kinks = plot_activation(LeakyReLU(0.3)).lines
    assert kinks.get_xydata().tolist() == [[0, 0]]


def test_saturated_means_less_than_a_twentieth_of_the_largest_slope():
    # σ′ = σ(1 − σ) = ¼ · 1/20 where σ solves a quadratic: z = ± ln((1 + √0.95) / (1 − √0.95))
    edge = np.log((1 + np.sqrt(0.95)) / (1 - np.sqrt(0.95)))
    (low, left), (right, high) = curve_of(Sigmoid()).zones
    assert (low, high) == (-6, 6)
    assert -left == pytest.approx(edge, abs=0.05) == right


@pytest.mark.parametrize(
    ("activation", "title"),
    [
        (Sigmoid(), "σ flattens on both sides: slope at most 0.25"),
        (ReLU(), "ReLU flattens on one side: slope at most 1"),
        (LeakyReLU(0.3), "Leaky ReLU never flattens: slope at most 1"),
        (Steps(), "Steps is flat everywhere: it passes no gradient"),
    ],
)
def test_the_finding_is_true(activation, title):
    assert plot_activation(activation).get_title("left") == title


def test_what_is_flat_everywhere_is_saturated_everywhere():
    assert curve_of(Steps()).zones == ((-6, 6),)


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
