"""The walk: gradients flow from the output back to everything that it depends on.

The walk knows no op. It visits each node once, after everything that uses it, asks the op of the
node to send the gradient on, and adds up what arrives.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from coursekit.graph import Elementwise, Node, Op, counted, described, frozen, real

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Step(NamedTuple):
    """What happened at one node of a backward pass.

    Attributes
    ----------
    node : Node
        Where the walk stands.
    upstream : float or ndarray of the shape of the node
        What the node received: the slope of the output in the node's value.
    local : tuple of float or ndarray, or None
        The local gradient for each parent; None where the op is not elementwise.
    downstream : tuple of float or ndarray
        What the node sends to each parent, in the parent's shape.
    total : tuple of float or ndarray
        The sum at each parent so far, this node's share included.
    """

    node: Node
    upstream: Any
    local: tuple | None
    downstream: tuple
    total: tuple


class Gradients(dict):
    """The slope of an output in every node that it depends on."""

    def __missing__(self, node):
        raise KeyError(f"there is no gradient for {node!r}: the output does not depend on it")


def backprop(output: Node, upstream: ArrayLike | None = None) -> Gradients:
    """Compute the slope of the output in every node that it depends on.

    Parameters
    ----------
    output : Node
        Where the walk starts.
    upstream : array_like of the shape of the output, optional
        The gradient that arrives at the output; 1 for a single number.

    Returns
    -------
    Gradients
        A mapping from each node to an array of that node's shape and precision.

    Raises
    ------
    ValueError
        If the output is no single number and no upstream is given, or one of another shape.

    References
    ----------
    Rumelhart, Hinton & Williams (1986), Learning representations by back-propagating errors.

    Examples
    --------
    >>> x, y, z = Node(-2, "x"), Node(5, "y"), Node(-4, "z")
    >>> gradients = backprop((x + y) * z)
    >>> print(gradients[x], gradients[y], gradients[z])
    -4.0 -4.0 3.0
    """
    return Gradients((step.node, step.upstream) for step in backprop_steps(output, upstream))


def backprop_steps(output: Node, upstream: ArrayLike | None = None) -> Iterator[Step]:
    """Walk back from the output, one `Step` a node; see `backprop` for the parameters.

    Examples
    --------
    >>> a = Node(3, "a")
    >>> for step in backprop_steps(a + a):
    ...     print(step.node, step.upstream, step.total)
    Node(6.0, op=+) 1.0 (np.float64(1.0), np.float64(2.0))
    Node(3.0, 'a') 2.0 ()
    """
    gradients = {output: first_upstream(output, upstream)}
    for node in reversed(in_order(output)):
        upstream = gradients[node]
        local, downstream = sent_back(node, upstream)
        total = []
        for parent, share in zip(node.parents, downstream, strict=True):
            # A value that is used twice is reached by two paths, and their gradients add.
            gradients[parent] = gradients[parent] + share if parent in gradients else share
            total.append(gradients[parent])
        yield Step(node, upstream, local, downstream, tuple(total))


def in_order(output: Node) -> list[Node]:
    """List the nodes that the output depends on, each after all of its parents.

    The stack is our own, because Python's would overflow on a chain of a thousand nodes.
    """
    finished, opened, stack = {}, set(), [output]
    while stack:
        node = stack[-1]
        if node in opened:
            finished[stack.pop()] = True
        else:
            opened.add(node)
            stack.extend(parent for parent in reversed(node.parents) if parent not in opened)
    return list(finished)


def first_upstream(output: Node, upstream: ArrayLike | None) -> Any:
    """Check the gradient that the walk starts from."""
    if not isinstance(output, Node):
        raise TypeError(f"backprop starts at a Node, not {type(output).__name__}")
    value = output.value
    if upstream is None:
        if value.size != 1:
            raise ValueError(
                f"backprop starts from a single number, but the output is {described(output)}: "
                "sum it first, or pass upstream="
            )
        return frozen(np.ones_like(value))
    upstream = np.array(real(upstream, "an upstream gradient holds real numbers, not"), value.dtype)
    if upstream.shape != value.shape:
        raise ValueError(
            f"upstream has the shape {upstream.shape}, but the output is {described(output)}"
        )
    return frozen(upstream)


def sent_back(node: Node, upstream: Any) -> tuple[tuple | None, tuple[Any, ...]]:
    """Ask the op of a node for its local gradients, and for what goes to each parent."""
    op, inputs = node.op, [parent.value for parent in node.parents]
    if op is None:
        return (), ()
    local: tuple | None = None
    ask: Any = op.vjp
    if isinstance(op, Elementwise):
        ask = op.local_gradients
        local = shares = ask(node.value, *inputs)
    else:
        shares = ask(upstream, node.value, *inputs)
    if shares is None or (isinstance(shares, tuple) and any(share is None for share in shares)):
        raise TypeError(f"{op} sent nothing back: does it lack a return?")
    if not isinstance(shares, (tuple, list)):
        raise TypeError(
            f"{ask.__name__} of {op} must return a tuple, one gradient for each input, "
            f"not {type(shares).__name__}"
        )
    if len(shares) != len(inputs):
        raise ValueError(
            f"{op} has {counted(len(inputs), 'input')}, "
            f"but sends back {counted(len(shares), 'gradient')}"
        )
    if local is not None:
        shares = [upstream * slope for slope in local]
    downstream = (
        unbroadcast(share, parent, op) for share, parent in zip(shares, node.parents, strict=True)
    )
    return local, tuple(downstream)


def unbroadcast(gradient: Any, parent: Node, op: Op) -> Any:
    """Bring a gradient to the shape and precision of the parent that it belongs to.

    Where the forward pass repeated a value along an axis, the gradients of the copies add.
    """
    value = parent.value
    if type(gradient) is type(value) is np.float64:  # the common case of a scalar graph, cut short
        return gradient
    gradient = real(gradient, f"{op} must send back real numbers, not")
    if gradient.shape != value.shape:
        repeated = gradient.ndim - value.ndim
        kept = gradient.shape[max(repeated, 0) :]
        if repeated < 0 or any(
            size not in (1, given) for size, given in zip(value.shape, kept, strict=True)
        ):
            raise ValueError(
                f"{op} sends a gradient of shape {gradient.shape} back to {described(parent)}"
            )
        axes = [axis + repeated for axis, size in enumerate(value.shape) if size == 1]
        gradient = gradient.sum(axis=(*range(repeated), *axes)).reshape(value.shape)
    # A view, because freezing must not reach an array that the op keeps for itself.
    return frozen(gradient.astype(value.dtype, copy=False).view())
