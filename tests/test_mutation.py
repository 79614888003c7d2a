"""The check of the tests is checked too: errors that nothing looks for are told, and no others."""

import mutation
import pytest
from mutation import Check, behaviour, mutants_of, mutants_of_the_walk, outcome, outcomes

from coursekit import ACTIVATIONS, OPS, Node, ReLU, backprop
from coursekit.ops import Divide, Maximum, Min, SquaredError


def blind():
    """Look at nothing."""


def sees_relu():
    z = Node([-2.0, 0.0, 0.5])
    assert ReLU()(z).value.tolist() == [0, 0, 0.5]
    assert backprop(ReLU()(z), [1.0, 10.0, 100.0])[z].tolist() == [0, 0, 100]


def found(op, *tests):
    mutants = list(mutants_of(op))
    checks = [Check(test, test.__name__, op) for test in tests]
    return mutants, list(outcomes(mutants, checks))


@pytest.mark.parametrize("op", [Divide, SquaredError, ReLU])
def test_without_a_test_that_looks_errors_survive(op):
    for tests in ([], [blind]):
        _, what = found(op, *tests)
        assert "noticed" not in what and what.count("SURVIVES") >= 10


def test_with_one_that_looks_none_survives():
    mutants, what = found(ReLU, sees_relu)
    assert [str(m) for m, w in zip(mutants, what, strict=True) if w == "SURVIVES"] == []
    assert what.count("noticed") >= 10


@pytest.mark.parametrize("op", [*OPS, *ACTIVATIONS])
def test_every_op_has_its_gradient_broken_in_sign_and_factor(op):
    told = " | ".join(map(str, mutants_of(op)))
    assert all(factor in told for factor in ("-1.0 *", "1.001 *", "2.0 *"))


def test_the_inputs_are_swapped_and_both_sides_of_a_kink_tried():
    assert any(mutant.after.endswith("[::-1]") for mutant in mutants_of(Divide))
    assert any((m.before, m.after) == ("x > y", "x >= y") for m in mutants_of(Maximum))
    assert any(m.after == "np.sign(np.sign(a) + 0.5)" for m in mutants_of(ReLU))
    assert any(m.function.__name__ == "first_wins" for m in mutants_of(Maximum))
    assert any("as Min uses it" in str(mutant) for mutant in mutants_of(Min))


def test_accumulation_and_unbroadcasting_are_lost_in_turn():
    told = [(m.before, m.after) for m in mutants_of_the_walk()]
    assert ("gradients[parent] + share", "share") in told
    assert ("unbroadcast(gradient, node, sender)", "gradient") in told


def test_what_makes_no_difference_is_no_error():
    (same,) = (mutant for mutant in mutants_of(ReLU) if mutant.after == "np.maximum(0, z)")
    assert outcome(same, [], behaviour(same.op)) == "no difference"


def test_every_change_is_taken_back():
    before = behaviour(ReLU)
    found(ReLU, blind)
    assert behaviour(ReLU) == before


def test_a_change_without_an_end_is_stopped(monkeypatch):
    monkeypatch.setattr(mutation, "PATIENCE", 0.2)

    def endless():
        while True:
            pass

    assert isinstance(mutation.failure(Check(endless, "endless")), mutation.TooLong)


def test_survivors_are_printed_and_end_in_status_1(monkeypatch, capsys):
    monkeypatch.setattr(mutation, "the_tests", lambda: [Check(blind, "blind", ReLU)])
    assert mutation.main(["ReLU"]) == 1
    assert "no test notices  activations.py" in capsys.readouterr().out
