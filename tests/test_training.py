import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tqdm.auto
import tqdm.notebook

from coursekit import (
    ACTIVATIONS,
    Activation,
    LeakyReLU,
    Maxout,
    PReLU,
    ReLU,
    Tanh,
    binary_cross_entropy,
    cross_entropy,
    mean,
    notebooks,
    squared_error,
    training,
)
from coursekit.data import digits, moons, spiral
from coursekit.nets import MLP, Many, he
from coursekit.optimisers import SGD, Adam, Momentum
from coursekit.recording import Recording, record
from coursekit.training import error_rate, train, train_at_once, train_each

IMAGES, LABELS = digits()
POINTS, ARMS = spiral()
SEARCH = Path(__file__).parents[1] / "experiments" / "learning_rates.json"


def by_hand(net, rate, epochs, batch, seed):
    """Train a net of two layers as one would write it without an engine."""
    (W1, b1, W2, b2), rng = (array.copy() for array in net.parameters), np.random.default_rng(seed)
    for _ in range(epochs):
        order = rng.permutation(len(IMAGES))
        for some in np.split(order, range(batch, len(IMAGES), batch)):
            x, y = IMAGES[some], LABELS[some]
            a = np.tanh(x @ W1 + b1)
            likely = np.exp(a @ W2 + b2)
            likely /= likely.sum(axis=1, keepdims=True)
            dz2 = (likely - np.eye(10)[y]) / len(y)
            dz1 = dz2 @ W2.T * (1 - a**2)
            W1, b1 = W1 - rate * x.T @ dz1, b1 - rate * dz1.sum(axis=0)
            W2, b2 = W2 - rate * a.T @ dz2, b2 - rate * dz2.sum(axis=0)
    return W1, b1, W2, b2


def test_training_takes_the_steps_that_one_would_write_by_hand():
    net = MLP([64, 20, 10], Tanh(), seed=3)
    history = train(net, IMAGES, LABELS, rate=0.1, epochs=2, batch=100, seed=3, bar=False)
    expected = by_hand(net, rate=0.1, epochs=2, batch=100, seed=1003)
    for array, hand in zip(history.net.parameters, expected, strict=True):
        np.testing.assert_allclose(array, hand, atol=1e-10)


def test_the_short_last_batch_is_kept():
    net = MLP([64, 5, 10], Tanh())
    assert len(train(net, IMAGES, LABELS, 0.1, epochs=2, batch=32, bar=False).losses) == 2 * 57


def test_training_twice_gives_the_same_and_leaves_the_net_as_it_was():
    net = MLP([64, 5, 10], Tanh())
    before = [array.copy() for array in net.parameters]
    one, two = (train(net, IMAGES, LABELS, 0.3, epochs=1, bar=False) for _ in range(2))
    assert np.array_equal(one.losses, two.losses)
    assert all(map(np.array_equal, net.parameters, before))


def test_training_several_nets_is_training_each_with_its_own_seed():
    nets = [MLP([64, 5, 10], Tanh(), seed=seed) for seed in range(2)]
    together = train_each(nets, IMAGES, LABELS, 0.3, epochs=1, bar=False)
    for seed, (net, history) in enumerate(zip(nets, together, strict=True)):
        alone = train(net, IMAGES, LABELS, 0.3, epochs=1, seed=seed, bar=False)
        assert np.array_equal(alone.losses, history.losses)


def test_errors_of_an_epoch_are_counted_before_each_step():
    net = MLP([64, 5, 10], Tanh())
    history = train(net, IMAGES, LABELS, rate=0.0, epochs=2, bar=False)
    assert history.errors.tolist() == [error_rate(net, IMAGES, LABELS)] * 2


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_loss_that_is_not_finite_stops_training_and_names_step_layer_and_node(place):
    net = MLP([64, 5, 5, 10], ReLU())
    parameters = list(net.parameters)
    parameters[2 * place - 1] = np.full_like(parameters[2 * place - 1], 1e308)
    parameters[2 * place - 2] = 1e300 * np.abs(parameters[2 * place - 2])
    images = np.abs(IMAGES) * 1e10
    history = train(net.with_parameters(parameters), images, LABELS, 0.1, bar=False)
    first = "the result of @ of shape"
    assert history.stopped.startswith(f"stopped at step 1: in layer {place}, {first} (32, ")
    assert history.stopped.endswith(") is not finite")
    assert len(history.losses) == 1
    assert len(history.errors) == 0
    assert history.stopped in repr(history)


