import signal
import threading

import pytest

from pellucid.training.interrupt import stop_on_interrupt


def test_the_first_ctrl_c_sets_the_event_and_the_second_raises():
    before = signal.getsignal(signal.SIGINT)
    with stop_on_interrupt() as event:
        assert not event.is_set()
        signal.raise_signal(signal.SIGINT)
        assert event.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_the_handler_is_restored_after_an_error():
    before = signal.getsignal(signal.SIGINT)

    def fail():
        with stop_on_interrupt():
            assert signal.getsignal(signal.SIGINT) is not before
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        fail()
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_catch_nothing():
    seen = []

    def work():
        with stop_on_interrupt() as event:
            seen.append((event.is_set(), signal.getsignal(signal.SIGINT)))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, before)]
