import re

import numpy as np
import pytest

from coursekit import ELU, SELU, Activation, LeakyReLU, Maxout, PReLU, ReLU, Tanh
from coursekit.explorers import dying_net
from coursekit.explorers.boundary import Boundary
from coursekit.explorers.dying_net import EPOCHS, LOOK, UNITS, DyingNet, name_of, story
from coursekit.explorers.dying_unit import POINTS, STEPS, DyingUnit, film, moment
from coursekit.nets import he
from coursekit.probes import active_shares
from coursekit.style import percent

UNIT, NET, BOUNDARY = DyingUnit(), DyingNet(), Boundary()
RATES = UNIT.controls[1].positions


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


@pytest.mark.parametrize("step", [0, 1, STEPS])
def test_a_step_shows_nothing_of_what_comes_after_it(step):
    """Who guesses what the first step does is not told by the picture before it."""
    UNIT.move(rate=2.5, step=step, up=0.0)
    assert UNIT.path.get_xdata() == range(step + 1)
    assert ("exactly 0" in UNIT.alt(rate=2.5, step=step, up=0.0)) == (step > 0)


def test_moving_the_data_revives_the_unit():
    assert "is dead" in UNIT.evidence(**UNIT.states["dead for good"])
    assert "is back" in UNIT.evidence(**UNIT.states["the data move"])


def test_the_alt_text_tells_of_the_diamond_where_the_data_have_moved():
    assert "diamond" not in UNIT.alt(**UNIT.states["dead for good"])
    told = "exactly 0 from step 1 on; a diamond at step 20 marks its size over the moved data, "
    assert told + "0.33." in UNIT.alt(**UNIT.states["the data move"])
    assert told + "exactly 0." in UNIT.alt(**UNIT.states["dead for good"] | {"up": 0.25})