def test_a_rate_that_is_too_high_is_told_in_words_and_the_history_is_kept():
    history = train(MLP([64, 30, 30, 10], ReLU()), IMAGES, LABELS, rate=1e6, bar=False)
    assert "is not finite" in history.stopped
    assert 1 < len(history.losses) < 285


def test_a_run_that_stopped_keeps_what_it_saw_and_tells_it():
    net = MLP([64, 5, 5, 10], LeakyReLU(1.0))
    history = train(net, IMAGES[:64], LABELS[:64], rate=10, epochs=9, bar=False)
    steps, epochs = len(history.losses), len(history.errors)
    assert 2 <= epochs < 9
    assert 2 * epochs < steps <= 2 * (epochs + 1)
    first, last = history.errors[0], history.errors[-1]
    end = f", {steps} steps, error {first:.2f} → {last:.2f}, {history.stopped})"
    assert repr(history).endswith(end)


def test_a_history_of_one_epoch_says_its_one_error():
    history = train(MLP([64, 5, 10], Tanh()), IMAGES, LABELS, 0.1, epochs=1, bar=False)
    assert repr(history).endswith(f", 57 steps, error {history.errors[0]:.2f})")


def test_the_bar_says_step_and_loss_and_no_time(capsys):
    train(MLP([64, 5, 10], Tanh()), IMAGES[:64], LABELS[:64], rate=0.1, epochs=1, bar="well")
    shown = capsys.readouterr().err.split("\r")[-1]
    assert "█ well: step 2 of 2, loss 2." in shown
    assert "it/s" not in shown


def test_a_notebook_that_is_not_running_says_how_many_steps_and_not_which(monkeypatch):
    shown = []
    monkeypatch.setattr("tqdm.auto.tqdm", tqdm.notebook.tqdm)
    monkeypatch.setattr("tqdm.notebook.display", lambda bar: shown.append((bar, repr(bar))))
    train(MLP([64, 5, 10], Tanh()), IMAGES[:64], LABELS[:64], rate=0.1, epochs=1, bar="well")
    ((bar, stored),) = shown
    assert stored == "well: 2 steps"
    left, _, right = (part.value for part in bar.children)
    assert left == "", "a name on the left would push its bar to the right"
    assert right.replace("\u2007", " ").strip().startswith("well: step 2 of 2, loss 2.")


