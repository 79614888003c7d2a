"""From solutions to lessons: built twice the same, and never with an error inside."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from nbformat import v4

from coursekit import notebooks
from coursekit.build import as_stored, build, drift, run
from coursekit.notebooks import CourseError

EXERCISE = """def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION"""


def code(name, source, **metadata):
    return v4.new_code_cell(source, id=name, metadata=metadata)


def sheet(*cells):
    return v4.new_notebook(cells=list(cells))


def solution_cells():
    return [
        v4.new_markdown_cell("# Saturation", id="title"),
        code("imports", "import os, sys"),
        code("exercise-6-1", EXERCISE, coursekit={"exercise": "6.1", "task": "Return twice x."}),
        code(
            "try-it",
            "try:\n    print(double(4))\nexcept NotImplementedError as error:\n    print(error)",
        ),
        code("answer", "{'b': 1, 'a': 2}"),
    ]


@pytest.fixture
def course(tmp_path):
    for kind in ("solutions", "lessons"):
        (tmp_path / kind).mkdir()
    return tmp_path


def lay(course, cells, name="06_saturation"):
    path = course / "solutions" / f"{name}.ipynb"
    notebooks.write(sheet(*cells), path)
    return path


def contents(course):
    return {path.name + path.parent.name: path.read_bytes() for path in course.rglob("*.ipynb")}


def test_a_build_runs_both_versions_and_building_again_changes_no_byte(course):
    lay(course, solution_cells())
    built = build(solutions=course / "solutions")
    assert [made.path.parent.name for made in built] == ["solutions", "lessons"]
    assert all(made.changed for made in built)

    solution, lesson = (notebooks.read(made.path) for made in built)
    said = {kind: nb.cells[3].outputs[0].text for kind, nb in (("s", solution), ("l", lesson))}
    assert said == {"s": "8\n", "l": "Return twice x.\n"}
    for each in (solution, lesson):
        assert [c.execution_count for c in each.cells if c.cell_type == "code"] == [1, 2, 3, 4]
        assert each.cells[4].outputs[0].execution_count == 4
        assert each.metadata.language_info == {"name": "python"}
        assert each.metadata.kernelspec.name == "python3"
        assert all("execution" not in c.metadata for c in each.cells)

    first = contents(course)
    assert not any(made.changed for made in build(["06"], course / "solutions"))
    assert contents(course) == first
    assert drift(solutions=course / "solutions") == []


def test_a_notebook_that_raises_is_refused_in_one_line_and_nothing_is_written(course):
    lay(course, solution_cells(), "00_start_here")
    lay(course, [*solution_cells(), code("broken", "1 / 0\n")])
    before = contents(course)
    with pytest.raises(CourseError) as raised:
        build(solutions=course / "solutions")
    message = str(raised.value)
    assert "06_saturation" in message
    assert message.endswith("cell 5 (broken) raised ZeroDivisionError: division by zero")
    assert "\n" not in message
    assert contents(course) == before


def test_a_kernel_that_dies_is_named_with_its_cell():
    with pytest.raises(CourseError, match=r"06: cell 0 \(end\) ended its kernel"):
        run(sheet(code("end", "import os; os._exit(1)")), "06")


def test_a_cell_that_never_ends_is_named(monkeypatch):
    monkeypatch.setattr("coursekit.build.SECONDS_A_CELL", 1)
    with pytest.raises(CourseError, match=r"cell 0 \(loop\) ran for more than 1 seconds"):
        run(sheet(code("loop", "while True: pass")), "06")


@pytest.mark.skipif(os.name != "posix", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize(
    "command",
    ["cli.main(['build', path])", "(setattr(cli, 'check', one), cli.main(['check', path]))[1]"],
    ids=["build", "check"],
)
def test_ctrl_c_ends_a_run_and_its_kernels_without_a_word(course, tmp_path, command):
    kernels = tmp_path / "kernels"
    kernels.mkdir()
    cell = f"import os, pathlib, time; pathlib.Path({str(kernels)!r}, str(os.getpid())).touch()"
    path = lay(course, [code("long", f"{cell}; time.sleep(60)")])
    before = contents(course)
    script = (
        "import sys; from coursekit import build, cli, notebooks\n"
        f"path = {str(path)!r}\n"
        "one = lambda asked: build.run(notebooks.read(path), '06')\n"
        f"sys.exit({command})"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(notebooks.folder().parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # Where the tests run in the background, SIGINT is ignored, and that is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as stopped:
        for _ in range(300):
            if any(kernels.iterdir()):
                break
            time.sleep(0.1)
        stopped.send_signal(signal.SIGINT)
        out, _ = stopped.communicate(timeout=30)
    assert (stopped.returncode, out) == (130, b"")
    begun = [int(kernel.name) for kernel in kernels.iterdir()]
    assert begun
    assert not any(psutil.pid_exists(each) for each in begun)
    assert contents(course) == before


def test_a_run_is_this_python_this_coursekit_one_thread_and_an_empty_folder():
    asked = run(
        sheet(
            code("python", "import os, sys\nprint(sys.executable)"),
            code("package", "import coursekit\nprint(coursekit.__file__)"),
            code("folder", "print(os.listdir())"),
            code("threads", "print(os.environ['OPENBLAS_NUM_THREADS'])"),
            code("backend", "import matplotlib\nprint(matplotlib.get_backend())"),
        ),
        "00",
    )
    python, package, listing, threads, backend = (c.outputs[0].text.strip() for c in asked.cells)
    assert os.path.samefile(python, sys.executable)
    assert os.path.samefile(package, notebooks.folder().parent / "coursekit" / "__init__.py")
    assert (listing, threads) == ("[]", "1")
    assert "inline" in backend


def test_a_run_that_goes_on_stores_the_error_and_the_rest():
    asked = run(sheet(code("a", "1 / 0"), code("b", "print(2)")), "00", goes_on=True)
    assert asked.cells[0].outputs[0].ename == "ZeroDivisionError"
    assert asked.cells[1].outputs[0].text == "2\n"


def test_no_widget_is_stored():
    shown = sheet(code("slider", "import ipywidgets\nipywidgets.IntSlider()"))
    stored = as_stored(run(shown, "00"))
    assert "widgets" not in stored.metadata
    assert list(stored.cells[0].outputs[0].data) == ["text/plain"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda nb: nb.cells[0].update(source="# Another"),
        lambda nb: nb.cells[0].update(id="another"),
        lambda nb: nb.cells[1].metadata.update(tags=["evidence"]),
        lambda nb: nb.cells[2].metadata.coursekit.update(task="Another"),
        lambda nb: nb.cells.pop(),
        lambda nb: nb.metadata.coursekit.given.update(title="another"),
    ],
    ids=["source", "id", "tag", "task", "cell", "given"],
)
def test_drift_between_solution_and_lesson_is_found_without_running(course, spoil):
    path = lay(course, [])
    ready = as_stored(sheet(*solution_cells()))
    notebooks.write(ready, path)
    lesson = notebooks.for_learners(ready)
    lesson_path = course / "lessons" / path.name
    notebooks.write(lesson, lesson_path)
    assert drift(solutions=path.parent) == []
    spoil(lesson)
    notebooks.write(lesson, lesson_path)
    assert drift(solutions=path.parent) == [lesson_path]


def test_a_lesson_without_its_partner_is_drift(course):
    path = lay(course, solution_cells())
    assert drift(solutions=path.parent) == [course / "lessons" / path.name]
    stray = course / "lessons" / "07_stray.ipynb"
    notebooks.write(sheet(), stray)
    assert stray in drift(solutions=path.parent)


def test_no_solutions_at_all_is_said_and_never_passes(course):
    with pytest.raises(CourseError, match="there are no solutions"):
        drift(solutions=course / "solutions")


@pytest.mark.parametrize("instead", ["", '"id": "title",'], ids=["none", "one for two cells"])
def test_a_solution_whose_cells_lack_ids_of_their_own_is_refused(course, instead):
    path = lay(course, solution_cells())
    path.write_text(path.read_text().replace('"id": "imports",', instead))
    with pytest.raises(CourseError, match=r"cell 1 has no id, or that of a cell above it"):
        build(solutions=path.parent)


def test_a_solution_is_built_from_within_its_folder_into_the_lessons_beside_it(course, monkeypatch):
    path = lay(course, solution_cells())
    monkeypatch.chdir(path.parent)
    assert drift([path.name]) == [course / "lessons" / path.name]


def test_lessons_that_came_in_a_wheel_are_never_built(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "__file__", str(tmp_path / "coursekit" / "notebooks.py"))
    inside = tmp_path / "coursekit" / "notebooks_data"
    (inside / "solutions").mkdir(parents=True)
    lay(inside, solution_cells())
    before = contents(tmp_path)
    for which in ((), ["06"], [inside / "solutions" / "06_saturation.ipynb"]):
        with pytest.raises(
            CourseError, match="in a clone of the course, and this one is installed"
        ):
            build(which)
    assert contents(tmp_path) == before


def test_what_is_wrong_with_an_exercise_is_said_with_its_file(course):
    path = lay(course, [code("stray", EXERCISE)])
    with pytest.raises(CourseError, match=r"06_saturation\.ipynb: cell 'stray' holds an answer"):
        build(solutions=path.parent)
