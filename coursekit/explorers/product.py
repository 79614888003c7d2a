"""A Jacobian, or its product with a gradient: what each costs, and what the matrix looks like."""

from functools import lru_cache

from coursekit.costs import TIMED, function, inputs, measured, numbers, shape
from coursekit.explorers.frame import Choice, Control, FigureExplorer
from coursekit.jacobians import jacobian
from coursekit.pictures.derivatives import cost_axes, map_axes, show_costs, show_map
from coursekit.style import FAINT, VALUE, animated, bytes_of, headline, new_figure, number, timed

CELLS = 64  # rows of a matrix that is drawn
FORMULAS = {
    "tanh": "upstream × (1 − a²)",
    "softmax": "s × (upstream − upstream·s)",
    "matmul": "upstream @ Wᵀ",
}


@lru_cache(maxsize=4)
def matrix(n, op, batch):
    """The Jacobian itself, where it is small enough to be drawn."""
    return jacobian(function(op, n), inputs(n, batch)).dense()


class JacobianOrProduct(FigureExplorer):
    """The whole Jacobian beside the vjp: its map, and the memory of both (C07, C08, C09).

    How long both take here is measured when its mark is picked, and told from then on.

    Examples
    --------
    >>> print(JacobianOrProduct().evidence(n=4096, op="softmax", batch=1))
    The Jacobian of softmax of 4,096 numbers has 16,777,216 entries, 128 MiB; all of them may
    differ from zero (full). The vjp, s × (upstream − upstream·s), takes and gives a gradient of
    4,096 numbers, 32 KiB, and never builds that matrix.
    """

    title = "The Jacobian, or a product with it"
    longest = 320  # with what is measured
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
        self.image, self.head, self.costs = map_axes(left), headline(left), cost_axes(right)
        self.large = left.text(0.5, 0.5, "", ha="center", va="center", linespacing=1.6)
        self.formula = right.text(5, 2.5, "", fontsize=9.5, color=VALUE)
        button = {"facecolor": "white", "edgecolor": FAINT, "boxstyle": "round"}
        self.clock = right.text(6, 3.4, "", gid="mark:measure the time", fontsize=9.5, bbox=button)
        self.moved = animated(self.head, *self.costs.moving, self.formula, self.clock)
        animated(self.image, self.large)  # one of them is shown
        return figure

    def move(self, n, op, batch):
        rows = batch * n
        if drawn := rows <= CELLS:
            show_map(self.image, matrix(n, op, batch))
        else:
            wide = f"{rows} mm" if rows < 1000 else f"{number(rows / 1000, 3)} m"
            self.large.set_text(f"{rows:,} × {rows:,} squares:\nof 1 mm each, {wide} wide")
        self.head.set_text(f"{op}: {shape(n, op, batch)}")
        show_costs(self.costs, numbers(n, op, batch))
        self.formula.set_text(f"vjp = {FORMULAS[op]}")
        self.clock.set_text(self.times(n, op, batch))
        return [self.image if drawn else self.large, *self.moved]

    def times(self, *state):
        """What was measured here, and of how many numbers; or an offer to measure it."""
        if state not in self.seconds:
            return "▶ measure the time on this machine"
        product, whole = self.seconds[state]
        fewer = f"n = {TIMED}: " if state[0] > TIMED else ""
        return f"{fewer}vjp {timed(product)}" + (f", Jacobian {timed(whole)}" if whole else "")

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
        took = f" Measured here: {self.times(n, op, batch)}." * ((n, op, batch) in self.seconds)
        share = "all of them" if filled == whole else f"{filled:,} of them, {bytes_of(filled)},"
        return (
            f"The Jacobian of {where} has {whole:,} entries, {bytes_of(whole)}; {share} may differ "
            f"from zero ({shape(n, op, batch)}{', Wᵀ' * (op == 'matmul')}). The vjp, "
            f"{FORMULAS[op]}, takes and gives a gradient of {gradient:,} numbers, "
            f"{bytes_of(gradient)}, and {end}.{took}"
        )

    def alt(self, **state):
        rows = state["n"] * state["batch"]
        drawn = "A map of the matrix" if rows <= CELLS else "No map, the matrix is too large"
        return f"{drawn}; beside it, bars of memory on a logarithmic axis. {self.evidence(**state)}"
