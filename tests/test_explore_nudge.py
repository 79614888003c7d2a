import re

import numpy as np
import pytest

from coursekit import ReLU, Tanh
from coursekit.differences import DIFFERENCES, POWERS, errors_by_nudge, usual_errors
from coursekit.explorers.nudge import FUNCTIONS, MANY, PLACES, Nudge
from coursekit.pictures.derivatives import EXACT, nudge_finding
from coursekit.style import number

LOOK = Nudge()
EVERY = [(function, place) for function in FUNCTIONS for place in PLACES]


def test_the_figures_of_lesson_03_stand_in_the_words():
    words = LOOK.evidence(power=-5, function="σ", place="1")
    assert "h = 1e-5 has a relative error of 9e-12 (centred)" in words
    assert "0.015 or 0.03 in float32" in words
    assert "about the best h in float64; a larger h is better in float32" in words
    assert "6.7e-6" in LOOK.evidence(**LOOK.states["best in float32"])


@pytest.mark.parametrize(("function", "place"), EVERY)
def test_words_and_title_are_measured_and_agree_at_every_nudge(function, place):
    f, z = FUNCTIONS[function], PLACES[place]
    drawn = [errors_by_nudge(f, z, difference) for difference in DIFFERENCES]
    errors, usual = drawn[0], usual_errors(f, z)
    single = usual_errors(f, z, DIFFERENCES[2])
    title = nudge_finding(f, z)
    best = re.search("best (near|up to) h = (.*)", title)
    for power, error, typical, *each in zip(POWERS, errors, usual, *drawn, strict=True):
        words = LOOK.evidence(power=power, function=function, place=place)
        assert all(number(measured, 2) in words for measured in each)
        crossed = (np.min(np.abs(np.subtract.outer(z, f.kinks)), initial=9) < 10.0**power).any()
        assert crossed == ("kink" in words)
        told = re.findall(
            r"(larger|smaller|best) h (?:is better )?in (float64 and )?(float32)?", words
        )
        in_float32 = [verdict for verdict, _, both in told if both]
        assert len(in_float32) == (not crossed)
        if "best" in in_float32:
            assert single[power == POWERS] <= 5 * single.min()
        elif in_float32:
            better = power < POWERS if in_float32 == ["larger"] else power > POWERS
            assert single[better].min() < single[power == POWERS]
        if "a larger h is better in float64" in words:
            assert power < np.log10(float(best[2])) and best[1] == "near"
            assert errors[power < POWERS].min() < error
        elif "a smaller h is better in float64" in words:
            assert power > np.log10(float(best[2]))
            assert errors[power > POWERS].min() < error
            there = z + 10.0**power
            assert np.any(f.slope(f.forward(there), there) != f.slope(f.forward(z), z))
        elif "about the best h in float64" in words:
            assert typical <= 5 * usual.min()
            assert np.allclose(power, np.log10(float(best[2])), atol=1.5) or best[1] == "up to"
        else:
            assert crossed
            assert "no nudge" in title or "meet a kink" in title or power > np.log10(float(best[2]))


def test_of_nudges_that_are_equally_good_the_title_names_the_last():
    assert nudge_finding(Tanh(), 0.0).endswith("is best up to h = 1e-8")
    assert nudge_finding(Tanh(), 1.0).endswith("is best near h = 1e-5")


def test_the_title_does_not_praise_a_nudge_that_crosses_kinks():
    assert nudge_finding(ReLU(), MANY) == "ReLU at 201 places: more meet a kink as h grows"


@pytest.mark.parametrize("name", LOOK.states)
def test_a_named_state_is_what_its_name_says(name):
    words = LOOK.evidence(**LOOK.states[name])
    said = {
        "best in float64": "about the best h in float64",
        "too small": "a larger h is better in float64 and float32",
        "too large": "a smaller h is better in float64 and float32",
        "best in float32": "about the best h in float32",
        "kink in the way": "mixes the slopes of both sides",
        "on the kink": "stands on the kink",
    }
    assert said[name] in words
    assert "nan" not in LOOK.still(**LOOK.states[name]).svg.lower()


def test_the_nudge_is_dragged_along_the_axis_of_powers():
    handle = LOOK.handles["h"]
    assert handle.control == "power" and handle.low < handle.high
    assert 'data-mark="h"' in LOOK.fragment(power=-8)


def test_nothing_lies_over_the_grip_not_even_an_error_of_0():
    LOOK.fragment(**LOOK.states["kink in the way"])
    *_, lowest, grip = LOOK.marks.moving
    assert grip is LOOK.marks.grip
    place = LOOK.axes.transData.transform
    (_, above), (_, below) = place((0, lowest.get_ydata()[0])), place((0, grip.get_ydata()[0]))
    reach = (lowest.get_markersize() + grip.get_markersize()) / 2
    assert lowest.get_ydata()[0] == EXACT and above - below > reach * LOOK.axes.figure.dpi / 72


def test_a_few_dozen_positions_travel_and_take_little_room():
    held = {LOOK.key_of(LOOK.state(**state)) for state in LOOK.held()}
    assert len(held) <= 40
    assert len(LOOK.held_frames) < 100_000
