"""What an estimator does around the training loop: parts held back, passes over the data."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from pellucid.arguments import warn
from pellucid.errors import DataError
from pellucid.execution.inference import Evaluation, run_network
from pellucid.execution.targets import Targets
from pellucid.network.loss import TargetKind
from pellucid.training import Schedule, Trainer, Update
from pellucid.training.schedules.base import BaseSchedule

__all__ = [
    "Epoch",
    "Examples",
    "Passes",
    "Standing",
    "held_back_score",
    "split",
    "train",
]

WARMUP_PASSES = 2.0
"""Passes in which the learning rate rises, at most, where training may end early."""


class Examples(NamedTuple):
    """Images with their targets and weights.

    Attributes
    ----------
    images : ndarray of shape (n, C, H, W), uint8 or float32
    labels : ndarray of shape (n,), int64, or (n, outputs), float32
    weights : ndarray of shape (n,), float64
    """

    images: NDArray[Any]
    labels: Targets
    weights: NDArray[np.float64]


class Epoch(NamedTuple):
    """What callbacks are told after every pass over the training data.

    Attributes
    ----------
    epoch : int
        Its number, from 1; it goes on over calls that go on from one another.
    loss : float
        Mean loss of its batches; cross-entropy is in nats an image.
    validation_score : float or None
        Weighted accuracy on the images held back, with ``early_stopping``, or accuracy on
        ``validation_data``; of numbers R^2.
    accuracy : float
        The share of its images, as randomized, that the network had right before each update; of
        numbers the mean R^2 of its batches.
    epochs : int or None
        The number of the last pass, unless training ends before; None in ``partial_fit``.
    images_per_second : float
        How fast this call trains, not counting its first update.
    seconds_left : float
        How long the other passes take, at most.
    kind : "classes", "labels" or "numbers"
        What is learned.
    validation_loss : float or None
        Mean loss on the images of the validation score.
    """

    epoch: int
    loss: float
    validation_score: float | None
    accuracy: float = math.nan
    epochs: int | None = None
    images_per_second: float = math.nan
    seconds_left: float = math.nan
    kind: TargetKind = "classes"
    validation_loss: float | None = None


class Standing(NamedTuple):
    """Where a training is after an update.

    Attributes
    ----------
    share : float
        What is done, of 1.
    epoch : Epoch
        The pass that has ended, or the one that goes on, with what is known of it.
    """

    share: float
    epoch: Epoch


def split(
    labels: NDArray[Any], fraction: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which images to train on and which to hold back, by class where that is possible.

    Raises
    ------
    DataError
        Too few images to hold any back.
    """
    count = len(labels)
    held_back = math.ceil(fraction * count)
    by_class = False
    if labels.ndim == 1:
        sizes = np.bincount(labels)
        by_class = sizes[sizes > 0].min() >= 2 and min(held_back, count - held_back) >= len(sizes)
    if count - held_back < 1:
        raise DataError(
            f"{fraction:g} of n_samples={count} images can't be held back if the rest is to train "
            "on; give more images, or leave early_stopping and unknown out."
        )
    train, held = train_test_split(
        np.arange(count), test_size=held_back, random_state=seed % 2**32,
        stratify=labels if by_class else None,
    )  # fmt: skip
    return train, held


