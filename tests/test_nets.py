import numpy as np
import pytest

from coursekit import Activation, Maxout, Node, PReLU, ReLU, Sigmoid, Tanh, backprop, cross_entropy
from coursekit.nets import MLP, all_equal, glorot, he, scaled

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


@pytest.mark.parametrize("activation", [Tanh(), Sigmoid(), ReLU()])
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


@pytest.mark.parametrize("activation", [PReLU(), Maxout(), ReLU])
def test_an_activation_of_more_than_one_input_is_refused(activation):
    with pytest.raises(TypeError, match="takes one input, such as ReLU"):
        MLP([3, 4, 2], activation)
