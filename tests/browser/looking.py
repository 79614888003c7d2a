"""Some explorers in one notebook, and what a reader does with each of them."""

from contextlib import contextmanager

from playwright.sync_api import expect

from browser.conftest import lab_on, notebook


@contextmanager
def shown(server, browser, names, height):
    """A notebook with one explorer a cell, run; gives what takes hold of one, by its name."""
    imported = f"from coursekit.explorers import {', '.join(names)}"
    with lab_on(server, browser) as lab:
        tab = lab.open(notebook(imported, *(f"{name}()" for name in names)), height=height)
        tab.run_all()
        expect(tab.page.locator(".coursekit-evidence").nth(len(names) - 1)).not_to_be_empty()
        yield lambda name: Look(tab, names.index(name))


class Look:
    """One explorer on the page, at its start."""

    def __init__(self, tab, place):
        self.tab = tab
        self.all = tab.page.locator(".coursekit-explorer").nth(place)
        self.evidence = self.all.locator(".coursekit-evidence")
        self.picture = self.all.locator(".coursekit-picture")
        self.notice = self.all.locator(".coursekit-notice")
        self.go("reset")

    def go(self, state):
        self.all.get_by_role("button", name=state, exact=True).click()

    def pick(self, option):
        self.all.get_by_role("radio", name=option, exact=True).check()

    def press(self, slider, key, times=1):
        for _ in range(times):
            self.all.get_by_role("slider", name=slider, exact=True).press(key)

    def says(self, words):
        expect(self.evidence).to_contain_text(words)
        expect(self.notice).to_be_hidden()

    def drag(self, mark, across, down):
        self.all.scroll_into_view_if_needed()  # a mark is redrawn as it moves, and gone meanwhile
        while not (box := self.all.locator(f"[data-mark='{mark}']").bounding_box()):
            pass
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse = self.tab.page.mouse
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + across, y + down, steps=6)
        mouse.up()

    def photograph(self, folder, name):
        """Keep a picture of it in both themes, for who looks."""
        for theme in ("dark", "light"):
            self.tab.theme(theme)
            self.all.screenshot(path=folder / f"{name}-{theme}.png")


def hold(slider, key, times, shift=False):
    """Press a key once a frame from within the page: a slow driver would rest between them."""
    slider.evaluate(
        """async (input, [times, press]) => {
            for (let k = 0; k < times; k += 1) {
                input.dispatchEvent(new KeyboardEvent("keydown", { ...press, bubbles: true }));
                await new Promise(requestAnimationFrame);
            }
        }""",
        [times, {"key": key, "shiftKey": shift}],
    )


def middle(place):
    """Where the middle of something is on the page."""
    box = place.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


class Finger:
    """A finger on the page, or some: Chromium's own touch events."""

    def __init__(self, page):
        self.chrome = page.context.new_cdp_session(page)
        self.chrome.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def event(self, kind, *places):
        """Tell the browser where fingers are now, after one came, moved or went."""
        points = [{"x": x, "y": y, "id": name} for name, (x, y) in enumerate(places)]
        self.chrome.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def drag(self, start, end, steps=6):
        (x, y), (to_x, to_y) = start, end
        self.event("touchStart", start)
        for step in range(1, steps + 1):
            share = step / steps
            self.event("touchMove", (x + share * (to_x - x), y + share * (to_y - y)))
        self.event("touchEnd")

    def leave(self):
        self.chrome.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
        self.chrome.detach()
