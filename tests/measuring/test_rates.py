"""Rates count whole steps, by the clock and by the processor's time."""

import time

import pytest

from pellucid.measuring.rates import Rate, rate_of


def test_one_call_at_least_and_no_longer_than_asked():
    calls = []
    rate = rate_of(lambda: calls.append(time.sleep(0.05)), units=10, seconds=1e-6)
    assert len(calls) == 1
    assert rate.per_second == pytest.approx(200, rel=0.5)


def test_sleeping_takes_no_core_and_work_takes_one():
    asleep = rate_of(lambda: time.sleep(0.02), units=1, seconds=0.1)
    assert asleep.cores < 0.5
    awake = rate_of(lambda: sum(range(20_000)), units=1, seconds=0.1)
    assert awake.cores <= 1.5
    assert awake.per_core_second == pytest.approx(awake.per_second / awake.cores)


def test_per_core_second():
    assert Rate(per_second=100.0, cores=0.5).per_core_second == 200.0
