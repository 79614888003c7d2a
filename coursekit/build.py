"""Build the lessons: take the answers out, run both versions, keep what they show.

`solutions/` is the one source. A build writes the outputs of the solutions, and the lessons
whole; the same sources give the same bytes.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar

from coursekit.notebooks import (
    UNNAMED,
    CourseError,
    find,
    folder,
    for_learners,
    forget_outputs,
    installed,
    lessons,
    read,
    text_of,
    without_widgets,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from nbclient import NotebookClient
    from nbformat import NotebookNode

__all__ = ["Built", "build", "drift", "run"]

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
SECONDS_A_CELL = 120
Result = TypeVar("Result")


class Built(NamedTuple):
    """A notebook that was built.

    Attributes
    ----------
    path : Path
    changed : bool
        Whether the file was written; it is left alone where nothing is new.
    """

    path: Path
    changed: bool


def build(which: Iterable[str] = (), solutions: Path | None = None) -> list[Built]:
    """Build lessons from their solutions, and run both.

    Parameters
    ----------
    which : iterable of str
        Numbers, names or paths of solutions; all of them if there are none.
    solutions : Path, optional
        The folder of the solutions; the lessons lie in ``lessons`` beside it.

    Returns
    -------
    list of Built
        Each solution followed by its lesson.

    Raises
    ------
    CourseError
        If a notebook raises, with the cell and the error; or if the solutions are those of a wheel.
        Then nothing is written.
    """
    paths = sources(which, solutions)
    if any(installed() in path.resolve().parents for path in paths):
        raise CourseError("lessons are built in a clone of the course, and this one is installed")
    sheets = []
    for path in paths:
        solution = read_solution(path)
        sheets += [(path, solution), (lesson_of(path), lesson_from(solution, path))]
    built = []
    for (path, _), notebook in zip(sheets, finished(side_by_side(sheets)), strict=True):
        path.parent.mkdir(exist_ok=True)
        built.append(Built(path, write(as_stored(notebook), path)))
    return built


def drift(which: Iterable[str] = (), solutions: Path | None = None) -> list[Path]:
    """Find the lessons that are not what their solutions make of them.

    Sources, ids, tags and metadata are compared; nothing is run and nothing written. It is asked
    as `build` is; where all are asked for, a lesson without a solution is found too.
    """
    paths = sources(which, solutions)
    stale = []
    for path in paths:
        lesson, wanted = lesson_of(path), lesson_from(read_solution(path), path)
        if not lesson.is_file() or bare(read(lesson)) != bare(wanted):
            stale.append(lesson)
    if not which:
        known = {lesson_of(path) for path in paths}
        stale += [path for path in lessons(lesson_of(paths[0]).parent) if path not in known]
    return stale


def sources(which: Iterable[str], solutions: Path | None) -> list[Path]:
    """List the solutions that were asked for."""
    where = solutions or folder("solutions")
    paths = [find(lesson, where) for lesson in which] or lessons(where)
    if not paths:
        raise CourseError(f"there are no solutions in {where}")
    return paths


def lesson_of(solution: Path) -> Path:
    """Say where the lesson of a solution lies."""
    return Path(os.path.abspath(solution)).parent.parent / "lessons" / solution.name


def read_solution(path: Path) -> NotebookNode:
    """Read a solution, whose every cell needs an id to be known by in the next edition."""
    solution = read(path)
    for position, cell in enumerate(solution.cells):
        if cell.id.startswith(UNNAMED):
            raise CourseError(f"{path}: cell {position} has no id, or that of a cell above it")
    return solution


def lesson_from(solution: NotebookNode, path: Path) -> NotebookNode:
    """Make the learner's version; what is wrong with it is said with the file's name."""
    try:
        return for_learners(solution)
    except CourseError as error:
        raise CourseError(f"{path}: {error}") from None


def bare(notebook: NotebookNode) -> str:
    """Give the text of a notebook without what running it adds."""
    notebook = without_widgets(notebook)
    for cell in notebook.cells:
        forget_outputs(cell)
    return text_of(notebook)


# Running


def run(
    notebook: NotebookNode,
    name: str,
    goes_on: bool = False,
    where: Path | None = None,
    for_page: bool = False,
) -> NotebookNode:
    """Run a notebook from top to bottom in a kernel of its own.

    The kernel is this very Python with this very coursekit, wherever Jupyter's folders point. It
    computes on one thread, and knows no settings of a person's own.

    Parameters
    ----------
    notebook : NotebookNode
    name : str
        What messages call the notebook.
    goes_on : bool
        Whether an exception is stored like any other output; otherwise it stops the run.
    where : Path, optional
        The folder in which the kernel stands; an empty one unless told otherwise.
    for_page : bool
        Whether the copy keeps its widgets, with all their frames, for a page without a kernel.

    Returns
    -------
    NotebookNode
        A copy with its outputs.

    Raises
    ------
    CourseError
        If a cell raises, or takes longer than two minutes: the cell and the error, in one line.
    """
    return finished(running(notebook, name, goes_on, where, for_page))


def finished(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end, in a thread where this one has a loop already, as it has in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, work).result()


async def side_by_side(sheets: list[tuple[Path, NotebookNode]]) -> list[NotebookNode]:
    """Run notebooks, as many at once as there are processors."""
    at_once = asyncio.Semaphore(os.cpu_count() or 1)

    async def in_turn(path: Path, notebook: NotebookNode) -> NotebookNode:
        async with at_once:
            return await running(notebook, str(path))

    # A failure is told when all have run: who is stopped at a bad moment leaves a kernel behind.
    ran = await asyncio.gather(*(in_turn(*sheet) for sheet in sheets), return_exceptions=True)
    for failure in (each for each in ran if isinstance(each, BaseException)):
        raise failure
    return [each for each in ran if not isinstance(each, BaseException)]


async def running(
    notebook: NotebookNode,
    name: str,
    goes_on: bool = False,
    where: Path | None = None,
    for_page: bool = False,
) -> NotebookNode:
    """Run a notebook while others may be running; see `run`."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = without_widgets(notebook)
    for cell in notebook.cells:
        forget_outputs(cell)
    place = "the start"

    def begin(cell: NotebookNode, cell_index: int) -> None:
        nonlocal place
        place = f"cell {cell_index} ({cell.id})"

    with TemporaryDirectory() as empty, TemporaryDirectory() as settings:
        client = NotebookClient(
            notebook,
            km=AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[])),
            resources={"metadata": {"path": str(where or empty)}},
            timeout=SECONDS_A_CELL,
            allow_errors=goes_on,
            coalesce_streams=True,
            record_timing=False,
            store_widget_state=for_page,
            on_cell_start=begin,
        )
        try:
            at_once = {"COURSEKIT_AT_ONCE": "inf"} if for_page else {}
            await stoppable(client, env=environment(settings) | at_once)
        except CellExecutionError as error:
            raise CourseError(f"{name}: {place} raised {in_a_line(error)}") from None
        except CellTimeoutError:
            raise CourseError(
                f"{name}: {place} ran for more than {SECONDS_A_CELL} seconds"
            ) from None
        except DeadKernelError:
            raise CourseError(f"{name}: {place} ended its kernel") from None
    return notebook


