"""Nobody needs to see colours to read a picture."""

from itertools import combinations

import numpy as np
import pytest
from colour_blindness import MATRICES, difference, lab, linear, told_apart

from coursekit.pictures.layers import FATE_LOOKS
from coursekit.style import CARD, FAINT, GRADIENT, INK, SERIES, VALUE

# What is drawn in one picture, each with what it shows besides its colour.
USED = {
    **{f"series {n}": (each.colour, (each.dash, each.marker)) for n, each in enumerate(SERIES)},
    "value": (VALUE, "solid, thick"),
    "gradient": (GRADIENT, "dashed"),
    "ink": (INK, "dotted, thin"),
}


@pytest.mark.parametrize("pair", list(combinations(USED, 2)), ids=" and ".join)
def test_two_things_differ_in_shape(pair):
    (_, first), (_, second) = (USED[name] for name in pair)
    assert first != second


@pytest.mark.parametrize("kind", MATRICES)
def test_values_and_gradients_differ_in_lightness_too_or_in_dash(kind):
    assert difference(VALUE, GRADIENT) > 2 * difference(VALUE, GRADIENT, "deutan") > 0
    assert USED["value"][1] != USED["gradient"][1]
    for colour in (VALUE, GRADIENT, INK, FAINT, *(each.colour for each in SERIES)):
        seen = lab(MATRICES[kind] @ linear(CARD)) - lab(MATRICES[kind] @ linear(colour))
        assert seen[0] > 30  # lighter by far is the card that all of them lie on


@pytest.mark.parametrize("pair", list(combinations(FATE_LOOKS, 2)), ids=" and ".join)
def test_fates_of_units_differ_in_hatch(pair):
    (_, first), (_, second) = (FATE_LOOKS[name] for name in pair)
    assert first != second


def test_the_simulation_is_alive():
    # White stays white, and each kind confuses what it is known for.
    for matrix in MATRICES.values():
        np.testing.assert_allclose(matrix @ np.ones(3), 1, atol=2e-6)
    assert difference("#ff0000", "#00a000") > 4 * difference("#a06000", "#608000", "deutan")
    assert not told_apart("#c83c3c", "#787800")
    assert told_apart("#000000", "#ffffff")
