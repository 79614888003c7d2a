"""The widget's Python half, and the player's own tests, without a browser."""

import asyncio
import base64
import json
import math
import re
import subprocess
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest
import traitlets
from demanded import needs_node
from loops import as_in_a_notebook, in_a_thread

from coursekit.explorers import frame
from coursekit.explorers.frame import Choice, Control, Explorer, FigureExplorer, Handle
from coursekit.style import new_figure

HERE = Path(__file__).parent
PLAYER = HERE.parent / "coursekit" / "explorers"


class Dot(Explorer):
    title = "A dot"
    controls = (
        Control("x", "place", 0, 10, 1, start=5, fine=0.5),
        Choice("colour", "colour", ("green", "red")),
    )
    states = {"left, red": {"x": 0, "colour": "red"}}

    def background(self):
        return '<svg viewBox="0 0 10 2"><rect/></svg>'

    def fragment(self, x, colour):
        return f'<circle cx="{x:g}" fill="{colour}"/>'

    def evidence(self, x, colour):
        if x == 9:
            raise NotImplementedError("say where the dot is")
        if x == 8:
            raise ZeroDivisionError("division by zero\nand more")
        return f"The {colour} dot is at {x:g}."

    def alt(self, x, colour):
        return f"A {colour} dot at {x:g}."


class Ball(FigureExplorer):
    title = "A ball"
    controls = (Control("x", "place", 0, 10, 1, start=5),)

    def figure(self):
        figure, self.ax = new_figure()
        self.ax.set(xlim=(0, 10), ylim=(0, 10))
        (self.ball,) = self.ax.plot([], [], "o", animated=True, gid="mark:ball")
        return figure

    def move(self, x):
        self.ball.set_data([x], [x])
        return [self.ball]

    def evidence(self, x):
        return f"at {x}"

    def alt(self, x):
        return f"A ball at {x}."


def held(explorer):
    return json.loads(zlib.decompress(base64.b64decode(explorer.held_frames)))


def test_callers_name_only_what_they_change():
    dot = Dot()
    assert dot.evidence() == "The green dot is at 5."
    assert dot.alt(colour="red") == "A red dot at 5."
    dot.x = 2
    assert dot.evidence(colour="red") == "The red dot is at 2."


def test_an_explorer_can_start_elsewhere():
    assert repr(Dot(x=3, colour="red")) == "A red dot at 3."


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"y": 1}, "there is no control 'y' here, only x and colour"),
        ({"x": 11}, "x runs from 0 to 10, and 11 lies outside"),
        ({"x": "far"}, "x runs from 0 to 10, and 'far' lies outside"),
        ({"x": float("nan")}, "x runs from 0 to 10, and nan lies outside"),
        ({"colour": "blue"}, "colour is one of 'green', 'red', and not 'blue'"),
    ],
)
def test_a_state_that_cannot_be_is_refused_in_a_sentence(state, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        Dot().still(**state)


def test_whole_numbers_stay_whole_and_halves_are_refused():
    whole = Control("k", "step", 0, 10, 1, start=0)
    assert [type(place) for place in whole.positions] == [int] * 11
    assert type(whole.checked(3.0)) is int
    with pytest.raises(ValueError, match=r"k is a whole number, not 2\.5"):
        whole.checked(2.5)


def test_positions_may_be_uneven():
    uneven = Control("g", "scale", 0.1, 10, 1, start=1.0, at=(0.1, 1.0, 10.0))
    assert (uneven.positions, uneven.stride, uneven.index(3)) == ((0.1, 1.0, 10.0), 1, 1)


def test_controls_are_traits_that_can_be_set_and_observed():
    dot, seen = Dot(), []
    dot.observe(lambda change: seen.append(change.new), "x")
    dot.x = 7.5
    assert seen == [7.5]
    assert {"x", "colour"} <= set(dot.keys)


def test_a_slider_elsewhere_is_held_within_the_range_as_ipywidgets_does():
    dot = Dot()
    dot.x = 99
    assert dot.x == 10
    dot.x = 2.4
    assert dot.state()["x"] == 2.5
    with pytest.raises(traitlets.TraitError, match="x has to be a number"):
        dot.x = float("nan")
    with pytest.raises(traitlets.TraitError, match="one of 'green', 'red'"):
        dot.colour = "blue"


def test_two_explorers_share_nothing():
    one, two = Dot(), Dot()
    one.x = 1
    assert two.x == 5


def test_a_control_cannot_take_a_name_that_a_widget_needs():
    class Wide(Dot):
        controls = (Control("layout", "width", 0, 1, 1, start=0),)

    said = "^'layout' is a name that this picture needs itself: .* such as 'layout_1'$"
    with pytest.raises(ValueError, match=said):
        Wide()


def test_two_controls_cannot_have_one_name():
    class Twice(Dot):
        controls = (*Dot.controls, Dot.controls[0])

    with pytest.raises(ValueError, match="^'x' is a name that this picture needs itself: "):
        Twice()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"step": 0.3}, "x runs from 0 to 1, and steps of 0.3 do not end there: take a step that "),
        ({"step": 0}, "x runs from 0 to 1, and steps of 0 do not end there: "),
        ({"step": float("nan")}, "x runs from 0 to 1, and steps of nan do not end there: "),
        ({"low": 2}, "x runs from a lower to a higher number, not from 2 to 1$"),
        ({"low": float("nan")}, "x runs from a lower to a higher number, not from nan to 1$"),
        ({"high": float("inf")}, "x runs from 0 to inf, and steps of 0.5 do not end there: "),
        ({"start": 2}, "x runs from 0 to 1, and cannot start at 2$"),
        ({"fine": 0.2}, "x has steps of 0.5, and fine ones of 0.2 do not make up one of them: "),
        ({"at": (0, 1), "start": -1}, "x runs from 0 to 1, and cannot start at -1$"),
    ],
)
def test_a_control_that_its_slider_cannot_keep_is_refused_in_a_sentence(given, sentence):
    whole = {"name": "x", "label": "x", "low": 0, "high": 1, "step": 0.5, "start": 0}
    assert Control(**whole).positions == (0, 0.5, 1)
    assert Control(**(whole | {"high": 0})).positions == (0,)
    with pytest.raises(ValueError, match=f"^{sentence}"):
        Control(**(whole | given))


