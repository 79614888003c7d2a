"""Lesson 01: the add, multiply and max gates, and the chain rule through two of them."""

from collections.abc import Callable

import numpy as np

from coursekit.exercises.exercise import Exercise, Mistake, twenty


def add_gate(x: float, y: float, upstream: float) -> tuple[float, float]:
    """What an add gate sends to x and to y."""
    return upstream, upstream


def multiply_gate(x: float, y: float, upstream: float) -> tuple[float, float]:
    """What a multiply gate sends to x and to y."""
    return y * upstream, x * upstream


def max_gate(x: float, y: float, upstream: float) -> tuple[float, float]:
    """What a max gate sends to x and to y."""
    return float(x > y) * upstream, float(x <= y) * upstream


def nearest_max_gate(came: np.ndarray, x: float, y: float, upstream: float) -> tuple:
    """At a tie any share t for x and 1 − t for y is a subgradient: take the learner's t."""
    if x != y or came.shape != (2,) or not np.isfinite(came[0]):
        return max_gate(x, y, upstream)
    share = np.clip(came[0] / upstream, 0, 1)
    return share * upstream, (1 - share) * upstream


def max_gate_with(above: float, at_tie: tuple[float, float], upstream_counts: bool) -> Callable:
    """Make a max gate that gives `above` to the larger input and the rest of 1 to the smaller."""

    def gate(x, y, upstream):
        shares = (above, 1 - above) if x > y else (1 - above, above)
        dx, dy = at_tie if x == y else shares
        return (dx * upstream, dy * upstream) if upstream_counts else (dx, dy)

    return gate


def chain(x: float, y: float, z: float) -> tuple[float, float, float]:
    """The gradients of (x + y) · z."""
    return z, z, x + y


FORGOTTEN = "the local gradients stand there alone: a gate sends back upstream × local"
SMALLER = "the gradient went to the smaller input, which the output does not depend on"
# What one may give to a tie beside a mistake that has nothing to do with ties.
TIES = ((1.0, 0.0), (0.0, 1.0), (0.5, 0.5), (1.0, 1.0), (0.0, 0.0))

# Neither 0 nor 1 stands among these: both hide a missing factor.
PLAIN = ((3.0, -4.0, 2.0), (-2.0, 5.0, -4.0), (0.5, 7.0, 3.0))
EXTREME = ((1000.0, -1000.0, 3.0), (-0.25, 1000.0, -1000.0))

