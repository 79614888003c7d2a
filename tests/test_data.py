from importlib.resources import files

import numpy as np
import pytest

from coursekit.data import digits


def test_the_digits_are_those_of_the_repository():
    images, labels = digits(standardised=False)
    assert images.shape == (1797, 64)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (images.min(), images.max(), images.sum()) == (0, 16, 561718)
    assert images[0, :8].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]


def test_every_pixel_is_standardised_and_a_constant_one_stays_zero():
    raw, _ = digits(standardised=False)
    images, _ = digits()
    constant = raw.std(axis=0) == 0
    assert constant.sum() == 3
    assert not images[:, constant].any()
    np.testing.assert_allclose(images.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(images[:, ~constant].std(axis=0), 1)


def test_standardising_changes_neither_order_nor_labels():
    raw, written = digits(standardised=False)
    images, labels = digits()
    assert np.array_equal(written, labels)
    assert np.array_equal(raw[:, 20].argsort(kind="stable"), images[:, 20].argsort(kind="stable"))


@pytest.mark.parametrize("array", digits())
def test_nobody_can_spoil_the_digits_for_others(array):
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 0


def test_the_licence_lies_beside_the_digits():
    text = (files("coursekit") / "datasets" / "LICENCE-digits.txt").read_text(encoding="utf-8")
    for part in ("Alpaydin", "Kaynak", "1998", "10.24432/C50P49", "CC BY 4.0", "What was changed"):
        assert part in text
