"""Ctrl-C during training: finish the update at work, then stop."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

__all__ = ["stop_on_interrupt"]


@contextlib.contextmanager
def stop_on_interrupt() -> Iterator[threading.Event]:
    """Set the event on the first Ctrl-C, in place of KeyboardInterrupt; the second one raises it.

    Only the main thread can catch signals; in others the event is never set.
    """
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return

    def first(number: int, frame: FrameType | None) -> None:
        event.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    # None stands for a handler that was not installed from Python and can't be put back.
    previous = signal.signal(signal.SIGINT, first) or signal.default_int_handler
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, previous)
