import pytest

from coursekit.pictures.wandering import aligned, walks
from coursekit.walks import fork


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
