"""The benchmarks run: every workload once, whoever needs no peer, and the race that times them."""

import importlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from loops import in_a_thread

HERE = Path(__file__).parents[1]
BENCHMARKS = HERE / "benchmarks"
NAMES = sorted(path.stem for path in (BENCHMARKS / "workloads").glob("w*.py"))
OWN = ("coursekit", "NumPy")


@pytest.fixture(autouse=True)
def path(monkeypatch):
    """Find what the benchmarks import from beside them."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.mark.parametrize("name", NAMES)
def test_our_sides_of_a_workload_give_the_same_answer(name, monkeypatch):
    import clock

    module = importlib.import_module(f"workloads.{name}")
    monkeypatch.setattr(module, "EPOCHS", 2, raising=False)  # of W7, which trains
    sides = {side: make for side, make in module.workload.sides.items() if side.startswith(OWN)}
    assert next(iter(module.workload.sides)).startswith("coursekit")
    answers = {side: clock.plain(make()()) for side, make in sides.items()}
    assert len(answers) >= 2
    clock.agree(module.workload, answers)


def test_a_race_times_each_side_and_says_who_is_absent():
    from clock import NotThere, Workload, race

    workload = Workload("a sum")
    workload.side("coursekit")(lambda: lambda: 3.0)
    workload.side("NumPy")(lambda: lambda: np.array(3.0))

    @workload.side("nobody")
    def nobody():
        raise NotThere("stayed at home")

    found = race(workload, seconds=0)
    assert list(found) == ["coursekit", "NumPy", "nobody"]
    assert [len(found[side]["ms"]) for side in OWN] == [3, 3]
    assert found["nobody"] == {"absent": "stayed at home"}


@pytest.mark.parametrize("other", [3.1, [3.0, 3.0], np.nan])
def test_a_race_between_different_answers_is_refused(other):
    from clock import Workload, race

    workload = Workload("a sum")
    workload.side("coursekit")(lambda: lambda: 3.0)
    workload.side("NumPy")(lambda: lambda: other)
    with pytest.raises(AssertionError, match="a sum: NumPy and coursekit"):
        race(workload, seconds=0)


def test_the_table_is_printed_whichever_peers_are_there():
    command = [sys.executable, BENCHMARKS / "run.py", "w6_diagonal", "--seconds", "0.001"]
    told = subprocess.run([*command, "--threads", "1"], capture_output=True, text=True, check=True)
    assert "| W6: Jacobian of tanh, n = 512, kept as it is | 1 thread, ms | × ours |" in told.stdout
    assert re.search(r"^\| coursekit \| [\d.e-]+ \| 1 \|$", told.stdout, flags=re.M)


def test_the_figures_in_the_repository_are_of_the_workloads_that_are_there():
    kept = json.loads((BENCHMARKS / "results.json").read_text("utf-8"))["workloads"]
    assert sorted(kept) == NAMES
    for name, by_threads in kept.items():
        workload = importlib.import_module(f"workloads.{name}").workload
        for race in by_threads.values():
            assert (race["title"], list(race["sides"])) == (workload.title, list(workload.sides))


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make on this machine")
def test_make_bench_asks_for_files_that_are_there():
    asked = subprocess.run(
        ["make", "-n", "bench"], cwd=HERE, capture_output=True, text=True, check=True
    ).stdout
    named = set(re.findall(r"(?:requirements|benchmarks)/\w+\.\w+", asked))
    assert {"benchmarks/run.py"} <= named
    assert [name for name in named if not (HERE / name).exists()] == []


def test_what_a_reader_of_an_explorer_waits_for_is_measured_and_tabled(monkeypatch):
    spec = importlib.util.spec_from_file_location("measure", BENCHMARKS / "explorers/measure.py")
    measure = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(measure)
    found = {"DyingUnit": [in_a_thread(lambda: measure.measured("DyingUnit"))]}
    (run,) = found["DyingUnit"]
    assert run["start"] > 0 and len(run["fresh"]) == len(run["again"]) == measure.FRESH
    assert re.match(r"\| DyingUnit \| \d+\.\d", measure.table(found).splitlines()[-1])
