"""What is told of a graph and a walk: numbers, formulas and moments, however wrong the walk is."""

import re
from decimal import Decimal

import numpy as np
import pytest

from coursekit import Node, Step, Tanh, backprop, backprop_steps, exp, in_order, maximum
from coursekit.pictures.drawing import draw
from coursekit.pictures.story import Story, formula, label, listed, measure


def fork():
    """C04: p = a + a, q = p + a, f = p + q, and the slope in a is 5."""
    a = Node(1.0, "a")
    p = (a + a).named("p")
    q = (p + a).named("q")
    return (p + q).named("f"), a, p, q


def depth_first(f, adding=True):
    """Recursion in place of an order: each node sends on what it has when it is first met."""
    gradients, met = {f: 1.0}, set()

    def visit(node):
        if node in met:
            return
        met.add(node)
        downstream, total = [], []
        for parent in node.parents:
            kept = gradients.get(parent, 0.0) if adding else 0.0
            gradients[parent] = kept + gradients[node]
            downstream.append(gradients[node])
            total.append(gradients[parent])
        yield Step(node, gradients[node], (1.0,) * len(total), tuple(downstream), tuple(total))
        for parent in node.parents:
            yield from visit(parent)

    yield from visit(f)


def test_a_short_vector_shows_its_entries_and_an_array_its_size_and_shape():
    assert label(np.array([1.0, -2.0])) == ("[1 −2]",)
    assert label(np.full((4, 3), 2.0)) == ("rms 2", "(4, 3)")
    assert label(np.zeros((0, 3))) == ("(0, 3)",)


def test_what_is_not_finite_in_an_array_is_told():
    assert measure(np.array([[np.nan, 1.0, np.inf, 2.0]])) == "2 of 4 not finite"


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda x, y: (x + y) * x, "f = (x + y) × x"),
        (lambda x, y: 2 * (x * y + maximum(x, y)), "f = 2 × (x × y + max(x, y))"),
        (lambda x, y: x - (y - x), "f = x − (y − x)"),
        (lambda x, y: x / (y / x), "f = x ÷ (y ÷ x)"),
        (lambda x, y: x * y * x, "f = x × y × x"),
        (lambda x, y: -(x + y), "f = −(x + y)"),
        (lambda x, y: 1 / (1 + exp(-x)) + y, "f = 1 ÷ (1 + exp(−x)) + y"),
        (lambda x, y: (x * y) ** 2, "f = (x × y)^2"),
        (lambda x, y: x * -3.0 + y, "f = x × (−3) + y"),
        (lambda x, y: Tanh()(x @ y), "f = tanh(x @ y)"),
    ],
)
def test_a_function_is_written_as_one_would_write_it(build, text):
    x, y = (Node(np.ones(2), name) if "@" in text else Node(3.0, name) for name in "xy")
    assert Story(build(x, y), []).function() == text


def test_a_function_that_is_too_long_to_read_is_not_written_out():
    f = Node(1.0, "x")
    for _ in range(40):
        f = f + f  # written out, this would have 2^40 terms
    assert Story(f, []).function() == "f"


def test_formulas_put_signs_between_and_names_before():
    assert formula("÷", ["a", "b"]) == "a ÷ b"
    assert formula("PReLU", ["z", "alpha"]) == "PReLU(z, alpha)"


def test_the_trace_of_the_fork_adds():
    f, *_ = fork()
    assert draw(f).trace().splitlines() == [
        "0  start     a = 1",
        "1  forward   p = a + a = 1 + 1 = 2",
        "2  forward   q = p + a = 2 + 1 = 3",
        "3  forward   f = p + q = 2 + 3 = 5",
        "4  backward  f starts with gradient 1",
        "5  backward  f sends grad p = 1 × 1 = 1; grad q = 1 × 1 = 1",
        "6  backward  q sends grad p += 1 × 1 = 1, now 2; grad a = 1 × 1 = 1",
        "7  backward  p sends grad a += 2 × 1 = 2, now 3; grad a += 2 × 1 = 2, now 5",
    ]


