"""Look at a machine: is all there that the course needs, and what to do where it is not."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from coursekit import notebooks
from coursekit.lab import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Finding", "examine"]

INSTALL = f"{Path(sys.executable).name} -m pip install"


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes
    ----------
    state : {"ok", "note", "broken"}
        A note is about something that lessons do without.
    what : str
        What was found and, unless it is well, what to do.
    """

    state: str
    what: str


def examine() -> Iterator[Finding]:
    """Look at everything that the course needs, one finding after the other."""
    yield python()
    yield from packages()
    yield lessons()
    yield kernel()
    yield widget()
    yield settings()
    yield chromium()


def python() -> Finding:
    """Look at the version of Python."""
    from packaging.specifiers import SpecifierSet

    version, wanted = platform.python_version(), demands()[0]
    if version in SpecifierSet(wanted, prereleases=True):
        return Finding("ok", f"Python {version}")
    return Finding("broken", f"Python {version}: the course needs {wanted}; install one of those")


def packages() -> Iterator[Finding]:
    """Look at the packages, each against the versions that the course asks for."""
    from packaging.requirements import Requirement

    well = []
    for text in demands()[1]:
        need = Requirement(text)
        if need.marker and not need.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(need.name)
        except metadata.PackageNotFoundError:
            yield Finding("broken", f'{need.name} is missing: {INSTALL} "{text}"')
            continue
        if need.specifier.contains(version, prereleases=True):
            well.append(f"{need.name} {version}")
        else:
            wanted = f"the course needs {need.specifier}"
            yield Finding("broken", f'{need.name} {version}: {wanted}: {INSTALL} "{text}"')
    if well:
        yield Finding("ok", f"packages: {', '.join(well)}")


def demands() -> tuple[str, list[str]]:
    """Give the versions of Python and of packages that the course asks for."""
    clone = Path(__file__).resolve().parent.parent / "pyproject.toml"
    if clone.is_file():
        project = tomllib.loads(clone.read_text(encoding="utf-8"))["project"]
        return project["requires-python"], project["dependencies"]
    about = metadata.metadata("coursekit")
    return about["Requires-Python"], metadata.requires("coursekit") or []


def lessons() -> Finding:
    """Look for the lessons and their solutions."""
    counts = [len(notebooks.lessons(notebooks.folder(k))) for k in ("lessons", "solutions")]
    if counts[0] and counts[0] == counts[1]:
        return Finding("ok", f"lessons: {counts[0]}, each with its solution")
    where = notebooks.folder().parent
    found = f"{counts[0]} lessons and {counts[1]} solutions in {where}"
    return Finding("broken", f"lessons: {found}; install the course again")


def kernel() -> Finding:
    """Look at the Python that notebooks run on."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding("broken", f"kernel: there is none: {INSTALL} ipykernel")
    runs = spec.argv[0]
    # Jupyter puts its own Python in the place of a bare name.
    if os.path.basename(runs) == runs or os.path.realpath(runs) == os.path.realpath(sys.executable):
        return Finding("ok", "kernel: python3, on this Python")
    todo = f"{Path(sys.executable).name} -m ipykernel install --sys-prefix"
    return Finding("broken", f"kernel: python3 runs on {runs}, another Python: {todo}")


def widget() -> Finding:
    """Look for the browser's half of the pictures that move."""
    from jupyter_core.paths import jupyter_path

    for package, extension in {
        "ipywidgets": "@jupyter-widgets/jupyterlab-manager",
        "anywidget": "anywidget",
    }.items():
        places = (Path(path, extension, "package.json") for path in jupyter_path("labextensions"))
        if not any(place.is_file() for place in places):
            todo = f"{INSTALL} --force-reinstall {package}"
            return Finding("broken", f"widget: JupyterLab lacks {package}'s half of it: {todo}")
    return Finding("ok", "widget: JupyterLab has ipywidgets' and anywidget's half of it")


def settings() -> Finding:
    """Look whether a saved notebook will keep its widgets."""
    name = "@jupyter-widgets/jupyterlab-manager"
    ours = SETTINGS / "labconfig" / "default_setting_overrides.json"
    try:
        kept = json.loads(ours.read_text(encoding="utf-8"))[f"{name}:plugin"]["saveState"]
    except (OSError, KeyError, json.JSONDecodeError):
        kept = False
    if kept is True:
        return Finding("ok", "settings: `coursekit lab` saves widgets with their notebook")
    return Finding("broken", f"settings: {ours} does not turn saveState on; install again")


def chromium() -> Finding:
    """Look for the browser of the browser tests."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return Finding("ok", f"Chromium: {found}")
    return Finding("note", "Chromium: none; only the browser tests need it: apt install chromium")
