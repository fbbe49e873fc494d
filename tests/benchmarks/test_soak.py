"""A short soak: workers of a cluster are killed during training, and nothing is lost or left."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'pellucid[cluster]'")

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_workers_killed_during_training_change_no_bit(tmp_path):
    command = [sys.executable, "-m", "benchmarks.soak", "--minutes", "0.15"]
    done = subprocess.run(
        [*command, "--every", "4", "--json", tmp_path / "found.json"],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["same bits"] is True
    assert found["killed"] == 2
    assert found["updates"] > 3
    assert found["files left"] == 0
