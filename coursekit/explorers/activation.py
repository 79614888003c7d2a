"""Activations under one's hand: curve, slope at z, and a cloud of z's that passes through."""

from contextlib import suppress
from functools import cached_property
from itertools import chain, product
from textwrap import fill

from coursekit.activations import Activation, Sigmoid, Tanh
from coursekit.explorers.frame import Control, FigureExplorer
from coursekit.explorers.pairs import told_apart
from coursekit.explorers.parameters import having, learned_slopes, parameters, told
from coursekit.pictures import curves
from coursekit.pictures.curves import HIGH, LOW, Outputs, curve_of
from coursekit.pictures.foreign import activation_of
from coursekit.pictures.plots import ActivationView, with_room
from coursekit.pictures.story import listed
from coursekit.style import new_figure, number

Z = Control("z", "pre-activation z", LOW, HIGH, step=0.25, start=2.5, fine=0.05)
SPREADS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
CLOUD = Control("cloud", "spread of the cloud", 0.25, 4, 0.5, 1.0, at=SPREADS)


class ActivationExplorer(FigureExplorer):
    """
    Curve and slope of any activation at a z that moves, and a cloud of z's that passes through.

    Its fields are sliders by themselves, and so are the inputs that it has besides z, such as the
    α of PReLU. Two activations stand side by side.

    Shows what saturation does to a gradient (C11, C12): how much of it five layers let through;
    and what becomes of the mean of what passes (C14, C17, C28).

    Examples
    --------
    >>> ActivationExplorer(Sigmoid()).evidence(z=5)
    'σ′(5) = 0.00665, 3 % of its largest, 0.25: saturated. Five such layers let 1e-11 through. \
A cloud of spread 1 leaves σ with mean 0.5 and spread 0.21, 0 % of it saturated.'
    """

    def __init__(self, activation, other: Activation | None = None, **state: float) -> None:
        plain = [*map(activation_of, (activation,) if other is None else (activation, other))]
        self.symbols, self.pair = [curves.name_of(each) for each in plain], told_apart(plain)
        names = " beside ".join(map(curves.name_of, self.pair))
        self.title = f"{names}: curve, slope, and what passes through"
        self.bent = tuple(parameters(self.pair[0])[:2]) if other is None else ()
        self.controls = (Z, *self.bent, CLOUD)[:3]
        super().__init__(**state)

    @classmethod
    def example(cls):
        return cls(Sigmoid(), Tanh())

    @cached_property
    def states(self):
        """Places on the curve that are worth a look, on whole steps, and a wide cloud."""
        states = {}
        with suppress(Exception):  # the frames say what is wrong
            start = {control.name: control.start for control in self.bent}
            places = curve_of(having(self.pair[0], **start)).landmarks
            names = {round(4 * z) / 4: name for name, z in places.items()}  # one a place
            states = {name: self.starts() | {"z": z} for z, name in names.items()}
        wide = {"wide cloud": self.starts() | {"cloud": 4.0}}
        return states | (wide if CLOUD in self.controls else {})

    @cached_property
    def handles(self):
        """The point on each curve, which drags z."""
        self.drawn  # noqa: B018  it makes the axes
        return {view.mark: self.handle("z", view.upper) for view in self.views}

    def figure(self):
        shared = {"sharex": True, "sharey": "row", "squeeze": False}
        figure, axes = new_figure(5.8, 4.8, 2, len(self.pair), **shared)
        figure.set_layout_engine(None)  # to find margins takes longer than all else
        figure.subplots_adjust(0.11, 0.1, 0.985, 0.92, wspace=0.06, hspace=0.08)
        self.views = [
            ActivationView(*column, symbol, mark=f"z{k or ''}", bends=bool(self.bent))
            for k, (column, symbol) in enumerate(zip(axes.T, self.symbols, strict=True))
        ]
        axes[0, 0].set_ylabel("activation a")
        axes[1, 0].set_ylabel("slope")
        # Room for every curve that the sliders can bring, once, so that nothing jumps.
        drawn = []
        for ends in product(*((c.low, c.high, c.start) for c in self.bent)):
            with suppress(Exception):  # the frames say what is wrong
                drawn += self.bend({c.name: end for c, end in zip(self.bent, ends, strict=True)})
        lines = max(1, *(view.head.get_text().count("\n") for view in self.views))
        figure.subplots_adjust(top=0.92 - 0.035 * (lines - 1))  # a long name is a line by itself
        axes[0, 0].set_ylim(*with_room(curve.a for curve in drawn))
        axes[1, 0].set_ylim(*with_room((curve.slope for curve in drawn), beneath=0.1))
        return figure

    def bend(self, given):
        """Draw the curves themselves, and return them."""
        drawn = [curve_of(having(activation, **given)) for activation in self.pair]
        for activation, curve, view in zip(self.pair, drawn, self.views, strict=True):
            title = curves.finding(activation, curve)
            view.bend(curve, fill(title, 26) if len(self.pair) > 1 else title)
        return drawn

    def move(self, z, cloud=1.0, **given):
        if given:
            self.bend(given)
        for activation, view in zip(self.pair, self.views, strict=True):
            having_these = having(activation, **given)
            view.touch(z, *curves.place_of(having_these, z))
            view.passing.show(Outputs.of(having_these, cloud))
        return [artist for view in self.views for artist in view.moving()]

    def evidence(self, z, cloud=1.0, **given):
        each = [having(activation, **given) for activation in self.pair]
        slopes = [(curves.slope_words(f, z), learned_slopes(f, z)) for f in each]
        clouds = listed([Outputs.of(activation, cloud).words() for activation in each])
        leaving = f"A cloud of spread {number(cloud)} leaves {clouds}."
        return told(given) + " ".join(filter(None, [*chain(*slopes), leaving]))

    def alt(self, z, cloud=1.0, **given):
        return " ".join(curves.view_words(having(f, **given), z, cloud) for f in self.pair)
