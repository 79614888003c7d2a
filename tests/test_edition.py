"""An old notebook says so: in its own checks, and wherever the command line meets it."""

import json
import os
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from jupyter_client import BlockingKernelClient
from nbformat import v4

from coursekit import build, exercises, lab, notebooks
from coursekit.exercises import edition as running

ROOT = Path(notebooks.__file__).resolve().parent.parent
OLD = "this notebook and its checks are of different versions"


def cell(name, source, **metadata):
    new = v4.new_markdown_cell if source.startswith("#") else v4.new_code_cell
    return new(source, id=name, metadata=metadata)


def solution(task="Return 2 · x.", words="# Start here", check='check("0.1")'):
    answer = """def square_slope(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION"""
    return v4.new_notebook(
        cells=[
            cell("title", words),
            cell("imports", "from coursekit import check"),
            cell("answer-0-1", answer, coursekit={"exercise": "0.1", "task": task}),
            cell("check-0-1", check, nbgrader={"grade_id": "check_q0_1"}),
        ]
    )


def edition(**changes):
    return notebooks.for_learners(solution(**changes)).metadata.coursekit.edition


# What an edition is


def test_an_edition_names_its_lesson():
    assert edition()[:3] == "00-"
    lesson = notebooks.for_learners(v4.new_notebook(cells=[cell("title", "# No exercise")]))
    assert lesson.metadata.coursekit.edition == ""


def test_a_mended_typo_leaves_the_edition_as_it_is():
    assert edition(words="# Start there") == edition()


def test_an_exercise_that_asks_for_something_else_is_another_edition():
    assert len({edition(), edition(task="Return x · 2."), edition(check='check("0.1") ')}) == 3


def test_a_check_that_changes_makes_another_edition(tmp_path, monkeypatch):
    before = edition()
    checks = tmp_path / "coursekit" / "exercises" / "lesson_00.py"
    checks.parent.mkdir(parents=True)
    checks.write_bytes(Path(exercises.lesson_00.__file__).read_bytes())
    monkeypatch.setattr(notebooks, "__file__", str(checks.parent.parent / "notebooks.py"))
    assert edition() == before
    checks.write_bytes(checks.read_bytes().replace(b"\n", b"\r\n"))
    assert edition() == before  # the same text, as Git writes it on Windows
    checks.write_text("another check")
    assert edition() != before


def test_the_real_lessons_name_their_editions_where_a_running_check_finds_them():
    for path in notebooks.lessons():
        named = notebooks.read(path).metadata.coursekit.edition
        assert named[:3] == f"{path.name[:2]}-"
        assert notebooks.edition_in(path) == named
        assert not notebooks.another_edition(path)


def test_words_in_a_cell_are_no_edition(tmp_path):
    notebook = notebooks.for_learners(solution())
    named = notebook.metadata.coursekit.edition
    notebook.cells[1].source = '{"edition": "07-0123456789ab"}'
    notebook.cells[1].outputs = [v4.new_output("stream", text=notebook.cells[1].source)]
    notebooks.write(notebook, tmp_path / "a.ipynb")
    assert notebooks.edition_in(tmp_path / "a.ipynb") == named


# In the notebook


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one lesson."""
    where = tmp_path / "course"
    (where / "lessons").mkdir(parents=True)
    notebooks.write(notebooks.for_learners(solution()), where / "lessons" / "00_start_here.ipynb")
    monkeypatch.setattr(notebooks, "folder", lambda kind="lessons": where / kind)
    return where


@pytest.fixture
def mine(tmp_path):
    """A learner's folder, and a function that puts a lesson in it."""

    def put(name="00_start_here.ipynb", notebook=None, **changes):
        path = tmp_path / "mine" / name
        path.parent.mkdir(exist_ok=True)
        notebooks.write(notebook or notebooks.for_learners(solution(**changes)), path)
        return path

    return put


@pytest.fixture
def check(course, monkeypatch, capsys):
    """Check 0.1 in a kernel just started for a notebook, twice; all that it printed."""
    for name in running.RUN_BY_A_MACHINE:
        monkeypatch.delenv(name, raising=False)

    def lines(path, exercise="0.1"):
        monkeypatch.setenv("JPY_SESSION_NAME", str(path))
        exercises.editions_compared.clear()
        exercises.check(exercise)
        exercises.check(exercise)
        return capsys.readouterr().out.splitlines()

    yield lines
    exercises.editions_compared.clear()
    exercises.lessons_met.clear()


def test_an_old_notebook_says_so_once(check, mine):
    first, said, again = check(mine(task="Return x · 2."))
    assert first == again
    assert first.startswith("0.1 · missing · ")
    assert said.startswith(f"Lesson 00 · {OLD} · ")
    assert "`coursekit lab`" in said


def test_an_old_notebook_is_known_under_any_name(check, mine):
    assert len(check(mine("my copy.ipynb", task="Return x · 2."))) == 3


def test_a_notebook_of_todays_edition_says_nothing(check, mine):
    written = notebooks.for_learners(solution(words="# Start there"))
    notebooks.exercises(written)["0.1"].source = "def square_slope(x): return x + x"
    assert len(check(mine(notebook=written))) == 2


def test_a_check_of_another_lesson_says_nothing_about_this_one(check, mine):
    assert len(check(mine(task="Return x · 2."), "6.1")) == 2


