"""Our side of a check: compare what came out with what is right, and say why it is not.

Everything here works on plain data (see `asking`): no object of a learner's is ever compared,
called or printed.
"""

import inspect
import math
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from coursekit.exercises.asking import Foreign, Reply, ask_in
from coursekit.exercises.wording import paste, say, say_both


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that is known by name.

    Attributes
    ----------
    function : callable
        The wrong answer itself.
    cause : str
        What leads to it, in the words a learner reads.
    number : int or None
        Its number in the course's list of named wrong answers.
    """

    function: Callable
    cause: str
    number: int | None = None


class Figure(NamedTuple):
    """A figure by which a random answer is judged, and how far off it may be."""

    name: str
    came: float
    right: float
    within: float
    cause: str


class Fault(NamedTuple):
    """What is wrong with a reply, in words, and what came out, to compare it with a mistake's."""

    verdict: str
    kind: str
    what: str
    cause: str = ""
    came: Any = ""


class Verdict(NamedTuple):
    """What a check says.

    Attributes
    ----------
    kind : str
        "right", "wrong", "raised", "missing", "not tried yet", or what else became of a call.
    sentence : str
        For which input, what came out, what was expected, and the usual cause.
    mistake : Mistake or None
        The wrong answer that it was recognised as.
    """

    kind: str
    sentence: str
    mistake: Mistake | None = None


