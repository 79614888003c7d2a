"""Whatever a learner hands to an explorer: one sentence, in the frame or before there is one.

An activation is drawn from its curve and trained in a net; both say in their own words what is
wrong with it. What a slider has run into is left by the next move.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from loops import as_in_a_notebook

from coursekit import (
    ELU,
    MLP,
    Activation,
    LeakyReLU,
    Node,
    Sigmoid,
    Tanh,
    descents,
    draw,
    exp,
    explore,
    log,
    span,
    sqrt,
)
from coursekit.explorers import ActivationExplorer, Boundary, Centring, Leaks, OneNeuron, centring
from coursekit.explorers.controls import Choice

WRONG = {
    "raises": lambda z: 1 / 0,
    "NaN": lambda z: np.full_like(z, np.nan),
    "infinite": lambda z: np.full_like(z, np.inf),
    "another shape": lambda z: np.zeros((7, 3)),
    "complex": lambda z: z * 1j,
    "nothing": lambda z: None,
    "text": lambda z: "a",
}
OF_A_LAYER = {  # what a curve may be, but no layer
    "one for all": lambda z: z.sum(),
    "a sum a row": lambda z: z if z.ndim == 1 else z.sum(axis=1, keepdims=True),
}


@dataclass(frozen=True)
class Odd(Activation):
    """One that is wrong from an alpha of 0.5 on, in its values or in its slopes."""

    wrong: object = None
    in_slope: bool = False
    alpha: float = field(default=0.0, metadata=span(0, 1))

    def forward(self, z):
        return self.wrong(z) if self.alpha >= 0.5 and not self.in_slope else z

    def slope(self, a, z):
        return self.wrong(z) if self.alpha >= 0.5 and self.in_slope else np.ones_like(z)


def made(make):
    async def cell():  # in a running loop an explorer draws its held frames when it has time
        return make()

    return as_in_a_notebook(cell)


def fault(explorer, **state):
    """The sentence of a state that cannot be drawn; its still and its words have it too."""
    frame = explorer.frame(**explorer.state(**state))
    assert frame.keys() == {"fault"}
    still = explorer.still(**state)
    assert still.caption == frame["fault"]
    assert "<svg" in still.svg
    return frame["fault"]


def is_one_sentence(said):
    return said and "\n" not in said and "Traceback" not in said and len(said) < 200


@pytest.mark.parametrize("in_slope", [False, True], ids=["forward", "slope"])
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_activation_is_one_sentence_and_the_next_move_recovers(wrong, in_slope):
    odd = made(lambda: explore(Odd(wrong, in_slope)))
    assert is_one_sentence(fault(odd, alpha=1.0))
    assert "fragment" in odd.frame(**odd.state(alpha=0.0))


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_it_may_be_wrong_from_the_start_and_beside_another_one(wrong):
    for make in (
        lambda: explore(Odd(wrong, alpha=1.0)),
        lambda: explore(Sigmoid(), Odd(wrong, alpha=1.0)),
        lambda: Boundary("moons", Odd(wrong, alpha=1.0), epoch=1),
    ):
        assert is_one_sentence(fault(made(make)))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("NaN", "Odd(−6) is NaN and its slope there 1."),
        ("infinite", "Odd(−6) is ∞ and its slope there 1."),
        ("complex", "Odd.forward gives complex numbers, and only real numbers can be drawn."),
        ("another shape", "Odd.forward makes shape (7, 3) of z's (241,): one value a z, please."),
        ("one for all", "Odd.forward makes shape () of z's (2, 3): one value a z, please."),
        ("a sum a row", "Odd.forward makes shape (2, 1) of z's (2, 3): one value a z, please."),
    ],
)
def test_a_boundary_blames_the_activation_and_not_the_learning_rate(wrong, said):
    forward = (WRONG | OF_A_LAYER)[wrong]
    assert fault(made(lambda: Boundary("moons", Odd(forward, alpha=1.0)))) == said


@pytest.mark.parametrize("epoch", [0, 3])
def test_a_pole_that_no_training_runs_into_is_told_all_the_same(epoch):
    class Pole(Activation):
        def forward(self, z):
            return 1 / z

        def slope(self, a, z):
            return -1 / z**2

    said = fault(made(lambda: Boundary("moons", Pole())), epoch=epoch, rate=0.1)
    assert said == "Pole(0) is ∞ and its slope there −∞."


def test_a_steep_activation_that_is_no_fault_by_itself_wants_a_lower_rate():
    steep = Odd(lambda z: 100 * z, alpha=1.0)
    said = fault(made(lambda: Boundary("moons", steep)))
    assert said.startswith("At rate 1, training stopped at step ")
    assert said.endswith(" is not finite: choose a lower rate.")


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        (np.tanh, r"tanh of numpy keeps no graph .*: take the course's own Tanh\(\)$"),
        (math.tanh, r"tanh of math keeps no graph .*: take the course's own Tanh\(\)$"),
        (np.exp, r"exp of numpy .* own exp, as in explore\(lambda x: exp\(x\), x=\(-4, 4\)\)$"),
        (np.clip, r"clip of numpy .* own clip$"),
        (np.maximum, r"maximum of numpy .* own maximum$"),
        (abs, "abs of Python .* own functions, as in "),
        (np.arctan, "arctan of numpy .* own functions, as in "),
    ],
)
@pytest.mark.parametrize("how", [{}, {"x": (-4, 4)}], ids=["alone", "with a range"])
def test_a_function_that_keeps_no_graph_is_refused_for_one_of_the_courses(foreign, ours, how):
    for things in ((foreign,), (Sigmoid(), foreign)):
        with pytest.raises(TypeError, match=f"^{ours}"):
            explore(*things, **how)


@pytest.mark.parametrize("thing", [np.tanh, math.tanh, "tanh", 3, None, lambda z: z, Node(1.0)])
def test_what_is_no_activation_is_refused_where_one_is_compared(thing):
    for things in ((thing,), (Sigmoid(), thing)):
        if thing is not None or len(things) == 1:
            with pytest.raises(TypeError, match="own Tanh|^an activation stands here, such as"):
                ActivationExplorer(*things)


def test_the_class_of_an_activation_stands_for_one():
    assert repr(ActivationExplorer(Sigmoid, Tanh)) == repr(explore(Sigmoid(), Tanh()))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("f", "at", "said"),
    [
        (log, -2, "At x = −2, log(x) is NaN: move away from there."),
        (log, 0, "At x = 0, log(x) is −∞: move away from there."),
        (lambda x: 2 * sqrt(1 + x), -2, "At x = −2, √(1 + x) is NaN: move away from there."),
        (lambda x: exp(x * x * 100), 4, "At x = 4, exp(x × x × 100) is ∞: move away from there."),
        (lambda x: x * float("nan"), 4, "At x = 4, x × NaN is NaN: move away from there."),
    ],
)
def test_a_formula_without_a_value_says_where_and_the_next_move_recovers(f, at, said):
    formula = made(lambda: explore(lambda x: f(x), x=(-4, 4)))
    assert fault(formula, x=at) == said
    assert is_one_sentence(said)
    if "NaN is" not in said:
        assert formula.frame(x=1)["evidence"].startswith("At x = 1, f = ")


def test_a_formula_without_a_slope_says_so():
    root = made(lambda: explore(lambda x: sqrt(x), x=(-4, 4)))
    assert root.evidence(x=0).endswith("Nudge x a little and no slope says how far f moves.")


def test_a_descent_that_diverges_is_one_sentence_and_the_next_move_recovers(monkeypatch):
    monkeypatch.setitem(descents.OUTPUTS, "ReLU", lambda z: 100 * z)  # as wide as no layer sends it
    centring.learning.cache_clear()
    try:
        hill = made(Centring)
        said = fault(hill, activation="ReLU")
        assert said == "the descent runs away from its target: take a lower rate than 0.5"
        assert "fragment" in hill.frame(**hill.state(activation="tanh"))
    finally:
        centring.learning.cache_clear()


@pytest.mark.parametrize("alpha", [None, 1j, float("nan"), float("inf"), "0.1"])
def test_an_alpha_that_is_no_number_is_refused(alpha):
    with pytest.raises(ValueError, match="^alpha has to be a finite number, not "):
        explore(ELU(alpha=alpha))


def test_an_alpha_out_of_range_is_refused_where_it_has_one_and_gets_room_where_not():
    with pytest.raises(ValueError, match="^alpha runs from 0 to 1, and 3 lies outside$"):
        Leaks(alpha=3)
    wide = made(lambda: explore(LeakyReLU(alpha=-3)))
    assert wide.evidence().startswith("α = −3: ")


@pytest.mark.parametrize("data", [[], np.zeros((0, 2)), None, "digits"])
def test_data_that_a_boundary_does_not_have_are_refused(data):
    with pytest.raises(ValueError, match="^data are 'spiral' or 'moons', not "):
        Boundary(data)


def test_an_empty_data_set_leaves_a_card_with_a_sentence_wherever_the_sliders_stand():
    empty = made(lambda: OneNeuron(np.zeros((0, 2)), []))
    for w1 in (-6.0, 2.0):
        assert fault(empty, w1=w1).startswith("There are no points: ")


@pytest.mark.parametrize("span", [("a", 4), (-4, 4j), (-4, 4, 0.5, "a")])
def test_a_range_of_no_numbers_is_refused(span):
    with pytest.raises(ValueError, match=r"^x moves between real numbers, as in x=\(-4, 4\), not "):
        explore(lambda x: x * x, x=span)


@pytest.mark.parametrize("name", ["bend", "z", "cloud", "title"])
def test_a_field_with_a_name_that_the_picture_needs_is_refused_in_the_readers_words(name):
    kept = {"__annotations__": {name: float}, name: field(default=1.0, metadata=span(0, 2))}
    mine = dataclass(frozen=True)(type("Mine", (Sigmoid,), kept))
    with pytest.raises(ValueError, match=f"^'{name}' is a name that this picture needs itself: "):
        explore(mine())


@pytest.mark.parametrize("ends", [(0, 0.7), (-3.14159265358979, 3.14159265358979), (0, 1e-3)])
def test_a_range_that_half_steps_do_not_fill_is_gone_through_to_its_end(ends):
    (x,) = made(lambda: explore(lambda x: x * x, x=ends)).controls
    assert (x.positions[0], x.positions[-1], len(x.positions)) == (*ends, 21)
    with pytest.raises(ValueError, match="^x runs from 0 to 1, and steps of 0.3 do not end there"):
        explore(lambda x: x * x, x=(0, 1, 0.3))


NET = MLP([2, 3, 1], Tanh())
RUN = NET([[1.0, 2.0]])
X = Node(3.0, "x")


@pytest.mark.parametrize(
    ("made", "said"),
    {
        "a unit without its layer": (
            lambda: explore(RUN, unit=1),
            "a unit is a layer from 1 and a place from 0, as in unit=(1, 0), and not 1",
        ),
        "a unit of three": (
            lambda: explore(RUN, unit=(1, 2, 3)),
            "a unit is a layer from 1 and a place from 0, as in unit=(1, 0), and not (1, 2, 3)",
        ),
        "half a layer": (
            lambda: explore(RUN, unit=(1.5, 0)),
            "there is no layer 1.5: they run from 1 to 2",
        ),
        "an example by name": (
            lambda: explore(RUN, unit=(1, 0), example="a"),
            "there is no example 'a': they run from 0 to 0",
        ),
        "an example of all units by name": (
            lambda: explore(RUN, example=7),
            "there is no example 7: they run from 0 to 0",
        ),
        "a unit of what is no network": (
            lambda: explore(X * X, unit=(1, 0)),
            "units are those of a network's pass, as in explore(net(x), unit=(1, 0))",
        ),
        "a network without inputs": (
            lambda: explore(NET),
            "a network is explored by what it makes of its inputs, as in explore(net(x))",
        ),
        "a fold by its name": (
            lambda: explore(X * X, fold="yes"),
            "fold is True, False or a mapping such as {'swish': (a, z)}, and not 'yes'",
        ),
        "a fold of one thing": (
            lambda: draw(X * X, fold={"swish": X}),
            "'swish' folds an output and its inputs, as in {'swish': (a, z)}",
        ),
        "steps that are a number": (
            lambda: draw(X * X, 3),
            "steps are what a walk yields, as backprop_steps does, and not 3",
        ),
        "a formula that wants inputs": (
            lambda: draw(lambda x: x),
            "draw wants a node, or a function without parameters that returns one: this one wants "
            "(x)",
        ),
        "a range of five": (
            lambda: explore(lambda x: x, x=(0, 1, 0.5, 0, 3)),
            "x moves from one number to another, maybe in steps and from a start, as in "
            "x=(-4, 4, 0.5, 2), and not (0, 1, 0.5, 0, 3)",
        ),
        "an empty range": (
            lambda: explore(lambda x: x, x=()),
            "x moves from one number to another, maybe in steps and from a start, as in "
            "x=(-4, 4, 0.5, 2), and not ()",
        ),
        "a range by the name of its input": (
            lambda: explore(lambda weight: weight * 2),
            "nothing moves yet: give an input a range, such as weight=(-4, 4)",
        ),
        "a range of too many steps": (
            lambda: explore(lambda x: x, x=(0, 1, 1e-6)),
            "x moves in at most 200 steps, and 1e+06 of 1e-06 make up 0 to 1: take larger ones, as "
            "in x=(0, 1, 0.05)",
        ),
        "an input called states": (
            lambda: explore(lambda states: states * 2, states=(-4, 4)),
            "states are named places, as in states={'tie': {'x': 2}}: call the input something "
            "else",
        ),
        "no options": (lambda: Choice("x", "x", ()), "x has no options to choose from"),
        "a start that is none of them": (
            lambda: Choice("x", "x", ("a", "b"), start="c"),
            "x is one of 'a', 'b', and not 'c'",
        ),
    }.values(),
)
def test_a_wrong_argument_gets_one_sentence(made, said):
    with pytest.raises((TypeError, ValueError)) as refused:
        made()
    assert str(refused.value) == said


def test_an_input_may_be_called_what_the_parameter_of_explore_is_called():
    look = explore(lambda thing: thing * 2, thing=(-4, 4))
    assert look.evidence(thing=3).startswith("At thing = 3")


def test_labels_without_points_are_not_passed_over():
    assert fault(made(lambda: OneNeuron(labels=[0, 1]))).startswith("Points are n finite pairs")


def test_a_long_range_moves_in_fewer_steps():
    look = explore(lambda x: x * 2, x=(0, 5000))
    assert len(look.controls[0].positions) == 21
