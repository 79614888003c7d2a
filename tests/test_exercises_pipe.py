"""A check speaks through `ask` alone: here `ask` crosses a pipe to another process, as JSON.

Run as a program, this file is the other process.
"""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import coursekit
from coursekit.exercises import EXERCISES, Foreign, Reply, ask_in

IDS = list(EXERCISES)


def packed(thing):
    """Write plain data as what JSON knows."""
    if isinstance(thing, np.ndarray):
        return {"array": [thing.dtype.str, thing.shape, base64.b64encode(thing.tobytes()).decode()]}
    if isinstance(thing, Foreign):
        return {"foreign": thing.kind}
    if isinstance(thing, dict):
        return {"dict": {key: packed(part) for key, part in thing.items()}}
    if isinstance(thing, list | tuple):
        return [packed(part) for part in thing]
    return thing


def unpacked(thing):
    if isinstance(thing, list):
        return [unpacked(part) for part in thing]
    if not isinstance(thing, dict):
        return thing
    ((kind, inside),) = thing.items()
    if kind == "array":
        dtype, shape, data = inside
        return np.frombuffer(base64.b64decode(data), dtype).reshape(shape).copy()
    if kind == "foreign":
        return Foreign(inside)
    return {key: unpacked(part) for key, part in inside.items()}


def serve():
    """Do as the learner's side does: run cells, call functions, answer with plain data."""
    names = {}
    for line in sys.stdin:
        message = json.loads(line)
        answer = None
        if "cell" in message:
            names = {"np": np, "EXERCISES": EXERCISES}
            exec(message["cell"], names)
        else:
            reply = ask_in(names)(message["ask"], *unpacked(message["plain"]))
            answer = {key: packed(part) for key, part in vars(reply).items()}
        print(json.dumps(answer), flush=True)


class Far:
    """The learner's side, in a process of its own."""

    def __init__(self, process):
        self.process = process

    def send(self, **message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def run(self, cell):
        self.send(cell=cell)

    def ask(self, name, *plain):
        reply = self.send(ask=name, plain=packed(plain))
        return Reply(**{key: unpacked(part) for key, part in reply.items()})


@pytest.fixture(scope="module")
def far():
    where = {**os.environ, "PYTHONPATH": str(Path(coursekit.__file__).parents[1])}
    pipe = subprocess.PIPE
    run = [sys.executable, __file__]
    with subprocess.Popen(run, stdin=pipe, stdout=pipe, text=True, env=where) as process:
        yield Far(process)


@pytest.mark.parametrize("id", IDS)
def test_answers_and_mistakes_are_judged_alike_on_either_side_of_a_pipe(id, far):
    exercise = EXERCISES[id]
    far.run(f"{exercise.name} = EXERCISES[{id!r}].answer")
    assert exercise.check(far.ask).kind == "right"
    for place, mistake in enumerate(exercise.mistakes):
        far.run(f"{exercise.name} = EXERCISES[{id!r}].mistakes[{place}].function")
        here = exercise.check(ask_in({exercise.name: mistake.function}))
        there = exercise.check(far.ask)
        assert there.mistake is not None
        assert (there.kind, there.mistake.cause) == (here.kind, here.mistake.cause)
        # A mistake that draws from no seed draws other numbers each time.
        assert there.sentence == here.sentence


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("", "missing"),
        ("def sigmoid_slope(a): raise NotImplementedError('Do it.')", "not tried yet"),
        ("def sigmoid_slope(a): ...", "not tried yet"),
        ("def sigmoid_slope(a): a * (1 - a)", "nothing came out"),
        ("def sigmoid_slope(a): print(a * (1 - a))", "print shows"),
        ("def sigmoid_slope(a): return {'σ': [a, None]}", "a dict came out"),
        ("from coursekit import Node\ndef sigmoid_slope(a): return Node(a)", "a Node came out"),
        ("def sigmoid_slope(a): return 1 / 0", "ZeroDivisionError: division by zero"),
        ("def sigmoid_slope(a): a *= 1 - a; return a", "your function changed a itself"),
        ("def sigmoid_slope(a): return np.inf * a", "∞ came out"),
    ],
)
def test_every_kind_of_reply_crosses_a_pipe(far, cell, expected):
    far.run(cell)
    kind, sentence, _ = EXERCISES["6.2"].check(far.ask)
    assert expected in f"{kind} {sentence}"
    names = {"np": np}
    exec(cell, names)
    assert EXERCISES["6.2"].check(ask_in(names)) == (kind, sentence, None)


if __name__ == "__main__":
    serve()
