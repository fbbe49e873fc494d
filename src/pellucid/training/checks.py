"""The checks of what a training is given: all that can be looked at before any data is there.

A program that has to fetch its data first calls :func:`check_trainer_settings` and
:func:`check_fit_settings` before that; :class:`pellucid.Trainer` calls them in any case.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.arguments import check_weights, instance, positive, whole
from pellucid.errors import Argument, ConfigurationError, DataError
from pellucid.images.augmentation import Augmentation
from pellucid.training.averages.base import BaseAverage
from pellucid.training.checkpoint_file import Checkpoint
from pellucid.training.checkpoints import Checkpoints
from pellucid.training.optimizers.optimizer import Optimizer
from pellucid.training.schedules.base import BaseSchedule
from pellucid.training.state import TrainingState
from pellucid.training.stopping import EarlyStopping

__all__ = [
    "LARGEST_WEIGHT",
    "check_early_stopping",
    "check_fit_settings",
    "check_resume",
    "check_trainer_settings",
    "checked_weights",
    "count_images",
]

MOST_IMAGES = 10**15
"""Images that a training may draw: those of years."""

LARGEST_WEIGHT = 1e15
"""Where weights are taken as they are: Adam squares gradients, and float32 ends at 3e38."""


def check_trainer_settings(
    optimizer: Any,
    augmentation: Any,
    sections: Any,
    seed: Any,
    *,
    clip_norm: Any = None,
    average: Any = None,
) -> None:
    """Refuse settings that no :class:`pellucid.Trainer` can have.

    Examples
    --------
    >>> from pellucid import Adam
    >>> check_trainer_settings(Adam(), None, 0, 1)
    Traceback (most recent call last):
    pellucid.errors.ConfigurationError: sections is 0; it must be a whole number of at least 1.
    """
    kind: Any = Optimizer  # which is abstract
    instance("optimizer", optimizer, kind, "Adam(learning_rate=0.01)")
    if augmentation is not None:
        instance("augmentation", augmentation, Augmentation, "Augmentation()")
    whole("sections", sections, least=1)
    whole("seed", seed, least=0, most=2**63 - 1)
    if clip_norm is not None:
        positive("clip_norm", clip_norm, ", for example 1.0; None clips nothing")
    if average is not None:
        kind = BaseAverage  # abstract too
        instance("average", average, kind, "ExponentialAverage(0.5)")


def check_fit_settings(
    batch_size: Any,
    sections: int,
    *,
    schedule: Any = None,
    epochs: Any = 1,
    total_images: Any = None,
) -> None:
    """Refuse settings that :meth:`pellucid.Trainer.fit` can't train by.

    Examples
    --------
    >>> check_fit_settings(7, sections=8)
    Traceback (most recent call last):
    pellucid.errors.ConfigurationError: batch_size 7 is smaller than sections 8, but each section
    needs an image; use sections=7 or a larger batch_size.
    """
    if schedule is not None:
        kind: Any = BaseSchedule  # which is abstract
        instance("schedule", schedule, kind, "Schedule(cooldown=0.5)")
    if whole("batch_size", batch_size, least=1) < sections:
        size, parts = Argument("batch_size"), Argument("sections")
        raise ConfigurationError(
            size, f" {batch_size} is smaller than ", parts,
            f" {sections}, but each section needs an image; use ", parts,
            f"={batch_size} or a larger ", size, ".",
        )  # fmt: skip
    count_images(1, epochs, total_images)


def check_early_stopping(early_stopping: Any, validation_data: Any) -> None:
    """Refuse to end early by nothing.

    Examples
    --------
    >>> check_early_stopping(EarlyStopping(5), None)
    Traceback (most recent call last):
    pellucid.errors.ConfigurationError: early_stopping needs validation_data=(images, labels) to
    go by.
    """
    if early_stopping is None:
        return
    instance("early_stopping", early_stopping, EarlyStopping, "EarlyStopping(patience=5)")
    if validation_data is None:
        raise ConfigurationError(
            "early_stopping needs validation_data=(images, labels) to go by.",
            argument="early_stopping",
        )


def check_resume(
    resume: bool | Checkpoint | TrainingState, checkpoints: Checkpoints | None
) -> None:
    """Refuse what training can't go on from.

    Examples
    --------
    >>> check_resume(True, None)
    Traceback (most recent call last):
    pellucid.errors.ConfigurationError: resume is True, but there are no checkpoints to resume from;
    give checkpoints=Checkpoints(folder).
    """
    if not isinstance(resume, bool | Checkpoint | TrainingState):
        raise ConfigurationError(
            f"resume is {resume!r:.80}; it must be True, which takes the newest of "
            "checkpoints=Checkpoints(folder), or what load_checkpoint returns."
        )
    if isinstance(resume, TrainingState) and checkpoints is not None:
        raise ConfigurationError(
            "resume is a TrainingState, which says nothing of data and settings, so checkpoints "
            "can't go on with it; leave checkpoints out, or give what load_checkpoint returns.",
            argument="resume",
        )
    if resume is True and checkpoints is None:
        raise ConfigurationError(
            "resume is True, but there are no checkpoints to resume from; give "
            "checkpoints=Checkpoints(folder)."
        )
    if checkpoints is not None:
        instance("checkpoints", checkpoints, Checkpoints, "Checkpoints('runs/mine')")


def checked_weights(
    sample_weight: ArrayLike | None, count: int, *, normalize: bool = True
) -> NDArray[np.float64]:
    """Return what each image counts, 1 on the average if they are to be normalized.

    Raises
    ------
    DataError
        Weights that can't be used.
    """
    if sample_weight is None:
        return np.ones(count)
    check_weights(sample_weight)
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (count,):
        raise DataError(
            f"sample_weight has shape {weights.shape}, but there are {count:,} images; each needs "
            "one weight."
        )
    if not np.isfinite(weights).all() or weights.min() < 0 or weights.max() == 0:
        raise DataError(
            "sample_weight must be finite and at least 0, and one of them above 0; it goes from "
            f"{weights.min():g} to {weights.max():g}."
        )
    if normalize:
        return np.asarray(weights / weights.mean(), dtype=np.float64)
    if weights.max() > LARGEST_WEIGHT:
        raise DataError(
            f"sample_weight goes up to {weights.max():g}; without normalize_weights it must be at "
            f"most {LARGEST_WEIGHT:g}."
        )
    return weights


def count_images(size: int, epochs: float, total_images: int | None) -> int:
    """Return how many images to draw in all."""
    if total_images is not None:
        return whole("total_images", total_images, least=1, most=MOST_IMAGES)
    count = size * positive("epochs", epochs)
    if count > MOST_IMAGES:
        raise ConfigurationError(
            f"epochs is {epochs:g}, which makes {count:.3g} images; it must be at most "
            f"{MOST_IMAGES // size:,}.",
            argument="epochs",
        )
    return max(1, round(count))
