"""Dask: a client for its cluster, reached and left within a limit of time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar, cast

from pellucid.errors import ConfigurationError, ExecutorError
from pellucid.files.tensor_file import short

__all__ = ["dask_client"]

CONNECT_SECONDS = 10
"""How long a scheduler and its first worker may keep us waiting."""

CLOSE_SECONDS = 3
"""How long a client may take to say goodbye."""

T = TypeVar("T")


@contextlib.contextmanager
def dask_client(name: str, address: str) -> Iterator[Any]:
    """Yield a client of the cluster at an address, which a person named ``name``."""
    port = address.rpartition(":")[2]
    try:
        import dask
        from distributed import span
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
            _knock(address)
            client = _within(CONNECT_SECONDS, lambda: _connected(address))
        except Exception as error:  # what is no scheduler may answer anything
            raise ExecutorError(
                f"No Dask scheduler can be reached at {address} ({_reason(error)}); start one with "
                f"'dask scheduler --port {port}' and workers with 'dask worker {address}'."
            ) from error
        stack.callback(_close, client)
        try:
            _within(
                CONNECT_SECONDS + 1, lambda: client.wait_for_workers(1, timeout=CONNECT_SECONDS)
            )
        except (OSError, TimeoutError) as error:
            raise ExecutorError(
                f"The Dask scheduler at {address} has no workers; start some with "
                f"'dask worker {address}'."
            ) from error
        # Else Dask opens a span of its own after every pause between updates, and keeps them all.
        make_span: Any = span
        stack.enter_context(make_span("pellucid"))
        yield client


def _knock(address: str) -> None:
    """Ask what answers at an address whether it is a scheduler.

    A client would wait for ever for a port that is silent, and break on one that talks otherwise.
    """

    async def identity() -> Any:
        from distributed import comm as comms
        from distributed import security

        make, connect = cast(Any, security.Security), cast(Any, comms).connect
        settings = make().get_connection_args("client")
        if address.startswith("tls:") and settings.get("ssl_context") is None:
            raise ExecutorError("Dask is told of no certificates for TLS here")
        comm = await connect(address, timeout=CONNECT_SECONDS, **settings)
        try:
            await comm.write({"op": "identity", "reply": True})
            return await comm.read()
        finally:
            comm.abort()

    found = _within(CONNECT_SECONDS + 1, lambda: _run(identity()))
    kind = found.get("type") if isinstance(found, dict) else None
    if kind != "Scheduler":
        raise ExecutorError(
            f"a Dask {str(kind).lower()} answers there" if kind else "another program answers there"
        )


def _run(question: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns, which is given up when nobody waits for it any more."""
    return asyncio.run(asyncio.wait_for(question, CONNECT_SECONDS + 1))


def _connected(address: str) -> Any:
    from distributed import Client

    make: Any = _quiet(Client)
    return make(address, timeout=CONNECT_SECONDS, set_as_default=False)


def _close(client: Any) -> None:
    """Close a client; leave one that can't be closed, as with a scheduler that is frozen."""
    try:
        client.close(timeout=CLOSE_SECONDS)
    except Exception:
        client.status = "closed"  # else it would try again when the process ends


def _within(seconds: float, function: Callable[[], T]) -> T:
    """Return what a function returns; leave it alone if it takes longer, or at Ctrl-C.

    Raises
    ------
    TimeoutError
        It takes longer. What it raises is raised.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def call() -> None:
        try:
            results.append(function())
        except BaseException as error:
            errors.append(error)
        is_done.set()

    is_done = threading.Event()
    threading.Thread(target=call, daemon=True).start()
    if not is_done.wait(seconds):
        raise TimeoutError
    if errors:
        raise errors[0]
    return results[0]


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError) and not str(error):
        return f"the port is open, but has not answered in {CONNECT_SECONDS} s"
    if isinstance(error, OSError | ExecutorError | RuntimeError):  # the last: its own settings
        return short(error)
    return "what answers there speaks otherwise"  # such as a web server, or another scheme


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
