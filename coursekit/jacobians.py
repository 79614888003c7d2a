"""Questions about a function: what is its Jacobian, and is its gradient right."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import Any, NamedTuple

import numpy as np

from coursekit.backprop import backprop, in_order, leading_to
from coursekit.graph import Node
from coursekit.ops import Elementwise, Matmul
from coursekit.recording import record
from coursekit.values import described, first_upstream, times, unbroadcast, unfit

MANY = 60  # places on a kink: how many are tried in pairs
LARGE = 200  # elements: from here on a check records the function instead of calling it each time


def vjp(f: Callable[..., Node], *inputs: Any, upstream: Any) -> Any:
    r"""Multiply an upstream gradient by a Jacobian that nobody builds: $J^T \cdot$ upstream.

    Parameters
    ----------
    f : callable
        Takes a node for each input and returns a node; an op will do.
    *inputs : Node, number or ndarray
        Where.
    upstream : array_like of the shape of the output

    Returns
    -------
    ndarray of the shape of the input, or a tuple of them
        One for each input.

    Examples
    --------
    >>> from coursekit import softmax
    >>> vjp(softmax, [0.0, 0.0, 0.0], upstream=[1, 0, 0]).round(3)
    array([ 0.222, -0.111, -0.111])
    """
    leaves, output = applied(f, inputs)
    row = np.reshape(first_upstream(output, upstream), (1, -1))
    rows = sent_to(leaves, output, row)
    return one_or_all(
        [
            rows[leaf].reshape(leaf.shape) if leaf in rows else np.zeros_like(leaf.value)
            for leaf in leaves
        ]
    )


@dataclass(frozen=True, repr=False, eq=False)
class Jacobian:
    """How each element of an output changes with each element of an input.

    Attributes
    ----------
    output_shape, input_shape : tuple of int
    numbers : ndarray of shape (m, n), or (n,) if it is diagonal
        Flattened: m elements of the output, n of the input.
    """

    output_shape: tuple[int, ...]
    input_shape: tuple[int, ...]
    numbers: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of rows and columns, kept or not."""
        return prod(self.output_shape), prod(self.input_shape)

    @property
    def diagonal(self) -> bool:
        """Whether only the diagonal is kept, because the function is elementwise."""
        return self.numbers.ndim == 1

    def dense(self) -> np.ndarray:
        """Write the whole matrix out, with the zeros beside a diagonal."""
        return np.diag(self.numbers) if self.diagonal else self.numbers

    def __array__(self, dtype=None, copy=None):
        return np.array(self.dense(), dtype)

    def __repr__(self) -> str:
        m, n = self.shape
        kept = f"diagonal: {n:,} numbers kept instead of {m * n:,}" if self.diagonal else "dense"
        return f"Jacobian({m} × {n}, {kept})"


