import signal
import subprocess
import sys
import threading

import pytest

from pellucid.training.interrupt import Terminated, exit_on_sigterm, stop_on_signals

BOTH = (signal.SIGINT, signal.SIGTERM)
RAISES = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated}


def handlers():
    return [signal.getsignal(number) for number in BOTH]


@pytest.mark.parametrize("first", BOTH, ids=lambda number: number.name)
@pytest.mark.parametrize("second", BOTH, ids=lambda number: number.name)
def test_the_first_signal_is_noted_and_the_second_raises(first, second):
    before = handlers()
    with stop_on_signals() as stop:
        assert not stop.is_set()
        signal.raise_signal(first)
        assert stop.is_set()
        assert stop.signal == first.name
        with pytest.raises(RAISES[second]):
            signal.raise_signal(second)
    assert handlers() == before


def test_the_handlers_are_restored_after_an_error():
    before = handlers()

    def fail():
        with stop_on_signals():
            assert handlers() != before
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        fail()
    assert handlers() == before


def test_other_threads_catch_nothing():
    seen = []

    def work():
        with stop_on_signals() as stop:
            seen.append((stop.is_set(), handlers()))

    before = handlers()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, before)]


def test_terminated_is_the_exit_code_that_shells_have():
    assert Terminated().code == 143
    code = "from pellucid.training.interrupt import Terminated; raise Terminated"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (143, b"")


def test_sigterm_ends_a_process_in_order():
    before = signal.getsignal(signal.SIGTERM)
    try:
        exit_on_sigterm()
        with pytest.raises(Terminated):
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("ignored", BOTH, ids=lambda number: number.name)
def test_a_signal_that_is_ignored_stays_ignored(ignored):
    (other,) = set(BOTH) - {ignored}
    previous = signal.signal(ignored, signal.SIG_IGN)
    try:
        usual = signal.getsignal(other)
        with stop_on_signals() as stop:
            signal.raise_signal(ignored)
            assert not stop.is_set()
            signal.raise_signal(other)
            assert stop.signal == other.name
            signal.raise_signal(ignored)  # which the first of the other does not change
        assert signal.getsignal(ignored) == signal.SIG_IGN
        assert signal.getsignal(other) is usual
    finally:
        signal.signal(ignored, previous)


def test_sigterm_that_is_ignored_does_not_end_the_process():
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        exit_on_sigterm()
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
