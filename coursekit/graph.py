"""What a computation is: nodes, each of which remembers how it was computed.

A `Node` holds a value, and the op and the parents that it came from; the rules are in `ops.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit.values import computed, copied, formatted, lost, rows, shown, text, undecided, unkept

ARITHMETIC: dict[str, Any] = {}  # what + and its kin do, by NumPy's names: ops.py fills it


class Node:
    """A value in a computational graph, and where it came from.

    A node never changes, and two nodes are equal only if they are the same node.

    Parameters
    ----------
    value : array_like of real numbers
        Becomes float64, unless it is float32 already; arrays are copied and made read-only.
    name : str, optional
        What drawings and error messages call the node.
    op : Op, optional
        The op that computed the value; None for a leaf.
    parents : tuple of Node, optional
        The inputs of `op`, in order. A node that is used twice stands here twice.

    Examples
    --------
    >>> x, y = Node(-2, "x"), Node([[1, 2, 3]], "y")
    >>> x, y, x + 5
    (Node(-2.0, 'x'), Node(shape (1, 3), 'y'), Node(3.0, op=+))
    """

    __slots__ = ("name", "op", "parents", "value")
    value: Any
    name: str | None
    op: Any
    parents: tuple[Node, ...]

    def __init__(self, value, name=None, *, op=None, parents=()):
        if type(value) is not np.float64:  # which needs no care: a NumPy number never changes
            value = copied(value) if op is None else computed(value, op)
        set_value(self, value)
        set_name(self, name if name is None else text(name))
        set_op(self, op)
        set_parents(self, parents)

    def named(self, name: str) -> Node:
        """Give the same computation under a name; use the node that comes back from here on."""
        return Node(self.value, name, op=self.op, parents=self.parents)

    shape = property(lambda self: self.value.shape, doc="The shape of the value; () for a number.")

    # fmt: off
    def __add__(self, other): return ARITHMETIC["add"](self, other)
    def __radd__(self, other): return ARITHMETIC["add"](other, self)
    def __sub__(self, other): return ARITHMETIC["subtract"](self, other)
    def __rsub__(self, other): return ARITHMETIC["subtract"](other, self)
    def __mul__(self, other): return ARITHMETIC["multiply"](self, other)
    def __rmul__(self, other): return ARITHMETIC["multiply"](other, self)
    def __truediv__(self, other): return ARITHMETIC["divide"](self, other)
    def __rtruediv__(self, other): return ARITHMETIC["divide"](other, self)
    def __pow__(self, other): return ARITHMETIC["power"](self, other)
    def __rpow__(self, other): return ARITHMETIC["power"](other, self)
    def __matmul__(self, other): return ARITHMETIC["matmul"](self, other)
    def __rmatmul__(self, other): return ARITHMETIC["matmul"](other, self)
    def __neg__(self): return ARITHMETIC["negative"](self)
    def __abs__(self): return ARITHMETIC["absolute"](self)
    def __getitem__(self, where): return ARITHMETIC["getitem"](self, where)
    def __len__(self): return rows(self)
    def __iter__(self): return (self[row] for row in range(len(self)))
    T = property(lambda self: ARITHMETIC["transpose"](self))
    def __repr__(self): return shown(self)
    def __format__(self, spec): return formatted(self, spec)

    # A node never changes, so that it needs no copy; and nothing takes it for its value unasked.
    def __copy__(self): return self
    def __deepcopy__(self, memo): return self
    def __reduce__(self): raise unkept(self)
    def __setattr__(self, attribute, *value): raise AttributeError(
        f"a node never changes, nor does its {attribute}: make a new one instead")
    __delattr__ = __setattr__
    def __bool__(self): raise undecided(self, "is neither true nor false")
    def __lt__(self, other): raise undecided(self, "compares with nothing")
    __le__ = __gt__ = __ge__ = __contains__ = __lt__
    def __float__(self): raise lost(self, "as a plain number")
    __int__ = __float__
    def __array__(self, *args, **kwargs): raise lost(self, "in a NumPy array")
    # fmt: on

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        # `array + node` arrives here, because NumPy is asked first; np.sin(node) does as well.
        if ufunc.__name__ not in ARITHMETIC or method != "__call__" or options:
            raise lost(self, f"in np.{ufunc.__name__}")
        return ARITHMETIC[ufunc.__name__](*inputs)


# Past __setattr__, which refuses, a slot is filled by its own descriptor.
set_name, set_op, set_parents, set_value = (vars(Node)[slot].__set__ for slot in Node.__slots__)
