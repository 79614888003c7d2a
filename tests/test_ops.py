"""Every op and activation, against three opinions and against whatever arrays can look like."""

import inspect

import autograd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes
from oracles import CASES

import coursekit
from coursekit import ACTIVATIONS, OPS, Elementwise, Node, Op, activations, backprop, ops
from coursekit.jacobians import check_gradients

every_case = pytest.mark.parametrize("case", CASES, ids=str)


def test_the_registries_miss_no_op():
    defined = {
        found
        for module in (ops, activations)
        for found in vars(module).values()
        if inspect.isclass(found) and issubclass(found, Op)
    }
    assert defined - {Op, Elementwise, ops.Reduction, activations.Activation} == {
        *OPS,
        *ACTIVATIONS,
    }


def test_every_op_has_a_second_opinion():
    assert {type(case.op) for case in CASES} == {*OPS, *ACTIVATIONS}


@every_case
@pytest.mark.parametrize("seed", [0, 1])
def test_the_value_and_the_gradients_agree_with_autograd(case, seed):
    inputs = case.inputs(seed)
    nodes = [Node(value) for value in inputs]
    output = case.op(*nodes)
    np.testing.assert_allclose(output.value, case.oracle(*inputs), rtol=1e-12, atol=1e-14)
    upstream = np.random.default_rng(seed).uniform(0.5, 1.5, output.shape)
    gradients = backprop(output, upstream)
    send_back, _ = autograd.make_vjp(case.oracle, argnum=tuple(range(len(inputs))))(*inputs)
    for node, expected in zip(nodes, send_back(upstream), strict=True):
        assert gradients[node].shape == node.shape
        np.testing.assert_allclose(gradients[node], expected, rtol=1e-10, atol=1e-12)


@every_case
def test_the_gradients_agree_with_centred_differences(case):
    report = check_gradients(case.op, *case.inputs(2))
    assert report, report
    assert not any(row.kinks for row in report.inputs), report


@every_case
def test_float32_stays_float32(case):
    nodes = [Node(value) for value in case.inputs(3, np.float32)]
    output = case.op(*nodes)
    upstream = np.ones(output.shape)
    assert output.value.dtype == np.float32
    gradients = backprop(output, upstream)
    exact = [Node(node.value.astype(np.float64)) for node in nodes]
    expected = backprop(case.op(*exact), upstream)
    for node, other in zip(nodes, exact, strict=True):
        assert gradients[node].dtype == np.float32
        np.testing.assert_allclose(gradients[node], expected[other], rtol=2e-5, atol=2e-6)


@every_case
def test_a_gradient_is_handed_out_read_only_and_as_a_number_where_it_has_no_axes(case):
    nodes = [Node(value) for value in case.inputs()]
    output = case.op(*nodes)
    forked = output + output
    for node, gradient in backprop(forked, np.ones(forked.shape)).items():
        assert type(gradient) is (np.ndarray if node.shape else np.float64)
        assert not gradient.flags.writeable


def test_the_gradient_that_a_walk_starts_with_is_handed_out_in_the_same_way():
    number, array = Node(2.0), Node([2.0])
    assert type(backprop(number)[number]) is np.float64
    assert not backprop(array)[array].flags.writeable


@pytest.mark.parametrize(
    "case", [case for case in CASES if isinstance(case.op, Elementwise)], ids=str
)
def test_an_elementwise_op_sends_back_upstream_times_local(case):
    inputs = case.inputs()
    output = case.op.forward(*inputs)
    upstream = np.random.default_rng(0).uniform(0.5, 1.5, output.shape)
    sent = case.op.vjp(upstream, output, *inputs)
    assert type(sent) is tuple
    for share, local in zip(sent, case.op.local_gradients(output, *inputs), strict=True):
        np.testing.assert_array_equal(share, upstream * local)


