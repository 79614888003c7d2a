"""Exercises: `check`, `hint`, `solution` and `progress`, and `compare` for a prediction.

`EXERCISES` holds them all by id, one module a lesson.
"""

import contextlib
import os
from collections import Counter
from typing import Any

import numpy as np

from coursekit.exercises import lesson_00, lesson_01, lesson_06, lesson_07, lesson_09
from coursekit.exercises.asking import Foreign, Reply, ask_in, ask_notebook
from coursekit.exercises.edition import note_on_edition
from coursekit.exercises.exercise import Exercise, Figure, Mistake, Verdict, numbers, unit_of
from coursekit.exercises.wording import say

__all__ = [
    "EXERCISES",
    "Exercise",
    "Figure",
    "Foreign",
    "Mistake",
    "Reply",
    "Verdict",
    "ask_in",
    "ask_notebook",
    "check",
    "compare",
    "hint",
    "progress",
    "solution",
]

EXERCISES = {
    exercise.id: exercise
    for lesson in (lesson_00, lesson_01, lesson_06, lesson_07, lesson_09)
    for exercise in lesson.EXERCISES
}

# What this session has seen: a notebook that is restarted begins at the first hint again.
lessons_met: set[str] = set()
editions_compared: set[str] = set()
hints_given: Counter[str] = Counter()


def check(exercise: str) -> None:
    """Say in one line whether an exercise is right, and if not, why.

    Once for each lesson a second line follows where the notebook is of another edition.

    Parameters
    ----------
    exercise : str
        Its number, such as "6.1".

    Raises
    ------
    AssertionError
        Where nbgrader executes the notebook, with the line that would be printed, unless the
        answer is right: nbgrader gives full marks to every cell that does not raise.
    """
    known = find(exercise)
    kind, line = "missing", no_such(exercise)
    if known:
        kind, sentence, _ = known.check(ask_notebook)
        line = f"{known.id} · {kind} · {sentence}"
    if kind != "right" and os.environ.get("NBGRADER_EXECUTION"):
        raise AssertionError(line)
    print(line)
    if known and known.lesson not in editions_compared:
        editions_compared.add(known.lesson)
        if note := note_on_edition(known.lesson):
            print(note)


def hint(exercise: str) -> None:
    """Give a hint: first a question, then a formula, then the line to look at."""
    known = find(exercise)
    if not known:
        print(no_such(exercise))
        return
    last = len(known.hints)
    number = min(hints_given[known.id] + 1, last)
    hints_given[known.id] = number
    print(f"{known.id} · hint {number} of {last} · {known.hints[number - 1]}")


def solution(exercise: str) -> None:
    """Show an answer, once the exercise was tried."""
    known = find(exercise)
    if not known:
        print(no_such(exercise))
    elif known.check(ask_notebook).kind in ("missing", "not tried yet"):
        print(f"{known.id} · not tried yet · write an answer of your own first, right or wrong")
    else:
        # Reading a notebook takes a package that the checks do without.
        from coursekit import notebooks

        print(notebooks.answer(known.id))


def progress() -> None:
    """Say how each exercise stands in the lessons that this session has met."""
    met = [known for known in EXERCISES.values() if known.lesson in lessons_met]
    if not met:
        print('No exercise met yet · check("0.1") checks the first')
        return
    right = []
    for known in met:
        kind = known.check(ask_notebook).kind
        print(f"{known.id} · {kind} · {known.name}")
        if kind == "right":
            right.append(known)
    points, of = (sum(known.points for known in some) for some in (right, met))
    print(f"{len(right)} of {len(met)} right · {points} of {of} points")


def compare(guess: Any, truth: Any, unit: str = "", label: str = "") -> None:
    """Put a prediction beside what is the case.

    Parameters
    ----------
    guess : number, str or sequence of numbers
        `...` where none was made.
    truth : number, str or sequence of numbers
    unit : str
    label : str
        What the guess is about, where it is one of several.

    Examples
    --------
    >>> compare(..., 0.25)
    No guess yet · write one in place of the dots, then run both cells again
    >>> compare(0.5, 0.25)
    You said 0.5 · it is 0.25 · too high
    >>> compare(90, 92.4, unit="%")
    You said 90 % · it is 92.4 % · close
    >>> compare("shrinks", "grows")
    You said shrinks · it is grows
    >>> compare("some", 0.25, label="slope")
    slope · You said some · write a number, without quotes or unit
    """
    number_wanted = (
        np.ndim(truth) == 0 and unit_of(truth) == "number" and numbers(truth) is not None
    )
    guess = typed(guess, unit) if number_wanted else guess
    # The truth stays hidden from who has not guessed yet: one who has read it cannot any more.
    if guess is None or guess is ...:
        said = ["No guess yet", "write one in place of the dots, then run both cells again"]
    elif number_wanted and numbers(guess) is None:
        said = [f"You said {say(guess)}", "write a number, without quotes or unit"]
    else:
        said = [f"You said {say(guess)} {unit}".rstrip(), f"it is {say(truth)} {unit}".rstrip()]
        said.append(nearness(guess, truth))
    print(" · ".join(filter(None, (label, *said))))


def typed(guess: Any, unit: str) -> Any:
    """Read a number that was written as text, with its unit or without.

    Examples
    --------
    >>> typed("3 %", "%"), typed("−2.5", ""), typed("ReLU", "")
    (3.0, -2.5, 'ReLU')
    """
    with contextlib.suppress(ValueError):
        if isinstance(guess, str):
            return float(guess.strip().removesuffix(unit).replace("−", "-"))
    return guess


def nearness(guess: Any, truth: Any) -> str:
    """Say how near a guess came; nothing where there is no near and far.

    Examples
    --------
    >>> nearness(1e-6, 9.54e-7), nearness(-3, 2), nearness("ReLU", "relu"), nearness("σ", 2)
    ('close', 'too low', 'right', '')
    """
    guessed, true = numbers(guess), numbers(truth)
    if guessed is None or true is None:
        same = str(guess).strip().casefold() == str(truth).strip().casefold()
        return "right" if same else ""
    if guessed.shape != true.shape:
        return ""
    if np.allclose(guessed, true, rtol=0.005, atol=0):
        return "right"
    if np.allclose(guessed, true, rtol=0.1, atol=0):
        return "close"
    if true.ndim or isinstance(truth, bool | np.bool_):
        return ""
    if guessed > true:
        return "too high"
    return "too low" if guessed < true else ""


def find(exercise: str) -> Exercise | None:
    """Find an exercise by its number, and note that its lesson was met."""
    known = EXERCISES.get(str(exercise))
    if known:
        lessons_met.add(known.lesson)
    return known


def no_such(exercise: str) -> str:
    """Say which exercises there are."""
    return f"There is no exercise {exercise} · there are {', '.join(EXERCISES)}"
