"""Notebooks as data: find a lesson, take the answers out, carry a learner's work over.

Nothing here runs a notebook. A function takes notebooks and returns new ones; what it was given
stays as it was. The course has one source, the notebooks in `solutions/`; the learner's version
of one is `for_learners(solution)`.
"""

from __future__ import annotations

import json
import os
from copy import deepcopy
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = [
    "Carried",
    "CourseError",
    "answer",
    "carry_over",
    "check_cell",
    "exercises",
    "find",
    "folder",
    "for_learners",
    "lessons",
    "read",
    "reset",
    "text_of",
    "tried",
    "without_widgets",
    "write",
]

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
WIDGET = "application/vnd.jupyter.widget-view+json"


class CourseError(Exception):
    """What was asked cannot be done; the message says why in one sentence."""


# Where the lessons are


def folder(kind: str = "lessons") -> Path:
    """Find the folder of the course's lessons, or of its solutions.

    Parameters
    ----------
    kind : {"lessons", "solutions"}

    Returns
    -------
    Path
        Beside the package in a clone, inside of it where it was installed from a wheel.
    """
    package = Path(__file__).resolve().parent
    installed = package / "notebooks_data" / kind
    return installed if installed.is_dir() else package.parent / kind


def lessons(within: str | Path | None = None) -> list[Path]:
    """List the lessons of a folder, in order.

    Parameters
    ----------
    within : path, optional
        The course's own lessons unless told otherwise.

    Returns
    -------
    list of Path
        The files named like ``06_saturation.ipynb``.
    """
    return sorted(Path(within or folder()).glob("[0-9][0-9]_*.ipynb"))


def find(lesson: str | Path, within: str | Path | None = None) -> Path:
    """Find a lesson by its number, its name or its path.

    Parameters
    ----------
    lesson : str or Path
        ``"06"``, ``"06_saturation"`` or the path of a notebook.
    within : path, optional
        The folder to look in; the course's own lessons unless told otherwise.

    Returns
    -------
    Path

    Raises
    ------
    CourseError
        If there is no such lesson; the message lists those that there are.
    """
    path = Path(lesson)
    if path.is_file():
        return path
    if path.name != str(lesson):
        raise CourseError(f"there is no notebook {lesson}")
    name = path.name.removesuffix(".ipynb")
    here = lessons(within)
    for candidate in here:
        if name == candidate.stem or (name and name.zfill(2) == candidate.stem[:2]):
            return candidate
    where = f"{within} holds" if within else "the course has"
    known = ", ".join(candidate.stem for candidate in here) or "none"
    raise CourseError(f"there is no lesson {lesson!r}: {where} {known}")


# Reading and writing


def read(path: str | Path) -> NotebookNode:
    """Read a notebook.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    NotebookNode

    Raises
    ------
    CourseError
        If there is no such file, if it is no notebook, or if it is a half-written one.
    """
    from nbformat import v4

    try:
        text = Path(path).read_text(encoding="utf-8")
        stored = json.loads(text)
    except FileNotFoundError:
        raise CourseError(f"there is no notebook {path}") from None
    except UnicodeDecodeError:
        raise CourseError(f"{path} is not a notebook: it is not text") from None
    except json.JSONDecodeError as error:
        if not text.lstrip().startswith("{"):
            why = "it is not JSON" if text.strip() else "it is empty"
            raise CourseError(f"{path} is not a notebook: {why}") from None
        raise CourseError(
            f"{path} is half-written: its JSON breaks off in line {error.lineno}; "
            "put a whole copy in its place, or move it away"
        ) from None
    if not is_notebook(stored):
        raise CourseError(f"{path} is not a notebook of format 4: it has no list of cells")
    return v4.reads(text)


