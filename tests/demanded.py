"""What a machine may lack, and the one that tests the project may not: there nothing is skipped."""

import os
import shutil

import pytest

DEMANDED = os.environ.get("COURSEKIT_BROWSER") == "required"


def needs(present, reason):
    """A mark that skips a test where something is not present; where all is demanded it fails."""
    return pytest.mark.skipif(not present and not DEMANDED, reason=reason)


needs_node = needs(shutil.which("node"), reason="node is not on this machine")
