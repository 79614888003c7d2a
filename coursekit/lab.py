"""The learner's folder: lay the lessons there, keep what was written, check it, open JupyterLab.

Whatever changes a file first reads all that it needs, and keeps the old text in the folder
``kept`` beside the file.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from coursekit import notebooks
from coursekit.build import run
from coursekit.notebooks import CourseError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbformat import NotebookNode

__all__ = ["check", "lab", "lay", "reset"]

SETTINGS = Path(__file__).resolve().parent / "jupyter"


# Lessons in a folder


class Change(NamedTuple):
    """What is about to be written, and what is there now."""

    path: Path
    notebook: NotebookNode
    carried: notebooks.Carried | None = None


def lay(folder: Path) -> list[str]:
    """Lay the lessons in a folder, and bring answers over into newer versions of them.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of str
        What was done, a sentence each; nothing where all is as it should be.

    Raises
    ------
    CourseError
        If a file there cannot be read. Then nothing is written.
    """
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file, and the lessons need a folder")
    if folder.exists() and not os.access(folder, os.W_OK):
        raise CourseError(f"{folder} is read-only, and nothing you write could be kept there")
    changes = planned(folder)
    folder.mkdir(parents=True, exist_ok=True)
    said = []
    for path, notebook, carried in changes:
        if carried:
            kept = keep(path, f"{path.stem}.ipynb", path.read_bytes())
            said.append(f"{path.stem} has a newer version: {told(carried)}; as it was: {kept}")
        notebooks.write(notebook, path)
    new = sum(change.carried is None for change in changes)
    if new:
        said.insert(0, f"{new} lesson{'s' * (new > 1)} laid in {folder}")
    return said


def planned(folder: Path) -> list[Change]:
    """Find what has to be written, without writing it."""
    course = notebooks.lessons()
    if not course:
        raise CourseError(f"the course has no lessons in {notebooks.folder()}: install it again")
    changes = []
    for source in course:
        lesson, path = notebooks.read(source), folder / source.name
        if not path.exists():
            changes.append(Change(path, lesson))
            continue
        mine = notebooks.read(path)
        # A notebook of this name that the course never gave is not ours to change. Of one that it
        # gave any word may be new, not only what makes an edition.
        if notebooks.noted(mine) not in ({}, notebooks.noted(lesson)):
            carried = notebooks.carry_over(mine, lesson)
            changes.append(Change(path, carried.notebook, carried))
    return changes


def told(carried: notebooks.Carried) -> str:
    """Say what was brought over."""
    parts = []
    if carried.answers:
        parts.append(f"your answers to {', '.join(carried.answers)}")
    if carried.cells:
        parts.append(f"{carried.cells} cell{'s' * (carried.cells > 1)} of yours")
    return f"brought over {' and '.join(parts)}" if parts else "nothing of yours was in it"


def keep(path: Path, name: str, content: bytes) -> Path:
    """Keep a text in the folder ``kept`` beside a file, under a number that is free."""
    folder = path.parent / "kept"
    folder.mkdir(exist_ok=True)
    stem, dot, suffix = name.rpartition(".")
    for number in count(1):
        try:
            with (folder / f"{stem}-{number}{dot}{suffix}").open("xb") as file:
                file.write(content)
            return Path(file.name)
        except FileExistsError:
            continue
    raise AssertionError  # numbers do not end


def reset(lesson: str, exercise: str, folder: Path) -> str:
    """Put one exercise back to its stub, and keep what was written.

    Parameters
    ----------
    lesson : str
        Number, name or path of a notebook.
    exercise : str
    folder : Path
        Where to look for a number or a name.

    Returns
    -------
    str
        What was done, in a sentence.

    Raises
    ------
    CourseError
        If there is no such lesson or exercise.
    """
    path = in_folder(lesson, folder)
    mine, ours = notebooks.read(path), notebooks.read(notebooks.find(path.stem))
    again = notebooks.reset(mine, ours, exercise)
    cell = notebooks.exercises(mine).get(exercise)
    if cell and cell.source == notebooks.exercises(ours)[exercise].source:
        return f"{exercise} is at its stub already"
    said = f"{exercise} is back at its stub"
    if cell and notebooks.written_by_learner(cell, mine):
        text = notebooks.answer(exercise, mine)
        kept = keep(path, f"{path.stem}-{exercise}.py", f"{text}\n".encode())
        said += f"; what you had written: {kept}"
    notebooks.write(again, path)
    return said


def in_folder(lesson: str, folder: Path) -> Path:
    """Find a learner's lesson; where there is no folder yet, say how to get one."""
    path = Path(lesson)
    if path.name == lesson and not path.is_file() and not folder.is_dir():
        raise CourseError(
            f"there is no {lesson} here and no folder {folder}: "
            f"`coursekit lab {folder}` lays the lessons"
        )
    return notebooks.find(lesson, folder)


# Checking


