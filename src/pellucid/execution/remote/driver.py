"""The driver's side: jobs sent to workers that don't share its memory, until all have results."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import math
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.execution.futures import gather
from pellucid.execution.remote.dask import LOOK_SECONDS, DaskJobs, is_dask
from pellucid.execution.remote.environment import environment
from pellucid.execution.remote.image_file import (
    ImageFile,
    find_image_file,
    temporary_image_file,
)
from pellucid.execution.remote.worker import Job, Reply, Setup, work
from pellucid.execution.sections import Procedure, Section, SectionResult

__all__ = ["Driver"]

ASK_SECONDS = 1.0
"""How often an executor is asked how many workers it has."""


class Driver:
    """Sends sections to an executor's workers, with no more than they lack."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._dask = DaskJobs(executor) if is_dask(executor) else None
        self._images: NDArray[Any] | None = None
        self._file: ImageFile | None = None
        self._sends_images = False
        self._setup: Setup | None = None
        self._greeted = ""
        self._slots: int | None = None
        self._asked = -math.inf
        self._notes: set[str] = set()

    @contextlib.contextmanager
    def serving(self, images: NDArray[Any], is_stopping: Callable[[], bool]) -> Iterator[None]:
        """Let workers open these images by themselves for a while.

        A file that they were mapped from will do; images in memory are written to a temporary one.
        Once ``is_stopping`` returns True, a scheduler that is silent is not waited for as long.
        """
        with contextlib.ExitStack() as stack:
            file = find_image_file(images)
            if file is None:
                file = stack.enter_context(temporary_image_file(images))
            self._images, self._file, self._sends_images = images, file, file is None
            if self._dask is not None:
                self._dask.pulse.is_stopping = is_stopping
            try:
                yield
            finally:
                self._images, self._file = None, None
                if self._dask is not None:
                    self._dask.pulse.is_stopping = _never

    def run(
        self,
        procedure: Procedure,
        parameters: NDArray[np.float32],
        images: NDArray[Any],
        sections: Sequence[Section],
    ) -> list[SectionResult]:
        """Send jobs until every one has its results; a worker that lacks something gets it."""
        setup = self._set_up(procedure, images)
        jobs = {
            number: Job(
                setup.token, parameters, group,
                None if setup.token == self._greeted else setup,
                _pixels(images, group) if setup.file is None or self._sends_images else None,
            )
            for number, group in enumerate(self._grouped(sections))
        }  # fmt: skip
        results: dict[int, tuple[SectionResult, ...]] = {}
        while jobs:
            replies = self._gathered(jobs.values())
            for (number, job), reply in zip(list(jobs.items()), replies, strict=True):
                if reply.lacks == "setup":
                    jobs[number] = dataclasses.replace(job, setup=setup)
                elif reply.lacks == "images":
                    self._tell_why_not(reply.note)
                    self._sends_images = True
                    jobs[number] = dataclasses.replace(job, images=_pixels(images, job.sections))
                else:
                    results[number] = reply.results
                    del jobs[number]
        self._greeted = setup.token
        return [result for _, group in sorted(results.items()) for result in group]

    def _gathered(self, jobs: Iterable[Job]) -> list[Reply]:
        if self._dask is None:
            return gather(self._executor.submit, work, jobs)
        self._dask.pulse.begin()
        return gather(self._dask.submit, work, jobs, self._dask.pulse.feel, LOOK_SECONDS)

    def _set_up(self, procedure: Procedure, images: NDArray[Any]) -> Setup:
        file = self._file if images is self._images else None
        setup = Setup(procedure, file, environment())
        if setup != self._setup:  # else its token is known already
            self._setup = setup
        return self._setup

    def _grouped(self, sections: Sequence[Section]) -> list[tuple[Section, ...]]:
        """Deal the sections out in jobs, in order: one for each worker if their number is known.

        A job costs time of its own and carries all parameters, so no more of them are made than
        can be worked on at once. Sections stay what they are, and so do the bits.
        """
        now = time.monotonic()
        if now - self._asked > ASK_SECONDS:  # workers come and go
            self._slots, self._asked = self._count_slots(), now
        jobs = len(sections) if self._slots is None else min(len(sections), self._slots)
        ends = [len(sections) * (job + 1) // jobs for job in range(jobs)]
        return [tuple(sections[a:b]) for a, b in itertools.pairwise([0, *ends])]

    def _count_slots(self) -> int | None:
        """Return how many jobs are worked on at once; None where the executor does not say.

        Executors have no common way to ask. Pools of processes, MPI's too, hold ``_max_workers``.
        """
        if self._dask is not None:
            slots = self._dask.pulse.threads()
        else:
            slots = getattr(self._executor, "_max_workers", None)
        return slots if isinstance(slots, int) and slots > 0 else None

    def _tell_why_not(self, why: str) -> None:
        """Tell a person why a worker has to be sent pixels, once."""
        note = f"Workers can't open the images ({why}), so pixels are sent with every update."
        if note not in self._notes:
            self._notes.add(note)
            warnings.warn(note, stacklevel=8)


def _never() -> bool:
    return False


def _pixels(images: NDArray[Any], sections: Sequence[Section]) -> NDArray[Any]:
    indices = np.concatenate([section.indices for section in sections])
    return np.asarray(images[indices])
