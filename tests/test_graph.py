"""Nodes: what they hold, how arithmetic makes new ones, and what is refused in one sentence."""

import copy
import math
import operator
import pickle

import numpy as np
import pytest

from coursekit import Node, Op, backprop

ARITHMETIC = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.pow,
]
x_value, y_value = np.array([[1.5, 2.0], [0.5, 3.0]]), np.array([2.0, 0.25])


@pytest.mark.parametrize("operate", [*ARITHMETIC, operator.matmul], ids=lambda f: f.__name__)
@pytest.mark.parametrize("other", ["node", "array", "list"])
def test_arithmetic_takes_nodes_and_arrays_on_either_side(operate, other):
    wrap = {"node": Node, "array": np.array, "list": list}[other]
    expected = operate(x_value, y_value)
    for left, right in [(Node(x_value), wrap(y_value)), (wrap(x_value), Node(y_value))]:
        made = operate(left, right)
        assert isinstance(made, Node) and len(made.parents) == 2
        np.testing.assert_array_equal(made.value, expected)


@pytest.mark.parametrize("operate", ARITHMETIC, ids=lambda f: f.__name__)
@pytest.mark.parametrize("number", [3, 2.5, np.float64(2.5), np.int64(3), np.float32(0.5)])
def test_arithmetic_takes_numbers_on_either_side(operate, number):
    for made, expected in [
        (operate(Node(2.0), number), operate(2.0, number)),
        (operate(number, Node(2.0)), operate(number, 2.0)),
    ]:
        assert isinstance(made, Node)
        assert made.value == pytest.approx(expected)


def test_minus_and_transpose():
    x = Node(x_value)
    np.testing.assert_array_equal((-x).value, -x_value)
    np.testing.assert_array_equal(x.T.value, x_value.T)


def test_subtraction_and_division_are_ops_of_their_own():
    x = Node(2.0)
    assert str((x - x).op) == "−" and (x - x).parents == (x, x)
    assert str((x / x).op) == "÷" and (x / x).parents == (x, x)


def test_a_value_is_float64_unless_it_is_float32():
    assert Node(1).value.dtype == np.float64
    assert Node([True, False]).value.dtype == np.float64
    assert Node(np.float16(1)).value.dtype == np.float64
    assert Node(np.float32(1)).value.dtype == np.float32


def test_a_plain_number_does_not_widen_float32():
    x = Node(np.ones(2, dtype=np.float32))
    assert {(x * 2).value.dtype, (0.5 + x).value.dtype, (x**2).value.dtype} == {
        np.dtype(np.float32)
    }
    assert (x * np.float64(2)).value.dtype == np.float64


def test_the_array_behind_a_leaf_can_change_without_harm():
    values = np.array([1.0, 2.0])
    x = Node(values)
    f = x * x
    values[0] = 100
    np.testing.assert_array_equal(backprop(f, upstream=[1, 1])[x], [2, 4])


def test_a_value_cannot_be_changed_in_place():
    f = Node([1.0, 2.0]) * 2
    for node in (f, *f.parents[:1]):
        with pytest.raises(ValueError, match="read-only"):
            node.value[0] = 5


@pytest.mark.parametrize("attribute", ["value", "parents", "op", "name", "grad"])
def test_a_node_never_changes(attribute):
    with pytest.raises(AttributeError, match="never changes"):
        setattr(Node(1.0), attribute, None)


def test_an_attribute_of_a_node_stays():
    with pytest.raises(AttributeError, match="never changes, nor does its value"):
        del Node(1.0).value


def test_nodes_of_the_same_value_are_different_nodes():
    assert Node(1.0) != Node(1.0)
    assert len({Node(1.0), Node(1.0)}) == 2


def test_a_name_can_be_given_to_a_result():
    x = Node(2.0, "x")
    q = (x + 1).named("q")
    assert q.name == "q" and q.parents[0] is x
    assert backprop(q * q)[x] == 6


@pytest.mark.parametrize("two", [2, 2.0, np.int64(2), np.float32(2), np.float64(2)])
def test_a_plain_exponent_is_no_node_of_its_own(two):
    x = Node(-2.0)
    assert (x**two).parents == (x,)
    assert backprop(x**two)[x] == -4


def test_a_copy_of_a_node_is_the_node():
    x = Node([1.0, 2.0])
    assert copy.copy(x) is x and copy.deepcopy([x])[0] is x


class Table(Op):
    """An op that keeps what it returns."""

    def __init__(self):
        self.table = np.ones(4)

    def forward(self, x):
        return self.table[:2]


def test_a_value_does_not_change_with_what_an_op_keeps():
    op = Table()
    made = op(Node(1.0))
    op.table[:] = 5
    assert made.value.tolist() == [1, 1]


def test_a_node_shows_itself_in_a_line():
    assert repr(Node(2, "x")) == "Node(2.0, 'x')"
    assert repr(Node(2, "x") * 3) == "Node(6.0, op=×)"
    assert repr(Node(np.zeros((2, 3)), "W")) == "Node(shape (2, 3), 'W')"


class Forgetful(Op):
    def forward(self, x):
        x + 1


