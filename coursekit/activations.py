"""Activations: one class each, and everything else follows from it.

The fields of a class are its parameters; `span` says between which values a slider moves one.
A class that you write yourself works in every tool as these do.
"""

from dataclasses import dataclass, field
from functools import reduce
from math import pi, sqrt

import numpy as np

from coursekit.ops import Elementwise, Op
from coursekit.values import real


class Activation(Elementwise):
    r"""An elementwise op with one input: $a = f(z)$.

    A new activation states `forward(z)`, `slope(a, z)`, its formula `tex` and, if it has any, its
    `kinks`: the places where the slope jumps.

    Examples
    --------
    >>> class Square(Activation):
    ...     tex = "z^2"
    ...
    ...     def forward(self, z):
    ...         return z**2
    ...
    ...     def slope(self, a, z):
    ...         return 2 * z
    >>> backprop(z := Node(3.0))[z], Square()(z)
    (np.float64(1.0), Node(9.0, op=Square))
    """

    tex = ""
    kinks: tuple[float, ...] = ()

    def slope(self, a, z):
        """Tell how fast the activation changes at z, where its value is a."""
        raise NotImplementedError(f"{type(self).__name__} needs a slope(self, a, z)")

    def local_gradients(self, a, z):
        return (self.slope(a, z),)

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self):
        return hash((type(self), *vars(self).items()))

    def curve(self, z, block=8192):
        """Evaluate the activation and its slope at many points.

        Block by block, so that many points need little memory beside the results.

        Parameters
        ----------
        z : array_like of shape (n,)
        block : int
            How many points are evaluated at once.

        Returns
        -------
        a, slope : ndarray of shape (n,)

        Examples
        --------
        >>> ReLU().curve(np.array([-1.0, 2.0]))
        (array([0., 2.]), array([0., 1.]))
        """
        z = real(z, self, "takes")
        a, slope = np.empty_like(z), np.empty_like(z)
        for start in range(0, len(z), block):
            here = slice(start, start + block)
            a[here] = self.forward(z[here])
            slope[here] = self.slope(a[here], z[here])
        return a, slope


def step(z):
    """Take 1 above 0 and 0 elsewhere, in the precision of z.

    Quicker than np.where, which asks of each element anew.
    """
    return np.maximum(np.sign(z), 0)


def span(low: float, high: float) -> dict[str, tuple[float, float]]:
    """Say between which values a parameter is worth exploring."""
    return {"span": (low, high)}


class Sigmoid(Activation):
    r"""Squashes every number into the open interval (0, 1): $1 / (1 + e^{-z})$.

    Examples
    --------
    >>> Sigmoid()(Node(0.0)).value
    np.float64(0.5)
    """

    symbol = "σ"
    tex = r"\frac{1}{1 + e^{-z}}"

    def forward(self, z):
        # No exponent is above 0, so that none can overflow.
        return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))

    def slope(self, a, z):
        return a * (1 - a)


class Tanh(Activation):
    r"""Squashes every number into (−1, 1), centred on 0: $\tanh z = 2\,\sigma(2z) - 1$.

    References
    ----------
    LeCun, Bottou, Orr & Müller (1998), Efficient BackProp.

    Examples
    --------
    >>> Tanh()(Node(0.0)).value
    np.float64(0.0)
    """

    symbol = "tanh"
    tex = r"\tanh z"

    def forward(self, z):
        return np.tanh(z)

    def slope(self, a, z):
        return 1 - a**2


class ReLU(Activation):
    r"""Passes what is positive and stops the rest: $\max(0, z)$. Its slope at 0 is 0 by choice.

    References
    ----------
    Nair & Hinton (2010), Rectified linear units improve restricted Boltzmann machines.

    Examples
    --------
    >>> ReLU()(Node([-1.0, 2.0])).value
    array([0., 2.])
    """

    symbol = "ReLU"
    tex = r"\max(0, z)"
    kinks = (0.0,)

    def forward(self, z):
        return np.maximum(z, 0)

    def slope(self, a, z):
        return np.sign(a)


@dataclass(frozen=True)
class LeakyReLU(Activation):
    r"""Lets a little of the negative side through: $z$ above 0, $\alpha z$ below.

    References
    ----------
    Maas, Hannun & Ng (2013), Rectifier nonlinearities improve neural network acoustic models.

    Examples
    --------
    >>> LeakyReLU(0.1)(Node([-1.0, 2.0])).value
    array([-0.1,  2. ])
    """

    alpha: float = field(default=0.01, metadata=span(0, 1))
    symbol = "Leaky ReLU"
    tex = r"\max(\alpha z, z)"

    @property
    def kinks(self) -> tuple[float, ...]:  # type: ignore[override]
        """The place where the slope jumps: 0, but for α = 1, which makes a straight line."""
        return () if self.alpha == 1 else (0.0,)

    def forward(self, z):
        return np.maximum(z, 0) + self.alpha * np.minimum(z, 0)

    def slope(self, a, z):
        above = step(z)
        return above + self.alpha * (1 - above)


class PReLU(Elementwise):
    r"""A leaky ReLU whose $\alpha$ is an input of the op, so that backprop trains it.

    References
    ----------
    He, Zhang, Ren & Sun (2015), Delving deep into rectifiers.

    Examples
    --------
    >>> z, alpha = Node([-2.0, 3.0], "z"), Node(0.25, "α")
    >>> backprop(PReLU()(z, alpha), upstream=[1, 1])[alpha]
    np.float64(-2.0)
    """

    symbol = "PReLU"
    tex = r"\max(\alpha z, z)"
    kinks = (0.0,)

    def forward(self, z, alpha):
        return np.maximum(z, 0) + alpha * np.minimum(z, 0)

    def local_gradients(self, a, z, alpha):
        above = step(z)
        return above + alpha * (1 - above), np.minimum(z, 0)


