"""Executors by name, as the command line takes them: threads, processes, a Dask cluster, MPI."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

from pellucid.arguments import count_workers
from pellucid.errors import ConfigurationError, ExecutorError, did_you_mean
from pellucid.execution.remote.dask_client import dask_client
from pellucid.files.tensor_file import short

__all__ = ["check_executor", "open_executor"]

NAMES = ("threads", "processes", "dask://HOST:PORT", "mpi")
LOCAL = NAMES[:2]
PORTS = 65535
"""The largest number of a port."""

_DASK = re.compile(r"(dask|dask\+tls)://([\w.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})")


def check_executor(name: str, workers: int | None = None) -> None:
    """Refuse a name, or a number of workers, that :func:`open_executor` could not use.

    Raises
    ------
    ConfigurationError
        The message says what is wrong with it.

    Examples
    --------
    >>> check_executor("dask://10.0.0.5:8786")
    >>> check_executor("proceses")
    Traceback (most recent call last):
    pellucid.errors.ConfigurationError: executor is 'proceses'; it must be threads, processes,
    dask://HOST:PORT or mpi. Did you mean 'processes'?
    """
    if not isinstance(name, str) or not (
        name in NAMES[:2] or name == "mpi" or _DASK.fullmatch(name)
    ):
        raise ConfigurationError(
            f"executor is {name!r}; it must be {', '.join(NAMES[:-1])} or {NAMES[-1]}."
            f"{did_you_mean(str(name), NAMES)}",
            argument="executor",
        )
    if (found := _DASK.fullmatch(name)) and not 1 <= int(found[3]) <= PORTS:
        raise ConfigurationError(
            f"executor is {name!r}, but a port is a number from 1 to {PORTS}; that of a Dask "
            "scheduler is 8786 unless it was told another.",
            argument="executor",
        )
    if name in LOCAL:
        count_workers(workers)
    elif workers is not None:
        raise ConfigurationError(
            f"workers is {workers!r}, but with executor {name} the workers are those that were "
            "started for it; leave it out.",
            argument="workers",
        )


@contextlib.contextmanager
def open_executor(name: str, workers: int | None = None) -> Iterator[Executor | None]:
    """Start or reach what sections can be worked on by, and end it or leave it afterwards.

    Parameters
    ----------
    name : str
        ``"threads"``; ``"processes"``, started by spawn; ``"dask://HOST:PORT"``, the scheduler of a
        Dask cluster (``"dask+tls://HOST:PORT"`` for an encrypted one); or ``"mpi"``, in a program
        that was started by ``mpiexec -n RANKS python -m mpi4py.futures``.
    workers : int, optional
        How many processes; the default is one on each processor. Threads get theirs from the
        Trainer.

    Yields
    ------
    concurrent.futures.Executor or None
        For :class:`pellucid.Trainer`; None for threads.

    Raises
    ------
    ConfigurationError
        See :func:`check_executor`; or a package that the executor needs is not installed.
    ExecutorError
        The scheduler or its workers can't be reached, or there are no ranks but this one.

    Examples
    --------
    >>> with open_executor("processes", workers=2) as executor:
    ...     list(executor.map(abs, [-1, -2]))
    [1, 2]
    """
    check_executor(name, workers)
    if name == "threads":
        yield None
    elif name == "processes":
        with process_pool(count_workers(workers)) as pool:
            yield pool
    elif name == "mpi":
        with _mpi_pool() as pool:
            yield pool
    else:
        scheme, _, place = name.partition("://")
        address = f"{'tls' if scheme == 'dask+tls' else 'tcp'}://{place}"
        with dask_client(name, address) as client:
            yield client.get_executor(pure=False)


@contextlib.contextmanager
def process_pool(workers: int) -> Iterator[Executor]:
    """Yield a pool of processes that end with us, whatever ends us, and leave signals to us."""
    pool = ProcessPoolExecutor(workers, _Context(), _begin_process)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Process(SpawnProcess):
    """A process that a pool can end although it ignores SIGTERM."""

    def terminate(self) -> None:
        """End it; the pool does this to what is left of its processes when one was lost."""
        self.kill()


class _Context(SpawnContext):
    """Starts such processes."""

    Process = _Process


def ignore_signals() -> None:
    """Ignore what a terminal (Ctrl-C) or a scheduler (SIGTERM) sends to a whole group of processes.

    The driver obeys, saves, and ends its workers; it needs their results until then.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _begin_process() -> None:
    """Leave signals to the parent, and end when it is gone."""
    ignore_signals()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: Any) -> None:
    parent.join()
    os._exit(1)


@contextlib.contextmanager
def _mpi_pool() -> Iterator[Executor]:
    try:
        from mpi4py import MPI
        from mpi4py.futures import MPIPoolExecutor
    except (ImportError, RuntimeError) as error:  # RuntimeError: mpi4py without an MPI library
        raise ConfigurationError(
            f"executor mpi needs mpi4py and an MPI library ({short(error)}): "
            "pip install 'pellucid[mpi]'."
        ) from error
    ranks = MPI.COMM_WORLD.Get_size()
    if ranks < 2:
        raise ExecutorError(
            "executor mpi found no ranks but this one; start the program with "
            "'mpiexec -n RANKS python -m mpi4py.futures -m pellucid ...'."
        )
    with MPIPoolExecutor(initializer=ignore_signals) as pool:
        yield pool
