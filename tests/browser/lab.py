"""A real JupyterLab in a real Chromium, for tests and benchmarks that look where a learner looks.

`serving` starts a server, `chromium` a browser, and a `Lab` opens notebooks there, each in a `Tab`.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[2]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    *("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb"),
    # A browser that calls nobody by itself.
    *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--disable-quic"),
]
KNOWN = [
    line
    for line in Path(__file__).with_name("known_console.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
SETTINGS = {
    # As the course's own start-up has it: a saved notebook reopens with its widgets.
    "@jupyter-widgets/jupyterlab-manager/plugin": '{"saveState": true}',
    # Nobody is there to be asked whether JupyterLab may fetch news.
    "@jupyterlab/apputils-extension/notification": '{"fetchNews": "false"}',
}
PATIENCE = 60_000  # milliseconds; a wait ends as soon as its condition holds


def notebook(*cells, **metadata):
    """A notebook of code cells, with coursekit's names imported in the first."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made = nbformat.v4.new_notebook(metadata={"kernelspec": kernel, **metadata})
    made.cells = [nbformat.v4.new_code_cell(source) for source in cells]
    return made


def free_port():
    """A port of this machine that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def serving(home):
    """Give the address and the root folder of a JupyterLab server that keeps to a folder."""
    root = home / "root"
    root.mkdir()
    port = free_port()
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "MPLCONFIGDIR": "matplotlib",
    }
    env = {
        **os.environ,
        **{name: str(home / folder) for name, folder in folders.items()},
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        "OPENBLAS_NUM_THREADS": "1",
    }
    # The kernelspec and the widgets' own code lie in the environment that runs the tests.
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
        *("--IdentityProvider.token=", "--ServerApp.password=", "--ServerApp.open_browser=False"),
        *(f"--ServerApp.root_dir={root}", "--LabApp.expose_app_in_browser=True"),
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    for plugin, setting in SETTINGS.items():
        written = home / "settings" / f"{plugin}.jupyterlab-settings"
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(setting)
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(command, env=env, cwd=root, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert process.poll() is None, (home / "server.log").read_text()
            try:
                urllib.request.urlopen(f"{address}/api/status", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address, root
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def chromium(executable, *flags):
    """A headless Chromium that calls nobody by itself."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*FLAGS, *flags])
        # One profile for all tabs, so that only the first fetches JupyterLab's own files.
        browser.new_context()
        yield browser
        browser.close()


@contextmanager
def lab_on(server, browser):
    """JupyterLab for as long as a fixture of any scope wants it; see `lab`."""
    ready = Lab(browser, *server)
    try:
        yield ready
    finally:
        ready.close()
    errors = ready.errors()
    assert not errors, f"the page logged errors of its own: {errors}"


class Lab:
    """One test's tabs in JupyterLab."""

    def __init__(self, browser, address, root):
        self.browser, self.address, self.root = browser, address, root
        self.tabs, self.console = [], []

    def open(self, content, theme="light", width=1100, height=1000):
        """Open a notebook (a path, or nbformat's object) in a tab of its own."""
        title = "notebook.ipynb"
        if isinstance(content, (str, Path)):
            title, content = Path(content).name, nbformat.read(content, as_version=4)
        name = f"{len(list(self.root.iterdir()))}/{title}"  # each in a folder of its own
        (self.root / name).parent.mkdir()
        nbformat.write(content, self.root / name)
        return self.reopen(name, theme, width, height)

    def reopen(self, name, theme="light", width=1100, height=1000, showing=None):
        """Open a notebook that lies in the server's folder already.

        `showing` is a selector and how many of it there have to be in the end.

        On a busy machine ipywidgets now and then draws a view before it has restored its model,
        and says "model not found" instead; opened once more, the same file is whole.
        """
        page = self.browser.contexts[0].new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: self.console.append((said.type, said.text)))
        page.on("pageerror", lambda fault: self.console.append(("error", str(fault))))
        tab = Tab(page, name)
        self.tabs.append(tab)
        page.goto(f"{self.address}/doc/tree/{name}?reset")
        page.locator(".jp-Notebook").wait_for()
        tab.theme(theme)
        if showing:
            from playwright.sync_api import expect

            selector, count = showing
            try:
                expect(page.locator(selector)).to_have_count(count, timeout=25_000)
            except AssertionError:
                page.reload()
                expect(page.locator(selector)).to_have_count(count)
            # Every picture is there: here, and nowhere else, that complaint is forgiven.
            self.console = [said for said in self.console if "model not found" not in said[1]]
        return tab

    def errors(self):
        """What the console said in anger, but for what JupyterLab says by itself."""
        angry = [text for kind, text in self.console if kind == "error"]
        return [text for text in angry if not any(re.search(known, text) for known in KNOWN)]

    def close(self):
        for tab in self.tabs:
            tab.close()


