"""Networks: the arrays that are learned, and the graph that each forward pass makes of them.

A `Neuron` is a weighted sum and an activation; a `Dense` layer, neurons side by side; an `MLP`,
layers one after the other. A net never changes. It holds plain arrays; a forward pass makes leaf
nodes of them, and a step of training makes a new net from new arrays.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from coursekit.activations import Activation, Maxout, PReLU
from coursekit.functions import reshape
from coursekit.graph import Node

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["MLP", "Dense", "Many", "Neuron", "Pass", "all_equal", "glorot", "he", "scaled"]

Init = Callable[[np.random.Generator, int, int], np.ndarray]
ALPHA = 0.25  # where PReLU begins, as in the paper


class Neuron(NamedTuple):
    r"""A weighted sum of the inputs, a bias and an activation: $a = f(x \cdot w + b)$.

    Attributes
    ----------
    w : Node of shape (d,)
    b : Node
        A number.
    activation : callable
        An activation such as ``ReLU()``, or any function of a node.

    References
    ----------
    Rosenblatt (1958), The perceptron: a probabilistic model for information storage and
    organization in the brain.

    Examples
    --------
    >>> neuron = Neuron(Node([2.0, -3.0]), Node(-3.0), Sigmoid())
    >>> fired = neuron([-1.0, -2.0])
    >>> print(f"{fired.value:.4f}", backprop(fired)[neuron.w].round(4))
    0.7311 [-0.1966 -0.3932]
    """

    w: Node
    b: Node
    activation: Callable[[Node], Node]

    def __call__(self, x: "Node | ArrayLike") -> Node:
        """Fire at one example of shape (d,), or at n of shape (n, d)."""
        return self.activation(x @ self.w + self.b)


class Dense(NamedTuple):
    r"""Neurons side by side, each of which sees every input: $z = xW + b$, $a = f(z)$.

    Attributes
    ----------
    W : Node of shape (d, k)
        One column a unit; with pieces, as many columns a unit, next to each other.
    b : Node of shape (k,)
    activation : callable, optional
        None makes a linear layer.
    learned : tuple of Node
        What the activation takes beside $z$: the $\alpha$ of PReLU.
    pieces : int
        How many sums each unit has; Maxout takes the largest of them.

    Examples
    --------
    >>> layer = Dense(Node(np.ones((2, 3))), Node([0.0, 1.0, -9.0]), ReLU())
    >>> layer([[1.0, 2.0]]).value
    array([[3., 4., 0.]])
    """

    W: Node
    b: Node
    activation: Callable[..., Node] | None = None
    learned: tuple[Node, ...] = ()
    pieces: int = 1

    def z(self, x: "Node | ArrayLike") -> Node:
        """Weigh and add: (n, k) pre-activations; (n, k, pieces) before Maxout."""
        z = x @ self.W + self.b
        if isinstance(self.activation, Maxout):
            return reshape(z, (*z.shape[:-1], -1, self.pieces))
        return z

    def a(self, z: Node) -> Node:
        """Apply the activation: (n, k)."""
        return z if self.activation is None else self.activation(z, *self.learned)

    def __call__(self, x: "Node | ArrayLike") -> Node:
        """Run n examples of shape (n, d) through the layer."""
        return self.a(self.z(x))


class Pass(NamedTuple):
    """A forward pass, layer by layer, as nodes.

    Attributes
    ----------
    net : MLP
        The net that was asked.
    parameters : tuple of Node
        What the net holds, in its order: $W_1, b_1, W_2, b_2, …$.
    z : tuple of Node of shape (n, k)
        Pre-activations of the hidden layers; ``z[0]`` is that of the first. Those of Maxout have
        the shape (n, k, pieces).
    a : tuple of Node of shape (n, k)
        Activations of the hidden layers.
    output : Node of shape (n, k)
        What the last layer says, without an activation: the logits of a classifier.

    Examples
    --------
    >>> run = MLP([2, 3, 1], ReLU())(np.ones((5, 2)))
    >>> [node.name for node in run.parameters]
    ['W1', 'b1', 'W2', 'b2']
    >>> run.a[0], run.output
    (Node(shape (5, 3), 'a1', op=ReLU), Node(shape (5, 1), 'output', op=+))
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
    r"""A multilayer perceptron: every unit sees all units of the layer below.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden layers, outputs: ``[64, 100, 10]`` has one hidden layer of 100 units.
    activation : Activation, PReLU or Maxout
        What follows every hidden layer; one of ours, or your own `Activation`.
    init : callable
        ``init(rng, d, k)`` draws the weights of a layer with d inputs and k outputs.
    seed : int
        The same seed draws the same weights.
    pieces : int
        For Maxout: how many sums each unit of a hidden layer has.

    Attributes
    ----------
    parameters : tuple of ndarray
        Weights of shape (d, k) and biases of shape (k,), layer by layer: $W_1, b_1, W_2, b_2, …$.
        Biases start at 0. With Maxout, hidden layers have `pieces` times the columns. With PReLU,
        one number for each hidden layer comes last, $\alpha_1, \alpha_2, …$, and starts at ¼.
    names : tuple of str
        What the parameters are called: W1, b1 and so on.
    count : int
        How many nets these are: 1, except in `Many`.

    Examples
    --------
    >>> net = MLP([64, 100, 10], Tanh(), scaled(2.0))
    >>> net
    MLP(64-100-10, tanh, 7,510 parameters)
    >>> run = net(np.ones((5, 64)))
    >>> run.z[0].shape, run.output.shape
    ((5, 100), (5, 10))
    >>> MLP([64, 100, 10], Maxout(), pieces=2)
    MLP(64-100-10, maxout, 14,010 parameters)
    """

    count = 1

    def __init__(
        self,
        sizes: Sequence[int],
        activation: Activation | PReLU | Maxout,
        init: Init = glorot,
        seed: int = 0,
        pieces: int = 2,
    ) -> None:
        if not isinstance(activation, (Activation, PReLU, Maxout)):
            raise TypeError(
                "an MLP's activation is one such as ReLU(), PReLU() or Maxout(), "
                f"not {activation!r}"
            )
        if len(sizes) < 2:
            raise ValueError(f"an MLP has at least its inputs and its outputs, not {list(sizes)}")
        self.sizes, self.activation = tuple(sizes), activation
        self.pieces = pieces if isinstance(activation, Maxout) else 1
        *hidden, last = pairwise(self.sizes)
        rng = np.random.default_rng(seed)
        arrays: list[np.ndarray] = []
        for d, k in hidden:
            arrays += drawn(init, rng, d, k, self.pieces)
        arrays += drawn(init, rng, *last)
        names = [f"{letter}{layer}" for layer in range(1, len(sizes)) for letter in "Wb"]
        if isinstance(activation, PReLU):
            arrays += [np.array(ALPHA, arrays[0].dtype)] * len(hidden)
            names += [f"α{layer}" for layer in range(1, len(sizes) - 1)]
        self.names = tuple(names)
        self.parameters = tuple(Node(array).value for array in arrays)

    def with_parameters(self, arrays: Iterable[np.ndarray]) -> "MLP":
        """Make a net of the same build with other weights and biases."""
        net = copy(self)
        net.parameters = tuple(Node(array).value for array in arrays)
        if len(net.parameters) != len(self.names):
            raise ValueError(f"the net has {len(self.names)} parameters, not {len(net.parameters)}")
        for name, mine, given in zip(self.names, self.parameters, net.parameters, strict=True):
            if given.shape != mine.shape:
                raise ValueError(f"{name} has the shape {mine.shape}, not {given.shape}")
        return net

    def one(self, place: int) -> "MLP":
        """Take one of the nets that these are, counted from 0: of an MLP the net itself."""
        return self

    def layers(self, parameters: tuple[Node, ...]) -> list[Dense]:
        """Make layers of nodes that hold the net's parameters; the last layer is linear."""
        depth = len(self.sizes) - 1
        *hidden, last = zip(parameters[: 2 * depth : 2], parameters[1 : 2 * depth : 2], strict=True)
        alphas = parameters[2 * depth :]
        return [
            *(
                Dense(W, b, self.activation, alphas[layer : layer + 1], self.pieces)
                for layer, (W, b) in enumerate(hidden)
            ),
            Dense(*last),
        ]

    def __call__(self, x: "Node | ArrayLike") -> Pass:
        """Run forward on n examples, an array or a node of shape (n, d): a `Pass`."""
        parameters = tuple(map(Node, self.parameters, self.names))
        *hidden, last = self.layers(parameters)
        a = x if isinstance(x, Node) else Node(x, "x")
        a_by_layer, z_by_layer = [], []
        for number, layer in enumerate(hidden, start=1):
            z = layer.z(a).named(f"z{number}")
            a = layer.a(z).named(f"a{number}")
            z_by_layer.append(z)
            a_by_layer.append(a)
        output = last(a).named("output")
        return Pass(self, parameters, tuple(z_by_layer), tuple(a_by_layer), output)

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.sizes))
        count = sum(array.size for array in self.parameters)
        return f"MLP({sizes}, {self.activation}, {count:,} parameters)"


