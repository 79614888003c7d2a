import numpy as np
import pytest
from matplotlib.colors import to_rgb

from coursekit import ELU, SELU, Activation, LeakyReLU, Maxout, ReLU, Tanh, moons, spiral
from coursekit.activations import ACTIVATIONS
from coursekit.nets import MLP, he
from coursekit.pictures.planes import (
    above_zero,
    active_side,
    border_words,
    data_points,
    decision_regions,
    has_unnamed_kinks,
    hidden_lines,
    lattice,
    line_ends,
    plot_boundary,
    plot_unit,
    region_paths,
    unit_lines,
    window,
)
from coursekit.style import SERIES, new_figure

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


def test_a_border_is_drawn_where_it_is_however_steep_the_net_on_one_side():
    w = np.array([0.07, 1.0])  # beneath w·x = 0.3 a million times as steep as above
    parameters = [np.outer(w, [1, -1]), [-0.3, 0.3], [[0, 1], [0, -1e6]], [0, 1e-3]]
    net = MLP([2, 2, 2], ReLU()).with_parameters(parameters)
    for path in region_paths(net, PLACES):
        corners = path.vertices[(np.abs(path.vertices) < 1).all(axis=1)]
        assert len(corners) > 50
        np.testing.assert_allclose(corners @ w, 0.3, atol=0.02 * np.ptp(PLACES) / 60)


def test_a_cell_that_two_borders_cross_belongs_to_one_side_of_both():
    centre = (PLACES[60 * 29 + 29] + PLACES[60 * 30 + 30]) / 2

    def saddle(places):
        x, y = (places - centre).T
        return 0.0001 + x * y

    values = saddle(PLACES)
    for sign in (1, -1):
        path = above_zero(sign * values, PLACES, lambda places, sign=sign: sign * saddle(places))
        assert path.contains_points([centre]) == [sign > 0]


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


WRONG = "on the wrong side"


def test_a_whole_plot_states_its_finding_and_names_its_axes():
    points, labels = moons()
    net = MLP([2, 9, 2], ReLU(), he)
    for ax, finding in (
        (plot_boundary(net, points, labels), WRONG),
        (plot_unit(np.array([0.0, 1.0]), -9.0, points, labels), "the unit is dead"),
        (plot_unit(np.array([0.0, 1.0]), 9.0, points, labels), "200 of 200 points"),
    ):
        assert finding in ax.get_title("left")
        key = "   (solid: border; dashed: the hidden units' lines)" * (finding == WRONG)
        assert (ax.get_xlabel(), ax.get_ylabel()) == (f"x₁{key}", "x₂")
        assert (ax.get_xlim(), ax.get_ylim()) == (window(points)[:2], window(points)[2:])


def test_it_draws_on_the_axes_that_it_is_given(ax):
    assert plot_boundary(MLP([2, 3, 3], Tanh()), *spiral(), ax) is ax
    assert plot_unit(np.ones(2), 0.0, *spiral(), ax) is ax


EIGHT = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 8


def test_more_classes_than_can_be_told_apart_are_refused_and_none_vanishes(ax):
    said = "^this picture has room for 6 classes, not for 8$"
    with pytest.raises(ValueError, match=said):
        data_points(*EIGHT, ax)
    with pytest.raises(ValueError, match=said):
        decision_regions(MLP([2, 3, 8], Tanh()), PLACES, ax)
    for net in (MLP([2, 3, 8], Tanh()), MLP([2, 3, 6], Tanh())):
        with pytest.raises(ValueError, match=said):
            plot_boundary(net, *EIGHT)
    with pytest.raises(ValueError, match=said):
        plot_unit([1, 1], 0, *EIGHT)
    points, labels = EIGHT
    drawn = data_points(points, labels % 6, ax)
    assert sum(len(each.get_xdata()) for each in drawn) == 200


def test_a_class_has_the_look_of_its_region_though_another_class_is_missing(ax):
    points, _ = spiral()
    one, two = data_points(points, np.where(points[:, 0] > 0, 1, 2), ax)
    regions = decision_regions(MLP([2, 9, 3], Tanh()), PLACES, ax)
    for each, series, region in ((one, SERIES[1], regions[1]), (two, SERIES[2], regions[2])):
        assert (each.get_color(), each.get_marker()) == (series.colour, series.marker)
        assert region.get_facecolor()[:3] == to_rgb(series.colour)


def test_plain_lists_are_data_too():
    points, labels = moons()
    net = MLP([2, 9, 2], ReLU(), he)
    for plot in (
        lambda *data: plot_boundary(net, *data),
        lambda *data: plot_unit([1, 2], 0, *data),
    ):
        title = plot(points.tolist(), labels.tolist()).get_title("left")
        assert title == plot(points, labels).get_title("left")


@pytest.mark.parametrize(
    ("points", "labels", "said"),
    [
        ([], [], "^There are no points: a picture of them needs at least one.$"),
        (np.zeros((0, 2)), [], "^There are no points: a picture of them needs at least one.$"),
        ([[1, 2]], [0, 1], r"^1 points need as many labels, and these have shape \(2,\).$"),
        ([[1, 2, 3]], [0], r"^Points are n finite pairs, of shape \(n, 2\), and these \(1, 3\).$"),
        (
            [[1, 2], [3, np.nan]],
            [0, 1],
            r"^Points are n finite pairs, and 1 of 2 points is not: points\[1\] is \(3, NaN\).$",
        ),
        ([[np.inf, 2], [3, np.nan]], [0, 1], r" 2 of 2 points are not: points\[0\] is \(∞, 2\).$"),
        ([["a", "b"]], [0], "^Points are n pairs of real numbers"),
    ],
)
def test_data_that_cannot_be_drawn_are_refused_in_one_sentence(points, labels, said, ax):
    for plot in (
        lambda: data_points(points, labels, ax),
        lambda: plot_unit([1, 2], 0, points, labels),
        lambda: plot_boundary(MLP([2, 3, 2], Tanh()), points, labels),
    ):
        with pytest.raises(ValueError, match=said):
            plot()


