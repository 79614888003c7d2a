"""Activations: the facts that the course states about them."""

import math

import numpy as np
import pytest

from coursekit import (
    ACTIVATIONS,
    ELU,
    GELU,
    SELU,
    Activation,
    LeakyReLU,
    Maxout,
    Node,
    PReLU,
    ReLU,
    Sigmoid,
    Softplus,
    Tanh,
    backprop,
)

of_one_input = [made() for made in ACTIVATIONS if issubclass(made, Activation)]
points = np.linspace(-8, 8, 161)


@pytest.mark.parametrize("activation", of_one_input, ids=str)
def test_the_slope_jumps_at_the_kinks_and_nowhere_else(activation):
    h = 1e-6
    for z in points:
        left, right = (activation.slope(activation.forward(s), s) for s in (z - h, z + h))
        assert (abs(right - left) > 1e-3) == any(abs(z - kink) < h for kink in activation.kinks)


@pytest.mark.parametrize(
    ("rectifier", "slope"),
    [
        (ReLU(), 0),
        (LeakyReLU(0.1), 0.1),
        (lambda z: PReLU()(z, 0.1), 0.1),
        (ELU(0.5), 0.5),
        (SELU(), SELU.scale * SELU.alpha),
    ],
    ids=["ReLU", "Leaky ReLU", "PReLU", "ELU", "SELU"],
)
def test_at_0_a_rectifier_has_the_slope_of_its_negative_side(rectifier, slope):
    z = Node(0.0)
    assert backprop(rectifier(z))[z] == slope


@pytest.mark.parametrize("activation", [*of_one_input, PReLU(), Maxout()], ids=str)
def test_an_activation_says_how_it_is_written(activation):
    assert activation.symbol and activation.tex
    assert type(activation).__doc__.count("Examples") == 1


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_parameter_has_a_span_that_holds_its_default(activation):
    for parameter in getattr(activation, "__dataclass_fields__", {}).values():
        low, high = parameter.metadata["span"]
        assert low <= parameter.default <= high


@pytest.mark.parametrize("activation", of_one_input, ids=str)
def test_nan_stays_nan(activation):
    assert np.isnan(activation(Node(np.nan)).value)


@pytest.mark.parametrize("activation", of_one_input, ids=str)
@pytest.mark.parametrize("number", [np.float64, np.float32])
def test_a_curve_in_blocks_is_the_curve(activation, number):
    z = points.astype(number)
    a, slope = activation.curve(z, block=7)
    np.testing.assert_array_equal(a, activation.forward(z))
    np.testing.assert_array_equal(slope, activation.slope(a, z).astype(number))
    assert a.dtype == slope.dtype == number


def test_a_curve_at_whole_numbers_is_no_whole_number_itself():
    a, slope = Sigmoid().curve(np.array([0, 1]))
    assert a.tolist() == [0.5, Sigmoid().forward(1.0)] and slope[0] == 0.25


means = {
    "ReLU": 0.3989, "Leaky ReLU": 0.3950, "ELU": 0.1605, "SELU": 0.0, "tanh": 0.0, "σ": 0.5,
}  # fmt: skip


@pytest.mark.parametrize("name", means)
def test_the_mean_of_the_output_over_normal_inputs_comes_out_to_the_digit(name):
    (activation,) = [each for each in of_one_input if str(each) == name]
    z, step = np.linspace(-12, 12, 480_001, retstep=True)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    assert np.sum(activation.forward(z) * density) * step == pytest.approx(means[name], abs=6e-5)


@pytest.mark.parametrize(("activation", "slope"), [(ELU(), 1.0), (SELU(), SELU.scale)], ids=str)
def test_the_slope_holds_to_the_very_end(activation, slope):
    assert activation.slope(activation.forward(np.inf), np.inf) == slope


def test_selu_keeps_the_variance_of_normal_inputs():
    z, step = np.linspace(-12, 12, 480_001, retstep=True)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    assert np.sum(SELU().forward(z) ** 2 * density) * step == pytest.approx(1)


def test_gelu_is_near_its_definition():
    exact = np.array([z * (1 + math.erf(z / math.sqrt(2))) / 2 for z in points])
    assert np.abs(GELU().forward(points) - exact).max() < 5e-4


def test_the_slope_of_softplus_is_sigmoid():
    np.testing.assert_array_equal(Softplus().slope(0, points), Sigmoid().forward(points))


def test_the_largest_slope_of_sigmoid_is_a_quarter_at_0():
    slopes = Sigmoid().slope(Sigmoid().forward(points), points)
    assert slopes.max() == 0.25 and points[slopes.argmax()] == 0


def test_sigmoid_rounds_to_1_but_its_range_is_open():
    assert Sigmoid().forward(36.0) < 1
    assert Sigmoid().forward(40.0) == 1
    assert 0 < Sigmoid().forward(-745.0) < 1e-300


def test_sigmoid_keeps_its_relative_precision_far_below_0():
    for z in (-20.0, -200.0, -700.0):
        assert math.isclose(Sigmoid().forward(z), math.exp(z), rel_tol=1e-8)


def test_tanh_is_a_scaled_and_shifted_sigmoid():
    difference = Tanh().forward(points) - (2 * Sigmoid().forward(2 * points) - 1)
    assert np.abs(difference).max() <= 4e-16


def test_leaky_relu_leans_to_the_positive_side():
    assert LeakyReLU(0.1).forward(-2.0) == -0.2
    assert LeakyReLU(0.1).slope(-0.2, -2.0) == 0.1


def test_alpha_above_1_still_applies_below_0_only():
    assert LeakyReLU(2.0).forward(np.array([-1.0, 1.0])).tolist() == [-2, 1]


def test_elu_bends_to_minus_alpha():
    assert ELU(0.5).forward(-50.0) == -0.5
    assert ELU(0.5).kinks == (0.0,) and ELU().kinks == ()
    assert LeakyReLU(0.5).kinks == (0.0,) and LeakyReLU(1.0).kinks == ()


def test_alpha_of_prelu_learns_from_the_negative_side_alone():
    z, alpha = Node([-3.0, -1.0, 2.0], "z"), Node(0.25, "α")
    gradients = backprop(PReLU()(z, alpha), upstream=[1.0, 10.0, 100.0])
    assert gradients[alpha] == -13
    assert gradients[z].tolist() == [0.25, 2.5, 100]


def test_maxout_contains_relu_and_leaky_relu():
    for alpha, activation in [(0.0, ReLU()), (0.1, LeakyReLU(0.1))]:
        pieces = np.stack([points, alpha * points], axis=-1)
        np.testing.assert_array_equal(Maxout().forward(pieces), activation.forward(points))


@pytest.mark.parametrize("z", [3.0, np.zeros((2, 0))])
def test_maxout_without_pieces_is_refused(z):
    with pytest.raises(ValueError, match=r"maxout cannot take z .*last axis, and there is none"):
        Maxout()(Node(z, "z"))
