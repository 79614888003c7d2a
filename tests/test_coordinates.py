import numpy as np
import pytest

from coursekit.jacobians import numerical_jacobian
from coursekit.pictures.coordinates import (
    STEP,
    cartesian,
    on_page,
    point,
    spherical_jacobian,
    volume_element,
)
from coursekit.style import new_figure

PLACES = [(2, 60, 45), (0.5, 120, 300), (3, 90, 0), (1, 1, 359)]


@pytest.mark.parametrize("place", PLACES)
def test_the_determinant_is_r_squared_sin_theta(place):
    r, theta, _ = place
    J = spherical_jacobian(*place)
    assert np.linalg.det(J) == pytest.approx(r**2 * np.sin(np.radians(theta)))


def test_another_order_of_the_columns_flips_the_sign():
    J = spherical_jacobian(2, 60, 45)
    assert f"{np.linalg.det(J):.4f} {np.linalg.det(J[:, [0, 2, 1]]):.4f}" == "3.4641 -3.4641"


@pytest.mark.parametrize("place", PLACES)
def test_the_columns_stand_at_right_angles_and_are_1_r_and_r_sin_theta_long(place):
    r, theta, _ = place
    J = spherical_jacobian(*place)
    expected = np.diag([1, r**2, (r * np.sin(np.radians(theta))) ** 2])
    np.testing.assert_allclose(J.T @ J, expected, atol=1e-12)


@pytest.mark.parametrize("place", PLACES)
def test_the_jacobian_is_the_numerical_one(place):
    inputs = [place[0], *np.radians(place[1:])]
    np.testing.assert_allclose(
        spherical_jacobian(*place), numerical_jacobian(cartesian, inputs), atol=1e-9
    )


@pytest.mark.parametrize(
    ("place", "rank"), [((2, 0, 45), 2), ((2, 180, 45), 2), ((0, 60, 45), 1), ((2, 60, 45), 3)]
)
def test_rank_is_lost_at_the_poles_and_at_the_centre(place, rank):
    J = spherical_jacobian(*place)
    assert np.linalg.matrix_rank(J) == rank
    assert (np.linalg.det(J) == 0) == (rank < 3)
    assert volume_element(*place).get_title("left").endswith(f"rank {rank}")


def test_a_point_lies_where_the_engine_puts_it():
    place = cartesian([2.0, *np.radians([60, 45])]).value
    np.testing.assert_allclose(point(2, 60, 45), place)


def test_the_edges_of_the_box_are_the_columns_of_the_jacobian():
    _, ax = new_figure()
    assert volume_element(2, 60, 45, ax) is ax
    here, J = point(2, 60, 45), spherical_jacobian(2, 60, 45)
    edges = [line.get_xydata() for line in ax.lines[1:4]]
    for edge, column in zip(edges, J.T, strict=True):
        np.testing.assert_allclose(edge, on_page([here, here + STEP * column]))
