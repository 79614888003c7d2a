import numpy as np
import pytest

from coursekit import ReLU, Tanh, moons, spiral
from coursekit.nets import MLP, he
from coursekit.pictures.planes import (
    above_zero,
    active_side,
    data_points,
    decision_regions,
    hidden_lines,
    lattice,
    line_ends,
    plot_boundary,
    plot_unit,
    region_paths,
    window,
)
from coursekit.style import new_figure

BOX = (-1.0, 1.0, -1.0, 1.0)
PLACES = lattice(BOX)


@pytest.fixture
def ax():
    return new_figure()[1]


def test_classes_are_told_apart_by_marker(ax):
    points, labels = spiral()
    arms = data_points(points, labels, ax)
    assert len({arm.get_marker() for arm in arms}) == 3
    for label, arm in enumerate(arms):
        np.testing.assert_array_equal(arm.get_xydata(), points[labels == label])


def test_the_border_of_the_active_side_is_where_z_is_0(ax):
    w, b = np.array([2.0, -1.0]), 0.3
    corners = active_side(PLACES @ w + b, PLACES, ax).get_path().vertices
    inside = (np.abs(corners) < 1.01).all(axis=1)
    np.testing.assert_allclose((corners @ w + b)[inside], 0, atol=1e-12)
    assert (corners @ w + b > -1e-12).all()


def test_a_unit_that_is_active_nowhere_has_an_empty_side_and_one_everywhere_a_full_one(ax):
    assert len(above_zero(np.full(len(PLACES), -1.0), PLACES).vertices) == 0
    full = above_zero(np.full(len(PLACES), 1.0), PLACES)
    assert full.contains_points([[-0.9, -0.9], [0.9, 0.9]]).all()


def test_a_bent_border_follows_the_layers_below():
    net = MLP([2, 8, 8, 1], ReLU(), he)
    z = net(PLACES).z[1].value[:, 0]
    path = above_zero(z, PLACES)
    there = np.random.default_rng(0).uniform(-0.95, 0.95, (200, 2))
    value = net(there).z[1].value[:, 0]
    clear = np.abs(value) > 0.05
    assert (path.contains_points(there) == (value > 0))[clear].all()


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_each_place_lies_in_the_region_of_what_the_net_says(outputs):
    net = MLP([2, 9, outputs], Tanh(), he)
    there = np.random.default_rng(1).uniform(-0.95, 0.95, (200, 2))
    said = net(there).output.value
    if outputs == 1:
        said = np.column_stack((0 * said, said))
    ordered = np.sort(said, axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > 0.02
    inside = np.array([path.contains_points(there) for path in region_paths(net, PLACES)])
    np.testing.assert_array_equal(inside.argmax(axis=0)[clear], said.argmax(axis=1)[clear])
    assert (inside.sum(axis=0) == 1)[clear].all()


def test_regions_are_told_apart_by_hatch(ax):
    regions = decision_regions(MLP([2, 9, 3], Tanh()), PLACES, ax)
    assert len({region.get_hatch() for region in regions}) == 3


def test_on_its_line_a_units_z_is_0(ax):
    net = MLP([2, 7, 3], ReLU(), he, seed=3)
    W, b, *_ = net.parameters
    ends = line_ends(W, b + 0.5)
    z = np.einsum("ked,dk->ke", ends, W) + (b + 0.5)[:, None]
    np.testing.assert_allclose(z, 0, atol=1e-9)
    assert len(hidden_lines(net, ax).get_segments()) == 7


def test_a_unit_without_weights_has_no_line():
    assert np.isnan(line_ends(np.zeros((2, 1)), np.ones(1))).all()


def test_a_whole_plot_states_its_finding_and_names_its_axes():
    points, labels = moons()
    net = MLP([2, 9, 2], ReLU(), he)
    for ax, finding in (
        (plot_boundary(net, points, labels), "on the wrong side"),
        (plot_unit(np.array([0.0, 1.0]), -9.0, points, labels), "the unit is dead"),
        (plot_unit(np.array([0.0, 1.0]), 9.0, points, labels), "200 of 200 points"),
    ):
        assert finding in ax.get_title("left")
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("x₁", "x₂")
        assert (ax.get_xlim(), ax.get_ylim()) == (window(points)[:2], window(points)[2:])


def test_it_draws_on_the_axes_that_it_is_given(ax):
    assert plot_boundary(MLP([2, 3, 3], Tanh()), *spiral(), ax) is ax
    assert plot_unit(np.ones(2), 0.0, *spiral(), ax) is ax
