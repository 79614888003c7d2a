import numpy as np
import pytest

from coursekit.differences import DIFFERENCES, POWERS, errors_by_nudge
from coursekit.explorers.nudge import FUNCTIONS, PLACES, Nudge
from coursekit.style import number

LOOK = Nudge()
EVERY = [(function, place) for function in FUNCTIONS for place in PLACES]


def test_the_figures_of_lesson_03_stand_in_the_words():
    words = LOOK.evidence(power=-5, function="σ", place="1")
    assert "h = 1e-5 is off by 9e-12 (centred)" in words
    assert "by 0.015 or 0.03 in float32" in words
    assert "about the best h" in words
    assert "6.7e-6" in LOOK.evidence(**LOOK.states["best in float32"])


@pytest.mark.parametrize(("function", "place"), EVERY)
@pytest.mark.parametrize("power", [-12, -7.5, -5, -2.25, 0])
def test_the_words_are_measured_and_the_reason_is_true(function, place, power):
    words = LOOK.evidence(power=power, function=function, place=place)
    f, z = FUNCTIONS[function], PLACES[place]
    errors = [errors_by_nudge(f, z, difference, power)[0] for difference in DIFFERENCES]
    for error in errors:
        assert number(error, 2) in words
    crossed = any((abs(np.asarray(z) - kink) < 10.0**power).any() for kink in f.kinks)
    assert crossed == ("kink" in words)
    others = errors_by_nudge(f, z, DIFFERENCES[0])
    if "a larger h is better" in words:
        assert others[power < POWERS].min() < errors[0] / 10
    if "a smaller h is better" in words:
        assert others[power > POWERS].min() < errors[0] / 10
        assert np.any(
            f.slope(f.forward(z + 10.0**power), z + 10.0**power) != f.slope(f.forward(z), z)
        )


@pytest.mark.parametrize("name", LOOK.states)
def test_a_named_state_is_what_its_name_says(name):
    words = LOOK.evidence(**LOOK.states[name])
    said = {
        "best in float64": "about the best h",
        "too small": "a larger h is better",
        "too large": "a smaller h is better",
        "best in float32": "6.7e-6",
        "kink in the way": "mixes the slopes of both sides",
        "on the kink": "stands on the kink",
    }
    assert said[name] in words
    assert "nan" not in LOOK.still(**LOOK.states[name]).svg.lower()


def test_the_nudge_is_dragged_along_the_axis_of_powers():
    handle = LOOK.handles["h"]
    assert handle.control == "power" and handle.low < handle.high
    assert 'data-mark="h"' in LOOK.fragment(power=-8)


def test_a_few_dozen_positions_travel_and_take_little_room():
    held = {LOOK.key_of(LOOK.state(**state)) for state in LOOK.held()}
    assert len(held) <= 40
    assert len(LOOK.held_frames) < 100_000