def test_tqdm_is_imported_only_for_a_bar():
    program = """
import sys
from coursekit import Tanh
from coursekit.data import digits
from coursekit.nets import MLP
from coursekit.training import train
train(MLP([64, 10], Tanh()), *digits(), rate=0.1, epochs=1, bar=False)
assert "tqdm" not in sys.modules and "matplotlib" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_learning_rates_were_searched_on_a_fine_grid_with_the_best_inside():
    starts = json.loads(SEARCH.read_text(encoding="utf-8"))["starts"]
    for start in starts.values():
        rates = [float(rate) for rate in start["rates"]]
        assert max(np.divide(rates[1:], rates[:-1])) < 3
        assert start["best"] is None or rates[0] < start["best"] < rates[-1]
        assert all(len(run["errors"]) >= 3 for run in start["rates"].values())


def test_too_small_never_starts_well_learns_and_too_large_learns_worse():
    starts = json.loads(SEARCH.read_text(encoding="utf-8"))["starts"]
    small = [error for run in starts["too small"]["rates"].values() for error in run["errors"]]
    assert starts["too small"]["best"] is None
    assert min(small) > 0.85
    well, large = (starts[name] for name in ("well", "too large"))
    best = [np.median(start["rates"][str(start["best"])]["errors"]) for start in (well, large)]
    assert best[0] < 0.02
    assert 0.2 < best[1] < 0.5


def test_lesson_06_trains_as_the_search_did_at_the_rate_that_it_found_best():
    found = json.loads(SEARCH.read_text(encoding="utf-8"))
    cells = notebooks.read(SEARCH.parents[1] / "solutions" / "06_saturation.ipynb").cells
    code = next(cell.source for cell in cells if cell.id == "train")
    (rate,) = re.findall(r"train_each\(nets, images, labels, ([\d.]+)", code)
    assert {start["best"] for start in found["starts"].values()} == {float(rate), None}
    for name, start in found["starts"].items():
        assert f'"{name}": {start["gain"]}' in code
    assert "MLP([64, *[100] * 5, 10], Tanh(), scaled(gain), seed)" in code
    assert found["setup"]["sizes"] == [64, *[100] * 5, 10]


@pytest.mark.parametrize("count", ["epochs", "batch"])
def test_training_without_an_epoch_or_a_batch_is_refused(count):
    images, labels = digits()
    with pytest.raises(ValueError, match=f"at least one of its {count}, not 0"):
        train(MLP([64, 10], Tanh()), images, labels, rate=0.1, bar=False, **{count: 0})


def test_training_on_more_examples_than_labels_is_refused():
    with pytest.raises(ValueError, match="1797 examples need as many labels, not 7"):
        train(MLP([64, 10], Tanh()), IMAGES, LABELS[:7], rate=0.1, bar=False)


@pytest.mark.parametrize("activation", [PReLU(), Maxout()])
def test_an_activation_that_learns_trains_with_its_net(activation):
    net = MLP([2, 30, 30, 3], activation, he)
    history = train(net, POINTS, ARMS, 0.1, epochs=60, bar=False)
    assert history.errors[-1] < 0.1 < 0.4 < history.errors[0]
    last = [array - history.net.parameters[place] for place, array in enumerate(net.parameters)]
    assert all(np.abs(change).max() > 0.01 for change in last)


def test_prelu_finds_the_slope_that_made_its_data():
    x = np.random.default_rng(0).normal(size=(500, 1))
    one = MLP([1, 1, 1], PReLU()).with_parameters([[[1.0]], [0.0], [[1.0]], [0.0], 0.25])
    history = train(
        one, x, LeakyReLU(0.3).forward(x), 0.2, epochs=200, batch=500, bar=False, loss=squared_error
    )
    assert float(history.net.parameters[-1]) == pytest.approx(0.3, abs=0.01)


def test_each_loss_trains_what_it_is_for():
    points, moon = moons()
    net = MLP([2, 16, 1], Tanh())
    binary = train(
        *(net, points, moon[:, None], 1), epochs=80, bar=False, loss=binary_cross_entropy
    )
    assert binary.errors[-1] < 0.02
    assert error_rate(binary.net, points, moon[:, None]) < 0.02
    wave = np.sin(3 * points[:, :1])
    fitted = train(net, points, wave, 0.1, epochs=100, bar=False, loss=squared_error)
    assert fitted.losses[-7:].mean() < 0.2 * fitted.losses[:7].mean()
    assert len(fitted.errors) == 0


def test_a_loss_of_ones_own_trains():
    history = train(
        *(MLP([2, 16, 1], Tanh()), POINTS, POINTS[:, :1] ** 2, 0.3),
        bar=False,
        epochs=20,
        loss=lambda output, wanted: mean((output - wanted) ** 4),
    )
    assert history.losses[-1] < history.losses[0]


def test_what_is_no_single_number_is_no_loss():
    with pytest.raises(ValueError, match=r"one number, and output of shape \(32, 3\) is not"):
        train(MLP([2, 3], Tanh()), POINTS, ARMS, 0.1, bar=False, loss=lambda out, labels: out)


@pytest.mark.parametrize("optimiser", [Momentum(), Adam()])
def test_another_optimiser_takes_its_own_steps_and_remembers(optimiser):
    net = MLP([2, 8, 3], Tanh())
    some = train(net, POINTS, ARMS, 0.01, epochs=3, batch=300, bar=False, optimiser=optimiser)
    arrays, state = net.parameters, None
    for _ in range(3):
        plain = train(net.with_parameters(arrays), POINTS, ARMS, 1, epochs=1, batch=300, bar=False)
        slopes = [w - new for w, new in zip(arrays, plain.net.parameters, strict=True)]
        arrays, state = optimiser.step(arrays, slopes, 0.01, state)
    for trained, stepped in zip(some.net.parameters, arrays, strict=True):
        np.testing.assert_allclose(trained, stepped, rtol=1e-5, atol=1e-7)


def test_adam_learns_the_spiral_at_a_rate_at_which_plain_descent_hardly_moves():
    net = MLP([2, 30, 30, 3], ReLU(), he)
    plain, adam = (
        train(net, POINTS, ARMS, 0.01, epochs=40, bar=False, optimiser=optimiser)
        for optimiser in (SGD(), Adam())
    )
    assert adam.errors[-1] < 0.1 < 0.3 < plain.errors[-1]


def test_whoever_watches_sees_each_net_from_before_the_first_step():
    nets, net = {}, MLP([2, 3], Tanh())
    history = train(net, POINTS, ARMS, 0.1, epochs=1, bar=False, watch=nets.__setitem__)
    assert list(nets) == list(range(11))
    assert nets[0] is net
    assert all(map(np.array_equal, nets[10].parameters, history.net.parameters))


def test_whoever_watches_now_and_then_sees_the_same_nets():
    all_of_them, some = {}, {}
    net = MLP([2, 3], Tanh())
    train(net, POINTS, ARMS, 0.1, epochs=2, bar=False, watch=all_of_them.__setitem__)
    train(net, POINTS, ARMS, 0.1, epochs=2, bar=False, watch=some.__setitem__, every=7)
    assert list(some) == [0, 7, 14]
    for step, seen in some.items():
        for mine, theirs in zip(seen.parameters, all_of_them[step].parameters, strict=True):
            np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("place", ["bar", "watch"])
def test_an_interrupted_training_keeps_what_was_trained(place):
    seen = []

    def stop(*args):
        seen.append(args)
        if len(seen) == 15:
            raise KeyboardInterrupt

    net = MLP([2, 3], Tanh())
    how = {"bar": False} | {place: stop}
    history = train(net, POINTS, ARMS, 0.1, **how)
    steps = 15 if place == "bar" else 14
    assert history.stopped == f"stopped at step {steps}: interrupted"
    assert len(history.losses) == steps and len(history.errors) == 1
    nets = {}
    train(net, POINTS, ARMS, 0.1, epochs=2, bar=False, watch=nets.__setitem__)
    assert all(map(np.array_equal, history.net.parameters, nets[14].parameters))


def test_an_interrupted_replay_leaves_no_step_half_taken(monkeypatch):
    replay, replays = Recording.__call__, []

    def stopped(recording, values=None):
        gradients = replay(recording, values)
        replays.append(values)
        if sum(values is not None for values in replays) == 15:
            raise KeyboardInterrupt
        return gradients

    nets, net = {}, MLP([2, 3], Tanh())
    train(net, POINTS, ARMS, 0.1, epochs=2, bar=False, watch=nets.__setitem__)
    monkeypatch.setattr(Recording, "__call__", stopped)
    history = train(net, POINTS, ARMS, 0.1, bar=False)
    assert history.stopped == "stopped at step 14: interrupted"
    assert len(history.losses) == 14
    assert all(map(np.array_equal, history.net.parameters, nets[14].parameters))


def test_interrupting_one_of_several_nets_leaves_out_the_rest():
    losses = []

    def stop(loss):
        losses.append(loss)
        if len(losses) == 15:
            raise KeyboardInterrupt

    histories = train_each([MLP([2, 3], Tanh())] * 3, POINTS, ARMS, 0.1, epochs=1, bar=stop)
    assert [history.stopped for history in histories] == ["", "stopped at step 5: interrupted"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_keeps_what_was_trained():
    program = """
