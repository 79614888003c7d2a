import numpy as np
import pytest

from coursekit.data import moons
from coursekit.explorers.neuron import OneNeuron

LOOK = OneNeuron()
X, Y = moons(noise=0.15)


@pytest.mark.parametrize(
    "state",
    [{"w1": 2.0, "w2": 1.0, "b": 0.5}, {"w1": 0, "w2": 0, "b": 0}, {"w1": -6, "w2": 0.1, "b": 6}],
    ids=str,
)
def test_the_words_count_what_lies_on_the_wrong_side_and_the_loss(state):
    z = X @ [state["w1"], state["w2"]] + state["b"]
    wrong = np.sum((z > 0) != Y)
    loss = np.mean(np.logaddexp(0, np.where(Y, -z, z)))
    words = LOOK.evidence(**state)
    assert f"{wrong} of 200 points" in words
    assert f"(cross-entropy {loss:.3g})" in words
    assert ("no line" in words) == (not state["w1"] and not state["w2"])


def test_a_longer_w_keeps_the_line_and_is_surer():
    near, far = LOOK.states["the same, less sure"], LOOK.states["a good line"]
    assert {5 * near[name] for name in near} == set(far.values())
    assert LOOK.wrong(**near) == LOOK.wrong(**far) == 24
    assert LOOK.wrong(**LOOK.states["surely wrong"]) == 200 - 24


def taken(look, mark, place):
    """Drag a mark to a place of the plane."""
    top = 72 * look.drawn[0].get_figheight()
    x, y = look.axes.transData.transform(place)
    look.on_drag(mark, x, top - y)


def test_the_square_shifts_the_line_under_the_hand():
    look = OneNeuron()
    taken(look, "the line", (1.0, -0.5))
    assert (look.w1, look.w2) == (2.0, 1.0)
    assert 2.0 * 1.0 + 1.0 * -0.5 + look.b == pytest.approx(0, abs=0.05)


def test_the_tip_turns_the_line_about_the_square():
    look = OneNeuron()
    look.drawn  # noqa: B018  it makes the view
    foot = look.view.foot_of(np.array([2.0, 1.0]), 0.5)
    taken(look, "the weights", foot + [0, -3 * look.view.arrow_length])
    assert (look.w1, look.w2) == pytest.approx((0, -3))
    assert np.array([look.w1, look.w2]) @ foot + look.b == pytest.approx(0, abs=0.05)


def test_a_tip_dragged_far_away_stops_at_the_end_of_the_sliders():
    look = OneNeuron()
    taken(look, "the weights", (50, 50))
    assert (look.w1, look.w2) == (6, 6)


def test_weights_of_zero_can_be_dragged_back():
    look = OneNeuron(w1=0, w2=0)
    assert 'data-mark="the weights"' in look.fragment()
    taken(look, "the weights", look.data[0].mean(axis=0) + [2 * look.view.arrow_length, 0])
    assert (look.w1, look.w2) == pytest.approx((2, 0))


@pytest.mark.parametrize(
    ("points", "labels", "sentence"),
    [
        ([], [], "There are no points"),
        ([[1, 2, 3]], [0], "pairs"),
        ([[1, 2]], None, "labels"),
        ([["a", "b"]], [0], "pairs of real numbers"),
        ([[1j, 2]], [0], "pairs of real numbers"),
        ([[1, 2], [3]], [0, 1], "pairs of real numbers"),
        ([[1, float("nan")]], [0], "finite"),
    ],
)
def test_wrong_data_gets_one_sentence_in_the_frame(points, labels, sentence):
    assert sentence in OneNeuron(points, labels).still().caption


SEEN = "where σ is 0.5", "where it is 0.1", "where it is 0.9"


@pytest.mark.parametrize(
    ("state", "seen"),
    [
        ({}, [True, True, True]),
        ({"w1": 0.5, "w2": 0.0, "b": -2.0}, [False, True, False]),
        ({"w1": 0.5, "w2": 0.0, "b": 6.0}, [False, False, False]),
        ({"w1": 0.0, "w2": 2.0, "b": -6.0}, [False, False, False]),
        (LOOK.states["the same, less sure"], [True, False, False]),
    ],
    ids=str,
)
def test_the_marks_stay_in_the_picture_and_the_words_tell_of_the_lines_in_it(state, seen):
    state = LOOK.state(**state)
    LOOK.fragment(**state)
    for mark in (LOOK.view.foot, LOOK.view.tip):
        assert LOOK.axes.viewLim.contains(*mark.get_xydata()[0])
    alt = LOOK.alt(**state)
    lines = [f"line {SEEN[0]}," in alt, *(f"dashed one {where}" in alt for where in SEEN[1:])]
    assert lines == seen
    assert ("lies outside the picture" in LOOK.evidence(**state)) == (not seen[0])


def test_a_mark_of_a_line_out_of_sight_pulls_it_in():
    look = OneNeuron([[0, 0], [1, 1], [0, 1], [1, 0]], [0, 0, 1, 1])
    assert "lies outside" in look.evidence()
    taken(look, "the line", (0.5, 0.5))
    assert "lies outside" not in look.evidence()
    look = OneNeuron(w1=0.5, w2=0.0, b=6.0)
    taken(look, "the weights", (0.0, 1.0))
    assert "lies outside" not in look.evidence()