@dataclass(frozen=True)
class Exercise:
    """A function to write, and all that is known about it.

    Attributes
    ----------
    id : str
        The lesson and the place in it: "6.1".
    answer : callable
        A right answer. The learner writes a function of the same name and parameters.
    cases : tuple of tuple
        The arguments with which to ask, from plain to extreme.
    mistakes : tuple of Mistake
    hints : tuple of str
        A question, a formula, the line to look at.
    right : str
        What a right answer has shown.
    points : int
    rtol, atol : float
        How far off a float64 may be; a float32 is given room in proportion.
    silent : bool
        Whether a floating-point warning is a fault.
    nearest : callable, optional
        Where several answers are right: given the one that came out and the arguments, the
        nearest right one.
    measure : callable, optional
        Where the answer is random: given the answers to all cases, the figures to judge it by.
    made_of : str
        The name of a function that the answer has to call, where the task says so.
    """

    id: str
    answer: Callable
    cases: tuple[tuple, ...]
    mistakes: tuple[Mistake, ...]
    hints: tuple[str, str, str]
    right: str
    points: int = 1
    rtol: float = 1e-9
    atol: float = 1e-15
    silent: bool = False
    nearest: Callable | None = None
    measure: Callable | None = None
    made_of: str = ""

    @property
    def name(self) -> str:
        return self.answer.__name__

    @property
    def lesson(self) -> str:
        return self.id.partition(".")[0].zfill(2)

    def check(self, ask: Callable[..., Reply]) -> Verdict:
        """Ask every case, and explain the first that is wrong.

        Examples
        --------
        >>> from coursekit.exercises import EXERCISES
        >>> EXERCISES["0.1"].check(ask_in({"square_slope": lambda x: 2 * x})).kind
        'right'
        >>> EXERCISES["0.1"].check(ask_in({"square_slope": lambda x: -2 * x})).sentence
        'for x = 3, −6 came out, 6 was expected · every number has the wrong sign'
        """
        # Infinities and NaNs are what a check looks for: comparing them is no reason to warn.
        with np.errstate(all="ignore"):
            replies = list(self.replies(ask))
            faults = list(self.faults(replies))
            first = next(filter(None, faults), None)
            if first is None:
                return Verdict("right", self.right)
            if first.verdict in UNTRIED:
                return Verdict(first.verdict, first.what)
            mistake = self.recognise(faults)
            cause = mistake.cause if mistake else first.cause or self.resemblance(replies)
            return Verdict(first.verdict, f"{first.what} · {cause}", mistake)

    def replies(self, ask: Callable[..., Reply]) -> Iterator[Reply]:
        """Ask case by case, only as far as someone listens."""
        return (ask(self.name, *case) for case in self.cases)

    def faults(self, replies: Iterable[Reply]) -> Iterator[Fault | None]:
        """Find each reply's fault or None, and at the end that of their figures."""
        sound = []
        for case, reply in zip(self.cases, replies, strict=True):
            fault = self.fault(case, reply)
            if fault is None:
                sound.append(came_out(case, reply))
            yield fault
        if self.measure and len(sound) == len(self.cases):
            yield fault_of_figures(self.measure(sound))
        else:
            yield None

    def fault(self, case: tuple, reply: Reply) -> Fault | None:
        """Find what is wrong with one reply: call, kind, shape, input, value, warnings."""
        if reply.outcome != "returned":
            return self.fault_of_call(case, reply)
        if reply.value is None:
            what, cause = "nothing came out", "the function ends without a return"
            if reply.printed:
                cause = "print shows a number to you, only return hands it on"
            return Fault("wrong", "nothing", f"{self.place(case)}, {what}", cause)
        came = came_out(case, reply)
        right = self.right_answer(case, came)
        if came is None:
            kind = kind_of(reply.value)
            what = f"{self.place(case)}, {kind} came out instead of {self.wanted(case, right)}"
            cause = "take its .value" if kind == "a Node" else "return plain numbers"
            return Fault("wrong", "kind", what, cause)
        if right.shape == () and came.shape == (1,):
            came = came[0]  # a list of one number, where one number was asked for, is right
        if came.shape != right.shape:
            size = size_of(came, unit_of(reply.value))
            what = f"{self.place(case)}, {size} came out instead of {self.wanted(case, right)}"
            return Fault(
                "wrong", "shape", what, came=np.array(came.shape) if self.measure else came
            )
        if changed := self.changed(case, reply):
            what = f"{self.place(case)}, your function changed {changed} itself"
            cause = "*=, += and an assignment to a part of it write into the caller's own array"
            return Fault("wrong", "changed", what, cause)
        if not (self.measure or self.close(came, right)):
            return self.fault_of_value(case, came, right)
        if self.made_of and self.made_of not in (reply.calls or ()):
            what = f"{self.place(case)}, the answer is right, and {self.made_of} has no part in it"
            cause = f"the task is to make it of {self.made_of}, and of no other function"
            return Fault("wrong", "made of", what, cause)
        loud = [text for text in reply.warnings or () if text.startswith("RuntimeWarning")]
        if self.silent and loud:
            warned = loud[0].partition(": ")[2]
            what = f"{self.place(case)}, a warning came out ({warned}), none was expected"
            cause = "on the way to a harmless result a number grew beyond what a float holds"
            return Fault("wrong", "warning", what, cause)
        return None

    def fault_of_call(self, case: tuple, reply: Reply) -> Fault:
        if reply.outcome == "missing":
            known = reply.error or f"there is no function {self.name}"
            what = f"{known}: the cell that defines it, by this name, has to run without an error"
            return Fault("missing", "", what)
        if reply.outcome == "not tried":
            what = "replace the line that raises NotImplementedError"
            if not reply.error:
                what = "your function gives nothing back yet"
            elif reply.error != self.name:
                what = f"{self.name} calls {reply.error}, which waits for its own answer"
            return Fault("not tried yet", "", what)
        what = f"{self.place(case)}, it {reply.outcome} {reply.error}".rstrip()
        cause = next((cause for part, cause in RAISED if part in reply.error), "")
        # Further words hold shapes and names, which two ways of the same mistake need not share.
        return Fault(reply.outcome, "call", what, cause, " ".join(reply.error.split()[:4]))

    def fault_of_value(self, case: tuple, came: np.ndarray, right: np.ndarray) -> Fault:
        off = np.abs(came - right) / (np.abs(right) + np.finfo(float).tiny)
        worst = np.unravel_index(np.argmax(np.nan_to_num(off, nan=np.inf)), off.shape)
        # A short answer is shown whole; a long one, and one made element by element, by its worst.
        numbers_go_in = not any(map(np.ndim, self.cases[0]))
        elementwise = numbers_go_in and right.shape in map(np.shape, case)
        whole = came.ndim == 0 or (came.ndim == 1 and came.size <= 4 and not elementwise)
        words = (yes_and_no(came), yes_and_no(right)) if self.yes_or_no else (came, right)
        said, wanted = say_both(*(each if whole else each[worst] for each in words))
        place = self.place(case, worst if elementwise else ())
        if not (whole or elementwise):
            place += f", at [{', '.join(map(str, worst))}]"
        expected = "would be right" if self.nearest else "was expected"
        what = f"{place}, {said} came out, {wanted} {expected}"
        finite = np.isfinite(came).all()
        cause = "" if finite else "on the way something overflowed, or was divided by 0"
        return Fault("wrong", "value", what, cause, came)

    def recognise(self, faults: list[Fault | None]) -> Mistake | None:
        """Find the named mistake that goes wrong in the same way on every case."""
        for mistake in self.mistakes:
            others = self.faults(self.replies(ask_in({self.name: mistake.function})))
            if all(self.alike(*pair) for pair in zip(faults, others, strict=True)):
                return mistake
        return None

    def alike(self, fault: Fault | None, other: Fault | None) -> bool:
        if fault is None or other is None:
            return fault is other
        if (fault.verdict, fault.kind) != (other.verdict, other.kind):
            return False
        if isinstance(fault.came, str):
            return fault.came == other.came
        # What is wrong in the same way may be rounded in another.
        return self.close(fault.came, other.came, rtol=0.05 if self.measure else 1e-6, atol=1e-15)

    def resemblance(self, replies: list[Reply]) -> str:
        """Say what a wrong answer that has no name looks like."""
        hint = f'hint("{self.id}") asks where to look'
        pairs = [
            (came, self.right_answer(case, came))
            for case, reply in zip(self.cases, replies, strict=True)
            if (came := came_out(case, reply)) is not None
        ]
        if self.measure or len(pairs) < len(self.cases):
            return hint
        for alter, cause in YES_OR_NO if self.yes_or_no else LOOKALIKES:
            if all(self.close(array, alter(right)) for array, right in pairs):
                return cause
        if self.yes_or_no or any(array.shape != right.shape for array, right in pairs):
            return hint
        ratios = np.concatenate([np.ravel(array / right) for array, right in pairs])
        ratios = ratios[np.isfinite(ratios)]
        if ratios.size and all(self.close(array, ratios[0] * right) for array, right in pairs):
            return f"every number is {say(ratios[0])} times what was expected"
        if all(self.close(array, right, rtol=1e-2) for array, right in pairs):
            return "it is nearly right everywhere, as a rounded number or a nudge too wide would be"
        return hint

    @cached_property
    def yes_or_no(self) -> bool:
        """Whether True and False are what is asked for."""
        return unit_of(self.answer(*self.cases[0])) == "answer"

    def wanted(self, case: tuple, right: np.ndarray) -> str:
        """Say how many numbers, or answers of True or False, are right."""
        return size_of(right, unit_of(self.answer(*case)))

    def right_answer(self, case: tuple, came: np.ndarray | None) -> np.ndarray:
        if self.nearest and came is not None:
            return np.asarray(self.nearest(came, *case), dtype=float)
        return np.asarray(self.answer(*case), dtype=float)

    def close(
        self,
        came: np.ndarray,
        right: np.ndarray,
        rtol: float | None = None,
        atol: float | None = None,
    ) -> bool:
        eps = np.finfo(came.dtype if came.dtype == np.float32 else float).eps
        rtol = max(rtol or self.rtol, 32 * eps)
        atol = (self.atol if atol is None else atol) * eps / np.finfo(float).eps
        if came.shape != right.shape:
            return False
        near = np.isfinite(right) & (np.abs(came - right) <= atol + rtol * np.abs(right))
        # Equal infinities are near each other, and so are two NaNs.
        return bool(np.all(near | (came == right) | (np.isnan(came) & np.isnan(right))))

    def changed(self, case: tuple, reply: Reply) -> str:
        """Name the arguments that are no longer what they were before the call."""
        after = [numbers(argument) for argument in reply.arguments or ()]
        names = inspect.signature(self.answer).parameters
        return " and ".join(
            name
            for name, was, now in zip(names, case, after, strict=False)
            if now is None or not np.array_equal(was, now, equal_nan=True)
        )

    def place(self, case: tuple, element: tuple = ()) -> str:
        """Say for which input: the one element of an array where that is all that matters."""
        words = []
        for name, value in zip(inspect.signature(self.answer).parameters, case, strict=True):
            if element and np.ndim(value):
                words.append(f"{name} = {say(value[element])} in an array of shape {value.shape}")
            elif np.ndim(value) and np.size(value) <= 8:
                words.append(f"{name} = {paste(value)}")
            elif np.ndim(value):
                words.append(f"{name} of shape {np.shape(value)}")
            else:
                words.append(f"{name} = {say(value)}")
        return "for " + ", ".join(words)


