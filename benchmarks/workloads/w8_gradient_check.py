"""W8: the check of the gradients of an MLP 8-24-24-8: 1,016 parameters, batch 16, float64."""

import numpy as np
from clock import NotThere, Workload
from engines import pytorch, question

from coursekit import Node, Tanh, squared_error

workload = Workload("gradient check of 1,016 parameters")

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(16, 8)), rng.normal(size=(16, 8))
SHAPES = [(8, 24), (24,), (24, 24), (24,), (24, 8), (8,)]
PARAMETERS = [rng.normal(0, 0.3, shape) for shape in SHAPES]


def loss_of(W1, b1, W2, b2, W3, b3):
    tanh = Tanh()
    return squared_error(tanh(tanh(Node(X) @ W1 + b1) @ W2 + b2) @ W3 + b3, Y)


@workload.side("coursekit, every parameter")
def ours():
    check = question("check_gradients")
    return lambda: bool(check(loss_of, *PARAMETERS))


@workload.side("coursekit, one direction")
def ours_one_direction():
    check = question("check_gradients")
    try:
        check(loss_of, *PARAMETERS, directions=1)
    except TypeError:
        raise NotThere("not there yet") from None
    return lambda: bool(check(loss_of, *PARAMETERS, directions=1))


@workload.side("PyTorch gradcheck")
def torch_gradcheck():
    return gradcheck(fast_mode=False)


@workload.side("PyTorch gradcheck, fast mode")
def torch_fast():
    return gradcheck(fast_mode=True)


def gradcheck(fast_mode):
    torch = pytorch()
    x, y = torch.tensor(X), torch.tensor(Y)
    parameters = [torch.tensor(p, requires_grad=True) for p in PARAMETERS]

    def loss(W1, b1, W2, b2, W3, b3):
        out = torch.addmm(b3, torch.addmm(b2, torch.addmm(b1, x, W1).tanh(), W2).tanh(), W3)
        return ((out - y) ** 2).sum() / 32

    return lambda: torch.autograd.gradcheck(loss, parameters, fast_mode=fast_mode)


@workload.side("NumPy, a loop over the parameters")
def loop():
    def loss(W1, b1, W2, b2, W3, b3):
        out = np.tanh(np.tanh(X @ W1 + b1) @ W2 + b2) @ W3 + b3
        return ((out - Y) ** 2).sum() / 32

    def by_hand(W1, b1, W2, b2, W3, b3):
        a1 = np.tanh(X @ W1 + b1)
        a2 = np.tanh(a1 @ W2 + b2)
        to_out = (a2 @ W3 + b3 - Y) / 16
        to_z2 = (to_out @ W3.T) * (1 - a2 * a2)
        to_z1 = (to_z2 @ W2.T) * (1 - a1 * a1)
        return [X.T @ to_z1, to_z1.sum(0), a1.T @ to_z2, to_z2.sum(0), a2.T @ to_out, to_out.sum(0)]

    def check():
        gradients = by_hand(*PARAMETERS)
        right = True
        for parameter, gradient in zip(PARAMETERS, gradients, strict=True):
            numbers = parameter.ravel()
            for k, slope in enumerate(gradient.ravel()):
                kept = numbers[k]
                numbers[k] = kept + 6e-6
                above = loss(*PARAMETERS)
                numbers[k] = kept - 6e-6
                below = loss(*PARAMETERS)
                numbers[k] = kept
                right &= abs((above - below) / 1.2e-5 - slope) <= 1e-5 * max(abs(slope), 1e-3)
        return bool(right)

    return check
