"""Lesson 06: a sigmoid that is safe for any z, its slope, and weights that keep a signal's size."""

import math
from collections.abc import Callable

import numpy as np

from coursekit.exercises.exercise import Exercise, Figure, Mistake, drawn


def sigmoid(z: np.ndarray) -> np.ndarray:
    """The sigmoid, safe for any z."""
    return np.exp(-np.logaddexp(0, np.negative(z)))


def sigmoid_slope(a: np.ndarray) -> np.ndarray:
    """The slope of the sigmoid, from its output."""
    return a - np.square(a)


def initialise(seed: int, d: int, k: int) -> np.ndarray:
    """Weights that keep the size of a signal on its way forward."""
    return np.random.default_rng(seed).normal(scale=d**-0.5, size=(d, k))


def first_over_last(slopes: np.ndarray, gain: float) -> float:
    """How large the first layer's gradient is beside the last layer's."""
    passed = np.sqrt(np.square(slopes).mean(axis=1))[:-1]
    return float(np.prod(gain * passed))


# Wrong answers of more than an expression


def both_sides(z: np.ndarray) -> np.ndarray:
    """Choose by np.where between two formulas that were both computed."""
    return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))


def one_number_only(z: float) -> float:
    """Choose by `if`."""
    if z >= 0:
        return 1 / (1 + math.exp(-z))
    return math.exp(z) / (1 + math.exp(z))


def arrays_only(z: np.ndarray) -> np.ndarray:
    """Choose by masks, which a number does not take."""
    a = np.empty_like(z)
    a[z >= 0] = 1 / (1 + np.exp(-z[z >= 0]))
    a[z < 0] = np.exp(z[z < 0]) / (1 + np.exp(z[z < 0]))
    return a


def closed_beyond(limit: float) -> Callable:
    """Put in 0 and 1 beyond a limit."""
    return lambda z: np.where(z > limit, 1.0, np.where(z < -limit, 0.0, sigmoid(z)))


def clipped_to(limit: float) -> Callable:
    """Keep the sigmoid as it is beyond a limit."""
    return lambda z: sigmoid(np.clip(z, -limit, limit))


def returned_at_once(slopes: np.ndarray, gain: float) -> float | None:
    """Return inside the loop."""
    for slope in slopes[:-1]:
        return gain * np.sqrt(np.mean(slope**2))
    return None


def last_factor_only(slopes: np.ndarray, gain: float) -> float:
    """Overwrite the product in every round of the loop."""
    share = 1.0
    for slope in slopes[:-1]:
        share = gain * np.sqrt(np.mean(slope**2))
    return share


def one_mean(rows: slice, each_step: bool) -> Callable:
    """Take one mean over the rows, for one step or for each."""

    def share(slopes, gain):
        factor = gain * np.sqrt(np.mean(slopes[rows] ** 2))
        return factor ** (len(slopes) - 1) if each_step else factor

    return share


def normal(seed: int, d: int, k: int, scale: float) -> np.ndarray:
    """Normal weights of any scale."""
    return np.random.default_rng(seed).normal(scale=scale, size=(d, k))


def measure_weights(drawn_weights: list[np.ndarray]) -> list[Figure]:
    """Judge the weights drawn for `SEEDS_AND_SHAPES`, in the order in which faults hide others."""
    first, again, other, tall = drawn_weights
    k, units = first.shape[1], len({unit.tobytes() for unit in first.T})
    return [
        Figure(
            f"the number of different units among {k}",
            units,
            k,
            0,
            "units that start alike get the same gradient and stay alike",
        ),
        Figure(
            "the mean of the weights, in standard deviations,",
            float(first.mean() / first.std()) if first.any() else 0.0,
            0.0,
            0.06,
            "the weights are not centred on 0",
        ),
        *(
            Figure(
                f"the standard deviation for d = {weights.shape[0]} and k = {weights.shape[1]}",
                float(weights.std()),
                weights.shape[0] ** -0.5,
                0.05 * weights.shape[0] ** -0.5,
                "each unit sums d inputs, and the scale has to make up for that",
            )
            for weights in (first, tall)
        ),
        Figure(
            "the share of weights that the same seed gives again",
            float(np.mean(first == again)),
            1.0,
            0.0,
            "the generator has to be made from the seed, inside the function",
        ),
        Figure(
            "the share of weights that another seed gives too",
            float(np.mean(first == other)),
            0.0,
            0.9,
            "the seed is not used",
        ),
    ]


