from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from pellucid.files.versions import current_versions
from pellucid.kernels.compiling.target import made_with, target, told_apart
from pellucid.kernels.compiling.vector import FLOATS

TELL = """
import json
from pellucid.kernels.compiling.target import target
print(json.dumps(target()))
"""


def test_what_code_is_made_for():
    found = target()
    assert list(found) == ["triple", "processor", "tiles", "optimizing", "features"]
    assert found["tiles"].startswith(f"{FLOATS} floats, ")
    assert made_with() == current_versions() | found
    assert told_apart(found, found) == ""


@pytest.mark.parametrize(
    ("name", "value", "changed"),
    [
        ("PELLUCID_TILES", "avx2" if FLOATS == 16 else "avx512", "tiles"),
        ("NUMBA_CPU_NAME", "generic", "processor"),
        ("NUMBA_CPU_FEATURES", "", "features"),
        ("NUMBA_OPT", "1", "optimizing"),
        ("NUMBA_LOOP_VECTORIZE", "0", "optimizing"),
    ],
)
def test_whatever_changes_the_code_changes_the_target(name, value, changed):
    done = subprocess.run(
        [sys.executable, "-c", TELL], env={**os.environ, name: value}, capture_output=True,
        text=True, timeout=120, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert found[changed] != target()[changed]
    assert told_apart(found, target()) == ""


def test_only_versions_that_differ_are_told():
    there = {"numpy": "2.3", "numba": "0.6", "python": "3.11", "processor": "old"}
    here = {"numpy": "2.4", "numba": "0.7", "pellucid": "1", "processor": "new"}
    assert told_apart(there, here) == "numpy: 2.3 there, 2.4 here; numba: 0.6 there, 0.7 here"
    assert told_apart({}, here) == ""
