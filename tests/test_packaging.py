import inspect
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement

import coursekit

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = ("learn", "test", "bench")


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def pins(name):
    """Read a file of pins: the requirement and its hashes, by package."""
    found = {}
    for entry in text(f"requirements/{name}.txt").replace("\\\n", "").splitlines():
        if entry and not entry.lstrip().startswith("#"):
            requirement, *hashes = re.split(r" +--hash=", entry)
            found[Requirement(requirement).name] = Requirement(requirement), hashes
    return found


def wanted():
    """List what pyproject.toml asks for, beside the file of pins that must hold it."""
    groups = PROJECT["dependency-groups"]
    learn = PROJECT["project"]["dependencies"] + groups["install"]
    return [("learn", line) for line in learn] + [
        (name, line) for name in ("test", "bench") for line in groups[name]
    ]


@pytest.mark.parametrize("name", PINS)
def test_every_pin_is_exact_and_hashed(name):
    assert pins(name)
    for requirement, hashes in pins(name).values():
        assert re.fullmatch(r"==[\w.!+]+", str(requirement.specifier))
        assert requirement.url is None
        assert hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}\s*", each) for each in hashes)


@pytest.mark.parametrize("name", PINS)
def test_pins_name_no_host_and_no_path(name):
    said = text(f"requirements/{name}.txt")
    assert "://" not in said
    assert not re.search(r"^\s*-", re.sub(r"^\s*--hash=", "", said, flags=re.M), flags=re.M)


def test_no_package_is_pinned_twice():
    assert not set(pins("learn")) & set(pins("test"))


@pytest.mark.parametrize(("name", "line"), wanted())
def test_what_pyproject_asks_for_is_pinned_to_a_version_it_allows(name, line):
    asked = Requirement(line)
    pinned, _ = pins(name)[asked.name]
    (version,) = pinned.specifier
    assert version.version in asked.specifier


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_numpy_and_jupyterlab_are_pinned_wherever_the_course_runs(python, system):
    place = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": system}
    for name in ("numpy", "matplotlib", "jupyterlab"):
        marker = pins("learn")[name][0].marker or Marker("python_version > '3'")
        assert marker.evaluate(place)


def test_binder_installs_the_pins_that_learners_get():
    lines = [line for line in text("binder/requirements.txt").splitlines() if line]
    assert lines == ["-r ../requirements/learn.txt"]


def test_binder_runs_a_python_that_the_course_supports():
    asked = Requirement(f"python{PROJECT['project']['requires-python']}")
    version = text("binder/runtime.txt").strip().removeprefix("python-")
    assert f"{version}.0" in asked.specifier


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no permission to execute")
@pytest.mark.parametrize("script", [".ci/run", "binder/postBuild"])
def test_a_script_is_sound_and_may_be_run(script):
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(["bash", "-n", ROOT / script], check=True)


def test_what_binder_copies_is_there():
    copied = re.findall(r"^cp (\S+) ", text("binder/postBuild"), flags=re.M)
    assert copied
    assert all((ROOT / name).is_file() for name in copied)


def test_every_file_that_a_page_links_to_is_there():
    for page in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"\]\(([^):]+)\)", text(page)):
            assert (ROOT / target).exists(), f"{page} links to {target}"


def test_every_lesson_stands_in_the_readme():
    told = text("README.md")
    for lesson in sorted((ROOT / "lessons").glob("[0-9]*.ipynb")):
        assert f"(lessons/{lesson.name})" in told


def test_every_make_command_that_is_told_exists():
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), flags=re.M))
    told = "".join(text(page) for page in ("README.md", "CONTRIBUTING.md", "Makefile"))
    assert set(re.findall(r"(?:`|^|\")make ([a-z]+)", told, flags=re.M)) <= targets


def test_the_pages_stay_short():
    assert len(text("README.md").splitlines()) <= 100
    assert len(text("CONTRIBUTING.md").splitlines()) < 60


def test_version_is_the_same_wherever_it_is_told():
    version = re.search(r'^__version__ = "(.+)"', text("coursekit/__init__.py"), flags=re.M)[1]
    assert re.search(r"^version: (.+)$", text("CITATION.cff"), flags=re.M)[1] == version
    assert re.search(r"^## (.+)$", text("CHANGELOG.md"), flags=re.M)[1] == version


def test_commit_hooks_run_nothing_from_elsewhere():
    hooks = text(".pre-commit-config.yaml")
    assert re.findall(r"repo: (\S+)", hooks) == ["local"]
    assert set(re.findall(r"language: (\S+)", hooks)) == {"system"}


def test_every_function_that_a_lesson_imports_says_its_types():
    offered = {name: getattr(coursekit, name) for name in coursekit.__all__}
    functions = {name: each for name, each in offered.items() if inspect.isfunction(each)}
    assert functions
    for name, function in functions.items():
        signature = inspect.signature(function)
        said = [each.annotation for each in signature.parameters.values()]
        assert inspect.Signature.empty not in (*said, signature.return_annotation), name


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*command, folder], cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("coursekit-*.whl")
    with ZipFile(built) as archive:
        yield archive


def test_a_wheel_holds_every_file_of_the_package(wheel):
    here = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "coursekit").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert "coursekit/py.typed" in here
    assert here <= set(wheel.namelist())


@pytest.mark.parametrize("folder", ["lessons", "solutions"])
def test_a_wheel_holds_the_notebooks_inside_the_package(wheel, folder):
    for notebook in (ROOT / folder).glob("*.ipynb"):
        stored = wheel.read(f"coursekit/notebooks_data/{folder}/{notebook.name}")
        assert stored == notebook.read_bytes()


def test_a_wheel_puts_nothing_beside_the_package(wheel):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"coursekit"}


def test_a_wheel_brings_the_command_and_both_licences(wheel):
    (info,) = {name.split("/")[0] for name in wheel.namelist() if ".dist-info" in name}
    assert "coursekit = coursekit.cli:main" in wheel.read(f"{info}/entry_points.txt").decode()
    for licence in ("LICENSE", "LICENSE-lessons"):
        assert wheel.read(f"{info}/licenses/{licence}") == (ROOT / licence).read_bytes()
