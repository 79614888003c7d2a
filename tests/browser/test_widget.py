"""The widget where a learner meets it: in a real JupyterLab, by keyboard, mouse and eye."""

import re

import nbformat
import pytest
from playwright.sync_api import expect

from browser.axe import complaints
from browser.conftest import lab_on, notebook
from browser.looking import hold

CELLS = (
    "import ipywidgets\nfrom coursekit import ELU, Sigmoid, explore",
    "first = explore(Sigmoid())\nfirst",
    "second = explore(Sigmoid())\nelu = explore(ELU())\ntabs = ipywidgets.Tab("
    "[ipywidgets.VBox([second]), elu], titles=('sigmoid', 'elu'))\ntabs",
    "slider = ipywidgets.FloatSlider(min=-6, max=6, step=0.25)\nlinked = explore(Sigmoid())\n"
    "link = ipywidgets.jslink((linked, 'z'), (slider, 'value'))\n"
    "ipywidgets.VBox([slider, linked])",
)


@pytest.fixture(scope="module")
def tab(server, browser):
    """A notebook with explorers alone, nested, linked and twice, run once for all these tests."""
    with lab_on(server, browser) as lab:
        tab = lab.open(notebook(*CELLS), height=2600)
        tab.run_all()
        expect(tab.page.locator(".coursekit-evidence").nth(3)).not_to_be_empty()
        tab.until_held("first")
        yield tab


class Widget:
    """The parts of one explorer on the page."""

    def __init__(self, tab, nth):
        self.all = tab.page.locator(".coursekit-explorer").nth(nth)
        part = self.all.locator
        self.slider = part("input[type=range]").first
        self.value = part(".coursekit-value").first
        self.picture = part(".coursekit-picture")
        self.moving = part(".coursekit-picture > svg > g:last-child")
        self.evidence, self.said = part(".coursekit-evidence"), part(".coursekit-said")
        self.notice = part(".coursekit-notice")

    def go(self, state):
        self.all.get_by_role("button", name=state, exact=True).click()

    def point(self):
        """Where the mark that drags z stands on the page."""
        box = self.moving.locator("[data-mark=z]").bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def shows(self, z):
        expect(self.value).to_have_text(z)
        expect(self.evidence).to_contain_text(f"({z}) = ")
        expect(self.picture).to_have_attribute("aria-label", re.compile(rf"z = {re.escape(z)},"))
        expect(self.moving).to_contain_text(f"({z}) = ")


@pytest.fixture
def first(tab):
    widget = Widget(tab, 0)
    widget.go("reset")
    widget.shows("2.5")
    return widget


def test_the_keyboard_moves_picture_and_words(first):
    first.slider.focus()
    for key, z in [
        ("ArrowRight", "2.75"),
        ("ArrowDown", "2.5"),
        ("Shift+ArrowRight", "2.55"),
        ("ArrowRight", "2.75"),
        ("PageUp", "4"),
        ("End", "6"),
        ("Home", "−6"),
    ]:
        first.slider.press(key)
        first.shows(z)
    expect(first.slider).to_have_attribute("aria-valuetext", "−6")


def test_the_mouse_moves_picture_and_words(tab, first):
    box = first.slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    tab.page.mouse.move(box["x"] + box["width"] * 0.7, middle)
    tab.page.mouse.down()
    tab.page.mouse.move(box["x"] + box["width"] / 2, middle, steps=5)
    tab.page.mouse.up()
    first.shows("0")


def test_the_point_on_the_curve_can_be_dragged(tab, first):
    first.go("saturated")
    first.shows("5.25")
    there = first.point()
    first.go("reset")
    first.shows("2.5")
    tab.page.mouse.move(*first.point())
    tab.page.mouse.down()
    tab.page.mouse.move(*there, steps=5)
    tab.page.mouse.up()
    first.shows("5.25")


def test_a_named_state_and_reset_are_buttons(first):
    first.go("saturated")
    first.shows("5.25")
    first.go("reset")
    first.shows("2.5")


def test_the_words_are_announced_once_a_move_has_ended(first):
    first.slider.focus()
    first.slider.press("ArrowRight")
    expect(first.said).to_contain_text("(2.75) = ")
    expect(first.all.locator("[aria-live=polite]")).to_have_count(1)


def test_nothing_changes_its_height(tab, first):
    heights = set()
    first.slider.focus()
    for key in ["Home", *["PageUp"] * 9, "Shift+ArrowLeft", "End"]:
        first.slider.press(key)
        heights.add(first.all.bounding_box()["height"])
    first.go("reset")
    heights.add(first.all.bounding_box()["height"])
    assert len(heights) == 1


def test_two_of_the_same_do_not_disturb_one_another(tab, first):
    second = Widget(tab, 1)
    first.slider.focus()
    first.slider.press("End")
    first.shows("6")
    second.shows("2.5")
    ids = tab.page.eval_on_selector_all(
        ".coursekit-explorer svg [id]", "all => all.map((element) => element.id)"
    )
    owners = {name.split("-")[1] for name in ids}
    assert len(owners) == 4
    assert all(name.startswith("coursekit-") for name in ids)


