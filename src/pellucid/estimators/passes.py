"""What CNNClassifier does around the training loop: parts held back, passes over the data."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from pellucid.arguments import warn
from pellucid.errors import DataError
from pellucid.execution.inference import run_network
from pellucid.training import Schedule, Trainer, Update

__all__ = [
    "Epoch",
    "Examples",
    "Passes",
    "batch_size_for",
    "passes_for",
    "sections_for",
    "split",
    "train",
]

SECTIONS = 8
"""Parts that a batch is worked on in, where it has as many images."""

WARMUP_PASSES = 2.0
"""Passes in which the learning rate rises, at most, where training may end early."""


class Examples(NamedTuple):
    """Images with their classes and weights.

    Attributes
    ----------
    images : ndarray of shape (n, C, H, W), uint8 or float32
    labels : ndarray of shape (n,), int64
    weights : ndarray of shape (n,), float64
    """

    images: NDArray[Any]
    labels: NDArray[np.int64]
    weights: NDArray[np.float64]


class Epoch(NamedTuple):
    """What callbacks are told after every pass over the training data.

    Attributes
    ----------
    epoch : int
        Its number, from 1; it goes on over calls that go on from one another.
    loss : float
        Mean cross-entropy of its batches, in nats an image.
    validation_score : float or None
        Weighted accuracy on the images held back, with ``early_stopping``.
    """

    epoch: int
    loss: float
    validation_score: float | None


def split(
    labels: NDArray[np.int64], fraction: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which images to train on and which to hold back, by class where that is possible.

    Raises
    ------
    DataError
        Too few images to hold any back.
    """
    count = len(labels)
    held_back = math.ceil(fraction * count)
    sizes = np.bincount(labels)
    by_class = sizes[sizes > 0].min() >= 2 and min(held_back, count - held_back) >= len(sizes)
    if count - held_back < 1:
        raise DataError(
            f"early_stopping can't hold back {fraction:g} of {count} images and train on the rest; "
            "give more images, or set early_stopping=False."
        )
    train, held = train_test_split(
        np.arange(count), test_size=held_back, random_state=seed % 2**32,
        stratify=labels if by_class else None,
    )  # fmt: skip
    return train, held


def passes_for(wanted: int | str, images: int) -> int:
    """Return how often to go over the images: as often as wanted, or small sets more often.

    Examples
    --------
    >>> [passes_for("auto", images) for images in (100, 1437, 10_000, 60_000, 1_000_000)]
    [80, 79, 30, 12, 5]
    """
    if not isinstance(wanted, str):
        return int(wanted)
    return min(80, max(5, round(3000 / math.sqrt(images))))


def batch_size_for(wanted: int | str, images: int) -> int:
    """Return how many images an update takes: never more than there are.

    Examples
    --------
    >>> [batch_size_for("auto", images) for images in (20, 1000, 4000, 60_000)]
    [20, 32, 100, 256]
    """
    size = min(256, max(32, images // 40)) if isinstance(wanted, str) else int(wanted)
    return min(size, images)


def sections_for(batch_size: int) -> int:
    """Return into how many sections to cut a batch: Trainer wants an image for each."""
    return min(SECTIONS, batch_size)


def train(
    trainer: Trainer, examples: Examples, passes: Passes, *, epochs: int, batch_size: int
) -> None:
    """Train for some passes over the examples, which ``passes`` follows.

    The learning rate rises over the first tenth of the updates and falls over the last half. If
    examples are held back it stays level instead, until the accuracy on them has not improved for
    ``passes.patience`` passes or just so many are left; over these it falls. So training that ends
    early ends with small steps too.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C came before the first pass was done; later it ends training with a warning.
    """
    batch_size = min(batch_size, len(examples.labels))
    trainer.sections = sections_for(batch_size)

    def run(epochs: int, schedule: Schedule) -> bool:
        passes.begin()
        return not trainer.fit(
            examples.images, examples.labels, epochs=epochs, sample_weight=examples.weights,
            batch_size=batch_size, schedule=schedule, on_update=passes,
        ).interrupted  # fmt: skip

    try:
        with trainer:
            if not passes.is_early_stopping:
                is_whole = run(epochs, Schedule(warmup=0.1, cooldown=0.5))
            else:
                falling = int(min(passes.patience, epochs // 2))
                level = epochs - falling
                is_whole = run(level, Schedule(warmup=min(0.1, WARMUP_PASSES / level)))
                if is_whole and falling:
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
        After how many passes without improvement to stop.
    tell : callable
        Called with an :class:`Epoch` after every pass.
    before : int, default 0
        Passes of earlier calls, after which the numbers go on. If there are any, the parameters
        that the trainer has may turn out to be the best.

    Attributes
    ----------
    count : int
        Passes done.
    """

    def __init__(
        self,
        trainer: Trainer,
        images: int,
        held_back: Examples | None,
        patience: float,
        tell: Callable[[Epoch], None],
        before: int = 0,
    ) -> None:
        self.count = 0
        self.patience = patience
        self._trainer = trainer
        self._images = images
        self._held_back = held_back
        self._tell = tell
        self._before = before
        self._seen = self._counted = 0
        self._sum = 0.0
        self._best = -math.inf
        self._best_parameters = trainer.parameters.copy()
        self._waited = 0
        if held_back is not None and before:
            self._best = self._score(held_back)

    @property
    def is_early_stopping(self) -> bool:
        """Whether images are held back."""
        return self._held_back is not None

    def begin(self) -> None:
        """Start a pass anew: a call of ``Trainer.fit`` begins with one."""
        self._seen = self._images * self.count
        self._sum, self._counted = 0.0, 0

    def __call__(self, update: Update) -> bool:
        """Note an update; return whether training should end."""
        self._sum += update.loss * update.images
        self._counted += update.images
        self._seen += update.images
        # A batch of nearly all images may end two passes at once; then both have its loss.
        loss = self._sum / self._counted
        while self._seen >= self._images * (self.count + 1):
            self._sum, self._counted = 0.0, 0
            score = self._measure()
            self.count += 1
            self._tell(Epoch(self._before + self.count, loss, score))
        return self._waited >= self.patience

    def finish(self) -> None:
        """Go back to the parameters that were best, if images were held back."""
        if self.count and self._best > -math.inf:
            self._trainer.parameters[:] = self._best_parameters

    def _measure(self) -> float | None:
        """Return the accuracy on the images held back; keep the parameters if it is the best."""
        if self._held_back is None:
            return None
        score = self._score(self._held_back)
        self._waited += 1
        if score > self._best:
            self._best, self._waited = score, 0
            self._best_parameters = self._trainer.parameters.copy()
        return score

    def _score(self, examples: Examples) -> float:
        images, labels, weights = examples
        trainer = self._trainer
        result = run_network(trainer.network, trainer.parameters, images, labels, trainer.workers)
        return float(np.average(result.predicted == labels, weights=weights))
