"""W4: a chain of 1,000 ops on 16 doubles, tanh and × 1.01 in turn, and its gradient."""

import numpy as np
from clock import Workload
from engines import jax64, pytorch, recorded

from coursekit import Node, Tanh, backprop

workload = Workload("chain of 1,000 ops on 16 doubles")

X = np.linspace(-1, 1, 16)
ONES = np.ones(16)


def chain(x):
    tanh = Tanh()
    for _ in range(500):
        x = tanh(x) * 1.01
    return x


@workload.side("coursekit eager")
def ours():
    def step():
        x = Node(X)
        return backprop(chain(x), ONES, wrt=x)[x]

    return step


@workload.side("coursekit recorded")
def ours_recorded():
    x = Node(X)
    replay = recorded(chain(x), [x], ONES)
    return lambda: replay(X)


@workload.side("NumPy by hand, into buffers")
def by_hand():
    activations, to_x, slope = np.empty((500, 16)), np.empty(16), np.empty(16)
    rows, x = list(activations), np.empty(16)

    def step():
        np.copyto(x, X)
        for a in rows:
            np.tanh(x, out=a)
            np.multiply(a, 1.01, out=x)
        to_x.fill(1)
        for a in reversed(rows):
            np.multiply(to_x, 1.01, out=to_x)
            np.multiply(a, a, out=slope)
            np.subtract(1, slope, out=slope)
            np.multiply(to_x, slope, out=to_x)
        return to_x

    return step


@workload.side("PyTorch eager")
def torch_eager():
    torch = pytorch()
    start, ones = torch.tensor(X, requires_grad=True), torch.tensor(ONES)

    def step():
        x = start
        for _ in range(500):
            x = torch.tanh(x) * 1.01
        return torch.autograd.grad(x, start, ones)

    return step


@workload.side("HIPS autograd")
def hips_autograd():
    import autograd
    import autograd.numpy as anp

    def total(x):
        for _ in range(500):
            x = anp.tanh(x) * 1.01
        return anp.sum(x)

    gradient = autograd.grad(total)
    return lambda: gradient(X)


@workload.side("JAX jit")
def jax_jit():
    jax = jax64()

    def total(x):
        def once(x, _):
            return jax.numpy.tanh(x) * 1.01, None

        return jax.lax.scan(once, x, length=500)[0].sum()

    gradient, x = jax.jit(jax.grad(total)), jax.device_put(X)
    return lambda: jax.block_until_ready(gradient(x))
