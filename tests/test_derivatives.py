import numpy as np
import pytest

from coursekit import ReLU, Sigmoid, Tanh, jacobian, softmax
from coursekit.derivatives import (
    DIFFERENCES,
    EXACT,
    POWERS,
    Difference,
    error_against_nudge,
    errors_by_nudge,
    jacobian_map,
    kink_distance,
    mosaic,
    structure,
)
from coursekit.style import new_figure

CENTRED, FORWARD, CENTRED_32, _ = DIFFERENCES
MANY = np.linspace(-2, 2, 201)


def error(difference, power, z=1.0):
    return errors_by_nudge(Sigmoid(), z, difference, power)[0]


def test_the_centred_difference_of_sigma_at_1_is_best_in_float64_near_1e_5():
    assert f"{error(CENTRED, -5):.0e}" == "9e-12"
    assert f"{error(CENTRED_32, -5):.1e}" == "1.5e-02"


def test_in_float32_the_best_nudge_is_a_thousand_times_larger():
    errors = errors_by_nudge(Sigmoid(), MANY, CENTRED_32)
    assert POWERS[errors.argmin()] == -2
    assert 6e-6 < errors.min() < 8e-6


def test_the_curvature_costs_h_for_a_forward_and_h_squared_for_a_centred_difference():
    for difference, power in ((FORWARD, 1), (CENTRED, 2)):
        grown = error(difference, -2) / error(difference, -3)
        assert np.log10(grown) == pytest.approx(power, abs=0.05)


def test_every_difference_computes_in_its_own_precision_alone():
    for difference in DIFFERENCES:
        z = np.array([1.0], difference.dtype)
        assert Sigmoid().forward(z + np.asarray(1e-3, difference.dtype)).dtype == difference.dtype
    assert error(CENTRED_32, -10) == 1  # the nudge is lost in the rounding of z


def test_a_slope_of_zero_measured_as_zero_is_no_error():
    assert Difference(True, np.float64).error(ReLU(), -1.0, 1e-3) == 0


@pytest.mark.parametrize("z", [0.5, -0.5])
def test_a_kink_in_reach_spoils_the_centred_difference_at_once(z):
    near, far = (errors_by_nudge(ReLU(), z, CENTRED, power)[0] for power in (-1, 0))
    assert near < 1e-9
    assert far > 0.2
    assert kink_distance(ReLU(), z) == 0.5


@pytest.mark.parametrize("activation", [Sigmoid(), Tanh(), ReLU()])
@pytest.mark.parametrize("z", [1.0, MANY])
def test_the_plot_shows_the_errors_and_tells_the_lines_apart_by_dash_and_marker(activation, z):
    _, ax = new_figure()
    assert error_against_nudge(activation, z, ax) is ax
    lines = [line for line in ax.lines if line.get_label() in map(str, DIFFERENCES)]
    for line, difference in zip(lines, DIFFERENCES, strict=True):
        errors = errors_by_nudge(activation, z, difference)
        np.testing.assert_array_equal(line.get_ydata(), np.maximum(errors, EXACT))
    assert len({str(line.get_linestyle()) + line.get_marker() for line in lines}) == 4


def test_the_plot_marks_where_a_kink_comes_in_reach():
    reach = error_against_nudge(ReLU(), 0.01).lines[-1]
    assert reach.get_xdata() == pytest.approx([-2, -2])
    assert len(error_against_nudge(Sigmoid(), 0.01).lines[-1].get_xdata()) == 0


X = np.arange(12.0).reshape(3, 4) / 10
W = np.random.default_rng(0).normal(size=(4, 2))


@pytest.mark.parametrize(
    ("f", "found"),
    [
        (Tanh(), "diagonal"),
        (softmax, "3 blocks on the diagonal"),
        (lambda x: x @ W, "3 blocks on the diagonal"),
        (lambda x: softmax(x[0]), "full"),
    ],
)
def test_the_map_of_a_jacobian_says_where_it_is_not_zero(f, found):
    J = jacobian(f, X)
    if found == "full":
        J = np.asarray(J)[:, :4]
    assert structure(np.asarray(J)) == found
    assert found in jacobian_map(J).get_title("left")


def test_the_map_tells_negative_numbers_without_colour():
    dots = mosaic(np.array([[1.0, -1.0, 0.0]])).astype(int)
    hearts, corners, (blank, *_) = dots[1, 1::3], dots[0, ::3], dots[0, 6:]
    assert (hearts[0] == corners[0]).all()
    assert (hearts[1] == blank).all() and (corners[1] != blank).any()
    assert (hearts[2] == corners[2]).all()


def test_the_map_shows_what_is_small_and_leaves_zeros_blank():
    dots = mosaic(np.array([[1.0, 1e-9, 0.0]]))
    assert len({tuple(dots[0, column]) for column in (0, 3, 6)}) == 3


def test_what_is_no_matrix_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match=r"rows and columns, and this has the shape \(3,\)"):
        jacobian_map(np.ones(3))
