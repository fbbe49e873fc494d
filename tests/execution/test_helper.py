import threading
import time
import weakref

import pytest

from pellucid.execution import helper as module
from pellucid.execution.helper import Helper


@pytest.fixture
def helper():
    made = Helper("testing")
    yield made
    made.close()


@pytest.mark.parametrize("pause", [0.0, 0.002], ids=["awake", "asleep"])
def test_all_that_is_asked_for_is_done_in_order_on_one_thread(helper, pause):
    """Shortly after its last work the thread is awake, later asleep; nothing is lost."""
    found, threads = [], set()
    for number in range(300 if pause else 3000):
        helper.ask(lambda number=number: (found.append(number), threads.add(threading.get_ident())))
        helper.wait()
        assert found[-1] == number
        time.sleep(pause)
    assert len(found) == found[-1] + 1
    assert len(threads) == 1
    assert threads != {threading.get_ident()}


@pytest.mark.parametrize("awake", [0, 1, 10])
def test_nothing_is_lost_at_the_moment_of_falling_asleep(helper, monkeypatch, awake):
    monkeypatch.setattr(module, "AWAKE", awake)
    count = 0

    def work():
        nonlocal count
        count += 1

    for number in range(3000):
        helper.ask(work)
        if number % 3:
            time.sleep(1e-6 * (number % 40))
        helper.wait()
        assert count == number + 1


def test_the_caller_waits_for_work_that_takes_long(helper):
    done = threading.Event()
    helper.ask(lambda: (time.sleep(0.05), done.set()))
    assert not done.is_set()
    helper.wait()
    assert done.is_set()


def test_work_is_let_go_of_when_it_is_done(helper):
    class Large:
        pass

    large = Large()
    seen = weakref.ref(large)
    helper.ask(lambda large=large: None)
    del large
    helper.wait()
    assert seen() is None


def test_closing_ends_the_thread():
    helper = Helper("testing")
    helper.ask(lambda: None)
    helper.wait()
    assert [t for t in threading.enumerate() if t.name.startswith("testing")]
    helper.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("testing")]
