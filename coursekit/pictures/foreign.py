"""What can be drawn as an activation, and what a reader is told of things that cannot."""

from inspect import signature

from coursekit import functions
from coursekit.activations import ACTIVATIONS, Activation, Maxout
from coursekit.graph import Node
from coursekit.ops import Elementwise, Op


def made(thing):
    """Make an op of its class; all else stays what it is."""
    return thing() if isinstance(thing, type) and issubclass(thing, Op) else thing


def is_activation(thing):
    """Whether an op works on each z by itself, maybe with inputs that it learns beside it."""
    if isinstance(thing, Activation):
        return True
    return isinstance(thing, Elementwise) and [*signature(thing.forward).parameters][:1] == ["z"]


def activation_of(thing):
    """Take an activation or its class, and refuse all else in one sentence.

    Examples
    --------
    >>> activation_of("tanh")
    Traceback (most recent call last):
    TypeError: an activation stands here, such as Sigmoid() or Tanh(), and not str
    """
    thing = made(thing)
    refuse_foreign(thing)
    if isinstance(thing, Maxout):
        raise TypeError(
            "Maxout takes several z's a unit, and has no curve over a single one: MaxoutEditor() "
            "shows its lines"
        )
    if not is_activation(thing):
        kind = type(thing).__name__
        raise TypeError(f"an activation stands here, such as Sigmoid() or Tanh(), and not {kind}")
    return thing


def of_a_layer(thing):
    """Take what a hidden layer can have: an activation or its class, or Maxout.

    Examples
    --------
    >>> of_a_layer(Maxout), of_a_layer(Tanh())
    (Maxout(), Tanh())
    """
    thing = made(thing)
    return thing if isinstance(thing, Maxout) else activation_of(thing)


def curved(thing):
    """Take an activation or its class that has a curve over z, and nothing to learn beside it.

    Examples
    --------
    >>> curved(Tanh), curved(PReLU())
    Traceback (most recent call last):
    TypeError: PReLU has inputs besides z (alpha), and a picture of it needs all of them: \
explore(PReLU()) moves them
    """
    thing = activation_of(thing)
    if not isinstance(thing, Activation):
        beside, name = [*signature(thing.forward).parameters][1:], type(thing).__name__
        raise TypeError(
            f"{name} has inputs besides z ({', '.join(beside)}), and a picture of it needs all of "
            f"them: explore({name}()) moves them"
        )
    return thing


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
