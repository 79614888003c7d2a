"""The checks, checked: right answers pass, and every wrong one is told why."""

import inspect
import io
import re
import subprocess
import sys
import warnings
from contextlib import redirect_stdout
from types import SimpleNamespace

import numpy as np
import pytest
from counting import calls_of
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit import Node, SiLU, exercises, notebooks
from coursekit.exercises import EXERCISES, Foreign, Reply, ask_in
from coursekit.nets import he

IDS = list(EXERCISES)
MISTAKES = [(id, place) for id in IDS for place in range(len(EXERCISES[id].mistakes))]

MOST_CALLS = 30_000  # of Python functions: a third of a tenth of a second on an ordinary machine

# How someone who has read the lesson writes them.
MODELS = {
    "0.1": """
def square_slope(x):
    return 2 * x
""",
    "1.1": """
def add_gate(x, y, upstream):
    local_x, local_y = 1.0, 1.0
    return upstream * local_x, upstream * local_y
""",
    "1.2": """
def multiply_gate(x, y, upstream):
    local_x, local_y = y, x
    return upstream * local_x, upstream * local_y
""",
    "1.3": """
def max_gate(x, y, upstream):
    if x == y:
        return upstream / 2, upstream / 2
    return (upstream, 0.0) if x > y else (0.0, upstream)
""",
    "1.4": """
def chain(x, y, z):
    q = x + y
    dq, dz = multiply_gate(q, z, 1.0)
    dx, dy = add_gate(x, y, dq)
    return dx, dy, dz
""",
    "6.1": """
def sigmoid(z):
    z = np.asarray(z)
    small = np.exp(-np.abs(z))
    above = 1 / (1 + small)
    below = small / (1 + small)
    return np.where(z >= 0, above, below)
""",
    "6.2": """
def sigmoid_slope(a):
    return a * (1 - a)
""",
    "6.3": """
def first_over_last(slopes, gain):
    share = 1.0
    for slope in slopes[:-1]:
        share = share * gain * np.sqrt(np.mean(slope**2))
    return share
""",
    "6.4": """
def initialise(seed, d, k):
    rng = np.random.default_rng(seed)
    scale = 1 / np.sqrt(d)
    return scale * rng.standard_normal((d, k))
""",
    "7.1": """
def one_sign(h, upstream):
    gradients = upstream[:, None] * h
    return np.all(gradients >= 0, axis=1) | np.all(gradients <= 0, axis=1)
""",
    "7.2": """
def detour(path):
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    return steps.sum() / np.linalg.norm(path[-1] - path[0])
""",
    "7.3": """
def centre(h):
    return h - h.mean(axis=0)
""",
    "7.4": """
def sigma(z):
    return np.exp(-np.logaddexp(0, np.negative(z)))

def tanh_from_sigma(z):
    return 2 * sigma(2 * z) - 1
""",
    "9.1": """
def unit_gradient(x, w, b, upstream):
    z = x @ w + b
    slope = z > 0
    return x.T @ (upstream * slope)
""",
    "9.2": """
def dead_units(a):
    silent = a == 0
    return silent.all(axis=0)
""",
    "9.3": """
def died(dead):
    lived = ~dead.all(axis=0)
    return lived & dead[-1]
""",
}

