"""An activation over a stretch of z: its curve, its slope, what passes through, and the words."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from numbers import Real
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from coursekit.activations import ACTIVATIONS, Activation, Maxout
from coursekit.differences import kinks_of
from coursekit.pictures.story import listed
from coursekit.probes import SATURATED, is_saturated, largest, normal_cloud
from coursekit.style import merely_close, number, percent

LOW, HIGH = -6.0, 6.0
REACH = 4.0  # of the picture of a Maxout unit, to both sides
SHOWN = "between −4 and 4"
# What NumPy and Python say where a function of one number gets an array of them.
ONE_AT_A_TIME = "truth value of an array", "only 0-dimensional arrays", "only length-1 arrays"
KINDS = {"c": "complex numbers", "U": "text", "O": "objects"}


class Curve(NamedTuple):
    """An activation over a stretch of z: a and slope at each z, and what one says of them.

    Attributes
    ----------
    z, a, slope : ndarray of shape (n,)
    kinks : tuple of float
    steepest : float
        The size of the largest slope, between −6 and 6 if the stretch is shorter: to look closer
        makes nothing less saturated. ∞ where slopes have no bound.
    rising : bool
        Whether it is steepest at an end, and so perhaps steeper beyond.

    Examples
    --------
    >>> from coursekit import Sigmoid, Softplus
    >>> curve_of(Softplus()).rising, curve_of(Sigmoid()).rising
    (True, False)
    """

    z: np.ndarray
    a: np.ndarray
    slope: np.ndarray
    kinks: tuple
    steepest: float
    rising: bool

    @property
    def zones(self):
        """Where it saturates: (from, to) for each stretch whose slope `is_saturated`.

        Examples
        --------
        >>> from coursekit import Sigmoid
        >>> [(round(low, 1), round(high, 1)) for low, high in curve_of(Sigmoid()).zones]
        [(-6.0, -4.4), (4.4, 6.0)]
        """
        flat = is_saturated(self.slope, self.steepest)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], flat, [False]])))
        ends = zip(edges[::2], edges[1::2] - 1, strict=True)
        return tuple((float(self.z[first]), float(self.z[last])) for first, last in ends)

    @property
    def straight(self):
        """Whether it is straight between its kinks.

        Examples
        --------
        >>> curve_of(ReLU()).straight, curve_of(Tanh()).straight
        (True, False)
        """
        beside = ~np.isin(self.z, self.kinks)
        between = np.digitize(self.z[beside], self.kinks)
        parts = (self.slope[beside][between == part] for part in np.unique(between))
        return all(np.allclose(part, part[0], atol=0) for part in parts)

    @property
    def landmarks(self):
        """Places that are worth a look, by name: where it is steepest, saturated, or has a kink.

        Examples
        --------
        >>> from coursekit import ReLU
        >>> curve_of(ReLU()).landmarks
        {'saturated': -3.0, 'kink': 0.0}
        """
        places = {}
        steep = self.z[np.abs(self.slope) > 0.999 * self.steepest]
        if steep.size and np.ptp(steep) < 1 and not self.rising:
            places["steepest"] = float(np.mean(steep))
        if self.zones:
            widest = max(self.zones, key=lambda zone: (round(zone[1] - zone[0], 6), zone))
            places["saturated"] = float(np.mean(widest))
        if self.kinks:
            places["kink"] = float(self.kinks[0])
        return places


def curve_of(activation: Activation, low: float = LOW, high: float = HIGH) -> Curve:
    """
    An activation and its slope from low to high.

    Raises
    ------
    ValueError
        Says in one sentence what the activation gives that is no curve.

    Examples
    --------
    >>> curve_of(Tanh()).steepest
    1.0
    """
    # A frame asks for the same curve many times; one that others wrote may change meanwhile.
    values = vars(activation).values()
    known = type(activation) in ACTIVATIONS and all(isinstance(v, Real | str) for v in values)
    return (known_curve if known else measured_curve)(activation, low, high)


def measured_curve(activation: Activation, low: float, high: float) -> Curve:
    """Ask an activation for its values and slopes from low to high."""
    if not -np.inf < low < high < np.inf:
        raise ValueError(f"z runs from a lower to a higher number, not from {low!r} to {high!r}")
    z = places(activation, low, high)
    a, slope = values_and_slopes(activation, z)
    kinks = tuple(kink for kink in kinks_of(activation) if low <= kink <= high)

    def slope_at(z):
        return values_and_slopes(activation, z)[1]

    # How steep it is at most is asked of the whole curve, however little of it is looked at.
    whole = np.union1d(z, places(activation, min(low, LOW), max(high, HIGH)))
    steepest = largest(slope_at, whole)
    if (np.abs(slope_at(2 * whole[[0, -1]])) > 1.5 * steepest).any():
        steepest = np.inf  # as that of exp: twice as far out it is much steeper yet
    inner = np.nanmax(np.abs(slope_at(whole[1:-1])), initial=0.0)
    return Curve(z, a, slope, kinks, steepest, bool(steepest > inner))


known_curve = lru_cache(maxsize=16)(measured_curve)


def places(activation: Activation, low: float, high: float) -> np.ndarray:
    """Many z from low to high, on the kinks between them and on both sides of each."""
    kinks = [kink for kink in activation.kinks if low <= kink <= high]
    beside = [kink + side for kink in kinks for side in (-1e-9, 0.0, 1e-9)]
    return np.union1d(np.linspace(low, high, 241), beside)


def values_and_slopes(activation: Activation, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What an activation gives at each z, its own or a learner's; ValueError if it is no answer."""
    name = type(activation).__name__
    with np.errstate(all="ignore"):
        a = answer(f"{name}.forward", lambda: activation.forward(z), z)
        return a, answer(f"{name}.slope", lambda: activation.slope(a, z), z)


