"""Ctrl-C and SIGTERM during training: finish the update at work, then stop."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, NoReturn

__all__ = ["Stop", "Terminated", "exit_on_sigterm", "stop_on_signals"]


class Terminated(SystemExit):
    """SIGTERM asked the process to end; not caught, it ends with exit code 143 (128 + 15)."""

    def __init__(self) -> None:
        super().__init__(128 + signal.SIGTERM)


class Stop:
    """Which signal asked to stop, if any has.

    Attributes
    ----------
    signal : str or None
        ``"SIGINT"`` or ``"SIGTERM"``.
    """

    def __init__(self) -> None:
        self.signal: str | None = None

    def is_set(self) -> bool:
        """Return whether any has."""
        return self.signal is not None


@contextlib.contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Note the first Ctrl-C or SIGTERM; a second one raises KeyboardInterrupt or Terminated.

    Only the main thread can catch signals; in others nothing is ever noted.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def first(number: int, frame: FrameType | None) -> None:
        stop.signal = signal.Signals(number).name
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, _terminate)

    previous: dict[signal.Signals, Any] = {}
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            previous[number] = signal.signal(number, first)
        yield stop
    finally:
        for number, handler in previous.items():
            # None stands for a handler that was not installed from Python and can't be put back.
            usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            signal.signal(number, usual if handler is None else handler)


def exit_on_sigterm() -> None:
    """From now on, let SIGTERM raise :class:`Terminated`, so that the process ends in order."""
    signal.signal(signal.SIGTERM, _terminate)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Terminated
