"""What every lesson and every solution keeps to, as far as a machine can tell.

A rule is a function of a `Sheet` that yields one sentence for each thing that is wrong; `RULES`
holds them all. The rules read what is stored and run nothing: that the outputs are still true is
shown by nbval, and the holes that nbval leaves are rules here.
"""

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from statistics import median

from nbformat.validator import iter_validate

from coursekit.build import KERNEL
from coursekit.notebooks import (
    BEGIN,
    END,
    WIDGET,
    CourseError,
    check_cell,
    exercises,
    for_learners,
    text_of,
)

RULES = []

# A verdict in the first line, and in each other line one clause of what was measured.
EVIDENCE = re.compile(r"(C\d\d) (confirmed with a condition|confirmed|corrected) · \S.*")
CLAUSE = re.compile(r" {4}\S.*")
WIDEST = 84  # letters: what a window of 1,100 pixels shows beside the file browser
CLAIMS = {
    "00": (),
    "01": (1, 2, 3),
    "02": (4,),
    "03": (5,),
    "04": (6, 7, 8, 9),
    "05": (10,),
    "06": (11, 12, 13),
    "07": (14, 15, 16, 17, 18),
    "08": (19, 20, 21),
    "09": (22, 23, 24, 25),
    "10": (26, 27, 28),
    "11": (29, 30, 31),
    "12": (),  # its table of verdicts gathers them all
}
SKIPPED = {"nbval-skip", "nbval-ignore-output", "pytest-validate-ignore-output"}


@dataclass(frozen=True)
class Sheet:
    """A notebook before its judge."""

    path: Path
    notebook: dict
    registered: Mapping = field(default_factory=dict)

    @property
    def is_solution(self):
        return self.path.parent.name == "solutions"

    @cached_property
    def code(self):
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    @cached_property
    def prose(self):
        return [cell for cell in self.notebook.cells if cell.cell_type == "markdown"]

    def outputs(self):
        for cell in self.code:
            for output in cell.outputs:
                yield cell, output

    def trees(self):
        """Each code cell with its syntax, where it has one."""
        for cell in self.code:
            try:
                yield cell, ast.parse(cell.source)
            except SyntaxError:
                continue


def rule(function):
    RULES.append(function)
    return function


def tags(cell):
    return set(cell.metadata.get("tags", ()))


def grading(cell):
    return cell.metadata.get("nbgrader", {})


def lines(source):
    return [line for line in source.splitlines() if line.strip()]


def said(cell):
    """All that a cell has shown as text."""
    return "\n".join(
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for output in cell.outputs
    )


# The file


@rule
def is_a_valid_notebook(sheet):
    for error in iter_validate(sheet.notebook):
        yield f"it is not valid: {error.message}"
    if sheet.notebook.nbformat_minor < 5:
        yield "its format is older than 4.5"


@rule
def asks_for_the_plain_kernel(sheet):
    if sheet.notebook.metadata.get("kernelspec") != KERNEL:
        yield f"its kernelspec is not {KERNEL}"
    if sheet.notebook.metadata.get("language_info") != {"name": "python"}:
        yield "its language_info names more than Python"


@rule
def is_small(sheet):
    size = len(text_of(sheet.notebook).encode())
    if size > 300_000:
        yield f"it is {size / 1000:.0f} KB large; 300 is the most"
    if len(sheet.notebook.cells) > 45:
        yield f"it has {len(sheet.notebook.cells)} cells; 45 is the most"


