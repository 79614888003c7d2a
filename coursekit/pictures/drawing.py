"""A graph as a picture: values above the wires, gradients beneath them, and the same in words.

Three things come together: a `Story` says what happens, `laid_out` finds a place for every node,
and a `Drawing` puts marks in these places: all at once, or one frame a moment.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from html import escape
from inspect import signature
from math import ceil
from typing import NamedTuple

import numpy as np

from coursekit.backprop import Step, backprop_steps
from coursekit.folding import Composite, asked_for, folded
from coursekit.graph import Node
from coursekit.pictures.layout import (
    LINE,
    RADIUS,
    ROW,
    TEXT,
    Size,
    laid_out,
    longest_paths,
    text_width,
)
from coursekit.pictures.story import (
    MOST,
    PLACES,
    Story,
    equals,
    factor_places,
    infix,
    label,
    operand,
    outcome,
    shortened,
    symbol_of,
    verb,
)
from coursekit.style import CARD, FAINT, FONTS, GRADIENT, INK, SHADE, VALUE, Picture, decimals

MARGIN = 12
SHEET = {
    "transform": f"translate({MARGIN} {MARGIN})",
    "font_size": TEXT,
    "text_anchor": "middle",
    "fill": INK,
}
LEFT = {"text_anchor": "start"}
FORTH = {"fill": VALUE}
BACK = {"fill": GRADIENT, "font_style": "italic"}
PHASES = {"start": "start", "forward": "forward"} | dict.fromkeys(
    ("turn", "backward", "behind"), "backward"
)
ROWS = 4  # of products beneath a frame at most
MARKED = 24  # gates that can be picked at most: each is one more stop for the Tab key
GROUND, LIGHT = 40, "#eef1f6"  # how wide and bright the ground is on which unfolded gates lie
FAR = 12  # columns that a wire spans at most: further on, its value is named once more
HEAD = ("", "upstream", "×", "local", "=", "downstream", "")
NOT_TRIED = "Not tried yet: the graph appears here as soon as your function returns its last node."


def draw(
    f: Node | Callable | None,
    steps: Iterable[Step] | Callable | None = None,
    most: int | None = MOST,
    fold: bool | Mapping[str, tuple[Node, ...]] = False,
) -> "Drawing":
    """Draw the graph of an output, with the gradients of a walk beneath the values.

    A plain number that is used once stands inside its gate, as in "+ 1"; everything else has a
    place of its own. A gate without a name gets one (g1, g2, …), the output is called f. A dashed
    box stands for what is computed elsewhere: in the same picture, if a wire from there would be
    too long to follow, or in the part of a large graph that is not drawn.

    Parameters
    ----------
    f : Node, or function without parameters that returns one
        The output. A function that returns nothing, or raises NotImplementedError, is drawn as
        "not tried yet".
    steps : iterable of Step, or function of f that returns one, optional
        The walk to draw, in its own order and with its own numbers, right or wrong; what
        `backprop_steps` yields by default. An empty one draws the forward pass alone.
    most : int or None, optional
        How many nodes to draw of a larger graph, those nearest to the output; None for all.
    fold : bool or mapping, optional
        Draws gates that belong together as one gate with a double outline: True folds each σ that
        is written in primitive gates, and each layer of a network; ``{"swish": (a, z)}`` folds
        what lies between the output a and its inputs, here z, into a gate called swish.

    Returns
    -------
    Drawing

    Raises
    ------
    TypeError
        If f is no node.
    ValueError
        If the walk visits a node that f does not depend on, `most` is no number of nodes, or what
        is to be folded is no gate with one output.

    Examples
    --------
    >>> from coursekit import Node
    >>> x, y, z = Node(-2, "x"), Node(5, "y"), Node(-4, "z")
    >>> picture = draw((x + y).named("q") * z)
    >>> picture
    The graph of f = (x + y) × z: 3 inputs and 2 gates. The output f is −12; its gradients are \
