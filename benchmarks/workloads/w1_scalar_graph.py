"""W1: an MLP 2-16-16-1 with ReLU on 100 points, one step, as a graph of single numbers."""

import numpy as np
from clock import Workload
from engines import jax64, pytorch, recorded, tiny

from coursekit import Node, ReLU, backprop, squared_error

workload = Workload("MLP 2-16-16-1 on 100 points, one step, as a graph of scalars")

rng = np.random.default_rng(0)
X, Y = rng.uniform(-1, 1, (100, 2)), rng.choice([-1.0, 1.0], 100)
SHAPES = [(2, 16), (16,), (16, 16), (16,), (16, 1), (1,)]
PARAMETERS = [rng.uniform(-1, 1, shape) for shape in SHAPES]


def network(relu, inputs, parameters):
    """Write out every product and every sum, for whatever has + and ×."""
    values = inputs
    for layer in range(3):
        W, b = parameters[2 * layer : 2 * layer + 2]
        sums = [
            sum((value * row[k] for value, row in zip(values, W, strict=True)), b[k])
            for k in range(len(b))
        ]
        values = [relu(z) for z in sums] if layer < 2 else sums
    return values[0]


def each_number(make, array):
    return [each_number(make, part) if part.ndim else make(float(part)) for part in array]


def flat(nested):
    return [leaf for part in nested for leaf in (flat(part) if type(part) is list else [part])]


@workload.side("coursekit eager, one number a node")
def ours():
    relu = ReLU()

    def step():
        parameters = [each_number(Node, p) for p in PARAMETERS]
        loss = 0.0
        for x, y in zip(X.tolist(), Y.tolist(), strict=True):
            difference = network(relu, x, parameters) - y
            loss = loss + difference * difference
        leaves = flat(parameters)
        gradients = backprop(loss * (1 / 200), wrt=leaves)
        return [gradients[leaf] for leaf in leaves]

    return step


@workload.side("micrograd")
def micrograd():
    from micrograd.engine import Value

    def step():
        parameters = [each_number(Value, p) for p in PARAMETERS]
        loss = 0.0
        for x, y in zip(X.tolist(), Y.tolist(), strict=True):
            difference = network(Value.relu, x, parameters) - y
            loss = loss + difference * difference
        (loss * (1 / 200)).backward()
        return [leaf.grad for leaf in flat(parameters)]

    return step


def all_points(parameters):
    """Make the same graph, in which each node holds all 100 points."""
    outputs = network(ReLU(), list(X.T), parameters)
    return squared_error(outputs, Y)


@workload.side("coursekit eager, 100 points a node")
def ours_all_points():
    def step():
        parameters = [each_number(Node, p) for p in PARAMETERS]
        leaves = flat(parameters)
        gradients = backprop(all_points(parameters), wrt=leaves)
        return [gradients[leaf] for leaf in leaves]

    return step


@workload.side("coursekit recorded, 100 points a node")
def ours_recorded():
    parameters = [each_number(Node, p) for p in PARAMETERS]
    replay = recorded(all_points(parameters), flat(parameters))
    values = [leaf.value for leaf in flat(parameters)]
    return lambda: replay(*values)


@workload.side("NumPy by hand, matrices")
def by_hand():
    def step():
        W1, b1, W2, b2, W3, b3 = PARAMETERS
        a1 = np.maximum(X @ W1 + b1, 0)
        a2 = np.maximum(a1 @ W2 + b2, 0)
        to_out = ((a2 @ W3 + b3) - Y[:, None]) / 100
        to_z2 = (to_out @ W3.T) * (a2 > 0)
        to_z1 = (to_z2 @ W2.T) * (a1 > 0)
        return [
            *(X.T @ to_z1, to_z1.sum(0)),
            *(a1.T @ to_z2, to_z2.sum(0)),
            *(a2.T @ to_out, to_out.sum(0)),
        ]

    return step


@workload.side("PyTorch eager, matrices")
def torch_eager():
    torch = pytorch()
    x, y = torch.tensor(X), torch.tensor(Y)[:, None]
    parameters = [torch.tensor(p, requires_grad=True) for p in PARAMETERS]

    def step():
        W1, b1, W2, b2, W3, b3 = parameters
        out = torch.relu(torch.relu(x @ W1 + b1) @ W2 + b2) @ W3 + b3
        return torch.autograd.grad(((out - y) ** 2).sum() / 200, parameters)

    return step


@workload.side("JAX jit, matrices")
def jax_jit():
    jax = jax64()

    def loss(parameters):
        W1, b1, W2, b2, W3, b3 = parameters
        out = jax.nn.relu(jax.nn.relu(X @ W1 + b1) @ W2 + b2) @ W3 + b3
        return ((out - Y[:, None]) ** 2).sum() / 200

    gradient, parameters = jax.jit(jax.grad(loss)), jax.device_put(PARAMETERS)
    return lambda: jax.block_until_ready(gradient(parameters))


@workload.side("tinygrad jit, matrices")
def tinygrad_jit():
    Tensor, TinyJit = tiny().Tensor, tiny().TinyJit
    x, y = Tensor(X), Tensor(Y[:, None])
    parameters = [Tensor(p).realize() for p in PARAMETERS]

    @TinyJit
    def step():
        W1, b1, W2, b2, W3, b3 = parameters
        out = ((x @ W1 + b1).relu() @ W2 + b2).relu() @ W3 + b3
        gradients = (((out - y) ** 2).sum() / 200).gradient(*parameters)
        return [gradient.realize() for gradient in gradients]

    return step
