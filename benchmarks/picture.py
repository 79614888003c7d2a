"""The figures as one picture: a row of dots for each workload, on a logarithmic axis."""

from pathlib import Path
from statistics import median

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

MARKS = {"coursekit": ("o", "#0b6e4f"), "NumPy": ("s", "#555555"), "": ("D", "#b3541e")}


def draw(workloads: dict, path: Path) -> None:
    """Draw one panel for each workload: the time of each side, one thread and two."""
    with plt.rc_context({"svg.hashsalt": "coursekit", "svg.fonttype": "none"}):
        heights = [len(next(iter(by.values()))["sides"]) + 2 for by in workloads.values()]
        figure, panels = plt.subplots(
            len(workloads),
            figsize=(8, 0.24 * sum(heights)),
            height_ratios=heights,
            layout="constrained",
            squeeze=False,
        )
        for panel, (module, by_threads) in zip(panels.flat, workloads.items(), strict=True):
            panel_of(panel, module.split("_")[0].upper(), by_threads)
        panels.flat[-1].set_xlabel("milliseconds (full mark: 1 thread; open: 2)")
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def panel_of(panel, number, by_threads):
    sides = list(next(iter(by_threads.values()))["sides"])
    for threads, race in by_threads.items():
        for row, side in enumerate(sides):
            if times := race["sides"][side].get("ms"):
                mark, colour = next(MARKS[who] for who in MARKS if side.startswith(who))
                fill = colour if threads == "1" else "none"
                panel.plot(median(times), row, mark, color=colour, markerfacecolor=fill)
    panel.set_yticks(range(len(sides)), sides)
    panel.set_ylim(len(sides) - 0.5, -0.5)
    panel.set_xscale("log")
    panel.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=20))
    panel.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    panel.xaxis.set_minor_formatter(NullFormatter())
    panel.grid(axis="x", alpha=0.3)
    title = next(iter(by_threads.values()))["title"]
    panel.set_title(f"{number}: {title}", loc="left", fontsize="medium")


def draw_sliders(sides: dict, path: Path) -> None:
    """Draw each key press as a dot, and each drag's frames a second as another."""
    with plt.rc_context({"svg.hashsalt": "coursekit", "svg.fonttype": "none"}):
        figure, (waits, rates) = plt.subplots(1, 2, figsize=(9, 2.6), layout="constrained")
        for row, (name, seen) in enumerate(sides.items()):
            mark, colour = next(MARKS[who] for who in MARKS if name.startswith(who))
            dots = {"color": colour, "alpha": 0.5, "linestyle": ""}
            waits.plot(seen["press"], [row] * len(seen["press"]), mark, **dots)
            frames = [drag["frames"] / drag["seconds"] for drag in seen["drag"]]
            rates.plot(frames, [row] * len(frames), mark, **dots)
        waits.set(xscale="log", xlabel="milliseconds from key press to picture")
        waits.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=20))
        waits.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        waits.xaxis.set_minor_formatter(NullFormatter())
        rates.set(xlim=(0, 62), xlabel="frames a second while dragging")
        waits.set_yticks(range(len(sides)), list(sides))
        rates.set_yticks(range(len(sides)), [""] * len(sides))
        for panel in (waits, rates):
            panel.set_ylim(len(sides) - 0.5, -0.5)
            panel.grid(axis="x", alpha=0.3)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
