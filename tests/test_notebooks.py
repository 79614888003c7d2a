"""Notebooks as data: what is read, what learners are given, what they keep."""

import json
import os
from copy import deepcopy

import pytest
from nbformat import v4, validate

from coursekit import notebooks
from coursekit.notebooks import CourseError

ANSWER = '''def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION'''
STUB = '''def double(x):
    """Twice x."""
    raise NotImplementedError("Return twice \\"x\\", σ or not.")'''


def marked(grade_id, **flags):
    whole = {"schema_version": 3, "grade": False, "locked": False, "solution": False, "task": False}
    return whole | {"grade_id": grade_id} | flags


def cell(name, source, **metadata):
    new = v4.new_markdown_cell if source.startswith("#") else v4.new_code_cell
    return new(source, id=name, metadata=metadata)


def exercise(number, source=ANSWER, task='Return twice "x", σ or not.'):
    q = "q" + number.replace(".", "_")
    return [
        cell(
            f"exercise-{q}",
            source,
            nbgrader=marked(q, solution=True),
            coursekit={"exercise": number, "task": task},
        ),
        cell(
            f"check-{q}",
            f'check("{number}")',
            nbgrader=marked(f"check_{q}", grade=True, locked=True, points=1),
        ),
    ]


def notebook(*cells):
    return v4.new_notebook(cells=[deepcopy(c) for c in cells])


@pytest.fixture
def solution():
    return notebook(
        cell("title", "# Saturation"),
        cell("imports", "from coursekit import check"),
        cell("predict", "# What happens?"),
        *exercise("6.1"),
        cell("end", "# You can now"),
    )


@pytest.fixture
def lesson(solution):
    return notebooks.for_learners(solution)


def ids(nb):
    return [c.id for c in nb.cells]


def sources(nb):
    return {c.id: c.source for c in nb.cells}


def at(nb, name):
    return nb.cells[ids(nb).index(name)]


# Finding


@pytest.fixture
def course(tmp_path):
    for name in ("00_start_here", "06_saturation"):
        (tmp_path / f"{name}.ipynb").write_text("{}")
    return tmp_path


@pytest.mark.parametrize("asked", ["06", "6", "06_saturation", "06_saturation.ipynb"])
def test_a_lesson_is_found_by_number_and_by_name(course, asked):
    assert notebooks.find(asked, course) == course / "06_saturation.ipynb"


def test_a_lesson_is_found_by_its_path(course):
    assert notebooks.find(course / "06_saturation.ipynb") == course / "06_saturation.ipynb"


def test_lesson_zero_is_found_by_one_digit(course):
    assert notebooks.find("0", course).stem == "00_start_here"


@pytest.mark.parametrize("asked", ["99", "saturation", "", "nowhere/06.ipynb", "notes.ipynb"])
def test_a_lesson_that_is_not_there_is_said_in_one_sentence(course, asked):
    with pytest.raises(CourseError, match="there is no") as raised:
        notebooks.find(asked, course)
    assert "\n" not in str(raised.value)


def test_who_asks_for_no_lesson_is_told_which_there_are(course):
    with pytest.raises(CourseError, match="00_start_here, 06_saturation"):
        notebooks.find("99", course)


def test_who_asks_for_a_notebook_is_told_by_its_name_and_which_there_are(course):
    with pytest.raises(CourseError) as raised:
        notebooks.find("notes.ipynb", course)
    holds = "00_start_here, 06_saturation"
    assert str(raised.value) == f"there is no notebook notes.ipynb here: {course} holds {holds}"
    with pytest.raises(CourseError, match=r"notes\.ipynb: .* holds 00_start_here\.ipynb, 06_sat"):
        notebooks.find(course / "notes.ipynb")
    with pytest.raises(CourseError, match="nowhere holds no notebook"):
        notebooks.find("nowhere/06.ipynb")


def test_the_notebooks_of_a_wheel_come_before_those_beside_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "__file__", str(tmp_path / "coursekit" / "notebooks.py"))
    assert notebooks.folder("solutions") == tmp_path / "solutions"
    inside = tmp_path / "coursekit" / "notebooks_data" / "solutions"
    inside.mkdir(parents=True)
    assert notebooks.folder("solutions") == inside


# Reading and writing


def test_a_notebook_comes_back_as_it_was_written(tmp_path, solution):
    path = tmp_path / "a.ipynb"
    assert notebooks.write(solution, path)
    assert notebooks.read(path) == solution