# Right as well, each in a way that a narrower check would refuse.
ALSO_RIGHT = {
    "0.1": [
        "def square_slope(x): return [2 * x][0]",
        "def square_slope(x): return np.float32(2 * x)",
        "def square_slope(x): return ((x + 1e-4) ** 2 - (x - 1e-4) ** 2) / 2e-4",
    ],
    "1.1": [
        "def add_gate(x, y, upstream): return [upstream, upstream]",
        "def add_gate(x, y, upstream): return np.full(2, upstream, dtype=np.float32)",
    ],
    "1.2": ["def multiply_gate(a, b, c): return np.array([b, a]) * c"],
    "1.3": [
        "def max_gate(x, y, upstream): return ((x >= y) * upstream, (x < y) * upstream)",
        "def max_gate(x, y, upstream): return ((x > y) * upstream, (x <= y) * upstream)",
        """
def max_gate(x, y, upstream):
    t = 0.3 if x == y else float(x > y)
    return t * upstream, (1 - t) * upstream
""",
    ],
    "1.4": ["def chain(x, y, z): return z, z, x + y"],
    "6.1": [
        "def sigmoid(z): return 0.5 * (1 + np.tanh(0.5 * np.asarray(z)))",
        "def sigmoid(z): return 1 / (1 + np.exp(-np.clip(z, -500, 500)))",
        "def sigmoid(z): return 1 - 1 / (1 + np.exp(np.clip(z, -500, 500)))",
        "def sigmoid(z): return 1 / (1 + np.exp(-np.clip(z, -38, 700)))",
        "def sigmoid(z): return np.exp(z - np.logaddexp(0, z))",
        "def sigmoid(z): return np.float32(1 / (1 + np.exp(-np.clip(z, -500, 500))))",
        "def sigmoid(z): return 0.5 * (1 + np.tanh(0.5 * np.float32(z)))",
        "def sigmoid(z): return (1 / (1 + np.exp(np.clip(np.negative(z), -500, 500)))).tolist()",
        """
def sigmoid(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))
""",
        """
def sigmoid(z):
    z = np.asarray(z)
    a = np.empty_like(z)
    a[z >= 0] = 1 / (1 + np.exp(-z[z >= 0]))
    a[z < 0] = np.exp(z[z < 0]) / (1 + np.exp(z[z < 0]))
    return a
""",
        """
import math

@np.vectorize
def sigmoid(z):
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))
""",
    ],
    "6.2": ["def sigmoid_slope(a): return a - a**2"],
    "6.3": [
        """
def first_over_last(slopes, gain):
    return np.prod(gain * np.linalg.norm(slopes, axis=1)[:-1] / np.sqrt(slopes.shape[1]))
"""
    ],
    "6.4": [
        "def initialise(seed, d, k): return np.random.RandomState(seed).randn(d, k) / d**.5",
        """
def initialise(seed, d, k):
    edge = np.sqrt(3 / d)
    return np.random.default_rng(seed).uniform(-edge, edge, (d, k)).astype(np.float32)
""",
        "def initialise(seed, d, k):"
        " return np.random.default_rng(seed).choice([-1, 1], (d, k)) / np.sqrt(d)",
    ],
    "7.1": [
        """
def one_sign(h, upstream):
    gradients = h * upstream.reshape(-1, 1)
    return [bool(min(row) >= 0 or max(row) <= 0) for row in gradients]
""",
        """
def one_sign(h, upstream):
    signs = np.sign(h.T * upstream)
    return (abs(signs.sum(axis=0)) == abs(signs).sum(axis=0)).astype(int)
""",
    ],
    "7.2": [
        """
def detour(path):
    length = 0.0
    for here, there in zip(path[:-1], path[1:]):
        length += np.sqrt(((there - here) ** 2).sum())
    return [length / np.sqrt(((path[0] - path[-1]) ** 2).sum())]
""",
    ],
    "7.3": [
        "def centre(h): return (h - sum(h) / len(h)).tolist()",
        "def centre(h): return np.float32(h - np.average(h, axis=0))",
    ],
    "7.4": [
        "def tanh_from_sigma(z): return 1 - 2 * sigma(-2 * z)",
        "def tanh_from_sigma(z): return np.float32(2 * sigma(2 * z) - 1)",
        "tanh_from_sigma = lambda z: (lambda s: 2 * s(2 * z) - 1)(sigma)",
        """
from coursekit import Sigmoid
sigma = Sigmoid().forward

@np.vectorize
def tanh_from_sigma(z):
    return 2 * sigma(2 * z) - 1
""",
        """
def tanh_from_sigma(z):
    def sigma(z):
        return 1 / (1 + np.exp(-np.clip(z, -500, 500)))
    return 2 * sigma(2 * z) - 1
""",
        """
def doubled(z):
    return 2 * sigma(2 * z)

def tanh_from_sigma(z):
    return doubled(z) - 1
""",
        """
def moved(f):
    def g(z):
        return 2 * f(2 * z) - 1
    return g

tanh_from_sigma = moved(sigma)
""",
    ],
    "9.1": [
        "def unit_gradient(x, w, b, upstream): return upstream @ (x * (x @ w + b >= 0)[:, None])",
        """
def unit_gradient(x, w, b, upstream):
    z = [sum(row * w) + b for row in x]
    slopes = [1 if each > 0 else 0.3 if each == 0 else 0 for each in z]
    return list(sum(row * u * s for row, u, s in zip(x, upstream, slopes)))
""",
    ],
    "9.2": [
        "def dead_units(a): return a.sum(axis=0) == 0",
        "def dead_units(a): return [not column.any() for column in a.T]",
        "def dead_units(a): return 1.0 - np.sign(a.max(axis=0))",
        "def dead_units(a): return np.isclose(a, 0).all(axis=0)",
    ],
    "9.3": [
        "def died(dead): return dead[-1] * (1 - dead.prod(axis=0))",
        "def died(dead): return [column[-1] and not all(column) for column in dead.T]",
    ],
}


def names_of(*sources):
    """What stands in a notebook after these cells were run."""
    names = {"np": np}
    for source in sources:
        exec(source, names)
    return names


def verdict_on(id, answer):
    """Check an answer given as source text, or as a function."""
    if isinstance(answer, str):
        # A lesson's earlier exercises have been solved: 1.4 calls the gates of 1.1 and 1.2.
        return EXERCISES[id].check(ask_in(names_of(*MODELS.values(), answer)))
    return EXERCISES[id].check(ask_in({EXERCISES[id].name: answer}))


def stub_of(id, body='raise NotImplementedError("Do it.")'):
    parameters = ", ".join(inspect.signature(EXERCISES[id].answer).parameters)
    return f"def {EXERCISES[id].name}({parameters}):\n    {body}\n"


def altered(id, change):
    """A function that changes what the right answer returns."""
    answer = EXERCISES[id].answer
    return lambda *arguments: change(np.asarray(answer(*arguments), dtype=float))


@pytest.fixture
def notebook(monkeypatch):
    """The names of a notebook that has just been started."""
    names = names_of()
    shell = SimpleNamespace(user_ns=names)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr(exercises, "lessons_met", set())
    monkeypatch.setattr(exercises, "hints_given", exercises.Counter())
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return names


def printed(verb, *arguments):
    out = io.StringIO()
    with redirect_stdout(out):
        verb(*arguments)
    return out.getvalue().rstrip("\n")


# Right, not tried, wrong


def test_every_exercise_has_a_model_answer_here():
    assert list(MODELS) == list(ALSO_RIGHT) == IDS


@pytest.mark.parametrize("id", IDS)
def test_the_model_answer_is_right(id):
    verdict = verdict_on(id, MODELS[id])
    assert verdict == ("right", EXERCISES[id].right, None)


@pytest.mark.parametrize(
    ("id", "answer"), [(id, answer) for id, answers in ALSO_RIGHT.items() for answer in answers]
)
def test_no_right_answer_is_refused(id, answer):
    verdict = verdict_on(id, answer)
    assert verdict.kind == "right", verdict.sentence


@pytest.mark.parametrize("share", np.linspace(0, 1, 11))
def test_every_subgradient_of_a_tie_is_right(share):
    def max_gate(x, y, upstream):
        t = share if x == y else float(x > y)
        return t * upstream, (1 - t) * upstream

    assert verdict_on("1.3", max_gate).kind == "right"


