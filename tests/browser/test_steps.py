"""A learner steps through graphs, folds and unfolds them, and moves about in a large one."""

import pytest
from playwright.sync_api import expect

from browser.conftest import lab_on, notebook
from browser.looking import Finger

CELLS = (
    "from coursekit import MLP, Node, Tanh, exp, explore\n"
    "def sigma(z):\n    return 1 / (1 + exp(-z))",
    "x, y = Node(3, 'x'), Node(-4, 'y')\n"
    "explore((x + sigma(y)) / (sigma(x) + (x + y) ** 2), fold=True)",
    "explore(MLP([2, 4, 4, 1], Tanh())([[1.0, -1.0]]))",
    "f = x\nfor _ in range(40):\n    f = Tanh()(f * y + x)\nexplore(f, most=None, fold=False)",
)


@pytest.fixture(scope="module", params=["light", "dark"])
def tab(request, server, browser):
    """A notebook with three step-throughs, run once for all tests of a theme."""
    with lab_on(server, browser) as lab:
        tab = lab.open(notebook(*CELLS), theme=request.param, height=1300)
        tab.run_all()
        expect(tab.page.locator(".coursekit-evidence").nth(2)).not_to_be_empty()
        tab.theme_name = request.param
        yield tab


class Steps:
    """One step-through on the page, at its start."""

    def __init__(self, tab, nth):
        self.page = tab.page
        self.all = tab.page.locator(".coursekit-explorer").nth(nth)
        self.picture = self.all.locator(".coursekit-picture")
        self.svg = self.picture.locator("svg")
        self.evidence = self.all.locator(".coursekit-evidence")
        self.slider = self.all.get_by_role("slider").first
        self.all.get_by_role("button", name="reset", exact=True).click()
        self.all.scroll_into_view_if_needed()
        expect(self.evidence).to_contain_text("Start: the inputs are known")

    def mark(self, name):
        return self.all.locator(f"[data-mark='{name}']")

    def middle(self, name):
        box = self.mark(name).bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def to(self, step):
        self.slider.focus()
        self.slider.press("Home")
        for _ in range(step):
            self.slider.press("ArrowRight")

    def scrolled(self):
        return self.picture.evaluate("box => [box.scrollLeft, box.scrollTop]")


def inside(part, whole):
    """Check that all of a part is where the whole is."""
    part, whole = part.bounding_box(), whole.bounding_box()
    for start, length in (("x", "width"), ("y", "height")):
        assert whole[start] - 1 <= part[start]
        assert part[start] + part[length] <= whole[start] + whole[length] + 1


@pytest.fixture
def circuit(tab):
    return Steps(tab, 0)


@pytest.fixture
def network(tab):
    return Steps(tab, 1)


@pytest.fixture
def chain(tab):
    return Steps(tab, 2)


def test_a_click_unfolds_a_gate_and_a_click_beside_its_gates_folds_it(circuit):
    circuit.page.mouse.click(*circuit.middle("unfold σ at g4"))
    expect(circuit.all.get_by_role("radio", name="σ at g4")).to_be_checked()
    ground = circuit.mark("fold σ at g4").bounding_box()
    circuit.page.mouse.click(ground["x"] + 4, ground["y"] + ground["height"] - 16)
    expect(circuit.all.get_by_role("radio", name="nothing")).to_be_checked()


def test_a_click_may_tremble_and_whoever_goes_away_from_a_gate_picks_nothing(circuit):
    mouse, (x, y) = circuit.page.mouse, circuit.middle("unfold σ at g4")
    chosen = circuit.all.get_by_role("radio", name="σ at g4")
    for away, picked in [(80, False), (4, True)]:
        mouse.move(x, y)
        mouse.down()
        mouse.move(x, y + away, steps=2)
        mouse.up()
        assert chosen.is_checked() == picked


def test_a_gate_leaves_to_the_page_the_arrow_keys_that_it_does_not_answer(circuit):
    took = circuit.mark("unfold σ at g4").evaluate(
        """gate => ["ArrowDown", "Enter"].map((key) => !gate.dispatchEvent(
            new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })))"""
    )
    assert took == [False, True]


def test_the_focus_stays_with_the_gate_that_unfolds(circuit):
    circuit.mark("unfold σ at g9").focus()
    circuit.page.keyboard.press("Enter")
    expect(circuit.mark("fold σ at g9")).to_be_focused()
    circuit.page.keyboard.press("Enter")
    expect(circuit.mark("unfold σ at g9")).to_be_focused()