UNTRIED = ("missing", "not tried yet")
# What usually leads to an exception, by a part of what it says.
RAISED = (
    ("RecursionError", "the function calls itself and comes to no end"),
    ("UnboundLocalError", "a variable is used before the function has given it a value"),
    ("NameError", "that name is misspelt, or the cell that defines it has not been run"),
    ("positional argument", "a call gives what the def line names, and a given def line stays"),
    ("object is not callable", "a bracket after a number is a call, as where a * is missing"),
    ("truth value of an array", "`if`, `and`, `max` ask for one yes or no, and an array has many"),
    ("core dimension", "the two sides of @ do not fit: a transpose or a mask on one side alone?"),
    ("could not be broadcast", "the shapes do not fit: one number a row meets one a column?"),
    ("'float' object", "one number stands where that line takes several for granted"),
    ("as a data type", "a shape goes in as one argument, with brackets of its own"),
)
LOOKALIKES = (
    (np.zeros_like, "every number is 0, as if a result were never filled in"),
    (np.ones_like, "every number is 1, as if a factor were missing"),
    (np.negative, "every number has the wrong sign"),
    (np.transpose, "it is the transpose of what was expected"),
    (lambda right: right[::-1] if right.ndim else right, "the right numbers in the wrong order"),
)
YES_OR_NO = (
    (np.zeros_like, "every answer is False, whatever was asked"),
    (np.ones_like, "every answer is True, whatever was asked"),
    (lambda right: 1 - right, "every answer is turned round: True stands where False belongs"),
    (lambda right: right[::-1], "the right answers in the wrong order"),
)


