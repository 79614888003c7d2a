import numpy as np
import pytest

from coursekit import Activation, LeakyReLU, Maxout, PReLU, ReLU, Sigmoid, Tanh, backprop
from coursekit.data import digits, spiral
from coursekit.nets import MLP, he, scaled
from coursekit.probes import (
    Census,
    active_shares,
    band,
    census,
    direction_kept,
    expected_gradient_sizes,
    gaussian_flow,
    gradient_sizes,
    largest,
    rms_slopes,
    saturated_share,
)
from coursekit.training import train

IMAGES, LABELS = digits()


def test_a_band_holds_every_share():
    assert [band(share) for share in (0, 0.02, 0.2, 0.85, 1)] == [
        *("under 2 %", "2 to 20 %", "20 to 50 %", "over 85 %", "over 85 %")
    ]


@pytest.mark.parametrize("share", [float("nan"), -0.01, 1.01])
def test_what_is_no_share_has_no_band(share):
    with pytest.raises(ValueError, match=f"a share lies between 0 and 1, and {share} does not"):
        band(share)


def test_a_gradient_keeps_its_direction_over_a_step_too_short_to_matter_and_at_no_other():
    net = MLP([64, 30, 10], Tanh(), scaled(1.0))
    kept = [direction_kept(net, IMAGES, LABELS, rate) for rate in (0.0, 1e-6, 0.2, 100.0)]
    assert kept[0] == pytest.approx(1) and kept[1] == pytest.approx(1)
    assert kept[3] < kept[2] < 1


def test_large_first_weights_lose_the_direction_of_their_gradient_in_one_step():
    for seed in range(2):
        nets = [MLP([64, *[100] * 5, 10], Tanh(), scaled(gain), seed) for gain in (1.0, 10.0)]
        well, large = (direction_kept(net, IMAGES, LABELS, 0.2) for net in nets)
        assert well > 0.9 and abs(large) < 0.1


def test_tanh_is_saturated_near_its_ends_and_sigmoid_likewise():
    for activation, center, half in ((Tanh(), 0, 1), (Sigmoid(), 0.5, 0.5)):
        run = MLP([64, 100, 100, 10], activation, scaled(8.0))(IMAGES)
        far = [np.mean(np.abs(a.value - center) > half * np.sqrt(0.95)) for a in run.a]
        np.testing.assert_allclose(saturated_share(run), far, atol=1e-3)
        assert min(far) > 0.3


def test_a_linear_net_is_never_saturated():
    run = MLP([64, 100, 10], LeakyReLU(1.0), scaled(100.0))(IMAGES)
    assert saturated_share(run).tolist() == [0]
    assert rms_slopes(run).tolist() == [1]


def test_an_activation_that_is_flat_everywhere_is_saturated_everywhere():
    class Flat(Tanh):
        def forward(self, z):
            return np.ones_like(z)

        def slope(self, a, z):
            return np.zeros_like(z)

    assert saturated_share(MLP([64, 9, 10], Flat())(IMAGES)).tolist() == [1]


@pytest.mark.parametrize("missing", [np.inf, np.nan], ids=["infinite", "missing"])
def test_where_slopes_have_no_bound_nothing_but_0_counts_as_saturated(missing):
    class CubeRoot(Activation):
        def forward(self, z):
            return np.cbrt(z)

        def slope(self, a, z):
            return np.where(z == 0, missing, 1 / (3 * np.maximum(a * a, 1e-300)))

    assert saturated_share(MLP([64, 9, 10], CubeRoot())(IMAGES)).tolist() == [0]
    assert largest(lambda z: 1 / z, np.array([-1.0, 0.0, 1.0])) == np.inf
    assert largest(lambda z: 2.0, np.array([-1.0, 0.0, 1.0])) == 2


def test_gradient_sizes_are_norms_of_the_gradients_in_z():
    run = MLP([64, 20, 20, 10], Tanh())(IMAGES)
    upstream = np.ones(run.output.shape)
    (W3,) = (node.value for node in run.parameters[4:5])
    dz2 = upstream @ W3.T * (1 - run.a[1].value ** 2)
    sizes = gradient_sizes(run, backprop(run.output, upstream))
    assert sizes[1] == pytest.approx(np.sqrt(np.sum(dz2**2)))


