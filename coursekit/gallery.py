"""One page that shows every explorer, with its claims and its words: for who looks for one."""

import re
from html import escape
from inspect import getdoc
from pathlib import Path

from coursekit import explorers
from coursekit.explorers.frame import Explorer
from coursekit.explorers.helping import made_aside

__all__ = ["entry", "gallery"]

STYLE = """
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; }
h2 { margin-top: 3rem; }
figure img { height: auto; }
"""


def entry(explorer: Explorer) -> str:
    """
    Write what the page says of one explorer: title, claims, what it shows, a picture, its evidence.

    Examples
    --------
    >>> from coursekit.explorers import Saturation
    >>> entry(Saturation()).split("<figure")[0]
    '<h2>Depth × init scale, on the digits</h2><p><code>Saturation</code> · C13</p><p>Depth × init \
scale on the digits: activations, saturated units and gradients by layer.</p>'
    """
    kind = type(explorer)
    documented = getdoc(kind) or ""
    claims = dict.fromkeys(re.findall(r"C\d\d", documented))
    named = " · ".join((f"<code>{kind.__name__}</code>", *claims))
    shows = re.sub(r" \([^)]*C\d\d[^)]*\)", "", " ".join(documented.partition("\n\n")[0].split()))
    picture = explorer.still()._repr_html_()
    return f"<h2>{escape(explorer.title)}</h2><p>{named}</p><p>{escape(shows)}</p>{picture}"


def gallery(path: str | Path) -> Path:
    """
    Write the page: one file, which needs no kernel and no network.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Path
    """
    shown = made_aside(getattr(explorers, name).example for name in explorers.EXPLORERS)
    path, entries = Path(path), map(entry, shown)
    page = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Explorers of the course</title>'
        f"<style>{STYLE}</style></head><body><main><h1>Explorers of the course</h1>"
        f"<p>In a notebook each of them moves.</p>{''.join(entries)}</main></body></html>\n"
    )
    path.write_text(page, encoding="utf-8")
    return path
