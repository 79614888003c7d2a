"""The order of the walk: each walk of walks.py, drawn, with the place where it goes wrong."""

from itertools import product
from xml.etree import ElementTree

import pytest

from coursekit import Node
from coursekit.explorers.order import RULES, WalkOrder
from coursekit.walks import ORDERS, fork

LOOK = WalkOrder()
EVERY = [
    {"order": order, "rule": rule, "step": step}
    for order, rule, step in product(ORDERS, RULES, range(6))
]


def test_every_position_travels_with_the_widget():
    held = {LOOK.key_of(LOOK.state(**state)) for state in LOOK.held()}
    assert held == {LOOK.key_of(LOOK.state(**state)) for state in EVERY}
    assert len(LOOK.held_frames) < 100_000


@pytest.mark.parametrize(
    ("f", "order", "gradient"),
    [
        (fork, "topological", 5),
        (fork, "queue", 9),
        (lambda: fork(True), "depth first", 3),
        (lambda: fork(True), "queue", 7),
    ],
)
def test_the_end_says_what_a_has_and_what_is_right(f, order, gradient):
    words = WalkOrder(f).evidence(order=order, step=5)
    if gradient == 5:
        assert words.endswith(
            "is added (+=) to the gradient of a, now 5. The walk is over, and its gradients are "
            "right. The output f is 5; this walk gives the gradient 5 for a."
        )
    else:
        assert f". The walk is over: a has {gradient}, and 5 is right." in words


def test_it_is_right_until_the_step_that_goes_wrong():
    state = {"order": "depth first, from the right", "rule": "+="}
    said = [LOOK.evidence(step=step, **state) for step in range(5)]
    assert [("So far it is right" in words) for words in said] == [True, True, True, False, False]
    assert "Here it goes wrong: p sends on 1, before the rest of its gradient 2" in said[3]
    marked = ["sent 1, not 2" in LOOK.fragment(step=step, **state) for step in range(5)]
    assert marked == [False, False, False, True, True]
    assert "✗ 3, not 5" in LOOK.fragment(step=4, **state)
    assert "✗ 3, not 5" not in LOOK.fragment(step=3, **state)


@pytest.mark.parametrize("swapped", [False, True])
def test_named_states_are_one_walk_of_each_fate_at_its_end(swapped):
    look = WalkOrder(lambda: fork(swapped))
    assert [*look.states] == ["right", "overwritten", "too early", "sent again"]
    ends = [look.evidence(**state) for state in look.states.values()]
    assert ["The walk is over: " in end for end in ends] == [False, True, True, True]
    assert "its gradients are right" in ends[0]


def test_every_walk_is_drawn_in_the_same_places():
    for state in EVERY:
        ElementTree.fromstring(LOOK.still(**state).svg)
    drawings = [drawing for drawing, _ in LOOK.told.values()]
    assert all(drawing.layout is LOOK.canvas.layout for drawing in drawings)


def test_the_gate_at_work_stands_in_brackets_among_the_visits():
    assert "visits: f → [q] → p" in LOOK.fragment(step=3)
    assert "visits: f → q → p → [p]" in LOOK.fragment(order="queue", step=5)


def test_what_is_not_written_yet_is_not_tried_yet():
    def stub():
        raise NotImplementedError

    assert WalkOrder(stub).still().caption.startswith("Not tried yet")


@pytest.mark.parametrize("wrong", [3, Node(1.0), "f"])
def test_what_is_no_output_gets_one_sentence_in_the_frame(wrong):
    assert "is none." in WalkOrder(wrong).still().caption


def test_an_output_of_many_numbers_gets_one_sentence_in_the_frame():
    x = Node([1.0, 2.0], "x")
    assert "sum it first" in WalkOrder(x * x).still().caption
