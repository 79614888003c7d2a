"""A decision boundary while a net learns, with the lines of its hidden units, through time."""

from functools import lru_cache

from coursekit.activations import ReLU
from coursekit.data import moons, spiral
from coursekit.explorers.frame import Control, FigureExplorer
from coursekit.explorers.parameters import having
from coursekit.films import Reel
from coursekit.nets import MLP, he
from coursekit.pictures.curves import hole
from coursekit.pictures.foreign import of_a_layer
from coursekit.pictures.planes import border_words, boundary_artists, dead_words
from coursekit.probes import active_shares
from coursekit.style import animated, headline, new_figure, number, percent
from coursekit.training import error_rate

DATA = {"spiral": spiral(), "moons": moons(n=150)}  # of 300 points each
EPOCHS = (0, 1, 2, 3, 5, 8, 12, 20, 30, 50, 80)
RATES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)


class Boundary(FigureExplorer):
    """What a net with one hidden layer says where, from before training to the end (C10, C22).

    A net of ReLUs is straight between its units' lines, so its borders bend on them only. Where
    the learning rate is too high, lines leave the data: their units are dead.

    Parameters
    ----------
    data : {"spiral", "moons"}
    activation : Activation, optional
        ReLU, unless another is given.

    Examples
    --------
    >>> print(Boundary().evidence(epoch=0))
    Rate 1, epoch 0: 12 ReLU units misread 70 % of the points; none of them is dead. Each border \
bends only where it crosses one of the 12 lines.
    """

    longest = 153
    controls = (
        Control("epoch", "epoch", 0, EPOCHS[-1], 1, EPOCHS[-1], at=EPOCHS),
        Control("units", "hidden units", 1, 30, 1, start=12, at=(1, 2, 3, 4, 6, 9, 12, 20, 30)),
        Control("rate", "learning rate", RATES[0], RATES[-1], 0.1, 1.0, at=RATES),
    )
    states = {
        "before training": {"epoch": 0, "units": 12, "rate": 1.0},
        "too few units": {"epoch": EPOCHS[-1], "units": 3, "rate": 1.0},
        "enough": {"epoch": EPOCHS[-1], "units": 30, "rate": 1.0},
        "rate too high": {"epoch": EPOCHS[-1], "units": 30, "rate": 10.0},
    }

    def __init__(self, data="spiral", activation=None, **state):
        if not isinstance(data, str) or data not in DATA:
            raise ValueError(f"data are {' or '.join(map(repr, DATA))}, not {data!r:.40}")
        self.points, self.labels = DATA[data]
        self.activation = of_a_layer(activation or ReLU)
        self.title = f"A decision boundary on the {data}"
        self.reel = lru_cache(maxsize=12)(self.begun)
        super().__init__(**state)

    def held(self):
        return [*self.states.values(), *({"epoch": epoch} for epoch in EPOCHS)]

    def begun(self, units: int, rate: float) -> Reel:
        """Begin the training of a net."""
        if flaw := hole(self.activation):  # training may pass by a pole, and then stop elsewhere
            raise ValueError(flaw)
        sizes = [2, units, self.labels.max() + 1]
        return Reel(MLP(sizes, self.activation, he), self.points, self.labels, rate)

    def net(self, epoch: int, units: int, rate: float) -> MLP:
        """The net of a state, trained no further than anybody looks."""
        try:
            return self.reel(units, rate).at(epoch)
        except FloatingPointError as stopped:
            said = f"At rate {number(rate)}, training {stopped}: choose a lower rate."
            raise ValueError(said) from None

    def figure(self):
        figure, ax = new_figure(height=4.8)
        figure.set_layout_engine(None)  # to find margins takes longer than all else
        figure.subplots_adjust(0.127, 0.1, 0.975, 0.945)
        self.artists = boundary_artists(self.net(0, 12, 1.0), self.points, self.labels, ax)
        self.head = headline(ax, 1.02)
        self.moved = animated(*self.artists.regions, self.artists.lines, self.head)
        return figure

    def move(self, **state):
        self.artists.move(net := self.net(**state))
        wrong = percent(error_rate(net, self.points, self.labels))
        self.head.set_text(f"Epoch {state['epoch']}: {wrong} of the points are misread")
        return self.moved

    def evidence(self, epoch, units, rate):
        net = self.net(epoch, units, rate)
        wrong = percent(error_rate(net, self.points, self.labels))
        active = active_shares(net, self.points)[0].reshape(units, -1)  # Maxout: piece by piece
        dead = int((active == 0).all(axis=1).sum())
        count = {0: "none of them is dead", 1: "1 of them is dead", units: "all of them are dead"}
        misread, lines = "units misread", f"one of the {units} lines"
        if units == 1:
            count = {0: "it is not dead", 1: "it is dead"}
            misread, lines = "unit misreads", "its line"
        borders = border_words(having(self.activation), lines)
        if dead == units:
            borders = dead_words(net, self.points)
        return (
            f"Rate {number(rate)}, epoch {epoch}: {units} {self.activation} {misread} "
            f"{wrong} of the points; {count.get(dead, f'{dead} of them are dead')}. {borders}"
        )

    def alt(self, **state):
        return (
            "The plane in regions, one for each class, with the line of each hidden unit and "
            f"{len(self.points)} points. {self.evidence(**state)}"
        )
