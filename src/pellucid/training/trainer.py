"""The training loop: batch -> sections -> gradients summed in section order -> Adam."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.augmentation import Augmentation
from pellucid.data.checks import check_images, check_labels
from pellucid.errors import ConfigurationError, DataError, DivergenceError
from pellucid.execution.sections import (
    Section,
    SectionResult,
    cut,
    prepare,
    section_step,
)
from pellucid.execution.workers import Workers
from pellucid.inference import Evaluation, evaluate
from pellucid.network import Network
from pellucid.training.adam import Adam, AdamState
from pellucid.training.batches import batch_sizes, batches
from pellucid.training.history import History, Update
from pellucid.training.interrupt import stop_on_interrupt
from pellucid.training.schedule import Schedule

__all__ = ["Trainer"]


class Trainer:
    """Trains a network; the result depends on the data, the settings and the seed alone.

    Parameters
    ----------
    network : Network
        What to train.
    optimizer : Adam, optional
        Its settings; the default is ``Adam()``.
    augmentation : Augmentation, optional
        How each training image is randomized; the default leaves images as they are.
    sections : int, default 8
        Into how many parts a batch is cut, to be worked on at once. Another number may change the
        last bits of the result.
    workers : int, optional
        Threads; the default is one on each processor. It never changes the result.
    seed : int, default 0
        What the initial parameters, the order of the images and the randomizing are drawn from.

    Attributes
    ----------
    parameters : ndarray of shape (network.size,), float32
        The flat vector of parameters; ``network.views`` names its parts.
    history : History
        Every update of every :meth:`fit` so far.

    Raises
    ------
    ConfigurationError
        A setting out of bounds.

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import Adam, Dense, Flatten, Network, Trainer
    >>> images = np.repeat([0, 255], 16).astype(np.uint8)[:, None, None] * np.ones((2, 2), np.uint8)
    >>> labels = np.repeat([0, 1], 16)
    >>> trainer = Trainer(Network([Flatten(), Dense(2)], (2, 2)), optimizer=Adam(0.1))
    >>> history = trainer.fit(images, labels, epochs=50, batch_size=32)
    >>> trainer.evaluate(images, labels).accuracy
    1.0
    """

    def __init__(
        self,
        network: Network,
        *,
        optimizer: Adam | None = None,
        augmentation: Augmentation | None = None,
        sections: int = 8,
        workers: int | None = None,
        seed: int = 0,
    ) -> None:
        self.network = network
        self.optimizer = Adam() if optimizer is None else optimizer
        self.augmentation = augmentation
        self.sections = _whole("sections", sections, least=1)
        self.seed = _whole("seed", seed, least=0, most=2**63 - 1)
        self.workers = Workers(workers)
        self._parameters = network.initial_parameters(self.seed)
        self.history = History()
        self._state = AdamState(network.size)
        self._passes = 0

    @property
    def parameters(self) -> NDArray[np.float32]:
        """The flat vector of parameters, which training changes in place; may be set."""
        return self._parameters

    @parameters.setter
    def parameters(self, vector: NDArray[Any]) -> None:
        self._parameters[:] = self.network.check_parameters(vector)

    def step(self, images: ArrayLike, labels: ArrayLike) -> float:
        """Do one update on one batch; return its mean loss before the update, in nats an image.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, C, H, W)
            uint8 as stored, or floats in [0, 1].
        labels : array-like of shape (n,)
            Classes, from 0.

        Raises
        ------
        DataError
            Images or labels that can't be used; nothing is changed.
        DivergenceError
            The loss or the gradient is NaN or infinite; nothing is changed.
        """
        pixels, classes = self._checked(images, labels)
        indices = np.arange(len(pixels))
        # Images that have no number in any data get the next of a pass of their own.
        passes = np.full(len(pixels), self._passes)
        self._passes += 1
        section = _section(classes, np.ones(len(pixels)), indices, passes)
        return self._update(pixels, section, self.optimizer.learning_rate).loss

    def fit(
        self,
        images: ArrayLike,
        labels: ArrayLike,
        *,
        epochs: float = 1,
        total_images: int | None = None,
        sample_weight: ArrayLike | None = None,
        batch_size: int = 1024,
        schedule: Schedule | None = None,
        on_update: Callable[[Update], object] | None = None,
    ) -> History:
        """Train on shuffled batches; a second call goes on where the first ended.

        The images are drawn in passes over the data, reshuffled whenever they run out. Ctrl-C ends
        training after the update at work; what was learned stays, and ``history.interrupted`` says
        so.

        Parameters
        ----------
        images, labels : array-like
            As in :meth:`step`.
        epochs : float, default 1
            Passes over the data.
        total_images : int, optional
            How many images to draw in all, in place of ``epochs``.
        sample_weight : array-like of shape (n,), optional
            What each image counts. Only their ratios matter: they are divided by their mean.
        batch_size : int, default 1024
            Images an update. A remainder below half a batch joins the last one.
        schedule : Schedule, optional
            How the learning rate changes over this call; the default keeps it constant.
        on_update : callable, optional
            Called after every update; if it returns True, training ends.

        Returns
        -------
        History
            The updates of this call.

        Raises
        ------
        ConfigurationError
            A batch size below the number of sections, or nothing to train on.
        DataError
            Images or labels that can't be used; the message names the first.
        DivergenceError
            The loss or the gradient became NaN or infinite; the parameters are those before.
        """
        batch_size = _whole("batch_size", batch_size, least=1)
        if batch_size < self.sections:
            raise ConfigurationError(
                f"batch_size {batch_size} is smaller than sections {self.sections}, but each "
                f"section needs an image; use sections={batch_size} or a larger batch_size."
            )
        pixels, classes = self._checked(images, labels)
        weights = _mean_one(sample_weight, len(pixels))
        total = _total_images(len(pixels), epochs, total_images)
        done, history, start = len(self.history), History(), time.perf_counter()
        updates, plan = len(batch_sizes(total, batch_size)), schedule or Schedule()
        drawn = batches(len(pixels), total, batch_size, self.seed, self._passes)
        with stop_on_interrupt() as interrupt:
            for number, batch in enumerate(drawn, start=1):
                rate = self.optimizer.learning_rate * plan.factor(number, updates)
                section = _section(classes, weights, batch.indices, batch.passes)
                result = self._update(pixels, section, rate)
                self._passes = int(batch.passes[-1]) + 1
                seconds = time.perf_counter() - start
                update = Update(
                    done + number, len(batch.indices), result.loss, result.accuracy, seconds
                )  # fmt: skip
                history.append(update)
                self.history.append(update)
                if on_update is not None and on_update(update) is True:
                    break
                if interrupt.is_set():
                    history.interrupted = self.history.interrupted = True
                    break
        return history

    def evaluate(self, images: ArrayLike, labels: ArrayLike) -> Evaluation:
        """Return accuracy, loss and probabilities on labeled images, which are not randomized."""
        return evaluate(self.network, self.parameters, images, labels, self.workers.count)

    def close(self) -> None:
        """End the worker threads; training can go on, with new ones."""
        self.workers.close()

    def __enter__(self) -> Trainer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _checked(
        self, images: ArrayLike, labels: ArrayLike
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        pixels = check_images(images, self.network.input_shape)
        classes = check_labels(labels, self.network.classes, len(pixels))
        prepare(self.network)
        nothing = np.zeros(0, dtype=np.float32)
        AdamState(0).update(self.optimizer, nothing, nothing, 1)  # compiled before time is taken
        return (pixels[:, None] if pixels.ndim == 3 else pixels), classes

    def _update(self, images: NDArray[Any], batch: Section, learning_rate: float) -> _Result:
        """Cut, work, add up in section order, check, and let Adam change the parameters."""
        count = len(batch.indices)

        def work(where: slice) -> SectionResult:
            return section_step(
                self.network, self.parameters, images, batch.part(where), self.augmentation,
                self.seed,
            )  # fmt: skip

        results = self.workers.map(work, cut(count, self.sections))
        gradient = results[0].gradient
        for result in results[1:]:
            gradient += result.gradient
        loss = sum(result.loss for result in results) / count
        self._check_finite(loss, gradient)
        settings = dataclasses.replace(self.optimizer, learning_rate=learning_rate)
        self._state.update(settings, self.parameters, gradient, count)
        return _Result(loss, sum(result.correct for result in results) / count)

    def _check_finite(self, loss: float, gradient: NDArray[np.float32]) -> None:
        if math.isfinite(loss) and np.isfinite(gradient).all():
            return
        what = f"The loss is {loss}" if not math.isfinite(loss) else "The gradient is not finite"
        raise DivergenceError(
            f"{what} in update {self._state.t + 1}; lower the learning rate (now "
            f"{self.optimizer.learning_rate:g}). The parameters are those before this update."
        )


class _Result(NamedTuple):
    """Mean loss and accuracy of a batch."""

    loss: float
    accuracy: float


def _whole(name: str, value: Any, *, least: int, most: int | None = None) -> int:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        limit = "" if most is None else f" and at most {most}"
        raise ConfigurationError(
            f"{name} is {value!r}; it must be a whole number of at least {least}{limit}."
        )
    return int(value)


def _section(
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
    indices: NDArray[np.int64],
    passes: NDArray[np.int64],
) -> Section:
    identities = np.stack([passes, indices], axis=1)
    return Section(indices, labels[indices], weights[indices], identities)


def _mean_one(sample_weight: ArrayLike | None, count: int) -> NDArray[np.float64]:
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
    return np.asarray(weights / weights.mean(), dtype=np.float64)


def _total_images(size: int, epochs: float, total_images: int | None) -> int:
    if total_images is not None:
        return _whole("total_images", total_images, least=1)
    if not 0 < epochs < math.inf:
        raise ConfigurationError(f"epochs is {epochs!r}; it must be a finite number above 0.")
    return max(1, round(size * epochs))
