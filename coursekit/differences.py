"""How wrong a finite difference is by its nudge: digits cancel below, the curve bends above."""

from typing import Any, NamedTuple

import numpy as np

from coursekit.activations import Activation

__all__ = [
    "DIFFERENCES",
    "Difference",
    "errors_by_nudge",
    "kink_distance",
    "kinks_of",
    "usual_errors",
]

POWERS = np.arange(-12, 0.01, 0.25)  # of ten: the nudges that are tried


class Difference(NamedTuple):
    """A way to measure a slope by a nudge.

    Attributes
    ----------
    centred : bool
        Nudges to both sides, $(f(z + h) - f(z - h)) / 2h$, and not to one, $(f(z + h) - f(z)) / h$.
    dtype : type
        The precision of all that is computed.

    Examples
    --------
    >>> from coursekit import Sigmoid
    >>> centred = Difference(True, np.float32)
    >>> print(f"{centred}: {centred.error(Sigmoid(), 1.0, 1e-5):.3f}")
    centred, float32: 0.015
    """

    centred: bool
    dtype: type

    def __str__(self):
        return f"{'centred' if self.centred else 'forward'}, {self.dtype.__name__}"

    def error(self, activation: Activation, z: Any, h: Any) -> np.ndarray:
        """Relative error of the slope at z for a nudge h; z and h broadcast."""
        z, h = np.asarray(z, self.dtype), np.asarray(h, self.dtype)
        with np.errstate(all="ignore"):
            if self.centred:
                ends = activation.forward(z + h) - activation.forward(z - h)
                measured = ends / (2 * h)
            else:
                measured = (activation.forward(z + h) - activation.forward(z)) / h
            exact = z.astype(np.float64)
            slope = activation.slope(activation.forward(exact), exact)
            off = np.abs(measured - slope)
            larger = np.maximum(np.abs(measured), np.abs(slope))
        return np.where(larger > 0, off / np.where(larger > 0, larger, 1), 0)


DIFFERENCES = tuple(
    Difference(centred, dtype) for dtype in (np.float64, np.float32) for centred in (True, False)
)


def errors_by_nudge(
    activation: Activation, z: Any, difference: Difference, powers: Any = POWERS
) -> np.ndarray:
    """Relative error for each nudge 10 to the power; the median where z is many places.

    Examples
    --------
    >>> from coursekit import Sigmoid
    >>> errors = errors_by_nudge(Sigmoid(), 1.0, Difference(True, np.float64))
    >>> print(f"at h = 1e-5: {errors[POWERS == -5][0]:.0e}")
    at h = 1e-5: 9e-12
    """
    h = 10.0 ** np.reshape(powers, (-1, 1))
    return np.median(difference.error(activation, np.reshape(z, (1, -1)), h), axis=1)


def usual_errors(
    activation: Activation, z: Any, difference: Difference = DIFFERENCES[0]
) -> np.ndarray:
    """How wrong a difference is by its nudge, whether or not digits had luck.

    What is left when digits cancel is a matter of chance: of each nudge and its four neighbours
    in `POWERS` this is the median, and not less than the last digit.

    Examples
    --------
    >>> from coursekit import Sigmoid
    >>> usual = usual_errors(Sigmoid(), 1.0)
    >>> print(POWERS[usual.argmin()])
    -5.5
    """
    errors = np.pad(errors_by_nudge(activation, z, difference), 2, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(errors, 5)
    return np.maximum(np.median(around, axis=1), np.finfo(difference.dtype).eps)


def kinks_of(activation: Activation) -> tuple[float, ...]:
    """List the kinks at which the slope does jump: a parameter can smooth one away.

    Examples
    --------
    >>> from coursekit import ELU, ReLU
    >>> kinks_of(ReLU()), kinks_of(ELU(1.0))
    ((0.0,), ())
    """
    beside = np.concatenate([np.subtract(activation.kinks, 1e-9), np.add(activation.kinks, 1e-9)])
    with np.errstate(all="ignore"):
        slope = activation.slope(activation.forward(beside), beside)
    smooth = np.isclose(*np.broadcast_to(slope, beside.shape).reshape(2, -1))
    return tuple(kink for kink, none in zip(activation.kinks, smooth, strict=True) if not none)


def kink_distance(activation: Activation, z: float) -> float | None:
    """How far the nearest kink is; None if there is none.

    Examples
    --------
    >>> from coursekit import ReLU, Sigmoid
    >>> print(kink_distance(ReLU(), -0.5), kink_distance(Sigmoid(), -0.5))
    0.5 None
    """
    return min((abs(kink - z) for kink in kinks_of(activation)), default=None)