def test_writing_the_same_notebook_again_leaves_the_file_alone(tmp_path, solution):
    path = tmp_path / "a.ipynb"
    notebooks.write(solution, path)
    before = path.stat()
    assert not notebooks.write(notebooks.read(path), path)
    assert path.stat() == before


def test_a_write_that_fails_leaves_the_old_notebook_and_no_litter(tmp_path, solution, monkeypatch):
    path = tmp_path / "a.ipynb"
    notebooks.write(solution, path)
    kept = path.read_bytes()
    monkeypatch.setattr(
        notebooks.Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk is full"))
    )
    solution.cells[0].source = "# Another"
    with pytest.raises(OSError, match="disk is full"):
        notebooks.write(solution, path)
    assert path.read_bytes() == kept
    assert os.listdir(tmp_path) == ["a.ipynb"]


def test_a_notebook_keeps_its_permissions(tmp_path, solution):
    path = tmp_path / "a.ipynb"
    notebooks.write(solution, path)
    path.chmod(0o600)
    solution.cells[0].source = "# Another"
    notebooks.write(solution, path)
    assert path.stat().st_mode & 0o777 == 0o600


def notebook_with(**odd):
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "", "outputs": []}
    stored = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell | odd]}
    return json.dumps(stored).encode()


def nested(levels):
    return [nested(levels - 1)] if levels else 0


def test_another_tools_metadata_under_our_names_are_no_exercise(tmp_path):
    path = tmp_path / "a.ipynb"
    for odd in (3, [], {"exercise": [1], "edition": 2, "given": 4}):
        path.write_bytes(notebook_with(metadata={"coursekit": odd, "nbgrader": odd}))
        notebook = notebooks.read(path)
        notebook.metadata["coursekit"] = odd
        assert notebooks.exercises(notebook) == {}
        assert notebooks.check_cell(notebook, "0.1") is None
        assert notebooks.carry_over(notebook, notebook).answers == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a notebook: it is empty"),
        (b"print(1)", "is not a notebook: it is not JSON"),
        (b"[1, 2", "is not a notebook: it is not JSON"),
        (b"\x89PNG\xff", "is not a notebook: it is not text"),
        (b"[1, 2]", "is not a notebook of format 4"),
        (b'{"a": 1}', "is not a notebook of format 4"),
        (b'{"nbformat": 4, "metadata": {}, "cells": [3]}', "is not a notebook of format 4"),
        (b'{"nbformat": 3, "metadata": {}, "worksheets": []}', "is not a notebook of format 4"),
        (notebook_with(source=5), "is not a notebook of format 4"),
        (notebook_with(source=[1]), "is not a notebook of format 4"),
        (notebook_with(metadata=None), "it goes wrong at cells 0 metadata"),
        (notebook_with(outputs=[1]), "it goes wrong at cells 0 outputs 0"),
        (notebook_with(outputs=[{"output_type": [1]}]), "it goes wrong at cells 0 outputs 0"),
        (notebook_with(outputs=None), "it goes wrong at cells 0 outputs"),
        (notebook_with(cell_type=["code"]), "it goes wrong at its cells"),
        (notebook_with(cell_type="poem"), "it goes wrong at cells 0"),
        (notebook_with(source="\ud800"), "it is not text"),
        (notebook_with(metadata={"a": 0}).replace(b"0", b"9" * 5000), "holds an endless number"),
        (b"[" * 100_000, "is nested too deeply"),
        (notebook_with(metadata={"a": nested(200)}), "is nested too deeply"),
        (notebook_with(metadata={"a": nested(900)}), "is nested too deeply"),
    ],
)
def test_what_is_no_notebook_is_refused_in_one_sentence(tmp_path, content, said):
    path = tmp_path / "a.ipynb"
    path.write_bytes(content)
    with pytest.raises(CourseError, match=said) as raised:
        notebooks.read(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_half_written_notebook_is_called_so(tmp_path, solution, share):
    path = tmp_path / "a.ipynb"
    text = notebooks.text_of(solution)
    path.write_text(text[: int(len(text) * share)])
    with pytest.raises(CourseError, match="half-written"):
        notebooks.read(path)


def half_valid():
    """Name what tools and hands leave out of a notebook, and how to leave it out."""

    def without(key):
        return lambda stored: [each.pop(key, None) for each in stored["cells"]]

    def of_an_output(**output):
        return lambda stored: stored["cells"][1].update(outputs=[output])

    yield from ((f"without {key}", without(key)) for key in ("id", "outputs", "source", "metadata"))
    yield "without counts", without("execution_count")
    yield "of format 4.2", lambda stored: (without("id")(stored), stored.update(nbformat_minor=2))
    yield "without a minor format", lambda stored: stored.pop("nbformat_minor")
    yield "an odd minor format", lambda stored: stored.update(nbformat_minor="five")
    yield "without metadata at its top", lambda stored: stored.pop("metadata")
    yield "ids that are none", lambda stored: [each.update(id="a b") for each in stored["cells"]]
    yield "ids that are numbers", lambda stored: [each.update(id=1) for each in stored["cells"]]
    yield "one id for all", lambda stored: [each.update(id="a") for each in stored["cells"]]
    yield (
        "ids that ours would meet",
        lambda stored: [
            each.update(id=f"unnamed-{4 - n}") if n > 2 else each.pop("id")
            for n, each in enumerate(stored["cells"])
        ],
    )
    yield "a bare stream", of_an_output(output_type="stream")
    yield "a bare picture", of_an_output(output_type="display_data")
    yield "a bare result", of_an_output(output_type="execute_result")
    yield "a bare error", of_an_output(output_type="error")
    yield "more than there should be", lambda stored: stored["cells"][0].update(more=1)
    yield "no cells at all", lambda stored: stored.update(cells=[])


@pytest.mark.parametrize("spoil", [pytest.param(spoil, id=name) for name, spoil in half_valid()])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["", "with a byte order mark"])
def test_a_half_valid_notebook_is_read_as_a_sound_one_always_the_same(
    tmp_path, solution, spoil, start
):
    stored = json.loads(notebooks.text_of(solution))
    spoil(stored)
    path = tmp_path / "a.ipynb"
    path.write_bytes(start + json.dumps(stored).encode())
    sound = notebooks.read(path)
    validate(sound, relax_add_props=True)
    assert len(sound.cells) == len(stored["cells"])
    assert len(set(ids(sound))) == len(sound.cells)
    assert all("outputs" in each for each in sound.cells if each.cell_type == "code")
    assert notebooks.read(path) == sound
    notebooks.write(sound, path)
    assert notebooks.read(path) == sound


