"""What nudging each input of a formula does to it, in words."""

from contextlib import suppress
from math import isfinite

import numpy as np

from coursekit.pictures.story import Story, listed
from coursekit.style import decimals

quiet = np.errstate(all="ignore")
FLAT = 1e-3  # a bend that is no kink
NUDGE = 1e-6  # of an input, or of its size where that is larger than 1


def refuse_holes(story, places):
    """Refuse a graph in which a gate has no finite value, and name the first."""
    for node in story.whole:
        wrong = np.ravel(node.value)[~np.isfinite(np.ravel(node.value))]
        if wrong.size and (node.name or node.parents):
            written = Story(node, None).expression() or f"a part of {story.names[story.f]}"
            raise ValueError(
                f"At {places}, {written} is {decimals(wrong[0])}: move away from there."
            )


def told(story, given, f, places):
    """Say what a formula is at some places, and what nudging each input there does to it.

    Parameters
    ----------
    story : Story
    given : dict of str to Node
        The inputs that the formula was handed.
    f : callable
        The formula's value at places by name.
    places : dict of str to float
    """
    name = story.names[story.f]
    if not any(node in story.final for node in given.values()):
        asked = listed([*given], last=" or ")
        raise ValueError(f"The graph of {name} does not hold {asked}.")
    stands = listed([f"{each} = {decimals(value)}" for each, value in places.items()])
    refuse_holes(story, stands)
    sides, slopes, kinks = sides_of(f, places), {}, {}
    for each, node in given.items():
        down, up = sides.get(each, (0, 0))
        # One that the formula made another node of moves it, and no gradient comes there.
        slopes[each] = story.final.get(node, None if down or up else 0)
        if abs(up - down) > FLAT * max(1, abs(up), abs(down)):
            kinks[each] = down, up
    value = decimals(story.f.value)
    return f"At {stands}, {story.function()} = {value}. {nudges(slopes, name, kinks)}."


@quiet
def sides_of(f, places):
    """Measure the slopes of each input downwards and upwards, where both are finite.

    Examples
    --------
    >>> sides_of(lambda x, y: abs(x) * y, {"x": 0.0, "y": 3.0})
    {'x': (-3.0, 3.0), 'y': (0.0, 0.0)}
    """
    sides, here = {}, float(f(**places))
    for name, place in places.items():
        h = NUDGE * max(1, abs(place))
        noise = 8 * np.finfo(float).eps * abs(here) / h
        with suppress(Exception):  # a formula may have no value right beside a place
            each = [(float(f(**places | {name: place + to})) - here) / to for to in (-h, h)]
            if all(map(isfinite, each)):
                if abs(each[1] - each[0]) < noise:  # what rounding leaves is no kink
                    each = [sum(each) / 2] * 2
                down, up = (float(f"{side:.4g}") if abs(side) > noise else 0.0 for side in each)
                sides[name] = down, up
    return sides


def nudges(slopes, f="f", kinks=()):
    """Say what nudging each input does to the output f, given its slope in each, and its kinks.

    Examples
    --------
    >>> nudges({"x": 2.0, "y": 0, "w": None})
    'Nudge x a little and f moves 2 times as much; nudge y a little and f does not move; no \
gradient goes to w, which is not in the graph'
    >>> nudges({"x": 0.5}, kinks={"x": (0.0, 1.0)})
    'Nudge x up and f moves just as much, nudge it down and f does not move: a kink, where the \
gradient is taken as 0.5'
    """
    said = []
    for name, slope in slopes.items():
        if slope is None:
            said.append(f"no gradient goes to {name}, which is not in the graph")
        elif name in kinks:
            down, up = (follows(f, side) for side in kinks[name])
            said.append(
                f"nudge {name} up and {up}, nudge it down and {down}: a kink, where the gradient "
                f"is taken as {decimals(slope)}"
            )
        else:
            said.append(f"nudge {name} a little and {follows(f, slope)}")
    said = "; ".join(said)
    return said[:1].upper() + said[1:]


def follows(f, slope):
    """Say how far the output f moves with an input."""
    if not isfinite(slope):
        return f"no slope says how far {f} moves"
    if slope in (0, 1):
        return f"{f} moves just as much" if slope else f"{f} does not move"
    return f"{f} moves {decimals(slope)} times as much"
