"""Lesson 07: signs of weight gradients, a path beside its straight line, centring, tanh from σ."""

from collections.abc import Callable

import numpy as np

from coursekit.exercises.exercise import Exercise, Mistake, drawn


def one_sign(h: np.ndarray, upstream: np.ndarray) -> np.ndarray:
    """Whether the weight gradients of each example alone all have one sign."""
    gradients = np.einsum("nd,n->nd", h, upstream)
    return gradients.min(axis=1) * gradients.max(axis=1) >= 0


def detour(path: np.ndarray) -> float:
    """The length of a path over that of the straight line from its start to its end."""
    legs = np.sqrt(np.square(path[1:] - path[:-1]).sum(axis=1))
    return float(legs.sum() / np.sqrt(np.square(path[-1] - path[0]).sum()))


def centre(h: np.ndarray) -> np.ndarray:
    """The inputs of a batch, moved so that the mean of each is 0."""
    return np.subtract(h, np.mean(h, axis=0))


def sigma(z: np.ndarray) -> np.ndarray:
    """The sigmoid, safe for any z: the lesson gives it."""
    return np.exp(-np.logaddexp(0, np.negative(z)))


def tanh_from_sigma(z: np.ndarray) -> np.ndarray:
    """The hyperbolic tangent, from the sigmoid alone."""
    return sigma(2 * z) - sigma(-2 * z)


# Wrong answers of more than an expression


def per_step(measure: Callable) -> Callable:
    """Measure the steps of a path in some way, over the straight line."""
    return lambda path: measure(path[1:] - path[:-1]) / np.linalg.norm(path[-1] - path[0])


