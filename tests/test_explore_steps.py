"""The step-through is the drawing, moved by one control."""

import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from demanded import needs_node

from coursekit import MLP, Node, Tanh, backprop_steps, exp, explore
from coursekit.explorers.steps import HELD, StepThrough
from coursekit.pictures.drawing import NOT_TRIED, draw


@pytest.fixture
def circuit():
    x, y, z = Node(-2, "x"), Node(5, "y"), Node(-4, "z")
    return (x + y).named("q") * z


def test_named_states_are_the_ends_of_the_two_passes(circuit):
    # The start is where "reset" leads, which every explorer has.
    assert StepThrough(circuit).states == {
        "forward done": {"step": 2},
        "backward done": {"step": 5},
    }


def test_the_words_of_each_step_are_the_drawings(circuit):
    steps, drawing = StepThrough(circuit), draw(circuit)
    for step in range(len(drawing)):
        assert steps.evidence(step=step) == drawing.words(step)
        assert steps.fragment(step=step) == drawing.frame(step)
        assert drawing.words(step) in steps.alt(step=step)


def test_a_still_is_the_whole_picture_of_one_step(circuit):
    still = StepThrough(circuit).still(step=4)
    ElementTree.fromstring(still.svg)
    assert "grad q = −4" in still.svg
    assert still.caption == (
        "Backward, gate × (f): upstream 1 × local −4 = downstream −4 for q; "
        "upstream 1 × local 3 = downstream 3 for z."
    )


def test_forks_say_plus_equals():
    a = Node(1.0, "a")
    assert "is added (+=) to the gradient of a, now 2" in StepThrough(a + a).evidence(step=3)


def test_each_place_of_the_slider_is_spoken(circuit):
    (control,) = StepThrough(circuit).controls
    assert [control.describe(step) for step in control.positions] == [
        "0: start",
        "1: forward, q",
        "2: forward, f",
        "3: backward, f",
        "4: backward, f",
        "5: backward, q",
    ]


def test_every_step_of_a_small_graph_is_held(circuit):
    steps = StepThrough(circuit)
    assert {state["step"] for state in steps.held()} == set(range(6))


def test_a_long_walk_holds_a_few_dozen_steps():
    f = Node(1.0, "x")
    for _ in range(100):
        f = f + 1.0
    steps = StepThrough(f)
    assert len({state["step"] for state in steps.held()}) <= HELD + 3


def test_picking_a_gate_goes_to_its_way_back(circuit):
    steps = StepThrough(circuit)
    assert steps.picks == {"gate 1": {"step": 5}, "gate 2": {"step": 4}}
    assert all(f'data-mark="{mark}"' in steps.background() for mark in steps.picks)


def test_a_walk_that_goes_wrong_is_stepped_through():
    a = Node(1.0, "a")
    overwriting = [step._replace(total=step.downstream) for step in backprop_steps(a + a)]
    # Each node of a walk belongs to the graph that is drawn.
    steps = StepThrough(overwriting[0].node, overwriting)
    assert "overwrites (=) the gradient of a" in steps.evidence(step=3)


def test_without_a_kernel_the_whole_story_is_told(circuit):
    bundle = StepThrough(circuit)._repr_mimebundle_()
    assert bundle["text/plain"] == draw(circuit).alt
    assert "backward  f sends grad q = 1 × (−4) = −4" in bundle["text/html"]
    assert "<img alt=" in bundle["text/html"] and "<svg" not in bundle["text/html"]


@pytest.mark.parametrize("nothing", [None, ..., lambda: None])
def test_what_is_not_written_yet_is_not_tried_yet(nothing):
    steps = StepThrough(nothing)
    assert steps.evidence() == steps.alt() == repr(steps) == NOT_TRIED
    assert steps.still().caption == NOT_TRIED
    assert "<details>" not in steps._repr_mimebundle_()["text/html"]


def test_a_walk_that_is_not_written_yet_leaves_the_forward_pass(circuit):
    def walk(f):
        raise NotImplementedError("Walk back.")

    steps = StepThrough(circuit, walk)
    assert list(steps.states) == ["forward done"]


def test_a_large_graph_is_stepped_through_near_its_output():
    x = Node(0.5, "x")
    f = x
    for _ in range(400):
        f = f * x + 0.5
    steps = StepThrough(f)
    last = len(steps.drawing) - 1
    assert last < 150 and len(StepThrough(f, most=100).drawing) > last + 1
    assert steps.place(last) == f"{last}: backward, the gates that are not drawn"
    assert "more nodes behind" in steps.evidence(step=0)
    assert "bring grad x to" in steps.alt(step=last)
    ElementTree.fromstring(steps.still(step=last).svg)


def sigmoid_circuit():
    z = Node(1.0, "z")
    return 1 / (1 + exp(-z))


