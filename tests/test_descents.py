import numpy as np
import pytest

from coursekit import Node, Sigmoid, Tanh, backprop, mean
from coursekit.descents import OUTPUTS, condition_number, descent, inputs_through, same_sign

H = inputs_through(Sigmoid().forward)
ZIGZAG = descent(H, (1, -1), batch=1, rate=0.5)


def test_each_step_goes_down_the_gradient_that_backprop_finds():
    whole = descent(H, (1, -1), rate=0.5)
    for w, gradient, after in zip(whole.path, whole.gradients, whole.path[1:], strict=False):
        weights = Node(w)
        error = Node(H) @ weights - H @ whole.target
        np.testing.assert_allclose(backprop(mean(error**2) * 0.5)[weights], gradient, atol=1e-15)
        np.testing.assert_allclose(w - 0.5 * gradient, after)


def test_a_step_on_one_example_goes_along_its_inputs():
    for gradient in ZIGZAG.gradients:
        across = H[:, 0] * gradient[1] - H[:, 1] * gradient[0]
        assert np.abs(across).min() < 1e-12


def test_a_descent_starts_at_0_and_ends_near_its_target():
    assert ZIGZAG.path[0].tolist() == [0, 0]
    left = np.linalg.norm(ZIGZAG.path - ZIGZAG.target, axis=1) / np.sqrt(2)
    assert left[-1] <= 0.1 < left[-2]
    assert len(ZIGZAG.path) == ZIGZAG.steps + 1 == len(ZIGZAG.gradients) + 1


def test_a_straight_path_is_as_long_as_the_line_and_no_path_is_shorter():
    straight = ZIGZAG._replace(path=np.array([[0.0, 0], [1, 1], [3, 3]]))
    assert straight.detour == pytest.approx(1)
    there_and_back = ZIGZAG._replace(path=np.array([[0.0, 0], [2, 0], [1, 0]]))
    assert there_and_back.detour == pytest.approx(3)
    assert ZIGZAG.detour > 3


def test_a_zero_goes_with_either_sign():
    rows = np.array([[0, 1], [0, -1], [0, 0], [2, 3], [-2, -3], [2, -3]])
    assert same_sign(rows).tolist() == [True] * 5 + [False]


def test_the_condition_number_is_that_of_the_mean_of_the_outer_products():
    outer = np.mean([np.outer(h, h) for h in H], axis=0)
    low, high = np.linalg.eigvalsh(outer)
    assert ZIGZAG.condition == pytest.approx(high / low)


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_condition_number_is_that_of_the_expected_curvature(name):
    h = inputs_through(OUTPUTS[name], n=400_000, d=1)
    curvature = h.var() * np.eye(3) + h.mean() ** 2
    assert np.linalg.cond(curvature) == pytest.approx(condition_number(OUTPUTS[name], 3), 0.02)


def test_a_fair_rate_makes_the_steepest_direction_as_fast_for_every_activation():
    for activation in (Sigmoid(), Tanh()):
        h = inputs_through(activation.forward)
        first = descent(h, (1, -1))
        rate = np.linalg.norm(first.path[1]) / np.linalg.norm(first.gradients[0])
        assert rate * np.linalg.eigvalsh(first.hessian)[-1] == pytest.approx(0.3)


def test_centring_cuts_the_steps_at_the_fair_rate():
    sigmoid, tanh = (descent(inputs_through(f.forward), (1, -1)) for f in (Sigmoid(), Tanh()))
    assert sigmoid.steps > 10 * tanh.steps


def test_the_same_seed_draws_the_same_descent():
    again = descent(H, (1, -1), batch=1, rate=0.5)
    assert np.array_equal(again.path, ZIGZAG.path)
    other = descent(H, (1, -1), batch=1, rate=0.5, seed=1)
    assert other.path.shape != ZIGZAG.path.shape or not np.allclose(other.path, ZIGZAG.path)


def test_a_descent_that_does_not_arrive_says_so():
    with pytest.raises(ValueError, match="not there after 1000 steps: another rate than 0.0001"):
        descent(H, (1, -1), rate=1e-4)
