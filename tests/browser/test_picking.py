"""Marks that a reader picks and drags: by mouse, by keyboard, and near enough."""

import pytest
from playwright.sync_api import expect

from browser.conftest import lab_on, notebook
from browser.looking import Finger

LINE = """class Line(Explorer):
    title = "A point on a line"
    controls = (Control("x", "place", 0, 100, 1, start=50, fine=0.2),)

    def background(self):
        box = 'viewBox="0 0 100 20" width="500" height="100"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {box}></svg>'

    def fragment(self, x):
        return f'<circle data-mark="point" cx="{x}" cy="10" r="3"/>'

    def evidence(self, x):
        return f"The point is at {x:g}."

    def alt(self, x):
        return f"A point at {x:g}."

    def on_pick(self, mark):
        self.x = 0

    def on_drag(self, mark, x, y):
        self.x = x

Line()"""
DEAF = """class Deaf(Line):
    on_pick, on_drag = Explorer.on_pick, Explorer.on_drag

Deaf()"""
# In one cell, or JupyterLab would take what lies outside of its window off the page.
NETS = """from coursekit import MLP, Tanh, explore
from coursekit.explorers import Saturation
run = MLP([2, 3, 1], Tanh())([[1.0, 2.0]])
looks = explore(run), Saturation()
display(*looks)"""
CELLS = (
    "from coursekit import Node, explore\nfrom coursekit.explorers.frame import Control, Explorer",
    "x, y, z = Node(-2, 'x'), Node(5, 'y'), Node(-4, 'z')\nexplore((x + y).named('q') * z)",
    LINE,
    DEAF,
)


@pytest.fixture(scope="module")
def tab(server, browser):
    """A notebook with a step-through and a point, run once for all these tests."""
    with lab_on(server, browser) as lab:
        tab = lab.open(notebook(*CELLS), height=1400)
        tab.run_all()
        expect(tab.page.locator(".coursekit-evidence").nth(1)).not_to_be_empty()
        yield tab


class Marks:
    """One explorer on the page, at its start, and its marks."""

    def __init__(self, tab, nth):
        self.mouse = tab.page.mouse
        self.all = tab.page.locator(".coursekit-explorer").nth(nth)
        self.evidence = self.all.locator(".coursekit-evidence")
        self.value = self.all.locator(".coursekit-value")
        self.all.get_by_role("button", name="reset", exact=True).click()

    def mark(self, name):
        return self.all.locator(f"[data-mark='{name}']")

    def middle(self, name):
        self.mark(name).scroll_into_view_if_needed()
        box = self.mark(name).bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.fixture
def steps(tab):
    steps = Marks(tab, 0)
    expect(steps.evidence).to_contain_text("Start: the inputs are known")
    return steps


@pytest.fixture
def line(tab):
    line = Marks(tab, 1)
    expect(line.evidence).to_have_text("The point is at 50.")
    return line


def test_a_gate_that_is_clicked_shows_where_it_works(steps):
    steps.mouse.click(*steps.middle("gate 1"))
    expect(steps.evidence).to_contain_text("Backward, gate + (q)")
    steps.mouse.click(*steps.middle("gate 2"))
    expect(steps.evidence).to_contain_text("Backward, gate × (f)")


def test_a_gate_is_a_button_with_a_name_that_the_tab_key_finds(steps):
    gate = steps.all.get_by_role("button", name="gate q", exact=True)
    expect(gate).to_have_attribute("tabindex", "0")
    gate.focus()
    gate.press("Tab")
    expect(steps.all.get_by_role("button", name="gate f", exact=True)).to_be_focused()


@pytest.mark.parametrize("key", ["Enter", " "])
def test_a_key_picks_the_mark_in_focus_which_keeps_it(steps, key):
    gate = steps.mark("gate 1")
    gate.focus()
    gate.press(key)
    expect(steps.evidence).to_contain_text("Backward, gate + (q)")
    expect(gate).to_be_focused()


