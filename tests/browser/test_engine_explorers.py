"""The explorers of walks, checks and Jacobians, taken hold of where a learner meets them."""

import re

import pytest
from playwright.sync_api import expect

from browser.conftest import lab_on, notebook

NAMES = ("WalkOrder", "Nudge", "Spherical", "JacobianOrProduct", "OneNeuron")
CELLS = (f"from coursekit.explorers import {', '.join(NAMES)}", *(f"{name}()" for name in NAMES))


@pytest.fixture(scope="module")
def tab(server, browser):
    """A notebook with one explorer a cell, run once for all these tests."""
    with lab_on(server, browser) as lab:
        tab = lab.open(notebook(*CELLS), height=4200)
        tab.run_all()
        expect(tab.page.locator(".coursekit-evidence").nth(len(NAMES) - 1)).not_to_be_empty()
        yield tab


class Look:
    """One explorer on the page, at its start."""

    def __init__(self, tab, name):
        self.mouse = tab.page.mouse
        self.all = tab.page.locator(".coursekit-explorer").nth(NAMES.index(name))
        self.evidence = self.all.locator(".coursekit-evidence")
        self.picture = self.all.locator(".coursekit-picture")
        self.notice = self.all.locator(".coursekit-notice")
        self.go("reset")

    def go(self, state):
        self.all.get_by_role("button", name=state, exact=True).click()

    def pick(self, option):
        self.all.get_by_role("radio", name=option, exact=True).check()

    def press(self, slider, key):
        self.all.get_by_role("slider", name=slider, exact=True).press(key)

    def says(self, words):
        expect(self.evidence).to_contain_text(words)

    def drag(self, mark, across, down):
        self.all.scroll_into_view_if_needed()  # a mark is redrawn as it moves
        box = self.all.locator(f"[data-mark='{mark}']").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.mouse.move(x, y)
        self.mouse.down()
        self.mouse.move(x + across, y + down, steps=6)
        self.mouse.up()


@pytest.fixture
def look(tab):
    return lambda name: Look(tab, name)


def test_the_order_of_the_walk_is_chosen_and_stepped_through(look):
    walk = look("WalkOrder")
    walk.pick("depth first, from the right")
    for _ in range(2):
        walk.press("step", "ArrowRight")
    walk.says("Here it goes wrong: p sends on 1")
    expect(walk.picture).to_contain_text("✗ sent 1, not 2")
    walk.press("step", "End")
    walk.says("a has 3, and 5 is right")
    walk.pick("queue")
    walk.says("a has 9, and 5 is right")
    walk.pick("overwrites (=)")
    walk.says("a has 1, and 5 is right")
    walk.go("right")
    walk.says("its gradients are right")


def test_the_nudge_is_dragged_and_stepped(look):
    nudge = look("Nudge")
    nudge.says("h = 1e-5 is off by 9e-12")
    nudge.press("nudge h", "ArrowLeft")
    nudge.says("h = 1e-6")
    nudge.drag("h", 130, 0)
    nudge.says("a smaller h is better")
    nudge.pick("ReLU")
    nudge.pick("0")
    nudge.says("stands on the kink")


def test_the_point_is_dragged_over_the_globe_and_loses_its_rank_at_the_pole(look):
    globe = look("Spherical")
    globe.says("r² sin θ is 3.464")
    globe.drag("point", -40, 0)
    expect(globe.evidence).to_contain_text(re.compile("At r = 2, .* φ = (9|10|11)°"))  # all of it
    globe.press("polar angle θ", "Home")
    globe.says("the rank 2: a step in φ moves nothing")
    globe.press("distance r", "Home")
    globe.says("the rank 1")
    globe.go("reset")
    globe.press("azimuth φ", "End")
    globe.says("φ = 360°")


def test_the_jacobian_grows_and_its_time_is_measured_when_asked(look):
    product = look("JacobianOrProduct")
    product.press("n", "End")
    product.says("128 MiB")
    product.pick("100")
    product.says("1.22 TiB")
    product.go("reset")
    product.pick("tanh")
    product.says("may differ from zero (diagonal)")
    expect(product.picture).to_contain_text("measure the time")
    product.all.get_by_role("button", name="time", exact=True).click()
    expect(product.picture).to_contain_text(" ms, Jacobian ")
    expect(product.evidence).not_to_contain_text(" ms")


def test_the_line_of_a_neuron_is_shifted_and_turned_by_hand(look):
    neuron = look("OneNeuron")
    neuron.says("σ(2 x₁ + 1 x₂ + 0.5): 72 of 200")
    neuron.drag("line", 60, 0)
    expect(neuron.evidence).not_to_contain_text("+ 0.5)")
    neuron.says("σ(2 x₁ + 1 x₂")
    neuron.drag("weights", 0, 60)
    expect(neuron.evidence).not_to_contain_text("σ(2 x₁ + 1 x₂")
    for slider in ("weight w₁", "weight w₂", "bias b"):
        neuron.press(slider, "Home")
    neuron.says("σ(−6 x₁ − 6 x₂ − 6)")
    neuron.go("a good line")
    neuron.says("24 of 200")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_of_them_can_be_looked_at_in_both_themes(tab, look, theme, screenshots):
    tab.theme(theme)
    for name in NAMES:
        shown = look(name)
        expect(shown.notice).to_be_hidden()
        shown.all.screenshot(path=screenshots / f"{name}-{theme}.png")
    tab.theme("light")
