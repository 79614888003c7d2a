"""What a number may be here: real, float32 or float64, and never changed once a node holds it.

The sentences for what is refused stand here too, so that the engine reads without them.
"""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np

FLOATS = frozenset({np.dtype(np.float64), np.dtype(np.float32)})


def real(value: Any, holder: Any, verb: str = "holds") -> np.ndarray:
    """Turn a value into an array of floats, or say who was given something else."""
    if type(value) is np.ndarray and value.dtype in FLOATS:
        return value
    try:
        array = np.asarray(value)
    except ValueError:
        raise TypeError(f"{holder} {verb} real numbers, not rows of different lengths") from None
    except TypeError:  # from a node, which would lose its graph
        raise TypeError(f"{holder} {verb} real numbers, not a {value!r:.60}") from None
    if value is None:
        raise TypeError(f"{holder} {verb} real numbers, not None: does it lack a return?")
    if hasattr(value, "mask") and hasattr(value, "filled"):  # a masked array, without its import
        raise TypeError(f"{holder} {verb} real numbers, not masked ones: fill them in first")
    if array.dtype.kind not in "fiub":
        kind = {"U": "text", "c": "complex numbers"}.get(array.dtype.kind, type(value).__name__)
        told = f": {value!r}" if len(repr(value)) <= 60 else ""
        raise TypeError(f"{holder} {verb} real numbers, not {kind}{told}")
    return array if array.dtype in FLOATS else array.astype(np.float64)


def frozen(array: Any) -> Any:
    """Make an array read-only; without axes it becomes a NumPy number, which always is."""
    if type(array) is np.float64:
        return array
    array.setflags(False)  # that is, write=False, in half the time
    return array if array.ndim else array[()]


def copied(value: Any) -> Any:
    """Copy what a leaf is made of, so that nobody can change it afterwards."""
    if type(value) is float or type(value) is int:
        return np.float64(value)
    return frozen(np.array(real(value, "a node")))


def computed(value: Any, op: Any) -> Any:
    """Make sure of what an op's forward returned."""
    array = real(value, op, "must return")
    if array.base is not None and array.base.flags.writeable:
        array = array.copy()  # a view of what the op keeps for itself could change later
    return frozen(array)


def fitted(gradient: Any, node: Any, sender: Any) -> Any:
    """Bring a gradient to the shape and the precision of the node that it is for."""
    value = node.value
    if type(gradient) is np.float64 is type(value):
        return gradient
    gradient = real(gradient, sender, "must send back")
    if gradient.shape != value.shape:
        gradient = unbroadcast(gradient, node, sender)
    if gradient.dtype is not value.dtype:
        gradient = gradient.astype(value.dtype)
    elif gradient.base is not None and gradient.base.flags.writeable:
        gradient = gradient.copy()  # a view of what the op may write into at its next call
    return frozen(gradient)


def times(upstream: Any, local: Any, op: Any) -> Any:
    """Multiply what an elementwise op received by one of its local gradients."""
    if type(local) is float and local == 1:  # as each input of a sum has: it passes on what it gets
        return upstream
    try:
        share = upstream * local
    except (TypeError, ValueError):
        raise no_slope(local, upstream, op) from None
    if getattr(share, "shape", ()) != getattr(upstream, "shape", ()):
        raise no_slope(local, upstream, op)
    return share


def unbroadcast(gradient: Any, node: Any, sender: Any) -> Any:
    """Add up the gradients of the copies that broadcasting made of a node's value."""
    shape, repeated = node.shape, gradient.ndim - len(node.shape)
    if not shape:
        return np.add.reduce(gradient, axis=None)
    if repeated < 0 or any(
        size not in (1, wide) for size, wide in zip(shape, gradient.shape[repeated:], strict=True)
    ):
        raise ValueError(
            f"{sender} sends a gradient of shape {gradient.shape} back to {described(node)}"
        )
    stretched = [repeated + axis for axis, size in enumerate(shape) if size == 1]
    return np.add.reduce(gradient, axis=(*range(repeated), *stretched)).reshape(shape)