@pytest.mark.parametrize("share", [-0.5, 1.5, 2.0])
def test_what_is_no_subgradient_of_a_tie_is_wrong(share):
    def max_gate(x, y, upstream):
        t = share if x == y else float(x > y)
        return t * upstream, (1 - t) * upstream

    verdict = verdict_on("1.3", max_gate)
    assert verdict.kind == "wrong" and "x = 2.5, y = 2.5" in verdict.sentence


@pytest.mark.parametrize("id", IDS)
@pytest.mark.parametrize(
    "body", ['raise NotImplementedError("Do it.")', "...", "return ...", '"""Do it."""', "pass"]
)
def test_a_stub_is_not_tried_yet(id, body):
    assert verdict_on(id, stub_of(id, body)).kind == "not tried yet"


@pytest.mark.parametrize("body", ["...", '"""Do it."""\n    ...'])
def test_a_stub_of_an_ellipsis_is_not_taken_for_a_forgotten_return(body):
    assert verdict_on("6.2", stub_of("6.2", body)).kind == "not tried yet"
    assert "without a return" in verdict_on("6.2", stub_of("6.2", "a * (1 - a)")).sentence


@pytest.mark.parametrize("body", ["...", "return ...", '"""Do it."""', "pass", "return None"])
def test_a_stub_without_a_task_is_told_that_it_gives_nothing_back(body):
    sentence = verdict_on("6.2", stub_of("6.2", body)).sentence
    assert sentence == "your function gives nothing back yet"


def test_a_constant_is_an_attempt():
    assert verdict_on("6.2", stub_of("6.2", "return 0.25")).kind == "wrong"


def test_an_answer_with_a_variable_that_nobody_has_set_is_checked_like_others():
    gone = 1.0

    def answer(x):
        return 2 * x if x == x else gone  # noqa: F821 - on purpose

    del gone
    assert verdict_on("0.1", answer).kind == "right"


def test_an_answer_that_calls_a_stub_says_which():
    names = names_of(MODELS["1.1"], stub_of("1.2"), MODELS["1.4"])
    verdict = EXERCISES["1.4"].check(ask_in(names))
    assert verdict.kind == "not tried yet"
    assert verdict.sentence == "chain calls multiply_gate, which waits for its own answer"


@pytest.mark.parametrize("id", IDS)
def test_a_missing_name_is_missing(id):
    assert EXERCISES[id].check(ask_in({})).kind == "missing"
    verdict = EXERCISES[id].check(ask_in({EXERCISES[id].name: 3.0}))
    assert verdict.kind == "missing" and "is no function" in verdict.sentence


# Named mistakes


@pytest.mark.parametrize(("id", "place"), MISTAKES)
def test_a_named_mistake_is_refused_with_its_own_hint(id, place):
    mistake = EXERCISES[id].mistakes[place]
    verdict = verdict_on(id, mistake.function)
    assert verdict.kind in ("wrong", "raised")
    assert verdict.mistake is not None and verdict.mistake.cause == mistake.cause
    assert verdict.sentence.endswith(f" · {mistake.cause}")


@pytest.mark.parametrize("id", IDS)
def test_a_mistake_is_known_by_what_it_does_and_not_by_its_name(id):
    for mistake in EXERCISES[id].mistakes:
        as_a_list = verdict_on(id, lambda *each, wrong=mistake.function: listed(wrong(*each)))
        assert as_a_list.mistake and as_a_list.mistake.cause == mistake.cause


def listed(value):
    return value.tolist() if isinstance(value, np.ndarray) and not value.shape else value


def test_exercises_stand_in_the_order_of_their_numbers():
    assert sorted(IDS, key=lambda id: [int(part) for part in id.split(".")]) == IDS


LOOPS = {
    """
    for slope in slopes[:-1]:
        share = share * gain * np.sqrt(np.mean(slope**2))
        return share
""": "inside the loop",
    """
    for slope in slopes[:-1]:
        share = gain * np.sqrt(np.mean(slope**2))
    return share
""": "only the last factor is left",
    """
    for slope in slopes[:-1]:
        share = share * np.sqrt(np.mean(slope**2))
    return share * gain ** len(slopes)
""": "one gain too many",
}


@pytest.mark.parametrize("body", LOOPS)
def test_a_loop_that_goes_wrong_in_a_usual_way_is_recognised(body):
    verdict = verdict_on("6.3", f"def first_over_last(slopes, gain):\n    share = 1.0{body}")
    assert verdict.mistake and LOOPS[body] in verdict.mistake.cause


