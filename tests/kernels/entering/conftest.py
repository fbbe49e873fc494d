"""What several tests of entering need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def run_alone():
    """Return a function that runs code in a process of its own, which must end well."""

    def run(code):
        root = str(Path(__file__).parents[3])
        result = subprocess.run(
            [sys.executable, "-c", code], cwd=root, env=os.environ, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
        assert result.returncode == 0, result.stdout + result.stderr

    return run
