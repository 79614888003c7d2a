"""Folded or not, a graph computes the same: one gate sends back what its gates would send."""

import numpy as np
import pytest

from coursekit import (
    MLP,
    Maxout,
    Node,
    PReLU,
    Sigmoid,
    Tanh,
    backprop,
    backprop_steps,
    cross_entropy,
    draw,
    exp,
    in_order,
)
from coursekit.folding import Composite, asked_for, composites, folded

WAYS = {
    "1 / (1 + exp(-z))": lambda z: 1 / (1 + exp(-z)),
    "1 / (exp(-z) + 1)": lambda z: 1 / (exp(-z) + 1),
    "(1 + exp(-z)) ** -1": lambda z: (1 + exp(-z)) ** -1,
    "1 / (1 + exp(-1 * z))": lambda z: 1 / (1 + exp(-1 * z)),
    "1 / (1 + exp(z * -1))": lambda z: 1 / (1 + exp(z * -1)),
}
NOT_SIGMA = {
    "2 in place of 1": lambda z: 2 / (1 + exp(-z)),
    "1 + 2 exp": lambda z: 1 / (2 + exp(-z)),
    "exp(z)": lambda z: 1 / (1 + exp(z)),
    "a named 1 that moves": lambda z: 1 / (Node(2.0, "w") + exp(-z)),
}


def third_circuit():
    x, y = Node(3, "x"), Node(-4, "y")
    sigma = WAYS["1 / (1 + exp(-z))"]
    return (x + sigma(y)) / (sigma(x) + (x + y) ** 2)


def network(activation, sizes=(2, 3, 4, 2)):
    run = MLP(list(sizes), activation)(np.random.default_rng(0).normal(size=(5, sizes[0])))
    return cross_entropy(run.output, [0, 1, 1, 0, 1])


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("z", [1.0, -4.0, np.array([0.5, -2.0, 3.0])])
def test_sigma_is_known_however_it_is_written(way, z):
    z = Node(z, "z")
    (fold,) = composites(way(z) * 3)
    assert (fold.symbol, fold.inputs) == ("σ", (z,))
    f, _ = folded(fold.output, [fold])
    sigma = Sigmoid()(z)
    ones = np.ones(z.shape)
    np.testing.assert_allclose(backprop(f, ones)[z], backprop(sigma, ones)[z])
    # One factor, as for the single gate: σ(1 − σ).
    (step, _) = backprop_steps(f, ones)
    np.testing.assert_allclose(step.local[0], sigma.value * (1 - sigma.value))


@pytest.mark.parametrize("way", NOT_SIGMA.values(), ids=NOT_SIGMA)
def test_what_only_looks_like_sigma_is_left_alone(way):
    assert composites(way(Node(1.0, "z"))) == []


def test_gates_whose_values_are_used_elsewhere_do_not_fold():
    e = exp(-Node(1.0, "z"))
    assert composites(1 / (1 + e) + e) == []


@pytest.mark.parametrize("activation", [Tanh(), PReLU(), Maxout()], ids=str)
def test_a_network_folds_by_layer(activation):
    loss = network(activation)
    folds = composites(loss)
    assert [fold.symbol for fold in folds] == ["layer 1", "layer 2", "layer 3"]
    f, _ = folded(loss, folds)
    names = [node.name for node in in_order(f) if node.parents]
    assert names == ["a1", "a2", "output", None]


def test_a_layer_of_ones_own_folds_too():
    x, w = Node(np.ones(3), "x"), Node(np.ones((2, 3)), "W")
    (fold,) = composites(Tanh()(w @ x))
    assert fold.inputs == (x,) and w in fold.inside


@pytest.mark.parametrize(
    "f", [third_circuit(), network(Tanh()), network(PReLU()), network(Maxout())]
)
def test_folding_changes_no_value_and_no_gradient(f):
    g, place = folded(f, composites(f))
    before, after = backprop(f), backprop(g)
    assert len(after) < len(before)
    outputs = {fold.output for fold in composites(f)}
    for old, new in place.items():
        if old in outputs or not isinstance(new.op, Composite):
            np.testing.assert_array_equal(old.value, new.value)
            np.testing.assert_allclose(after[new], before[old], rtol=1e-12)


def test_a_weight_that_two_layers_share_is_an_input_of_both():
    x, w = Node(np.ones((1, 2)), "x"), Node(np.full((2, 2), 0.5), "W")
    f = Tanh()(Tanh()(x @ w) @ w)
    first, second = composites(f)
    assert first.inputs == (x, w) and second.inputs == (first.output, w)
    ones = np.ones((1, 2))
    np.testing.assert_allclose(
        backprop(folded(f, [first, second])[0], ones)[w], backprop(f, ones)[w]
    )


def test_what_a_learner_names_folds_into_one_gate():
    z = Node(2.0, "z")
    swish = z * Sigmoid()(z)
    drawing = draw(swish * 3, fold={"swish": (swish, z)})
    assert drawing.story.function() == "f = swish(z) × 3"
    assert "g1 = swish(z) = swish(2) = 1.762" in drawing.trace()
    truth = backprop(swish * 3)[z]
    assert drawing.alt.endswith(f"its gradient is {truth:.3f} for z.")


def test_a_gate_that_goes_two_ways_has_no_single_factor():
    z = Node([1.0, 2.0], "z")
    total = (z * z) @ z
    f, _ = folded(total, asked_for(total, {"cube": (total, z)}))
    (step, _) = backprop_steps(f)
    assert step.local is None
    np.testing.assert_allclose(step.downstream[0], 3 * z.value**2)


def test_what_cannot_be_one_gate_is_refused_in_a_sentence():
    x = Node(2.0, "x")
    y = x * 3
    for fold in ({"two": (y + 1, x)}, {"own": (Node(1.0), x)}):
        with pytest.raises(ValueError, match="not in the graph of the output"):
            draw(y * y, fold=fold)
    z = y + 1
    with pytest.raises(ValueError, match="'leaky' cannot be one gate: give its output and"):
        draw(z * y, fold={"leaky": (z, x)})
    with pytest.raises(ValueError, match="'leaf' cannot be one gate"):
        draw(z * y, fold={"leaf": (x,)})
    with pytest.raises(ValueError, match="'again' cannot be one gate"):
        draw(z, fold={"once": (z, x), "again": (y, x)})


def test_a_folded_drawing_has_a_double_outline_and_says_what_it_holds():
    f = 1 / (1 + exp(-Node(1.0, "z")))
    plain, one = draw(f), draw(f, fold=True)
    assert len(one.story.gates) == 1 and len(plain.story.gates) == 4
    assert one.svg.count("<rect") == 4  # card, z, and σ twice
    assert one.words(1) == (
        "Forward, gate 1 of 1: f = σ(z) = σ(1) = 0.731. The gate σ folds 4 gates: neg, exp, + "
        "and ÷."
    )
    assert one.words(3).endswith("The local gradient of σ is σ(1 − σ) = 0.731 × 0.269.")


def test_a_walk_that_the_learner_wrote_walks_over_the_folded_graph():
    f = 1 / (1 + exp(-Node(1.0, "z")))
    assert "0.197 for z" in draw(f, backprop_steps, fold=True).alt
