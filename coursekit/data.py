"""The data of the course: handwritten digits, and two figures in the plane.

The images are real: 1,797 digits of 8 × 8 pixels from the UCI repository, shipped with the
package. Their licence (CC BY 4.0) lies beside them, in ``datasets/LICENCE-digits.txt``. Spirals
and moons are drawn anew from a seed.
"""

from functools import cache
from importlib.resources import files

import numpy as np

__all__ = ["digits", "moons", "spiral"]


@cache
def digits(standardised: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Handwritten digits: 1,797 images of 8 × 8 pixels and what was written.

    Parameters
    ----------
    standardised : bool
        Each pixel is centred to mean 0 and scaled to variance 1 over all images, which is
        what a deep network wants at its input; the three pixels that are the same in every
        image become 0. Without it, a pixel is a count of ink from 0 to 16.

    Returns
    -------
    images : ndarray of shape (1797, 64)
        One image a row, the 8 × 8 pixels from left to right and from top to bottom.
    labels : ndarray of shape (1797,)
        The digit, from 0 to 9.

    Notes
    -----
    Both arrays are read-only, because every caller is given the same two.

    References
    ----------
    Alpaydin & Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository, https://doi.org/10.24432/C50P49.

    Examples
    --------
    >>> images, labels = digits()
    >>> images.shape, labels[:10].tolist()
    ((1797, 64), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    with (
        (files("coursekit") / "datasets" / "digits.npz").open("rb") as file,
        np.load(file) as stored,
    ):
        images, labels = stored["images"].astype(float), stored["labels"].astype(int)
    if standardised:
        deviation = images.std(axis=0)
        images = (images - images.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    images.flags.writeable = labels.flags.writeable = False
    return images, labels


def spiral(seed: int = 0, n: int = 100, noise: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Three arms that wind around each other: no straight line tells them apart.

    Parameters
    ----------
    seed : int
        The same seed draws the same points.
    n : int
        Points of each arm.
    noise : float
        The standard deviation of the angle, in radians.

    Returns
    -------
    points : ndarray of shape (3n, 2)
        Arm by arm, each from the centre outwards to a distance of 1.
    labels : ndarray of int of shape (3n,)
        The arm: 0, 1 or 2.

    References
    ----------
    Karpathy (2015), Stanford CS231n, Putting it together: minimal neural network case study.

    Examples
    --------
    >>> points, labels = spiral()
    >>> points.shape, np.bincount(labels).tolist()
    ((300, 2), [100, 100, 100])
    """
    # The course's figures on dying units hang on these very draws: one normal number a point, arm
    # by arm, and (sin, cos) in this order.
    rng, distance = np.random.default_rng(seed), np.linspace(0, 1, n)
    arms = []
    for arm in range(3):
        angle = np.linspace(4 * arm, 4 * (arm + 1), n) + noise * rng.normal(size=n)
        arms.append(np.column_stack((distance * np.sin(angle), distance * np.cos(angle))))
    return np.concatenate(arms), np.repeat(np.arange(3), n)


def moons(seed: int = 0, n: int = 100, noise: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Two half circles, one open below and one open above, that reach into each other.

    Parameters
    ----------
    seed : int
        The same seed draws the same points.
    n : int
        Points of each moon.
    noise : float
        The standard deviation of both coordinates; the circles have radius 1.

    Returns
    -------
    points : ndarray of shape (2n, 2)
    labels : ndarray of int of shape (2n,)
        The moon: 0 for the upper one, 1 for the lower one.

    References
    ----------
    Pedregosa et al. (2011), Scikit-learn: Machine Learning in Python, whose `make_moons` places
    the half circles likewise.

    Examples
    --------
    >>> points, labels = moons(noise=0)
    >>> points[[0, 100]].tolist()  # where each begins
    [[1.0, 0.0], [0.0, 0.5]]
    """
    angle = np.linspace(0, np.pi, n)
    upper = np.column_stack((np.cos(angle), np.sin(angle)))
    points = np.concatenate((upper, (1, 0.5) - upper))
    noises = np.random.default_rng(seed).normal(0, noise, points.shape)
    return points + noises, np.repeat(np.arange(2), n)
