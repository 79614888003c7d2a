import numpy as np
import pytest

from coursekit.explorers.spherical import Spherical
from coursekit.pictures.coordinates import on_page, point, spherical_jacobian
from coursekit.style import decimals

LOOK = Spherical()
EVERY = [
    {"r": r, "theta": theta, "phi": phi}
    for r in (0, 0.05, 2.0, 3)
    for theta in (0, 1, 60, 180)
    for phi in (0, 45, 200, 360)
]


@pytest.mark.parametrize("state", EVERY, ids=str)
def test_the_words_are_those_of_the_jacobian(state):
    words, J = LOOK.evidence(**state), spherical_jacobian(**state)
    rank = np.linalg.matrix_rank(J)
    assert f"is {decimals(np.linalg.det(J))}" in words
    assert ("the rank is 3" if rank == 3 else f"the rank {rank}:") in words
    piece = LOOK.fragment(**state)
    for value in J.flat:
        assert f">{decimals(value)}<" in piece


@pytest.mark.parametrize(
    ("name", "rank"),
    [("at the pole θ = 0°", 2), ("at the pole θ = 180°", 2), ("at the centre", 1)],
)
def test_the_named_states_lose_rank(name, rank):
    words = LOOK.evidence(**LOOK.states[name])
    assert f"is 0 and the rank {rank}" in words


def test_the_example_of_the_course_is_where_it_starts():
    assert "r² sin θ is 3.464:" in LOOK.evidence()


@pytest.mark.parametrize(("theta", "phi"), [(30, 10), (90, 45), (150, 350), (75, 80)])
def test_the_point_follows_the_hand_over_the_globe(theta, phi):
    look = Spherical()
    top = 72 * look.drawn[0].get_figheight()
    x, y = look.space.transData.transform(on_page(point(2.0, theta, phi)))
    look.on_drag("the point", x, top - y)
    state = look.state()
    assert np.hypot(*(on_page(point(**state)) - on_page(point(2.0, theta, phi)))) < 0.05
    assert state["r"] == 2.0


def test_a_hand_that_moves_the_centre_keeps_the_angles():
    look = Spherical(**LOOK.states["at the centre"])
    look.on_drag("the point", 120, 90)
    assert look.state() == LOOK.states["at the centre"]


@pytest.mark.parametrize("theta", range(0, 181, 15))
def test_the_box_stays_in_the_picture(theta):
    for phi in range(0, 361, 15):
        LOOK.fragment(r=3.0, theta=theta, phi=phi)
        sides = np.concatenate([path.vertices for path in LOOK.box.faces.get_paths()])
        names = [name.get_position() for name in LOOK.box.names if name.get_visible()]
        for x, y in [*sides, *names]:
            assert LOOK.space.viewLim.contains(x, y), (phi, x, y)


def test_words_and_table_say_that_angles_are_in_radians():
    assert "its angles in radians" in LOOK.evidence()
    assert "per radian" in LOOK.alt()
    assert "0.5 rad" in LOOK.still().svg


def test_what_travels_with_the_widget_is_small():
    assert len(LOOK.held_frames) < 150_000


def test_at_no_position_are_two_named_states_pressed():
    states = list(LOOK.states.values())
    assert all(state.keys() == LOOK.state().keys() for state in states)
    assert len({LOOK.key_of(state) for state in states}) == len(states)
