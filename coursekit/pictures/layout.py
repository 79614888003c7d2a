"""A place for every node of a graph: columns from left to right, wires that seldom cross.

Nothing here knows what a node is: only how much room it needs, and which wires leave it.
"""

from bisect import bisect_right, insort
from itertools import accumulate, pairwise
from math import ceil, sqrt
from typing import NamedTuple


class Size(NamedTuple):
    """The room that a node needs: its gate or box, the wire that leaves it, above and below."""

    gate: float  # the gate or box itself
    glyph: float  # the same, or the name above it
    stub: float
    above: float
    below: float


class Layout(NamedTuple):
    """Where everything stands."""

    columns: list  # the nodes of each column from top to bottom; waypoints have higher numbers
    centres: dict  # (x, y) of each node's gate or box
    ends: dict  # x where each node's own piece of wire ends and its wires fan out
    routes: list  # each wire as SVG paths, shared with others of its source until they part
    width: float
    height: float


TEXT = 12  # the size of numbers and names
LINE = 15  # from one line of text to the next
RADIUS = 15  # of a gate
GAP = 26  # between columns, where wires bend
APART = 9  # between what stands in one column
TRACK = 7  # between wires that run side by side to the next row
LANES = 12  # wires that are carried over to the next row at most
ROW = 660  # a row of columns is about that wide at most


def laid_out(sizes, wires):
    """Place nodes in columns so that wires run from left to right and seldom cross.

    A node stands in the column before its first use, as far from the output as the longest path.
    What is too wide for one row goes on in the next, as text does.

    Parameters
    ----------
    sizes : list of Size
        Of each node; parents come before children.
    wires : list of (source, target, port)
        The port is the distance above or below the target's centre.

    References
    ----------
    Sugiyama, Tagawa & Toda (1981), Methods for visual understanding of hierarchical system
    structures.
    """
    layers = longest_paths(len(sizes), wires)
    first_in_row = rows_of(sizes, layers, wires)
    column_of = [layer + bisect_right(first_in_row, layer) for layer in layers]
    entries = [first + row for row, first in enumerate(first_in_row)]
    # A wire over several columns gets a waypoint in each, and so does one that enters a new row;
    # wires from one node share their waypoints until they part.
    waypoints, paths = {}, []
    for source, target, _ in wires:
        between = range(column_of[source] + 1, column_of[target])
        path = [waypoints.setdefault((source, at), len(sizes) + len(waypoints)) for at in between]
        paths.append([source, *path, target])
    column_of += [at for _, at in waypoints]
    sizes = [*sizes, *[Size(0, 0, 0, 4, 4)] * len(waypoints)]
    links = {}
    for path, (_, target, port) in zip(paths, wires, strict=True):
        for left, right in pairwise(path):
            links[left, right, port if right == target else 0] = None
    links = list(links)
    columns = untangled(first_order(column_of, links), links)
    fresh = set(entries)
    within = [link for link in links if column_of[link[1]] not in fresh]
    heights = settled(columns, within, sizes)
    return routed(columns, heights, sizes, links, wires, paths, entries)


def longest_paths(count, wires):
    """The column of each node, counted from the left: the output stands furthest to the right."""
    remaining = [0] * count
    for source, target, _ in sorted(wires, reverse=True, key=lambda wire: wire[1]):
        remaining[source] = max(remaining[source], remaining[target] + 1)
    return [max(remaining) - steps for steps in remaining]


def rows_of(sizes, layers, wires):
    """The columns at which a new row begins: balanced, and where few wires must be carried over."""
    glyphs, stubs = [0.0] * (max(layers) + 1), [0.0] * (max(layers) + 1)
    for size, layer in zip(sizes, layers, strict=True):
        glyphs[layer], stubs[layer] = max(glyphs[layer], size.glyph), max(stubs[layer], size.stub)
    reach = [0.0, *accumulate(g + s + GAP for g, s in zip(glyphs, stubs, strict=True))]
    crossing = [set() for _ in glyphs]
    for source, target, _ in wires:
        for column in range(layers[source] + 1, layers[target] + 1):
            crossing[column].add(source)
    total = reach[-1]
    count = ceil(total / ROW - 0.2)
    breaks = []
    for row in range(1, count):
        wanted = total * row / count
        near = [
            column
            for column in range(breaks[-1] + 2 if breaks else 2, len(crossing) - 1)
            if abs(reach[column] - wanted) < 0.2 * total / count and len(crossing[column]) <= LANES
        ]
        if near:
            breaks.append(
                min(near, key=lambda at: (len(crossing[at]), abs(reach[at] - wanted), at))
            )
    return breaks


