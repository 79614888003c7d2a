"""A real JupyterLab in a real Chromium, for tests that look where a learner would look.

    def test_something(lab):
        tab = lab.open(notebook("from coursekit import …", "explore(Sigmoid())"))  # or a path
        tab.run_all()
        tab.page.locator(".coursekit-evidence")  # Playwright's own page

One server and one browser serve the whole session; every `lab.open` copies a notebook into the
server's folder and opens it in a fresh tab, with a kernel of its own. A test fails when a page
logged an error, but for what JupyterLab logs by itself: that is listed, with the reason, in
`known_console.txt`. Where several tests share a tab, a fixture of wider scope uses `lab_on`.

A widget's parts have class names: `.coursekit-explorer` (all of it), `.coursekit-picture` (its
`aria-label` is the alt text), `.coursekit-slider input`, `.coursekit-value`, `.coursekit-states
button`, `.coursekit-evidence` (what the eye reads), `.coursekit-said` (what a screen reader says
once a move has ended) and `.coursekit-notice` (what is wrong, hidden where nothing is).

Environment
-----------
COURSEKIT_BROWSER=required
    Chromium has to be there: without it the tests fail, where else they skip with a reason.
COURSEKIT_SCREENSHOTS
    Folder for the screenshots that a person looks at; pytest's temporary folder otherwise.
"""

import os
from pathlib import Path

import pytest
from demanded import DEMANDED

from browser.lab import CHROMIUM, ROOT, chromium, lab_on, notebook, serving

__all__ = ["ROOT", "lab_on", "notebook"]


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The address and the root folder of a JupyterLab server that lives as long as the session."""
    with serving(tmp_path_factory.mktemp("jupyter")) as address_and_root:
        yield address_and_root


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium, or a skip that says why."""
    if CHROMIUM is None:
        reason = "no chromium on this machine's path"
        if DEMANDED:
            pytest.fail(reason)
        pytest.skip(reason)
    with chromium(CHROMIUM) as started:
        yield started


@pytest.fixture
def lab(server, browser):
    """JupyterLab, ready to open notebooks; at the end it fails on any console error of ours."""
    with lab_on(server, browser) as ready:
        yield ready


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory):
    """The folder for screenshots."""
    folder = os.environ.get("COURSEKIT_SCREENSHOTS")
    folder = Path(folder) if folder else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