@every_case
@pytest.mark.parametrize("sign", [-1, 1])
def test_large_inputs_raise_no_warning(case, sign):
    if case.low > 0 and sign < 0:
        sign = 1  # a logarithm or a root has nothing to say below 0
    inputs = [np.full(shape, sign * case.extreme) for shape in case.shapes]
    with np.errstate(all="raise", under="ignore"):
        nodes = [Node(value) for value in inputs]
        output = case.op(*nodes)
        gradients = backprop(output, np.full(output.shape, 0.5))
    finite = not isinstance(case.op, ops.Exp) or sign < 0
    assert all(np.isfinite(gradients[node]).all() == finite for node in nodes)


elementwise_of_two = [
    case
    for case in CASES
    if isinstance(case.op, Elementwise)
    and len(case.shapes) == 2
    and not isinstance(case.op, ops.Where)  # whose condition has a shape of its own
]


@pytest.mark.parametrize("case", elementwise_of_two, ids=str)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_whatever_broadcasts_in_numpy_gets_gradients_of_its_own_shape(case, data):
    shapes = data.draw(mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_dims=3))
    rng = np.random.default_rng(0)
    inputs = [rng.uniform(case.low, case.high, shape) for shape in shapes.input_shapes]
    nodes = [Node(value) for value in inputs]
    output = case.op(*nodes)
    assert output.shape == shapes.result_shape
    upstream = rng.uniform(0.5, 1.5, output.shape)
    gradients = backprop(output, upstream)
    locals_there = case.op.local_gradients(output.value, *inputs)
    for node, local in zip(nodes, locals_there, strict=True):
        # The closed form: write each copy's gradient out in full, then add the copies up.
        full = np.broadcast_to(upstream * local, output.shape)
        places = np.broadcast_to(np.arange(node.value.size).reshape(node.shape), output.shape)
        expected = np.zeros(node.value.size)
        np.add.at(expected, places.ravel(), full.ravel())
        assert gradients[node].shape == node.shape
        np.testing.assert_allclose(np.ravel(gradients[node]), expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([ops.Sum, ops.Mean]),
    st.lists(st.integers(1, 3), min_size=1, max_size=3).flatmap(
        lambda shape: st.tuples(
            st.just(tuple(shape)),
            st.none() | st.integers(-len(shape), len(shape) - 1),
            st.booleans(),
        )
    ),
)
def test_sums_and_means_take_the_axes_that_numpy_takes(reduction, how):
    shape, axis, keepdims = how
    x = Node(np.random.default_rng(0).normal(size=shape))
    output = reduction(axis, keepdims)(x)
    function = np.sum if reduction is ops.Sum else np.mean
    np.testing.assert_array_equal(output.value, function(x.value, axis=axis, keepdims=keepdims))
    assert check_gradients(reduction(axis, keepdims), x)


def test_at_0_the_slope_of_the_absolute_value_is_0():
    x = Node([-2.0, 0.0, 3.0])
    assert backprop(coursekit.absolute(x), [1.0, 1.0, 1.0])[x].tolist() == [-1, 0, 1]


def test_at_a_tie_maximum_shares_the_gradient():
    x, y = Node(2.0), Node(2.0)
    gradients = backprop(coursekit.maximum(x, y))
    assert (gradients[x], gradients[y]) == (0.5, 0.5)


@pytest.mark.parametrize("function", [coursekit.maximum, coursekit.minimum])
@pytest.mark.parametrize("values", [(np.nan, 1.0), (1.0, np.nan), (np.nan, np.nan)])
def test_beside_a_nan_neither_of_two_has_a_slope(function, values):
    x, y = map(Node, values)
    gradients = backprop(function(x, y))
    assert np.isnan([gradients[x], gradients[y]]).all()


@pytest.mark.parametrize("large", [np.inf, 1.0, 0.0])
def test_of_two_the_larger_gets_the_gradient_however_large_it_is(large):
    x, y, z = Node(large), Node(-1.0), Node(large)
    gradients = backprop(coursekit.maximum(x, y))
    assert (gradients[x], gradients[y]) == (1, 0)
    gradients = backprop(coursekit.minimum(x, z))
    assert (gradients[x], gradients[z]) == (0.5, 0.5)


