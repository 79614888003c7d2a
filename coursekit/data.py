"""The data of the course: handwritten digits.

The images are real: 1,797 digits of 8 × 8 pixels from the UCI repository, shipped with the
package. Their licence (CC BY 4.0) lies beside them, in ``datasets/LICENCE-digits.txt``.
"""

from functools import cache
from importlib.resources import files

import numpy as np

__all__ = ["digits"]


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
