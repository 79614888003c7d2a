import math
import re
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from coursekit import ACTIVATIONS, ELU, Activation, LeakyReLU, ReLU, Sigmoid, Softplus, Tanh
from coursekit.pictures.curves import (
    Outputs,
    Pieces,
    curve_of,
    finding,
    passed,
    slope_words,
    values_and_slopes,
)
from coursekit.style import number

OURS = [each() for each in ACTIVATIONS if issubclass(each, Activation)]
OURS += [ELU(2.0), LeakyReLU(0.5)]


class Steps(Activation):
    """A learner's first idea of a neuron that fires or does not."""

    def forward(self, z):
        return np.sign(z)

    def slope(self, a, z):
        return np.zeros_like(z)


def test_saturated_means_less_than_a_twentieth_of_the_largest_slope():
    # σ′ = σ(1 − σ) = ¼ · 1/20 where σ solves a quadratic: z = ± ln((1 + √0.95) / (1 − √0.95))
    edge = np.log((1 + np.sqrt(0.95)) / (1 - np.sqrt(0.95)))
    (low, left), (right, high) = curve_of(Sigmoid()).zones
    assert (low, high) == (-6, 6)
    assert -left == pytest.approx(edge, abs=0.05) == right


def test_landmarks_are_where_their_names_say():
    assert curve_of(Sigmoid()).landmarks["steepest"] == pytest.approx(0)
    assert 4.4 < curve_of(Sigmoid()).landmarks["saturated"] < 6
    assert curve_of(ReLU()).landmarks == {"saturated": -3, "kink": 0}


def of_a_cell(forward, slope=lambda a, z: np.ones_like(z)):
    """An activation as a learner writes it in a cell."""

    @dataclass(frozen=True)
    class Mine(Activation):
        def forward(self, z):
            return forward(z)

        def slope(self, a, z):
            return slope(a, z)

    return Mine()


@pytest.mark.parametrize(
    ("forward", "sentence"),
    [
        (
            lambda z: z + 1j,
            "Mine.forward gives complex numbers, and only real numbers can be drawn.",
        ),
        (lambda z: z[:3], "Mine.forward makes shape"),
        (lambda z: ["a"] * len(z), "Mine.forward gives text"),
    ],
)
def test_what_is_no_curve_is_refused_in_a_sentence(forward, sentence):
    with pytest.raises(ValueError, match="^" + sentence.replace(".", r"\.")):
        curve_of(of_a_cell(forward))


def test_a_hole_in_a_curve_is_left_open_and_raises_no_warning():
    curve = curve_of(of_a_cell(np.sqrt, lambda a, z: 0.5 / a))
    assert np.isnan(curve.a[curve.z < 0]).all()
    assert np.isfinite(curve.steepest) or curve.steepest == np.inf


def test_a_slope_that_is_one_number_counts_everywhere():
    z = np.array([1.0, 2.0])
    a, slope = values_and_slopes(of_a_cell(lambda z: 2 * z, lambda a, z: 2), z)
    assert a.tolist() == [2, 4]
    assert slope.tolist() == [2, 2]


@pytest.mark.parametrize("activation", OURS, ids=str)
def test_what_is_said_of_the_largest_slope_is_true_of_every_z(activation):
    curve = curve_of(activation)
    _, slope = values_and_slopes(activation, np.linspace(-100, 100, 20_001))
    said = finding(activation, curve)
    only_here = ": slope here ≤ " in said
    assert only_here or np.abs(slope).max() <= curve.steepest * 1.001, said
    assert only_here == (str(activation) == "softplus")
    assert only_here == (" of its largest in this window, " in slope_words(activation, 2.0))


def test_no_place_is_called_the_steepest_where_the_slope_goes_on_to_rise():
    assert "steepest" not in curve_of(Softplus()).landmarks
    square = of_a_cell(np.square, lambda a, z: 2 * z)
    assert curve_of(square).landmarks.keys() == {"saturated"}
    assert finding(square, curve_of(square)).endswith(
        "has no largest slope: only 0 counts as saturated"
    )


ROOTS = {
    "cube root": of_a_cell(np.cbrt, lambda a, z: 1 / (3 * np.cbrt(z) ** 2)),
    "logarithm": of_a_cell(np.log, lambda a, z: 1 / z),
    "root, without a slope at 0": of_a_cell(
        lambda z: np.sqrt(np.abs(z)), lambda a, z: np.sign(z) / (2 * a)
    ),
    "root of a ReLU": of_a_cell(
        lambda z: np.sqrt(np.maximum(z, 0)), lambda a, z: np.where(z < 0, 0, 0.5 / a)
    ),
}


