import numpy as np
import pytest

from coursekit import Node, Sigmoid, Tanh, backprop, mean
from coursekit.paths import (
    OUTPUTS,
    condition_number,
    contours,
    descent,
    epochs_to,
    finish,
    inputs_through,
    plot_path,
    plot_race,
    plot_signs,
    same_sign,
)
from coursekit.style import SERIES, new_figure

H = inputs_through(Sigmoid().forward)
ZIGZAG = descent(H, (1, -1), batch=1, rate=0.5)
ERRORS = {"tanh": [0.9, 0.2, 0.04], "σ": [0.9, 0.9, 0.8, 0.3]}


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


def test_the_loss_is_equal_all_along_a_contour():
    target = np.array([1.0, -1.0])
    hessian = H.T @ H / len(H)
    for line in contours(hessian, target):
        losses = np.einsum("ni,ij,nj->n", line - target, hessian, line - target)
        np.testing.assert_allclose(losses, losses[0])


def test_the_path_is_drawn_beside_the_straight_line_and_told_apart_by_dash():
    _, ax = new_figure()
    assert plot_path(ZIGZAG, ax) is ax
    straight, path, start, target = ax.lines
    np.testing.assert_array_equal(path.get_xydata(), ZIGZAG.path)
    np.testing.assert_array_equal(straight.get_xydata(), ZIGZAG.path[[0, -1]])
    assert straight.get_linestyle() != path.get_linestyle()
    assert start.get_marker() != target.get_marker()
    assert target.get_xydata().tolist() == [[1, -1]]
    assert ax.get_title("left") == f"Path ÷ straight line: {ZIGZAG.detour:.2f}"
    assert "w₁" in ax.get_xlabel() and "w₂" in ax.get_ylabel()


def test_every_point_of_the_path_lies_inside_the_axes():
    _, ax = new_figure()
    plot_path(ZIGZAG, ax)
    for points in (ZIGZAG.path, ZIGZAG.target[None]):
        for values, (low, high) in zip(points.T, (ax.get_xlim(), ax.get_ylim()), strict=True):
            assert (low < values).all() and (values < high).all()


def test_gradients_of_one_sign_are_dots_and_the_others_crosses():
    _, ax = new_figure()
    some = descent(H, (1, -1), batch=4, rate=0.5)
    plot_signs(some, ax)
    dots, crosses = ax.lines
    assert same_sign(dots.get_xydata()).all()
    assert not same_sign(crosses.get_xydata()).any()
    assert len(dots.get_xydata()) / some.steps == some.agreement
    assert dots.get_marker() != crosses.get_marker()


def test_a_step_without_a_gradient_is_a_point_in_the_middle():
    _, ax = new_figure()
    plot_signs(ZIGZAG._replace(gradients=np.zeros((3, 2))), ax)
    assert ax.lines[0].get_xydata().tolist() == [[0, 0]] * 3


def test_a_race_shows_every_error_and_who_is_there():
    _, ax = new_figure()
    assert plot_race(ERRORS, 0.05, ax) is ax
    curves = {line.get_label(): line for line in ax.lines if line.get_linestyle() != "None"}
    for name, seen in ERRORS.items():
        assert list(curves[name].get_ydata()) == seen
        assert list(curves[name].get_xdata()) == list(range(len(seen)))
    assert ax.get_title("left") == "To 5 % error: tanh 2 epochs, σ more than 3"
    heads = [line for line in ax.lines if line.get_linestyle() == "None"]
    assert len({head.get_marker() for head in heads}) == 2
    assert len({curves[name].get_linestyle() for name in ERRORS}) >= 1
    assert heads[0].get_markerfacecolor() == heads[0].get_color() != heads[1].get_markerfacecolor()


def test_a_race_of_more_than_can_be_told_apart_is_refused():
    many = {str(n): [0.9, 0.1] for n in range(len(SERIES) + 1)}
    with pytest.raises(ValueError, match=f"room for {len(SERIES)} names, not for"):
        plot_race(many, 0.05, new_figure()[1])


def test_the_first_time_at_the_goal_counts():
    assert epochs_to(0.05, [0.9, 0.05, 0.2, 0.01]) == 1
    assert epochs_to(0.05, [0.9]) is None


def test_the_finish_names_the_fastest_first_and_those_that_are_still_out_last():
    errors = {"a": [0.9, 0.9], "b": [0.9, 0.9, 0.0], "c": [0.9, 0.0]}
    assert finish(errors, 0.05) == "c 1 epoch, b 2, a more than 1"
