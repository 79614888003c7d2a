"""Move four sliders in a real JupyterLab, and write down how soon and how smoothly pictures follow.

    python benchmarks/sliders/measure.py [--rounds 20] [--write]

All sides stand in one notebook, with one kernel, and take turns. Without --write the table is only
printed. Needs Chromium on the path.
"""

import argparse
import json
import sys
import time
from contextlib import closing
from itertools import count, pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import numpy as np
from websocket import create_connection

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent), str(ROOT), str(ROOT / "tests")]

from browser.lab import CHROMIUM, Lab, chromium, free_port, notebook, serving  # noqa: E402
from run import described, machine, rounded  # noqa: E402

# By name: how the table calls it, what the browser watches, and what takes keys and mouse.
SIDES = {
    "held": ("coursekit, a held position", "svg", "input[type=range]"),
    "fresh": ("coursekit, a fresh position", "svg", "input[type=range]"),
    "interact": ("interact + inline figure", "img", ".noUi-handle"),
    "ipympl": ("ipympl, blitting", "canvas", ".noUi-handle"),
}
DRAGS = 2
STEPS = 45  # of the mouse in each direction
EVERY = 1 / 60  # seconds between two of them
QUIET = 900  # milliseconds without a new picture that end a drag
CELLS = [
    f"import sys\nsys.path.insert(0, {str(HERE)!r})\nfrom sides import COSTS, models, side\n"
    "%matplotlib inline",
    *(f"{name} = side({name!r})\n{name}" for name in SIDES),
    *(f"another_{name} = side({name!r})\nanother_{name}" for name in SIDES),
]
PICTURE = "![Milliseconds to the picture, and frames a second, for each side.](results.svg)"
BEGIN, END = "<!-- written by make bench-sliders -->", "<!-- until here -->"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20, help="key presses for each side")
    parser.add_argument("--write", action="store_true", help="to README.md, results.json and .svg")
    given = parser.parse_args()
    if CHROMIUM is None:
        raise SystemExit("there is no chromium on this machine's path")
    on = machine(("jupyterlab", "anywidget", "ipywidgets", "matplotlib", "ipympl"))
    port = free_port()
    listening = chromium(CHROMIUM, f"--remote-debugging-port={port}")
    with TemporaryDirectory() as home, serving(Path(home)) as server, listening as browser:
        on["browser"] = f"Chromium {browser.version}"
        tab = Lab(browser, *server).open(notebook(*CELLS))
        try:
            sides = measured(Bench(tab, server[1], port), given.rounds)
        finally:
            tab.close()
    results = {"machine": on, "sides": sides}
    print(table(results))
    if given.write:
        write(results)


class Bench:
    """The notebook, and the page's own account of what was painted when."""

    def __init__(self, tab, root, port):
        self.tab, self.page, self.root, self.port = tab, tab.page, root, port
        self.chrome = self.page.context.new_cdp_session(self.page)

    def run_cell(self, place):
        self.page.locator(".jp-Cell").nth(place).locator(".jp-InputPrompt").click()
        self.tab.command("notebook:run-cell")

    def heap(self):
        """Megabytes that the page's script holds, its garbage taken out."""
        self.chrome.send("HeapProfiler.collectGarbage")
        return self.chrome.send("Runtime.getHeapUsage")["usedSize"] / 1e6

    def slider(self, name):
        return self.page.locator(f".side-{name} {SIDES[name][2]}").first

    def log(self, name):
        return self.page.evaluate(f"() => window.probes[{name!r}]")

    def settle(self, name):
        """Wait until no new picture has come for a while."""
        script = """([name, quiet]) => {
            const { painted, inputs } = window.probes[name];
            const last = Math.max(painted.at(-1) ?? Infinity, inputs.at(-1)[1]);
            return performance.now() - last > quiet;
        }"""
        self.tab.wait(script, [name, QUIET])

    def pixels(self, name):
        return self.page.screenshot(clip=self.page.locator(f".side-{name}").bounding_box())

    def show(self, name):
        self.page.locator(f".side-{name}").first.scroll_into_view_if_needed()
        self.page.wait_for_timeout(100)

    def drag(self, places):
        """Drag the mouse along places, at the pace of a hand.

        Playwright's mouse waits after each move until the page is done with it. A hand does not,
        so that a page which is too slow falls behind: the moves go to the browser directly.
        """
        with urlopen(f"http://127.0.0.1:{self.port}/json") as answer:
            targets = json.load(answer)
        (address,) = (t["webSocketDebuggerUrl"] for t in targets if t["url"] == self.page.url)
        with closing(create_connection(address, suppress_origin=True)) as line:
            calls, due = count(1), time.perf_counter()

            def mouse(kind, place, buttons=1):
                x, y = place
                order = {"type": kind, "x": x, "y": y, "button": "left", "buttons": buttons}
                call = {"method": "Input.dispatchMouseEvent", "params": {**order, "clickCount": 1}}
                line.send(json.dumps({"id": next(calls), **call}))

            mouse("mousePressed", places[0])
            for place in places[1:]:
                due += EVERY
                time.sleep(max(0, due - time.perf_counter()))
                mouse("mouseMoved", place)
            mouse("mouseReleased", places[-1], buttons=0)
            while json.loads(line.recv()).get("id") != len(places) + 1:
                pass


