"""Walks back over a graph in any order, right or wrong, and where a wrong one goes wrong."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from coursekit.backprop import Step, in_order, send_back
from coursekit.graph import Node
from coursekit.values import first_upstream

MOST = 200  # visits of a queue, which may come by a node exponentially often


def topological(f: Node) -> Iterable[Node]:
    """Visit a node after all that use it: the order in which `backprop` walks."""
    return reversed(in_order(f))


def depth_first(f: Node, inputs: Callable = lambda node: node.parents) -> Iterator[Node]:
    """Go from each node straight on to its first input, and to no node twice."""
    waiting, seen = [f], set()
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            yield node
            waiting += reversed(inputs(node))


def from_the_right(f: Node) -> Iterator[Node]:
    """Go depth first, but to the last input of each node before the others."""
    return depth_first(f, lambda node: node.parents[::-1])


def queue(f: Node) -> Iterator[Node]:
    """Let each node that something is sent to wait in line, once more each time; then give up."""
    waiting = deque([f])
    for _ in range(MOST):
        if not waiting:
            return
        node = waiting.popleft()
        yield node
        waiting += (parent for parent in node.parents if parent.op)


ORDERS: dict[str, Callable[[Node], Iterable[Node]]] = {
    "topological": topological,
    "depth first": depth_first,
    "depth first, from the right": from_the_right,
    "queue": queue,
}


def fork(swapped: bool = False) -> Node:
    """Make f = q + p, or p + q, of p = a + a and q = p + a: the gradient of a is 5 either way."""
    a = Node(1, "a")
    p = (a + a).named("p")
    q = (p + a).named("q")
    return p + q if swapped else q + p


def walk(f: Node, order: str = "topological", add: bool = True) -> Iterator[Step]:
    """Visit the gates of a graph in any order; each sends on what it has got by then.

    Parameters
    ----------
    f : Node
        The output, a single number.
    order : str
        One of `ORDERS`.
    add : bool
        Whether a gradient is added (+=) to what its node has got before, or overwrites it (=).

    Yields
    ------
    Step
        One for each visit of a gate: a leaf has nothing to send on.

    Examples
    --------
    >>> [float(list(walk(fork(), order))[-1].total[-1]) for order in ORDERS]
    [5.0, 5.0, 3.0, 9.0]
    """
    gradients, wanted = {f: first_upstream(f, None)}, set(in_order(f))
    for node in (node for node in ORDERS[order](f) if node.op):
        upstream, total = gradients[node], []
        local, downstream, _ = send_back(node, {node: upstream}, wanted)
        for parent, share in zip(node.parents, downstream, strict=True):
            adds = add and parent in gradients
            gradients[parent] = gradients[parent] + share if adds else share
            total.append(gradients[parent])
        yield Step(node, upstream, local, tuple(downstream), tuple(total))


class Fault(NamedTuple):
    """Where a walk goes wrong for good.

    Attributes
    ----------
    step : int
        Which step of the walk, counted from 0.
    node : Node
        Whose gradient is wrong, or is sent on wrongly.
    kind : str
        "overwritten", "too early" or "sent again".
    amount, due : float or ndarray
        What the node has, or has sent on by then, and what it would be if all were right.
    """

    step: int
    node: Node
    kind: str
    amount: Any
    due: Any


def first_fault(steps: Iterable[Step], truth: Mapping) -> Fault | None:
    """Find where a walk goes wrong first; None if it does not.

    It is right if each node has sent on its whole gradient in the end, at once or in parts.

    Examples
    --------
    >>> from coursekit import backprop
    >>> f = fork(swapped=True)
    >>> step, node, kind, amount, due = first_fault(walk(f, "depth first"), backprop(f))
    >>> print(f"step {step}: {node.name} sends {amount} on {kind}, it should be {due}")
    step 1: p sends 1.0 on too early, it should be 2.0
    """
    steps = list(steps)
    visits = Counter(step.node for step in steps)
    held: dict[Node, Any] = {}
    sent: dict[Node, Any] = {}
    for place, (node, upstream, _, downstream, total) in enumerate(steps):
        for parent, share, now in zip(node.parents, downstream, total, strict=True):
            due = held[parent] + share if parent in held else share
            if not np.allclose(now, due, equal_nan=True):
                return Fault(place, parent, "overwritten", now, due)
            held[parent] = now
        visits[node] -= 1
        once, sent[node] = node not in sent, sent.get(node, 0) + upstream
        if not visits[node] and not np.allclose(sent[node], truth[node], equal_nan=True):
            return Fault(
                place, node, "too early" if once else "sent again", sent[node], truth[node]
            )
    return None