def test_the_finger_need_not_hit_the_mark_itself(steps, line):
    x, y = line.middle("point")
    radius = line.mark("point").bounding_box()["width"] / 2
    line.mouse.click(x + radius + 6, y)
    expect(line.evidence).to_have_text("The point is at 0.")
    line.all.get_by_role("button", name="reset", exact=True).click()
    expect(line.evidence).to_have_text("The point is at 50.")
    line.mouse.click(x + radius + 40, y)
    line.mouse.click(x, y, button="right")
    expect(line.evidence).to_have_text("The point is at 50.")


def test_a_mark_follows_the_mouse_by_way_of_the_kernel(line):
    x, y = line.middle("point")
    width = line.all.locator("svg").first.bounding_box()["width"]
    line.mouse.move(x, y)
    line.mouse.down()
    line.mouse.move(x + 0.2 * width, y, steps=8)
    line.mouse.up()
    expect(line.evidence).to_have_text("The point is at 70.")
    expect(line.value).to_have_text("70")


def test_arrow_keys_drag_the_mark_in_focus(line):
    line.mark("point").focus()
    for key, place in [
        ("ArrowRight", "52"),
        ("ArrowRight", "54"),
        ("ArrowLeft", "52"),
        ("Shift+ArrowRight", "52.2"),
    ]:
        line.mark("point").press(key)
        expect(line.evidence).to_have_text(f"The point is at {place}.")
        expect(line.mark("point")).to_be_focused()


def test_the_focus_of_a_mark_is_seen(tab, line, screenshots):
    line.mark("point").focus()
    line.mark("point").press("ArrowRight")
    outline = line.mark("point").evaluate("mark => getComputedStyle(mark).outlineStyle")
    assert outline != "none"
    tab.page.screenshot(path=screenshots / "picking.png")


def test_a_mark_that_nobody_answers_is_no_button(tab):
    deaf = tab.page.locator(".coursekit-explorer").nth(2)
    expect(deaf.locator("circle")).to_have_count(1)
    expect(deaf.get_by_role("button")).to_have_text(["reset"])
    expect(deaf.locator(".coursekit-picture")).to_have_role("img")


@pytest.fixture(scope="module")
def nets(server, browser):
    """A notebook with a small network and the saturated ones."""
    with lab_on(server, browser) as lab:
        tab = lab.open(notebook(NETS), height=1400)
        tab.run_all()
        expect(tab.page.locator(".coursekit-evidence").nth(1)).not_to_be_empty()
        yield tab


@pytest.fixture
def layers(nets):
    layers = Marks(nets, 1)
    expect(layers.evidence).not_to_contain_text("In layer")
    return layers


@pytest.fixture
def network(nets):
    network = Marks(nets, 0)
    expect(network.evidence).to_contain_text("Start: the inputs are known")
    return network


def picture(marks):
    return marks.all.locator(".coursekit-picture > svg > g").last.inner_html()


def test_a_layer_that_is_clicked_is_framed_and_speaks_and_a_second_click_lets_it_go(
    nets, layers, screenshots
):
    before = picture(layers)
    layers.mouse.click(*layers.middle("layer 3"))
    expect(layers.evidence).to_contain_text("In layer 3 the activation a has standard deviation")
    framed = picture(layers)
    assert framed != before
    layers.all.screenshot(path=screenshots / "layer.png")
    layers.all.get_by_role("button", name="too small", exact=True).click()
    expect(layers.evidence).to_contain_text("g = 0.1")  # the layer stays chosen
    expect(layers.evidence).to_contain_text("In layer 3 the activation a has standard deviation")
    nets.evaluate("assert looks[1].layer == 3")
    layers.mouse.click(*layers.middle("layer 3"))
    expect(layers.evidence).not_to_contain_text("In layer 3")