def test_a_walk_in_the_wrong_order_is_told_as_it_went():
    f, *_ = fork()
    lines = draw(f, depth_first).trace().splitlines()
    assert lines[6] == "6  backward  p sends grad a = 1 × 1 = 1; grad a += 1 × 1 = 1, now 2"
    assert lines[7].startswith("7  backward  q sends grad p += 1 × 1 = 1, now 2 (too late)")
    assert draw(f, depth_first).alt.endswith("this walk gives the gradient 3 for a.")


def test_a_walk_that_overwrites_is_told_with_an_equals_sign():
    f, *_ = fork()
    drawing = draw(f, lambda f: depth_first(f, adding=False))
    assert "grad a = 1 × 1 = 1, overwriting 1" in drawing.trace()
    assert "overwrites (=) the gradient of a, which was 1" in drawing.words(6)


def test_a_wrong_product_is_marked():
    x, y = Node(2.0, "x"), Node(3.0, "y")
    f = x * y
    drawing = draw(f, [Step(f, 1.0, (3.0, 2.0), (2.0, 2.0), (2.0, 2.0))])
    assert "grad x = 1 × 3 ≠ 2; grad y = 1 × 2 = 2" in drawing.trace()


def test_steps_may_lack_what_a_learner_does_not_tell():
    f, a, *_ = fork()
    without_totals = [step._replace(total=None) for step in backprop_steps(f)]
    assert Story(f, without_totals).gradients()[a] == 5
    bare = [Step(node, None, None, None, None) for node in in_order(f)]
    assert draw(f, bare).trace()


def test_nodes_may_be_seen_twice_or_not_at_all():
    f, a, *_ = fork()
    steps = list(backprop_steps(f))
    assert Story(f, [*steps, *steps]).moments[-1].node is not None
    assert "no gradient reaches" not in draw(f, steps[:1]).alt
    assert draw(f, steps[:1]).trace().count("too late") == 2
    assert draw(f, []).alt.endswith("The output f is 5.")
    assert a not in Story(f, steps[:1]).gradients()


def test_a_walk_with_wrong_shapes_is_told():
    x = Node(np.ones(3), "x")
    f = x * x
    step = Step(f, np.ones(3), (np.ones(3), np.ones(2)), (np.ones(3), np.ones(2)), None)
    assert "grad x" in draw(f, [step]).trace()


def test_a_walk_over_another_graph_is_refused_in_a_sentence():
    f, *_ = fork()
    other, *_ = fork()
    with pytest.raises(ValueError, match=r"step 1 of the walk visits .* not in the graph"):
        draw(f, backprop_steps(other))


def test_what_is_no_step_is_refused_in_a_sentence():
    f, *_ = fork()
    with pytest.raises(ValueError, match=r"step 1 of the walk is 1\.0, not a Step"):
        draw(f, [1.0])


def test_a_story_ends_with_the_gradients_of_backprop():
    f, *_ = fork()
    story = Story(f, list(backprop_steps(f)))
    truth = backprop(f)
    assert story.gradients() == {node: truth[node] for node in story.nodes}


def test_broadcast_gradients_say_that_they_are_summed():
    x, b = Node(np.ones((4, 3)), "x"), Node(np.ones(3), "b")
    trace = draw((x + b) * 2, lambda f: backprop_steps(f, np.ones((4, 3)))).trace()
    assert "grad b = (4, 3) × 1 = [8 8 8] (summed to its shape)" in trace


def test_an_op_without_local_gradients_says_vjp():
    x, w = Node(np.ones((4, 3)), "x"), Node(np.ones((3, 2)), "w")
    trace = draw(x @ w, lambda f: backprop_steps(f, np.ones((4, 2)))).trace()
    assert "forward   f = x @ w = (4, 3) @ (3, 2) = 4 × 2 numbers, rms 3" in trace
    assert "grad w = vjp((4, 2)) = 3 × 2 numbers, rms 4" in trace


def test_gates_get_names_that_nobody_else_has():
    x, g1 = Node(2.0, "x"), Node(3.0, "g1")
    story = Story((x + g1) * (x * g1), [])
    assert len(set(story.names.values())) == len(story.nodes)


