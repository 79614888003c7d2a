import numpy as np
import pytest

from coursekit import Node, Sigmoid
from coursekit.nets import Neuron
from coursekit.pictures.neurons import SURE, checked_points, neuron_line
from coursekit.style import new_figure

POINTS, LABELS = [[-1.0, 0.0], [1.0, 0.5], [2.0, 1.0], [0.0, -1.0]], [0, 1, 0, 1]
NEURONS = [((1.0, 0.5), 0.2), ((-3.0, 2.0), 1.0), ((0.0, 2.0), -0.4)]


@pytest.mark.parametrize(("w", "b"), NEURONS)
def test_the_lines_stand_where_sigma_is_what_their_label_says(w, b):
    _, ax = new_figure()
    assert neuron_line(w, b, POINTS, LABELS, ax) is ax
    neuron = Neuron(Node(list(w)), Node(b), Sigmoid())
    lines = {line.get_label(): line.get_xydata() for line in ax.lines}
    np.testing.assert_allclose(neuron(lines["σ = 0.5"]).value, 0.5)
    np.testing.assert_allclose(neuron(lines["σ = 0.1, 0.9"]).value, 0.1)
    assert Sigmoid().forward(np.array(SURE)) == pytest.approx(0.9)


@pytest.mark.parametrize(("w", "b"), NEURONS)
def test_rings_are_around_the_points_that_the_neuron_reads_wrong(w, b):
    ax = neuron_line(w, b, POINTS, LABELS)
    fires = Neuron(Node(list(w)), Node(b), Sigmoid())(POINTS).value > 0.5
    (rings,) = (line for line in ax.lines if line.get_label() == "wrong side")
    np.testing.assert_array_equal(rings.get_xydata(), np.array(POINTS)[fires != LABELS])
    assert f"{np.sum(fires != LABELS)} of 4" in ax.get_title("left")


def test_the_line_crosses_the_whole_window_wherever_the_data_lie():
    far = np.array(POINTS) * 100 + 5000
    ax = neuron_line([1, -1], 0.0, far, LABELS)
    (line,) = (line for line in ax.lines if line.get_label() == "σ = 0.5")
    (left, right), ends = ax.get_xlim(), np.sort(line.get_xdata())
    assert ends[0] < left and right < ends[1]


def test_a_neuron_without_weights_has_no_line():
    ax = neuron_line([0, 0], 1.0, POINTS, LABELS)
    lines = {line.get_label(): line.get_xydata() for line in ax.lines}
    assert np.isnan(lines["σ = 0.5"]).all()
    assert "2 of 4" in ax.get_title("left")


@pytest.mark.parametrize(
    ("points", "labels", "sentence"),
    [
        ([], [], "There are no points"),
        ([[1, 2, 3]], [0], "pairs, of shape"),
        ([[1, np.nan]], [0], "finite pairs"),
        ([[1, 2]], [0, 1], "1 points need as many labels"),
        ([[1, 2]], [2], "each of them 0 or 1"),
    ],
)
def test_what_a_neuron_cannot_be_drawn_over_is_said_in_a_sentence(points, labels, sentence):
    with pytest.raises(ValueError, match=sentence):
        checked_points(points, labels)


def test_points_of_one_label_or_in_one_place_are_drawn_too():
    neuron_line([1, 1], 0, [[1, 1]], [1])
