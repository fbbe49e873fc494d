"""Dask: a client for its cluster, names for jobs, and all that goes by Dask's private parts."""

from __future__ import annotations

import contextlib
import itertools
import logging
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import Any

from pellucid.errors import ConfigurationError, ExecutorError
from pellucid.files.tensor_file import short

__all__ = ["NamedJobs", "dask_client", "is_dask", "threads_of"]

CONNECT_SECONDS = 10
"""How long a scheduler and its first worker may keep us waiting."""


def is_dask(executor: Executor) -> bool:
    """Return whether an executor is a Dask client's, without importing Dask."""
    return hasattr(executor, "_client")


def threads_of(executor: Any) -> int | None:
    """Return how many threads a Dask executor's workers have; None where nobody answers."""
    try:
        return int(sum(executor._client.nthreads().values()))
    except Exception:  # a scheduler that is gone shows when work is sent
        return None


class NamedJobs:
    """Submits jobs to a Dask executor under names of one group.

    Of a job with a name of its own Dask remembers a group of tasks, for good. It takes a group
    apart with its last result; the jobs of the next update would be a new group of the same name,
    and the old one remembered beside it. So a result of the group, its first, of nothing, is kept
    on the cluster for as long as we live.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
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
        return self._executor.submit(function, *arguments, **name)


def _nothing() -> None:
    """Work that a Dask worker does in no time."""


@contextlib.contextmanager
def dask_client(name: str, address: str) -> Iterator[Any]:
    """Yield a client of the cluster at an address, which a person named ``name``."""
    port = address.rpartition(":")[2]
    try:
        import dask
        from distributed import Client, span
    except ImportError as error:
        raise ConfigurationError(
            f"executor {name} needs Dask, which is not installed: pip install 'pellucid[cluster]'."
        ) from error
    settings = {
        # Parameters of a large network are a large message, as they have to be.
        "distributed.admin.large-graph-warning-threshold": "100GB",
        # Dask keeps the last 1,000 messages for its developers, and ours hold parameters.
        "distributed.admin.low-level-log-length": 10,
    }
    with dask.config.set(settings), _without_logs(), contextlib.ExitStack() as stack:
        try:
            make: Any = _quiet(Client)
            client = make(address, timeout=CONNECT_SECONDS, set_as_default=False)
            stack.callback(client.close, timeout=CONNECT_SECONDS)
        except (OSError, ValueError, RuntimeError, TypeError) as error:
            raise ExecutorError(
                f"No Dask scheduler can be reached at {address} ({short(error)}); start one with "
                f"'dask scheduler --port {port}' and workers with 'dask worker {address}'."
            ) from error
        try:
            client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except (OSError, TimeoutError) as error:
            raise ExecutorError(
                f"The Dask scheduler at {address} has no workers; start some with "
                f"'dask worker {address}'."
            ) from error
        # Else Dask opens a span of its own after every pause between updates, and keeps them all.
        make_span: Any = span
        stack.enter_context(make_span("pellucid"))
        yield client


def _quiet(kind: Any) -> Any:
    """Return a kind of Dask client that tells the scheduler nothing about its jobs.

    A span would otherwise remember what each of them was, "a future", for good.
    """

    class QuietClient(kind):  # type: ignore[misc]
        def _graph_to_futures(self, *args: Any, **values: Any) -> Any:
            if "span_metadata" in values:
                values["span_metadata"] = {}
            return super()._graph_to_futures(*args, **values)

    return QuietClient


@contextlib.contextmanager
def _without_logs() -> Iterator[None]:
    """Keep Dask from logging what we raise an error for: a scheduler that is gone."""
    loggers = [logging.getLogger(f"distributed.{name}") for name in ("batched", "client")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