def check(lesson: str, folder: Path) -> tuple[list[str], bool]:
    """Run a learner's notebook in a fresh kernel and check its exercises.

    Parameters
    ----------
    lesson, folder
        As for `reset`.

    Returns
    -------
    lines : list of str
        One for each exercise, then one for each cell that raised; above them one that says so if
        the notebook and its checks are of different editions.
    right : bool
        Whether every exercise is right.

    Raises
    ------
    CourseError
        If there is nothing to check, or a cell never ends.
    """
    from nbformat import v4

    path = in_folder(lesson, folder)
    notebook = notebooks.read(path)
    numbers = list(notebooks.exercises(notebook))
    if not numbers:
        raise CourseError(f"{path} has no exercises to check")
    # The names in the notebook are the learner's: what asks for the verdicts borrows none.
    ask = f"__import__('coursekit.lab', fromlist=['tell']).tell({numbers!r})"
    notebook.cells.append(v4.new_code_cell(ask))
    ran = run(notebook, str(path), goes_on=True, where=path.resolve().parent)
    *cells, last = ran.cells
    try:
        verdicts = json.loads(last.outputs[-1].text)
    except (AttributeError, IndexError, json.JSONDecodeError):
        raise CourseError(f"{path}: the exercises could not be asked for their answers") from None
    lines = []
    if notebooks.another_edition(path):
        lines.append(
            f"{path.name} and its checks are of different versions: "
            f"`coursekit lab {path.parent}` brings your answers over into the one that is installed"
        )
    lines += [f"{number} · {' · '.join(verdict)}" for number, verdict in verdicts.items()]
    for position, cell in enumerate(cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                what = f"{output.ename}: {output.evalue}".partition("\n")[0]
                lines.append(f"cell {position} ({cell.id}) raised {what}")
    return lines, all(kind == "right" for kind, _ in verdicts.values())


def tell(numbers: Iterable[str]) -> None:
    """Print the verdicts on the exercises of the notebook that is running, as JSON."""
    from coursekit.exercises import EXERCISES, ask_notebook

    unknown = ("missing", "this coursekit has no such exercise")
    print(
        json.dumps(
            {
                number: EXERCISES[number].check(ask_notebook)[:2]
                if number in EXERCISES
                else unknown
                for number in numbers
            }
        )
    )


# JupyterLab


def lab(folder: Path, lesson: str = "00", port: int | None = None, browser: bool = True) -> int:
    """Lay the lessons in a folder and open JupyterLab on one of them.

    Parameters
    ----------
    folder : Path
    lesson : str
        Number or name of the lesson to open.
    port : int, optional
        JupyterLab looks for a free one unless told otherwise.
    browser : bool
        Whether to open a browser, or only to print the address.

    Returns
    -------
    int
        JupyterLab's exit status.

    Raises
    ------
    CourseError
        If there is no such lesson, a file cannot be read or the port is in use. Then nothing is
        written.
    """
    name = notebooks.find(Path(lesson).stem).name
    if find_spec("jupyterlab") is None:
        raise CourseError("JupyterLab is not installed: pip install jupyterlab")
    if port is not None:
        refuse_if_in_use(port)
    for line in lay(folder):
        print(line)
    print(f"Opening {folder / name}; Ctrl-C here ends JupyterLab", flush=True)
    command = command_for(folder, name, port, browser)
    if os.name == "posix":  # in our place, so that signals reach it
        os.execve(command[0], command, with_settings())
    return subprocess.call(command, env=with_settings())


def command_for(folder: Path, name: str, port: int | None, browser: bool) -> list[str]:
    """Say how JupyterLab is started."""
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}"]
    command.append(f"--LabApp.default_url=/lab/tree/{name}")
    if port is not None:
        command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # in a container there is often nobody else
    return command


def with_settings() -> dict[str, str]:
    """Give the environment in which JupyterLab knows the course's settings beside a person's."""
    paths = [str(SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    return os.environ | {"JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, paths))}


def refuse_if_in_use(port: int) -> None:
    """Say who has a port, if someone has."""
    for family, kind, protocol, _, address in socket.getaddrinfo(
        "localhost", port, type=socket.SOCK_STREAM
    ):
        place = family, kind, protocol, address
        try:
            if is_free(*place):
                continue
            # JupyterLab can have a port that was just left, but not one that a server has just
            # come to: after a moment that one listens.
            time.sleep(0.3)
            if os.name == "posix" and is_free(*place, just_left=True):
                continue
        except PermissionError:
            raise CourseError(f"port {port} is not for everyone: choose one above 1023") from None
        raise CourseError(
            f"port {port} is in use by {holder(port)}: stop it, "
            f"or choose another port, such as --port {port + 1 if port < 65535 else 8888}"
        )


def is_free(family: int, kind: int, protocol: int, address: Any, just_left: bool = False) -> bool:
    """Say whether nobody has an address, or nobody but connections that are ending."""
    try:
        trial = socket.socket(family, kind, protocol)
    except OSError:
        return True  # a machine without IPv6
    with trial:
        if just_left:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(address)
        except PermissionError:
            raise
        except OSError as refusal:
            # "localhost" may also name an address that this machine does not have.
            return refusal.errno != errno.EADDRINUSE
    return True


def holder(port: int) -> str:
    """Name the process that listens on a port, as far as we may know."""
    import psutil  # type: ignore[import-untyped]

    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return "another program"
