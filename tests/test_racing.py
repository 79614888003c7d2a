import importlib.util
import json
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from coursekit import racing
from coursekit.data import digits
from coursekit.racing import ACTIVATION, EPOCHS, GOAL, RATES, STARTS, Run, epochs_to, laps, racer
from coursekit.training import error_rate, train

SEARCH = Path(__file__).parents[1] / "experiments" / "race.py"
HE, LARGER = STARTS


def test_a_race_trains_as_train_does_to_the_last_bit():
    images, labels = digits(standardised=False)[0] / 16, digits()[1]
    seen = []

    def watch(step, net):
        if step % -(-len(images) // racing.BATCH) == 0:
            seen.append(error_rate(net, images, labels))

    net = racer("tanh", HE, seed=1)
    train(net, images, labels, 0.1, 2, racing.BATCH, seed=1, bar=False, watch=watch)
    assert list(islice(laps(net, 0.1, seed=1), 3)) == seen


def test_all_start_from_the_same_weights_and_only_hidden_ones_are_larger():
    nets = [racer(name, HE) for name in ACTIVATION]
    for net in nets[1:]:
        for mine, theirs in zip(nets[0].parameters, net.parameters, strict=True):
            np.testing.assert_array_equal(mine, theirs)
    for name, he, larger in zip(
        nets[0].names, nets[0].parameters, racer("tanh", LARGER).parameters, strict=True
    ):
        np.testing.assert_array_equal(larger, (1 if name in ("W5", "b5") else 4) * he)


def test_a_run_trains_as_far_as_somebody_looks_and_never_beyond_the_goal():
    run = Run("tanh", HE)
    assert len(run.errors) == 1
    assert run.until(1) == run.errors
    assert len(run.errors) == 2
    errors = run.until(EPOCHS)
    assert errors[-1] <= GOAL < min(errors[:-1])
    assert run.until(0) == errors[:1]


def test_a_run_that_was_interrupted_begins_anew():
    def interrupted():
        yield from ()
        raise KeyboardInterrupt

    run, whole = Run("ELU", HE), Run("ELU", HE)
    run.until(1)
    run.laps = interrupted()
    with pytest.raises(KeyboardInterrupt):
        run.until(2)
    assert run.until(2) == whole.until(2)


def test_from_the_same_weights_sigmoid_is_last_by_far_and_larger_ones_take_that_away():
    epochs = {
        (name, start): [
            epochs_to(GOAL, Run(name, start, seed).until(EPOCHS)) or EPOCHS for seed in range(2)
        ]
        for name in ("tanh", "σ")
        for start in STARTS
    }
    assert min(epochs["σ", HE]) > 5 * max(epochs["tanh", HE])
    assert max(epochs["σ", LARGER]) < 0.5 * min(epochs["σ", HE])


@pytest.fixture
def search():
    spec = importlib.util.spec_from_file_location("race_search", SEARCH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_races_at_the_best_of_the_rates_that_were_searched_and_that_lies_inside(search):
    found = json.loads(SEARCH.with_suffix(".json").read_text(encoding="utf-8"))
    assert found.keys() == STARTS.keys()
    for start, each in found.items():
        assert each.keys() == ACTIVATION.keys()
        for name, result in each.items():
            runs = {float(rate): epochs for rate, epochs in result["epochs"].items()}
            assert max(high / low for low, high in pairwise(runs)) < 3
            assert search.best_of(runs) == result["best"] == RATES[start][name]
            assert min(runs) < result["best"] < max(runs)


def test_the_search_measured_what_the_race_runs(search):
    found = json.loads(SEARCH.with_suffix(".json").read_text(encoding="utf-8"))
    for name in ("tanh", "ELU", "ReLU"):
        rate = RATES[HE][name]
        (first, *_) = found[HE][name]["epochs"][str(rate)]
        assert search.epochs(name, HE, rate, seed=0) == first


def test_the_first_time_at_the_goal_counts():
    assert epochs_to(0.05, [0.9, 0.05, 0.2, 0.01]) == 1
    assert epochs_to(0.05, [0.9]) is None
