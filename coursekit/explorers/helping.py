"""What Jupyter's help shows of an explorer: its docstring, with a picture in it."""

import asyncio
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from inspect import Signature, getdoc, signature
from typing import Any

from IPython import get_ipython, version_info

__all__ = ["made_aside", "offer_pictures"]

MARKDOWN = "text/markdown"  # which Jupyter prefers to plain text, and a terminal passes over
HOOKS_SINCE = (8, 22)  # IPython's version from which a hook gets one argument


def made_aside(makers: Iterable[Callable[[], Any]]) -> list:
    """Make explorers for a still page: no loop stays to draw the frames that it does not show."""

    async def made():
        return [make() for make in makers]

    with ThreadPoolExecutor(1) as aside:  # no loop runs there yet, unlike in a notebook's cell
        return aside.submit(asyncio.run, made()).result()


def offer_pictures(base: type) -> None:
    """Let ``?`` and Shift+Tab show a picture of whatever is, or makes, one of a kind of explorer.

    A notebook's own hook for help in Markdown, where there is one, stays.
    """

    def picture(asked):
        kind = asked.obj if isinstance(asked.obj, type) else type(asked.obj)
        if asked.detail_level or not issubclass(kind, base):
            return None  # `??` asks for the source
        try:
            return page_of(asked.obj, kind)
        except Exception:  # a kind that needs arguments: its docstring is shown as any other is
            return None

    shell = get_ipython()
    if shell and version_info >= HOOKS_SINCE:
        shell.inspector.mime_hooks.setdefault(MARKDOWN, picture)


def page_of(asked: Any, kind: Any) -> str:
    """Write a docstring as Markdown, with a picture below its first sentence."""
    if asked is kind:
        (explorer,) = made_aside([asked.example])
        still = explorer.still()
        for widget in (explorer, explorer.layout):
            widget.close()
    else:
        still = asked.still()
    arguments = signature(kind).replace(return_annotation=Signature.empty)
    takes = re.sub(r"<function (\w+) at \w+>", r"\1", f"{kind.__name__}{arguments}")
    first, _, more = (getdoc(kind) or "").partition("\n\n")
    shown = still._repr_html_()
    return f"```python\n{takes}\n```\n\n{first}\n\n{shown}\n\n```text\n{more}\n```\n"
