"""Work that takes long: the reader sees it go on, and ends it where it has come."""

import re

import pytest
from playwright.sync_api import expect

from browser.conftest import lab_on, notebook

CLIMB = """
from time import sleep

from coursekit.explorers.frame import Control, Explorer

drawn = []


class Climb(Explorer):
    title = "A climb"
    controls = (Control("x", "place", 0, 100, 1, start=0),)
    states = {"top": {"x": 100}}

    def held(self):
        yield {}

    def background(self):
        return '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 20" width="560"></svg>'

    def stages(self, x):
        return ({"x": place} for place in range(1, x))

    def fragment(self, x):
        drawn.append(x)
        sleep(0.05)
        return f'<circle cx="{x}" cy="10" r="3"/>'

    def evidence(self, x):
        return f"It is at {x}."

    def alt(self, x):
        return f"A climber at {x}."


climb = Climb()
climb
"""


@pytest.fixture
def climb(server, browser):
    with lab_on(server, browser) as lab:
        tab = lab.open(notebook(CLIMB), height=900)
        tab.run_all()
        explorer = tab.page.locator(".coursekit-explorer")
        expect(explorer.locator(".coursekit-evidence")).to_have_text("It is at 0.")
        yield tab, explorer


def comes_to_rest(tab):
    """The kernel draws no further: at most what is near, which is fetched ahead."""
    tab.page.wait_for_timeout(3000)
    tab.evaluate("reached = list(drawn); assert max(reached) < 80, drawn")
    tab.page.wait_for_timeout(500)
    tab.evaluate("assert drawn == reached, drawn")


def test_the_picture_goes_along_and_the_reader_stops_it(climb, screenshots):
    tab, explorer = climb
    evidence, notice = (explorer.locator(f".coursekit-{part}") for part in ("evidence", "notice"))
    slider, stop = explorer.get_by_role("slider"), explorer.get_by_role("button", name="Stop here")
    expect(stop).to_be_hidden()
    height = explorer.bounding_box()["height"]
    slider.press("End")
    expect(notice).to_have_text(re.compile(r"^On the way to place 100: now at place \d+\.$"))
    expect(evidence).to_have_text(re.compile(r"^It is at [1-9]\d?\.$"))
    explorer.screenshot(path=screenshots / "long-work.png")
    assert explorer.bounding_box()["height"] == height
    stop.press("Enter")
    expect(notice).to_be_hidden()
    expect(stop).to_be_hidden()
    expect(slider).to_be_focused()
    here = int(slider.evaluate("slider => slider.value"))
    assert 0 < here < 60
    expect(evidence).to_have_text(f"It is at {here}.")
    said = explorer.locator(".coursekit-said")
    expect(said).to_contain_text(f"It is at {here}.")
    comes_to_rest(tab)
    tab.evaluate(f"assert climb.x == {here}, climb.x")


def test_the_newest_wish_ends_what_is_under_way(climb):
    tab, explorer = climb
    slider, evidence = explorer.get_by_role("slider"), explorer.locator(".coursekit-evidence")
    slider.press("End")
    expect(evidence).to_have_text(re.compile(r"[1-9]\.$"))
    slider.press("Home")  # known: nothing has to be fetched
    expect(evidence).to_have_text("It is at 0.")
    expect(explorer.locator(".coursekit-notice")).to_be_hidden()
    comes_to_rest(tab)
    slider.press("PageUp")
    expect(evidence).to_have_text("It is at 10.")


def test_slow_stages_do_not_take_away_the_button_that_stops_them(climb):
    tab, explorer = climb
    tab.evaluate("quick = climb.frame\nclimb.frame = lambda x: (sleep(2), quick(x=x))[1]")
    explorer.get_by_role("slider").press("End")
    stop = explorer.get_by_role("button", name="Stop here")
    expect(stop).to_be_visible()
    stop.focus()
    for _ in range(40):
        tab.page.wait_for_timeout(100)
        expect(stop).to_be_focused(timeout=1)
        expect(explorer.locator(".coursekit-notice")).to_contain_text("On the way", timeout=1)
    stop.click()
    expect(stop).to_be_hidden()


def test_what_is_not_stopped_arrives(climb):
    _, explorer = climb
    explorer.get_by_role("button", name="top").click()
    expect(explorer.locator(".coursekit-evidence")).to_have_text("It is at 100.", timeout=20_000)
    expect(explorer.locator(".coursekit-notice")).to_be_hidden()
    expect(explorer.get_by_role("button", name="Stop here")).to_be_hidden()