def answer(name, ask, z):
    """What a learner's function gives, as one real number for each z."""
    try:
        given = ask()
    except (TypeError, ValueError) as fault:
        if not any(said in str(fault) for said in ONE_AT_A_TIME):
            raise
        raise ValueError(
            f"{name} gets an array of many z, and `if`, `max` or a function of math takes one: "
            "np.where, np.maximum, np.exp take them all."
        ) from fault
    if given is None:
        raise ValueError(f"{name} gives nothing: does it lack a return?")
    given = np.asarray(given)
    if given.dtype.kind not in "fiub":
        kind = KINDS.get(given.dtype.kind, f"{given.dtype} values")
        raise ValueError(f"{name} gives {kind}, and only real numbers can be drawn.")
    if given.shape not in ((), z.shape):
        raise ValueError(
            f"{name} makes shape {given.shape} of z's {z.shape}: one value a z, please."
        )
    return np.broadcast_to(given.astype(float), z.shape)


def finding(activation: Activation, curve: Curve) -> str:
    """What the curve shows, as a title."""
    if curve.steepest == 0:
        return f"{name_of(activation)} is flat everywhere: it passes no gradient"
    ends = {side for zone in curve.zones for side in zone} & {curve.z[0], curve.z[-1]}
    between = "flattens in between" if curve.zones else "never flattens"
    flat = {0: between, 1: "flattens on one side", 2: "flattens on both sides"}[len(ends)]
    if np.isinf(curve.steepest):
        return f"{name_of(activation)} has no largest slope: only 0 counts as saturated"
    most = "slope here ≤" if curve.rising else "slope at most"
    return f"{name_of(activation)} {flat}: {most} {number(curve.steepest, 3)}"


def name_of(activation: object) -> str:
    """An activation's symbol, or what its class is called."""
    return getattr(activation, "symbol", "") or type(activation).__name__


def place_of(activation: Activation, z: float) -> tuple[float, float]:
    """
    An activation and its slope at one z; ValueError where there is none.

    Examples
    --------
    >>> place_of(ReLU(), 2.0)
    (2.0, 1.0)
    """
    a, slope = (float(here[0]) for here in values_and_slopes(activation, np.array([z])))
    if not np.isfinite([a, slope]).all():
        name = name_of(activation)
        raise ValueError(f"{name}({number(z)}) is {number(a)} and its slope there {number(slope)}.")
    return a, slope


