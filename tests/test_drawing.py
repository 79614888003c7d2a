"""Drawings as data: well-formed, deterministic, nothing overlaps, and nothing is lost or merged."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from counting import calls_of
from matplotlib.image import imread

import coursekit.pictures.drawing as drawing_module
from coursekit import Elementwise, Node, Tanh, backprop_steps, cross_entropy, exp, maximum
from coursekit.pictures.drawing import FAR, NOT_TRIED, ROWS, draw
from coursekit.pictures.layout import text_width
from coursekit.pictures.story import MOST

SVG = "{http://www.w3.org/2000/svg}"


def sigmoid(z):
    return 1 / (1 + exp(-z))


def circuit():
    """C01's first circuit."""
    x, y, z = Node(-2, "x"), Node(5, "y"), Node(-4, "z")
    return (x + y).named("q") * z


def third_circuit():
    x, y = Node(3, "x"), Node(-4, "y")
    return (x + sigmoid(y)) / (sigmoid(x) + (x + y) ** 2)


def network():
    draws = np.random.default_rng(0)
    x, w1, w2 = (
        Node(draws.normal(size=shape), name)
        for shape, name in [((4, 3), "X"), ((3, 5), "W1"), ((5, 2), "W2")]
    )
    hidden = Tanh()(x @ w1 + Node(np.zeros(5), "b1"))
    return cross_entropy(hidden @ w2 + Node(np.zeros(2), "b2"), [0, 1, 1, 0])


def chain(length=30):
    f = Node(0.5, "x")
    for link in range(length):
        f = Tanh()(f) if link % 3 == 0 else f * 1.5 if link % 3 == 1 else f - 0.25
    return f


def tangle(count=200, seed=0):
    draws = np.random.default_rng(seed)
    nodes = [Node(float(value), f"x{at}") for at, value in enumerate(draws.normal(size=8))]
    while len(nodes) < count:
        first, second = draws.integers(max(0, len(nodes) - 9), len(nodes), size=2)
        nodes.append(Tanh()(nodes[first] * nodes[second] + nodes[-1]))
    return nodes[-1]


def odd():
    """Values and names that a drawing has to bear."""
    x = Node(np.nan, 'a <b> & "c" that goes on and on and on and on')
    y = Node(np.inf, "line\nbreak\x00")
    return x * y + Node(1e300, "") * Node(-1e-300, "−∂é漢字") + Node(3) * Node(-4)


GRAPHS = {
    "circuit": circuit,
    "max": lambda: 2 * (Node(3, "x") * Node(-4, "y") + maximum(Node(2, "z"), Node(-1, "w"))),
    "third": third_circuit,
    "network": network,
    "chain": chain,
    "tangle of 60": lambda: tangle(60),
    "fan of 30": lambda: fan(30),
    "odd": odd,
    "one leaf": lambda: Node(3.0, "x"),
    "no name": lambda: Node(3.0) + Node(4.0),
    "twice": lambda: (lambda a: a + a)(Node(1.0, "a")),
    "not a number": lambda: Node(np.ones((2, 3)), "x") * 2.0,
}
GRAPH = pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)


def texts(svg):
    """Each text of an SVG with the rectangle that it may fill."""

    def walk(element, size, anchor):
        size = float(element.get("font-size", size))
        anchor = element.get("text-anchor", anchor)
        if element.tag == f"{SVG}text":
            x, y, wide = float(element.get("x")), float(element.get("y")), 0
            wide = text_width(element.text or "", size)
            left = x if anchor == "start" else x - wide / 2
            yield element.text, (left, left + wide, y - 0.75 * size, y + 0.2 * size)
        for child in element:
            yield from walk(child, size, anchor)

    yield from walk(ElementTree.fromstring(svg), 12, "start")