def test_at_a_tie_of_k_pieces_maxout_gives_each_its_share():
    z = Node([1.0, 1.0, 1.0, 0.0])
    np.testing.assert_allclose(backprop(activations.Maxout()(z))[z], [1 / 3, 1 / 3, 1 / 3, 0])


def test_at_the_kink_the_slope_of_relu_is_0_and_the_check_accepts_it():
    z = Node(0.0, "z")
    assert backprop(activations.ReLU()(z))[z] == 0
    report = check_gradients(activations.ReLU(), z)
    assert report and report.inputs[0].kinks == 1


def test_a_power_of_0_or_1_is_exact_at_0():
    x = Node([0.0, -3.0])
    assert backprop(x**0, upstream=[1, 1])[x].tolist() == [0, 0]
    assert backprop(x**1, upstream=[1, 1])[x].tolist() == [1, 1]
    assert backprop(x**2, upstream=[1, 1])[x].tolist() == [0, -6]


@pytest.mark.parametrize("base", [-2.0, 0.0])
def test_a_variable_power_has_no_slope_in_its_exponent_unless_the_base_is_positive(base):
    x, p = Node([base, 2.0]), Node(2.0)
    gradients = backprop(x**p, upstream=[1, 1])
    np.testing.assert_allclose(gradients[x], [2 * base, 4])
    assert np.isnan(gradients[p])


def test_at_its_bounds_clip_still_passes_the_gradient():
    x = Node([-1.5, -1.0, 0.0, 1.0, 1.5])
    assert backprop(coursekit.clip(x, -1, 1), np.ones(5))[x].tolist() == [0, 1, 1, 1, 0]


def test_cross_entropy_stays_finite_for_logits_of_a_thousand():
    logits = Node([[1000.0, -1000.0], [-1000.0, 1000.0]])
    loss = coursekit.cross_entropy(logits, [1, 1])
    assert loss.value == 1000.0
    np.testing.assert_allclose(backprop(loss)[logits], [[0.5, -0.5], [0, 0]])


def test_the_cross_entropy_of_many_networks_is_that_of_each():
    rng = np.random.default_rng(0)
    logits, labels, upstream = Node(rng.normal(size=(4, 2, 3))), [2, 0], rng.normal(size=4)
    losses = coursekit.cross_entropy(logits, labels)
    together = backprop(losses, upstream)[logits]
    for k, own in enumerate(map(Node, logits.value)):
        loss = coursekit.cross_entropy(own, labels)
        np.testing.assert_allclose(losses.value[k], loss.value)
        np.testing.assert_allclose(together[k], backprop(loss, upstream[k])[own])


def test_the_squared_error_of_two_numbers_is_that_of_one_example():
    output, target = Node(3.0), Node(1.0)
    loss = coursekit.squared_error(output, target)
    gradients = backprop(loss)
    assert (loss.value, gradients[output], gradients[target]) == (2, 2, -2)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_each_part_of_a_stack_gets_the_gradient_of_its_place(axis):
    parts = [Node(np.zeros((2, 3, 4))) for _ in range(3)]
    stacked = coursekit.stack(parts, axis)
    upstream = np.random.default_rng(0).normal(size=stacked.shape)
    gradients = backprop(stacked, upstream)
    for k, part in enumerate(parts):
        np.testing.assert_array_equal(gradients[part], np.take(upstream, k, axis))


@pytest.mark.parametrize(
    ("labels", "error", "sentence"),
    [
        ([0, 5], ValueError, "between 0 and 2"),
        ([0, -1], ValueError, "between 0 and 2"),
        ([0], ValueError, r"\(1,\)"),
        ([0.0, 1.0], TypeError, "whole numbers"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, error, sentence):
    with pytest.raises(error, match=sentence):
        coursekit.cross_entropy(Node(np.zeros((2, 3)), "scores"), labels)
