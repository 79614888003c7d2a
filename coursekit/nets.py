"""Networks: the arrays that are learned, and the graph that each forward pass makes of them.

A net never changes. It holds plain arrays; a forward pass makes leaf nodes of them, and a step of
training makes a new net from new arrays.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from coursekit.activations import Activation
from coursekit.graph import Node

__all__ = ["MLP", "Pass", "all_equal", "glorot", "he", "scaled"]

Init = Callable[[np.random.Generator, int, int], np.ndarray]


class Pass(NamedTuple):
    """A forward pass, layer by layer, as nodes.

    Attributes
    ----------
    net : MLP
        The net that was asked.
    parameters : tuple of Node
        What the net holds, in its order: $W_1, b_1, W_2, b_2, …$.
    z : tuple of Node of shape (n, k)
        Pre-activations of the hidden layers; ``z[0]`` is that of the first.
    a : tuple of Node of shape (n, k)
        Activations of the hidden layers.
    output : Node of shape (n, k)
        What the last layer says, without an activation: the logits of a classifier.
    """

    net: "MLP"
    parameters: tuple[Node, ...]
    z: tuple[Node, ...]
    a: tuple[Node, ...]
    output: Node


def scaled(gain: float) -> Init:
    r"""Draw weights from a normal distribution of variance $g^2 / d$, so that g = 1 keeps the size.

    Parameters
    ----------
    gain : float
        The $g$ in it. With a linear activation, each layer multiplies the signal by about $g$.

    Returns
    -------
    callable
        An ``init(rng, d, k)``, to be given to `MLP`.

    References
    ----------
    LeCun, Bottou, Orr & Müller (1998), Efficient BackProp.

    Examples
    --------
    >>> W = scaled(2.0)(np.random.default_rng(0), 100, 50)
    >>> W.shape, round(float(W.std()), 2)
    ((100, 50), 0.2)
    """

    def init(rng: np.random.Generator, d: int, k: int) -> np.ndarray:
        return rng.normal(0, gain / np.sqrt(d), (d, k))

    return init


def glorot(rng: np.random.Generator, d: int, k: int) -> np.ndarray:
    """Draw weights of variance 2/(d + k): between what the forward and the backward pass want.

    References
    ----------
    Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks. They draw from a uniform distribution; this normal one has the same variance.

    Examples
    --------
    >>> round(float(glorot(np.random.default_rng(0), 100, 100).std()), 2)
    0.1
    """
    return rng.normal(0, np.sqrt(2 / (d + k)), (d, k))


def he(rng: np.random.Generator, d: int, k: int) -> np.ndarray:
    """Draw weights of variance 2/d: the 2 makes up for the half that a ReLU stops.

    References
    ----------
    He, Zhang, Ren & Sun (2015), Delving deep into rectifiers.

    Examples
    --------
    >>> round(float(he(np.random.default_rng(0), 200, 100).std()), 2)
    0.1
    """
    return rng.normal(0, np.sqrt(2 / d), (d, k))


def all_equal(rng: np.random.Generator, d: int, k: int) -> np.ndarray:
    """Set every weight to 1/d, to see why nobody does: all units of a layer stay twins for ever.

    Examples
    --------
    >>> all_equal(np.random.default_rng(0), 4, 2).tolist()
    [[0.25, 0.25], [0.25, 0.25], [0.25, 0.25], [0.25, 0.25]]
    """
    return np.full((d, k), 1 / d)


class MLP:
    """A multilayer perceptron: every unit sees all units of the layer below.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden layers, outputs: ``[64, 100, 10]`` has one hidden layer of 100 units.
    activation : Activation
        What follows every hidden layer; any of ours that has one input, or your own.
    init : callable
        ``init(rng, d, k)`` draws the weights of a layer with d inputs and k outputs.
    seed : int
        The same seed draws the same weights.

    Attributes
    ----------
    parameters : tuple of ndarray
        Weights of shape (d, k) and biases of shape (k,), layer by layer: $W_1, b_1, W_2, b_2, …$.
        Biases start at 0.

    Examples
    --------
    >>> net = MLP([64, 100, 10], Tanh(), scaled(2.0))
    >>> net
    MLP(64-100-10, tanh, 7,510 parameters)
    >>> run = net(np.ones((5, 64)))
    >>> run.z[0].shape, run.output.shape
    ((5, 100), (5, 10))
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: Activation,
        init: Init = glorot,
        seed: int = 0,
    ) -> None:
        if not isinstance(activation, Activation):
            raise TypeError(
                f"an MLP's activation takes one input, such as ReLU(), and {activation!r} does not"
            )
        self.sizes, self.activation = tuple(sizes), activation
        rng, parameters = np.random.default_rng(seed), []
        for d, k in pairwise(self.sizes):
            weights = np.asarray(init(rng, d, k))
            if weights.shape != (d, k):
                raise ValueError(
                    f"init(rng, {d}, {k}) must return weights of shape ({d}, {k}), "
                    f"not {weights.shape}"
                )
            parameters += [weights, np.zeros(k)]
        self.parameters = tuple(Node(array).value for array in parameters)

    def with_parameters(self, arrays: Iterable[np.ndarray]) -> "MLP":
        """Make a net of the same build with other weights and biases."""
        net = copy(self)
        net.parameters = tuple(Node(array).value for array in arrays)
        return net

    def __call__(self, x: np.ndarray | Node) -> Pass:
        """Run forward on n examples, an array or a node of shape (n, d): a `Pass`."""
        parameters = [
            Node(array, f"{'Wb'[place % 2]}{place // 2 + 1}")
            for place, array in enumerate(self.parameters)
        ]
        *hidden, last = zip(parameters[::2], parameters[1::2], strict=True)
        a = x if isinstance(x, Node) else Node(x, "x")
        a_by_layer, z_by_layer = [], []
        for layer, (W, b) in enumerate(hidden, start=1):
            z = (a @ W + b).named(f"z{layer}")
            a = self.activation(z, name=f"a{layer}")
            z_by_layer.append(z)
            a_by_layer.append(a)
        W, b = last
        output = (a @ W + b).named("output")
        return Pass(self, tuple(parameters), tuple(z_by_layer), tuple(a_by_layer), output)

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.sizes))
        count = sum(array.size for array in self.parameters)
        return f"MLP({sizes}, {self.activation}, {count:,} parameters)"
