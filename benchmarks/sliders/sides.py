"""The same picture under a slider, made in each of the ways that a notebook offers.

Each side is a box with a class of its own, by which the browser finds it.
"""

import ipywidgets
import numpy as np
from ipympl.backend_nbagg import Canvas, FigureManager
from ipywidgets import FloatSlider, Widget, interactive
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from coursekit import Sigmoid
from coursekit.explorers.activation import ActivationExplorer
from coursekit.explorers.frame import Control

Z = np.linspace(-6, 6, 401)
COSTS = []  # milliseconds that each fresh frame took to compute
START = {"min": -6, "max": 6, "step": 0.05, "value": -6, "description": "z"}
SIZE = (5.8, 4.8)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Fresh(ActivationExplorer):
    """Holds no frame but its first, fetches none ahead, and says what each one costs to compute."""

    def __init__(self):
        super().__init__(Sigmoid(), z=-6)

    @property
    def controls(self):
        return (Control("z", "pre-activation z", -6, 6, step=0.01, start=-6),)

    @controls.setter
    def controls(self, ignored):
        pass

    def held(self):
        return [{}]

    def send(self, content, buffers=None):
        if "milliseconds" in content:
            COSTS.append(content["milliseconds"])
            content = content | {"milliseconds": 1000}  # too dear to fetch any ahead
        super().send(content, buffers)


def drawn(figure):
    """Draw what never moves, and give what does: all that coursekit's explorer shows."""
    upper, lower = figure.subplots(2, 1, sharex=True)
    upper.plot(Z, sigmoid(Z), color="green")
    lower.plot(Z, sigmoid(Z) * (1 - sigmoid(Z)), "--", color="red")
    upper.set(ylabel="activation a", title="σ and its slope", ylim=(-0.1, 1.1), xlim=(-6, 6))
    lower.set(ylabel="slope", xlabel="pre-activation z", ylim=(-0.03, 0.28))
    for ax in (upper, lower):
        flat = (Z < -4.4) | (Z > 4.4)
        ax.fill_between(Z, 0, 1, where=flat, transform=ax.get_xaxis_transform(), color="#d9dde3")
    moving = [ax.axvline(0, color="black", linestyle=":") for ax in (upper, lower)]
    moving += upper.plot([], [], "r--") + upper.plot([], [], "go") + lower.plot([], [], "rs")
    moving += [ax.text(0.02, 0.9, "", transform=ax.transAxes) for ax in (upper, lower)]
    return moving


def moved(moving, z):
    """Bring what moves to a z."""
    a = sigmoid(z)
    slope = a * (1 - a)
    upright, beneath, tangent, point, height, says, says_slope = moving
    for line in (upright, beneath):
        line.set_xdata([z, z])
    tangent.set_data([z - 1.5, z + 1.5], [a - 1.5 * slope, a + 1.5 * slope])
    point.set_data([z], [a])
    height.set_data([z], [slope])
    says.set_text(f"σ({z:g}) = {a:.3g}")
    says_slope.set_text(f"σ′({z:g}) = {slope:.3g}")


def with_interact():
    """Let `interact` draw an inline figure for each position, as its own guide shows."""

    def show(z):
        moved(drawn(plt.figure(figsize=SIZE, layout="constrained")), z)
        plt.show()

    return interactive(show, z=FloatSlider(**START))


def with_ipympl():
    """Let ipympl keep one canvas, and blit only what moves."""
    figure = Figure(figsize=SIZE, layout="constrained")
    canvas = Canvas(figure)
    FigureManager(canvas, 0)
    moving = drawn(figure)
    for artist in moving:
        artist.set_animated(True)
    canvas._repr_mimebundle_()  # makes the first image, without which it stays blank in a box
    canvas.draw()
    still = canvas.copy_from_bbox(figure.bbox)

    def show(change):
        moved(moving, change["new"])
        canvas.restore_region(still)
        for artist in moving:
            artist.axes.draw_artist(artist)
        canvas.blit(figure.bbox)

    slider = FloatSlider(**START)
    slider.observe(show, "value")
    return ipywidgets.VBox([slider, canvas])


WAYS = {
    "held": lambda: ActivationExplorer(Sigmoid(), z=-6),
    "fresh": Fresh,
    "interact": with_interact,
    "ipympl": with_ipympl,
}


def side(name):
    """Put one way into a box, with a line beneath it that shows whether anything jumps."""
    box = ipywidgets.VBox([WAYS[name](), ipywidgets.HTML("<i>beneath</i>").add_class("beneath")])
    return box.add_class(f"side-{name}")


def models(widget):
    """List the ids of a widget's model and of all that it refers to."""
    found = {widget.model_id}
    for key in widget.keys:
        value = getattr(widget, key)
        for part in value if isinstance(value, list | tuple) else [value]:
            if isinstance(part, Widget) and part.model_id not in found:
                found |= models(part)
    return found
