import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tqdm.auto
import tqdm.notebook

from coursekit import LeakyReLU, ReLU, Sigmoid, Tanh, backprop, notebooks
from coursekit.data import digits
from coursekit.nets import MLP, scaled
from coursekit.training import (
    band,
    error_rate,
    expected_gradient_sizes,
    gaussian_flow,
    gradient_sizes,
    rms_slopes,
    saturated_share,
    train,
    train_each,
)

IMAGES, LABELS = digits()
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
def test_a_loss_that_is_not_finite_stops_training_and_names_step_and_layer(place):
    net = MLP([64, 5, 5, 10], ReLU())
    parameters = list(net.parameters)
    parameters[2 * place - 1] = np.full_like(parameters[2 * place - 1], 1e308)
    parameters[2 * place - 2] = 1e300 * np.abs(parameters[2 * place - 2])
    images = np.abs(IMAGES) * 1e10
    history = train(net.with_parameters(parameters), images, LABELS, 0.1, bar=False)
    assert history.stopped == f"stopped at step 1: layer {place}'s z is no longer finite"
    assert len(history.losses) == 1
    assert len(history.errors) == 0
    assert history.stopped in repr(history)


def test_a_rate_that_is_too_high_is_told_in_words_and_the_history_is_kept():
    history = train(MLP([64, 30, 30, 10], ReLU()), IMAGES, LABELS, rate=1e6, bar=False)
    assert "no longer finite" in history.stopped
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


def test_a_band_holds_every_share():
    assert [band(share) for share in (0, 0.02, 0.2, 0.85, 1)] == [
        *("under 2 %", "2 to 20 %", "20 to 50 %", "over 85 %", "over 85 %")
    ]


@pytest.mark.parametrize("share", [float("nan"), -0.01, 1.01])
def test_what_is_no_share_has_no_band(share):
    with pytest.raises(ValueError, match=f"a share lies between 0 and 1, and {share} does not"):
        band(share)


def test_tanh_is_saturated_near_its_ends_and_sigmoid_likewise():
    for activation, center, half in ((Tanh(), 0, 1), (Sigmoid(), 0.5, 0.5)):
        run = MLP([64, 100, 100, 10], activation, scaled(8.0))(IMAGES)
        far = [np.mean(np.abs(a.value - center) > half * np.sqrt(0.95)) for a in run.a]
        np.testing.assert_allclose(saturated_share(run), far, atol=1e-3)
        assert min(far) > 0.3


def test_a_linear_net_is_never_saturated():
    run = MLP([64, 100, 10], LeakyReLU(1.0), scaled(100.0))(IMAGES)
    assert saturated_share(run).tolist() == [0]
    assert rms_slopes(run).tolist() == [1]


def test_an_activation_that_is_flat_everywhere_is_saturated_everywhere():
    class Flat(Tanh):
        def forward(self, z):
            return np.ones_like(z)

        def slope(self, a, z):
            return np.zeros_like(z)

    assert saturated_share(MLP([64, 9, 10], Flat())(IMAGES)).tolist() == [1]


def test_gradient_sizes_are_norms_of_the_gradients_in_z():
    run = MLP([64, 20, 20, 10], Tanh())(IMAGES)
    upstream = np.ones(run.output.shape)
    (W3,) = (node.value for node in run.parameters[4:5])
    dz2 = upstream @ W3.T * (1 - run.a[1].value ** 2)
    sizes = gradient_sizes(run, backprop(run.output, upstream))
    assert sizes[1] == pytest.approx(np.sqrt(np.sum(dz2**2)))


# The rows of the experiment: what the gradient keeps from the tenth layer to the first, which
# share is saturated, and how far from the prediction it may be.
CAUSES = {
    "small slopes alone": (Sigmoid(), 1.0, 0.0, (1.9e-6, 2.1e-6), (0, 0), 0.05),
    "saturation alone": (Tanh(), 1.0, 3.0, (1e-9, 1e-8), (0.78, 0.83), 0.5),
    "small weights alone": (LeakyReLU(1.0), 0.2236, 0.0, (1.3e-6, 1.5e-6), (0, 0), 0.05),
    "none, linear": (LeakyReLU(1.0), 1.0, 0.0, (0.95, 1.05), (0, 0), 0.05),
    "none, tanh": (Tanh(), 1.0, 0.0, (0.27, 0.29), (0, 0.01), 0.05),
    "saturated, yet exploding": (Tanh(), 500**0.5, 0.0, (6e4, 8.5e4), (0.9, 0.94), 0.1),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_alone_does_to_the_gradient_what_the_experiment_says(cause):
    activation, gain, bias, ratio, share, apart = CAUSES[cause]
    run, gradients = gaussian_flow(activation, gain, bias)
    sizes = gradient_sizes(run, gradients)
    assert len(sizes) == 10
    assert ratio[0] < sizes[0] / sizes[-1] < ratio[1]
    assert share[0] <= saturated_share(run).mean() <= share[1]
    assert expected_gradient_sizes(run)[0] * sizes[-1] / sizes[0] == pytest.approx(1, rel=apart)


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
