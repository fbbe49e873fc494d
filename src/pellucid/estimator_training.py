"""What CNNClassifier does around the training loop: settings, the network, passes over the data."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from pellucid import presets
from pellucid.arguments import is_whole, share, whole
from pellucid.augmentation import Augmentation
from pellucid.errors import ConfigurationError, DataError, NetworkError
from pellucid.estimator_classes import check_class_weight
from pellucid.inference import run_network
from pellucid.layers import Dense, Layer
from pellucid.network import Network
from pellucid.training import Adam, Schedule, Trainer, Update

__all__ = [
    "Epoch",
    "Examples",
    "Passes",
    "batch_size_for",
    "build_augmentation",
    "build_network",
    "check_settings",
    "passes_for",
    "sections_for",
    "split",
    "train",
    "warn_interrupted",
]

AUTO = "auto"

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
        Its number, from 1.
    loss : float
        Mean cross-entropy of its batches, in nats an image.
    validation_score : float or None
        Weighted accuracy on the images held back, with ``early_stopping``.
    """

    epoch: int
    loss: float
    validation_score: float | None


def check_settings(classifier: Any) -> None:
    """Refuse a parameter of the classifier that can't be used.

    Raises
    ------
    ConfigurationError
        The message names the parameter, its value and what it must be.
    """
    whole("n_iter_no_change", classifier.n_iter_no_change, least=1)
    for name in ("max_iter", "batch_size"):
        value = getattr(classifier, name)
        if not (isinstance(value, str) and value == AUTO):
            whole(name, value, least=1, hint=", or 'auto'")
    share("validation_fraction", classifier.validation_fraction)
    try:
        Adam(classifier.learning_rate, classifier.beta1, classifier.beta2, classifier.epsilon)
    except ConfigurationError as error:  # which calls epsilon eps
        raise ConfigurationError(re.sub(r"^eps\b", "epsilon", str(error))) from None
    wanted = classifier.augmentation
    if not (
        isinstance(wanted, Augmentation | None) or (isinstance(wanted, str) and wanted == AUTO)
    ):
        raise ConfigurationError(
            f"augmentation is {wanted!r}; it must be 'auto', None, or an Augmentation, for example "
            "Augmentation()."
        )
    check_class_weight(classifier.class_weight)
    jobs = classifier.n_jobs
    if jobs is not None and (not is_whole(jobs) or jobs == 0):
        raise ConfigurationError(
            f"n_jobs is {jobs!r}; it must be a whole number but 0, or None: -1 is one thread on "
            "each processor."
        )
    callbacks = classifier.callbacks
    if not isinstance(callbacks, Sequence) or not all(map(callable, callbacks)):
        raise ConfigurationError(
            f"callbacks is {callbacks!r}; it must be a list of functions that take an Epoch."
        )


def build_network(
    wanted: Network | Sequence[Layer] | None, image_shape: tuple[int, ...], classes: int
) -> Network:
    """Return the network to train: the user's, or one that fits.

    A list of layers that does not end in Dense is followed by ``Dense(classes)``.

    Raises
    ------
    NetworkError
        The user's network takes other images, or gives another number of classes.
    """
    if wanted is None:
        return presets.default(image_shape, classes)
    if isinstance(wanted, str):
        raise NetworkError(
            f"network is {wanted!r}; it must be a list of layers, a Network, or None."
        )
    if isinstance(wanted, Network):
        network = wanted
    else:
        is_open = isinstance(wanted, list | tuple) and wanted and not isinstance(wanted[-1], Dense)
        network = Network([*wanted, Dense(classes)] if is_open else wanted, image_shape)
    if network.input_shape != image_shape:
        raise NetworkError(
            f"The network takes images of shape {network.input_shape} (channels, height, width), "
            f"but X holds images of shape {image_shape}; set image_shape, or change the network."
        )
    if network.classes != classes:
        raise NetworkError(
            f"The network ends in {network.classes} outputs, but y has {classes} classes; end it "
            f"with Dense({classes})."
        )
    return network


