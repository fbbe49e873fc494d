"""What a call of ``Trainer.fit`` is to do, and the checks of what it is given."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.arguments import instance, positive, whole
from pellucid.errors import ConfigurationError, DataError
from pellucid.files.fingerprints import array_fingerprint
from pellucid.images.augmentation import Augmentation
from pellucid.network.network import Network
from pellucid.training.adam import Adam
from pellucid.training.batches import batch_sizes
from pellucid.training.checkpoint_file import Checkpoint
from pellucid.training.checkpoints import Checkpoints
from pellucid.training.schedule import Schedule
from pellucid.training.state import plain

__all__ = ["LARGEST_WEIGHT", "Call", "check_resume", "checked_weights", "count_images"]

LARGEST_WEIGHT = 1e15
"""Where weights are taken as they are: Adam squares gradients, and float32 ends at 3e38."""


class _Described(Protocol):
    """What of a trainer decides the bits, beside data and call."""

    @property
    def network(self) -> Network: ...
    @property
    def optimizer(self) -> Adam: ...
    @property
    def augmentation(self) -> Augmentation | None: ...
    @property
    def sections(self) -> int: ...
    @property
    def seed(self) -> int: ...


@dataclass(frozen=True)
class Call:
    """What one call of :meth:`pellucid.Trainer.fit` is to do.

    Attributes
    ----------
    images, batch_size : int
        How many images to draw in all, and for an update.
    schedule : Schedule
        How the learning rate changes.
    first_pass : int
        The pass it begins with.
    before : int
        Updates before it.
    """

    images: int
    batch_size: int
    schedule: Schedule
    first_pass: int
    before: int

    def factor(self, number: int) -> float:
        """Return what the learning rate of one update is multiplied by."""
        return self.schedule.factor(number, self._updates)

    @functools.cached_property
    def _updates(self) -> int:
        return len(batch_sizes(self.images, self.batch_size))

    def settings(
        self,
        trainer: _Described,
        images: NDArray[Any],
        labels: NDArray[np.int64],
        weights: NDArray[np.float64],
    ) -> dict[str, Any]:
        """Return all that the bits of the call depend on, as JSON-ready values."""
        augmentation = trainer.augmentation
        return plain(
            {
                "network": trainer.network.to_dict(),
                "optimizer": dataclasses.asdict(trainer.optimizer),
                "augmentation": augmentation and augmentation.to_dict(),
                "sections": trainer.sections,
                "seed": trainer.seed,
                "total_images": self.images,
                "batch_size": self.batch_size,
                "schedule": dataclasses.asdict(self.schedule),
                "data": {
                    "images": array_fingerprint(images),
                    "labels": array_fingerprint(labels),
                    "sample_weight": array_fingerprint(weights),
                    "weighted": bool((weights != 1.0).any()),
                },
            }
        )


def check_resume(resume: bool | Checkpoint, checkpoints: Checkpoints | None) -> None:
    """Refuse what training can't go on from."""
    if not isinstance(resume, bool | Checkpoint):
        raise ConfigurationError(
            f"resume is {resume!r:.80}; it must be True, which takes the newest of "
            "checkpoints=Checkpoints(folder), or what load_checkpoint returns."
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
        return whole("total_images", total_images, least=1)
    return max(1, round(size * positive("epochs", epochs)))
