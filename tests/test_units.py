"""The graph of one unit, number by number, is a part of its network's."""

import numpy as np
import pytest

from coursekit import MLP, Many, Maxout, PReLU, Tanh, backprop
from coursekit.pictures.drawing import draw
from coursekit.units import unit_graph


@pytest.mark.parametrize("activation", [Tanh(), PReLU(), Maxout()], ids=str)
@pytest.mark.parametrize(("layer", "unit", "example"), [(1, 2, 1), (2, 3, 0), (3, 1, 2)])
def test_a_unit_computes_what_it_computes_in_its_network(activation, layer, unit, example):
    run = MLP([9, 5, 4, 2], activation)(np.random.default_rng(0).normal(size=(3, 9)))
    alone = unit_graph(run, layer, unit, example)
    whole = (*run.a, run.output)[layer - 1]
    assert alone.value == pytest.approx(whole.value[example, unit])
    drawing = draw(alone, most=None)
    assert len(drawing.story.whole) < 70
    named = [name for name in drawing.story.names.values() if name == "3 others"]
    assert bool(named) == (layer == 1)


def test_the_gradients_of_a_unit_are_those_of_its_layer():
    run = MLP([4, 3, 1], Tanh())(np.random.default_rng(0).normal(size=(2, 4)))
    seed = np.zeros((2, 3))
    seed[1, 2] = 1
    truth = backprop(run.a[0], seed)
    mine = {node.name: slope for node, slope in backprop(unit_graph(run, 1, 2, 1)).items()}
    for at in range(4):
        assert mine[f"W1[{at}, 2]"] == pytest.approx(truth[run.parameters[0]][at, 2])
    assert mine["b1[2]"] == pytest.approx(truth[run.parameters[1]][2])


def test_a_unit_that_is_not_there_is_refused_in_a_sentence():
    run = MLP([2, 3, 1], Tanh())([[1.0, 2.0]])
    for place, sentence in {
        (0, 0): "there is no layer 0: they run from 1 to 2",
        (3, 0): "there is no layer 3: they run from 1 to 2",
        (1, 3): "there is no unit 3: they run from 0 to 2",
        (2, -1): "there is no unit -1: they run from 0 to 0",
        (1, 0, 7): "there is no example 7: they run from 0 to 0",
    }.items():
        with pytest.raises(ValueError, match=sentence):
            unit_graph(run, *place)
    many = Many([MLP([2, 3, 1], Tanh(), seed=seed) for seed in range(4)])
    with pytest.raises(ValueError, match="this is the pass of 4 nets"):
        unit_graph(many([[1.0, 2.0]]), 1, 0)