def is_notebook(stored: Any) -> bool:
    """Say whether this JSON has the shape of a notebook of format 4."""
    return (
        isinstance(stored, dict)
        and stored.get("nbformat") == 4
        and isinstance(stored.get("metadata"), dict)
        and isinstance(stored.get("cells"), list)
        and all(
            isinstance(cell, dict)
            and "cell_type" in cell
            and is_text(cell.get("source"))
            and isinstance(cell.get("metadata"), dict)
            and isinstance(cell.get("outputs", []), list)
            and all(isinstance(output, dict) for output in cell.get("outputs", []))
            for cell in stored["cells"]
        )
    )


def is_text(stored: Any) -> bool:
    """Say whether this JSON is a text, or a text in lines."""
    lines = stored if isinstance(stored, list) else [stored]
    return all(isinstance(line, str) for line in lines)


def text_of(notebook: NotebookNode) -> str:
    """Give the JSON text of a notebook, the same for the same notebook.

    Parameters
    ----------
    notebook : NotebookNode

    Returns
    -------
    str
        Sorted keys, an indent of one and a line's end at the end.
    """
    from nbformat import v4

    return v4.writes(notebook).rstrip("\n") + "\n"


def write(notebook: NotebookNode, path: str | Path) -> bool:
    """Write a notebook in one stroke, if it differs from what the file holds.

    Parameters
    ----------
    notebook : NotebookNode
    path : str or Path

    Returns
    -------
    bool
        Whether the file changed. Whoever reads it meanwhile sees the old or the new notebook,
        never half of one.
    """
    path = Path(os.path.realpath(path))
    wanted = text_of(notebook).encode()
    if path.is_file() and path.read_bytes() == wanted:
        return False
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(wanted)
        if path.is_file():
            part.chmod(path.stat().st_mode)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return True


# Exercises


