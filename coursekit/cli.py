"""The command line: `coursekit lab`, `check`, `reset`, `export`, `build`, `gallery` and `doctor`.

What cannot be done is said in one line on stderr, with exit status 2.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from coursekit import __version__
from coursekit.notebooks import CourseError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["main"]


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line long."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; `{self.prog} --help` says more\n")


def parser() -> Parser:
    """Describe the commands."""
    whole = Parser(
        prog="coursekit",
        description="Backpropagation and activation functions, as lessons in JupyterLab.",
        epilog="Start with:  coursekit lab",
    )
    whole.add_argument("--version", action="version", version=f"coursekit {__version__}")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(does: Callable[..., int], name: str, short: str, more: str, example: str) -> Parser:
        made = commands.add_parser(
            name,
            help=short,
            description=f"{short[0].upper()}{short[1:]}. {more}".strip(),
            epilog=f"Example:  {example}",
        )
        made.set_defaults(does=does)
        return made

    def folder_argument(made: Parser, *name: str, **more: Any) -> None:
        told = "where your lessons lie (default: my-lessons)"
        made.add_argument(*name, type=Path, default=Path("my-lessons"), help=told, **more)

    def lesson_argument(made: Parser) -> None:
        told = "a notebook, or the number of a lesson in your folder"
        made.add_argument("lesson", metavar="LESSON", help=told)

    made = command(
        lab,
        "lab",
        "open the lessons in JupyterLab",
        "The lessons are laid in a folder of yours. What you have written there stays: a newer "
        "version of a lesson takes over your answers, and the file as it was is kept beside it.",
        "coursekit lab my-lessons --lesson 06",
    )
    folder_argument(made, "folder", metavar="FOLDER", nargs="?")
    made.add_argument("--lesson", default="00", help="the lesson to open (default: 00)")
    made.add_argument("--port", type=port, help="the port to use (default: a free one)")
    made.add_argument("--no-browser", action="store_true", help="only print the address")

    made = command(
        check,
        "check",
        "check the exercises of a notebook",
        "The notebook is run from top to bottom in a fresh kernel, and stays as it is. The exit "
        "status is 0 if every exercise is right, and 1 otherwise.",
        "coursekit check my-lessons/06_saturation.ipynb",
    )
    lesson_argument(made)
    folder_argument(made, "--folder")

    made = command(
        reset,
        "reset",
        "put one exercise back to its stub",
        "What you had written is kept in the folder `kept` beside the lesson.",
        "coursekit reset 06 6.1",
    )
    lesson_argument(made)
    made.add_argument("exercise", metavar="EXERCISE", help="its number, such as 6.1")
    folder_argument(made, "--folder")

    made = command(
        export,
        "export",
        "make a web page of a notebook",
        "Its sliders work in any browser, without a kernel and without a network. A notebook that "
        "was saved with its explorers shows them as they stood; any other is run first.",
        "coursekit export 06 --to saturation.html",
    )
    lesson_argument(made)
    folder_argument(made, "--folder")
    made.add_argument("--to", metavar="PAGE", type=Path, help="the page (default: beside it)")

    made = command(
        build,
        "build",
        "make the lessons from their solutions",
        "For authors: takes the answers out, runs both versions and stores their outputs. "
        "Nothing is written if a notebook raises.",
        "coursekit build 06",
    )
    made.add_argument("lessons", metavar="LESSON", nargs="*", help="which lessons (default: all)")
    made.add_argument("--check", action="store_true", help="only say which lessons are stale")

    made = command(
        gallery,
        "gallery",
        "show every explorer on one page",
        "For authors: writes an HTML file that needs neither kernel nor network.",
        "coursekit gallery gallery.html",
    )
    told = "the file to write (default: gallery.html)"
    made.add_argument("file", metavar="FILE", nargs="?", default="gallery.html", help=told)

    command(
        doctor,
        "doctor",
        "say whether this machine has what the course needs",
        "One line for each thing, with what to do. The exit status is 1 if something is broken.",
        "coursekit doctor",
    )
    return whole


def port(text: str) -> int:
    """Read a port's number."""
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)


# Each command imports what it needs when it runs, so that `--help` is quick.


def lab(asked: argparse.Namespace) -> int:
    """Open JupyterLab."""
    from coursekit.lab import lab

    return lab(asked.folder, asked.lesson, asked.port, browser=not asked.no_browser)


def check(asked: argparse.Namespace) -> int:
    """Check a notebook."""
    from coursekit.lab import check

    lines, right = check(asked.lesson, asked.folder)
    print("\n".join(lines))
    return 0 if right else 1


def reset(asked: argparse.Namespace) -> int:
    """Reset an exercise."""
    from coursekit.lab import reset

    print(reset(asked.lesson, asked.exercise, asked.folder))
    return 0


def export(asked: argparse.Namespace) -> int:
    """Make a web page."""
    from coursekit.export import export
    from coursekit.lab import in_folder

    print(export(in_folder(asked.lesson, asked.folder), asked.to))
    return 0


def build(asked: argparse.Namespace) -> int:
    """Build the lessons, or say which are stale."""
    from coursekit.build import build, drift

    if asked.check:
        stale = drift(asked.lessons)
        for path in stale:
            print(f"{path.name} is not what its solution makes of it: coursekit build")
        return 1 if stale else 0
    for path, changed in build(asked.lessons):
        print(f"{path.parent.name}/{path.name} {'written' if changed else 'is as it was'}")
    return 0


def gallery(asked: argparse.Namespace) -> int:
    """Write the gallery."""
    from coursekit.gallery import gallery

    print(f"{gallery(asked.file)} written")
    return 0


def doctor(asked: argparse.Namespace) -> int:
    """Examine the machine."""
    from coursekit.doctor import examine

    broken = False
    for state, what in examine():
        print(f"{state:<7} {what}", flush=True)
        broken = broken or state == "broken"
    return 1 if broken else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the command line unless told otherwise.

    Returns
    -------
    int
        The exit status: 0 done, 1 something is not right, 2 it cannot be done.
    """
    try:
        asked = parser().parse_args(arguments)
        return asked.does(asked)
    except CourseError as error:
        why = str(error)
    except OSError as error:
        why = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    except KeyboardInterrupt:
        return 130
    print(f"coursekit: {why}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