# The learner's version


def test_the_answer_goes_out_and_its_task_comes_in(lesson):
    assert notebooks.exercises(lesson)["6.1"].source == STUB


def test_a_stub_raises_its_task_word_for_word(lesson):
    names = {}
    exec(notebooks.exercises(lesson)["6.1"].source, names)
    with pytest.raises(NotImplementedError) as raised:
        names["double"](1)
    assert str(raised.value) == 'Return twice "x", σ or not.'


def test_no_trace_of_an_answer_stays_in_the_lesson(solution):
    ran = notebooks.exercises(solution)["6.1"]
    ran.outputs = [v4.new_output("stream", text="return 2 * x")]
    assert "2 * x" not in notebooks.text_of(notebooks.for_learners(solution))


def test_making_a_lesson_leaves_the_solution_as_it_was(solution):
    before = deepcopy(solution)
    notebooks.for_learners(solution)
    assert solution == before


def test_all_but_the_answers_is_the_same_in_the_lesson(solution, lesson):
    assert ids(lesson) == ids(solution)
    for ours, theirs in zip(solution.cells, lesson.cells, strict=True):
        assert theirs.metadata == ours.metadata
        assert theirs.source == ours.source or ours.metadata.coursekit.exercise == "6.1"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f():\n    ### BEGIN SOLUTION\n    return 1", "has no '### END SOLUTION'"),
        ("### END SOLUTION\n### BEGIN SOLUTION", "stands where it has no partner"),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION", "has no partner"),
        ("def f(): return 1", "has no answer between"),
    ],
)
def test_an_answer_with_a_broken_fence_is_never_given_away(source, said):
    with pytest.raises(CourseError, match=said):
        notebooks.for_learners(notebook(*exercise("6.1", source)))


@pytest.mark.parametrize("task", [None, 3])
def test_an_exercise_without_a_task_is_said(solution, task):
    notebooks.exercises(solution)["6.1"].metadata.coursekit["task"] = task
    with pytest.raises(CourseError, match=r"exercise 6\.1 has no task"):
        notebooks.for_learners(solution)


def test_an_answer_outside_of_an_exercise_is_never_given_away():
    with pytest.raises(CourseError, match="holds an answer but names no exercise"):
        notebooks.for_learners(notebook(cell("stray", ANSWER)))


def test_an_answer_is_given_without_its_markers(solution):
    assert (
        notebooks.answer("6.1", solution) == 'def double(x):\n    """Twice x."""\n    return 2 * x'
    )


