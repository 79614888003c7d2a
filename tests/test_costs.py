import numpy as np
import pytest

from coursekit import Node, costs
from coursekit.costs import TIMED, function, inputs, measured


def test_of_rows_with_too_many_numbers_only_some_are_timed(monkeypatch):
    asked = []
    monkeypatch.setattr("coursekit.costs.inputs", lambda n, batch: asked.append(n) or np.ones(3))
    measured(2 * TIMED, "tanh", 1)
    assert asked == [TIMED]


def test_the_same_call_gives_the_same_layer_and_rows():
    x = inputs(5, 3)
    np.testing.assert_array_equal(x, inputs(5, 3))
    once, again = (function("matmul", 5)(Node(x)).value for _ in "12")
    np.testing.assert_array_equal(once, again)


def test_a_time_is_the_shortest_of_some_and_long_work_is_done_once(monkeypatch):
    clock, lasts = [0.0], iter([0.03, 0.01, 0.02, 9.0])

    def work():
        clock[0] += next(lasts)

    monkeypatch.setattr(costs, "perf_counter", lambda: clock[0])
    assert costs.shortest(work) == pytest.approx(0.01)  # 0.06 seconds are enough
    assert costs.shortest(work) == pytest.approx(9.0)