def test_points_that_lie_on_a_line_get_a_plane_around_them():
    assert plot_unit([1, 0], 0, [[1, 0], [1, 2]], [0, 1]).get_xlim() == pytest.approx((0.88, 1.12))


def test_one_point_is_there_and_two_are():
    for count, verb in ((1, "is"), (2, "are")):
        title = plot_unit([1, 0], -2.5 + count, [[0, 0], [1, 0], [2, 0]], [0, 1, 1]).get_title(
            "left"
        )
        assert title == f"{count} of 3 points {verb} on the hatched side"


class HardTanh(Activation):
    kinks = (-1.0, 1.0)

    def forward(self, z):
        return np.clip(z, -1, 1)

    def slope(self, a, z):
        return 1.0 * (np.abs(z) < 1)


def from_straight(net, patterns):
    """How far a net is from straight within each stretch of the plane where patterns agree."""
    off = 0.0
    outputs = net(PLACES).output.value
    for pattern in np.unique(patterns, axis=0):
        inside = (patterns == pattern).all(axis=1)
        if inside.sum() > 3:
            flat = np.column_stack((PLACES[inside], np.ones(inside.sum())))
            fit = np.linalg.lstsq(flat, outputs[inside])[0]
            off = max(off, np.abs(flat @ fit - outputs[inside]).max())
    return off


SAYS = {
    "bends only where it crosses a line.": [ReLU(), LeakyReLU(0.3), ELU(0.0), Maxout()],
    "has corners only where it crosses a line, and may curve elsewhere.": [ELU(0.5), SELU()],
    "is smooth; on a line, z changes its sign.": [Tanh(), ELU(1.0)],
    "is straight, for these units bend nothing.": [LeakyReLU(1.0)],
    "bends only where z of a unit is −1 or 1.": [HardTanh()],
}


@pytest.mark.parametrize("activation", [each for kind in SAYS.values() for each in kind], ids=repr)
def test_what_is_said_of_the_borders_is_measured(activation):
    (said,) = [words for words, kind in SAYS.items() if activation in kind]
    assert border_words(activation, "a line") == f"Each border {said}"
    net = MLP([2, 6, 2], activation, he).with_parameters(
        3 * p if p.ndim > 1 else p + 0.3 * np.arange(len(p))
        for p in MLP([2, 6, 2], activation, he).parameters
    )
    z = net(PLACES).z[0].value
    sides = z > 0 if z.ndim == 2 else z.argmax(axis=-1)
    if "straight" in said:
        sides = 0 * sides
    elif "−1" in said:
        sides = (z > -1) * 1 + (z > 1)
    assert (from_straight(net, sides) < 1e-9) == ("straight" in said or "bends only" in said)


def own(forward, *named):
    """An activation that a learner wrote, with the kinks that it names."""

    class Own(Activation):
        kinks = named

        def forward(self, z):
            return forward(z)

        def slope(self, a, z):
            return (forward(z + 1e-6) - forward(z - 1e-6)) / 2e-6

    return Own()


UNNAMED = "Each border may have corners: Own bends or jumps where it names no kink."
ON = "on a line, z changes its sign."


@pytest.mark.parametrize(
    ("activation", "said"),
    [
        (own(lambda z: np.clip(z, -1, 1)), UNNAMED),
        (own(lambda z: np.clip(z, -1, 1), -1.0), UNNAMED),
        (own(lambda z: np.maximum(z, 0)), UNNAMED),
        (own(lambda z: np.abs(z - 0.023)), UNNAMED),
        (own(np.sign), UNNAMED),
        (own(np.tanh), f"Each border is smooth; {ON}"),
        (own(np.arctan), f"Each border is smooth; {ON}"),
        (own(lambda z: np.tanh(20 * z)), f"Each border is smooth; {ON}"),
        (own(lambda z: np.maximum(z, 0) ** 2), f"Each border is smooth; {ON}"),
    ],
    ids=["clip", "half named", "ReLU", "|z|", "sign", "tanh", "arctan", "steep", "square"],
)
def test_no_border_of_an_activation_that_bends_unnamed_is_called_smooth(activation, said):
    assert border_words(activation, "a line") == said


@pytest.mark.parametrize("kind", [each for each in ACTIVATIONS if issubclass(each, Activation)])
def test_every_activation_of_ours_names_its_kinks(kind):
    assert not has_unnamed_kinks(kind(), np.linspace(-7, 7, 281))


def test_on_the_lines_of_maxout_two_pieces_are_equal():
    net = MLP([2, 5, 2], Maxout(), he, pieces=3, seed=1)
    net = net.with_parameters(p + 0.1 * np.arange(p.shape[-1]) for p in net.parameters)
    ends = unit_lines(net)
    assert len(ends) == 5 * 3
    for unit, pair in enumerate(zip(ends[::3], ends[1::3], ends[2::3], strict=True)):
        for line, (one, other) in zip(pair, ((0, 1), (0, 2), (1, 2)), strict=True):
            z = net(line).z[0].value[:, unit]
            np.testing.assert_allclose(z[:, one], z[:, other], atol=1e-9)
