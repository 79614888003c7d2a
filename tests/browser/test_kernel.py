"""What an explorer says and does while its kernel is busy, slow or gone."""

import pytest
from playwright.sync_api import expect

from browser.conftest import lab_on, notebook
from browser.lab import KERNEL
from browser.looking import middle

LINE = """import time
from coursekit.explorers.frame import Control, Explorer

class Line(Explorer):
    title = "A point on a line"
    controls = (
        Control("x", "place", 0, 100, 1, start=50, fine=0.2),
        Control("size", "size", 1, 5, 1, start=3, slider=False),
    )

    def background(self):
        box = 'viewBox="0 0 100 20" width="500" height="100"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {box}></svg>'

    def fragment(self, x, size):
        return f'<circle data-mark="point" cx="{x}" cy="10" r="{size}"/>'

    def evidence(self, x, size):
        return f"The point is at {x:g}."

    def alt(self, x, size):
        return f"A point at {x:g}."

    def on_drag(self, mark, x, y):
        time.sleep(1.5)
        self.x = x

    def on_pick(self, mark):
        time.sleep(1.5)
        self.x = 90

line = Line()
line"""
# Takes longer for each frame than a reader is patient.
SLOW = """quick = line.frame
line.frame = lambda **state: (time.sleep(1.2), quick(**state))[1]
line.size = 4  # where no position is held"""
# Python lets another thread have its turn between two steps of a program: a long sum is one step.
MOST = 20_000_000


@pytest.fixture
def tab(server, browser):
    """A notebook with a point on a line, whose kernel each test may spoil."""
    with lab_on(server, browser) as lab:
        tab = lab.open(notebook(LINE))
        tab.run_all()
        yield tab


@pytest.fixture
def line(tab):
    line = tab.page.locator(".coursekit-explorer")
    expect(line.locator(".coursekit-evidence")).to_have_text("The point is at 50.")
    return line


def begin(tab, code):
    """Let the kernel run some code, and do not wait for it."""
    tab.page.evaluate(f"code => void {KERNEL}.requestExecute({{ code }}).done.catch(() => 0)", code)


def keep_busy(tab, seconds):
    """Hold the whole kernel, for some seconds on any machine."""
    began = "import time; began = time.perf_counter()"
    tab.evaluate(f"{began}; sum(range({MOST})); speed = {MOST} / (time.perf_counter() - began)")
    begin(tab, f"sum(range(int({seconds} * speed)))")
    tab.page.wait_for_timeout(200)


def test_a_busy_kernel_is_called_busy_and_the_picture_comes_when_it_is_free(tab, line, screenshots):
    notice, slider = line.locator(".coursekit-notice"), line.get_by_role("slider")
    keep_busy(tab, 4)
    slider.press("Shift+ArrowRight")
    slider.press("Shift+ArrowRight")
    expect(notice).to_have_text(
        "The kernel is busy. The picture still shows place 50 until the kernel is free."
    )
    expect(line.locator(".coursekit-said")).to_contain_text("The kernel is busy.")
    tab.page.screenshot(path=screenshots / "busy.png")
    expect(line.locator(".coursekit-evidence")).to_have_text("The point is at 50.4.")
    expect(notice).to_be_hidden()


def test_a_busy_kernel_that_is_restarted_is_no_longer_called_busy(tab, line):
    notice = line.locator(".coursekit-notice")
    keep_busy(tab, 60)
    line.get_by_role("slider").press("Shift+ArrowRight")
    expect(notice).to_contain_text("The kernel is busy.")
    tab.restart_kernel()
    expect(notice).to_contain_text("A fresh position needs a running kernel: run the cell.")


def end(tab, how):
    """Let the kernel go."""
    if how == "killed":
        begin(tab, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
        tab.page.get_by_role("button", name="Ok", exact=True).click()  # it has died, Jupyter says
    elif how == "shut down":
        tab.shut_down_kernel()
    else:
        tab.restart_kernel()


GONE = pytest.mark.parametrize("how", ["killed", "shut down", "restarted"])


@GONE
def test_a_kernel_that_is_gone_is_called_needed(tab, line, how):
    end(tab, how)
    line.get_by_role("slider").press("Shift+ArrowRight")
    expect(line.locator(".coursekit-notice")).to_have_text(
        "A fresh position needs a running kernel: run the cell. The picture still shows place 50."
    )


@GONE
def test_a_mark_that_is_picked_or_dragged_needs_its_kernel_too(tab, line, how):
    end(tab, how)
    notice, mouse, point = line.locator(".coursekit-notice"), tab.page.mouse, "[data-mark=point]"
    for away in (0, 60):
        line.get_by_role("slider").press("ArrowRight")  # to a place that is held
        expect(notice).to_be_hidden()
        x, y = middle(line.locator(point))
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + away, y, steps=3)
        mouse.up()
        expect(notice).to_have_text("This mark needs a running kernel: run the cell.")
        expect(line.locator(".coursekit-said")).to_contain_text("needs a running kernel")
    line.locator(point).press("ArrowRight")
    line.get_by_role("slider").press("Shift+ArrowRight")
    expect(notice).to_contain_text("A fresh position needs a running kernel")
    line.locator(point).press("Enter")
    expect(notice).to_have_text(
        "This mark needs a running kernel: run the cell. The picture still shows place 52."
    )


