from itertools import pairwise

import numpy as np
import pytest

from coursekit.activations import ReLU
from coursekit.data import spiral
from coursekit.films import Film
from coursekit.nets import MLP
from coursekit.pictures.fates import FatesView, fates_grid, plot_fates, seats, show_fates
from coursekit.probes import FATES, Census
from coursekit.style import new_figure

SHARES = np.array([[0.0, 0.4, 0.5, 0.0, 0.9], [0.0, 0.0, 0.6, 0.1, 0.01]])


@pytest.fixture
def ax():
    return new_figure()[1]


def test_the_fates_are_told_apart_by_shape(ax):
    marks = fates_grid([5], ax)
    assert list(marks) == list(FATES)
    looks = {(mark.get_marker(), mark.get_markerfacecolor()) for mark in marks.values()}
    assert len({marker for marker, _ in looks}) == len(FATES)


def test_every_unit_sits_in_the_grid_once_under_its_fate(ax):
    marks = fates_grid([5, 5], ax)
    taken = Census((0, 10), (SHARES, SHARES), spread=1.0)
    show_fates(marks, taken)
    assert {fate: len(mark.get_xdata()) for fate, mark in marks.items()} == dict.fromkeys(FATES, 2)
    taken_seats = np.concatenate([mark.get_xydata() for mark in marks.values()])
    assert sorted(map(tuple, taken_seats)) == sorted(map(tuple, np.concatenate(seats([5, 5]))))


def test_layers_of_different_widths_do_not_overlap():
    blocks = seats([50, 7, 23])
    assert all(left[:, 0].max() < right[:, 0].min() for left, right in pairwise(blocks))


def test_a_whole_plot_counts_each_fate_on_the_axes_that_it_is_given(ax):
    assert plot_fates(Census((0, 10), (SHARES,), spread=1.0), ax) is ax
    assert ax.get_title("left") == "2 of 5 hidden units are dead"
    counted = [text.get_text() for text in ax.get_legend().get_texts()]
    assert counted == ["1 alive", "1 sparse", "1 revived", "1 died", "1 never alive"]


def test_the_chosen_look_is_ringed_on_every_curve():
    points, labels = spiral()
    view = FatesView([9, 9], points, labels, range(0, 21, 5))
    film = Film(MLP([2, 9, 9, 3], ReLU()), points, labels, rate=0.5, epochs=20, every=5)
    for look in (0, 2, 4):
        assert view.then in view.show(film, look, unit=3)
        ringed = [[5 * look, 100 * count / 9] for count in film.dead[:, look]]
        np.testing.assert_allclose(view.then.get_xydata(), ringed)
