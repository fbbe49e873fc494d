"""Dask: jobs on its cluster, whether its scheduler still answers, and Dask's private parts."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from typing import Any

from pellucid.errors import ExecutorError

__all__ = ["LOOK_SECONDS", "DaskJobs", "Pulse", "is_dask"]

LOOK_SECONDS = 1.0
"""How often to look after the scheduler while results are awaited."""

ANSWER_SECONDS = 30
"""How long a scheduler may leave a question unanswered; a large one may be busy for seconds."""

WORKER_SECONDS = 60
"""How long a cluster may have no worker at all; one that was lost is soon started anew."""

STOPPING_SECONDS = 5
"""How long for either once somebody has asked the training to stop."""


def is_dask(executor: Executor) -> bool:
    """Return whether an executor is a Dask client's, without importing Dask."""
    return hasattr(executor, "_client")


class Pulse:
    """Whether a scheduler still answers: one question at a time, while something else is awaited.

    Dask itself waits for ever for one that is frozen.

    Parameters
    ----------
    client : distributed.Client
        Its client.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._question: Future[dict[str, int]] | None = None
        self._asked = 0.0
        self._had_workers = 0.0
        self.is_stopping: Callable[[], bool] = lambda: False

    def begin(self) -> None:
        """Begin to wait for something: workers that were lost before it are no matter."""
        self._had_workers = time.monotonic()

    def feel(self) -> None:
        """Ask, if no question is open; refuse to wait longer for one that was open for long.

        Raises
        ------
        ExecutorError
            The scheduler is frozen, or has had no workers for long.
        """
        now = time.monotonic()
        if self._question is None or self._question.done():
            if self._counted() != 0:
                self._had_workers = now
            self._question, self._asked = self._put_question(), now
        silent, idle = now - self._asked, now - self._had_workers
        answer, worker = ANSWER_SECONDS, WORKER_SECONDS
        if self.is_stopping():
            answer = worker = STOPPING_SECONDS
        if silent > answer:
            raise ExecutorError(
                f"The Dask scheduler has not answered for {silent:.0f} s: it is frozen, or the "
                "network is down."
            )
        if idle > worker:
            raise ExecutorError(f"The Dask cluster has had no workers for {idle:.0f} s.")

    def threads(self) -> int | None:
        """Return how many threads the workers have; None where the scheduler does not say.

        One that is gone or frozen shows when work is sent.
        """
        try:
            self.begin()
            self.feel()
            while self._question is not None and not wait([self._question], LOOK_SECONDS).done:
                self.feel()
        except ExecutorError:
            return None
        return self._counted()

    def _counted(self) -> int | None:
        """Return the number in the last answer; None where there was none."""
        try:
            return sum(self._question.result(0).values()) if self._question else None
        except Exception:  # whatever a scheduler that is lost ends in
            return None

    def _put_question(self) -> Future[dict[str, int]] | None:
        """Begin to ask; None where the client is closed."""
        question = self._ask()
        try:
            return asyncio.run_coroutine_threadsafe(question, self._client.loop.asyncio_loop)
        except RuntimeError:
            question.close()
            return None

    async def _ask(self) -> dict[str, int]:
        answer: dict[str, int] = await self._client.scheduler.ncores()
        return answer


class DaskJobs:
    """Submits jobs to a Dask executor under names of one group.

    Of a job with a name of its own Dask remembers a group of tasks, for good. It takes a group
    apart with its last result; the jobs of the next update would be a new group of the same name,
    and the old one remembered beside it. So a result of the group, its first, of nothing, is kept
    on the cluster for as long as we live.
    """

    def __init__(self, executor: Any) -> None:
        self._executor = executor
        self.pulse = Pulse(executor._client)
        self._group = f"pellucid-{secrets.token_hex(8)}"
        self._numbers = itertools.count()
        self._anchor: Future[Any] | None = None

    def submit(self, function: Callable[[Any], Any], argument: Any) -> Future[Any]:
        """Submit a job."""
        if self._anchor is None:
            self._anchor = self._named(_nothing)
        return self._named(function, argument)

    def _named(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        name: Any = {"key": (self._group, next(self._numbers))}
        future: Future[Any] = self._executor.submit(function, *arguments, **name)
        return future


def _nothing() -> None:
    """Work that a Dask worker does in no time."""