def build_augmentation(
    wanted: Augmentation | str | None, input_shape: tuple[int, ...]
) -> Augmentation | None:
    """Return how to randomize: what the user wants, or something mild that fits the images.

    Examples
    --------
    >>> build_augmentation("auto", (1, 28, 28)).shift
    (-2.8, 2.8)
    >>> build_augmentation("auto", (1, 1, 30)) is None
    True
    """
    if not isinstance(wanted, str):
        return wanted
    side = min(input_shape[1:])
    if side < 8:
        return None
    shift = round(0.1 * side, 3)
    return Augmentation(
        scale=(0.9, 1.1),
        rotation=(-15.0, 15.0),
        shift=(-shift, shift),
        noise_probability=(0.0, 0.0),
    )


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
    trainer: Trainer,
    examples: Examples,
    held_back: Examples | None,
    *,
    epochs: int,
    batch_size: int,
    patience: int,
    tell: Callable[[Epoch], None],
) -> Passes:
    """Train for some passes over the examples, and return what happened.

    The learning rate rises over the first tenth of the updates and falls over the last half. If
    examples are held back it stays level instead, until the accuracy on them has not improved for
    ``patience`` passes or just so many are left; over these it falls. So training that ends early
    ends with small steps too.
    """
    images = len(examples.labels)
    batch_size = min(batch_size, images)
    trainer.sections = sections_for(batch_size)
    passes = Passes(trainer, images, held_back, patience, tell)

    def run(epochs: int, schedule: Schedule) -> bool:
        passes.begin()
        return not trainer.fit(
            examples.images, examples.labels, epochs=epochs, sample_weight=examples.weights,
            batch_size=batch_size, schedule=schedule, on_update=passes,
        ).interrupted  # fmt: skip

    with trainer:
        if held_back is None:
            whole = run(epochs, Schedule(warmup=0.1, cooldown=0.5))
        else:
            falling = min(patience, epochs // 2)
            level = epochs - falling
            whole = run(level, Schedule(warmup=min(0.1, WARMUP_PASSES / level)))
            if whole and falling:
                passes.patience = math.inf
                whole = run(falling, Schedule(cooldown=1.0))
    passes.finish()
    if not whole:
        warn_interrupted(f"{len(passes.losses)} of {epochs} passes", stacklevel=5)
    return passes


def warn_interrupted(after: str, stacklevel: int) -> None:
    """Warn that Ctrl-C ended a training early."""
    warnings.warn(
        f"Training was interrupted after {after}; what was learned is kept.", stacklevel=stacklevel
    )


class Passes:
    """Follows a training update by update, and ends it when the held-back images say so.

    An instance is what ``Trainer.fit`` calls after every update. At the end of every pass it
    notes the mean loss and, if images were held back, the accuracy on them.

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

    Attributes
    ----------
    losses, scores : list of float
        The mean loss of every pass, and the accuracy on the held-back images after it.
    """

    def __init__(
        self,
        trainer: Trainer,
        images: int,
        held_back: Examples | None,
        patience: float,
        tell: Callable[[Epoch], None],
    ) -> None:
        self.losses: list[float] = []
        self.scores: list[float] = []
        self.patience = patience
        self._trainer = trainer
        self._images = images
        self._held_back = held_back
        self._tell = tell
        self._seen = self._counted = 0
        self._sum = 0.0
        self._best = -math.inf
        self._best_parameters = trainer.parameters
        self._waited = 0

    def begin(self) -> None:
        """Start a pass anew: a call of ``Trainer.fit`` begins with one."""
        self._seen = self._images * len(self.losses)
        self._sum, self._counted = 0.0, 0

    def __call__(self, update: Update) -> bool:
        """Note an update; return whether training should end."""
        self._sum += update.loss * update.images
        self._counted += update.images
        self._seen += update.images
        # A batch of nearly all images may end two passes at once; then both have its loss.
        loss = self._sum / self._counted
        while self._seen >= self._images * (len(self.losses) + 1):
            self._sum, self._counted = 0.0, 0
            self.losses.append(loss)
            self._tell(Epoch(len(self.losses), loss, self._score()))
        return self._waited >= self.patience

    def finish(self) -> None:
        """Go back to the parameters that were best, if images were held back."""
        if self.scores:
            self._trainer.parameters[:] = self._best_parameters

    def _score(self) -> float | None:
        if self._held_back is None:
            return None
        images, labels, weights = self._held_back
        trainer = self._trainer
        found = run_network(trainer.network, trainer.parameters, images, labels, trainer.workers)
        score = float(np.average(found.predicted == labels, weights=weights))
        self.scores.append(score)
        self._waited += 1
        if score > self._best:
            self._best, self._waited = score, 0
            self._best_parameters = trainer.parameters.copy()
        return score