def some_signs(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw examples of which some have inputs of one sign, some a 0, and some neither."""
    rows, inputs = 5 + n % 3, 3 + n % 2
    h = drawn(n, (rows, inputs))
    h[::3] = np.abs(h[::3])
    h[1::4, n % inputs] = 0.0
    return h, drawn(100 + n, (rows,))


def wandering(n: int) -> np.ndarray:
    """Draw a path that does not start at 0."""
    return drawn(n, (5 + n % 4, 2 + n % 2))


EXERCISES = (
    Exercise(
        id="7.1",
        answer=one_sign,
        cases=(
            (np.array([[0.25, 0.5, 0.75], [0.1, 0.9, 0.3]]), np.array([2.0, -3.0])),
            (
                np.array([[0.5, -0.25], [-0.5, -0.75], [0.5, 0.25]]),
                np.array([-1.5, 0.5, 2.5]),
            ),
            (np.array([[-0.5, -0.25, 0.75], [0.5, 0.0, 2.0]]), np.array([1.5, -2.0])),
            (
                np.array([[0.0, 0.0, 0.0], [0.0, -3.0, 0.0], [-2.0, 0.0, 2.0], [2.0, 0.5, 3.0]]),
                np.array([2.0, -0.5, 3.0, 4.0]),
            ),
            (np.array([[0.5, -0.5, 2.0], [1.5, 0.5, 2.5]]), np.array([0.0, 0.5])),
            (np.array([[1000.0, 1e-9], [1000.0, -1e-9], [-2.0, -3.0]]), np.array([-1e3, 1e3, 2.0])),
            (
                np.array([[0.5, 0.25], [0.5, -0.25], [-0.5, 0.0]], dtype=np.float32),
                np.array([2.5, -2.5, 0.5], dtype=np.float32),
            ),
            *(some_signs(n) for n in range(20)),
        ),
        mistakes=(
            Mistake(
                lambda h, upstream: (
                    (upstream[:, None] * h > 0).all(axis=1)
                    | (upstream[:, None] * h < 0).all(axis=1)
                ),
                "a gradient of 0 goes with either sign: an input that is off pulls nowhere",
            ),
            Mistake(
                lambda h, upstream: np.array(
                    [len(np.unique(np.sign(row))) == 1 for row in upstream[:, None] * h]
                ),
                "np.sign gives 0 a value of its own, and a gradient of 0 goes with either sign",
            ),
            Mistake(
                lambda h, upstream: (upstream[:, None] * h >= 0).all(axis=1),
                "all negative is one sign as well",
            ),
            Mistake(
                lambda h, upstream: np.prod(upstream[:, None] * h, axis=1) >= 0,
                "the product of two negative gradients and a positive one is positive, too",
            ),
            Mistake(
                lambda h, upstream: (h >= 0).all(axis=1) | (h <= 0).all(axis=1),
                "the upstream factor is missing: it turns all signs of an example together, and "
                "where it is 0 every gradient is 0",
                number=3,
            ),
            Mistake(
                lambda h, upstream: (
                    (upstream[:, None] * h >= 0).all(axis=0)
                    | (upstream[:, None] * h <= 0).all(axis=0)
                ),
                "it was asked down the columns: an example is a row, and has one answer",
                number=8,
            ),
            Mistake(
                lambda h, upstream: (upstream @ h >= 0).all() | (upstream @ h <= 0).all(),
                "the examples were added up first: that is the gradient of the whole batch, and "
                "the question is about each example alone",
            ),
            Mistake(
                lambda h, upstream: one_sign(h, upstream).mean(),
                "that is the share over all examples: each of them has an answer of its own",
                number=12,
            ),
            Mistake(
                lambda h, upstream: upstream * h,
                "upstream has one number for each row of h: an axis more, as in upstream[:, None], "
                "lets it meet the whole row",
                number=8,
            ),
            Mistake(
                lambda h, upstream: upstream[:, None] * h,
                "these are the gradients: the question is whether those of a row have one sign",
            ),
        ),
        hints=(
            "If every input of a neuron is positive, what decides the sign of its gradients?",
            "∂L/∂wᵢ = upstream · hᵢ, for every i of a row: one sign means that all are ≥ 0, or "
            "that all are ≤ 0.",
            "Look at the line that compares: np.all(gradients >= 0, axis=1) answers for each row "
            "whether none is negative; the other half of the question is joined to it with |.",
        ),
        points=2,
        right="where all inputs are positive, upstream alone decides, for all weights at once",
    ),
    Exercise(
        id="7.2",
        answer=detour,
        cases=(
            (np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 0.0]]),),
            (np.array([[0.0, 0.0], [0.25, -0.25], [0.75, -0.75], [2.0, -2.0]]),),
            (np.array([[2.0, 1.0], [2.0, -1.0], [5.0, -3.0]]),),
            (np.array([[1.0, 2.0, 2.0], [0.5, -1.0, 3.0], [4.0, 2.0, -2.0], [3.0, 0.0, 1.5]]),),
            (np.array([[-1000.0, 1000.0], [0.5, 0.5], [1000.0, 999.0]]),),
            (np.array([[0.5, 0.25], [1.5, 2.5], [3.5, 0.5]], dtype=np.float32),),
            *((wandering(n),) for n in range(20)),
        ),
        mistakes=(
            Mistake(
                lambda path: np.linalg.norm(np.diff(path, axis=0), axis=1).sum(),
                "that is the length of the path: beside the straight line it says more",
            ),
            Mistake(
                lambda path: 1 / detour(path),
                "the division is the wrong way round: no path is shorter than the straight line",
            ),
            Mistake(
                lambda path: (
                    np.linalg.norm(np.diff(path, axis=0), axis=1).sum() / np.linalg.norm(path[-1])
                ),
                "the straight line begins where the path does, and that need not be 0",
            ),
            Mistake(
                per_step(lambda steps: np.square(steps).sum()),
                "the root is missing: that adds up the squares of the lengths",
            ),
            Mistake(
                per_step(lambda steps: np.abs(steps).sum()),
                "that is the way around the block, weight by weight: the length of a step is the "
                "root of a sum of squares",
            ),
            Mistake(
                per_step(np.linalg.norm),
                "one root was taken of all steps together: each step has a length of its own",
            ),
            Mistake(
                per_step(lambda steps: np.linalg.norm(steps, axis=1).mean()),
                "the steps were averaged: a path is the sum of its steps",
                number=12,
            ),
            Mistake(
                per_step(lambda steps: np.linalg.norm(steps, axis=0).sum()),
                "there is one length for each weight: a step is a row, so its length goes along it",
                number=8,
            ),
            Mistake(
                lambda path: (
                    np.linalg.norm(np.diff(path), axis=1).sum() / np.linalg.norm(path[-1] - path[0])
                ),
                "np.diff goes along the last axis unless it is told another: there it takes one "
                "weight from the other",
                number=8,
            ),
            Mistake(
                lambda path: (
                    np.linalg.norm(path, axis=1).sum() / np.linalg.norm(path[-1] - path[0])
                ),
                "the rows are places: a step is what lies between two of them",
            ),
            Mistake(
                lambda path: np.linalg.norm(path[-1] - path[0]),
                "that is the straight line: it is what the length of the path is divided by",
            ),
            Mistake(
                lambda path: (detour(path) - 1) * np.linalg.norm(path[-1] - path[0]),
                "that is how much longer the path is: the question is how many times as long",
            ),
            Mistake(
                lambda path: detour(path) - 1,
                "the straight line was taken off: a straight path would give 0 so, and not 1",
            ),
            Mistake(
                per_step(lambda steps: np.linalg.norm(steps, axis=1)),
                "there is one number for each step: the length of a path is their sum",
            ),
            Mistake(
                lambda path: np.linalg.norm(np.diff(path, axis=0), axis=1),
                "these are the lengths of the steps: the length of a path is their sum, and it is "
                "still to be put beside the straight line",
            ),
            Mistake(
                lambda path: (
                    np.linalg.norm(np.diff(path, axis=0), axis=1).sum() / (path[-1] - path[0])
                ),
                "the straight line came in as one number for each weight: its length is one number",
                number=17,
            ),
            Mistake(
                per_step(lambda steps: np.linalg.norm(steps.sum(axis=0))),
                "the steps were added before their lengths were taken: what goes to and fro then "
                "cancels, and the straight line is left",
            ),
            Mistake(
                per_step(lambda steps: np.sum(steps)),
                "the steps were added with their signs: what goes to and fro then cancels, where "
                "a length only grows",
            ),
            Mistake(
                lambda path: (
                    np.linalg.norm(path[1:] - path[0], axis=1).sum()
                    / np.linalg.norm(path[-1] - path[0])
                ),
                "each place was measured from the start: a step begins at the place before it",
            ),
            Mistake(
                lambda path: detour(path[:, :2]),
                "only the first two weights are counted: there may be more columns than two",
            ),
            Mistake(
                lambda path: (
                    np.hypot(*np.diff(path, axis=0).T).sum() / np.hypot(*(path[-1] - path[0]))
                ),
                "np.hypot takes two numbers, and a third as the place for its result: there may be "
                "more columns than two",
            ),
            Mistake(
                lambda path: detour(path) / np.linalg.norm(path[-1] - path[0]),
                "the straight line is a length as well, and its root is missing",
            ),
            Mistake(
                lambda path: (
                    np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
                    / np.abs(path[-1] - path[0]).sum()
                ),
                "the straight line was measured around the block, weight by weight: its length is "
                "the root of a sum of squares",
            ),
            Mistake(
                lambda path: np.abs(np.diff(path, axis=0)).sum() / np.abs(path[-1] - path[0]).sum(),
                "both ways lead around the block, weight by weight: a length is the root of a sum "
                "of squares",
            ),
            Mistake(
                lambda path: (
                    np.square(np.diff(path, axis=0)).sum() / np.square(path[-1] - path[0]).sum()
                ),
                "both roots are missing: squares of lengths do not add up to the square of a path",
            ),
            Mistake(
                lambda path: (
                    sum(np.linalg.norm(path[t] - path[t - 1]) for t in range(len(path)))
                    / np.linalg.norm(path[-1] - path[0])
                ),
                "there is a step too many: path[-1] is the last row, and the path does not go back",
            ),
            Mistake(
                lambda path: (
                    np.linalg.norm(np.diff(path[:-1], axis=0), axis=1).sum()
                    / np.linalg.norm(path[-1] - path[0])
                ),
                "the last step is missing: T rows have T − 1 steps between them",
            ),
            Mistake(
                lambda path: (
                    np.linalg.norm(np.diff(path[1:], axis=0), axis=1).sum()
                    / np.linalg.norm(path[-1] - path[0])
                ),
                "the first step is missing: it goes from the first row to the second",
            ),
        ),
        hints=(
            "How long is the first step, from the first row to the second?",
            "Path ÷ straight line = Σ ‖wₜ₊₁ − wₜ‖ / ‖w_end − w_start‖, with one row of path for "
            "each t.",
            "Look at the line with the steps: np.diff(path, axis=0) gives one row for each of "
            "them, and np.linalg.norm(…, axis=1) the length of each row.",
        ),
        right="a straight path gives 1, and every turn adds to it",
    ),
    Exercise(
        id="7.3",
        answer=centre,
        cases=(
            (np.array([[0.5, 2.0], [1.5, -1.0], [4.0, 0.5]]),),
            (np.array([[0.25, 0.75, 0.5, 0.9], [0.5, 0.25, 0.6, 0.1]]),),
            (np.array([[0.5, 0.2], [0.5, 0.7], [0.5, 0.9]]),),
            (np.array([[1000.0, -1000.0], [-999.0, 998.0], [0.5, 2.5]]),),
            (np.array([[0.5, -2.0, 3.0]]),),
            (np.array([[0.25, 0.5], [0.75, 2.5], [0.5, 1.25]], dtype=np.float32),),
            *((drawn(n, (3 + n % 4, 8 + n % 3)),) for n in range(20)),
        ),
        mistakes=(
            Mistake(
                lambda h: h - h.mean(),
                "one mean was taken of everything: each input has a mean of its own",
            ),
            Mistake(
                lambda h: h - h.mean(axis=1, keepdims=True),
                "each example was centred: a row is an example, and the mean of an input goes "
                "down its column",
                number=8,
            ),
            Mistake(
                lambda h: h - h.mean(axis=1),
                "the mean was taken along the rows, one for each example, and does not fit the "
                "inputs",
                number=8,
            ),
            Mistake(
                lambda h: h - 0.5,
                "a half is the mean of σ only where z is centred: these inputs have other means",
            ),
            Mistake(
                lambda h: (h - h.mean(axis=0)) / h.std(axis=0),
                "that also divides by the spread: centring moves, and does not stretch",
            ),
            Mistake(
                lambda h: h / h.mean(axis=0),
                "dividing by the mean makes it 1: subtracting makes it 0",
            ),
            Mistake(
                lambda h: h + h.mean(axis=0),
                "the mean was added: what lay off centre lies twice as far off now",
            ),
            Mistake(
                lambda h: h.mean(axis=0),
                "these are the means: the question is what is left of h without them",
            ),
            Mistake(
                lambda h: h - (h.max(axis=0) + h.min(axis=0)) / 2,
                "that is the middle between the extremes, which one outlier moves: the mean counts "
                "every example",
            ),
            Mistake(
                lambda h: h - np.median(h, axis=0),
                "the median leaves as many above as below: for the sum of the gradients it is the "
                "mean that counts",
            ),
        ),
        hints=(
            "How many means are there: one for all, one for each example, or one for each input?",
            "(1/n) Σ hᵢ over the n examples is one number for each of the d inputs; it is taken "
            "from every row.",
            "Look at the line with the mean: axis=0 goes down the columns, over the examples, and "
            "what comes out, of shape (d,), is subtracted from each row by itself.",
        ),
        right="each input has mean 0 now, and none was stretched",
    ),
    Exercise(
        id="7.4",
        answer=tanh_from_sigma,
        made_of="sigma",
        cases=(
            *((z,) for z in (0.5, -2.0, 3.0, 1e-3, 0.0, 20.0, -20.0, 1000.0, -1000.0)),
            (np.array([-1.5, 0.0, 2.5]),),
            (np.array([[-1000.0, -0.5, 0.25], [0.5, 3.0, 1000.0]]),),
            (np.array([[-2.0, 0.25, 5.0]], dtype=np.float32),),
            *((drawn(n, (1 + n % 3, 4 + n % 2), low=-3.0, high=3.0),) for n in range(20)),
        ),
        mistakes=(
            Mistake(
                lambda z: 2 * sigma(z) - 1,
                "that is tanh(z/2): between −1 and 1, and only half as steep at 0 as it should be",
            ),
            Mistake(
                lambda z: 2 * sigma(2 * z),
                "scaled, and not shifted: it lies between 0 and 2",
            ),
            Mistake(
                lambda z: sigma(2 * z) - 0.5,
                "shifted, and too small: it lies between −½ and ½",
            ),
            Mistake(
                lambda z: sigma(z) - 0.5,
                "that is σ, centred: it lies between −½ and ½, and at 0 its slope is ¼",
            ),
            Mistake(
                lambda z: sigma(2 * z),
                "steep enough, but still between 0 and 1",
            ),
            Mistake(lambda z: sigma(z), "that is σ itself, neither scaled nor shifted"),
            Mistake(
                lambda z: 2 * sigma(z / 2) - 1,
                "z was divided where it should grow: σ is four times less steep than tanh, and "
                "doubling its height makes up for two of them",
            ),
            Mistake(
                lambda z: 4 * sigma(z) - 2,
                "the slope at 0 is right, but the ends lie at −2 and 2",
            ),
            Mistake(
                lambda z: 2 * (sigma(2 * z) - 1),
                "a bracket too wide: it lies between −2 and 0",
            ),
            Mistake(
                lambda z: 1 - 2 * sigma(2 * z),
                "the curve is mirrored: a sign is the wrong way round",
            ),
            Mistake(
                lambda z: 1 - (2 * sigma(2 * z) - 1) ** 2,
                "that is the slope of tanh: the question is its value",
            ),
        ),
        hints=(
            "Where do σ and tanh end, far to the left and far to the right?",
            "σ′(0) = ¼ and tanh′(0) = 1; σ runs from 0 to 1, tanh from −1 to 1: one number scales "
            "the height, one moves it, and one scales z.",
            "Look at the line with return: twice the height makes σ twice as steep, so z has to be "
            "scaled by as much again; then see where the curve lies at z = 0, and move it.",
        ),
        right="that is tanh, and σ, scaled twice and shifted once, is enough for it",
    ),
)