def train(
    trainer: Trainer,
    examples: Examples,
    passes: Passes,
    *,
    epochs: int,
    batch_size: int,
    sections: int,
    schedule: BaseSchedule | None = None,
) -> None:
    """Train for some passes over the examples, which ``passes`` follows.

    The learning rate goes by ``schedule``. Without one it rises over the first tenth of the updates
    and falls over the last half. If training may end early it stays level instead, until the
    accuracy on the examples held back has not improved for ``passes.patience`` passes or just so
    many are left; over these it falls. So training that ends early ends with small steps too.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C came before the first pass was done; later it ends training with a warning.
    """
    batch_size = min(batch_size, len(examples.labels))
    passes.epochs = epochs
    trainer.sections = min(sections, batch_size)

    def run(epochs: int, schedule: BaseSchedule) -> bool:
        passes.begin()
        return not trainer.fit(
            examples.images, examples.labels, epochs=epochs, sample_weight=examples.weights,
            batch_size=batch_size, schedule=schedule, on_update=passes,
        ).interrupted  # fmt: skip

    try:
        with trainer:
            if schedule is not None or not passes.is_early_stopping:
                is_whole = run(epochs, schedule or Schedule(warmup=0.1, cooldown=0.5))
            else:
                falling = int(min(passes.patience, epochs // 2))
                level = epochs - falling
                is_whole = run(level, Schedule(warmup=min(0.1, WARMUP_PASSES / level)))
                if is_whole and falling and not passes.is_ended:
                    passes.patience = math.inf
                    is_whole = run(falling, Schedule(cooldown=1.0))
    finally:
        passes.finish()
    if not is_whole and not passes.count:
        raise KeyboardInterrupt
    if not is_whole:
        warn(
            f"Training was interrupted after {passes.count} of {epochs} passes; what was learned "
            "is kept."
        )


class Pace:
    """How fast images are seen; the first update, which may compile, does not count."""

    def __init__(self) -> None:
        self._since = time.perf_counter()
        self._seen, self._is_first = 0, True
        self.rate = math.nan

    def add(self, images: int) -> None:
        """Note that so many more were seen."""
        now = time.perf_counter()
        self._seen += images
        self.rate = self._seen / max(now - self._since, 1e-9)
        if self._is_first:
            self._since, self._seen, self._is_first = now, 0, False


class Passes:
    """Follows a training update by update, and ends it when the held-back images say so.

    An instance is what ``Trainer.fit`` calls after every update. At the end of every pass it tells
    the mean loss and, if images were held back, the accuracy on them.

    Parameters
    ----------
    trainer : Trainer
        Whose parameters are looked at.
    images : int
        How many images make a pass.
    held_back : Examples or None
        What to measure the weighted accuracy on.
    patience : float
        After how many passes without improvement to stop, and to go back to the best; infinite to
        do neither.
    tell : callable
        Called with an :class:`Epoch` after every pass; ends training by returning True.
    before : int, default 0
        Passes of earlier calls, after which the numbers go on. If there are any, the parameters
        that the trainer has may turn out to be the best.
    watch : callable, optional
        Called with a :class:`Standing` after every update.

    Attributes
    ----------
    count : int
        Passes done.
    epochs : int
        Passes to do.
    is_ended : bool
        Whether ``tell`` has ended training.
    is_early_stopping : bool
        Whether the images held back may end training, and say which parameters are best.
    """

    def __init__(
        self,
        trainer: Trainer,
        images: int,
        held_back: Examples | None,
        patience: float,
        tell: Callable[[Epoch], object],
        before: int = 0,
        watch: Callable[[Standing], None] | None = None,
    ) -> None:
        self.count = 0
        self.epochs = 1
        self.is_ended = False
        self.patience = patience
        self._trainer = trainer
        self._images = images
        self._held_back = held_back
        self._tell = tell
        self._before = before
        self._watch = watch
        self._pace = Pace()
        self._seen = self._counted = 0
        self._sum = self._right = 0.0
        self._best = -math.inf
        self._best_parameters = trainer.averaged.copy()
        self._waited = 0
        self.is_early_stopping = held_back is not None and patience < math.inf
        if held_back is not None and self.is_early_stopping and before:
            self._best, _ = self._scores(held_back)

    def begin(self) -> None:
        """Start a pass anew: a call of ``Trainer.fit`` begins with one."""
        self._seen = self._images * self.count
        self._begin_pass()

    def _begin_pass(self) -> None:
        self._sum, self._right, self._counted = 0.0, 0.0, 0

    def __call__(self, update: Update) -> bool:
        """Note an update; return whether training should end."""
        self._sum += update.loss * update.images
        self._right += update.accuracy * update.images
        self._counted += update.images
        self._seen += update.images
        self._pace.add(update.images)
        # A batch of nearly all images may end two passes at once; then both have its loss.
        loss, accuracy = self._sum / self._counted, self._right / self._counted
        epoch = self._epoch(self.count + 1, loss, accuracy, (None, None))
        while self._seen >= self._images * (self.count + 1):
            self._begin_pass()
            measured = self._measure()
            self.count += 1
            epoch = self._epoch(self.count, loss, accuracy, measured)
            if self._tell(epoch) is True:
                self.is_ended = True
        if self._watch is not None:
            self._watch(Standing(self._seen / (self._images * self.epochs), epoch))
        return self.is_ended or self._waited >= self.patience

    def _epoch(
        self,
        number: int,
        loss: float,
        accuracy: float,
        measured: tuple[float, float] | tuple[None, None],
    ) -> Epoch:
        """Return what there is to tell of a pass of this call."""
        score, validation_loss = measured
        left = max(0, self._images * self.epochs - self._seen)
        return Epoch(
            self._before + number, loss, score, accuracy, self._before + self.epochs,
            self._pace.rate, left / self._pace.rate, self._trainer.network.loss.targets,
            validation_loss,
        )  # fmt: skip

    def finish(self) -> None:
        """Go back to the parameters that were best, if training may end early."""
        if self.is_early_stopping and self.count and self._best > -math.inf:
            self._trainer.parameters = self._best_parameters

    def _measure(self) -> tuple[float, float] | tuple[None, None]:
        """Return accuracy and loss on the images held back; keep the parameters if best."""
        if self._held_back is None:
            return None, None
        score, loss = self._scores(self._held_back)
        self._waited += 1
        if score > self._best:
            self._best, self._waited = score, 0
            self._best_parameters = self._trainer.averaged.copy()
        return score, loss

    def _scores(self, examples: Examples) -> tuple[float, float]:
        images, labels, weights = examples
        trainer = self._trainer
        result = run_network(
            trainer.network, trainer.averaged, images, labels, trainer.workers, weights=weights
        )
        return held_back_score(result, labels, weights), result.loss


def held_back_score(
    found: Evaluation, targets: NDArray[Any], weights: NDArray[np.float64]
) -> float:
    """Return the weighted accuracy of what was found; of numbers the weighted ``R^2``."""
    if found.kind == "classes":
        return float(np.average(found.predicted == targets, weights=weights))
    if found.kind == "labels":
        right = (found.predicted == (targets > 0.5)).all(axis=1)
        return float(np.average(right, weights=weights))
    held, shares = targets.astype(np.float64), weights / weights.max()
    with np.errstate(under="ignore"):
        mean = np.average(held, axis=0, weights=shares)
        off = float((shares[:, None] * (found.predicted - held) ** 2).sum())
        variance = float((shares[:, None] * (held - mean) ** 2).sum())
    if variance == 0.0:
        return 1.0 if off == 0.0 else 0.0
    return 1.0 - off / variance
