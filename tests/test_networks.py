"""A network unfolds down to its units, each along the steps of the network."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from coursekit import MLP, Many, Maxout, PReLU, Tanh, backprop
from coursekit.folding import composites
from coursekit.pictures.networks import HEAVIEST, UNITS, Network, unfolding_of


def to_the_units(run, example=0):
    return unfolding_of(run.output, composites(run.output), None, run, example)


NETS = {
    "2-3-3-1": (MLP([2, 3, 3, 1], Tanh()), [[1.0, 2.0]]),
    "several outputs and examples": (MLP([9, 4, 2], Tanh()), np.ones((3, 9))),
    "Maxout": (MLP([2, 3, 1], Maxout()), [[1.0, -2.0]]),
    "PReLU": (MLP([2, 3, 1], PReLU()), [[1.0, -2.0]]),
    "one layer": (MLP([2, 1], Tanh()), [[1.0, 2.0]]),
}


@pytest.fixture(params=NETS)
def network_of_units(request):
    net, x = NETS[request.param]
    return to_the_units(net(x))


def test_each_unit_is_a_view_with_the_name_that_its_graph_has(network_of_units):
    first = len(network_of_units.opened)
    assert network_of_units.views == first + sum(network_of_units.run.net.sizes[1:])
    for view, unit in enumerate(network_of_units.units, first):
        drawing = network_of_units.graph(*unit)
        assert drawing.story.f.name == network_of_units.name(*unit)
        assert f"unit {drawing.story.f.name}" in network_of_units.spoken(view)


def test_a_unit_goes_through_all_its_moments_while_the_network_goes_through_its_own(
    network_of_units,
):
    done, last = network_of_units.ends
    for drawing in network_of_units.firsts.values():
        shown = [network_of_units.moment(drawing, at) for at in network_of_units.positions()]
        assert {*shown} == {*range(len(drawing))}
        assert shown == sorted(shown)
        assert network_of_units.moment(drawing, done) == len(drawing.story.gates)
        turn = drawing.story.moments[network_of_units.moment(drawing, done + 1)]
        assert turn.phase == "turn"  # both turn together
        assert network_of_units.moment(drawing, last) == len(drawing) - 1


def test_no_unit_goes_back_while_its_network_goes_forward(network_of_units):
    done, _ = network_of_units.ends
    for step in (at for at in network_of_units.positions() if at > 0):
        ways = [network_of_units.place(step)]
        ways += [network_of_units.words(step, view) for view in network_of_units.near]
        back = ["ackward" in words and "orward" not in words for words in ways]
        assert back == [step > done] * len(ways) or done < step < done + 1, (step, ways)


@pytest.mark.parametrize(("examples", "outputs"), [(1, 2), (2, 1)])
def test_a_network_that_sends_nothing_back_says_so_and_its_units_go_back(examples, outputs):
    network = to_the_units(MLP([9, 4, outputs], Tanh())(np.ones((examples, 9))))
    _, last = network.ends
    assert network.words(last, 0).startswith("Backward: the network's output is 2 numbers, and a")
    assert network.place(last) == "backward, units only"
    drawing = network.firsts[1]
    back = [network.moment(drawing, step) for step in range(network.ends[0] + 1, last + 1)]
    assert back == [*range(len(drawing.story.gates) + 1, len(drawing))]  # none is skipped
    unit = f"Unit a1[0]{' of example 0' * (examples > 1)}"
    assert network.words(last, len(network.opened)).startswith(f"{unit}. Backward, gate ×")
    ElementTree.fromstring(network.frame(last, 0))


def test_each_frame_of_a_unit_is_well_formed_and_its_marks_lead_somewhere(network_of_units):
    picks, views = network_of_units.picks(), range(network_of_units.views)
    assert {pick["unfolded"] for pick in picks.values() if "unfolded" in pick} == {0, *views} - {
        len(network_of_units.opened) - 1 if len(network_of_units.folds) > 1 else -1
    }
    for view in views:
        frame = network_of_units.frame(network_of_units.ends[1], view)
        ElementTree.fromstring(frame)
        marks = re.findall('data-mark="([^"]*)"', frame)
        assert {*marks} <= picks.keys()
        assert len(marks) == len({*marks})


def test_a_unit_shows_the_units_that_feed_it_and_folds_again():
    network = to_the_units(MLP([2, 3, 1], Tanh())([[1.0, 2.0]]))
    views = {network.spoken(view): view for view in range(network.views)}
    whole, unit = network.frame(0, 0), network.frame(0, views["unit output[0]"])
    assert 'aria-label="show unit a1[0]"' in whole and "show unit output[0]" in whole
    for feeding in range(3):
        assert f'data-mark="show unit a1[{feeding}]"' in unit
        goes = network.picks()[f"show unit a1[{feeding}]"]
        assert goes == {"unfolded": views[f"unit a1[{feeding}]"]}
    assert 'data-mark="fold into the network"' in unit
    assert network.picks()["fold into the network"] == {"unfolded": 0}


def test_a_gate_of_a_unit_goes_to_where_it_works():
    network = to_the_units(MLP([2, 3, 1], Tanh())([[1.0, 2.0]]))
    view, (gates, picks) = network.near[-1], (network.firsts[2].story.gates, network.picks())
    for at, gate in enumerate(gates, start=1):
        words = network.words(picks[f"layer 2 gate {at}"]["step"], view)
        assert words.startswith("Unit output[0]. Backward, gate")
        assert f"({network.firsts[2].story.names[gate]})" in words


@pytest.mark.parametrize("activation", [Tanh(), Maxout(), PReLU()], ids=str)
def test_the_weights_of_a_unit_get_the_gradient_that_they_get_in_the_network(activation):
    run = MLP([2, 3, 3, 1], activation)([[1.0, 2.0]])
    network, gradients = to_the_units(run), backprop(run.output)
    for view, (layer, unit) in enumerate(network.units, len(network.opened)):
        W = run.parameters[2 * layer - 2]
        final = network.graph(layer, unit).story.final
        weights = {node: final[node] for node in final if (node.name or "").startswith(W.name)}
        assert len(weights) == W.value.shape[0] * (W.value.shape[1] // run.net.sizes[layer])
        for node, gradient in weights.items():
            place = tuple(map(int, re.findall(r"\d+", node.name.removeprefix(W.name))))
            assert np.isclose(gradient, gradients[W][place])
        turn = network.words(network.ends[0] + 1, view)
        assert (", which the network sends it." in turn) == (layer < 3)
        parts = max(network.parts_of(network.graph(layer, unit)))
        assert ("Shift and an arrow key go gate by gate." in turn) == (parts > 1)


def test_units_show_the_example_that_is_asked_for_and_say_so():
    run = MLP([2, 3, 1], Tanh())([[1.0, 2.0], [3.0, 4.0]])
    network = to_the_units(run, example=1)
    view = len(network.opened)
    assert network.words(0, view).startswith("Unit a1[0] of example 1. Start: the inputs")
    assert "x[0] = 3" in network.words(0, view)


def test_a_unit_of_a_wide_net_fits_on_the_page():
    network = to_the_units(MLP([64, 100, 10], Tanh())(np.ones((1, 64))))
    drawing = network.graph(1, 99)
    assert "61 others" in [node.name for node in drawing.places] and HEAVIEST == 3
    scale = re.search(r"scale\(([\d.]+)\)", network.frame(0, len(network.opened) + 99))[1]
    sheet = network.drawings[-1]
    assert float(scale) * drawing.breadth <= sheet.breadth + 1
    assert float(scale) * drawing.foot <= network.foot + 1


def test_a_network_of_too_many_units_or_of_many_nets_unfolds_by_layer():
    wide = MLP([2, UNITS, 1], Tanh())(np.ones((1, 2)))
    many = Many([MLP([2, 3, 1], Tanh(), seed=seed) for seed in range(2)])(np.ones((1, 2)))
    for run in (wide, many):
        assert not isinstance(to_the_units(run), Network)


@pytest.mark.parametrize("activation", [Tanh(), Maxout(), PReLU()], ids=str)
def test_every_gradient_in_a_units_graph_ends_as_the_networks(activation):
    """A unit sends its inputs a share; what they end with is what all units send them."""
    run = MLP([2, 3, 3, 1], activation)([[1.0, -2.0]])
    network, gradients, shared = to_the_units(run), backprop(run.output), 0
    for view, (layer, unit) in enumerate(network.units, len(network.opened)):
        story = network.graph(layer, unit).story
        below = run.a[layer - 2] if layer > 1 else next(n for n in gradients if n.name == "x")
        for at, whole in enumerate(gradients[below][0]):
            name = f"a{layer - 1}[{at}]" if layer > 1 else f"x[{at}]"
            (leaf,) = [node for node in story.whole if node.name == name]
            assert np.isclose(story.final[leaf], whole), (view, name)
        last = network.words(network.ends[1], view)
        shared += " is added (+=) to the gradient of" in last
    assert shared >= 6