def drawn(init: Init, rng: np.random.Generator, d: int, k: int, pieces: int = 1) -> tuple:
    """Draw a layer's weights, piece by piece; the pieces of a unit stand next to each other."""
    if pieces < 1:
        raise ValueError(f"a unit has at least one piece, not {pieces}")
    weights = [np.asarray(init(rng, d, k)) for _ in range(pieces)]
    for piece in weights:
        if piece.shape != (d, k):
            raise ValueError(
                f"init(rng, {d}, {k}) must return weights of shape ({d}, {k}), not {piece.shape}"
            )
    side_by_side = np.stack(weights, axis=-1).reshape(d, k * pieces)
    return side_by_side, np.zeros(k * pieces, side_by_side.dtype)


class Many(MLP):
    """Nets of one build on a leading axis, which run and train all at once.

    Parameters
    ----------
    nets : sequence of MLP
        They may differ in their parameters alone.

    Notes
    -----
    Its pass has ``z``, ``a`` and ``output`` of shape (m, n, k), one slice for each of the m nets.
    As no net touches the numbers of another, the gradient of the sum of their losses holds each
    net's own.

    Examples
    --------
    >>> many = Many([MLP([2, 16, 16, 1], Tanh(), seed=seed) for seed in range(64)])
    >>> many
    64 × MLP(2-16-16-1, tanh, 337 parameters)
    >>> many(np.ones((5, 2))).output.shape
    (64, 5, 1)
    """

    first: MLP

    def __init__(self, nets: Sequence[MLP]) -> None:
        if not nets:
            raise ValueError("many nets are at least one")
        if any(isinstance(net, Many) or build(net) != build(nets[0]) for net in nets):
            raise ValueError("many nets at once must be MLPs of the same sizes and activation")
        vars(self).update(vars(nets[0]), first=nets[0], count=len(nets))
        # What has fewer axes than weights gets them at length 1, to broadcast over the examples.
        self.parameters = tuple(
            Node([np.atleast_2d(array) for array in arrays]).value
            for arrays in zip(*(net.parameters for net in nets), strict=True)
        )

    def one(self, place: int) -> MLP:
        """Take one of the nets, counted from 0.

        Examples
        --------
        >>> Many([MLP([2, 3, 1], Tanh(), seed=seed) for seed in range(2)]).one(0)
        MLP(2-3-1, tanh, 13 parameters)
        """
        return self.first.with_parameters(
            many[place].reshape(one.shape)
            for many, one in zip(self.parameters, self.first.parameters, strict=True)
        )

    def each(self) -> list[MLP]:
        """List the nets one by one.

        Examples
        --------
        >>> Many([MLP([2, 3, 1], Tanh(), seed=seed) for seed in range(2)]).each()
        [MLP(2-3-1, tanh, 13 parameters), MLP(2-3-1, tanh, 13 parameters)]
        """
        return [self.one(place) for place in range(self.count)]

    def __repr__(self) -> str:
        return f"{self.count} × {self.first}"


def build(net: MLP) -> tuple:
    """Tell what nets have in common that differ in their parameters alone."""
    return net.sizes, net.pieces, type(net.activation), vars(net.activation)
