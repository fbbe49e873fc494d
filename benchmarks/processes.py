"""Processes that measure: one for each system and number of threads, all alive at once.

Each system gets its own process, so that thread pools, allocators and compilers don't meet; the
parent asks them in turn. A system that fails or hangs is reported and left out, and the run goes
on. The environment of a process is set before it starts: glibc reads MALLOC_... then.
"""

from __future__ import annotations

import atexit
import importlib
import multiprocessing
import os
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

__all__ = ["MALLOC", "Remote", "RemoteError", "blas_unset"]

MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "2147483648",
    "MALLOC_TOP_PAD_": "268435456",
}
"""Keeps glibc from returning PyTorch's memory to the system after every step: fairer to it."""

BLAS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Where a machine sets these for the sake of an old OpenBLAS, they slow a current one down."""

PAUSE = 0.1
"""Seconds before a measurement, in which the threads of the system before fall asleep."""


class RemoteError(Exception):
    """The other process failed; the message is its last line, or that it took too long."""


class Remote:
    """A process that calls functions of modules for us and keeps what they keep.

    Parameters
    ----------
    threads : int
        How many threads the systems in it may use; it is confined to as many cores.
    """

    def __init__(self, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self.threads, self.closed = threads, False
        self._process = context.Process(target=_serve, args=(theirs, threads))
        with _environment(MALLOC | {"OMP_NUM_THREADS": str(threads)}), blas_unset():
            self._process.start()
        theirs.close()
        self._connection = ours
        # Python waits for its processes at the end, and they for us: let them go before that.
        atexit.register(self.close)

    def call(self, function: str, *args: Any, timeout: float = 300.0) -> Any:
        """Return ``module:function`` of the arguments, computed there."""
        try:
            self._connection.send((function, args))
            if not self._connection.poll(timeout):
                self.close()
                raise RemoteError(f"no answer within {timeout:.0f} s")
            kind, value = self._connection.recv()
        except (EOFError, OSError) as error:
            self.close()
            raise RemoteError("its process ended") from error
        if kind == "error":
            raise RemoteError(value)
        return value

    def measure(self, function: str, *args: Any, timeout: float = 300.0) -> Any:
        """Call after a pause in which everything else on our side sleeps."""
        time.sleep(PAUSE)
        return self.call(function, *args, timeout=timeout)

    def close(self) -> None:
        """End the process."""
        atexit.unregister(self.close)
        self.closed = True
        self._connection.close()
        # It leaves by itself when the connection ends, and takes what it started with it.
        self._process.join(3)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()

    def __enter__(self) -> Remote:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def blas_unset() -> Iterator[None]:
    """Take the variables of :data:`BLAS` out of the environment for a while."""
    kept = {name: os.environ.pop(name) for name in BLAS if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _serve(connection: Connection, threads: int) -> None:
    _confine(threads)
    while True:
        try:
            function, args = connection.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            module, name = function.split(":")
            answer = "ok", getattr(importlib.import_module(module), name)(*args)
        except BaseException as error:
            if os.environ.get("PELLUCID_BENCH_TRACE"):
                traceback.print_exc()
            answer = "error", f"{type(error).__name__}: {str(error).strip()[:300]}"
        try:
            connection.send(answer)
        except OSError:
            return  # whoever asked has gone


def _confine(threads: int) -> None:
    """Some systems (JAX) take as many threads as there are cores, and can't be told otherwise."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if threads < len(cores):
            os.sched_setaffinity(0, cores[-threads:])
