"""Sections of an update handed to whatever works on them.

Results come back in the sections' order whoever did them and however often they had to be sent, so
that what is summed, and in which order, never depends on the executor.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ConfigurationError
from pellucid.execution.futures import gather
from pellucid.execution.remote.driver import Driver
from pellucid.execution.sections import (
    Procedure,
    Section,
    SectionResult,
    section_step,
    threads_for,
)
from pellucid.execution.workers import Workers

__all__ = ["Runner"]


class Runner:
    """Works on sections, on threads of this process or on an executor's workers.

    Parameters
    ----------
    workers : Workers
        The threads to use without an executor.
    executor : concurrent.futures.Executor, optional
        What to hand the sections to. Threads share our memory, so a ThreadPoolExecutor is handed
        them as they are; other executors go through :mod:`pellucid.execution.remote`.

    Raises
    ------
    ConfigurationError
        ``executor`` is none.
    """

    def __init__(self, workers: Workers, executor: Executor | None = None) -> None:
        if executor is not None and not isinstance(executor, Executor):
            raise ConfigurationError(
                f"executor is {executor!r}; it must be a concurrent.futures.Executor, or None for "
                "threads. pellucid.open_executor makes one from a name; a Dask client's is "
                "client.get_executor(pure=False)."
            )
        self.executor = executor
        self._workers = workers
        self._driver: Driver | None = None
        if executor is not None and not isinstance(executor, ThreadPoolExecutor):
            self._driver = Driver(executor)

    def serving(
        self, images: NDArray[Any], is_stopping: Callable[[], bool]
    ) -> contextlib.AbstractContextManager[None]:
        """Let workers that don't share our memory open these images by themselves for a while.

        ``is_stopping`` says whether somebody wants an end, so that what hangs is given up sooner.
        """
        if self._driver is None:
            return contextlib.nullcontext()
        return self._driver.serving(images, is_stopping)

    def run(
        self,
        procedure: Procedure,
        parameters: NDArray[np.float32],
        images: NDArray[Any],
        batch: Section,
        parts: Sequence[slice],
    ) -> list[SectionResult]:
        """Return the results of a batch's sections, in their order.

        Parameters
        ----------
        procedure, parameters, images
            What to compute, and of which data.
        batch : Section
            The whole batch.
        parts : sequence of slice
            Its sections: where in the batch each is. Threads take their parts out themselves.

        Raises
        ------
        ExecutorError
            The executor is broken or out of reach, or a worker can't do its work. Sections that
            are still waiting are taken back.
        """
        if self._driver is not None:
            sections = [batch.part(part) for part in parts]
            return self._driver.run(procedure, parameters, images, sections)

        def step(part: slice) -> SectionResult:
            return section_step(procedure, parameters, images, batch.part(part))

        if self.executor is not None:
            return gather(self.executor.submit, step, parts)
        most = threads_for(procedure.network, len(batch.indices), training=True)
        return self._workers.map(step, parts, most=most)
