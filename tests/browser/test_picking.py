"""Marks that a reader picks and drags: by mouse, by keyboard, and near enough."""

import pytest
from playwright.sync_api import expect

from browser.conftest import lab_on, notebook

LINE = """class Line(Explorer):
    title = "A point on a line"
    controls = (Control("x", "place", 0, 100, 1, start=50, fine=0.2),)

    def background(self):
        box = 'viewBox="0 0 100 20" width="500" height="100"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {box}></svg>'

    def fragment(self, x):
        return f'<circle data-mark="point" cx="{x}" cy="10" r="3"/>'

    def evidence(self, x):
        return f"The point is at {x:g}."

    def alt(self, x):
        return f"A point at {x:g}."

    def on_pick(self, mark):
        self.x = 0

    def on_drag(self, mark, x, y):
        self.x = x

Line()"""
DEAF = """class Deaf(Line):
    on_pick, on_drag = Explorer.on_pick, Explorer.on_drag

Deaf()"""
CELLS = (
    "from coursekit import Node, explore\nfrom coursekit.explorers.frame import Control, Explorer",
    "x, y, z = Node(-2, 'x'), Node(5, 'y'), Node(-4, 'z')\nexplore((x + y).named('q') * z)",
    LINE,
    DEAF,
)


@pytest.fixture(scope="module")
def tab(server, browser):
    """A notebook with a step-through and a point, run once for all these tests."""
    with lab_on(server, browser) as lab:
        tab = lab.open(notebook(*CELLS), height=1400)
        tab.run_all()
        expect(tab.page.locator(".coursekit-evidence").nth(1)).not_to_be_empty()
        yield tab


class Marks:
    """One explorer on the page, at its start, and its marks."""

    def __init__(self, tab, nth):
        self.mouse = tab.page.mouse
        self.all = tab.page.locator(".coursekit-explorer").nth(nth)
        self.evidence = self.all.locator(".coursekit-evidence")
        self.value = self.all.locator(".coursekit-value")
        self.all.get_by_role("button", name="reset", exact=True).click()

    def mark(self, name):
        return self.all.locator(f"[data-mark='{name}']")

    def middle(self, name):
        self.mark(name).scroll_into_view_if_needed()
        box = self.mark(name).bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.fixture
def steps(tab):
    steps = Marks(tab, 0)
    expect(steps.evidence).to_contain_text("Start: the inputs are known")
    return steps


@pytest.fixture
def line(tab):
    line = Marks(tab, 1)
    expect(line.evidence).to_have_text("The point is at 50.")
    return line


def test_a_gate_that_is_clicked_shows_where_it_works(steps):
    steps.mouse.click(*steps.middle("gate 1"))
    expect(steps.evidence).to_contain_text("Backward, gate + (q)")
    steps.mouse.click(*steps.middle("gate 2"))
    expect(steps.evidence).to_contain_text("Backward, gate × (f)")


def test_a_gate_is_a_button_with_a_name_that_the_tab_key_finds(steps):
    gate = steps.all.get_by_role("button", name="gate q", exact=True)
    expect(gate).to_have_attribute("tabindex", "0")
    gate.focus()
    gate.press("Tab")
    expect(steps.all.get_by_role("button", name="gate f", exact=True)).to_be_focused()


@pytest.mark.parametrize("key", ["Enter", " "])
def test_a_key_picks_the_mark_in_focus_which_keeps_it(steps, key):
    gate = steps.mark("gate 1")
    gate.focus()
    gate.press(key)
    expect(steps.evidence).to_contain_text("Backward, gate + (q)")
    expect(gate).to_be_focused()


def test_the_finger_need_not_hit_the_mark_itself(steps, line):
    x, y = line.middle("point")
    radius = line.mark("point").bounding_box()["width"] / 2
    line.mouse.click(x + radius + 6, y)
    expect(line.evidence).to_have_text("The point is at 0.")
    line.all.get_by_role("button", name="reset", exact=True).click()
    expect(line.evidence).to_have_text("The point is at 50.")
    line.mouse.click(x + radius + 40, y)
    line.mouse.click(x, y, button="right")
    expect(line.evidence).to_have_text("The point is at 50.")


def test_a_mark_follows_the_mouse_by_way_of_the_kernel(line):
    x, y = line.middle("point")
    width = line.all.locator("svg").first.bounding_box()["width"]
    line.mouse.move(x, y)
    line.mouse.down()
    line.mouse.move(x + 0.2 * width, y, steps=8)
    line.mouse.up()
    expect(line.evidence).to_have_text("The point is at 70.")
    expect(line.value).to_have_text("70")


def test_arrow_keys_drag_the_mark_in_focus(line):
    line.mark("point").focus()
    for key, place in [
        ("ArrowRight", "52"),
        ("ArrowRight", "54"),
        ("ArrowLeft", "52"),
        ("Shift+ArrowRight", "52.2"),
    ]:
        line.mark("point").press(key)
        expect(line.evidence).to_have_text(f"The point is at {place}.")
        expect(line.mark("point")).to_be_focused()


def test_the_focus_of_a_mark_is_seen(tab, line, screenshots):
    line.mark("point").focus()
    line.mark("point").press("ArrowRight")
    outline = line.mark("point").evaluate("mark => getComputedStyle(mark).outlineStyle")
    assert outline != "none"
    tab.page.screenshot(path=screenshots / "picking.png")


def test_a_mark_that_nobody_answers_is_no_button(tab):
    deaf = tab.page.locator(".coursekit-explorer").nth(2)
    expect(deaf.locator("circle")).to_have_count(1)
    expect(deaf.get_by_role("button")).to_have_text(["reset"])
    expect(deaf.locator(".coursekit-picture")).to_have_role("img")