def test_positions_end_where_the_range_does_however_many_digits_it_has():
    third = Control("x", "x", -math.pi, math.pi, math.pi / 8, start=0)
    assert (third.positions[0], third.positions[-1]) == (-math.pi, math.pi)
    assert all(third.checked(place) == place for place in third.positions)


def test_the_start_the_named_states_and_whole_steps_are_held():
    keys = held(Dot()).keys()
    assert {"10,0", "0,1", "10,1"} <= keys
    assert {f"{2 * k},0" for k in range(11)} <= keys
    assert "11,0" not in keys


def test_a_held_frame_is_what_the_explorer_says():
    assert held(Dot())["4,0"] == {
        "fragment": '<circle cx="2" fill="green"/>',
        "evidence": "The green dot is at 2.",
        "alt": "A green dot at 2.",
    }


class Slow(Dot):
    drawn = 0

    def fragment(self, x, colour):
        self.drawn += 1
        sleep(0.02)
        return super().fragment(x=x, colour=colour)


def test_where_a_kernel_runs_most_held_frames_are_drawn_after_the_first_picture():
    async def cell():
        slow = Slow(x=7)
        first = set(held(slow))
        async with asyncio.timeout(60):
            while len(held(slow)) == len(first):
                await asyncio.sleep(0.01)
        return first, set(held(slow))

    first, later = as_in_a_notebook(cell)
    assert "14,0" in first  # where it starts
    assert len(first) < 6
    assert first < later == set(held(Dot(x=7)))


def test_nothing_is_drawn_ahead_while_a_reader_waits():
    async def cell():
        slow = Slow(x=7)
        before = slow.drawn
        with frame.first(["0,0"]):
            await asyncio.sleep(0.1)
            waited = slow.drawn - before
        await asyncio.sleep(0.1)
        return waited, slow.drawn - before

    waited, after = as_in_a_notebook(cell)
    assert waited == 0
    assert after > 0


class Climb(Dot):
    """Each place is drawn after those before it."""

    def stages(self, x, colour):
        return ({"x": float(place)} for place in range(int(x)))


async def told(looking, until):
    """Ask for a place, and go on as a kernel does until something else is asked, or it is there."""
    climb, sent = Climb(), []
    climb.send = sent.append
    climb.answer(climb, {"ask": [f"{looking},0"]}, None)
    await asyncio.sleep(until)
    return climb, sent


