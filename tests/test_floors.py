"""The house: a module imports only from below, and NumPy is enough for the engine."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import coursekit

PACKAGE = Path(coursekit.__file__).parent
FLOORS = [
    ["values", "graph"],
    ["ops", "functions", "activations", "backprop"],
    [
        "tracing",
        "listing",
        "recording",
        "jacobians",
        "costs",
        "walks",
        "folding",
        "data",
        "nets",
        "units",
        "probes",
        "optimisers",
        "training",
        "racing",
        "dying",
        "films",
        "descents",
        "differences",
    ],
    ["style"],
    [
        "pictures.layout",
        "pictures.story",
        "pictures.drawing",
        "pictures.unfolding",
        "pictures.networks",
        "pictures.wandering",
        "pictures.foreign",
        "pictures.curves",
        "pictures.plots",
        "pictures.layers",
        "pictures.diagnostics",
        "pictures.planes",
        "pictures.fates",
        "pictures.derivatives",
        "pictures.paths",
        "pictures.coordinates",
        "pictures.neurons",
    ],
    ["notebooks", "exercises", "explorers"],
    [
        "build",
        "export",
        "lab",
        "doctor",
        "gallery",
        "cli",
        "__main__",
    ],
]
ORDER = [module for floor in FLOORS for module in floor]
PACKAGES = ("coursekit", "coursekit.pictures")  # what one imports modules from


def modules():
    """Give each file and what the floors call it: itself, or the package that it is a part of."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if path.name != "__init__.py" or parts[0] in ORDER:
            yield path, place(".".join(parts))


def place(name):
    return next((up for up in ORDER if name == up or name.startswith(f"{up}.")), name)


def imports(path):
    """Every module of ours that a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            names = [node.module]
            if node.module in PACKAGES:
                names = [f"{node.module}.{coursekit.LATER.get(a.name, a.name)}" for a in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from (
            place(name.removeprefix("coursekit."))
            for name in names
            if name.startswith("coursekit.") and not name.endswith("__version__")
        )


def test_every_module_stands_on_a_floor():
    assert {name for _, name in modules()} == set(ORDER)


def test_a_module_imports_only_from_below_or_from_earlier_on_its_floor():
    upwards = [
        f"{path.relative_to(PACKAGE)} imports {wanted}"
        for path, name in modules()
        for wanted in imports(path)
        if wanted != name and ORDER.index(wanted) > ORDER.index(name)
    ]
    assert not upwards


def loaded_by(statement):
    listing = "import sys; print(*sys.modules)"
    run = [sys.executable, "-c", f"{statement}; {listing}"]
    return set(subprocess.run(run, capture_output=True, text=True, check=True).stdout.split())


def test_importing_coursekit_imports_nothing_but_numpy():
    grown = loaded_by("import coursekit") - loaded_by("import numpy")
    outside = {name for name in grown if name.split(".")[0] != "coursekit"}
    assert all(name.split(".")[0] in sys.stdlib_module_names for name in outside)


def test_floors_0_to_2_need_no_pictures_and_no_jupyter():
    wanted = ", ".join(f"coursekit.{name}" for floor in FLOORS[:3] for name in floor)
    heavy = {"matplotlib", "ipywidgets", "anywidget", "tqdm", "IPython"}
    assert not heavy & loaded_by(f"import {wanted}")


def test_every_name_that_the_package_offers_is_there():
    assert [name for name in coursekit.__all__ if getattr(coursekit, name) is None] == []


def test_a_name_that_the_package_lacks_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        coursekit.nonsense  # noqa: B018