def measured(bench, rounds):
    """Let all sides take turns, and give what was seen of each."""
    page, tab = bench.page, bench.tab
    tab.wait("() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel")
    found = {name: {"press": [], "drag": [], "jumps": 0, "blanks": 0} for name in SIDES}
    bench.run_cell(0)
    for place, name in enumerate(SIDES, start=1):
        bench.run_cell(place)
        bench.slider(name).wait_for()
    page.wait_for_timeout(1500)
    for name, (_, kind, _) in SIDES.items():
        page.evaluate((HERE / "probe.js").read_text(), [name, kind])
    page.wait_for_timeout(300)
    for turn in range(rounds + 1):
        for name in SIDES:
            milliseconds = pressed(bench, name)
            if turn:  # the first one warms up
                found[name]["press"].append(milliseconds)
    costs = page.evaluate(f"() => {kernel_says('COSTS')}")
    found["fresh"]["own"] = costs[1 : rounds + 1]
    for turn in range(DRAGS):
        for name in SIDES:
            found[name]["drag"].append(dragged(bench, name, turn))
    for name in SIDES:
        log = bench.log(name)
        found[name] |= {"jumps": log["jumps"], "blanks": log["blanks"]}
    for place, name in enumerate(SIDES, start=1 + len(SIDES)):
        before = bench.heap()
        bench.run_cell(place)
        page.locator(f".side-{name} {SIDES[name][2]}").nth(1).wait_for(state="attached")
        page.wait_for_timeout(1500)
        found[name]["heap"] = bench.heap() - before
    tab.save()
    ids = page.evaluate(
        "() => " + kernel_says("{n: sorted(models(globals()[n])) for n in " + str([*SIDES]) + "}")
    )
    saved = json.loads((bench.root / tab.name).read_text("utf-8"))
    states = saved["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    for place, name in enumerate(SIDES, start=1):
        kept = [states[each] for each in ids[name] if each in states]
        kept += saved["cells"][place]["outputs"]
        found[name]["saved"] = len(json.dumps(kept))
    return found


def kernel_says(expression):
    """A script that asks the kernel for the value of an expression."""
    kernel = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
    asked = json.dumps(
        {"code": "import json", "user_expressions": {"it": f"json.dumps({expression})"}}
    )
    plain = "reply.content.user_expressions.it.data['text/plain'].slice(1, -1)"  # of its quotes
    return f"{kernel}.requestExecute({asked}).done.then(reply => JSON.parse({plain}))"


def pressed(bench, name):
    """Milliseconds from a key press to the frame in which the picture has changed."""
    bench.show(name)
    bench.slider(name).focus()
    before = bench.pixels(name)
    bench.page.wait_for_timeout(150)
    log = bench.log(name)
    painted, inputs = len(log["painted"]), len(log["inputs"])
    bench.page.keyboard.press("ArrowRight")
    bench.tab.wait(f"() => window.probes[{name!r}].painted.length > {painted}")
    bench.page.wait_for_timeout(300 if name == "interact" else 100)
    assert bench.pixels(name) != before, f"{name}: the key press changed nothing that one sees"
    log = bench.log(name)
    return log["painted"][painted] - log["inputs"][inputs][1]


def dragged(bench, name, turn):
    """Drag the slider to its end and back: frames a second, the longest gap, the lag at the end."""
    bench.show(name)
    slider = bench.slider(name)
    track = (
        slider
        if SIDES[name][1] == "svg"
        else slider.locator("xpath=ancestor::*[contains(@class, 'noUi-target')]")
    )
    slider.press("Home")
    bench.page.wait_for_timeout(QUIET)
    box, knob = track.bounding_box(), slider.bounding_box()
    y = box["y"] + box["height"] / 2
    x = box["x"] + 8 if track is slider else knob["x"] + knob["width"] / 2
    started = len(bench.log(name)["painted"])
    there = np.linspace(x, box["x"] + box["width"] - 8 - turn, STEPS + 1)
    back = np.linspace(there[-1], x, STEPS + 1) + (there[1] - there[0]) / 2  # the places between
    bench.drag([(place, y) for place in (*there.tolist(), *back[1:].tolist())])
    bench.settle(name)
    log = bench.log(name)
    painted = log["painted"][started:]
    times = dict(log["inputs"])  # the last of each kind
    down, up = times["pointerdown"], times["pointerup"]
    moves = [when for kind, when in log["inputs"] if kind == "pointermove" and down <= when <= up]
    while_down = [when for when in painted if down <= when <= up]
    return {
        "seconds": (up - down) / 1000,
        "moves": len(moves),
        "frames": len(while_down),
        "longest": max((b - a for a, b in pairwise([down, *while_down, up])), default=0),
        "lag": max(0, painted[-1] - up),
    }


def table(results):
    """Write the figures as Markdown: medians, and the worst where it is what one feels."""
    lines = [
        "| | key press to pixels, ms | slowest of ten | frames of moves a second, dragged "
        "| longest wait, ms | lag at the end, ms | jumps | blank frames | saved, KB "
        "| page's memory, MB |",
        "|--|" + "--:|" * 9,
    ]
    for name, seen in results["sides"].items():
        drags = seen["drag"]
        cells = [
            SIDES[name][0],
            f"{median(seen['press']):.0f}",
            f"{slow(seen['press']):.0f}",
            f"{median(rates(seen, 'frames')):.0f} of {median(rates(seen, 'moves')):.0f}",
            f"{max(drag['longest'] for drag in drags):.0f}",
            f"{max(drag['lag'] for drag in drags):.0f}",
            f"{seen['jumps']}",
            f"{seen['blanks']}",
            f"{seen['saved'] / 1000:.0f}",
            f"{seen['heap']:.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    fresh = results["sides"]["fresh"]
    beyond = median(beyond_own(fresh))
    lines += [
        "",
        (
            f"A fresh frame took {median(fresh['own']):.0f} ms to compute; beyond that, it was "
            f"there after {beyond:.0f} ms (median)."
        ),
    ]
    return "\n".join(lines) + "\n"


def slow(times):
    """The time that one press in ten exceeds."""
    return sorted(times)[int(0.9 * (len(times) - 1))]


def rates(seen, what):
    return [drag[what] / drag["seconds"] for drag in seen["drag"]]


def beyond_own(fresh):
    """What each fresh frame took beyond its own computing."""
    return [whole - own for whole, own in zip(fresh["press"], fresh["own"], strict=True)]


def write(results):
    """Keep the figures as JSON, as a table in README.md, and as a picture."""
    (HERE / "results.json").write_text(json.dumps(rounded(results), ensure_ascii=False) + "\n")
    readme = HERE / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    page = "\n\n".join([described(results["machine"]), PICTURE, table(results)])
    readme.write_text(f"{before}{BEGIN}\n{page}{END}{after}", encoding="utf-8")
    from picture import draw_sliders

    drawing = HERE / "results.svg"
    draw_sliders({SIDES[name][0]: seen for name, seen in results["sides"].items()}, drawing)


if __name__ == "__main__":
    main()
