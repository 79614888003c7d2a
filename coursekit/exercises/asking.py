"""The learner's side of a check: call what they wrote and hand back plain data.

A check knows `ask(name, *plain)` and nothing else. Here `ask` is a call in the notebook; it could
as well cross a pipe, because all that goes in and comes out is plain: None, numbers, text, lists,
dicts, arrays of numbers, and the name of the kind of whatever else came out.
"""

import contextlib
import copy
import io
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Foreign:
    """Something that is no plain data: only the name of its kind leaves the learner's side."""

    kind: str


@dataclass(frozen=True, eq=False)
class Reply:
    """What came of one call.

    Attributes
    ----------
    outcome : str
        "returned", "raised", "not tried" or "missing"; whoever asks from afar may add others,
        such as "too slow".
    value : plain data
        What the function returned.
    arguments : list
        The arguments as they are after the call.
    warnings : list of str
        Each with its category, such as "RuntimeWarning: overflow encountered in exp".
    printed : str
        What the function printed.
    error : str
        The exception in one line; where a stub raised it, the name of that stub.
    calls : list of str
        The names that its code looks up, and the code of the functions that it leads to.
    """

    outcome: str
    value: Any = None
    arguments: list | None = None
    warnings: list | None = None
    printed: str = ""
    error: str = ""
    calls: list | None = None


def plain(thing: Any) -> Any:
    """Copy a value into plain data.

    Examples
    --------
    >>> plain((1, [2.5, "σ"], {"slope": None}))
    [1, [2.5, 'σ'], {'slope': None}]
    >>> plain([len, 2j])
    [Foreign(kind='builtin_function_or_method'), Foreign(kind='complex')]
    """
    kind = type(thing)
    if thing is None or kind in (bool, int, float, str):
        return thing
    if isinstance(thing, np.ndarray | np.generic):
        array = np.array(thing)
        return array if array.dtype.kind in "biuf" else Foreign(f"array of {array.dtype}")
    if isinstance(thing, list | tuple | range):
        return [plain(part) for part in thing]
    if kind is dict:
        return {str(key): plain(part) for key, part in thing.items()}
    if hasattr(kind, "__array__"):
        # A table of another library reads as an array; a Node refuses to.
        with contextlib.suppress(Exception):
            return plain(np.asarray(thing))
    return Foreign(kind.__name__)


def ask_in(namespace: Mapping) -> Callable[..., Reply]:
    """Make the `ask` that calls the functions of a namespace.

    Examples
    --------
    >>> ask = ask_in({"double": lambda x: 2 * x})
    >>> ask("double", 3.0).value, ask("halve", 3.0).outcome
    (6.0, 'missing')
    """

    def ask(name, *arguments):
        function = namespace.get(name)
        if not callable(function):
            what = "" if function is None else f"{name} is no function"
            return Reply("missing", error=what)
        given = copy.deepcopy(arguments)
        with (
            warnings.catch_warnings(record=True) as caught,
            contextlib.redirect_stdout(io.StringIO()) as printed,
            np.errstate(all="warn", under="ignore"),
        ):
            warnings.simplefilter("always")
            try:
                value = function(*given)
                if value is Ellipsis or (value is None and is_blank(function)):
                    return Reply("not tried")
                value = as_plain(value)
                given = as_plain(given)
            except NotImplementedError as error:
                return Reply("not tried", error=raised_by(error))
            except (Exception, SystemExit) as error:
                return Reply("raised", error=one_line(error))
        said = [f"{each.category.__name__}: {each.message}" for each in caught]
        calls = called_by(function)
        return Reply("returned", value, given, said, printed.getvalue(), calls=calls)

    return ask


def called_by(function: Callable) -> list[str]:
    """Find the names that a function's code may call, itself or through other functions.

    Examples
    --------
    >>> {"raised_by", "walk_tb"} <= set(called_by(lambda errors: [raised_by(e) for e in errors]))
    True
    """
    found: list[FunctionType] = []
    names: set[str] = set()
    waiting: list[Any] = [function]
    while waiting:
        here = waiting.pop()
        if any(here is known for known in found):
            continue
        if isinstance(here, FunctionType):
            found.append(here)
            spoken = spoken_of(here.__code__)
            names |= {here.__name__, *spoken}
            waiting += [here.__globals__.get(name) for name in spoken]
            for cell in here.__closure__ or ():
                with contextlib.suppress(ValueError):  # nobody has filled it
                    waiting.append(cell.cell_contents)
            waiting += [*(here.__defaults__ or ()), *(here.__kwdefaults__ or {}).values()]
        elif isinstance(here, np.vectorize):
            waiting.append(here.pyfunc)
    return sorted(names)


def spoken_of(code: CodeType) -> set[str]:
    """Find the names that a function's code looks up, and those of the functions in it."""
    inner = [part for part in code.co_consts if isinstance(part, CodeType)]
    own = {*code.co_names, *(part.co_name for part in inner)}
    return own.union(*map(spoken_of, inner))


def as_plain(thing: Any) -> Any:
    """Copy a value into plain data, whatever it does when it is looked at."""
    try:
        return plain(thing)
    except Exception:
        return Foreign(type(thing).__name__)


def one_line(error: BaseException) -> str:
    """Name an exception and its first line."""
    first = str(error).strip().partition("\n")[0][:160]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def raised_by(error: BaseException) -> str:
    """Name the function whose line raised the exception."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_code.co_name


def is_blank(function: Callable) -> bool:
    """Tell a body of `...` alone from a forgotten return: both give None."""

    def bare(): ...

    def documented():
        """Stand for a stub with a docstring and nothing else."""

    body = getattr(getattr(function, "__code__", None), "co_code", None)
    return body in (bare.__code__.co_code, documented.__code__.co_code)


def notebook_namespace() -> Mapping:
    """Find the names of the notebook, or of the script, that is running."""
    # IPython is looked up, never imported: the import of the course stays light.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell.user_ns if shell else vars(sys.modules["__main__"])


def ask_notebook(name: str, *arguments: Any) -> Reply:
    """Call what the learner wrote in the notebook that is running."""
    return ask_in(notebook_namespace())(name, *arguments)
