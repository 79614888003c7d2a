"""What the examples in the docstrings take for granted: the names that a lesson imports."""

import numpy as np
import pytest

import coursekit


@pytest.fixture(autouse=True)
def names_of_a_lesson(doctest_namespace):
    """Import them for every example, as the first cell of a lesson does."""
    doctest_namespace["np"] = np
    for name in coursekit.__all__:
        if name not in coursekit.LATER:
            doctest_namespace[name] = getattr(coursekit, name)
