"""The explorers of dying units and of boundaries, taken hold of where a learner meets them."""

import re

import pytest
from playwright.sync_api import expect

from browser.looking import shown

NAMES = ("DyingUnit", "DyingNet", "Boundary")


@pytest.fixture(scope="module")
def look(server, browser):
    """Takes hold of one of them in a notebook that was run once for all these tests."""
    with shown(server, browser, NAMES, height=3200) as look:
        yield look


def test_a_unit_dies_stays_dead_and_comes_back_when_the_data_move(look, screenshots):
    unit = look("DyingUnit")
    unit.says("active on 0 of 60 points. The unit is dead: its gradient is exactly 0")
    unit.press("step", "End")
    unit.says("step 20: active on 0 of 60 points")
    unit.press("move the data up by", "ArrowRight", times=4)
    unit.says("The unit is back")
    unit.go("learns")
    unit.says("active on 47 of 60 points. The unit learns")
    unit.photograph(screenshots, "dying-unit")


def test_each_rate_trains_the_net_anew_and_a_unit_is_picked_by_mouse_or_slider(look, screenshots):
    net = look("DyingNet")
    net.says("This run, rate 0.5, epoch 40 (step 400): 4 of 150 hidden units, 3 %, are dead")
    net.press("learning rate", "ArrowRight", times=2)
    # Nobody held this frame: the net is trained just now.
    net.says("This run, rate 0.7, epoch 40 (step 400):")
    net.go("reset")
    net.all.scroll_into_view_if_needed()
    net.all.locator("[data-mark='unit 77']").click(force=True)
    net.says("Layer 2, unit 28 ")
    net.press("unit", "ArrowRight")
    net.says("Layer 2, unit 29 ")
    assert net.all.locator("[data-mark][tabindex]").count() == 0  # the slider is their keyboard
    net.press("epoch", "Home")
    net.says(
        "epoch 0 (step 0): 11 of 150 hidden units, 7 %, are dead (0, 7, 4 layer by layer); 11 of"
    )
    net.go("far too high")
    expect(net.evidence).to_contain_text(
        re.compile(r"rate 2, epoch 40 \(step 400\): 1[0-9][0-9] of 150")
    )
    net.photograph(screenshots, "dying-net")


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
    boundary.photograph(screenshots, "boundary")
