"""Every lesson in a real JupyterLab: opened untrusted, run, moved, answered, saved, opened again.

The tests of a lesson share a tab and follow its day in the order in which they stand here.

Environment
-----------
COURSEKIT_README=1
    Write the screenshot that the README shows, `docs/lesson.png`.
"""

import ast
import inspect
import os
import re

import pytest
from playwright.sync_api import expect

from browser.axe import complaints
from browser.conftest import ROOT, lab_on
from coursekit import notebooks
from coursekit.exercises import EXERCISES

TALL = 14_000  # pixels: JupyterLab draws only what lies in the window, so all of a lesson does
PICTURES = ".jp-OutputArea-output :is(figure, .coursekit-frame)"
LESSONS = notebooks.lessons(ROOT / "lessons")


@pytest.fixture(scope="module", params=LESSONS, ids=lambda path: path.stem)
def lesson(request, server, browser):
    """A lesson as it comes with a fresh clone, in a tab of its own."""
    with lab_on(server, browser) as lab:
        yield Lesson(lab, request.param)


@pytest.fixture(scope="module")
def ran(lesson):
    """The same lesson, with all its cells run."""
    lesson.tab.run_all()
    return lesson


class Lesson:
    """A lesson's file, and what is seen of it."""

    def __init__(self, lab, path):
        self.lab, self.path = lab, path
        self.notebook = notebooks.read(path)
        self.tab = lab.open(path, height=TALL)
        self.page = self.tab.page
        expect(self.cells).to_have_count(len(self.notebook.cells))

    @property
    def cells(self):
        return self.page.locator(".jp-Notebook .jp-Cell")

    @property
    def pictures(self):
        """How many pictures its file holds."""
        outputs = [output for cell in self.notebook.cells for output in cell.get("outputs", [])]
        html = [output.get("data", {}).get("text/html", "") for output in outputs]
        return sum(text.count("<figure") for text in html)

    def cell(self, exercise):
        """The place of the cell that answers an exercise."""
        return self.notebook.cells.index(notebooks.exercises(self.notebook)[exercise])

    def write(self, place, code):
        """Type into a cell, as a learner would, and run it."""
        self.cells.nth(place).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Shift+Enter")

    def photograph(self, path):
        """The whole lesson, as far as it reaches."""
        last = self.cells.last.bounding_box()
        end = min(TALL, last["y"] + last["height"] + 10)
        self.page.screenshot(path=path, clip={"x": 0, "y": 0, "width": 1100, "height": end})


def wrong_code(exercise):
    """A named wrong answer as a learner would write it, and its cause."""
    module = inspect.getmodule(exercise.answer)
    nodes = ast.walk(ast.parse(inspect.getsource(module)))
    lambdas = {node.lineno: node for node in nodes if isinstance(node, ast.Lambda)}
    wrong = next(m for m in exercise.mistakes if m.function.__name__ == "<lambda>")
    made = lambdas[wrong.function.__code__.co_firstlineno]
    head = f"def {exercise.name}({ast.unparse(made.args)}):"
    return f"{head}\n    return {ast.unparse(made.body)}", wrong.cause


def test_the_folder_holds_lessons():
    assert LESSONS


def test_before_anything_ran_every_picture_is_there_with_its_words(lesson, screenshots):
    figures = lesson.page.locator(".jp-OutputArea-output figure")
    expect(figures).to_have_count(lesson.pictures)
    assert lesson.pictures
    for figure in figures.all():
        image, words = figure.locator("img"), figure.locator("figcaption")
        assert image.evaluate("img => img.decode().then(() => img.naturalWidth)") > 0
        expect(image).to_have_attribute("alt", re.compile(r"\w+ \w+"))
        expect(words).to_be_visible()
        expect(words).to_have_text(re.compile(r"\w+ .*\w+"))
    for theme in ("dark", "light"):
        lesson.tab.theme(theme)
        lesson.photograph(screenshots / f"{lesson.path.stem}-untrusted-{theme}.png")


