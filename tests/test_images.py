"""Pictures are compared with those that somebody looked at, where the pinned packages draw them.

To draw them anew, and then to look at each that has changed:

    pytest tests/test_images.py --mpl-generate-path=tests/images
"""

import re
from importlib import import_module
from importlib.metadata import version
from inspect import isfunction, signature
from pathlib import Path
from pkgutil import iter_modules

import matplotlib
import numpy as np
import pytest
from colour_blindness import told_apart, told_by_colour_alone
from demanded import needs
from loops import as_in_a_notebook
from matplotlib.axes import Axes

from coursekit import (
    MLP,
    ReLU,
    Sigmoid,
    Tanh,
    explorers,
    jacobian,
    moons,
    pictures,
    softmax,
)
from coursekit.descents import descent, inputs_through
from coursekit.explorers.frame import FigureExplorer
from coursekit.pictures import (
    coordinates,
    derivatives,
    fates,
    layers,
    neurons,
    paths,
    planes,
    plots,
)
from coursekit.pictures.curves import Pieces
from coursekit.probes import Census, layers_on_digits, prelu_path
from coursekit.style import RC, SERIES, new_figure

HERE = Path(__file__).parent
PINS = (HERE.parent / "requirements" / "learn.txt").read_text("utf-8")
PINNED = f"matplotlib=={version('matplotlib')} " in PINS
SMALL = 25_000  # bytes


def tanh_layers():
    return layers_on_digits(Tanh(), 3.0, 5)


def taken():
    shares = np.array([[0.0, 0.4, 0.5, 0.0, 0.3], [0.0, 0.0, 0.6, 0.2, 0.01]])
    return Census((0, 10), (shares, shares[:, 1:], shares[:, :3]), spread=1.0)


def zigzag():
    return descent(inputs_through(Sigmoid().forward), (1, -1), batch=1, rate=0.5)


# Each plotter that draws on an `ax=`, with something to draw.
PLOTTERS = {
    "coordinates.volume_element": lambda ax: coordinates.volume_element(2, 60, 45, ax),
    "derivatives.error_against_nudge": lambda ax: derivatives.error_against_nudge(
        Sigmoid(), 1.0, ax
    ),
    "derivatives.jacobian_map": lambda ax: derivatives.jacobian_map(
        jacobian(softmax, [1.0, -0.5, 0.2, 0.1]), ax
    ),
    "neurons.neuron_line": lambda ax: neurons.neuron_line([1.0, -2.0], 0.5, *moons(), ax=ax),
    "paths.plot_path": lambda ax: paths.plot_path(zigzag(), ax),
    "paths.plot_race": lambda ax: paths.plot_race(
        {"tanh": [0.9, 0.04], "σ": [0.9, 0.9, 0.8]}, 0.05, ax
    ),
    "paths.plot_signs": lambda ax: paths.plot_signs(zigzag(), ax),
    "planes.plot_boundary": lambda ax: planes.plot_boundary(
        MLP([2, 9, 2], ReLU()), *moons(), ax=ax
    ),
    "fates.plot_fates": lambda ax: fates.plot_fates(taken(), ax=ax),
    "planes.plot_unit": lambda ax: planes.plot_unit([0.5, 1.0], 0.2, *moons(), ax=ax),
    "plots.plot_activation": lambda ax: plots.plot_activation(Sigmoid(), ax=ax),
    "plots.plot_leaks": lambda ax: plots.plot_leaks(0.25, 0.3, ax=ax),
    "plots.plot_learned": lambda ax: plots.plot_learned(prelu_path(), ax=ax),
    "plots.plot_maxout": lambda ax: plots.plot_maxout(
        Pieces([0.75, 0.25, -0.25, -0.75], [-1.0, 0.0, 0.0, -1.0]), ax=ax
    ),
    "plots.plot_passing": lambda ax: plots.plot_passing(ReLU(), spread=2.0, ax=ax),
    "layers.fates_by_layer": lambda ax: layers.fates_by_layer(taken(), ax),
    "layers.gradients_by_layer": lambda ax: layers.gradients_by_layer(tanh_layers().gradients, ax),
    "layers.histograms_by_layer": lambda ax: layers.histograms_by_layer(
        [a.value for a in tanh_layers().run.a], ax
    ),
    "layers.saturated_by_layer": lambda ax: layers.saturated_by_layer(tanh_layers().saturated, ax),
}

