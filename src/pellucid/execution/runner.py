"""The driver's side: sections of an update handed to whatever works on them.

Results come back in the sections' order whoever did them and however often they had to be sent, so
that what is summed, and in which order, never depends on the executor.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import math
import secrets
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ConfigurationError, ExecutorError, PellucidError
from pellucid.execution.environment import environment
from pellucid.execution.image_file import ImageFile, find_image_file, temporary_image_file
from pellucid.execution.remote import Job, Reply, Setup, work
from pellucid.execution.sections import (
    Recipe,
    Section,
    SectionResult,
    section_step,
    threads_for,
)
from pellucid.execution.workers import Workers

__all__ = ["Runner", "slots_of"]

ASK_SECONDS = 1.0
"""How often an executor is asked how many workers it has."""


class Runner:
    """Works on sections, on threads of this process or on an executor's workers.

    Parameters
    ----------
    workers : Workers
        The threads to use without an executor.
    executor : concurrent.futures.Executor, optional
        What to hand the sections to. Threads share our memory, so a ThreadPoolExecutor is handed
        them as they are; other executors get :func:`pellucid.execution.remote.work`.

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
        self._images: NDArray[Any] | None = None
        self._file: ImageFile | None = None
        self._sends_images = False
        self._setup: Setup | None = None
        self._greeted = ""
        self._slots: int | None = None
        self._asked = -math.inf
        self._notes: set[str] = set()
        self._group = f"pellucid-{secrets.token_hex(8)}"
        self._numbers = itertools.count()
        self._anchor: Future[Any] | None = None

    @property
    def is_remote(self) -> bool:
        """Whether sections go to workers that don't share this process's memory."""
        return self.executor is not None and not isinstance(self.executor, ThreadPoolExecutor)

    @contextlib.contextmanager
    def images_at_hand(self, images: NDArray[Any]) -> Iterator[None]:
        """Let workers open these images by themselves for a while.

        A file that they were mapped from will do; images in memory are written to a temporary one.
        """
        if not self.is_remote:
            yield
            return
        with contextlib.ExitStack() as stack:
            file = find_image_file(images)
            if file is None:
                file = stack.enter_context(temporary_image_file(images))
            self._images, self._file, self._sends_images = images, file, file is None
            try:
                yield
            finally:
                self._images, self._file = None, None

    def run(
        self,
        recipe: Recipe,
        parameters: NDArray[np.float32],
        images: NDArray[Any],
        batch: Section,
        parts: Sequence[slice],
    ) -> list[SectionResult]:
        """Return the results of a batch's sections, in their order.

        Parameters
        ----------
        recipe, parameters, images
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

        def step(part: slice) -> SectionResult:
            return section_step(recipe, parameters, images, batch.part(part))

        if self.executor is None:
            most = threads_for(recipe.network, len(batch.indices), training=True)
            return self._workers.map(step, parts, most=most)
        if not self.is_remote:
            return self._done(step, parts)
        return self._send(recipe, parameters, images, [batch.part(part) for part in parts])

    def _send(
        self,
        recipe: Recipe,
        parameters: NDArray[np.float32],
        images: NDArray[Any],
        sections: Sequence[Section],
    ) -> list[SectionResult]:
        """Send jobs until every one has its results; a worker that lacks something gets it."""
        setup = self._set_up(recipe, images)
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
            replies = self._done(work, jobs.values())
            for (number, job), reply in zip(list(jobs.items()), replies, strict=True):
                self._note(reply)
                if reply.lacks == "setup":
                    jobs[number] = dataclasses.replace(job, setup=setup)
                elif reply.lacks == "images":
                    self._sends_images = True
                    jobs[number] = dataclasses.replace(job, images=_pixels(images, job.sections))
                else:
                    results[number] = reply.results
                    del jobs[number]
        self._greeted = setup.token
        return [result for _, group in sorted(results.items()) for result in group]

    def _set_up(self, recipe: Recipe, images: NDArray[Any]) -> Setup:
        file = self._file if images is self._images else None
        setup = Setup(recipe, file, environment())
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
            self._slots, self._asked = slots_of(self.executor), now
        jobs = len(sections) if self._slots is None else min(len(sections), self._slots)
        ends = [len(sections) * (job + 1) // jobs for job in range(jobs)]
        return [tuple(sections[a:b]) for a, b in itertools.pairwise([0, *ends])]

    def _done(self, function: Callable[[Any], Any], arguments: Iterable[Any]) -> list[Any]:
        """Return the function's results; whatever goes wrong, no work is left waiting."""
        assert self.executor is not None
        futures: list[Future[Any]] = []
        try:
            self._hold_group()
            for argument in arguments:
                futures.append(self.executor.submit(function, argument, **self._key()))
            return [future.result() for future in futures]
        except (Exception, CancelledError) as error:
            raise _explained(error) from error
        finally:
            for future in futures:
                future.cancel()  # which those that are done ignore

    def _key(self) -> dict[str, Any]:
        """Return the name that Dask is to give a job, and nothing for other executors.

        Of a job with a name of its own Dask remembers a group of tasks, for good.
        """
        return {"key": (self._group, next(self._numbers))} if self._is_dask else {}

    def _hold_group(self) -> None:
        """Keep a result of the group on the cluster for as long as we live: its first, of nothing.

        Dask takes a group apart with its last result. The jobs of the next update would be a new
        group of the same name, and the old one remembered beside it.
        """
        if self._is_dask and self._anchor is None:
            assert self.executor is not None
            self._anchor = self.executor.submit(_nothing, **self._key())

    @property
    def _is_dask(self) -> bool:
        return hasattr(self.executor, "_client")

    def _note(self, reply: Reply) -> None:
        """Tell a person what a worker remarks, once."""
        note = reply.note
        if reply.lacks == "images":
            note = f"Workers can't open the images ({note}), so pixels are sent with every update."
        if note and note not in self._notes:
            self._notes.add(note)
            warnings.warn(note, stacklevel=8)