def jacobian(f: Callable[..., Node], *inputs: Any) -> Any:
    """Build the Jacobian of a function by walking back from all elements of its output at once.

    Parameters
    ----------
    f : callable
        Takes a node for each input and returns a node; an op will do.
    *inputs : Node, number or ndarray
        Where.

    Returns
    -------
    Jacobian, or a tuple of them
        One for each input; that of an elementwise function keeps its diagonal alone.

    Examples
    --------
    >>> from coursekit import Tanh, softmax
    >>> jacobian(Tanh(), [0.0, 1.0, 2.0])
    Jacobian(3 × 3, diagonal: 3 numbers kept instead of 9)
    >>> jacobian(softmax, [0.0, 0.0]).dense()
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    leaves, output = applied(f, inputs)
    m = output.value.size
    rows = sent_to(leaves, output, np.ones(m))
    return one_or_all(
        [
            Jacobian(
                output.shape,
                leaf.shape,
                rows[leaf] if leaf in rows else np.zeros((m, leaf.value.size)),
            )
            for leaf in leaves
        ]
    )


def sent_to(leaves: list[Node], output: Node, start: np.ndarray) -> dict[Node, np.ndarray]:
    """Send rows of a Jacobian back from the output, along no other paths than those to the leaves.

    Rows of shape (m, n) are m upstream gradients; a diagonal of shape (n,) stands for n of them.
    """
    order = in_order(output)
    wanted = leading_to(leaves, order)
    rows = {output: start} if output in wanted else {}
    for node in reversed(order):
        if node.op is None or node not in rows:
            continue
        sent = rows.pop(node)
        for place, parent in enumerate(node.parents):
            if parent in wanted:
                share = through(node, place, sent)
                rows[parent] = together(rows[parent], share) if parent in rows else share
    return rows


def through(node: Node, place: int, rows: np.ndarray) -> np.ndarray:
    """Send the rows of a Jacobian back through an op, to one of its inputs."""
    op, parent = node.op, node.parents[place]
    values = [given.value for given in node.parents]
    if isinstance(op, Elementwise):
        locals_there = op.local_gradients(node.value, *values)
        local = times(np.ones(node.shape), locals_there[place], op)
        if parent.shape == node.shape:
            return rows * local.ravel()  # a diagonal times a diagonal is one
    if isinstance(op, Matmul) and parent.value.ndim == 1 and node.value.ndim == 1:
        W = values[0] if place else values[1].T  # which is the Jacobian of W @ x
        return rows[:, None] * W if rows.ndim == 1 else rows @ W
    rows = np.diag(rows) if rows.ndim == 1 else rows
    found = np.zeros((len(rows), parent.value.size), parent.value.dtype)
    for row, upstream in zip(found, rows.reshape(len(rows), *node.shape), strict=True):
        sent = op.vjp(upstream, node.value, *values)
        if type(sent) not in (tuple, list) or len(sent) != len(values):
            raise unfit(sent, node)
        row[:] = np.ravel(unbroadcast(np.asarray(sent[place]), parent, op))
    return found


def together(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Add Jacobians, of which one may be kept as its diagonal."""
    if one.ndim != other.ndim:
        one, other = (np.diag(part) if part.ndim == 1 else part for part in (one, other))
    return one + other


def numerical_jacobian(f: Callable[..., Node], *inputs: Any, h: float = 6e-6) -> Any:
    r"""Measure a Jacobian by centred differences, $(f(x + h) - f(x - h)) / 2h$, column by column.

    Parameters
    ----------
    f : callable
        Takes a node for each input and returns a node.
    *inputs : Node, number or ndarray
        Where.
    h : float
        The nudge; the default balances rounding and curvature in float64 for inputs near 1.

    Returns
    -------
    ndarray of shape (m, n), or a tuple of them
        One for each input: m elements of the output, n of the input.

    Examples
    --------
    >>> numerical_jacobian(lambda x: x * x, [1.0, 3.0]).round(6)
    array([[2., 0.],
           [0., 6.]])
    """
    h = nudge_of(h)
    leaves, output = applied(f, inputs)
    found = []
    for which, leaf in enumerate(leaves):
        columns = [np.zeros((output.value.size, 0))]  # which are all of them for an empty input
        for place in range(leaf.value.size):
            sides = []
            for nudge in (h, -h):
                moved = leaf.value.astype(np.float64).ravel()
                moved[place] += nudge
                given = [other.value for other in leaves]
                given[which] = moved.reshape(leaf.shape)
                sides.append(np.ravel(f(*map(Node, given)).value))
            columns.append((sides[0] - sides[1])[:, None] / (2 * h))
        found.append(np.concatenate(columns, axis=1))
    return one_or_all(found)


