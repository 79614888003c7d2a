"""Whole pictures of nets, by what they show and say."""

import re

import numpy as np
import pytest

from coursekit import ReLU, Sigmoid, Tanh
from coursekit.data import digits
from coursekit.nets import MLP, scaled
from coursekit.pictures.diagnostics import layers_of, learning_curves, saturation_map
from coursekit.probes import band
from coursekit.style import percent
from coursekit.training import History, train

IMAGES, LABELS = (array[:100] for array in digits())


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


def test_dead_nets_have_a_picture_and_words():
    sizes = [64, 9, 9, 10]
    dead = MLP(sizes, ReLU(), seed=0)
    dead = dead.with_parameters([-abs(array) - 1 for array in dead.parameters])
    look = layers_of({"dead": dead, "tanh": MLP(sizes, Tanh())}, IMAGES + 9, LABELS, "One is dead")
    assert "are saturated, the gradient is 0 in every layer.\ntanh" in look.alt
    assert "nan" not in look.alt.lower()


def test_a_map_shows_gradients_that_nothing_is_left_of():
    look = saturation_map(Tanh(), IMAGES, LABELS, gains=(0.1, 1e4), depth=10, width=20)
    assert re.search("gradient: −[0-9]+ at g = 0.1, (none|−?∞|[−0-9]+) at g = 10000", look.alt)
