"""Probes: what goes on in a net, in the words of the lessons, as one number a layer or a unit.

`coursekit.pictures.layers` draws them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from coursekit.activations import Activation, LeakyReLU, Maxout, PReLU
from coursekit.backprop import Gradients, backprop
from coursekit.data import digits
from coursekit.functions import cross_entropy, squared_error
from coursekit.graph import Node
from coursekit.nets import MLP, Pass, scaled
from coursekit.recording import record

__all__ = [
    "Census",
    "Layers",
    "active_shares",
    "band",
    "census",
    "direction_kept",
    "expected_gradient_sizes",
    "gaussian_flow",
    "gradient_sizes",
    "layers_on_digits",
    "layers_on_gaussians",
    "normal_cloud",
    "prelu_path",
    "rms_slopes",
    "saturated_share",
]

BOUNDS = (0.0, 0.02, 0.2, 0.5, 0.85, 1.01)  # of what is told of an error after training
SATURATED = 0.05  # of the activation's largest slope: what lies below counts as saturated
SPARSE = 0.05  # of the examples: whoever fires on fewer is missed by one batch of 32 in five
FATES = ("alive", "sparse", "revived", "died", "born dead")


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


def slopes_in_z(a: Node) -> np.ndarray:
    """Evaluate the slope of an activation in its z: 0 where no gradient passes."""
    return a.op.vjp(np.ones_like(a.value), a.value, *(node.value for node in a.parents))[0]


@lru_cache(maxsize=1)  # shares, averages and histograms of one pass ask for the same slopes
def slopes(run: Pass) -> list[np.ndarray]:
    """Evaluate the activation's slope at each unit and example: one (n, k) array a layer.

    A unit of Maxout has the slope 1, whichever of its pieces lets the gradient through.
    """
    by_layer = [slopes_in_z(a) for a in run.a]
    if isinstance(run.net.activation, Maxout):
        return [of_pieces.sum(axis=-1) for of_pieces in by_layer]
    return by_layer


def steepest(a: Node) -> float:
    """Look for the largest slope that the activation of a layer has between −10 and 10."""
    if isinstance(a.op, Maxout):
        return 1.0
    learned = [node.value for node in a.parents[1:]]

    def slope_at(z):
        return a.op.local_gradients(a.op.forward(z, *learned), z, *learned)[0]

    return largest(slope_at, np.linspace(-10, 10, 2001))


def largest(slope_at: Callable[[np.ndarray], np.ndarray], z: np.ndarray) -> float:
    r"""Look for the size of the largest slope among places: ∞ if it grows beyond all bounds.

    That is so where it is infinite, and where it is missing and grows on the way there: √|z| has
    no slope at 0.

    Examples
    --------
    >>> z = np.array([-4.0, 0.0, 4.0])
    >>> largest(lambda z: 1 - np.tanh(z) ** 2, z), largest(lambda z: z / np.abs(z) ** 1.5, z)
    (1.0, inf)
    """
    with np.errstate(all="ignore"):
        slope = np.abs(slope_at(z))
        lost = z[np.isnan(slope)] if np.shape(slope) else z[:0]
        near, nearer = (
            np.abs(slope_at(np.concatenate([lost - off, lost + off]))) for off in (1e-6, 1e-9)
        )
        return np.inf if np.any(nearer > 2 * near) else float(np.nanmax(slope, initial=0.0))


def is_saturated(slope: ArrayLike, steepest: float) -> np.ndarray:
    """Tell where a slope counts as saturated: under 5 % of the largest, or 0.

    Where there is no largest slope, 5 % of it say nothing, and only a slope of 0 counts.

    Examples
    --------
    >>> slope = np.array([0.0, 0.04, 1.0])
    >>> is_saturated(slope, 1.0), is_saturated(slope, np.inf)
    (array([ True,  True, False]), array([ True, False, False]))
    """
    slope = np.asarray(slope)
    return (slope == 0) | (np.abs(slope) < (SATURATED * steepest if np.isfinite(steepest) else 0))


def saturated_share(run: Pass) -> np.ndarray:
    """Tell which share of each hidden layer is saturated.

    A unit is saturated on an example where its slope is under 5 % of the largest slope that the
    activation has, or where no slope is left at all. For tanh that is beyond ±.975; for σ, below
    .013 and above .987. Where slopes have no bound, as those of the cube root near 0, none is the
    largest, and only a slope of 0 counts.

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
    return np.array(
        [
            is_saturated(slope, steepest(a)).mean()
            for a, slope in zip(run.a, slopes(run), strict=True)
        ]
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


def direction_kept(net: MLP, x: np.ndarray, labels: np.ndarray, rate: float) -> float:
    """Measure how far a gradient still points the same way after one step down it.

    Parameters
    ----------
    net : MLP
    x : ndarray of shape (n, d)
    labels : ndarray of shape (n,)
        The classes, whose cross-entropy is the loss; all examples are taken at once.
    rate : float

    Returns
    -------
    float
        The cosine between the gradients before and after: 1 where the next step can build on this
        one, 0 where this one has told nothing about the next.

    Examples
    --------
    >>> images, labels = digits()
    >>> net = MLP([64, 100, 100, 10], Tanh(), scaled(1.0))
    >>> direction_kept(net, images, labels, rate=0.2) > 0.9
    True
    """

    def gradient(net):
        run = net(x)
        gradients = backprop(cross_entropy(run.output, labels))
        return [gradients[parameter] for parameter in run.parameters]

    before = gradient(net)
    stepped = [W - rate * each for W, each in zip(net.parameters, before, strict=True)]
    after = gradient(net.with_parameters(stepped))
    one, other = (np.concatenate([each.ravel() for each in some]) for some in (before, after))
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


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
        In each layer's z, from the activations of the last hidden layer down.

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
        bias * rng.choice([-1.0, 1.0], array.shape) if name.startswith("b") else array
        for name, array in zip(net.names, net.parameters, strict=True)
    )
    run = net(rng.normal(size=(n, width)))
    return run, backprop(run.a[-1], upstream=rng.normal(size=(n, width)), wrt=run.z)


