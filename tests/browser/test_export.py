"""Exported pages: opened from a file, with no kernel, no server and no network."""

import re

import nbformat
import pytest
from playwright.sync_api import expect

from browser.axe import complaints
from browser.conftest import ROOT, notebook
from browser.looking import middle
from coursekit import notebooks
from coursekit.export import export

CELLS = (
    "import ipywidgets\nfrom coursekit import ELU, Sigmoid, explore\n"
    "from coursekit.explorers import frame\nframe.AT_ONCE = 60",  # all frames before it is shown
    "explore(Sigmoid())",
    "ipywidgets.Tab([ipywidgets.VBox([explore(Sigmoid())]), explore(ELU())])",
)


@pytest.fixture
def page(browser):
    """A page that can reach nothing, and that fails the test where it complains."""
    page = browser.new_page(viewport={"width": 1000, "height": 1400})
    page.context.set_offline(True)
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: message.type == "error" and said.append(message.text))
    page.on("pageerror", lambda fault: said.append(str(fault)))
    yield page
    page.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert said == []


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """The page of a committed lesson."""
    return export(
        ROOT / "lessons" / "06_saturation.ipynb", tmp_path_factory.mktemp("page") / "lesson.html"
    )


def part(page, name, nth=0):
    return page.locator(".coursekit-explorer").nth(nth).locator(f".coursekit-{name}")


def test_a_lesson_has_its_explorers_its_formulas_and_no_widget_of_jupyters(page, lesson):
    page.goto(lesson.as_uri())
    stored = notebooks.read(ROOT / "lessons" / "06_saturation.ipynb")
    texts = [
        output.get("data", {}).get("text/html", "")
        for cell in stored.cells
        for output in cell.get("outputs", [])
    ]
    pictures = page.locator(":is(.jp-OutputArea-output figure, .coursekit-explorer)")
    expect(pictures).to_have_count(sum(text.count("<figure") for text in texts))
    assert page.locator(".coursekit-explorer").count() >= 2
    expect(page.locator("math").first).to_be_visible()
    assert "$" not in " ".join(page.locator(".jp-MarkdownCell").all_inner_texts())
    assert page.evaluate("() => typeof require") == "undefined"


def test_its_sliders_move_and_fresh_positions_say_what_they_need(page, lesson, screenshots):
    page.goto(lesson.as_uri())
    explorer = page.locator(".coursekit-explorer").nth(1)
    slider = explorer.locator("input[type=range]").first
    before = part(page, "evidence", 1).inner_text()
    slider.press("Home")
    expect(part(page, "evidence", 1)).not_to_have_text(before)
    expect(part(page, "notice", 1)).to_be_hidden()
    explorer.get_by_role("slider").last.press("End")  # two controls away from the start
    expect(part(page, "notice", 1)).to_contain_text("needs a running kernel")
    page.screenshot(path=screenshots / "exported.png")
    explorer.get_by_role("button", name="reset").click()
    expect(part(page, "notice", 1)).to_be_hidden()
    expect(part(page, "evidence", 1)).to_have_text(before)


def test_a_notebook_that_a_learner_saved_shows_its_explorers_as_they_stood(lab, page, tmp_path):
    tab = lab.open(notebook(*CELLS))
    tab.run_all()
    explorer = tab.page.locator(".coursekit-explorer").first
    explorer.get_by_role("button", name="saturated").click()
    expect(explorer.locator(".coursekit-value").first).to_have_text("5.25")
    tab.page.wait_for_timeout(300)  # the notebook hears of a move a moment later
    tab.save()
    saved = lab.root / tab.name
    stored = saved.read_bytes()
    page.goto(export(saved, tmp_path / "page.html").as_uri())
    assert saved.read_bytes() == stored
    expect(page.locator(".coursekit-explorer")).to_have_count(3)
    expect(part(page, "value").first).to_have_text("5.25")
    expect(part(page, "evidence")).to_contain_text("σ′(5.25) = ")
    elu = page.locator(".coursekit-explorer").nth(2)
    elu.get_by_label("α").press("End")
    expect(part(page, "evidence", 2)).to_contain_text(re.compile(r"^α = 2: ELU′"))


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory):
    """The page of explorers whose marks only a kernel answers."""
    path = tmp_path_factory.mktemp("page") / "by_hand.ipynb"
    imported = "from coursekit.explorers import JacobianOrProduct, OneNeuron"
    nbformat.write(notebook(imported, "OneNeuron()", "JacobianOrProduct()"), path)
    return export(path)


def test_marks_that_only_a_kernel_answers_say_so_and_are_no_buttons(page, by_hand, screenshots):
    page.goto(by_hand.as_uri())
    for nth, mark in [(0, "the line"), (0, "the weights"), (1, "measure the time")]:
        expect(part(page, "picture", nth)).to_have_role("img")
        slider = page.locator(".coursekit-explorer").nth(nth).locator("input").first
        there = part(page, "picture", nth).locator(f"[data-mark='{mark}']")
        assert there.evaluate("mark => mark.role ?? mark.getAttribute('tabindex')") is None
        for away in (0, 30):
            slider.press("End")
            slider.press("Home")
            expect(part(page, "notice", nth)).to_be_hidden()
            there.scroll_into_view_if_needed()
            x, y = middle(there)
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x + away, y)
            page.mouse.up()
            expect(part(page, "notice", nth)).to_have_text("This mark needs a running kernel.")
            expect(part(page, "said", nth)).to_contain_text("This mark needs a running kernel.")
    page.screenshot(path=screenshots / "by-hand.png")
    no_title = "page-has-heading-one"  # of a notebook without words
    assert [each for each in complaints(page) if no_title not in each] == []


def test_axe_finds_nothing_on_the_page(page, lesson):
    page.goto(lesson.as_uri())
    expect(part(page, "evidence")).not_to_be_empty()
    assert complaints(page) == []


def test_a_page_without_script_still_shows_the_pictures(browser, lesson):
    with browser.new_context(java_script_enabled=False) as bare:
        page = bare.new_page()
        page.goto(lesson.as_uri())
        stills = page.locator(".coursekit-mount figure img")
        expect(stills.first).to_be_visible()
        expect(stills.first).to_have_attribute("alt", re.compile(r"\w+ \w+"))
