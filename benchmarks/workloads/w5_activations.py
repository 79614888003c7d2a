"""W5: seven activations and their slopes at a million points, float64."""

import numpy as np
from clock import Workload
from engines import pytorch

from coursekit import ELU, LeakyReLU, Maxout, PReLU, ReLU, Sigmoid, Tanh

workload = Workload("seven activations and slopes, 10⁶ points, float64", tolerance=1e-9)

Z = np.random.default_rng(0).normal(0, 3, 10**6)
PIECES = Z.reshape(-1, 2)  # of a maxout unit
HALF = np.ones(len(PIECES))


@workload.side("coursekit")
def ours():
    elementwise = Sigmoid(), Tanh(), ReLU(), LeakyReLU(0.01), PReLU(), ELU(1.0)

    def evaluate():
        results = []
        for activation in elementwise:
            if isinstance(activation, PReLU):
                a = activation.forward(Z, 0.25)
                results += [a, activation.local_gradients(a, Z, 0.25)[0]]
            else:
                results += activation.curve(Z)
        a = Maxout().forward(PIECES)
        return [*results, a, *Maxout().vjp(HALF, a, PIECES)]

    return evaluate


@workload.side("NumPy as in a textbook")
def textbook():
    return lambda: formulas(Z, PIECES)


def formulas(z, pieces):
    sigmoid, tanh = 1 / (1 + np.exp(-z)), np.tanh(z)
    elu = np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)
    largest = pieces.max(axis=1)
    return [
        *(sigmoid, sigmoid * (1 - sigmoid)),
        *(tanh, 1 - tanh**2),
        *(np.maximum(z, 0), np.where(z > 0, 1.0, 0.0)),
        *(np.where(z > 0, z, 0.01 * z), np.where(z > 0, 1.0, 0.01)),
        *(np.where(z > 0, z, 0.25 * z), np.where(z > 0, 1.0, 0.25)),
        *(elu, np.where(z > 0, 1.0, elu + 1)),
        *(largest, (pieces == largest[:, None]) * 1.0),
    ]


@workload.side("NumPy, in blocks that fit the cache")
def blocked():
    answers = [np.empty_like(each) for each in formulas(Z, PIECES)]
    block = 1 << 13

    def evaluate():
        for start in range(0, len(Z), block):
            half = slice(start // 2, (start + block) // 2)
            parts = formulas(Z[start : start + block], PIECES[half])
            for answer, part in zip(answers, parts, strict=True):
                where = slice(start, start + block) if len(answer) == len(Z) else half
                answer[where] = part
        return answers

    return evaluate


@workload.side("PyTorch eager")
def torch_eager():
    torch = pytorch()
    F = torch.nn.functional
    alpha = torch.tensor([0.25], dtype=torch.float64)
    elementwise = (
        torch.sigmoid,
        torch.tanh,
        torch.relu,
        lambda z: F.leaky_relu(z, 0.01),
        lambda z: F.prelu(z, alpha),
        F.elu,
    )
    z, pieces = torch.tensor(Z, requires_grad=True), torch.tensor(PIECES, requires_grad=True)
    ones, half = torch.ones_like(z), torch.tensor(HALF)

    def evaluate():
        results = []
        for activation in elementwise:
            a = activation(z)
            results += [a, *torch.autograd.grad(a, z, ones)]
        a = pieces.amax(dim=1)
        return [*results, a, *torch.autograd.grad(a, pieces, half)]

    return evaluate
