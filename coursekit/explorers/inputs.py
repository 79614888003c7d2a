"""The inputs of a formula: a slider for each, and room for a notice."""

import re
from collections.abc import Mapping
from inspect import signature
from math import isfinite
from numbers import Real

import numpy as np

from coursekit.explorers.controls import Control, whole

HALF = 0.5  # the step of an input, unless told
MOST = 200  # steps, each of which is drawn once: the graph keeps room for all its numbers
LEAST = 200  # pixels: what a notice leaves of it shows a small graph


def controls_for(f, inputs):
    """Make a slider for each input of a formula that has a range."""
    asked = signature(f).parameters
    if "states" in asked:
        raise ValueError(
            "states are named places, as in states={'tie': {'x': 2}}: call the input something else"
        )
    moved = {name: span for name, span in inputs.items() if isinstance(span, tuple)}
    for name, given in inputs.items():
        if name not in moved and not is_number(given):
            raise ValueError(
                f"{name} is a number, as in {name}=2, or moves between two, as in {name}=(-4, 4), "
                f"and not {' '.join(repr(given).split()):.40}"
            )
    if not moved:
        name = next(iter(asked), "x")
        raise ValueError(f"nothing moves yet: give an input a range, such as {name}=(-4, 4)")
    signature(f).bind(**inputs)  # refuses an input that the formula does not have
    for name, span in moved.items():
        if not 2 <= len(span) <= 4:
            raise ValueError(
                f"{name} moves from one number to another, maybe in steps and from a start, as in "
                f"{name}=(-4, 4, 0.5, 2), and not {span}"
            )
    return tuple(moving(name, *span) for name, span in moved.items())


def is_number(given):
    """Whether an input may stand still at this.

    Examples
    --------
    >>> is_number(2), is_number(np.array(0.5)), is_number(np.ones(2)), is_number(None)
    (True, True, False, False)
    """
    if isinstance(given, np.ndarray):
        return given.ndim == 0 and given.dtype.kind in "biuf"
    return isinstance(given, Real | np.bool_)


def named(states, controls):
    """Take named states, or say what they are."""
    if not isinstance(states, Mapping) or not all(
        isinstance(state, Mapping) for state in states.values()
    ):
        first = controls[0]
        example = {"start": {first.name: first.start}}
        raise ValueError(f"states are named places, as in states={example}, not {states!r:.40}")
    return states


def moving(name, low, high, step=None, start=None):
    """Make a slider for an input; unless told, it starts between the middle and the upper end."""
    given = [low, high, *(told for told in (step, start) if told is not None)]
    if not all(isinstance(number, Real) for number in given):
        raise ValueError(f"{name} moves between real numbers, as in {name}=(-4, 4), not {given}")
    asked = HALF if step is None else step
    if not (isfinite(high - low) and low < high and asked > 0):
        raise ValueError(
            f"{name} moves from a lower to a higher number in steps above 0, as in {name}=(-4, 4) "
            f"or {name}=(-4, 4, 0.5), and not from {low} to {high} in steps of {asked}"
        )
    if step is None:
        halves = whole(high - low, HALF) and high - low <= MOST * HALF
        step = HALF if halves else (high - low) / 20
    if (high - low) / step > MOST:
        raise ValueError(
            f"{name} moves in at most {MOST} steps, and {(high - low) / step:.6g} of {step} make "
            f"up {low} to {high}: take larger ones, as in {name}=({low}, {high}, "
            f"{(high - low) / 20:g})"
        )
    if start is None:
        start = round(low + step * (3 * round((high - low) / step) // 4), 10)
    if not low <= start <= high:
        raise ValueError(f"{name} moves between {low} and {high} and cannot start at {start}")
    return Control(name, name, low, high, step, start=start)


def roomy(svg):
    """Give a short picture a foot that the frame's notice may cover.

    Examples
    --------
    >>> roomy('<svg viewBox="0 0 90 50" width="90" height="50"/>')
    '<svg viewBox="0 0 90 200" width="90" height="200"/>'
    """
    height = re.search(r' height="(\d+)"', svg)[1]
    room = max(int(height), LEAST)
    svg = re.sub(rf'(viewBox="0 0 \d+) {height}"', rf'\1 {room}"', svg, count=1)
    return svg.replace(f' height="{height}"', f' height="{room}"', 1)
