"""Nothing on the page moves by itself: not while held frames arrive, nor in any named state."""

import pytest
from playwright.sync_api import expect

from browser.conftest import lab_on, notebook
from coursekit.explorers import EXPLORERS

CELL = """from coursekit import explorers
examples = [getattr(explorers, name).example() for name in explorers.EXPLORERS]
display(*examples)"""
ALL_HELD = """import asyncio, base64, json, zlib

def whole(explorer):
    held = json.loads(zlib.decompress(base64.b64decode(explorer.held_frames)))
    return {*map(explorer.key_of, explorer.held_states())} <= {*held}

while not all(map(whole, examples)):
    await asyncio.sleep(0.5)"""
# Notes each height of each explorer from the moment it is on the page.
WATCH = """() => {
    window.heights = {};
    const boxes = new ResizeObserver((all) => {
        const explorers = [...document.querySelectorAll(".coursekit-explorer")];
        for (const { target } of all)
            (heights[explorers.indexOf(target)] ??= []).push(target.offsetHeight);
    });
    const begin = (node) =>
        node.querySelectorAll?.(".coursekit-explorer").forEach((each) => boxes.observe(each));
    new MutationObserver((all) => all.forEach(({ addedNodes }) => addedNodes.forEach(begin)))
        .observe(document.body, { childList: true, subtree: true });
}"""
CHANGES = "() => Object.values(heights).map((all) => Math.max(...all) - Math.min(...all))"


@pytest.mark.parametrize("width", [1100, 400])
def test_no_explorer_ever_changes_its_height(server, browser, screenshots, width):
    with lab_on(server, browser) as lab:
        tab = lab.open(notebook(CELL), width=width)
        tab.page.evaluate(WATCH)
        tab.run_all()
        shown = tab.page.locator(".coursekit-explorer")
        expect(tab.page.locator(".coursekit-evidence")).to_have_count(len(EXPLORERS))
        tab.evaluate(ALL_HELD)
        for nth in range(len(EXPLORERS)):
            for state in shown.nth(nth).locator(".coursekit-states button").all():
                state.click()
                tab.page.wait_for_timeout(100)
            shown.nth(nth).screenshot(path=screenshots / f"{[*EXPLORERS][nth]}-{width}.png")
        changed = dict(zip(EXPLORERS, tab.page.evaluate(CHANGES), strict=True))
        assert {name: by for name, by in changed.items() if by > 1} == {}