SEEDS_AND_SHAPES = ((3, 200, 50), (3, 200, 50), (4, 200, 50), (5, 50, 200))


# Twenty arrays, none of them square.
TWENTY_SHAPES = [(1 + n % 3, 4 + n % 2) for n in range(20)]

EXERCISES = (
    Exercise(
        id="6.1",
        answer=sigmoid,
        silent=True,
        cases=(
            *(
                (z,)
                for z in (
                    0.5,
                    2.0,
                    -3.0,
                    32.0,
                    -32.0,
                    34.0,
                    -34.0,
                    -36.0,
                    -40.0,
                    800.0,
                    -800.0,
                    1000.0,
                    -1000.0,
                )
            ),
            (np.array([-1.5, 0.0, 2.5]),),
            (np.array([[-1000.0, -40.0, -2.0], [0.5, 32.0, 1000.0]]),),
            (np.array([[-2.0, 0.25, 5.0]], dtype=np.float32),),
            *((drawn(n, shape),) for n, shape in enumerate(TWENTY_SHAPES)),
        ),
        mistakes=(
            Mistake(
                lambda z: 1 / (1 + np.exp(-z)),
                "this is the textbook's formula, and exp(−z) overflows once z is below −709",
            ),
            Mistake(
                lambda z: np.exp(z) / (1 + np.exp(z)),
                "exp(z) overflows once z is above 709, and ∞/∞ is no number",
            ),
            Mistake(
                both_sides,
                "np.where chooses after both sides were computed for every z, the dangerous one "
                "included",
            ),
            *(
                Mistake(
                    clipped_to(limit),
                    "z was clipped too early: beyond the limit σ still falls, to 4e-18 at −40",
                )
                for limit in (20, 30, 35, 36)
            ),
            *(
                Mistake(
                    closed_beyond(limit),
                    "0 or 1 was put in beyond a limit: σ comes near them and reaches neither",
                    number=19,
                )
                for limit in (30, 33, 35)
            ),
            Mistake(np.tanh, "that is tanh: σ lies between 0 and 1 and is one half at 0"),
            Mistake(
                lambda z: 1 / (1 + np.exp(z)),
                "the curve is mirrored: a sign of z is the wrong way round",
            ),
            Mistake(
                lambda z: sigmoid(z) * (1 - sigmoid(z)),
                "that is the slope of σ: the question is its value",
            ),
            Mistake(
                lambda z: 1 / (1 + np.exp(-np.abs(z))),
                "negative z came out as if they were positive: |z| keeps exp safe, but the two "
                "sides need each their own formula",
            ),
            Mistake(
                one_number_only,
                "it works for one number only: `if` cannot decide for a whole array, np.where can",
            ),
            Mistake(
                lambda z: 1 / (1 + math.exp(-z)),
                "math.exp takes no array and stops where a number grows too large: np.exp takes "
                "both, and needs an argument that is safe",
            ),
            Mistake(
                arrays_only,
                "it works for arrays only: np.asarray makes an array of a number as well",
            ),
        ),
        hints=(
            "Which is safe for z = −1000: exp(z) or exp(−z)? And for z = 1000?",
            "σ(z) = 1/(1 + e⁻ᶻ) = eᶻ/(1 + eᶻ): the first is safe for z ≥ 0, the second for z < 0.",
            "Look at the line with np.exp: NumPy computes it for every element before np.where "
            "chooses, so its argument has to be safe for all of them, as −|z| is, whichever side "
            "is taken afterwards.",
        ),
        # What a right formula loses to rounding, near 1 and near 0 alike: ½(1 + tanh(z/2)) passes,
        # and a 0 put in at −36 does not.
        rtol=1e-14,
        atol=1.5e-16,
        points=2,
        right="σ stays finite and silent from −1000 to 1000, for numbers and for arrays",
    ),
    Exercise(
        id="6.2",
        answer=sigmoid_slope,
        cases=(
            *((a,) for a in (0.5, 0.75, 0.1, 0.9933, 0.0, 1.0)),
            (np.array([0.2, 0.5, 0.9]),),
            (np.array([[0.0, 0.25, 0.6], [0.999, 1.0, 1e-9]]),),
            (np.array([[0.3, 0.7]], dtype=np.float32),),
            *((drawn(n, shape, low=0.01, high=0.99),) for n, shape in enumerate(TWENTY_SHAPES)),
        ),
        mistakes=(
            Mistake(
                lambda a: sigmoid(a) * (1 - sigmoid(a)),
                "a was taken for z: a is what σ gave, and is not sent through σ again",
                number=4,
            ),
            Mistake(lambda a: sigmoid(a), "that is σ once more, of its own output", number=4),
            Mistake(lambda a: 1 - a, "one of the two factors is missing"),
            Mistake(lambda a: a, "that is the output itself: a unit near 1 has next to no slope"),
            Mistake(
                lambda a: a**2,
                "near 1 the slope vanishes, and a² is largest there: one factor "
                "has to be the distance from 1",
            ),
            Mistake(lambda a: 1 - a**2, "that is the slope of tanh from its output"),
            Mistake(
                lambda a: a * (1 + a),
                "one sign is wrong: near 1 the slope has to vanish",
            ),
            Mistake(
                lambda a: a * 1 - a,
                "the brackets are missing: the multiplication comes first, and a − a is left",
            ),
            *(
                Mistake(constant, "that is the largest slope of all, which σ has at z = 0 only")
                for constant in (lambda a: 0.25, lambda a: np.full(np.shape(a), 0.25))
            ),
        ),
        hints=(
            "Where is σ steep: at a = 0.01, 0.5 or 0.99?",
            "σ′(z) = σ(z) · (1 − σ(z)), and a = σ(z) is already there.",
            "Look at the line with return: no exp stands in it, only a, used twice, once as it is "
            "and once as its distance from 1.",
        ),
        right="the slope comes from the output alone: 0.25 at most, next to nothing near 0 and 1",
    ),
    Exercise(
        id="6.3",
        answer=first_over_last,
        atol=0.0,
        cases=(
            (np.array([[0.25, 0.1], [0.2, 0.05], [0.24, 0.15]]), 2.0),
            (np.full((10, 4), 0.25), 1.5),
            (np.array([[0.5, 0.75, 0.125, 0.0], [0.9, 0.0, 0.3, 0.6]]), 0.5),
            (np.array([[0.2, 0.1, 0.15]]), 3.0),
            (np.array([[0.25, 0.25], [0.0, 0.0], [0.2, 0.1]]), 2.0),
            (np.array([[0.25, 0.5], [0.75, 0.125]], dtype=np.float32), 22.5),
            *(
                (drawn(n, (2 + n % 4, 6 + n % 5), low=0.02, high=0.98), gain)
                for n, gain in enumerate(drawn(64, (20,), low=0.2, high=3.0).tolist())
            ),
        ),
        mistakes=(
            Mistake(
                lambda slopes, gain: np.prod(gain * np.sqrt(np.mean(slopes**2, axis=1))),
                "one layer too many: the last layer's own slope comes before its gradient, not "
                "between the two",
            ),
            Mistake(
                lambda slopes, gain: np.prod(gain * np.sqrt(np.mean(slopes**2, axis=1))[1:]),
                "the wrong end was left out: on its way to the first layer the gradient passes "
                "that layer's slope, and not the last one's",
            ),
            Mistake(
                lambda slopes, gain: np.prod(np.sqrt(np.mean(slopes**2, axis=1))[:-1]),
                "the weights are missing: each step back also multiplies by the gain",
                number=20,
            ),
            Mistake(
                lambda slopes, gain: gain * np.prod(np.sqrt(np.mean(slopes**2, axis=1))[:-1]),
                "the gain counts once for every step back, and came in only once",
            ),
            Mistake(
                lambda slopes, gain: (
                    gain ** len(slopes) * np.prod(np.sqrt(np.mean(slopes**2, axis=1))[:-1])
                ),
                "one gain too many: there are fewer steps than layers",
            ),
            Mistake(
                returned_at_once,
                "the return stands inside the loop, so that it ends after the first layer",
            ),
            Mistake(
                last_factor_only,
                "only the last factor is left: each layer has to multiply what came before",
            ),
            Mistake(
                lambda slopes, gain: np.prod(gain * np.mean(slopes, axis=1)[:-1]),
                "the plain mean was taken: the length of a gradient is a root of a sum of squares",
            ),
            Mistake(
                lambda slopes, gain: np.prod(gain * np.mean(slopes**2, axis=1)[:-1]),
                "the root is missing: that is the mean of the squares",
            ),
            Mistake(
                lambda slopes, gain: np.sum(gain * np.sqrt(np.mean(slopes**2, axis=1))[:-1]),
                "the layers were added up: along a path factors are multiplied",
            ),
            Mistake(
                lambda slopes, gain: np.prod(gain * np.max(slopes, axis=1)[:-1]),
                "the largest slope of each layer is a bound: most units have less",
            ),
            *(
                Mistake(
                    one_mean(rows, each_step),
                    "one mean was taken over all layers: each layer has its own, and its own "
                    "factor",
                )
                for rows in (slice(None), slice(-1))
                for each_step in (True, False)
            ),
            Mistake(
                lambda slopes, gain: np.prod(gain * np.sqrt(np.mean(slopes**2, axis=0))[:-1]),
                "the mean was taken over the layers: one row is one layer, so it goes along a row",
            ),
        ),
        hints=(
            "From the last layer's gradient back to the first layer's: how many steps are there "
            "between ten layers?",
            "Each step back multiplies a gradient's length by gain × √(mean of slope²), with the "
            "slopes of the layer it arrives in.",
            "Look at the line that loops over the rows: slopes[:-1] leaves out the last layer, "
            "whose gradient you start from, and each of the others multiplies what you have so "
            "far by one factor.",
        ),
        points=2,
        right="gain and slopes, step by step: that is all that is left of a gradient on its way",
    ),
    Exercise(
        id="6.4",
        answer=initialise,
        measure=measure_weights,
        cases=SEEDS_AND_SHAPES,
        mistakes=(
            Mistake(
                lambda seed, d, k: np.full((d, k), d**-0.5),
                "all weights are equal: units that start alike get the same gradient and stay "
                "alike, however wide the layer",
                number=33,
            ),
            Mistake(
                lambda seed, d, k: normal(seed, d, k, 1.0),
                "the weights are drawn and not scaled: a sum over d inputs grows with d, and a "
                "larger start is not a better one",
                number=32,
            ),
            Mistake(
                lambda seed, d, k: normal(seed, d, k, 1 / d),
                "the variance was used where the standard deviation belongs, and the signal dies",
            ),
            Mistake(
                lambda seed, d, k: normal(seed, d, k, k**-0.5),
                "outputs were counted: what a unit sums is its inputs",
            ),
            Mistake(
                lambda seed, d, k: normal(seed, d, k, (2 / (d + k)) ** 0.5),
                "inputs and outputs were averaged, as Glorot does to be fair to both passes: here "
                "only the signal on its way forward counts",
            ),
            Mistake(
                lambda seed, d, k: normal(seed, d, k, (2 / d) ** 0.5),
                "a factor √2 too large: that is He's scale, for ReLU, which lets half of the "
                "signal through",
                number=32,
            ),
            Mistake(
                lambda seed, d, k: normal(seed, d, k, 0.01),
                "a fixed small number does not know how many inputs there are",
            ),
            Mistake(
                lambda seed, d, k: normal(seed, d, k, d**0.5),
                "the weights were multiplied where a division belongs, and every unit saturates",
                number=32,
            ),
            Mistake(
                lambda seed, d, k: normal(seed, k, d, d**-0.5),
                "the shape is transposed: d inputs go down the rows, k outputs across the columns",
                number=8,
            ),
            Mistake(
                lambda seed, d, k: np.random.default_rng(seed).random((d, k)) / d**0.5,
                "random() draws between 0 and 1: every weight is positive, and half of them should "
                "not be",
            ),
            Mistake(
                lambda seed, d, k: np.random.default_rng().normal(scale=d**-0.5, size=(d, k)),
                "the seed is not used: nobody could draw these weights again",
            ),
            Mistake(
                lambda seed, d, k: normal(0, d, k, d**-0.5),
                "every seed gives the same weights: the generator was made from another number",
            ),
        ),
        hints=(
            "If you add up d random numbers of standard deviation 1, how large is the sum?",
            "Var(w₁x₁ + … + w_d x_d) = d · Var(w) · Var(x): choose Var(w) so that the two "
            "variances agree, and remember that NumPy asks for the standard deviation.",
            "Look at the line that draws: the generator is np.random.default_rng(seed), the shape "
            "is (d, k), and the standard normal numbers it gives are still to be scaled by the "
            "square root of a variance.",
        ),
        points=2,
        right="the weights have mean 0 and a variance that keeps the signal's size, seed by seed",
    ),
)
