"""The functions of nodes: named as in NumPy, equal to it in value, and refusing what it refuses."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, basic_indices, integer_array_indices

import coursekit
from coursekit import Node, backprop, functions
from coursekit.jacobians import check_gradients

cube = np.random.default_rng(0).normal(size=(2, 3, 4))
numbers = arrays(
    np.float64, array_shapes(max_dims=3, max_side=4), elements=st.floats(-3, 3, width=32)
)


def test_every_function_is_offered_by_the_package_and_shows_an_example():
    offered = {
        name: f
        for name, f in inspect.getmembers(functions, inspect.isfunction)
        if f.__module__ == functions.__name__ and name not in ("one_hot", "reduced")
    }
    assert all(getattr(coursekit, name) is f for name, f in offered.items())
    assert set(offered) - set(coursekit.__all__) == {"max", "min", "sum"}  # which Python has itself
    assert [name for name, f in offered.items() if ">>>" not in f.__doc__] == []


@pytest.mark.parametrize("name", ["exp", "sqrt", "absolute", "sin", "cos"])
def test_a_function_of_one_number_is_numpys(name):
    np.testing.assert_array_equal(
        getattr(coursekit, name)(np.abs(cube)).value, getattr(np, name)(np.abs(cube))
    )


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min"])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), ()])
@pytest.mark.parametrize("keepdims", [False, True])
def test_a_reduction_takes_the_axes_that_numpy_takes(name, axis, keepdims):
    x = Node(cube)
    output = getattr(coursekit, name)(x, axis, keepdims)
    np.testing.assert_array_equal(output.value, getattr(np, name)(cube, axis, keepdims=keepdims))
    assert backprop(coursekit.sum(output))[x].shape == cube.shape


@given(st.data(), numbers)
def test_what_is_taken_twice_gets_both_gradients(data, value):
    where = data.draw(
        st.one_of(
            basic_indices(value.shape, allow_newaxis=True), integer_array_indices(value.shape)
        )
    )
    x = Node(value)
    part = x[where]
    np.testing.assert_array_equal(part.value, value[where])
    upstream = np.random.default_rng(0).normal(size=part.shape)
    # The closed form: number the elements, and count how often each was taken.
    taken = np.arange(value.size).reshape(value.shape)[where]
    expected = np.bincount(np.ravel(taken), np.ravel(upstream), value.size).reshape(value.shape)
    np.testing.assert_allclose(backprop(part, upstream)[x], expected, atol=1e-12)


def test_an_index_that_is_changed_later_changes_nothing():
    places = [0, 1]
    x = Node([1.0, 2.0, 3.0])
    part = x[places]
    places[:] = [2, 2]
    assert backprop(part, [1.0, 1.0])[x].tolist() == [1, 1, 0]


def test_a_condition_that_is_changed_later_changes_nothing():
    condition = np.array([True, False])
    x = Node([1.0, 2.0])
    chosen = coursekit.where(condition, x, 0.0)
    condition[:] = [False, True]
    assert backprop(chosen, [1.0, 1.0])[x].tolist() == [1, 0]


def test_a_node_is_walked_through_row_by_row():
    x = Node([[1.0, 2.0], [3.0, 4.0]])
    assert len(x) == 2
    assert [row.value.tolist() for row in x] == [[1, 2], [3, 4]]
    assert backprop(coursekit.sum(coursekit.stack(list(x))))[x].tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize(
    "action", [len, list, lambda x: [*x], lambda x: 1 in x], ids=["len", "list", "unpack", "in"]
)
def test_a_number_has_no_rows(action):
    with pytest.raises(TypeError):
        action(Node(1.0))


@given(numbers)
def test_the_largest_elements_share_the_gradient_in_equal_parts(value):
    value = np.round(value)  # many ties
    x = Node(value)
    largest = value == value.max()
    np.testing.assert_allclose(backprop(coursekit.max(x))[x], largest / largest.sum())
    smallest = value == value.min()
    np.testing.assert_allclose(backprop(coursekit.min(x))[x], smallest / smallest.sum())


@pytest.mark.parametrize(
    ("f", "z"),
    [
        (coursekit.absolute, 0.0),
        (lambda x: coursekit.clip(x, -1, 1), 1.0),
        (lambda x: coursekit.maximum(x, 2.0), 2.0),
        (lambda x: coursekit.minimum(x, 2.0), 2.0),
        (lambda x: coursekit.max(coursekit.stack([x, 2.0])), 2.0),
    ],
)
def test_a_kink_gets_a_subgradient_that_the_check_accepts(f, z):
    report = check_gradients(f, z)
    assert report and report.inputs[0].kinks == 1


def test_logsumexp_and_the_softmaxes_stay_finite_at_a_thousand():
    z = Node([1000.0, 0.0, -1000.0])
    with np.errstate(all="raise", under="ignore"):
        assert coursekit.logsumexp(z).value == 1000
        assert coursekit.softmax(z).value.tolist() == [1, 0, 0]
        assert coursekit.log_softmax(z).value.tolist() == [0, -1000, -2000]
        gradients = backprop(coursekit.log_softmax(z)[2])
    np.testing.assert_array_equal(gradients[z], [-1, 0, 1])


INF, NAN = np.inf, np.nan
BEYOND = [  # logits, and what SciPy 1.17 makes of them: logsumexp, softmax, log_softmax
    ([-INF, 0], 0, [0, 1], [-INF, 0]),
    ([-INF, 0, 0], np.log(2), [0, 0.5, 0.5], [-INF, -np.log(2), -np.log(2)]),
    ([-INF, -INF], -INF, [NAN, NAN], [NAN, NAN]),
    ([INF, 0], INF, [NAN, NAN], [NAN, -INF]),
    ([INF, -INF], INF, [NAN, NAN], [NAN, -INF]),
    ([NAN, 0], NAN, [NAN, NAN], [NAN, NAN]),
]


@pytest.mark.parametrize(("logits", "together", "shares", "logs"), BEYOND, ids=str)
def test_infinite_logits_come_out_as_in_scipy(logits, together, shares, logs):
    z = Node(logits)
    with np.errstate(invalid="ignore", divide="ignore"):
        np.testing.assert_allclose(coursekit.logsumexp(z).value, together)
        np.testing.assert_allclose(coursekit.softmax(z).value, shares)
        np.testing.assert_allclose(coursekit.log_softmax(z).value, logs)


def test_a_class_that_is_ruled_out_by_minus_infinity_gets_no_gradient():
    z, upstream = Node([[-INF, 0.0, 0.0]]), [[1.0, 2.0, 4.0]]
    with np.errstate(all="raise"):
        losses = coursekit.cross_entropy(z, [1]), coursekit.logsumexp(z)
        assert [loss.value for loss in losses] == pytest.approx([np.log(2)] * 2)
        np.testing.assert_allclose(backprop(losses[0])[z], [[0, -0.5, 0.5]])
        np.testing.assert_allclose(backprop(losses[1])[z], [[0, 0.5, 0.5]])
        np.testing.assert_allclose(backprop(coursekit.softmax(z), upstream)[z], [[0, -0.5, 0.5]])
        logs = backprop(coursekit.log_softmax(z), upstream)
        np.testing.assert_allclose(logs[z], [[1, 2 - 3.5, 4 - 3.5]])
        assert coursekit.cross_entropy(z, [0]).value == INF


def test_the_logarithm_of_a_sum_of_nothing_is_minus_infinity_without_a_warning():
    with np.errstate(all="raise"):
        assert coursekit.logsumexp([-INF, -INF]).value == -INF


def test_binary_cross_entropy_stays_finite_at_a_thousand():
    z = Node([1000.0, -1000.0])
    with np.errstate(all="raise", under="ignore"):
        loss = coursekit.binary_cross_entropy(z, [0, 1])
        assert loss.value == 1000
        assert backprop(loss)[z].tolist() == [0.5, -0.5]


LABELS = np.array([[0, 1], [1, 0], [1, 1]])
LOSSES = [
    (coursekit.cross_entropy, LABELS[:, 0]),
    (coursekit.binary_cross_entropy, LABELS),
    (coursekit.squared_error, LABELS),
]


@pytest.mark.parametrize(("loss", "labels"), LOSSES[:2])
def test_labels_take_the_precision_of_the_logits(loss, labels):
    assert loss(np.zeros((3, 2), np.float32), labels).value.dtype == np.float32


@pytest.mark.parametrize(("loss", "labels"), LOSSES)
def test_a_loss_of_many_nets_is_that_of_each(loss, labels):
    outputs = Node(np.random.default_rng(0).normal(size=(4, 3, 2)))
    together = loss(outputs, labels)
    gradients = backprop(together, upstream=np.ones(4))
    for place, array in enumerate(outputs.value):
        alone = loss(output := Node(array), labels)
        np.testing.assert_allclose(together.value[place], alone.value)
        np.testing.assert_allclose(gradients[outputs][place], backprop(alone)[output])


def test_a_transposition_is_undone_by_its_gradient():
    x = Node(cube)
    turned = coursekit.transpose(x, (2, 0, 1))
    np.testing.assert_array_equal(backprop(turned, turned.value)[x], cube)


@pytest.mark.parametrize("axes", [(-1, 0, 1), (-1, -3, -2), (1, -1, 0)])
def test_axes_counted_from_the_end_are_undone_as_well(axes):
    x = Node(np.arange(27.0).reshape(3, 3, 3))
    turned = coursekit.transpose(x, axes)
    np.testing.assert_array_equal(backprop(turned, turned.value)[x], x.value)


@pytest.mark.parametrize("where", [[], ([], slice(None)), (slice(None), [])])
def test_an_empty_list_takes_nothing(where):
    x = Node(np.ones((2, 3)))
    assert x[where].value.size == 0
    assert backprop(coursekit.sum(x[where]))[x].tolist() == np.zeros((2, 3)).tolist()


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0, 2)])
@pytest.mark.parametrize(
    "f",
    [
        coursekit.exp,
        coursekit.absolute,
        lambda x: x * x,
        lambda x: coursekit.maximum(x, 1.0),
        coursekit.sum,
        lambda x: coursekit.reshape(x, (-1, 1)) if x.shape == (0,) else x,
        lambda x: coursekit.concatenate([x, x]),
        lambda x: coursekit.stack([x, x]),
        lambda x: x[:0],
        lambda x: x.T,
    ],
)
def test_nothing_at_all_has_a_gradient_of_its_shape(f, shape):
    x = Node(np.zeros(shape))
    output = f(x)
    assert backprop(output, np.ones(output.shape))[x].shape == shape


A, B = Node(np.ones((2, 3)), "A"), Node(np.ones(4), "B")
REFUSED = {
    "a matrix beside a vector": (lambda: coursekit.concatenate([A, B]), ValueError, "concat"),
    "shapes that differ": (lambda: coursekit.stack([A, B]), ValueError, "stack"),
    "another number of elements": (lambda: coursekit.reshape(A, (4, 2)), ValueError, "reshape"),
    "an axis that is not there": (lambda: coursekit.sum(A, axis=2), ValueError, "Σ"),
    "axes that do not match": (lambda: coursekit.transpose(A, (0,)), ValueError, "T"),
    "an index beyond the end": (lambda: A[5], IndexError, r"\[5\]"),
    "too many indices": (lambda: B[1, 2], IndexError, r"\[1, 2\]"),
    "the largest of nothing": (lambda: coursekit.max(np.zeros(0)), ValueError, "max"),
    "the mean of nothing": (lambda: coursekit.mean(np.zeros(0)), ValueError, "mean"),
    "the loss of no examples": (
        lambda: coursekit.cross_entropy(np.zeros((0, 3)), np.zeros(0, int)),
        ValueError,
        "no mean of nothing",
    ),
    "the binary loss of no examples": (
        lambda: coursekit.binary_cross_entropy(np.zeros((0, 1)), np.zeros((0, 1))),
        ValueError,
        "no mean of nothing",
    ),
    "the distance of no examples": (
        lambda: coursekit.squared_error(np.zeros((0, 1)), np.zeros((0, 1))),
        ValueError,
        "no mean of nothing",
    ),
    "a column beside a vector": (
        lambda: coursekit.squared_error(np.ones((4, 1)), B),
        ValueError,
        "same shape",
    ),
    "a row of targets for square outputs": (
        lambda: coursekit.squared_error(np.ones((4, 4)), B),
        ValueError,
        "same shape",
    ),
    "labels of another shape": (
        lambda: coursekit.binary_cross_entropy(B, [1, 0]),
        ValueError,
        "a label for each logit",
    ),
    "labels that are no labels": (
        lambda: coursekit.binary_cross_entropy(B, [2, 0, 1, 1]),
        ValueError,
        "labels are 0 or 1",
    ),
    "bounds the wrong way round": (lambda: coursekit.clip(B, 1, -1), ValueError, "low ≤ high"),
    "two nodes for one": (lambda: coursekit.max(A, B), TypeError, "max takes one .* maximum"),
    "a number and 0": (lambda: coursekit.max(Node(-2.0), 0), ValueError, "no axis 0; .* maximum"),
    "an axis of a number": (lambda: coursekit.sum(2.0, axis=-1), ValueError, "no axis -1"),
    "an axis that is a list": (lambda: coursekit.sum(A, axis=[0]), TypeError, "Σ takes one array"),
    "nothing to stack": (lambda: coursekit.stack([]), ValueError, "stack"),
    "a length that is no whole number": (
        lambda: coursekit.reshape(A, 6.0),
        TypeError,
        r"reshape cannot take A of shape \(2, 3\): .* integer",
    ),
    "lengths that are no whole numbers": (
        lambda: coursekit.reshape(A, (2.0, 3)),
        TypeError,
        r"reshape cannot take A of shape \(2, 3\): ",
    ),
    "an axis that is no number": (
        lambda: coursekit.softmax(A, axis="rows"),
        TypeError,
        r"softmax cannot take A of shape \(2, 3\): ",
    ),
    "no axis to join along": (
        lambda: coursekit.concatenate([A, A], axis=None),
        TypeError,
        "concat takes the number of an axis, not None: reshape",
    ),
    "no axis to stack along": (
        lambda: coursekit.stack([A, A], axis=None),
        TypeError,
        "stack cannot take A .* and A ",
    ),
    "a condition of text": (
        lambda: coursekit.where("a", A, A),
        TypeError,
        r"where takes a condition of True and False, such as x\.value > 0, not 'a'",
    ),
    "a condition of numbers": (
        lambda: coursekit.where([0.5, 0.0, 2.0], A, A),
        TypeError,
        "a condition of True and False",
    ),
    "a condition that is a node": (
        lambda: coursekit.where(A, A, A),
        TypeError,
        r"A of shape \(2, 3\) would lose its graph",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_numpy_refuses_is_refused_by_name(case):
    action, error, sentence = REFUSED[case]
    with pytest.raises(error, match=sentence) as refusal:
        action()
    assert "\n" not in str(refusal.value)


def test_the_refusal_names_the_nodes_and_their_shapes():
    with pytest.raises(ValueError, match=r"A of shape \(2, 3\) and B of shape \(4,\)"):
        coursekit.concatenate([A, B])


def test_numpy_arrays_of_nodes_are_stacked_by_a_function_of_ours():
    with pytest.raises(TypeError, match="would lose its graph"):
        np.stack([A, A])