SLIPS_BY_EXERCISE = {
    "7.1": {
        "def one_sign(h, upstream): return h * upstream": "upstream has one number for each row",
        """
def one_sign(h, upstream):
    g = h * upstream[:, None]
    return (g >= 0).all(axis=1) or (g <= 0).all(axis=1)
""": "an array has many",
        """
def one_sign(h, upstream):
    g = h * upstream[:, None]
    return all(g >= 0) or all(g <= 0)
""": "an array has many",
        """
def one_sign(h, upstream):
    g = h * upstream[:, None]
    if (g >= 0).all(axis=1):
        return True
    return (g <= 0).all(axis=1)
""": "an array has many",
        """
def one_sign(h, upstream):
    g = h * upstream[:, None]
    return not ((g < 0).any(axis=1) & (g > 0).any(axis=1))
""": "an array has many",
    },
    "7.2": {
        """
def detour(path):
    legs = np.hypot(*np.diff(path, axis=0).T)
    return legs.sum() / np.hypot(*(path[-1] - path[0]))
""": "np.hypot takes two numbers",
        """
def detour(path):
    x, y = path[:, 0], path[:, 1]
    length = np.sqrt(np.diff(x) ** 2 + np.diff(y) ** 2).sum()
    return length / np.sqrt((x[-1] - x[0]) ** 2 + (y[-1] - y[0]) ** 2)
""": "only the first two weights",
        """
def detour(path):
    length = 0
    for t in range(len(path)):
        length += np.linalg.norm(path[t] - path[t - 1])
    return length / np.linalg.norm(path[-1] - path[0])
""": "there is a step too many",
        """
def detour(path):
    length = sum(np.linalg.norm(path[t + 1] - path[t]) for t in range(len(path) - 2))
    return length / np.linalg.norm(path[-1] - path[0])
""": "the last step is missing",
        "def detour(path): return np.linalg.norm(path[0] - path[-1])": "that is the straight line",
    },
    "6.2": {
        "def sigmoid_slope(a): return a * 1 - a": "the brackets are missing",
        "def sigmoid_slope(a): return 0.25": "the largest slope of all",
    },
    "6.3": {
        """
def first_over_last(slopes, gain):
    return (gain * np.sqrt(np.mean(slopes**2))) ** (len(slopes) - 1)
""": "one mean was taken over all layers",
        """
def first_over_last(slopes, gain):
    return gain * np.sqrt(np.mean(slopes[:-1] ** 2))
""": "one mean was taken over all layers",
    },
    "7.4": {
        "def tanh_from_sigma(z): return np.tanh(z)": "the task is to make it of sigma",
        "tanh_from_sigma = np.tanh": "the task is to make it of sigma",
        "def tanh_from_sigma(z): return 2 / (1 + np.exp(np.minimum(-2 * z, 700))) - 1": (
            "the task is to make it of sigma"
        ),
    },
    "9.1": {
        """
def unit_gradient(x, w, b, upstream):
    z = x @ w + b
    g = np.zeros(len(w))
    for i in range(len(x)):
        if z[i] > 0:
            g = upstream[i] * x[i]
    return g
""": "each active example has to be added",
        """
def unit_gradient(x, w, b, upstream):
    z = x @ w + b
    for i in range(len(x)):
        if z[i] > 0:
            g = upstream[i] * x[i]
    return g
""": "each active example has to be added",
        """
def unit_gradient(x, w, b, upstream):
    for row, u in zip(x, upstream):
        gradient = u * row * (row @ w + b > 0)
    return gradient
""": "only the last example's share",
        "def unit_gradient(x, w, b, upstream): return x.T @ upstream * (x @ w + b > 0)": (
            "the shapes do not fit"
        ),
        "def unit_gradient(x, w, b, upstream): return x[x @ w + b > 0].T @ upstream": (
            "a mask on one side alone"
        ),
        """
def unit_gradient(x, w, b, upstream):
    z = x @ w + b
    if z > 0:
        return x.T @ upstream
    return 0 * w
""": "an array has many",
    },
    "9.2": {
        "def dead_units(a): return np.mean(a > 0, axis=0) < 0.001": "often silent was taken",
        "def dead_units(a): return (a[:64] == 0).all(axis=0)": "one batch was asked",
        "def dead_units(a): return (a < 1e-3).all(axis=0)": "little was taken for nothing",
        "def dead_units(a): return a.mean(0) < 0.01": "little on average",
        "def dead_units(a): return a.std(axis=0) == 0": "always the same was taken for dead",
    },
    "9.3": {
        "def died(dead): return dead[0] & ~dead[-1]": "the first look and the last are swapped",
        "def died(dead): return dead[-1] & ~dead.all(axis=1)": "one answer a look",
        "def died(dead): return ~dead.all(1) * dead[-1]": "one answer a look",
        "def died(dead): return dead[-1] & ~dead[:-1].any(axis=0)": "alive at every earlier look",
        "def died(dead): return dead[:, -1] & ~dead[:, 0]": "compares the first unit with the last",
        """
def died(dead):
    return np.flatnonzero(dead[-1] & ~dead.all(axis=0))
""": "the places of those that died",
    },
}


@pytest.mark.parametrize(
    ("id", "answer"), [(id, each) for id, slips in SLIPS_BY_EXERCISE.items() for each in slips]
)
def test_a_wrong_answer_as_learners_write_it_is_told_its_cause(id, answer):
    verdict = verdict_on(id, answer)
    assert SLIPS_BY_EXERCISE[id][answer] in verdict.sentence.rpartition(" · ")[2]


def test_every_number_stands_in_the_list_of_named_wrong_answers():
    numbers = {m.number for exercise in EXERCISES.values() for m in exercise.mistakes} - {None}
    assert numbers <= set(range(1, 34))
    # What code can show of the lessons so far.
    assert numbers >= {1, 3, 4, 5, 6, 8, 12, 19, 20, 23, 24, 25, 32, 33}


# Wrong answers that have no name


UNNAMED = {
    "zeros": (np.zeros_like, "every number is 0"),
    "negated": (np.negative, "every number has the wrong sign"),
    "three times": (lambda right: 3 * right, "every number is 3 times what was expected"),
    "nearly": (lambda right: right * 1.001, "every number is 1.001 times what was expected"),
    "rounded": (lambda right: right + 1e-3 * np.abs(right) ** 0.5, ""),
    "nan": (lambda right: right * np.nan, "nan"),
    "another axis": (lambda right: right[..., None], ""),
    "two more axes": (lambda right: right[..., None, None], ""),
    "flat": (lambda right: right.ravel()[:1], ""),
    "nothing": (lambda right: None, "nothing came out · the function ends without a return"),
    "text": (str, "text came out"),
    "a node": (lambda right: Node(right), "a Node came out"),
    "nodes": (lambda right: [Node(right), Node(right)], "a list with a Node in it came out"),
    "complex": (lambda right: right + 1j, "an array of complex128 came out"),
    "a dict": (lambda right: {"answer": right}, "a dict came out"),
    "a generator": (lambda right: (part for part in right.ravel()), "a generator came out"),
    "uneven": (lambda right: [[1.0], [2.0, 3.0]], "an uneven list came out"),
    "itself": (lambda right: EXERCISES, "a dict came out"),
}


