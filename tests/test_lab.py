"""The learner's folder: nothing that was written there is ever lost."""

import json
import os
import socket
import subprocess
import threading
import time
from urllib.request import urlopen

import pytest
from nbformat import v4

from coursekit import lab, notebooks
from coursekit.exercises import EXERCISES
from coursekit.notebooks import CourseError

MINE = "def square_slope(x):\n    return x + x"


def cell(name, source, **metadata):
    new = v4.new_markdown_cell if source.startswith("#") else v4.new_code_cell
    return new(source, id=name, metadata=metadata)


def solution(*more):
    answer = """def square_slope(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION"""
    return v4.new_notebook(
        cells=[
            cell("title", "# Start here"),
            cell("imports", "from coursekit import check"),
            *more,
            cell("answer-0-1", answer, coursekit={"exercise": "0.1", "task": "Return 2 · x."}),
            cell("check-0-1", 'check("0.1")', nbgrader={"grade_id": "check_q0_1"}),
        ]
    )


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of two lessons; `course.give` gives out a newer version of the first."""
    where = tmp_path / "course"
    (where / "lessons").mkdir(parents=True)
    monkeypatch.setattr(notebooks, "folder", lambda kind="lessons": where / kind)

    def give(*more):
        lesson = notebooks.for_learners(solution(*more))
        notebooks.write(lesson, where / "lessons" / "00_start_here.ipynb")

    give()
    notebooks.write(
        notebooks.for_learners(v4.new_notebook(cells=[cell("title", "# Saturation")])),
        where / "lessons" / "06_saturation.ipynb",
    )
    return give


@pytest.fixture
def mine(tmp_path):
    return tmp_path / "my-lessons"


def write_answer(path, text=MINE):
    notebook = notebooks.read(path)
    notebooks.exercises(notebook)["0.1"].source = text
    notebooks.write(notebook, path)


def everything(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_lessons_are_laid_once(course, mine):
    assert lab.lay(mine) == [f"2 lessons laid in {mine}"]
    assert sorted(everything(mine)) == ["00_start_here.ipynb", "06_saturation.ipynb"]
    assert lab.lay(mine) == []


def test_what_was_written_stays_to_the_byte_while_the_lesson_is_the_same(course, mine):
    lab.lay(mine)
    write_answer(mine / "00_start_here.ipynb")
    (mine / "notes.txt").write_text("mine")
    before = everything(mine)
    assert lab.lay(mine) == []
    assert everything(mine) == before


def test_a_lesson_that_was_deleted_is_laid_again(course, mine):
    lab.lay(mine)
    (mine / "06_saturation.ipynb").unlink()
    assert lab.lay(mine) == [f"1 lesson laid in {mine}"]


def test_answers_come_over_into_a_newer_version_and_the_old_file_is_kept(course, mine):
    lab.lay(mine)
    path = mine / "00_start_here.ipynb"
    write_answer(path)
    old = path.read_bytes()
    course(cell("new", "# New words"))
    (said,) = lab.lay(mine)
    kept = mine / "kept" / "00_start_here-1.ipynb"
    assert said == (
        f"00_start_here has a newer version: brought over your answers to 0.1; as it was: {kept}"
    )
    assert kept.read_bytes() == old
    newer = notebooks.read(path)
    assert notebooks.exercises(newer)["0.1"].source == MINE
    assert [c.id for c in newer.cells][2] == "new"
    assert lab.lay(mine) == []


def test_each_newer_version_keeps_a_file_of_its_own(course, mine):
    lab.lay(mine)
    for number in range(3):
        course(cell("new", f"# New words {number}"))
        lab.lay(mine)
    assert len(everything(mine / "kept")) == 3


def test_a_notebook_that_the_course_never_gave_is_left_alone(course, mine):
    mine.mkdir()
    notebooks.write(v4.new_notebook(cells=[cell("a", "x = 1")]), mine / "06_saturation.ipynb")
    before = (mine / "06_saturation.ipynb").read_bytes()
    lab.lay(mine)
    assert (mine / "06_saturation.ipynb").read_bytes() == before


def test_one_unreadable_lesson_stops_everything_before_anything_is_written(course, mine):
    lab.lay(mine)
    write_answer(mine / "00_start_here.ipynb")
    broken = mine / "06_saturation.ipynb"
    broken.write_bytes(broken.read_bytes()[:100])
    course(cell("new", "# New words"))
    before = everything(mine)
    with pytest.raises(CourseError, match="half-written"):
        lab.lay(mine)
    assert everything(mine) == before


def test_a_file_is_no_folder_to_lay_lessons_in(course, mine):
    mine.write_text("mine")
    with pytest.raises(CourseError, match="is a file"):
        lab.lay(mine)
    assert mine.read_text() == "mine"


# Reset


def test_reset_puts_the_stub_back_and_keeps_the_answer(course, mine):
    lab.lay(mine)
    path = mine / "00_start_here.ipynb"
    given = path.read_bytes()
    for number in (1, 2):
        write_answer(path, f"{MINE} + {number}")
        kept = mine / "kept" / f"00_start_here-0.1-{number}.py"
        said = lab.reset("0", "0.1", mine)
        assert said == f"0.1 is back at its stub; what you had written: {kept}"
        assert kept.read_text() == f"{MINE} + {number}\n"
        assert path.read_bytes() == given


def test_reset_of_an_untouched_exercise_writes_nothing(course, mine):
    lab.lay(mine)
    before = everything(mine)
    assert lab.reset("00", "0.1", mine) == "0.1 is at its stub already"
    assert everything(mine) == before


def test_reset_of_a_stub_that_was_checked_keeps_nothing_as_if_it_were_an_answer(course, mine):
    lab.lay(mine)
    path = mine / "00_start_here.ipynb"
    notebook = notebooks.read(path)
    notebook.cells[-1].outputs = [v4.new_output("stream", text="0.1 · not tried yet")]
    notebooks.write(notebook, path)
    before = everything(mine)
    assert lab.reset("00", "0.1", mine) == "0.1 is at its stub already"
    assert everything(mine) == before


def test_reset_of_an_older_versions_stub_keeps_nothing_as_if_it_were_an_answer(course, mine):
    lab.lay(mine)
    lesson = notebooks.folder() / "00_start_here.ipynb"
    lesson.write_text(lesson.read_text().replace("Return 2 · x.", "Give 2 · x."))
    assert lab.reset("00", "0.1", mine) == "0.1 is back at its stub"
    assert not (mine / "kept").exists()


def test_an_exercise_reset_in_an_older_version_counts_as_not_written(course, mine):
    lab.lay(mine)
    path = mine / "00_start_here.ipynb"
    write_answer(path)
    lesson = notebooks.folder() / path.name
    lesson.write_text(lesson.read_text().replace("Return 2 · x.", "Give 2 · x."))
    lab.reset("00", "0.1", mine)
    notebook = notebooks.read(path)
    assert not notebooks.written_by_learner(notebooks.exercises(notebook)["0.1"], notebook)


@pytest.mark.parametrize(
    ("lesson", "exercise", "said"),
    [
        ("99", "0.1", "no lesson '99'"),
        ("00", "6.1", "no exercise '6.1'"),
        ("00", "x", "it has 0.1"),
    ],
)
def test_reset_of_what_is_not_there_writes_nothing(course, mine, lesson, exercise, said):
    lab.lay(mine)
    before = everything(mine)
    with pytest.raises(CourseError, match=said):
        lab.reset(lesson, exercise, mine)
    assert everything(mine) == before


def test_who_has_no_folder_yet_is_told_how_to_get_one(course, mine):
    with pytest.raises(CourseError, match="`coursekit lab .*my-lessons` lays the lessons"):
        lab.reset("00", "0.1", mine)
    with pytest.raises(CourseError, match=r"no notes\.ipynb here and no folder .*my-lessons"):
        lab.check("notes.ipynb", mine)


# Check


def test_a_check_says_one_line_an_exercise_and_changes_nothing(course, mine):
    course(cell("broken", "1 / 0"))
    lab.lay(mine)
    path = mine / "00_start_here.ipynb"
    before = path.read_bytes()
    lines, right = lab.check(str(path), mine)
    assert lines[0].startswith("0.1 · not tried yet · ")
    assert lines[1:] == ["cell 2 (broken) raised ZeroDivisionError: division by zero"]
    assert not right
    assert path.read_bytes() == before


def test_a_right_answer_is_right_although_names_of_the_check_are_taken(course, mine):
    lab.lay(mine)
    write_answer(mine / "00_start_here.ipynb", f"{MINE}\nprint = json = check = None")
    assert EXERCISES["0.1"].name == "square_slope"
    lines, right = lab.check("00", mine)
    assert lines[0].startswith("0.1 · right · ")
    assert right


def test_a_notebook_without_exercises_is_not_checked(course, mine):
    lab.lay(mine)
    with pytest.raises(CourseError, match="no exercises to check"):
        lab.check("06", mine)


# JupyterLab


@pytest.fixture
def taken_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_port_in_use_is_said_with_who_has_it_before_anything_is_written(course, mine, taken_port):
    with pytest.raises(CourseError) as raised:
        lab.lab(mine, port=taken_port)
    assert f"port {taken_port} is in use by" in str(raised.value)
    assert f"(process {os.getpid()})" in str(raised.value)
    assert f"--port {taken_port + 1}" in str(raised.value)
    assert not mine.exists()


def test_a_lesson_that_is_not_there_is_said_before_anything_is_written(course, mine):
    with pytest.raises(CourseError, match="no lesson '99'"):
        lab.lab(mine, lesson="99")
    assert not mine.exists()


def test_a_persons_own_settings_of_jupyter_stay(monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "theirs")
    assert lab.with_settings()["JUPYTER_CONFIG_PATH"] == f"{lab.SETTINGS}{os.pathsep}theirs"


@pytest.fixture
def server(course, mine, tmp_path):
    """A JupyterLab as `coursekit lab` starts it, and the address of its settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lab.lay(mine)
    command = [
        *lab.command_for(mine, "06_saturation.ipynb", port, browser=False),
        "--IdentityProvider.token=secret",
    ]
    home = {"JUPYTER_CONFIG_DIR": str(tmp_path / "config"), "IPYTHONDIR": str(tmp_path / "ipy")}
    log = (tmp_path / "log").open("w+b")
    process = subprocess.Popen(
        command, env=lab.with_settings() | home, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        for _ in range(240):
            if b"/lab/tree/06_saturation.ipynb?token=" in (tmp_path / "log").read_bytes():
                break
            assert process.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.25)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def test_jupyterlab_opens_on_the_lesson_and_saves_widgets(server):
    def got(path):
        with urlopen(f"{server}{path}?token=secret", timeout=30) as answer:
            return json.load(answer)

    name = "@jupyter-widgets/jupyterlab-manager:plugin"
    schema = got(f"/lab/api/settings/{name}")["schema"]
    assert schema["properties"]["saveState"]["default"] is True
    assert got("/api/contents/06_saturation.ipynb")["type"] == "notebook"


@pytest.mark.skipif(os.name != "posix", reason="on Windows nobody shares a port that is bound")
def test_a_port_of_a_server_that_is_only_just_starting_is_in_use():
    with socket.socket() as starting:
        starting.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        starting.bind(("127.0.0.1", 0))
        soon = threading.Timer(0.1, starting.listen)
        soon.start()
        with pytest.raises(CourseError, match="is in use by"):
            lab.refuse_if_in_use(starting.getsockname()[1])
        soon.join()


@pytest.mark.skipif(os.name != "posix", reason="on Windows a port just left is free at once")
def test_a_port_that_a_server_has_just_left_is_free():
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as caller:
            server.accept()[0].close()  # whoever closes first keeps the port for a minute
            caller.recv(1)
    lab.refuse_if_in_use(port)


def test_an_address_that_the_machine_lacks_is_no_port_in_use(monkeypatch):
    here = socket.getaddrinfo("127.0.0.1", 0, type=socket.SOCK_STREAM)
    lacking = [(*here[0][:4], ("192.0.2.1", 0))]  # an address for documentation, which nobody has
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: lacking)
    lab.refuse_if_in_use(0)
