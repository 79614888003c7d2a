import re
from itertools import product

import numpy as np
import pytest

from coursekit import Node
from coursekit.explorers.product import (
    CELLS,
    FORMULAS,
    JacobianOrProduct,
    bytes_of,
    function,
    inputs,
    matrix,
    measured,
    numbers,
    shape,
)
from coursekit.jacobians import jacobian, vjp
from coursekit.pictures.derivatives import LAPTOP, structure

LOOK = JacobianOrProduct()


def test_the_figures_of_the_course_are_those_of_memory():
    whole, filled, gradient = numbers(4096, "softmax", 1)
    assert (bytes_of(whole), bytes_of(filled), bytes_of(gradient)) == (
        "128 MiB",
        "128 MiB",
        "32 KiB",
    )
    whole, filled, gradient = numbers(4096, "softmax", 100)
    assert (bytes_of(whole), bytes_of(filled)) == ("1.22 TiB", "12.5 GiB")
    assert "1.22 TiB" in LOOK.evidence(**LOOK.states["a batch of 100"])


@pytest.mark.parametrize("op", FORMULAS)
@pytest.mark.parametrize(("n", "batch"), [(4, 1), (16, 1), (8, 4)])
def test_the_counts_are_those_of_the_matrix_itself(op, n, batch):
    J = matrix(n, op, batch)
    whole, filled, gradient = numbers(n, op, batch)
    assert (J.size, np.count_nonzero(J), len(J)) == (whole, filled, gradient)
    assert J.nbytes == 8 * whole
    assert structure(J).startswith(shape(n, op, batch))


@pytest.mark.parametrize("batch", [1, 3])
def test_each_formula_is_the_vjp(batch):
    rng = np.random.default_rng(3)
    for op in FORMULAS:
        x, f = inputs(5, batch), function(op, 5)
        upstream = rng.normal(size=x.shape)
        a = f(Node(x)).value
        by_hand = {
            "tanh": upstream * (1 - a**2),
            "softmax": a * (upstream - (upstream * a).sum(-1, keepdims=True)),
            "matmul": upstream @ np.random.default_rng(1).normal(size=(5, 5)).T,
        }[op]
        np.testing.assert_allclose(vjp(f, x, upstream=upstream), by_hand, atol=1e-12)
        through = upstream.ravel() @ jacobian(f, x).dense()
        np.testing.assert_allclose(through.reshape(x.shape), by_hand, atol=1e-12)


def test_softmax_rows_sum_to_0_and_each_block_lacks_one_rank():
    J = matrix(16, "softmax", 1)
    np.testing.assert_allclose(J.sum(axis=1), 0, atol=1e-15)
    assert np.linalg.matrix_rank(J) == 15


def test_a_matrix_too_large_to_draw_is_measured_in_millimetres():
    assert "<image" in LOOK.fragment(n=CELLS, op="softmax", batch=1)
    piece = LOOK.fragment(n=4096, op="softmax", batch=100)
    assert "<image" not in piece and "of 1 mm each, 410 m wide" in piece


def test_time_is_measured_when_asked_and_told_from_then_on():
    look, sent = JacobianOrProduct(n=32), []
    look.send = sent.append
    before = look.evidence()
    assert "▶ measure the time" in look.fragment() and " ms" not in before
    look.on_pick("measure the time")
    (frame,) = sent[0]["frames"].values()
    told = re.escape(before) + r" Measured here: vjp \S+ m?s, Jacobian \S+ m?s\."
    assert re.fullmatch(told, frame["evidence"])
    assert "▶ measure the time" not in frame["fragment"] and " ms" in frame["fragment"]
    assert " ms" not in look.fragment(n=64)


def test_of_a_large_layer_a_part_is_measured_and_the_button_says_so():
    look, sent = JacobianOrProduct(n=4096, op="matmul", batch=100), []
    look.send = sent.append
    look.on_pick("measure the time")
    (frame,) = sent[0]["frames"].values()
    assert ">n = 1024: vjp " in frame["fragment"]


def test_no_matrix_is_built_that_would_take_too_long():
    assert measured(512, "tanh", 100)[1] == 0
    assert min(measured(64, "matmul", 4)) > 0


@pytest.mark.parametrize("name", LOOK.states)
def test_a_named_state_has_a_frame(name):
    assert "fault" not in LOOK.frame(**LOOK.state(**LOOK.states[name]))


def test_what_travels_with_the_widget_is_small():
    assert len(LOOK.held_frames) < 400_000


@pytest.mark.parametrize("op", ["tanh", "softmax", "matmul"])
def test_no_words_reach_the_line_of_a_laptop_s_memory(op):
    LOOK.drawn  # noqa: B018  it makes the axes
    line = LOOK.costs.labels[0].axes.transData.transform((LAPTOP, 0))[0]
    for n, batch in product(LOOK.controls[0].positions, (1, 4, 100)):
        LOOK.move(n=n, op=op, batch=batch)
        ends = [label.get_window_extent().x1 for label in LOOK.costs.labels[:2]]
        assert max(ends) < line - 2, (n, batch)
