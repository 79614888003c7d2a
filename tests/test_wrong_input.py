"""Whatever a learner hands to an explorer: one sentence, in the frame or before there is one.

An activation is drawn from its curve and trained in a net; both say in their own words what is
wrong with it. What a slider has run into is left by the next move.
"""

from dataclasses import dataclass, field

import numpy as np
import pytest
from loops import as_in_a_notebook

from coursekit import ELU, Activation, LeakyReLU, Sigmoid, explore, span
from coursekit.explorers import Boundary, Leaks, OneNeuron

WRONG = {
    "raises": lambda z: 1 / 0,
    "NaN": lambda z: np.full_like(z, np.nan),
    "infinite": lambda z: np.full_like(z, np.inf),
    "another shape": lambda z: np.zeros((7, 3)),
    "complex": lambda z: z * 1j,
    "nothing": lambda z: None,
    "text": lambda z: "a",
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


@pytest.mark.parametrize("span", [("a", 4), (4,), (-4, 4j), (-4, 4, 0.5, "a")])
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
