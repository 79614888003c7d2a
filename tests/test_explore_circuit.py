"""A formula under the reader's hand: numbers follow, the graph stays where it is."""

import re

import numpy as np
import pytest

from coursekit import Node, backprop, exp, maximum
from coursekit.explorers import Circuit, explore


def gate():
    return explore(lambda w, x: w * x, w=0.5, x=(-4, 4))


def test_the_words_tell_value_and_gradients_wherever_the_slider_stands():
    circuit = gate()
    for x in circuit.controls[0].positions:
        nodes = Node(0.5), Node(x)
        product = nodes[0] * nodes[1]
        gradients = backprop(product)
        said = [
            float(n) for n in re.findall(r"-?\d+\.?\d*", circuit.evidence(x=x).replace("−", "-"))
        ]
        told = [product.value, *(gradients[node] for node in nodes)]
        assert said[:3] == [0.5, x, product.value]
        assert said[3:] == [slope for slope in told[1:] if slope not in (0, 1)]


def test_the_graph_stays_where_it_is_while_numbers_change():
    circuit = Circuit(lambda x, y: (x + y) * x, x=(-4, 4, 0.25), y=(0, 1000, 500))
    places = {
        tuple(re.findall(r'<text x="([\d.]+)" y="([\d.]+)"', circuit.fragment(x=x, y=y)))
        for x in (-4, 0.25, 4)
        for y in (0, 1000)
    }
    assert len(places) == 1


def test_every_number_fits_into_the_picture():
    circuit = Circuit(lambda x: x * 1000 * x, x=(0, 0.999, 0.037))
    width = float(re.search(r'width="(\d+)"', circuit.background())[1])
    ends = [
        float(x)
        for x in re.findall(
            r'<text x="([\d.]+)"', circuit.fragment(x=circuit.controls[0].positions[-2])
        )
    ]
    assert max(ends) < width - 20


def test_a_named_state_leads_to_the_tie():
    circuit = explore(lambda x, y: maximum(x, y), x=(-4, 4), y=2, states={"tie": {"x": 2}})
    side = "up and f moves just as much, nudge it down and f does not move"
    kink = "a kink, where the gradient is taken as 0.5"
    assert circuit.evidence(**circuit.states["tie"]) == (
        f"At x = 2 and y = 2, f = max(x, y) = 2. Nudge x {side}: {kink}; nudge y {side}: {kink}."
    )
    for x in (1.5, 2.5):
        assert "kink" not in circuit.evidence(x=x)


def test_a_function_that_nobody_has_written_yet_is_not_tried():
    def stub(x):
        raise NotImplementedError("add one")

    circuit = explore(stub, x=(0, 1))
    assert circuit.evidence(x=1).startswith("Not tried yet")
    assert circuit.still()


def test_a_formula_that_fails_somewhere_says_so_there_and_recovers():
    def picky(x):
        if x.value < 0:
            raise ValueError("x is negative")
        return x + 1

    circuit = explore(picky, x=(-1, 1))
    assert "x is negative" in circuit.still(x=-1).alt
    assert "f = x + 1 = 2" in circuit.evidence(x=1)


def test_an_input_that_passes_nothing_or_everything_is_said_in_words():
    circuit = explore(lambda x, y: maximum(x, y), x=(-4, 4), y=2)
    assert "Nudge x a little and f does not move; nudge y a little and f moves just as much" in (
        circuit.evidence(x=1)
    )


def test_the_alt_text_tells_places_apart_where_the_output_is_the_same():
    circuit = explore(lambda x, y: maximum(x, y), x=(-4, 4), y=2)
    assert circuit.alt(x=-1).startswith("The graph of f = max(x, y)")
    assert circuit.alt(x=-1) != circuit.alt(x=1)


def test_a_formula_that_builds_another_graph_elsewhere_says_so_there():
    circuit = explore(lambda x: x * 2 if x.value > 0 else x + 3, x=(-4, 4))
    assert circuit.frame(x=2)["evidence"].startswith("At x = 2, f = x × 2 = 4.")
    assert circuit.frame(x=-2) == {
        "fault": "The formula makes another graph here than where the sliders start, and only its "
        "numbers can move: choose between values with a gate such as maximum, not with if."
    }
    longer = explore(lambda x: x * 2 * x if x.value > 0 else x, x=(-4, 4))
    assert "another graph" in longer.frame(x=-2)["fault"]


def test_an_output_that_depends_on_no_input_says_so():
    circuit = explore(lambda x, y: Node(3.0) * 2, x=(-4, 4), y=1)
    assert circuit.frame() == {"fault": "The graph of f does not hold x or y."}
    assert explore(lambda x: 3, x=(-4, 4)).frame() == {
        "fault": "The formula has to return a node, not 3."
    }


def test_an_input_that_the_output_does_not_depend_on_moves_nothing():
    circuit = explore(lambda x, y: x * 2, x=(-4, 4), y=(0, 1))
    assert "At x = 2 and y = 0.5, f = x × 2 = 4." in circuit.evidence(x=2, y=0.5)
    assert circuit.evidence().endswith("nudge y a little and f does not move.")


