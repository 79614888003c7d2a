"""Spherical to Cartesian coordinates: the Jacobian's columns are the edges of a little box."""

import numpy as np

from coursekit.explorers.frame import Control, FigureExplorer
from coursekit.pictures.coordinates import (
    COORDINATES,
    REACH,
    box_axes,
    nearest,
    show_box,
    show_table,
    spherical_jacobian,
    table_axes,
)
from coursekit.pictures.story import listed
from coursekit.style import animated, decimals, new_figure


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
        "on the equator": {"r": 2.0, "theta": 90, "phi": 45},
        "near the pole": {"r": 2.0, "theta": 5, "phi": 45},
        "at the pole θ = 0°": {"r": 2.0, "theta": 0, "phi": 45},
        "at the pole θ = 180°": {"r": 2.0, "theta": 180, "phi": 45},
        "at the centre": {"r": 0.0, "theta": 60, "phi": 45},
    }

    def figure(self):
        figure, (self.space, right) = new_figure(5.8, 3.5, columns=2, width_ratios=(1.2, 1))
        self.box, self.table = box_axes(self.space), table_axes(right)
        self.box.point.set_gid("mark:the point")
        self.moved = animated(*self.box.moving, *self.table.moving)
        return figure

    def move(self, r, theta, phi):
        show_box(self.box, r, theta, phi)
        show_table(self.table, spherical_jacobian(r, theta, phi))
        return [artist for artist in self.moved if artist.get_visible()]

    def on_drag(self, mark, x, y):
        """Follow the hand over the globe: the nearest place of this radius, on this side of it."""
        thetas, phis = (control.positions for control in self.controls[1:])
        aim = self.place_in(self.space, x, y)
        with self.hold_sync():
            self.theta, self.phi = nearest(aim, **self.state(), thetas=thetas, phis=phis[:-1])

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
            f"dr × dθ × dφ, its angles in radians, fills that many times its volume in space. Its "
            f"edges grow 1, r and r sin θ times, here {edges}, and stand at right angles; the rank "
            "is 3."
        )

    def alt(self, r, theta, phi):
        J = spherical_jacobian(r, theta, phi)
        rows = "; ".join(
            f"{name} by {listed([decimals(value) for value in row])}"
            for name, row in zip("xyz", J, strict=True)
        )
        return (
            "A globe with a point on it and the box that steps in r, θ and φ span there; beside it "
            f"the Jacobian, per radian: {rows}. {self.evidence(r=r, theta=theta, phi=phi)}"
        )
