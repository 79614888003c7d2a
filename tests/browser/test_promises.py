"""What an explorer promises whatever happens to it: fingers, faults, long use, a busy kernel."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from browser.conftest import lab_on, notebook
from browser.looking import Finger, hold, middle

ODD = """from dataclasses import dataclass, field
import numpy as np
from coursekit import ELU, Activation, Sigmoid, explore
from coursekit.activations import span

@dataclass(frozen=True)
class Odd(Activation):
    alpha: float = field(default=0.0, metadata=span(0, 1))
    def forward(self, z):
        return z if self.alpha < 0.5 else self.wrong(z)
    def slope(self, a, z):
        return np.ones_like(z)

class Raises(Odd):
    def wrong(self, z): raise ZeroDivisionError("it divides by zero\\nhere")
class NotANumber(Odd):
    def wrong(self, z): return z * np.nan
class WrongShape(Odd):
    def wrong(self, z): return np.zeros((7, 3))
class Complex(Odd):
    def wrong(self, z): return z * 1j
class Nothing(Odd):
    def wrong(self, z): return None"""
FAULTS = ["Raises", "NotANumber", "WrongShape", "Complex", "Nothing"]


@pytest.fixture(scope="module")
def tab(server, browser):
    """A sigmoid, an ELU with two sliders, and activations that go wrong from α = 0.5 on."""
    with lab_on(server, browser) as lab:
        cells = [ODD, "first = explore(Sigmoid())\nfirst", "elu = explore(ELU())\nelu"]
        tab = lab.open(notebook(*cells, *(f"explore({name}())" for name in FAULTS)), height=5600)
        tab.run_all()
        expect(tab.page.locator(".coursekit-evidence").last).not_to_be_empty()
        yield tab


def explorer(tab, nth):
    """One explorer, at its start."""
    whole = tab.page.locator(".coursekit-explorer").nth(nth)
    whole.get_by_role("button", name="reset", exact=True).click()
    expect(whole.locator(".coursekit-notice")).to_be_hidden()
    return whole


@pytest.fixture
def finger(tab):
    """A finger on a page that scrolls."""
    tab.page.set_viewport_size({"width": 1100, "height": 900})
    explorer(tab, 0).evaluate("all => all.scrollIntoView({ block: 'center' })")
    finger = Finger(tab.page)
    yield finger
    finger.leave()
    tab.page.set_viewport_size({"width": 1100, "height": 5600})


def at(whole, z):
    """Where the point stands at z, once the picture has followed."""
    expect(whole.locator(".coursekit-evidence")).to_contain_text(f"({z}) = ")
    return middle(whole.locator("[data-mark=z]"))


def test_a_finger_drags_the_slider(tab, finger):
    first = explorer(tab, 0)
    box = first.locator("input[type=range]").first.bounding_box()
    y = box["y"] + box["height"] / 2
    finger.drag((box["x"] + 0.7 * box["width"], y), (box["x"] + 0.5 * box["width"], y))
    expect(first.locator(".coursekit-value").first).to_have_text("0")
    expect(first.locator(".coursekit-evidence")).to_contain_text("(0) = ")


@pytest.mark.parametrize("aside", [0, 40])
def test_a_finger_drags_the_point_and_the_page_stays_where_it_is(tab, finger, aside):
    first = explorer(tab, 0)
    start = at(first, "2.5")
    first.get_by_role("button", name="saturated").click()
    x, y = at(first, "5.25")
    first.get_by_role("button", name="reset", exact=True).click()
    at(first, "2.5")
    top = first.bounding_box()["y"]
    finger.drag(start, (x, y + aside))
    at(first, "5.25")
    expect(first.locator(".coursekit-value").first).to_have_text("5.25")
    assert first.bounding_box()["y"] == top


def test_a_finger_beside_the_marks_scrolls_the_page(tab, finger):
    first = explorer(tab, 0)
    x, y = at(first, "2.5")
    top = first.bounding_box()["y"]
    finger.drag((x - 150, y + 60), (x - 150, y - 60))
    expect(first.locator(".coursekit-value").first).to_have_text("2.5")
    assert first.bounding_box()["y"] < top - 60


def test_a_second_finger_does_not_take_the_point_from_the_first(tab, finger):
    first = explorer(tab, 0)
    x, y = at(first, "2.5")
    other = (x - 150, y + 60)
    finger.event("touchStart", (x, y))
    finger.event("touchStart", (x, y), other)
    finger.event("touchMove", (x + 40, y), other)
    finger.event("touchMove", (x + 40, y), (x - 170, y + 60))
    finger.event("touchEnd")
    at(first, "3.75")


def test_a_finger_taps_a_named_state(tab, finger):
    first = explorer(tab, 0)
    place = middle(first.get_by_role("button", name="saturated"))
    finger.event("touchStart", place)
    finger.event("touchEnd")
    expect(first.locator(".coursekit-value").first).to_have_text("5.25")


def test_nothing_moves_by_itself_so_no_motion_has_to_be_reduced(tab):
    first = explorer(tab, 0)
    first.get_by_role("button", name="saturated").click()
    moving = first.evaluate(
        """all => [all, ...all.querySelectorAll("*")].filter((each) => {
            const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(each);
            return !/^0s(, 0s)*$/.test(transitionDuration) || animationName !== "none"
                || scrollBehavior === "smooth" || each.getAnimations().length;
        }).map((each) => each.outerHTML.slice(0, 80))"""
    )
    assert moving == []


def test_the_tab_key_goes_from_control_to_control_in_the_order_of_the_page(tab):
    elu = explorer(tab, 1)
    elu.locator("input").first.focus()
    reached, seen = elu.locator("input, button").filter(visible=True), []
    for _ in range(reached.count()):
        seen.append(tab.page.evaluate("() => document.activeElement.outerHTML"))
        tab.page.keyboard.press("Tab")
    assert seen == reached.evaluate_all("all => all.map((each) => each.outerHTML)")


def test_a_long_move_is_announced_once_when_it_ends(tab):
    first = explorer(tab, 0)
    tab.page.wait_for_timeout(600)
    first.evaluate(
        """all => {
            window.said = [];
            const place = all.querySelector(".coursekit-said");
            new MutationObserver(() => said.push(place.textContent))
                .observe(place, { childList: true, characterData: true, subtree: true });
        }"""
    )
    slider = first.locator("input[type=range]").first
    hold(slider, "Home", 1)
    hold(slider, "ArrowRight", 20)
    said = first.locator(".coursekit-said")
    expect(said).to_contain_text("(−1) = ")
    told = tab.page.evaluate("() => window.said")
    assert len(told) <= 2, told


def test_sliders_stay_alive_while_a_cell_runs(tab):
    first = explorer(tab, 0)
    tab.page.evaluate(
        """() => {
            const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
            const code = "import time\\nuntil = time.time() + 60\\nwhile time.time() < until: pass";
            window.busy = true;
            kernel.requestExecute({ code }).done.then(() => (window.busy = false));
        }"""
    )
    tab.page.wait_for_timeout(300)
    slider = first.locator("input[type=range]").first
    for _ in range(3):
        slider.press("Shift+ArrowRight")
    expect(first.locator(".coursekit-evidence")).to_contain_text("(2.65) = ")
    assert tab.page.evaluate("() => window.busy"), "the fresh frame came after the cell"
    tab.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()"
    )
    tab.wait("() => !window.busy")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Raises", r"^ZeroDivisionError: it divides by zero$"),
        ("NotANumber", "NaN|finite"),
        ("WrongShape", "shape"),
        ("Complex", "complex"),
        ("Nothing", r"\w+ \w+"),
    ],
)
def test_wrong_input_is_one_sentence_in_the_frame_and_the_next_move_recovers(tab, name, sentence):
    odd = explorer(tab, 2 + FAULTS.index(name))
    notice, alpha = odd.locator(".coursekit-notice"), odd.get_by_label("α")
    height = odd.bounding_box()["height"]
    alpha.press("End")
    expect(notice).to_be_visible()
    expect(notice).to_have_text(re.compile(sentence))
    assert "Traceback" not in notice.inner_text()
    frame, inside = odd.locator(".coursekit-frame").bounding_box(), notice.bounding_box()
    assert (
        frame["y"] < inside["y"] and inside["y"] + inside["height"] <= frame["y"] + frame["height"]
    )
    assert odd.bounding_box()["height"] == height
    alpha.press("Home")
    expect(notice).to_be_hidden()
    expect(odd.locator(".coursekit-evidence")).to_contain_text("= ")


@pytest.mark.parametrize("width", [400, 550])  # a telephone, and half of 1100: a zoom of 200 %
def test_it_is_usable_where_there_is_little_room(tab, width, screenshots):
    elu = explorer(tab, 1)
    tab.page.set_viewport_size({"width": width, "height": 5600})
    tab.page.screenshot(path=screenshots / f"promises-{width}.png")
    cut = elu.evaluate(
        """all => [...all.querySelectorAll("input, button, p, label, svg")]
            .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
            .map((each) => each.outerHTML.slice(0, 80))"""
    )
    elu.get_by_label("α").press("End")
    expect(elu.locator(".coursekit-evidence")).to_contain_text("α = 2")
    tab.page.set_viewport_size({"width": 1100, "height": 5600})
    assert cut == []


def test_ten_thousand_moves_leave_memory_flat(tab):
    elu = explorer(tab, 1)
    chrome = tab.page.context.new_cdp_session(tab.page)
    # By mouse: of every key that is pressed JupyterLab keeps the event, whoever answers it.
    moves = """async ([all, count]) => {
        const inputs = all.querySelectorAll("input");
        for (let k = 0; k < count; k++) {
            const input = inputs[k % 2];
            input.value = (k * k + 3 * k) % (Number(input.max) + 1);
            input.dispatchEvent(new Event("input", { bubbles: true }));
            if (k % 20 === 0) await new Promise(requestAnimationFrame);
        }
    }"""

    def megabytes_after(count):
        tab.page.evaluate(moves, [elu.element_handle(), count])
        tab.page.wait_for_timeout(1000)
        for _ in range(2):
            chrome.send("HeapProfiler.collectGarbage")
        return chrome.send("Runtime.getHeapUsage")["usedSize"] / 1e6

    # Frames may still come, 2 MB of them at most; what leaks would grow each time.
    sizes = (megabytes_after(10_000) for _ in range(5))
    assert any(after < before + 1 for before, after in pairwise(sizes))
