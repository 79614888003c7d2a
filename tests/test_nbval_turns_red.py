"""The comparison of stored outputs turns red when it should: by nbval, or by a rule of ours."""

import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from xml.etree import ElementTree

import pytest
import rules
from nbformat import v4

from coursekit import notebooks
from coursekit.build import as_stored, environment, run

SANITIZE = Path(__file__).with_name("nbval_sanitize.cfg")
WHOLE = {
    "imports": "from coursekit import check\n"
    "from coursekit.style import Picture\n"
    "from tqdm.notebook import tqdm",
    "evidence": "print('C04 confirmed · both paths add up to 5')",
    "text": "print('seen')",
    "picture": "Picture('<svg/>', alt='a curve that falls', caption='It falls.')",
    "redrawn": "Picture('<svg/>', alt='the same curve', caption='It falls.')",
    "bar": "for _ in tqdm(range(3)): pass",
    "exercise": "def square_slope(x): return 2 * x",
    "check": 'check("0.1")',
    "quiet": "total = 5",
    "uncounted": "print('unseen')",
    "meant-to-raise": "total = 6",
    "png": "display({'image/png': 'aGk='}, raw=True)",
}
STORED = "PHN2Zy8+"  # what <svg/> is in base 64


def said(nb, name):
    """The one output of a cell: its text, or its HTML."""
    output = at(nb, name).outputs[0]
    return (output, "text") if "text" in output else (output.data, "text/html")


def at(nb, name):
    return next(cell for cell in nb.cells if cell.id == name)


def rewrite(name, old, new):
    def plant(nb):
        holder, key = said(nb, name)
        assert old in holder[key]
        holder[key] = holder[key].replace(old, new)

    return plant


def source(name, text):
    return lambda nb: at(nb, name).update(source=text)


def never_run(name):
    return lambda nb: at(nb, name).update(execution_count=None, outputs=[])


# Each fault with the cell that nbval has to refuse.
SEEN = {
    "an edited line of evidence": (rewrite("evidence", "up to 5", "up to 3"), "evidence"),
    "a missing output": (lambda nb: at(nb, "text").update(outputs=[]), "text"),
    "other words for a picture": (rewrite("picture", "falls", "rises"), "picture"),
    "a broken exercise": (source("exercise", "def square_slope(x): return x"), "check"),
    "an exception": (source("quiet", "total = 1 / 0"), "quiet"),
}
# Each fault that nbval passes over, with the rule that refuses it.
UNSEEN = {
    "a cell without a count": (never_run("uncounted"), "was_run_from_top_to_bottom"),
    "a raising cell that does not raise": (
        lambda nb: at(nb, "meant-to-raise").metadata.update(tags=["raises-exception"]),
        "stores_no_error",
    ),
    "another PNG": (
        lambda nb: at(nb, "png").outputs[0].data.update({"image/png": "aGo="}),
        "gives_every_picture_its_words",
    ),
    "a cell that is kept out": (
        lambda nb: at(nb, "text").metadata.update(tags=["nbval-skip"]),
        "hides_nothing_from_nbval",
    ),
}


@pytest.fixture(scope="module")
def whole():
    cells = [v4.new_code_cell(text, id=name) for name, text in WHOLE.items()]
    return as_stored(run(v4.new_notebook(cells=cells), "whole"))


@pytest.fixture(scope="module")
def refused(whole, tmp_path_factory):
    """What nbval refuses, for the whole notebook, one with every fault, one redrawn."""
    folder = tmp_path_factory.mktemp("compared")
    faulty, redrawn = deepcopy(whole), deepcopy(whole)
    for plant, _ in [*SEEN.values(), *list(UNSEEN.values())[:3]]:
        plant(faulty)
    rewrite("redrawn", STORED, "PHN2Zz48L3N2Zz4=")(redrawn)
    sheets = {"whole": whole, "faulty": faulty, "redrawn": redrawn}
    for name, notebook in sheets.items():
        notebooks.write(notebook, folder / f"{name}.ipynb")
    report = folder / "report.xml"
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "--rootdir", str(folder)),
            *("--nbval", "--nbval-current-env", "--nbval-sanitize-with", str(SANITIZE)),
            *("-p", "no:cacheprovider", f"--junitxml={report}", str(folder)),
        ],
        env=environment(str(folder / "settings")),
        capture_output=True,
        check=False,
    )
    found = {name: set() for name in sheets}
    cases = ElementTree.parse(report).findall(".//testcase")
    assert len(cases) == len(sheets) * len(WHOLE)
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            name = next(name for name in sheets if name in case.get("classname"))
            found[name].add(list(WHOLE)[int(case.get("name").removeprefix("Cell "))])
    return found


def test_nbval_passes_a_notebook_that_says_what_it_did(refused):
    assert refused["whole"] == set()


def test_a_picture_may_be_drawn_otherwise_if_its_words_are_the_same(refused):
    assert refused["redrawn"] == set()


@pytest.mark.parametrize("fault", SEEN)
def test_nbval_refuses(refused, fault):
    assert SEEN[fault][1] in refused["faulty"]


def test_nbval_refuses_nothing_but_what_was_planted(refused):
    assert refused["faulty"] == {cell for _, cell in SEEN.values()}


@pytest.mark.parametrize("fault", UNSEEN)
def test_a_rule_refuses_what_nbval_passes_over(whole, fault):
    plant, name = UNSEEN[fault]
    rule = next(rule for rule in rules.RULES if rule.__name__ == name)
    notebook = deepcopy(whole)
    plant(notebook)
    assert list(rule(rules.Sheet(Path("02_forks.ipynb"), notebook)))


def test_a_rule_refuses_nothing_before_the_fault_is_planted(whole):
    sheet = rules.Sheet(Path("02_forks.ipynb"), deepcopy(whole))
    at(sheet.notebook, "png").outputs = []  # any PNG is refused, whatever it shows
    names = {name for _, name in UNSEEN.values()}
    found = [fault for r in rules.RULES if r.__name__ in names for fault in r(sheet)]
    assert found == []
