import os
import pickle
import threading
import time

import pytest

from pellucid.arguments import count_workers
from pellucid.errors import ConfigurationError
from pellucid.execution.workers import Workers, shared_workers


@pytest.mark.parametrize("workers", [0, -1, 1.5, "2", True])
def test_the_number_of_workers_is_checked(workers):
    with pytest.raises(ConfigurationError, match=r"workers is .*whole number of at least 1; leave"):
        count_workers(workers)


def test_none_is_one_worker_for_each_processor():
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert count_workers(None) == available


@pytest.mark.parametrize("count", [1, 2, 5])
def test_results_keep_the_order_of_the_items(count):
    def slow_first(item):
        time.sleep(0.02 if item == 0 else 0.0)
        return item * item

    with Workers(count) as workers:
        assert workers.map(slow_first, range(6)) == [0, 1, 4, 9, 16, 25]
        assert workers.map(slow_first, []) == []


def test_work_goes_on_at_the_same_time():
    meeting = threading.Barrier(3, timeout=10)
    with Workers(3) as workers:
        assert sorted(workers.map(lambda _: meeting.wait(), range(3))) == [0, 1, 2]


def test_the_caller_works_too_and_no_more_threads_than_are_worth_it():
    with Workers(4) as workers:
        assert workers.map(abs, range(8), most=1) == list(range(8))
        assert not [t for t in threading.enumerate() if t.name.startswith("pellucid")]
        meeting = threading.Barrier(2, timeout=10)
        names = workers.map(
            lambda _: (meeting.wait(), threading.current_thread().name)[1], range(2), most=2
        )
    assert threading.current_thread().name in names
    assert len(set(names)) == 2


def test_one_worker_starts_no_thread():
    with Workers(1) as workers:
        names = workers.map(lambda _: threading.current_thread().name, range(3))
    assert set(names) == {threading.current_thread().name}


def test_an_error_comes_through_and_workers_can_go_on():
    def fail(item):
        raise ValueError(f"item {item}")

    with Workers(2) as workers:
        with pytest.raises(ValueError, match="item 0"):
            workers.map(fail, range(3))
        assert workers.map(abs, [-1, -2]) == [1, 2]


def test_closing_ends_the_threads_and_the_next_map_starts_new_ones():
    workers = Workers(2)
    workers.map(abs, [1, 2])
    started = [t for t in threading.enumerate() if t.name.startswith("pellucid")]
    assert started
    workers.close()
    assert not any(thread.is_alive() for thread in started)
    assert workers.map(abs, [-3, 4]) == [3, 4]
    workers.close()
    workers.close()


def test_workers_are_pickled_without_their_threads():
    with Workers(2) as workers:
        workers.map(abs, [1, 2])
        copy = pickle.loads(pickle.dumps(workers))
    assert copy.count == 2
    with copy:
        assert copy.map(abs, [-1, -2]) == [1, 2]


def test_a_second_caller_works_alone_while_the_threads_are_taken():
    taken, over = threading.Barrier(3, timeout=10), threading.Barrier(3, timeout=10)
    names = []

    def second():
        taken.wait()  # both threads are at work
        names.extend(workers.map(lambda _: threading.current_thread().name, range(4)))
        over.wait()

    with Workers(2) as workers:
        thread = threading.Thread(target=second, name="second")
        thread.start()
        workers.map(lambda _: (taken.wait(), over.wait()), range(2))
        thread.join()
    assert names == ["second"] * 4


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_whatever_is_raised_comes_through_and_nothing_hangs(error):
    def fail(item):
        raise error

    with Workers(3) as workers:
        for _ in range(3):
            with pytest.raises(error):
                workers.map(fail, range(6))
        assert workers.map(abs, range(6)) == list(range(6))


def test_shared_threads_stay_and_are_the_same_for_all():
    workers = shared_workers(2)
    assert shared_workers(2) is workers
    assert workers.map(abs, [-1, -2]) == [1, 2]
    assert [t for t in threading.enumerate() if t.name.startswith("shared-pellucid")]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_starts_threads_of_its_own():
    """A fork has memory of its parent's threads, but not the threads."""
    workers = Workers(2)
    workers.map(abs, [1, 2])
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if workers.map(abs, [-3, -4]) == [3, 4] else 2
            workers.close()
        finally:
            os._exit(code)
    deadline = time.monotonic() + 20
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    if ended[0] == 0:
        os.kill(child, 9)
        os.waitpid(child, 0)
    workers.close()
    assert ended == (child, 0)
