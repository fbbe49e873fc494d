"""The training section: who takes part in what, parity, and a whole small run beside PyTorch."""

import pytest

from benchmarks.crews import OURS, Entry
from benchmarks.results import Found
from benchmarks.sections import training
from benchmarks.settings import Settings

PLAIN = training.Case("reference", 32, False)


def test_cases_are_those_that_were_asked_for():
    found = training.cases(quick=False)
    reference = {(c.batch_size, c.randomize) for c in found if c.network == "reference"}
    assert reference == {(size, how) for size in (32, 128, 1024, 8192) for how in (False, True)}
    for network in ("lenet", "wide"):
        assert {c.batch_size for c in found if c.network == network} == {32, 128, 1024, 8192}
        assert {c.randomize for c in found if c.network == network} == {False, True}
    # New processes are started when the network changes, so it changes twice.
    networks = [case.network for case in found]
    order = ["reference", "lenet", "wide", *training.DEEP]
    assert networks == sorted(networks, key=order.index)
    for network in training.DEEP:
        assert training.Case(network, 256, False) in found
        assert set(training.BFLOAT16) < set(
            training.systems(training.Case(network, 256, False), False)
        )


def test_everybody_takes_part_in_the_reference_network():
    assert training.systems(PLAIN, quick=False) == list(training.TRAINING)
    at_1024 = training.systems(training.Case("reference", 1024, True), quick=False)
    assert set(training.TRAINING) - set(at_1024) == {"NumPy"}
    # Where the bars are, all of PyTorch's configurations are tried, and on every network.
    for network in ("lenet", "wide"):
        for size in training.BARS_AT:
            case = training.Case(network, size, False)
            assert set(training.PYTORCH) <= set(training.systems(case, quick=False))
    entries = training.entries(PLAIN, Settings(cores=2))
    assert Entry(OURS, 1) in entries
    assert Entry(OURS, 2) in entries


def test_what_computes_something_else_is_left_out():
    ready = [Entry(OURS, 1), Entry("near", 1), Entry("far", 1), Entry("later", 1), Entry("nan", 1)]
    losses = dict(
        zip(
            ready,
            [[2.0, 1.0], [2.00001, 1.0005], [2.001, 1.0], [2.0, 1.01], [float("nan"), 1.0]],
            strict=True,
        )
    )
    found = Found()
    worst = training._check_losses(PLAIN, losses, ready, found)
    assert [entry.name for entry in ready] == [OURS, "near"]
    assert worst == pytest.approx(5e-6, rel=0.1)
    assert [line.split(": ")[1].split()[0] for line in found.failed] == ["far", "later", "nan"]


def test_figures_are_the_least_ratio_and_the_share():
    one, eager, last = Entry(OURS, 1), Entry("PyTorch eager", 1), Entry("PyTorch channels_last", 1)
    slow = Entry("NumPy", 1)
    rates = {
        "reference/1024/plain": {one: [100.0], eager: [10.0], last: [20.0]},
        "reference/1024/randomized": {one: [80.0], eager: [8.0]},
        "reference/32/plain": {one: [50.0], slow: [0.1]},
    }
    found = Found()
    training._figures(rates, found)
    assert found.figures == {
        "reference/1024/plain": 5.0,
        "reference/1024/randomized": 10.0,
        "reference/1024/plain/any": 5.0,
        "reference/1024/randomized/any": 10.0,
        "randomizing share": pytest.approx(20.0),
        "numpy": pytest.approx(1000.0),
    }


def test_a_whole_run_beside_pytorch(monkeypatch):
    pytest.importorskip("torch")
    names = [OURS, "PyTorch eager", "no such system"]
    monkeypatch.setitem(training.FAMILIES, "no such system", "none")
    monkeypatch.setattr(training, "cases", lambda _: [PLAIN])
    monkeypatch.setattr(training, "systems", lambda *_: names)
    said = []
    settings, saved = Settings(quick=True, rounds=2, seconds=0.01, cores=1), []
    found = training.run(settings, said.append, lambda now: saved.append(len(now.data)))
    assert saved == list(range(1, len(found.data) + 1))
    assert said == ["reference network, batches of 32, not randomized"]
    [table] = found.tables
    assert [row[0] for row in table.rows] == [OURS, "PyTorch eager"]
    assert "from equal parameters differ by" in table.note
    assert found.figures["reference/32/plain"] > 0
    assert len(found.data["reference/32/plain"][0]["images_per_second"]) == 2
    assert len(found.failed) == 1
    assert "no such system, 1 threads: KeyError" in found.failed[0]
