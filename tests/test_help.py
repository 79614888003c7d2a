"""What Jupyter's help shows of an explorer: its docstring, with a picture in it."""

import re
from inspect import getdoc

import pytest
from IPython.core.interactiveshell import InteractiveShell
from loops import as_in_a_notebook

from coursekit import Sigmoid, explorers
from coursekit.explorers import Saturation
from coursekit.explorers.frame import Explorer
from coursekit.explorers.helping import MARKDOWN, offer_pictures


@pytest.fixture(scope="module")
def shell():
    shell = InteractiveShell.instance()
    offer_pictures(Explorer)
    yield shell
    InteractiveShell.clear_instance()


def helped(shell, thing, **how):
    """What a notebook gets that asks for help on a thing."""

    async def cell():
        shell.user_ns["thing"] = thing
        return shell.object_inspect_mime("thing", **how)

    return as_in_a_notebook(cell)


@pytest.mark.parametrize("name", explorers.EXPLORERS)
def test_help_shows_each_explorer_in_a_picture_with_its_docstring(shell, name):
    kind = getattr(explorers, name)
    page = helped(shell, kind)[MARKDOWN]
    takes, first, picture, more = re.fullmatch(
        r"```python\n(.*?)\n```\n\n(.*?)\n\n(<figure.*?</figure>)\n\n```text\n(.*)\n```\n",
        page,
        re.DOTALL,
    ).groups()
    assert takes.startswith(f"{name}(") and takes.endswith(")") and " at 0x" not in takes
    assert f"{first}\n\n{more}" == getdoc(kind)
    assert 'src="data:image/svg+xml' in picture and "\n\n" not in picture
    assert kind.example().still().caption[:20] in picture


def test_help_on_one_explorer_shows_it_as_it_stands(shell):
    page = helped(shell, Saturation(gain=10))[MARKDOWN]
    assert Saturation().still(gain=10).alt.split(".")[0] in page


def test_help_opens_no_widget_that_stays(shell):
    from ipywidgets.widgets.widget import _instances

    before = set(_instances)
    helped(shell, Saturation)
    assert set(_instances) == before


def test_help_on_anything_else_and_on_the_source_stays_as_it_is(shell):
    class NeedsArguments(Saturation):
        def __init__(self, needed):
            super().__init__()

    for thing in (Sigmoid, Sigmoid(), 3, NeedsArguments):
        told = helped(shell, thing)
        assert MARKDOWN not in told and told["text/plain"]
    assert MARKDOWN not in helped(shell, Saturation, detail_level=1)


def test_a_notebook_keeps_the_hook_that_it_has(shell):
    hooks = shell.inspector.mime_hooks
    ours, hooks[MARKDOWN] = hooks[MARKDOWN], len
    try:
        offer_pictures(Explorer)
        assert hooks[MARKDOWN] is len
    finally:
        hooks[MARKDOWN] = ours
