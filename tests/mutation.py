"""Break every gradient in turn, and see that the tests notice.

    python tests/mutation.py [OP ...]

For each op of `OPS` and `ACTIVATIONS` the formulas that it is made of are changed one at a time, in
memory: a sign, a factor, swapped inputs, a term left out, the other side of a kink. So is the walk
itself, where accumulation and un-broadcasting are lost. A change that makes no difference, not even
at ties, kinks and infinities, is no error; every other one must make a test fail. Those that none
notices are printed, and the exit status is 1.
"""

import ast
import copy
import inspect
import multiprocessing
import resource
import signal
import sys
import textwrap
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType, FunctionType

import hypothesis
import numpy as np
import pytest
from oracles import CASES
from tqdm import tqdm

from coursekit import ACTIVATIONS, OPS, Activation, Elementwise, Node, Op, backprop, backprop_steps

TESTS = ("ops", "functions", "activations", "backprop", "jacobians")
PATIENCE = 5.0  # seconds, and ten times what a test takes otherwise
MEMORY = 4 << 30  # bytes for each of two processes
QUICK = 20  # tests that are tried before anything that takes longer


# What is changed


@dataclass(frozen=True)
class Mutant:
    """One change to one function, and the op whose tests must notice; None means the walk."""

    op: type[Op] | None
    function: FunctionType
    code: CodeType
    line: int
    before: str
    after: str

    def __str__(self):
        place = f"{Path(self.function.__code__.co_filename).name}:{self.line}"
        name = self.function.__qualname__
        if self.op and self.op.__name__ != name.split(".")[0]:
            name = f"{name} as {self.op.__name__} uses it"
        return f"{place} {name}: {self.before}  →  {self.after}"


def mutants_of(op: type[Op]) -> Iterator[Mutant]:
    """Change whatever an op computes its value and its gradients with."""
    roots = [vars(op).get(name) or getattr(op, name) for name in ("forward", *gradients_of(op))]
    for function in reached(roots, op):
        yield from mutants(function, op)


def mutants_of_the_walk() -> Iterator[Mutant]:
    """Change what every gradient passes through."""
    for function in reached([backprop, Elementwise.vjp, Activation.local_gradients], None):
        yield from mutants(function, None)


def gradients_of(op):
    """Name the methods in which an op states its gradients."""
    if issubclass(op, Activation):
        return ["slope"]
    if issubclass(op, Elementwise):
        return ["local_gradients"]
    return ["vjp", "vjp_for"] if op.vjp_for is not Op.vjp_for else ["vjp"]


def reached(roots, op):
    """List some functions and those of ours that they call, but for what words an exception."""
    found, waiting = [], list(roots)
    while waiting:
        function = waiting.pop(0)
        if function in found:
            continue
        found.append(function)
        for node in computing(syntax(function)):
            called = None
            if isinstance(node, ast.Name):
                called = function.__globals__.get(node.id)
            elif isinstance(node, ast.Attribute) and op and ast.unparse(node.value) == "self":
                called = inspect.getattr_static(op, node.attr, None)
                called = called.fget if isinstance(called, property) else called
            if isinstance(called, FunctionType) and called.__module__.startswith("coursekit."):
                waiting.append(called)
    return found


def mutants(function, op):
    """Make every change to a function that there is, one at a time."""
    tree = syntax(function)
    for old in computing(tree):
        for new in changes(old, function.__name__):
            # A copy of the tree in which the memo says that the old node was copied already.
            changed = ast.fix_missing_locations(copy.deepcopy(tree, {id(old): new}))
            code = compiled(changed, function)
            line = function.__code__.co_firstlineno + old.lineno - 1
            yield Mutant(op, function, code, line, ast.unparse(old), ast.unparse(new))


def syntax(function):
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    tree.decorator_list = []
    return tree


def computing(tree):
    """Walk through what a function computes: neither its signature nor what it refuses."""
    for statement in tree.body:
        yield from below(statement)


def below(node):
    refusing = isinstance(node, ast.Raise) or (
        isinstance(node, ast.If) and isinstance(node.body[0], ast.Raise) and not node.orelse
    )
    if not refusing:
        yield node
        for child in ast.iter_child_nodes(node):
            yield from below(child)


def compiled(tree, function):
    """Compile a changed function, inside a class so that `super()` would work as well."""
    body = ast.ClassDef("Changed", [], [], [tree], [])
    module = ast.fix_missing_locations(ast.Module([body], []))
    waiting = [compile(module, function.__code__.co_filename, "exec", dont_inherit=True)]
    while waiting:
        code = waiting.pop()
        if code.co_name == function.__name__:
            return code
        waiting += [each for each in code.co_consts if isinstance(each, CodeType)]
    raise AssertionError(f"{function.__qualname__} was compiled to nothing")


# How it is changed

