"""Places for nodes: nothing overlaps, wires run to the right, and large graphs stay affordable."""

import re
from itertools import pairwise

import numpy as np
import pytest
from counting import calls_of
from hypothesis import given
from hypothesis import strategies as st

from coursekit.pictures.layout import APART, ROW, Size, crossings, laid_out, nearest, rows_of

SMALL = Size(gate=30, glyph=30, stub=40, above=31, below=19)


def random_wires(count, seed):
    """Every node but the last is used, mostly by one that comes soon after it."""
    draw = np.random.default_rng(seed)
    wires = []
    for source in range(count - 1):
        uses = draw.integers(source + 1, min(count, source + 12), size=draw.integers(1, 3))
        wires += [(source, int(target), float(draw.choice([-7, 0, 7]))) for target in uses]
    return wires


def boxes_of(layout, sizes):
    for place, size in enumerate(sizes):
        x, y = layout.centres[place]
        yield x - size.gate / 2, layout.ends[place], y - size.above, y + size.below


@pytest.mark.parametrize("count", [1, 2, 5, 20, 60, 200])
@pytest.mark.parametrize("seed", range(3))
def test_no_two_nodes_overlap(count, seed):
    draw = np.random.default_rng(seed)
    sizes = [SMALL._replace(stub=float(draw.integers(20, 90))) for _ in range(count)]
    boxes = list(boxes_of(laid_out(sizes, random_wires(count, seed)), sizes))
    for place, (left, right, top, bottom) in enumerate(boxes):
        for west, east, north, south in boxes[:place]:
            beside = right <= west or east <= left
            assert beside or bottom + APART <= north + 0.01 or south + APART <= top + 0.01


@pytest.mark.parametrize("count", [2, 20, 60])
def test_every_node_stands_in_a_column_before_its_uses(count):
    sizes, wires = [SMALL] * count, random_wires(count, 1)
    layout = laid_out(sizes, wires)
    column = {item: at for at, items in enumerate(layout.columns) for item in items}
    assert all(column[source] < column[target] for source, target, _ in wires)


def test_everything_lies_inside_the_picture():
    sizes = [SMALL] * 60
    layout = laid_out(sizes, random_wires(60, 2))
    for left, right, top, bottom in boxes_of(layout, sizes):
        assert left >= 0 and right <= layout.width
        assert top >= -0.01 and bottom <= layout.height + 0.01


def test_a_tree_is_drawn_without_crossings():
    # Leaves 0-7, then four, two and one gate: the leaves are given in a tangled order.
    leaves = [3, 6, 0, 5, 7, 1, 4, 2]
    wires = [(leaf, 8 + at // 2, (-7, 7)[at % 2]) for at, leaf in enumerate(leaves)]
    wires += [(8 + at, 12 + at // 2, (-7, 7)[at % 2]) for at in range(4)]
    wires += [(12, 14, -7), (13, 14, 7)]
    layout = laid_out([SMALL] * 15, wires)
    assert crossings(layout.columns, wires) == 0


def test_crossings_are_counted_port_by_port():
    columns = [[0, 1], [2]]
    assert crossings(columns, [(0, 2, -7), (1, 2, 7)]) == 0
    assert crossings(columns, [(0, 2, 7), (1, 2, -7)]) == 1


def test_a_chain_is_straight_within_a_row_and_goes_on_in_the_next():
    layout = laid_out([SMALL] * 30, [(at, at + 1, 0) for at in range(29)])
    heights = [round(layout.centres[at][1], 3) for at in range(30)]
    assert heights == sorted(heights)
    assert 3 <= len(set(heights)) <= 6
    assert layout.width <= 1.3 * ROW


def test_a_short_chain_keeps_to_one_row():
    assert rows_of([SMALL] * 4, [0, 1, 2, 3], [(0, 1, 0), (1, 2, 0), (2, 3, 0)]) == []


def test_two_wires_between_the_same_nodes_are_two_paths():
    (first,), (second,) = laid_out([SMALL] * 2, [(0, 1, -7), (0, 1, 7)]).routes
    assert first != second
    assert first.split("C")[0] == second.split("C")[0]


def test_wires_begin_at_their_source_and_end_at_their_gate():
    sizes, wires = [SMALL] * 20, random_wires(20, 3)
    layout = laid_out(sizes, wires)
    for (source, target, _), route in zip(wires, layout.routes, strict=True):
        x, y = map(float, re.match(r"M(\S+) (\S+?)[CH]", route[0]).groups())
        assert (x, y) == pytest.approx((layout.ends[source], layout.centres[source][1]), abs=0.06)
        end = float(re.search(r"H([\d.]+)$", route[-1])[1])
        assert layout.centres[target][0] - 15.1 <= end <= layout.centres[target][0]
        if "q" not in route[-1]:
            last = float(re.findall(r"([\d.]+) [\d.]+H", route[-1])[-1])
            assert last <= end + 0.1


@given(st.lists(st.tuples(st.floats(-500, 500), st.floats(1, 50)), min_size=1, max_size=20))
def test_the_nearest_heights_keep_their_distances(pairs):
    wanted, distances = [want for want, _ in pairs], [apart for _, apart in pairs[1:]]
    heights = nearest(wanted, distances)
    for (upper, lower), apart in zip(pairwise(heights), distances, strict=True):
        assert lower - upper >= apart - 1e-6
    # The best compromise has its balance where the wishes have theirs.
    assert sum(heights) == pytest.approx(sum(wanted), abs=1e-6)


def calls_for(count):
    wires = random_wires(count, 0)
    return calls_of(lambda: laid_out([SMALL] * count, wires))


def test_twice_the_nodes_take_about_twice_the_work():
    assert calls_for(400) < 3 * calls_for(200)


def test_wires_from_one_node_share_their_pieces_until_they_part():
    # A leaf that feeds every gate of a chain: its wires run side by side.
    count = 9
    wires = [(0, at, 7.0) for at in range(1, count)] + [(at, at + 1, -7.0) for at in range(1, 8)]
    layout = laid_out([SMALL] * count, wires)
    pieces = {piece for route in layout.routes for piece in route}
    assert len(pieces) < 3 * count
    for route in layout.routes:
        ends = [re.search(r"H([\d.]+)$", piece)[1] for piece in route]
        assert [re.match(r"M(\S+) ", piece)[1] for piece in route[1:]] == ends[:-1]
