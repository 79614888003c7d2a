import math
import re
from dataclasses import dataclass, field
from xml.etree import ElementTree

import numpy as np
import pytest

from coursekit import (
    ACTIVATIONS,
    ELU,
    Activation,
    Elementwise,
    LeakyReLU,
    Maxout,
    PReLU,
    ReLU,
    Sigmoid,
    Tanh,
    maximum,
    span,
)
from coursekit.explorers import explore
from coursekit.explorers.activation import ActivationExplorer
from coursekit.pictures.curves import Outputs

OURS = [each for each in ACTIVATIONS if issubclass(each, Elementwise)]


@pytest.mark.parametrize("activation", OURS)
def test_any_activation_can_be_explored_by_its_class_or_an_instance(activation):
    for thing in (activation, activation()):
        explorer = explore(thing)
        assert isinstance(explorer, ActivationExplorer)
        assert explorer.evidence() in explorer.still().caption
        ElementTree.fromstring(explorer.still().svg)


def test_the_words_are_true_of_the_sigmoid():
    words = explore(Sigmoid()).evidence
    assert words(z=2.5).startswith("σ′(2.5) = 0.0701, 28 % of its largest, 0.25.")
    assert "7 % of its largest, 0.25. Five such layers let 2e-9 through." in words(z=4.0)
    assert ": saturated." in words(z=5)
    assert math.isclose((0.25 * 0.0707) ** 5, 2e-9, rel_tol=0.15)


def test_what_one_layer_does_is_said_of_the_extremes():
    assert "Five such layers let all of it through." in explore(Tanh()).evidence(z=0)
    assert "ReLU′(−1) = 0: nothing of a gradient comes through." in explore(ReLU()).evidence(z=-1)
    assert "by choice, for the slope jumps at this kink" in explore(ReLU()).evidence(z=0)


def test_the_fields_of_an_activation_are_sliders_by_themselves():
    explorer = explore(ELU(0.5))
    _, alpha, _ = explorer.controls
    assert (alpha.name, alpha.label, alpha.low, alpha.high) == ("alpha", "α", 0, 2)
    assert explorer.alpha == 0.5
    assert explorer.evidence(z=-1, alpha=2).startswith("α = 2: ELU′(−1) = 0.736")


def test_a_value_outside_its_span_is_still_on_the_slider():
    assert explore(LeakyReLU(1.5)).alpha == 1.5


def test_the_curve_is_drawn_once_unless_a_parameter_bends_it():
    assert len(explore(Tanh()).fragment(z=1)) < 6_000
    bent = explore(ELU())
    assert bent.fragment(z=1, alpha=0.1) != bent.fragment(z=1, alpha=2)
    title = re.search(r'y="(-?[\d.]+)"[^>]*>ELU flattens on one side', bent.fragment(z=1, alpha=2))
    assert 5 < float(title[1]) < 40


def test_named_states_lie_where_they_say():
    explorer = explore(Sigmoid())
    assert explorer.states["steepest"]["z"] == 0
    assert ": saturated" in explorer.evidence(**explorer.states["saturated"])


def test_the_point_can_be_dragged_along_z():
    explorer = explore(Tanh())
    handle = explorer.player["handles"]["z"]
    assert handle["control"] == "z"
    place = re.search(r'data-mark="z".*?<use [^>]*x="([\d.]+)"', explorer.fragment(z=3))
    share = (float(place[1]) - handle["low"]) / (handle["high"] - handle["low"])
    assert share == pytest.approx(0.75, abs=1e-3)


@dataclass(frozen=True)
class Swish(Activation):
    """As a learner writes it in a cell, with a parameter of its own."""

    beta: float = field(default=1.0, metadata=span(0, 3))

    def forward(self, z):
        return z / (1 + np.exp(-self.beta * z))

    def slope(self, a, z):
        return self.beta * a + (1 - self.beta * a) / (1 + np.exp(-self.beta * z))


def test_an_activation_of_a_notebook_cell_needs_no_registration():
    explorer = explore(Swish())
    assert explorer.beta == 1
    assert explorer.evidence(z=0, beta=2).startswith("β = 2: Swish′(0) = 0.5")


class Plain(Activation):
    def forward(self, z):
        return np.sin(z)

    def slope(self, a, z):
        return np.cos(z)


def test_an_activation_need_not_be_a_dataclass():
    assert [control.name for control in explore(Plain()).controls] == ["z", "cloud"]


def broken(forward, slope=lambda a, z: np.ones_like(z)):
    made = type("Mine", (Activation,), {})
    made.forward = lambda self, z: forward(z)
    made.slope = lambda self, a, z: slope(a, z)
    return made()


