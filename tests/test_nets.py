import numpy as np
import pytest

from coursekit import (
    Activation,
    LeakyReLU,
    Maxout,
    Node,
    PReLU,
    ReLU,
    Sigmoid,
    Tanh,
    backprop,
    cross_entropy,
)
from coursekit.nets import MLP, Dense, Many, Neuron, all_equal, glorot, he, scaled
from coursekit.ops import Sum

RNG = np.random.default_rng(0)
IMAGES, LABELS = RNG.normal(size=(7, 5)), RNG.integers(0, 3, 7)


@pytest.mark.parametrize(
    ("init", "variance"), [(scaled(3.0), 9 / 400), (glorot, 2 / 700), (he, 2 / 400)]
)
def test_an_init_draws_the_variance_that_it_names(init, variance):
    weights = init(np.random.default_rng(1), 400, 300)
    assert weights.shape == (400, 300)
    assert weights.var() == pytest.approx(variance, rel=0.02)
    assert abs(weights.mean()) < 0.01 * np.sqrt(variance) * 3


def test_the_same_seed_draws_the_same_weights_and_another_seed_others():
    one, same, other = (MLP([5, 4, 3], Tanh(), seed=seed) for seed in (1, 1, 2))
    assert all(map(np.array_equal, one.parameters, same.parameters))
    assert not np.array_equal(one.parameters[0], other.parameters[0])


def test_gains_differ_in_scale_alone():
    small, large = (MLP([5, 4, 3], Tanh(), scaled(gain)) for gain in (1.0, 10.0))
    np.testing.assert_allclose(10 * small.parameters[0], large.parameters[0])


def test_a_forward_pass_is_what_one_would_write_by_hand():
    net = MLP([5, 4, 4, 3], Sigmoid(), scaled(2.0))
    W1, b1, W2, b2, W3, b3 = net.parameters
    a1 = 1 / (1 + np.exp(-(IMAGES @ W1 + b1)))
    a2 = 1 / (1 + np.exp(-(a1 @ W2 + b2)))
    run = net(IMAGES)
    np.testing.assert_allclose(run.a[1].value, a2)
    np.testing.assert_allclose(run.z[1].value, a1 @ W2 + b2)
    np.testing.assert_allclose(run.output.value, a2 @ W3 + b3)
    assert [node.name for node in (*run.parameters[:2], *run.z, *run.a)] == [
        *("W1", "b1", "z1", "z2", "a1", "a2")
    ]


@pytest.mark.parametrize("activation", [Tanh(), Sigmoid(), ReLU(), PReLU(), Maxout()])
def test_gradients_of_all_parameters_equal_centred_differences(activation):
    net, h = MLP([5, 4, 4, 3], activation), 1e-6
    # With biases of 0, a layer that is off would put the next one right on the kink.
    net = net.with_parameters(
        array + 0.1 * RNG.normal(size=array.shape) for array in net.parameters
    )
    run = net(IMAGES)
    gradients = backprop(cross_entropy(run.output, LABELS))
    for place, node in enumerate(run.parameters):
        nudge = RNG.normal(size=node.shape)
        up, down = (
            cross_entropy(
                net.with_parameters(
                    array + side * h * nudge if at == place else array
                    for at, array in enumerate(net.parameters)
                )(IMAGES).output,
                LABELS,
            ).value
            for side in (1, -1)
        )
        slope = (up - down) / (2 * h)
        assert np.sum(gradients[node] * nudge) == pytest.approx(slope, rel=1e-6, abs=1e-9)


def test_a_net_never_changes():
    net = MLP([5, 4, 3], Tanh())
    before = [array.copy() for array in net.parameters]
    other = net.with_parameters(array + 1 for array in net.parameters)
    assert all(map(np.array_equal, net.parameters, before))
    np.testing.assert_allclose(other.parameters[1], 1)
    with pytest.raises(ValueError, match="read-only"):
        net.parameters[0][0] = 0


