"""Search the learning rates of the race, and store what came out.

Four activations race to 5 % error on the digits, from the same first weights, drawn as He says and
with hidden layers four times as large. Whoever has not the learning rate that suits it loses by
that alone, so each runs at every rate of a grid, from several seeds. Takes some minutes:

    python experiments/race.py

The results lie beside this file; a test asks that the rates of the race are the best of them.
"""

import json
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm import tqdm

from coursekit.racing import ACTIVATION, EPOCHS, GOAL, STARTS, epochs_to, laps, racer

RESULTS = Path(__file__).with_suffix(".json")
RATES = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]
SEEDS = range(3)


def epochs(activation, start, rate, seed):
    """Race once: the epochs to the goal, or None where it is out of reach."""
    errors = []
    with np.errstate(all="ignore"):  # a rate that is too high overflows, and is out of reach
        for error in islice(laps(racer(activation, start, seed), rate, seed), EPOCHS + 1):
            errors.append(error)
            if error <= GOAL:
                break
    return epochs_to(GOAL, errors)


def best_of(runs):
    """Pick the rate with the lowest median, then the lowest sum; out of reach counts double."""
    counts = {rate: [2 * EPOCHS if n is None else n for n in some] for rate, some in runs.items()}
    return min(counts, key=lambda rate: (np.median(counts[rate]), sum(counts[rate]), rate))


def main():
    found = {}
    with tqdm(total=len(STARTS) * len(ACTIVATION) * len(RATES), unit="rate") as bar:
        for start in STARTS:
            found[start] = {}
            for activation in ACTIVATION:
                runs = {}
                for rate in RATES:
                    runs[rate] = [epochs(activation, start, rate, seed) for seed in SEEDS]
                    bar.update()
                found[start][activation] = {"best": best_of(runs), "epochs": runs}
    RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for start, each in found.items():
        for name, result in each.items():
            best = result["best"]
            print(f"{start}: {name} at {best:g} takes {result['epochs'][best]}")


if __name__ == "__main__":
    main()