def hole(activation: object) -> str:
    """
    Say where an activation has no value or no slope between −6 and 6; empty if it has both.

    A layer needs a value for each z, so a single one for all of them is told, too.

    Raises
    ------
    ValueError
        Says in one sentence what the activation gives that is no curve.

    Examples
    --------
    >>> class Root(Activation):
    ...     forward = staticmethod(np.sqrt)
    ...
    ...     def slope(self, a, z):
    ...         return 0.5 / a
    >>> hole(Root()), hole(ReLU())
    ('Root(−6) is NaN and its slope there NaN.', '')
    """
    if isinstance(activation, Activation):
        curve = curve_of(activation)
        rows = curve.z[:6].reshape(2, 3)  # as in a layer: one for each example
        with np.errstate(all="ignore"):
            shape = np.shape(activation.forward(rows))
        if shape != rows.shape:
            name = f"{type(activation).__name__}.forward"
            return f"{name} makes shape {shape} of z's {rows.shape}: one value a z, please."
        try:
            for z in curve.z[~(np.isfinite(curve.a) & np.isfinite(curve.slope))]:
                place_of(activation, z)
        except ValueError as why:
            return str(why)
    return ""


def slope_words(activation: Activation, z: float) -> str:
    """
    What its slope at a z does to a gradient, alone and five layers deep.

    Examples
    --------
    >>> slope_words(ReLU(), -1)
    'ReLU′(−1) = 0: nothing of a gradient comes through.'
    >>> slope_words(Sigmoid(), 5)
    'σ′(5) = 0.00665, 3 % of its largest, 0.25: saturated. Five such layers let 1e-11 through.'
    """
    curve, (_, slope) = curve_of(activation), place_of(activation, z)
    at = f"{name_of(activation)}′({number(z)}) = {number(slope, 3)}"
    if z in curve.kinks:
        at += " by choice, for the slope jumps at this kink"
    if slope == 0:
        return f"{at}: nothing of a gradient comes through."
    then = f"Five such layers {passed(abs(slope) ** 5)}."
    if np.isinf(curve.steepest):
        return f"{at}; no slope is the largest, so only 0 counts as saturated. {then}"
    flat = ": saturated" if is_saturated(slope, curve.steepest) else ""
    share = percent(abs(slope) / curve.steepest)
    share = f"just under {share}" if flat and share == percent(SATURATED) else share
    here = " in this window" if curve.rising else ""
    return f"{at}, {share} of its largest{here}, {number(curve.steepest, 3)}{flat}. {then}"


def passed(share):
    """What layers do to a gradient, in words.

    Examples
    --------
    >>> passed(1.0), passed(0.9876), passed(0.03), passed(1.286)
    ('let all of it through', 'let nearly all of it through', 'let 0.03 through', \
'multiply it by 1.29')
    """
    if abs(share - 1) < 1e-9:
        return "let all of it through"
    if share > 1:
        return f"multiply it by {number(share, 3 if share > 1.005 else 10)}"
    return f"let {number(share, 1) if share < 0.95 else 'nearly all of it'} through"


class Outputs(NamedTuple):
    """A normal cloud of pre-activations and what an activation makes of it.

    Attributes
    ----------
    z, a : ndarray of shape (n,)
        In ascending order of z.
    saturated : float
        The share of the cloud that lies where the slope `is_saturated`.
    """

    name: str
    z: np.ndarray
    a: np.ndarray
    saturated: float

    @classmethod
    def of(cls, activation: Activation, spread: float = 1.0) -> "Outputs":
        """
        Send a cloud of a spread around 0 through.

        Examples
        --------
        >>> Outputs.of(ReLU()).words()
        'ReLU with mean 0.4 and spread 0.58, 50 % of it saturated'
        """
        if not (isinstance(spread, Real) and 0 <= spread < np.inf):
            raise ValueError(f"the spread of a cloud is a number from 0 up, not {spread!r:.40}")
        z = spread * normal_cloud()
        a, slope = values_and_slopes(activation, z)
        flat = is_saturated(slope, curve_of(activation).steepest)
        return cls(name_of(activation), z, a, float(flat.mean()))

    @property
    def moments(self) -> str:
        """Their mean and spread; or that they have none."""
        if not np.isfinite(self.a).all():
            return "holes"
        mean, spread = (number(round(float(m), 2)) for m in (self.a.mean(), self.a.std()))
        return f"mean {mean} and spread {spread}"

    def words(self) -> str:
        """The activation that a cloud leaves, and how."""
        return f"{self.name} with {self.moments}, {percent(self.saturated)} of it saturated"