def test_longer_work_is_shown_stage_by_stage_and_then_what_was_asked_for():
    _, sent = as_in_a_notebook(lambda: told(looking=8, until=0.3))
    keys = [list(message["frames"]) for message in sent]
    assert keys == [["0,0"], ["2,0"], ["4,0"], ["6,0"], ["8,0"]]
    assert [message.get("towards") for message in sent] == ["8,0"] * 4 + [None]


def test_the_newest_request_ends_longer_work_and_to_ask_for_nothing_stops_it():
    async def cell(keys):
        climb, sent = await told(looking=14, until=0.012)
        climb.answer(climb, {"ask": keys}, None)
        begun = len(sent)
        await asyncio.sleep(0.2)
        return begun, sent

    for keys in ([], ["1,1"]):
        begun, sent = as_in_a_notebook(lambda keys=keys: cell(keys))
        assert 1 < begun < 6 and len(sent) == begun
        assert list(sent[-1]["frames"]) == keys and "towards" not in sent[-1]
        assert frame.ASKED == []


def test_without_a_kernel_longer_work_is_done_at_once():
    climb, sent = Climb(), []
    climb.send = sent.append
    in_a_thread(lambda: climb.answer(climb, {"ask": ["8,0"]}, None))
    assert list(sent[-1]["frames"]) == ["8,0"]


def test_where_none_runs_nothing_has_to_follow():
    assert in_a_thread(lambda: set(held(Slow(x=7)))) == set(held(Dot(x=7)))


def test_the_player_is_told_all_that_it_needs():
    script = Dot().player
    assert script["background"] == Dot().background()
    slider, choice = script["controls"]
    assert slider["positions"][:3] == (0.0, 0.5, 1.0)
    assert slider["spoken"][:3] == ["0", "0.5", "1"]
    assert (slider["stride"], choice["kind"], choice["spoken"]) == (2, "choice", ["green", "red"])
    assert script["states"] == [["left, red", {"x": 0, "colour": "red"}]]
    json.dumps(script)


def test_the_room_for_words_is_known_before_the_held_frames_are(monkeypatch):
    clock = [0.0]  # which a frame moves on, and words do not

    class Slow(Dot):
        def fragment(self, x, colour):
            clock[0] += 1
            return super().fragment(x=x, colour=colour)

    monkeypatch.setattr(frame, "AT_ONCE", 0.02)
    monkeypatch.setattr(frame, "perf_counter", lambda: clock[0])
    slow = Slow()
    longest = max((slow.words_at(**state) for state in slow.held_states()), key=len)
    assert slow.player["room"].startswith(longest)
    assert len(longest) < len(slow.player["room"]) < 1.2 * len(longest)


def test_where_words_take_long_their_length_is_told_and_none_is_sought():
    class Told(Dot):
        longest = 40

        def evidence(self, x, colour):
            asked.append((x, colour))
            return super().evidence(x=x, colour=colour)

    asked = []
    told = Told()
    asked.clear()
    assert len(told.room()) == 45
    assert asked == [(5, "green")]


def test_words_that_cannot_be_found_get_room_for_what_is_wrong():
    assert Dot(x=8).words_at(x=8, colour="red") == "ZeroDivisionError: division by zero"


def test_a_frame_that_is_asked_for_is_sent_with_its_cost():
    dot, sent = Dot(), []
    dot.send = sent.append
    dot.answer(dot, {"ask": ["3,1"]}, [])
    assert sent[0]["frames"]["3,1"]["evidence"] == "The red dot is at 1.5."
    assert sent[0]["milliseconds"] >= 0


def test_two_threads_never_share_one_frame():
    class Slow(Dot):
        at = None

        def evidence(self, x, colour):
            self.at = x
            sleep(0.002)
            return f"{self.at}"

        def fragment(self, x, colour):
            return f"{self.at}"

    slow = Slow()
    with ThreadPoolExecutor(4) as threads:
        frames = threads.map(lambda x: slow.frame(x=x, colour="red"), [1, 2, 3, 4] * 3)
    said = [(frame["evidence"], frame["fragment"]) for frame in frames]
    assert said == [(str(x), str(x)) for x in [1, 2, 3, 4] * 3]


