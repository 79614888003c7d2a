"""One graph, folded and unfolded, at the same moment of the same walk."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from coursekit import MLP, Many, Maxout, Node, PReLU, Tanh, backprop, exp, squared_error
from coursekit.folding import composites
from coursekit.pictures.drawing import draw
from coursekit.pictures.unfolding import (
    HEAVIEST,
    UNITS,
    Network,
    Unfolding,
    unfolding_of,
    unit_graph,
)


def sigma(z):
    return 1 / (1 + exp(-z))


def neuron():
    """C05."""
    w0, x0, w1, x1, w2 = (
        Node(value, name)
        for name, value in {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3}.items()
    )
    return sigma(w0 * x0 + w1 * x1 + w2)


def third_circuit():
    x, y = Node(3, "x"), Node(-4, "y")
    return (x + sigma(y)) / (sigma(x) + (x + y) ** 2)


def network():
    run = MLP([2, 3, 4, 1], Tanh())(np.ones((5, 2)))
    return squared_error(run.output, np.ones((5, 1)))


def unfolding(f, most=30):
    return Unfolding(f, composites(f), most)


@pytest.fixture(params=[neuron, third_circuit, network])
def several(request):
    return unfolding(request.param())


def test_each_fold_opens_alone_and_all_of_them_together():
    one, two = unfolding(neuron()), unfolding(third_circuit())
    assert [one.spoken(view) for view in range(2)] == ["nothing", "everything"]
    assert [two.spoken(view) for view in range(4)] == [
        "nothing",
        "σ at g4",
        "σ at g9",
        "everything",
    ]
    assert [len(drawing.story.gates) for drawing in two.drawings] == [7, 10, 10, 13]


def test_a_gate_keeps_its_name_whatever_is_folded(several):
    names = several.story.names
    for drawing, origin in zip(several.drawings, several.origins, strict=True):
        for gate in drawing.story.gates:
            assert drawing.story.names[gate] == names[origin[gate]]


def test_every_drawing_tells_the_whole_walk_in_order(several):
    for drawing, moments in zip(several.drawings, several.moments, strict=True):
        assert len(moments) == len(several.story.moments)
        assert moments[0] == 0 and moments[-1] == len(drawing) - 1
        assert set(moments) == set(range(len(drawing))) and moments == sorted(moments)


def test_unfolding_shows_the_same_moment_of_the_same_gate():
    several = unfolding(neuron())
    step = next(at for at, moment in enumerate(several.story.moments) if moment.phase == "backward")
    assert several.words(step, 0).startswith("Backward, gate σ (f): upstream 1 × local 0.197")
    assert several.words(step, 1).startswith("Backward, gate ÷ (f): upstream 1 × local −0.534")
    # Where σ's four gates have sent theirs, the same gradient arrives at the same place.
    assert "0.197 for g4" in several.words(step, 0)
    assert several.words(step + 3, 1).endswith("local −1 = downstream 0.197 for g4.")


def test_every_frame_of_every_drawing_is_well_formed(several):
    ElementTree.fromstring(several.background())
    for view in range(len(several.drawings)):
        for step in range(0, len(several.story.moments), 3):
            frame = several.frame(step, view)
            ElementTree.fromstring(f'<svg xmlns="http://www.w3.org/2000/svg">{frame}</svg>')
            assert f'id="{re.search("view[0-9]+", frame)[0]}"' in several.background()


def test_each_mark_that_can_be_picked_does_something(several):
    for view in range(len(several.drawings)):
        marks = re.findall(r'data-mark="([^"]*)"', several.frame(2, view))
        assert set(marks) <= several.picks().keys()
        assert len(marks) == len(set(marks))


def test_a_click_unfolds_and_a_click_beside_the_gates_folds_again():
    several = unfolding(third_circuit())
    assert 'data-mark="unfold σ at g4"' in several.frame(3, 0)
    assert several.picks()["unfold σ at g4"] == {"unfolded": 1}
    assert 'data-mark="fold σ at g4"' in several.frame(3, 1)
    assert 'data-mark="unfold σ at g9"' in several.frame(3, 1)
    assert several.picks()["fold σ at g4"] == {"unfolded": 0}


def test_all_frames_fit_on_one_sheet(several):
    width, height = map(int, re.search(r'viewBox="0 0 (\d+) (\d+)"', several.background()).groups())
    for drawing in several.drawings:
        assert drawing.breadth <= width - 24 and drawing.foot <= height - 24


def test_unfolded_gates_lie_on_a_ground_that_holds_them_and_no_others():
    several = unfolding(third_circuit())
    drawing = several.drawings[1]
    (gate,) = drawing.regions
    ground = ElementTree.fromstring(drawing.ground(gate, "fold σ"))
    places = {
        round(float(rect.get("x")) + float(rect.get("width")) / 2) for rect in ground.iter("rect")
    }
    inside = {
        round(drawing.layout.centres[drawing.index[node]][0])
        for node in drawing.regions[gate].nodes
        if node in drawing.index
    }
    assert places == inside


def test_a_deep_network_folds_to_one_box_a_layer():
    run = MLP([2, *[4] * 12, 1], Tanh())(np.ones((5, 2)))
    several = unfolding(squared_error(run.output, np.ones((5, 1))))
    assert len(several.drawings[0].story.gates) == 14
    assert several.spoken(5) == "layer 5"
    assert several.drawings[5].story.gates[4].name is None  # x @ W5, unfolded
    assert draw(several.story.f, fold=True).alt.startswith("The graph of f")


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


def test_a_network_that_sends_nothing_back_says_so_and_its_units_go_back():
    network = to_the_units(MLP([9, 4, 2], Tanh())(np.ones((1, 9))))
    _, last = network.ends
    assert network.words(last, 0).startswith("Backward: the network has more than one output and")
    assert network.place(last) == "backward, units only"
    drawing = network.firsts[1]
    back = [network.moment(drawing, step) for step in range(network.ends[0] + 1, last + 1)]
    assert back == [*range(len(drawing.story.gates) + 1, len(drawing))]  # none is skipped
    assert network.words(last, len(network.opened)).startswith("Unit a1[0]. Backward, gate ×")
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
