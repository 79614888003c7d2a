"""Search the learning rates that lesson 06 trains with, and store what came out.

A deep net reads the digits, from weights that start too small, well, and too large. Which start is
better can only be told with each at its own best learning rate, so each is trained at every rate of
a grid, from several seeds. Takes a few minutes:

    python experiments/learning_rates.py

The results lie beside this file; a test asks that the rates in the lesson are the best of them.
"""

import json
from pathlib import Path

import numpy as np
from tqdm import tqdm

from coursekit import Tanh
from coursekit.data import digits
from coursekit.nets import MLP, scaled
from coursekit.probes import saturated_share
from coursekit.training import error_rate, train

RESULTS = Path(__file__).with_suffix(".json")
SIZES = [64, 100, 100, 100, 100, 100, 10]
GAINS = {"too small": 0.1, "well": 1.0, "too large": 10.0}
RATES = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]
SEEDS = range(5)
EPOCHS, BATCH = 5, 32
CHANCE = 0.85  # a net that gets more wrong than this has not begun to learn


def outcome(gain, rate, seed):
    """Train once: the training error and the last layer's saturated share, both at the end."""
    images, labels = digits()
    net = MLP(SIZES, Tanh(), scaled(gain), seed)
    history = train(net, images, labels, rate, EPOCHS, BATCH, seed, bar=False)
    error = error_rate(history.net, images, labels)
    return round(error, 4), round(float(saturated_share(history.net(images))[-1]), 3)


def searched(gain, bar):
    """Train from one gain at every rate; the best has the lowest median error over the seeds."""
    runs = {}
    for rate in RATES:
        errors, shares = zip(*(outcome(gain, rate, seed) for seed in SEEDS), strict=True)
        runs[rate] = {"errors": errors, "saturated": shares}
        bar.update(len(SEEDS))
    medians = [np.median(run["errors"]) for run in runs.values()]
    best = RATES[int(np.argmin(medians))]
    return {
        "gain": gain,
        "best": best if min(medians) < CHANCE else None,  # at chance, no rate is better than others
        "rates": runs,
    }


def main():
    total = len(GAINS) * len(RATES) * len(SEEDS)
    with tqdm(total=total, unit="net") as bar:
        found = {name: searched(gain, bar) for name, gain in GAINS.items()}
    setup = {
        "sizes": SIZES,
        "activation": "tanh",
        "epochs": EPOCHS,
        "batch": BATCH,
        "seeds": list(SEEDS),
    }
    RESULTS.write_text(json.dumps({"setup": setup, "starts": found}, indent=1) + "\n")
    for name, start in found.items():
        print(f"{name}, g = {start['gain']:g}: best rate {start['best']}")


if __name__ == "__main__":
    main()
