"""The explorers of dying units and of boundaries, taken hold of where a learner meets them."""

import re

import pytest
from playwright.sync_api import expect

from browser.conftest import lab_on, notebook

NAMES = ("DyingUnit", "DyingNet", "Boundary")
CELLS = (f"from coursekit.explorers import {', '.join(NAMES)}", *(f"{name}()" for name in NAMES))


@pytest.fixture(scope="module")
def tab(server, browser):
    """A notebook with one explorer a cell, run once for all these tests."""
    with lab_on(server, browser) as lab:
        tab = lab.open(notebook(*CELLS), height=3200)
        tab.run_all()
        expect(tab.page.locator(".coursekit-evidence").nth(len(NAMES) - 1)).not_to_be_empty()
        yield tab


class Look:
    """One explorer on the page, at its start."""

    def __init__(self, tab, name):
        self.tab = tab
        self.all = tab.page.locator(".coursekit-explorer").nth(NAMES.index(name))
        self.evidence = self.all.locator(".coursekit-evidence")
        self.notice = self.all.locator(".coursekit-notice")
        self.go("reset")

    def go(self, state):
        self.all.get_by_role("button", name=state, exact=True).click()

    def press(self, slider, key, times=1):
        for _ in range(times):
            self.all.get_by_role("slider", name=slider, exact=True).press(key)

    def says(self, words):
        expect(self.evidence).to_contain_text(words)
        expect(self.notice).to_be_hidden()


@pytest.fixture
def look(tab):
    return lambda name: Look(tab, name)


def test_a_unit_dies_stays_dead_and_comes_back_when_the_data_move(look, screenshots):
    unit = look("DyingUnit")
    unit.says("active on 0 of 60 points. The unit is dead: its gradient is exactly 0")
    unit.press("step", "End")
    unit.says("step 20: active on 0 of 60 points")
    unit.press("move the data up by", "ArrowRight", times=4)
    unit.says("The unit is back")
    unit.go("learns")
    unit.says("active on 47 of 60 points. The unit learns")
    for theme in ("dark", "light"):
        unit.tab.theme(theme)
        unit.all.screenshot(path=screenshots / f"dying-unit-{theme}.png")


def test_each_rate_trains_the_net_anew_and_a_unit_is_picked_by_mouse_or_slider(look, screenshots):
    net = look("DyingNet")
    net.says("This run, rate 0.5, step 400: 4 of 150 hidden units are dead")
    net.press("learning rate", "ArrowRight", times=2)
    net.says("This run, rate 0.7, step 400:")  # nobody held this frame: it was trained just now
    net.go("reset")
    net.all.scroll_into_view_if_needed()
    net.all.locator("[data-mark='unit 77']").click(force=True)
    net.says("Layer 2, unit 28 ")
    net.press("unit", "ArrowRight")
    net.says("Layer 2, unit 29 ")
    assert net.all.locator("[data-mark][tabindex]").count() == 0  # the slider is their keyboard
    net.press("epoch", "Home")
    net.says("step 0: 11 of 150 hidden units are dead (0, 7, 4 layer by layer), 11 of them born")
    net.go("far too high")
    expect(net.evidence).to_contain_text(re.compile("rate 2, step 400: 1[0-9][0-9] of 150"))
    for theme in ("dark", "light"):
        net.tab.theme(theme)
        net.all.screenshot(path=screenshots / f"dying-net-{theme}.png")


def test_a_boundary_is_scrubbed_through_its_training(look, screenshots):
    boundary = look("Boundary")
    boundary.press("epoch", "Home")
    boundary.says("Rate 1, epoch 0: 12 ReLU units misread 70 % of the points")
    boundary.press("hidden units", "Home")
    boundary.says("1 ReLU unit misreads")
    boundary.go("rate too high")
    boundary.says("all of them are dead. No line is left among the points")
    boundary.go("enough")
    boundary.says("30 ReLU units misread 2 % of the points")
    for theme in ("dark", "light"):
        boundary.tab.theme(theme)
        boundary.all.screenshot(path=screenshots / f"boundary-{theme}.png")
