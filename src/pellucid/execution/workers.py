"""Workers: the threads that sections run on."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any, TypeVar

from pellucid.arguments import whole

__all__ = ["Workers", "count_workers"]

T = TypeVar("T")
R = TypeVar("R")


def count_workers(workers: int | None) -> int:
    """Return how many workers to use: None is one for each processor this process may use.

    Raises
    ------
    ConfigurationError
        ``workers`` is not a whole number of at least 1.

    Examples
    --------
    >>> count_workers(3)
    3
    """
    if workers is None:
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1
    return whole("workers", workers, least=1, hint="; leave it out for one on each processor")


class Workers:
    """Runs a function over items on threads, and gives the results in the items' order.

    The kernels release the GIL, so threads are enough. With one worker nothing is started.

    Parameters
    ----------
    workers : int or None
        See :func:`count_workers`.

    Examples
    --------
    >>> with Workers(2) as workers:
    ...     workers.map(abs, [-1, -2])
    [1, 2]
    """

    def __init__(self, workers: int | None = None) -> None:
        self.count = count_workers(workers)
        self._pool: ThreadPoolExecutor | None = None

    def map(
        self, function: Callable[[T], R], items: Iterable[T], *, most: int | None = None
    ) -> list[R]:
        """Return ``[function(item) for item in items]``, computed on the threads.

        The calling thread is one of them: it takes items like the others, so that with two threads
        only one has to be woken. ``most`` limits their number, where there is little to do.
        """
        todo = list(items)
        threads = min(self.count, len(todo), self.count if most is None else most)
        if threads <= 1:
            return [function(item) for item in todo]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.count - 1, thread_name_prefix="pellucid")
        results: dict[int, R] = {}
        errors: dict[int, Exception] = {}
        numbers = itertools.count()  # taken one at a time: next() holds the GIL

        def take() -> None:
            while (number := next(numbers)) < len(todo) and not errors:
                try:
                    results[number] = function(todo[number])
                except Exception as error:
                    errors[number] = error

        others = [self._pool.submit(take) for _ in range(threads - 1)]
        try:
            take()
        finally:
            # Also after Ctrl-C: nobody may work on when the caller has gone on.
            wait(others)
        if errors:
            raise errors[min(errors)]
        return [results[number] for number in range(len(todo))]

    def close(self) -> None:
        """End the threads; the next :meth:`map` starts new ones."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {"count": self.count, "_pool": None}