def test_unfolding_shows_the_same_moment(circuit, tab, screenshots):
    last = int(circuit.slider.get_attribute("max"))
    for step, name in [(0, "start"), (last // 2 + 3, "middle"), (last, "end")]:
        circuit.to(step)
        for choice in ("nothing", "σ at g9", "everything"):
            circuit.all.get_by_role("radio", name=choice).check()
            circuit.page.wait_for_timeout(300)
            circuit.all.screenshot(path=screenshots / f"steps-{tab.theme_name}-{name}-{choice}.png")
            assert circuit.slider.input_value() == str(step)
    expect(circuit.evidence).to_contain_text("Backward")


def test_a_network_unfolds_by_layer(network, tab, screenshots):
    network.all.screenshot(path=screenshots / f"network-{tab.theme_name}-folded.png")
    network.page.mouse.click(*network.middle("unfold layer 2"))
    unfolded = network.all.get_by_role("slider", name="unfolded", exact=True)
    expect(unfolded).to_have_attribute("aria-valuetext", "layer 2")
    network.to(6)
    expect(network.evidence).to_contain_text("Forward")
    network.page.wait_for_timeout(300)
    network.all.screenshot(path=screenshots / f"network-{tab.theme_name}-layer.png")


def test_a_large_graph_is_zoomed_by_buttons_keys_and_wheel(chain, tab, screenshots):
    width = chain.svg.bounding_box()["width"]
    height = chain.all.bounding_box()["height"]
    chain.all.get_by_role("button", name="zoom in").click()
    assert chain.svg.bounding_box()["width"] == pytest.approx(1.25 * width, rel=0.02)
    chain.picture.focus()
    chain.page.keyboard.press("+")
    assert chain.svg.bounding_box()["width"] == pytest.approx(1.25**2 * width, rel=0.02)
    chain.page.wait_for_timeout(300)
    chain.all.screenshot(path=screenshots / f"large-{tab.theme_name}-zoomed.png")
    chain.page.keyboard.press("-")
    box = chain.picture.bounding_box()
    chain.page.mouse.move(box["x"] + 200, box["y"] + 150)
    chain.page.keyboard.down("Control")
    chain.page.mouse.wheel(0, -300)
    chain.page.keyboard.up("Control")
    chain.page.wait_for_timeout(100)
    assert chain.svg.bounding_box()["width"] == pytest.approx(2.5 * width, rel=0.05)
    for _ in range(20):
        chain.all.get_by_role("button", name="zoom out").click()
    assert chain.svg.bounding_box()["height"] <= box["height"] + 1  # all of it is in sight
    chain.page.wait_for_timeout(300)
    chain.all.screenshot(path=screenshots / f"large-{tab.theme_name}-whole.png")
    chain.all.get_by_role("button", name="fit to width").click()
    assert chain.svg.bounding_box()["width"] == pytest.approx(width)
    assert chain.all.bounding_box()["height"] == pytest.approx(height)


def test_a_graph_that_little_room_makes_illegible_gets_the_buttons_too(network, tab, screenshots):
    zoom_in = network.all.get_by_role("button", name="zoom in")
    expect(zoom_in).to_be_hidden()
    tab.page.set_viewport_size({"width": 400, "height": 1300})
    zoom_in.click()
    network.all.screenshot(path=screenshots / f"narrow-{tab.theme_name}.png")
    wide, seen = network.svg.bounding_box()["width"], network.picture.bounding_box()["width"]
    network.all.get_by_role("button", name="fit to width").click()
    tab.page.set_viewport_size({"width": 1100, "height": 1300})
    expect(zoom_in).to_be_hidden()
    assert wide > 1.2 * seen


def test_a_small_graph_that_is_zoomed_keeps_the_gate_at_work_in_view(circuit, screenshots):
    now = circuit.svg.locator("[data-now]")
    circuit.to(1)
    for _ in range(5):
        circuit.slider.press("ArrowRight")
        circuit.picture.evaluate("box => { box.tabIndex = 0; box.focus() }")
        circuit.page.keyboard.press("+")
        inside(now, circuit.picture)
    circuit.slider.press("End")
    expect(circuit.evidence).to_contain_text("Backward")
    inside(now, circuit.picture)
    circuit.all.screenshot(path=screenshots / "small-followed.png")
    circuit.all.get_by_role("button", name="fit to width").click()


def test_a_small_graph_that_is_zoomed_shows_the_way_back(circuit, tab, screenshots):
    tools = circuit.all.locator(".coursekit-zoom")
    width, height = circuit.svg.bounding_box()["width"], circuit.all.bounding_box()["height"]
    expect(tools).to_be_hidden()
    circuit.mark("unfold σ at g4").press("+")
    assert circuit.svg.bounding_box()["width"] == pytest.approx(1.25 * width, rel=0.02)
    assert circuit.all.bounding_box()["height"] == height
    circuit.all.screenshot(path=screenshots / f"small-{tab.theme_name}-zoomed.png")
    circuit.all.get_by_role("button", name="fit to width").press("Enter")
    expect(tools).to_be_hidden()
    expect(circuit.picture).to_be_focused()
    assert circuit.svg.bounding_box()["width"] == width
    circuit.page.mouse.move(*circuit.middle("unfold σ at g4"))
    circuit.page.keyboard.down("Control")
    for delta, shows in [(-150, True), (150, False)]:
        circuit.page.mouse.wheel(0, delta)
        expect(tools).to_be_visible(visible=shows)
    circuit.page.keyboard.up("Control")
    assert circuit.svg.bounding_box()["width"] == pytest.approx(width, rel=0.01)


def test_two_fingers_zoom_a_large_graph_and_what_is_between_them_stays(chain, tab, screenshots):
    chain.all.get_by_role("button", name="fit to width").click()
    width, height = chain.svg.bounding_box()["width"], chain.all.bounding_box()["height"]
    box = chain.picture.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    between = "([svg, x, y]) => new DOMPoint(x, y).matrixTransform(svg.getScreenCTM().inverse())"

    def held():
        place = chain.page.evaluate(between, [chain.svg.element_handle(), x, y])
        return place["x"], place["y"]

    page, there = chain.page.evaluate("() => [visualViewport.scale, scrollY]"), held()
    finger = Finger(chain.page)
    finger.event("touchStart", (x - 30, y))
    finger.event("touchStart", (x - 30, y), (x + 30, y))
    for apart in (40, 50, 60, 75):
        finger.event("touchMove", (x - apart, y), (x + apart, y))
    assert chain.svg.bounding_box()["width"] == pytest.approx(2.5 * width, rel=0.02)
    assert held() == pytest.approx(there, abs=2)
    finger.event("touchMove", (x - 45, y), (x + 45, y))
    finger.event("touchEnd")
    finger.leave()
    assert chain.svg.bounding_box()["width"] == pytest.approx(1.5 * width, rel=0.02)
    assert chain.all.bounding_box()["height"] == height
    assert chain.page.evaluate("() => [visualViewport.scale, scrollY]") == page
    chain.all.screenshot(path=screenshots / f"large-{tab.theme_name}-pinched.png")
    chain.all.get_by_role("button", name="fit to width").click()


def test_one_finger_moves_a_large_graph(chain):
    chain.picture.evaluate("box => box.scrollTo(0, 0)")
    box = chain.picture.bounding_box()
    x, y = box["x"] + box["width"] - 40, box["y"] + 300
    finger = Finger(chain.page)
    finger.drag((x, y), (x, y - 120))
    finger.leave()
    chain.page.wait_for_timeout(300)
    assert chain.scrolled()[1] > 60


def test_a_finger_that_begins_on_a_gate_scrolls_the_page(circuit, tab):
    tab.page.set_viewport_size({"width": 1100, "height": 800})
    circuit.all.evaluate("all => all.scrollIntoView({ block: 'center' })")
    top, (x, y) = circuit.all.bounding_box()["y"], circuit.middle("unfold σ at g4")
    finger = Finger(tab.page)
    finger.drag((x, y), (x, y - 120))
    finger.leave()
    tab.page.wait_for_timeout(300)
    moved = top - circuit.all.bounding_box()["y"]
    tab.page.set_viewport_size({"width": 1100, "height": 1300})
    assert moved > 60
    expect(circuit.all.get_by_role("radio", name="σ at g4")).not_to_be_checked()


def test_a_large_graph_is_moved_by_mouse_and_keys(chain):
    chain.to(0)
    chain.picture.evaluate("box => box.scrollTo(0, 0)")
    box = chain.picture.bounding_box()
    chain.page.mouse.move(box["x"] + box["width"] - 40, box["y"] + 300)
    chain.page.mouse.down()
    chain.page.mouse.move(box["x"] + box["width"] - 40, box["y"] + 180, steps=5)
    chain.page.mouse.up()
    assert chain.scrolled()[1] == pytest.approx(120, abs=2)
    chain.picture.focus()
    chain.page.keyboard.press("End")
    chain.page.wait_for_timeout(600)
    assert chain.scrolled()[1] > 300


def test_the_gate_at_work_comes_into_view(chain):
    chain.to(0)
    chain.slider.press("End")
    for _ in range(3):
        chain.slider.press("PageDown")
        chain.page.wait_for_timeout(150)
        inside(chain.svg.locator("[data-now]"), chain.picture)
