"""Training by gradient descent, and probes that tell how a net is doing.

A probe gives one number a layer; `coursekit.diagnostics` draws them.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from coursekit.activations import Activation
from coursekit.backprop import Gradients, backprop
from coursekit.functions import cross_entropy
from coursekit.nets import MLP, Pass, scaled

__all__ = [
    "History",
    "band",
    "error_rate",
    "expected_gradient_sizes",
    "gaussian_flow",
    "gradient_sizes",
    "rms_slopes",
    "saturated_share",
    "train",
    "train_each",
]

BOUNDS = (0.0, 0.02, 0.2, 0.5, 0.85, 1.01)  # of what is told of an error after training
SATURATED = 0.05  # of the activation's largest slope: what lies below counts as saturated


class History(NamedTuple):
    """What happened while a net was trained.

    Attributes
    ----------
    net : MLP
        The net at the end.
    losses : ndarray of shape (steps,)
        The loss of the batch of each step, before the step was taken.
    errors : ndarray of shape (epochs,)
        The share of the examples that the net got wrong in each whole epoch, each asked just
        before it was learned from; that costs nothing. For the error of the net at the end, ask
        `error_rate`.
    stopped : str
        Why training ended early; empty if it did not. What was seen until then is kept.
    """

    net: MLP
    losses: np.ndarray
    errors: np.ndarray
    stopped: str = ""

    def __repr__(self) -> str:
        first, last = self.errors[:1], self.errors[1:][-1:]
        errors = " → ".join(f"{error:.2f}" for error in (*first, *last))
        said = [str(self.net), f"{len(self.losses)} steps", errors and f"error {errors}"]
        return f"History({', '.join(filter(None, (*said, self.stopped)))})"


def train(
    net: MLP,
    images: np.ndarray,
    labels: np.ndarray,
    rate: float,
    epochs: int = 5,
    batch: int = 32,
    seed: int = 0,
    bar: bool | str = True,
) -> History:
    """Train a classifier by stochastic gradient descent on its cross-entropy.

    Parameters
    ----------
    net : MLP
        Where training starts. It stays as it is: the trained net is in the history.
    images : ndarray of shape (n, d)
    labels : ndarray of int of shape (n,)
    rate : float
        The learning rate: each step goes from w to w − rate × gradient.
    epochs : int
        How often every example is seen, each time in a new order.
    batch : int
        Examples a step; the last batch of an epoch may be shorter.
    seed : int
        The same seed brings the same orders.
    bar : bool or str
        Whether to show a progress bar; a text is its label.

    Returns
    -------
    History

    Examples
    --------
    >>> from coursekit import digits
    >>> images, labels = digits()
    >>> train(MLP([64, 30, 10], Tanh()), images, labels, rate=0.5, epochs=2, bar=False)
    History(MLP(64-30-10, tanh, 2,260 parameters), 114 steps, error 0.13 → 0.03)
    """
    with progress(steps_in(epochs, len(images), batch), bar) as tell:
        return descend(net, images, labels, rate, epochs, batch, seed, tell)


def train_each(
    nets: Sequence[MLP],
    images: np.ndarray,
    labels: np.ndarray,
    rate: float,
    epochs: int = 5,
    batch: int = 32,
    bar: bool | str = True,
) -> list[History]:
    """Train several nets one after the other under one progress bar: a claim needs some seeds.

    The first net sees the examples in the order of seed 0, the second in that of seed 1, and so
    on; see `train` for the parameters.

    Examples
    --------
    >>> from coursekit import digits
    >>> images, labels = digits()
    >>> nets = [MLP([64, 30, 10], Tanh(), seed=seed) for seed in range(3)]
    >>> histories = train_each(nets, images, labels, rate=0.5, epochs=2, bar=False)
    >>> [error_rate(history.net, images, labels) < 0.05 for history in histories]
    [True, True, True]
    """
    with progress(len(nets) * steps_in(epochs, len(images), batch), bar) as tell:
        return [
            descend(net, images, labels, rate, epochs, batch, seed, tell)
            for seed, net in enumerate(nets)
        ]


def descend(
    net: MLP,
    images: np.ndarray,
    labels: np.ndarray,
    rate: float,
    epochs: int,
    batch: int,
    seed: int,
    tell: Callable[[float], None],
) -> History:
    """Go down the gradient step by step, telling each loss; see `train` for the parameters."""
    rng = np.random.default_rng(1000 + seed)
    losses: list[float] = []
    errors: list[float] = []
    stopped = ""
    # A rate that is too high overflows: that is told in words, not in warnings.
    with np.errstate(over="ignore", invalid="ignore"):
        while len(errors) < epochs and not stopped:
            wrong = 0
            for some in minibatches(rng, len(images), batch):
                run = net(images[some])
                loss = cross_entropy(run.output, labels[some])
                losses.append(float(loss.value))
                tell(losses[-1])
                if not np.isfinite(loss.value):
                    stopped = where_it_broke(run, len(losses))
                    break
                wrong += int(np.sum(run.output.value.argmax(axis=1) != labels[some]))
                gradients = backprop(loss)
                net = net.with_parameters(p.value - rate * gradients[p] for p in run.parameters)
            else:
                errors.append(wrong / len(images))
    return History(net, np.array(losses), np.array(errors), stopped)


def steps_in(epochs: int, n: int, batch: int) -> int:
    """Count the steps of a training: the short last batch of an epoch is one, too."""
    for name, count in (("epochs", epochs), ("examples", n), ("batch", batch)):
        if count < 1:
            raise ValueError(f"training needs at least one of its {name}, not {count}")
    return epochs * -(-n // batch)


def minibatches(rng: np.random.Generator, n: int, batch: int) -> list[np.ndarray]:
    """Deal n examples out in a new order, `batch` at a time: index arrays."""
    order = rng.permutation(n)
    return [order[start : start + batch] for start in range(0, n, batch)]


def where_it_broke(run: Pass, step: int) -> str:
    """Say in which layer of a forward pass the first number stopped being finite."""
    for layer, z in enumerate((*run.z, run.output), start=1):
        if not np.isfinite(z.value).all():
            return f"stopped at step {step}: layer {layer}'s z is no longer finite"
    return f"stopped at step {step}: the loss is no longer finite"


@contextmanager
def progress(steps: int, label: bool | str) -> Iterator[Callable[[float], None]]:
    """Show a progress bar while the block runs, and give it a function to tell each loss to."""
    if not label:
        yield lambda loss: None
        return
    from tqdm.auto import tqdm  # only here, because a bar is the only use of it

    label = "training" if label is True else label
    # Whoever reads a notebook that is not running sees the words a bar began with: no step yet.
    with tqdm(total=steps, desc=label, bar_format="{desc}: {total_fmt} steps") as bar:
        # The bar first, so that bars of any name begin below each other. No times: a stored output
        # is compared with a fresh one.
        bar.bar_format = "{bar} {desc}: step {n_fmt} of {total_fmt}{postfix}"

        def tell(loss: float) -> None:
            bar.set_postfix_str(f"loss {loss:.3g}", refresh=False)
            bar.update()

        yield tell


def error_rate(net: MLP, images: np.ndarray, labels: np.ndarray) -> float:
    """Tell which share of the examples a classifier gets wrong.

    Examples
    --------
    >>> from coursekit import digits
    >>> images, labels = digits()
    >>> untrained = MLP([64, 10], Tanh())
    >>> bool(error_rate(untrained, images, labels) > 0.5)
    True
    """
    return float(np.mean(net(images).output.value.argmax(axis=1) != labels))


def band(share: float) -> str:
    """Say between which bounds a share lies: training is chaotic, and its digits mean nothing.

    Examples
    --------
    >>> band(0.0006), band(0.3333), band(0.8987)
    ('under 2 %', '20 to 50 %', 'over 85 %')
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1, and {share} does not")
    low = max(bound for bound in BOUNDS if bound <= share)
    high = min(bound for bound in BOUNDS if bound > share)
    if low == 0:
        return f"under {100 * high:g} %"
    return f"over {100 * low:g} %" if high > 1 else f"{100 * low:g} to {100 * high:g} %"


