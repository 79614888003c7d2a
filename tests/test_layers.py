"""What happens layer by layer, by what is drawn."""

import numpy as np
import pytest

from coursekit import Tanh
from coursekit.data import digits
from coursekit.nets import MLP
from coursekit.pictures.layers import (
    fates_by_layer,
    gradients_by_layer,
    histogram_outlines,
    histograms_by_layer,
    power_of_ten,
    saturated_by_layer,
)
from coursekit.probes import FATES, Census
from coursekit.style import brief, new_figure

IMAGES, LABELS = (array[:100] for array in digits())


def test_an_outline_is_a_histogram_on_its_side_around_its_layer():
    values = np.array([0.1, 0.1, 0.1, 0.1, 0.6])
    _, outline = histogram_outlines([values, values], 0, 1, bins=2)
    right = outline[: len(outline) // 2]
    np.testing.assert_allclose(right[:, 1], [0, 0.5, 0.5, 1])
    np.testing.assert_allclose(right[:, 0], [2.42, 2.42, 2.105, 2.105])
    np.testing.assert_allclose(outline[:, 0] + outline[::-1, 0], 4)


def test_values_beyond_the_axis_are_counted_at_its_edge():
    (outline,) = histogram_outlines([np.array([-5.0, 0.1, 5.0, 7.0])], 0, 1, bins=2)
    assert outline[:, 1].min() == 0
    assert outline[:, 1].max() == 1
    np.testing.assert_allclose(outline[0, 0], 1.42)


def test_layers_that_were_drawn_have_names_and_units():
    figure, (upper, lower) = new_figure(rows=2)
    run = MLP([64, 9, 9, 10], Tanh())(IMAGES)
    histograms_by_layer([a.value for a in run.a], upper)
    gradients_by_layer([0.1, 1], lower)
    figure.draw_without_rendering()
    assert (lower.get_xlabel(), lower.get_ylabel()) == ("layer", "size of ∂L/∂z")
    assert "10⁻¹" in [label.get_text() for label in lower.get_yticklabels()]


def test_bars_are_as_high_as_the_share_that_is_saturated():
    _, ax = new_figure()
    saturated_by_layer([0.0, 0.25, 1.0], ax)
    assert [bar.get_height() for bar in ax.patches] == [0, 0.25, 1]
    assert ax.get_title("left") == "Saturated: 42 % of the units"


def test_every_unit_is_in_the_bar_of_its_fate_and_no_two_bars_look_alike():
    shares = np.array([[0.0, 0.4, 0.5, 0.0, 0.3], [0.0, 0.0, 0.6, 0.2, 0.01]])
    taken = Census((0, 10), (shares, shares[:, :2]), spread=1.0)
    _, ax = new_figure()
    bars = {each.get_label(): each for each in fates_by_layer(taken, ax)}
    assert bars.keys() == set(FATES)
    for name, container in bars.items():
        assert [bar.get_height() for bar in container] == taken.count(name)
    assert len({container[0].get_hatch() for container in bars.values()}) == len(FATES)
    assert max(bar.get_y() + bar.get_height() for bar in ax.patches) == 5
    assert ax.get_title("left") == "4 of 7 units are dead: 2 born dead, 2 died"


def test_a_gradients_title_says_what_becomes_of_it_whatever_the_units():
    _, ax = new_figure()
    gradients_by_layer([2e-6, 2e-3, 2], ax)
    assert ax.get_title("left") == "The gradient vanishes: layer 1 gets 1.0e-6 × the last's"


@pytest.mark.parametrize(
    ("ratio", "words"),
    [(0.0, "0"), (1, "1"), (0.0123, "0.012"), (99.4, "99"), (100, "1.0e2"), (3.14e-12, "3.1e-12")],
)
def test_a_ratio_of_any_size_is_written_with_two_digits(ratio, words):
    assert brief(ratio) == words


def test_powers_of_ten_are_raised():
    assert [power_of_ten(value) for value in (1e-15, 1.0, 1e5)] == ["10⁻¹⁵", "10⁰", "10⁵"]


@pytest.mark.parametrize(
    ("sizes", "title"),
    [
        ([0.0, 0.0], "The gradient is 0 in every layer"),
        ([0.0, 1.0], "The gradient vanishes: layer 1 gets 0 × the last's"),
        ([np.nan, 1.0], "The gradient is not finite"),
        ([np.inf, 1.0], "The gradient is not finite"),
    ],
)
def test_a_gradient_without_a_place_on_the_axis_is_told_in_the_title(sizes, title):
    figure, ax = new_figure()
    gradients_by_layer(sizes, ax)
    figure.canvas.draw()
    assert ax.get_title("left") == title
