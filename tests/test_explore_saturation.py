import re
from itertools import product

import numpy as np
import pytest
from traitlets import link

from coursekit.explorers.causes import Causes
from coursekit.explorers.saturation import ACTIVATION, Saturation
from coursekit.pictures.layers import REACH
from coursekit.probes import gaussian_flow, gradient_sizes, layers_on_digits
from coursekit.style import brief, percent

SATURATION, CAUSES = Saturation(), Causes()
STATES = [(look, name) for look in (SATURATION, CAUSES) for name in look.states]


@pytest.mark.parametrize("look", [SATURATION, CAUSES])
def test_at_most_three_controls_and_a_few_dozen_positions_without_a_kernel(look):
    assert len([control for control in look.controls if getattr(control, "slider", True)]) == 3
    held = {tuple(look.state(**state).values()) for state in look.held()}
    assert len(look.states) <= len(held) <= 40


@pytest.mark.parametrize(("look", "name"), STATES)
def test_a_named_state_has_a_picture_and_words_of_its_own(look, name):
    still = look.still(**look.states[name])
    others = [look.still(**state) for other, state in look.states.items() if other != name]
    assert still.svg not in [other.svg for other in others]
    assert still.caption not in [other.caption for other in others]
    assert "nan" not in (still.alt + still.caption + still.svg).lower()


def test_each_named_start_on_the_digits_is_what_its_name_says():
    small, right, large = (
        SATURATION.evidence(**SATURATION.states[name])
        for name in ("too small", "just right", "too large")
    )
    assert "vanishes" in small
    assert "0 % of the units" in small
    assert "gets through" in right
    assert "under 1 % of the units" in right
    assert "82 % of the units" in large
    assert "explodes" in large


@pytest.mark.parametrize("activation", ["tanh", "σ"])
@pytest.mark.parametrize("gain", [0.1, 0.7, 3.0, 10.0])
@pytest.mark.parametrize("depth", [2, 7, 10])
def test_what_the_evidence_says_of_the_digits_is_measured(activation, gain, depth):
    layers = layers_on_digits(ACTIVATION[activation], gain, depth)
    words = SATURATION.evidence(gain=gain, depth=depth, activation=activation)
    assert len(layers.gradients) == depth
    assert words.startswith(f"{depth} {activation} layers, g = {gain:g}")
    assert f"{brief(layers.gradients[0])} × the last one's" in words
    assert np.isclose(layers.factor ** (depth - 1), layers.gradients[0])


def test_what_becomes_of_the_gradient_is_true_of_all_layers_together_and_of_each_step():
    gain, depth, activation = (control.positions for control in SATURATION.controls[:3])
    fates = {
        "vanishes": (0, 0.01),
        "shrinks": (0.01, 1),
        "gets through": (0.01, 100),
        "grows": (1, 100),
        "explodes": (100, np.inf),
    }
    seen = set()
    for g, count, name in product(gain, depth, activation):
        state = {"gain": g, "depth": count, "activation": name}
        layers, words = SATURATION.layers(**state), SATURATION.evidence(**state)
        (said,) = (fate for fate in fates if f"The gradient {fate}: " in words)
        least, most = fates[said]
        assert least <= layers.gradients[0] <= most, words
        assert (said == "gets through") <= (0.59 < layers.factor < 1 / 0.59), words
        seen.add(said)
        assert len(words) <= SATURATION.longest
    assert seen == fates.keys()
    shallow = SATURATION.evidence(gain=0.1, depth=2, activation="tanh")
    assert "The gradient shrinks: each layer multiplies ∂L/∂z by 0.096" in shallow


def test_small_slopes_saturation_and_small_weights_each_let_the_gradient_vanish():
    for name in ("σ′ ≤ ¼ alone", "saturation alone", "small weights alone"):
        assert "vanishes" in CAUSES.evidence(**CAUSES.states[name])
    assert CAUSES.layers("σ", 1.0, 0.0).saturated.max() == 0
    assert CAUSES.layers("linear", 0.2236, 0.0).saturated.max() == 0
    assert CAUSES.layers("tanh", 1.0, 3.0).saturated.mean() > 0.75


def test_a_saturated_net_may_let_the_gradient_grow():
    words = CAUSES.evidence(**CAUSES.states["saturated, yet exploding"])
    assert "92 % of the units" in words
    assert "explodes" in words


@pytest.mark.parametrize("state", CAUSES.states.values(), ids=CAUSES.states)
def test_what_is_foretold_comes_true(state):
    layers = CAUSES.layers(**state)
    worst = np.abs(np.log(layers.expected / layers.gradients)).max()
    assert worst < (np.log(2) if state["bias"] or state["gain"] > 10 else np.log(1.1))


def test_the_narrow_net_of_the_picture_tells_the_same_as_the_wide_one_of_the_experiment():
    run, gradients = gaussian_flow(ACTIVATION["σ"], 1.0, n=100, width=500)
    sizes = gradient_sizes(run, gradients)
    assert CAUSES.layers("σ", 1.0, 0.0).gradients[0] == pytest.approx(sizes[0] / sizes[-1], rel=0.1)