def test_the_layers_are_one_slider_for_the_keyboard(layers):
    slider = layers.all.get_by_role("slider", name="chosen layer", exact=True)
    expect(slider).to_have_count(1)
    expect(slider).to_have_attribute("aria-valuetext", "none")
    slider.focus()
    for layer in (1, 2, 3):
        slider.press("ArrowRight")
        expect(layers.evidence).to_contain_text(f"In layer {layer}")
    expect(slider).to_be_focused()
    expect(slider).to_have_attribute("aria-valuetext", "3")
    expect(slider).to_have_attribute("data-mark", "layer 3")  # the focus is seen where it is
    slider.press("Home")
    expect(layers.evidence).not_to_contain_text("In layer")
    expect(slider).to_be_focused()


def test_a_finger_picks_a_layer_and_scrolls_over_them_all(nets, layers):
    nets.page.set_viewport_size({"width": 1100, "height": 700})
    layers.all.evaluate("all => all.scrollIntoView({ block: 'center' })")
    finger, (x, y) = Finger(nets.page), layers.middle("layer 3")
    top = layers.all.bounding_box()["y"]
    finger.drag((x, y), (x, y - 120))
    nets.page.wait_for_timeout(300)
    assert layers.all.bounding_box()["y"] < top - 60
    expect(layers.evidence).not_to_contain_text("In layer")
    finger.event("touchStart", layers.middle("layer 8"))
    finger.event("touchEnd")
    expect(layers.evidence).to_contain_text("In layer 8")
    finger.leave()
    nets.page.set_viewport_size({"width": 1100, "height": 1400})


def test_whoever_drags_over_the_layers_goes_from_one_to_the_next(layers):
    (x, y), (to_x, _) = layers.middle("layer 3"), layers.middle("layer 8")
    layers.mouse.move(x, y)
    layers.mouse.down()
    layers.mouse.move(to_x, y, steps=8)
    layers.mouse.up()
    expect(layers.evidence).to_contain_text("In layer 8")


def test_the_name_of_a_layers_result_shows_a_unit_which_shows_those_beneath_it(
    network, screenshots
):
    before = picture(network)
    network.all.get_by_role("button", name="show unit output[0]", exact=True).click()
    expect(network.evidence).to_contain_text("Unit output[0]. Start: the inputs are known")
    assert picture(network) != before
    network.all.get_by_role("button", name="forward done", exact=True).click()
    network.all.screenshot(path=screenshots / "unit.png")
    network.all.get_by_role("button", name="show unit a1[2]", exact=True).click()
    expect(network.evidence).to_contain_text("Unit a1[2]. Forward, gate 5 of 5")
    network.all.get_by_role("button", name="gate z1[2]", exact=True).click()
    expect(network.evidence).to_contain_text("Unit a1[2]. Backward, gate + (z1[2])")
    network.mark("fold into the network").press("Enter")
    expect(network.evidence).not_to_contain_text("Unit")


def test_every_unit_is_reached_by_the_slider_and_its_gates_one_by_one_with_shift(network):
    unfolded = network.all.get_by_role("slider", name="unfolded", exact=True)
    unfolded.press("End")
    expect(network.value.nth(1)).to_have_text("unit output[0]")
    step = network.all.get_by_role("slider", name="step", exact=True)
    for gate in range(1, 7):
        step.press("Shift+ArrowRight")
        expect(network.evidence).to_contain_text(f"Unit output[0]. Forward, gate {gate} of 6")
    unfolded.press("ArrowLeft")
    expect(network.evidence).to_contain_text("Unit a1[2]. Forward")


@pytest.mark.parametrize("key", ["Enter", " "])
def test_whoever_goes_to_a_unit_and_back_by_keyboard_stays_in_the_picture(network, key):
    network.mark("show unit output[0]").focus()
    network.mark("show unit output[0]").press(key)
    expect(network.evidence).to_contain_text("Unit output[0]")
    fold = network.mark("fold into the network")
    expect(fold).to_be_focused()
    fold.press(key)
    expect(network.evidence).not_to_contain_text("Unit")
    expect(network.mark("unfold layer 1")).to_be_focused()