YES_OR_NO = [
    id for id in IDS if np.asarray(EXERCISES[id].answer(*EXERCISES[id].cases[0])).dtype == bool
]
# A random answer is as right with another sign, or a little larger.
RIGHT_AT_RANDOM = ("negated", "nearly", "rounded")
# A list of one number is right where one number was asked for.
A_NUMBER_EACH = ("0.1", "6.3", "7.2")


@pytest.mark.parametrize(
    ("id", "name"),
    [
        (id, name)
        for id in IDS
        for name in UNNAMED
        if not (EXERCISES[id].measure and name in RIGHT_AT_RANDOM)
        and not (id in A_NUMBER_EACH and name in ("another axis", "flat"))
    ],
)
def test_a_wrong_answer_that_nobody_named_is_refused(id, name):
    change, expected = UNNAMED[name]
    verdict = verdict_on(id, altered(id, change))
    assert verdict.kind == "wrong"
    if not EXERCISES[id].measure and verdict.mistake is None and id not in YES_OR_NO:
        assert expected in verdict.sentence
    assert "\n" not in verdict.sentence


@pytest.mark.parametrize("id", A_NUMBER_EACH)
@pytest.mark.parametrize("wrap", [lambda a: [float(a)], lambda a: (float(a),), np.atleast_1d])
def test_a_list_of_one_number_is_as_right_as_the_number(id, wrap):
    assert verdict_on(id, altered(id, wrap)).kind == "right"


def test_ones_and_the_wrong_order_are_recognised():
    assert "every number is 1," in verdict_on("1.4", lambda x, y, z: np.ones(3)).sentence
    in_another_order = verdict_on("1.4", lambda x, y, z: (x + y, z, z))
    assert "the right numbers in the wrong order" in in_another_order.sentence


@pytest.mark.parametrize("id", YES_OR_NO)
@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (np.zeros_like, "every answer is False"),
        (np.ones_like, "every answer is True"),
        (lambda right: 1 - right, "every answer is turned round"),
    ],
)
def test_a_question_of_yes_or_no_is_answered_in_its_own_words(id, change, cause):
    verdict = verdict_on(id, altered(id, lambda right: change(right).astype(bool)))
    said = verdict.sentence.rpartition("], ")[2].partition(" · ")[0]
    assert set(re.findall(r"\w+", said)) <= {"True", "False", "came", "out", "was", "expected"}
    if verdict.mistake is None:
        assert cause in verdict.sentence
    assert "number" not in verdict.sentence.rpartition(" · ")[2]


def test_a_row_of_yes_and_no_is_shown_whole_as_python_writes_it():
    verdict = verdict_on("9.2", lambda a: ~EXERCISES["9.2"].answer(a))
    assert verdict.sentence.startswith("for a = [[0, 0.5, 0], [0, 0, 2]], ")
    assert "(False, True, True) came out, (True, False, False) was expected" in verdict.sentence
    shares = verdict_on("9.2", lambda a: EXERCISES["9.2"].answer(a) / 2)
    assert "(0.5, False, False) came out" in shares.sentence


def test_a_failing_input_of_up_to_eight_numbers_is_shown_so_that_it_can_be_pasted():
    verdict = verdict_on("6.3", lambda slopes, gain: 0.044)
    shown = "slopes = [[0.25, 0.1], [0.2, 0.05], [0.24, 0.15]], gain = 2, 0.044 came out"
    assert f"for {shown}, " in verdict.sentence
    verdict = verdict_on("9.1", lambda x, w, b, upstream: 3.14 * w)
    assert "x = [[1, 3], [3, -1], [-2, 0.5]], w = [3, -1], b = 0.5, " in verdict.sentence
    verdict = verdict_on("9.3", lambda dead: dead[0])
    assert "dead = [[False, False, True, True], [False, True, True, False]]" in verdict.sentence


def test_where_an_element_depends_on_others_all_are_shown_and_its_place_is_told():
    sentence = verdict_on("7.3", lambda h: 2 * h).sentence
    assert sentence.startswith("for h = [[0.5, 2], [1.5, -1], [4, 0.5]], at [2, 1], 1 came out, ")
    assert "a = 0.9 in an array of shape (3,), " in verdict_on("6.2", one_for_arrays).sentence


def test_two_gradients_are_shown_side_by_side():
    sentence = verdict_on("1.1", lambda x, y, upstream: (1.5, upstream)).sentence
    assert "for x = 3, y = −4, upstream = 2, (1.5, 2) came out, (2, 2) was expected" in sentence


def one_for_arrays(a):
    return np.ones_like(a) if np.ndim(a) else a * (1 - a)


def test_a_failing_input_of_more_than_eight_numbers_is_told_by_its_shape():
    exercise = EXERCISES["6.3"]
    short = exercise.cases[0][0].shape

    def wrong(slopes, gain):
        return exercise.answer(slopes, gain) * (1 + (slopes.shape != short))

    assert "for slopes of shape (10, 4), gain = 1.5, " in verdict_on("6.3", wrong).sentence


def test_a_transpose_is_recognised_by_its_shape_and_in_words():
    verdict = verdict_on("6.2", lambda a: np.transpose(a * (1 - a)))
    assert "shape (3, 2) came out instead of an array of shape (2, 3)" in verdict.sentence
    assert verdict.sentence.endswith("it is the transpose of what was expected")


def test_an_answer_that_is_nearly_right_is_told_so():
    verdict = verdict_on("0.1", lambda x: ((x + 1e-3) ** 2 - x**2) / 1e-3)
    assert verdict.kind == "wrong" and "nearly right everywhere" in verdict.sentence