DOTS_PER_INCH = {"Boundary": 30}  # where areas are full of colour; 42 for all others


def compared(name, file):
    """A test case whose figure is compared with a small picture of so many pixels."""
    look = {"filename": file, "baseline_dir": "images", "style": RC, "tolerance": 4}
    compare = pytest.mark.mpl_image_compare(
        **look, savefig_kwargs={"dpi": DOTS_PER_INCH.get(name, 42)}
    )
    return pytest.param(name, marks=compare, id=name)


def drawn(name):
    with matplotlib.rc_context(RC):
        figure, ax = new_figure()
        PLOTTERS[name](ax)
    return figure, ax


def example(name):
    async def made():  # in a running loop an explorer draws its held frames when it has time
        return getattr(explorers, name).example()

    return as_in_a_notebook(made)


needs_pins = needs(PINNED, reason="other packages than the pinned ones")
FIGURES, OTHERS = [], []
for explorer_name in explorers.EXPLORERS:
    by_matplotlib = issubclass(getattr(explorers, explorer_name), FigureExplorer)
    (FIGURES if by_matplotlib else OTHERS).append(explorer_name)


@needs_pins
@pytest.mark.parametrize("name", [compared(name, f"{name}.png") for name in PLOTTERS])
def test_a_plotter_draws_what_somebody_has_looked_at(name):
    return drawn(name)[0]


@needs_pins
@pytest.mark.parametrize("name", [compared(name, f"{name}.png") for name in FIGURES])
def test_an_explorer_draws_what_somebody_has_looked_at(name):
    explorer = example(name)
    figure, _ = explorer.drawn
    shown = list(explorer.move(**explorer.state()))
    for artist in figure.findobj(lambda each: each.get_animated()):
        artist.set_visible(artist in shown)
    return figure


@needs_pins
@pytest.mark.parametrize("name", OTHERS)
def test_an_explorer_without_matplotlib_draws_what_somebody_has_looked_at(name, request):
    svg, kept = example(name).still().svg, HERE / "images" / f"{name}.svg"
    if folder := request.config.getoption("--mpl-generate-path"):
        (Path(folder) / kept.name).write_text(svg, "utf-8")
    assert kept.read_text("utf-8") == svg


def test_every_plotter_and_every_explorer_has_its_picture_and_it_is_small():
    plotters = {
        f"{module.name}.{name}"
        for module in iter_modules(pictures.__path__)
        for name, member in vars(import_module(f"coursekit.pictures.{module.name}")).items()
        if isfunction(member)
        and member.__module__ == f"coursekit.pictures.{module.name}"
        and (signature(member).return_annotation is Axes or name.endswith("_by_layer"))
    }
    assert plotters == PLOTTERS.keys()
    kept = {path.stem: path.stat().st_size for path in (HERE / "images").iterdir()}
    assert kept.keys() == plotters | explorers.EXPLORERS.keys()
    assert {name: size for name, size in kept.items() if size > SMALL} == {}


@pytest.mark.parametrize("name", PLOTTERS)
def test_a_title_states_a_finding_with_a_number_or_a_verb(name):
    title = drawn(name)[1].get_title("left")
    assert re.search(r"\d|: | of | is ", title)


@pytest.mark.parametrize("name", PLOTTERS)
def test_nothing_in_a_plot_is_told_by_colour_alone(name):
    assert told_by_colour_alone(drawn(name)[1]) == []


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_in_an_explorer_is_told_by_colour_alone(name):
    explorer = example(name)
    for state in explorer.states.values():
        list(explorer.move(**explorer.state(**state)))
        for ax in explorer.drawn[0].axes:
            assert told_by_colour_alone(ax) == []


def test_two_series_in_two_colours_alone_are_found_however_far_these_are_apart():
    _, ax = new_figure()
    ax.plot([0, 1], color="black", label="one")
    ax.plot([1, 0], color="orange", label="two")
    ax.plot([0, 1], "o", color="black", label="three")
    ax.plot([1, 0], "o", color="orange", label="four")
    assert told_apart("black", "orange")
    assert told_by_colour_alone(ax) == [("one", "two"), ("three", "four")]
    _, ax = new_figure()
    for n, series in enumerate(SERIES):
        ax.plot([0, n], color=series.colour, linestyle=series.dash)
        ax.plot([0, n], series.marker, color=series.colour)
    assert told_by_colour_alone(ax) == []
