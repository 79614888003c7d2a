"""One graph, folded and unfolded, at the same moment of the same walk."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from coursekit import MLP, Node, Tanh, exp, squared_error
from coursekit.folding import composites
from coursekit.pictures.drawing import draw
from coursekit.pictures.unfolding import Unfolding


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


def test_each_press_says_something_even_where_what_moves_is_folded_away(several):
    folded = [several.words(step, 0) for step in range(len(several))]
    for step, (before, after) in enumerate(pairwise(folded), start=1):
        assert before != after, step
    inside = [step for step, words in enumerate(folded) if " Inside " in words]
    hidden = [
        step for step, moment in enumerate(several.story.moments) if moment.node in several.inner
    ]
    assert inside == hidden
    for step in hidden:
        assert folded[step].endswith(f": {several.story.line(step)}.")
    last = len(several.opened) - 1
    assert not any(" Inside " in several.words(step, last) for step in range(len(several)))
