"""Functions of others, which keep no graph: what a reader is told who wants to explore one."""

from coursekit import functions
from coursekit.activations import ACTIVATIONS
from coursekit.graph import Node


def refuse_foreign(thing):
    """Refuse a function of NumPy or Python, which keeps no graph, and name the course's own.

    Examples
    --------
    >>> import numpy as np
    >>> refuse_foreign(np.tanh)
    Traceback (most recent call last):
    TypeError: tanh of numpy keeps no graph to go back through: take the course's own Tanh()
    """
    home = (getattr(thing, "__module__", None) or "").split(".")[0]
    if not callable(thing) or home not in ("numpy", "math", "builtins"):
        return
    name = getattr(thing, "__name__", str(thing))
    ours = {kind.__name__.lower(): f"{kind.__name__}()" for kind in ACTIVATIONS}.get(name)
    if hasattr(functions, name):
        ours = name
        if takes_a_number(getattr(functions, name)):
            ours += f", as in explore(lambda x: {name}(x), x=(-4, 4))"
    raise TypeError(
        f"{name} of {home.replace('builtins', 'Python')} keeps no graph to go back through: take "
        f"the course's own {ours or 'functions, as in explore(lambda x: x * x, x=(-4, 4))'}"
    )


def takes_a_number(function):
    """Whether one of the course's functions can be used on one number alone.

    Examples
    --------
    >>> takes_a_number(functions.exp), takes_a_number(functions.maximum)
    (True, False)
    """
    try:
        function(Node(1.0))
    except TypeError:
        return False
    return True
