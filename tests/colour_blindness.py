"""What those see who lack one kind of cone, or have a page printed in black."""

from itertools import combinations

import numpy as np
from matplotlib.colors import to_hex, to_rgb

# Machado, Oliveira & Fernandes (2009), A physiologically-based model for simulation of color
# vision deficiency: the matrices of severity 1.0, for linear RGB.
MATRICES = {
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
APART = 15  # in CIELAB; 2.3 is just noticeable side by side, thin lines far apart need more


def linear(colour):
    """A colour in linear RGB."""
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """Linear RGB in CIELAB, under the white point D65."""
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = to_xyz @ np.clip(rgb, 0, 1) / (to_xyz @ np.ones(3))
    bent = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = bent
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def difference(one, two, kind=None):
    """How far apart two colours are, for a kind of colour-blindness or for none."""
    matrix = np.eye(3) if kind is None else MATRICES[kind]
    return float(np.linalg.norm(lab(matrix @ linear(one)) - lab(matrix @ linear(two))))


def told_apart(one, two):
    """Whether everybody sees that two colours differ."""
    return all(difference(one, two, kind) >= APART for kind in (None, *MATRICES))


BAR = 10  # points: as thick a line is a bar, and the row in which it lies has a name


def shape_of(line):
    """What is seen of a line in black on white: its dashes, and its marker, hollow or filled."""
    dashes = (
        (line._dash_pattern, round(line.get_linewidth())) if line.get_linestyle() != "None" else ""
    )
    hollow = line.get_markerfacecolor() == "none"
    marker = line.get_marker() if line.get_markersize() else "None"
    return dashes, marker, marker != "None" and (hollow, round(line.get_markersize()))


def colour_of(line):
    """The colour in which one sees a line, or its markers."""
    drawn = line.get_color() if line.get_linestyle() != "None" else line.get_markerfacecolor()
    return drawn if drawn == "none" else to_hex(drawn)


def told_by_colour_alone(ax):
    """Pairs of lines, or of kinds of points, that nobody tells apart in black on white."""
    lines = [line for line in ax.lines if len(line.get_xdata()) and line.get_linewidth() < BAR]
    return [
        (one.get_label(), two.get_label())
        for one, two in combinations(lines, 2)
        if shape_of(one) == shape_of(two) and colour_of(one) != colour_of(two)
    ]
