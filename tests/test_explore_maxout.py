import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.textpath import text_to_path

from coursekit import Maxout
from coursekit.explorers import MaxoutEditor
from coursekit.explorers.maxout import ENDS, lines
from coursekit.pictures.curves import Pieces
from coursekit.pictures.plots import plot_maxout
from coursekit.style import new_figure

EDITOR = MaxoutEditor()


@pytest.mark.parametrize("name", EDITOR.states)
def test_a_named_state_has_words_and_a_picture(name):
    still = EDITOR.still(**EDITOR.states[name])
    ElementTree.fromstring(still.svg)
    assert still.alt.startswith("The lines ")
    assert still.caption == EDITOR.evidence(**EDITOR.states[name])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ReLU", "This is ReLU: the largest difference is 0."),
        ("leaky ReLU", "This is leaky ReLU with α = 0.25: the largest difference is 0."),
        ("|z|", "This is |z|: the largest difference is 0."),
        ("a bowl", "A shape of its own, of 4 straight pieces: convex"),
        ("one unused", "No gradient reaches piece 3, the largest for none of them, until a rival"),
    ],
)
def test_presets_are_what_their_names_say(name, said):
    assert said in EDITOR.evidence(**EDITOR.states[name])


def test_a_piece_comes_back_when_its_rival_moves():
    unused = EDITOR.states["one unused"]
    moved = EDITOR.evidence(**(unused | {"left1": -4.0, "right1": -4.0, "left2": -4.0}))
    assert "No gradient reaches piece 3" not in moved


def test_a_leak_above_one_is_not_taken_for_a_leaky_relu():
    # max(αz, z) with α > 1 is steep below 0 and flat above: COURSE's named wrong answer.
    assert Pieces([1.0, 1.5], [0.0, 0.0]).finding().startswith("A shape of its own, of 2")
    assert Pieces([1.0, 1.0], [0.0, -1.0]).finding().startswith("This is a straight line")


def test_pieces_that_are_the_same_are_told_and_share_what_they_win():
    words = EDITOR.evidence(**lines(-4, 4, 0, 0, 0, 0, pieces=3))
    assert "is piece 1 for 50 % and the equal pieces 2 and 3 together for 50 %." in words
    alike = EDITOR.evidence(**lines(*[1] * 6, pieces=3))
    assert "the largest is the equal pieces 1, 2 and 3 together for 100 %." in alike
    assert "no other piece is larger" in alike
    picture = EDITOR.fragment(**lines(*[1] * 6, pieces=3))
    assert "piece 1: 100 %" in picture
    assert "piece 3 = piece 1" in picture
    assert "33 %" not in alike + picture


def test_parameters_are_counted_as_a_layer_has_them():
    one = sum(np.prod(shape) for shape in [(784, 100), (100,)])
    for k in (2, 3, 4):
        told = re.search(r"784 to 100 has ([\d,]+) parameters, (\d) ×", EDITOR.evidence(pieces=k))
        assert int(told[1].replace(",", "")) == k * one
        assert int(told[2]) == k


def test_shares_are_those_of_the_gradient():
    unit = Pieces([1.0, 0.0, -1.0], [0.0, 0.5, 0.0])
    z = np.random.default_rng(0).normal(size=20_000)
    wins = np.bincount(unit.lines(z).argmax(axis=-1), minlength=3) / len(z)
    np.testing.assert_allclose(unit.shares(), wins, atol=0.02)
    np.testing.assert_array_equal(unit.forward(z), Maxout().forward(unit.lines(z)))


def test_every_end_is_a_mark_that_drags_its_own_height():
    fragment = EDITOR.fragment(**EDITOR.states["a bowl"])
    handles = EDITOR.player["handles"]
    assert set(re.findall(r'data-mark="(.*?)"', fragment)) == set(ENDS) == handles.keys()
    for end in ENDS:
        place = re.search(rf'data-mark="{end}".*?<use [^>]*y="([\d.]+)"', fragment)
        handle = handles[end]
        share = (float(place[1]) - handle["low"]) / (handle["high"] - handle["low"])
        assert -4 + 8 * share == pytest.approx(EDITOR.states["a bowl"][end], abs=0.02)


def test_only_the_number_of_pieces_has_a_slider():
    kinds = [control["kind"] for control in EDITOR.player["controls"]]
    assert kinds == ["slider", *["mark"] * 8]


def test_lines_that_are_not_there_are_not_drawn():
    assert "right3" not in EDITOR.fragment(pieces=2)
    assert 'data-mark="right3"' in EDITOR.fragment(pieces=3)


def test_the_plotter_draws_each_line_and_the_largest():
    _, ax = new_figure()
    unit = Pieces([1.0, -1.0], [0.0, 0.0])
    plot_maxout(unit, ax=ax)
    assert ax.get_title("left") == "This is |z|"
    _, largest, one, *_ = ax.lines
    np.testing.assert_array_equal(largest.get_ydata(), np.abs(largest.get_xdata()))
    np.testing.assert_array_equal(one.get_xydata(), [[-4, -4], [4, 4]])


def test_the_words_of_its_pieces_stand_apart():
    look = MaxoutEditor()
    look.drawn  # noqa: B018  it makes the axes
    spans = []
    for words in look.view.says:
        start = words.get_transform().transform(words.get_position())[0]
        font = words.get_fontproperties()  # as a browser sets it, whatever draws in Matplotlib
        widest = text_to_path.get_text_width_height_descent("piece 3 = piece 2", font, False)[0]
        spans.append((start, start + widest * look.drawn[0].dpi / 72))
    assert all(end + 4 < start for (_, end), (start, _) in pairwise(spans)), (spans, font)
    assert spans[-1][1] < look.view.ax.bbox.x1
