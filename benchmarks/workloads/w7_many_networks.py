"""W7: 64 networks 2-16-16-1 at once, 200 epochs of gradient descent on 100 points."""

import numpy as np
from clock import Workload
from engines import jax64, pytorch, recorded

from coursekit import Node, Tanh, backprop, squared_error

workload = Workload("64 nets 2-16-16-1, 200 epochs at once", tolerance=1e-6)

rng = np.random.default_rng(0)
X, Y = rng.uniform(-1, 1, (100, 2)), rng.choice([-1.0, 1.0], (100, 1))
TARGETS = np.broadcast_to(Y, (64, 100, 1))
SHAPES = [(64, 2, 16), (64, 1, 16), (64, 16, 16), (64, 1, 16), (64, 16, 1), (64, 1, 1)]
START = [rng.normal(0, 0.5, shape) for shape in SHAPES]
EPOCHS, RATE = 200, 0.1


def loss_of(inputs, targets, parameters):
    """Half of the squared distance for each net: the mean over its points, the sum over nets."""
    W1, b1, W2, b2, W3, b3 = parameters
    tanh = Tanh()
    outputs = tanh(tanh(inputs @ W1 + b1) @ W2 + b2) @ W3 + b3
    return squared_error(outputs, targets) * (64 / 100)


@workload.side("coursekit eager")
def ours():
    inputs, targets = Node(X), Node(TARGETS)

    def train():
        parameters = START
        for _ in range(EPOCHS):
            leaves = [Node(p) for p in parameters]
            gradients = backprop(loss_of(inputs, targets, leaves), wrt=leaves)
            parameters = [leaf.value - RATE * gradients[leaf] for leaf in leaves]
        return parameters

    return train


@workload.side("coursekit recorded")
def ours_recorded():
    leaves = [Node(p) for p in START]
    replay = recorded(loss_of(Node(X), Node(TARGETS), leaves), leaves)

    def train():
        parameters = START
        for _ in range(EPOCHS):
            gradients = replay(*parameters)
            parameters = [p - RATE * g for p, g in zip(parameters, gradients, strict=True)]
        return parameters

    return train


@workload.side("NumPy by hand")
def by_hand():
    def turned(array):
        return array.swapaxes(1, 2)

    def train():
        parameters = START
        for _ in range(EPOCHS):
            W1, b1, W2, b2, W3, b3 = parameters
            a1 = np.tanh(X @ W1 + b1)
            a2 = np.tanh(a1 @ W2 + b2)
            to_out = (a2 @ W3 + b3 - Y) / 100
            to_z2 = (to_out @ turned(W3)) * (1 - a2 * a2)
            to_z1 = (to_z2 @ turned(W2)) * (1 - a1 * a1)
            gradients = [
                *(X.T @ to_z1, to_z1.sum(1, keepdims=True)),
                *(turned(a1) @ to_z2, to_z2.sum(1, keepdims=True)),
                *(turned(a2) @ to_out, to_out.sum(1, keepdims=True)),
            ]
            parameters = [p - RATE * g for p, g in zip(parameters, gradients, strict=True)]
        return parameters

    return train


@workload.side("PyTorch eager")
def torch_eager():
    torch = pytorch()
    x, y = torch.tensor(X).expand(64, 100, 2), torch.tensor(Y)

    def train():
        parameters = [torch.tensor(p, requires_grad=True) for p in START]
        for _ in range(EPOCHS):
            W1, b1, W2, b2, W3, b3 = parameters
            out = torch.baddbmm(b1, x, W1).tanh()
            out = torch.baddbmm(b3, torch.baddbmm(b2, out, W2).tanh(), W3)
            gradients = torch.autograd.grad(((out - y) ** 2).sum() / 200, parameters)
            with torch.no_grad():
                for p, g in zip(parameters, gradients, strict=True):
                    p -= RATE * g
        return parameters

    return train


@workload.side("JAX jit, vmap and scan")
def jax_scan():
    jax = jax64()

    def loss(parameters):
        W1, b1, W2, b2, W3, b3 = parameters
        out = jax.numpy.tanh(jax.numpy.tanh(X @ W1 + b1) @ W2 + b2) @ W3 + b3
        return ((out - Y) ** 2).sum() / 200

    @jax.jit
    @jax.vmap
    def train(parameters):
        def epoch(parameters, _):
            gradients = jax.grad(loss)(parameters)
            return [p - RATE * g for p, g in zip(parameters, gradients, strict=True)], None

        return jax.lax.scan(epoch, parameters, length=EPOCHS)[0]

    start = jax.device_put(START)
    return lambda: jax.block_until_ready(train(start))
