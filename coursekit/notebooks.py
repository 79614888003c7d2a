"""Notebooks as data: find a lesson, take the answers out, carry a learner's work over.

Nothing here runs a notebook. A function takes notebooks and returns new ones; what it was given
stays as it was. The course has one source, the notebooks in `solutions/`; the learner's version
of one is `for_learners(solution)`. An `exercise` is its number, such as "6.1".
"""

from __future__ import annotations

import json
import os
import re
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
    "another_edition",
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
    "without_widgets",
    "write",
]

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
WIDGET = "application/vnd.jupyter.widget-view+json"
UNNAMED = "unnamed-"  # so begins the id that `read` gives to a cell without one
DEEPEST = 100  # a notebook's JSON is some ten levels deep
# What a cell and an output hold at least, by their type; some tools leave it out.
LEAST: dict[str, dict[str, Any]] = {
    "code": {"metadata": {}, "source": "", "outputs": [], "execution_count": None},
    "markdown": {"metadata": {}, "source": ""},
    "raw": {"metadata": {}, "source": ""},
    "stream": {"name": "stdout", "text": ""},
    "error": {"ename": "", "evalue": "", "traceback": []},
    "display_data": {"data": {}, "metadata": {}},
    "execute_result": {"data": {}, "metadata": {}, "execution_count": None},
}


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
    inside = installed() / kind
    return inside if inside.is_dir() else installed().parent.parent / kind


def installed() -> Path:
    """Say where the notebooks lie that came in a wheel; a clone has nothing there."""
    return Path(__file__).resolve().parent / "notebooks_data"


def lessons(within: str | Path | None = None) -> list[Path]:
    """List the files named like ``06_saturation.ipynb``, in order.

    Parameters
    ----------
    within : path, optional
        The folder to look in; that of the course's own lessons unless told otherwise.
    """
    return sorted(Path(within or folder()).glob("[0-9][0-9]_*.ipynb"))


def find(lesson: str | Path, within: str | Path | None = None) -> Path:
    """Find a lesson by its number, its name or its path.

    Parameters
    ----------
    lesson : str or Path
        ``"06"``, ``"06_saturation"`` or the path of a notebook.
    within : path, optional
        Where to look for a number or a name, as in `lessons`.

    Raises
    ------
    CourseError
        If there is no such lesson; the message lists those that there are.
    """
    path = Path(lesson)
    if path.is_file():
        return path
    if path.name != str(lesson):
        known = ", ".join(sorted(each.name for each in path.parent.glob("*.ipynb")))
        raise CourseError(
            f"there is no notebook {lesson}: {path.parent} holds {known or 'no notebook'}"
        )
    name = path.name.removesuffix(".ipynb")
    here = lessons(within)
    for candidate in here:
        if name == candidate.stem or (name and name.zfill(2) == candidate.stem[:2]):
            return candidate
    what = f"lesson {lesson!r}" if name == lesson else f"notebook {lesson} here"
    where = f"{within} holds" if within else "the course has"
    known = ", ".join(candidate.stem for candidate in here) or "none"
    raise CourseError(f"there is no {what}: {where} {known}")


# Reading and writing


def read(path: str | Path) -> NotebookNode:
    """Read a notebook, and mend it where something was left out.

    Returns
    -------
    NotebookNode
        Valid in format 4.5, whatever wrote the file: every cell has an id of its own and every
        code cell its outputs. The same file gives the same notebook.

    Raises
    ------
    CourseError
        If there is no such file, if it is no notebook, or if it is a half-written one.
    """
    stored = read_json(path)
    no_notebook = f"{path} is not a notebook of format 4"
    if not (
        isinstance(stored, dict)
        and stored.get("nbformat") == 4
        and isinstance(stored.get("cells"), list)
    ):
        raise CourseError(f"{no_notebook}: it has no list of cells")
    from nbformat import v4, validate

    mend(stored)
    try:
        validate(stored, relax_add_props=True)
    except Exception as error:  # a ValidationError, or one over which the validator itself stumbled
        place = " ".join(str(step) for step in getattr(error, "absolute_path", ()))
        raise CourseError(f"{no_notebook}: it goes wrong at {place or 'its cells'}") from None
    return v4.to_notebook(stored)


