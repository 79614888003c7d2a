"""Spherical to Cartesian coordinates: the Jacobian's columns are the edges of a little box."""

import numpy as np

from coursekit.coordinates import (
    COORDINATES,
    REACH,
    STEP,
    box_axes,
    on_page,
    point,
    show_box,
    spherical_jacobian,
)
from coursekit.explorers.frame import Control, FigureExplorer
from coursekit.story import listed
from coursekit.style import FAINT, GRADIENT, INK, SERIES, decimals, new_figure


class Spherical(FigureExplorer):
    """Moves a point by r, θ and φ, and shows its Jacobian, the determinant and the rank (C06).

    Examples
    --------
    >>> print(Spherical().evidence(theta=0))
    At r = 2, θ = 0°, φ = 45° the determinant r² sin θ is 0 and the rank 2: a step in φ moves
    nothing, and the box is as flat as a sheet.
    """

    title = "Spherical coordinates and their Jacobian"
    controls = (
        Control("r", "distance r", 0, REACH, 0.25, start=2.0, fine=0.05),
        Control("theta", "polar angle θ", 0, 180, 15, start=60, describe="{}°".format, fine=1),
        Control("phi", "azimuth φ", 0, 360, 15, start=45, describe="{}°".format, fine=1),
    )
    states = {
        "on the equator": {"theta": 90},
        "near the pole": {"theta": 5},
        "at the pole θ = 0°": {"theta": 0},
        "at the pole θ = 180°": {"theta": 180},
        "at the centre": {"r": 0.0},
    }

    def figure(self):
        figure, (self.space, table) = new_figure(5.8, 3.5, columns=2, width_ratios=(1.2, 1))
        self.box = box_axes(self.space)
        self.box.point.set_gid("mark:point")
        table.set(xlim=(0, 10), ylim=(0, 10))
        table.axis("off")
        across, down = (3.6, 6.6, 9.6), (7.5, 6.5, 5.5)
        for x, name, series in zip(across, COORDINATES, SERIES, strict=False):
            table.text(x, 9.0, f"∂/∂{name}", ha="right", color=series.colour, weight="bold")
            table.plot([x - 1.8, x], [8.6, 8.6], color=series.colour, linestyle=series.dash)
        for y, name in zip(down, "xyz", strict=True):
            table.text(0.3, y, name, color=FAINT)
        table.text(0.3, 4.3, "‖·‖", color=FAINT)
        table.plot([0.2, 9.9], [5.1, 5.1], color=FAINT, linewidth=0.8)
        self.cells = [[table.text(x, y, "", ha="right") for x in across] for y in down]
        self.lengths = [table.text(x, 4.3, "", ha="right") for x in across]
        self.dead = [
            table.plot(
                np.array([-2.3, 0.3, 0.3, -2.3, -2.3]) + x,
                [3.9, 3.9, 8.3, 8.3, 3.9],
                color=GRADIENT,
                linestyle="--",
                linewidth=1.4,
            )[0]
            for x in across
        ]
        self.says = [table.text(0.3, y, "", weight="bold", color=INK) for y in (2.6, 1.6)]
        table.text(0.3, 0.4, f"drawn: steps of {STEP:g} in r, θ and φ", color=FAINT)
        moving = [*self.box.edges, *self.box.names, *self.lengths, *self.dead, *self.says]
        moving += [self.box.globe, self.box.shadow, self.box.faces, self.box.point]
        for artist in [*moving, *(cell for row in self.cells for cell in row)]:
            artist.set_animated(True)
        return figure

    def move(self, r, theta, phi):
        show_box(self.box, r, theta, phi)
        J = spherical_jacobian(r, theta, phi)
        for texts, numbers in zip(self.cells, J, strict=True):
            for text, value in zip(texts, numbers, strict=True):
                text.set_text(decimals(value))
        for text, length in zip(self.lengths, np.linalg.norm(J, axis=0), strict=True):
            text.set_text(decimals(length))
        self.says[0].set_text(f"det = r² sin θ = {decimals(np.linalg.det(J))}")
        self.says[1].set_text(f"rank {np.linalg.matrix_rank(J)}")
        dead = [frame for frame, column in zip(self.dead, J.T, strict=True) if not column.any()]
        box = self.box
        names = [name for name in box.names if name.get_visible()]
        shown = [box.globe, box.shadow, box.faces, *box.edges, *names, box.point]
        return [*shown, *dead, *(c for row in self.cells for c in row), *self.lengths, *self.says]

    def on_drag(self, mark, x, y):
        """Follow the hand over the globe: the nearest place of this radius, on this side of it."""
        state = self.state()
        top = 72 * self.drawn[0].get_figheight()
        aim = self.space.transData.inverted().transform((x, top - y))
        thetas, phis = (np.array(control.positions) for control in self.controls[1:])
        places = point(state["r"], thetas[:, None], phis[:-1])
        off = np.hypot(*np.moveaxis(on_page(places) - aim, -1, 0))
        here = point(*state.values())
        off += 0.05 * np.linalg.norm(places - here, axis=-1)
        theta, phi = np.unravel_index(off.argmin(), off.shape)
        with self.hold_sync():
            self.theta, self.phi = float(thetas[theta]), float(phis[phi])

    def evidence(self, r, theta, phi):
        J = spherical_jacobian(r, theta, phi)
        where = f"At r = {decimals(r)}, θ = {theta}°, φ = {phi}°"
        lost = [name for name, column in zip(COORDINATES, J.T, strict=True) if not column.any()]
        if lost:
            kind = "line" if len(lost) == 2 else "sheet"
            return (
                f"{where} the determinant r² sin θ is 0 and the rank {3 - len(lost)}: a step in "
                f"{listed(lost, last=' or ')} moves nothing, and the box is as flat as a {kind}."
            )
        edges = listed([decimals(length) for length in np.linalg.norm(J, axis=0)])
        return (
            f"{where} the determinant r² sin θ is {decimals(np.linalg.det(J))}: a little box "
            f"dr × dθ × dφ fills that many times its volume in space. Its edges grow 1, r and "
            f"r sin θ times, here {edges}, and stand at right angles; the rank is 3."
        )

    def alt(self, **state):
        J = spherical_jacobian(**state)
        rows = "; ".join(
            f"{name} by {listed([decimals(value) for value in row])}"
            for name, row in zip("xyz", J, strict=True)
        )
        return (
            "A globe with a point on it and the box that steps in r, θ and φ span there; beside it "
            f"the Jacobian: {rows}. {self.evidence(**state)}"
        )