x = Node(3.0, "x")
misuses = {
    "a NumPy function": (lambda: np.sin(x), r"x \(a number\) would lose its graph in np.sin: use"),
    "a NumPy reduction": (lambda: np.sum(x), "would lose its graph in np.add"),
    "an in-place array": (lambda: operator.iadd(np.ones(2), x), "would lose its graph in np.add"),
    "a NumPy array of nodes": (lambda: np.array([x]), r"x \(a number\) would lose its graph"),
    "the mean of NumPy": (lambda: np.mean(x), "would lose its graph"),
    "math": (lambda: math.sin(x), "would lose its graph as a plain number"),
    "a whole number": (lambda: int(x), "would lose its graph as a plain number"),
    "a boolean": (lambda: bool(x), r"x \(a number\) is neither true nor false"),
    "a boolean of a result": (lambda: bool(x * 2), "the result of × .* is neither true nor"),
    "a comparison": (lambda: x < 3, "x .* compares with nothing: compare its .value, or use max"),
    "a comparison from the right": (lambda: operator.le(3.0, x), "x .* compares with nothing"),
    "the larger by Python": (lambda: max(x, x * 2), "the result of × .* use maximum, minimum or"),
    "nodes put in order": (lambda: sorted([x, x * 2]), "compares with nothing"),
    "a search": (lambda: 1.0 in Node([1.0]), "compares with nothing"),
    "rows of a number": (lambda: list(x), r"x \(a number\) has no rows"),
    "the length of a number": (lambda: len(x), r"x \(a number\) has no rows"),
    "a pickle": (lambda: pickle.dumps(x), r"x .* is not kept in a file: keep its \.value"),
    "digits for an array": (
        lambda: f"{Node([1.0], 'v'):.2f}",
        r"'\.2f' writes a number, and v of shape \(1,\) is none: format parts of its \.value",
    ),
    "text": (lambda: Node("a"), "a node holds real numbers, not text: 'a'"),
    "text beside a node": (lambda: x + "a", "a node holds real numbers, not text: 'a'"),
    "nothing": (lambda: Node(None), "a node holds real numbers, not None"),
    "complex numbers": (lambda: Node(1j), "real numbers, not complex numbers: 1j"),
    "an object": (lambda: Node({}), "real numbers, not dict"),
    "a node in a node": (lambda: Node(x), "a node holds real numbers, not a Node"),
    "masked numbers": (lambda: x + np.ma.array([1.0, 2.0], mask=[0, 1]), "not masked ones: fill"),
    "ragged rows": (lambda: Node([[1], [1, 2]]), "rows of different lengths"),
    "a number as a name": (lambda: Node(1, 2), "a node's name is text, not 2"),
    "a forward without return": (lambda: Forgetful()(x), "must return real numbers, not None"),
}


@pytest.mark.parametrize("misuse", misuses)
def test_a_misuse_gets_one_sentence_of_a_type_error(misuse):
    action, sentence = misuses[misuse]
    with pytest.raises(TypeError, match=sentence) as refusal:
        action()
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("operate", "sentence"),
    [
        (operator.add, r"\+ cannot take A of shape \(2, 3\) and B of shape \(4,\)"),
        (operator.matmul, r"@ cannot take A .* the 3 columns of the first must meet 3 rows, not 4"),
    ],
)
def test_shapes_that_do_not_fit_name_the_op_the_nodes_and_the_shapes(operate, sentence):
    with pytest.raises(ValueError, match=sentence):
        operate(Node(np.ones((2, 3)), "A"), Node(np.ones(4), "B"))


def test_a_matrix_product_with_a_number_is_refused():
    for left, right in [(Node(np.ones((2, 3)), "A"), 2.0), (2.0, Node([1.0])), (Node(2.0), 3)]:
        with pytest.raises(ValueError, match="@ cannot take .* a number has no columns and no"):
            left @ right


def test_a_number_is_written_with_as_many_digits_as_asked_for():
    assert f"{Node(2 / 3):.2f} {Node(-1.0, 'x'):+.1e}" == "0.67 -1.0e+00"
    assert f"{x}" == str(x) == "Node(3.0, 'x')"
    assert f"{Node([1.0])}" == "Node(shape (1,))"


class Scatter(Op):
    def __init__(self, *places):
        self.places = places

    def forward(self, x):
        return np.zeros(2)[self.places] + x


def test_an_op_of_ones_own_shows_the_line_that_failed():
    for places, error in [([9], IndexError), (["a"], IndexError)]:
        with pytest.raises(error, match=r"Scatter cannot take x \(a number\)") as refusal:
            Scatter(*places)(x)
        lines = [str(entry.statement) for entry in traceback_of(refusal.value.__cause__)]
        assert any("np.zeros(2)[self.places]" in line for line in lines)


def traceback_of(error):
    return pytest.ExceptionInfo.from_exception(error).traceback


def test_an_op_of_ours_shows_its_sentence_alone():
    with pytest.raises(ValueError, match="cannot take") as refusal:
        Node([1.0, 2.0]) + [1.0, 2.0, 3.0]
    assert refusal.value.__cause__ is None and refusal.value.__suppress_context__


def test_an_op_with_too_few_inputs_says_so():
    with pytest.raises(TypeError, match="× takes 2 inputs, not 1"):
        (x * 2).op(x)