def test_visual_studio_code_tells_where_the_notebook_lies(check, mine, monkeypatch):
    path = mine(task="Return x · 2.")
    main = vars(sys.modules["__main__"])
    monkeypatch.setattr(running, "notebook_namespace", lambda: main)
    monkeypatch.setitem(main, "__vsc_ipynb_file__", str(path))
    assert len(check("")) == 3


@pytest.mark.parametrize(
    "content", [None, b"", b"\xff{", b'{"metadata": {"coursekit": {"edition": 5}}}']
)
def test_a_notebook_that_tells_no_edition_disturbs_no_check(check, mine, content):
    path = mine()
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert len(check(path)) == 2
    assert len(check("")) == 2
    assert len(check(path.parent)) == 2


def test_a_solution_is_never_old(check, mine):
    assert len(check(mine(notebook=solution()))) == 2


@pytest.mark.parametrize("name", running.RUN_BY_A_MACHINE)
def test_where_outputs_are_compared_an_old_notebook_says_nothing(mine, course, monkeypatch, name):
    for each in running.RUN_BY_A_MACHINE:
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv("JPY_SESSION_NAME", str(mine(task="Return x · 2.")))
    assert OLD in running.note_on_edition("00")
    monkeypatch.setenv(name, "1")
    assert running.note_on_edition("00") == ""


def test_a_run_of_ours_never_takes_the_notebook_it_was_started_from_for_its_own(mine, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", str(mine(task="Return x · 2.")))
    asked = v4.new_notebook(
        cells=[cell("a", "import os; print(repr(os.environ['JPY_SESSION_NAME']))")]
    )
    assert build.run(asked, "a").cells[0].outputs[0].text == "''\n"


def test_a_large_notebook_keeps_no_check_waiting(mine, course, monkeypatch):
    for name in running.RUN_BY_A_MACHINE:
        monkeypatch.delenv(name, raising=False)
    large = notebooks.for_learners(solution(task="Return x · 2."))
    large.cells[1].outputs = [v4.new_output("stream", text="0123456789" * 200_000)]
    monkeypatch.setenv("JPY_SESSION_NAME", str(mine(notebook=large)))
    # To parse two megabytes takes longer than most checks.
    monkeypatch.delattr(json, "loads")
    monkeypatch.delattr(json, "load")
    assert OLD in running.note_on_edition("00")


# In a real JupyterLab


@pytest.fixture
def kernel(mine, tmp_path):
    """A kernel as JupyterLab starts it for a notebook in a folder below its root."""
    path = mine(task="Return x · 2.")
    places = {
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "PYTHONPATH": str(ROOT),
    }
    env = {k: v for k, v in os.environ.items() if k not in running.RUN_BY_A_MACHINE} | places
    command = lab.command_for(path.parent.parent, path.name, None, browser=False)
    log = (tmp_path / "log").open("w+b")
    server = subprocess.Popen(
        [*command, "--IdentityProvider.token=secret"], env=env, stdout=log, stderr=log
    )
    try:
        for _ in range(240):
            told = [
                json.loads(p.read_text()) for p in (tmp_path / "runtime").glob("jpserver-*.json")
            ]
            if told:
                break
            assert server.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.25)
        session = {
            "path": f"{path.parent.name}/{path.name}",
            "name": path.name,
            "type": "notebook",
            "kernel": {"name": "python3"},
        }
        asked = Request(
            f"{told[0]['url']}api/sessions",
            json.dumps(session).encode(),
            {"Authorization": "token secret", "Content-Type": "application/json"},
        )
        with urlopen(asked, timeout=60) as answer:
            name = json.load(answer)["kernel"]["id"]
        client = BlockingKernelClient(
            connection_file=str(tmp_path / "runtime" / f"kernel-{name}.json")
        )
        client.load_connection_file()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        yield client
        client.stop_channels()
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def test_a_kernel_of_jupyterlab_finds_the_notebook_that_it_runs(kernel):
    said = []

    def listen(message):
        if message["msg_type"] == "stream":
            said.append(message["content"]["text"])

    code = 'from coursekit import check\ncheck("0.1")\ncheck("0.1")'
    kernel.execute_interactive(code, timeout=60, output_hook=listen)
    lines = "".join(said).splitlines()
    assert [line.startswith("0.1 · missing") for line in lines] == [True, False, True]
    assert OLD in lines[1]


# On the command line


def test_the_command_line_says_which_notebook_is_old_and_what_to_do(course, mine):
    path = mine(task="Return x · 2.")
    lines, _ = lab.check(str(path), path.parent)
    assert lines[0] == (
        f"00_start_here.ipynb and its checks are of different versions: `coursekit lab "
        f"{path.parent}` brings your answers over into the one that is installed"
    )
    assert lines[1].startswith("0.1 · not tried yet · ")

    lab.lay(path.parent)
    lines, _ = lab.check(str(path), path.parent)
    assert len(lines) == 1
    assert "0.1 · " in lines[0]


def test_lab_brings_answers_over_into_another_edition_and_into_mended_words(course, mine):
    for changes in ({"task": "Return x · 2."}, {"words": "# Start there"}):
        old = notebooks.for_learners(solution(**changes))
        notebooks.exercises(old)["0.1"].source = "def square_slope(x): return x + x"
        path = mine(notebook=deepcopy(old))
        (said,) = lab.lay(path.parent)
        assert "brought over your answers to 0.1" in said
        assert not notebooks.another_edition(path)
        assert "x + x" in notebooks.exercises(notebooks.read(path))["0.1"].source