−4 for x, −4 for y and 3 for z.
    >>> print(picture.trace())
    0  start     x = −2, y = 5, z = −4
    1  forward   q = x + y = −2 + 5 = 3
    2  forward   f = q × z = 3 × (−4) = −12
    3  backward  f starts with gradient 1
    4  backward  f sends grad q = 1 × (−4) = −4; grad z = 1 × 3 = 3
    5  backward  q sends grad x = −4 × 1 = −4; grad y = −4 × 1 = −4
    >>> draw(1 / (1 + exp(-Node(1, "z"))), fold=True)
    The graph of f = σ(z): 1 input and 1 gate. The output f is 0.731; its gradient is 0.197 for z.
    """
    refuse_inputs(f)
    if not (steps in (None, ...) or callable(steps) or isinstance(steps, Iterable)):
        raise TypeError(f"steps are what a walk yields, as backprop_steps does, and not {steps!r}")
    output = tried(f)
    if output is None:
        return Drawing(None)
    if not hasattr(output, "parents"):
        raise TypeError(f"draw wants the output node of a graph, not {output!r:.40}")
    if most is not None and (type(most) is not int or most < 1):
        raise ValueError(f"most is how many nodes to draw, or None for all of them, not {most!r}")
    output, _ = folded(output, asked_for(output, fold)) if fold else (output, {})
    if steps is not None:
        return Drawing(Story(output, tried(steps, output, kind=list), most=most))
    return Drawing(Story(output, our_walk(output), trusted=True, most=most))


def refuse_inputs(f):
    """Refuse a function that wants inputs, and say which."""
    if not callable(f):
        return
    try:
        wanted = signature(f)
    except ValueError:  # some functions of C do not tell
        return
    try:
        wanted.bind()
    except TypeError:
        raise TypeError(
            "draw wants a node, or a function without parameters that returns one: this one wants "
            f"{wanted}"
        ) from None


def our_walk(output):
    """The steps of the right walk; none where no single number is there to start from."""
    return list(backprop_steps(output)) if np.size(output.value) == 1 else []


def tried(thing, *arguments, kind=lambda made: made):
    """What a function makes, or a thing itself; None for all that is not written yet.

    The body of a generator first runs when it is listed: that is why `kind` belongs in here.
    """
    try:
        made = thing(*arguments) if callable(thing) else thing
        return None if made is None or made is ... else kind(made)
    except NotImplementedError:
        return None


def text_mark(x, y, text, **look):
    """A line of text as SVG; it looks like the others around it but for what is given."""
    look = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in look.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{look}>{escape(text)}</text>'


def group(marks, **look):
    """Marks that look alike."""
    look = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in look.items())
    return f"<g{look}>{marks}</g>" if marks else ""


class Region(NamedTuple):
    """Gates that could be folded into one, drawn on a ground of their own."""

    symbol: str
    nodes: set


def rectangle(x, y, wide, tall, corner):
    """A rectangle about its centre, with round corners."""
    return (
        f'<rect x="{x - wide / 2:.1f}" y="{y - tall / 2:.1f}" width="{wide:.1f}"'
        f' height="{tall}" rx="{corner}"/>'
    )


def port(slot, slots):
    """Where a wire meets its gate, above or below the centre; two uses of a value meet it twice."""
    return (slot - (slots - 1) / 2) * min(14, 22 / max(slots - 1, 1))


class Drawing:
    """A graph as a picture, as frames of a step-through, and as text; see `draw`.

    Its length is the number of moments: the start, one for each gate forward, the turn, and one
    for each step backward.

    Attributes
    ----------
    svg : str
        The still picture.
    alt : str
        What it shows, in words.
    story : Story or None
        The graph and the walk; None if there is no graph yet.
    sizes : list of Size
        The room of each place, by default what its numbers need. Drawings of the same graph with
        other numbers stay in place if all are given the same sizes.
    places : list of Node
        Which node stands where: each in one place, and those used far away in further ones.
    regions : dict
        The `Region` that ends in a gate, for each that is unfolded.
    """

    fine = 1  # a step has no parts

    def __init__(self, story, sizes=(), regions=None):
        self.story, self.regions = story, regions or {}
        if story is None:
            self.alt = NOT_TRIED
            return
        self.alt = story.alt()
        self.places = [node for node in story.nodes if node not in story.folded]
        self.index = {node: place for place, node in enumerate(self.places)}
        self.wires = self.shortened_wires()
        self.sizes = sizes or self.rooms()
        self.rest = shortened(f"… {story.rest()}", 80) if story.cut else ""

    @cached_property
    def layout(self):
        """Where everything stands."""
        return laid_out(self.sizes, self.wires)

    @cached_property
    def floor(self):
        """Where the graph ends, and the line that counts what is not drawn."""
        return self.layout.height + (LINE + 4 if self.rest else 0)

    @property
    def wide(self):
        """How wide the graph is."""
        return max(self.layout.width, text_width(self.rest))

    def shortened_wires(self):
        """Each use of a value as (source, target, port); a far one starts at a place nearby."""
        wires = []
        for gate in self.story.gates:
            inputs = [parent for parent in gate.parents if parent in self.index]
            wires += [
                (self.index[parent], self.index[gate], port(slot, len(inputs)))
                for slot, parent in enumerate(inputs)
            ]
        column_of, again = longest_paths(len(self.places), wires), {}
        for at, (source, target, slot) in enumerate(wires):
            if column_of[target] - column_of[source] > FAR:
                near = self.places[source], column_of[target] // FAR
                if near not in again:
                    again[near] = len(self.places)
                    self.places.append(self.places[source])
                wires[at] = again[near], target, slot
        return wires

    @cached_property
    def tables(self):
        """The cells beneath each frame."""
        return [self.table(moment) for moment in self.story.moments]

    @cached_property
    def stops(self):
        """Where each cell of a row begins."""
        return tab_stops(self.tables)

    @cached_property
    def breadth(self):
        """How wide the frames are."""
        longest = max(
            text_width(self.story.line(position))
            for position, moment in enumerate(self.story.moments)
            if moment.phase != "backward"
        )
        return max(self.wide, self.stops[-1], min(longest, ROW))

    def __len__(self):
        return len(self.story.moments) if self.story else 1

    def __repr__(self):
        return self.alt

    def _repr_html_(self):
        return self.picture()._repr_html_()

    def picture(self):
        """The still picture with its words, as a notebook shows it."""
        if self.story is None:
            return Picture(self.svg, self.alt, self.alt)
        words = self.story.outcome()
        if self.story.cut:
            words += f" There are {self.story.rest()}; draw(f, most=None) draws them all."
        return Picture(self.svg, self.alt, words)

    def save(self, path):
        """Write the still picture to an .svg or .png file."""
        self.picture().save(path)

    def trace(self):
        """The whole story as text, one line a moment."""
        if self.story is None:
            return NOT_TRIED
        rows = enumerate(zip(self.story.moments, self.lines(), strict=True))
        wide = len(str(len(self) - 1))
        return "\n".join(
            f"{position:>{wide}}  {PHASES[moment.phase]:<8}  {line}"
            for position, (moment, line) in rows
        )

    def lines(self):
        """The text of each moment, in names and numbers."""
        return [self.story.line(position) for position in range(len(self))]

    def place(self, position):
        """Where a moment stands in the two passes."""
        return self.story.place(position)

    def picks(self):
        """Which step a gate that is picked goes to: where it works last, on the way back."""
        return {
            self.mark(moment.node): {"step": step}
            for step, moment in enumerate(self.story.moments if self.story else ())
            if moment.node is not None and moment.node.parents
        }

    def words(self, position):
        """One sentence for a moment."""
        return self.story.words(position) if self.story else NOT_TRIED

    def seen(self, position):
        """What a frame shows, for those who do not see it."""
        if self.story is None:
            return self.alt
        return f"The graph of {self.story.function()}. {self.words(position)}"

    @property
    def svg(self):
        if self.story is None:
            return self.background()
        return self.key_sheet(self.labels(len(self) - 1))

    def key_sheet(self, labels=""):
        """The graph and what its numbers mean, with the numbers or waiting for them."""
        y = self.floor + 24
        legend = text_mark(0, y, "value above", font_size=11, **LEFT, **FORTH)
        if self.story.gradients():
            legend += text_mark(92, y, "gradient beneath, slanted", font_size=11, **LEFT, **BACK)
        marks = self.still() + labels + legend
        return self.sheet(marks, max(self.wide, 260), self.floor + 28)

    def background(self):
        """What stays as it is while the step-through moves."""
        if self.story is None:
            return self.sheet(text_mark(0, 20, "Not tried yet", font_size=14, **LEFT), 320, 28)
        return self.sheet(self.still() + self.handles() + self.rule(), self.breadth, self.foot)

    @cached_property
    def foot(self):
        """Where the products beneath a frame end."""
        return self.floor + 14 + LINE * max(1, *map(len, self.tables))

    def rule(self):
        """The line between the graph and the products."""
        return f'<path d="M0 {self.floor + 10:.1f}h{self.breadth:.1f}" stroke="{SHADE}"/>'

    def frame(self, position):
        """What a moment shows: the numbers known by then, what moves, and the products."""
        return group(self.moving(position), **SHEET) if self.story else ""

    def moving(self, position):
        """The marks of a frame; the gates beneath stay within reach."""
        marks = self.emphasis(position) + self.labels(position) + self.products(position)
        return group(marks, pointer_events="none")

    def sheet(self, marks, width, height):
        """A whole SVG on a card of its own."""
        width, height = ceil(width + 2 * MARGIN), ceil(height + 2 * MARGIN)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}" font-family="{FONTS}">'
            f'<title>{escape(self.alt)}</title><rect width="100%" height="100%" fill="{CARD}"/>'
            f"{group(marks, **SHEET)}</svg>"
        )

    # What stands still

    def is_gate(self, place):
        """Whether a gate stands there, and not a box."""
        node = self.places[place]
        return bool(self.story.parents[node]) and self.index[node] == place

    def caption(self, place):
        """What stands in a box or gate, with the constant that is folded into it."""
        node = self.places[place]
        if not self.is_gate(place):
            return "… " * (node in self.story.cut) + shortened(self.story.names[node])
        symbol = shortened(symbol_of(node))
        for slot, parent in enumerate(node.parents):
            if parent in self.story.folded:
                constant = decimals(parent.value)
                behind = slot or not infix(symbol, node.parents)
                return f"{symbol} {constant}" if behind else f"{constant} {symbol}"
        return symbol

    def heading(self, place):
        """The name above a gate, and what it completes."""
        node = self.places[place]
        name = shortened(self.story.names[node]) if self.is_gate(place) else ""
        return f"{name} = {self.regions[node].symbol}" if node in self.regions else name

    @cached_property
    def value_lines(self):
        """The value of each node, unless it says nothing that its box does not."""
        names, lines = self.story.names, {node: label(node.value) for node in self.index}
        return {
            node: told if node.parents or names[node] != told[0] else ()
            for node, told in lines.items()
        }

    def rooms(self):
        """The room that each place needs, whatever its gradient is by then."""
        gradients = {node: [] for node in self.index}
        for moment in self.story.moments:
            if moment.received is not None:
                gradients[moment.node].append(label(moment.received))
            for share in self.story.told(moment):
                gradients[share.parent].append(label(share.total))
        wide, tall = {}, {}
        for node, labels in gradients.items():
            lines = [*self.value_lines[node], *(line for lines in labels for line in lines)]
            wide[node] = max(map(text_width, lines), default=0)
            tall[node] = LINE * max(map(len, labels), default=0)
        return [self.room(place, wide[node], tall[node]) for place, node in enumerate(self.places)]

    def room(self, place, wide, tall):
        """The room that a place needs for numbers that wide, and for gradients that tall."""
        gate = max(text_width(self.caption(place), 13) + 14, 2 * RADIUS)
        values = self.value_lines[self.places[place]]
        return Size(
            gate,
            max(gate, text_width(self.heading(place), 11) + 4),
            max(wide, 10) + 8,
            max(RADIUS + 16 * self.is_gate(place), 4 + LINE * len(values)),
            max(RADIUS, 4 + tall),
        )

    def still(self):
        """Wires, gates, boxes and names, and how much there is besides."""
        places = range(len(self.places))
        pieces = dict.fromkeys(piece for route in self.layout.routes for piece in route)
        wires = f'<path d="{"".join([*pieces, *map(self.stub, places)])}"/>'
        glyphs = "".join(self.glyph(place) for place in places)
        if self.rest:
            glyphs += text_mark(0, self.floor, self.rest, fill=FAINT, **LEFT)
        return group(wires, fill="none", stroke=FAINT, stroke_width=1.4) + glyphs

    def stub(self, place):
        """The piece of wire that carries a node's numbers, from the node to where wires part."""
        x, y = self.layout.centres[place]
        start = x + self.sizes[place].gate / 2
        return f"M{start:.1f} {y:.1f}H{self.layout.ends[place]:.1f}"

    def glyph(self, place, **look):
        """A gate or a box, and its name."""
        node, (x, y) = self.places[place], self.layout.centres[place]
        is_gate, gate = self.is_gate(place), self.sizes[place].gate
        tall, corner = (RADIUS, RADIUS) if is_gate else (RADIUS - 2, 4)
        faint = {} if node.name else {"fill": FAINT}
        elsewhere = node in self.story.cut or self.index[node] != place
        look = {"fill": "#ffffff", "stroke": INK, "stroke_width": 1.3} | look
        look |= {"stroke_dasharray": "3 3"} if elsewhere else {}
        shape = rectangle(x, y, gate, 2 * tall, corner)
        if is_gate and isinstance(node.op, Composite):  # several gates: a second outline
            shape += rectangle(x, y, gate - 6, 2 * tall - 6, corner - 3)
        marks = group(shape, **look)
        marks += text_mark(
            x, y + 4.5, self.caption(place), font_size=13, **({} if is_gate else faint)
        )
        if is_gate:
            marks += text_mark(x, y - RADIUS - 5, self.heading(place), font_size=11, **faint)
        return marks

    def handles(self):
        """What a reader takes hold of: each gate, unless there are too many to go through."""
        if len(self.story.gates) > MARKED:
            return ""
        return "".join(
            self.handle(gate, self.mark(gate), f"gate {self.story.names[gate]}")
            for gate in self.story.gates
        )

    def handle(self, gate, mark, spoken):
        """A place over a gate that can be picked."""
        place = self.index[gate]
        x, y = self.layout.centres[place]
        return group(
            rectangle(x, y, self.sizes[place].gate, 2 * RADIUS, RADIUS),
            fill="none",
            pointer_events="all",
            data_mark=escape(mark),
            aria_label=escape(spoken),
        )

    def ground(self, output, mark):
        """The ground on which the gates of a region lie: what is near to them and their wires."""
        nodes, shape = self.regions[output].nodes, ""
        for (source, target, _), route in zip(self.wires, self.layout.routes, strict=True):
            if {self.places[source], self.places[target]} <= nodes:
                # Where the wire goes on in the next row, the ground need not.
                within = [piece for piece in route if "q" not in piece]
                shape += self.stub(source) + "".join(within)
        shape = f'<path d="{shape}"/>'
        for place, node in enumerate(self.places):
            if node in nodes:
                x, y = self.layout.centres[place]
                shape += rectangle(x, y, self.sizes[place].gate, 4, 2)
        look = {"stroke_linejoin": "round", "stroke_linecap": "round", "fill": "none"}
        edge = group(shape, stroke=SHADE, stroke_width=GROUND + 2, **look)
        inside = group(shape, stroke=LIGHT, stroke_width=GROUND, **look)
        return group(edge + inside, data_mark=escape(mark), aria_label=escape(mark))

    def mark(self, gate):
        """What a gate is called where a reader picks it."""
        return f"gate {self.story.gates.index(gate) + 1}"

    def outline(self):
        """What two drawings share if nothing but their numbers differs."""
        return self.wires, [self.caption(place) for place in range(len(self.places))]

    # What a moment shows

    def labels(self, position):
        """The values and gradients that are known at a moment."""
        done = set(self.story.gates[:position])
        gradients, values, slopes = self.story.gradients(position), "", ""
        for place, node in enumerate(self.places):
            x, y = self.layout.centres[place]
            x = (x + self.sizes[place].glyph / 2 + self.layout.ends[place]) / 2
            if node in done or not self.story.parents[node]:
                for line, text in enumerate(reversed(self.value_lines[node])):
                    values += text_mark(x, y - 5 - LINE * line, text)
            if node in gradients:
                for line, text in enumerate(label(gradients[node])):
                    slopes += text_mark(x, y + 14 + LINE * line, text)
        return group(values, **FORTH) + group(slopes, **BACK)

    def emphasis(self, position):
        """The gate at work, the wires that carry its numbers, and which way they go."""
        moment = self.story.moments[position]
        if moment.node is None:
            return ""
        place, forward = self.index[moment.node], moment.phase == "forward"
        asked = moment.node.parents if forward else [share.parent for share in moment.shares]
        busy = [
            (source, route)
            for (source, target, _), route in zip(self.wires, self.layout.routes, strict=True)
            if target == place and self.places[source] in asked
        ]
        pieces = [piece for _, route in busy for piece in route]
        pieces += [self.stub(source) for source, _ in busy]
        pieces += [] if forward else [self.stub(place)]
        paths = f'<path d="{"".join(dict.fromkeys(pieces))}"/>'
        look = {"stroke": VALUE} if forward else {"stroke": GRADIENT, "stroke_dasharray": "6 3"}
        tips = {(self.layout.ends[source], self.layout.centres[source][1]) for source, _ in busy}
        heads = "" if forward else "".join(arrow(x, y) for x, y in sorted(tips))
        return (
            # First a blank line over the thin wire, which would shine through the dashes.
            group(paths, fill="none", stroke=CARD, stroke_width=3)
            + group(paths, fill="none", stroke_width=3, **look)
            + group(heads, fill=GRADIENT)
            + group(self.glyph(place, stroke_width=3, **look), data_now="")
        )

    def table(self, moment):
        """The cells beneath a frame: one row for each share, upstream × local = downstream."""
        shares = self.story.told(moment) if moment.node is not None else []
        rows = [HEAD] if shares else []
        for share in shares[:ROWS]:
            name = shortened(self.story.names[share.parent])
            places = PLACES[0] if share.local is None else factor_places(share)
            local = "vjp" if share.local is None else operand(share.local, places)
            sent = "?" if share.downstream is None else operand(share.downstream, share.places)
            arrives = f"grad {name} {verb(share)} {sent}{outcome(share)}"
            upstream = operand(share.upstream, places)
            rows.append((f"to {name}", upstream, "×", local, equals(share), sent, arrives))
        if len(shares) > ROWS:
            rows.append((f"and {len(shares) - ROWS} more", *[""] * 6))
        return rows

    def products(self, position):
        """What is computed at a moment, beneath the graph."""
        moment, rows = self.story.moments[position], self.tables[position]
        top = self.floor + 10 + LINE
        if not rows:
            line = self.story.line(position)
            line = shortened(line, int(len(line) * ROW / text_width(line)))
            look = BACK if PHASES[moment.phase] == "backward" else FORTH
            return text_mark(0, top, line, **LEFT, **look)
        marks = ""
        for row, cells in enumerate(rows):
            for column, text in enumerate(cells):
                look = BACK if column in (1, 5, 6) else {}
                if row == 0 and len(text) > 1:
                    look = {"fill": FAINT, "font_size": 10}
                marks += (
                    text_mark(self.stops[column], top + LINE * row, text, **look) if text else ""
                )
        return group(marks, **LEFT)


def tab_stops(tables):
    """Where each cell of a row begins, the same at every moment so that nothing jumps."""
    stops = [0.0]
    for column in range(len(HEAD)):
        widths = [text_width(row[column]) for rows in tables for row in rows]
        stops.append(stops[-1] + max(widths, default=0) + 8)
    return stops


def arrow(x, y):
    """A head that points back to where a wire comes from."""
    return f'<path d="M{x - 3:.1f} {y:.1f}l9 -5v10z"/>'
