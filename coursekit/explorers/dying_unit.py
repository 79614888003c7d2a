"""One ReLU that learns, or dies: a step that is too long carries its line past all the data."""

from coursekit.dying import LABELS, POINTS, STEPS, film, moment
from coursekit.explorers.frame import Control, FigureExplorer
from coursekit.pictures.planes import above_zero, active_side, data_points, lattice
from coursekit.style import FAINT, GRADIENT, INK, new_figure, number

PLACES = lattice((-2, 2, -1.3, 3.9), fine=3)  # a straight line needs no finer one
FLOOR = 1e-4  # where a gradient of exactly 0 is drawn: a logarithmic axis has no place for it


class DyingUnit(FigureExplorer):
    """A ReLU's line over data while the learning rate moves: it learns, or it leaves them (C22).

    The unit is to say 1 on one moon and 0 on the other (full batch, squared error). Where it died,
    moving the data brings it back: death lasts only while they stay as they are (C23).

    Examples
    --------
    >>> DyingUnit().evidence(rate=2.5, step=1)
    'Rate 2.5, step 1: active on 0 of 60 points. The unit is dead: its gradient is exactly 0, so \
no further step can move the line.'
    """

    title = "One ReLU and its line"
    longest = 149
    controls = (
        Control("step", "step", 0, STEPS, 1, start=1),
        Control("rate", "learning rate", 0.25, 4, 0.25, 2.5),
        Control("up", "move the data up by", 0, 2.5, 0.25, 0.0),
    )
    states = {
        "before": {"rate": 2.5, "step": 0, "up": 0.0},
        "learns": {"rate": 1.0, "step": STEPS, "up": 0.0},
        "dies": {"rate": 2.5, "step": 1, "up": 0.0},
        "dead for good": {"rate": 2.5, "step": STEPS, "up": 0.0},
        "the data move": {"rate": 2.5, "step": STEPS, "up": 1.0},
    }

    def held(self):
        yield from super().held()
        dead = self.states["dead for good"]
        yield from (dead | {"up": up} for up in self.controls[2].positions)

    def now(self, rate, step, up):
        """The unit at a moment, and what the points tell it where they are now."""
        then = film(rate)[step]
        return moment(then.w, then.b, up) if up else then

    def figure(self):
        figure, (plane, below) = new_figure(height=5.6, rows=2, height_ratios=(2.6, 1))
        self.classes = data_points(POINTS, LABELS, plane)
        self.side = active_side(PLACES[:, 1], PLACES, plane)
        plane.set(xlim=(-2, 2), ylim=(-1.3, 3.9), ylabel="x₂", title=" ")
        plane.set_xlabel("x₁   (the unit is to say 1 on ●, 0 on ■)")
        words = {"x": 0, "y": 1.03, "s": "", "fontweight": "bold", "fontsize": 11}
        self.head = plane.text(transform=plane.transAxes, **words)
        (self.path,) = below.plot([], [], "--o", color=GRADIENT, markersize=4)
        (self.here,) = below.plot([], [], "D", color=INK, markerfacecolor="none", markersize=11)
        below.axhline(FLOOR, color=FAINT, linewidth=0.8)
        below.set(yscale="log", xlim=(-0.5, STEPS + 0.5), ylim=(FLOOR / 2, 20), xlabel="step")
        below.set_yticks([FLOOR, 1e-2, 1], ["exactly 0", "0.01", "1"])
        below.minorticks_off()
        below.set(xticks=range(0, STEPS + 1, 5), ylabel="size of gradient")
        for artist in (self.side, *self.classes, self.head, self.path, self.here):
            artist.set_animated(True)
        return figure

    def move(self, rate, step, up):
        now = self.now(rate, step, up)
        self.side.set_path(above_zero(PLACES @ now.w + now.b, PLACES))
        for label, points in enumerate(self.classes):
            points.set_data(*(POINTS[label == LABELS] + [0.0, up]).T)
        dead = "no point: dead" if now.active == 0 else f"{now.active} of {len(POINTS)} points"
        self.head.set_text(f"Active (hatched) on {dead}")
        so_far = [max(then.gradient, FLOOR) for then in film(rate)[: step + 1]]
        self.path.set_data(range(step + 1), so_far)
        self.here.set_data([step], [max(now.gradient, FLOOR)])
        return [self.side, *self.classes, self.head, self.path, self.here]

    def evidence(self, rate, step, up):
        now = self.now(rate, step, up)
        moved = f", data moved up by {number(up)}" if up else ""
        at = f"Rate {number(rate)}, step {step}{moved}: active on {now.active} of {len(POINTS)}"
        if now.gradient == 0:
            why = (
                "The unit is dead: its gradient is exactly 0, so no further step can move the line."
            )
            return f"{at} points. {why}"
        size = f"its gradient has the size {number(now.gradient, 2)}"
        back = up and film(rate)[step].gradient == 0
        return f"{at} points. The unit {'is back' if back else 'learns'}: {size}."

    def alt(self, rate, step, up):
        now = self.now(rate, step, up)
        so_far = film(rate)[: step + 1]
        died = next((n for n, then in enumerate(so_far) if then.gradient == 0), None)
        story = "stays above 0" if died is None else f"is exactly 0 from step {died} on"
        if up:
            size = number(now.gradient, 2) if now.gradient else "exactly 0"
            story += f"; a diamond at step {step} marks its size over the moved data, {size}"
        return (
            f"Two moons of {len(POINTS)} points and the side of the unit's line on which it is "
            f"active, at learning rate {number(rate)} at step {step}, the data moved up by "
            f"{number(up)}: {now.active} of them lie there. Beneath, the size of the gradient at "
            f"each step so far, which {story}."
        )
