"""Run the workloads beside their peers, and write the table, the figures and the picture.

    python benchmarks/run.py [W1 ...] [--threads 1 2] [--seconds 3] [--write]

Each workload has a process of its own for each number of threads; inside it all sides take turns.
A peer that is not installed is left out, and the table says so. Without --write the table is only
printed.
"""

import argparse
import importlib
import json
import os
import platform
import re
import subprocess
import sys
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # the engine as it stands here, installed or not

from clock import race, ratio  # noqa: E402

MODULES = sorted(path.stem for path in (HERE / "workloads").glob("w*.py"))
PEERS = ("numpy", "micrograd", "autograd", "torch", "jax", "tinygrad")
PICTURE = "![The figures as dots on logarithmic axes, a panel for each workload.](results.svg)"
BEGIN, END = "<!-- written by make bench -->", "<!-- until here -->"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", help="such as W1 or w6_vjp; all if none is named")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--seconds", type=float, default=3.0, help="for each side")
    parser.add_argument("--write", action="store_true", help="to README.md, results.json and .svg")
    parser.add_argument("--race", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.race:
        print(json.dumps(raced(given.race, given.seconds)))
        return
    if given.write and given.workloads:
        parser.error("--write is for all workloads: half a table would replace the whole one")
    asked = tuple(name.lower() for name in given.workloads) or ("w",)
    chosen = [module for module in MODULES if module.startswith(asked)]
    results = {"machine": machine(), "workloads": {}}
    for module in chosen:
        by_threads = {str(n): in_a_process(module, n, given.seconds) for n in given.threads}
        results["workloads"][module] = by_threads
        print(table({module: by_threads}), flush=True)
    if given.write:
        write(results)


def raced(module, seconds):
    """Race the sides of one workload in this process."""
    workload = importlib.import_module(f"workloads.{module}").workload
    return {"title": workload.title, "sides": race(workload, seconds)}


def in_a_process(module, threads, seconds):
    """Race one workload in a process that has that many threads, whoever makes them."""
    limited = ("OPENBLAS", "OMP", "MKL")
    environment = os.environ | {f"{name}_NUM_THREADS": str(threads) for name in limited}
    environment["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={str(threads > 1).lower()}"
    environment |= {"JAX_PLATFORMS": "cpu", "DEV": "CPU", "CPU_COUNT": str(threads)}
    command = [sys.executable, __file__, "--race", module, "--seconds", str(seconds)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:  # otherwise what the peers say about each other is of no interest
        raise SystemExit(f"{module} cannot be raced\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def machine(peers=PEERS):
    """Say what the figures were taken on."""
    name = platform.processor() or platform.machine()
    if (told := Path("/proc/cpuinfo")).exists():
        models = re.findall(r"^model name\s*: (.+)$", told.read_text(), flags=re.M)
        name = models[0] if models else name
    versions = {}
    for peer in peers:
        try:
            versions[peer] = version(peer)
        except PackageNotFoundError:
            versions[peer] = None
    return {
        "processor": name,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": versions,
        "date": date.today().isoformat(),
        "load": os.getloadavg()[0],
    }


def table(workloads):
    """Write the figures as Markdown: medians, and ratios to the fastest side of ours."""
    lines = []
    for module, by_threads in workloads.items():
        first = next(iter(by_threads.values()))
        header = [f"{t} thread{'s' * (t != '1')}, ms | × ours" for t in by_threads]
        number = module.split("_")[0].upper()
        lines += [f"| {number}: {first['title']} | {' | '.join(header)} |"]
        lines += ["|--|" + "--:|--:|" * len(by_threads)]
        for side in first["sides"]:
            cells = [side]
            for sides in (run["sides"] for run in by_threads.values()):
                found, ours = sides[side], next(iter(sides.values()))
                times = found.get("ms")
                cells += [f"{median(times):.3g}" if times else found["absent"]]
                cells += [f"{ratio(found, ours):.2g}" if times and "ms" in ours else ""]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def write(results):
    """Keep the figures as JSON, as tables in README.md, and as a picture."""
    (HERE / "results.json").write_text(json.dumps(rounded(results), ensure_ascii=False) + "\n")
    readme = HERE / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    written = [described(results["machine"]), PICTURE, table(results["workloads"])]
    page = "\n\n".join(written)
    readme.write_text(f"{before}{BEGIN}\n{page}{END}{after}", encoding="utf-8")
    from picture import draw  # Matplotlib, which a race need not bring

    draw(results["workloads"], HERE / "results.svg")


def rounded(results):
    """Keep four digits of each time: what the clock can tell."""
    if isinstance(results, dict):
        return {key: rounded(value) for key, value in results.items()}
    if isinstance(results, list):
        return [rounded(each) for each in results]
    return float(f"{results:.4g}") if isinstance(results, float) else results


def described(machine):
    told = ", ".join(
        f"{name} {number or 'not installed'}" for name, number in machine["versions"].items()
    )
    return (
        f"Taken on {machine['date']} on {machine['processor']} with {machine['cores']} cores, "
        f"{machine['system']}, Python {machine['python']} (load {machine['load']:.1f} at the "
        f"start): {told}."
    )


if __name__ == "__main__":
    main()