def read_json(path: str | Path) -> Any:
    """Read JSON that can be copied and written again, or say why there is none."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        stored = json.loads(text)
        if depth(stored) > DEEPEST:
            raise RecursionError
        json.dumps(stored, ensure_ascii=False).encode()
    except FileNotFoundError:
        raise CourseError(f"there is no notebook {path}") from None
    except UnicodeError:
        raise CourseError(f"{path} is not a notebook: it is not text") from None
    except RecursionError:
        raise CourseError(f"{path} is not a notebook: it is nested too deeply") from None
    except json.JSONDecodeError as error:
        if not text.lstrip().startswith("{"):
            why = "it is not JSON" if text.strip() else "it is empty"
            raise CourseError(f"{path} is not a notebook: {why}") from None
        raise CourseError(
            f"{path} is half-written: its JSON breaks off in line {error.lineno}; "
            "put a whole copy in its place, or move it away"
        ) from None
    except ValueError:
        raise CourseError(f"{path} is not a notebook: it holds an endless number") from None
    return stored


def depth(stored: Any) -> int:
    """Count how deep JSON is nested, however deep that is.

    Examples
    --------
    >>> depth(1), depth([]), depth({"a": [1, [2]]})
    (0, 1, 3)
    """
    levels, level = 0, [stored]
    while level := [part for part in level if isinstance(part, dict | list)]:
        levels += 1
        lists = (part.values() if isinstance(part, dict) else part for part in level)
        level = [inner for each in lists for inner in each]
    return levels


def mend(stored: dict) -> None:
    """Fill in what a notebook's JSON lacks; what else is wrong with it stays."""
    stored.setdefault("metadata", {})
    stored["nbformat_minor"] = 5  # the first in which cells have ids
    taken: set[str] = set()
    for cell in stored["cells"]:
        if not isinstance(cell, dict):
            continue
        fill_in(cell, cell.get("cell_type"))
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else ():
            if isinstance(output, dict):
                fill_in(output, output.get("output_type"))
        name = cell.get("id")
        if (
            not (isinstance(name, str) and re.fullmatch("[a-zA-Z0-9_-]{1,64}", name))
            or name in taken
        ):
            cell["id"] = free_name(UNNAMED, taken)
        taken.add(cell["id"])


def free_name(start: str, taken: set[str]) -> str:
    """Number a name so that nobody has it yet."""
    return next(f"{start}{n}" for n in count(1) if f"{start}{n}" not in taken)


def fill_in(part: dict, kind: Any) -> None:
    """Give a cell or an output what it lacks."""
    for key, least in LEAST.get(str(kind), {}).items():
        part.setdefault(key, deepcopy(least))


def text_of(notebook: NotebookNode) -> str:
    """Give the JSON text of a notebook, the same for the same notebook.

    Keys are sorted, the indent is one, and a line's end stands at the end.
    """
    from nbformat import v4

    return v4.writes(notebook).rstrip("\n") + "\n"


def write(notebook: NotebookNode, path: str | Path) -> bool:
    """Write a notebook in one stroke, if it differs from what the file holds.

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
    """Find the cells of a notebook that answer its exercises, by exercise.

    Where a learner has copied such a cell, the first one counts.
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
    """Find the cell that checks an exercise, if there is one."""
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

    Returns
    -------
    NotebookNode
        Its metadata name its `edition`, and remember each cell's text as it was given, so that
        what a learner has written can be told from what the course wrote (`carry_over`),
        wherever the file went.

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
            task = noted(cell).get("task")
            if not isinstance(task, str):
                raise CourseError(f"exercise {number} has no task")
            try:
                cell.source = stub_of(cell.source, task)
            except CourseError as error:
                raise CourseError(f"in exercise {number}, {error}") from None
        forget_outputs(cell)
    digests = {cell.id: digest(cell.source) for cell in lesson.cells}
    lesson.metadata["coursekit"] = {"edition": edition(lesson), "given": digests}
    return lesson