def test_the_course_knows_its_own_answers(solution, tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "folder", lambda kind: tmp_path / kind)
    (tmp_path / "solutions").mkdir()
    notebooks.write(solution, tmp_path / "solutions" / "06_saturation.ipynb")
    assert notebooks.answer("6.1") == notebooks.answer("6.1", solution)


def test_an_exercise_that_is_not_there_is_said_with_those_that_are(solution):
    with pytest.raises(CourseError, match=r"no exercise '7.1' in this lesson: it has 6.1"):
        notebooks.answer("7.1", solution)


def test_widgets_leave_what_stands_in_for_them(lesson):
    lesson.metadata["widgets"] = {"state": {}}
    data = {"text/html": "<img>", notebooks.WIDGET: {"model_id": "x"}}
    at(lesson, "imports").outputs = [v4.new_output("display_data", data)]
    bare = notebooks.without_widgets(lesson)
    assert "widgets" not in bare.metadata
    assert at(bare, "imports").outputs[0].data == {"text/html": "<img>"}
    assert notebooks.WIDGET in at(lesson, "imports").outputs[0].data


# A newer version of a lesson

MINE = "def double(x):\n    return x + x"


@pytest.fixture
def newer(solution):
    """The next version: a new exercise, a new cell, one changed, one gone."""
    at(solution, "imports").source = "from coursekit import check, draw"
    solution.cells[3:3] = [cell("more", "# More words"), *exercise("6.0")]
    del solution.cells[-1]
    return notebooks.for_learners(solution)


def test_an_answer_is_carried_over_with_its_outputs(lesson, newer):
    mine = notebooks.exercises(lesson)["6.1"]
    mine.update(source=MINE, outputs=[v4.new_output("stream", text="mine")], execution_count=9)
    carried = notebooks.carry_over(lesson, newer)
    kept = notebooks.exercises(carried.notebook)["6.1"]
    assert (kept.source, kept.outputs[0].text) == (MINE, "mine")
    assert carried.answers == ("6.1",)
    assert carried.cells == 0
    assert kept.metadata == notebooks.exercises(newer)["6.1"].metadata


def test_the_check_of_an_answer_carried_over_says_nothing_until_it_is_run(lesson, newer):
    for each in newer.cells:
        if each.cell_type == "code":
            each.outputs = [v4.new_output("stream", text="not tried yet")]
    notebooks.exercises(lesson)["6.1"].source = MINE
    carried = notebooks.carry_over(lesson, newer).notebook
    assert notebooks.check_cell(carried, "6.1").outputs == []
    assert notebooks.check_cell(carried, "6.0").outputs[0].text == "not tried yet"


def test_a_lesson_with_nothing_written_in_it_becomes_the_newer_one(lesson, newer):
    assert notebooks.carry_over(lesson, newer) == (newer, (), 0)


def test_carrying_over_changes_neither_notebook(lesson, newer):
    notebooks.exercises(lesson)["6.1"].source = MINE
    before = deepcopy((lesson, newer))
    notebooks.carry_over(lesson, newer)
    assert (lesson, newer) == before


def test_cells_of_the_learners_own_stay_where_they_stood(lesson, newer):
    own = [cell("a1b2", "x = 1"), cell("c3d4", "# a note")]
    lesson.cells.insert(0, cell("first", "# above all"))
    lesson.cells[4:4] = own
    carried = notebooks.carry_over(lesson, newer)
    names = ids(carried.notebook)
    assert names[0] == "first"
    assert names[names.index("predict") + 1 :][:2] == ["a1b2", "c3d4"]
    assert carried.cells == 3


def test_a_changed_cell_stays_changed_where_the_course_left_it_alone(lesson, newer):
    at(lesson, "predict").source = "# What happens? It shrinks."
    carried = notebooks.carry_over(lesson, newer)
    assert at(carried.notebook, "predict").source == "# What happens? It shrinks."
    assert ids(carried.notebook) == ids(newer)


def test_a_cell_that_both_changed_stands_twice(lesson, newer):
    at(lesson, "imports").source = "from coursekit import check, backprop"
    carried = notebooks.carry_over(lesson, newer).notebook
    place = ids(carried).index("imports")
    assert carried.cells[place].source == "from coursekit import check, draw"
    assert carried.cells[place + 1].source == "from coursekit import check, backprop"


def test_what_was_written_in_an_exercise_that_is_gone_is_kept_as_an_own_cell(lesson, newer):
    notebooks.exercises(lesson)["6.1"].source = MINE
    gone = notebooks.exercises(newer)["6.1"]
    newer.cells = [c for c in newer.cells if c is not gone]
    carried = notebooks.carry_over(lesson, newer)
    (kept,) = (c for c in carried.notebook.cells if c.source == MINE)
    assert kept.metadata == {}
    assert carried.answers == ()


