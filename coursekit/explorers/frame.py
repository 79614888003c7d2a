"""The one widget: Python draws a frame for each position, the browser plays the frames.

An explorer says what can be moved (`controls`), what never moves (`background`), what moves
(`fragment`) and what it means (`evidence`, `alt`). Frames of the positions in `held` travel with
the widget and need no kernel; the others are asked for as the reader gets there.
"""

import asyncio
import base64
import json
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property, wraps
from itertools import islice
from pathlib import Path
from threading import RLock
from time import perf_counter
from typing import Any, ClassVar

import anywidget
import matplotlib
import numpy as np
import traitlets
from matplotlib.axes import Axes

from coursekit.explorers.controls import Choice, Control, Handle, Kept
from coursekit.explorers.helping import offer_pictures
from coursekit.style import CARD, RC, SHADE, Picture, fragment_of, svg_of

__all__ = ["Choice", "Control", "Explorer", "FigureExplorer", "Handle"]

HERE = Path(__file__).parent
HEARD = {"picked": "on_pick", "dragged": "on_drag"}
# A recent Jupyter answers widgets in a thread of their own, beside the one that runs the cells; a
# figure, and Matplotlib's style, can serve one drawing at a time.
DRAWING = RLock()
# What readers wait for at this moment: until they have it, nothing is drawn ahead.
ASKED: list[list[str]] = []
# Seconds of drawing before an explorer is shown; its other held frames follow. A page that has to
# do without a kernel wants all of them at once.
AT_ONCE = float(os.environ.get("COURSEKIT_AT_ONCE", "0.02"))


def one_module(*parts: str) -> str:
    """Join modules of the player: what they import of one another stands beside them then."""
    written = "\n".join(HERE.joinpath(part).read_text("utf-8") for part in parts)
    return re.sub(r'^import [^"]* from "\./.*";\n', "", written, flags=re.MULTILINE)


def completed(method: Callable) -> Callable:
    """Let callers name only what they change; the author's method gets the whole, checked state.

    And it has the explorer to itself: a cell may ask while a frame is drawn in another thread.
    """

    @wraps(method)
    def with_whole_state(self, **state):
        with DRAWING:
            return method(self, **self.state(**state))

    return with_whole_state


