import re

import numpy as np
import pytest

from coursekit.explorers.dying_unit import POINTS, STEPS, DyingUnit, film

UNIT = DyingUnit()
RATES = UNIT.controls[0].positions


@pytest.mark.parametrize("rate", RATES)
def test_a_dead_unit_never_moves_again(rate):
    moments = film(rate)
    dead = [n for n, moment in enumerate(moments) if moment.active == 0]
    for n in dead:
        assert (moments[n].dw == 0).all() and moments[n].db == 0
        np.testing.assert_array_equal(moments[n].w, moments[dead[0]].w)
    assert dead == list(range(dead[0], STEPS + 1)) if dead else True


def test_it_learns_at_a_proper_rate_and_dies_in_one_step_at_a_high_one():
    assert film(1.0)[-1].loss < 0.06 < film(1.0)[0].loss
    for rate in (2.0, 2.5, 3.0, 4.0):
        assert film(rate)[0].active == len(POINTS)
        assert film(rate)[1].gradient == 0


def test_the_higher_the_rate_the_further_away_the_line():
    away = [-(POINTS @ m.w + m.b).max() / np.hypot(*m.w) for m in (film(r)[1] for r in (2, 3, 4))]
    assert away == sorted(away)


def test_the_gradient_follows_from_nudges():
    from coursekit.explorers.dying_unit import moment

    w, b, h = np.array([0.6, 1.2]), 0.4, 1e-6
    slopes = [
        (moment(w + h * side, b).loss - moment(w - h * side, b).loss) / (2 * h)
        for side in np.eye(2)
    ]
    np.testing.assert_allclose(moment(w, b).dw, slopes, atol=1e-8)
    nudged = (moment(w, b + h).loss - moment(w, b - h).loss) / (2 * h)
    assert moment(w, b).db == pytest.approx(nudged, abs=1e-8)


@pytest.mark.parametrize("rate", [0.25, 1.0, 1.75, 2.0, 4.0])
@pytest.mark.parametrize("step", [0, 1, 7, STEPS])
@pytest.mark.parametrize("up", [0.0, 1.0, 2.5])
def test_what_the_evidence_says_of_a_unit_is_measured(rate, step, up):
    now = film(rate)[step]
    active = int(np.sum((POINTS + [0, up]) @ now.w + now.b > 0))
    words = UNIT.evidence(rate=rate, step=step, up=up)
    assert f"active on {active} of 60 points" in words
    assert ("exactly 0" in words) == (active == 0)
    died = bool(up) and film(rate)[step].active == 0 < active
    assert ("is back" in words) == died


def test_moving_the_data_revives_the_unit():
    assert "is dead" in UNIT.evidence(**UNIT.states["dead for good"])
    assert "is back" in UNIT.evidence(**UNIT.states["the data move"])


@pytest.mark.parametrize("look", [UNIT], ids=lambda look: type(look).__name__)
class TestEveryExplorer:
    def test_at_most_three_controls_and_a_few_dozen_positions_without_a_kernel(self, look):
        assert len(look.controls) <= 3
        held = {tuple(look.state(**state).values()) for state in look.held()}
        assert len(look.states) <= len(held) <= 60
        assert len(look.held_frames) < 400_000

    def test_a_named_state_has_a_picture_and_words_of_its_own(self, look):
        stills = [look.still(**state) for state in look.states.values()]
        assert len({still.svg for still in stills}) == len(stills)
        assert len({still.caption for still in stills}) == len(stills)
        for still in stills:
            assert "nan" not in (still.alt + still.caption + still.svg).lower()

    def test_what_moves_is_not_in_the_background_and_stays_inside_the_picture(self, look):
        still = look.background()
        width, height = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', still).groups())
        for state in look.states.values():
            piece = re.sub(r"<defs>.*?</defs>", "", look.fragment(**state))
            for text in re.findall(r"translate\((-?[\d.]+)[ ,](-?[\d.]+)\)", piece):
                assert -5 <= float(text[0]) <= width
                assert -5 <= float(text[1]) <= height
