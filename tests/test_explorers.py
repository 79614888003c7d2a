"""What every explorer keeps, whatever it shows."""

import base64
import json
import zlib
from itertools import combinations
from pathlib import Path

import pytest
from loops import as_in_a_notebook, in_a_thread

from coursekit import explorers
from coursekit.activations import ACTIVATIONS, Maxout

FRAME = {"frame", "controls"}  # what all explorers share
MODULES = sorted(Path(explorers.__file__).parent.glob("*.py"))
# A state that sets every control but these.
LEFT_OUT = {
    # The ends of pieces that it does not draw: they wait where the reader left them.
    "MaxoutEditor": lambda state: {
        f"{side}{piece}" for side in ("left", "right") for piece in range(state["pieces"] + 1, 5)
    },
    # A layer that is chosen stays so: one goes from state to state and looks at the same.
    **dict.fromkeys(("Saturation", "Causes"), lambda state: {"layer"}),
}


def made(make):
    """Make an explorer as a notebook does."""

    async def cell():  # in a running loop an explorer draws its held frames when it has time
        return make()

    return as_in_a_notebook(cell)


def pressed_together(explorer):
    """Pairs of named states that a position shows as pressed at once."""
    places = {
        name: {c.name: c.index(state[c.name]) for c in explorer.controls if c.name in state}
        for name, state in explorer.states.items()
    }
    return [
        (one, other)
        for one, other in combinations(places, 2)
        if all(places[one][c] == places[other][c] for c in places[one].keys() & places[other])
    ]


@pytest.mark.parametrize("name", explorers.EXPLORERS)
def test_every_named_state_sets_every_control_that_matters_and_one_at_most_is_pressed(name):
    explorer = made(getattr(explorers, name).example)
    left_out = LEFT_OUT.get(name, lambda state: set())
    for state in explorer.states.values():
        assert explorer.state().keys() - state.keys() == left_out(state)
        assert state.items() <= explorer.state(**state).items()  # each lies on a position
    assert pressed_together(explorer) == []


@pytest.mark.parametrize("name", explorers.EXPLORERS)
def test_a_saved_notebook_and_the_browsers_memory_have_room_for_every_explorer(name):
    explorer = in_a_thread(getattr(explorers, name).example)  # without a loop: all held frames
    saved = len(json.dumps(explorer.get_state()))
    assert len(explorer.held_frames) + len(json.dumps(explorer.player)) < saved < 400_000
    frames = json.loads(zlib.decompress(base64.b64decode(explorer.held_frames)))
    assert len(frames) > 2
    letters = sum(len(part) for frame in frames.values() for part in frame.values())
    assert 2 * letters < 2_000_000  # a browser keeps two bytes a letter


@pytest.mark.parametrize("kind", [k for k in ACTIVATIONS if k is not Maxout])
def test_no_activation_has_two_named_states_at_one_place(kind):
    explorer = made(lambda: explorers.explore(kind()))
    assert all(state.keys() == explorer.state().keys() for state in explorer.states.values())
    assert pressed_together(explorer) == []


@pytest.mark.parametrize(
    "module", [m for m in MODULES if m.stem not in FRAME], ids=lambda m: m.stem
)
def test_a_module_of_explorers_is_read_at_a_glance(module):
    assert len(module.read_text("utf-8").splitlines()) < 120
