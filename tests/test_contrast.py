"""Words and lines inside the pictures stand out from what lies behind them, measured in pixels.

axe measures the page and does not look into pictures. They lie on their light card in a dark theme
too, so that one measurement holds for both. The bounds are those of WCAG 2.1, AA.
"""

import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from loops import as_in_a_notebook
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from coursekit import explorers
from coursekit.style import CARD, FAINT, INK, SHADE, png_of

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {f"{SVG}{kind}" for kind in ("path", "rect", "circle", "line", "polygon", "use", "image")}
WORDS, LARGE_WORDS, LINES = 4.5, 3.0, 3.0  # the contrast that each needs at least
LARGE, LARGE_BOLD = 24, 18.66  # pixels, from which on words count as large
SHADED = 0.2  # an area in so thin a colour is a ground: its border or its hatch says what it is
THIN = 0.15  # of the room of words: what lines cross it do not hide them
INHERITED = {"fill": "#000000", "stroke": "none", "font-weight": "normal", "font-size": "16"}
QUIET = {CARD, SHADE, "#ffffff"}  # grounds and grids: what they say is said by ink too


def luminance(rgb):
    """Relative luminance by WCAG of colours in the last axis."""
    rgb = np.asarray(rgb)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, two):
    """The contrast of colours, from 1 to 21."""
    pair = np.broadcast_arrays(luminance(one), luminance(two))
    return (np.maximum(*pair) + 0.05) / (np.minimum(*pair) + 0.05)


def looks(element, inherited):
    """What an SVG element looks like: its own words, or those of the groups around it."""
    style = dict(re.findall(r"([\w-]+):\s*([^;]+)", element.get("style", "")))
    font = re.search(r"(?:(\w+) )?([\d.]+)px", style.pop("font", ""))
    if font:
        style["font-size"] = font[2]
        style["font-weight"] = font[1] or "normal"
    own = {name: element.get(name) for name in INHERITED if element.get(name)}
    seen = {**inherited, **own, **{name: style[name] for name in INHERITED if name in style}}
    for kind in ("opacity", "fill-opacity", "stroke-opacity"):
        share = style.get(kind, element.get(kind))
        seen[kind] = inherited.get(kind, 1.0) * float(share or 1)
    return seen


def walked(element, inherited):
    """Each element of an SVG with what it looks like, but for templates that are referred to."""
    for child in element:
        if child.tag not in (f"{SVG}defs", f"{SVG}clipPath"):
            seen = looks(child, inherited)
            yield child, seen
            yield from walked(child, seen)


def parsed(svg):
    root = ElementTree.fromstring(svg)
    return root, list(walked(root, looks(root, INHERITED)))


def pixels(root):
    return imread(io.BytesIO(png_of(ElementTree.tostring(root, "unicode"))))


def contrasts_of_words(svg):
    """Each text of a picture: the contrast of its colour with what lies behind it, and its need."""
    root, seen = parsed(svg)
    texts = [(element, look) for element, look in seen if element.tag == f"{SVG}text"]
    zoom = float(root.get("width")) / float(root.get("viewBox").split()[2])
    for element, _ in texts:
        element.set("visibility", "hidden")
    behind = pixels(root)
    behind = behind[..., :3] * behind[..., 3:] + np.array(to_rgb(CARD)) * (1 - behind[..., 3:])
    # Then the words alone, each in a colour of its own, to see where it stands.
    for element, _ in seen:
        if element.tag in DRAWN:
            element.set("visibility", "hidden")
    root.set("text-rendering", "optimizeSpeed")  # no half-tones at their edges
    for place, (element, _) in enumerate(texts, 1):
        element.set("visibility", "visible")
        element.set(
            "style", re.sub(r"(?<![\w-])(fill|opacity): [^;]*;?", "", element.get("style", ""))
        )
        element.set("fill", f"#{place:06x}")
    alone = (255 * pixels(root)[..., :3]).round().astype(int) @ [1 << 16, 1 << 8, 1]
    for place, (element, look) in enumerate(texts, 1):
        rows, columns = np.nonzero(alone == place)
        words = "".join(element.itertext()).strip()
        if not words or not rows.size:  # the gate at work is written over its own sign
            continue
        room = behind[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        share = look["opacity"] * look["fill-opacity"]
        colour = share * np.array(to_rgb(look["fill"])) + (1 - share) * room
        worst = np.quantile(contrast(colour, room), THIN)
        size, bold = zoom * float(look["font-size"].removesuffix("px")), look["font-weight"]
        large = size >= (LARGE_BOLD if bold in ("bold", "700") else LARGE)
        yield words, worst, LARGE_WORDS if large else WORDS


@pytest.fixture(scope="module", params=explorers.EXPLORERS)
def explorer(request):
    async def made():  # in a running loop an explorer draws its held frames when it has time
        return getattr(explorers, request.param).example()

    return as_in_a_notebook(made)


def test_words_in_a_picture_can_be_read(explorer):
    words = list(contrasts_of_words(explorer.still().svg))
    assert words
    faint = {said: round(measured, 2) for said, measured, need in words if measured < need}
    assert faint == {}


def test_lines_and_marks_in_a_picture_can_be_seen(explorer):
    faint = {}
    for element, look in parsed(explorer.still().svg)[1]:
        for paint in {"fill", "stroke"} if element.tag in DRAWN else ():
            if look[paint] in QUIET | {"none", "transparent"} or "url" in look[paint]:
                continue
            share = look["opacity"] * look[f"{paint}-opacity"]
            if share == 0 or (paint == "fill" and share <= SHADED):
                continue
            ground = np.array(to_rgb(CARD))
            measured = contrast(
                share * np.array(to_rgb(look[paint])) + (1 - share) * ground, ground
            )
            if measured < LINES:
                faint[paint, look[paint], share] = round(float(measured), 2)
    assert faint == {}


@pytest.mark.parametrize("state", ["near the pole", "at the pole θ = 0°", "on the equator"])
def test_letters_among_lines_can_be_read_wherever_they_stand(state):
    look = explorers.Spherical()
    words = contrasts_of_words(look.still(**look.states[state]).svg)
    assert all(measured >= need for _, measured, need in words)


def test_the_measurement_is_alive():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30" width="120" height="40">'
        f'<rect width="45" height="30" fill="{INK}"/>'
        f'<text x="5" y="20" font-size="10">one</text>'
        f'<text x="50" y="20" font-size="10" fill="{FAINT}">two</text>'
        f'<text x="50" y="10" font-size="8" fill="{SHADE}">three</text></svg>'
    )
    (_, one, need), (_, two, _), (_, three, _) = contrasts_of_words(svg)
    assert (round(contrast([0, 0, 0], [1, 1, 1])), need) == (21, WORDS)
    assert one < 2 and three < 2
    assert two == pytest.approx(contrast(to_rgb(FAINT), to_rgb(CARD)), rel=0.01)
