"""The images that a run measures on while it trains: the data's own, or some held back."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.data import Dataset
from pellucid.data.split import stratified_split
from pellucid.errors import DataError
from pellucid.images.axes import Images
from pellucid.runs.settings import RunSettings
from pellucid.training.batches import batch_sizes

__all__ = ["HeldBack", "hold_back"]

POINTS = 20
"""How often a run measures, about."""

FOR_PATIENCE = 0.1
"""The share that is held back where training may end early and nothing else was said."""


@dataclass(frozen=True, eq=False)
class HeldBack:
    """What is measured on, and how often.

    Attributes
    ----------
    images : ndarray of shape (n, H, W) or (n, C, H, W)
    labels : ndarray of shape (n,), int64
    every : int or None
        After how many updates; None for the end of each pass.
    is_own : bool
        Whether the data came with them; else they were training images.
    """

    images: Images
    labels: NDArray[np.int64]
    every: int | None = 1
    is_own: bool = False

    def measured_in(self, settings: RunSettings) -> HeldBack:
        """Return the same, measured some 20 times in a run of these settings.

        Where training may end early it is after each pass, which is what patience counts.
        """
        if settings.patience is not None:
            return dataclasses.replace(self, every=None)
        updates = len(batch_sizes(settings.images, settings.batch_size))
        return dataclasses.replace(self, every=max(1, updates // POINTS))

    def arguments(self) -> dict[str, Any]:
        """Return what :meth:`pellucid.Trainer.fit` takes."""
        return {"validation_data": (self.images, self.labels), "validation_every": self.every}


def hold_back(settings: RunSettings, dataset: Dataset) -> tuple[Dataset, HeldBack | None]:
    """Return a data set without the part of its training images that is held back, and that part.

    Without a share it is the data's own images to validate, if there are such, and the data set
    stays as it is. The part is the same for every seed, so that runs can be compared; nothing is
    held back, and nothing copied, where the share is 0.

    Raises
    ------
    DataError
        No class has an image to spare.
    """
    share, own = settings.validation_share, dataset.validation
    if share is None and own is not None:
        return dataset, HeldBack(*own, is_own=True).measured_in(settings)
    if share is None and settings.patience is not None:
        share = FOR_PATIENCE
    if not share:
        return dataset, None
    images, labels = dataset.train_images, dataset.train_labels
    try:
        train, held = stratified_split(labels, share)
    except DataError as error:
        raise DataError(
            f"No class of {dataset.name} has two training images, so none can be held back; leave "
            "validation_share out."
        ) from error
    part = HeldBack(images[held], labels[held]).measured_in(settings)
    fewer = dataclasses.replace(dataset, train_images=images[train], train_labels=labels[train])
    return fewer, part
