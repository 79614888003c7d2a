"""W6, second part: the Jacobian of an elementwise function, n = 512, which is diagonal."""

import numpy as np
from clock import Workload
from engines import jax64, pytorch, question

from coursekit import Tanh

workload = Workload("Jacobian of tanh, n = 512, kept as it is", tolerance=1e-8)

X = np.random.default_rng(0).normal(size=512)


@workload.side("coursekit")
def ours():
    jacobian, tanh = question("jacobian"), Tanh()
    return lambda: jacobian(tanh, X).numbers  # its diagonal, which is all that it keeps


@workload.side("NumPy, closed form")
def closed_form():
    return lambda: 1 - np.tanh(X) ** 2


@workload.side("PyTorch jacrev")
def torch_jacrev():
    torch = pytorch()
    jacobian, x = torch.func.jacrev(torch.tanh), torch.tensor(X)
    return lambda: jacobian(x).diagonal()


@workload.side("JAX jit")
def jax_jit():
    jax = jax64()
    jacobian, x = jax.jit(jax.jacrev(jax.numpy.tanh)), jax.device_put(X)
    return lambda: jax.block_until_ready(jacobian(x)).diagonal()