def test_all_equal_weights_keep_the_units_of_a_layer_twins():
    net = MLP([5, 4, 3], Tanh(), all_equal)
    for _ in range(3):
        run = net(IMAGES)
        gradients = backprop(cross_entropy(run.output, LABELS))
        net = net.with_parameters(p.value - gradients[p] for p in run.parameters)
    first = net.parameters[0]
    np.testing.assert_allclose(first, first[:, :1].repeat(4, axis=1), rtol=1e-12)


def test_an_init_of_the_wrong_shape_is_refused_in_words():
    with pytest.raises(ValueError, match=r"must return weights of shape \(5, 4\), not \(4, 5\)"):
        MLP([5, 4, 3], Tanh(), lambda rng, d, k: rng.normal(size=(k, d)))


def test_a_learners_own_activation_makes_a_net():
    class Cube(Activation):
        def forward(self, z):
            return z**3

        def slope(self, a, z):
            return 3 * z**2

    run = MLP([5, 4, 3], Cube())(Node(IMAGES, "images"))
    np.testing.assert_allclose(run.a[0].value, run.z[0].value ** 3)


def test_a_net_without_a_hidden_layer_is_linear():
    net = MLP([5, 3], Tanh())
    np.testing.assert_allclose(net(IMAGES).output.value, IMAGES @ net.parameters[0])


@pytest.mark.parametrize("activation", [ReLU, np.tanh, Sum()])
def test_what_is_no_activation_is_refused_in_a_sentence(activation):
    with pytest.raises(TypeError, match=r"such as ReLU\(\), PReLU\(\) or Maxout\(\), not"):
        MLP([3, 4, 2], activation)


@pytest.mark.parametrize("sizes", [[3], []])
def test_a_net_without_inputs_or_outputs_is_refused(sizes):
    with pytest.raises(ValueError, match="at least its inputs and its outputs, not"):
        MLP(sizes, Tanh())


def test_a_neuron_is_a_weighted_sum_a_bias_and_an_activation():
    neuron = Neuron(Node([2.0, -3.0]), Node(-3.0), Sigmoid())
    fired = neuron([-1.0, -2.0])
    assert float(fired.value) == pytest.approx(0.7310585786, abs=1e-10)
    gradients = backprop(fired)
    np.testing.assert_allclose(gradients[neuron.w], [-0.1966119, -0.3932239], atol=1e-7)
    assert gradients[neuron.b] == pytest.approx(0.1966119, abs=1e-7)


def test_a_layer_is_its_neurons_side_by_side():
    W, b = RNG.normal(size=(5, 4)), RNG.normal(size=4)
    together = Dense(Node(W), Node(b), Tanh())(IMAGES)
    apart = [Neuron(Node(W[:, unit]), Node(b[unit]), Tanh())(IMAGES).value for unit in range(4)]
    np.testing.assert_allclose(together.value, np.stack(apart, axis=1))


def test_a_layer_without_an_activation_is_linear():
    W, b = RNG.normal(size=(5, 4)), RNG.normal(size=4)
    np.testing.assert_allclose(Dense(Node(W), Node(b))(IMAGES).value, IMAGES @ W + b)


def test_a_net_of_prelu_learns_one_slope_a_layer_and_begins_with_a_quarter():
    net = MLP([5, 4, 4, 3], PReLU())
    assert [array.shape for array in net.parameters[6:]] == [(), ()]
    leaky = MLP([5, 4, 4, 3], LeakyReLU(0.25))
    run = net(IMAGES)
    assert [node.name for node in run.parameters[6:]] == ["α1", "α2"]
    np.testing.assert_array_equal(run.output.value, leaky(IMAGES).output.value)
    gradients = backprop(cross_entropy(run.output, LABELS))
    assert all(gradients[alpha] != 0 for alpha in run.parameters[6:])


def test_a_maxout_unit_is_the_largest_of_its_pieces_which_stand_last():
    net = MLP([5, 4, 3], Maxout(), pieces=3)
    W, b, *_ = net.parameters
    run = net(IMAGES)
    assert run.z[0].shape == (7, 4, 3)
    pieces = np.stack([IMAGES @ W[:, piece::3] + b[piece::3] for piece in range(3)], axis=-1)
    np.testing.assert_allclose(run.z[0].value, pieces)
    np.testing.assert_allclose(run.a[0].value, pieces.max(axis=-1))