@pytest.mark.parametrize("look", [SATURATION, CAUSES])
def test_what_moves_is_not_in_the_background_and_stays_inside_the_picture(look):
    still = look.background()
    width, height = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', still).groups())
    for state in look.states.values():
        piece = look.fragment(**state)
        assert "Saturated: " in piece
        assert "Saturated: " not in still
        for place in re.findall(
            r"[ML](-?[\d.]+) (-?[\d.]+)", re.sub(r"<defs>.*?</defs>", "", piece)
        ):
            assert -5 <= float(place[0]) <= width
            assert -5 <= float(place[1]) <= height


@pytest.mark.parametrize("layer", [1, 4, 10])
@pytest.mark.parametrize("look", [SATURATION, CAUSES])
def test_a_chosen_layer_tells_its_own_figures_after_those_of_the_net(look, layer):
    state = look.state()
    del state["layer"]
    layers, place = look.layers(**state), layer - 1
    all_of_it, own = look.evidence(), look.evidence(layer=layer)
    assert own.startswith(f"{all_of_it} In layer {layer} the {look.counted[0]} has")
    own = own.removeprefix(all_of_it)
    assert f"standard deviation {brief(look.count(layers)[place].std())}" in own
    assert f"{percent(layers.saturated[place])} of the units are saturated" in own
    assert f"{brief(layers.gradients[place])} × the last layer's" in own
    assert f"Layer {layer} is framed" in look.alt(layer=layer)


@pytest.mark.parametrize("look", [SATURATION, CAUSES])
def test_a_chosen_layer_is_framed_in_all_three_panels(look):
    frames = look.view.frames
    assert {*frames} <= {*look.move(layer=7)}
    assert [frame.axes for frame in frames] == look.view.rows
    assert [frame.get_x() + frame.get_width() / 2 for frame in frames] == [7, 7, 7]
    assert not {*frames} & {*look.move(layer=0)}


def test_only_the_layers_that_there_are_can_be_chosen_and_each_says_which_it_is():
    for depth in (2, 7):
        marks = re.findall(
            'data-mark="([^"]*)" aria-label="([^"]*)"', SATURATION.fragment(depth=depth)
        )
        layers = [f"layer {layer}" for layer in range(1, depth + 1)]
        assert marks == [(name, name) for name in [*layers, "no layer"]]
        assert {name for name, _ in marks} <= SATURATION.picks.keys()


def test_a_layer_that_is_deeper_than_the_net_waits_unseen():
    assert "fault" not in SATURATION.frame(**SATURATION.state(depth=2, layer=9))
    for seen in (SATURATION.alt, SATURATION.fragment):
        assert seen(depth=2, layer=9) == seen(depth=2, layer=0)
    assert SATURATION.evidence(depth=2, layer=9).endswith(" There is no layer 9 in this net.")


def test_the_layer_chosen_is_let_go_by_a_second_pick():
    piece = SATURATION.fragment(layer=3)
    assert piece.rindex('data-mark="no layer"') > piece.index('data-mark="layer 3"')
    assert piece.count('data-mark="no layer"') == 2  # over the column, and beside all of them
    assert SATURATION.picks["no layer"] == {"layer": 0}


@pytest.mark.parametrize("look", [SATURATION, CAUSES])
def test_every_layer_is_chosen_without_a_kernel_at_the_start(look):
    held = [look.state(**state) for state in look.held()]
    assert all(look.state(layer=layer) in held for layer in range(11))


@pytest.mark.parametrize("look", [SATURATION, CAUSES])
def test_words_of_every_state_find_room(look):
    room = len(look.player["room"])
    assert all(len(look.evidence(**look.states[s], layer=10)) <= room for s in look.states)


def test_two_explorers_that_are_linked_show_the_same_layer():
    one, other = Saturation(), Causes()
    bond = link((one, "layer"), (other, "layer"))
    one.layer = 4
    assert other.evidence() == CAUSES.evidence(layer=4)
    other.layer = 0
    assert one.evidence() == SATURATION.evidence()
    bond.unlink()


def test_no_gradient_is_drawn_outside_its_axes_and_what_lies_beyond_is_marked():
    beyond = 0
    for look in (SATURATION, CAUSES):
        controls = [control for control in look.controls if control.name != "layer"]
        low, high = REACH
        for places in product(*(control.positions for control in controls)):
            state = dict(zip((control.name for control in controls), places, strict=True))
            look.drawn  # noqa: B018  it makes the axes
            look.move(layer=0, **state)
            layers, view = look.layers(**state), look.view
            drawn = view.line.get_ydata()
            assert low <= drawn.min() and drawn.max() <= high
            assert np.nanmin(view.foretold.get_ydata()) >= low
            assert np.nanmax(view.foretold.get_ydata()) <= high
            outside = (layers.gradients < low) | (layers.gradients > high)
            marked = [np.isfinite(triangles.get_ydata()) for triangles in view.beyond]
            assert np.array_equal(marked[0] | marked[1], outside)
            assert np.array_equal(drawn[~outside], layers.gradients[~outside])
            assert ("Triangles at an edge" in look.alt(**state)) == outside.any()
            beyond += outside.any()
    assert beyond > 9