def exercises(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """Find the exercises of a notebook.

    Parameters
    ----------
    notebook : NotebookNode

    Returns
    -------
    dict
        From an exercise's number, such as ``"6.1"``, to the cell of the learner's answer. Where
        a learner has copied the cell, the first one counts.
    """
    found: dict[str, NotebookNode] = {}
    for cell in notebook.cells:
        number = exercise_of(cell)
        if number:
            found.setdefault(number, cell)
    return found


def exercise_of(cell: NotebookNode) -> str | None:
    """Give the number of the exercise that a cell answers, or None."""
    number = noted(cell).get("exercise")
    return number if isinstance(number, str) else None


def noted(thing: NotebookNode, by: str = "coursekit") -> dict:
    """Give what the metadata of a cell or a notebook hold under a name; nothing if it is odd."""
    note = thing.metadata.get(by)
    return note if isinstance(note, dict) else {}


def check_cell(notebook: NotebookNode, exercise: str) -> NotebookNode | None:
    """Find the cell that checks an exercise.

    Parameters
    ----------
    notebook : NotebookNode
    exercise : str

    Returns
    -------
    NotebookNode or None
    """
    wanted = "check_q" + exercise.replace(".", "_")
    return next(
        (cell for cell in notebook.cells if noted(cell, "nbgrader").get("grade_id") == wanted),
        None,
    )


def answer(exercise: str, notebook: NotebookNode | None = None) -> str:
    """Give the text of an answer, without the markers around it.

    Parameters
    ----------
    exercise : str
    notebook : NotebookNode, optional
        Where to look; the course's own solution unless told otherwise.

    Returns
    -------
    str

    Raises
    ------
    CourseError
        If the notebook has no such exercise.
    """
    if notebook is None:
        notebook = read(find(exercise.partition(".")[0], folder("solutions")))
    lines = exercise_cell(notebook, exercise).source.splitlines()
    return "\n".join(line for line in lines if line.strip() not in (BEGIN, END))


def exercise_cell(notebook: NotebookNode, exercise: str) -> NotebookNode:
    """Give the cell of an exercise, or say which there are."""
    here = exercises(notebook)
    if exercise not in here:
        known = ", ".join(here) or "none"
        raise CourseError(f"there is no exercise {exercise!r} in this lesson: it has {known}")
    return here[exercise]


def stub_of(source: str, task: str) -> str:
    """Take the answer out of a cell and let it raise its task.

    Examples
    --------
    >>> print(stub_of('''def double(x):
    ...     ### BEGIN SOLUTION
    ...     return 2 * x
    ...     ### END SOLUTION''', "Return twice x."))
    def double(x):
        raise NotImplementedError("Return twice x.")
    """
    kept: list[str] = []
    inside = False
    for line in source.splitlines():
        mark = line.strip()
        if mark in (BEGIN, END):
            if inside == (mark == BEGIN):
                raise CourseError(f"{mark!r} stands where it has no partner")
            inside = mark == BEGIN
            if inside:
                said = json.dumps(task, ensure_ascii=False)
                kept.append(line.replace(mark, f"raise NotImplementedError({said})").rstrip())
        elif not inside:
            kept.append(line)
    if inside:
        raise CourseError(f"{BEGIN!r} has no {END!r}")
    return "\n".join(kept)


def for_learners(solution: NotebookNode) -> NotebookNode:
    """Make the learner's version of a solution: answers out, stubs in, nothing run yet.

    Parameters
    ----------
    solution : NotebookNode

    Returns
    -------
    NotebookNode
        Its metadata remember each cell's text as it was given, so that what a learner has
        written can be told from what the course wrote (`carry_over`), wherever the file went.

    Raises
    ------
    CourseError
        If an answer has no exercise to belong to, or an exercise no answer.
    """
    lesson = without_widgets(solution)
    for cell in lesson.cells:
        number = exercise_of(cell)
        holds_answer = any(mark in cell.source for mark in (BEGIN, END))
        if holds_answer and not number:
            raise CourseError(f"cell {cell.id!r} holds an answer but names no exercise")
        if number and not holds_answer:
            raise CourseError(f"exercise {number} has no answer between {BEGIN!r} and {END!r}")
        if number:
            try:
                cell.source = stub_of(cell.source, cell.metadata.coursekit.task)
            except CourseError as error:
                raise CourseError(f"in exercise {number}, {error}") from None
        forget_outputs(cell)
    digests = {cell.id: digest(cell.source) for cell in lesson.cells}
    named = digest(json.dumps([*digests.items()]))
    lesson.metadata["coursekit"] = {"edition": named, "given": digests}
    return lesson


def digest(text: str) -> str:
    """Twelve letters that tell one text from another."""
    return sha256(text.encode()).hexdigest()[:12]


def forget_outputs(cell: NotebookNode) -> None:
    """Make a code cell look as if it had not been run."""
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None


def without_widgets(notebook: NotebookNode) -> NotebookNode:
    """Give a copy of a notebook in which no widget is stored, only what stands in for it.

    Parameters
    ----------
    notebook : NotebookNode

    Returns
    -------
    NotebookNode
        A saved widget without its model shows an error in place of its still picture.
    """
    copy = deepcopy(notebook)
    copy.metadata.pop("widgets", None)
    for cell in copy.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
            output.get("metadata", {}).pop(WIDGET, None)
    return copy


# A learner's work


class Carried(NamedTuple):
    """A newer version of a lesson with a learner's work in it.

    Attributes
    ----------
    notebook : NotebookNode
    answers : tuple of str
        The exercises whose answers were brought over.
    cells : int
        How many other cells the learner had written or changed, all of them in the notebook.
    """

    notebook: NotebookNode
    answers: tuple[str, ...]
    cells: int


def edition(notebook: NotebookNode) -> str | None:
    """Name the version of a lesson; None if it is no lesson of the course."""
    return noted(notebook).get("edition")


def given(notebook: NotebookNode) -> dict:
    """Give the digests of a lesson's cells, by id, as the course wrote them."""
    digests = noted(notebook).get("given")
    return digests if isinstance(digests, dict) else {}


def tried(notebook: NotebookNode, exercise: str) -> bool:
    """Say whether a learner has written anything in an exercise of a lesson.

    Parameters
    ----------
    notebook : NotebookNode
    exercise : str

    Returns
    -------
    bool
    """
    return written_by_learner(exercise_cell(notebook, exercise), notebook)


def written_by_learner(cell: NotebookNode, notebook: NotebookNode) -> bool:
    """Say whether a cell holds something that the course did not write."""
    return bool(cell.source.strip()) and digest(cell.source) not in given(notebook).values()


def carry_over(mine: NotebookNode, newer: NotebookNode) -> Carried:
    """Carry what a learner has written into a newer version of the lesson.

    An answer takes the place of its stub. A cell of the course that the learner has changed
    stays changed if the course left it alone, and stands beneath the course's new cell
    otherwise. A cell of the learner's own stays behind the cell that it stood behind.

    Parameters
    ----------
    mine : NotebookNode
        The learner's copy of an earlier version.
    newer : NotebookNode
        The lesson as it is given now.

    Returns
    -------
    Carried
    """
    mine, lesson = without_widgets(mine), deepcopy(newer)
    at = {cell.id: position for position, cell in enumerate(lesson.cells)}
    at_exercise = {exercise_of(cell): at[cell.id] for cell in lesson.cells if exercise_of(cell)}
    # Some tools drop the ids of cells; a cell that nobody touched is known by its text too.
    at_text = {digest(cell.source): at[cell.id] for cell in lesson.cells}
    before, now = given(mine), given(lesson)
    answers: list[str] = []
    others, taken = 0, set(at)
    own: dict[int, list[NotebookNode]] = {}
    last = -1  # where we are in the newer lesson; -1 is above its first cell
    for cell in mine.cells:
        name, number = cell.get("id"), exercise_of(cell) or ""
        place = at_exercise.get(number, at.get(name, at_text.get(digest(cell.source))))
        last = last if place is None else place
        if not written_by_learner(cell, mine):
            continue
        is_answer = number in at_exercise and number not in answers
        unchanged = place is not None and not number and before.get(name) == now.get(name)
        if is_answer or unchanged:
            ours = lesson.cells[place]
            lesson.cells[place] = deepcopy(cell)
            lesson.cells[place].update(id=ours.id, metadata=ours.metadata)
        else:
            own.setdefault(last, []).append(as_own(cell, taken))
        if is_answer:
            answers.append(number)
            check = check_cell(lesson, number)
            if check:
                forget_outputs(check)  # it says "not tried yet", which is no longer true
        else:
            others += 1
    cells = list(own.get(-1, []))
    for position, cell in enumerate(lesson.cells):
        cells += [cell, *own.get(position, [])]
    lesson.cells = cells
    return Carried(lesson, tuple(answers), others)


def as_own(cell: NotebookNode, taken: set[str]) -> NotebookNode:
    """Make a copy of a cell that is the learner's own: it answers nothing, its id is free."""
    cell = deepcopy(cell)
    for key in ("nbgrader", "coursekit", "tags"):
        cell.metadata.pop(key, None)
    if cell.get("id", "") in {"", *taken}:
        cell["id"] = next(f"own-{n}" for n in count(1) if f"own-{n}" not in taken)
    taken.add(cell["id"])
    return cell


def reset(mine: NotebookNode, lesson: NotebookNode, exercise: str) -> NotebookNode:
    """Put one exercise of a learner's notebook back to its stub.

    Parameters
    ----------
    mine : NotebookNode
        The learner's notebook.
    lesson : NotebookNode
        The lesson as it is given.
    exercise : str

    Returns
    -------
    NotebookNode
        All else in it is as the learner left it, but the outputs of the exercise and its check.

    Raises
    ------
    CourseError
        If the lesson has no such exercise.
    """
    stub = exercise_cell(lesson, exercise)
    notebook = deepcopy(mine)
    cell, check = exercises(notebook).get(exercise), check_cell(notebook, exercise)
    if cell is None:  # the learner has deleted it
        cell = deepcopy(stub)
        position = notebook.cells.index(check) if check else len(notebook.cells)
        notebook.cells.insert(position, cell)
    cell.source = stub.source
    given(notebook)[cell.id] = digest(stub.source)
    for stale in (cell, check):
        if stale is not None:
            forget_outputs(stale)
    return notebook
