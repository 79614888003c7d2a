import re

import pytest
from loops import as_in_a_notebook

from coursekit import racing
from coursekit.explorers.race import Race
from coursekit.racing import ACTIVATION, EPOCHS, GOAL, STARTS, epochs_to

HE, LARGER = STARTS


@pytest.fixture(scope="module")
def race():
    return Race()


def test_nothing_is_trained_before_the_first_picture(monkeypatch):
    trained = []
    plain = racing.laps

    def told(net, rate, seed=0):
        for epoch, error in enumerate(plain(net, rate, seed)):
            trained.append(epoch)
            yield error

    monkeypatch.setattr(racing, "laps", told)
    racing.run.cache_clear()

    async def in_a_notebook():
        shown = Race().still()
        return shown, max(trained)

    shown, epochs = as_in_a_notebook(in_a_notebook)
    racing.run.cache_clear()
    assert "Epoch 0: none at the goal" in shown.svg
    assert epochs == 0


def test_at_most_three_controls_and_every_position_without_a_kernel(race):
    assert len(race.controls) <= 3
    held = {tuple(race.state(**state).values()) for state in race.held()}
    assert len(held) == len(STARTS) * (EPOCHS + 1)
    assert len(race.held_frames) < 400_000


@pytest.mark.parametrize("name", Race.states)
def test_a_named_state_has_a_picture_and_words_of_its_own(race, name):
    still = race.still(**race.states[name])
    others = [race.still(**state) for other, state in race.states.items() if other != name]
    assert still.svg not in [other.svg for other in others]
    assert still.caption not in [other.caption for other in others]
    assert "nan" not in (still.alt + still.caption + still.svg).lower()


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("epoch", [0, 1, 3, 8, EPOCHS])
def test_the_evidence_says_who_is_there_when_and_who_is_not(race, epoch, start):
    words = race.evidence(epoch=epoch, start=start)
    order, rest = words.partition(" error: ")[2].split(". ", 1)
    for name, seen in race.errors(epoch, start).items():
        time = epochs_to(GOAL, seen)
        if time is None:
            assert re.search(rf"{name} (\d+|\d\.\d) %", rest)
        else:
            assert re.search(rf"{name} {time}\b", order)


@pytest.mark.parametrize("epoch", [0, 1, 8, EPOCHS])
def test_the_alt_text_says_where_each_run_ended_and_where_the_others_are(race, epoch):
    alt = race.alt(epoch=epoch, start=HE)
    for name, seen in race.errors(epoch, HE).items():
        time = epochs_to(GOAL, seen)
        ended = f"{name} at the goal after {time} epoch" in alt
        assert ended == (time is not None) != bool(re.search(rf"{name} at [\d.]+ %", alt))
    assert alt.endswith("the goal, 5 %, where a run ends.")


def test_at_the_finish_sigmoid_took_many_times_as_long(race):
    words = race.evidence(epoch=EPOCHS, start=HE)
    assert float(re.search(r"last takes ([\d.]+) times", words)[1]) > 5
    assert words.index("tanh") < words.index("σ")


def test_what_has_reached_the_goal_stays_there(race):
    for name in ACTIVATION:
        ends = [race.errors(epoch, HE)[name] for epoch in (EPOCHS - 1, EPOCHS)]
        assert ends[0] == ends[1]


def test_what_moves_is_not_in_the_background(race):
    assert "at the goal" not in race.background()
    assert "at the goal" in race.fragment(epoch=5)
