"""A Jacobian, or its product with a gradient: what each costs, and what the matrix looks like."""

from functools import lru_cache
from time import perf_counter

import numpy as np

from coursekit.activations import Tanh
from coursekit.derivatives import map_axes, show_map
from coursekit.explorers.frame import Choice, Control, FigureExplorer
from coursekit.functions import softmax
from coursekit.jacobians import jacobian, vjp
from coursekit.style import FAINT, GRADIENT, INK, VALUE, new_figure, number

CELLS = 64  # rows of a matrix that is drawn
TIMED = 4096  # rows of a matrix that is built to see how long it takes
LAPTOP = 16 * 2**30
FORMULAS = {
    "tanh": "upstream × (1 − a²)",
    "softmax": "s × (upstream − upstream·s)",
    "matmul": "upstream @ Wᵀ",
}


WORDS = "the whole Jacobian", "its non-zero numbers", "a gradient, for the vjp"


def function(op, n):
    """An op on rows of n numbers; the weights of matmul are drawn anew, from the same seed."""
    if op == "matmul":
        W = np.random.default_rng(1).normal(size=(n, n))
        return lambda x: x @ W
    return {"tanh": Tanh(), "softmax": softmax}[op]


def inputs(n, batch):
    """A vector of n numbers, or a batch of them."""
    return np.random.default_rng(0).normal(size=(batch, n) if batch > 1 else n)


@lru_cache(maxsize=4)
def matrix(n, op, batch):
    """The Jacobian itself, where it is small enough to be drawn."""
    return jacobian(function(op, n), inputs(n, batch)).dense()


def numbers(n, op, batch):
    """How many numbers the whole Jacobian has, how many are not zero, and how many a gradient."""
    filled = batch * n if op == "tanh" else batch * n * n
    return (batch * n) ** 2, filled, batch * n


def bytes_of(count):
    """The room of so many numbers in float64.

    Examples
    --------
    >>> bytes_of(4096), bytes_of(4096**2), bytes_of((100 * 4096) ** 2)
    ('32 KiB', '128 MiB', '1.22 TiB')
    """
    size, unit = 8 * count, 0
    while size >= 1024:
        size, unit = size / 1024, unit + 1
    return f"{number(size, 3)} {('bytes', 'KiB', 'MiB', 'GiB', 'TiB')[unit]}"