@pytest.mark.parametrize("part", ["evidence", "alt", "fragment"])
def test_a_cell_that_asks_for_words_waits_until_a_frame_is_drawn(part):
    class Slow(Dot):
        inside = 0
        most = 0

    def slowly(self, x, colour):
        self.inside += 1
        self.most = max(self.most, self.inside)
        sleep(0.002)
        self.inside -= 1
        return "it"

    for name in ("evidence", "alt", "fragment"):
        setattr(Slow, name, frame.completed(slowly))
    slow = Slow()
    with ThreadPoolExecutor(4) as threads:
        drawn = [threads.submit(slow.frame, x=x) for x in range(5)]
        asked = [threads.submit(getattr(slow, part), x=x) for x in range(5)]
    assert {each.result() for each in asked} == {"it"}
    assert all("fault" not in each.result() for each in drawn)
    assert slow.most == 1


def test_marks_that_are_picked_or_dragged_reach_the_explorer():
    class Held(Dot):
        def on_pick(self, mark):
            self.x = 1

        def on_drag(self, mark, x, y):
            self.x = x

    dot, sent = Held(), []
    dot.send = sent.append
    dot.answer(dot, {"picked": "dot", "state": {}, "number": 1}, [])
    assert dot.x == 1
    dot.answer(dot, {"dragged": "dot", "x": 4.5, "y": 0, "state": {}, "number": 2}, [])
    assert dot.x == 4.5
    # Each is answered, so that the player sends the newest place next, and knows which is old.
    assert sent == [{"number": 1}, {"number": 2}]


def test_a_pick_or_drag_brings_the_state_it_was_done_in():
    """A kernel with several threads may hear of it before it hears of the moves that led there."""

    class Noting(Dot):
        def on_pick(self, mark):
            self.noted = self.state()

    dot = Noting()
    dot.send = lambda message: None
    state = {"x": 2.0, "colour": "red"}
    dot.answer(dot, {"picked": "dot", "state": state, "number": 1}, [])
    assert dot.noted == state


@pytest.mark.parametrize("heard", [[], ["picked"], ["dragged"], ["picked", "dragged"]])
def test_the_player_is_told_what_the_explorer_does_with_its_marks(heard):
    answers = {"picked": "on_pick", "dragged": "on_drag"}
    listening = {answers[what]: lambda self, *where: None for what in heard}
    assert type("Mine", (Dot,), listening)().player["listens"] == heard


def test_a_mark_whose_answer_fails_is_answered_too():
    class Failing(Dot):
        def on_drag(self, mark, x, y):
            raise ZeroDivisionError("division by zero")

    dot, sent = Failing(), []
    dot.send = sent.append
    with pytest.raises(ZeroDivisionError):
        dot.answer(dot, {"dragged": "dot", "x": 4.5, "y": 0, "state": {}, "number": 3}, [])
    assert sent == [{"number": 3}]


def test_a_fault_is_one_sentence_in_the_frame_and_the_next_move_recovers():
    dot = Dot()
    assert dot.frame(x=8) == {"fault": "ZeroDivisionError: division by zero"}
    assert dot.frame(x=9) == {"fault": "Not tried yet: say where the dot is"}
    assert dot.frame(x=7)["evidence"] == "The green dot is at 7."
    assert "division by zero" in dot.still(x=8).caption


def test_a_background_that_cannot_be_drawn_leaves_a_card():
    class Broken(Dot):
        def background(self):
            raise OSError("no paper")

        def fragment(self, x, colour):
            raise OSError("no paper")

    assert "OSError: no paper" in repr(Broken())
    assert Broken().player["background"].startswith("<svg")


def lacking(kind, part):
    """An explorer without one of the methods that it needs."""
    kept = {name: vars(kind)[name] for name in kind.needs if name != part}
    return type("Mine", kind.__bases__, {**kept, "title": "Mine", "controls": kind.controls})


@pytest.mark.parametrize("part", Dot.needs)
def test_a_method_that_an_explorer_lacks_is_named(part):
    with pytest.raises(TypeError, match=f"^Mine needs a method {part}: see Explorer's help$"):
        lacking(Dot, part)()


@pytest.mark.parametrize("part", ["figure", "move", "evidence", "alt"])
def test_a_method_that_an_explorer_by_matplotlib_lacks_is_named(part):
    with pytest.raises(TypeError, match=f"^Mine needs a method {part}: see Explorer's help$"):
        lacking(Ball, part)()