def _nothing() -> None:
    """Work that a Dask worker does in no time."""


def slots_of(executor: Any) -> int | None:
    """Return how many jobs an executor works on at once; None where it does not say.

    Executors have no common way to ask. Pools of processes, MPI's too, hold ``_max_workers``; a
    Dask executor holds its client.
    """
    slots = getattr(executor, "_max_workers", None)
    if (client := getattr(executor, "_client", None)) is not None:
        with contextlib.suppress(Exception):  # a scheduler that is gone shows when work is sent
            slots = sum(client.nthreads().values())
    return slots if isinstance(slots, int) and slots > 0 else None


def _pixels(images: NDArray[Any], sections: Sequence[Section]) -> NDArray[Any]:
    indices = np.concatenate([section.indices for section in sections])
    return np.asarray(images[indices])


def _explained(error: BaseException) -> Exception:
    """Return an executor's error as ours, in words."""
    if isinstance(error, PellucidError):
        return ExecutorError(f"{error} {_KEPT}") if isinstance(error, ExecutorError) else error
    name = type(error).__name__
    if isinstance(error, BrokenExecutor):
        what = (
            f"A worker process ended abruptly ({name}): it was killed, ran out of memory, or could "
            "not start, as happens in a script that starts training outside of "
            "'if __name__ == \"__main__\":'"
        )
    elif isinstance(error, CancelledError):
        reason = f" ({error})" if str(error) else ""
        what = f"The executor gave the work up{reason}: its scheduler is gone, or it was shut down"
    else:
        what = f"The executor failed with {name}: {' '.join(str(error).split()) or 'no reason'}"
    return ExecutorError(f"{what.rstrip('.')}. {_KEPT}")


_KEPT = "The parameters are those before this update; training can go on with a new executor."
