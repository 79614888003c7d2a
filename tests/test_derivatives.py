import re

import numpy as np
import pytest

from coursekit import Activation, LeakyReLU, ReLU, Sigmoid, Tanh, jacobian, softmax
from coursekit.differences import DIFFERENCES, errors_by_nudge
from coursekit.pictures.derivatives import (
    EXACT,
    error_against_nudge,
    jacobian_map,
    mosaic,
    nudge_finding,
    nudge_reason,
    structure,
)
from coursekit.style import new_figure

MANY = np.linspace(-2, 2, 201)


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


class HardTanh(Activation):
    """A tanh of three straight pieces, with a kink at each end of the middle one."""

    kinks = (-0.1, 0.9)

    def forward(self, z):
        return np.clip(z, *self.kinks)

    def slope(self, a, z):
        return 1.0 * ((self.kinks[0] < z) & (z < self.kinks[1]))


@pytest.mark.parametrize(
    ("z", "power", "said"),
    [
        (0.8, -1.25, "about the best h"),
        (0.8, -0.75, "^The kink at 0.9 lies between z − h and z \\+ h"),
        (-0.2, -0.75, "^The kink at −0.1 lies between"),
        (0.5, 0, "^The kinks at −0.1 and 0.9 lie between"),
        (0.9, -1, "^z stands on the kink"),
        (np.array([0.5, 3.0]), 0, "^At 1 of the 2 places a kink lies"),
    ],
)
def test_a_kink_is_told_of_where_it_is(z, power, said):
    assert re.search(said, nudge_reason(HardTanh(), z, power))


def test_a_kink_that_no_nudge_reaches_spoils_none():
    far = np.array([5.0, 6.0])
    assert "meet a kink" in nudge_finding(HardTanh(), MANY)
    assert "is best" in nudge_finding(HardTanh(), far)


@pytest.mark.parametrize("z", [0.0, 0.3, MANY])
def test_a_leaky_relu_that_leaks_everything_has_no_kink(z):
    straight = LeakyReLU(1.0)
    said = nudge_finding(straight, z) + nudge_reason(straight, z, -0.25)
    assert "kink" not in said
    reach = error_against_nudge(straight, 0.3).lines[-1]
    assert len(reach.get_xdata()) == 0


@pytest.mark.parametrize("z", [[], "a", None, 1j, [1.0, np.nan], [[1.0], [1.0, 2.0]]])
def test_no_places_to_nudge_are_refused_in_one_sentence(z):
    with pytest.raises(ValueError, match="^z is a finite number, or several of them, not "):
        error_against_nudge(Tanh(), z)


def test_places_may_come_in_a_list():
    assert "at 2 places" in error_against_nudge(Tanh(), [1, 2]).get_title("left")
    assert "at z = 1:" in error_against_nudge(Tanh(), [1]).get_title("left")


def test_one_number_of_a_jacobian_is_one():
    assert jacobian_map([[3.0]]).get_title("left") == "1 × 1: full, 1 number is not zero"
