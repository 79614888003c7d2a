"""W6, third part: an upstream gradient times the Jacobian of tanh(Wx + b), n = 4096."""

import numpy as np
from clock import Workload
from engines import jax64, pytorch, question

from coursekit import Node, Tanh

workload = Workload("vjp of tanh(Wx + b), n = 4096")

rng = np.random.default_rng(0)
W, X, B = rng.normal(0, 0.02, (4096, 4096)), rng.normal(size=4096), rng.normal(size=4096)
UPSTREAM = rng.normal(size=4096)


@workload.side("coursekit")
def ours():
    vjp, tanh, w, b = question("vjp"), Tanh(), Node(W), Node(B)
    return lambda: vjp(lambda x: tanh(w @ x + b), X, upstream=UPSTREAM)


@workload.side("NumPy by hand")
def by_hand():
    return lambda: ((1 - np.tanh(W @ X + B) ** 2) * UPSTREAM) @ W


@workload.side("PyTorch vjp")
def torch_vjp():
    torch = pytorch()
    w, x, b, upstream = (torch.tensor(each) for each in (W, X, B, UPSTREAM))

    def send():
        _, back = torch.func.vjp(lambda x: torch.tanh(w @ x + b), x)
        return back(upstream)

    return send


@workload.side("JAX jit")
def jax_jit():
    jax = jax64()
    w, x, b, upstream = (jax.device_put(each) for each in (W, X, B, UPSTREAM))

    @jax.jit
    def send(w, x, b, upstream):
        _, back = jax.vjp(lambda x: jax.numpy.tanh(w @ x + b), x)
        return back(upstream)

    return lambda: jax.block_until_ready(send(w, x, b, upstream))