class JacobianOrProduct(FigureExplorer):
    """The whole Jacobian beside the vjp: its map, and the memory of both (C07, C08, C09).

    How long both take here is measured when the mark "time" is picked; no words depend on it.

    Examples
    --------
    >>> print(JacobianOrProduct().evidence(n=4096, op="softmax", batch=1))
    The Jacobian of softmax of 4,096 numbers has 16,777,216 entries, 128 MiB; all of them may
    differ from zero (full). The vjp, s × (upstream − upstream·s), takes and gives a gradient of
    4,096 numbers, 32 KiB, and never builds that matrix.
    """

    title = "The Jacobian, or a product with it"
    controls = (
        Control("n", "n", 2, 4096, 1, start=16, at=tuple(2**power for power in range(1, 13))),
        Choice("op", "function", tuple(FORMULAS), start="softmax"),
        Choice("batch", "batch", (1, 4, 100)),
    )
    states = {
        "elementwise": {"n": 16, "op": "tanh", "batch": 1},
        "full": {"n": 16, "op": "softmax", "batch": 1},
        "blocks": {"n": 16, "op": "matmul", "batch": 4},
        "a layer of 4096": {"n": 4096, "op": "softmax", "batch": 1},
        "a batch of 100": {"n": 4096, "op": "softmax", "batch": 100},
    }

    def __init__(self, **state):
        self.seconds = {}  # by state: of the product alone, and of building the Jacobian first
        super().__init__(**state)

    def held(self):
        for op in FORMULAS:
            for batch in (1, 4, 100):
                yield from ({"n": n, "op": op, "batch": batch} for n in (16, 256, 4096))
        yield from super().held()

    def figure(self):
        figure, (left, right) = new_figure(5.8, 3.8, columns=2, width_ratios=(1, 1.15))
        self.image = map_axes(left)
        left.set_title(" ")
        self.head = left.text(0, 1.03, "", transform=left.transAxes, weight="bold", fontsize=11)
        self.large = left.text(0.5, 0.5, "", ha="center", va="center", linespacing=1.6)
        right.set(xlim=(4, 2e13), ylim=(3.9, -0.9), yticks=[], xscale="log")
        right.set_title("What must be stored, in float64")
        right.set_xticks([2.0**10, 2.0**20, 2.0**30, 2.0**40], ["1 KiB", "1 MiB", "1 GiB", "1 TiB"])
        right.minorticks_off()
        right.plot([LAPTOP, LAPTOP], [-0.6, 1.3], color=INK, linestyle=":", linewidth=1)
        right.text(LAPTOP, -0.7, "a laptop's 16 GiB ", color=INK, fontsize=9, ha="right")
        self.bars = [
            right.plot([], [], color=colour, linewidth=15, linestyle=dash, solid_capstyle="butt")[0]
            for colour, dash in ((GRADIENT, "-"), (GRADIENT, (0, (0.25, 0.15))), (VALUE, "-"))
        ]
        self.labels = [right.text(5, place - 0.28, "") for place in range(len(WORDS))]
        self.formula = right.text(5, 2.5, "", fontsize=9.5, color=VALUE)
        self.clock = right.text(
            *(6, 3.4, ""),
            gid="mark:time",
            fontsize=9.5,
            bbox={"facecolor": "white", "edgecolor": FAINT, "boxstyle": "round"},
        )
        for artist in (self.image, self.head, self.large, *self.bars, *self.labels, self.clock):
            artist.set_animated(True)
        self.formula.set_animated(True)
        return figure

    def move(self, n, op, batch):
        rows = batch * n
        shown = [self.image]
        if rows <= CELLS:
            show_map(self.image, matrix(n, op, batch))
        else:
            self.large.set_text(f"{rows:,} × {rows:,} squares:\nof 1 mm each, {wide(rows)} wide")
            shown = [self.large]
        self.head.set_text(f"{op}: {shape(n, op, batch)}")
        counts = numbers(n, op, batch)
        for label, words, count in zip(self.labels, WORDS, counts, strict=True):
            label.set_text(f"{words}: {bytes_of(count)}")
        for place, (bar, count) in enumerate(zip(self.bars, counts, strict=True)):
            bar.set_data([8, 8 * count], [place, place])
        self.formula.set_text(f"vjp = {FORMULAS[op]}")
        self.clock.set_text(self.times(n, op, batch))
        return [*shown, self.head, *self.bars, *self.labels, self.formula, self.clock]

    def times(self, *state):
        """What was measured here, or an offer to measure it."""
        if state not in self.seconds:
            return "▶ measure the time on this machine"
        product, whole = self.seconds[state]
        alone = f"vjp {timed(product)}"
        return f"{alone}, Jacobian {timed(whole)}" if whole else alone

    def on_pick(self, mark):
        """Measure the time that this position takes, and show it in its frame."""
        state = self.state()
        self.seconds[tuple(state.values())] = measured(**state)
        self.send({"frames": {self.key_of(state): self.frame(**state)}, "milliseconds": 0})

    def evidence(self, n, op, batch):
        whole, filled, gradient = numbers(n, op, batch)
        where = f"{op} of {n:,} numbers" if batch == 1 else f"{op} of {batch} rows of {n:,} numbers"
        end = "never builds that matrix"
        if op == "matmul":
            end = "takes only the W that the layer holds anyway"
        share = "all of them" if filled == whole else f"{filled:,} of them, {bytes_of(filled)},"
        return (
            f"The Jacobian of {where} has {whole:,} entries, {bytes_of(whole)}; {share} may differ "
            f"from zero ({shape(n, op, batch)}{', Wᵀ' * (op == 'matmul')}). The vjp, "
            f"{FORMULAS[op]}, takes and gives a gradient of {gradient:,} numbers, "
            f"{bytes_of(gradient)}, and {end}."
        )

    def alt(self, **state):
        rows = state["n"] * state["batch"]
        drawn = "A map of the matrix" if rows <= CELLS else "No map, the matrix is too large"
        return f"{drawn}; beside it, bars of memory on a logarithmic axis. {self.evidence(**state)}"


def shape(n, op, batch):
    """Where the Jacobian is not zero."""
    if op == "tanh":
        return "diagonal"
    return f"{batch} blocks" if batch > 1 else "full"


def wide(rows):
    """How wide so many squares of a millimetre are."""
    return f"{rows} mm" if rows < 1000 else f"{number(rows / 1000, 3)} m"


def timed(seconds):
    """A time, as short as it can be read.

    Examples
    --------
    >>> timed(0.00041), timed(0.8148), timed(1.394)
    ('0.41 ms', '815 ms', '1.39 s')
    """
    return f"{number(seconds, 3)} s" if seconds >= 1 else f"{number(1000 * seconds, 3)} ms"


def measured(n, op, batch):
    """Seconds of a vjp, and of building the whole Jacobian for it; 0 where that takes too long."""
    f, x, rows = function(op, n), inputs(n, batch), n * batch
    upstream = np.random.default_rng(2).normal(size=x.shape)
    began = perf_counter()
    vjp(f, x, upstream=upstream)
    product, whole = perf_counter() - began, 0.0
    work = rows * rows * (n if op == "matmul" and batch > 1 else 1)
    if rows <= TIMED and work <= 2**30:
        began = perf_counter()
        upstream.ravel() @ jacobian(f, x).dense()
        whole = perf_counter() - began
    return product, whole