def test_it_nests_in_a_tab(tab):
    tabs = tab.page.locator(".lm-TabBar-tab:visible", has_text=re.compile("^elu$"))
    tabs.click()
    elu = Widget(tab, 2)
    elu.all.get_by_label("α").press("End")
    expect(elu.evidence).to_contain_text("α = 2: ELU′(2.5)")


def test_a_slider_of_ipywidgets_moves_it_and_is_moved_by_it(tab):
    linked = Widget(tab, 3)
    readout = tab.page.locator(".widget-readout")
    linked.go("steepest")
    linked.shows("0")
    expect(readout).to_have_text("0.00")
    handle = tab.page.locator(".noUi-handle")
    handle.press("ArrowRight")
    linked.shows("0.25")


def test_python_sets_it_and_sees_it_set(tab, first):
    # A move that Python has not heard of yet is newer than what it says.
    tab.until("first.z == 2.5")
    tab.evaluate("first.z = -3")
    first.shows("−3")
    first.go("saturated")
    first.shows("5.25")
    tab.until("first.z == 5.25")


def test_a_cell_reads_what_an_observer_was_told(lab):
    tab = lab.open(
        notebook(
            CELLS[0],
            "told = []\nwatched = explore(Sigmoid())\n"
            "watched.observe(lambda change: told.append(change.new), 'z')\nwatched",
            "told",
        )
    )
    tab.run_all()
    watched = Widget(tab, 0)
    for z in ("2.75", "3"):
        watched.slider.press("ArrowRight")
        watched.shows(z)
    tab.until("len(told) == 2")
    tab.page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 2 }")
    tab.command("notebook:run-cell")
    expect(tab.page.locator(".jp-OutputArea-output").last).to_have_text("[2.75, 3.0]")


def test_what_an_observer_sets_holds_while_the_hand_moves_on(tab, first):
    """The reader's hand moves z alone, so no word of it may undo what Python set meanwhile."""
    tab.evaluate(
        "import time\nseen = []\nfirst.observe(lambda change: seen.append(change.new), 'cloud')\n"
        "def follow(change):\n    time.sleep(0.04)\n    first.cloud = 4.0\n"
        "first.observe(follow, 'z')"
    )
    hold(first.slider, "ArrowRight", 6)
    hold(first.slider, "ArrowLeft", 40)
    first.shows("−6")
    tab.until("first.z == -6")
    tab.evaluate("first.unobserve(follow, 'z')\nassert seen == [4.0] and first.cloud == 4, seen")


def test_the_newest_request_wins(tab, first):
    tab.evaluate(
        "import time\nquick, asked = first.frame, []\ndef slow(**state):\n"
        "    asked.append(state['z'])\n    time.sleep(0.3)\n    return quick(**state)\n"
        "first.frame = slow"
    )
    hold(first.slider, "ArrowRight", 12, shift=True)
    first.shows("3.1")
    tab.evaluate("first.frame = quick\nassert asked[-1] == 3.1 and len(asked) < 6, asked")


def test_while_one_moves_on_the_picture_follows_over_fresh_positions(tab, first):
    """A slow kernel shows where the reader was a moment ago, not where the move began."""
    tab.evaluate(
        "import time\nquick = first.frame\n"
        "first.frame = lambda **state: (time.sleep(0.15), quick(**state))[1]"
    )
    seen = set()
    first.slider.focus()
    for _ in range(12):  # 1 second, and never a rest
        first.slider.press("Shift+ArrowRight")
        tab.page.wait_for_timeout(80)
        seen.add(first.evidence.inner_text())
    tab.evaluate("first.frame = quick")
    assert len(seen) > 3, seen
    first.shows("3.1")


def test_a_picture_is_drawn_within_a_frame_where_it_is_held(tab, first):
    """Not a timed test: the picture changes in the same task as the key press, before any paint."""
    changed = first.slider.evaluate(
        """input => {
            const all = input.closest(".coursekit-explorer");
            const picture = all.querySelector(".coursekit-picture");
            const before = picture.innerHTML;
            input.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
            return picture.innerHTML !== before;
        }"""
    )
    assert changed


def test_it_looks_right_in_both_themes_and_axe_finds_nothing(tab, first, screenshots):
    for theme in ("dark", "light"):
        tab.theme(theme)
        expect(first.picture).to_be_visible()
        assert [each for each in complaints(tab.page) if "noUi" not in each] == []  # ipywidgets'
        tab.page.screenshot(path=screenshots / f"widget-{theme}.png")


def test_a_picture_is_zoomed_where_there_is_little_room_and_its_point_dragged_there(tab, first):
    zoom_in = first.all.get_by_role("button", name="zoom in")
    expect(zoom_in).to_be_hidden()
    tab.page.set_viewport_size({"width": 400, "height": 1000})
    try:
        zoom_in.click()
        seen, x = first.picture.bounding_box(), first.point()[0]
        assert first.picture.locator("> svg").bounding_box()["width"] > 1.2 * seen["width"]
        first.go("steepest")
        first.shows("0")
        one = (x - first.point()[0]) / 2.5  # pixels of one unit of z
        x, y = first.point()
        tab.page.mouse.move(x, y)
        tab.page.mouse.down()
        tab.page.mouse.move(x + 2 * one, y, steps=5)
        tab.page.mouse.up()
        first.shows("2")
        first.all.get_by_role("button", name="fit to width").click()
    finally:
        tab.page.set_viewport_size({"width": 1100, "height": 2600})
    expect(zoom_in).to_be_hidden()