def photograph_for_readme(lesson):
    """Take the picture that the README shows: an explorer in one of its named states."""
    page, explorer = lesson.page, lesson.page.locator(".coursekit-explorer").last
    explorer.get_by_role("button", name="too large").click()
    page.set_viewport_size({"width": 1100, "height": 980})
    explorer.evaluate("all => all.scrollIntoView({ block: 'end' })")
    expect(explorer.locator(".coursekit-evidence")).to_be_in_viewport(ratio=1)
    page.screenshot(path=ROOT / "docs" / "lesson.png")
    page.set_viewport_size({"width": 1100, "height": TALL})


def test_all_cells_run_without_an_error(ran, screenshots):
    expect(ran.page.locator(PICTURES)).to_have_count(ran.pictures)
    for kind in ("error", "stderr"):
        faults = ran.page.locator(f"[data-mime-type='application/vnd.jupyter.{kind}']")
        assert faults.all_inner_texts() == []
    for words in ran.page.locator(".coursekit-evidence").all():
        expect(words).not_to_be_empty()
    for theme in ("dark", "light"):
        ran.tab.theme(theme)
        ran.photograph(screenshots / f"{ran.path.stem}-run-{theme}.png")
    if "COURSEKIT_README" in os.environ and ran.path.stem == "06_saturation":
        photograph_for_readme(ran)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_in_what_we_show(ran, theme):
    ran.tab.theme(theme)
    assert complaints(ran.page) == []


SEEN = """all => [".coursekit-picture > svg > g:last-child", ".coursekit-evidence"].map(
    (part) => all.querySelector(part).innerHTML
)"""
CHANGED = f"""([all, before]) => ({SEEN})(all).every((now, part) => now !== before[part])"""


def test_every_explorer_moves_by_keyboard_and_by_mouse(ran):
    explorers = ran.page.locator(".coursekit-explorer").all()
    assert explorers
    for explorer in explorers:
        for move in (by_keyboard, by_mouse):
            before = explorer.evaluate(SEEN)
            move(ran.page, explorer)
            ran.tab.wait(CHANGED, [explorer.element_handle(), before])
            expect(explorer.locator(".coursekit-notice")).to_be_hidden()


def by_keyboard(page, explorer):
    slider = explorer.locator("input[type=range]").first
    slider.focus()
    slider.press("End" if share(slider) < 0.5 else "Home")  # far enough for other words


def by_mouse(page, explorer):
    radios = explorer.locator("input[type=radio]:not(:checked)")
    if radios.count():
        return radios.first.click()
    slider = explorer.locator("input[type=range]").last
    width, height = (slider.bounding_box()[side] for side in ("width", "height"))
    place = 0.8 if share(slider) < 0.5 else 0.2
    return slider.click(position={"x": place * width, "y": height / 2})


def share(slider):
    """How far along its way a slider stands, from 0 to 1."""
    return slider.evaluate("input => input.value / input.max")


def test_every_exercise_goes_from_not_tried_to_wrong_with_its_hint_to_right(ran):
    # In the lesson's order: a later answer may call an earlier one.
    for number in notebooks.exercises(ran.notebook):
        exercise = EXERCISES[number]
        answer = ran.cell(number)
        verdict = ran.cells.nth(answer + 1).locator(".jp-OutputArea-output")
        expect(verdict).to_contain_text("not tried yet")
        wrong, cause = wrong_code(exercise)
        right = notebooks.answer(number)
        for code, said in ((wrong, cause), (right, f"{number} · right · {exercise.right}")):
            ran.write(answer, code)
            ran.page.keyboard.press("Shift+Enter")  # the check, where the first has led
            expect(verdict).to_contain_text(said)


def test_it_saves_and_reopens_with_its_pictures(ran):
    ran.tab.save()
    saved = notebooks.read(ran.lab.root / ran.tab.name)
    assert saved.metadata.widgets, "the state of the widgets was not saved"
    ran.tab.shut_down_kernel()
    again = ran.lab.reopen(ran.tab.name, height=TALL, showing=(PICTURES, ran.pictures))
    pictures = again.page.locator(PICTURES)
    for picture in pictures.all():
        image = picture.locator("img, .coursekit-picture > svg")
        expect(image).to_be_visible()
        assert image.bounding_box()["height"] > 50
    for words in again.page.locator(".coursekit-evidence").all():
        expect(words).not_to_be_empty()
