from importlib.resources import files

import numpy as np
import pytest

from coursekit.data import digits, moons, spiral


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


@pytest.mark.parametrize(("figure", "classes"), [(spiral, 3), (moons, 2)])
def test_a_figure_of_the_plane_is_the_same_for_the_same_seed_and_another_for_another(
    figure, classes
):
    points, labels = figure(seed=3, n=20)
    assert points.shape == (classes * 20, 2)
    assert np.bincount(labels).tolist() == [20] * classes
    assert np.array_equal(points, figure(seed=3, n=20)[0])
    assert not np.array_equal(points, figure(seed=4, n=20)[0])


def test_an_arm_of_the_spiral_leaves_the_centre_at_an_even_pace():
    points, labels = spiral(n=50)
    for arm in range(3):
        np.testing.assert_allclose(np.hypot(*points[labels == arm].T), np.linspace(0, 1, 50))


def test_without_noise_the_arms_turn_by_four_radians_and_begin_where_the_last_one_ended():
    points, _ = spiral(n=50, noise=0)
    angles = np.arctan2(points[:, 0], points[:, 1])
    for arm in range(3):
        turned = np.unwrap(angles[50 * arm + 1 : 50 * (arm + 1)])
        assert turned[-1] - turned[0] == pytest.approx(4 * 48 / 49)
        assert np.cos(turned[-1] - 4 * (arm + 1)) == pytest.approx(1)


def test_moons_are_half_circles_around_two_centres():
    points, labels = moons(noise=0)
    upper, lower = points[labels == 0], points[labels == 1] - (1, 0.5)
    np.testing.assert_allclose(np.hypot(*upper.T), 1)
    np.testing.assert_allclose(np.hypot(*lower.T), 1)
    assert upper[:, 1].min() >= 0 and lower[:, 1].max() <= 0
    assert np.std(moons(noise=0.3)[0] - points) == pytest.approx(0.3, rel=0.1)
