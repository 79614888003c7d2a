"""The walk: gradients flow from the output back to everything that it depends on.

The walk knows no op. It visits each node once, after everything that uses it, asks the op of the
node to send the gradient on, and adds up what arrives.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from coursekit.graph import Node
from coursekit.values import first_upstream, fitted, frozen, times, unfit


class Step(NamedTuple):
    """What happened at one node of a backward pass.

    Attributes
    ----------
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
    """The slope of an output in every node that it depends on, in that node's shape."""

    def __missing__(self, node):
        raise KeyError(f"no gradient for {node!r}: the output does not use it, or wrt omits it")


def backprop(output: Node, upstream: Any = None, wrt: Any = None) -> Gradients:
    """Compute the slope of the output in every node that it depends on: a mapping by node.

    Parameters
    ----------
    output : Node
        Where the walk starts.
    upstream : array_like of the shape of the output, optional
        The gradient that arrives at the output; only a single number can do without, with 1.
    wrt : Node, or iterable of Node, optional
        Those whose gradients are wanted, if not all are; what leads to none of them is left out.

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
    gradients = Gradients({output: first_upstream(output, upstream)})
    order = in_order(output)
    wanted = set(order) if wrt is None else leading_to(wrt, order)
    for node in reversed(order):
        send_back(node, gradients, wanted)
    return gradients


def backprop_steps(output: Node, upstream: Any = None) -> Iterator[Step]:
    """Walk back from the output, one `Step` a node; see `backprop` for the parameters.

    Examples
    --------
    >>> a = Node(3, "a")
    >>> for step in backprop_steps(a + a):
    ...     print(step.node, step.upstream, step.total)
    Node(6.0, op=+) 1.0 (np.float64(1.0), np.float64(2.0))
    Node(3.0, 'a') 2.0 ()
    """
    order = in_order(output)
    gradients, wanted = {output: first_upstream(output, upstream)}, set(order)
    for node in reversed(order):
        local, downstream, total = send_back(node, gradients, wanted)
        yield Step(node, gradients[node], local, tuple(downstream), tuple(total))


def send_back(node, gradients, wanted):
    """Send the gradient of a node on to its parents, and add it to what they have got so far."""
    op, downstream, total = node.op, [], []
    if op is None or node not in gradients:  # which it is not if nobody wants it
        return (), downstream, total
    local, sent = answered(node, upstream := gradients[node], wanted)
    for parent, share in zip(node.parents, sent, strict=True):
        if parent in wanted:
            share = fitted(share if local is None else times(upstream, share, op), parent, op)
            downstream.append(share)
            if parent in gradients:  # used twice: the gradients of its paths add
                share = frozen(gradients[parent] + share)
            gradients[parent] = share
            total.append(share)
    return local, downstream, total


def answered(node, upstream, wanted):
    """Ask the op of a node for its local gradients or, without any, for what each parent gets."""
    op, values = node.op, [parent.value for parent in node.parents]
    sent = local = op.local_gradients(node.value, *values)
    if local is None:
        sent = op.vjp_for([p in wanted for p in node.parents], upstream, node.value, *values)
    if type(sent) not in (tuple, list) or len(sent) != len(values):
        raise unfit(sent, node)
    return local, sent


def in_order(output: Node) -> list[Node]:
    """List the nodes that the output depends on, each after all of its parents."""
    # The stack is our own: Python's would overflow on a chain of a thousand nodes.
    order, seen, stack = [], {output}, [(output, iter(output.parents))]
    while stack:
        node, parents_left = stack[-1]
        for parent in parents_left:
            if parent not in seen:
                seen.add(parent)
                stack.append((parent, iter(parent.parents)))
                break
        else:
            order.append(node)
            stack.pop()
    return order


def leading_to(wrt: Any, order: list[Node]) -> set[Node]:
    """Collect the nodes on the way back from an output to some nodes, these included."""
    wanted = {wrt} if isinstance(wrt, Node) else set(wrt)
    for node in order:
        if not wanted.isdisjoint(node.parents):
            wanted.add(node)
    return wanted
