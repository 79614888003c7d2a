"""A second opinion on every op: the same function, written for HIPS autograd."""

from dataclasses import dataclass

import autograd.numpy as anp
import numpy as np

from coursekit import activations, graph, ops


@dataclass(frozen=True)
class Case:
    """An op, the same function for autograd, the shapes of its inputs and where they lie."""

    op: graph.Op
    oracle: object
    shapes: tuple = ((2, 3),)
    low: float = -2.0
    high: float = 2.0
    extreme: float = 1000.0

    def __str__(self):
        return f"{type(self.op).__name__}-{'-'.join(map(str, self.shapes))}"

    def inputs(self, seed=0, dtype=np.float64):
        rng = np.random.default_rng(seed)
        return [rng.uniform(self.low, self.high, shape).astype(dtype) for shape in self.shapes]


def log_softmax_at(labels):
    def loss(z):
        likely = anp.exp(z) / anp.sum(anp.exp(z), axis=1, keepdims=True)
        return -anp.mean(anp.log(likely[np.arange(len(labels)), labels]))

    return loss


TWO = ((2, 3), (3,))
LABELS = np.array([2, 0])
CASES = [
    Case(graph.Add(), lambda x, y: x + y, TWO),
    Case(graph.Subtract(), lambda x, y: x - y, TWO),
    Case(graph.Multiply(), lambda x, y: x * y, TWO),
    Case(graph.Divide(), lambda x, y: x / y, TWO, 0.5, 2.0),
    Case(graph.Negate(), lambda x: -x),
    Case(graph.Power(3), lambda x: x * x * x),
    Case(graph.Power(-1), lambda x: 1 / x, low=0.5),
    Case(graph.Power(0), lambda x: x * 0 + 1),
    Case(graph.Power(0.5), anp.sqrt, low=0.5),
    Case(graph.VariablePower(), lambda x, p: anp.exp(p * anp.log(x)), TWO, 0.5, 2.0, 50.0),
    Case(graph.Matmul(), anp.matmul, ((2, 3), (3, 4))),
    Case(graph.Matmul(), anp.matmul, ((3,), (3,))),
    Case(graph.Matmul(), anp.matmul, ((3,), (3, 4))),
    Case(graph.Matmul(), anp.matmul, ((2, 3), (3,))),
    Case(graph.Matmul(), anp.matmul, ((5, 2, 3), (3, 4))),
    Case(graph.Matmul(), anp.matmul, ((2, 3), (5, 3, 4))),
    Case(graph.Matmul(), anp.matmul, ((4, 1, 2, 3), (5, 3, 4))),
    Case(graph.Matmul(), anp.matmul, ((5, 2, 3), (3,))),
    Case(graph.Matmul(), anp.matmul, ((3,), (5, 3, 4))),
    Case(graph.Transpose(), anp.transpose),
    Case(graph.Transpose(), anp.transpose, ((2, 3, 4),)),
    Case(ops.Exp(), anp.exp),
    Case(ops.Log(), anp.log, low=0.5),
    Case(ops.Maximum(), lambda x, y: 0.5 * (x + y + anp.abs(x - y)), TWO),
    Case(ops.Sum(), lambda x: anp.dot(anp.ravel(x), np.ones(6))),
    Case(ops.Sum(axis=0), lambda x: anp.dot(np.ones(2), x)),
    Case(ops.Sum(axis=-1, keepdims=True), lambda x: anp.dot(x, np.ones((3, 1)))),
    Case(ops.Sum(axis=(0, 2)), lambda x: anp.einsum("ijk->j", x), ((2, 3, 4),)),
    Case(ops.Mean(), lambda x: anp.dot(anp.ravel(x), np.ones(6) / 6)),
    Case(ops.Mean(axis=1), lambda x: anp.dot(x, np.ones(3) / 3)),
    Case(ops.Mean(axis=0, keepdims=True), lambda x: anp.dot(np.ones((1, 2)) / 2, x)),
    Case(ops.CrossEntropy(LABELS), log_softmax_at(LABELS)),
    Case(activations.Sigmoid(), lambda z: 0.5 + 0.5 * anp.tanh(0.5 * z)),
    Case(activations.Tanh(), lambda z: 2 / (1 + anp.exp(-2 * z)) - 1),
    Case(activations.ReLU(), lambda z: 0.5 * (z + anp.abs(z))),
    Case(activations.LeakyReLU(), lambda z: 0.505 * z + 0.495 * anp.abs(z)),
    Case(activations.LeakyReLU(0.3), lambda z: 0.65 * z + 0.35 * anp.abs(z)),
    Case(activations.PReLU(), lambda z, α: anp.maximum(z, 0) + α * anp.minimum(z, 0), TWO),
    Case(activations.ELU(), lambda z: anp.maximum(z, 0) + anp.exp(anp.minimum(z, 0)) - 1),
    Case(activations.ELU(0.5), lambda z: anp.maximum(z, 0) + (anp.exp(anp.minimum(z, 0)) - 1) / 2),
    Case(activations.Maxout(), lambda z: anp.max(z, axis=-1)),
    Case(activations.Maxout(), lambda z: anp.max(z, axis=-1), ((2, 3, 4),)),
]
