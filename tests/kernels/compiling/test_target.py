from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from pellucid.files.versions import current_versions
from pellucid.kernels.compiling.target import made_with, target, told_apart
from pellucid.kernels.compiling.vector import LANES

TELL = """
import json
from pellucid.kernels.compiling.target import target
print(json.dumps(target()))
"""


def test_what_code_is_made_for():
    found = target()
    assert list(found) == ["triple", "processor", "vectors", "tiles", "optimizing", "features"]
    assert found["vectors"] == f"{LANES} floats"
    assert made_with() == current_versions() | found
    assert told_apart(found, found) == ""


@pytest.mark.parametrize(
    ("name", "value", "changed"),
    [
        ("PELLUCID_LANES", "8" if LANES == 16 else "16", "vectors"),
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
    apart = told_apart(json.loads(done.stdout), target()).split("; ")
    assert changed in [phrase.partition(":")[0] for phrase in apart]


def test_only_the_features_that_differ_are_told():
    there = {"features": "a,b,c1,c2,c3,c4,c5", "only there": "x", "processor": "old"}
    here = {"features": "a,b,d", "vectors": "8 floats", "processor": "new"}
    assert told_apart(there, here) == (
        "features: with c1, c2, c3, c4 and 1 more there, with d here; "
        "processor: old there, new here"
    )
    assert told_apart({}, here) == ""
    assert told_apart({"processor": None}, here) == "processor: None there, new here"