def test_a_cell_the_course_has_taken_out_goes_unless_it_was_written_in(lesson, newer):
    assert "end" not in ids(notebooks.carry_over(lesson, newer).notebook)
    at(lesson, "end").source = "# I can now do it"
    carried = notebooks.carry_over(lesson, newer).notebook
    assert "# I can now do it" in sources(carried).values()


def test_of_two_answers_to_one_exercise_none_is_lost(lesson, newer):
    first = notebooks.exercises(lesson)["6.1"]
    first.source = MINE
    second = deepcopy(first)
    second.update(id="copied", source=MINE.replace("x + x", "2 * x"))
    lesson.cells.insert(ids(lesson).index(first.id) + 1, second)
    carried = notebooks.carry_over(lesson, newer).notebook
    names = ids(carried)
    assert notebooks.exercises(carried)["6.1"].source == MINE
    assert carried.cells[names.index(first.id) + 1].source == second.source
    assert "nbgrader" not in at(carried, "copied").metadata


def test_work_survives_a_tool_that_drops_the_ids_of_cells(lesson, newer, tmp_path):
    notebooks.exercises(lesson)["6.1"].source = MINE
    lesson.cells.append(cell("own", "y = 2"))
    for each in lesson.cells:
        del each["id"]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps(lesson))
    carried = notebooks.carry_over(notebooks.read(path), newer).notebook
    assert notebooks.exercises(carried)["6.1"].source == MINE
    assert len(carried.cells) == len(newer.cells) + 1
    assert carried.cells[-1].source == "y = 2"


def test_every_cell_has_an_id_of_its_own_after_carrying_over(lesson, newer):
    lesson.cells += [cell("own-1", "y = 2"), cell("own-1", "y = 3"), cell("imports", "y = 4")]
    names = ids(notebooks.carry_over(lesson, newer).notebook)
    assert len(names) == len(set(names))


def test_carrying_over_twice_is_carrying_over_once(lesson, newer):
    notebooks.exercises(lesson)["6.1"].source = MINE
    lesson.cells.append(cell("own", "y = 2"))
    once = notebooks.carry_over(lesson, newer).notebook
    assert notebooks.carry_over(once, newer).notebook == once


def test_a_saved_widget_is_not_carried_over_without_its_state(lesson, newer):
    own = cell("own", "slider")
    own.outputs = [v4.new_output("display_data", {"text/plain": "s", notebooks.WIDGET: {}})]
    lesson.cells.append(own)
    carried = notebooks.carry_over(lesson, newer).notebook
    assert carried.cells[-1].outputs[0].data == {"text/plain": "s"}


# One exercise back to its stub


def test_an_exercise_is_the_learners_once_something_is_written_in_it(lesson):
    cell = notebooks.exercises(lesson)["6.1"]
    assert not notebooks.written_by_learner(cell, lesson)
    cell.source = MINE
    assert notebooks.written_by_learner(cell, lesson)


def test_reset_puts_back_the_stub_and_touches_nothing_else(lesson):
    mine = deepcopy(lesson)
    notebooks.exercises(mine)["6.1"].update(source=MINE, execution_count=4)
    notebooks.check_cell(mine, "6.1").outputs = [v4.new_output("stream", text="right")]
    mine.cells.append(cell("own", "y = 2"))
    again = notebooks.reset(mine, lesson, "6.1")
    assert again.cells[:-1] == lesson.cells
    assert again.cells[-1].source == "y = 2"
    assert notebooks.exercises(mine)["6.1"].source == MINE


def test_reset_brings_back_an_exercise_that_was_deleted(lesson):
    mine = deepcopy(lesson)
    mine.cells = [c for c in mine.cells if c.id != "exercise-q6_1"]
    assert ids(notebooks.reset(mine, lesson, "6.1")) == ids(lesson)


def test_reset_in_a_notebook_that_lost_its_ids_leaves_it_of_the_same_version(lesson):
    mine = deepcopy(lesson)
    for number, each in enumerate(mine.cells):
        each.id = f"renewed-{number}"
    notebooks.exercises(mine)["6.1"].source = MINE
    assert notebooks.reset(mine, lesson, "6.1").metadata == lesson.metadata


def test_reset_refuses_an_exercise_that_the_lesson_does_not_have(lesson):
    with pytest.raises(CourseError, match=r"no exercise '6\.9'"):
        notebooks.reset(lesson, lesson, "6.9")
