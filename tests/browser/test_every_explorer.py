"""Every explorer as a reader uses it: each control to both ends and back, each state, each theme.

What one explorer says at one place is tested in a file of its own; here all of them keep the same
promises, and one that joins `EXPLORERS` is bound by them too.
"""

import pytest
from playwright.sync_api import expect

from browser.axe import complaints
from browser.conftest import lab_on, notebook
from coursekit.explorers import EXPLORERS

WIDE, NARROW = {"width": 1100, "height": 1000}, {"width": 400, "height": 1000}
# In one cell, because JupyterLab takes cells outside of its window off the page; and with all
# held frames drawn at once, or the kernel would be busy with them during the first tests.
CELL = """import os
os.environ["COURSEKIT_AT_ONCE"] = "60"
from coursekit import explorers
examples = [getattr(explorers, name).example() for name in explorers.EXPLORERS]
display(*examples)"""
# The state in which options are tried, where the first one knows no difference.
TRIED_AT = {"WalkOrder": "right"}  # all walks begin alike
# What need not change with a slider, or with an option that is chosen.
SAME = {
    ("Spherical", "azimuth φ"): {"picture"},  # 360° is 0°
    ("WalkOrder", "depth first"): {"picture", "evidence"},  # here the topological walk itself
}
SEEN = """all => {
    const find = (name) => all.querySelector(`.coursekit-${name}`);
    return {
        picture: find("picture").querySelector(":scope > svg > g:last-child").innerHTML,
        evidence: find("evidence").textContent,
        alt: find("picture").ariaLabel,
    };
}"""
CHANGED = f"""([all, before]) => {{
    const now = ({SEEN})(all);
    return Object.keys(now).some((part) => now[part] !== before[part]);
}}"""
# Parts of the page that reach beyond the explorer, and words that reach beyond the picture.
CUT_OFF = """all => {
    const beyond = (box) => ({ left, right }) => left < box.left - 1 || right > box.right + 1;
    const boxed = (part) => part.getBoundingClientRect();
    const parts = [...all.querySelectorAll("*:not(svg *, .coursekit-said)")]
        .filter((part) => part.checkVisibility());
    const words = [...all.querySelectorAll(".coursekit-picture > svg text")];
    return [
        all.scrollWidth > all.parentElement.clientWidth ? "the explorer" : "",
        ...parts.filter((part) => beyond(boxed(all))(boxed(part))).map((part) => part.outerHTML),
        ...words.filter((word) => beyond(boxed(word.ownerSVGElement))(boxed(word)))
            .map((word) => word.textContent),
    ].filter(Boolean);
}"""

# The height of the smallest words in the picture, in pixels of the screen.
SMALLEST = """all => {
    const svg = all.querySelector(".coursekit-picture > svg");
    const high = (text) => {
        const { a, b } = text.getScreenCTM();
        return Math.hypot(a, b) * parseFloat(getComputedStyle(text).fontSize);
    };
    return Math.min(...[...svg.querySelectorAll("text")].map(high));
}"""


@pytest.fixture(scope="module")
def tab(server, browser):
    """A notebook with every explorer, run once for all these tests."""
    with lab_on(server, browser) as lab:
        tab = lab.open(notebook(CELL), **WIDE)
        tab.run_all()
        expect(tab.page.locator(".coursekit-evidence")).to_have_count(len(EXPLORERS))
        yield tab


class Explored:
    """One explorer on the page, at its start."""

    def __init__(self, tab, name):
        self.tab, self.name = tab, name
        self.all = tab.page.locator(".coursekit-explorer").nth([*EXPLORERS].index(name))
        self.notice = self.all.locator(".coursekit-notice")
        expect(self.all.locator(".coursekit-evidence")).not_to_be_empty()
        self.sliders = self.all.locator(".coursekit-slider").all()
        self.choices = self.all.locator(".coursekit-choice").all()
        *self.states, self.reset = self.all.locator(".coursekit-states button").all()
        self.handle = self.all.element_handle()
        self.reset.click()

    def moves(self, move, moved=""):
        """Make a move: picture, words and alt text follow, and nothing jumps or fails."""
        before, height = self.handle.evaluate(SEEN), self.height()
        move()
        self.tab.wait(CHANGED, [self.handle, before])
        after = self.handle.evaluate(SEEN)
        same = {part for part in before if before[part] == after[part]}
        assert same <= SAME.get((self.name, moved), set()), after
        assert self.height() == height
        assert self.cut_off() == []
        expect(self.notice).to_be_hidden()

    def height(self):
        return self.handle.evaluate("all => all.offsetHeight")

    def cut_off(self):
        return self.handle.evaluate(CUT_OFF)


@pytest.fixture(params=EXPLORERS)
def explored(request, tab):
    return Explored(tab, request.param)


def test_each_slider_goes_to_both_ends_and_back(explored):
    for field in explored.sliders:
        slider, control = field.locator("input"), field.locator("label").inner_text()
        ends = {"Home": "0", "End": slider.get_attribute("max")}
        for key in ("Home", "End", "Home"):
            if slider.input_value() != ends[key]:
                explored.moves(lambda: slider.press(key), control)  # noqa: B023 - called at once
        explored.reset.click()


def test_each_option_is_chosen(explored):
    if explored.name in TRIED_AT:
        explored.all.get_by_role("button", name=TRIED_AT[explored.name], exact=True).click()
    for choice in explored.choices:
        options = choice.get_by_role("radio").all()
        start = next(place for place, option in enumerate(options) if option.is_checked())
        for option in [*options[start + 1 :], *options[: start + 1]]:
            label = option.locator("xpath=..").inner_text().strip()
            explored.moves(lambda: option.press(" "), label)  # noqa: B023 - called at once


def test_an_arrow_key_goes_from_option_to_option(tab):
    chosen = Explored(tab, "Centring").choices[0].locator(":checked")
    chosen.press("ArrowRight")
    expect(chosen).to_have_value("1")


def test_each_state_is_shown(explored):
    for state in explored.states:
        if state.get_attribute("aria-pressed") != "true":
            explored.moves(state.click)
        expect(state).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_in_either_theme(tab, screenshots, theme):
    tab.theme(theme)
    if theme == "dark":  # in the light they are photographed by the last test
        for name in EXPLORERS:
            Explored(tab, name).all.screenshot(path=screenshots / f"{name}-{theme}.png")
    assert complaints(tab.page) == []


def test_nothing_is_cut_off_in_a_narrow_window(tab, screenshots):
    tab.page.set_viewport_size(NARROW)
    try:
        for name in EXPLORERS:
            explored = Explored(tab, name)
            explored.all.screenshot(path=screenshots / f"{name}-narrow.png")
            assert (name, explored.cut_off()) == (name, [])
    finally:
        tab.page.set_viewport_size(WIDE)


def test_what_is_too_small_to_read_in_a_narrow_window_can_be_enlarged(tab, screenshots):
    tab.page.set_viewport_size(NARROW)
    try:
        for name in EXPLORERS:
            explored = Explored(tab, name)
            if explored.handle.evaluate(SMALLEST) > 9:
                continue
            height = explored.height()
            for _ in range(4):
                explored.all.get_by_role("button", name="zoom in").click()
            assert (name, explored.handle.evaluate(SMALLEST) > 12) == (name, True)
            assert (name, explored.height()) == (name, height)
            explored.all.screenshot(path=screenshots / f"{name}-enlarged.png")
            explored.all.get_by_role("button", name="fit to width").click()
            assert (name, explored.height()) == (name, height)
    finally:
        tab.page.set_viewport_size(WIDE)
