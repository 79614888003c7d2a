"""Notice a notebook that is of another edition than the checks that it runs.

A lesson may lie in a learner's folder for months while the course is updated around it. Then a
check may ask for something that the notebook never told.
"""

import contextlib
import os
from pathlib import Path

from coursekit.exercises.asking import notebook_namespace

# Where these are set, outputs are compared or graded: they are the same whatever notebook runs.
RUN_BY_A_MACHINE = ("NBGRADER_EXECUTION", "PYTEST_VERSION")


def note_on_edition(lesson: str) -> str:
    """Say in a sentence that the running notebook is of another edition; "" if it is not.

    Whatever goes wrong here, a notebook that cannot be found or read, is no reason to disturb a
    check: then there is nothing to say.

    Parameters
    ----------
    lesson : str
        The number of the lesson that is being checked, such as "06".
    """
    if any(name in os.environ for name in RUN_BY_A_MACHINE):
        return ""
    with contextlib.suppress(Exception):
        from coursekit import notebooks

        path = running_notebook()
        if path and notebooks.another_edition(path, lesson):
            return (
                f"Lesson {lesson} · this notebook and its checks are of different versions · save "
                "it and start the course again with `coursekit lab`: it brings your answers over"
            )
    return ""


def running_notebook() -> Path | None:
    """Find the file of the notebook that is running, if whoever started it says where it lies."""
    # The first is VS Code's, the second that of Jupyter's own server.
    told = notebook_namespace().get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
    return Path(told) if told else None
