"""Export a notebook as one web page whose sliders work without a kernel and without a network.

nbconvert makes the page; our own player and each explorer's frames are laid in it. The page may ask
nobody for anything, and its Content-Security-Policy says so to the browser: formulas become
MathML, which browsers draw by themselves, and images from elsewhere stay away.
"""

from __future__ import annotations

import html
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.build import run
from coursekit.notebooks import WIDGET, find, read, without_widgets

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["export"]

STATE = "application/vnd.jupyter.widget-state+json"
EXPLORERS = Path(__file__).with_name("explorers")
TEMPLATE = """
{%- extends "lab/index.html.j2" -%}
{%- block html_head_js -%}
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
font-src data:; media-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block html_head_css -%}<style>{{ resources.coursekit_css }}</style>{%- endblock -%}
{%- block body_header -%}
{{ super() }}
<p class="coursekit-page">Made from {{ resources.metadata.name | e }}.ipynb. The sliders move over
the positions that this page holds; every other position needs the notebook and its kernel.</p>
{%- endblock -%}
{%- block footer_js -%}
<script type="module">{{ resources.coursekit_js }}</script>
{%- endblock -%}
"""
STYLE = """
main { max-width: 60em; margin: auto; }
.coursekit-page {
  margin: 1em 0;
  color: var(--jp-content-font-color2);
  font-family: var(--jp-content-font-family);
}
.jp-Cell { max-width: 100%; }
/* Where nbconvert's own colours have too little contrast. */
.jp-Notebook {
  --jp-cell-prompt-not-active-font-color: #455a64;
  --jp-cell-prompt-not-active-opacity: 1;
}
.highlight .ow { color: #7b1fa2; }
.highlight :is(.mi, .mf) { color: #1b5e20; }
"""
MOUNT = """
for (const place of document.querySelectorAll(".coursekit-mount"))
  mount(place, JSON.parse(place.querySelector("script").textContent));
"""


def export(notebook: str | Path, page: str | Path | None = None) -> Path:
    """Write a notebook as a web page that stands on its own.

    Parameters
    ----------
    notebook : str or Path
        The number of a lesson, or a notebook. One that was saved with its explorers shows them as
        they stood; any other is run first, in a kernel of its own.
    page : path, optional
        The page to write; beside the notebook, with its name, unless told otherwise.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    CourseError
        If there is no such notebook, or if it cannot be run.
    """
    path = find(notebook)
    page = Path(page) if page else path.with_suffix(".html")
    written = read(path)
    if not any(shown(output, states(written)) for output in outputs(written)):
        written = run(written, str(path), goes_on=True, where=path.parent, for_page=True)
    part = page.with_name(f".{page.name}.part")
    part.write_text(page_of(written, path.stem), encoding="utf-8")
    os.replace(part, page)
    return page


def page_of(notebook: NotebookNode, name: str) -> str:
    """Make the whole page of a notebook that was run."""
    from jinja2 import DictLoader
    from nbconvert import HTMLExporter

    from coursekit.explorers.frame import Explorer

    exporter = HTMLExporter(
        extra_loaders=[DictLoader({"coursekit": TEMPLATE})],
        template_file="coursekit",
        embed_images=True,
        exclude_anchor_links=True,
        filters={"markdown2html": html_of},
    )
    resources = {
        "metadata": {"name": name},
        "coursekit_css": (EXPLORERS / "frame.css").read_text("utf-8") + STYLE,
        "coursekit_js": Explorer._esm + MOUNT,
    }
    made, _ = exporter.from_notebook_node(mounted(notebook), resources)
    return made


# Explorers


def states(notebook: NotebookNode) -> dict[str, dict]:
    """Give the state of every widget that a notebook was saved with, by its id."""
    models = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    return {name: model.get("state", {}) for name, model in models.items()}


def outputs(notebook: NotebookNode) -> list[NotebookNode]:
    """List the outputs of all cells."""
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def shown(output: NotebookNode, widgets: dict[str, dict]) -> list[dict]:
    """List the explorers that an output shows, by itself or inside of boxes and tabs."""
    return explorers(output.get("data", {}).get(WIDGET, {}).get("model_id"), widgets)


def explorers(name: Any, widgets: dict[str, dict]) -> list[dict]:
    """Give the states of the explorers that a widget is or holds, in their order."""
    state = widgets.get(str(name).removeprefix("IPY_MODEL_"), {})
    if "held_frames" in state:
        return [state]
    return [found for child in state.get("children", []) for found in explorers(child, widgets)]


def mounted(notebook: NotebookNode) -> NotebookNode:
    """Copy a notebook, each explorer replaced by a place where the player mounts it.

    What stood in its place stays there until then: the still picture, where there is one.
    """
    copy, widgets = without_widgets(notebook), states(notebook)
    for output, plain in zip(outputs(notebook), outputs(copy), strict=True):
        found = shown(output, widgets)
        if found:
            stills = [plain.data.get("text/html", ""), *[""] * (len(found) - 1)]
            plain.data = {"text/html": "".join(map(place_of, found, stills))}
    return copy


def place_of(state: dict, still: str) -> str:
    """Give the place of one explorer on the page: its frames, and what stands there before them."""
    script = state["player"]
    controls = [control["name"] for control in script["controls"]]
    values = {name: state[name] for name in controls if name in state}
    held = {"held": state["held_frames"], "state": values}
    data = json.dumps(script | held, ensure_ascii=False)
    safe = data.replace("<", "\\u003c")  # no end of a script inside of it
    return (
        f'<div class="coursekit-mount">{still}<script type="application/json">{safe}</script></div>'
    )


# Formulas


def html_of(source: str) -> str:
    """Turn Markdown into HTML, and its formulas into MathML.

    Examples
    --------
    >>> print(html_of("So $a < 1$."))
    <p>So <math xmlns="http://www.w3.org/1998/Math/MathML" display="inline">...<mo>&#x0003C;</mo>...
    """
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        def inline_math(self, body: str) -> str:
            return mathml(body, "inline")

        def block_math(self, body: str) -> str:
            return mathml(body, "block")

    return MarkdownWithMath(renderer=Renderer(escape=False)).render(source)


def mathml(tex: str, display: str) -> str:
    r"""Turn a formula into MathML; one that cannot be turned stays as its author wrote it.

    Examples
    --------
    >>> mathml(r"\nosuch{", "inline")
    '<code>\\nosuch{</code>'
    """
    from latex2mathml.converter import convert

    try:
        return convert(tex, display=display)
    except Exception:  # it has an exception for everything that can be wrong with a formula
        return f"<code>{html.escape(tex)}</code>"
