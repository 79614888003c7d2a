import re

import numpy as np
import pytest

from coursekit import MLP, LeakyReLU, ReLU, Tanh, spiral, train
from coursekit.films import BATCH, Film, Reel
from coursekit.nets import he
from coursekit.training import dealt

POINTS, ARMS = spiral()


class Own(Tanh):
    """What a learner wrote, which is walked and not replayed."""


@pytest.mark.parametrize("activation", [ReLU(), Own()], ids=repr)
def test_a_reel_shows_what_a_whole_training_is_after_each_epoch(activation):
    net = MLP([2, 9, 3], activation, he)
    reel, film = Reel(net, POINTS, ARMS, rate=0.5), Film(net, POINTS, ARMS, rate=0.5, epochs=6)
    assert reel.at(2) and len(reel.nets) == 3
    for epoch in (6, 0, 4):
        shown, whole = reel.at(epoch).parameters, film.nets[epoch].parameters
        assert all(map(np.array_equal, shown, whole))


def test_a_reel_says_where_its_training_stops_whenever_it_is_asked():
    net = MLP([2, 30, 3], LeakyReLU(1.0), he)
    stopped = train(net, POINTS, ARMS, 20.0, 80, BATCH, bar=False).stopped
    last = int(re.search(r"step (\d+)", stopped)[1]) // -(-len(POINTS) // BATCH)
    reel = Reel(net, POINTS, ARMS, rate=20.0)
    for _ in range(2):
        with pytest.raises(FloatingPointError, match=re.escape(stopped)):
            reel.at(80)
        assert np.isfinite(reel.at(last)(POINTS).output.value).all()


def test_a_reel_that_was_interrupted_amid_an_epoch_begins_anew(monkeypatch):
    def stopped(*how, epochs):
        yield next(dealt(*how, epochs))
        raise KeyboardInterrupt

    net = MLP([2, 9, 3], ReLU())
    reel = Reel(net, POINTS, ARMS, rate=0.5)
    with monkeypatch.context() as broken:
        broken.setattr("coursekit.films.dealt", stopped)
        with pytest.raises(KeyboardInterrupt):
            reel.at(2)
    whole = Film(net, POINTS, ARMS, rate=0.5, epochs=2).nets[2].parameters
    assert all(map(np.array_equal, reel.at(2).parameters, whole))
