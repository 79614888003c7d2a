"""Maxout's lines and PReLU's path under the mouse, and training that goes wrong under a slider."""

import re

import pytest
from playwright.sync_api import expect

from browser.conftest import lab_on, notebook
from browser.looking import Look, shown

WRONG = """from coursekit import LeakyReLU
from coursekit.explorers import Boundary
Boundary("spiral", LeakyReLU(1.0))"""


@pytest.fixture(scope="module")
def look(server, browser):
    """Takes hold of one of them in a notebook that was run once for all these tests."""
    with shown(server, browser, ("MaxoutEditor", "Leaks"), height=2000) as look:
        yield look


def test_the_lines_of_maxout_are_dragged_and_presets_bring_them_back(look, screenshots):
    editor = look("MaxoutEditor")
    editor.says("This is ReLU")
    editor.drag("left2", 0, -250)  # beyond the end of its way
    expect(editor.evidence).not_to_contain_text("This is ReLU")
    editor.drag("right2", 0, 250)
    editor.says("This is |z|")
    editor.photograph(screenshots, "MaxoutEditor-dragged")
    editor.go("leaky ReLU")
    editor.says("This is leaky ReLU")
    editor.go("one unused")
    editor.says("No gradient reaches piece 3")
    editor.drag("right3", 0, -250)
    editor.says("piece 3 for")
    editor.go("ReLU")
    editor.says("This is ReLU")


def test_an_end_of_a_line_is_a_slider_for_the_keyboard_and_for_who_listens(look):
    editor = look("MaxoutEditor")
    editor.says("This is ReLU")
    end = editor.all.get_by_role("slider", name="left end of piece 2", exact=True)
    expect(end).to_have_attribute("aria-orientation", "vertical")
    expect(end).to_have_attribute("aria-valuetext", "0")
    end.focus()
    end.press("End")
    expect(end).to_have_attribute("aria-valuetext", "4")
    expect(end).to_be_focused()
    right = editor.all.get_by_role("slider", name="right end of piece 2", exact=True)
    for _ in range(2):
        right.press("PageDown")
    expect(right).to_have_attribute("aria-valuetext", re.compile("^−[1-3]"))
    right.press("Home")
    editor.says("This is |z|")
    right.press("ArrowUp")
    expect(right).to_have_attribute("aria-valuetext", "−3.75")


def test_the_mark_of_prelu_is_dragged_along_its_path(look, screenshots):
    leaks = look("Leaks")
    leaks.says("in 40 steps")
    leaks.drag("step", 150, -30)
    expect(leaks.evidence).to_contain_text(re.compile(r"in (9|10|11)\d steps"))
    leaks.photograph(screenshots, "Leaks-dragged")
    leaks.drag("step", 900, 0)
    leaks.says("in 200 steps")
    leaks.go("overshooting")
    leaks.says("in 3 steps")
    leaks.drag("step", -400, 0)
    leaks.says("starts at 1, 0.7 away")


def test_training_that_overflows_is_one_sentence_in_the_frame_and_the_next_move_recovers(
    server, browser, screenshots
):
    with lab_on(server, browser) as lab:
        tab = lab.open(notebook(WRONG), height=1200)
        tab.run_all()
        expect(tab.page.locator(".coursekit-evidence")).not_to_be_empty()
        plane = Look(tab, 0)
        plane.says("Rate 1, epoch 80")
        height = plane.all.bounding_box()["height"]
        plane.press("hidden units", "End")
        plane.press("learning rate", "End")
        said = (
            r"^At rate 20, training stopped at step \d+: .* is not finite: choose a lower rate\.$"
        )
        expect(plane.notice).to_have_text(re.compile(said))
        frame = plane.all.locator(".coursekit-frame .coursekit-notice")
        expect(frame).to_be_visible()
        assert plane.all.bounding_box()["height"] == height
        plane.photograph(screenshots, "Boundary-overflows")
        plane.press("learning rate", "Home")
        plane.says("Rate 0.1, epoch 80")
