"""What tests and docstring examples take for granted."""

import numpy as np
import pytest
from hypothesis import settings

import coursekit

# The same examples on every machine and as long as each takes: a red test is red for everybody, and
# a busy machine turns none red.
settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")


@pytest.fixture(autouse=True)
def names_of_a_lesson(doctest_namespace):
    """Import them for every example, as the first cell of a lesson does."""
    doctest_namespace["np"] = np
    for name in coursekit.__all__:
        if name not in coursekit.LATER:
            doctest_namespace[name] = getattr(coursekit, name)