class Tab:
    """A notebook in a tab of its own; `page` is Playwright's."""

    def __init__(self, page, name):
        self.page, self.name = page, name

    def command(self, name, **arguments):
        """Run one of JupyterLab's commands, and wait until it is done."""
        script = "([name, given]) => window.jupyterapp.commands.execute(name, given)"
        return self.page.evaluate(script, [name, arguments])

    def wait(self, script, argument=None):
        """Wait until a JavaScript function returns something true."""
        return self.page.wait_for_function(script, arg=argument, timeout=PATIENCE)

    def theme(self, name):
        """Put on the light or the dark theme."""
        self.command("apputils:change-theme", theme=f"JupyterLab {name.title()}")
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")
        self.wait(
            "light => document.body.dataset.jpThemeLight === light", f"{name == 'light'}".lower()
        )

    def run_all(self):
        """Run every cell, and wait until all have run."""
        self.wait(f"() => {KERNEL}?.status === 'idle'")
        self.command("notebook:run-all-cells")
        self.wait(f"() => {KERNEL}?.status === 'idle'")

    def evaluate(self, code):
        """Let the kernel run some code, as a cell would, and wait for it."""
        assert self.page.evaluate(RUN, code) == "ok", code

    def until(self, condition):
        """Wait until the kernel finds an expression true; it is free between two questions.

        A cell that awaits it instead keeps ipykernel 7.4.0 from saying that a widget's message is
        done, and then ipywidgets sends no later move of that widget, ever.
        """
        until = time.monotonic() + PATIENCE / 1000
        while self.page.evaluate(RUN, f"assert {condition}") != "ok":
            assert time.monotonic() < until, f"it never came to {condition}"
            self.page.wait_for_timeout(20)

    def until_held(self, name):
        """Wait until the kernel has drawn what an explorer is to show without it."""
        self.evaluate("import base64, json, zlib")
        frames = f"json.loads(zlib.decompress(base64.b64decode({name}.held_frames)))"
        self.until(f"set(map({name}.key_of, {name}.held_states())) <= {frames}.keys()")

    def save(self):
        """Save the notebook."""
        self.command("docmanager:save")

    def shut_down_kernel(self):
        """End the kernel for good."""
        self.page.evaluate(f"() => {SESSION}.shutdown()")

    def restart_kernel(self):
        """Start the kernel afresh, without running anything."""
        self.page.evaluate(f"() => {SESSION}.restartKernel()")
        self.wait(f"() => {KERNEL}?.status === 'idle'")

    def close(self):
        """Close the tab and end its kernel, so that none outlives its test."""
        self.page.evaluate(f"() => window.jupyterapp && {SESSION}?.shutdown()")
        self.page.close()


SESSION = "window.jupyterapp.shell.currentWidget.sessionContext"
KERNEL = f"{SESSION}.session?.kernel"
RUN = f"code => {KERNEL}.requestExecute({{ code }}).done.then(reply => reply.content.status)"