# The rows of the experiment: what the gradient keeps from the tenth layer to the first, which
# share is saturated, and how far from the prediction it may be.
CAUSES = {
    "small slopes alone": (Sigmoid(), 1.0, 0.0, (1.9e-6, 2.1e-6), (0, 0), 0.05),
    "saturation alone": (Tanh(), 1.0, 3.0, (1e-9, 1e-8), (0.78, 0.83), 0.5),
    "small weights alone": (LeakyReLU(1.0), 0.2236, 0.0, (1.3e-6, 1.5e-6), (0, 0), 0.05),
    "none, linear": (LeakyReLU(1.0), 1.0, 0.0, (0.95, 1.05), (0, 0), 0.05),
    "none, tanh": (Tanh(), 1.0, 0.0, (0.27, 0.29), (0, 0.01), 0.05),
    "saturated, yet exploding": (Tanh(), 500**0.5, 0.0, (6e4, 8.5e4), (0.9, 0.94), 0.1),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_alone_does_to_the_gradient_what_the_experiment_says(cause):
    activation, gain, bias, ratio, share, apart = CAUSES[cause]
    run, gradients = gaussian_flow(activation, gain, bias)
    sizes = gradient_sizes(run, gradients)
    assert len(sizes) == 10
    assert ratio[0] < sizes[0] / sizes[-1] < ratio[1]
    assert share[0] <= saturated_share(run).mean() <= share[1]
    assert expected_gradient_sizes(run)[0] * sizes[-1] / sizes[0] == pytest.approx(1, rel=apart)


def test_the_slopes_of_an_activation_that_learns_are_its_own():
    images = IMAGES[:50]
    prelu, leaky = (MLP([64, 20, 20, 10], f)(images) for f in (PReLU(), LeakyReLU(0.25)))
    np.testing.assert_array_equal(rms_slopes(prelu), rms_slopes(leaky))
    np.testing.assert_array_equal(saturated_share(prelu), saturated_share(leaky))


def test_maxout_never_saturates_as_one_piece_passes_all():
    run, gradients = gaussian_flow(Maxout(), gain=1.0, layers=4, width=50)
    assert saturated_share(run).tolist() == [0] * 4
    assert rms_slopes(run).tolist() == [1] * 4
    sizes = gradient_sizes(run, gradients)
    np.testing.assert_allclose(expected_gradient_sizes(run) * sizes[-1] / sizes, 1, rtol=0.2)


@pytest.mark.parametrize(
    ("rate", "died"), [(1, [0, 0, 0, 0, 0]), (10, [2, 3, 7, 3, 1]), (30, [10, 10, 14, 6, 7])]
)
def test_one_full_step_kills_as_many_units_as_the_experiment_says(rate, died):
    counted, touched = [], []
    for seed in range(5):
        points, arms = spiral(seed)
        net = MLP([2, 50, 50, 50, 3], ReLU(), he, seed)
        after = train(net, points, arms, rate, epochs=1, batch=300, bar=False).net
        taken = census({0: net, 1: after}, points)
        counted.append(taken.count("died")[0])
        once_more = train(after, points, arms, rate, epochs=1, batch=300, bar=False).net
        dead = taken.fates(1) == "died"
        for new, old in zip(once_more.parameters[:2], after.parameters[:2], strict=True):
            touched.append(np.abs((new - old)[..., dead]).sum())
    assert counted == died
    assert not any(touched), "the gradient of a dead unit is exactly 0"


def at(*shares):
    """A census of one layer that was looked at at steps 0, 10, 20 and so on."""
    return Census(tuple(range(0, 10 * len(shares), 10)), (np.array(shares),), 1.0)


def test_each_unit_has_one_fate():
    taken = at(
        [0.0, 0.5, 0.0, 0.5, 0.5, 0.0, 0.0],
        [0.0, 0.0, 0.3, 0.5, 0.0, 0.2, 0.0],
        [0.0, 0.0, 0.3, 0.01, 0.2, 0.0, 0.01],
    )
    fates = ["born dead", "died", "revived", "sparse", "revived", "died", "revived"]
    assert taken.fates(1).tolist() == fates
    assert taken.since(1).tolist() == [0, 10, 10, 0, 20, 20, 20]
    assert [taken.count(fate)[0] for fate in ("alive", "sparse", "revived")] == [0, 1, 3]
    assert repr(taken) == "Census(step 20; layer 1: 1 sparse, 3 revived, 2 died, 1 born dead)"


def test_a_unit_that_one_batch_never_sees_firing_is_sparse_and_not_dead():
    x = np.zeros((300, 1))
    x[7] = 1
    net = MLP([1, 2, 1], ReLU()).with_parameters([[[1.0, -1.0]], [0.0, 0.0], [[1.0]] * 2, [0.0]])
    assert census({0: net}, x[50:]).count("born dead") == [2]
    assert census({0: net}, x).fates(1).tolist() == ["sparse", "born dead"]


def test_units_die_and_some_come_back_but_none_behind_layers_that_stand_still():
    points, arms = spiral(1)
    net, nets = MLP([2, 50, 50, 50, 3], ReLU(), he, 1), {}
    train(net, points, arms, 1, epochs=60, bar=False, watch=nets.__setitem__, seed=1)
    taken = census({step: nets[step] for step in (300, 600)}, points)
    assert taken.count("revived")[0] == 0, "the data stays as it is"
    # With the first layer frozen its activations are data for a net of the others.
    behind = nets[300](points).a[0].value
    rest = MLP([50, 50, 50, 3], ReLU()).with_parameters(nets[300].parameters[2:])
    frozen = train(rest, behind, arms, 1, epochs=30, bar=False).net
    assert census({300: rest, 600: frozen}, behind).count("revived")[0] == 0


def test_a_census_of_maxout_counts_pieces():
    points = spiral()[0][[*range(1, 100), *range(101, 200)]]  # at 0 all pieces are equal
    net = MLP([2, 25, 25, 25, 3], Maxout())
    shares = active_shares(net, points)
    assert [share.shape for share in shares] == [(25, 2)] * 3
    np.testing.assert_allclose(shares[0].sum(axis=-1), 1)
    assert census({0: net}, points).fates(1).shape == (25, 2)


def test_units_may_all_be_alive_and_tell_nothing_apart():
    x = np.random.default_rng(0).normal(size=(200, 30))
    deep = [30] * 11 + [1]
    small, well = (
        census({0: MLP(deep, activation, init)}, x)
        for activation, init in ((Tanh(), scaled(0.3)), (ReLU(), he))
    )
    assert sum(small.count("alive")) == 300 and sum(well.count("alive")) < 300
    assert small.spread < 1e-4 < 0.05 < well.spread


def test_a_census_needs_a_moment_and_a_fate_a_name():
    with pytest.raises(ValueError, match="at least one moment"):
        census({}, IMAGES)
    with pytest.raises(ValueError, match="a unit is one of alive, sparse, .*not 'dead'"):
        at([0.0]).count("dead")
