"""The doctor says what is wrong and what to do, and finds each thing that can be."""

import json
import sys
from importlib import metadata

import jupyter_core.paths
import pytest
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from coursekit import doctor, notebooks


def states(findings):
    return {finding.state for finding in findings}


def test_every_line_says_one_thing_in_one_line():
    for state, what in doctor.examine():
        assert state in ("ok", "note", "broken")
        assert "\n" not in what


def test_here_nothing_is_broken():
    assert [what for state, what in doctor.examine() if state == "broken"] == []


def test_an_old_python_is_seen(monkeypatch):
    monkeypatch.setattr(doctor.platform, "python_version", lambda: "3.9.1")
    assert doctor.python() == (
        "broken",
        f"Python 3.9.1: the course needs {doctor.demands()[0]}; install one of those",
    )


def test_a_missing_package_is_seen_with_the_command_that_brings_it(monkeypatch):
    def version(name):
        if name == "numpy":
            raise metadata.PackageNotFoundError(name)
        return "99.0"

    monkeypatch.setattr(doctor.metadata, "version", version)
    broken, *rest = doctor.packages()
    assert broken.state == "broken"
    assert "numpy is missing" in broken.what
    assert 'pip install "numpy' in broken.what
    assert states(rest) == {"ok"}


def test_an_old_package_is_seen(monkeypatch):
    monkeypatch.setattr(doctor.metadata, "version", lambda name: "0.1")
    assert states(doctor.packages()) == {"broken"}


def test_a_course_without_lessons_is_seen(monkeypatch, tmp_path):
    monkeypatch.setattr(notebooks, "folder", lambda kind="lessons": tmp_path / kind)
    assert doctor.lessons().state == "broken"


def kernel_of(monkeypatch, *argv):
    spec = type("Spec", (), {"argv": argv})
    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", lambda *_: spec)
    return doctor.kernel()


def test_a_kernel_of_another_python_is_seen(monkeypatch):
    finding = kernel_of(monkeypatch, "/opt/other/bin/python", "-m", "ipykernel_launcher")
    assert finding.state == "broken"
    assert "/opt/other/bin/python" in finding.what


@pytest.mark.parametrize("name", ["python", sys.executable])
def test_a_kernel_of_this_python_is_well(monkeypatch, name):
    assert kernel_of(monkeypatch, name).state == "ok"


def test_a_missing_kernel_is_seen(monkeypatch):
    def none(*_):
        raise NoSuchKernel("python3")

    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", none)
    assert doctor.kernel().state == "broken"


def test_a_widget_without_its_browser_half_is_seen(monkeypatch, tmp_path):
    monkeypatch.setattr(jupyter_core.paths, "jupyter_path", lambda *_: [str(tmp_path)])
    assert "ipywidgets" in doctor.widget().what
    manager = tmp_path / "@jupyter-widgets" / "jupyterlab-manager"
    manager.mkdir(parents=True)
    (manager / "package.json").write_text("{}")
    assert doctor.widget().state == "broken"
    assert "anywidget" in doctor.widget().what


def test_widgets_that_would_not_be_saved_are_seen(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "SETTINGS", tmp_path)
    assert doctor.settings().state == "broken"
    (tmp_path / "labconfig").mkdir()
    off = {"@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": False}}
    (tmp_path / "labconfig" / "default_setting_overrides.json").write_text(json.dumps(off))
    assert doctor.settings().state == "broken"


def test_a_machine_without_chromium_is_well_but_for_the_browser_tests(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda _: None)
    assert doctor.chromium().state == "note"