def slopes(run: Pass) -> list[np.ndarray]:
    """Evaluate the activation's slope at each unit and example: one (n, k) array a layer."""
    slope = run.net.activation.slope
    return [slope(a.value, z.value) for a, z in zip(run.a, run.z, strict=True)]


def saturated_share(run: Pass) -> np.ndarray:
    """Tell which share of each hidden layer is saturated.

    A unit is saturated on an example where its slope is under 5 % of the largest slope that the
    activation has, or where no slope is left at all. For tanh that is beyond ±.975; for σ, below
    .013 and above .987.

    Parameters
    ----------
    run : Pass
        What a net returns.

    Returns
    -------
    ndarray of shape (layers,)

    Examples
    --------
    >>> run = MLP([100, 100, 1], Tanh(), scaled(10.0))(np.ones((1, 100)))
    >>> saturated_share(run)
    array([0.81])
    """
    z = np.linspace(-10, 10, 2001)
    activation = run.net.activation
    largest = np.abs(activation.slope(activation.forward(z), z)).max()
    return np.array(
        [((np.abs(slope) < SATURATED * largest) | (slope == 0)).mean() for slope in slopes(run)]
    )


def rms_slopes(run: Pass) -> np.ndarray:
    """Average the slopes of each hidden layer: the root of the mean square, one number a layer.

    It is the factor by which a layer's activation shrinks a gradient on its way back.

    Examples
    --------
    >>> run = MLP([100, 100, 100, 1], Sigmoid())(np.zeros((1, 100)))
    >>> rms_slopes(run).round(3)
    array([0.25 , 0.238])
    """
    return np.array([np.sqrt(np.mean(slope**2)) for slope in slopes(run)])


