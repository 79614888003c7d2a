import numpy as np
import pytest

from coursekit import Node, backprop, backprop_steps, sin
from coursekit.walks import MOST, ORDERS, first_fault, fork, walk


def gradient_of_a(f, order, add=True):
    totals = {}
    for step in walk(f, order, add):
        totals.update(zip(step.node.parents, step.total, strict=True))
    return next(total for node, total in totals.items() if node.name == "a")


@pytest.mark.parametrize(
    ("order", "of_q_plus_p", "of_p_plus_q"),
    [("topological", 5, 5), ("depth first", 5, 3), ("queue", 9, 7)],
)
def test_the_same_sum_written_the_other_way_round_changes_a_wrong_walk(
    order, of_q_plus_p, of_p_plus_q
):
    assert gradient_of_a(fork(), order) == of_q_plus_p
    assert gradient_of_a(fork(swapped=True), order) == of_p_plus_q


def test_going_to_the_right_input_first_is_writing_the_sum_the_other_way_round():
    assert gradient_of_a(fork(), "depth first, from the right") == 3
    assert gradient_of_a(fork(swapped=True), "depth first, from the right") == 5


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("swapped", [False, True])
def test_overwriting_is_wrong_in_every_order(order, swapped):
    f = fork(swapped)
    assert gradient_of_a(f, order, add=False) == 1
    assert first_fault(walk(f, order, add=False), backprop(f)).kind == "overwritten"


def test_the_topological_walk_is_that_of_backprop():
    f = fork() * sin(Node(2.0, "b"))
    ours = [step for step in backprop_steps(f) if step.node.parents]
    assert list(walk(f)) == ours
    assert first_fault(ours, backprop(f)) is None


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_a_fault_is_found_exactly_where_the_gradient_comes_out_wrong(order, swapped):
    f = fork(swapped)
    fault = first_fault(walk(f, order), backprop(f))
    assert (fault is None) == (gradient_of_a(f, order) == 5)


def test_a_node_that_sends_before_the_rest_has_come_is_the_fault():
    f = fork(swapped=True)
    step, node, kind, amount, due = first_fault(walk(f, "depth first"), backprop(f))
    assert (step, node.name, kind, amount, due) == (1, "p", "too early", 1, 2)


def test_a_node_that_sends_its_gradient_again_is_the_fault():
    f = fork()
    step, node, kind, amount, due = first_fault(walk(f, "queue"), backprop(f))
    assert (step, node.name, kind, amount, due) == (3, "p", "sent again", 4, 2)


def test_cs231ns_third_circuit_overwritten_loses_what_came_first():
    x, y = Node(3.0, "x"), Node(-4.0, "y")
    from coursekit.functions import exp

    f = (x + 1 / (1 + exp(-y))) / (1 / (1 + exp(-x)) + (x + y) ** 2)
    truth = backprop(f)
    assert first_fault(walk(f), truth) is None
    assert first_fault(walk(f, add=False), truth).node in (x, y)


def test_arrays_are_walked_as_well():
    x = Node(np.ones(3), "x")
    from coursekit.functions import sum as total

    f = total(x * x + 2.0)
    assert first_fault(walk(f), backprop(f)) is None


def test_a_queue_gives_up_on_a_graph_with_too_many_paths():
    f = Node(1.0, "a")
    for _ in range(30):
        f = f + f
    assert len(list(walk(f, "queue"))) == MOST
    assert len(list(walk(f))) == 30
