"""What a reader moves: a number by a slider, one of a few things by buttons, both by a mark."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import inf, isclose
from numbers import Real

import traitlets

from coursekit.style import number


@dataclass(frozen=True)
class Control:
    """
    A number that a slider moves.

    Parameters
    ----------
    name : str
        Of the trait, and of the argument that `fragment`, `evidence` and `alt` get.
    label : str
        What stands beside the slider.
    low, high, step, start : int or float
        All whole numbers: the explorer gets whole numbers.
    describe : callable, optional
        A value in the words of the field, printed beside the slider and spoken by a screen reader.
    fine : float, optional
        The step of Shift and an arrow key, a whole fraction of `step`.
    at : tuple, optional
        The positions themselves, where they are not evenly spaced.
    slider : bool
        Without one it is moved by its mark alone, by hand or with the arrow keys: see `handles`.

    Examples
    --------
    >>> Control("z", "z", 0, 1, 0.5, start=0.5).positions
    (0.0, 0.5, 1.0)
    """

    name: str
    label: str
    low: float
    high: float
    step: float
    start: float
    describe: Callable[[float], str] = number
    fine: float | None = None
    at: tuple = ()
    slider: bool = True

    def __post_init__(self):
        if not self.low <= self.high:
            raise ValueError(f"{self.name} runs from a lower to a higher number, not {self.ends}")
        if not self.low <= self.start <= self.high:
            raise ValueError(f"{self.name} runs {self.ends}, and cannot start at {self.start!r}")
        if self.at or self.low == self.high:  # a graph of one node has a single step
            return
        if not whole(self.high - self.low, self.step):
            raise ValueError(
                f"{self.name} runs {self.ends}, and steps of {self.step!r} do not end there: take "
                f"a step that goes into {number(self.high - self.low)} a whole number of times"
            )
        if self.fine is not None and not whole(self.step, self.fine):
            raise ValueError(
                f"{self.name} has steps of {self.step!r}, and fine ones of {self.fine!r} do not "
                "make up one of them: take a whole fraction, such as a fifth"
            )

    @property
    def kind(self):
        """What moves it in the browser."""
        return "slider" if self.slider else "mark"

    @property
    def ends(self):
        return f"from {self.low!r} to {self.high!r}"

    @cached_property
    def positions(self):
        """Every value that has a frame, from low to high."""
        fine = self.fine or self.step
        count = round((self.high - self.low) / fine) + 1
        places = (round(self.low + place * fine, 10) for place in range(count))
        return self.at or tuple(min(max(place, self.low), self.high) for place in places)

    @property
    def stride(self):
        """How many positions a plain arrow key moves."""
        return 1 if self.at else round(self.step / (self.fine or self.step))

    def kept(self, value):
        """Hold a value from elsewhere within the range, as ipywidgets' own sliders do."""
        if not isinstance(value, Real) or value != value:
            raise traitlets.TraitError(f"{self.name} has to be a number, not {value!r}")
        return float(min(max(value, self.low), self.high))

    def index(self, value):
        """Find the place of the position nearest to a value."""
        distances = [abs(position - value) for position in self.positions]
        return distances.index(min(distances))

    def checked(self, value):
        """Return a value that the explorer can draw, or say in a sentence why it cannot."""
        if not isinstance(value, Real) or not self.low <= value <= self.high:
            ends = f"{number(self.low)} to {number(self.high)}"
            raise ValueError(f"{self.name} runs from {ends}, and {value!r} lies outside")
        whole = all(isinstance(position, int) for position in self.positions)
        if whole and value != int(value):
            raise ValueError(f"{self.name} is a whole number, not {value!r}")
        return self.positions[self.index(value)] if whole else value


@dataclass(frozen=True)
class Choice:
    """
    One of a few things, picked by radio buttons.

    Examples
    --------
    >>> Choice("walk", "order of the walk", ("topological", "depth first")).start
    'topological'
    """

    name: str
    label: str
    options: tuple
    start: object = None
    describe: Callable[[object], str] = str
    # No annotations: facts of the class, not fields.
    stride = 1
    kind = "choice"

    def __post_init__(self):
        if not self.options:
            raise ValueError(f"{self.name} has no options to choose from")
        if self.start is None:
            object.__setattr__(self, "start", self.options[0])
        self.checked(self.start)

    @property
    def positions(self):
        return self.options

    def kept(self, value):
        """Refuse what is no option, in the words that traitlets' users expect."""
        try:
            return self.checked(value)
        except ValueError as fault:
            raise traitlets.TraitError(str(fault)) from None

    def index(self, value):
        """Find the place of an option."""
        return self.options.index(value)

    def checked(self, value):
        """Return an option, or say in a sentence which ones there are."""
        if value not in self.options:
            named = ", ".join(map(repr, self.options))
            raise ValueError(f"{self.name} is one of {named}, and not {value!r}")
        return value


@dataclass(frozen=True)
class Handle:
    """
    A mark that a reader drags along one axis, and with it a control, with or without a kernel.

    `low` and `high` are where the control's range begins and ends on the picture, in the units of
    its viewBox; `axis` is "x" or "y".
    """

    control: str
    low: float
    high: float
    axis: str = "x"


class Kept(traitlets.TraitType):
    """The trait of a control, which takes what the control keeps."""

    def __init__(self, control):
        super().__init__(control.start)
        self.control = control
        self.tag(sync=True)

    def validate(self, explorer, value):
        return self.control.kept(value)


def whole(length: float, step: float) -> bool:
    """Whether a step, or several, make up a length.

    Examples
    --------
    >>> whole(1, 0.1), whole(1, 0.3), whole(1, 0), whole(1, 2)
    (True, False, False, False)
    """
    return 0 < step < 2 * length < inf and isclose(
        length / step, round(length / step), abs_tol=1e-6
    )