@pytest.mark.parametrize(
    ("forward", "sentence"),
    [
        (lambda z: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda z: z[:2], "Mine.forward makes shape (2,)"),
        (lambda z: z * 1j, "Mine.forward gives complex numbers"),
        (lambda z: z * np.nan, "Mine(2.5) is NaN"),
    ],
)
def test_a_broken_activation_shows_one_sentence_inside_the_frame(forward, sentence):
    explorer = explore(broken(forward))
    assert sentence in explorer.frame(z=2.5)["fault"]
    assert sentence in explorer.still().caption
    assert sentence in repr(explorer)


def test_a_slope_that_is_not_written_yet_is_not_tried_yet():
    unwritten = type("Mine", (Activation,), {"forward": lambda self, z: z})
    assert explore(unwritten()).frame()["fault"].startswith("Not tried yet: Mine needs a slope")


def test_it_recovers_with_the_next_move():
    explorer = explore(broken(np.sqrt, lambda a, z: 0.5 / a))
    assert "Mine(−2) is NaN" in explorer.frame(z=-2)["fault"]
    assert explorer.frame(z=4)["evidence"].startswith("Mine′(4) = 0.25")


@pytest.mark.parametrize("thing", [3, "tanh", np.zeros(3)])
def test_what_is_no_activation_is_refused_in_one_sentence(thing):
    with pytest.raises(TypeError, match="^explore takes an activation, .*, not "):
        explore(thing)


@pytest.mark.parametrize("activation", OURS)
def test_a_saved_notebook_stays_small(activation):
    explorer = explore(activation())
    state = explorer.get_state()
    assert sum(len(str(value)) for value in state.values()) < 80_000
    assert len(explorer.still()._repr_html_()) < 20_000


def test_what_prelu_learns_is_a_slider_and_has_a_slope_of_its_own():
    prelu, leaky = explore(PReLU()), explore(LeakyReLU())
    assert [control.label for control in prelu.controls][:2] == ["pre-activation z", "α"]
    assert prelu.alpha == 0.25
    words = prelu.evidence(z=-2, alpha=0.5)
    assert words.startswith("α = 0.5: PReLU′(−2) = 0.5, 50 % of its largest, 1. Five such layers")
    assert " Its slope in α is −2." in words
    assert " Its slope in α is 0." in prelu.evidence(z=3, alpha=0.5)
    assert prelu.states["kink"]["z"] == 0
    for z in (-2, 0.5):
        told, same = (each.evidence(z=z, alpha=0.25) for each in (prelu, leaky))
        assert told.replace("PReLU", "Leaky ReLU").split(" Its")[0] in same


def test_an_op_with_learned_inputs_of_a_notebook_cell_is_explored_too():
    class Softplus(Elementwise):
        def forward(self, z, beta):
            return np.logaddexp(0, beta * z)

        def local_gradients(self, a, z, beta):
            share = 1 / (1 + np.exp(-beta * z))
            return beta * share, z * share

    explorer = explore(Softplus())
    words = explorer.evidence(z=2, beta=1)
    assert words.startswith("β = 1: Softplus′(2) = 0.881, ")
    assert " Its slope in β is 1.76." in words
    ElementTree.fromstring(explorer.still().svg)


def test_what_has_no_curve_over_z_is_refused_with_a_formula_that_works():
    for thing in (Maxout, Maxout()):
        with pytest.raises(TypeError, match="^Maxout has no curve over a single z: explore") as why:
            explore(thing)
    formula = str(why.value).split("such as ")[1]
    shown = eval(formula, {"explore": explore, "maximum": maximum})
    assert "f = max(z, w × z) = 1" in shown.evidence(z=1)


def test_a_kink_that_a_parameter_smooths_away_is_none():
    leaky = explore(LeakyReLU())
    assert "kink" in leaky.evidence(z=0, alpha=0.5)
    assert "kink" not in leaky.evidence(z=0, alpha=1)


def test_two_activations_stand_side_by_side_on_the_same_scale():
    pair = explore(Sigmoid, Tanh(), z=1)
    assert [control.name for control in pair.controls] == ["z", "cloud"]
    words = pair.evidence(z=5)
    assert "σ′(5) = 0.00665" in words
    assert "tanh′(5) = 0.000182" in words
    upper = [view.upper for view in pair.views]
    assert upper[0].get_ylim() == upper[1].get_ylim()
    assert pair.player["handles"].keys() == {"z", "z1"}
    assert {"z", "z1"} <= set(re.findall(r'data-mark="(.*?)"', pair.fragment(z=1)))
    with pytest.raises(TypeError, match="only activations are explored side by side, and two"):
        explore(Sigmoid(), Tanh(), ReLU())
    with pytest.raises(TypeError, match="only activations are explored side by side, and two"):
        explore(Sigmoid(), 3)


