"""A data set that has a name: what is said of it before it is there, and how it is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.console import Say
from pellucid.data.dataset import Dataset
from pellucid.images.preprocessing import Preprocessing

__all__ = ["NOT_FETCHED", "Arrays", "NamedSet", "dataset_of"]

Arrays = Mapping[str, NDArray[Any]]
"""Under ``train_images``, ``train_labels``, ``test_images``, ``test_labels``."""

NOT_FETCHED = "not fetched yet"
"""Where a set is that is nowhere."""


@dataclass(frozen=True)
class NamedSet:
    """One entry of :data:`pellucid.data.sets.registry.SETS`.

    Attributes
    ----------
    name : str
        What :func:`pellucid.data.load` takes.
    description : str
        What is in it, in a few words.
    images : str
        How many, training + test.
    load : callable
        Takes what is called with one line for each source that is tried, or None; returns the data
        set, fetched if need be, or raises DownloadError.
    where : callable
        Returns where it is now: a path, :data:`NOT_FETCHED`, or in words.
    """

    name: str
    description: str
    images: str
    load: Callable[[Say | None], Dataset]
    where: Callable[[], str]


def dataset_of(
    name: str,
    arrays: Arrays,
    classes: tuple[str, ...],
    source: str,
    preprocessing: Preprocessing | None = None,
) -> Dataset:
    """Return the four arrays of a set as a data set."""
    return Dataset(
        name,
        arrays["train_images"],
        arrays["train_labels"].astype(np.int64),
        arrays["test_images"],
        arrays["test_labels"].astype(np.int64),
        classes,
        source,
        preprocessing=preprocessing,
    )
