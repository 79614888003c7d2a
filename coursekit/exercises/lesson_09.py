"""Lesson 09: the gradient of a ReLU unit, a detector of dead units, and who died on the way."""

import numpy as np

from coursekit.exercises.exercise import Exercise, Mistake, drawn


def unit_gradient(x: np.ndarray, w: np.ndarray, b: float, upstream: np.ndarray) -> np.ndarray:
    """The gradient of the loss in the weights of one ReLU unit."""
    return x.T @ (upstream * (x @ w + b > 0))


def dead_units(a: np.ndarray) -> np.ndarray:
    """Whether each unit is silent on every example."""
    return np.logical_not(np.any(a, axis=0))


def died(dead: np.ndarray) -> np.ndarray:
    """Whether each unit lived at some moment and is dead at the last."""
    return np.logical_and(dead[-1], np.logical_not(np.all(dead, axis=0)))


def nearest_unit_gradient(
    came: np.ndarray, x: np.ndarray, w: np.ndarray, b: float, upstream: np.ndarray
) -> np.ndarray:
    """Grant any slope from 0 to 1 to an example that lies on the line itself."""
    right = unit_gradient(x, w, b, upstream)
    way = x.T @ (upstream * (x @ w + b == 0))
    if came.shape != right.shape or not way.any():
        return right
    return right + np.clip((came - right) @ way / (way @ way), 0, 1) * way


# Wrong answers of more than an expression


def assigned_in_a_loop(x: np.ndarray, w: np.ndarray, b: float, upstream: np.ndarray) -> np.ndarray:
    """Write = where += belongs, beginning with zeros."""
    gradient = np.zeros(len(w))
    for row, each in zip(x, upstream, strict=True):
        if row @ w + b > 0:
            gradient = each * row
    return gradient


def assigned_in_a_loop_alone(
    x: np.ndarray, w: np.ndarray, b: float, upstream: np.ndarray
) -> np.ndarray:
    """Write = where += belongs, and leave nothing to return where no example is active."""
    for row, each in zip(x, upstream, strict=True):
        if row @ w + b > 0:
            gradient = each * row
    return gradient


# What the exercises are asked


def unit(seed: int) -> tuple:
    """Draw examples, weights, a bias and what comes from above; no shape is square."""
    n, d = 4 + seed % 3, 2 + seed % 2
    numbers = drawn(seed, (n * d + d + n + 1,))
    x, w, upstream, b = np.split(numbers, [n * d, n * d + d, n * d + d + n])
    return x.reshape(n, d), w, float(b[0]), upstream


