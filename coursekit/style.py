"""How a picture looks: colours that are never alone, small clean SVG, words for each picture."""

import base64
import html
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.text import Text

VALUE = "#1a7431"  # green: what flows forward, always solid
GRADIENT = "#b3261e"  # red: what flows backward, always dashed
INK = "#1f2328"
FAINT = "#636b74"
SHADE = "#d9dde3"
CARD = "#fdfdfb"  # pictures lie on a light card of their own, in a dark theme too


class Series(NamedTuple):
    """One of several things in a picture: told apart by dash and marker as well as by colour."""

    colour: str
    dash: str | tuple
    marker: str


SERIES = (
    Series("#0b5cad", "-", "o"),
    Series("#b35900", (0, (6, 2)), "s"),
    Series("#7b3fa0", (0, (2, 1.5)), "^"),
    Series("#00707a", (0, (6, 2, 1.5, 2)), "D"),
    Series("#a3195b", (0, (1, 1)), "v"),
    Series("#5b5b00", (0, (8, 2, 1.5, 2, 1.5, 2)), "P"),
)

FONTS = "DejaVu Sans, Verdana, Segoe UI, Helvetica, Arial, sans-serif"
RC: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": FONTS.split(", "),
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titley": 1.0,  # else each drawing looks for room above ticks that nobody has there
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.facecolor": CARD,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "figure.facecolor": CARD,
    "figure.dpi": 72,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "coursekit",
}


def number(value: float, digits: int = 6) -> str:
    """
    A number in so many figures, as a reader expects it.

    Examples
    --------
    >>> number(-2.50), number(2 / 3, 3), number(-0.0), number(1e-9), number(float("-inf"))
    ('−2.5', '0.667', '0', '1e-9', '−∞')
    """
    return written(f"{value:.{digits}g}")


def merely_close(value: float, digits: int = 3) -> bool:
    """Whether so few figures make a whole number of one that is merely close to it.

    Examples
    --------
    >>> merely_close(0.99991), merely_close(1.0), merely_close(0.924)
    (True, False, False)
    """
    written_so = float(f"{value:.{digits}g}")
    return written_so == round(value) and written_so != value


def bytes_of(count: int) -> str:
    """
    The room of so many numbers in float64.

    Examples
    --------
    >>> bytes_of(4096), bytes_of(4096**2), bytes_of((100 * 4096) ** 2), bytes_of(2**60)
    ('32 KiB', '128 MiB', '1.22 TiB', '8 EiB')
    """
    size, unit = 8.0 * count, 0
    units = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
    while size >= 1024 and unit + 1 < len(units):
        size, unit = size / 1024, unit + 1
    return f"{number(size, 3)} {units[unit]}"


def timed(seconds: float) -> str:
    """
    A time, as short as it can be read.

    Examples
    --------
    >>> timed(0.00041), timed(0.8148), timed(1.394)
    ('0.41 ms', '815 ms', '1.39 s')
    """
    return f"{number(seconds, 3)} s" if seconds >= 1 else f"{number(1000 * seconds, 3)} ms"


def signed(value: float) -> str:
    """
    A number to be added, with its sign in front.

    Examples
    --------
    >>> signed(-4.5), signed(0.5)
    ('− 4.5', '+ 0.5')
    """
    return f"{'−' if value < 0 else '+'} {number(abs(value))}"


def decimals(value: float, places: int = 3) -> str:
    """
    A number in three decimals, the same for all, so that sums and products are seen to agree.

    What is rounded keeps its zeros: 1 is exact, 1.000 is not. Where rounding hides that a sum is
    right, a few more `places` show it.

    Examples
    --------
    >>> decimals(-2.0), decimals(2 / 3), decimals(0.99999), decimals(0.00321), decimals(2.1e-6)
    ('−2', '0.667', '1.000', '0.0032', '2.1e-6')
    >>> decimals(1234.5678), decimals(6.02e23), decimals(float("-inf")), decimals(float("nan"))
    ('1234.6', '6e23', '−∞', 'NaN')
    >>> decimals(2 / 3, 5), decimals(20000 / 3, 5), decimals(0.01 / 3, 5)
    ('0.66667', '6666.667', '0.003333')
    """
    blur = 1e-6 if getattr(value, "dtype", None) == np.float32 else 1e-12
    value = float(value)
    size, short = abs(value), f"{value:.{places}f}".rstrip("0").rstrip(".")
    if abs(float(short) - value) <= blur * size and len(short) <= places + 5:
        return written(short)
    if 0.01 <= size < 1e5:
        return written(f"{value:.{places if size < 1000 else places - 2}f}")
    return written(f"{value:.{places - 1}g}")


