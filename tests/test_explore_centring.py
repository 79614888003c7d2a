import re

import numpy as np
import pytest

from coursekit.descents import OUTPUTS
from coursekit.explorers.centring import Centring, N, learning

CENTRING = Centring()
TARGETS = CENTRING.controls[2].positions


def test_at_most_three_controls_and_a_few_dozen_positions_without_a_kernel():
    assert len(CENTRING.controls) <= 3
    held = {tuple(CENTRING.state(**state).values()) for state in CENTRING.held()}
    assert len(CENTRING.states) <= len(held) <= 40


@pytest.mark.parametrize("name", CENTRING.states)
def test_a_named_state_has_a_picture_and_words_of_its_own(name):
    still = CENTRING.still(**CENTRING.states[name])
    others = [CENTRING.still(**s) for other, s in CENTRING.states.items() if other != name]
    assert still.svg not in [other.svg for other in others]
    assert still.caption not in [other.caption for other in others]
    assert "nan" not in (still.alt + still.caption + still.svg).lower()


@pytest.mark.parametrize("activation", OUTPUTS)
@pytest.mark.parametrize("batch", [1, 4, 32, N])
def test_every_descent_arrives_and_stays_inside_the_picture(activation, batch):
    CENTRING.drawn  # noqa: B018  it makes the axes
    for target in TARGETS:
        shown = learning(activation, batch, target)
        for values, ends in zip(
            shown.path.T, (CENTRING.plane.get_xlim(), CENTRING.plane.get_ylim()), strict=True
        ):
            assert ends[0] < values.min() and values.max() < ends[1]


@pytest.mark.parametrize("activation", ["σ", "ReLU"])
@pytest.mark.parametrize("target", TARGETS)
def test_one_example_of_positive_inputs_gives_both_gradients_one_sign(activation, target):
    assert learning(activation, 1, target).agreement == 1
    words = CENTRING.evidence(activation=activation, batch=1, target=target)
    assert "in 100 % of" in words


@pytest.mark.parametrize("activation", ["σ − ½", "tanh"])
def test_centred_inputs_give_both_gradients_one_sign_about_half_the_time(activation):
    shares = [learning(activation, 1, target).agreement for target in TARGETS]
    assert 0.3 < np.mean(shares) < 0.7


def test_the_zig_zag_fades_with_the_batch_and_the_bad_condition_does_not():
    shown = [learning("σ", batch, -1.0) for batch in (1, 4, 32, N)]
    detours = [each.detour for each in shown]
    assert detours == sorted(detours, reverse=True)
    assert detours[0] > 2.5
    assert detours[-1] == pytest.approx(1, abs=0.01)
    steps = [each.steps for each in shown]
    assert max(steps) < 1.25 * min(steps)
    assert len({each.condition for each in shown}) == 1


def test_where_one_sign_leads_to_the_target_there_is_no_zig_zag():
    assert max(learning("σ", batch, 1.0).detour for batch in (1, 4, 32, N)) < 1.15


def test_centring_alone_straightens_the_path_and_mends_the_condition():
    off, centred = (learning(name, 1, -1.0) for name in ("σ", "σ − ½"))
    assert centred.detour < 1.4 < 2.5 < off.detour
    assert centred.condition < 1.5 < 10 < off.condition
    fair = [learning(name, N, -1.0, None).steps for name in ("σ", "σ − ½")]
    assert fair[0] > 10 * fair[1]


@pytest.mark.parametrize("state", CENTRING.states.values(), ids=CENTRING.states)
def test_what_the_evidence_says_is_measured(state):
    shown, words = learning(**state), CENTRING.evidence(**state)
    steps, detour, condition, fair = re.search(
        r"of (\d+) steps .* is ([\d.]+) × the straight line\. .* is ([\d.]+): .* take (\d+) steps",
        words,
    ).groups()
    assert int(steps) == shown.steps
    assert float(detour) == pytest.approx(shown.detour, abs=0.005)
    assert float(condition) == pytest.approx(shown.condition, rel=0.05)
    assert int(fair) == learning(state["activation"], N, state["target"], None).steps


def test_the_star_drags_the_target_along_its_height():
    handle = CENTRING.handles["target"]
    assert (handle.control, handle.axis) == ("target", "y")
    for target, y in ((-1, handle.low), (1, handle.high)):
        piece = CENTRING.fragment(target=target)
        mark = piece[piece.index('data-mark="target"') :]
        assert float(re.search(r'<use [^>]*y="([\d.]+)"', mark)[1]) == pytest.approx(y, abs=0.02)