def first_order(column_of, links):
    """Columns in the order in which a walk from the output meets their nodes.

    A graph without shared values is a tree, and this alone draws it without crossings.
    """
    sources = {}
    for left, right, _ in links:
        sources.setdefault(right, []).append(left)
    columns = [[] for _ in range(max(column_of) + 1)]
    stack, met = [max(range(len(column_of)), key=lambda item: column_of[item])], set()
    while stack:
        item = stack.pop()
        if item not in met:
            met.add(item)
            columns[column_of[item]].append(item)
            stack.extend(reversed(sources.get(item, [])))
    return columns


def untangled(columns, links, sweeps=8):
    """Reorder columns by the average place of their neighbours, and keep what crosses least."""
    best, fewest = columns, crossings(columns, links)
    before, after, idle = {}, {}, 0
    for left, right, port in links:
        before.setdefault(right, []).append((left, 0))
        after.setdefault(left, []).append((right, port / 100))
    for sweep in range(sweeps):
        if not fewest or idle > 2:  # nothing crosses, or nothing helps
            break
        forward = sweep % 2 == 0
        near = before if forward else after
        columns = [list(column) for column in columns]
        places = {item: place for column in columns for place, item in enumerate(column)}
        for column in columns if forward else reversed(columns):
            pull = {}
            for item in column:
                total = 0.0
                for other, port in near.get(item, ()):
                    total += places[other] + port
                # What has no neighbours on that side keeps its place.
                pull[item] = total / len(near[item]) if item in near else places[item]
            column.sort(key=pull.get)
            places.update(zip(column, range(len(column)), strict=True))
        count = crossings(columns, links)
        idle = 0 if count < fewest else idle + 1
        if count < fewest:
            best, fewest = columns, count
    return best


def crossings(columns, links):
    """How many pairs of wires cross."""
    places = {
        item: (at, place) for at, column in enumerate(columns) for place, item in enumerate(column)
    }
    ends = sorted((*places[left], places[right][1] + port / 100) for left, right, port in links)
    count, column, seen = 0, None, []
    for at, _, end in ends:
        if at != column:
            column, seen = at, []
        count += len(seen) - bisect_right(seen, end)
        insort(seen, end)
    return count


def settled(columns, links, sizes, sweeps=12):
    """The height of each item: close to its neighbours, so that wires run straight."""
    gaps = [spaces(column, sizes) for column in columns]
    heights = {}
    for column, gap in zip(columns, gaps, strict=True):
        heights.update(zip(column, nearest([0.0] * len(column), gap), strict=True))
    before, after = {}, {}
    for left, right, port in links:
        before.setdefault(right, []).append((left, -port))
        after.setdefault(left, []).append((right, port))
    for sweep in range(sweeps):
        # The last sweep runs forward and leaves every gate in the middle of its inputs.
        near = before if sweep % 2 else after
        places = range(len(columns)) if sweep % 2 else reversed(range(len(columns)))
        for at in places:
            wanted, alone = [], None
            for item in columns[at]:
                if item not in near:  # it stays where it is in the column, close to the others
                    wanted.append(heights[item] if alone is None else alone)
                    continue
                total = 0.0
                for other, port in near[item]:
                    total += heights[other] + port
                alone = total / len(near[item])
                wanted.append(alone)
            heights.update(zip(columns[at], nearest(wanted, gaps[at]), strict=True))
    return heights


def spaces(column, sizes):
    """The least distances from the centre of each item of a column to the next."""
    return [sizes[upper].below + APART + sizes[lower].above for upper, lower in pairwise(column)]


def nearest(wanted, distances):
    """The heights nearest to those wanted (least squares) that keep their order and distances.

    Neighbours that would overlap are pooled into a block that stands where they want to be on
    average; blocks that overlap are pooled again.

    Examples
    --------
    >>> nearest([0.0, 0.0, 50.0], [20, 20])
    [-10.0, 10.0, 50.0]
    """
    offsets = [*accumulate(distances, initial=0.0)]
    blocks = []  # (where it wants to stand, how many it pools)
    for want, offset in zip(wanted, offsets, strict=True):
        place, count = want - offset, 1
        while blocks and blocks[-1][0] > place:
            other, others = blocks.pop()
            place = (other * others + place * count) / (count + others)
            count += others
        blocks.append((place, count))
    places = [place for place, count in blocks for _ in range(count)]
    return [place + offset for place, offset in zip(places, offsets, strict=True)]