def first_upstream(output: Any, upstream: Any) -> Any:
    """Check the gradient that the walk starts from."""
    if not hasattr(output, "parents"):
        raise TypeError(f"backprop starts at a Node, not {type(output).__name__}")
    value = output.value
    if upstream is None:
        if value.size != 1:
            raise ValueError(
                f"backprop starts from a single number, but the output is {described(output)}: "
                "sum it first, or pass upstream="
            )
        return frozen(np.ones_like(value))
    upstream = np.array(real(upstream, "an upstream gradient"), value.dtype)
    if upstream.shape != value.shape:
        raise ValueError(
            f"upstream has the shape {upstream.shape}, but the output is {described(output)}"
        )
    return frozen(upstream)


# The sentences for what goes wrong


def text(name: Any) -> str:
    """Make sure of a name."""
    if not isinstance(name, str):
        raise TypeError(f"a node's name is text, not {name!r}")
    return name


def rows(node: Any) -> int:
    """Count the rows of a node, if it has any."""
    if not node.shape:
        raise TypeError(f"{described(node)} has no rows")
    return len(node.value)


def shown(node: Any) -> str:
    """Show a node in a line."""
    value = f"shape {node.shape}" if node.shape else str(node.value)
    name = f", {node.name!r}" if node.name else ""
    return f"Node({value}{name}{f', op={node.op}' if node.op else ''})"


def formatted(node: Any, spec: str) -> str:
    """Write a number in the way that was asked for, as in f"{node:.2f}"."""
    if not spec:
        return str(node)
    if node.shape:
        raise TypeError(
            f"{spec!r} writes a number, and {described(node)} is none: format parts of its .value"
        )
    return format(node.value, spec)


def undecided(node: Any, asked: str) -> TypeError:
    """Tell that Python cannot decide by a node."""
    return TypeError(
        f"{described(node)} {asked}: compare its .value, or use maximum, minimum or where"
    )


def unkept(node: Any) -> TypeError:
    """Tell that a node is not pickled, as a long graph could not be."""
    return TypeError(
        f"{described(node)} is not kept in a file: keep its .value, and make the graph again"
    )


def lost(node: Any, where: str) -> TypeError:
    """Tell that a node was given to something that knows values alone."""
    return TypeError(
        f"{described(node)} would lose its graph {where}: "
        "use coursekit's own functions, or its .value"
    )


def refused(op: Any, inputs: tuple, refusal: Exception) -> Exception:
    """Name the op, the nodes and their shapes, where NumPy's own words name none of them."""
    if isinstance(refusal, TypeError):
        try:
            signature(op.forward).bind(*inputs)
        except TypeError:
            wanted = len(signature(op.forward).parameters)
            return TypeError(f"{op} takes {counted(wanted, 'input')}, not {len(inputs)}")
    nodes = " and ".join(described(node) for node in inputs)
    kinds = (ValueError, IndexError, TypeError)
    kind = next(kind for kind in kinds if isinstance(refusal, kind))
    return kind(f"{op} cannot take {nodes}: {refusal}")


def no_slope(local: Any, upstream: Any, op: Any) -> Exception:
    """Tell what is wrong with a local gradient."""
    if local is None:
        return TypeError(f"{op} sent nothing back: does it lack a return?")
    real(local, op, "must send back")
    shapes = f"shape {np.shape(local)} for values of shape {np.shape(upstream)}"
    return ValueError(f"{op} has local gradients of {shapes}")


def unfit(sent: Any, node: Any) -> Exception:
    """Tell what is wrong with what the op of a node sent back to its parents."""
    if sent is None:
        return TypeError(f"{node.op} sent nothing back: does it lack a return?")
    if not isinstance(sent, (tuple, list)):
        kind = type(sent).__name__
        return TypeError(
            f"{node.op} must send back a tuple, one gradient for each input, not {kind}"
        )
    wanted = counted(len(node.parents), "input")
    return ValueError(f"{node.op} has {wanted}, but sends back {counted(len(sent), 'gradient')}")


def described(node: Any) -> str:
    """Say which node is meant."""
    name = node.name or (f"the result of {node.op}" if node.op else "a leaf without a name")
    return f"{name} of shape {node.shape}" if node.shape else f"{name} (a number)"


def counted(number: int, noun: str) -> str:
    """Write a number of things: 1 input, 2 inputs."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