@pytest.mark.parametrize("part", ["fragment", "evidence", "alt"])
def test_a_method_without_a_return_is_named_in_the_frame(part):
    dot = type("Mine", (Dot,), {part: lambda self, x, colour: None})()
    assert dot.frame(x=7) == {"fault": f"Mine.{part} has to return a text, not None"}


def test_a_background_without_a_return_is_named():
    with pytest.raises(ValueError, match="^Mine.background has to return a text, not None$"):
        type("Mine", (Dot,), {"background": lambda self: None})()


@pytest.mark.parametrize("given", [None, 3])
def test_a_move_without_a_return_is_named_in_the_frame(given):
    ball = type("Mine", (Ball,), {"move": lambda self, x: given})()
    assert ball.frame(x=7) == {"fault": "Mine.move has to return a list of artists"}


def test_a_bundle_has_the_widget_the_still_and_a_text_that_stays_the_same():
    dot = Dot()
    bundle = dot._repr_mimebundle_()
    assert bundle["text/plain"] == repr(dot) == repr(Dot())
    assert 'alt="A green dot at 5."' in bundle["text/html"]
    assert "The green dot is at 5." in bundle["text/html"]
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == dot.model_id


def test_a_cell_that_opens_one_draws_its_start_once():
    drawn = []

    class Counted(Dot):
        def evidence(self, x, colour):
            drawn.append(x)
            return f"Frame {len(drawn)} is at {x:g}."

    dot = Counted(x=5.5)
    opened = dot._repr_mimebundle_()["text/html"]
    assert drawn.count(5.5) == 1 and "Frame 1 is at 5.5." in opened
    # Shown once more it is drawn once more: what it draws may have changed.
    assert dot._repr_mimebundle_()["text/html"] != opened
    moved = Counted()
    moved.x = 3
    assert "is at 3." in moved._repr_mimebundle_()["text/html"]


def test_a_still_is_the_background_with_the_fragment_on_top():
    assert Dot().still(x=3).svg == (
        '<svg viewBox="0 0 10 2"><rect/><circle cx="3" fill="green"/></svg>'
    )


def test_what_moves_stays_out_of_the_background():
    ball = Ball()
    assert "data-mark" not in ball.background()
    assert 'data-mark="ball"' in ball.fragment(x=3)
    assert ball.fragment(x=3) != ball.fragment(x=4)


def test_a_handle_spans_its_control_in_the_units_of_the_picture():
    ball = Ball()
    across, up = ball.handle("x", ball.ax), ball.handle("x", ball.ax, "y")
    assert isinstance(across, Handle)
    assert 0 < across.low < across.high < 72 * 5.8
    assert 72 * 3.6 > up.low > up.high > 0  # a page counts from its top


@pytest.mark.parametrize("part", sorted(PLAYER.glob("*.js")), ids=lambda path: path.name)
def test_each_part_of_the_player_is_short_and_imports_only_parts_that_come_before_it(part):
    written = part.read_text("utf-8")
    assert len(written.splitlines()) < 200
    assert max(map(len, written.splitlines())) <= 100
    assert "http" not in written.replace("http://www.w3.org/2000/svg", "")
    before = Explorer._esm[: Explorer._esm.index(written.partition("\n")[0])]
    for names, other in re.findall(r'import \{ (.*) \} from "\./(.*)";', written):
        exports = (PLAYER / other).read_text("utf-8")
        for name in names.split(", "):
            assert re.search(rf"^export (async )?(function|class) {name}\b", exports, re.MULTILINE)
            assert re.search(rf"^export (async )?(function|class) {name}\b", before, re.MULTILINE)


@needs_node
def test_the_parts_joined_are_one_module_that_imports_nothing(tmp_path):
    module = tmp_path / "player.mjs"
    module.write_text(Explorer._esm, encoding="utf-8")
    assert "import" not in re.findall(r"^\w+", Explorer._esm, re.MULTILINE)
    assert "http" not in Explorer._esm.replace("http://www.w3.org/2000/svg", "")
    command = ["node", "--check", module]
    ran = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60)
    assert ran.returncode == 0, ran.stderr


@needs_node
def test_the_player_keeps_its_promises():
    """They stand in `frame.test.mjs`, which node's own runner runs."""
    command = ["node", "--test", "--test-reporter=tap", HERE / "frame.test.mjs"]
    ran = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120)
    assert ran.returncode == 0, ran.stdout
