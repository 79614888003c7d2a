import numpy as np
import pytest

from coursekit import Sigmoid, Tanh
from coursekit.data import digits
from coursekit.nets import MLP, scaled
from coursekit.pictures.diagnostics import (
    fates_by_layer,
    gradients_by_layer,
    histogram_outlines,
    histograms_by_layer,
    layers_of,
    learning_curves,
    power_of_ten,
    saturated_by_layer,
    saturation_map,
)
from coursekit.probes import FATES, Census, band
from coursekit.style import brief, new_figure, percent
from coursekit.training import History, train

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


def test_pictures_say_their_finding_in_words_and_are_the_same_on_every_run():
    sizes = [64, 20, 20, 20, 20, 20, 10]
    nets = {name: MLP(sizes, Tanh(), scaled(gain)) for name, gain in [("low", 0.1), ("high", 9)]}
    one, two = (layers_of(nets, IMAGES, LABELS, "Only one end saturates") for _ in range(2))
    assert one.svg == two.svg
    assert one.alt == two.alt
    assert "low: no units are saturated, the gradient vanishes" in one.alt
    assert "high: most units are saturated" in one.alt
    assert one.alt.startswith("Only one end saturates.")
    assert "Only one end saturates" in one.svg


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0 %"), (0.001, "under 1 %"), (0.01, "1 %"), (0.925, "92 %"), (1, "100 %")],
)
def test_a_percentage_is_written_as_in_the_explorers(share, words):
    assert percent(share) == words


def test_curves_show_the_median_of_the_seeds_and_begin_with_the_first_epoch():
    nets = [MLP([64, 9, 10], Tanh(), seed=seed) for seed in range(3)]
    runs = [train(net, IMAGES, LABELS, 0.5, epochs=2, bar=False) for net in nets]
    picture = learning_curves({"a net": runs}, "It learns")
    median = np.median([run.errors[-1] for run in runs])
    assert picture.alt == f"It learns. Read wrong in epoch 2: a net {band(median)}."
    assert "It learns" in picture.svg


NET = MLP([64, 9, 10], Tanh())


def ran(*errors, stopped=""):
    """What is left of a run of so many epochs."""
    return History(NET, np.ones(len(errors)), np.array(errors), stopped)


STOPPED = "stopped at step 9: layer 1's z is no longer finite"


def test_a_run_that_stopped_counts_as_worse_than_any_other():
    one, two = ran(0.5, 0.1, 0.01), ran(0.6, 0.3, 0.1)
    most = learning_curves({"a": [one, two, ran(0.5, stopped=STOPPED)]}, "One stops")
    assert most.caption == "Read wrong in epoch 3: a 2 to 20 %. Stopped early: a, 1 of 3 runs."
    few = learning_curves({"a": [one, *[ran(0.5, stopped=STOPPED)] * 2], "b": [two]}, "Two stop")
    assert few.caption == "Read wrong in epoch 3: b 2 to 20 %. Stopped early: a, 2 of 3 runs."


def test_runs_that_all_stopped_at_once_are_told_in_words():
    at_once = learning_curves({"a": [ran(stopped=STOPPED)] * 2}, "Too fast")
    assert at_once.alt == "Too fast. Stopped early: a, 2 of 2 runs."


def test_a_single_run_needs_no_list():
    assert learning_curves({"a": ran(0.5, 0.1)}, "It learns").caption.endswith("a 2 to 20 %.")


@pytest.mark.parametrize(
    ("histories", "said"),
    [
        ({str(n): [ran(0.5)] for n in range(7)}, "room for 1 to 6 names, not for 7"),
        ({}, "room for 1 to 6 names, not for 0"),
        ({"a": [ran(0.5)], "b": []}, "'b' has no run"),
        ({"a": [ran()]}, "need errors, and these runs have no classes to get wrong"),
        ({"a": [ran(0.5)], "b": [ran(0.5, 0.4)]}, "as many epochs as the others, not 1 and 2"),
        ({"a": [ran(0.5), ran(0.5, 0.4)]}, "as many epochs as the others, not 1 and 2"),
    ],
)
def test_curves_that_cannot_be_drawn_are_refused_in_a_sentence(histories, said):
    with pytest.raises(ValueError, match=said):
        learning_curves(histories, "a title")


@pytest.mark.parametrize("activation", [Tanh(), Sigmoid()])
def test_the_map_holds_a_number_for_each_depth_and_scale(activation):
    picture = saturation_map(activation, IMAGES, LABELS, gains=(0.5, 8.0), depth=4, width=20)
    assert picture.svg.count("<text") >= 2 * 2 * 4
    assert "saturated: " in picture.alt
    assert "at g = 8" in picture.alt