def test_an_input_changed_in_place_is_noticed():
    def sigmoid_slope(a):
        right = a * (1 - a)
        if isinstance(a, np.ndarray):
            a *= 1 - a
        return right

    verdict = verdict_on("6.2", sigmoid_slope)
    assert verdict.kind == "wrong" and "your function changed a itself" in verdict.sentence
    # The cases themselves are out of its reach.
    assert verdict_on("6.2", MODELS["6.2"]).kind == "right"


def test_printing_is_not_returning_and_floods_no_notebook():
    out = io.StringIO()
    with redirect_stdout(out):
        verdict = verdict_on("6.2", lambda a: print(a * (1 - a)))
    assert "only return hands it on" in verdict.sentence
    assert out.getvalue() == ""


def test_an_exception_is_told_in_its_own_words():
    verdict = verdict_on("1.2", "def multiply_gate(x, y, upstream): return y * upstraem, x")
    assert verdict.kind == "raised"
    assert "it raised NameError: name 'upstraem' is not defined" in verdict.sentence
    verdict = verdict_on("1.2", "def multiply_gate(x, y): return y, x")
    assert "takes 2 positional arguments but 3 were given" in verdict.sentence


SLIPS = {
    "def square_slope(x): return square_slope(x)": "calls itself and comes to no end",
    "def square_slope(x): return slope": "misspelt, or the cell that defines it has not been run",
    "def square_slope(x):\n    y = y * x\n    return y": "before the function has given it a value",
    "def square_slope(): return 2": "a given def line stays",
    "def square_slope(x, h): return 2 * x": "a given def line stays",
    "def square_slope(x): return x(2)": "as where a * is missing",
    "def square_slope(x): return [2 * each for each in x]": "one number stands where",
    "def square_slope(x): return np.ones(2, 2)": "a shape goes in as one argument",
    "def square_slope(x): return max(np.ones(2), x)": "ask for one yes or no",
    "def square_slope(x): return np.ones(3) @ np.ones(2)": "the two sides of @ do not fit",
    "def square_slope(x): return np.ones(3) * np.ones(2)": "the shapes do not fit",
}


@pytest.mark.parametrize("answer", SLIPS)
def test_an_exception_that_many_run_into_is_told_with_its_usual_cause(answer):
    verdict = verdict_on("0.1", answer)
    assert verdict.kind == "raised" and SLIPS[answer] in verdict.sentence.partition(" · ")[2]


@pytest.mark.parametrize("error", [ValueError("two\nlines"), SystemExit(1), RecursionError()])
def test_whatever_is_raised_is_one_line(error):
    def add_gate(x, y, upstream):
        raise error

    verdict = verdict_on("1.1", add_gate)
    assert verdict.kind == "raised" and type(error).__name__ in verdict.sentence
    assert "\n" not in verdict.sentence


def test_an_object_that_equals_everything_earns_nothing():
    class Yes(float):
        def __eq__(self, other):
            return True

        def __hash__(self):
            return 0

        def __abs__(self):
            return 0.0

        def __sub__(self, other):
            return 0.0

        __rsub__ = __sub__

    class Always(np.ndarray):
        def __array_ufunc__(self, *args, **kwargs):
            return True

    for answer in (lambda x: Yes(7), lambda x: np.array(7.0).view(Always)):
        assert verdict_on("0.1", answer).kind == "wrong"


@pytest.mark.parametrize("limit", [-10.0, -20.0, -31.0])
def test_a_sigmoid_cut_off_too_early_is_wrong_at_the_input_where_it_is(limit):
    verdict = verdict_on("6.1", lambda z: EXERCISES["6.1"].answer(np.maximum(z, limit)))
    assert verdict.kind == "wrong" and "for z = −32, " in verdict.sentence


@pytest.mark.parametrize(
    ("limit", "first"),
    [(31, "z = 32, 1 came"), (33, "z = −34, 0 came"), (35, "z = −36, 0 came"), (35.9, "z = −36, ")],
)
def test_a_sigmoid_set_to_0_and_1_beyond_a_limit_is_told_that_it_reaches_neither(limit, first):
    right = EXERCISES["6.1"].answer

    def cut(z):
        z = np.asarray(z)
        return np.where(z > limit, 1.0, np.where(z < -limit, 0.0, right(z)))

    verdict = verdict_on("6.1", cut)
    assert verdict.kind == "wrong" and f"for {first}" in verdict.sentence
    assert verdict.sentence.endswith("σ comes near them and reaches neither")


def test_a_sigmoid_set_to_1_where_float64_still_has_room_is_wrong():
    right = EXERCISES["6.1"].answer
    verdict = verdict_on("6.1", lambda z: np.where(np.asarray(z) > 30, 1.0, right(z)))
    assert verdict.kind == "wrong" and "for z = 32, 1 came out" in verdict.sentence


def test_a_warning_is_a_fault_only_where_silence_is_the_task():
    def loud(answer):
        return lambda *arguments: (np.log(np.zeros(1)), answer(*arguments))[1]

    for id, exercise in EXERCISES.items():
        assert (verdict_on(id, loud(exercise.answer)).kind == "right") != exercise.silent


# Any number, any data


deviations = st.floats(1e-5, 1e3).flatmap(lambda size: st.sampled_from([size, -size]))


@pytest.mark.parametrize("id", [id for id in IDS if not EXERCISES[id].measure])
@given(deviation=deviations, where=st.integers(0, 10**6), data=st.data())
@settings(max_examples=30, deadline=None)
def test_one_number_off_in_one_case_is_refused(id, deviation, where, data):
    exercise = EXERCISES[id]
    asked = data.draw(st.integers(0, len(exercise.cases) - 1))
    cases = iter(range(len(exercise.cases)))

    def off_once(right):
        if next(cases) == asked:
            flat = right.reshape(-1)
            place = where % flat.size
            flat[place] += deviation * max(abs(flat[place]), 1.0)
        return right

    assert verdict_on(id, altered(id, off_once)).kind == "wrong"


