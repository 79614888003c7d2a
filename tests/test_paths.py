import numpy as np
import pytest

from coursekit import Sigmoid
from coursekit.descents import descent, inputs_through, same_sign
from coursekit.pictures.paths import contours, finish, plot_path, plot_race, plot_signs
from coursekit.style import SERIES, new_figure

H = inputs_through(Sigmoid().forward)
ZIGZAG = descent(H, (1, -1), batch=1, rate=0.5)
ERRORS = {"tanh": [0.9, 0.2, 0.04], "σ": [0.9, 0.9, 0.8, 0.3]}


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


def test_the_finish_names_the_fastest_first_and_those_that_are_still_out_last():
    errors = {"a": [0.9, 0.9], "b": [0.9, 0.9, 0.0], "c": [0.9, 0.0]}
    assert finish(errors, 0.05) == "c 1 epoch, b 2, a more than 1"