def routed(columns, heights, sizes, links, wires, paths, entries):
    """Turn columns and heights into points and paths, row by row."""
    centres, left, right, turns = {}, {}, {}, {}
    climbs, source_of = steepest(columns, heights, links)
    foot = edge = 0
    for first, stop in zip([0, *entries], [*entries, len(columns)], strict=True):
        row, start = columns[first:stop], 0
        if first:
            turns |= lanes_between(row[0], heights, source_of, edge, foot)
            foot += TRACK * (len(row[0]) + 3)
            start = TRACK * (len(row[0]) + 1)
        here = [item for column in row for item in column]
        shift = foot - min(heights[item] - sizes[item].above for item in here)
        for item in here:
            heights[item] += shift
        foot = max(heights[item] + sizes[item].below for item in here)
        for column, climb in zip(row, climbs[first:stop], strict=True):
            glyph = max(sizes[item].glyph for item in column)
            edge = start + glyph + max(sizes[item].stub for item in column)
            for item in column:
                left[item], right[item] = start, edge
                centres[item] = start + glyph / 2, heights[item]
            start = edge + GAP + min(44, 0.12 * climb)  # steeper wires get more room to bend
    routes = []
    for path, (source, target, port) in zip(paths, wires, strict=True):
        pieces, start = [], f"M{right[source]:.1f} {heights[source]:.1f}"
        for item, after in pairwise(path):
            height = heights[after] + (port if after == target else 0)
            if after in turns:
                piece = carried(*turns[after], height, left[after])
            else:
                piece = bent(right[item], heights[item], left[after], height)
            # The gate's rim curves back where a wire meets it above or below the centre.
            rim = sizes[target].gate / 2 - RADIUS + sqrt(RADIUS**2 - port**2)
            end = centres[target][0] - rim if after == target else right[after]
            pieces.append(f"{start}{piece}H{end:.1f}")
            start = f"M{end:.1f} {height:.1f}"
        routes.append(pieces)
    width = max([*right.values(), *[out for out, _, _ in turns.values()]])
    return Layout(columns, centres, right, routes, width, foot)


def steepest(columns, heights, links):
    """How far wires climb behind each column at most, and where each waypoint's wire comes from."""
    place = {item: at for at, column in enumerate(columns) for item in column}
    climbs, source_of = [0.0] * len(columns), {}
    for item, after, port in links:
        climb = abs(heights[after] + port - heights[item])
        climbs[place[item]] = max(climbs[place[item]], climb)
        source_of[after] = item
    return climbs, source_of


def lanes_between(entries, heights, source_of, edge, foot):
    """Where wires turn on their way to the next row: x on the right, y between, x on the left.

    They are nested like brackets: the uppermost wire turns furthest out and runs lowest.
    """
    leaving = sorted(entries, key=lambda item: -heights[source_of[item]])
    out = {item: edge + TRACK * (lane + 1) for lane, item in enumerate(leaving)}
    return {
        item: (out[item], foot + TRACK * (lane + 2), TRACK * lane)
        for lane, item in enumerate(reversed(entries))
    }


def bent(x, y, to_x, to_y):
    """A curve that is level at both ends."""
    middle = (x + to_x) / 2
    return f"C{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"


def carried(out, down, back, height, to_x):
    """A line to the right, down, back to the left and down again, with round corners."""
    c = TRACK / 2
    return (
        f"H{out - c:.1f}q{c} 0 {c} {c}V{down - c:.1f}q0 {c} {-c} {c}"
        f"H{back + c:.1f}q{-c} 0 {-c} {c}V{height - c:.1f}q0 {c} {c} {c}H{to_x:.1f}"
    )


NARROW, WIDE = set("ijlftrI.,:;|'!()[] "), set("mwMWQ@%")


def text_width(text, size=TEXT):
    """How wide a text is at most, in the widest of the fonts that may be there.

    Examples
    --------
    >>> text_width("ill") < text_width("six") < text_width("MWM")
    True
    """
    share = 0.0
    for sign in text:
        if sign in NARROW:
            share += 0.45
        elif sign < "\u02b0" and not sign.isupper() and sign not in WIDE:
            share += 0.66
        else:
            share += 1.05 if sign > "\u2e7f" else 1.0 if sign in WIDE else 0.86
    return share * size