@pytest.mark.parametrize("span", [(4, -4), (4, 4), (-4, 4, 0), (-4, 4, -1), (0, float("nan"))])
def test_a_range_that_leads_nowhere_is_refused_in_a_sentence(span):
    with pytest.raises(ValueError, match="^x moves from a lower to a higher number in steps above"):
        Circuit(lambda x: x, x=span)
    with pytest.raises(ValueError, match="^x moves between -4 and 4 and cannot start at 9$"):
        Circuit(lambda x: x, x=(-4, 4, 0.5, 9))


def test_a_formula_without_a_range_is_refused():
    with pytest.raises(ValueError, match=r"give an input a range, such as x=\(-4, 4\)"):
        Circuit(lambda x: x, x=2)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.array([1.0, 2.0]), "array([1., 2.])"),
        (np.ones((2, 1)), "array([[1.], [1.]])"),
        ([1, 2], "[1, 2]"),
        (None, "None"),
        ("a", "'a'"),
        (1j, "1j"),
        (Node(2.0), "Node(2.0)"),
    ],
    ids=["array", "column", "list", "None", "text", "complex", "node"],
)
def test_an_input_that_is_no_number_is_named(given, said):
    means = "y is a number, as in y=2, or moves between two, as in y=(-4, 4), and not "
    with pytest.raises(ValueError, match=f"^{re.escape(means + said)}$"):
        Circuit(lambda x, y: x * y, x=(-4, 4), y=given)


@pytest.mark.parametrize("two", [2, 2.0, np.int64(2), np.float32(2), np.array(2.0)], ids=repr)
def test_a_number_may_be_one_of_numpy(two):
    assert "y = 2, f = x × y = 4." in Circuit(lambda x, y: x * y, x=(-4, 4), y=two).evidence(x=2)


def test_an_input_named_self_stands_still_and_does_not_move():
    circuit = Circuit(lambda x, self: x * self, x=(-4, 4), self=3)
    assert "f = x × self = 6." in circuit.evidence(x=2)
    said = "^'self' is a name that this picture needs itself: .* such as 'self_1'$"
    with pytest.raises(ValueError, match=said):
        Circuit(lambda self: self * self, self=(-4, 4))


@pytest.mark.parametrize("states", [{"x": 9}, {"tie": {"x": 2}, "x": 9}, {"x"}, [{"x": 2}], 9])
def test_states_that_are_no_named_places_are_refused_in_a_sentence(states):
    said = f"states are named places, as in states={{'start': {{'x': 2.0}}}}, not {states!r:.40}"
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        Circuit(lambda x: x * 2, x=(-4, 4), states=states)


def test_an_input_that_the_formula_lacks_is_named():
    with pytest.raises(TypeError, match="'y'"):
        Circuit(lambda x: x, x=2, y=(0, 1))


def test_an_array_as_output_is_said_in_a_sentence():
    circuit = Circuit(lambda x: x * np.ones(2), x=(0, 1))
    assert "single number" in circuit.still().alt


def test_a_notice_leaves_a_short_picture_in_sight():
    svg = gate().background()
    width, height = map(int, re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())
    assert height == 200
    assert f'width="{width}" height="200"' in svg
    lowest = max(float(y) for y in re.findall(r'<text x="[\d.]+" y="([\d.]+)"', svg))
    assert height - lowest > 50
    long = explore(lambda x: [x := x + k for k in range(9)][-1], x=(0, 1)).background()
    assert int(re.search(r'viewBox="0 0 \d+ (\d+)"', long)[1]) >= 200


@pytest.mark.parametrize(
    ("f", "at", "said"),
    [
        (lambda x: x * Node(3.0, "x"), 2, "f moves 3 times as much"),
        (lambda x: (x * x).named("loss"), 2, "loss moves 4 times as much"),
    ],
    ids=["another node of its name", "an output with a name"],
)
def test_an_input_is_the_node_that_was_given_whatever_it_is_called(f, at, said):
    circuit = Circuit(f, x=(-4, 4))
    assert circuit.evidence(x=at).endswith(f" Nudge x a little and {said}.")


def test_an_input_that_became_another_node_is_said_not_to_be_in_the_graph():
    renamed = Circuit(lambda x, y: x.named("q") * y, x=(-4, 4), y=2)
    assert renamed.evidence(x=3).endswith(
        " No gradient goes to x, which is not in the graph; nudge y a little and f moves 3 "
        "times as much."
    )
    alone = Circuit(lambda x: x.named("q") * 2, x=(-4, 4))
    assert alone.frame(x=3) == {"fault": "The graph of f does not hold x."}


def test_a_formula_without_a_value_beside_a_place_is_told_there_as_elsewhere():
    def picky(x):
        if x.value < 1:
            raise ValueError("x is below 1")
        return x * 3

    circuit = Circuit(picky, x=(1, 4))
    assert circuit.evidence(x=1).endswith(" = 3. Nudge x a little and f moves 3 times as much.")


@pytest.mark.parametrize("f", [lambda x: exp(x * x), lambda x: 1e9 + x, lambda x: 1e-9 * x * x])
def test_what_merely_bends_or_is_large_has_no_kink(f):
    circuit = Circuit(f, x=(-3, 3))
    for x in circuit.controls[0].positions:
        assert "kink" not in circuit.evidence(x=x)