def activations(seed: int, n: int) -> np.ndarray:
    """Draw what four units give on n examples: dead, sparse, half silent, busy, in turn."""
    a = np.abs(drawn(seed, (n, 4)))
    a[:, 0] = 0
    a[:, 1] = 0
    a[-1, 1] = 0.002  # fires on the last example alone, and ever so little
    a[: (n + 1) // 2, 2] = 0
    a[seed % n, 3] = 0
    return np.roll(a, seed, axis=1)


def looks(seed: int) -> np.ndarray:
    """Draw at which of some moments each of four units is dead; one of each fate."""
    moments = 3 + seed % 3
    dead = drawn(seed, (moments, 4)) > 0
    dead[:, 0] = True
    dead[0, 1], dead[-1, 1] = False, True
    dead[0, 2], dead[-1, 2] = True, False
    dead[0, 3], dead[1, 3], dead[-1, 3] = True, False, True
    return np.roll(dead, seed, axis=1)


# The first example lies on the unit's line where b = 0. At a right angle to what the others give,
# its share of the gradient makes no wrong answer look like another.
ON_THE_LINE = np.array([[1.0, 3.0], [3.0, -1.0], [-2.0, 0.5]])
WEIGHTS, UPSTREAM = np.array([3.0, -1.0]), np.array([0.25, -2.0, 3.0])
SMALL = np.array([[0.5], [-1.5]], np.float32), np.array([2.0], np.float32), 0.25
# Awake once and late, always, once and early: what a batch of 32 sees of them differs.
LATE = np.zeros((40, 3))
LATE[35, 0], LATE[:, 1], LATE[2, 2] = 0.7, 1.5, 0.4
# Awake once in two thousand; always, and ever so little; never; on the second half. Nobody who
# takes some share, some size or some batch for the whole is right about all four.
RARE = np.zeros((2000, 4))
RARE[1234, 0], RARE[:, 1], RARE[1000:, 3] = 0.7, 2.0**-20, 1.5

EXERCISES = (
    Exercise(
        id="9.1",
        answer=unit_gradient,
        nearest=nearest_unit_gradient,
        cases=(
            (ON_THE_LINE, WEIGHTS, 0.5, UPSTREAM),
            (ON_THE_LINE, WEIGHTS, 0.0, UPSTREAM),  # the first lies on it
            (ON_THE_LINE, WEIGHTS, -11.0, UPSTREAM),  # dead
            (ON_THE_LINE, WEIGHTS, 1000.0, UPSTREAM),
            (*SMALL, np.array([3.0, 0.5], np.float32)),
            *(unit(seed) for seed in range(20)),
        ),
        mistakes=(
            Mistake(
                lambda x, w, b, upstream: x.T @ upstream,
                "the ReLU is missing: where z is below 0 its slope is 0, and nothing gets through",
            ),
            *(
                Mistake(
                    assigned,
                    "only the last active example's share is left: each active example has to be "
                    "added to what came before",
                    number=1,
                )
                for assigned in (assigned_in_a_loop, assigned_in_a_loop_alone)
            ),
            Mistake(
                lambda x, w, b, upstream: x.T @ (x @ w + b > 0),
                "the upstream gradient is missing: downstream = upstream × local",
                number=3,
            ),
            Mistake(
                lambda x, w, b, upstream: x.T @ (upstream * (x @ w > 0)),
                "the bias is missing in z: it decides as well on which side of the line a point is",
            ),
            Mistake(
                lambda x, w, b, upstream: x.T @ (upstream * np.maximum(x @ w + b, 0)),
                "the output was taken for the slope: where a ReLU is active its slope is 1",
                number=4,
            ),
            Mistake(
                lambda x, w, b, upstream: x.T @ (upstream * (x @ w + b < 0)),
                "the two sides are swapped: gradients get through where z is above 0",
            ),
            Mistake(
                lambda x, w, b, upstream: x.T @ (upstream * (upstream > 0)),
                "the sign of the upstream gradient was asked: a ReLU decides by z, and lets "
                "negative gradients through as well",
            ),
            Mistake(
                lambda x, w, b, upstream: x.T @ (upstream * np.where(x @ w + b > 0, 1, 0.01)),
                "a hundredth gets through below 0: that is a Leaky ReLU, which cannot die",
            ),
            Mistake(
                lambda x, w, b, upstream: x.T @ (upstream * (x @ w + b > 0)) / len(x),
                "the examples were averaged: a loss that averages has done so upstream already, "
                "and here gradients add",
                number=12,
            ),
            Mistake(
                lambda x, w, b, upstream: x * (upstream * (x @ w + b > 0))[:, None],
                "one row an example is left: the same weights are used on all of them, and "
                "gradients add where a value is used twice",
                number=1,
            ),
            Mistake(
                lambda x, w, b, upstream: np.outer(upstream * (x @ w + b > 0), w),
                "that is the gradient in the inputs: in a product the factors swap",
                number=5,
            ),
            Mistake(
                lambda x, w, b, upstream: x.T @ upstream * np.any(x @ w + b > 0),
                "each example has a slope of its own: one that is active opens the gate for "
                "itself, not for all",
            ),
            Mistake(
                lambda x, w, b, upstream: upstream * (x @ w + b > 0),
                "that is the gradient in z, one number an example: a weight reaches z through x",
                number=17,
            ),
            Mistake(
                lambda x, w, b, upstream: (upstream * (x @ w + b > 0)).sum(),
                "that is the gradient in b: a weight's share is multiplied by its input",
            ),
            Mistake(
                lambda x, w, b, upstream: (x * (upstream * (x @ w + b > 0))[:, None]).T,
                "one column an example is left: the same weights are used on all of them, and "
                "gradients add where a value is used twice",
                number=1,
            ),
            Mistake(
                lambda x, w, b, upstream: x[-1] * upstream[-1] * (x[-1] @ w + b > 0),
                "only the last example's share is left: where a value is used twice its gradients "
                "add, and = throws away what came before",
                number=1,
            ),
            Mistake(
                lambda x, w, b, upstream: x.T @ (upstream * np.sign(x @ w + b)),
                "np.sign is −1 below 0: there the slope of a ReLU is 0, and nothing gets through",
            ),
            Mistake(
                lambda x, w, b, upstream: x.T @ (upstream * (x @ w + b)),
                "z was taken for the slope: the slope is 1 where z is above 0, and 0 elsewhere",
                number=4,
            ),
            Mistake(
                lambda x, w, b, upstream: x.T @ np.maximum(x @ w + b, 0),
                "that multiplies the input by the output: upstream is missing, and a slope stands "
                "where the output does",
                number=3,
            ),
            Mistake(
                lambda x, w, b, upstream: np.maximum(x.T @ upstream, 0),
                "the ReLU was put on the gradient: it lets gradients of either sign through, and "
                "asks z whether to",
            ),
            Mistake(
                lambda x, w, b, upstream: x.T @ np.maximum(upstream * (x @ w + b), 0),
                "the ReLU was put on upstream times z: upstream is multiplied by its slope",
            ),
            Mistake(
                lambda x, w, b, upstream: (x * (x > 0)).T @ upstream,
                "the inputs were asked for their sign: a ReLU decides by z, the weighted sum",
            ),
            Mistake(
                lambda x, w, b, upstream: x.T @ (upstream * (x @ w - b > 0)),
                "the bias has the wrong sign in z: it is added",
            ),
            Mistake(
                lambda x, w, b, upstream: x.T @ (upstream * (x @ w + b > 0)) * w,
                "w is a factor too many: z is a product of x and w, so its slope in w is x",
                number=5,
            ),
            Mistake(
                lambda x, w, b, upstream: w * (upstream * (x @ w + b > 0)).sum(),
                "w stands where x should: in a product the factors swap",
                number=5,
            ),
            Mistake(
                lambda x, w, b, upstream: w - x.T @ (upstream * (x @ w + b > 0)),
                "that is w after a step down the gradient: the question is the gradient itself",
                number=14,
            ),
        ),
        hints=(
            "On which of the examples does a small change of the weights change the output?",
            "∂L/∂w = Σ xᵢ · upstreamᵢ · f′(zᵢ), with zᵢ = xᵢ·w + b and f′ = 1 above 0, else 0.",
            "Look at the line that multiplies by upstream: beside it stands a mask, 1 where the "
            "example's z is above 0 and 0 elsewhere, and x has to be transposed for the sum over "
            "the examples.",
        ),
        points=2,
        right="a unit learns from the examples that it is active on, and a dead one from none",
    ),
    Exercise(
        id="9.2",
        answer=dead_units,
        cases=(
            (np.array([[0.0, 0.5, 0.0], [0.0, 0.0, 2.0]]),),
            (np.zeros((3, 4)),),
            (np.ones((3, 4)),),
            (LATE,),
            (RARE,),
            (np.array([[0.0, 3.0], [0.0, 0.0], [0.0, 0.0]], dtype=np.float32),),
            *((activations(seed, 5 + seed % 4),) for seed in range(20)),
        ),
        mistakes=(
            Mistake(
                lambda a: np.any(a == 0, axis=0),
                "a zero was taken for death: a ReLU is silent on some examples so that it can "
                "tell them from others",
                number=23,
            ),
            *(
                Mistake(
                    lambda a, most=most: np.mean(a == 0, axis=0) >= most,
                    "often silent was taken for dead: a sparse unit learns from the few examples "
                    "that it fires on",
                    number=24,
                )
                for most in (0.5, 0.501, 0.6, 0.7, 0.75, 0.8, 0.801, 0.9, 0.95, 0.98, 0.99, 0.999)
            ),
            Mistake(
                lambda a: a[0] == 0,
                "the first example alone was asked: the next one may wake the unit",
                number=23,
            ),
            Mistake(
                lambda a: a[-1] == 0,
                "the last example alone was asked: another one may wake the unit",
                number=23,
            ),
            *(
                Mistake(
                    lambda a, n=n: np.all(a[:n] == 0, axis=0),
                    "one batch was asked: only the whole training set knows of a death",
                    number=23,
                )
                for n in (5, 10, 32, 64, 100, 128, 256)
            ),
            Mistake(
                lambda a: np.all(a == 0, axis=1),
                "the wrong axis: that asks of each example whether every unit is silent",
            ),
            Mistake(
                lambda a: np.any(a == 0, axis=1),
                "the wrong axis, and one zero is not enough: a unit is a column",
                number=23,
            ),
            Mistake(
                lambda a: np.any(a != 0, axis=0),
                "these are the units that live: the question is the others",
            ),
            *(
                Mistake(
                    lambda a, least=least: np.max(a, axis=0) < least,
                    "little was taken for nothing: wherever a ReLU is above 0 its slope is 1, and "
                    "the gradient passes whole",
                )
                for least in (1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.5, 1)
            ),
            *(
                Mistake(
                    lambda a, least=least: np.mean(a, axis=0) < least,
                    "little on average was taken for nothing: a unit that fires seldom learns from "
                    "the few examples that it fires on",
                    number=24,
                )
                for least in (1e-3, 0.01, 0.05, 0.1)
            ),
            Mistake(
                lambda a: np.all(a, axis=0),
                "these are the units that fire on every example: the question is the units that "
                "fire on none",
            ),
            Mistake(
                lambda a: np.ptp(a, axis=0) == 0,
                "always the same was taken for dead: a unit that always gives 1 is silent on no "
                "example",
            ),
            Mistake(
                lambda a: np.sum(a, axis=0),
                "these are the sums of the activations: which of them tells that a unit is dead?",
            ),
            Mistake(
                lambda a: np.mean(a != 0, axis=0),
                "that is the share of the examples that each unit fires on: which share has a dead "
                "one?",
            ),
            Mistake(
                lambda a: np.sum(a != 0, axis=0),
                "that counts the examples that each unit fires on: how many has a dead one?",
            ),
            Mistake(
                lambda a: np.sum(np.all(a == 0, axis=0)),
                "that is how many are dead: give each unit a True or a False",
            ),
            Mistake(
                lambda a: np.mean(np.all(a == 0, axis=0)),
                "that is which share is dead: give each unit a True or a False",
            ),
            Mistake(
                lambda a: np.sum(a == 0),
                "all zeros of the layer were counted together: each unit lives or dies by itself",
                number=24,
            ),
            Mistake(
                lambda a: np.all(a[:-1] == 0, axis=0),
                "the last example was left out: only the whole training set knows of a death",
                number=23,
            ),
            Mistake(
                lambda a: a[:, np.all(a == 0, axis=0)],
                "these are the activations of the dead units: give each unit a True or a False",
            ),
            Mistake(
                lambda a: a == 0,
                "each zero has an answer, and each unit wants one: the rows have to agree",
                number=23,
            ),
            Mistake(
                lambda a: np.sum(a == 0, axis=0),
                "that counts the silent examples of each unit: how many of them are all?",
                number=24,
            ),
            Mistake(
                lambda a: np.mean(a == 0, axis=0),
                "that is the silent share of each unit: dead are those where it is the whole",
                number=24,
            ),
            Mistake(
                lambda a: not np.any(a),
                "the whole layer was asked at once: each unit lives or dies by itself",
            ),
            Mistake(
                lambda a: np.flatnonzero(np.all(a == 0, axis=0)),
                "these are the places of the dead units: give each unit a True or a False",
            ),
        ),
        hints=(
            "A unit gives 0 on 99 of 100 examples: does it still learn from the last one?",
            "Unit j is dead where a[i, j] = 0 for every example i: a ∀ over the rows of a column.",
            "Look at the axis that you reduce over: rows are examples and columns are units, so "
            "the rows have to go and one answer a column stays, by a function that wants all of "
            "them to agree.",
        ),
        points=2,
        right="only who is silent on every example is dead, however seldom the others fire",
    ),
    Exercise(
        id="9.3",
        answer=died,
        cases=(
            (np.array([[False, False, True, True], [False, True, True, False]]),),
            (np.array([[True, False], [False, True], [True, False]]),),
            (np.array([[False, False], [True, False], [True, True], [True, True]]),),
            *((looks(seed),) for seed in range(20)),
        ),
        mistakes=(
            Mistake(
                lambda dead: dead[-1],
                "those that were never alive are among them: who never lived has not died",
            ),
            Mistake(
                lambda dead: np.any(dead, axis=0),
                "once dead was taken for dead for ever: some come back, because the layers below "
                "them move",
                number=25,
            ),
            Mistake(
                lambda dead: np.any(dead[1:] & ~dead[:-1], axis=0),
                "whoever died at some look may live again at the last: ask that one, too",
                number=25,
            ),
            Mistake(
                lambda dead: ~dead[0] & np.any(dead, axis=0),
                "whoever died on the way may have come back since: ask the last look, too",
                number=25,
            ),
            Mistake(
                lambda dead: np.any(dead, axis=0) & ~np.all(dead, axis=0),
                "those that came back are among them: they are alive at the last look",
                number=25,
            ),
            Mistake(
                lambda dead: ~dead[0] & dead[-1],
                "a unit may be dead at first, come back, and die: the first look alone does not "
                "tell whether it ever lived",
                number=25,
            ),
            Mistake(
                lambda dead: dead[0] & ~dead[-1],
                "the first look and the last are swapped: these were dead at first and live now",
            ),
            Mistake(
                lambda dead: ~dead[-2] & dead[-1],
                "only the last two looks were compared: a death may lie further back",
            ),
            Mistake(
                lambda dead: np.all(dead, axis=0),
                "these were never alive: they were dead at every look",
            ),
            Mistake(
                lambda dead: ~dead[-1] & np.any(dead, axis=0),
                "these came back: they are alive at the last look",
            ),
            Mistake(
                lambda dead: ~np.all(dead, axis=0),
                "that is whoever lived at some look, and may be alive still",
            ),
            Mistake(
                lambda dead: dead[:, -1] & ~np.all(dead, axis=1),
                "rows and columns are swapped: a row is a look, a column is a unit",
            ),
            Mistake(
                lambda dead: dead[-1] & ~np.all(dead, axis=1),
                "np.all along the rows gives one answer a look, where each unit wants one: a unit "
                "is a column",
            ),
            Mistake(
                lambda dead: dead[:, -1] & ~dead[:, 0],
                "rows and columns are swapped: that compares the first unit with the last, look by "
                "look",
            ),
            Mistake(
                lambda dead: dead[-1] & ~np.any(dead[:-1], axis=0),
                "alive at every earlier look was asked: a unit may be dead, come back, and die, so "
                "one look at which it lived is enough",
                number=25,
            ),
            Mistake(
                lambda dead: np.flatnonzero(dead[-1] & ~np.all(dead, axis=0)),
                "these are the places of those that died: give each unit a True or a False",
            ),
            Mistake(
                lambda dead: np.sum(dead[-1] & ~np.all(dead, axis=0)),
                "that is how many they are: give each unit a True or a False",
            ),
        ),
        hints=(
            "Which two things have to be true of a unit, one of its end and one of its past?",
            "died = dead at the last look, and not dead at every look; & joins two masks, ~ turns "
            "one round.",
            "Look at the line with return: its first mask is a row of the table, the last one, and "
            "the second one goes over all rows of a column, so that a unit which was never alive "
            "is left out.",
        ),
        right="who died is told from who was never alive, and from who came back",
    ),
)