class Layers(NamedTuple):
    """A net before training, from the first hidden layer to the last.

    Attributes
    ----------
    run : Pass
    saturated : ndarray of shape (layers,)
        The share of saturated units.
    gradients, expected : ndarray of shape (layers,)
        The size of the gradient over the last layer's, or 0 where that is 0: measured, and foretold
        by the forward pass.
    """

    run: Pass
    saturated: np.ndarray
    gradients: np.ndarray
    expected: np.ndarray

    @classmethod
    def of(cls, run: Pass, gradients: Gradients) -> "Layers":
        """Look at each layer of a pass and of the walk back."""
        sizes = gradient_sizes(run, gradients)
        return cls(
            run, saturated_share(run), sizes / (sizes[-1] or 1), expected_gradient_sizes(run)
        )

    @property
    def factor(self) -> float:
        """By what a gradient is multiplied from one layer to the next below, on average."""
        return float(self.gradients[0] ** (1 / (len(self.gradients) - 1)))


@lru_cache(maxsize=4)  # picture, words and alt text of one state ask for the same layers
def layers_on_digits(activation: Activation, gain: float, depth: int) -> Layers:
    """Run 200 digits through a net of 100 units a layer, and their loss back.

    Examples
    --------
    >>> print(f"{layers_on_digits(Tanh(), 10.0, 10).saturated.mean():.2f}")
    0.82
    """
    images, labels = (array[:200] for array in digits())
    run = MLP([64, *[100] * depth, 10], activation, scaled(gain))(images)
    return Layers.of(run, backprop(cross_entropy(run.output, labels), wrt=run.z))


@lru_cache(maxsize=4)
def layers_on_gaussians(
    activation: Activation, gain: float, bias: float, depth: int = 10
) -> Layers:
    """Run 100 Gaussian inputs through layers of 200 units, and a Gaussian gradient back.

    Examples
    --------
    >>> print(f"{layers_on_gaussians(Tanh(), 1.0, 3.0).saturated.mean():.2f}")
    0.80
    """
    return Layers.of(*gaussian_flow(activation, gain, bias, depth, width=200, n=100))


@cache
def normal_cloud(n: int = 2000) -> np.ndarray:
    """Stand for z ~ N(0, 1) by n places, each as likely as the next: no draw is lucky.

    Returns
    -------
    ndarray of shape (n,)
        From the smallest to the largest.

    Examples
    --------
    >>> print(f"{ReLU().forward(normal_cloud()).mean():.4f}")
    0.3989
    """
    places = np.array([NormalDist().inv_cdf((k + 0.5) / n) for k in range(n)])
    places.flags.writeable = False
    return places


@lru_cache(maxsize=64)
def prelu_path(
    start: float = 0.25, rate: float = 0.05, target: float = 0.3, steps: int = 200
) -> np.ndarray:
    """Let backprop train the α of a PReLU until it fits a leaky ReLU, on z ~ N(0, 1).

    Returns
    -------
    ndarray of shape (steps + 1,)
        α before the first step and after each.

    Examples
    --------
    >>> print(f"{prelu_path()[-1]:.4f}, {prelu_path(rate=0.01)[-1]:.4f}")
    0.3000, 0.2933
    """
    z = normal_cloud(400)
    wanted, path, alpha = LeakyReLU(target).forward(z), [start], Node(start)
    loss = 2 * squared_error(PReLU()(Node(z), alpha), wanted)  # the mean square, not its half
    replay = record(loss, alpha)
    for _ in range(steps):
        path.append(path[-1] - rate * float(replay({alpha: path[-1]})[alpha]))
    return np.array(path)


