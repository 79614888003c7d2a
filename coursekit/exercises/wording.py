"""Numbers as a sentence says them."""

from typing import Any

import numpy as np


def say(value: Any, digits: int = 4) -> str:
    """Write a number, a few numbers or a word as a learner reads them.

    Examples
    --------
    >>> say(-800.0), say(9.5367e-07), say(float("inf")), say([0.5, -2])
    ('−800', '9.537e-7', '∞', '(0.5, −2)')
    >>> say(np.zeros((3, 4)))
    'an array of shape (3, 4)'
    """
    if isinstance(value, str):
        return value
    array = np.asarray(value)
    if array.ndim == 1 and array.size <= 4:
        return f"({', '.join(say(part, digits) for part in array)})"
    if array.ndim:
        return f"an array of shape {array.shape}"
    if hasattr(value, "__name__"):  # a class or a function, where its name was meant
        return f"{value.__name__}, which goes in quotes"
    if array.dtype.kind not in "iuf":
        return str(value)
    number = array.item()
    if np.isinf(number):
        return "∞" if number > 0 else "−∞"
    # A count such as 157000 keeps all its digits.
    whole = len(str(int(abs(number)))) if abs(number) < 1e9 else 0
    mantissa, e, exponent = f"{number:.{max(digits, whole)}g}".partition("e")
    return mantissa.replace("-", "−") + (f"e{int(exponent)}" if e else "")


def paste(value: Any) -> str:
    """Write an array as a list that can be pasted into a cell.

    Examples
    --------
    >>> paste(np.array([[3.0, -1.0], [0.25, 1e-9]])), paste(np.array([True, False]))
    ('[[3, -1], [0.25, 1e-09]]', '[True, False]')
    """
    array = np.asarray(value)
    if array.ndim:
        return f"[{', '.join(map(paste, array))}]"
    return str(array[()]).removesuffix(".0")


def say_both(came: Any, right: Any) -> tuple[str, str]:
    """Write two values with as many digits as tell them apart.

    Examples
    --------
    >>> say_both(0.25, 0.2500001)
    ('0.25', '0.2500001')
    """
    for digits in (4, 7, 10, 13, 17):
        words = say(came, digits), say(right, digits)
        if words[0] != words[1]:
            break
    return words
