import pytest

from coursekit import Node, exp
from coursekit.pictures.wandering import aligned, walks
from coursekit.walks import ORDERS, fork


@pytest.mark.parametrize("swapped", [False, True])
def test_a_walk_is_noted_as_wrong_from_its_fault_on(swapped):
    drawings = walks(fork(swapped))
    aligned([*drawings.values()])
    for drawing in drawings.values():
        noted = ["✗" in drawing.frame(position) for position in range(len(drawing))]
        starts = drawing.first + drawing.fault.step if drawing.fault else len(drawing)
        assert noted == [position >= starts for position in range(len(drawing))]


def test_all_walks_are_drawn_in_the_same_places():
    drawings = [*walks(fork()).values()]
    canvas = aligned(drawings)
    for drawing in drawings:
        assert (drawing.layout, drawing.stops) == (canvas.layout, canvas.stops)
        assert drawing.foot == canvas.foot


def test_a_queue_that_gave_up_does_not_say_that_it_is_over():
    f = Node(1.0, "a")
    for _ in range(10):
        f = f + f
    ends = {
        order: drawing.words(len(drawing) - 1)
        for (order, rule), drawing in walks(f).items()
        if rule == "+="
    }
    assert "The walk is given up after 200 visits: a has 0, and 1024 is right." in ends["queue"]
    assert all("The walk is over" in ends[order] for order in ORDERS.keys() - {"queue"})


def test_a_graph_of_ones_own_fits_on_its_sheet():
    x = Node(2.0, "x")
    canvas = aligned([*walks(1 / (1 + exp(-x))).values()])
    assert canvas.breadth >= canvas.wide