def test_maxout_of_one_piece_is_linear():
    net = MLP([5, 4, 3], Maxout(), pieces=1)
    linear = MLP([5, 4, 3], LeakyReLU(1.0))
    np.testing.assert_array_equal(net(IMAGES).output.value, linear(IMAGES).output.value)


def test_maxout_has_so_many_times_the_weights_of_its_hidden_layers():
    assert MLP([784, 100, 10], Maxout()).parameters[0].size == 2 * 784 * 100
    assert MLP([784, 100, 10], Maxout(), pieces=5).parameters[0].size == 5 * 784 * 100
    assert "158,010 parameters" in repr(MLP([784, 100, 10], Maxout()))


def test_each_piece_of_maxout_is_drawn_as_the_weights_of_any_other_unit():
    weights = MLP([400, 300, 2], Maxout(), he, pieces=2).parameters[0]
    for piece in (weights[:, ::2], weights[:, 1::2]):
        assert piece.var() == pytest.approx(2 / 400, rel=0.02)


def test_the_pieces_of_a_unit_are_drawn_one_after_the_other_and_stand_side_by_side():
    draws = iter((1.0, 2.0, 3.0))
    net = MLP([2, 3, 1], Maxout(), lambda rng, d, k: np.full((d, k), next(draws)))
    assert net.parameters[0].tolist() == [[1, 2] * 3] * 2
    assert net.parameters[2].tolist() == [[3]] * 3


def test_a_unit_without_pieces_is_refused():
    with pytest.raises(ValueError, match="at least one piece, not 0"):
        MLP([5, 4, 3], Maxout(), pieces=0)


@pytest.mark.parametrize("activation", [Tanh(), PReLU(), Maxout()])
def test_many_nets_at_once_say_what_each_says_alone(activation):
    nets = [MLP([5, 4, 4, 3], activation, seed=seed) for seed in range(3)]
    nets = [net.with_parameters(array + 0.1 for array in net.parameters) for net in nets]
    many = Many(nets)
    run = many(IMAGES)
    gradients = backprop(cross_entropy(run.output, LABELS), upstream=np.ones(3))
    assert run.output.shape == (3, 7, 3)
    for place, net in enumerate(nets):
        alone = net(IMAGES)
        np.testing.assert_allclose(run.output.value[place], alone.output.value, rtol=1e-12)
        own = backprop(cross_entropy(alone.output, LABELS))
        for one, other in zip(run.parameters, alone.parameters, strict=True):
            np.testing.assert_allclose(
                gradients[one][place].reshape(other.shape), own[other], rtol=1e-9, atol=1e-15
            )


@pytest.mark.parametrize("activation", [Tanh(), PReLU(), Maxout()])
def test_many_nets_can_be_taken_apart_again(activation):
    nets = [MLP([5, 4, 3], activation, seed=seed) for seed in range(3)]
    many = Many(nets)
    assert repr(many) == f"3 × {nets[0]!r}"
    for net, back in zip(nets, many.each(), strict=True):
        assert repr(back) == repr(net)
        assert all(map(np.array_equal, net.parameters, back.parameters))


def test_nets_that_are_not_alike_cannot_stand_on_one_axis():
    net = MLP([5, 4, 3], LeakyReLU(0.1))
    others = [MLP([5, 6, 3], LeakyReLU(0.1)), MLP([5, 4, 3], LeakyReLU(0.2)), Many([net, net])]
    for other in others:
        with pytest.raises(ValueError, match="MLPs of the same sizes and activation"):
            Many([net, other])
    with pytest.raises(ValueError, match="at least one"):
        Many([])


def test_parameters_of_another_build_are_refused():
    net = MLP([5, 4, 3], Tanh())
    with pytest.raises(ValueError, match=r"W1 has the shape \(5, 4\), not \(4, 5\)"):
        net.with_parameters([net.parameters[0].T, *net.parameters[1:]])
    with pytest.raises(ValueError, match="4 parameters, not 3"):
        net.with_parameters(net.parameters[:3])
