"""What axe-core, the checker of accessibility, finds on a page: in our output, and around it."""

import json
import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

OURS = ".jp-OutputArea-output, .jp-MarkdownOutput, .coursekit-explorer, .coursekit-page"
KNOWN = [
    line.split(maxsplit=1)
    for line in Path(__file__).with_name("known_axe.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
RUN = """async (ours) => {
    const found = await axe.run(document, { resultTypes: ["violations"] });
    return found.violations.flatMap(({ id, nodes }) => nodes.map(({ target, html }) => {
        const place = document.querySelector(target.flat(9).at(-1));
        return { rule: id, ours: Boolean(place?.closest(ours)), place: target.join(" "), html };
    }));
}"""


def complaints(page):
    """List what axe-core finds, but for what stands in `known_axe.txt` and is not ours."""
    page.evaluate(Axe().axe_script)
    return [
        json.dumps(each)
        for each in page.evaluate(RUN, OURS)
        if each["ours"]
        or not any(
            rule == each["rule"] and re.search(place, each["place"]) for rule, place in KNOWN
        )
    ]
