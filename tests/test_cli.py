"""The command line: help that reads well, and one line where something cannot be done."""

import ctypes
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat import v4, validate

from coursekit import cli, notebooks
from coursekit.cli import main

COMMANDS = ["lab", "check", "reset", "export", "build", "gallery", "doctor"]
ROOT = Path(notebooks.__file__).resolve().parent.parent


def lesson(source="# Start here"):
    cells = [v4.new_markdown_cell(source, id="title")]
    return notebooks.for_learners(v4.new_notebook(cells=cells))


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one lesson, an empty folder to stand in, and no JupyterLab at the end."""
    given = tmp_path / "course"
    (given / "lessons").mkdir(parents=True)
    notebooks.write(lesson(), given / "lessons" / "00_start_here.ipynb")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(notebooks, "folder", lambda kind="lessons": given / kind)
    monkeypatch.setattr(os, "execve", lambda *_: (_ for _ in ()).throw(SystemExit(0)))
    return here


@pytest.fixture
def refused(course, capsys):
    """Run a command that cannot be done: one line on stderr, status 2, nothing changed."""

    def run(*arguments):
        before = everything(course)
        try:
            status = main([str(each) for each in arguments])
        except SystemExit as end:
            status = end.code
        out, err = capsys.readouterr()
        assert status == 2
        assert out == ""
        assert err.count("\n") == 1
        assert err.startswith("coursekit")
        assert everything(course) == before
        return err

    return run


def everything(folder):
    return {p: p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}


# Help


def test_help_lists_every_command(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert all(f"    {command} " in said for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_with_an_example(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert f"Example: coursekit {command}" in capsys.readouterr().out


def test_help_loads_neither_jupyter_nor_pictures():
    code = (
        "import sys; from coursekit.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(*sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {"nbformat", "nbclient", "jupyter_client", "matplotlib", "ipywidgets", "psutil"}
    assert not heavy & set(ran.stdout.split())


@pytest.mark.parametrize("module", ["coursekit", "coursekit.cli"])
def test_the_commands_run_as_a_module_too(module):
    ran = subprocess.run(
        [sys.executable, "-m", module, "--version"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith("coursekit ")


# What cannot be done


@pytest.mark.parametrize(
    "arguments",
    [
        ["lab", "--lesson", "99"],
        ["check", "99"],
        ["check", "nowhere/06.ipynb"],
        ["reset", "99", "6.1"],
        ["build", "99"],
    ],
    ids=" ".join,
)
def test_no_such_lesson(refused, arguments):
    assert "there is no" in refused(*arguments)


@pytest.mark.parametrize("command", [["check"], ["reset"], ["build"]], ids=" ".join)
def test_not_a_notebook(refused, course, command):
    (course / "06_notes.ipynb").write_text("my notes")
    rest = ["6.1"] if command == ["reset"] else []
    assert "is not a notebook" in refused(*command, course / "06_notes.ipynb", *rest)


def test_half_written_json_in_the_learners_folder(refused, course):
    folder = course / "my-lessons"
    folder.mkdir()
    (folder / "00_start_here.ipynb").write_text(notebooks.text_of(lesson())[:80])
    for arguments in (["lab"], ["check", "00"], ["reset", "00", "0.1"]):
        assert "half-written" in refused(*arguments)


# A folder of broken notebooks


def stored():
    """A lesson with an exercise, as JSON."""
    answer = "def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"
    noted = {"coursekit": {"exercise": "0.1", "task": "Return x."}}
    cells = [
        v4.new_markdown_cell("# Start here", id="title"),
        v4.new_code_cell(answer, id="answer", metadata=noted),
        v4.new_code_cell('check("0.1")', id="check"),
    ]
    solution = v4.new_notebook(cells=cells)
    return json.loads(notebooks.text_of(notebooks.for_learners(solution)))


def with_cell(**odd):
    notebook = stored()
    notebook["cells"][1].update(odd)
    return json.dumps(notebook).encode()


def without(*keys):
    notebook = stored()
    for each in notebook["cells"]:
        for key in keys:
            each.pop(key, None)
    return json.dumps(notebook | {"nbformat_minor": 4}).encode()


BROKEN = {
    "empty": b"",
    "a text": b"my notes",
    "no text": b"\xff\xfe\x00",
    "half-written": with_cell()[:-9],
    "an abyss": b"[" * 100_000,
    "an abyss in a notebook": with_cell(metadata={"a": json.loads("[" * 300 + "]" * 300)}),
    "an endless number": with_cell(execution_count=0).replace(b": 0", b": " + b"9" * 5000),
    "half a character": with_cell(source="\ud800"),
    "a list": b"[]",
    "a number": b"4",
    "format 3": b'{"nbformat": 3, "worksheets": []}',
    "cells of numbers": b'{"nbformat": 4, "cells": [1, 2]}',
    "cells of nothing": b'{"nbformat": 4, "cells": [null]}',
    "cells by name": b'{"nbformat": 4, "cells": {}}',
    "a source of numbers": with_cell(source=[1]),
    "a source of nothing": with_cell(source=None),
    "a cell of no kind": with_cell(cell_type=None),
    "a cell of many kinds": with_cell(cell_type={}),
    "metadata of words": with_cell(metadata="exercise"),
    "outputs of nothing": with_cell(outputs=None),
    "outputs of words": with_cell(outputs=["1"]),
    "an output of no kind": with_cell(outputs=[{}]),
    "an output of many kinds": with_cell(outputs=[{"output_type": []}]),
}
MENDED = {
    "no ids": without("id"),
    "no outputs": without("outputs", "execution_count"),
    "a byte order mark": b"\xef\xbb\xbf" + with_cell(),
    "one id for two": with_cell(id="title"),
    "a bare output": with_cell(outputs=[{"output_type": "display_data"}]),
    "all that at once": b"\xef\xbb\xbf" + without("id", "outputs", "execution_count", "source"),
}


@pytest.fixture
def met_everywhere(course):
    """A course with an exercise; puts a notebook where each command meets it, and names those."""
    given = notebooks.folder()
    (given / "00_start_here.ipynb").write_text(json.dumps(stored()))
    (course / "my-lessons").mkdir()
    (course / "solutions").mkdir()

    def put(content):
        for folder in ("my-lessons", "solutions"):
            (course / folder / "00_start_here.ipynb").write_bytes(content)
        return {
            "lab": ["lab"],
            "check": ["check", "00"],
            "reset": ["reset", "00", "0.1"],
            "build": ["build", "solutions/00_start_here.ipynb"],
            "build --check": ["build", "--check", "solutions/00_start_here.ipynb"],
        }

    return put


@pytest.mark.parametrize("kind", BROKEN)
def test_every_command_refuses_a_broken_notebook_in_one_line(met_everywhere, refused, kind):
    for arguments in met_everywhere(BROKEN[kind]).values():
        assert "00_start_here.ipynb is " in refused(*arguments)


@pytest.mark.parametrize("kind", MENDED)
def test_every_command_takes_a_half_valid_notebook_for_a_sound_one(
    met_everywhere, course, capsys, monkeypatch, kind
):
    from coursekit import build, lab

    def run(notebook, *_, **__):
        validate(notebook)
        verdict = json.dumps({"0.1": ["right", "yes"]})
        notebook.cells[-1].outputs = [v4.new_output("stream", text=verdict)]
        return notebook

    for module in (build, lab):
        monkeypatch.setattr(module, "run", run)
    monkeypatch.setattr(subprocess, "call", lambda *_, **__: 0)
    commands = met_everywhere(MENDED[kind])
    for name in ("lab", "check", "reset"):
        before = everything(course)
        try:
            status = main(commands[name])
        except SystemExit as end:
            status = end.code
        assert (status, capsys.readouterr().err) == (0, "")
        assert set(before) <= set(everything(course))


@pytest.mark.parametrize("arguments", [["check", "00"], ["reset", "00", "0.1"]], ids=" ".join)
def test_no_folder_yet(refused, arguments):
    assert "coursekit lab my-lessons" in refused(*arguments)


def test_a_folder_that_is_a_file(refused, course):
    (course / "mine").write_text("mine")
    assert "is a file" in refused("lab", "mine")
    assert "mine" in refused("lab", "mine/deeper")


def test_a_port_in_use(refused):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"port {port} is in use by" in refused("lab", "--port", port)


@pytest.mark.parametrize("arguments", [[], ["dance"], ["reset", "06"]], ids=" ".join)
def test_what_is_not_understood_gets_one_line_too(refused, arguments):
    assert "--help" in refused(*arguments)


@pytest.mark.parametrize("port", ["x", "0", "65536", "-1", "80.0", "٨٨٨٨", "8²", "9" * 5000])
def test_a_port_is_a_number_of_plain_digits(refused, port):
    assert "a port is a number from 1 to 65535" in refused("lab", f"--port={port}")


@pytest.fixture
def bound_by_permissions():
    """What a subprocess does first so that file permissions bind it, even where it is root."""
    if not hasattr(os, "geteuid"):
        pytest.skip("a folder's permissions bind nobody on Windows")
    if os.geteuid() != 0:
        return None
    if not sys.platform.startswith("linux"):
        pytest.skip("root is bound by permissions on Linux only, where it can give up its rights")
    libc = ctypes.CDLL(None)
    drop_from_bounding_set, override_permissions = 24, 1
    return lambda: libc.prctl(drop_from_bounding_set, override_permissions, 0, 0, 0)


@pytest.mark.parametrize("laid", [False, True], ids=["a stranger's", "with the lessons in it"])
def test_a_read_only_folder_gets_one_line_and_keeps_what_is_in_it(
    course, bound_by_permissions, laid
):
    code = (
        "import sys; from pathlib import Path; from coursekit import cli, notebooks\n"
        f"notebooks.folder = lambda kind='lessons': Path({str(notebooks.folder())!r})\n"
        "sys.exit(cli.main())"
    )
    locked = course / "locked"
    locked.mkdir()
    (locked / "notes.txt").write_text("mine")
    if laid:
        notebooks.write(lesson(), locked / "00_start_here.ipynb")
    before = everything(locked)
    locked.chmod(0o555)
    try:
        for folder in (locked, locked / "deeper"):
            ran = subprocess.run(
                [sys.executable, "-c", code, "lab", str(folder), "--no-browser"],
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
                preexec_fn=bound_by_permissions,
            )
            assert (ran.returncode, ran.stdout) == (2, "")
            assert ran.stderr.count("\n") == 1
            assert "read-only" in ran.stderr or "Permission denied" in ran.stderr
    finally:
        locked.chmod(0o755)
    assert everything(locked) == before


# Ctrl-C


@pytest.mark.parametrize("moment", ["parser", "check"])
def test_ctrl_c_ends_a_command_without_a_word_from_its_first_moment_on(moment, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, moment, interrupted)
    assert main(["check", "00"]) == 130
    assert capsys.readouterr() == ("", "")


# What can


def test_lab_lays_the_lessons_and_hands_over_to_jupyterlab(course, capsys, monkeypatch):
    handed = []
    monkeypatch.setattr(os, "execve", lambda *command: handed.append(command))
    monkeypatch.setattr(subprocess, "call", lambda *_, **__: 0)
    assert main(["lab", "--no-browser"]) == 0
    assert (course / "my-lessons" / "00_start_here.ipynb").is_file()
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "1 lesson laid in my-lessons"
    assert said[1].startswith(f"Opening {Path('my-lessons', '00_start_here.ipynb')}")
    ((_, command, _),) = handed
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in command
    assert "--no-browser" in command


def test_doctor_ends_with_1_only_where_something_is_broken(monkeypatch, capsys):
    from coursekit import doctor

    for state, status in (("ok", 0), ("note", 0), ("broken", 1)):
        monkeypatch.setattr(doctor, "examine", lambda: [doctor.Finding(state, "Python")])  # noqa: B023
        assert main(["doctor"]) == status
        assert capsys.readouterr().out == f"{state:<7} Python\n"


def test_check_ends_with_0_only_where_all_is_right(monkeypatch, capsys):
    from coursekit import lab

    for right in (True, False):
        monkeypatch.setattr(lab, "check", lambda *_: (["0.1 · a line"], right))  # noqa: B023
        assert main(["check", "00"]) == (0 if right else 1)
        assert capsys.readouterr().out == "0.1 · a line\n"


def test_build_check_names_the_stale_lessons_and_ends_with_1(course, capsys):
    given = notebooks.folder("solutions")
    given.mkdir()
    notebooks.write(lesson("# Start there"), given / "00_start_here.ipynb")
    assert main(["build", "--check", str(given / "00_start_here.ipynb")]) == 1
    assert "00_start_here.ipynb is not what its solution makes" in capsys.readouterr().out
