"""A recipe: what to train and how, all of it, for some images."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.images.augmentation import Augmentation
from pellucid.network.network import Network
from pellucid.training.averages.base import BaseAverage
from pellucid.training.optimizers.optimizer import Optimizer
from pellucid.training.schedules.base import BaseSchedule

__all__ = ["Recipe"]


@dataclass(frozen=True)
class Recipe:
    """What to train and how.

    Attributes
    ----------
    name : str
        What it is called.
    network : Network
        What is trained.
    optimizer : Optimizer
        What takes the steps.
    schedule : BaseSchedule
        How the learning rate changes.
    augmentation : Augmentation or None
        How images are randomized.
    images : int
        How many are drawn in all.
    batch_size : int
        Images an update.
    sections : int
        Parts of a batch.
    clip_norm : float or None
        The largest norm of a mean gradient.
    average : BaseAverage or None
        What predicts in place of the last parameters.
    reasons : tuple of str
        What was decided from the images, each in a sentence.
    """

    name: str
    network: Network
    optimizer: Optimizer
    schedule: BaseSchedule
    augmentation: Augmentation | None
    images: int
    batch_size: int
    sections: int = 8
    clip_norm: float | None = None
    average: BaseAverage | None = None
    reasons: tuple[str, ...] = ()