class Explorer(anywidget.AnyWidget):
    """
    A picture with at most three sliders or choices, and words that stay true while they move.

    A subclass gives `title`, `controls` and the four methods that it `needs`: `background`, the
    whole SVG of what never moves, and `fragment`, `evidence` and `alt`, with its controls as
    arguments; callers may leave out what they do not change. It may give named `states`, the states
    that are `held` without a kernel, `picks` (marks that set a state when picked), `handles` (marks
    that drag a control), and answer `on_pick` and `on_drag`. A mark is any SVG element with
    `data-mark="name"`.

    Each control is a synced trait: `explorer.z = 2`, `explorer.observe(f, "z")`,
    `jslink((explorer, "z"), (slider, "value"))`.

    The gallery and the image tests show every explorer that is named in `EXPLORERS`: one that
    cannot be made without arguments says in the class method `example` how.

    In a notebook the first picture does not wait for the held frames: the kernel draws them when
    it has nothing else to do. Only the room for their words is there at once, so that nothing below
    has to move; where it takes long to find them, `longest` says how many letters they have.

    Examples
    --------
    >>> class Dot(Explorer):
    ...     title = "A dot that moves"
    ...     controls = (Control("x", "place", 0, 10, 1, start=5),)
    ...     states = {"left": {"x": 0}}
    ...
    ...     def background(self):
    ...         return '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 2"></svg>'
    ...
    ...     def fragment(self, x):
    ...         return f'<circle cx="{x}" cy="1" r="1"/>'
    ...
    ...     def evidence(self, x):
    ...         return f"The dot is {x} of 10 to the right."
    ...
    ...     def alt(self, x):
    ...         return f"A dot at {x}."
    >>> dot = Dot()
    >>> dot
    A dot at 5.
    >>> dot.evidence(x=9)
    'The dot is 9 of 10 to the right.'
    """

    _esm = one_module("places.js", "courier.js", "marks.js", "zoom.js", "page.js", "frame.js")
    _esm += one_module("jupyter.js")
    _css = Path(__file__).with_name("frame.css")
    player = traitlets.Dict().tag(sync=True)
    held_frames = traitlets.Unicode().tag(sync=True)

    title = ""
    scrolls = False  # whether a large picture keeps its size, in a frame of a screen's
    longest = 0  # letters of the longest evidence, where it takes long to find out
    needs: ClassVar[tuple[str, ...]] = ("background", "fragment", "evidence", "alt")
    opening: tuple[str, dict] = ("", {})  # key and frame of the start, until a cell has shown them
    asked: tuple | list[str] = ()  # last, maybe in another thread than the one at work
    controls: tuple[Control | Choice, ...] = ()
    states: ClassVar[dict] = {}
    picks: ClassVar[dict] = {}
    handles: ClassVar[dict] = {}

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for name in {"fragment", "evidence", "alt"} & vars(cls).keys():
            setattr(cls, name, completed(vars(cls)[name]))

    def __init__(self, **state: Any) -> None:
        for name in self.needs:
            if not hasattr(self, name):
                raise TypeError(f"{type(self).__name__} needs a method {name}: see Explorer's help")
        names = [control.name for control in self.controls]
        for name in names:
            if hasattr(self, name) or name == "self" or names.count(name) > 1:
                raise ValueError(
                    f"{name!r} is a name that this picture needs itself: give what it moves "
                    f"another one, such as {name + '_1'!r}"
                )
        self.add_traits(**{control.name: Kept(control) for control in self.controls})
        # All of it before the widget opens, so that it reaches the browser in one message.
        state = self.state(**state)
        held = self.packing(state)
        frames = next(held)  # before the words of others: what both need counts as the frames' time
        super().__init__(player=self.script(), held_frames=frames, **state)
        self.on_msg(self.answer)
        in_turns(held, idle=True)

    # What a subclass may say

    def held(self) -> Iterable[dict]:
        """List the states whose frames need no kernel: each control alone, in whole steps.

        A state may leave out the controls that stand at their start.
        """
        yield {}
        yield from self.states.values()
        for control in self.controls:
            first = control.index(control.start) % control.stride
            for value in control.positions[first :: control.stride]:
                yield {control.name: value}

    def stages(self, **state: Any) -> Iterable[dict]:
        """List the states on the way to one whose frame takes long, to be shown one after another.

        The reader sees the work go on, and can stop it at any of them.
        """
        return ()

    def on_pick(self, mark: str) -> None:
        """Answer a click, or Enter, on a mark; it may set controls."""

    def on_drag(self, mark: str, x: float, y: float) -> None:
        """Answer a mark that is dragged to a place, in the units of the picture's viewBox."""

    @classmethod
    def example(cls) -> "Explorer":
        """Make the one that the gallery and the image tests show."""
        return cls()

    # What anyone may ask, with or without a kernel behind a browser

    def state(self, **changed: Any) -> dict[str, Any]:
        """Every control's value: as it stands now, but for what is given."""
        names = [control.name for control in self.controls]
        for name in changed:
            if name not in names:
                raise ValueError(f"there is no control {name!r} here, only {' and '.join(names)}")
        return {
            control.name: control.checked(changed[control.name])
            if control.name in changed
            else control.positions[control.index(getattr(self, control.name))]
            for control in self.controls
        }

    def still(self, **state: Any) -> Picture:
        """One position as a picture with its words."""
        return self.picture(self.frame(**self.state(**state)))  # what cannot be is refused

    def picture(self, frame):
        """A frame on its background, or what is wrong instead."""
        if "fault" in frame:
            sentence = frame["fault"]
            return Picture(self.scene, alt=f"{self.title}. {sentence}", caption=sentence)
        end = self.scene.rindex("</svg>")
        svg = self.scene[:end] + frame["fragment"] + self.scene[end:]
        return Picture(svg, alt=frame["alt"], caption=frame["evidence"])

    def __repr__(self):
        return self.still().alt

    def _repr_mimebundle_(self, **kwargs):
        # The cell that opens it shows what was drawn for the browser just now.
        (start, frame), self.opening = self.opening, ("", {})
        state = self.state()
        still = self.picture(frame if start == self.key_of(state) else self.frame(**state))
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {
            "text/plain": still.alt,
            "text/html": still._repr_html_(),
            "application/vnd.jupyter.widget-view+json": view,
        }

    # What the player in the browser gets

    @cached_property
    def scene(self):
        """The background, drawn once; an empty card where it cannot be drawn."""
        try:
            with DRAWING:
                svg = self.background()
        except Exception:  # the frames say what is wrong, and they are drawn from the same code
            return (
                '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 200" width="560"'
                f' height="280"><rect width="400" height="200" fill="{CARD}" stroke="{SHADE}"/>'
                "</svg>"
            )
        return a_text(svg, self, "background")

    def frame(self, **state: Any) -> dict[str, str]:
        """One position: what moves and its words, or what went wrong in one sentence."""
        try:
            with DRAWING:
                return {
                    part: a_text(getattr(self, part)(**state), self, part)
                    for part in ("evidence", "alt", "fragment")
                }
        except Exception as fault:  # a learner's code may raise anything, and the picture stays
            return {"fault": in_one_sentence(fault)}

    def key_of(self, state):
        """A position's name: the place of each control, joined by commas."""
        return ",".join(str(control.index(state[control.name])) for control in self.controls)

    def script(self):
        """What the player knows from the start."""
        return {
            "title": self.title,
            "scrolls": self.scrolls,
            "background": self.scene,
            "room": self.room(),
            "controls": [
                {
                    "name": control.name,
                    "label": control.label,
                    "kind": control.kind,
                    "positions": control.positions,
                    "spoken": [control.describe(value) for value in control.positions],
                    "stride": control.stride,
                    "start": control.start,
                }
                for control in self.controls
            ],
            "states": [[name, dict(state)] for name, state in self.states.items()],  # in order
            "picks": {mark: dict(state) for mark, state in self.picks.items()},
            "listens": [
                what
                for what, answer in HEARD.items()
                if getattr(type(self), answer) is not getattr(Explorer, answer)
            ],
            "handles": {mark: vars(handle) for mark, handle in self.handles.items()},
        }

    def room(self):
        """A text a little longer than the words of any position, which get its room on the page."""
        known, began = [], perf_counter()
        for state in self.held_states():
            known.append(self.words_at(**state))
            if self.longest or perf_counter() - began > AT_ONCE:
                break
        longest = max(known, key=len, default="")
        letters = max(len(longest), self.longest)
        return (f"{longest} " * 3)[: letters + letters // 8]

    def words_at(self, **state):
        """The words of one position, or what is wrong there."""
        try:
            return a_text(self.evidence(**state), self, "evidence")
        except Exception as fault:
            return in_one_sentence(fault)

    def held_states(self):
        """Each state that is held, whole."""
        return (self.state(**(self.starts() | held)) for held in self.held())

    def packing(self, state: dict) -> Iterator[str]:
        """The held frames, as text that a browser unpacks by itself: a few at once, then all."""
        start = self.key_of(state)
        states = [self.state_at(start), *self.held_states()]
        positions = {self.key_of(held): held for held in states}
        waiting, frames, began = iter(positions.items()), {}, perf_counter()
        for key, held in waiting:
            frames[key] = self.frame(**held)
            if perf_counter() - began > AT_ONCE:
                break
        self.opening = start, frames[start]
        yield packed(frames)
        for key, held in waiting:
            frames[key] = self.frame(**held)
            yield ""
        self.held_frames = packed(frames)

    def starts(self):
        return {control.name: control.start for control in self.controls}

    def answer(self, widget, message, buffers):
        """Answer the player: draw the frames it lacks, or tell of a mark it picked or dragged."""
        match message:
            case {"ask": keys}:
                self.asked = keys
                in_turns(self.answering(keys))
            case {"number": number, "state": state}:
                self.set_state(state)
                try:
                    self.take(message)
                finally:  # the player then sends the next place, and knows which answers are old
                    self.send({"number": number})

    def answering(self, keys: list[str]) -> Iterator[None]:
        """Draw what was asked for and send it, after the stages on the way to it."""
        with first(keys):
            for key in keys:
                state = self.state_at(key)
                for stage in self.stages(**state):
                    if self.asked is not keys:
                        return  # the newest request wins
                    passed = state | stage
                    frames = {self.key_of(passed): self.frame(**passed)}
                    self.send({"frames": frames, "towards": key})
                    yield
            began = perf_counter()
            frames = {key: self.frame(**self.state_at(key)) for key in keys}
            cost = 1000 * (perf_counter() - began)
            self.send({"frames": frames, "milliseconds": cost})

    def take(self, message):
        """Let a mark that was picked or dragged do what it does."""
        match message:
            case {"picked": mark}:
                self.on_pick(mark)
            case {"dragged": mark, "x": x, "y": y}:
                self.on_drag(mark, x, y)

    def state_at(self, key):
        """The state of a position's name."""
        places = map(int, key.split(","))
        return {c.name: c.positions[k] for c, k in zip(self.controls, places, strict=True)}


offer_pictures(Explorer)


class FigureExplorer(Explorer):
    """
    An explorer that Matplotlib draws.

    A subclass gives `figure()`, which sets up the figure and everything in it once, and `move`,
    which brings the artists that move into a state and returns those to be drawn; instead of
    `background` and `fragment`. `figure` runs in the course's style (`coursekit.style.RC`). An
    artist that moves is made there with `animated=True`, Matplotlib's own word for it: so it stays
    out of the background. An artist whose gid is `mark:name` can be picked or dragged.

    Examples
    --------
    >>> from coursekit.style import new_figure
    >>> class Ball(FigureExplorer):
    ...     title = "A ball on a line"
    ...     controls = (Control("x", "place", 0, 10, 1, start=5),)
    ...
    ...     def figure(self):
    ...         figure, ax = new_figure()
    ...         ax.set(xlim=(0, 10), xlabel="place (m)")
    ...         (self.ball,) = ax.plot([], [], "o", animated=True)
    ...         return figure
    ...
    ...     def move(self, x):
    ...         self.ball.set_data([x], [0])
    ...         return [self.ball]
    ...
    ...     def evidence(self, x):
    ...         return f"The ball has come {x} m."
    ...
    ...     def alt(self, x):
    ...         return f"A ball at {x} m."
    >>> Ball().still(x=3)
    A ball at 3 m.
    """

    needs = ("figure", "move", "evidence", "alt")

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "move" in vars(cls):
            cls.move = completed(cls.move)

    @cached_property
    def drawn(self):
        """The figure and the SVG of what never moves in it, its layout settled for good."""
        with matplotlib.rc_context(RC):
            figure = self.figure()
        drawn = [artist for parent in (figure, *figure.axes) for artist in parent.get_children()]
        moving = [artist for artist in drawn if artist.get_animated()]
        for artist in moving:
            artist.set_visible(False)
            artist.set_in_layout(False)
        svg = svg_of(figure)
        for artist in moving:
            artist.set_visible(True)
        return figure, svg

    def background(self):
        return self.drawn[1]

    def fragment(self, **state):
        figure, _ = self.drawn
        moved = self.move(**state)
        if not isinstance(moved, Iterable):
            raise ValueError(f"{type(self).__name__}.move has to return a list of artists")
        return fragment_of(figure, moved)

    def place_in(self, axes: Axes, x: float, y: float) -> np.ndarray:
        """Find the place in some axes of a place on the page, such as `on_drag` gets."""
        figure, _ = self.drawn  # a page counts from its top, Matplotlib from the bottom
        return axes.transData.inverted().transform((x, 72 * figure.get_figheight() - y))

    def handle(self, control: str, axes: Axes, axis: str = "x") -> Handle:
        """Let a mark drag a control along an axis of some axes that is drawn in its units."""
        figure, _ = self.drawn
        positions = next(c.positions for c in self.controls if c.name == control)
        place = axes.transData.transform
        if axis == "x":
            low, high = (place((end, 0))[0] for end in (positions[0], positions[-1]))
        else:  # a page counts from its top, Matplotlib from the bottom
            top = 72 * figure.get_figheight()
            low, high = (top - place((0, end))[1] for end in (positions[0], positions[-1]))
        return Handle(control, float(low), float(high), axis)


def a_text(given: object, explorer: Explorer, method: str) -> str:
    """What a method gave, which has to be text."""
    if not isinstance(given, str):
        kind = type(explorer).__name__
        raise ValueError(f"{kind}.{method} has to return a text, not {given!r:.40}")
    return given


def packed(frames: dict) -> str:
    """Frames by key, as text that a browser unpacks by itself."""
    return base64.b64encode(zlib.compress(json.dumps(frames).encode(), 9)).decode()


def in_turns(work: Iterator, idle: bool = False) -> None:
    """Go through an iterator between the messages that a kernel gets; at once without a kernel.

    What is for idle moments lets everybody else's work go first.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        for _ in work:
            pass
        return

    def go_on():
        if (idle and ASKED) or any(True for _ in islice(work, 1)):
            loop.call_later(0.005, go_on)

    if idle:
        loop.call_soon(go_on)
    else:
        go_on()


@contextmanager
def first(keys: list[str]) -> Iterator[None]:
    """Draw nothing ahead while a reader waits."""
    ASKED.append(keys)
    try:
        yield
    finally:
        ASKED.remove(keys)


def in_one_sentence(fault: Exception) -> str:
    """What went wrong, for a reader; a stub that nobody has filled in yet is no fault."""
    first = (str(fault).strip().splitlines() or ["no reason given"])[0]
    if isinstance(fault, NotImplementedError):
        return f"Not tried yet: {first}"
    return first if type(fault) is ValueError else f"{type(fault).__name__}: {first}"