def active_shares(net: MLP, x: np.ndarray) -> list[np.ndarray]:
    """Count on which share of the examples each hidden unit is active, that is, can learn.

    A unit is active on an example where its slope is not 0, so that a gradient passes: a ReLU,
    where z is above 0. For Maxout each piece is counted, and is active where it is the largest.

    Parameters
    ----------
    net : MLP
    x : ndarray of shape (n, d)
        The whole training set: a batch knows nothing of the death of a unit.

    Returns
    -------
    list of ndarray of shape (k,)
        One array a hidden layer; of shape (k, pieces) for Maxout.

    Examples
    --------
    >>> net = MLP([1, 3, 1], ReLU()).with_parameters([[[1, 1, 1]], [0, -3, -9], [[1]] * 3, [0]])
    >>> active_shares(net, np.array([[1.0], [2.0], [3.0], [4.0]]))
    [array([1.  , 0.25, 0.  ])]
    """
    return [(slopes_in_z(a) != 0).mean(axis=0) for a in net(x).a]


@dataclass(frozen=True, eq=False, repr=False)
class Census:
    """What became of each hidden unit; see `census`.

    Attributes
    ----------
    steps : tuple of int
        When the units were looked at, in steps of training.
    shares : tuple of ndarray of shape (moments, k)
        On which share of the examples each unit was active; one array a hidden layer.
    spread : float
        How far the outputs at the end differ from example to example: their standard deviation.
        Units may all be alive and yet tell nothing apart.

    Examples
    --------
    Three units, looked at before training and after 10 steps:

    >>> shares = np.array([[0.0, 0.4, 0.5], [0.0, 0.0, 0.6]])
    >>> taken = Census((0, 10), (shares,), spread=1.0)
    >>> taken
    Census(step 10; layer 1: 1 alive, 1 died, 1 born dead)
    >>> taken.fates(1).tolist(), taken.since(1).tolist()
    (['born dead', 'died', 'alive'], [0, 10, 0])
    """

    steps: tuple[int, ...]
    shares: tuple[np.ndarray, ...]
    spread: float

    def fates(self, layer: int) -> np.ndarray:
        """Name the fate of each unit of a layer, counted from 1: an array of text of shape (k,)."""
        dead = self.shares[layer - 1] == 0
        ever, now = dead.any(axis=0), dead[-1]
        sparse = self.shares[layer - 1][-1] < SPARSE
        kinds = [dead.all(axis=0), now, ever, sparse]
        return np.select(kinds, ["born dead", "died", "revived", "sparse"], "alive")

    def since(self, layer: int) -> np.ndarray:
        """Tell since which step each unit of a layer is as dead or as alive as it is at the end."""
        dead = self.shares[layer - 1] == 0
        other = dead != dead[-1]
        last = len(dead) - 1 - other[::-1].argmax(axis=0)
        return np.array(self.steps)[np.where(other.any(axis=0), last + 1, 0)]

    def count(self, fate: str) -> list[int]:
        """Count the units of a fate, layer by layer."""
        if fate not in FATES:
            raise ValueError(f"a unit is one of {', '.join(FATES)}, not {fate!r}")
        return [int(np.sum(self.fates(layer) == fate)) for layer in range(1, len(self.shares) + 1)]

    def __repr__(self) -> str:
        counts = {fate: self.count(fate) for fate in FATES}
        layers = [
            ", ".join(f"{count[place]} {fate}" for fate, count in counts.items() if count[place])
            for place in range(len(self.shares))
        ]
        said = "; ".join(f"layer {layer}: {words}" for layer, words in enumerate(layers, start=1))
        return f"Census(step {self.steps[-1]}; {said})"


def census(nets: Mapping[int, MLP], x: np.ndarray) -> Census:
    """Ask of every hidden unit whether it lives: at each of some moments, on every example.

    A unit is dead where it is active on not a single example of the training set: no gradient
    reaches it, exactly. Being silent on some is what a ReLU is for. So a unit is

    - *alive*, and never was dead at any of the moments;
    - *sparse*: likewise, but active on fewer than 5 % of the examples at the last of them;
    - *born dead*: dead at each of the moments, so never alive since;
    - *died*: alive at an earlier moment, dead at the last;
    - *revived*: dead at an earlier moment, from the first on or not, alive at the last.

    Whoever asks at each step of a wild training sees units flicker; two moments far apart count
    deaths and revivals that last.

    Parameters
    ----------
    nets : mapping of int to MLP
        The net after so many steps; step 0, before training, tells who was born dead.
    x : ndarray of shape (n, d)
        The whole training set.

    Returns
    -------
    Census

    References
    ----------
    Lu, Shin, Su & Karniadakis (2020), Dying ReLU and initialization.

    Examples
    --------
    One step of a rate that is far too high:

    >>> from coursekit import spiral, train
    >>> from coursekit.nets import he
    >>> points, arms = spiral()
    >>> nets, net = {}, MLP([2, 50, 50, 50, 3], ReLU(), he)
    >>> history = train(
    ...     net, points, arms, 30, epochs=1, batch=300, bar=False, watch=nets.__setitem__
    ... )
    >>> census(nets, points).count("died")[0]
    10
    """
    if not nets:
        raise ValueError("a census needs at least one moment")
    steps = sorted(nets)
    moments = [active_shares(nets[step], x) for step in steps]
    spread = nets[steps[-1]](x).output.value.std(axis=0).mean()
    shares = tuple(np.array(layer) for layer in zip(*moments, strict=True))
    return Census(tuple(steps), shares, float(spread))