async def stoppable(client: NotebookClient, env: dict[str, str]) -> None:
    """Run a notebook so that Ctrl-C stops it, and its kernel.

    Left alone, nbclient answers Ctrl-C by ending the kernel and going on, and takes asyncio's own
    answer, to cancel the run, for a kernel that died.
    """

    def left_to_asyncio(*_: object) -> NoReturn:
        raise RuntimeError  # nbclient knows this from loops that take no signals

    asyncio.get_running_loop().add_signal_handler = left_to_asyncio  # type: ignore[assignment]
    try:
        # A kernel tells the terminal what concerns nobody here; what cells say comes to us.
        await client.async_execute(env=env, cleanup_kc=True, stderr=DEVNULL)
    except Exception:
        task = asyncio.current_task()
        if task and task.cancelling():
            raise asyncio.CancelledError from None
        raise


def environment(settings: str) -> dict[str, str]:
    """Set what a kernel inherits, so that a run is the same for everyone."""
    package = str(Path(__file__).resolve().parent.parent)
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")])),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "IPYTHONDIR": settings,
        "JPY_SESSION_NAME": "",  # it may name the notebook from which this run was started
    }


def in_a_line(error: Exception) -> str:
    """Give the name and the first line of what a cell raised."""
    value = str(getattr(error, "evalue", "")).strip().partition("\n")[0]
    name = getattr(error, "ename", type(error).__name__)
    return f"{name}: {value}" if value else name


def as_stored(notebook: NotebookNode) -> NotebookNode:
    """Keep of a run what is the same on every run."""
    notebook = without_widgets(notebook)
    course = {key: value for key, value in notebook.metadata.items() if key == "coursekit"}
    notebook.metadata = course | {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    count = 0
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = count
    return notebook