def view_words(activation: Activation, z: float, spread: float) -> str:
    """What curve, slope, tangent and cloud look like, for those who do not see them."""
    curve, (a, slope) = curve_of(activation), place_of(activation, z)
    about = "about " * merely_close(a)
    zones = " and ".join(f"from {number(low, 2)} to {number(high, 2)}" for low, high in curve.zones)
    return (
        f"{finding(activation, curve)}. Above, {name_of(activation)} between z = −6 and 6, with"
        f" its tangent at z = {number(z)}, where it is {about}{number(a, 3)}; beneath, its slope,"
        f" there {number(slope, 3)}; shaded as saturated: {zones or 'nothing'}. A histogram"
        f" of z's of spread {number(spread)} stands on the lower axis; on the right lies that of"
        f" what comes out, with {Outputs.of(activation, spread).moments}."
    )


class Pieces(NamedTuple):
    """The lines w z + b of a Maxout unit.

    Examples
    --------
    >>> unit = Pieces([1.0, 0.0], [0.0, 0.0])
    >>> unit.forward(np.array([-2.0, 3.0])), unit.shares()
    (array([0., 3.]), array([0.5, 0.5]))
    >>> unit.finding()
    'This is ReLU: the largest difference is 0.'
    """

    w: Sequence[float] | np.ndarray
    b: Sequence[float] | np.ndarray

    @classmethod
    def through(cls, left: float, lefts: ArrayLike, right: float, rights: ArrayLike) -> "Pieces":
        """Take lines by their heights at two places."""
        w = (np.asarray(rights) - lefts) / (right - left)
        return cls(w, np.asarray(lefts) - w * left)

    def lines(self, z: np.ndarray) -> np.ndarray:
        """Evaluate every line: an array of shape (n, k)."""
        return np.multiply.outer(z, self.w) + self.b

    def forward(self, z: np.ndarray) -> np.ndarray:
        """Take the largest at each z."""
        return Maxout().forward(self.lines(z))

    def stretches(
        self, low: float = -np.inf, high: float = np.inf
    ) -> list[tuple[float, float, tuple[int, ...]]]:
        """Where which pieces are the largest: (from, to, pieces), from left to right.

        Pieces are counted from 1; those that are equal stand together. A piece that is the largest
        in a single point, where others cross, has no stretch.

        Examples
        --------
        >>> Pieces([1, 0, 1], [0, 0, 0]).stretches()
        [(-inf, 0.0, (2,)), (0.0, inf, (1, 3))]
        """
        w, b = np.asarray(self.w, float), np.asarray(self.b, float)
        with np.errstate(invalid="ignore", divide="ignore"):
            crossings = (np.subtract.outer(b, b) / np.subtract.outer(w, w).T).ravel() + 0.0
        within = crossings[(low < crossings) & (crossings < high)]
        found: list[tuple[float, float, tuple[int, ...]]] = []
        for left, right in pairwise(np.unique([low, *within, high]).tolist()):
            if right - left < 1e-9:  # where several lines cross in one point, but for rounding
                continue
            inside = min(1.0, (right - left) / 2)
            best = self.lines(np.clip(0.0, left + inside, right - inside)).argmax()
            pieces = tuple((np.flatnonzero((w == w[best]) & (b == b[best])) + 1).tolist())
            if found and found[-1][2] == pieces:  # others cross beneath
                left, *_ = found.pop()
            found.append((left, right, pieces))
        return found

    def won(self) -> dict[tuple[int, ...], float]:
        """The share that each line wins, by its pieces, from 1 on: those that are equal share it.

        It is a share of z ~ N(0, 1) between −4 and 4, which is all that a picture shows.

        Examples
        --------
        >>> won = Pieces([1, 0, 1], [0, 0, 0]).won()
        >>> {pieces: round(share, 9) for pieces, share in won.items()}
        {(1, 3): 0.5, (2,): 0.5}
        """
        alike: dict[tuple[float, float], list[int]] = {}
        for piece, line in enumerate(zip(self.w, self.b, strict=True), start=1):
            alike.setdefault(line, []).append(piece)
        shares = {tuple(pieces): 0.0 for pieces in alike.values()}
        below, whole = NormalDist().cdf, self.stretches(-REACH, REACH)
        for left, right, pieces in whole:
            # One that wins all wins 1, whatever the last digits of a sum of shares are.
            part = (below(right) - below(left)) / (below(REACH) - below(-REACH))
            shares[pieces] += part if whole[1:] else 1.0
        return shares

    def shares(self) -> np.ndarray:
        """For which share of z each line is the largest, and so gets the gradient: see `won`."""
        each = {piece: share / len(won) for won, share in self.won().items() for piece in won}
        return np.array([each[piece] for piece in sorted(each)])

    def words(self) -> str:
        """Which line wins how much, and which pieces win nothing.

        Examples
        --------
        >>> Pieces([1, 0, 1, 0], [0, 0, 0, -1]).words()
        'Of z ~ N(0, 1) between −4 and 4 the largest is the equal pieces 1 and 3 together for 50 % \
and piece 2 for 50 %. No gradient reaches piece 4, the largest for none of them, until a rival \
moves away.'
        """
        wins, unused = [], []
        for pieces, share in self.won().items():
            numbers = listed([*map(str, pieces)])
            line = f"the equal pieces {numbers} together" if pieces[1:] else f"piece {numbers}"
            if share:
                wins.append(f"{line} for {percent(share)}")
            else:
                unused += [f"piece {piece}" for piece in pieces]
        said = f"Of z ~ N(0, 1) {SHOWN} the largest is {listed(wins)}."
        never = f" No gradient reaches {listed(unused)}, the largest for none of them, until"
        return said + (f"{never} a rival moves away." if unused else "")

    def finding(self) -> str:
        """Which activation they make together, if it is one that has a name.

        Examples
        --------
        >>> Pieces([1.0, 0.0, 2.0], [0.0, 0.0, -5.0]).finding()
        'Between −4 and 4 this is ReLU: the largest difference is 0.'
        """
        everywhere, here = self.stretches(), self.stretches(-REACH, REACH)
        for stretches, said in ((everywhere, "This"), (here, f"{SHOWN.capitalize()} this")):
            if name := self.named(stretches):
                return f"{said} is {name}: the largest difference is 0."
        if not here[1:]:
            return "One straight line: no other piece is larger anywhere in this picture."
        where = f" {SHOWN}" if len(here) < len(everywhere) else ""
        count = f"of {len(here)} straight pieces{where}"
        return f"A shape of its own, {count}: convex, as every Maxout is."

    def named(self, stretches: list[tuple[float, float, tuple[int, ...]]]) -> str:
        """Name the activation that lines through the origin make; empty if it has no name."""
        lines = np.round(
            [(self.w[pieces[0] - 1], self.b[pieces[0] - 1]) for *_, pieces in stretches], 12
        )
        (alpha, *_), (beta, _) = lines[0], lines[-1]
        if len(lines) > 2 or lines[:, 1].any() or beta != 1 or not (alpha == -1 or 0 <= alpha <= 1):
            return ""
        named = {0.0: "ReLU", 1.0: "a straight line", -1.0: "|z|"}
        return named.get(float(alpha), f"leaky ReLU with α = {number(float(alpha))}")
