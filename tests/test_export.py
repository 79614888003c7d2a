"""Exported pages, without a browser and without a kernel."""

import json

import pytest
from nbformat import v4

from coursekit import ELU, Sigmoid, notebooks
from coursekit.explorers import explore
from coursekit.export import STATE, export, html_of, mathml, place_of

VIEW = notebooks.WIDGET


def saved(tmp_path, *explorers, boxed=()):
    """Write a notebook as JupyterLab saves it with its widgets."""
    states = {
        each.model_id: {"state": {**each.get_state(), "layout": None}}
        for each in (*explorers, *boxed)
    }
    shown = [each.model_id for each in explorers]
    if boxed:
        states["box"] = {"state": {"children": [f"IPY_MODEL_{each.model_id}" for each in boxed]}}
        shown.append("box")
    cells = [v4.new_markdown_cell("# Slopes\n\nSo $a < 1$ and $$\\sum_i x_i$$")]
    for name in shown:
        data = {"text/plain": "still", "text/html": f"<p>{name}</p>", VIEW: {"model_id": name}}
        cell = v4.new_code_cell("x", outputs=[v4.new_output("display_data", data)])
        cells.append(cell)
    notebook = v4.new_notebook(cells=cells)
    notebook.metadata["widgets"] = {STATE: {"version_major": 2, "state": states}}
    notebooks.write(notebook, tmp_path / "mine.ipynb")
    return tmp_path / "mine.ipynb"


def test_a_saved_notebook_becomes_one_page_beside_it(tmp_path):
    page = export(saved(tmp_path, explore(Sigmoid(), z=3)))
    assert page == tmp_path / "mine.html"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["mine.html", "mine.ipynb"]
    text = page.read_text("utf-8")
    assert text.count('<div class="coursekit-mount">') == 1
    assert text.count("export function mount(") == 1
    assert "Content-Security-Policy" in text
    assert '"state": {"z": 3.0' in text


def test_nothing_on_the_page_is_fetched_from_elsewhere(tmp_path):
    text = export(saved(tmp_path, explore(Sigmoid()))).read_text("utf-8")
    for asks in ('src="http', "src=''", 'src=""', 'href="http', "require", "MathJax", "cdn"):
        assert asks not in text


def test_explorers_inside_of_boxes_are_found_in_their_order(tmp_path):
    one, two = explore(Sigmoid()), explore(ELU())
    page = export(saved(tmp_path, boxed=[one, two])).read_text("utf-8")
    assert page.count('<div class="coursekit-mount">') == 2
    assert page.index(f'"title": "{one.title}"') < page.index(f'"title": "{two.title}"')


def test_what_a_frame_says_never_ends_its_script():
    explorer = explore(Sigmoid())
    state = explorer.get_state()
    state["player"] = state["player"] | {"title": "</script><b>"}
    place = place_of(state, "<p>still</p>")
    assert place.count("</script>") == 1
    data = place[place.index("{") : place.rindex("</script>")]
    assert json.loads(data)["title"] == "</script><b>"


def test_formulas_become_mathml_or_stay_as_they_were_written():
    assert "<msub>" in html_of("Where $x_1$ is")
    assert 'display="block"' in html_of("$$x$$")
    assert mathml(r"\nosuch{", "inline") == "<code>\\nosuch{</code>"


@pytest.mark.parametrize("name", ["nowhere.ipynb", "99"])
def test_a_notebook_that_is_not_there_is_named(name):
    with pytest.raises(notebooks.CourseError, match=name):
        export(name)
