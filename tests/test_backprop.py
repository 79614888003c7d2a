"""The walk: order, forks, what it returns, and what it refuses."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import CASES

import coursekit
from coursekit import (
    Elementwise,
    Node,
    Op,
    Sigmoid,
    backprop,
    backprop_steps,
    exp,
    in_order,
    maximum,
    record,
)
from coursekit.jacobians import jacobian, vjp
from coursekit.ops import Matmul


def three_inputs():
    x, y, z = Node(-2, "x"), Node(5, "y"), Node(-4, "z")
    return (x + y) * z, (x, y, z)


def test_the_first_circuit_comes_out_to_the_digit():
    f, leaves = three_inputs()
    gradients = backprop(f)
    assert f.value == -12
    assert [gradients[leaf] for leaf in leaves] == [-4, -4, 3]


def test_the_second_circuit_comes_out_to_the_digit():
    leaves = x, y, z, w = Node(3), Node(-4), Node(2), Node(-1)
    f = 2 * (x * y + maximum(z, w))
    gradients = backprop(f)
    assert f.value == -20
    assert [gradients[leaf] for leaf in leaves] == [-8, 6, 2, 0]


def test_the_third_circuit_comes_out_to_the_digit():
    x, y = Node(3), Node(-4)
    f = (x + Sigmoid()(y)) / (Sigmoid()(x) + (x + y) ** 2)
    gradients = backprop(f)
    assert f"{f.value:.10f} {gradients[x]:.10f} {gradients[y]:.10f}" == (
        "1.5456448841 2.0595697956 1.5922327515"
    )


@pytest.mark.parametrize("gate", ["folded", "four primitive gates"])
def test_the_neuron_comes_out_to_the_digit(gate):
    w, x = [Node(2), Node(-3), Node(-3)], [Node(-1), Node(-2)]
    z = w[0] * x[0] + w[1] * x[1] + w[2]
    f = Sigmoid()(z) if gate == "folded" else 1 / (1 + exp(-z))
    gradients = backprop(f)
    assert z.value == 1
    assert f"{f.value:.10f} {gradients[z]:.10f}" == "0.7310585786 0.1966119332"
    assert [f"{gradients[node]:.5f}" for node in w] == ["-0.19661", "-0.39322", "0.19661"]
    assert [f"{gradients[node]:.5f}" for node in x] == ["0.39322", "-0.58984"]


def test_a_matrix_neuron_agrees_with_the_scalar_one():
    w, x = Node([2.0, -3.0]), Node([-1.0, -2.0])
    gradients = backprop(Sigmoid()(w @ x - 3))
    np.testing.assert_allclose(gradients[w], [-0.19661, -0.39322], atol=5e-6)
    np.testing.assert_allclose(gradients[x], [0.39322, -0.58984], atol=5e-6)


def test_gradients_add_where_a_value_is_used_twice():
    a = Node(3)
    p = a + a
    assert backprop(p + a)[a] == 3
    assert backprop(a * a)[a] == 6
    assert backprop(a - a)[a] == 0
    assert backprop(a / a)[a] == pytest.approx(0)


@pytest.mark.parametrize("swapped", [False, True])
def test_the_order_of_the_operands_does_not_matter(swapped):
    a = Node(1, "a")
    p = a + a
    q = p + a
    f = p + q if swapped else q + p
    assert backprop(f)[a] == 5


def test_only_what_leads_to_the_wanted_nodes_gets_a_gradient():
    f, (x, y, z) = three_inputs()
    gradients = backprop(f, wrt=[x])
    assert gradients == backprop(f, wrt=x)
    assert set(gradients) == {f, f.parents[0], x}
    assert gradients[x] == -4
    for left_out in (y, z, Node(1.0)):
        with pytest.raises(KeyError, match="the output does not use it, or wrt omits it"):
            gradients[left_out]
    assert set(backprop(f, wrt=[Node(1.0)])) == set(backprop(f, wrt=())) == {f}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_gradient_is_the_same_whoever_else_is_asked_for(case):
    nodes = [Node(value) for value in case.inputs(0)]
    output = case.op(*nodes)
    forked = output * output
    whole = backprop(forked, upstream := np.ones(output.shape))
    for node in nodes:
        only = backprop(forked, upstream, wrt=[node])
        assert set(only) == {forked, output, node}
        np.testing.assert_array_equal(only[node], whole[node])


def test_no_matrix_is_multiplied_for_a_gradient_that_nobody_wants():
    multiplied = []

    class Counted(np.ndarray):
        def __array_ufunc__(self, ufunc, method, *inputs, **options):
            multiplied.append(ufunc.__name__)
            plain = [np.asarray(given) for given in inputs]
            return getattr(ufunc, method)(*plain, **options)

    product = Matmul()
    x, W, upstream = (np.ones((2, 2)).view(Counted) for _ in range(3))
    assert product.vjp_for([False, True], upstream, None, x, W)[0] is None
    assert product.vjp_for([True, False], upstream, None, x, W)[1] is None
    assert multiplied == ["matmul", "matmul"]


def test_a_vjp_of_ones_own_is_the_one_that_is_asked():
    class Sevens(Matmul):
        def vjp(self, upstream, out, x, y):
            return np.full_like(x, 7), np.full_like(y, 7)

    x, W = Node(np.eye(2)), Node(np.eye(2))
    for wrt in (None, [W]):
        assert (backprop(Sevens()(x, W), np.eye(2), wrt)[W] == 7).all()


def test_running_a_cell_twice_gives_the_same_answer():
    f, _ = three_inputs()
    first = backprop(f)
    assert backprop(f) == first


def test_every_node_that_the_output_depends_on_has_a_gradient():
    f, leaves = three_inputs()
    assert set(backprop(f)) == {f, *f.parents, *leaves}


def test_each_node_stands_after_its_parents_and_only_once():
    x = Node(1.0)
    square = x * x
    f = square * square + x
    order = in_order(f)
    assert order == list(dict.fromkeys(order)) and order[-1] is f
    for node in order:
        assert all(order.index(parent) < order.index(node) for parent in node.parents)


def test_a_step_says_what_was_received_and_what_was_sent():
    x, y = Node(3.0), Node(-4.0)
    first, *rest = backprop_steps(x * y, upstream=2.0)
    assert first.upstream == 2
    assert first.local == (-4, 3)
    assert first.downstream == (-8, 6)
    assert [step.downstream for step in rest] == [(), ()]


def test_the_total_grows_from_path_to_path():
    a = Node(3.0)
    (step, leaf) = backprop_steps(a * a)
    assert step.downstream == (3, 3)
    assert step.total == (3, 6)
    assert leaf.upstream == 6


def test_an_op_that_is_not_elementwise_has_no_local_gradients():
    step = next(iter(backprop_steps(coursekit.sum(Node([1.0, 2.0])))))
    assert step.local is None
    np.testing.assert_array_equal(step.downstream[0], [1, 1])


def test_a_chain_of_a_hundred_thousand_nodes_is_walked_and_forgotten():
    x = node = Node(1.0)
    for _ in range(100_000):
        node = node + 0.5
    assert backprop(node)[x] == 1
    del node


def test_a_doubling_chain_is_walked_once_a_node_and_not_once_a_path():
    x = node = Node(1.0)
    for _ in range(200):
        node = node + node
    assert backprop(node)[x] == 2.0**200


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_infinity_and_nan_pass(value):
    x = Node(value)
    assert backprop(x + 1)[x] == 1


def test_an_array_output_wants_an_upstream():
    v = Node([1.0, 2.0], "v")
    with pytest.raises(ValueError, match=r"single number, but the output is the result of × of"):
        backprop(v * 2)
    np.testing.assert_array_equal(backprop(v * 2, upstream=[1, 10])[v], [2, 20])


def test_an_upstream_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"upstream has the shape \(3,\), but the output is v of"):
        backprop(Node([1.0, 2.0], "v"), upstream=[1, 2, 3])


def test_an_output_that_is_no_node_is_refused():
    with pytest.raises(TypeError, match="backprop starts at a Node, not float"):
        backprop(3.0)


def test_a_node_that_the_output_does_not_depend_on_has_no_gradient():
    with pytest.raises(KeyError, match="the output does not use it"):
        backprop(Node(1.0) * 2)[Node(1.0, "stranger")]


class Doubled(Elementwise):
    """An op by a learner."""

    symbol = "double"

    def forward(self, x):
        return 2 * x

    def local_gradients(self, out, x):
        return (2.0,)


def test_an_op_from_a_notebook_cell_works_like_ours():
    x = Node([1.0, 2.0])
    np.testing.assert_array_equal(backprop(Doubled()(x), upstream=[1, 1])[x], [2, 2])


def broken(**methods):
    return type("Broken", (Op,), {"forward": lambda self, x: 2 * x, **methods})()


@pytest.mark.parametrize(
    ("op", "sentence"),
    [
        (broken(vjp=lambda self, *given: (np.ones(3),)), r"shape \(3,\) back to v of shape \(2,\)"),
        (broken(vjp=lambda self, *given: (np.float64(1),)), r"shape \(\) back to v of shape"),
        (broken(vjp=lambda self, *given: ()), "has 1 input, but sends back 0 gradients"),
        (broken(vjp=lambda self, *given: None), "sent nothing back"),
        (broken(vjp=lambda self, *given: (None,)), "not None: does it lack a return"),
        (broken(vjp=lambda self, *given: np.ones(2)), "Broken must send back a tuple"),
        (broken(vjp=lambda self, *given: 2.0), "a tuple, one gradient for each input"),
        (broken(vjp=lambda self, *given: ("a",)), "real numbers"),
        (broken(), "needs a vjp"),
    ],
)
def test_an_op_that_sends_back_what_does_not_fit_is_named(op, sentence):
    with pytest.raises((ValueError, TypeError, NotImplementedError), match=sentence):
        backprop(op(Node([1.0, 2.0], "v")), upstream=[1, 1])


def test_a_slope_without_a_return_is_named():
    class Forgetful(Sigmoid):
        def slope(self, a, z):
            a * (1 - a)

    with pytest.raises(TypeError, match="σ sent nothing back: does it lack a return"):
        backprop(Forgetful()(Node(1.0)))


def test_local_gradients_without_a_return_are_named():
    op = type("Forgetful", (Doubled,), {"symbol": "", "local_gradients": lambda *given: None})()
    with pytest.raises(TypeError, match="Forgetful sent nothing back: does it lack a return"):
        backprop(op(Node(1.0)))


def test_a_slope_of_another_shape_is_named_with_the_shape_of_the_values():
    op = type("Wide", (Doubled,), {"symbol": "", "local_gradients": lambda *given: (np.ones(3),)})()
    with pytest.raises(ValueError, match=r"Wide has .* \(3,\) for values of shape \(2,\)"):
        backprop(op(Node([1.0, 2.0])), upstream=[1, 1])


class Column(Doubled):
    symbol = "column"

    def local_gradients(self, out, x):
        return (np.full((2, 1), 2.0),)


@pytest.mark.parametrize(
    "walk",
    [
        lambda x: backprop(Column()(x), upstream=[1, 1]),
        lambda x: record(Column()(x), [x], upstream=[1, 1]),
        lambda x: jacobian(Column(), x),
        lambda x: vjp(Column(), x, upstream=[1, 1]),
    ],
    ids=["backprop", "record", "jacobian", "vjp"],
)
def test_a_local_gradient_with_more_axes_than_the_output_is_refused_and_not_summed(walk):
    with pytest.raises(ValueError, match=r"column has local gradients of shape \(2, 1\)"):
        walk(Node([1.0, 2.0], "x"))


def test_an_op_cannot_change_a_gradient_that_others_share():
    def in_place(self, upstream, out, x):
        upstream *= 2
        return (upstream,)

    with pytest.raises(ValueError, match="read-only"):
        backprop(broken(vjp=in_place)(Node([1.0, 2.0])), upstream=[1, 1])


def test_an_op_that_sends_views_of_its_own_buffer_spoils_no_gradient():
    class Reusing(Op):
        def __init__(self):
            self.buffer = np.zeros(4)

        def forward(self, x):
            return 2 * x

        def vjp(self, upstream, out, x):
            self.buffer[:2] = 2 * upstream
            return (self.buffer[:2],)

    op, x, y = Reusing(), Node([1.0, 2.0]), Node([3.0, 4.0])
    gradients = backprop(op(x) + 10 * op(y), upstream=[1, 1])
    assert gradients[x].tolist() == [2, 2]
    assert gradients[y].tolist() == [20, 20]


def test_gradients_share_nothing_with_the_upstream_that_was_given():
    upstream, W = np.ones((3, 2)), Node(np.ones((2, 3)))
    gradients = backprop(W.T, upstream=upstream)
    with pytest.raises(ValueError, match="read-only"):
        gradients[W][:] = 0
    upstream[:] = 5
    assert gradients[W].max() == 1


@pytest.mark.parametrize("upstream", [[None, 1], ["1", "2"], [1j, 2]])
def test_an_upstream_that_is_no_real_numbers_is_refused(upstream):
    with pytest.raises(TypeError, match="an upstream gradient holds real numbers, not"):
        backprop(Node([1.0, 2.0]) * 1, upstream=upstream)


def test_labels_that_change_after_the_forward_pass_change_nothing():
    logits, labels = Node(np.eye(2)), np.array([0, 1])
    loss = coursekit.cross_entropy(logits, labels)
    before = backprop(loss)[logits]
    labels[:] = [1, 0]
    np.testing.assert_array_equal(backprop(loss)[logits], before)


def test_python_floats_from_a_learners_op_are_taken():
    op = broken(vjp=lambda self, upstream, out, x: [2.0])
    x = Node(3.0)
    assert math.isclose(backprop(op(x))[x], 2.0)


def test_a_node_of_a_scalar_graph_and_its_gradient_take_at_most_400_bytes():
    def grow(n):
        node = Node(1.0)
        for _ in range(n):
            node = node - 0.5 * node
        return node, backprop(node)

    grow(10)  # what is made once, at the first use
    tracemalloc.start()
    kept = grow(20_000)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken / len(kept[1]) <= 400 and len(kept[1]) == 60_001


def test_each_op_is_asked_once_however_many_paths_there_are():
    asked = []

    class Counted(Doubled):
        def local_gradients(self, out, x):
            asked.append("back")
            return (2.0,)

        def forward(self, x):
            asked.append("forward")
            return 2 * x

    node = Counted()(Node(1.0))
    for _ in range(10):
        node = node + node
    backprop(node)
    assert asked == ["forward", "back"]
