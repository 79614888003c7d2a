import numpy as np
import pytest

from coursekit import ELU, Activation, LeakyReLU, ReLU, Sigmoid
from coursekit.differences import (
    DIFFERENCES,
    POWERS,
    Difference,
    errors_by_nudge,
    kink_distance,
    kinks_of,
)

CENTRED, FORWARD, CENTRED_32, _ = DIFFERENCES

MANY = np.linspace(-2, 2, 201)


def error(difference, power, z=1.0):
    return errors_by_nudge(Sigmoid(), z, difference, power)[0]


def test_the_centred_difference_of_sigma_at_1_is_best_in_float64_near_1e_5():
    assert f"{error(CENTRED, -5):.0e}" == "9e-12"
    assert f"{error(CENTRED_32, -5):.1e}" == "1.5e-02"


def test_in_float32_the_best_nudge_is_a_thousand_times_larger():
    errors = errors_by_nudge(Sigmoid(), MANY, CENTRED_32)
    assert POWERS[errors.argmin()] == -2
    assert 6e-6 < errors.min() < 8e-6


def test_the_curvature_costs_h_for_a_forward_and_h_squared_for_a_centred_difference():
    for difference, power in ((FORWARD, 1), (CENTRED, 2)):
        grown = error(difference, -2) / error(difference, -3)
        assert np.log10(grown) == pytest.approx(power, abs=0.05)


def test_every_difference_computes_in_its_own_precision_alone():
    for difference in DIFFERENCES:
        z = np.array([1.0], difference.dtype)
        assert Sigmoid().forward(z + np.asarray(1e-3, difference.dtype)).dtype == difference.dtype
    assert error(CENTRED_32, -10) == 1  # the nudge is lost in the rounding of z


def test_a_slope_of_zero_measured_as_zero_is_no_error():
    assert Difference(True, np.float64).error(ReLU(), -1.0, 1e-3) == 0


@pytest.mark.parametrize("z", [0.5, -0.5])
def test_a_kink_in_reach_spoils_the_centred_difference_at_once(z):
    near, far = (errors_by_nudge(ReLU(), z, CENTRED, power)[0] for power in (-1, 0))
    assert near < 1e-9
    assert far > 0.2
    assert kink_distance(ReLU(), z) == 0.5


def test_a_kink_that_a_parameter_smooths_away_is_none():
    class Line(Activation):
        kinks = (-1.0, 2.0)

        def forward(self, z):
            return z + np.maximum(z - 2, 0)

        def slope(self, a, z):
            return 1.0 + (z > 2)

    assert kinks_of(Line()) == (2.0,)
    assert kink_distance(Line(), -1.0) == 3
    for smooth in (LeakyReLU(1.0), ELU(1.0), Sigmoid()):
        assert kinks_of(smooth) == () and kink_distance(smooth, 0.0) is None