@pytest.mark.parametrize(
    ("activation", "mean"),
    [(ReLU(), 0.3989), (LeakyReLU(), 0.3950), (ELU(), 0.1605), (Tanh(), 0.0), (Sigmoid(), 0.5)],
)
def test_the_mean_of_what_comes_out_is_that_of_normal_inputs(activation, mean):
    ours = Outputs.of(activation)
    assert ours.a.mean() == pytest.approx(mean, abs=1e-4)
    assert ours.words() in explore(activation).evidence(cloud=1.0)


def test_a_wide_cloud_crowds_where_the_curve_is_flat():
    explorer = explore(Tanh())
    assert "0.63, 3 % of it saturated" in explorer.evidence(cloud=1.0)
    assert "0.9, 59 % of it saturated" in explorer.evidence(**explorer.states["wide cloud"])


def test_an_activation_with_two_parameters_has_three_sliders_all_the_same():
    @dataclass(frozen=True)
    class Mine(Activation):
        scale: float = field(default=1.0, metadata=span(0.5, 3))
        shift: float = field(default=0.0, metadata=span(-1, 1))

        def forward(self, z):
            return self.scale * z + self.shift

        def slope(self, a, z):
            return np.full_like(z, self.scale)

    explorer = explore(Mine())
    assert [control.name for control in explorer.controls] == ["z", "scale", "shift"]
    assert explorer.evidence(shift=1.0).endswith(
        "leaves Mine with mean 1 and spread 1, 0 % of it saturated."
    )


def test_an_activation_that_is_flat_everywhere_says_so():
    flat = broken(np.sign, lambda a, z: np.zeros_like(z))
    assert "Mine is flat everywhere" in explore(flat).still().alt
    assert "nothing of a gradient comes through" in explore(flat).evidence()


def test_its_marks_are_whole_at_the_ends_of_the_axis():
    look = ActivationExplorer(Sigmoid())
    look.drawn  # noqa: B018  it makes the axes
    marks = [mark for view in look.views for mark in (view.point, view.height)]
    assert not any(mark.get_clip_on() for mark in marks)


class Swept(Activation):
    """As a learner writes it in a cell: its parameter is no field and has no span."""

    def __init__(self, width):
        self.width = width

    def forward(self, z):
        return np.tanh(z / self.width)

    def slope(self, a, z):
        return (1 - a**2) / self.width


def rewritten():
    return type("Plain", (Plain,), {"slope": lambda self, a, z: -np.cos(z)})()


@pytest.mark.parametrize(
    ("one", "other", "names"),
    [
        (ELU(0.3), ELU(1.5), ("ELU(α = 0.3)", "ELU(α = 1.5)")),
        (LeakyReLU(), LeakyReLU(0.3), ("Leaky ReLU(α = 0.01)", "Leaky ReLU(α = 0.3)")),
        (PReLU(), ReLU(), ("PReLU(α = 0.25)", "ReLU")),
        (PReLU(), LeakyReLU(0.25), ("PReLU(α = 0.25)", "Leaky ReLU(α = 0.25)")),
        (Swish(0.5), Swish(2.0), ("Swish(β = 0.5)", "Swish(β = 2)")),
        (Swept(1), Swept(2), ("Swept(width = 1)", "Swept(width = 2)")),
        (Plain(), rewritten(), ("Plain₁", "Plain₂")),
        (Sigmoid(), Tanh(), ("σ", "tanh")),
    ],
)
def test_a_pair_is_told_apart_in_words_titles_and_alt(one, other, names):
    pair = explore(one, other)
    words, alt = pair.evidence(z=-1), pair.alt(z=-1)
    heads = [view.head.get_text().replace("\n", " ") for view in pair.views]
    for name, head in zip(names, heads, strict=True):
        assert f"{name}′(−1) = " in words and f"{name} with mean" in words
        assert f" {name} between z = " in alt
        assert head.startswith(f"{name} ")
        assert name in pair.title
    assert len({names, *heads}) == 3


def test_the_slope_in_what_is_learned_stands_beside_its_own_activation():
    words = explore(PReLU(), ReLU()).evidence(z=-1)
    assert "Its slope in α is −1. ReLU′(−1) = 0" in words


@pytest.mark.parametrize("pair", [(LeakyReLU(), LeakyReLU(0.125)), (Sigmoid(), Tanh())], ids=repr)
def test_the_titles_of_a_pair_have_their_room(pair):
    look = explore(*pair)
    figure, _ = look.drawn
    for view in look.views:
        box = view.head.get_window_extent()
        assert box.y1 <= figure.bbox.y1 and box.y0 >= view.upper.bbox.y1
        assert box.width < view.upper.bbox.width