@dataclass(frozen=True)
class ELU(Activation):
    r"""Bends smoothly to $-\alpha$ on the negative side: $\alpha (e^z - 1)$ below 0.

    References
    ----------
    Clevert, Unterthiner & Hochreiter (2016), Fast and accurate deep network learning by
    exponential linear units.

    Examples
    --------
    >>> ELU()(Node([-1000.0, 2.0])).value
    array([-1.,  2.])
    """

    alpha: float = field(default=1.0, metadata=span(0, 2))
    symbol = "ELU"
    tex = r"z \;(z > 0), \quad \alpha (e^z - 1) \;(z \leq 0)"

    @property
    def kinks(self) -> tuple[float, ...]:  # type: ignore[override]
        """The place where the slope jumps: 0, but for α = 1, where the two sides fit."""
        return () if self.alpha == 1 else (0.0,)

    def forward(self, z):
        return np.maximum(z, 0) + self.alpha * np.expm1(np.minimum(z, 0))

    def slope(self, a, z):
        above = step(z)
        return above + (1 - above) * (np.minimum(a, 0) + self.alpha)


class SELU(Activation):
    r"""An ELU scaled so that mean 0 and variance 1 survive it: $\lambda z$ above 0.

    References
    ----------
    Klambauer, Unterthiner, Mayr & Hochreiter (2017), Self-normalizing neural networks.

    Examples
    --------
    >>> SELU()(Node([-1000.0, 1.0])).value.round(4)
    array([-1.7581,  1.0507])
    """

    symbol = "SELU"
    tex = r"\lambda z \;(z > 0), \quad \lambda\alpha (e^z - 1) \;(z \leq 0)"
    kinks = (0.0,)
    alpha = 1.6732632423543772
    scale = 1.0507009873554805

    def forward(self, z):
        return self.scale * (np.maximum(z, 0) + self.alpha * np.expm1(np.minimum(z, 0)))

    def slope(self, a, z):
        above = step(z)
        below = np.minimum(a, 0) + self.scale * self.alpha
        return self.scale * above + (1 - above) * below


class Softplus(Activation):
    r"""A ReLU without a kink: $\log(1 + e^z)$. Its slope is σ.

    References
    ----------
    Dugas, Bengio, Bélisle, Nadeau & Garcia (2000), Incorporating second-order functional knowledge
    for better option pricing.

    Examples
    --------
    >>> Softplus()(Node([-1000.0, 1000.0])).value
    array([   0., 1000.])
    """

    symbol = "softplus"
    tex = r"\log(1 + e^z)"

    def forward(self, z):
        return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))

    def slope(self, a, z):
        return Sigmoid().forward(z)


class SiLU(Activation):
    r"""Lets each input through as far as its own σ opens: $z\,\sigma(z)$; also called swish.

    References
    ----------
    Elfwing, Uchibe & Doya (2018), Sigmoid-weighted linear units for neural network function
    approximation in reinforcement learning.

    Examples
    --------
    >>> SiLU()(Node([-1000.0, 0.0, 1000.0])).value
    array([  -0.,    0., 1000.])
    """

    symbol = "SiLU"
    tex = r"z\,\sigma(z)"

    def forward(self, z):
        return z * Sigmoid().forward(z)

    def slope(self, a, z):
        opened = Sigmoid().forward(z)
        return opened + a * (1 - opened)


class GELU(Activation):
    r"""Weighs an input by how likely a normal one is smaller, in the usual form with tanh.

    References
    ----------
    Hendrycks & Gimpel (2016), Gaussian error linear units.

    Examples
    --------
    >>> GELU()(Node([-1000.0, 0.0, 1000.0])).value
    array([  -0.,    0., 1000.])
    """

    symbol = "GELU"
    tex = r"\frac{z}{2}\left(1 + \tanh\sqrt{2/\pi}\,(z + 0.044715\,z^3)\right)"

    def share(self, z):
        """The tanh in it, which runs from −1 to 1."""
        return np.tanh(sqrt(2 / pi) * z * (1 + 0.044715 * z * z))

    def forward(self, z):
        return 0.5 * z * (1 + self.share(z))

    def slope(self, a, z):
        share = self.share(z)
        steepness = sqrt(2 / pi) * (1 + 3 * 0.044715 * z * z)
        return 0.5 * (1 + share) + 0.5 * z * (1 - share * share) * steepness


class Maxout(Op):
    r"""The largest of $k$ pieces, which stand on the last axis of $z$; a tie shares the gradient.

    References
    ----------
    Goodfellow, Warde-Farley, Mirza, Courville & Bengio (2013), Maxout networks.

    Examples
    --------
    >>> z = Node([[1.0, 3.0], [2.0, -1.0]], "z")
    >>> backprop(Maxout()(z), upstream=[1, 1])[z]
    array([[0., 1.],
           [1., 0.]])
    """

    symbol = "maxout"
    tex = r"\max_i z_i"

    def forward(self, z):
        if not z.shape or z.shape[-1] == 0:
            raise ValueError("its pieces stand on the last axis, and there is none")
        return reduce(np.maximum, pieces(z))

    def vjp(self, upstream, a, z):
        largest = pieces(z) == a
        share = upstream / reduce(np.add, 1.0 * largest)
        return (np.moveaxis(largest * share, 0, -1),)


def pieces(z):
    """Take the pieces one by one: NumPy goes through a few long arrays faster than many short."""
    return np.moveaxis(z, -1, 0)


ACTIVATIONS = (
    Sigmoid, Tanh, ReLU, LeakyReLU, PReLU, ELU, SELU, Softplus, SiLU, GELU, Maxout,
)  # fmt: skip
