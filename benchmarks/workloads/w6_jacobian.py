"""W6: the Jacobian of tanh(Wx + b) in x, n = 512."""

import numpy as np
from clock import Workload
from engines import jax64, pytorch, question

from coursekit import Tanh

workload = Workload("Jacobian of tanh(Wx + b), n = 512")

rng = np.random.default_rng(0)
W, X, B = rng.normal(0, 0.05, (512, 512)), rng.normal(size=512), rng.normal(size=512)


@workload.side("coursekit")
def ours():
    jacobian, tanh = question("jacobian"), Tanh()
    return lambda: jacobian(lambda x: tanh(W @ x + B), X)


@workload.side("NumPy, closed form")
def closed_form():
    return lambda: (1 - np.tanh(W @ X + B) ** 2)[:, None] * W


@workload.side("PyTorch jacrev")
def torch_jacrev():
    torch = pytorch()
    w, x, b = torch.tensor(W), torch.tensor(X), torch.tensor(B)
    jacobian = torch.func.jacrev(lambda x: torch.tanh(w @ x + b))
    return lambda: jacobian(x)


@workload.side("HIPS autograd")
def hips_autograd():
    import autograd
    import autograd.numpy as anp

    jacobian = autograd.jacobian(lambda x: anp.tanh(anp.dot(W, x) + B))
    return lambda: jacobian(X)


@workload.side("JAX jit")
def jax_jit():
    jax = jax64()
    jacobian = jax.jit(jax.jacrev(lambda x: jax.numpy.tanh(W @ x + B)))
    x = jax.device_put(X)
    return lambda: jax.block_until_ready(jacobian(x))
