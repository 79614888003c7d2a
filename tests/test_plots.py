import numpy as np
import pytest

from coursekit import ACTIVATIONS, Activation, LeakyReLU, Maxout, PReLU, ReLU, Sigmoid, Tanh
from coursekit.pictures.curves import Pieces, curve_of
from coursekit.pictures.derivatives import error_against_nudge
from coursekit.pictures.plots import (
    BESIDE,
    learned_finding,
    plot_activation,
    plot_maxout,
    plot_passing,
)
from coursekit.probes import normal_cloud
from coursekit.style import new_figure

OURS = [each() for each in ACTIVATIONS if issubclass(each, Activation)]
named = pytest.mark.parametrize("activation", OURS, ids=lambda each: type(each).__name__)


class Steps(Activation):
    """A learner's first idea of a neuron that fires or does not."""

    def forward(self, z):
        return np.sign(z)

    def slope(self, a, z):
        return np.zeros_like(z)


@named
def test_the_plot_shows_curve_and_slope_told_apart_by_dash(activation):
    ax = plot_activation(activation)
    curve, slope = (line for line in ax.lines if line.get_label().startswith(str(activation)))
    z = curve.get_xdata()
    np.testing.assert_array_equal(curve.get_ydata(), activation.forward(z))
    drawn = slope.get_ydata()
    kept = np.isfinite(drawn)
    np.testing.assert_array_equal(drawn[kept], activation.slope(activation.forward(z), z)[kept])
    assert curve.get_linestyle() != slope.get_linestyle()


@named
def test_the_title_states_a_finding_and_the_axis_is_named(activation):
    ax = plot_activation(activation)
    assert ": slope " in ax.get_title("left")
    assert "pre-activation z" in ax.get_xlabel()


def test_it_draws_on_the_axes_that_it_is_given():
    _, ax = new_figure()
    assert plot_activation(Tanh(), ax=ax) is ax


def test_the_two_sides_of_a_kink_are_not_joined():
    slope = plot_activation(ReLU()).lines[2]
    assert np.isnan(slope.get_ydata()[slope.get_xdata() == 0]).all()


def test_a_kink_is_marked_where_it_is():
    *_, kinks = plot_activation(LeakyReLU(0.3)).lines
    assert kinks.get_xydata().tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("activation", "title"),
    [
        (Sigmoid(), "σ flattens on both sides: slope at most 0.25"),
        (ReLU(), "ReLU flattens on one side: slope at most 1"),
        (LeakyReLU(0.3), "Leaky ReLU never flattens: slope at most 1"),
        (Steps(), "Steps is flat everywhere: it passes no gradient"),
    ],
)
def test_the_finding_is_true(activation, title):
    assert plot_activation(activation).get_title("left") == title


def test_what_is_flat_everywhere_is_saturated_everywhere():
    assert curve_of(Steps()).zones == ((-6, 6),)


@named
def test_the_clouds_histograms_hold_what_goes_in_and_what_comes_out(activation):
    _, ax = new_figure()
    plot_passing(activation, spread=2.0, ax=ax)
    inputs, outputs, rays = ax.patches[1:]
    places = inputs.get_path().vertices
    assert places[:, 0].min() == -6 and places[:, 0].max() == 6
    assert places[:, 1].max() == BESIDE
    a = activation.forward(2 * normal_cloud())
    reach = outputs.get_path().vertices[:, 1]
    np.testing.assert_allclose(
        [reach.min(), reach.max()], np.clip([a.min(), a.max()], *ax.get_ylim())
    )
    bends = rays.get_path().vertices.reshape(-1, 3, 2)[:, 1]
    np.testing.assert_allclose(bends[:, 1], activation.forward(bends[:, 0]))
    assert f"mean {round(a.mean(), 2):g} ".replace("-", "−") in ax.get_title("left")


def test_a_cloud_that_finds_holes_is_drawn_all_the_same():
    class Root(Activation):
        def forward(self, z):
            return np.sqrt(z)

        def slope(self, a, z):
            return 0.5 / a

    assert plot_passing(Root()).get_title("left").endswith("leaves Root with holes")


@named
@pytest.mark.parametrize("window", [(-1, 1), (4, 6), (-0.5, 0.1)])
def test_the_title_judges_the_whole_curve_and_not_the_window_on_it(activation, window):
    ax = plot_activation(activation, *window)
    assert ax.get_title("left") == plot_activation(activation).get_title("left")
    assert ax.get_xlim() == window


PLOTS = [plot_activation, plot_passing, error_against_nudge]


@pytest.mark.parametrize("plot", PLOTS)
def test_the_class_of_an_activation_stands_for_one(plot):
    assert plot(Tanh).get_title("left") == plot(Tanh()).get_title("left")


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (PReLU, r"^PReLU has inputs besides z \(alpha\), .*: explore\(PReLU\(\)\) moves them$"),
        (PReLU(), r"^PReLU has inputs besides z \(alpha\), .*: explore\(PReLU\(\)\) moves them$"),
        (Maxout(), r"^Maxout takes several z's a unit, .*: MaxoutEditor\(\) shows its lines$"),
        (np.tanh, r"^tanh of numpy keeps no graph to go back through: take the course's own Tanh"),
        ("tanh", r"^an activation stands here, such as Sigmoid\(\) or Tanh\(\), and not str$"),
    ],
)
def test_what_has_no_curve_over_z_is_refused_in_one_sentence(plot, thing, said):
    with pytest.raises(TypeError, match=said):
        plot(thing)


@pytest.mark.parametrize(("w", "b"), [([1] * 5, [0] * 5), ([], []), ([1, 0], [0]), (1, 0)])
def test_lines_of_maxout_that_have_no_room_are_refused_in_one_sentence(w, b):
    with pytest.raises(ValueError, match="^this picture has room for 1 to 4 pieces, each with a w"):
        plot_maxout(Pieces(w, b))


def test_one_step_is_a_step():
    assert learned_finding(np.array([0.2, 0.3]), 1).endswith(" after 1 step")
    assert learned_finding(np.array([0.2, 0.3]), 0) == "PReLU starts at α = 0.2000"
    leapt = learned_finding(np.array([1.0, -0.2, 0.8]), 2)
    assert leapt == "PReLU: α = 0.8000 after 2 steps, to and fro past 0.3"
