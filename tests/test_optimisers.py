import autograd.misc.optimizers as peers
import numpy as np
import pytest

from coursekit.optimisers import SGD, Adam, Momentum

RNG = np.random.default_rng(0)
START, PULL = RNG.normal(size=5), RNG.uniform(0.1, 3, 5)
OPTIMISERS = (SGD(), Momentum(), Adam())


def walk(optimiser, rate, steps, start=START):
    """Go down ½ Σ pull · w², whose gradient is pull · w."""
    arrays, state, path = [start], None, [start]
    for _ in range(steps):
        arrays, state = optimiser.step(arrays, [PULL * arrays[0]], rate, state)
        path.append(arrays[0])
    return np.array(path)


def test_plain_descent_shrinks_each_weight_by_its_own_factor():
    np.testing.assert_allclose(walk(SGD(), 0.1, 20)[-1], START * (1 - 0.1 * PULL) ** 20)


def test_momentum_is_polyaks_heavy_ball():
    path = walk(Momentum(beta=0.8), 0.1, 30)
    now, before = path[1:-1], path[:-2]
    np.testing.assert_allclose(path[2:], now - 0.1 * PULL * now + 0.8 * (now - before), atol=1e-12)


def test_adam_goes_where_an_independent_one_goes():
    other = peers.adam(lambda w, step: PULL * w, START, num_iters=50, step_size=0.1)
    np.testing.assert_allclose(walk(Adam(), 0.1, 50)[-1], other, rtol=1e-10)


def test_the_first_step_of_adam_is_as_long_as_the_rate_for_every_weight():
    np.testing.assert_allclose(np.abs(walk(Adam(), 0.1, 1)[1] - START), 0.1, rtol=1e-6)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_step_changes_neither_what_it_is_given_nor_the_optimiser(optimiser):
    arrays, gradients = [START.copy(), np.array(2.0)], [PULL.copy(), np.array(1.0)]
    _, state = optimiser.step(arrays, gradients, 0.1)
    one, _ = optimiser.step(arrays, gradients, 0.1, state)
    two, _ = optimiser.step(arrays, gradients, 0.1, state)
    assert all(map(np.array_equal, one, two))
    assert np.array_equal(arrays[0], START) and np.array_equal(gradients[0], PULL)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_small_arrays_stay_small(optimiser):
    small = [np.ones(3, np.float32)]
    _, state = optimiser.step(small, small, 0.1)
    (after,), _ = optimiser.step(small, small, 0.1, state)
    assert after.dtype == np.float32


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_rate_for_each_net_is_a_step_of_each_alone(optimiser):
    rates = np.array([0.1, 0.3]).reshape(2, 1)
    together = walk(optimiser, rates, 10, np.stack([START, START]))[-1]
    for place, rate in enumerate(rates.flat):
        np.testing.assert_allclose(together[place], walk(optimiser, rate, 10)[-1])


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_gradient_that_is_missing_is_no_step(optimiser):
    with pytest.raises(ValueError, match="shorter"):
        optimiser.step([START, START], [PULL], 0.1)
