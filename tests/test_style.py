import base64
import re
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.image import imread

from coursekit.style import (
    CARD,
    FAINT,
    FONTS,
    GRADIENT,
    INK,
    SERIES,
    VALUE,
    Picture,
    decimals,
    fragment_of,
    new_figure,
    number,
    picture_of,
    svg_of,
    tidied,
)


def luminance(colour):
    channels = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("colour", [INK, FAINT, VALUE, GRADIENT, *(each.colour for each in SERIES)])
def test_every_colour_can_be_read_on_the_card(colour):
    light, dark = sorted([luminance(colour), luminance(CARD)], reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_no_two_series_differ_by_colour_alone():
    assert len({str(each.dash) for each in SERIES}) == len(SERIES)
    assert len({each.marker for each in SERIES}) == len(SERIES)


@pytest.fixture
def drawn():
    figure, ax = new_figure()
    (line,) = ax.plot(np.linspace(0, 1, 50), np.linspace(0, 1, 50) ** 2)
    (point,) = ax.plot([0.5], [0.25], "o", gid="mark:point")
    text = ax.text(0.2, 0.5, "slope 0.0701 & more")
    ax.set_title("A finding")
    return figure, line, point, text


def test_a_figure_becomes_the_same_small_svg_every_time(drawn):
    figure, *_ = drawn
    svg = svg_of(figure)
    assert svg == svg_of(figure)
    assert len(svg) < 12_000
    assert "<style" not in svg and "<metadata" not in svg and "<!--" not in svg
    ElementTree.fromstring(svg)


def test_text_stays_text_and_its_numbers_stay_whole(drawn):
    figure, *_ = drawn
    assert "A finding" in svg_of(figure)
    assert "slope 0.0701 &amp; more" in svg_of(figure)


def test_coordinates_are_rounded_to_a_hundredth_of_a_point(drawn):
    figure, *_ = drawn
    for path in re.findall(r' d="([^"]*)"', svg_of(figure)):
        assert not re.search(r"\.\d{3}", path)


def test_a_page_shows_a_figure_in_the_size_matplotlib_gave_it():
    figure, _ = new_figure(width=5, height=3)
    root = ElementTree.fromstring(svg_of(figure))
    assert (root.get("viewBox"), root.get("width")) == ("0 0 360 216", "480")


def test_a_fragment_holds_only_its_artists_and_lies_where_the_figure_has_them(drawn):
    figure, line, point, text = drawn
    whole = svg_of(figure)
    fragment = fragment_of(figure, [point, text])
    assert "A finding" not in fragment and "slope 0.0701" in fragment
    place = re.search(r'<use [^>]*x="([\d.]+)" y="([\d.]+)"', fragment)
    assert f'x="{place[1]}" y="{place[2]}"' in whole
    assert len(fragment_of(figure, [line])) < 2_000
    ElementTree.fromstring(f'<svg xmlns:xlink="x">{fragment}</svg>')


def test_drawing_a_fragment_leaves_matplotlibs_settings_alone(drawn):
    figure, line, *_ = drawn
    before = dict(matplotlib.rcParams)
    fragment_of(figure, [line])
    assert dict(matplotlib.rcParams) == before


def test_a_gid_makes_a_mark(drawn):
    figure, _, point, _ = drawn
    assert 'data-mark="point"' in fragment_of(figure, [point])


def test_tidying_keeps_what_is_referred_to():
    svg = '<clipPath id="p12"><rect/></clipPath><g id="axes_1" clip-path="url(#p12)"/>'
    assert tidied(svg) == '<clipPath id="p12"><rect/></clipPath><g clip-path="url(#p12)"/>'


def test_a_picture_is_an_image_with_alt_text_and_words_beneath():
    picture = Picture("<svg/>", alt='a "curve"', caption="It is flat & wide.")
    page = ElementTree.fromstring(re.sub(r"(<img [^>]*)>", r"\1/>", picture._repr_html_()))
    assert page.find("img").get("alt") == 'a "curve"'
    assert page.find("figcaption").text == "It is flat & wide."
    data = page.find("img").get("src").removeprefix("data:image/svg+xml;base64,")
    assert base64.b64decode(data) == b"<svg/>"
    assert repr(picture) == 'a "curve"'


def test_a_picture_without_a_caption_has_none():
    assert "figcaption" not in Picture("<svg/>", alt="nothing")._repr_html_()


def test_a_picture_can_be_saved(tmp_path, drawn):
    figure, *_ = drawn
    picture = picture_of(figure, "a parabola")
    picture.save(tmp_path / "picture.svg")
    assert (tmp_path / "picture.svg").read_text("utf-8") == picture.svg


@pytest.mark.parametrize("sign", ["x", "σ", "×", "−", "∂", "′", "Σ"])
def test_a_picture_saved_as_png_has_its_letters_without_a_font_of_the_machine(tmp_path, sign):
    frame = f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" font-family="{FONTS}">'
    blank = Picture(f"{frame}</svg>", alt="nothing")
    written = Picture(f'{frame}<text x="9" y="30" font-size="24">{sign}</text></svg>', alt=sign)
    blank.save(tmp_path / "blank.png")
    written.save(tmp_path / "written.PNG")
    pixels = imread(tmp_path / "written.PNG") - imread(tmp_path / "blank.png")
    assert pixels.shape == (80, 80, 4) and np.abs(pixels).sum() > 10


@pytest.mark.parametrize("name", ["picture.jpeg", "picture", "png"])
def test_a_picture_is_saved_in_no_other_kind_of_file(tmp_path, name):
    with pytest.raises(ValueError, match=f"saved as .svg or as .png, not as '{name}'"):
        Picture("<svg/>", alt="nothing").save(tmp_path / name)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0, 6, "0"),
        (-0.0, 6, "0"),
        (3, 6, "3"),
        (-2.50, 6, "−2.5"),
        (2 / 3, 3, "0.667"),
        (np.float32(0.1), 6, "0.1"),
        (np.float32(-0.1), 3, "−0.1"),
        (1e-9, 6, "1e-9"),
        (-1.26e-12, 2, "−1.3e-12"),
        (1_000_000, 6, "1e6"),
        (float("nan"), 6, "NaN"),
        (np.float32("-inf"), 6, "−∞"),
        (float("inf"), 3, "∞"),
    ],
)
def test_a_number_has_a_real_minus_sign_and_a_short_exponent(value, digits, text):
    assert number(value, digits) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (3, "3"),
        (-2.5, "−2.5"),
        (0.1 + 0.2, "0.3"),
        (np.float32(0.1), "0.1"),
        (1.5456448841, "1.546"),
        (0.9999999, "1.000"),
        (-0.9998, "−1.000"),
        (0.019661, "0.020"),
        (0.0032, "0.0032"),
        (9.54e-7, "9.5e-7"),
        (1e-300, "1e-300"),
        (123456, "123456"),
        (22536.9524, "22537.0"),
        (6.02e23, "6e23"),
        (float("nan"), "NaN"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
    ],
)
def test_a_number_is_short_and_shows_whether_it_was_rounded(value, text):
    assert decimals(value) == text