def brief(ratio: float) -> str:
    """Write a ratio with two digits, however large or small it is.

    Examples
    --------
    >>> brief(2.04e-6), brief(0.281), brief(7.4e4)
    ('2.0e-6', '0.28', '7.4e4')
    """
    return written(f"{ratio:.2g}" if ratio == 0 or 0.01 <= ratio < 100 else f"{ratio:.1e}")


def percent(share: float) -> str:
    """Write a share in percent: what is little is not called nothing, nor nearly all all.

    Examples
    --------
    >>> percent(0), percent(0.003), percent(0.925), percent(0.998)
    ('0 %', 'under 1 %', '92 %', 'over 99 %')
    """
    if 0 < share < 0.01:
        return "under 1 %"
    if 0.99 < share < 1:
        return "over 99 %"
    return f"{100 * share:.0f} %"


def written(digits: str) -> str:
    """
    What Python writes for a number, as a page prints it: a real minus sign, a short exponent.

    Examples
    --------
    >>> written("-1e-09"), written("-0.00"), written("nan")
    ('−1e-9', '0', 'NaN')
    """
    if not digits.strip("-0."):
        return "0"
    mantissa, e, exponent = digits.partition("e")
    text = mantissa.replace("nan", "NaN").replace("inf", "∞").replace("-", "−")
    return f"{text}e{int(exponent)}" if e else text


def new_figure(
    width: float = 5.8, height: float = 3.6, rows: int = 1, columns: int = 1, **layout: Any
) -> tuple[Figure, Any]:
    """
    A figure in the course's style, and its axes.

    Parameters
    ----------
    width, height : float
        In inches. A figure of 5.8 inches still reads where only 400 pixels are left for it.
    rows, columns : int
    **layout
        Passed on to `Figure.subplots`, such as `sharex=True`.

    Returns
    -------
    figure : Figure
    axes : Axes, or ndarray of Axes

    Examples
    --------
    >>> figure, ax = new_figure()
    >>> line, = ax.plot([0, 1], [0, 1])
    """
    with matplotlib.rc_context(RC):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots(rows, columns, **layout)


def headline(ax: Axes, y: float = 1.03) -> Text:
    """
    Make a title for a picture that moves: its place is kept, and its words may change.

    Examples
    --------
    >>> figure, ax = new_figure()
    >>> headline(ax).set_text("Epoch 3: nobody yet at the goal")
    """
    ax.set_title(" ")
    return ax.text(0, y, "", transform=ax.transAxes, weight="bold", fontsize=11)


def animated(*artists: Artist) -> list[Artist]:
    """
    Set apart the artists that move: they stay out of what is drawn once and for all.

    Examples
    --------
    >>> figure, ax = new_figure()
    >>> [artist.get_animated() for artist in animated(*ax.plot([0, 1]), headline(ax))]
    [True, True]
    """
    for artist in artists:
        artist.set_animated(True)
    return list(artists)


def svg_of(figure: Figure) -> str:
    """
    A Matplotlib figure as SVG: deterministic, small, its text kept as text.

    Examples
    --------
    >>> figure, ax = new_figure()
    >>> svg_of(figure) == svg_of(figure)
    True
    """
    with matplotlib.rc_context(RC):
        if engine := figure.get_layout_engine():  # once: `savefig` would lay it out twice
            engine.execute(figure)
            figure.set_layout_engine("none")
        body = fragment_of(figure, [figure])
    # Sizes are in points; a browser reads a plain number as pixels, four thirds of them.
    width, height = (96 * side for side in figure.get_size_inches())
    box = " ".join(f"{72 * side:g}" for side in figure.get_size_inches())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' viewBox="0 0 {box}" width="{width:g}" height="{height:g}"'
        f' stroke-linejoin="round" font-family="{FONTS}">{body}</svg>'
    )


def fragment_of(figure: Figure, artists: Iterable[Artist]) -> str:
    """
    A few artists of a figure as a piece of SVG that fits over the figure's own.

    Only these artists are drawn, which takes a millisecond or two where the whole figure takes
    fifty.
    """
    page = io.StringIO()
    width, height = (72 * side for side in figure.get_size_inches())
    # What `RC` says of drawing, not of making artists: a whole rc_context costs as much as a frame.
    drawing = {key: said for key, said in RC.items() if key.startswith("svg.")}
    before = {key: matplotlib.rcParams[key] for key in drawing}
    matplotlib.rcParams.update(drawing)
    try:
        renderer = RendererSVG(width, height, page)
        for artist in artists:
            artist.draw(renderer)
        renderer.finalize()
    finally:
        matplotlib.rcParams.update(before)
    return tidied(inside(page.getvalue()))


