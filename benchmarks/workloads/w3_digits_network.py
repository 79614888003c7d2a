"""W3: an MLP 784-256-128-10 with ReLU on a batch of 128, cross-entropy and gradients, float32."""

import numpy as np
from clock import Workload
from engines import jax64, pytorch, recorded, tiny

from coursekit import Node, ReLU, backprop, cross_entropy

workload = Workload("MLP 784-256-128-10, batch 128, cross-entropy, float32", tolerance=1e-5)

rng = np.random.default_rng(0)
X = rng.uniform(0, 1, (128, 784)).astype(np.float32)
LABELS = rng.integers(0, 10, 128)
SHAPES = [(784, 256), (256,), (256, 128), (128,), (128, 10), (10,)]
PARAMETERS = [rng.normal(0, 0.05, shape).astype(np.float32) for shape in SHAPES]


def loss_of(inputs, parameters):
    W1, b1, W2, b2, W3, b3 = parameters
    relu = ReLU()
    return cross_entropy(relu(relu(inputs @ W1 + b1) @ W2 + b2) @ W3 + b3, LABELS)


@workload.side("coursekit eager")
def ours():
    inputs = Node(X)

    def step():
        parameters = [Node(p) for p in PARAMETERS]
        gradients = backprop(loss_of(inputs, parameters), wrt=parameters)
        return [gradients[p] for p in parameters]

    return step


@workload.side("coursekit recorded")
def ours_recorded():
    parameters = [Node(p) for p in PARAMETERS]
    replay = recorded(loss_of(Node(X), parameters), parameters)
    return lambda: replay(*PARAMETERS)


@workload.side("NumPy by hand, into buffers")
def by_hand():
    W1, b1, W2, b2, W3, b3 = PARAMETERS
    a1, to_a1 = (np.empty((128, 256), np.float32) for _ in range(2))
    a2, to_a2 = (np.empty((128, 128), np.float32) for _ in range(2))
    out, each = np.empty((128, 10), np.float32), np.arange(128)
    to_W1, to_b1, to_W2, to_b2, to_W3, to_b3 = gradients = [np.empty_like(p) for p in PARAMETERS]

    def step():
        np.matmul(X, W1, out=a1)
        np.add(a1, b1, out=a1)
        np.maximum(a1, 0, out=a1)
        np.matmul(a1, W2, out=a2)
        np.add(a2, b2, out=a2)
        np.maximum(a2, 0, out=a2)
        np.matmul(a2, W3, out=out)
        np.add(out, b3, out=out)
        np.subtract(out, out.max(1, keepdims=True), out=out)
        np.exp(out, out=out)
        np.divide(out, out.sum(1, keepdims=True), out=out)
        out[each, LABELS] -= 1
        np.multiply(out, np.float32(1 / 128), out=out)
        np.matmul(a2.T, out, out=to_W3)
        np.add.reduce(out, 0, out=to_b3)
        np.matmul(out, W3.T, out=to_a2)
        np.multiply(to_a2, a2 > 0, out=to_a2)
        np.matmul(a1.T, to_a2, out=to_W2)
        np.add.reduce(to_a2, 0, out=to_b2)
        np.matmul(to_a2, W2.T, out=to_a1)
        np.multiply(to_a1, a1 > 0, out=to_a1)
        np.matmul(X.T, to_a1, out=to_W1)
        np.add.reduce(to_a1, 0, out=to_b1)
        return gradients

    return step


@workload.side("PyTorch eager")
def torch_eager():
    torch = pytorch()
    x, labels = torch.tensor(X), torch.tensor(LABELS)
    parameters = [torch.tensor(p, requires_grad=True) for p in PARAMETERS]

    def step():
        W1, b1, W2, b2, W3, b3 = parameters
        out = torch.addmm(b2, torch.addmm(b1, x, W1).relu(), W2).relu()
        loss = torch.nn.functional.cross_entropy(torch.addmm(b3, out, W3), labels)
        return torch.autograd.grad(loss, parameters)

    return step


@workload.side("HIPS autograd")
def hips_autograd():
    import autograd
    import autograd.numpy as anp
    from autograd.scipy.special import logsumexp

    each = np.arange(128)

    def loss(parameters):
        W1, b1, W2, b2, W3, b3 = parameters
        out = anp.maximum(anp.maximum(X @ W1 + b1, 0) @ W2 + b2, 0) @ W3 + b3
        return anp.mean(logsumexp(out, axis=1) - out[each, LABELS])

    gradient = autograd.grad(loss)
    return lambda: gradient(PARAMETERS)


@workload.side("JAX jit")
def jax_jit():
    jax = jax64()

    def loss(parameters):
        W1, b1, W2, b2, W3, b3 = parameters
        out = jax.nn.relu(jax.nn.relu(X @ W1 + b1) @ W2 + b2) @ W3 + b3
        return -jax.nn.log_softmax(out)[jax.numpy.arange(128), LABELS].mean()

    gradient, parameters = jax.jit(jax.grad(loss)), jax.device_put(PARAMETERS)
    return lambda: jax.block_until_ready(gradient(parameters))


@workload.side("tinygrad jit")
def tinygrad_jit():
    Tensor, TinyJit = tiny().Tensor, tiny().TinyJit
    x, labels = Tensor(X), Tensor(LABELS)
    parameters = [Tensor(p).realize() for p in PARAMETERS]

    @TinyJit
    def step():
        W1, b1, W2, b2, W3, b3 = parameters
        out = ((x @ W1 + b1).relu() @ W2 + b2).relu() @ W3 + b3
        gradients = out.sparse_categorical_crossentropy(labels).gradient(*parameters)
        return [gradient.realize() for gradient in gradients]

    return step