def test_sigma_unfolds_by_click_and_by_button_without_a_kernel():
    steps = StepThrough(sigmoid_circuit(), fold=True)
    _, unfolded = steps.controls
    assert [unfolded.describe(option) for option in unfolded.options] == ["nothing", "everything"]
    assert steps.state() == {"step": 0, "unfolded": 0}
    assert steps.picks["unfold σ"] == {"unfolded": 1} and steps.picks["fold σ"] == {"unfolded": 0}
    held = {tuple(steps.state(**state).values()) for state in steps.held()}
    assert held == {(step, view) for step in range(10) for view in (0, 1)}


def test_a_small_graph_starts_unfolded_and_a_large_one_folded():
    assert StepThrough(sigmoid_circuit()).unfolded == 1
    f = Node(1.0, "x")
    for _ in range(8):
        f = 1 / (1 + exp(-f))
    steps = StepThrough(f)
    assert steps.unfolded == 0
    assert steps.controls[1].describe(8) == "σ at f" and steps.controls[1].high == 9
    assert "σ(σ(" in steps._repr_mimebundle_()["text/plain"]


def test_each_place_of_the_slider_says_what_it_lies_in():
    steps = StepThrough(sigmoid_circuit())
    assert [steps.place(step) for step in (2, 4, 6, 7)] == [
        "2: forward, g2 in σ",
        "4: forward, f",
        "6: backward, f",
        "7: backward, g3 in σ",
    ]


def test_nothing_folds_where_one_does_not_want_it_and_in_a_walk_of_ones_own():
    f = sigmoid_circuit()
    for steps in (StepThrough(f, fold=False), StepThrough(f, list(backprop_steps(f)))):
        assert [control.name for control in steps.controls] == ["step"]


def test_the_held_frames_of_a_graph_that_folds_stay_small():
    run = MLP([2, 3, 3, 1], Tanh())([[1.0, 2.0]])
    steps = StepThrough(run.output)
    assert len(steps.held_frames) < 50_000
    assert len({tuple(steps.state(**state).items()) for state in steps.held()}) <= HELD
    for state in steps.states.values():
        ElementTree.fromstring(steps.still(**state).svg)


def test_a_network_is_explored_by_layer_and_one_unit_by_its_numbers():
    run = MLP([2, 3, 1], Tanh())([[1.0, 2.0]])
    layers, unit = explore(run), explore(run, unit=(1, 2))
    assert [control.name for control in layers.controls] == ["step", "unfolded"]
    assert layers.unfolded == 0 and "output = layer 2(layer 1(x))" in layers.alt()
    assert "output = tanh(x @ W1 + b1) @ W2 + b2" in layers.alt(unfolded=3)
    assert "a1[2] = tanh(x[0] × W1[0, 2] + x[1] × W1[1, 2] + b1[2])" in unit.title


def test_a_network_unfolds_down_to_its_units_by_click_and_by_slider():
    steps = explore(MLP([2, 3, 1], Tanh())([[1.0, 2.0]]))
    step, unfolded = steps.controls
    spoken = {unfolded.describe(view): view for view in unfolded.positions}
    assert [*spoken][:4] == ["nothing", "layer 1", "layer 2", "everything"]
    view = spoken["unit a1[2]"]
    assert steps.picks["show unit a1[2]"] == {"unfolded": view}
    assert steps.evidence(unfolded=view, step=1).startswith("Unit a1[2]. Forward, gate 1 of 5")
    assert "The graph of a1[2] = tanh(x[0] × W1[0, 2]" in steps.alt(unfolded=view)
    assert steps.states == {"forward done": {"step": 5}, "backward done": {"step": 11}}
    for state, way in {"forward done": "Forward, gate 5", "backward done": "Backward"}.items():
        assert way in steps.evidence(**steps.states[state], unfolded=view)
    assert step.stride == 2 and step.describe(1.5) == "1.5: forward, g1 in layer 1 of the network"
    held = [steps.state(**(steps.starts() | state)) for state in steps.held()]
    assert {"step": 11, "unfolded": spoken["unit a1[0]"]} in held and len(held) <= HELD + 2


def test_the_frames_of_a_wide_network_stay_small():
    steps = StepThrough(MLP([64, 50, 10], Tanh())([[0.5] * 64]))
    assert len(steps.held_frames) < 50_000
    assert 2 * sum(len(str(steps.frame(**steps.state(**held)))) for held in steps.held()) < 1e6


@needs_node
def test_what_is_looked_at_is_brought_into_view():
    """The promises stand in `zoom.test.mjs`, which node's own runner runs."""
    promises = Path(__file__).with_name("zoom.test.mjs")
    command = ["node", "--test", "--test-reporter=tap", promises]
    ran = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120)
    assert ran.returncode == 0, ran.stdout


def test_all_parts_of_the_player_are_one_module(circuit):
    module = StepThrough(circuit)._esm
    assert "export function mount(" in module and "export function zoomable(" in module
    assert module.count("export default") == 1
