"""Measuring processes: what they answer, what they report when they fail."""

import os

import pytest

from benchmarks.processes import BLAS, MALLOC, Remote, RemoteError


@pytest.fixture(scope="module")
def remote():
    with Remote(1) as made:
        yield made


def test_answers(remote):
    assert remote.call("math:sqrt", 9.0) == 3.0
    assert remote.measure("operator:add", [1], [2]) == [1, 2]
    assert remote.call("os:getpid") not in (os.getpid(), 0)


def test_one_thread_has_one_core_and_the_allocator_its_settings(remote):
    if hasattr(os, "sched_getaffinity"):
        assert len(remote.call("os:sched_getaffinity", 0)) == 1
    assert remote.call("os:getenv", "OMP_NUM_THREADS") == "1"
    for name, value in MALLOC.items():
        assert remote.call("os:getenv", name) == value
    assert all(remote.call("os:getenv", name) is None for name in BLAS)


def test_an_error_is_reported_and_the_process_goes_on(remote):
    with pytest.raises(RemoteError, match="ValueError: "):
        remote.call("math:sqrt", -1.0)
    with pytest.raises(RemoteError, match="No module named 'no_such_module'"):
        remote.call("no_such_module:f")
    assert remote.call("math:sqrt", 4.0) == 2.0


def test_death_and_silence_are_reported():
    with Remote(1) as made:
        with pytest.raises(RemoteError, match="its process ended"):
            made.call("os:_exit", 3)
        assert made.closed
    with Remote(1) as made:
        with pytest.raises(RemoteError, match="no answer within 0 s"):
            made.call("time:sleep", 30, timeout=0.3)
        assert made.closed