OTHER_COMPARISONS = {
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OTHER_ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
FACTORS = ("-1.0", "1.001", "2.0", "0.0")


def changes(node: ast.AST, name: str) -> Iterator[ast.AST]:
    """Tell what could stand in the place of a piece of a function of that name."""
    match node:
        case ast.Return(value=ast.expr() as value) if name in ("vjp", "local_gradients"):
            sent = ast.unparse(value)
            yield returned(f"({sent})[::-1]")
            for factor in FACTORS:
                yield returned(f"tuple({factor} * each for each in ({sent}))")
                for which in range(len(value.elts) if isinstance(value, ast.Tuple) else 0):
                    yield returned(
                        f"tuple({factor} * each if k == {which} else each "
                        f"for k, each in enumerate({sent}))"
                    )
        case ast.Return(value=ast.expr() as value) if name in ("slope", "forward"):
            for factor in FACTORS:
                yield returned(f"{factor} * ({ast.unparse(value)})")
        case ast.Compare(left, [comparison, *others], [right, *rest]):
            for other in OTHER_COMPARISONS[type(comparison)]:
                yield ast.Compare(left, [other(), *others], [right, *rest])
        case ast.BinOp(left, operator, right):
            yield from (left, right)
            if type(operator) in OTHER_ARITHMETIC:
                yield ast.BinOp(left, OTHER_ARITHMETIC[type(operator)](), right)
            if not isinstance(operator, (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr)):
                yield ast.BinOp(right, operator, left)
        case ast.BoolOp(operator, [first, *others]):
            yield from (first, *others)
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(_, operand):
            yield operand
        case ast.IfExp(test, body, orelse):
            yield from (body, orelse)
            yield ast.IfExp(test, orelse, body)
        case ast.Call(function, [*arguments], keywords):
            if ast.unparse(function) == "np.sign":  # the other side of a kink: 0 counts as above it
                yield ast.parse(f"np.sign({ast.unparse(node)} + 0.5)", mode="eval").body
            if isinstance(function, ast.Attribute) and ast.unparse(function.value) != "np":
                yield function.value
            elif arguments and not isinstance(arguments[0], ast.Starred):
                yield arguments[0]
            for k in range(len(arguments) - 1):
                swapped = [*arguments]
                swapped[k], swapped[k + 1] = swapped[k + 1], swapped[k]
                yield ast.Call(function, swapped, keywords)
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(float() as value):
            yield ast.Constant(1.001 * value or 0.001)


def returned(expression):
    return ast.parse(f"return {expression}").body[0]


# Whether it makes a difference

SPECIAL = np.array([0.0, 0.5, 1.0, 2.0, 3.0, 50.0, 1000.0, np.inf])
SPECIAL = np.concatenate([-SPECIAL, SPECIAL, [np.nan]])


def inputs_for(case):
    """Draw inputs for an op: ordinary ones, small ones with many ties, and extreme ones."""
    rng = np.random.default_rng(0)
    deeper = [(2, *shape) for shape in case.shapes]
    for seed in range(3):
        yield case.inputs(seed)
        yield case.inputs(seed, np.float32)
        for shapes in (case.shapes, deeper, [()] * len(case.shapes)):
            yield [rng.choice([-1.0, 0.0, 0.5, 1.0, 2.0], shape) for shape in shapes]
        yield [np.full(shape, rng.choice(SPECIAL)) for shape in case.shapes]
        yield [rng.choice(SPECIAL, shape) for shape in case.shapes]


def behaviour(op: type[Op] | None) -> list:
    """Record all that an op does on many inputs, or the walk over all ops: values and steps."""
    return [
        watched(case.op, inputs)
        for case in CASES
        if op is None or type(case.op) is op
        for inputs in inputs_for(case)
    ]


def watched(op, inputs):
    """Record the value of an op, its vjp, and each step of the walk through a fork behind it."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            output = op(*map(Node, inputs))
            forked = output + output
            upstream = np.random.default_rng(1).uniform(0.5, 1.5, output.shape)
            sent = op.vjp(upstream, output.value, *[node.value for node in output.parents])
            seen = [print_of(output.value), type(sent) in (tuple, list)]
            for start in (upstream, None) if output.value.size == 1 else (upstream,):
                for step in backprop_steps(forked, start):
                    seen += [str(step.node.op), *map(print_of, (step.node.value, step.upstream))]
                    for shares in (step.downstream, step.total):
                        seen += map(print_of, shares)
                    seen += [print_of(1.0 * slope) for slope in step.local or ()]  # True is 1
                gradients = backprop(forked, start)
                seen += [type(gradients), *map(print_of, gradients.values())]
            return [*seen, *(print_of(1.0 * np.ravel(share)) for share in sent)]
        except Exception as error:
            return [type(error)]


def print_of(value):
    """Take the fingerprint of a number or an array; −0 is 0 and every NaN is the same."""
    array = np.asarray(value)
    plain = np.where(np.isnan(array), np.nan, array) + 0.0
    return array.dtype, array.shape, array.flags.writeable, plain.tobytes()


# Whether the tests notice


@dataclass(frozen=True)
class Check:
    """A test that can be called: what it is of, and how long it takes."""

    test: Callable[[], None]
    name: str
    op: type[Op] | None = None
    seconds: float = 0.0


def the_tests() -> list[Check]:
    """Collect the tests of the engine as pytest does, those that need no fixture."""
    hypothesis.settings.register_profile(
        "mutation",
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
    )
    hypothesis.settings.load_profile("mutation")
    collected = Collector()
    here = Path(__file__).parent
    files = [str(here / f"test_{name}.py") for name in TESTS]
    options = [
        "--collect-only",
        "--assert=plain",
        "-p",
        "no:terminal",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
    ]
    if status := pytest.main([*options, *files], plugins=[collected]):
        raise SystemExit(f"the tests cannot be collected (pytest says {status!r})")
    return collected.checks


class Collector:
    def __init__(self):
        self.checks = []

    def pytest_collection_finish(self, session):
        for item in session.items:
            given = item.callspec.params if hasattr(item, "callspec") else {}
            if set(inspect.signature(item.obj).parameters) <= set(given):
                op = type(given["case"].op) if hasattr(given.get("case"), "op") else None
                self.checks.append(Check(lambda i=item, g=given: i.obj(**g), item.nodeid, op))


def timed(checks: list[Check]) -> list[Check]:
    """Run each test once on the unchanged engine, where it must pass; fast ones come first."""
    measured = []
    for check in checks:
        start = time.perf_counter()
        if reason := failure(replace(check, seconds=60.0)):
            raise SystemExit(f"{check.name} fails before anything was changed: {reason!r}")
        measured.append(replace(check, seconds=time.perf_counter() - start))
    return sorted(measured, key=lambda check: check.seconds)


class TooLong(BaseException):
    """Past `except Exception`, which a changed program may meet in a loop that has no end."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Stop what does not end by itself."""

    def stop(*given):
        raise TooLong

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def failure(check: Check) -> BaseException | None:
    """Tell why a test fails, if it does; warnings are errors here as everywhere."""
    try:
        with at_most(PATIENCE + 10 * check.seconds), warnings.catch_warnings():
            warnings.simplefilter("error")
            check.test()
    except KeyboardInterrupt:
        raise
    except BaseException as reason:  # pytest's own failures are no Exception
        return reason
    return None


def makes_a_difference(mutant: Mutant, unchanged: list) -> bool:
    """Compare what an op does with what it did before it was changed."""
    try:
        with at_most(PATIENCE if mutant.op else 12 * PATIENCE):  # the walk is asked about all ops
            return behaviour(mutant.op) != unchanged
    except TooLong:
        return True


def outcome(mutant: Mutant, checks: list[Check], unchanged: list) -> str:
    """Put a change in place, and tell what comes of it."""
    own = [check for check in checks if check.op is mutant.op]
    others = [check for check in checks if check.op is None or mutant.op is None]
    original = mutant.function.__code__
    mutant.function.__code__ = mutant.code
    try:
        if any(map(failure, own[:QUICK])):
            return "noticed"
        if not makes_a_difference(mutant, unchanged):
            return "no difference"
        return "noticed" if any(map(failure, own[QUICK:] + others)) else "SURVIVES"
    finally:
        mutant.function.__code__ = original


def outcomes(mutants: list[Mutant], checks: list[Check], workers: int = 1) -> Iterator[str]:
    """Try all changes, in order."""
    before = {op: behaviour(op) for op in {mutant.op for mutant in mutants}}
    global tried  # what a forked worker finds in its copy of the memory

    def tried(k):
        return outcome(mutants[k], checks, before[mutants[k].op])

    if workers == 1:
        yield from map(tried, range(len(mutants)))
        return
    with multiprocessing.get_context("fork").Pool(workers, limited) as pool:
        yield from pool.imap(by_number, range(len(mutants)), chunksize=8)


def by_number(k):
    return tried(k)


def limited():
    """Let a change that fills the memory fail soon, and alone."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main(names: list[str]) -> int:
    start = time.perf_counter()
    checks = timed(the_tests())
    by_name = {op.__name__: op for op in (*OPS, *ACTIVATIONS)}
    mutants = [mutant for name in names or by_name for mutant in mutants_of(by_name[name])]
    mutants += [] if names else mutants_of_the_walk()
    bar = tqdm(outcomes(mutants, checks, 2), "Breaking", len(mutants), disable=None, leave=False)
    found = list(bar)
    counts = Counter(found)
    for mutant, what in zip(mutants, found, strict=True):
        if what == "SURVIVES":
            print(f"no test notices  {mutant}")
    print(
        f"{len(mutants)} changes to {len(names or by_name)} ops and the walk: "
        f"{counts['noticed']} noticed by a test, {counts['no difference']} make no difference, "
        f"{counts['SURVIVES']} survive ({time.perf_counter() - start:.0f} s)"
    )
    return 1 if counts["SURVIVES"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
