"""Lesson 00: how an exercise works."""

from coursekit.exercises.exercise import Exercise, Mistake, twenty


def square_slope(x: float) -> float:
    """The slope of x² at x."""
    return x + x


EXERCISES = (
    Exercise(
        id="0.1",
        answer=square_slope,
        cases=((3.0,), (-2.5,), (0.5,), (1000.0,), (-1000.0,), *twenty(1, count=1)),
        mistakes=(
            Mistake(
                lambda x: x**2,
                "that is how high x² is there, and the question is how steep",
            ),
            Mistake(
                lambda x: 2.0,
                "that is one slope for every x, but x² is steeper the further out you go",
            ),
            Mistake(
                lambda x: x,
                "x stands in x · x twice, and the slope counts both",
                number=1,
            ),
        ),
        hints=(
            "Where is x² steeper: at x = 1 or at x = 10?",
            "Nudge x by a small h: (x + h)² = x² + 2xh + h². How much is gained for each bit of h?",
            "Look at the line with return: it needs one x and one number, and what is gained, "
            "divided by h, tells you the number once h² is too small to count.",
        ),
        # A slope taken numerically, with a nudge to both sides, is as right.
        rtol=1e-6,
        right="x² gets steeper in step with x, and your slope says so from −1000 to 1000",
    ),
)