EXERCISES = (
    Exercise(
        id="1.1",
        answer=add_gate,
        cases=(*PLAIN, *EXTREME, (2.5, 2.5, -3.0), *twenty(11, count=3)),
        mistakes=(
            Mistake(lambda x, y, upstream: (1.0, 1.0), FORGOTTEN, number=3),
            Mistake(
                lambda x, y, upstream: (upstream / 2, upstream / 2),
                "the gradient was split: an add gate does not share out, each input moves the sum "
                "by as much as it moves itself",
            ),
            Mistake(
                lambda x, y, upstream: (y * upstream, x * upstream),
                "that is what a multiply gate sends back",
            ),
            Mistake(
                lambda x, y, upstream: (x * upstream, y * upstream),
                "the inputs' values came in: how much the sum moves does not depend on them",
            ),
            Mistake(
                lambda x, y, upstream: ((x + y) * upstream, (x + y) * upstream),
                "the output's value was used as the local gradient: how large the sum is does not "
                "say how it moves",
                number=4,
            ),
            Mistake(
                lambda x, y, upstream: (x + upstream, y + upstream),
                "upstream was added: upstream and local gradient are multiplied",
            ),
            Mistake(
                lambda x, y, upstream: x + y,
                "that is the forward pass: the way back gives one gradient for each input",
            ),
            Mistake(
                lambda x, y, upstream: upstream,
                "x and y each get a gradient, so there are two to return",
            ),
        ),
        hints=(
            "If x grows by a little, by how much does x + y grow?",
            "upstream × local = downstream, and the local gradient ∂(x + y)/∂x is the same for "
            "every x and y.",
            "Look at the line with return: it gives two numbers, first for x and then for y, and "
            "neither x nor y has to appear in it.",
        ),
        right="an add gate hands its upstream gradient to both inputs, whole",
    ),
    Exercise(
        id="1.2",
        answer=multiply_gate,
        cases=(*PLAIN, *EXTREME, (2.5, 2.5, -3.0), *twenty(12, count=3)),
        mistakes=(
            Mistake(lambda x, y, upstream: (y, x), FORGOTTEN, number=3),
            Mistake(
                lambda x, y, upstream: (x * upstream, y * upstream),
                "each input got its own value: in a multiply gate the values swap",
                number=5,
            ),
            Mistake(
                lambda x, y, upstream: (x, y),
                "each input got its own value, and upstream is missing too",
                number=5,
            ),
            Mistake(
                lambda x, y, upstream: (x * y * upstream, x * y * upstream),
                "the output's value was used as the local gradient, for both inputs",
                number=4,
            ),
            Mistake(
                lambda x, y, upstream: (upstream, upstream),
                "that is what an add gate sends back",
            ),
            Mistake(
                lambda x, y, upstream: (y + upstream, x + upstream),
                "upstream was added: upstream and local gradient are multiplied",
            ),
            Mistake(
                lambda x, y, upstream: x * y,
                "that is the forward pass: the way back gives one gradient for each input",
            ),
            Mistake(
                lambda x, y, upstream: (y * upstream) + (x * upstream),
                "the two gradients were added up: x and y each get their own",
            ),
        ),
        hints=(
            "If y stays at 3 and x grows by a little, by how much does x · y grow?",
            "upstream × local = downstream, with ∂(x · y)/∂x = y. What is ∂(x · y)/∂y?",
            "Look at the line with return: what goes to x is upstream times a value, and it is "
            "not the value of x itself; for y it is the other way round.",
        ),
        right="each input gets the other's value times upstream",
    ),
    Exercise(
        id="1.3",
        answer=max_gate,
        nearest=nearest_max_gate,
        cases=(
            *PLAIN,
            *EXTREME,
            (2.5, 2.5, 3.0),
            (-4.0, -4.0, -2.0),
            (1000.0, 1000.0, 0.25),
            *twenty(13, count=3),
        ),
        mistakes=(
            *(Mistake(max_gate_with(1, tie, False), FORGOTTEN, number=3) for tie in TIES),
            *(Mistake(max_gate_with(0, tie, True), SMALLER, number=6) for tie in TIES),
            Mistake(
                max_gate_with(1, (1, 1), True),
                "at a tie both inputs got all of upstream: together they may get it once",
                number=6,
            ),
            Mistake(
                max_gate_with(1, (0, 0), True),
                "at a tie neither input got anything: where x equals y, neither > nor < holds, "
                "and the gradient is lost",
                number=6,
            ),
            Mistake(
                lambda x, y, upstream: (upstream, upstream),
                "that is what an add gate sends back: here one of the inputs has no influence",
                number=6,
            ),
            Mistake(
                lambda x, y, upstream: (x * upstream, 0.0) if x > y else (0.0, y * upstream),
                "the larger value was used as the local gradient: it says where to send, not how "
                "much",
                number=4,
            ),
            Mistake(
                lambda x, y, upstream: max(x, y),
                "that is the forward pass: the way back gives one gradient for each input",
            ),
        ),
        hints=(
            "At x = 5 and y = 2, what happens to max(x, y) if y grows by a little?",
            "∂max(x, y)/∂x is 1 where x is the larger and 0 where y is; at a tie any t for x "
            "goes, with 1 − t for y.",
            "Look at your comparison: > or ≥ decides what happens where x equals y, and there the "
            "two gradients have to add up to upstream, neither to nothing nor to twice as much.",
        ),
        right="the larger input gets the upstream gradient, and a tie hands it out once",
    ),
    Exercise(
        id="1.4",
        answer=chain,
        cases=((-2.0, 5.0, -4.0), (3.0, 4.0, 0.5), (1000.0, 0.5, -1000.0), *twenty(14, count=3)),
        mistakes=(
            Mistake(
                lambda x, y, z: (1.0, 1.0, x + y),
                "the add gate's local gradients stand there alone: what comes down from the "
                "multiply gate is missing",
                number=3,
            ),
            Mistake(
                lambda x, y, z: (x + y, x + y, z),
                "each input of the multiply gate got its own value: there the values swap",
                number=5,
            ),
            Mistake(
                lambda x, y, z: (z, z, 1.0),
                "z is an input of a multiply gate, so its gradient is the other input's value",
                number=3,
            ),
            Mistake(
                lambda x, y, z: (z, z, (x + y) * z),
                "for z the output's value was used as the gradient",
                number=4,
            ),
            Mistake(
                lambda x, y, z: (x * z, y * z, x + y),
                "the add gate passed on its inputs' values: how much a sum moves does not depend "
                "on them",
            ),
            Mistake(
                lambda x, y, z: (y * z, x * z, x + y),
                "x and y meet in an add gate, and were sent back through a multiply gate",
            ),
            Mistake(
                lambda x, y, z: (z / 2, z / 2, x + y),
                "the add gate split its gradient: it hands it whole to both inputs",
            ),
            Mistake(
                lambda x, y, z: (1 + z, 1 + z, x + y),
                "local gradients along a path were added: along a path they are multiplied",
            ),
            Mistake(
                lambda x, y, z: (z, z, x * y),
                "the other input of the multiply gate is q = x + y, and a product came instead",
            ),
            Mistake(
                lambda x, y, z: (x + y) * z,
                "that is the forward pass: the way back gives one gradient for each input",
            ),
        ),
        hints=(
            "Call q = x + y. Which gate makes f from q and z, and what does it send to each?",
            "∂f/∂x = ∂f/∂q × ∂q/∂x, upstream × local; ∂f/∂y goes the same way, and z has no "
            "second gate to pass.",
            "Look at the line that calls your multiply gate: its inputs are q and z, its upstream "
            "is 1, and what it returns for q is the upstream of your add gate.",
        ),
        points=2,
        right="−4, −4 and 3 at (−2, 5, −4), and right everywhere else: that is backpropagation",
    ),
)
