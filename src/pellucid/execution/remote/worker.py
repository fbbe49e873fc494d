"""What a worker in another process does: set up once, then work on sections.

Nothing is installed on an executor before work begins, as executors have no common way for it. So
this module remembers what the process was told, under a token, and a job names the token only. A
worker that lacks what a job needs says so in its reply, and is sent the job again with it.
"""

from __future__ import annotations

import hashlib
import pickle
import socket
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DataError
from pellucid.execution.remote.environment import Environment, check_worker, environment
from pellucid.execution.remote.image_file import ImageFile
from pellucid.execution.sections import Procedure, Section, SectionResult, section_step

__all__ = ["Job", "Reply", "Setup", "work"]

KEPT = 4
"""Setups that a worker remembers; one for each training that goes on at the same time is used."""


@dataclass(frozen=True)
class Setup:
    """What a worker needs once.

    Attributes
    ----------
    procedure : Procedure
        What to compute, and how to randomize.
    file : ImageFile or None
        Where the images lie, if the worker may open them itself.
    driver : Environment
        What the worker's own must be.
    """

    procedure: Procedure
    file: ImageFile | None
    driver: Environment

    @cached_property
    def token(self) -> str:
        """The name that jobs call it by: a hash of all it holds."""
        return hashlib.sha256(pickle.dumps(self)).hexdigest()


@dataclass(frozen=True)
class Job:
    """Some sections of one update.

    Attributes
    ----------
    token : str
        The setup's.
    parameters : ndarray of shape (network.size,), float32
        As they are in this update.
    sections : tuple of Section
        What to work on.
    setup : Setup or None
        Sent the first time, and to workers that ask for it.
    images : ndarray of shape (n, C, H, W) or None
        The sections' images, one section's after another's, for workers that can't open the file.
    """

    token: str
    parameters: NDArray[np.float32]
    sections: tuple[Section, ...]
    setup: Setup | None = None
    images: NDArray[Any] | None = None


@dataclass(frozen=True)
class Reply:
    """What comes back.

    Attributes
    ----------
    results : tuple of SectionResult
        One for each section; none where something is lacking.
    lacks : str
        ``"setup"``, ``"images"`` or ``""``.
    note : str
        Why.
    """

    results: tuple[SectionResult, ...] = ()
    lacks: str = ""
    note: str = ""


@dataclass(frozen=True)
class _Place:
    """A setup as this process has it."""

    setup: Setup
    images: NDArray[Any] | None
    why_not: str


_places: OrderedDict[str, _Place] = OrderedDict()
_lock = threading.Lock()


def work(job: Job) -> Reply:
    """Work on a job's sections, in order: a pure function of the job, its setup and the images.

    Raises
    ------
    ExecutorError
        This process runs other software than the driver.
    """
    place = _place_of(job)
    if place is None:
        return Reply(lacks="setup")
    images = place.images if job.images is None else job.images
    if images is None:
        return Reply(lacks="images", note=place.why_not)
    results, start = [], 0
    for section in job.sections:
        if job.images is not None:
            section = section.moved_to(start)
            start += len(section.indices)
        results.append(section_step(place.setup.procedure, job.parameters, images, section))
    return Reply(tuple(results))


def _place_of(job: Job) -> _Place | None:
    with _lock:
        place = _places.get(job.token)
        if place is None and job.setup is not None:
            place = _places[job.token] = _open(job.setup)
            while len(_places) > KEPT:
                _places.popitem(last=False)
        if place is not None:
            _places.move_to_end(job.token)
        return place


def _open(setup: Setup) -> _Place:
    check_worker(setup.driver, environment(), socket.gethostname())
    if setup.file is None:
        return _Place(setup, None, "")
    try:
        return _Place(setup, setup.file.open(), "")
    except DataError as error:
        return _Place(setup, None, f"on {socket.gethostname()}, {error}")
