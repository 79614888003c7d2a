"""The explorers of walks, checks and Jacobians, taken hold of where a learner meets them."""

import re

import pytest
from playwright.sync_api import expect

from browser.looking import shown

NAMES = ("WalkOrder", "Nudge", "Spherical", "JacobianOrProduct", "OneNeuron")


@pytest.fixture(scope="module")
def look(server, browser):
    """Takes hold of one of them in a notebook that was run once for all these tests."""
    with shown(server, browser, NAMES, height=4200) as look:
        yield look


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
    nudge.says("h = 1e-5 has a relative error of 9e-12")
    nudge.press("nudge h", "ArrowLeft")
    nudge.says("h = 1e-6")
    nudge.drag("h", 130, 0)
    nudge.says("a smaller h is better")
    nudge.pick("ReLU")
    nudge.pick("0")
    nudge.says("stands on the kink")
    nudge.go("kink in the way")
    nudge.says("h = 1 has a relative error")
    nudge.drag("h", -130, 0)
    expect(nudge.evidence).not_to_contain_text("h = 1 has")


def test_the_point_is_dragged_over_the_globe_and_loses_its_rank_at_the_pole(look):
    globe = look("Spherical")
    globe.says("r² sin θ is 3.464")
    globe.drag("the point", -36, 0)
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
    product.all.get_by_role("button", name="measure the time", exact=True).click()
    expect(product.picture).to_contain_text(" ms, Jacobian ")
    expect(product.evidence).to_contain_text("Measured here: vjp ")


def test_the_line_of_a_neuron_is_shifted_and_turned_by_hand(look):
    neuron = look("OneNeuron")
    neuron.says("σ(2 x₁ + 1 x₂ + 0.5): 72 of 200")
    neuron.drag("the line", 60, 0)
    expect(neuron.evidence).not_to_contain_text("+ 0.5)")
    neuron.says("σ(2 x₁ + 1 x₂")
    neuron.drag("the weights", 0, 60)
    expect(neuron.evidence).not_to_contain_text("σ(2 x₁ + 1 x₂")
    for slider in ("weight w₁", "weight w₂", "bias b"):
        neuron.press(slider, "Home")
    neuron.says("σ(−6 x₁ − 6 x₂ − 6)")
    neuron.go("a good line")
    neuron.says("24 of 200")


@pytest.mark.parametrize("name", NAMES)
def test_each_of_them_can_be_looked_at_in_both_themes(look, name, screenshots):
    look(name).photograph(screenshots, name)