def applied(f: Callable[..., Node], inputs: tuple) -> tuple[list[Node], Node]:
    """Apply a function to leaves made of its inputs."""
    leaves = [
        Node(given.value, given.name or f"input {number}")
        if isinstance(given, Node)
        else Node(given, f"input {number}")
        for number, given in enumerate(inputs, start=1)
    ]
    if not leaves:
        raise ValueError("a function needs at least one input: where should it be looked at?")
    output = f(*leaves)
    if not isinstance(output, Node):
        raise TypeError(f"a function to look at returns a Node, not {type(output).__name__}")
    return leaves, output


def one_or_all(results: list) -> Any:
    """Give a single result as it is, several as a tuple."""
    return results[0] if len(results) == 1 else tuple(results)


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
        kind = self.name if self.name.startswith("random") else f"{self.name} of shape {self.shape}"
        line = f"{kind}: {self.verdict}"
        if self.verdict == "wrong":
            return (
                f"{line} · at {self.name}{place} backprop says {self.by_backprop:.6g}, "
                f"the centred difference {self.by_difference:.6g} (relative error {self.error:.0e})"
            )
        if not np.isfinite(self.by_difference):
            return f"{line} · a nudge of {self.name}{place} leads to where nothing is finite"
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
    f: Callable[..., Node],
    *inputs: Any,
    h: float | None = None,
    tolerance: float | None = None,
    directions: int | None = None,
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
    directions : int, optional
        Check along so many random directions, in which all inputs move at once, instead of along
        each element: a thousand times quicker for a thousand parameters, but it cannot say where.

    Returns
    -------
    GradientReport
        Prints as a line for each input, or for each direction; true if all are right.

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
    if directions is not None and directions < 1:
        raise ValueError(f"a check along random directions needs at least 1, not {directions}")
    leaves, output = applied(f, inputs)
    for node in (*leaves, output):
        demand_finite(node)
    precision = min((leaf.value.dtype for leaf in leaves), key=lambda dtype: dtype.itemsize)
    epsilon = float(np.finfo(precision).eps)
    h = float(epsilon ** (1 / 3)) if h is None else nudge_of(h)
    tolerance = (1e-5 if precision == np.float64 else 1e-2) if tolerance is None else tolerance

    upstream = np.random.default_rng(0).uniform(0.5, 1.5, output.shape)
    gradients = backprop(output, upstream)
    slopes = [np.asarray(gradients.get(leaf, np.zeros(leaf.shape))) for leaf in leaves]
    elements = sum(leaf.value.size for leaf in leaves)
    evaluate = evaluator(f, leaves, output, often=elements > LARGE and not directions)
    probe = Probe(evaluate, leaves, upstream, h, epsilon)
    reports = (
        probe.along_random_directions(slopes, tolerance, directions)
        if directions
        else probe.along_each_element(leaves, slopes, tolerance)
    )
    return GradientReport(tuple(reports), h)


def nudge_of(h: float) -> float:
    """Take the size of a nudge, which something is divided by."""
    if not h > 0:
        raise ValueError(f"h, the size of a nudge, is a number above 0, not {h}")
    return h


def demand_finite(node: Node) -> None:
    """Refuse to check gradients where no difference can be taken."""
    for place in np.argwhere(~np.isfinite(node.value)).tolist()[:1]:
        at = f" at {place}" if place else ""
        raise ValueError(
            "gradients are checked where everything is finite, but "
            f"{described(node)} is {node.value[tuple(place)]}{at}: choose another point"
        )


def evaluator(
    f: Callable[..., Node], leaves: list[Node], output: Node, often: bool
) -> Callable[[list], Any]:
    """Make a function of plain values of a function of nodes.

    One that is called often is recorded, if it does the same everywhere: one that decides something
    in Python, or hides an input from the graph, does not.
    """

    def call(values: list) -> Any:
        return f(*map(Node, values)).value

    if not often:
        return call
    known = set(in_order(output))
    recording = record(output, (), upstream=np.zeros(output.shape))
    held: list = [None] * len(leaves)

    def replay(values: list) -> Any:
        given = zip(leaves, values, held, strict=True)
        recording({leaf: v for leaf, v, old in given if v is not old and leaf in known})
        held[:] = values
        return recording.value

    rng = np.random.default_rng(0)
    away = [rng.normal(size=leaf.shape) for leaf in leaves]
    for far in (1e-3, -1e-3, 1.0, -1.0):
        moved = [
            (leaf.value + far * by).astype(leaf.value.dtype)
            for leaf, by in zip(leaves, away, strict=True)
        ]
        with np.errstate(all="ignore"):  # far away, f may be asked for the logarithm of nothing
            if not np.array_equal(call(moved), replay(moved), equal_nan=True):
                return call
    return replay