from coursekit import MLP, Tanh, spiral, train
ready = lambda step, net: step == 3 and print("ready", flush=True)
print(train(MLP([2, 3], Tanh()), *spiral(), 0.1, epochs=10**6, bar=False, watch=ready))
"""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    run = subprocess.Popen([sys.executable, "-c", program], **pipes, text=True)
    assert run.stdout.readline() == "ready\n"
    run.send_signal(signal.SIGINT)
    said, complaint = run.communicate(timeout=30)
    assert run.returncode == 0, complaint
    assert re.search(r"History\(MLP\(2-3, .*stopped at step \d+: interrupted\)", said)


def replayed_and_walked(monkeypatch, trained):
    """Train by replaying recordings, as one does, and once more by walking back at each step."""
    replayed = trained()
    monkeypatch.setattr(training, "all_ours", lambda *parts: False)
    return replayed, trained()


def the_same(one, other):
    assert np.array_equal(one.losses, other.losses, equal_nan=True)
    assert np.array_equal(one.errors, other.errors)
    assert one.stopped == other.stopped
    for array, same in zip(one.net.parameters, other.net.parameters, strict=True):
        assert array.dtype == same.dtype
        assert np.array_equal(array, same)


LABELS_FOR = {
    cross_entropy: ARMS,
    binary_cross_entropy: np.eye(3, dtype=int)[ARMS],
    squared_error: np.eye(3)[ARMS],
}


@pytest.mark.parametrize("loss", training.LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("optimiser", training.OPTIMISERS)
def test_a_recording_trains_to_the_last_bit_as_the_walk_does(
    monkeypatch, loss, activation, optimiser
):
    net, labels = MLP([2, 4, 4, 3], activation()), LABELS_FOR[loss]
    how = {"epochs": 2, "batch": 64, "bar": False, "loss": loss, "optimiser": optimiser()}
    the_same(*replayed_and_walked(monkeypatch, lambda: train(net, POINTS, labels, 0.05, **how)))


@pytest.mark.parametrize("loss", training.LOSSES)
@pytest.mark.parametrize("activation", [Tanh(), PReLU(), Maxout()])
def test_many_nets_are_recorded_to_the_last_bit_too(monkeypatch, loss, activation):
    nets, rates = [MLP([2, 4, 4, 3], activation, seed=seed) for seed in range(3)], (0.1, 1e200, 0.3)
    how = {"epochs": 2, "batch": 64, "bar": False, "loss": loss}
    both = replayed_and_walked(
        monkeypatch, lambda: train_at_once(nets, POINTS, LABELS_FOR[loss], rates, **how)
    )
    for one, other in zip(*both, strict=True):
        the_same(one, other)


@pytest.mark.parametrize("precisions", [("f4", "f4"), ("f4", "f8"), ("f8", "f4"), ("f8", "i8")])
@pytest.mark.parametrize("activation", [ReLU(), PReLU()])
@pytest.mark.parametrize("optimiser", training.OPTIMISERS)
def test_a_recording_keeps_to_the_precision_of_the_walk(
    monkeypatch, precisions, activation, optimiser
):
    of_net, of_points = precisions
    net = MLP([2, 4, 3], activation, lambda rng, d, k: he(rng, d, k).astype(of_net))
    points = (3 * POINTS).astype(of_points)
    how = {"epochs": 1, "bar": False, "optimiser": optimiser()}
    one, other = replayed_and_walked(monkeypatch, lambda: train(net, points, ARMS, 0.1, **how))
    the_same(one, other)
    assert one.net.parameters[0].dtype == of_net


def test_whoever_watches_a_recording_may_keep_what_is_shown(monkeypatch):
    def watched():
        nets = {}
        train(MLP([2, 3], Tanh()), POINTS, ARMS, 0.1, bar=False, watch=nets.__setitem__)
        return nets

    for one, other in zip(
        *map(dict.values, replayed_and_walked(monkeypatch, watched)), strict=True
    ):
        assert all(map(np.array_equal, one.parameters, other.parameters))


@pytest.mark.parametrize("rate", [1e3, 1e100])
def test_a_run_that_breaks_says_the_same_whether_recorded_or_not(monkeypatch, rate):
    net = MLP([2, 8, 8, 3], LeakyReLU(1.0))
    one, other = replayed_and_walked(
        monkeypatch, lambda: train(net, POINTS, ARMS, rate, epochs=20, bar=False)
    )
    the_same(one, other)
    assert "is not finite" in one.stopped


def test_a_label_that_names_no_class_is_refused():
    with pytest.raises(ValueError, match="labels must lie between 0 and 2"):
        train(MLP([2, 3], Tanh()), POINTS, ARMS + 1, 0.1, bar=False)


def test_our_parts_make_a_graph_once_for_each_length_of_a_batch(monkeypatch):
    lengths = []

    def counted(loss, *given, **options):
        lengths.append(len(options["also"][0].value))
        return record(loss, *given, **options)

    monkeypatch.setattr(training, "record", counted)
    train(MLP([2, 3], Tanh()), POINTS, ARMS, 0.1, epochs=3, batch=32, bar=False)
    assert sorted(lengths) == [300 % 32, 32]


def test_an_activation_of_ones_own_decides_anew_at_each_step():
    class Hinge(Activation):
        negative = 0

        def forward(self, z):
            if z.min() > 0:  # which NumPy is never asked
                return z
            type(self).negative += 1
            return np.where(z > 0, z, 0.1 * z)

        def slope(self, a, z):
            return np.ones_like(z) if z.min() > 0 else np.where(z > 0, 1.0, 0.1)

    x, how = np.ones((4, 1)), {"epochs": 9, "bar": False, "loss": squared_error}
    one, ours = (
        MLP([1, 1, 1], activation).with_parameters([[[1.0]], [0.0], [[1.0]], [0.0]])
        for activation in (Hinge(), LeakyReLU(0.1))
    )
    one, ours = (train(net, x, -x, 0.3, **how) for net in (one, ours))
    the_same(one, ours)
    assert 0 < Hinge.negative < 9


def test_a_coin_that_an_activation_tosses_falls_anew_at_each_step():
    class Noisy(Activation):
        coin = np.random.default_rng(0)

        def forward(self, z):
            return z + self.coin.normal(size=z.shape)

        def slope(self, a, z):
            return np.ones_like(z)

    x, labels = np.ones((4, 2)), np.zeros(4, int)  # in whatever order, the same batch
    history = train(MLP([2, 3, 3], Noisy()), x, labels, 0, epochs=5, bar=False)
    assert len(set(history.losses)) == 5


def test_a_loss_of_ones_own_decides_anew_at_each_step():
    chosen = []

    def far_or_near(output, wanted):
        miss = output - wanted
        far = bool(np.abs(miss.value).max() > 1)
        chosen.append(far)
        return mean(abs(miss)) if far else mean(miss**2)

    line = MLP([1, 1], Tanh()).with_parameters([[[5.0]], [0.0]])
    x = np.ones((4, 1))
    history = train(line, x, -x, 0.2, epochs=40, bar=False, loss=far_or_near)
    assert history.losses[-1] < 1e-3
    assert chosen == sorted(chosen, reverse=True) and len(set(chosen)) == 2
    assert len(chosen) == 40


def test_a_net_of_ones_own_runs_forward_at_each_step():
    class Counted(MLP):
        runs = 0

        def __call__(self, x):
            Counted.runs += 1
            return super().__call__(x)

    train(Counted([2, 3], Tanh()), POINTS, ARMS, 0.1, epochs=2, bar=False)
    assert Counted.runs == 20


def test_an_optimiser_of_ones_own_may_keep_the_gradients_it_was_given():
    class Stubborn:
        def step(self, arrays, gradients, rate, state=None):
            first = state or gradients
            return [w - rate * g for w, g in zip(arrays, first, strict=True)], first

    net = MLP([2, 3], Tanh())
    how = {"epochs": 2, "batch": 300, "bar": False}
    history = train(net, POINTS, ARMS, 0.1, optimiser=Stubborn(), **how)
    steps = train(net, POINTS, ARMS, 0.1, epochs=1, batch=300, bar=False).net
    for start, one, two in zip(
        net.parameters, steps.parameters, history.net.parameters, strict=True
    ):
        np.testing.assert_allclose(two - start, 2 * (one - start), rtol=1e-10)


def test_a_loss_of_ones_own_trains_one_net_and_many():
    def fourth(output, wanted):
        return mean((output - wanted) ** 4)

    net, how = MLP([2, 8, 1], Tanh()), {"epochs": 2, "bar": False, "loss": fourth}
    alone = train(net, POINTS, POINTS[:, :1] ** 2, 0.3, **how)
    for history in train_at_once([net] * 2, POINTS, POINTS[:, :1] ** 2, 0.3, **how):
        alike(history, alone)


def alike(one, other):
    np.testing.assert_allclose(one.losses, other.losses, rtol=1e-9)
    np.testing.assert_allclose(one.errors, other.errors)
    for array, same in zip(one.net.parameters, other.net.parameters, strict=True):
        np.testing.assert_allclose(array, same, rtol=1e-8, atol=1e-12)
    assert one.stopped == other.stopped


@pytest.mark.parametrize("activation", [Tanh(), PReLU(), Maxout()])
@pytest.mark.parametrize("optimiser", [SGD(), Adam()])
def test_nets_that_train_at_once_train_as_each_does_alone(activation, optimiser):
    nets, rates = [MLP([2, 8, 8, 3], activation, seed=seed) for seed in range(3)], (0.1, 0.01, 0.03)
    how = {"epochs": 2, "bar": False, "optimiser": optimiser, "seed": 5}
    together = train_at_once(nets, POINTS, ARMS, rates, **how)
    for net, rate, history in zip(nets, rates, together, strict=True):
        alike(history, train(net, POINTS, ARMS, rate, **how))


@pytest.mark.parametrize("loss", [squared_error, binary_cross_entropy])
def test_nets_that_train_at_once_do_so_on_any_loss(loss):
    nets, moon = [MLP([2, 8, 1], Tanh(), seed=seed) for seed in range(3)], ARMS[:, None] > 0
    labels = moon.astype(int if loss is binary_cross_entropy else float)
    how = {"rate": 0.3, "epochs": 2, "bar": False, "loss": loss}
    together = train_at_once(nets, POINTS, labels, **how)
    for net, history in zip(nets, together, strict=True):
        alike(history, train(net, POINTS, labels, **how))


def test_of_nets_that_train_at_once_one_may_end_and_the_others_go_on():
    net, rates = MLP([2, 8, 8, 3], LeakyReLU(1.0)), (0.1, 1e4, 0.2)
    together = train_at_once([net] * 3, POINTS, ARMS, rates, epochs=3, bar=False)
    for rate, history in zip(rates, together, strict=True):
        alone = train(net, POINTS, ARMS, rate, epochs=3, bar=False)
        assert (history.stopped, len(history.losses)) == (alone.stopped, len(alone.losses))
        assert len(history.errors) == len(alone.errors)
        assert all(np.isfinite(array).all() for array in history.net.parameters)
    assert [bool(history.stopped) for history in together] == [False, True, False]


def test_interrupting_nets_that_train_at_once_keeps_them_all():
    nets = [MLP([2, 3], Tanh(), seed=seed) for seed in range(2)]

    def stop(step, many):
        assert isinstance(many, Many)
        if step == 4:
            raise KeyboardInterrupt

    for history in train_at_once(nets, POINTS, ARMS, 0.1, bar=False, watch=stop):
        assert history.stopped == "stopped at step 4: interrupted"
        assert len(history.losses) == 4


def test_as_many_rates_as_nets_are_wanted():
    nets = [MLP([2, 3], Tanh())] * 2
    with pytest.raises(ValueError, match="one for each of 2 nets"):
        train_at_once(nets, POINTS, ARMS, [0.1, 0.2, 0.3], bar=False)
    with pytest.raises(ValueError, match="the learning rate is one number"):
        train(nets[0], POINTS, ARMS, [0.1, 0.2], bar=False)


def test_the_node_where_it_broke_is_named_as_messages_name_it():
    class Pole(Activation):
        symbol = "pole"

        def forward(self, z):
            return 1 / (z - z)

        def slope(self, a, z):
            return np.zeros_like(z)

    history = train(MLP([2, 4, 4, 3], Pole()), POINTS, ARMS, 0.1, bar=False)
    assert history.stopped == "stopped at step 1: in layer 1, a1 of shape (32, 4) is not finite"
    spoiled = np.where(np.arange(300)[:, None] == 7, np.nan, POINTS)
    history = train(MLP([2, 4, 3], Tanh()), spoiled, ARMS, 0.1, batch=300, bar=False)
    assert history.stopped == "stopped at step 1: in layer 1, x of shape (300, 2) is not finite"
    large = MLP([2, 3], Tanh()).with_parameters([np.zeros((2, 3)), [1.7e308, -1.7e308, 0]])
    history = train(large, POINTS, ARMS, 0.1, bar=False)
    said = "in the loss, the result of cross-entropy (a number) is not finite"
    assert history.stopped == f"stopped at step 1: {said}"