@pytest.mark.parametrize("root", ROOTS.values(), ids=ROOTS)
def test_where_no_slope_is_the_largest_nothing_but_0_counts_as_saturated(root):
    curve = curve_of(root)
    assert curve.steepest == np.inf
    assert all(
        (curve.slope[(low <= curve.z) & (curve.z <= high)] == 0).all() for low, high in curve.zones
    )
    assert finding(root, curve) == "Mine has no largest slope: only 0 counts as saturated"
    for z in (0.5, 2.0, 6.0):
        words = slope_words(root, z)
        assert "; no slope is the largest, so only 0 counts as saturated. Five such" in words
        assert "%" not in words and "∞" not in words
    _, slope = values_and_slopes(root, 2 * Outputs.of(root).z)
    assert Outputs.of(root, 2.0).saturated == np.mean(slope == 0)


def test_a_slope_that_is_missing_in_one_place_and_bounded_beside_it_has_a_largest():
    size = of_a_cell(np.abs, lambda a, z: z / a)
    assert curve_of(size).steepest == 1


@pytest.mark.parametrize("activation", OURS, ids=str)
def test_a_share_of_the_largest_slope_is_none_or_all_of_it_only_where_it_is(activation):
    curve = curve_of(activation)
    for z, slope in zip(curve.z, curve.slope, strict=True):
        words = slope_words(activation, float(z))
        assert ", 0 % of its largest" not in words
        all_of_it = ", 100 % of its largest" in words
        assert all_of_it == (abs(slope) == curve.steepest), words
        assert not all_of_it or f" = {number(slope, 3)}" in words
        through = abs(slope) ** 5
        assert ("let all of it" in words) == (abs(through - 1) < 1e-9)
        assert " let 1 through" not in words and " by 1 " not in words


def test_what_layers_pass_is_never_rounded_to_all():
    for share in (0.9501, 0.97, 0.9949, 0.996, 1 - 1e-8):
        assert passed(share) == "let nearly all of it through"
    assert passed(1.004) == "multiply it by 1.004"


@pytest.mark.parametrize("activation", OURS, ids=str)
@pytest.mark.parametrize("stretch", [(-1, 1), (4, 6), (-0.3, 0.1), (-20, 20)])
def test_to_look_closer_makes_nothing_more_or_less_saturated(activation, stretch):
    whole, part = (
        curve_of(activation, min(-6, stretch[0]), max(6, stretch[1])),
        curve_of(activation, *stretch),
    )
    assert (part.rising, part.z[0], part.z[-1]) == (whole.rising, *stretch)
    assert part.steepest == pytest.approx(whole.steepest, rel=1e-3)
    for z, slope in zip(part.z, np.abs(part.slope), strict=True):
        if abs(slope / whole.steepest - 0.05) > 1e-3:
            zone = any(low <= z <= high for low, high in part.zones)
            assert zone == (slope == 0 or slope < 0.05 * whole.steepest)


@pytest.mark.parametrize("ends", [(3, -3), (1, 1), (float("nan"), 1), (0, float("inf"))])
def test_a_stretch_without_length_is_refused(ends):
    with pytest.raises(ValueError, match="^z runs from a lower to a higher number, not from "):
        curve_of(Tanh(), *ends)


@pytest.mark.parametrize("spread", [-1, float("nan"), float("inf"), "wide", 1j])
def test_a_cloud_without_a_spread_is_refused(spread):
    with pytest.raises(ValueError, match="^the spread of a cloud is a number from 0 up, not "):
        Outputs.of(Tanh(), spread)


def test_only_what_is_straight_between_its_kinks_is_called_so():
    hard = type("Hard", (Activation,), {"kinks": (-1.0, 1.0)})()
    hard.forward, hard.slope = lambda z: np.clip(z, -1, 1), lambda a, z: 1.0 * (np.abs(z) < 1)
    straight = [f for f in [*OURS, hard, ELU(0.0), LeakyReLU(1.0)] if curve_of(f).straight]
    assert straight == [ReLU(), LeakyReLU(), LeakyReLU(0.5), hard, ELU(0.0), LeakyReLU(1.0)]