class Found(NamedTuple):
    """What was found at one element of an input: two slopes, and what to think of them."""

    wrong: bool
    told: bool  # False where rounding hides the slope
    error: float
    place: tuple[int, ...]
    by_backprop: float
    by_difference: float
    kink: bool


class Probe:
    """Nudges the inputs of a function and watches its output, weighted to a single number."""

    def __init__(self, evaluate, leaves, upstream, h, epsilon):
        self.evaluate, self.upstream, self.h = evaluate, upstream, h
        self.values = [leaf.value for leaf in leaves]
        weighted = upstream * evaluate(self.values)
        self.centre = float(np.sum(weighted, dtype=np.float64))
        # Rounding of the output, divided by h: differences below this mean nothing.
        self.noise = 20 * epsilon * (float(np.sum(np.abs(weighted))) + epsilon) / h

    def along(self, move, h=None):
        """Measure the slopes on the near and on the far side, moving along one direction."""
        h = h or self.h
        forward, backward = (
            self.output(
                [v if d is None else v + sign * d for v, d in zip(self.values, move, strict=True)]
            )
            for sign in (h, -h)
        )
        return (self.centre - backward) / h, (forward - self.centre) / h

    def output(self, values):
        nudged = [v.astype(w.dtype, copy=False) for v, w in zip(values, self.values, strict=True)]
        return float(np.add.reduce(self.upstream * self.evaluate(nudged), None, np.float64))

    def bends(self, move, sides):
        """Tell whether the slope jumps here, however near one looks."""
        left, right = sides
        jump = abs(right - left)
        if not jump > 1e-3 * max(abs(left), abs(right)) + 4 * self.noise:
            return False
        nearer_left, nearer_right = self.along(move, self.h / 4)
        return abs(nearer_right - nearer_left) > jump / 2  # curvature alone leaves a quarter

    def direction(self, places):
        """Make a direction that moves some places, given as (input, place) pairs, by 1.

        Large values move in proportion, so that a nudge is never lost in their rounding.
        """
        move = [None] * len(self.values)  # what does not move at all
        for which, place in places:
            if move[which] is None:
                move[which] = np.zeros(self.values[which].shape)
            move[which][place] = max(1.0, abs(self.values[which][place]))
        return move

    def along_random_directions(self, slopes, tolerance, directions):
        """Compare the slopes along random directions, in which all inputs move at once."""
        rng = np.random.default_rng(1)
        for number in range(1, directions + 1):
            move = [rng.choice([-1, 1], v.shape) * np.maximum(1, np.abs(v)) for v in self.values]
            mine = sum(float(np.sum(s * m)) for s, m in zip(slopes, move, strict=True))
            sides = self.along(move)
            numerical = sum(sides) / 2
            error = relative_error(mine, numerical)
            hidden = self.hides(mine, numerical)
            kinks = 0
            verdict = "right" if error <= tolerance else "cannot tell" if hidden else "wrong"
            if verdict == "wrong" and self.bends(move, sides):
                low, high = sorted(sides)
                kinks, verdict = 1, "right at a kink" if low <= mine <= high else "wrong"
            name = f"random direction {number}"
            yield InputReport(name, (), error, (), mine, numerical, kinks, verdict)

    def along_each_element(self, leaves, slopes, tolerance):
        """Compare the slopes along each element of each input, which moves by itself."""
        table = [
            [
                self.found(which, place, float(slope[place]), tolerance)
                for place in np.ndindex(slope.shape)
            ]
            for which, slope in enumerate(slopes)
        ]
        at_kinks = [
            (which, row.place) for which, rows in enumerate(table) for row in rows if row.kink
        ]
        forgiven = self.valid_at_kinks(at_kinks, slopes, tolerance)
        for leaf, rows in zip(leaves, table, strict=True):
            yield report_of(leaf, rows, forgiven, tolerance)

    def found(self, which, place, mine, tolerance):
        """Measure the slope along one element, and compare it with that of backprop."""
        move = self.direction([(which, place)])
        unit = float(move[which][place])
        sides = self.along(move)
        numerical = sum(sides) / 2 / unit
        error = relative_error(mine, numerical)
        if error > tolerance:  # curvature, perhaps: half the nudge takes most of it out
            nearer = sum(self.along(move, self.h / 2)) / 2 / unit
            numerical = (4 * nearer - numerical) / 3
            error = relative_error(mine, numerical)
        hidden = self.hides(mine, numerical, unit)
        wrong = not (hidden or error <= tolerance)
        return Found(wrong, not hidden, error, place, mine, numerical, self.bends(move, sides))

    def hides(self, mine, numerical, unit=1.0):
        """Tell whether rounding hides what is between two slopes, or no nudge is possible."""
        return abs(mine - numerical) <= self.noise / unit or not np.isfinite(numerical)

    def valid_at_kinks(self, at_kinks, slopes, tolerance):
        """Tell whether the gradients at the places on a kink are a subgradient.

        One place at a time is not enough: at a tie of max(x, y) both gradients may lie between
        0 and 1, but they must add up to 1, which shows when both inputs move together.
        """
        for places_of_one in [*([one] for one in at_kinks), *self.ties(at_kinks)]:
            move = self.direction(places_of_one)
            mine = sum(
                float(np.sum(s * m)) for s, m in zip(slopes, move, strict=True) if m is not None
            )
            low, high = sorted(self.along(move))
            slack = self.noise + tolerance * max(abs(low), abs(high))
            if not low - slack <= mine <= high + slack:
                return False
        return True

    def ties(self, at_kinks):
        """Group the places whose kinks are one: moving both is not the sum of moving each."""
        sides_of = {one: self.along(self.direction([one])) for one in at_kinks}
        group_of = {one: [one] for one in at_kinks}
        for one, other in combinations(at_kinks[:MANY], 2):
            if group_of[one] is group_of[other]:
                continue
            both = self.along(self.direction([one, other]))
            parts = zip(both, sides_of[one], sides_of[other], strict=True)
            if any(abs(b - x - y) > 4 * self.noise + 1e-3 * (abs(x) + abs(y)) for b, x, y in parts):
                group_of[one] += group_of[other]
                for joined in group_of[other]:
                    group_of[joined] = group_of[one]
        return list({id(group): group for group in group_of.values()}.values())


def report_of(leaf, rows, forgiven, tolerance):
    """Sum up what was found at the elements of an input; kinks may be forgiven."""
    kinks = sum(row.kink for row in rows) if forgiven else 0
    rest = [row for row in rows if not (forgiven and row.kink)]
    worst = max(rest, default=Found(False, False, 0.0, (), 0.0, 0.0, False))
    verdict = "wrong" if worst.wrong else "right at a kink" if kinks else "right"
    if rest and not worst.wrong and not any(row.error <= tolerance for row in rest):
        verdict = "cannot tell"
    return InputReport(leaf.name, leaf.shape, *worst[2:6], kinks, verdict)


def relative_error(one, other):
    """Compare two slopes; two that are not finite never agree."""
    if not np.isfinite(one - other):
        return np.inf
    return abs(one - other) / (max(abs(one), abs(other)) or 1.0)
