"""The gradient check, and the check of the check: planted errors are refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import CASES

from coursekit import (
    Elementwise,
    LeakyReLU,
    Node,
    Op,
    ReLU,
    Sigmoid,
    Tanh,
    cos,
    cross_entropy,
    exp,
    log,
    maximum,
    mean,
    sin,
    softmax,
    stack,
    sum,
)
from coursekit.jacobians import check_gradients, jacobian, numerical_jacobian, vjp
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


def test_kinks_that_have_nothing_to_do_with_one_another_are_judged_each_by_itself():
    def hardtanh(z):  # convex at -1, concave at 1; both slopes are taken as 0
        return maximum(-1, -maximum(-1, -z))

    class Hardtanh(Elementwise):
        def forward(self, z):
            return np.clip(z, -1, 1)

        def local_gradients(self, a, z):
            return (np.where(np.abs(z) < 1, 1.0, 0.0),)

    assert check_gradients(Hardtanh(), [-1.0, 0.0, 1.0])
    assert check_gradients(hardtanh, [-1.0, 0.0, 1.0])


@pytest.mark.parametrize("shares", [(1 / 3, 1 / 3, 1 / 3), (1, 0, 0), (0.2, 0.3, 0.5)])
@pytest.mark.parametrize("off", [0.0, 0.4])
def test_the_shares_of_a_tie_of_three_add_up_to_1(shares, off):
    class Largest(Op):
        def forward(self, z):
            return z.max(axis=-1)

        def vjp(self, upstream, out, z):
            return (np.asarray(upstream)[..., None] * (np.array(shares) + off),)

    assert bool(check_gradients(Largest(), [[2.0, 2.0, 2.0]] * 2)) == (off == 0)


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


# Jacobians


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_vjp_is_the_transposed_jacobian_times_upstream(case):
    inputs = case.inputs(5)
    leaves = [Node(value) for value in inputs]
    output = case.op(*leaves)
    upstream = np.random.default_rng(0).normal(size=output.shape)
    several = (jacobian, numerical_jacobian, vjp)
    exact, measured, sent = (
        f(case.op, *inputs, **extra)
        for f, extra in zip(several, ({}, {}, {"upstream": upstream}), strict=True)
    )
    if len(inputs) == 1:
        exact, measured, sent = (exact,), (measured,), (sent,)
    for J, by_difference, gradient in zip(exact, measured, sent, strict=True):
        np.testing.assert_allclose(J.dense(), by_difference, atol=1e-9, rtol=1e-8)
        np.testing.assert_allclose(J.dense().T @ np.ravel(upstream), np.ravel(gradient), atol=1e-12)
        assert np.shape(gradient) == J.input_shape


def spherical(r, theta, phi):
    """From radius, polar and azimuthal angle to Cartesian coordinates."""
    return stack([r * sin(theta) * cos(phi), r * sin(theta) * sin(phi), r * cos(theta)])


def spherical_jacobian(*where):
    return np.hstack([J.dense() for J in jacobian(spherical, *where)])


def test_the_volume_element_of_spherical_coordinates_comes_out_to_the_digit():
    J = spherical_jacobian(2.0, np.pi / 3, np.pi / 4)
    assert f"{np.linalg.det(J):.4f}" == "3.4641"
    np.testing.assert_allclose(J.T @ J, np.diag([1, 4, 4 * 0.75]), atol=1e-14)


@pytest.mark.parametrize("where", [(2.0, 0.0, 1.0), (2.0, np.pi, 1.0), (0.0, 1.0, 1.0)])
def test_at_the_poles_and_the_centre_rank_is_lost(where):
    assert np.linalg.matrix_rank(spherical_jacobian(*where), tol=1e-12) < 3


def test_the_jacobian_of_softmax_is_full_and_loses_one_rank():
    J = jacobian(softmax, [0.1, -0.4, 1.2, 0.7]).dense()
    s = softmax([0.1, -0.4, 1.2, 0.7]).value
    np.testing.assert_allclose(J, np.diag(s) - np.outer(s, s), atol=1e-15)
    np.testing.assert_allclose(J.sum(axis=1), 0, atol=1e-15)
    assert np.linalg.matrix_rank(J, tol=1e-12) == 3


def test_an_elementwise_function_keeps_its_diagonal_alone():
    z = np.linspace(-2, 2, 4096)
    J = jacobian(lambda z: Sigmoid()(2 * z) * z - 1, z)
    assert J.diagonal and J.numbers.nbytes == 32 * 1024
    assert repr(J) == "Jacobian(4096 × 4096, diagonal: 4,096 numbers kept instead of 16,777,216)"


def test_a_diagonal_is_written_out_on_demand():
    J = jacobian(lambda x: x * x, [1.0, 2.0])
    np.testing.assert_array_equal(np.asarray(J), [[2, 0], [0, 4]])


def test_a_layer_keeps_the_diagonal_until_its_weights_mix_the_elements():
    rng = np.random.default_rng(0)
    W, b, x = rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=3)
    J = jacobian(lambda x: Tanh()(Node(W) @ x + b), x)
    np.testing.assert_allclose(J.dense(), (1 - np.tanh(W @ x + b) ** 2)[:, None] * W, rtol=1e-12)


def test_both_paths_of_a_fork_are_in_the_jacobian():
    J = jacobian(lambda x: softmax(x) * x + x, np.array([0.3, -1.0, 2.0]))
    np.testing.assert_allclose(
        J.dense(), numerical_jacobian(lambda x: softmax(x) * x + x, [0.3, -1.0, 2.0]), atol=1e-9
    )


def test_an_input_that_the_output_does_not_use_has_a_jacobian_of_zeros():
    J, K = jacobian(lambda x, y: x * 2, [1.0, 2.0], [1.0, 2.0, 3.0])
    assert J.diagonal
    np.testing.assert_array_equal(K.dense(), np.zeros((2, 3)))
    assert vjp(lambda x, y: x * 2, 1.0, 2.0, upstream=1.0) == (2.0, 0.0)


@pytest.mark.parametrize("ask", [jacobian, numerical_jacobian])
def test_what_is_no_function_of_nodes_is_refused(ask):
    with pytest.raises(ValueError, match="at least one input"):
        ask(lambda: Node(1.0))
    with pytest.raises(TypeError, match="returns a Node, not float64"):
        ask(lambda x: x.value, 1.0)


# Large functions


def network(error=1.0):
    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=(20, 8)), rng.integers(0, 16, 20)
    sizes = [(8, 40), (40,), (40, 16), (16,)]
    parameters = [0.3 * rng.normal(size=size) for size in sizes]
    activation = Tanh() if error == 1 else SteepTanh(error)

    def loss(W1, b1, W2, b2):
        return cross_entropy(activation(X @ W1 + b1) @ W2 + b2, labels)

    return loss, parameters


class SteepTanh(Tanh):
    def __init__(self, error):
        object.__setattr__(self, "error", error)

    def slope(self, a, z):
        return self.error * super().slope(a, z)


@pytest.mark.parametrize("directions", [None, 1, 3])
def test_a_network_of_a_thousand_parameters_is_checked(directions):
    f, parameters = network()
    assert check_gradients(f, *parameters, directions=directions)
    f, parameters = network(1.001)
    report = check_gradients(f, *parameters, directions=directions)
    assert not report and "WRONG" in repr(report)


def test_a_random_direction_costs_two_calls_however_large_the_function_is():
    f, parameters = network()
    calls = []

    def counted(*given):
        calls.append(1)
        return f(*given)

    report = check_gradients(counted, *parameters, directions=1)
    assert len(calls) == 4
    assert "random direction 1: right" in repr(report)


def test_a_large_function_that_decides_in_python_is_checked_by_calling_it():
    calls = []

    def f(x):
        calls.append(1)
        return sum(x * x) if x.value[0] > 0 else sum(-x)

    x = np.linspace(-1, 1, 300)
    x[0] = 1e-5
    check_gradients(f, x)
    assert len(calls) > 600


def test_a_large_function_that_does_the_same_everywhere_is_called_a_few_times_only():
    f, parameters = network()
    calls = []

    def counted(*given):
        calls.append(1)
        return f(*given)

    assert check_gradients(counted, *parameters)
    assert len(calls) == 5


@pytest.mark.parametrize("f", [lambda x: x[:0], softmax, lambda x: 2 * x])
@pytest.mark.parametrize("shape", [(0, 3), (2, 3)])
def test_the_jacobian_of_nothing_has_the_shape_that_one_expects(f, shape):
    x = np.ones(shape)
    measured = numerical_jacobian(f, x)
    assert measured.shape == (f(Node(x)).value.size, x.size)
    np.testing.assert_allclose(jacobian(f, x).dense(), measured, atol=1e-9)


@pytest.mark.parametrize("directions", [0, -1])
def test_a_check_along_no_direction_is_refused(directions):
    with pytest.raises(ValueError, match="at least 1, not"):
        check_gradients(Sigmoid(), 1.0, directions=directions)


def test_an_op_without_a_return_is_named_by_the_jacobian_too():
    class Forgetful(Op):
        def forward(self, x):
            return 2 * x

        def vjp(self, upstream, out, x):
            2 * upstream

    with pytest.raises(TypeError, match="Forgetful sent nothing back"):
        jacobian(Forgetful(), [1.0, 2.0])


@pytest.mark.parametrize(
    ("f", "inputs", "sentence"),
    [
        (log, [[1.0, 0.0]], r"the result of log of shape \(2,\) is -inf at \[1\]"),
        (lambda x: log(x), [0.0], r"the result of log \(a number\) is -inf"),
        (
            lambda x, y: x * y,
            [1.0, [[2.0, np.nan]]],
            r"input 2 of shape \(1, 2\) is nan at \[0, 1\]",
        ),
        (lambda x: x * 0 + 1, [Node(np.inf, "x")], r"x \(a number\) is inf"),
    ],
)
def test_a_check_where_something_is_not_finite_says_what_and_where(f, inputs, sentence):
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=sentence):
        check_gradients(f, *inputs)


@pytest.mark.parametrize("h", [0, 0.0, -1e-6, np.nan])
@pytest.mark.parametrize("ask", [check_gradients, numerical_jacobian])
def test_a_nudge_is_larger_than_0(ask, h):
    with pytest.raises(ValueError, match=f"h, the size of a nudge, is a number above 0, not {h}"):
        ask(sin, 1.0, h=h)