def test_every_moment_has_one_sentence():
    f, *_ = fork()
    drawing = draw(f)
    for position in range(len(drawing)):
        assert drawing.words(position).endswith(".")
    assert drawing.words(0) == "Start: the inputs are known, a = 1."
    assert drawing.words(1) == "Forward, gate 1 of 3: p = a + a = 1 + 1 = 2."
    assert drawing.words(4) == (
        "Backward: the pass starts at f with gradient 1, because f changes as fast as itself."
    )


def test_long_lists_are_cut():
    assert listed(list("abc")) == "a, b and c"
    assert listed(list("abcdefgh")) == "a, b, c, d, e, f and 2 more"
    assert listed([]) == "none"


def forks(seed):
    """Two values that are used twice, with numbers of many digits."""
    a, b, c = (
        Node(float(value), name)
        for name, value in zip("abc", np.random.default_rng(seed).uniform(0.5, 3, 3), strict=True)
    )
    return a * b + a * c - b


NUMBER = r"[(]?(−?[0-9.]+(?:e-?[0-9]+)?)[)]?"


def read(text):
    return Decimal(text.replace("−", "-"))


@pytest.mark.parametrize("seed", range(40))
def test_shown_shares_add_up_to_the_shown_gradient(seed):
    gradients, added = {}, 0
    for line in draw(forks(seed)).trace().splitlines():
        pattern = rf"grad (\S+) (\+?=) {NUMBER} × {NUMBER} = {NUMBER}(?:, now {NUMBER})?"
        for name, verb, _, _, sent, now in re.findall(pattern, line):
            if verb == "+=":
                added += 1
                assert gradients[name] + read(sent) == read(now), line
            gradients[name] = read(now or sent)
    assert added == 2


@pytest.mark.parametrize("seed", range(40))
def test_shown_factors_make_the_shown_product(seed):
    trace = draw(forks(seed)).trace()
    products = re.findall(rf"{NUMBER} × {NUMBER} = {NUMBER}", trace)
    assert len(products) == 10
    for one, other, made in products:
        digit = Decimal(1).scaleb(min(read(made).as_tuple().exponent, -3))
        assert 2 * abs(read(one) * read(other) - read(made)) <= digit


def test_a_wrong_product_is_not_excused_by_more_digits():
    x, y = Node(2 / 3, "x"), Node(1 / 3, "y")
    f = x * y
    wrong = draw(f, [Step(f, 1.0, (1 / 3, 2 / 3), (0.5, 2 / 3), (0.5, 2 / 3))])
    assert "grad x = 1 × 0.333 ≠ 0.5" in wrong.trace()


def test_numbers_that_agree_in_three_decimals_are_shown_in_three():
    x, y = Node(3, "x"), Node(-4, "y")
    trace = draw(Tanh()(x / y) * x).trace()
    assert not re.search(r"[1-9]\.[0-9]{4}|0\.[1-9][0-9]{3}", trace.split("forward   f")[0])


def test_a_sum_of_products_is_read_as_it_is_written():
    x = Node(-4, "x")
    trace = draw(-x + -Node(3, "y")).trace()
    assert "g1 = −x = −(−4) = 4" in trace
    assert "g2 = −y = −3\n" in trace


def test_an_index_says_what_it_takes():
    x, w = Node([1.0, 2.0], "x"), Node([3.0, 4.0], "w")
    p = (x * w).named("p")
    trace = draw(p[0] + p[1]).trace()
    assert "g1 = p[0] = [3 8][0] = 3\n" in trace and "g2 = p[1] = [3 8][1] = 8\n" in trace
    assert draw((x + w)[::2]).story.function() == "f = (x + w)[::2]"
    m = Node(np.ones((2, 3)), "m")
    taken = [m[0, -1], m[..., 1:], m[[0, 1]], m[m.value > 0], m[:, None]]
    said = [draw(part).story.function() for part in taken]
    assert said == ["f = m[0, -1]", "f = m[…, 1:]", "f = m[…]", "f = m[…]", "f = m[:, None]"]
