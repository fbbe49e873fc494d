"""The rest of the sections: their own arithmetic, without a peer."""

import sys

import numpy as np
import pytest

from benchmarks.fresh import run_fresh
from benchmarks.grid_of_shapes import shapes
from benchmarks.memory import Watch, megabytes
from benchmarks.peers.to_accuracy import train
from benchmarks.processes import RemoteError
from benchmarks.results import Found
from benchmarks.sections import accuracy, scaling, start
from benchmarks.settings import Settings
from pellucid.measuring.work import training_work


def test_accuracy_is_reached_where_the_curve_first_is_above():
    curve = [[25, 1.0, 0.5], [50, 2.0, 0.95], [75, 3.0, 0.90], [100, 4.0, 0.99]]
    assert accuracy.reached(curve, 0.93252) == 2.0
    assert accuracy.reached(curve, 0.97) == 4.0
    assert accuracy.reached(curve, 0.999) is None


def test_training_to_an_accuracy_tests_on_time_and_lowers_the_rate():
    task = {
        "order": np.arange(100), "train_images": np.arange(100) * 2,
        "train_labels": np.arange(100) * 3, "test_images": None, "test_labels": None,
    }  # fmt: skip
    steps, rates = [], []
    curve = train(
        lambda x, y: steps.append((x, y)), lambda *_: len(steps) / 10, rates.append, task,
        updates=10, batch_size=10, rate=1.0, every=4, start=0.0,
    )  # fmt: skip
    np.testing.assert_array_equal(np.concatenate([x for x, _ in steps]), np.arange(100) * 2)
    np.testing.assert_array_equal(np.concatenate([y for _, y in steps]), np.arange(100) * 3)
    assert rates == pytest.approx(np.linspace(1.0, 0.1, 10))
    assert [(update, right) for update, _, right in curve] == [(4, 0.4), (8, 0.8), (10, 1.0)]


def test_a_fresh_process_answers_in_json_or_fails_with_its_last_line():
    seconds, answer = run_fresh(["-c", "import os; print('x'); print(float(os.environ['A']))"],
                                {"A": "2"})  # fmt: skip
    assert answer == 2.0
    assert 0 < seconds < 60
    with pytest.raises(RemoteError, match="failed: ValueError: bad"):
        run_fresh(["-c", "raise ValueError('bad')"])
    with pytest.raises(RemoteError, match="took longer than 0 s"):
        run_fresh(["-c", "import time; time.sleep(30)"], timeout=0.2)


def test_a_package_and_what_it_requires():
    assert start.closure("numpy") == {"numpy"}
    assert start.closure("scikit-learn") >= {"scikit-learn", "numpy", "scipy", "joblib"}
    assert start.normalized("Scikit_Learn") == "scikit-learn"
    assert start.installed_bytes("numpy") > 5e6
    assert start.installed_bytes("pellucid") > 1e5


def test_the_grid_has_twenty_shapes_that_differ():
    made = shapes()
    assert len(made) == 20
    assert len({str(layers) for layers in made}) == 20


def test_networks_of_the_scaling_grow_as_they_say():
    work = [training_work(scaling.with_filters(count)) for count in scaling.FILTERS]
    assert work == sorted(work)
    sides = [training_work(scaling.with_side(side)) for side in scaling.SIDES]
    assert sides[-1] / sides[0] == pytest.approx((112 / 14) ** 2, rel=0.1)


def test_workers_are_measured_in_turn():
    found = Found()
    scaling._workers(32, Settings(rounds=2, seconds=0.01, cores=2), found)
    [table] = found.tables
    assert [row[0] for row in table.rows] == ["1", "2"]
    assert table.rows[0][3] == "1.00 x (1.00 to 1.00)"
    assert [row["workers"] for row in found.data["workers"]] == [1, 2]


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from Linux's proc file system")
def test_memory_is_watched():
    watch, before = Watch(), megabytes("RssAnon")
    block = np.ones(10_000_000)
    assert watch.stop() - before > 0.8 * block.nbytes / 1e6
