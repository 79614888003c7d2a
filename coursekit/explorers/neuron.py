"""One neuron under one's hand: two weights and a bias move a line over data."""

from functools import cached_property

import numpy as np

from coursekit.activations import Sigmoid
from coursekit.data import moons
from coursekit.explorers.frame import Control, FigureExplorer
from coursekit.functions import binary_cross_entropy
from coursekit.pictures import neurons
from coursekit.style import animated, headline, new_figure, number, signed


class OneNeuron(FigureExplorer):
    """Moves the line of a single neuron, σ(w·x + b), over two groups of points (C10).

    Parameters
    ----------
    points : array_like of shape (n, 2), optional
        Two moons by default; centre and scale yours, for the bias goes no further than 6.
    labels : array_like of shape (n,), optional
        0 or 1 for each point.

    Examples
    --------
    >>> print(OneNeuron().evidence(w1=1, w2=-4.5, b=0.5))
    σ(1 x₁ − 4.5 x₂ + 0.5): 24 of 200 points lie on the wrong side (cross-entropy 0.279). Across
    the line σ goes from 0.1 to 0.9 over 0.95: the longer w, the surer, right or wrong.
    """

    title = "One neuron: a line over data"
    controls = (
        Control("w1", "weight w₁", -6, 6, 0.5, start=2.0, fine=0.1),
        Control("w2", "weight w₂", -6, 6, 0.5, start=1.0, fine=0.1),
        Control("b", "bias b", -6, 6, 0.5, start=0.5, fine=0.1),
    )
    states = {
        "a good line": {"w1": 1.0, "w2": -4.5, "b": 0.5},
        "the same, less sure": {"w1": 0.2, "w2": -0.9, "b": 0.1},
        "surely wrong": {"w1": -1.0, "w2": 4.5, "b": -0.5},
        "no weights": {"w1": 0.0, "w2": 0.0, "b": 2.0},
    }

    def __init__(self, points=None, labels=None, **state):
        ours = points is None and labels is None
        self.given = moons(noise=0.15) if ours else (points, labels)
        self.states = self.states if ours else {}
        super().__init__(**state)

    @cached_property
    def data(self):
        """The points and their labels, or a sentence about what they lack."""
        return neurons.checked_points(*self.given)

    def held(self):
        yield from self.states.values()
        for control in self.controls:  # whole numbers: a frame has a ring for each wrong point
            yield from ({control.name: float(value)} for value in range(-6, 7))

    def figure(self):
        figure, self.axes = new_figure(5.8, 3.6)
        figure.get_layout_engine().set(w_pad=0.2)  # axes of equal scale are laid out too tightly
        self.view = neurons.neuron_axes(self.axes, *self.data)
        self.head = headline(self.axes)
        self.view.foot.set_gid("mark:the line")
        self.view.tip.set_gid("mark:the weights")
        self.moved = animated(*self.view.moving, self.head)
        return figure

    def move(self, w1, w2, b):
        neurons.show_neuron(self.view, np.array([w1, w2]), b)
        self.head.set_text(f"{self.wrong(w1, w2, b)} of {len(self.data[0])} points read wrong")
        return self.moved

    def z(self, w1, w2, b):
        """The pre-activation at each point."""
        return self.data[0] @ np.array([w1, w2]) + b

    def wrong(self, w1, w2, b):
        """How many points lie on the wrong side of the line."""
        return int(np.sum((self.z(w1, w2, b) > 0) != self.data[1]))

    def on_drag(self, mark, x, y):
        """Let the square shift the line, and the tip of the arrow set the weights."""
        aim = self.place_in(self.axes, x, y)
        w1, w2, b = self.state().values()
        w = np.array([w1, w2])
        foot = self.view.foot_of(w, b)
        if mark == "the weights":
            w, aim = np.clip(np.round((aim - foot) / self.view.arrow_length, 1), -6, 6), foot
        with self.hold_sync():
            self.w1, self.w2 = map(float, w)
            self.b = float(np.round(-w @ aim, 1))

    def evidence(self, w1, w2, b):
        points, labels = self.data
        loss = binary_cross_entropy(self.z(w1, w2, b), labels.astype(float)).value
        count = f"{self.wrong(w1, w2, b)} of {len(points)} points"
        if not (w1 or w2):
            sigma = number(Sigmoid().forward(np.float64(b)), 2)
            return (
                f"Without weights there is no line: σ(b) = {sigma} everywhere, and {count} are "
                f"read wrong (cross-entropy {number(loss, 3)})."
            )
        return (
            f"σ({number(w1)} x₁ {signed(w2)} x₂ {signed(b)}): {count} lie on the wrong side "
            f"(cross-entropy {number(loss, 3)}). "
            + neurons.line_words(points, np.array([w1, w2]), b)
        )

    def alt(self, w1, w2, b):
        lines = neurons.lines_seen(self.data[0], np.array([w1, w2]), b)
        return (
            f"Circles labelled 0 and squares labelled 1, {lines}{', ' if lines else ''}and a ring "
            f"around each point that is read wrong. {self.evidence(w1=w1, w2=w2, b=b)}"
        )
