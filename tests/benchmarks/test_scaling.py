"""That the measurement of executors runs to its end, and that its model adds up what it says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'pellucid[cluster]'")

from benchmarks.scaling import predict
from tests.long import takes_long

ROOT = Path(__file__).parents[2]

NETWORK = {"parameters": 1000, "image": 1e-5, "sum": 1e-3, "adam": 7e-3}
EXECUTOR = {"update": 5e-3, "job": 2e-3, "byte": 1e-9}


@pytest.mark.parametrize(
    ("workers", "cores", "computing", "jobs", "sent", "sums"),
    [
        (1, None, 10.0, 7e-3, 4_000 + 40e6 + 32_000, 7e-3),
        (4, None, 2.5, 13e-3, 16_000 + 40e6 + 32_000, 7e-3),
        (4, 2, 5.0, 13e-3, 16_000 + 40e6 + 32_000, 7e-3),
        (100, None, 0.1, 205e-3, 400_000 + 40e6 + 400_000, 99e-3),
    ],
)
def test_a_prediction_is_the_sum_of_its_parts(workers, cores, computing, jobs, sent, sums):
    found = predict(NETWORK, EXECUTOR, workers, 1_000_000, cores)
    expected = {"computing": computing, "jobs": jobs, "bytes": sent * 1e-9, "sums": sums,
                "adam": 7e-3}  # fmt: skip
    assert found == pytest.approx(expected)


@takes_long
def test_all_of_it_runs(tmp_path):
    command = [sys.executable, "-m", "benchmarks.scaling", "--quick", "--rounds", "1"]
    done = subprocess.run(
        [*command, "--json", tmp_path / "found.json"], cwd=ROOT, capture_output=True, text=True,
        timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "found.json").read_text())
    assert set(found["times"]) == {
        f"{kind} {workers}" for kind in ("threads", "processes", "dask") for workers in (1, 2)
    }
    for by_batch in found["times"].values():
        assert set(by_batch) == {"64", "256"}
        assert all(min(pair) > 0 for rounds in by_batch.values() for pair in rounds)
    assert all(found["executors"][kind]["job"] > 0 for kind in ("processes", "dask"))
    assert "Predicted images a second on dask" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [row[0] for row in rows if row and row[0].isdigit()][-1] == "1024"