@pytest.mark.parametrize("rate", [0.1, 0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("epoch", [0, 20, EPOCHS])
def test_what_the_evidence_says_of_the_net_is_measured(rate, epoch):
    shown = dying_net.film(rate)
    shares = active_shares(shown.nets[epoch // LOOK], dying_net.POINTS)
    dead = [int((layer == 0).sum()) for layer in shares]
    words = NET.evidence(rate=rate, epoch=epoch, unit=77)
    assert f"{sum(dead)} of 150 hidden units, {percent(sum(dead) / 150)}, are dead" in words
    assert f"({', '.join(map(str, dead))} layer by layer)" in words
    assert words.startswith(f"This run, rate {rate:g}, epoch {epoch} (step {10 * epoch}):")
    assert ("its gradient is exactly 0" in words or "born dead: silent" in words) == (
        shares[1][27] == 0
    )


@pytest.mark.parametrize("rate", [0.3, 1.0])
def test_who_was_born_dead_stays_so_and_who_was_never_alive_is_counted_apart(rate):
    nets = dying_net.film(rate).nets
    dead = [np.concatenate(active_shares(net, dying_net.POINTS)) == 0 for net in nets]
    for look in range(len(nets)):
        state = {"rate": rate, "epoch": look * LOOK}
        never = np.logical_and.reduce(dead[: look + 1]).sum()
        words = f"; {never} of {dead[0].sum()} born dead never alive so far; "
        assert words in NET.evidence(**state)
        assert f", {never} never alive. Beneath" in NET.alt(**state)
    legend = [text.get_text() for text in NET.view.grid.get_legend().get_texts()]
    assert legend[-1] == "never alive"


def test_forty_percent_dead_are_found_by_hand_and_the_words_say_so():
    # Which rates they are differs from machine to machine: training is chaotic there. So the slider
    # has steps of a hundredth, one of which is bound to hit.
    rates = [rate for rate in NET.controls[0].positions if 0.8 <= rate <= 2]
    shares = ((rate, dying_net.film(rate).dead[:, -1].sum() / UNITS) for rate in rates)
    rate, share = next((rate, share) for rate, share in shares if 0.38 <= share <= 0.42)
    assert f" of 150 hidden units, {percent(share)}, are dead" in NET.evidence(rate=rate)


@pytest.mark.parametrize("rate", [0.1, 0.5, 1.0, 2.0])
def test_no_unit_of_the_first_layer_ever_comes_back(rate):
    whole = dying_net.film(rate).whole
    assert whole.count("revived")[0] == 0
    dead = dying_net.film(rate).dead[0]
    assert (np.diff(dead) >= 0).all()


def test_each_unit_tells_its_story_under_its_own_name():
    taken = dying_net.film(1.0).whole
    stories = [story(taken, unit) for unit in range(UNITS)]
    for start in ("is alive", "is sparse", "was dead and is active again", "died: silent"):
        assert any(words.startswith(start) for words in stories)
    assert len({name_of(unit) for unit in range(UNITS)}) == UNITS
    assert "Layer 2, unit 28 " in NET.evidence(unit=77)


def test_at_a_proper_rate_the_words_do_not_hang_on_the_last_digits(monkeypatch):
    def disturbed(rng, d, k):
        return he(rng, d, k) * (1 + 1e-12 * np.random.default_rng(d + k).normal(size=(d, k)))

    states = [{}, {"epoch": 0}, {"rate": 0.1}, {"epoch": 20, "unit": 60}]
    words = [(NET.evidence(**state), NET.alt(**state)) for state in states]
    monkeypatch.setattr(dying_net, "he", disturbed)
    monkeypatch.setattr(dying_net, "film", dying_net.film.__wrapped__)
    assert [(NET.evidence(**state), NET.alt(**state)) for state in states] == words


def test_a_net_that_overflows_says_so_and_the_next_move_recovers(monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(dying_net, "he", lambda rng, d, k: np.full((d, k), 1e200))
        broken.setattr(dying_net, "film", dying_net.film.__wrapped__)
        (fault,) = NET.frame(**NET.state(rate=0.7)).values()
    assert fault.startswith("At rate 0.7, training stopped at step 1: in layer 2,")
    assert fault.endswith("is not finite: choose a lower one.")
    assert "fragment" in NET.frame(**NET.state(rate=0.5))


def test_a_unit_is_picked_in_the_grid_and_the_slider_is_its_keyboard():
    assert set(NET.picks) == set(NET.handles)
    assert all(f'data-mark="{mark}"' in NET.background() for mark in NET.picks)
    assert "data-mark" not in NET.fragment()
    # Along a row a drag goes from unit to unit.
    first, second = (NET.handles[f"unit {unit}"] for unit in (0, 1))
    apart = (first.high - first.low) / (UNITS - 1)
    assert first.low == pytest.approx(second.low)
    assert NET.handles["unit 10"].low == pytest.approx(first.low - 10 * apart)


def test_trainings_are_few_before_anyone_asks():
    assert len({NET.state(**state)["rate"] for state in NET.held()}) <= 6


@pytest.mark.parametrize("data", ["spiral", "moons"])
@pytest.mark.parametrize(("units", "rate"), [(1, 1.0), (12, 0.5), (30, 10.0)])
@pytest.mark.parametrize("epoch", [0, 3, 80])
def test_what_the_evidence_says_of_a_boundary_is_measured(data, units, rate, epoch):
    look = Boundary(data) if data == "moons" else BOUNDARY
    net = look.net(epoch, units, rate)
    said = net(look.points).output.value.argmax(axis=1)
    words = look.evidence(epoch=epoch, units=units, rate=rate)
    wrong = percent(np.mean(said != look.labels))
    assert f"unit misreads {wrong}" in words or f"units misread {wrong}" in words
    assert ("1 ReLU unit misreads" in words) == (units == 1)
    dead = int((active_shares(net, look.points)[0] == 0).sum())
    assert ("none of them is dead" in words or "it is not dead" in words) == (dead == 0)
    assert ("the same answer" in words) == (dead == units)
    assert "the same answer" not in words or len(set(said.tolist())) == 1


def test_a_border_between_two_classes_bends_on_the_lines_only():
    look = Boundary("moons")
    net = look.net(80, 4, 1.0)
    z = net(look.artists.places).z[0].value > 0
    for pattern in np.unique(z, axis=0):  # where the same units are active, the net is straight
        inside = (z == pattern).all(axis=1)
        places, outputs = look.artists.places[inside], net(look.artists.places).output.value[inside]
        if len(places) > 3:
            flat = np.column_stack((places, np.ones(len(places))))
            _, left, *_ = np.linalg.lstsq(flat, outputs)
            np.testing.assert_allclose(left, 0, atol=1e-18)


def test_another_activation_and_other_data_are_drawn_alike():
    look = Boundary("moons", Tanh(), epoch=8)
    assert "12 tanh units" in look.evidence()
    assert "smooth" in look.evidence()
    assert look.title == "A decision boundary on the moons"
    with pytest.raises(ValueError, match="data are 'spiral' or 'moons', not 'digits'"):
        Boundary("digits")


@pytest.mark.parametrize(
    ("activation", "said"),
    [
        (ReLU, "ReLU units .* bends only where it crosses one of the 12 lines"),
        (PReLU(), "PReLU units .* bends only where it crosses one of the 12 lines"),
        (
            Maxout(),
            "maxout units .* none of them is dead. .* bends only where it crosses one of the",
        ),
        (ELU(0.5), "ELU units .* has corners only where it crosses one of the 12 lines"),
        (SELU(), "SELU units .* has corners only where it crosses one of the 12 lines"),
        (LeakyReLU(1.0), "Each border is straight, for these units bend nothing"),
    ],
    ids=str,
)
def test_only_what_is_straight_between_the_lines_is_said_to_bend_on_them_only(activation, said):
    look = Boundary("moons", activation, epoch=3, rate=0.1)
    assert re.search(said, look.evidence())
    assert "<svg" in look.still().svg and "fault" not in look.frame(**look.state())


def test_units_that_pass_no_gradient_and_yet_answer_are_not_said_to_have_left():
    class Sign(Activation):
        def forward(self, z):
            return np.sign(z)

        def slope(self, a, z):
            return 0 * z

    words = Boundary("moons", Sign(), epoch=0).evidence()
    assert "all of them are dead. No gradient passes any unit, and the answers differ." in words


@pytest.mark.parametrize(("thing", "said"), [(np.tanh, "own Tanh"), ("tanh", "and not str")])
def test_what_is_no_activation_has_no_boundary(thing, said):
    with pytest.raises(TypeError, match=said):
        Boundary("moons", thing)


def test_a_training_that_overflows_says_so_and_the_next_move_recovers():
    look = Boundary("spiral", LeakyReLU(1.0))
    (fault,) = look.frame(**look.state(rate=20.0, units=30)).values()
    assert fault.startswith("At rate 20, training stopped at step ")
    assert "fragment" in look.frame(**look.state(rate=0.1))


@pytest.mark.parametrize("look", [UNIT, NET, BOUNDARY], ids=lambda look: type(look).__name__)
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
            assert piece not in still
            places = re.findall(r'<(?:use|text) [^>]*x="(-?[\d.]+)" y="(-?[\d.]+)"', piece)
            assert places
            for x, y in places:
                assert -5 <= float(x) <= width
                assert -5 <= float(y) <= height


def test_an_epoch_between_two_looks_is_told_as_the_look_that_is_shown():
    assert NET.alt(epoch=7) == NET.alt(epoch=7 // LOOK * LOOK)


def test_what_the_lesson_asks_to_scrub_through_needs_no_kernel():
    """Of a network that dies, every epoch; of a dead unit, every place of the data."""
    for look, name, control in [(NET, "too high", "epoch"), (UNIT, "dead for good", "up")]:
        held = [look.state(**look.starts() | state) for state in look.held()]
        places = next(c.positions for c in look.controls if c.name == control)
        for place in places:
            assert look.state(**look.starts() | look.states[name] | {control: place}) in held
