"""What a call of ``Trainer.fit`` is to do."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pellucid.images.augmentation import Augmentation
from pellucid.network.network import Network
from pellucid.training.averages.base import BaseAverage
from pellucid.training.batches import TrainingData, batch_sizes
from pellucid.training.history import Update
from pellucid.training.optimizers.optimizer import Optimizer
from pellucid.training.schedules.base import BaseSchedule
from pellucid.training.state import plain
from pellucid.training.stopping import EarlyStopping, Standing
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
    early_stopping : EarlyStopping or None
        When it ends before all images are drawn.
    """

    images: int
    batch_size: int
    schedule: BaseSchedule
    early_stopping: EarlyStopping | None = None

    def factor(self, number: int, standing: Standing | None = None) -> float:
        """Return what the learning rate of one update is multiplied by."""
        if standing is None or standing.fall is None:
            return self.schedule.factor(number, self._updates)
        level = self.schedule.factor(standing.fall, self._updates)
        return level * standing.factor(number)

    def standing(self, updates: Sequence[Update]) -> Standing:
        """Return where the call stands after its updates so far."""
        if self.early_stopping is None:
            return Standing()
        return self.early_stopping.standing(
            [
                (number, update.validation_accuracy, update.validation_loss)
                for number, update in enumerate(updates, start=1)
                if update.validation_accuracy is not None and update.validation_loss is not None
            ]
        )

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
        stopping = self.early_stopping
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
            | ({} if stopping is None else {"early_stopping": stopping.to_dict()})
        )
