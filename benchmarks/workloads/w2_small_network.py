"""W2: an MLP 2-64-64-1 with tanh on a batch of 128, loss and gradients, float32."""

import numpy as np
from clock import Workload
from engines import jax64, pytorch, recorded, tiny

from coursekit import Node, Tanh, backprop, squared_error

workload = Workload("MLP 2-64-64-1, batch 128, tanh, float32", tolerance=1e-5)

rng = np.random.default_rng(0)
X = rng.normal(size=(128, 2)).astype(np.float32)
Y = rng.normal(size=(128, 1)).astype(np.float32)
SHAPES = [(2, 64), (64,), (64, 64), (64,), (64, 1), (1,)]
PARAMETERS = [rng.normal(0, 1 / 8, shape).astype(np.float32) for shape in SHAPES]


def loss_of(inputs, targets, parameters):
    W1, b1, W2, b2, W3, b3 = parameters
    tanh = Tanh()
    return squared_error(tanh(tanh(inputs @ W1 + b1) @ W2 + b2) @ W3 + b3, targets)


@workload.side("coursekit eager")
def ours():
    inputs, targets = Node(X), Node(Y)

    def step():
        parameters = [Node(p) for p in PARAMETERS]
        gradients = backprop(loss_of(inputs, targets, parameters), wrt=parameters)
        return [gradients[p] for p in parameters]

    return step


@workload.side("coursekit recorded")
def ours_recorded():
    parameters = [Node(p) for p in PARAMETERS]
    replay = recorded(loss_of(Node(X), Node(Y), parameters), parameters)
    return lambda: replay(*PARAMETERS)


@workload.side("NumPy by hand, into buffers")
def by_hand():
    W1, b1, W2, b2, W3, b3 = PARAMETERS
    a1, a2, to_a1, to_a2 = (np.empty((128, 64), np.float32) for _ in range(4))
    out = np.empty((128, 1), np.float32)
    to_W1, to_b1, to_W2, to_b2, to_W3, to_b3 = gradients = [np.empty_like(p) for p in PARAMETERS]

    def step():
        np.matmul(X, W1, out=a1)
        np.add(a1, b1, out=a1)
        np.tanh(a1, out=a1)
        np.matmul(a1, W2, out=a2)
        np.add(a2, b2, out=a2)
        np.tanh(a2, out=a2)
        np.matmul(a2, W3, out=out)
        np.add(out, b3, out=out)
        np.subtract(out, Y, out=out)
        np.multiply(out, np.float32(1 / 128), out=out)
        np.matmul(a2.T, out, out=to_W3)
        np.add.reduce(out, 0, out=to_b3)
        np.matmul(out, W3.T, out=to_a2)
        np.multiply(a2, a2, out=a2)
        np.subtract(1, a2, out=a2)
        np.multiply(to_a2, a2, out=to_a2)
        np.matmul(a1.T, to_a2, out=to_W2)
        np.add.reduce(to_a2, 0, out=to_b2)
        np.matmul(to_a2, W2.T, out=to_a1)
        np.multiply(a1, a1, out=a1)
        np.subtract(1, a1, out=a1)
        np.multiply(to_a1, a1, out=to_a1)
        np.matmul(X.T, to_a1, out=to_W1)
        np.add.reduce(to_a1, 0, out=to_b1)
        return gradients

    return step


@workload.side("PyTorch eager")
def torch_eager():
    torch = pytorch()
    x, y = torch.tensor(X), torch.tensor(Y)
    parameters = [torch.tensor(p, requires_grad=True) for p in PARAMETERS]

    def step():
        W1, b1, W2, b2, W3, b3 = parameters
        out = torch.addmm(b1, x, W1).tanh()
        out = torch.addmm(b3, torch.addmm(b2, out, W2).tanh(), W3)
        return torch.autograd.grad(torch.nn.functional.mse_loss(out, y) / 2, parameters)

    return step


@workload.side("HIPS autograd")
def hips_autograd():
    import autograd
    import autograd.numpy as anp

    def loss(parameters):
        W1, b1, W2, b2, W3, b3 = parameters
        out = anp.tanh(anp.tanh(X @ W1 + b1) @ W2 + b2) @ W3 + b3
        return anp.sum((out - Y) ** 2) / 256

    gradient = autograd.grad(loss)
    return lambda: gradient(PARAMETERS)


@workload.side("JAX jit")
def jax_jit():
    jax = jax64()

    def loss(parameters):
        W1, b1, W2, b2, W3, b3 = parameters
        out = jax.numpy.tanh(jax.numpy.tanh(X @ W1 + b1) @ W2 + b2) @ W3 + b3
        return ((out - Y) ** 2).sum() / 256

    gradient, parameters = jax.jit(jax.grad(loss)), jax.device_put(PARAMETERS)
    return lambda: jax.block_until_ready(gradient(parameters))


@workload.side("tinygrad jit")
def tinygrad_jit():
    Tensor, TinyJit = tiny().Tensor, tiny().TinyJit
    x, y = Tensor(X), Tensor(Y)
    parameters = [Tensor(p).realize() for p in PARAMETERS]

    @TinyJit
    def step():
        W1, b1, W2, b2, W3, b3 = parameters
        out = ((x @ W1 + b1).tanh() @ W2 + b2).tanh() @ W3 + b3
        gradients = (((out - y) ** 2).sum() / 256).gradient(*parameters)
        return [gradient.realize() for gradient in gradients]

    return step
