"""Training: down the gradient of a loss, batch by batch."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from coursekit.activations import ACTIVATIONS
from coursekit.backprop import backprop, in_order
from coursekit.functions import binary_cross_entropy, cross_entropy, squared_error, stack
from coursekit.graph import Node
from coursekit.nets import MLP, Many, Pass
from coursekit.optimisers import SGD, Adam, Momentum, Optimiser
from coursekit.recording import Recording, record
from coursekit.values import described

__all__ = [
    "History",
    "error_rate",
    "train",
    "train_at_once",
    "train_each",
]

Loss = Callable[[Node, Any], Node]
Tell = Callable[[float], None]
Watch = Callable[[int, MLP], object]
Arrays = Sequence[np.ndarray]
Look = Callable[[Arrays, np.ndarray], "Seen"]  # at some of the examples, with such parameters
PLAIN = SGD()
INTERRUPTED = "interrupted"
LOSSES = (cross_entropy, binary_cross_entropy, squared_error)
OPTIMISERS = (SGD, Momentum, Adam)


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
        `error_rate`. Empty where labels are no whole numbers, and so name no classes.
    stopped : str
        Why training ended early; empty if it did not. What was seen until then is kept.

    Examples
    --------
    >>> from coursekit import spiral
    >>> train(MLP([2, 9, 3], LeakyReLU(1.0)), *spiral(), rate=1e200, bar=False).stopped
    'stopped at step 2: in layer 2, the result of @ of shape (32, 3) is not finite'
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
    bar: bool | str | Tell = True,
    loss: Loss = cross_entropy,
    optimiser: Optimiser = PLAIN,
    watch: Watch | None = None,
    every: int = 1,
) -> History:
    """Train a net by gradient descent on batches of its examples.

    Interrupting it (Ctrl-C, or the stop button of a notebook) keeps what was trained until then;
    so does a loss that is no longer finite. `History.stopped` tells of either.

    Parameters
    ----------
    net : MLP
        Where training starts. It stays as it is: the trained net is in the history.
    images : ndarray of shape (n, d)
    labels : ndarray of int of shape (n,)
        Or whatever else the loss compares outputs with: ndarray of shape (n, k).
    rate : float
        The learning rate: plain descent goes from w to w − rate × gradient.
    epochs : int
        How often every example is seen, each time in a new order.
    batch : int
        Examples a step; the last batch of an epoch may be shorter.
    seed : int
        The same seed brings the same orders.
    bar : bool, str or callable
        Whether to show a progress bar; a text is its label. A function is told each loss instead.
    loss : callable
        `cross_entropy`, `binary_cross_entropy`, `squared_error`, or your own function of the
        output and the labels of a batch. It gives a node that holds one number.
    optimiser : Optimiser
        `SGD`, `Momentum`, `Adam`, or your own.
    watch : callable, optional
        Called with the number of steps taken and the net after them: at 0, and after each step.
        ``nets.__setitem__`` keeps every net in a dict.
    every : int
        How many steps lie between two calls of `watch`.

    Returns
    -------
    History

    Notes
    -----
    Where net, activation, loss and optimiser are all the course's, the graph of a batch is
    recorded once and replayed at each step. With a part of your own each step walks a new graph,
    so that it may decide in Python what it likes; that takes two to three times as long.

    Examples
    --------
    >>> from coursekit import digits
    >>> images, labels = digits()
    >>> train(MLP([64, 30, 10], Tanh()), images, labels, rate=0.5, epochs=2, bar=False)
    History(MLP(64-30-10, tanh, 2,260 parameters), 114 steps, error 0.13 → 0.03)
    """
    with progress(steps_in(epochs, images, labels, batch), bar) as tell:
        (history,) = descend(
            net, images, labels, tell, rate, epochs, batch, seed, loss, optimiser, watch, every
        )
    return history


def train_each(
    nets: Sequence[MLP],
    images: np.ndarray,
    labels: np.ndarray,
    rate: float,
    epochs: int = 5,
    batch: int = 32,
    bar: bool | str | Tell = True,
    **how: Any,
) -> list[History]:
    """Train several nets one after the other under one progress bar: a claim needs some seeds.

    The first net sees the examples in the order of seed 0, the second in that of seed 1, and so
    on; see `train` for the parameters. Interrupting it leaves out the nets that have not begun.

    Examples
    --------
    >>> from coursekit import digits
    >>> images, labels = digits()
    >>> nets = [MLP([64, 30, 10], Tanh(), seed=seed) for seed in range(3)]
    >>> histories = train_each(nets, images, labels, rate=0.5, epochs=2, bar=False)
    >>> [error_rate(history.net, images, labels) < 0.05 for history in histories]
    [True, True, True]
    """
    histories: list[History] = []
    with progress(len(nets) * steps_in(epochs, images, labels, batch), bar) as tell:
        for seed, net in enumerate(nets):
            history = train(net, images, labels, rate, epochs, batch, seed, tell, **how)
            histories.append(history)
            if history.stopped.endswith(INTERRUPTED):
                break
    return histories


def train_at_once(
    nets: Sequence[MLP],
    images: np.ndarray,
    labels: np.ndarray,
    rate: float | Sequence[float],
    epochs: int = 5,
    batch: int = 32,
    bar: bool | str | Tell = True,
    **how: Any,
) -> list[History]:
    """Train many nets of one build side by side, which takes far less time than one by one.

    All see the examples in the same order; see `train` for the other parameters. A net whose loss
    is no longer finite ends there, and the others go on.

    Parameters
    ----------
    nets : sequence of MLP
        They may differ in their parameters alone; the same one may stand there several times.
    rate : float or sequence of float
        One learning rate for all, or one for each.

    Returns
    -------
    list of History

    Examples
    --------
    One net at two learning rates:

    >>> from coursekit import spiral
    >>> from coursekit.probes import band
    >>> points, arms = spiral()
    >>> nets = [MLP([2, 30, 3], ReLU())] * 2
    >>> slow, fast = train_at_once(nets, points, arms, [0.1, 1], epochs=50, bar=False)
    >>> band(slow.errors[-1]), band(fast.errors[-1])
    ('20 to 50 %', '2 to 20 %')
    """
    with progress(steps_in(epochs, images, labels, batch), bar) as tell:
        return descend(Many(nets), images, labels, tell, rate, epochs, batch, **how)


def descend(
    net: MLP,
    images: np.ndarray,
    labels: np.ndarray,
    tell: Tell,
    rate: float | Sequence[float],
    epochs: int,
    batch: int,
    seed: int = 0,
    loss: Loss = cross_entropy,
    optimiser: Optimiser = PLAIN,
    watch: Watch | None = None,
    every: int = 1,
) -> list[History]:
    """Go down step by step, and give each net its history; see `train` for the parameters."""
    images, labels = np.asarray(images), np.asarray(labels)
    rng, rates = np.random.default_rng(1000 + seed), rates_of(net, rate)
    losses: list[np.ndarray] = []
    errors: list[np.ndarray] = []
    ended: dict[int, History] = {}  # of many nets one may end before the others
    arrays: Arrays = net.parameters
    wrong, state, stopped = np.zeros(net.count), None, ""

    def history(trained: MLP, place: int, stopped: str) -> History:
        of_losses, of_errors = (np.reshape(rows, (-1, net.count)) for rows in (losses, errors))
        return History(trained.one(place), of_losses[:, place], of_errors[:, place], stopped)

    # A rate that is too high overflows: that is told in words, not in warnings.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        try:
            replayed = all_ours(net, loss, optimiser)
            look = (replaying if replayed else walking)(net, images, labels, loss)
            if watch:
                watch(0, net)
            for some, ends_epoch in dealt(rng, len(images), batch, epochs):
                seen = look(arrays, some)
                losses.append(seen.lost)
                tell(float(np.fmin.reduce(seen.lost, axis=None)))  # of many nets the best
                finite = np.isfinite(seen.lost)
                for place in () if finite.all() else np.flatnonzero(~finite).tolist():
                    if place not in ended:
                        broken = net.with_parameters(arrays)
                        run = broken.one(place)(images[some])
                        why = where_it_broke(run, labels[some], loss, len(losses))
                        ended[place] = history(broken, place, why)
                if len(ended) == net.count:
                    break
                arrays, state = optimiser.step(arrays, seen.gradients, rates, state)
                if labels.dtype.kind in "iub":
                    wrong = wrong + mistakes(seen.output, labels[some])
                    if ends_epoch:
                        errors.append(wrong / len(images))
                        wrong = np.zeros(net.count)
                if watch and len(losses) % every == 0:
                    watch(len(losses), net.with_parameters(arrays))
        except KeyboardInterrupt:
            stopped = f"stopped at step {len(losses)}: {INTERRUPTED}"
    net = net.with_parameters(arrays)
    return [ended.get(place) or history(net, place, stopped) for place in range(net.count)]


class Seen(NamedTuple):
    """What a step of training has to know of a batch: see `walking` and `replaying`.

    Attributes
    ----------
    lost : float, or ndarray of shape (nets,)
    output : ndarray of shape (n, k)
    gradients : list of ndarray
        Of the loss in each parameter.
    """

    lost: Any
    output: np.ndarray
    gradients: list[np.ndarray]


def walking(net: MLP, images: np.ndarray, labels: np.ndarray, loss: Loss) -> Look:
    """Look at a batch by making its graph and walking back through it."""

    def look(arrays: Arrays, some: np.ndarray) -> Seen:
        run = net.with_parameters(arrays)(images[some])
        lost = loss_of(run, labels[some], loss)
        gradients = backprop(lost, np.ones_like(lost.value), wrt=run.parameters)
        return Seen(lost.value, run.output.value, [gradients[node] for node in run.parameters])

    return look


def replaying(net: MLP, images: np.ndarray, labels: np.ndarray, loss: Loss) -> Look:
    """Look at a batch by replaying a recording: the same numbers to the last bit, but sooner.

    One is made for each length that a batch has. What it gives is overwritten by the next look,
    but for the loss.
    """
    outputs = np.repeat(net(images[:1]).output.value, len(images), axis=-2)
    labels = loss(Node(outputs, "output"), labels).parents[1].value  # as the loss takes them

    @cache
    def recorded(length: int) -> tuple[Pass, list[Node], Recording]:
        x, right = Node(images[:length], "x"), Node(labels[:length], "labels")
        run = net(x)
        lost, wrt = loss(run.output, right), run.parameters
        recording = record(lost, wrt, upstream=np.ones_like(lost.value), also=[run.output])
        return run, [x, right, *wrt], recording

    def look(arrays: Arrays, some: np.ndarray) -> Seen:
        run, leaves, recording = recorded(len(some))
        values = images.take(some, axis=0), labels.take(some, axis=0), *arrays
        gradients = recording(dict(zip(leaves, values, strict=True)))
        lost, output = np.array(recording.value), recording.value_of(run.output)
        return Seen(lost, output, [gradients[node] for node in run.parameters])

    return look


def all_ours(net: MLP, loss: Loss, optimiser: Optimiser) -> bool:
    """Tell whether every part of a training is ours, and so asks NumPy for the same at each step.

    Parts that a learner wrote may decide by the numbers, toss a coin or keep a gradient: for all
    that they may do, a recording is no safe place.
    """
    return (
        type(net) in (MLP, Many)
        and type(net.activation) in ACTIVATIONS
        and loss in LOSSES
        and type(optimiser) in OPTIMISERS
    )


def rates_of(net: MLP, rate: float | Sequence[float]) -> np.ndarray:
    """Shape a learning rate, or one for each of many nets, so that a step can multiply by it."""
    rates = np.asarray(rate, net.parameters[0].dtype)
    if rates.ndim == 0:
        return rates
    if isinstance(net, Many) and rates.shape == (net.count,):
        return rates.reshape(-1, 1, 1)
    wanted = "one number" + f" or one for each of {net.count} nets" * isinstance(net, Many)
    raise ValueError(f"the learning rate is {wanted}, not {rate!r:.60}")


def steps_in(epochs: int, images: np.ndarray, labels: np.ndarray, batch: int) -> int:
    """Count the steps of a training: the short last batch of an epoch is one, too."""
    n = len(images)
    for name, number in (("epochs", epochs), ("examples", n), ("batch", batch)):
        if number < 1:
            raise ValueError(f"training needs at least one of its {name}, not {number}")
    if len(labels) != n:
        raise ValueError(f"{n} examples need as many labels, not {len(labels)}")
    return epochs * -(-n // batch)


def dealt(
    rng: np.random.Generator, n: int, batch: int, epochs: int
) -> Iterator[tuple[np.ndarray, bool]]:
    """Deal n examples out in a new order each epoch: indices, and whether they end the epoch."""
    for _ in range(epochs):
        order = rng.permutation(n)
        for start in range(0, n, batch):
            yield order[start : start + batch], start + batch >= n


def loss_of(run: Pass, labels: np.ndarray, loss: Loss) -> Node:
    """Ask for the loss of a pass: a number, or one for each of many nets."""
    if isinstance(run.net, Many) and loss not in LOSSES:  # which see to each by themselves
        lost = stack([loss(output, labels) for output in run.output])
    else:
        lost = loss(run.output, labels)
    if lost.value.size != run.net.count:
        raise ValueError(f"a loss is one number, and {described(lost)} is not")
    return lost


def where_it_broke(run: Pass, labels: np.ndarray, loss: Loss, step: int) -> str:
    """Say which node of a pass was the first that is not finite, and in which layer it stands."""
    lost = loss(run.output, labels)
    order = in_order(lost)
    broken = (place for place, node in enumerate(order) if not np.isfinite(node.value).all())
    first = next(broken, len(order) - 1)
    layer = 1 + sum(order.index(end) < first for end in (*run.a, run.output))
    where = f"layer {layer}" if layer <= len(run.a) + 1 else "the loss"
    return f"stopped at step {step}: in {where}, {described(order[first])} is not finite"


def mistakes(output: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Count the examples that a classifier, or each of many, gets wrong.

    It says the class of its largest output; or, where labels have the outputs' shape, yes to each
    output above 0.
    """
    if labels.ndim == 1:
        return (output.argmax(axis=-1) != labels).sum(axis=-1)
    return ((output > 0) != (labels > 0)).sum(axis=(-2, -1)) / labels.shape[-1]


@contextmanager
def progress(steps: int, label: bool | str | Tell) -> Iterator[Tell]:
    """Show a progress bar while the block runs, and give it a function to tell each loss to."""
    if not label or callable(label):
        yield label or (lambda loss: None)
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

    Parameters
    ----------
    net : MLP
        It says the class of its largest output; a single output says yes where it is above 0.
    images : ndarray of shape (n, d)
    labels : ndarray of int of shape (n,), or of shape (n, k) for k answers of yes and no

    Examples
    --------
    >>> from coursekit import digits
    >>> images, labels = digits()
    >>> untrained = MLP([64, 10], Tanh())
    >>> bool(error_rate(untrained, images, labels) > 0.5)
    True
    """
    labels = np.asarray(labels)
    return float(mistakes(net(images).output.value, labels) / len(labels))
