"""Workers: the threads that sections run on."""

from __future__ import annotations

import functools
import itertools
import os
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, TypeVar

from pellucid.arguments import count_workers
from pellucid.execution.helper import Helper

__all__ = ["Workers", "shared_workers"]

T = TypeVar("T")
R = TypeVar("R")


class Workers:
    """Runs a function over items on threads, and gives the results in the items' order.

    The kernels release the GIL, so threads are enough. With one worker nothing is started. One
    caller at a time has the threads; another works alone meanwhile.

    Parameters
    ----------
    workers : int or None
        See :func:`count_workers`.
    name : str, default "pellucid"
        What the threads' names begin with.

    Examples
    --------
    >>> with Workers(2) as workers:
    ...     workers.map(abs, [-1, -2])
    [1, 2]
    """

    def __init__(self, workers: int | None = None, name: str = "pellucid") -> None:
        self.count = count_workers(workers)
        self._name = name
        self._helpers: list[Helper] = []
        self._process = os.getpid()
        self._is_taken = threading.Lock()

    def map(
        self, function: Callable[[T], R], items: Iterable[T], *, most: int | None = None
    ) -> list[R]:
        """Return ``[function(item) for item in items]``, computed on the threads.

        The calling thread is one of them: it takes items like the others, so that with two threads
        only one has to be woken. ``most`` limits their number, where there is little to do.
        """
        todo = list(items)
        threads = min(self.count, len(todo), self.count if most is None else most)
        if threads <= 1 or not self._is_taken.acquire(blocking=False):
            return [function(item) for item in todo]
        try:
            return self._shared_out(function, todo, self._helped_by(threads - 1))
        finally:
            self._is_taken.release()

    def close(self) -> None:
        """End the threads; the next :meth:`map` starts new ones."""
        if self._process == os.getpid():  # a fork has none of them
            for helper in self._helpers:
                helper.close()
        self._helpers = []

    def _helped_by(self, count: int) -> list[Helper]:
        if self._process != os.getpid():
            self._helpers, self._process = [], os.getpid()
        while len(self._helpers) < count:
            self._helpers.append(Helper(self._name))
        return self._helpers[:count]

    @staticmethod
    def _shared_out(function: Callable[[T], R], todo: list[T], helpers: list[Helper]) -> list[R]:
        results: dict[int, R] = {}
        errors: dict[int, BaseException] = {}
        numbers = itertools.count()  # taken one at a time: next() holds the GIL

        def take() -> None:
            while (number := next(numbers)) < len(todo) and not errors:
                try:
                    results[number] = function(todo[number])
                except BaseException as error:  # which ends the work of all
                    errors[number] = error

        for helper in helpers:
            helper.ask(take)
        try:
            take()
        finally:
            # Also after Ctrl-C: nobody may work on when the caller has gone on.
            for helper in helpers:
                helper.wait()
        if errors:
            raise errors[min(errors)]
        return [results[number] for number in range(len(todo))]

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return Workers, (self.count, self._name)


@functools.cache
def shared_workers(count: int) -> Workers:
    """Return threads that stay: for work that is over before new ones had started."""
    return Workers(count, "shared-pellucid")
