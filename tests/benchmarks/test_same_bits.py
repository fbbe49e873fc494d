"""Short trainings have the fingerprints of the table, on whatever machine this runs.

A processor that comes to others breaks the promise that bits do not depend on it.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.same_bits import CASES, table
from pellucid.kernels.compiling.vector import FLOATS
from tests.long import takes_long

ROOT = Path(__file__).parents[2]


def test_the_table_has_every_case():
    assert list(table()) == list(CASES)


@pytest.mark.parametrize("name", list(CASES))
def test_every_processor_comes_to_the_same_bits(name):
    assert CASES[name]() == table()[name]


@pytest.mark.parametrize(
    "cases", [["the reference"], pytest.param(["the reference", "photos"], marks=takes_long)]
)
def test_so_do_tiles_of_another_processor(cases):
    """What fits its registers changes how sums are gone through, and not their order."""
    tiles = "avx2" if FLOATS == 16 else "avx512"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.same_bits", *cases],
        env={**os.environ, "PELLUCID_TILES": tiles}, cwd=ROOT, capture_output=True, text=True,
        timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-1000:]