def inside(svg: str) -> str:
    """What stands between the outermost `<svg …>` and `</svg>`."""
    start = svg.index(">", svg.index("<svg")) + 1
    return svg[start : svg.rindex("</svg>")]


def tidied(svg: str) -> str:
    """
    Matplotlib's SVG without what a page does not need, its coordinates rounded.

    An artist whose gid is `mark:name` becomes an element with `data-mark="name"`, which a reader
    can pick and drag.

    Examples
    --------
    >>> tidied('<g id="line2d_1"><path d="M 1.23456 2 "/></g><!-- a comment -->')
    '<g><path d="M1.23 2"/></g>'
    """
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    # Its style sheet speaks of every element, so inside a page it would restyle the page.
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' id="mark:([^"]*)"', r' data-mark="\1"', svg)
    svg = re.sub(r' id="[a-zA-Z0-9.]+_\d+"', "", svg)
    svg = re.sub(r' transform="rotate\(-0 [^)]*\)"', "", svg)
    svg = re.sub(r'px; font-family: [^;"]*;', "px;", svg)
    placed = r'(?<= )(?:d|x|y|width|height|points)="[^"]*"|(?:translate|rotate)\([^)]*\)'
    svg = re.sub(placed, rounded_numbers, svg)
    return "".join(line.strip() for line in svg.split("\n"))


def rounded_numbers(found: re.Match) -> str:
    """The coordinates of a match to a hundredth of a point, without blanks that say nothing."""
    parts = re.split(r"(\d+\.\d+)", " ".join(found[0].split()))
    parts[1::2] = [f"{float(size):.2f}".rstrip("0").rstrip(".") for size in parts[1::2]]
    return re.sub(r'(?<=[MLQCZz]) | (?=[MLQCZz"])', "", "".join(parts))


@dataclass(frozen=True)
class Picture:
    """
    A still picture with its words: what a notebook shows without a kernel, trusted or not.

    Parameters
    ----------
    svg : str
    alt : str
        What the picture shows, for those who do not see it.
    caption : str, optional
        What it means, printed beneath.

    Examples
    --------
    >>> Picture("<svg xmlns='http://www.w3.org/2000/svg'/>", alt="an empty picture")
    an empty picture
    """

    svg: str
    alt: str
    caption: str = ""

    def __repr__(self):
        return self.alt

    def _repr_html_(self):
        # JupyterLab cleans the page of a notebook that nobody trusts yet: inline SVG and `role`
        # go, an image from a data address and its alt text stay.
        data = base64.b64encode(self.svg.encode()).decode()
        # Words run as wide as the picture: a long sentence must not stretch the card.
        width = re.search(r'width="([\d.]+)', self.svg)
        measure = f"max-width: {max(float(width[1]), 320):g}px" if width else ""
        caption = self.caption and (
            f'<figcaption style="{measure}">{html.escape(self.caption)}</figcaption>'
        )
        return (
            f'<figure style="background-color: {CARD}; color: {INK}; margin: 0; padding: 8px;'
            f" display: inline-block; max-width: 100%; border: 1px solid {SHADE};"
            ' border-radius: 6px">'
            f'<img alt="{html.escape(self.alt)}" style="max-width: 100%"'
            f' src="data:image/svg+xml;base64,{data}">{caption}</figure>'
        )

    def save(self, path: str | Path) -> None:
        """
        Write the picture to a file, for a slide or a page.

        Parameters
        ----------
        path : str or Path
            A name that ends in .svg, which stays sharp at every size, or in .png, which every
            program takes: twice as many pixels as the picture has on a page.
        """
        kind = Path(path).suffix.lower()
        if kind == ".svg":
            Path(path).write_text(self.svg, encoding="utf-8")
        elif kind == ".png":
            Path(path).write_bytes(png_of(self.svg))
        else:
            raise ValueError(f"a picture is saved as .svg or as .png, not as {Path(path).name!r}")


def png_of(svg: str, zoom: float = 2) -> bytes:
    """
    An SVG as pixels, the same on every machine: Matplotlib brings the font.

    Examples
    --------
    >>> png_of('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')[1:4]
    b'PNG'
    """
    from resvg_py import svg_to_bytes  # here, because few who see a picture save it

    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return svg_to_bytes(svg_string=svg, zoom=zoom, font_dirs=[str(fonts)])


def picture_of(figure: Figure, alt: str, caption: str = "") -> Picture:
    """A Matplotlib figure as a `Picture`: with its words, and the same bytes on every run."""
    return Picture(svg_of(figure), alt, caption)
