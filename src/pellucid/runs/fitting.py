"""How a run calls ``Trainer.fit``: the same when it is trained, resumed and verified."""

from __future__ import annotations

from typing import Any

from pellucid.data import Dataset
from pellucid.runs.class_weights import sample_weights
from pellucid.runs.held_back import HeldBack
from pellucid.runs.settings import RunSettings
from pellucid.training import EarlyStopping

__all__ = ["fit_arguments"]


def fit_arguments(
    settings: RunSettings, dataset: Dataset, held_back: HeldBack | None
) -> dict[str, Any]:
    """Return all that decides the bits of a run's training, as ``Trainer.fit`` takes it.

    Parameters
    ----------
    settings : RunSettings
        All of them, as they are once the data is known.
    dataset : Dataset
        What is left to train on.
    held_back : HeldBack or None
        What is measured on meanwhile.

    Raises
    ------
    ConfigurationError
        ``class_weight`` names a class that there is not.
    """
    arguments: dict[str, Any] = {
        "images": dataset.train_images,
        "labels": dataset.train_labels,
        "total_images": settings.images,
        "batch_size": settings.batch_size,
        "schedule": settings.schedule,
    }
    if settings.class_weight is not None:
        weights = sample_weights(settings.class_weight, dataset.train_labels, dataset.classes)
        arguments["sample_weight"] = weights
    if held_back is not None:
        arguments |= held_back.arguments()
    if settings.patience is not None:
        arguments["early_stopping"] = EarlyStopping(settings.patience)
    return arguments
