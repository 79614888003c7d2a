"""Recordings: equal to the walk for every op, for new values, and as the source that they show."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import CASES

import coursekit
from coursekit import (
    MLP,
    Elementwise,
    Node,
    Op,
    ReLU,
    Sigmoid,
    Tanh,
    backprop,
    cross_entropy,
    record,
)
from coursekit.tracing import Whole

every_case = pytest.mark.parametrize("case", CASES, ids=str)


def replayed_by_source(recording):
    """Run the source that a recording shows, on the values that it was recorded with."""
    space = dict(recording.constants)
    lines = [line for line in recording.source.splitlines() if " = ...  # " not in line]
    exec("\n".join(lines), space)
    arguments = [node for node in recording.leaves if node.name or node.shape]
    return space["replay"](*(node.value for node in arguments))


def same(one, other, exactly=True):
    if exactly:
        np.testing.assert_array_equal(one, other)
    else:
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
    assert np.asarray(one).dtype == np.asarray(other).dtype
    assert np.shape(one) == np.shape(other)


@every_case
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_replay_equals_the_walk_bit_for_bit(case, dtype):
    nodes = [Node(value, f"x{place}") for place, value in enumerate(case.inputs(0, dtype))]
    output = case.op(*nodes)
    upstream = np.random.default_rng(1).uniform(0.5, 1.5, output.shape)
    recording = record(output, nodes, upstream)
    for seed in (0, 1, 2):
        fresh = [Node(value) for value in case.inputs(seed, dtype)]
        expected = case.op(*fresh)
        gradients = recording({old: new.value for old, new in zip(nodes, fresh, strict=True)})
        same(recording.value, expected.value)
        walked = backprop(expected, upstream)
        for old, new in zip(nodes, fresh, strict=True):
            same(gradients[old], walked[new])


@every_case
def test_the_source_runs_by_itself_and_says_the_same(case):
    nodes = [Node(value, f"x{place}") for place, value in enumerate(case.inputs(0))]
    output = case.op(*nodes)
    upstream = np.random.default_rng(1).uniform(0.5, 1.5, output.shape)
    recording = record(output, nodes, upstream)
    value, gradients = replayed_by_source(recording)
    same(value, output.value, exactly=False)
    walked = backprop(output, upstream)
    for node, gradient in zip(nodes, gradients, strict=True):
        same(gradient, walked[node], exactly=False)


NOT_TRACED = {
    coursekit.ops.Index,
    coursekit.ops.VariablePower,
}  # they write into an array of their own


@every_case
def test_our_ops_leave_nothing_of_themselves_in_a_recording(case):
    nodes = [Node(value) for value in case.inputs(0)]
    output = case.op(*nodes)
    recording = record(coursekit.sum(output * output), nodes)
    whole = [thing for thing in recording.constants.values() if isinstance(thing, Whole)]
    assert bool(whole) == (type(case.op) in NOT_TRACED)


STEPS = {
    "plus": lambda x, y: x + y,
    "minus": lambda x, y: x - y,
    "times": lambda x, y: x * y,
    "over": lambda x, y: x / (y * y + 1),
    "power": lambda x, y: (x * x + 0.5) ** 1.5,
    "matmul": lambda x, y: x @ y.T @ y,
    "exp": lambda x, y: coursekit.exp(-(x * x)),
    "log": lambda x, y: coursekit.log(y * y + 1),
    "sin": lambda x, y: coursekit.sin(x),
    "maximum": lambda x, y: coursekit.maximum(x, y),
    "where": lambda x, y: coursekit.where(np.eye(3) > 0, x, y),
    "clip": lambda x, y: coursekit.clip(x, -1, 1),
    "mean": lambda x, y: x - coursekit.mean(x, axis=0),
    "sum": lambda x, y: x * coursekit.sum(y, axis=1, keepdims=True),
    "number": lambda x, y: x * coursekit.sum(y),
    "max": lambda x, y: x - coursekit.max(y, axis=-1),
    "softmax": lambda x, y: coursekit.softmax(x + y),
    "reshape": lambda x, y: coursekit.reshape(coursekit.reshape(x, 9), (3, 3)) + y,
    "index": lambda x, y: x[[0, 0, 2]] + y[:, :1],
    "stack": lambda x, y: coursekit.stack([x[0], y[1], x[0]]),
    "concatenate": lambda x, y: coursekit.concatenate([x[:1], y[1:]]),
    "sigmoid": lambda x, y: Sigmoid()(x),
    "tanh": lambda x, y: Tanh()(y),
    "relu": lambda x, y: ReLU()(x),
}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_random_graphs_replay_as_they_are_walked(data):
    def build(x, y, z):
        made = [x, y, z]
        for name, one, other in plan:
            made.append(STEPS[name](made[one % len(made)], made[other % len(made)]))
        return coursekit.mean(made[-1] * made[-2])

    plan = data.draw(
        st.lists(st.tuples(st.sampled_from(sorted(STEPS)), *(st.integers(0, 9),) * 2), max_size=8)
    )
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    leaves = [Node(rng.normal(size=(3, 3)), name) for name in "xyz"]
    output = build(*leaves)
    used = [leaf for leaf in leaves if leaf in set(coursekit.in_order(output))]
    recording = record(output, used)
    fresh = [Node(rng.normal(size=(3, 3))) for _ in leaves]
    gradients = recording(
        {old: new.value for old, new in zip(leaves, fresh, strict=True) if old in used}
    )
    expected = build(*fresh)
    walked = backprop(expected)
    same(recording.value, expected.value, exactly=False)
    for old, new in zip(leaves, fresh, strict=True):
        if old in used:
            same(gradients[old], walked[new], exactly=False)


def circuit():
    x, y, z = Node(-2, "x"), Node(5, "y"), Node(-4, "z")
    return (x + y) * z, x, y, z


def test_the_source_is_the_backward_pass_that_one_would_write():
    f, x, y, z = circuit()
    assert record(f, [x, y, z]).source == (
        "import numpy as np\n"
        "\n"
        "\n"
        "def replay(x, y, z):\n"
        "    # forward\n"
        "    v1 = x + y\n"
        "    v2 = v1 * z\n"
        "    # backward\n"
        "    dx = z\n"
        "    dy = z\n"
        "    dz = v1\n"
        "    return v2, (dx, dy, dz)\n"
    )


def test_a_neuron_keeps_the_names_that_its_nodes_have():
    w, x = Node([2.0, -3.0], "w"), Node([-1.0, -2.0], "x")
    f = Sigmoid()((w @ x - 3).named("z")).named("f")
    source = record(f, [w]).source
    assert "z = w @ x - 3.0\n" in source
    assert "dz = f * (1 - f)\n" in source
    assert "dw = dz * x\n" in source


def test_names_that_python_cannot_take_are_changed():
    x, other = Node(2.0, "my x!"), Node(3.0, "lambda")
    recording = record(x * other, [x, other])
    assert replayed_by_source(recording) == (6.0, (3.0, 2.0))


def test_only_what_the_wanted_gradients_need_is_computed():
    f, x, _, _ = circuit()
    assert "dz" not in record(f, [x]).source


def test_leaves_that_get_no_value_keep_theirs():
    f, x, y, z = circuit()
    recording = record(f, [x])
    assert recording({z: 10})[x] == 10
    assert recording.value == 30
    assert recording({y: 0})[x] == 10
    assert recording.value == -20


def test_values_on_the_way_are_given_where_they_were_asked_for():
    f, x, y, z = circuit()
    q = f.parents[0]
    recording = record(f, [x], also=[q])
    recording({y: 1})
    assert recording.value_of(q) == -1
    with pytest.raises(KeyError, match=r"z \(a number\) was not recorded: name it in also"):
        recording.value_of(z)
    with pytest.raises(ValueError, match="does not depend on stranger"):
        record(f, [x], also=[Node(1.0, "stranger")])


def test_a_replay_does_not_allocate_what_it_can_write_in_place():
    net = MLP([20, 30, 10], Tanh())
    run = net(np.ones((5, 20)))
    loss = cross_entropy(run.output, [0] * 5)
    recording = record(loss, run.parameters)
    first = recording()
    again = recording()
    for node in run.parameters:
        assert np.shares_memory(first[node], again[node])
    fresh = [line for line in recording.program.lines if line.startswith("v")]
    assert len(fresh) <= 3  # the logits of the right classes, and two numbers


def test_a_buffer_can_be_changed_in_place():
    w = Node([1.0, 2.0], "w")
    recording = record(coursekit.sum(w * w), [w])
    recording.buffer(w)[:] = [3.0, 4.0]
    assert recording()[w].tolist() == [6, 8]
    assert recording.value == 25


def test_only_an_array_that_is_a_leaf_has_a_buffer():
    f, x, *_ = circuit()
    recording = record(f, [x])
    for node in (x, f):
        with pytest.raises(KeyError, match="is no array that was recorded as a leaf"):
            recording.buffer(node)


def test_a_number_beside_an_array_is_replayed_with_its_new_value():
    w, b, x = Node(2.0, "w"), Node(1.0, "b"), Node([1.0, 2.0, 3.0], "x")
    recording = record(coursekit.sum(w * x + b), [w, b])
    assert recording({w: 3.0})[w] == 6
    assert recording.value == 21
    recording({b: 0.0, x: [0.0, 0.0, 1.0]})
    assert recording.value == 3


def test_the_gradients_of_a_replay_cannot_be_changed():
    w = Node([1.0, 2.0], "w")
    gradients = record(coursekit.sum(w * w), [w])()
    with pytest.raises(ValueError, match="read-only"):
        gradients[w][0] = 5


def test_an_overflow_of_exp_is_as_silent_as_in_the_walk():
    x = Node([1.0, 2.0], "x")
    recording = record(coursekit.sum(coursekit.exp(x)), [x])
    assert recording({x: [1000.0, 0.0]})[x].tolist() == [np.inf, 1]


class Steep(Op):
    """An op by a learner, which looks at the numbers."""

    def forward(self, x):
        return x * x if x.sum() > 0 else -x

    def vjp(self, upstream, out, x):
        return (upstream * (2 * x if x.sum() > 0 else -1.0),)


class Cube(Elementwise):
    def forward(self, x):
        return x**3

    def local_gradients(self, out, x):
        return (3 * x**2,)


@pytest.mark.parametrize("op", [Steep(), Cube()])
def test_an_op_from_a_notebook_cell_is_recorded_too(op):
    x = Node([1.0, 2.0], "x")
    recording = record(coursekit.sum(op(x)), [x])
    for value in ([1.0, 2.0], [-3.0, 1.0], [0.5, 0.5]):
        fresh = Node(value)
        expected = backprop(coursekit.sum(op(fresh)))[fresh]
        same(recording({x: value})[x], expected)


def test_a_chain_of_ten_thousand_is_recorded():
    x = node = Node(1.0, "x")
    for _ in range(10_000):
        node = node + 0.5
    recording = record(node, [x])
    assert recording({x: 2.0})[x] == 1
    assert recording.value == 5002


def test_a_value_of_another_shape_is_refused_with_the_one_expected():
    w = Node(np.ones((2, 3)), "w")
    recording = record(coursekit.sum(w), [w])
    with pytest.raises(ValueError, match=r"w of shape \(2, 3\) was recorded: .* not \(3,\)"):
        recording({w: np.ones(3)})


def test_a_value_of_another_precision_is_refused_with_the_one_expected():
    w = Node(np.ones(3, np.float32), "w")
    recording = record(coursekit.sum(w), [w])
    with pytest.raises(ValueError, match="was recorded as float32, not float64"):
        recording({w: np.ones(3)})
    assert recording({w: [1, 2, 3]})[w].dtype == np.float32


def test_whole_numbers_are_taken_for_whatever_was_recorded():
    for precision in (np.float32, np.float64):
        w = Node(np.ones(3, precision), "w")
        recording = record(coursekit.sum(w * w), [w])
        gradient = recording({w: np.array([1, 0, 2])})[w]
        assert gradient.dtype == precision and gradient.tolist() == [2, 0, 4]


def test_a_leaf_that_was_not_recorded_is_refused():
    f, x, _, _ = circuit()
    recording = record(f, [x])
    with pytest.raises(KeyError, match=r"stranger \(a number\) is no leaf of the graph"):
        recording({Node(1.0, "stranger"): 2})
    with pytest.raises(KeyError, match="is no leaf"):
        recording({f: 2})


def test_what_the_output_does_not_depend_on_has_no_gradient_to_record():
    f, *_ = circuit()
    with pytest.raises(ValueError, match=r"does not depend on stranger"):
        record(f, [Node(1.0, "stranger")])


def test_an_array_output_wants_an_upstream():
    v = Node([1.0, 2.0], "v")
    with pytest.raises(ValueError, match="single number"):
        record(v * 2, [v])


def test_a_refused_value_changes_nothing():
    f, x, _, z = circuit()
    recording = record(f, [x])
    with pytest.raises(ValueError, match="z"):
        recording({x: 100, z: [1, 2]})
    assert recording()[x] == -4 and recording.value == -12


@pytest.mark.parametrize(
    "names", ["w w", "w w_1", "np replay", "x dx", "c1 c2", "v1 v2", "ﬁ fi"], ids=ascii
)
def test_names_that_clash_leave_the_source_right(names):
    one, other = (Node(np.linspace(1.0, 2.0, 20) + n, name) for n, name in enumerate(names.split()))
    f = coursekit.sum(3 * one + other * one[:1] + other * np.arange(20.0))
    recording = record(f, [one, other])
    value, gradients = replayed_by_source(recording)
    walked = backprop(f)
    assert value == pytest.approx(f.value)
    for node, gradient in zip([one, other], gradients, strict=True):
        np.testing.assert_allclose(gradient, walked[node])


def test_a_gradient_does_not_overwrite_a_leaf_that_bears_its_name():
    x, dx, a = Node(2.0, "x"), Node(5.0, "dx"), Node(7.0, "a")
    recording = record(3 * x + a * dx, [x, a])
    assert replayed_by_source(recording) == (41.0, (3.0, 5.0))


@pytest.mark.parametrize("number", [-2.0, np.inf, -np.inf])
def test_a_number_keeps_its_sign_and_its_infinity_in_the_source(number):
    x = Node(3.0, "x")
    f = x * Node(number) ** 2
    assert replayed_by_source(record(f, [x])) == (f.value, (number**2,))


def test_a_bound_may_be_infinite_in_the_source():
    x = Node([-1.0, 2.0], "x")
    recording = record(coursekit.sum(coursekit.clip(x, 0, np.inf)), [x])
    value, (gradient,) = replayed_by_source(recording)
    assert recording.value == value == 2
    assert recording()[x].tolist() == gradient.tolist() == [0, 1]


class PowerOfMinusTwo(Op):
    def forward(self, x):
        return (-2) ** x

    def vjp(self, upstream, out, x):
        return (upstream * 0,)


def test_a_power_of_a_number_below_0_is_replayed_as_it_was_computed():
    x = Node(2.0, "x")
    recording = record(PowerOfMinusTwo()(x), [x])
    assert recording.value == 4 and replayed_by_source(recording)[0] == 4


def test_a_number_without_a_name_has_a_gradient_in_the_source():
    x, two = Node(3.0, "x"), Node(2.0)
    assert replayed_by_source(record(x * two, [x, two])) == (6.0, (2.0, 3.0))


def test_the_source_of_a_long_chain_grows_in_proportion():
    def letters(length):
        x = node = Node(1.0, "x")
        for _ in range(length):
            node = coursekit.exp(node * 0.01)
        return len(record(node, [x]).source)

    assert letters(400) < 11 * letters(40)


class Sorted(Op):
    """An op that keeps what it found out in the forward pass."""

    def forward(self, x):
        self.order = np.argsort(x)
        return x[self.order]

    def vjp(self, upstream, out, x):
        return (upstream[np.argsort(self.order)],)


class Dropout(Op):
    """An op that draws anew at each call."""

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def forward(self, x):
        self.kept = self.rng.random(x.shape) > 0.5
        return x * self.kept

    def vjp(self, upstream, out, x):
        return (upstream * self.kept,)


class Cautious(Op):
    """An op that catches whatever goes wrong."""

    def forward(self, x):
        try:
            return 2 * x if x[0] > 2 else x
        except Exception:
            return x

    def vjp(self, upstream, out, x):
        return (upstream * (2.0 if x[0] > 2 else 1.0),)


class Typed(Op):
    """An op that asks for the type of what it gets."""

    def forward(self, x):
        return x * isinstance(x, np.ndarray)

    def vjp(self, upstream, out, x):
        return (upstream * isinstance(x, np.ndarray),)


@pytest.mark.parametrize("op", [Sorted(), Cautious(), Typed()], ids=lambda op: type(op).__name__)
def test_an_op_that_a_stand_in_would_mislead_is_called_itself(op):
    x, weights = Node([1.0, 2.0, 3.0], "x"), [1.0, 10.0, 100.0]
    recording = record(coursekit.sum(op(x) * weights), [x])
    for value in ([3.0, 1.0, 2.0], [1.0, 3.0, 2.0]):
        fresh = Node(value)
        expected = coursekit.sum(op(fresh) * weights)
        same(recording({x: value})[x], backprop(expected)[fresh])
        same(recording.value, expected.value)


def test_an_op_that_draws_at_random_draws_again_at_each_replay():
    x = Node(np.ones(50), "x")
    recording = record(coursekit.sum(Dropout()(x)), [x])
    kept = [recording()[x].copy() for _ in range(2)]
    assert kept[1].sum() == recording.value
    assert not np.array_equal(*kept)


class Shy(Op):
    """An op that looks at the numbers and returns what it was given, itself."""

    def forward(self, x):
        float(x.max())
        return x

    def vjp(self, upstream, out, x):
        float(x.max())
        return (upstream,)


@pytest.mark.parametrize("where", ["first", "on the way", "last"])
def test_an_op_that_returns_what_it_was_given_can_be_replayed_again(where):
    x, shy = Node([1.0, 2.0], "x"), Shy()
    made = {"first": shy(x) * 6, "on the way": shy(x * 3) * 2, "last": shy(x * 6)}[where]
    recording = record(coursekit.sum(made), [x])
    for value in (2.0, 3.0):
        assert recording({x: [value, 0]})[x].tolist() == [6, 6]
        assert recording.value == 6 * value


class Rude(Op):
    def forward(self, x):
        if x.max() > 2:
            x *= 2
        return x + 1

    def vjp(self, upstream, out, x):
        return (upstream,)


def test_an_op_cannot_change_its_inputs_in_a_replay_either():
    x = Node([1.0, 2.0], "x")
    recording = record(coursekit.sum(Rude()(x)), [x])
    with pytest.raises(ValueError, match="read-only"):
        recording({x: [1.0, 3.0]})


def test_one_node_is_taken_for_a_list_of_one():
    v = Node([1.0, 2.0], "v")
    doubled = v * 2
    recording = record(coursekit.sum(doubled), v, also=doubled)
    assert recording()[v].tolist() == [2, 2]
    assert recording.value_of(doubled).tolist() == [2, 4]


def test_a_name_instead_of_a_node_is_refused():
    f, x, _, _ = circuit()
    with pytest.raises(TypeError, match="wants the nodes themselves, not 'x'"):
        record(f, ["x"])
    with pytest.raises(TypeError, match="wants the nodes themselves, not 'x'"):
        record(f, [x])({"x": 3})
