"""Measuring in turn: the order, who goes on, and the ratios, with measurements that are made up."""

import pytest

from benchmarks import crews
from benchmarks.crews import OURS, Crew, Entry, best, in_turn, ratio, ratio_cells
from benchmarks.processes import RemoteError

A1, A2 = Entry(OURS, 1), Entry(OURS, 2)
B1, B2 = Entry("peer", 1), Entry("peer", 2)


def test_in_turn_and_only_what_may_be_best_goes_on():
    rate = {A1: 10.0, A2: 100.0, B1: 50.0, B2: 55.0}
    order = []

    def measure(entry):
        order.append(entry)
        return rate[entry]

    found, failed = in_turn([A1, A2, B1, B2], measure, float, rounds=3, all_cores=2)
    # One worker is far from our best; the peer's numbers of threads are too near to tell.
    assert order == [A1, A2, B1, B2, A2, B1, B2, A2, B1, B2]
    assert {entry: len(values) for entry, values in found.items()} == {A1: 1, A2: 3, B1: 3, B2: 3}
    assert failed == []


def test_all_cores_go_on_even_where_they_are_slow():
    rate = {B1: 50.0, B2: 1.0}
    found, _ = in_turn([B1, B2], rate.__getitem__, float, rounds=2, all_cores=2)
    assert len(found[B2]) == 2


def test_what_is_slow_is_measured_twice(monkeypatch):
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(crews.time, "perf_counter", lambda: next(clock))
    found, _ = in_turn([A1], lambda _: 1.0, float, rounds=5, all_cores=1)
    assert len(found[A1]) == 2


def test_a_slow_first_measurement_may_be_warming_up(monkeypatch):
    clock = iter([0, 10, *(1000 + i for i in range(20))])
    monkeypatch.setattr(crews.time, "perf_counter", lambda: next(clock))
    found, _ = in_turn([A1], lambda _: 1.0, float, rounds=5, all_cores=1)
    assert len(found[A1]) == 5


def test_what_fails_is_left_out_and_named():
    def measure(entry):
        if entry == B1:
            raise RemoteError("its process ended")
        return 1.0

    found, failed = in_turn([A1, B1], measure, float, rounds=2, all_cores=1)
    assert list(found) == [A1]
    assert failed == ["peer, 1 threads: its process ended"]


def test_ratios_are_pair_by_pair_each_at_its_best():
    rates = {A1: [1.0, 1.0, 1.0], A2: [8.0, 2.0, 6.0], B1: [2.0, 1.0, 2.0], B2: [1.0, 1.0, 1.0]}
    assert best(rates, OURS) == A2
    assert best(rates, "peer") == B1
    assert best(rates, "nobody") is None
    found = ratio(rates, "peer")
    assert (found.median, found.low, found.high) == (3.0, 2.0, 4.0)
    assert ratio(rates, "peer", threads=2).median == 6.0
    assert ratio(rates, "nobody") is None
    assert ratio_cells(B1, rates, 2) == ["3.00 x (2.00 to 4.00)", ""]
    assert ratio_cells(B2, rates, 2) == ["", "6.00 x (2.00 to 8.00)"]
    assert ratio_cells(A2, rates, 2) == ["", ""]


def test_a_crew_shares_a_process_in_a_family_and_starts_a_dead_one_again():
    with Crew({"a": "family", "b": "family", "c": "c"}, [1]) as crew:
        first = crew.remote(Entry("a", 1))
        assert crew.remote(Entry("b", 1)) is first
        assert crew.remote(Entry("c", 1)) is not first
        with pytest.raises(RemoteError):
            first.call("os:_exit", 1)
        second = crew.remote(Entry("a", 1))
        assert second is not first
        assert second.call("math:sqrt", 4.0) == 2.0
        crew.everywhere("gc:collect")
    assert second.closed