def test_a_slider_that_is_linked_moves_it_after_a_drag_in_vain(lab):
    linked = (
        "import ipywidgets\nslider = ipywidgets.FloatSlider(min=0, max=100, step=1, value=50)\n"
        "link = ipywidgets.jslink((slider, 'value'), (line, 'x'))\nipywidgets.VBox([slider, line])"
    )
    tab = lab.open(notebook(LINE, linked))
    tab.run_all()
    line = tab.page.locator(".coursekit-explorer").last
    evidence = line.locator(".coursekit-evidence")
    expect(evidence).to_have_text("The point is at 50.")
    tab.shut_down_kernel()
    line.locator("[data-mark=point]").press("ArrowRight")
    line.get_by_role("slider").press("ArrowRight")
    expect(evidence).to_have_text("The point is at 51.")
    handle = tab.page.locator(".noUi-handle")
    expect(handle).to_have_attribute("aria-valuenow", "51.0")  # it hears a moment later
    handle.press("ArrowRight")
    expect(evidence).to_have_text("The point is at 52.")


def test_a_kernel_that_was_silent_is_called_busy_at_once(tab, line):
    keep_busy(tab, 60)
    slider, notice = line.get_by_role("slider"), line.locator(".coursekit-notice")
    slider.press("Shift+ArrowRight")
    expect(notice).to_contain_text("The kernel is busy.")
    for _ in range(3):
        slider.press("ArrowRight")  # to a place that is held
        expect(notice).to_be_hidden()
        told = slider.evaluate(
            """slider => {
                const press = { key: "ArrowRight", shiftKey: true, bubbles: true };
                slider.dispatchEvent(new KeyboardEvent("keydown", press));
                return slider.closest(".coursekit-explorer").querySelector("p").textContent;
            }"""
        )
        assert "The kernel is busy." in told


def test_a_slow_kernel_is_followed_and_called_busy_without_a_flicker(tab, line):
    tab.evaluate(SLOW)
    expect(line.locator("circle")).to_have_attribute("r", "4")
    expect(line.locator(".coursekit-notice")).to_be_hidden()
    told, places = line.evaluate(
        """async line => {
            const [notice, words] = ["notice", "evidence"]
                .map((name) => line.querySelector(`.coursekit-${name}`));
            const input = line.querySelector("input");
            const [told, places] = [[], new Set()];
            const seen = () => {
                const isBehind = words.textContent !== `The point is at ${input.ariaValueText}.`;
                if (isBehind) told.push(notice.hidden ? "" : notice.textContent);
            };
            new MutationObserver(seen).observe(notice, { attributes: true, childList: true });
            const press = { key: "ArrowRight", shiftKey: true, bubbles: true };
            for (let k = 0; k < 60; k++) {
                input.dispatchEvent(new KeyboardEvent("keydown", press));
                await new Promise((done) => setTimeout(done, 100));
                places.add(words.textContent);
            }
            return [told, [...places]];
        }"""
    )
    expect(line.locator(".coursekit-evidence")).to_have_text("The point is at 62.")
    expect(line.locator(".coursekit-notice")).to_be_hidden()
    assert len(places) > 3, places
    assert told and all(words.startswith("The kernel is busy.") for words in told), told


def test_a_notebook_that_is_opened_again_says_that_it_needs_its_kernel(server, browser):
    with lab_on(server, browser) as lab:
        tab = lab.open(notebook(LINE))
        tab.run_all()
        expect(tab.page.locator(".coursekit-evidence")).not_to_be_empty()
        tab.save()
        tab.shut_down_kernel()
        again = lab.reopen(tab.name, showing=(".coursekit-picture", 1))
        again.wait(f"() => {KERNEL}?.status === 'idle'")
        line = again.page.locator(".coursekit-explorer")
        line.get_by_role("slider").press("Shift+ArrowRight")
        expect(line.locator(".coursekit-notice")).to_contain_text("needs a running kernel")


@pytest.mark.parametrize("how", ["dragged", "picked"])
def test_a_key_is_not_overtaken_by_the_answer_to_an_older_move_of_a_mark(tab, line, how):
    mouse = tab.page.mouse
    x, y = middle(line.locator("[data-mark=point]"))
    mouse.move(x, y)
    mouse.down()
    if how == "dragged":
        mouse.move(x + 60, y, steps=3)
    mouse.up()
    line.get_by_role("slider").press("ArrowLeft")
    tab.page.wait_for_timeout(5000)
    expect(line.locator(".coursekit-value").first).to_have_text("49")
    expect(line.locator(".coursekit-evidence")).to_have_text("The point is at 49.")
    tab.evaluate("assert line.x == 49, line.x")


def test_the_drag_that_is_newer_than_a_key_wins(tab, line):
    mouse = tab.page.mouse
    x, y = middle(line.locator("[data-mark=point]"))
    width = line.locator("svg").first.bounding_box()["width"]
    for across in (0.1, 0.2):
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + across * width, y)
        mouse.up()
        if across == 0.1:
            line.get_by_role("slider").press("ArrowLeft")
            tab.page.wait_for_timeout(300)
    expect(line.locator(".coursekit-evidence")).to_have_text("The point is at 70.")
    tab.page.wait_for_timeout(4000)
    expect(line.locator(".coursekit-value").first).to_have_text("70")
    tab.evaluate("assert round(line.x) == 70, line.x")
