"""A short soak: workers of a cluster are killed during training, and nothing is lost or left."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'pellucid[cluster]'")

from benchmarks.soak import has_grown
from tests.long import takes_long

ROOT = Path(__file__).parents[2]


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="memory is read from /proc"
)


def soaked(tmp_path, *options):
    """Soak; return the exit code, what was printed, and what was found."""
    command = [sys.executable, "-m", "benchmarks.soak", "--json", tmp_path / "found.json"]
    done = subprocess.run(
        [*command, *options], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    said = done.stdout + done.stderr
    return done.returncode, said, json.loads((tmp_path / "found.json").read_text())


@needs_proc
def test_workers_killed_during_training_change_no_bit(tmp_path):
    code, said, found = soaked(tmp_path, "--minutes", "0.25", "--every", "6")
    assert code == 0, said
    assert found["same bits"] is True
    assert found["killed"] == 2
    assert found["updates"] > 3
    assert found["files left"] == 0


@takes_long
@needs_proc
def test_memory_that_grows_is_told(tmp_path):
    code, said, found = soaked(tmp_path, "--minutes", "0.1", "--every", "60", "--leak", "40")
    assert code == 1
    assert found["same bits"] is True
    grown = [line.split()[0] for line in said.splitlines() if line.endswith(", GROWN")]
    assert grown == ["driver"]


@pytest.mark.parametrize(
    ("name", "middle", "last", "minutes", "grown"),
    [
        ("driver", 100.0, 103.9, 0.25, False),
        ("scheduler", 100.0, 104.1, 0.25, True),
        ("workers", 100.0, 150.0, 0.25, False),
        ("workers", 100.0, 125.0, 2.0, False),
        ("workers", 100.0, 127.0, 2.0, True),
        ("driver", 100.0, 127.0, 20.0, True),
    ],
)
def test_what_counts_as_growth(name, middle, last, minutes, grown):
    assert has_grown(name, middle, last, minutes) is grown