@given(st.floats(0.01, 100).filter(lambda factor: abs(np.log(factor)) > 0.1))
@settings(max_examples=25, deadline=None)
def test_weights_of_another_size_are_refused(factor):
    assert verdict_on("6.4", altered("6.4", lambda weights: factor * weights)).kind == "wrong"


@given(st.floats(0.01, 10), st.sampled_from([-1, 1]))
@settings(max_examples=25, deadline=None)
def test_weights_off_centre_are_refused(shift, side):
    off = altered("6.4", lambda weights: weights + side * shift)
    assert verdict_on("6.4", off).kind == "wrong"


plain_numbers = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9))
plain_data = st.recursive(
    st.one_of(
        plain_numbers,
        st.sampled_from(
            [np.zeros((0, 3)), np.array(["a"]), np.uint8([1, 2]), np.float16(0.5), Foreign("set")]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=9,
)


@given(value=plain_data, arguments=st.lists(plain_data, max_size=4))
@settings(max_examples=40, deadline=None)
def test_no_plain_data_breaks_a_check(value, arguments):
    reply = Reply("returned", value, arguments, [])
    for exercise in EXERCISES.values():
        verdict = exercise.check(lambda name, *plain: reply)
        assert verdict.kind == "wrong" and "\n" not in verdict.sentence


def test_an_outcome_that_only_a_judge_knows_is_kept():
    verdict = EXERCISES["0.1"].check(lambda name, *plain: Reply("ran too slowly"))
    assert verdict.kind == "ran too slowly"
    assert verdict.sentence.startswith("for x = 3, it ran too slowly · ")


# What is asked and what is said


@pytest.mark.parametrize("id", IDS)
def test_an_exercise_asks_twenty_instances_that_no_one_chose_beside_the_chosen(id):
    exercise = EXERCISES[id]
    assert exercise.measure or len(exercise.cases) > 20
    assert all(
        len(case) == len(inspect.signature(exercise.answer).parameters) for case in exercise.cases
    )


@pytest.mark.parametrize("id", IDS)
def test_hints_are_a_question_and_then_each_longer(id):
    question, formula, line = EXERCISES[id].hints
    assert question.endswith("?")
    assert len(question) < len(formula) < len(line)
    assert line.startswith("Look at ")


@pytest.mark.parametrize("id", IDS)
def test_no_sentence_gives_the_answer_away(id):
    exercise = EXERCISES[id]
    given_away = MODELS[id].strip().splitlines()[-1].partition("return ")[2].replace(" ", "")
    for sentence in (*(m.cause for m in exercise.mistakes), exercise.right):
        assert given_away not in sentence.replace(" ", "")
        assert "\n" not in sentence and not sentence.endswith(".")


@pytest.mark.parametrize("id", IDS)
def test_a_check_takes_so_few_calls_that_nobody_waits(id):
    last = EXERCISES[id].mistakes[-1].function
    for answer in (EXERCISES[id].answer, last, altered(id, lambda right: right * 1.7)):
        assert calls_of(lambda answer=answer: verdict_on(id, answer)) < MOST_CALLS


def test_a_check_leaves_the_learners_numpy_and_warnings_as_they_were():
    def state():
        # The generator that older code seeds for the whole process is a learner's own business.
        return str(np.random.get_state()), np.geterr(), list(warnings.filters)  # noqa: NPY002

    before = state()
    for id, place in MISTAKES:
        verdict_on(id, EXERCISES[id].mistakes[place].function)
    assert state() == before


# The verbs of a notebook


def test_check_says_one_line(notebook):
    assert printed(exercises.check, "6.2") == (
        "6.2 · missing · there is no function sigmoid_slope: "
        "the cell that defines it, by this name, has to run without an error"
    )
    exec(stub_of("6.2"), notebook)
    assert printed(exercises.check, "6.2") == (
        "6.2 · not tried yet · replace the line that raises NotImplementedError"
    )
    exec("def sigmoid_slope(a): return a", notebook)
    assert printed(exercises.check, "6.2") == (
        "6.2 · wrong · for a = 0.5, 0.5 came out, 0.25 was expected · "
        "that is the output itself: a unit near 1 has next to no slope"
    )
    exec(MODELS["6.2"], notebook)
    assert printed(exercises.check, "6.2") == f"6.2 · right · {EXERCISES['6.2'].right}"


def test_check_raises_where_nbgrader_runs_and_only_there(notebook, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    for source in ("", stub_of("6.2"), "def sigmoid_slope(a): return a"):
        exec(source, notebook)
        with pytest.raises(AssertionError, match=r"^6\.2 · (missing|not tried yet|wrong) · "):
            exercises.check("6.2")
    with pytest.raises(AssertionError, match="no exercise 6.9"):
        exercises.check("6.9")
    exec(MODELS["6.2"], notebook)
    assert printed(exercises.check, "6.2").startswith("6.2 · right")


@pytest.mark.parametrize("verb", [exercises.check, exercises.hint, exercises.solution])
def test_an_exercise_that_is_not_there_is_answered_with_those_that_are(notebook, verb):
    line = printed(verb, "9.9")
    assert line == f"There is no exercise 9.9 · there are {', '.join(IDS)}"


def test_hints_come_one_after_the_other_and_the_last_one_stays(notebook):
    said = [printed(exercises.hint, "6.1") for _ in range(4)]
    hints = EXERCISES["6.1"].hints
    assert said[:3] == [f"6.1 · hint {n} of 3 · {hint}" for n, hint in enumerate(hints, 1)]
    assert said[3] == said[2]
    assert printed(exercises.hint, "6.2").startswith("6.2 · hint 1 of 3")


def test_a_solution_is_shown_once_the_exercise_was_tried(notebook, monkeypatch):
    monkeypatch.setattr(notebooks, "answer", lambda id: f"the answer to {id}")
    for source in ("", stub_of("6.2")):
        exec(source, notebook)
        assert printed(exercises.solution, "6.2") == (
            "6.2 · not tried yet · write an answer of your own first, right or wrong"
        )
    for source in ("def sigmoid_slope(a): return a", "def sigmoid_slope(a): a.b", MODELS["6.2"]):
        exec(source, notebook)
        assert printed(exercises.solution, "6.2") == "the answer to 6.2"


def test_progress_has_a_line_for_each_exercise_of_the_lessons_met(notebook):
    assert printed(exercises.progress) == 'No exercise met yet · check("0.1") checks the first'
    exec(MODELS["1.2"] + stub_of("1.1") + "def max_gate(x, y, upstream): return x", notebook)
    printed(exercises.check, "1.2")
    assert printed(exercises.progress).splitlines() == [
        "1.1 · not tried yet · add_gate",
        "1.2 · right · multiply_gate",
        "1.3 · wrong · max_gate",
        "1.4 · missing · chain",
        "1 of 4 right · 1 of 5 points",
    ]


@pytest.mark.parametrize(
    ("guess", "truth", "line"),
    [
        (0.25, np.float64(0.2500001), "You said 0.25 · it is 0.25 · right"),
        (1e-6, 9.54e-7, "You said 1e-6 · it is 9.54e-7 · close"),
        (-3, -4.0, "You said −3 · it is −4 · too high"),
        (0, 157000, "You said 0 · it is 157000 · too low"),
        ((1, 0), (1.0, 0.0), "You said (1, 0) · it is (1, 0) · right"),
        ((0, 1), (1.0, 0.0), "You said (0, 1) · it is (1, 0)"),
        ((1, 2, 3), (1, 2), "You said (1, 2, 3) · it is (1, 2)"),
        ("ReLU ", "relu", "You said ReLU · it is relu · right"),
        ("tanh", "ReLU", "You said tanh · it is ReLU"),
        ("3", 3.16, "You said 3 · it is 3.16 · close"),
        (" −3.5 ", -3.5, "You said −3.5 · it is −3.5 · right"),
        ("a lot", 3.0, "You said a lot · write a number, without quotes or unit"),
        (SiLU, "He", "You said SiLU, which goes in quotes · it is He"),
        (he, "He", "You said he, which goes in quotes · it is He"),
        (True, False, "You said True · it is False"),
        (True, np.True_, "You said True · it is True · right"),
        (float("nan"), 1.0, "You said nan · it is 1"),
        (7, float("inf"), "You said 7 · it is ∞ · too low"),
    ],
)
def test_a_guess_is_put_beside_what_is_the_case(guess, truth, line):
    assert printed(exercises.compare, guess, truth) == line


def test_a_guess_has_its_unit():
    assert "No guess yet" in (untold := printed(exercises.compare, ..., 92.5, "%"))
    assert "92" not in untold
    assert printed(exercises.compare, 90, 92.5, "%") == "You said 90 % · it is 92.5 % · close"
    for guess in ("3 %", "3%"):
        said = printed(exercises.compare, guess, 2.659, "%")
        assert said == "You said 3 % · it is 2.659 % · too high"


def test_of_several_guesses_each_says_what_it_was_about():
    line = printed(lambda: exercises.compare(90, 92.5, "%", label="zeros"))
    assert line == "zeros · You said 90 % · it is 92.5 % · close"
    line = printed(lambda: exercises.compare(..., 92.5, "%", label="zeros"))
    assert line.startswith("zeros · No guess yet · ")


# The real notebooks


def test_the_solutions_hold_the_exercises_that_the_checks_know():
    for path in notebooks.lessons(notebooks.folder("solutions")):
        notebook = notebooks.read(path)
        names = names_of()
        for id, cell in notebooks.exercises(notebook).items():
            exec(notebooks.answer(id, notebook), names)
            exercise = EXERCISES[id]
            assert exercise.check(ask_in(names)).kind == "right"
            theirs, ours = names[exercise.name], exercise.answer
            assert list(inspect.signature(theirs).parameters) == list(
                inspect.signature(ours).parameters
            )
            check = notebooks.check_cell(notebook, id)
            assert check.source == f'check("{id}")'
            assert check.metadata.nbgrader.points == exercise.points
            stub = notebooks.stub_of(cell.source, cell.metadata.coursekit.task)
            exec(stub, names)
            assert exercise.check(ask_in(names)).kind == "not tried yet"
            exec(notebooks.answer(id, notebook), names)


def test_a_real_ipython_finds_what_the_learner_wrote():
    code = f"""{MODELS["6.2"]}
from coursekit import check, hint
check("6.2")
check("6.1")
"""
    run = [
        sys.executable,
        "-m",
        "IPython",
        "--quick",
        "--colors=NoColor",
        "-c",
        f"import numpy as np\n{code}",
    ]
    out = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert "6.2 · right · " in out and "6.1 · missing · " in out


def test_a_script_works_as_a_notebook_does():
    code = f"import numpy as np\n{MODELS['6.1']}\nfrom coursekit import check\ncheck('6.1')"
    run = [sys.executable, "-c", code]
    out = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert out.startswith("6.1 · right · ")


def test_importing_the_exercises_imports_little_else():
    code = """
import sys
import coursekit
before = set(sys.modules)
import coursekit.exercises
print(*set(sys.modules) - before)
"""
    run = [sys.executable, "-c", code]
    new = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    assert "coursekit.exercises.asking" in new
    roots = {name.partition(".")[0] for name in new}
    assert roots - sys.stdlib_module_names == {"coursekit"}
    assert not {"asyncio", "concurrent", "multiprocessing"} & roots  # the slow ones of Python's own
