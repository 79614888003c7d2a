"""How a workload is described, and how its sides are timed against each other."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np

Run = Callable[[], Any]


class NotThere(Exception):
    """A side that cannot take part here, and why."""


@dataclass
class Workload:
    """One piece of work and everyone who does it; a side prepares itself and returns a run.

    Attributes
    ----------
    title : str
        What is computed.
    tolerance : float
        How far two sides may lie apart, relative to the largest number in an answer.
    sides : dict
        What prepares a side, by name; the first one is what the others are compared with.
    """

    title: str
    tolerance: float = 1e-8
    sides: dict[str, Callable[[], Run]] = field(default_factory=dict)

    def side(self, name: str):
        """Enter a side into the race."""

        def enter(prepare):
            self.sides[name] = prepare
            return prepare

        return enter


def race(workload: Workload, seconds: float) -> dict[str, dict]:
    """Time all sides in turn, A B C A B C, after all of them have given the same answer.

    Each side gets that many seconds of running time, and at least three turns.
    """
    ready, found = {}, {}
    for name, prepare in workload.sides.items():
        try:
            ready[name] = prepare()
        except NotThere as reason:
            found[name] = {"absent": str(reason)}
        except ModuleNotFoundError as missing:
            found[name] = {"absent": f"{missing.name} is not installed"}
    agree(workload, {name: plain(run()) for name, run in ready.items()})

    # What the preparation left behind is nobody's garbage.
    gc.collect()
    gc.freeze()
    turns = {name: calls_in_a_turn(run) for name, run in ready.items()}
    samples = {name: [] for name in ready}
    while racing := [name for name in ready if not enough(samples[name], turns[name], seconds)]:
        for name in racing:
            gc.collect()  # micrograd leaves cycles, which would be billed to who comes next
            samples[name].append(timed(ready[name], turns[name]))
    for name, times in samples.items():
        found[name] = {"ms": [1e3 * each for each in times]}
    return {name: found[name] for name in workload.sides}


def timed(run, calls):
    start = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - start) / calls


def calls_in_a_turn(run):
    """Choose how often to call what is too short for the clock: a turn takes 5 ms or more."""
    once = min(timed(run, 1) for _ in range(3))
    return max(1, int(5e-3 / once))


def enough(times, calls, seconds):
    return len(times) >= 3 and (len(times) >= 101 or sum(times) * calls > seconds)


def agree(workload: Workload, answers: dict[str, np.ndarray]) -> None:
    """Refuse a race between sides that do not compute the same."""
    first, *others = answers
    scale = np.abs(answers[first]).max()
    for name in others:
        if answers[name].shape != answers[first].shape:
            shapes = answers[name].shape, answers[first].shape
            raise AssertionError(f"{workload.title}: {name} and {first} answer in {shapes}")
        apart = np.abs(answers[name] - answers[first]).max() / scale
        if not apart <= workload.tolerance:
            raise AssertionError(f"{workload.title}: {name} and {first} lie {apart:.0e} apart")


def plain(answer: Any) -> np.ndarray:
    """Lay the arrays of an answer, whosever they are, one after the other as NumPy's."""
    if isinstance(answer, (list, tuple)):
        return np.concatenate([plain(each) for each in answer])
    if hasattr(answer, "detach"):  # PyTorch's
        answer = answer.detach()
    if hasattr(answer, "numpy"):  # PyTorch's and tinygrad's
        answer = answer.numpy()
    return np.ravel(np.asarray(answer, dtype=np.float64))


def ratio(one: dict, other: dict) -> float:
    """Tell how much longer one side takes: the median over the turns that they took together."""
    return median(a / b for a, b in zip(one["ms"], other["ms"], strict=False))