def moments(drawing):
    """The whole picture of a dozen moments or so, as an explorer puts it together."""
    for position in range(0, len(drawing), 1 + len(drawing) // 12):
        yield drawing.background().removesuffix("</svg>") + drawing.frame(position) + "</svg>"


def overlap(first, second):
    (left, right, top, bottom), (west, east, north, south) = first, second
    return left < east and west < right and top < south and north < bottom


@GRAPH
def test_a_drawing_is_well_formed_at_every_moment(graph):
    drawing = draw(graph())
    for svg in [drawing.svg, *moments(drawing)]:
        ElementTree.fromstring(svg)


@GRAPH
def test_no_two_labels_overlap_and_none_is_cut_off(graph):
    drawing = draw(graph())
    for svg in [drawing.svg, *moments(drawing)]:
        width, height = map(float, re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())
        rectangles = list(texts(svg))
        for place, (text, here) in enumerate(rectangles):
            assert here[0] + 12 >= 0 and here[1] + 12 <= width + 1, text
            assert here[2] + 12 >= 0 and here[3] + 12 <= height, text
            for other, there in rectangles[:place]:
                # A gate at work is drawn again, over itself.
                assert (text == other and here == there) or not overlap(here, there), (text, other)


@GRAPH
def test_labels_keep_clear_of_gates_and_boxes(graph):
    drawing = draw(graph())
    # Numbers stand to the right of their gate, names above it: only captions lie inside.
    boxes = []
    for rect in ElementTree.fromstring(drawing.svg).iter(f"{SVG}rect"):
        if rect.get("x"):
            x, y, wide, tall = (float(rect.get(side)) for side in ("x", "y", "width", "height"))
            boxes.append((x, x + wide, y, y + tall))
    inside = [sum(overlap(box, rectangle) for box in boxes) for _, rectangle in texts(drawing.svg)]
    assert inside.count(1) == len(boxes) and max(inside) == 1


@GRAPH
def test_a_drawing_is_the_same_every_time(graph):
    first, second = draw(graph()), draw(graph())
    assert first.svg == second.svg
    assert list(moments(first)) == list(moments(second))


def test_the_trace_of_the_first_circuit():
    assert draw(circuit()).trace() == (
        "0  start     x = −2, y = 5, z = −4\n"
        "1  forward   q = x + y = −2 + 5 = 3\n"
        "2  forward   f = q × z = 3 × (−4) = −12\n"
        "3  backward  f starts with gradient 1\n"
        "4  backward  f sends grad q = 1 × (−4) = −4; grad z = 1 × 3 = 3\n"
        "5  backward  q sends grad x = −4 × 1 = −4; grad y = −4 × 1 = −4"
    )


def test_the_picture_is_also_words():
    drawing = draw(circuit())
    assert repr(drawing) == drawing.alt
    assert drawing.alt == (
        "The graph of f = (x + y) × z: 3 inputs and 2 gates. The output f is −12; "
        "its gradients are −4 for x, −4 for y and 3 for z."
    )
    assert "1.546" in draw(third_circuit()).alt
    assert "2.060 for x and 1.592 for y" in draw(third_circuit()).alt


def test_a_notebook_shows_an_image_with_alt_text_and_no_inline_svg():
    html = draw(circuit())._repr_html_()
    assert '<img alt="The graph of f' in html
    assert "<svg" not in html


def test_values_stand_above_their_wire_upright_and_gradients_beneath_it_slanted():
    drawing = draw(circuit())
    _, y = drawing.layout.centres[0]
    page = ElementTree.fromstring(drawing.svg)
    (value,) = (node for node in page.iter(f"{SVG}text") if node.text == "−2")
    assert float(value.get("y")) < y
    slanted = [group for group in page.iter(f"{SVG}g") if group.get("font-style") == "italic"]
    beneath = [text for group in slanted for text in group.iter(f"{SVG}text")]
    assert {text.text for text in beneath} == {"−4", "3", "1"}
    first = min(beneath, key=lambda text: float(text.get("x")))
    assert float(first.get("y")) > y


def test_a_value_that_is_used_twice_has_two_wires():
    a = Node(1.0, "a")
    drawing = draw(a + a)
    assert len(drawing.wires) == len(set(map(tuple, drawing.layout.routes))) == 2


@GRAPH
def test_every_use_of_a_value_is_a_wire_or_stands_in_its_gate(graph):
    drawing = draw(graph())
    uses = sum(len(gate.parents) for gate in drawing.story.gates)
    assert len(drawing.wires) + len(drawing.story.folded) == uses


def test_equal_numbers_are_not_merged():
    x = Node(2.0, "x")
    captions = [text for text, _ in texts(draw(x * 3.0 + x * 3.0).svg)]
    assert captions.count("× 3") == 2


def test_a_constant_stands_in_its_gate_on_the_side_where_it_was_written():
    x = Node(2.0, "x")
    captions = [text for text, _ in texts(draw(1 - x / 2 + maximum(0, x)).svg)]
    assert {"1 −", "÷ 2", "max 0"} <= set(captions)


def test_what_has_a_name_or_is_used_twice_keeps_its_own_place():
    x, half = Node(2.0, "x"), Node(0.5)
    drawing = draw(x * Node(3.0, "w") + half * half)
    assert not drawing.story.folded


def test_subtract_and_divide_are_ops_of_their_own():
    v = Node(2.0, "v")
    captions = [text for text, _ in texts(draw((v - v) / v).svg)]
    assert {"−", "÷"} <= set(captions)
    assert not {"+", "×"} & set(captions)


def test_names_are_escaped_and_cut_in_the_picture_but_whole_in_the_words():
    drawing = draw(odd())
    assert "a &lt;b&gt; &amp; &quot;c" in drawing.svg
    assert 'a <b> & "c" that goes on and on and on and on' in drawing.alt
    assert "line break" in drawing.alt


def test_shapes_stand_for_arrays():
    captions = [text for text, _ in texts(draw(network()).svg)]
    assert captions.count("(4, 5)") == 6  # three values and their gradients
    assert "[0 0]" in captions


def test_a_walk_starts_by_itself_only_from_a_single_number():
    x = Node(np.ones(4), "x")
    assert len(draw(x * x)) == 2
    assert len(draw(x * x, lambda f: backprop_steps(f, np.ones(4)))) == 4


def test_each_moment_shows_what_is_known_by_then():
    drawing = draw(circuit())

    def shown(position):
        group = f'<svg xmlns="http://www.w3.org/2000/svg">{drawing.frame(position)}</svg>'
        return [text for text, _ in texts(group)]

    assert sorted(shown(0)) == sorted(["−2", "5", "−4", "x = −2, y = 5, z = −4"])
    assert "3" in shown(1) and "−12" not in shown(1)
    assert "−12" in shown(2) and "1" not in shown(2)
    assert shown(4)[-14:-7] == ["to q", "1", "×", "−4", "=", "−4", "grad q = −4"]


def test_gradients_come_back_by_dashed_wires_and_arrows():
    drawing = draw(circuit())
    assert "stroke-dasharray" not in drawing.frame(2)
    assert "stroke-dasharray" in drawing.frame(4)


def test_nothing_jumps_between_moments():
    drawing = draw(third_circuit())
    tops = {
        float(re.search(r'y="([\d.]+)"[^>]*>upstream', frame)[1])
        for frame in map(drawing.frame, range(len(drawing)))
        if "upstream" in frame
    }
    assert len(tops) == 1


def test_the_products_of_a_gate_with_many_inputs_are_cut():
    class Total(Elementwise):
        symbol = "total"

        def forward(self, *inputs):
            return sum(inputs)

        def local_gradients(self, output, *inputs):
            return (1.0,) * len(inputs)

    drawing = draw(Total()(*[Node(float(at), f"x{at}") for at in range(9)]))
    assert "and 5 more" in drawing.frame(3)
    assert max(map(len, drawing.tables)) == ROWS + 2


@pytest.mark.parametrize("nothing", [None, ..., lambda: None, lambda: ...])
def test_what_is_not_written_yet_is_not_tried_yet(nothing):
    drawing = draw(nothing)
    assert repr(drawing) == drawing.trace() == drawing.words(0) == NOT_TRIED
    assert len(drawing) == 1 and drawing.frame(0) == ""
    ElementTree.fromstring(drawing.svg)


def test_a_stub_that_raises_is_not_tried_yet():
    def stub(*arguments):
        raise NotImplementedError("Build the graph.")

    def generator(f):
        raise NotImplementedError("Walk back.")
        yield f

    assert draw(stub).alt == NOT_TRIED
    for walk in (stub, generator, ...):
        assert draw(circuit(), walk).alt.endswith("the backward walk is not tried yet.")


def test_a_function_of_the_learner_is_called():
    assert "−12" in draw(circuit).alt


def test_what_is_no_graph_is_refused():
    with pytest.raises(TypeError, match="draw wants the output node of a graph, not 3"):
        draw(3)


def test_a_graph_of_200_nodes_has_a_mark_for_each_and_no_more():
    drawing = draw(tangle(80), most=None)
    assert len(drawing.story.nodes) == len(drawing.story.whole) > 200
    assert drawing.svg.count("<rect") == len(drawing.places) + 1
    assert drawing.svg.count("<path") == 1


def calls_for(count):
    f = tangle(count)
    return calls_of(lambda: draw(f, most=None).svg)


def test_a_graph_of_200_nodes_takes_so_many_calls_and_twice_the_nodes_about_twice_as_many():
    small, large = calls_for(73), calls_for(140)  # 201 nodes and 402
    assert small < 60_000
    assert large < 2.5 * small


def fan(count):
    """One leaf that feeds every gate of a chain."""
    x = Node(0.5, "x")
    f = x
    for link in range(count):
        f = f * x if link % 2 else f + x
    return f


def nested(count):
    """Wires of every length, one within the other."""
    hidden = [Node(0.5, "x")]
    for _ in range(count // 2):
        hidden.append(Tanh()(hidden[-1]))
    f = hidden[-1]
    for h in reversed(hidden[:-1]):
        f = f + h
    return f


@pytest.mark.parametrize("graph", [chain, fan, nested, tangle])
def test_the_picture_grows_no_faster_than_the_graph(graph):
    small, large = (draw(graph(count), most=None) for count in (100, 400))
    nodes = len(large.story.nodes) / len(small.story.nodes)
    assert len(large.svg) < 1.1 * nodes * len(small.svg)
    assert len(large.places) < 1.1 * nodes * len(small.places)


def test_what_a_value_needs_is_worked_out_once_however_often_it_is_used(monkeypatch):
    asked = []
    monkeypatch.setattr(drawing_module, "text_width", lambda *text: asked.append(text) or 20.0)
    counts = []
    for count in (100, 400):
        asked.clear()
        draw(fan(count), most=None).svg  # noqa: B018
        counts.append(len(asked))
    assert counts[1] < 4.4 * counts[0]


def test_a_value_that_is_used_far_away_is_named_again_in_a_dashed_box():
    near, far = draw(fan(FAR)), draw(fan(2 * FAR))
    x = near.places[0]
    assert near.places.count(x) == 1 and "dasharray" not in near.svg
    assert far.places.count(far.places[0]) > 1 and "dasharray" in far.svg
    # It is the same value: a step that uses it finds its wire there.
    again = far.places.index(far.places[0], 1)
    (target, *_) = [target for source, target, _ in far.wires if source == again]
    step = 1 + far.story.gates.index(far.places[target])
    assert far.layout.routes[[w[:2] for w in far.wires].index((again, target))][-1] in (
        far.frame(step)
    )


def test_of_a_large_graph_the_end_is_drawn_and_the_rest_is_counted():
    f = fan(400)
    drawing = draw(f)
    assert len(drawing.story.nodes) == MOST and len(drawing.story.whole) == 401
    rest = "201 more nodes behind g202"
    (caption,) = (text for text, _ in texts(drawing.svg) if "more" in text)
    assert caption == f"… {rest}"
    assert "… g202" in [text for text, _ in texts(drawing.svg)]
    assert drawing.alt.startswith(f"The end of the graph of f: 198 gates, and {rest}. The output")
    assert drawing.trace().splitlines()[0].endswith(f"; … {rest}")
    assert drawing.words(0).endswith(f"There are {rest}.")
    assert f"{rest}; draw(f, most=None) draws them all." in drawing.picture().caption
    assert rest in drawing.background()
    assert f"{rest}" not in draw(f, most=None).alt


def test_what_is_drawn_of_a_large_graph_is_as_true_as_the_whole():
    f = tangle(200)
    assert len(draw(tangle(70)).story.cut) == 0
    part, whole = draw(f, most=40), draw(f, most=None)
    assert part.story.final == whole.story.gradients()
    assert part.story.gradients() == {
        node: gradient
        for node, gradient in whole.story.gradients().items()
        if node in part.story.gradients()
    }
    assert set(part.places) == set(part.story.gradients())
    assert all(part.story.names[node] == whole.story.names[node] for node in part.places)
    assert part.alt.split(" its gradients are ")[1] == whole.alt.split(" its gradients are ")[1]


def test_gates_that_are_not_drawn_are_told_of_where_they_send_to_what_is():
    drawing = draw(fan(400))
    last = len(drawing) - 1
    assert drawing.trace().endswith("… the gates that are not drawn bring grad x to 3")
    assert drawing.words(last) == (
        "Backward: the gates that are not drawn send gradients too, and bring grad x to 3."
    )
    assert drawing.frame(last)


def test_what_is_not_drawn_is_told_of_once_however_many_leaves_it_has():
    w, f = Node(0.5, "w"), Node(1.0, "x0")
    for link in range(1, 400):
        f = f * w + Node(1.0, f"x{link}")
    story = draw(f).story
    assert [moment.phase for moment in story.moments].count("behind") == 1
    assert story.moments[-1].shares[0].parent is w


def test_no_gate_takes_the_name_of_a_node_that_is_not_drawn():
    f = Node(1.0, "g300")
    for _ in range(400):
        f = f + 1.0
    names = draw(f).story.names
    assert len({name for node, name in names.items() if node.parents}) == 400
    assert names[f] == "f" and "g300" not in [n for node, n in names.items() if node.parents]


@pytest.mark.parametrize("most", [1, 2, 3, 10, 59])
def test_at_least_the_output_and_its_inputs_are_drawn(most):
    drawing = draw(fan(400), most=most)
    assert len(drawing.story.nodes) == max(most, 3)
    ElementTree.fromstring(drawing.svg)


def test_a_chain_of_100_000_nodes_is_no_larger_a_picture_than_one_of_1_000():
    assert len(draw(chain(100_000)).svg) < 1.1 * len(draw(chain(1_000)).svg)


@pytest.mark.parametrize("most", [0, -3, 2.5, "all", True])
def test_how_many_nodes_is_a_number_or_none(most):
    with pytest.raises(ValueError, match=f"most is how many nodes to draw, .*, not {most!r}"):
        draw(circuit(), most=most)


def test_a_drawing_is_saved_as_svg(tmp_path):
    draw(circuit()).save(tmp_path / "circuit.svg")
    ElementTree.parse(tmp_path / "circuit.svg")


def test_a_drawing_is_saved_as_png_twice_as_fine(tmp_path):
    drawing = draw(circuit())
    drawing.save(tmp_path / "circuit.png")
    tall, wide, _ = imread(tmp_path / "circuit.png").shape
    assert f'width="{wide / 2:g}" height="{tall / 2:g}"' in drawing.svg
