"""Every notebook of both folders keeps every rule, and every rule can be broken."""

import json
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import pytest
from nbformat import v4
from rules import RULES, Sheet

from coursekit import notebooks
from coursekit.build import KERNEL, as_stored, drift
from coursekit.exercises import EXERCISES

COURSE = Path(__file__).resolve().parent.parent
KINDS = ("lessons", "solutions")
SHEETS = [path for kind in KINDS for path in notebooks.lessons(COURSE / kind)]


def test_both_folders_hold_the_same_lessons_and_nothing_else():
    lessons, solutions = (
        sorted(path.name for path in (COURSE / kind).glob("[!.]*")) for kind in KINDS
    )
    assert lessons
    assert lessons == solutions == sorted({path.name for path in SHEETS})


def test_each_lesson_is_what_its_solution_makes_of_it():
    assert drift() == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: f"{path.parent.name}-{path.stem}")
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_notebook_keeps_every_rule(path, rule):
    assert list(rule(Sheet(path, notebooks.read(path), EXERCISES))) == []


def test_every_exercise_is_set_in_its_lesson_and_nowhere_else():
    numbers = [
        (number, path.stem[:2])
        for path in notebooks.lessons(COURSE / "solutions")
        for number in notebooks.exercises(notebooks.read(path))
    ]
    assert sorted(numbers) == sorted((each.id, each.lesson) for each in EXERCISES.values())


# A rule that cannot be broken is none: here is a sound notebook, and each way to spoil it.

PICTURE = '<figure><img alt="a curve" src="data:image/svg+xml;base64,PHN2Zy8+"></figure>'
POINTS = "\n\n- say this\n- do that\n- see why"
REGISTERED = {"2.1": SimpleNamespace(name="double", points=1)}


def words(name, source):
    return v4.new_markdown_cell(source, id=name)


def code(name, source, *outputs, **metadata):
    return v4.new_code_cell(source, id=name, outputs=list(outputs), metadata=metadata)


def printed(text):
    return v4.new_output("stream", text=text)


def marks(grade_id, grade, **more):
    flags = {"grade": grade, "solution": not grade, "locked": grade, "task": False}
    return {"schema_version": 3, "grade_id": grade_id} | flags | more