@rule
def names_its_cells(sheet):
    names = [cell.get("id", "") for cell in sheet.notebook.cells]
    for name in names:
        if not re.fullmatch(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*", name):
            yield f"the id {name!r} is not words with hyphens"
        elif re.match(r"(?=.*\d)[0-9a-f]{8}(-|$)", name):
            yield f"the id {name!r} looks as if a machine had drawn it"
        if names.count(name) > 1:
            yield f"the id {name!r} stands {names.count(name)} times"


# The words


def headings(sheet):
    for cell in sheet.prose:
        text = re.sub(r"```.*?```", "", cell.source, flags=re.DOTALL)
        for level, words in re.findall(r"^(#+) +(.+)$", text, flags=re.MULTILINE):
            yield len(level), words


def bare_words(text):
    return re.findall(r"[^\W_]+", text.casefold())


@rule
def opens_with_its_title(sheet):
    first = sheet.notebook.cells[0]
    titles = [words for level, words in headings(sheet) if level == 1]
    if first.cell_type != "markdown" or not first.source.startswith("# ") or len(titles) != 1:
        yield "its first cell has to hold its one heading of the first level"
        return
    missing = set(bare_words(sheet.path.stem[2:].replace("_", " "))) - set(bare_words(titles[0]))
    if missing:
        yield f"its title {titles[0]!r} lacks the file name's words {sorted(missing)}"


def points_beneath(sheet, heading):
    for cell in sheet.prose:
        if heading in cell.source:
            after = cell.source.partition(heading)[2]
            return [p.strip() for p in re.findall(r"^(?:[-*]|\d\.) +(.+)$", after, re.MULTILINE)]
    return []


@rule
def keeps_the_three_points_it_promises(sheet):
    promised = points_beneath(sheet, "You will be able to")
    kept = points_beneath(sheet, "You can now")
    if len(promised) != 3:
        yield f"'You will be able to' has {len(promised)} points; 3 are wanted"
    if promised != kept:
        yield "'You can now' does not list the points of 'You will be able to'"


def without_code_and_formulas(source):
    source = re.sub(r"```.*?```|`[^`]*`", " code ", source, flags=re.DOTALL)
    source = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", " formula ", source, flags=re.DOTALL)
    return re.sub(r"<!--.*?-->", " ", source, flags=re.DOTALL)


def passages(source):
    """What stands before the eyes at once: the cell, and each reveal that can be opened."""
    text = without_code_and_formulas(source)
    yield re.sub(r"</summary>.*?</details>", " ", text, flags=re.DOTALL)
    yield from re.findall(r"</summary>(.*?)</details>", text, flags=re.DOTALL)


@rule
def says_it_in_few_words(sheet):
    for cell in sheet.prose:
        for passage in passages(cell.source):
            text = re.sub(r"<[^>]+>|\]\([^)]*\)", " ", passage)
            count = len(bare_words(text))
            if count > 120:
                yield f"{cell.id} has {count} words; 120 is the most"


@rule
def stays_calm(sheet):
    for cell in sheet.prose:
        text = re.sub(r"!\[", "[", without_code_and_formulas(cell.source))
        text = re.sub(r"<[^>]+>", " ", text)
        if "!" in text:
            yield f"{cell.id} has an exclamation mark"
        emoji = re.findall("[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55\ufe0f]", text)
        if emoji:
            yield f"{cell.id} has the emoji {' '.join(emoji)}"


@rule
def lets_every_reveal_say_what_it_reveals(sheet):
    for cell in sheet.prose:
        opened = cell.source.count("<details")
        summaries = re.findall(r"<summary>\s*\S.*?</summary>", cell.source, flags=re.DOTALL)
        if opened != len(summaries) or opened != cell.source.count("</details>"):
            yield f"{cell.id} has a reveal without a summary, or one that is not closed"


# The code


@rule
def is_plain_python(sheet):
    for cell in sheet.code:
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            yield f"{cell.id} is not Python (a magic, a shell line?): {error.msg}"


@rule
def keeps_its_cells_short(sheet):
    whole = {cell.id: len(lines(cell.source)) for cell in sheet.code}
    for name, count in whole.items():
        if count > 20:
            yield f"{name} has {count} lines of code; 20 is the most"
    # The answer is what the reader writes; what they are asked to read has a stub in its place.
    try:
        shown = for_learners(sheet.notebook) if sheet.is_solution else sheet.notebook
    except CourseError:
        return  # `marks_its_exercises` says so
    counts = sorted(len(lines(c.source)) for c in shown.cells if c.cell_type == "code")
    if counts and median(counts) > 4:
        yield f"the median of its cells is {median(counts):g} lines of code; 4 is the most"
    long = [count for count in counts if count > 12]
    if len(long) > 0.05 * len(counts):
        yield f"{len(long)} of its {len(counts)} code cells have more than 12 lines"


@rule
def puts_words_before_code(sheet):
    imports = sheet.code[:1]
    for before, cell in zip([None, *sheet.notebook.cells], sheet.notebook.cells, strict=False):
        if cell.cell_type != "code" or cell in imports or grading(cell).get("grade"):
            continue
        if before is None or before.cell_type != "markdown":
            yield f"{cell.id} is code that follows no words"


@rule
def imports_by_name_in_its_first_code_cell(sheet):
    for cell, tree in sheet.trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and any(n.name == "*" for n in node.names):
                yield f"{cell.id} imports everything there is"
            elif isinstance(node, ast.Import | ast.ImportFrom) and cell is not sheet.code[0]:
                yield f"{cell.id} imports; only the first code cell may"


@rule
def imports_what_its_checks_speak_of(sheet):
    # A check that knows no cause says hint("6.1"), and a hint leads to solution("6.1").
    wanted = {"check", "hint", "solution"} if exercises(sheet.notebook) else set()
    for cell, tree in sheet.trees():
        if cell is sheet.code[0]:
            names = (n.name for s in tree.body if isinstance(s, ast.ImportFrom) for n in s.names)
            wanted -= set(names)
    if wanted:
        yield f"its first code cell does not import {', '.join(sorted(wanted))}"


@rule
def asks_before_it_shows(sheet):
    # A place to commit to an answer is a name that waits for one: `slope = ...`.
    for cell, tree in sheet.trees():
        if any(isinstance(s, ast.Assign) and is_ellipsis(s.value) for s in tree.body):
            return
        if "evidence" in tags(cell):
            yield f"{cell.id} gives evidence before anything could be predicted"
            return


@rule
def asks_in_each_section_that_shows(sheet):
    asked = False
    for cell in sheet.notebook.cells:
        if cell.cell_type == "markdown":
            asked = "**Predict.**" in cell.source or (
                asked and not re.search("^## ", cell.source, re.M)
            )
            continue
        names = [s for c, tree in sheet.trees() if c is cell for s in tree.body]
        asked = asked or any(isinstance(s, ast.Assign) and is_ellipsis(s.value) for s in names)
        pictures = (output.get("data", {}).get("text/html", "") for output in cell.outputs)
        if not asked and any("<img" in html for html in pictures):
            yield f"{cell.id} shows a picture before its section has asked what it will show"


def is_ellipsis(value):
    return isinstance(value, ast.Constant) and value.value is ...


# What was stored


@rule
def was_run_from_top_to_bottom(sheet):
    # nbval passes a cell without a count and without outputs, whatever it prints.
    counts = [cell.execution_count for cell in sheet.code]
    if counts != list(range(1, len(counts) + 1)):
        yield f"its execution counts are {counts}"


def speaks(tree):
    calls = [
        s.value for s in tree.body if isinstance(s, ast.Expr) and isinstance(s.value, ast.Call)
    ]
    prints = any(isinstance(call.func, ast.Name) and call.func.id == "print" for call in calls)
    return prints or bool(tree.body and isinstance(tree.body[-1], ast.Expr))


@rule
def shows_what_it_says(sheet):
    for cell, tree in sheet.trees():
        if speaks(tree) and not cell.outputs:
            yield f"{cell.id} prints or ends in a value, and has no output"


@rule
def ends_its_arguments_with_evidence(sheet):
    claims = []
    for cell in sheet.code:
        found = [line for line in said(cell).splitlines() if EVIDENCE.fullmatch(line)]
        claims += [line[:3] for line in found]
        if "evidence" in tags(cell):
            plain = len(cell.outputs) == 1 and cell.outputs[0].get("name") == "stdout"
            told = said(cell).splitlines()
            clauses = [line for line in told[1:] if CLAUSE.fullmatch(line)]
            if not plain or len(found) != 1 or told != found + clauses:
                yield f"{cell.id} does not print one verdict, its clauses beneath, and nothing else"
            for line in told:
                if len(line) > WIDEST:
                    yield f"{cell.id} has a line of {len(line)} letters; {WIDEST} is the most"
        elif found:
            yield f"{cell.id} prints evidence and is not tagged so"
    wanted = [f"C{number:02}" for number in CLAIMS.get(sheet.path.stem[:2], ())]
    if sorted(claims) != wanted:
        yield f"it gives evidence for {sorted(claims)}; {wanted} are its claims"


@rule
def stores_no_error(sheet):
    for cell in sheet.code:
        raised = any(output.output_type == "error" for output in cell.outputs)
        # nbval passes a cell that is tagged so, has no output, and does not raise.
        meant = bool(tags(cell) & {"raises-exception", "nbval-raises-exception"})
        if raised and not meant:
            yield f"{cell.id} holds an error"
        if meant and not raised:
            yield f"{cell.id} is tagged as raising and holds no error"


@rule
def hides_nothing_from_nbval(sheet):
    for cell in sheet.code:
        comments = {
            line.strip(" #").lower().replace("_", "-")
            for line in cell.source.splitlines()
            if line.lstrip().startswith("#")
        }
        for mark in (tags(cell) | comments) & SKIPPED:
            # A time is never compared; but what a cell of evidence or a check says always is.
            if mark == "nbval-skip" or "evidence" in tags(cell) or grading(cell):
                yield f"{cell.id} is kept from being compared by {mark}"


@rule
def stores_nothing_of_one_run_or_one_machine(sheet):
    for cell, output in sheet.outputs():
        text = re.sub(r"data:image/[^\"']+", "", json.dumps(output, ensure_ascii=False))
        for what, pattern in {
            "an address": r"0x[0-9a-fA-F]{6,}",
            "a path": r"(?<![\w.])/(?:home|root|tmp|usr|Users|var)/|[A-Z]:\\\\",
            "a time of day": r"\b\d\d:\d\d:\d\d\b",
        }.items():
            if re.search(pattern, text):
                yield f"{cell.id} stores {what}"
        if output.get("name") == "stderr":
            yield f"{cell.id} stores a warning: {output.text.strip().splitlines()[-1]}"
    if any("execution" in cell.metadata for cell in sheet.notebook.cells):
        yield "it stores when its cells were run"


@rule
def stores_no_widget(sheet):
    if "widgets" in sheet.notebook.metadata:
        yield "it stores the state of widgets"
    for cell, output in sheet.outputs():
        if WIDGET in output.get("data", {}):
            yield f"{cell.id} stores a widget, which shows an error where its model is missing"


class Images(HTMLParser):
    """The images of a piece of HTML, and whether it draws inline."""

    def __init__(self, html):
        super().__init__()
        self.alts, self.inline = [], False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.alts.append((dict(attributes).get("alt") or "").strip())
        self.inline = self.inline or tag == "svg"


@rule
def gives_every_picture_its_words(sheet):
    for cell, output in sheet.outputs():
        data = output.get("data", {})
        for kind in data:
            if kind.startswith("image/"):
                yield f"{cell.id} stores {kind}, which loses its words; `Picture` keeps them"
        images = Images(data.get("text/html", ""))
        if images.inline:
            yield f"{cell.id} stores inline SVG, which an untrusted notebook does not show"
        if not all(images.alts):
            yield f"{cell.id} stores a picture without alt text"
    for cell in sheet.prose:
        if not all(Images(cell.source).alts) or re.search(r"!\[\s*\]\(", cell.source):
            yield f"{cell.id} shows a picture without alt text"


# The exercises

FLAGS = {
    "answer": {"grade": False, "solution": True, "locked": False, "task": False},
    "check": {"grade": True, "solution": False, "locked": True, "task": False},
}


@rule
def grades_as_nbgrader_does(sheet):
    seen = []
    for cell in sheet.notebook.cells:
        marks = dict(grading(cell))
        if not marks:
            continue
        name = marks.pop("grade_id", "")
        seen.append(name)
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
            yield f"{cell.id} has the grade_id {name!r}"
        if marks.pop("schema_version", None) != 3:
            yield f"{cell.id} is not of nbgrader's schema 3"
        kind = "check" if marks.get("grade") else "answer"
        points = marks.pop("points", None)
        if (kind == "check") != (isinstance(points, int | float) and points > 0):
            yield f"{cell.id} has {points} points"
        if marks != FLAGS[kind]:
            yield f"{cell.id} has the marks {marks}; {FLAGS[kind]} are wanted"
    for name in {name for name in seen if seen.count(name) > 1}:
        yield f"the grade_id {name!r} stands {seen.count(name)} times"


@rule
def marks_its_exercises(sheet):
    for cell in sheet.notebook.cells:
        meant = bool(grading(cell).get("solution"))
        if meant != bool(cell.metadata.get("coursekit", {}).get("exercise")):
            yield f"{cell.id} is marked as an exercise by half"
        if not sheet.is_solution and (BEGIN in cell.source or END in cell.source):
            yield f"{cell.id} holds an answer"
    if sheet.is_solution:
        try:
            for_learners(sheet.notebook)
        except CourseError as error:
            yield str(error)


@rule
def gives_each_exercise_a_stub_and_a_check(sheet):
    order = [cell.id for cell in sheet.notebook.cells]
    try:
        lesson = for_learners(sheet.notebook) if sheet.is_solution else sheet.notebook
    except CourseError:
        return
    for number, cell in exercises(lesson).items():
        known = sheet.registered.get(number)
        if known is None:
            yield f"exercise {number} is not in coursekit.exercises"
            continue
        if grading(cell).get("grade_id") != "q" + number.replace(".", "_"):
            yield f"exercise {number} has the grade_id {grading(cell).get('grade_id')!r}"
        yield from faults_of_stub(cell, number, known.name)
        check = check_cell(sheet.notebook, number)
        if check is None or check.source != f'check("{number}")':
            yield f"exercise {number} has no cell that says check({number!r}) and nothing else"
        elif order.index(check.id) < order.index(cell.id):
            yield f"exercise {number} is checked before it is set"
        elif grading(check)["points"] != known.points:
            yield f"exercise {number} gives {grading(check)['points']} points, not {known.points}"


def faults_of_stub(cell, number, name):
    try:
        functions = [s for s in ast.parse(cell.source).body if isinstance(s, ast.FunctionDef)]
    except SyntaxError as error:
        yield f"the stub of exercise {number} is not Python: {error.msg}"
        return
    function = next((f for f in functions if f.name == name), None)
    if function is None:
        yield f"the stub of exercise {number} does not define {name}"
    elif len((ast.get_docstring(function) or "").splitlines()) != 1:
        yield f"the stub of exercise {number} has no docstring of one line"
    task = json.dumps(cell.metadata.coursekit.task, ensure_ascii=False)
    if f"raise NotImplementedError({task})" not in cell.source:
        yield f"the stub of exercise {number} does not raise its task"


@rule
def says_right_in_solutions_and_not_tried_yet_in_lessons(sheet):
    wanted = " · right" if sheet.is_solution else " · not tried yet"
    for number in exercises(sheet.notebook):
        check = check_cell(sheet.notebook, number)
        if check is not None and f"{number}{wanted}" not in said(check):
            yield f"the check of exercise {number} does not say{wanted}, but: {said(check)}"