def test_it_fits_a_narrow_window(tab, first, screenshots):
    tab.page.set_viewport_size({"width": 400, "height": 1000})
    tab.page.screenshot(path=screenshots / "widget-narrow.png")
    too_wide = first.all.evaluate("all => all.scrollWidth > all.parentElement.clientWidth")
    tab.page.set_viewport_size({"width": 1100, "height": 2600})
    assert not too_wide


@pytest.mark.parametrize("end", ["restart_kernel", "shut_down_kernel"])
def test_without_its_kernel_held_positions_move_and_fresh_ones_say_what_they_need(
    tab, first, screenshots, end
):
    getattr(tab, end)()
    first.go("saturated")
    first.shows("5.25")
    first.slider.focus()
    first.slider.press("Shift+ArrowRight")
    expect(first.value).to_have_text("5.3")
    expect(first.notice).to_contain_text("needs a running kernel")
    expect(first.notice).to_contain_text("still shows pre-activation z 5.25")
    expect(first.moving).to_contain_text("(5.25) = ")
    tab.page.screenshot(path=screenshots / f"widget-{end}.png")
    first.slider.press("ArrowRight")
    first.shows("5.5")
    expect(first.notice).to_be_hidden()


def test_a_learner_with_the_focus_in_it_can_save_run_and_undo(lab):
    tab = lab.open(notebook(*CELLS[:2], "1 + 1"))
    tab.run_all()
    first = Widget(tab, 0)
    first.shows("2.5")
    panel = "window.jupyterapp.shell.currentWidget"
    tab.wait(f"() => {panel}.context.model.dirty")
    first.slider.press("Control+s")
    tab.wait(f"() => !{panel}.context.model.dirty")
    first.slider.click()
    at = tab.page.evaluate(f"() => {panel}.content.activeCellIndex")
    for key in ("Home", "ArrowUp", "Shift+ArrowUp"):  # Jupyter's own keys, but the slider's first
        first.slider.press(key)
    first.shows("−5.7")
    assert tab.page.evaluate(f"() => {panel}.content.activeCellIndex") == at
    tab.command("notebook:insert-cell-below")
    tab.wait(f"() => {panel}.content.widgets.length === 4")
    first.slider.focus()
    first.slider.press("z")
    tab.wait(f"() => {panel}.content.widgets.length === 3")
    first.slider.click()
    first.slider.press("Shift+Enter")
    tab.wait(f"() => {panel}.content.widgets[1].model.executionCount === 4")
    first.shows("2.5")


def test_held_positions_that_follow_the_first_picture_need_no_kernel_either(lab):
    tab = lab.open(notebook(CELLS[0], "first = explore(Sigmoid())\nfirst"))
    tab.run_all()
    first = Widget(tab, 0)
    first.shows("2.5")
    tab.until("len(first.held_frames) > 5_000")
    tab.shut_down_kernel()
    first.slider.press("Home")
    first.shows("−6")
    expect(first.notice).to_be_hidden()


def test_a_saved_notebook_reopens_alive(lab, screenshots):
    tab = lab.open(notebook(*CELLS[:2]))
    tab.run_all()
    Widget(tab, 0).shows("2.5")
    tab.until("len(first.held_frames) > 5_000")
    tab.save()
    tab.shut_down_kernel()
    again = lab.reopen(tab.name, showing=(".jp-OutputArea-output .coursekit-picture", 1))
    expect(again.page.locator(".jp-OutputArea-output figure img")).to_have_count(0)
    first = Widget(again, 0)
    first.slider.press("Home")  # which no still picture does
    first.shows("−6")
    expect(first.notice).to_be_hidden()
    again.page.screenshot(path=screenshots / "reopened.png")


def test_an_untrusted_notebook_shows_the_picture_with_its_words(lab, screenshots):
    from coursekit import Sigmoid
    from coursekit.explorers import explore

    content = notebook(*CELLS[:2])
    bundle = explore(Sigmoid())._repr_mimebundle_()
    bundle.pop("application/vnd.jupyter.widget-view+json")  # as the build does
    output = nbformat.v4.new_output("execute_result", bundle, execution_count=2)
    content.cells[1].update(outputs=[output], execution_count=2)
    for theme in ("light", "dark"):
        tab = lab.open(content, theme=theme)
        still = tab.page.locator(".jp-OutputArea-output figure")
        expect(still.locator("img")).to_have_attribute("alt", re.compile("^σ flattens"))
        expect(still.locator("figcaption")).to_contain_text("σ′(2.5) = 0.0701")
        assert (
            still.locator("img").evaluate("img => img.decode().then(() => img.naturalWidth)") > 100
        )
        tab.page.screenshot(path=screenshots / f"untrusted-{theme}.png")
