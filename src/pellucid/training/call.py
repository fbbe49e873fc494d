"""What a call of ``Trainer.fit`` is to do."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Protocol

from pellucid.images.augmentation import Augmentation
from pellucid.network.network import Network
from pellucid.training.averages.base import BaseAverage
from pellucid.training.batches import TrainingData, batch_sizes
from pellucid.training.optimizers.optimizer import Optimizer
from pellucid.training.schedules.base import BaseSchedule
from pellucid.training.state import plain
from pellucid.training.validation import Validation

__all__ = ["Call"]


class _Described(Protocol):
    """What of a trainer decides the bits, beside data and call."""

    @property
    def network(self) -> Network: ...
    @property
    def optimizer(self) -> Optimizer: ...
    @property
    def augmentation(self) -> Augmentation | None: ...
    @property
    def sections(self) -> int: ...
    @property
    def seed(self) -> int: ...
    @property
    def average(self) -> BaseAverage | None: ...
    @property
    def clip_norm(self) -> float | None: ...


@dataclass(frozen=True)
class Call:
    """What one call of :meth:`pellucid.Trainer.fit` is to do.

    Attributes
    ----------
    images, batch_size : int
        How many images to draw in all, and for an update.
    schedule : BaseSchedule
        How the learning rate changes.
    """

    images: int
    batch_size: int
    schedule: BaseSchedule

    def factor(self, number: int) -> float:
        """Return what the learning rate of one update is multiplied by."""
        return self.schedule.factor(number, self._updates)

    def share(self, number: int) -> float:
        """Return what part of the call is done before an update."""
        return (number - 1) / self._updates

    @functools.cached_property
    def _updates(self) -> int:
        return len(batch_sizes(self.images, self.batch_size))

    def settings(
        self, trainer: _Described, data: TrainingData, validation: Validation | None = None
    ) -> dict[str, Any]:
        """Return all that the bits of the call depend on, as JSON-ready values."""
        augmentation, average = trainer.augmentation, trainer.average
        return plain(
            {
                "network": trainer.network.to_dict(),
                "optimizer": trainer.optimizer.to_dict(),
                "clip_norm": trainer.clip_norm,
                "average": average and average.to_dict(),
                "augmentation": augmentation and augmentation.to_dict(),
                "sections": trainer.sections,
                "seed": trainer.seed,
                "total_images": self.images,
                "batch_size": self.batch_size,
                "schedule": self.schedule.to_dict(),
                "data": data.fingerprints(),
            }
            | ({} if validation is None else validation.settings())
        )