def digest(text: str) -> str:
    """Twelve letters that tell one text from another."""
    return sha256(text.encode()).hexdigest()[:12]


def forget_outputs(cell: NotebookNode) -> None:
    """Make a code cell look as if it had not been run."""
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None


def without_widgets(notebook: NotebookNode) -> NotebookNode:
    """Copy a notebook, and leave out its widgets, but not what stands in for them.

    A saved widget without its model shows an error in place of its still picture.
    """
    copy = deepcopy(notebook)
    copy.metadata.pop("widgets", None)
    for cell in copy.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
            output.get("metadata", {}).pop(WIDGET, None)
    return copy


# Editions


def edition(lesson: NotebookNode) -> str:
    """Name what a lesson and its checks must agree on, such as "06-1f2e3d4c5b6a".

    It follows from the cells of the exercises as learners get them, and from the text of
    `exercises/lesson_06.py`, where their checks stand. No other word of a lesson counts: a
    notebook with a mended typo still belongs to the same checks. Nor does the code that all
    checks share. A lesson without exercises has no edition, "".
    """
    cells = exercises(lesson)
    if not cells:
        return ""
    number = next(iter(cells)).partition(".")[0].zfill(2)
    checks = Path(__file__).with_name("exercises") / f"lesson_{number}.py"
    parts = [checks.read_text(encoding="utf-8") if checks.is_file() else ""]
    for exercise, cell in cells.items():
        check = check_cell(lesson, exercise)
        parts += [exercise, cell.source, check.source if check else ""]
    return f"{number}-{digest(json.dumps(parts))}"


def another_edition(path: Path, lesson: str = "") -> bool:
    """Say whether a learner's notebook is of another edition than the installed course.

    The files are searched and not parsed: a running check has no time for that.

    Parameters
    ----------
    path : Path
    lesson : str, optional
        The number of the only lesson of which to say so.
    """
    mine = edition_in(path)
    number = mine[:2]
    if not mine or number != (lesson or number):
        return False
    return mine not in [edition_in(each) for each in lessons() if each.name.startswith(number)]


def edition_in(path: Path) -> str:
    """Find the edition that a file names, or ""."""
    # In a cell's text or output the quotation marks would be escaped.
    found = re.search(rb'"edition":\s*"(\d\d-[0-9a-f]{12})"', path.read_bytes())
    return found[1].decode() if found else ""


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


def given(notebook: NotebookNode) -> dict:
    """Give the digests of a lesson's cells, by id, as the course wrote them."""
    digests = noted(notebook).get("given")
    return digests if isinstance(digests, dict) else {}


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
    """
    mine, lesson = without_widgets(mine), deepcopy(newer)
    at = {cell.id: position for position, cell in enumerate(lesson.cells)}
    at_exercise = {exercise_of(cell): at[cell.id] for cell in lesson.cells if exercise_of(cell)}
    # Some tools drop or renew the ids of cells; one that nobody touched is known by its text too.
    at_text = {digest(cell.source): at[cell.id] for cell in lesson.cells}
    before, now = given(mine), given(lesson)
    answers: list[str] = []
    others, taken = 0, set(at)
    own: dict[int, list[NotebookNode]] = {}
    last = -1  # where we are in the newer lesson; -1 is above its first cell
    for cell in mine.cells:
        number = exercise_of(cell) or ""
        place = at_exercise.get(number, at.get(cell.id, at_text.get(digest(cell.source))))
        last = last if place is None else place
        if not written_by_learner(cell, mine):
            continue
        is_answer = number in at_exercise and number not in answers
        unchanged = place is not None and not number and before.get(cell.id) == now.get(cell.id)
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
    if cell.id in taken:
        cell["id"] = free_name("own-", taken)
    taken.add(cell.id)
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
    if written_by_learner(cell, notebook):  # the stub is of another version
        given(notebook)[cell.id] = digest(stub.source)
    for stale in (cell, check):
        if stale is not None:
            forget_outputs(stale)
    return notebook
