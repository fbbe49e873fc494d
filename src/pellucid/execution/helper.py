"""A helper: one thread that does pieces of work, and stays awake for a while between them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from pellucid.execution.signals import looks_in, new_board, tell_and_look

__all__ = ["Helper"]

AWAKE = 300
"""Microseconds that a helper looks for more work, and a caller for its end, before they sleep."""

LINGER = 15
"""Microseconds that a caller needs to come to its own work, where it lets go of the GIL."""

_ASKED, _DONE = 0, 1
_NOBODY = -1


class Helper:
    """A thread that works when it is asked to.

    A caller asks, works itself, and waits; one caller at a time. Both look at each other's signals
    for a moment before they sleep: between two updates of a training nobody does.

    Parameters
    ----------
    name : str
        What the thread's name begins with.

    Examples
    --------
    >>> helper, found = Helper("doctest"), []
    >>> helper.ask(lambda: found.append(1))
    >>> helper.wait()
    >>> found
    [1]
    >>> helper.close()
    """

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._board = new_board(2)
        self._changed = threading.Condition()
        self._work: Callable[[], object] | None = None
        self._asked = 0
        self._done = 0
        self._is_awake = False

    def ask(self, work: Callable[[], object]) -> None:
        """Have ``work`` called, which must not raise; return at once."""
        with self._changed:
            self._work = work
            self._asked += 1
            is_awake, self._is_awake = self._is_awake, True
            self._board[_ASKED, 0] = self._asked
        if not is_awake:
            self._thread.submit(self._serve)

    def wait(self) -> None:
        """Return when the work is done."""
        looks = looks_in(AWAKE)
        if not tell_and_look(self._board, _NOBODY, 0, _DONE, self._asked, looks, 0):
            with self._changed:
                self._changed.wait_for(lambda: self._done == self._asked)
        self._work = None

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    def _serve(self) -> None:
        """Do what was asked for, until nothing was for a while."""
        looks, linger = looks_in(AWAKE), looks_in(LINGER)
        while True:
            assert self._work is not None
            self._work()
            with self._changed:
                self._done = done = self._done + 1
                self._changed.notify()
            if tell_and_look(self._board, _DONE, done, _ASKED, done + 1, looks, linger):
                continue
            with self._changed:
                if self._asked == done:
                    self._is_awake = False
                    return
