"""Questions about a function, so far one: is its gradient right."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from coursekit.backprop import backprop
from coursekit.graph import Node


@dataclass(frozen=True)
class InputReport:
    """What a gradient check found for one input of a function.

    Attributes
    ----------
    name : str
        The name of the input.
    shape : tuple of int
        Its shape.
    error : float
        The worst relative error between backprop and the centred difference.
    where : tuple of int
        The place of that error.
    by_backprop, by_difference : float
        The two slopes at that place.
    kinks : int
        How many elements stand on a kink, where any slope between the two sides is right.
    verdict : str
        "right", "right at a kink", "wrong", or "cannot tell" where every slope is smaller than
        what the rounding of the output hides.
    """

    name: str
    shape: tuple[int, ...]
    error: float
    where: tuple[int, ...]
    by_backprop: float
    by_difference: float
    kinks: int
    verdict: str

    def __str__(self) -> str:
        place = f"[{', '.join(map(str, self.where))}]" if self.shape else ""
        line = f"{self.name} of shape {self.shape}: {self.verdict}"
        if self.verdict == "wrong":
            return (
                f"{line} · at {self.name}{place} backprop says {self.by_backprop:.6g}, "
                f"the centred difference {self.by_difference:.6g} (relative error {self.error:.0e})"
            )
        if self.verdict == "cannot tell":
            return f"{line} · its slopes drown in the rounding of the output"
        if self.kinks:
            return f"{line} · {self.kinks} at a kink, where the two sides have different slopes"
        return f"{line} · worst relative error {self.error:.0e}"


@dataclass(frozen=True, repr=False)
class GradientReport:
    """What a gradient check found; true if every input passed.

    Attributes
    ----------
    inputs : tuple of InputReport
        One report for each input.
    h : float
        The nudge, relative to an input above 1.
    """

    inputs: tuple[InputReport, ...]
    h: float

    def __bool__(self) -> bool:
        return all(report.verdict.startswith("right") for report in self.inputs)

    def __repr__(self) -> str:
        wrong = any(report.verdict == "wrong" for report in self.inputs)
        verdict = "a gradient is WRONG" if wrong else "the gradients are right"
        if not (self or wrong):
            verdict = "the gradients cannot all be told"
        return "\n  ".join([f"{verdict} (nudge h = {self.h:.0e})", *map(str, self.inputs)])


def check_gradients(
    f: Callable[..., Node], *inputs: Any, h: float | None = None, tolerance: float | None = None
) -> GradientReport:
    r"""Compare backprop with centred differences, $(f(x + h) - f(x - h)) / 2h$.

    Parameters
    ----------
    f : callable
        Takes a node for each input and returns a node; an op will do.
    *inputs : Node, number or ndarray
        Where to check.
    h : float, optional
        The nudge; by default $\epsilon^{1/3}$, which balances rounding and curvature.
    tolerance : float, optional
        The largest relative error that passes; by default 1e-5, for float32 inputs 1e-2.

    Returns
    -------
    GradientReport
        Prints as a line for each input; true if all are right.

    Notes
    -----
    An output that is an array is weighted by fixed random numbers first, so that one walk checks
    all of it. At a kink, where the slopes on the two sides differ, every subgradient is right.

    Examples
    --------
    >>> check_gradients(lambda x, y: x * y, 3.0, [-4.0, 2.0])
    the gradients are right (nudge h = 6e-06)
      input 1 of shape (): right · worst relative error ...
      input 2 of shape (2,): right · worst relative error ...
    """
    leaves = [
        Node(given.value if isinstance(given, Node) else given, getattr(given, "name", None))
        for given in inputs
    ]
    if not leaves:
        raise ValueError("check_gradients needs at least one input: where should it check?")
    output = f(*leaves)
    if not isinstance(output, Node):
        raise TypeError(f"a function to check returns a Node, not {type(output).__name__}")
    precision = min((leaf.value.dtype for leaf in leaves), key=lambda dtype: dtype.itemsize)
    epsilon = float(np.finfo(precision).eps)
    h = float(epsilon ** (1 / 3)) if h is None else h
    tolerance = (1e-5 if precision == np.float64 else 1e-2) if tolerance is None else tolerance

    upstream = np.random.default_rng(0).uniform(0.5, 1.5, output.shape)
    gradients = backprop(output, upstream)
    probe = Probe(f, [leaf.value for leaf in leaves], upstream, h, epsilon)
    slopes = [np.asarray(gradients.get(leaf, np.zeros(leaf.shape))) for leaf in leaves]
    return GradientReport(tuple(probe.reports(leaves, slopes, tolerance)), h)


class Probe:
    """Nudges the inputs of a function and watches its output, weighted to a single number."""

    def __init__(self, f, values, upstream, h, epsilon):
        self.f, self.values, self.upstream, self.h = f, values, upstream, h
        weighted = upstream * f(*map(Node, values)).value
        self.centre = float(np.sum(weighted, dtype=np.float64))
        # Rounding of the output, divided by h: differences below this mean nothing.
        self.noise = 20 * epsilon * (float(np.sum(np.abs(weighted))) + epsilon) / h

    def along(self, move, h=None):
        """Measure the slopes on the near and on the far side, moving along one direction."""
        h = h or self.h
        forward, backward = (
            self.output([v + sign * d for v, d in zip(self.values, move, strict=True)])
            for sign in (h, -h)
        )
        return (self.centre - backward) / h, (forward - self.centre) / h

    def bent(self, move, sides):
        """Tell whether the slope jumps here, however near one looks."""
        left, right = sides
        jump = abs(right - left)
        if jump <= 1e-3 * max(abs(left), abs(right)) + 4 * self.noise:
            return False
        nearer_left, nearer_right = self.along(move, self.h / 4)
        return abs(nearer_right - nearer_left) > jump / 2  # curvature alone leaves a quarter

    def output(self, values):
        nudged = [v.astype(w.dtype) for v, w in zip(values, self.values, strict=True)]
        value = self.f(*map(Node, nudged)).value
        return float(np.sum(self.upstream * value, dtype=np.float64))

    def directions(self, chosen):
        """Make a direction that moves the chosen places, given as (input, place) pairs, by 1.

        Large values move in proportion, so that a nudge is never lost in their rounding.
        """
        moves = [np.zeros(value.shape) for value in self.values]
        for which, place in chosen:
            moves[which][place] = max(1.0, abs(self.values[which][place]))
        return moves

    def reports(self, leaves, slopes, tolerance):
        bent, table = [], []
        for which, slope in enumerate(slopes):
            rows = []
            for place in np.ndindex(slope.shape):
                move = self.directions([(which, place)])
                unit = float(move[which][place])
                sides = self.along(move)
                numerical = sum(sides) / 2 / unit
                error = relative_error(float(slope[place]), numerical)
                if error > tolerance:  # curvature, perhaps: half the nudge takes most of it out
                    nearer = sum(self.along(move, self.h / 2)) / 2 / unit
                    numerical = (4 * nearer - numerical) / 3
                    error = relative_error(float(slope[place]), numerical)
                rounding = abs(float(slope[place]) - numerical) <= self.noise / unit
                wrong = not (rounding or error <= tolerance)
                rows.append((wrong, not rounding, error, place, float(slope[place]), numerical))
                if self.bent(move, sides):
                    bent.append((which, place))
            table.append(rows)

        kinks = set(bent) if self.valid_at_kinks(bent, slopes, tolerance) else set()
        for which, (leaf, rows) in enumerate(zip(leaves, table, strict=True)):
            here = {place for at, place in kinks if at == which}
            rest = [row for row in rows if row[3] not in here]
            wrong, _, *worst = max(rest, default=(False, False, 0.0, (), 0.0, 0.0))
            verdict = "wrong" if wrong else "right at a kink" if here else "right"
            if rest and not wrong and not any(row[2] <= tolerance for row in rest):
                verdict = "cannot tell"
            name = leaf.name or f"input {which + 1}"
            yield InputReport(name, leaf.shape, *worst, len(here), verdict)

    def valid_at_kinks(self, bent, slopes, tolerance):
        """Tell whether the gradients at the places on a kink are a subgradient.

        One place at a time is not enough: at a tie of max(x, y) both gradients may lie between
        0 and 1, but they must add up to 1, which shows when both inputs move together.
        """
        same_place = {}
        for which, place in bent:
            same_place.setdefault(place, []).append((which, place))
        for chosen in [bent, *same_place.values(), *([one] for one in bent)] if bent else []:
            move = self.directions(chosen)
            mine = sum(float(np.sum(s * m)) for s, m in zip(slopes, move, strict=True))
            low, high = sorted(self.along(move))
            slack = self.noise + tolerance * max(abs(low), abs(high))
            if not low - slack <= mine <= high + slack:
                return False
        return True


def relative_error(one, other):
    """Compare two slopes; two that are not finite never agree."""
    if not np.isfinite(one - other):
        return np.inf
    return abs(one - other) / (max(abs(one), abs(other)) or 1.0)