def came_out(case: tuple, reply: Reply) -> np.ndarray | None:
    """Read a reply as numbers: no more precise than what was asked with."""
    came = numbers(reply.value)
    single = any(getattr(argument, "dtype", None) == np.float32 for argument in case)
    return came.astype(np.float32) if single and came is not None else came


def fault_of_figures(figures: Iterable[Figure]) -> Fault | None:
    """Find the first figure that lies too far off."""
    for figure in figures:
        if not abs(figure.came - figure.right) <= figure.within:
            came, right = say_both(figure.came, figure.right)
            what = f"{figure.name} came out as {came}, {right} was expected"
            return Fault("wrong", figure.name, what, figure.cause, np.array(figure.came))
    return None


def numbers(value: Any) -> np.ndarray | None:
    """Read plain data as an array of floats; None where it is not made of numbers.

    Examples
    --------
    >>> numbers([1, 2.5]), numbers("2.5"), numbers([[1], [2, 3]])
    (array([1. , 2.5]), None, None)
    """
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        return None
    if array.dtype.kind not in "biuf":
        return None
    return array if array.dtype == np.float32 else array.astype(float)


def kind_of(value: Any) -> str:
    """Name what is not made of numbers."""
    if isinstance(value, list):
        strangers = [kind_of(part) for part in value if numbers(part) is None]
        return f"a list with {strangers[0]} in it" if strangers else "an uneven list"
    kind = value.kind if isinstance(value, Foreign) else type(value).__name__
    kind = {"str": "text", "NoneType": "None"}.get(kind, kind)
    if kind in ("text", "None"):
        return kind
    return f"an {kind}" if kind[0] in "aeiouAEIOU" else f"a {kind}"


def unit_of(value: Any) -> str:
    """Say what a value is made of."""
    return "answer" if np.asarray(value).dtype == bool else "number"


def size_of(array: np.ndarray, unit: str = "number") -> str:
    """Say how many numbers, or answers of True or False, there are."""
    if array.ndim > 1:
        return f"an array of shape {array.shape}"
    return f"one {unit}" if array.size == 1 else f"{array.size} {unit}s"


def yes_and_no(array: np.ndarray) -> np.ndarray:
    """Write True for 1 and False for 0, and leave other numbers as they are.

    Examples
    --------
    >>> say(yes_and_no(np.array([1, 0, 0.5])))
    '(True, False, 0.5)'
    """
    words = array.astype(object)
    words[array == 0] = False
    words[array == 1] = True
    return words


def drawn(seed: int, shape: tuple[int, ...], low: float = -6.0, high: float = 6.0) -> np.ndarray:
    """Draw numbers that no one has thought of, short enough to read in a message."""
    # NumPy's own generators take longer to import than all the exercises.
    generator = random.Random(seed)
    numbers_drawn = [round(generator.uniform(low, high), 2) for _ in range(math.prod(shape))]
    # 0, 1 and −1 hide a missing factor.
    return np.reshape([number if number % 1 else 0.5 for number in numbers_drawn], shape)


def twenty(seed: int, count: int) -> tuple[tuple[float, ...], ...]:
    """Draw the arguments of twenty calls with numbers."""
    return tuple(tuple(row) for row in drawn(seed, (20, count)).tolist())
