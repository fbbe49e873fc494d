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

    def obey(self) -> NoReturn:
        """Raise what the signal would have raised if it had not been caught."""
        raise Terminated if self.signal == "SIGTERM" else KeyboardInterrupt


@contextlib.contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Note the first Ctrl-C or SIGTERM; a second one raises KeyboardInterrupt or Terminated.

    Only the main thread can catch signals; in others nothing is ever noted. A signal that this
    process was started to ignore, as shells do with Ctrl-C for what runs in the background, stays
    ignored.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    second = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: _terminate}
    heeded = [number for number in second if signal.getsignal(number) != signal.SIG_IGN]

    def first(number: int, frame: FrameType | None) -> None:
        stop.signal = signal.Signals(number).name
        for each in heeded:
            signal.signal(each, second[each])

    previous: dict[signal.Signals, Any] = {}
    try:
        for number in heeded:
            previous[number] = signal.signal(number, first)
        yield stop
    finally:
        for number, handler in previous.items():
            # None stands for a handler that was not installed from Python and can't be put back.
            usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            signal.signal(number, usual if handler is None else handler)


def exit_on_sigterm() -> None:
    """From now on, let SIGTERM raise :class:`Terminated`, so that the process ends in order.

    A process that was started to ignore it goes on to.
    """
    if signal.getsignal(signal.SIGTERM) != signal.SIG_IGN:
        signal.signal(signal.SIGTERM, _terminate)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Terminated
