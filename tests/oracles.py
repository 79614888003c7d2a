"""A second opinion on every op: the same function, written for HIPS autograd."""

from dataclasses import dataclass

import autograd.numpy as anp
import numpy as np

from coursekit import activations, ops


@dataclass(frozen=True)
class Case:
    """An op, the same function for autograd, the shapes of its inputs and where they lie."""

    op: ops.Op
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


def log_softmax_at(z, shares):
    likely = anp.exp(z) / anp.sum(anp.exp(z), axis=-1, keepdims=True)
    return -anp.mean(anp.sum(shares * anp.log(likely), axis=-1), axis=-1)


def log_sigmoid_at(z, labels):
    return anp.mean(anp.log(1 + anp.exp(z)) - labels * z, axis=(-1, -2))


def half_square_at(outputs, targets):
    return anp.mean(anp.sum((outputs - targets) ** 2, axis=-1), axis=-1) / 2


def exp_sum(x, axis):
    return anp.sum(anp.exp(x), axis=axis, keepdims=True)


TWO = ((2, 3), (3,))
CUBE = ((2, 3, 4),)
NETS = ((4, 2, 3), (2, 3))
MASK = np.array([[True, False, True], [False, False, True]])
CASES = [
    Case(ops.Add(), lambda x, y: x + y, TWO),
    Case(ops.Subtract(), lambda x, y: x - y, TWO),
    Case(ops.Multiply(), lambda x, y: x * y, TWO),
    Case(ops.Divide(), lambda x, y: x / y, TWO, 0.5, 2.0),
    Case(ops.Negate(), lambda x: -x),
    Case(ops.Power(3), lambda x: x * x * x),
    Case(ops.Power(-1), lambda x: 1 / x, low=0.5),
    Case(ops.Power(0), lambda x: x * 0 + 1),
    Case(ops.Power(0.5), anp.sqrt, low=0.5),
    Case(ops.VariablePower(), lambda x, p: anp.exp(p * anp.log(x)), TWO, 0.5, 2.0, 50.0),
    Case(ops.Matmul(), anp.matmul, ((2, 3), (3, 4))),
    Case(ops.Matmul(), anp.matmul, ((3,), (3,))),
    Case(ops.Matmul(), anp.matmul, ((3,), (3, 4))),
    Case(ops.Matmul(), anp.matmul, ((2, 3), (3,))),
    Case(ops.Matmul(), anp.matmul, ((5, 2, 3), (3, 4))),
    Case(ops.Matmul(), anp.matmul, ((2, 3), (5, 3, 4))),
    Case(ops.Matmul(), anp.matmul, ((4, 1, 2, 3), (5, 3, 4))),
    Case(ops.Matmul(), anp.matmul, ((5, 2, 3), (3,))),
    Case(ops.Matmul(), anp.matmul, ((3,), (5, 3, 4))),
    Case(ops.Transpose(), anp.transpose),
    Case(ops.Transpose(), anp.transpose, ((2, 3, 4),)),
    Case(ops.Exp(), anp.exp),
    Case(ops.Log(), anp.log, low=0.5),
    Case(ops.Maximum(), lambda x, y: 0.5 * (x + y + anp.abs(x - y)), TWO),
    Case(ops.Sqrt(), lambda x: x**0.5, low=0.5),
    Case(ops.Absolute(), lambda x: anp.maximum(x, -x)),
    Case(ops.Sin(), lambda x: anp.cos(x - np.pi / 2)),
    Case(ops.Cos(), lambda x: anp.sin(x + np.pi / 2)),
    Case(ops.Minimum(), lambda x, y: 0.5 * (x + y - anp.abs(x - y)), TWO),
    Case(ops.Clip(-1.0, 0.5), lambda x: anp.maximum(anp.minimum(x, 0.5), -1.0)),
    Case(ops.Where(MASK), lambda x, y: MASK * x + ~MASK * y, TWO),
    Case(ops.Sum(), lambda x: anp.dot(anp.ravel(x), np.ones(6))),
    Case(ops.Sum(axis=0), lambda x: anp.dot(np.ones(2), x)),
    Case(ops.Sum(axis=-1, keepdims=True), lambda x: anp.dot(x, np.ones((3, 1)))),
    Case(ops.Sum(axis=(0, 2)), lambda x: anp.einsum("ijk->j", x), ((2, 3, 4),)),
    Case(ops.Mean(), lambda x: anp.dot(anp.ravel(x), np.ones(6) / 6)),
    Case(ops.Mean(axis=1), lambda x: anp.dot(x, np.ones(3) / 3)),
    Case(ops.Mean(axis=0, keepdims=True), lambda x: anp.dot(np.ones((1, 2)) / 2, x)),
    Case(ops.Max(), lambda x: anp.sort(anp.ravel(x))[-1]),
    Case(ops.Max(axis=0), lambda x: anp.max(x, axis=0)),
    Case(ops.Max(axis=(0, 2), keepdims=True), lambda x: anp.max(x, (0, 2), keepdims=True), CUBE),
    Case(ops.Min(), lambda x: anp.sort(anp.ravel(x))[0]),
    Case(ops.Min(axis=1, keepdims=True), lambda x: -anp.max(-x, 1, keepdims=True)),
    Case(ops.LogSumExp(), lambda x: anp.log(anp.sum(anp.exp(x)))),
    Case(ops.LogSumExp(axis=0), lambda x: anp.log(anp.sum(anp.exp(x), axis=0))),
    Case(ops.LogSumExp(axis=-1, keepdims=True), lambda x: anp.log(exp_sum(x, -1))),
    Case(ops.Softmax(), lambda x: anp.exp(x) / exp_sum(x, -1)),
    Case(ops.Softmax(axis=0), lambda x: anp.exp(x) / exp_sum(x, 0)),
    Case(ops.LogSoftmax(), lambda x: x - anp.log(exp_sum(x, -1))),
    Case(ops.LogSoftmax(axis=0), lambda x: x - anp.log(exp_sum(x, 0))),
    Case(ops.Transpose((1, 2, 0)), lambda x: anp.einsum("ijk->jki", x), CUBE),
    Case(
        ops.Reshape((3, -1)),
        lambda x: anp.stack([x[0, :2], anp.hstack([x[0, 2], x[1, 0]]), x[1, 1:]]),
    ),
    Case(ops.Index(1), lambda x: anp.dot(np.array([0.0, 1.0]), x)),
    Case(ops.Index((slice(None), slice(0, 3, 2))), lambda x: anp.dot(x, np.eye(3)[:, [0, 2]])),
    Case(ops.Index([0, 0, 1]), lambda x: anp.dot(np.eye(2)[[0, 0, 1]], x)),
    Case(ops.Index((..., [2, 0])), lambda x: anp.dot(x, np.eye(3)[:, [2, 0]])),
    Case(ops.Index(MASK), lambda x: anp.dot(np.eye(6)[MASK.ravel()], anp.ravel(x))),
    Case(ops.Concatenate(), lambda x, y, z: anp.vstack([x, y, z]), ((2, 3), (1, 3), (3, 3))),
    Case(ops.Concatenate(axis=-1), lambda x, y: anp.hstack([x, y]), ((2, 3), (2, 1))),
    Case(ops.Stack(), lambda x, y, z: anp.array([x, y, z]), ((2, 3),) * 3),
    Case(ops.Stack(axis=-1), lambda x, y: anp.transpose(anp.array([x, y])), ((3,), (3,))),
    Case(ops.SquaredError(), half_square_at, ((2, 3),) * 2),
    Case(ops.SquaredError(), half_square_at, NETS),
    Case(ops.SquaredError(), lambda x, y: anp.mean((x - y) ** 2) / 2, ((4,),) * 2),
    Case(ops.BinaryCrossEntropy(), log_sigmoid_at, ((2, 3),) * 2),
    Case(ops.BinaryCrossEntropy(), log_sigmoid_at, NETS),
    Case(ops.CrossEntropy(), log_softmax_at, ((2, 3),) * 2),
    Case(ops.CrossEntropy(), log_softmax_at, NETS),
    Case(activations.Sigmoid(), lambda z: 0.5 + 0.5 * anp.tanh(0.5 * z)),
    Case(activations.Tanh(), lambda z: 2 / (1 + anp.exp(-2 * z)) - 1),
    Case(activations.ReLU(), lambda z: 0.5 * (z + anp.abs(z))),
    Case(activations.LeakyReLU(), lambda z: 0.505 * z + 0.495 * anp.abs(z)),
    Case(activations.LeakyReLU(0.3), lambda z: 0.65 * z + 0.35 * anp.abs(z)),
    Case(activations.PReLU(), lambda z, α: anp.maximum(z, 0) + α * anp.minimum(z, 0), TWO),
    Case(activations.ELU(), lambda z: anp.maximum(z, 0) + anp.exp(anp.minimum(z, 0)) - 1),
    Case(activations.ELU(0.5), lambda z: anp.maximum(z, 0) + (anp.exp(anp.minimum(z, 0)) - 1) / 2),
    Case(
        activations.SELU(),
        lambda z: (
            1.0507009873554804934
            * (anp.maximum(z, 0) + 1.6732632423543772848 * (anp.exp(anp.minimum(z, 0)) - 1))
        ),
    ),
    Case(activations.Softplus(), lambda z: anp.log(1 + anp.exp(z))),
    Case(activations.SiLU(), lambda z: z / (1 + anp.exp(-z))),
    Case(
        activations.GELU(),
        lambda z: z / (1 + anp.exp(-2 * np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))),
    ),
    Case(activations.Maxout(), lambda z: anp.max(z, axis=-1)),
    Case(activations.Maxout(), lambda z: anp.max(z, axis=-1), ((2, 3, 4),)),
]
