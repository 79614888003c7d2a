"""The gradient check, and the check of the check: planted errors are refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit import Elementwise, LeakyReLU, Node, ReLU, Sigmoid, exp, log, maximum, mean, sum
from coursekit.jacobians import check_gradients
from coursekit.ops import Divide, Matmul, Multiply


class SlightlyOff(Sigmoid):
    def slope(self, a, z):
        return 1.001 * a * (1 - a)


class SlightlySteep(Elementwise):
    """A square whose slope is 0.1 % too large: near 0 its curvature must not pass for a kink."""

    def forward(self, x):
        return x**2

    def local_gradients(self, out, x):
        return (2.002 * x,)


class WrongSign(Sigmoid):
    def slope(self, a, z):
        return -a * (1 - a)


class SwappedInputs(Divide):
    def local_gradients(self, out, x, y):
        return super().local_gradients(out, x, y)[::-1]


class NotSwapped(Multiply):
    def local_gradients(self, out, x, y):
        return x, y


class MissingAccumulation(Multiply):
    """Knows only the last of its two inputs, as an engine does that assigns at a fork."""

    def local_gradients(self, out, x, y):
        return 0.0, x


class NotTransposed(Matmul):
    def vjp(self, upstream, out, x, y):
        to_x, to_y = super().vjp(upstream, out, x, y)
        return to_x.T, to_y


class Zeros(Sigmoid):
    def slope(self, a, z):
        return 0 * z


class NotFinite(Sigmoid):
    def slope(self, a, z):
        return np.nan * z


points = np.linspace(-2, 2, 5)
planted = {
    "0.1 % off": (SlightlyOff(), [points]),
    "wrong sign": (WrongSign(), [points]),
    "swapped inputs": (SwappedInputs(), [points + 3, points + 4]),
    "product not swapped": (NotSwapped(), [points, points + 1]),
    "missing accumulation": (lambda x: MissingAccumulation()(x, x), [points]),
    "a transpose too many": (
        NotTransposed(),
        [np.ones((2, 2)), np.array([[1.0, 1.0], [0.0, 1.0]])],
    ),
    "zeros": (Zeros(), [points]),
    "not finite": (NotFinite(), [points]),
    "0.1 % off where it bends": (lambda x: SlightlySteep()(x), [np.array([0.003, 0.001, 1e-4])]),
    "a dependency cut off": (lambda x: x * Node(x.value), [points]),
}


@pytest.mark.parametrize("error", planted)
def test_a_planted_error_is_refused(error):
    f, inputs = planted[error]
    report = check_gradients(f, *inputs)
    assert not report
    assert "WRONG" in repr(report) and "backprop says" in repr(report)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_planted_error_is_refused_at_any_scale(scale):
    assert check_gradients(lambda x: scale * Sigmoid()(x), points)
    assert not check_gradients(lambda x: scale * SlightlyOff()(x), points)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_inputs_of_any_size_are_nudged_in_proportion(scale):
    assert check_gradients(log, scale * np.array([1.0, 2.0, 3.0]))
    assert not check_gradients(
        lambda x: log(x) * 1.01 - 0.01 * Node(np.log(x.value)), scale * (points + 3)
    )


class ShareOfTie(Elementwise):
    """A maximum that divides the gradient of a tie as it is told to."""

    def __init__(self, first, second):
        self.shares = first, second

    def forward(self, x, y):
        return np.maximum(x, y)

    def local_gradients(self, out, x, y):
        first, second = self.shares
        return np.where(x == y, first, x > y), np.where(x == y, second, y > x)


tied = [np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0])]


@given(st.floats(0, 1))
def test_every_share_of_a_tie_that_adds_up_to_1_is_accepted(share):
    assert check_gradients(ShareOfTie(share, 1 - share), *tied)


@pytest.mark.parametrize("shares", [(1, 1), (0, 0), (2, -1), (0.5, 0), (0.7, 0.7)])
def test_a_share_of_a_tie_that_is_no_subgradient_is_refused(shares):
    assert not check_gradients(ShareOfTie(*shares), *tied)


@given(st.floats(0.01, 1))
def test_any_slope_between_the_two_sides_of_a_kink_is_accepted(slope):
    class Chosen(LeakyReLU):
        def slope(self, a, z):
            return np.where(z == 0, slope, super().slope(a, z))

    assert check_gradients(Chosen(), [-1.0, 0.0, 1.0])


@pytest.mark.parametrize("slope", [-0.1, 1.1])
def test_a_slope_outside_the_two_sides_of_a_kink_is_refused(slope):
    class Outside(ReLU):
        def slope(self, a, z):
            return np.where(z == 0, slope, super().slope(a, z))

    assert not check_gradients(Outside(), [-1.0, 0.0, 1.0])


def test_a_kink_does_not_hide_an_error_elsewhere():
    class Hidden(ReLU):
        def slope(self, a, z):
            return np.where(z == 1, 0.9, super().slope(a, z))

    assert not check_gradients(Hidden(), [0.0, 1.0, 2.0])


def test_a_report_names_the_input_the_place_and_both_slopes():
    report = check_gradients(SlightlyOff(), Node([[0.0, 0.0]], "z"))
    assert repr(report).startswith("a gradient is WRONG (nudge h = 6e-06)\n  z of shape (1, 2)")
    assert "relative error 1e-03" in repr(report)


def test_slopes_that_drown_in_rounding_are_not_called_right():
    report = check_gradients(lambda x: 1e-4 * WrongSign()(x) + 1e6, 1.0)
    assert not report and "cannot tell" in repr(report)
    assert check_gradients(Sigmoid(), np.linspace(-30, 30, 7))


def test_a_report_of_a_kink_says_so():
    assert "1 at a kink" in repr(check_gradients(ReLU(), Node([0.0, 1.0], "z")))


def test_float32_is_checked_with_a_larger_nudge():
    x = np.linspace(-1, 1, 4, dtype=np.float32)
    report = check_gradients(lambda x: sum(exp(x) * mean(x)), x)
    assert report and report.h > 1e-3
    assert not check_gradients(WrongSign(), x)


def test_a_function_of_no_input_or_of_no_node_is_refused():
    with pytest.raises(ValueError, match="at least one input"):
        check_gradients(lambda: Node(1.0))
    with pytest.raises(TypeError, match="returns a Node, not float64"):
        check_gradients(lambda x: x.value, 1.0)


def test_the_check_calls_the_function_twice_an_element_and_no_more():
    calls = []

    def counted(x, y):
        calls.append(1)
        return sum(maximum(x, y))

    check_gradients(counted, np.arange(10.0), np.full(10, 4.5))
    assert len(calls) == 2 * 20 + 2