def exactly(heights):
    """The pieces that are the largest on more than a point, and how many lines these are."""
    lines = [(Fraction(left), Fraction(right)) for left, right in heights]
    seen = set()
    for one in lines:
        low, high = Fraction(0), Fraction(1)  # along the picture, where this line is the largest
        for other in lines:
            left, right = one[0] - other[0], one[1] - other[1]
            if (left < 0 and right < 0) or (left <= 0 and right <= 0 and (left or right)):
                high = low
            elif left < 0 or right < 0:
                crossing = left / (left - right)
                low, high = (max(low, crossing), high) if left < 0 else (low, min(high, crossing))
        if low < high:
            seen.add(one)
    return [k for k, line in enumerate(lines, start=1) if line in seen], len(seen)


FOUND = [
    ((0, 0), (-2, 2), (2, -2)),
    ((-4, 0), (-4, 0.25)),
    ((0, 0), (-4, 0), (-4, 0.25)),
    ((4, -4), (-1, 4), (4, -3.75), (-1, 0.25)),
]


def drawn_at_random(n=400):
    rng = np.random.default_rng(0)
    for _ in range(n):
        grid = rng.choice([1, 4, 16])  # coarse ones have more ties
        heights = rng.integers(-16 // grid, 16 // grid + 1, (rng.integers(2, 5), 2)) * grid / 4
        yield tuple(map(tuple, heights.tolist()))


def test_title_words_and_picture_of_maxout_count_the_pieces_that_are_the_largest_somewhere():
    for heights in [*FOUND, *drawn_at_random()]:
        unit = Pieces.through(-4, np.array(heights)[:, 0], 4, np.array(heights)[:, 1])
        used, count = exactly(heights)
        title, words = unit.finding(), unit.words()
        if "One straight line" in title or "a straight line" in title:
            assert count == 1, heights
        elif "A shape of its own" in title:
            assert f", of {count} straight pieces" in title and count > 1, heights
        else:
            assert count == 2 and re.search(r"his is (ReLU|\|z\||leaky)", title), heights
        unused = words.partition("No gradient reaches")[2]
        for piece in range(1, len(heights) + 1):
            assert (f"piece {piece}" in unused) == (piece not in used), (heights, words)
        assert {piece for won, share in unit.won().items() if share for piece in won} == set(used)
        assert sum(unit.won().values()) == pytest.approx(1)


def test_what_holds_in_the_picture_of_maxout_alone_is_said_to_hold_there():
    beyond = Pieces([1, 0, 2], [0, 0, -5])
    assert beyond.finding() == "Between −4 and 4 this is ReLU: the largest difference is 0."
    beyond = Pieces([1, 0, 2, -1], [0, 1, -5, 0])
    assert beyond.finding().startswith(
        "A shape of its own, of 3 straight pieces between −4 and 4: "
    )


def test_a_curve_of_the_courses_own_is_measured_once_and_one_of_others_each_time():
    assert curve_of(ELU(0.5)) is curve_of(ELU(0.5))
    assert curve_of(ELU(0.5)) is not curve_of(ELU(0.75))
    factor = 1.0

    class Mine(Activation):
        def forward(self, z):
            return factor * z

        def slope(self, a, z):
            return factor * np.ones_like(z)

    assert curve_of(Mine()).steepest == 1
    factor = 2.0
    assert curve_of(Mine()).steepest == 2


@pytest.mark.parametrize(
    "forward", [lambda z: z if z > 0 else 0.0, lambda z: max(z, 0.0), math.exp]
)
def test_a_function_of_one_number_is_told_that_it_gets_many(forward):
    with pytest.raises(ValueError, match=r"Mine\.forward gets an array of many z.* np\.where"):
        curve_of(of_a_cell(forward, lambda a, z: z))


def test_a_forgotten_return_is_asked_for():
    with pytest.raises(ValueError, match=r"Mine\.slope gives nothing: does it lack a return\?"):
        curve_of(of_a_cell(np.tanh, lambda a, z: None))


def test_a_slope_that_grows_on_and_on_saturates_nowhere():
    exp = of_a_cell(np.exp, lambda a, z: a)
    assert np.isinf(curve_of(exp).steepest)
    assert "so only 0 counts as saturated. Five such layers let all" in slope_words(exp, 0.0)
    assert np.isfinite([curve_of(each).steepest for each in OURS]).all()


def test_what_is_rounded_to_the_bound_of_saturation_is_said_to_be_under_it():
    assert "just under 5 % of its largest, 1: saturated" in slope_words(ELU(), -3.0)
