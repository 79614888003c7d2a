"""Start every explorer in processes of its own, and write down what a reader waits for.

    python benchmarks/explorers/measure.py [DyingNet ...] [--runs 5] [--write]

Without --write the table is only printed; with it, the explorers that are named take their new
figures, and the others keep theirs.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

from run import described, machine, rounded  # noqa: E402

from coursekit import explorers  # noqa: E402

FRESH = 20  # positions that are asked for
BEGIN, END = "<!-- written by make bench-explorers -->", "<!-- until here -->"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="such as DyingNet; all if none is named")
    parser.add_argument("--runs", type=int, default=5, help="processes for each explorer")
    parser.add_argument("--write", action="store_true", help="to README.md and results.json")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(given.one)))
        return
    on = machine(("numpy", "matplotlib", "anywidget"))
    found = {name: [] for name in given.names or explorers.EXPLORERS}
    for _ in range(given.runs):
        for name, runs in found.items():
            runs.append(in_a_process(name))
    print(table(found))
    if given.write:
        kept = json.loads((HERE / "results.json").read_text("utf-8"))["explorers"]
        write({"machine": on, "explorers": dict(sorted((kept | found).items()))})


def in_a_process(name):
    """Measure an explorer in a process that has drawn nothing before."""
    command = [sys.executable, __file__, "--one", name]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{name} cannot be measured\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def measured(name):
    """Start an explorer as a cell of a notebook does, then ask it for what nobody held."""
    kind = getattr(explorers, name)  # brings its module, and whatever that needs

    async def cell():
        began = process_time()
        look = kind.example()
        look._repr_mimebundle_()
        return look, process_time() - began

    look, start = asyncio.run(cell())
    rates = [position for c in look.controls if c.name == "rate" for position in c.positions]
    moved = random.Random(0).sample(rates, min(FRESH, len(rates)))
    trained = [asked(look, look.starts() | {"rate": rate}) for rate in moved]
    fresh = [(asked(look, state), asked(look, state)) for state in anywhere(look)]
    first, again = ([pair[place] for pair in fresh] for place in (0, 1))
    return {"start": start, "rate": trained, "fresh": first, "again": again}


def anywhere(look):
    """Choose positions that are not held, all controls moved at once; none where all are held."""
    held = {look.key_of(look.state(**look.starts() | state)) for state in look.held()}
    rng, found = random.Random(0), {}
    for _ in range(10 * FRESH):
        state = {control.name: rng.choice(control.positions) for control in look.controls}
        if look.key_of(state) not in held and len(found) < FRESH:
            found[look.key_of(state)] = state
    return found.values()


def asked(look, state):
    """Seconds until a frame is there."""
    began = perf_counter()
    frame = look.frame(**state)
    assert "fault" not in frame, frame
    return perf_counter() - began


def table(found):
    """Write the figures as Markdown: medians over all processes."""
    lines = [
        "| | CPU to the first picture, s | a fresh frame, ms | slowest of ten, ms "
        "| the same once more, ms | frames a second while the rate moves |",
        "|--|" + "--:|" * 5,
    ]
    for name, runs in found.items():
        times = {
            what: [t for run in runs for t in run[what]] for what in ("fresh", "again", "rate")
        }
        cells = [name, f"{median(run['start'] for run in runs):.2f}"]
        for kind, figure in (("fresh", median), ("fresh", slow), ("again", median)):
            cells.append(f"{1000 * figure(times[kind]):.0f}" if times[kind] else "")
        cells.append(f"{1 / median(times['rate']):.1f}" if times["rate"] else "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def slow(times):
    """The time that one frame in ten exceeds."""
    return sorted(times)[int(0.9 * (len(times) - 1))]


def write(results):
    """Keep the figures as JSON, and as a table in README.md."""
    (HERE / "results.json").write_text(json.dumps(rounded(results), ensure_ascii=False) + "\n")
    readme = HERE / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    page = "\n\n".join([described(results["machine"]), table(results["explorers"])])
    readme.write_text(f"{before}{BEGIN}\n{page}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