def gradient_sizes(run: Pass, gradients: Gradients) -> np.ndarray:
    r"""Measure $\lVert \partial L / \partial z \rVert$ in each hidden layer.

    Parameters
    ----------
    run : Pass
    gradients : Gradients
        What `backprop` returned for an output of that pass.

    Returns
    -------
    ndarray of shape (layers,)
        The first layer's stands first.

    Examples
    --------
    >>> run = MLP([3, 3, 3, 1], Sigmoid())(np.ones((1, 3)))
    >>> sizes = gradient_sizes(run, backprop(run.output))
    >>> bool(sizes[0] < sizes[1])
    True
    """
    return np.array([np.linalg.norm(gradients[z]) for z in run.z])


def expected_gradient_sizes(run: Pass) -> np.ndarray:
    r"""Predict from the forward pass alone how gradients shrink or grow, the last layer's being 1.

    One layer further down, a gradient is multiplied by the size of the weights,
    $\lVert W \rVert / \sqrt{k}$ (which is g for ``scaled(g)``), and by the root mean square of the
    slopes. That takes weights, slopes and gradients for independent: near enough at the start, not
    after training.

    Returns
    -------
    ndarray of shape (layers,)

    Examples
    --------
    >>> run, gradients = gaussian_flow(Sigmoid(), gain=1.0, layers=5, width=100)
    >>> sizes = gradient_sizes(run, gradients)
    >>> np.abs(expected_gradient_sizes(run) / (sizes / sizes[-1]) - 1).max() < 0.1
    np.True_
    """
    factors, slope = [1.0], rms_slopes(run)
    for layer in range(len(run.z) - 1, 0, -1):
        W = run.parameters[2 * layer].value
        factors.append(np.linalg.norm(W) / np.sqrt(W.shape[1]) * slope[layer - 1])
    return np.cumprod(factors)[::-1]


def gaussian_flow(
    activation: Activation,
    gain: float,
    bias: float = 0.0,
    layers: int = 10,
    width: int = 500,
    n: int = 200,
    seed: int = 0,
) -> tuple[Pass, Gradients]:
    """Send Gaussian inputs forward through a deep net, and a Gaussian gradient back from its top.

    Nothing is trained: this is what a net does to a signal before it has learned anything.

    Parameters
    ----------
    activation : Activation
    gain : float
        The g of the weights' variance g²/d.
    bias : float
        Each unit's bias is +bias or −bias, by the toss of a coin.
    layers, width, n, seed : int
        How many hidden layers of how many units, how many inputs, and which random numbers.

    Returns
    -------
    run : Pass
    gradients : Gradients
        From the activations of the last hidden layer down.

    Examples
    --------
    >>> run, gradients = gaussian_flow(Tanh(), gain=1.0)
    >>> sizes = gradient_sizes(run, gradients)
    >>> print(f"{sizes[0] / sizes[-1]:.2f}")
    0.28
    """
    net = MLP([width] * (layers + 1) + [1], activation, scaled(gain), seed)
    rng = np.random.default_rng(1000 + seed)
    net = net.with_parameters(
        array if array.ndim == 2 else bias * rng.choice([-1.0, 1.0], array.shape)
        for array in net.parameters
    )
    run = net(rng.normal(size=(n, width)))
    return run, backprop(run.a[-1], upstream=rng.normal(size=(n, width)))