def sound(kind):
    answer = """def double(x):
    '''Twice x.'''
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION"""
    notebook = v4.new_notebook(
        cells=[
            words("title", "# Forks and order: gradients add"),
            words("able", f"## You will be able to{POINTS}"),
            code("imports", "from coursekit import check, hint, solution"),
            words("predict-1", "What happens at a *fork*? See $2! = 2$ and `a != b`."),
            code("guess-1", "total = ..."),
            words("move-1", "Now look."),
            code("fork", "curve", v4.new_output("execute_result", {"text/html": PICTURE})),
            words("why", "It adds.<details><summary>Always?</summary>Yes.</details>"),
            code(
                "evidence-c04",
                "print(verdict)",
                printed("C04 confirmed · 5\n    3 by one path, 2 by the other"),
                tags=["evidence"],
            ),
            words("task-1", "Write it. ![a graph](graph.svg)"),
            code(
                "exercise-2-1",
                answer,
                nbgrader=marks("q2_1", False),
                coursekit={"exercise": "2.1", "task": "Return 2 · x."},
            ),
            code(
                "check-2-1",
                'check("2.1")',
                printed(
                    "2.1 · right · well done" if kind == "solutions" else "2.1 · not tried yet"
                ),
                nbgrader=marks("check_q2_1", True, points=1),
            ),
            words("now", f"## You can now{POINTS}"),
        ]
    )
    if kind == "lessons":
        shown = {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
        notebook = notebooks.for_learners(notebook)
        for cell in notebook.cells:
            if cell.id in shown:
                cell.outputs = shown[cell.id]
    return Sheet(Path(kind) / "02_forks_and_order.ipynb", as_stored(notebook), REGISTERED)


@pytest.mark.parametrize("kind", ["lessons", "solutions"])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_sound_notebook_breaks_no_rule(rule, kind):
    assert list(rule(sound(kind))) == []


def at(notebook, name):
    return next(cell for cell in notebook.cells if cell.id == name)


def source(name, text):
    return lambda nb: at(nb, name).update(source=text)


def more(name, text):
    return lambda nb: at(nb, name).update(source=at(nb, name).source + text)


def tag(name, *tags):
    return lambda nb: at(nb, name).metadata.update(tags=list(tags))


def shows(name, *outputs):
    return lambda nb: at(nb, name).update(outputs=list(outputs))


def html(text):
    return shows("fork", v4.new_output("execute_result", {"text/html": text}))


def without(name):
    return lambda nb: nb.cells.remove(at(nb, name))


def graded(name, **marks):
    return lambda nb: at(nb, name).metadata.nbgrader.update(marks)


PLANTED = {
    "is_a_valid_notebook": [
        lambda nb: at(nb, "fork").pop("outputs"),
        lambda nb: nb.update(nbformat_minor=4),
    ],
    "asks_for_the_plain_kernel": [
        lambda nb: nb.metadata.update(kernelspec=KERNEL | {"name": "mine"}),
        lambda nb: nb.metadata.update(language_info={"name": "python", "version": "3.11.7"}),
    ],
    "is_small": [
        html(PICTURE + " " * 300_000),
        lambda nb: nb.cells.extend(words(f"more-{n}", "More.") for n in range(35)),
    ],
    "names_its_cells": [
        lambda nb: at(nb, "fork").update(id="3f2a9c1b"),
        lambda nb: at(nb, "fork").update(id="Fork 1"),
        lambda nb: at(nb, "fork").update(id="why"),
    ],
    "opens_with_its_title": [
        source("title", "# Saturation"),
        source("title", "## Forks and order"),
        more("why", "\n\n# Another title"),
    ],
    "keeps_the_three_points_it_promises": [
        more("now", " it"),
        lambda nb: [more(name, "\n- and more")(nb) for name in ("able", "now")],
        without("now"),
    ],
    "says_it_in_few_words": [
        source("why", "word " * 121),
        source("why", f"<details><summary>Why?</summary>{'word ' * 121}</details>"),
    ],
    "stays_calm": [more("why", " It adds!"), more("why", " 🎉")],
    "lets_every_reveal_say_what_it_reveals": [
        source("why", "<details>Yes.</details>"),
        source("why", "<details><summary> </summary>Yes.</details>"),
        source("why", "<details><summary>Why?</summary>Yes."),
    ],
    "asks_before_it_shows": [source("guess-1", "total = 2"), without("guess-1")],
    "asks_in_each_section_that_shows": [
        more("move-1", "\n\n## Another\n\nLook."),
        source("guess-1", "total = 2"),
    ],
    "is_plain_python": [source("fork", "%pip install it"), source("fork", "!ls")],
    "keeps_its_cells_short": [
        source("fork", "\n".join(["curve"] * 13)),
        source("fork", "\n".join(["curve"] * 21)),
        lambda nb: [
            source(n, "a\n" * 5)(nb) for n in ("imports", "guess-1", "fork", "evidence-c04")
        ],
    ],
    "puts_words_before_code": [without("why"), without("task-1")],
    "imports_by_name_in_its_first_code_cell": [
        source("fork", "import numpy"),
        source("fork", "def f():\n    from numpy import exp"),
        source("imports", "from coursekit import *"),
    ],
    "imports_what_its_checks_speak_of": [
        source("imports", "from coursekit import check, hint"),
        source("imports", "from coursekit import check\n\n\ndef hint(): ..."),
    ],
    "was_run_from_top_to_bottom": [
        lambda nb: at(nb, "fork").update(execution_count=None),
        lambda nb: at(nb, "fork").update(execution_count=7),
    ],
    "shows_what_it_says": [shows("fork"), lambda nb: more("imports", "\nprint(1)\nx = 2")(nb)],
    "ends_its_arguments_with_evidence": [
        shows("evidence-c04", printed("C04 confirmed · 5\nC04 confirmed · 6")),
        shows("evidence-c04", printed("C04 proven · 5")),
        shows("evidence-c04", printed("C04 confirmed · ")),
        shows("evidence-c04", printed("C05 confirmed · 5")),
        shows("evidence-c04", printed("C04 confirmed · 5\nand 6")),
        shows("evidence-c04", printed("C04 confirmed · 5\n    ")),
        shows("evidence-c04", printed(f"C04 confirmed · {'5 ' * 40}")),
        shows("evidence-c04", printed(f"C04 confirmed · 5\n    {'6 ' * 50}")),
        shows("evidence-c04", printed("so:\nC04 confirmed · 5")),
        shows("evidence-c04"),
        tag("evidence-c04"),
        without("evidence-c04"),
    ],
    "stores_no_error": [
        shows("fork", v4.new_output("error", ename="ValueError", evalue="no", traceback=[])),
        tag("fork", "raises-exception"),
    ],
    "hides_nothing_from_nbval": [
        tag("fork", "nbval-skip"),
        more("fork", "\n# NBVAL_SKIP"),
        tag("evidence-c04", "evidence", "nbval-ignore-output"),
        more("check-2-1", "\n# NBVAL_IGNORE_OUTPUT"),
    ],
    "stores_nothing_of_one_run_or_one_machine": [
        shows("fork", printed("<Node at 0x7f5a1e51d260>")),
        shows("fork", printed("read /home/ada/digits.npz")),
        shows("fork", printed("done at 12:30:59")),
        shows("fork", v4.new_output("stream", name="stderr", text="overflow")),
        lambda nb: at(nb, "fork").metadata.update(execution={"iopub.status.busy": "now"}),
    ],
    "stores_no_widget": [
        lambda nb: nb.metadata.update(widgets={}),
        shows("fork", v4.new_output("display_data", {notebooks.WIDGET: {"model_id": "a"}})),
    ],
    "gives_every_picture_its_words": [
        html(PICTURE.replace("a curve", "")),
        html(PICTURE.replace('alt="a curve"', "")),
        html(PICTURE + "<svg></svg>"),
        shows("fork", v4.new_output("display_data", {"image/png": "aGk="})),
        source("task-1", "![](graph.svg)"),
        source("task-1", '<img src="graph.svg">'),
    ],
    "grades_as_nbgrader_does": [
        graded("exercise-2-1", schema_version=2),
        graded("exercise-2-1", grade_id="q 2.1"),
        graded("exercise-2-1", grade_id="check_q2_1"),
        graded("exercise-2-1", locked=True),
        graded("exercise-2-1", points=1),
        graded("check-2-1", points=0),
        graded("check-2-1", locked=False),
        lambda nb: at(nb, "check-2-1").metadata.nbgrader.pop("points"),
    ],
    "marks_its_exercises": [
        lambda nb: at(nb, "exercise-2-1").metadata.pop("coursekit"),
        lambda nb: at(nb, "exercise-2-1").metadata.pop("nbgrader"),
        more("fork", "\n### END SOLUTION"),
    ],
    "gives_each_exercise_a_stub_and_a_check": [
        lambda nb: at(nb, "exercise-2-1").metadata.coursekit.update(exercise="2.9"),
        graded("exercise-2-1", grade_id="q2_2"),
        graded("check-2-1", points=2),
        without("check-2-1"),
        source("check-2-1", 'check("2.2")'),
        lambda nb: nb.cells.insert(3, nb.cells.pop(nb.cells.index(at(nb, "check-2-1")))),
    ],
    "says_right_in_solutions_and_not_tried_yet_in_lessons": [
        shows("check-2-1", printed("2.1 · wrong · it came out negated")),
        shows("check-2-1"),
    ],
}


def planted(name):
    return [(name, number) for number in range(len(PLANTED[name]))]


def test_every_rule_has_a_fault_planted_against_it():
    assert sorted(PLANTED) == sorted(rule.__name__ for rule in RULES)


@pytest.mark.parametrize("kind", ["lessons", "solutions"])
@pytest.mark.parametrize(
    ("name", "number"), [pair for name in PLANTED for pair in planted(name)], ids=str
)
def test_a_planted_fault_breaks_its_rule(name, number, kind):
    sheet = sound(kind)
    PLANTED[name][number](sheet.notebook)
    rule = next(rule for rule in RULES if rule.__name__ == name)
    assert list(rule(Sheet(sheet.path, sheet.notebook, REGISTERED)))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("def double", "def halve"),
        lambda text: text.replace("'''Twice x.'''\n    ", ""),
        lambda text: text.replace("def double(x):", "def double(x:"),
        lambda text: text.replace("NotImplementedError", "ValueError"),
    ],
    ids=["name", "docstring", "syntax", "task"],
)
def test_a_stub_that_is_no_stub_is_seen(spoil):
    sheet = sound("lessons")
    cell = at(sheet.notebook, "exercise-2-1")
    cell.source = spoil(cell.source)
    rule = next(r for r in RULES if r.__name__ == "gives_each_exercise_a_stub_and_a_check")
    assert list(rule(sheet))


def test_a_long_answer_does_not_count_as_code_to_read():
    sheet = sound("solutions")
    cell = at(sheet.notebook, "exercise-2-1")
    cell.source = cell.source.replace("return 2 * x", "\n    ".join(["y = x"] * 12))
    rule = next(r for r in RULES if r.__name__ == "keeps_its_cells_short")
    assert len(cell.source.splitlines()) > 12
    assert list(rule(sheet)) == []


def test_sound_notebooks_survive_a_round_trip_through_their_text():
    for kind in ("lessons", "solutions"):
        text = notebooks.text_of(sound(kind).notebook)
        assert notebooks.text_of(v4.reads(text)) == text
        assert json.loads(text) == json.loads(notebooks.text_of(deepcopy(sound(kind).notebook)))
