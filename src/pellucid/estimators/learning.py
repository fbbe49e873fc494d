"""How a CNNClassifier learns: the checks, the state, the training of fit and partial_fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight

from pellucid.errors import ConfigurationError, DataError
from pellucid.estimators.classes import class_factors, class_indices, named_classes
from pellucid.estimators.passes import (
    Epoch,
    Examples,
    Passes,
    batch_size_for,
    passes_for,
    sections_for,
    split,
    train,
)
from pellucid.estimators.prediction import PredictionMixin, validated
from pellucid.estimators.rows import (
    Images,
    check_image_shape,
    image_shape_of,
    rows_of,
    warn_of_color,
)
from pellucid.estimators.settings import (
    build_augmentation,
    build_network,
    check_settings,
    check_unchanged,
)
from pellucid.images.augmentation import Augmentation
from pellucid.images.canonical import canonical
from pellucid.images.pixel_range import pixel_range_of, range_in_bytes, warn_of_another_scale
from pellucid.images.preprocessing import Preprocessing
from pellucid.network.layers import Layer, Shape
from pellucid.network.network import Network
from pellucid.training import Adam, Trainer
from pellucid.training.checks import LARGEST_WEIGHT

__all__ = ["LearningMixin"]

LARGEST_SUM = 1e300
"""What weights may add up to, so that no sum of them overflows."""


class LearningMixin(PredictionMixin):
    """What the methods of :class:`pellucid.CNNClassifier` that learn are made of."""

    network: Network | Sequence[Layer] | None
    image_shape: tuple[int, ...] | None
    pixel_range: Any
    max_iter: int | str
    batch_size: int | str
    learning_rate: float
    beta1: float
    beta2: float
    epsilon: float
    augmentation: Augmentation | str | None
    class_weight: dict[Any, float] | str | None
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    warm_start: bool
    random_state: Any
    verbose: bool | int
    callbacks: Sequence[Callable[[Epoch], object]]

    preprocessing_: Preprocessing
    loss_curve_: list[float]
    validation_scores_: list[float] | None
    n_iter_: int
    _range_in_bytes: tuple[float, float]

    def _fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None) -> None:
        check_settings(self)
        is_new = not (self.warm_start and hasattr(self, "_trainer"))
        samples, targets, weights, shape = self._checked(X, y, sample_weight, is_new=is_new)
        if is_new:
            used = _used(samples, weights)
            self._begin(used, shape, np.unique(targets), is_first_part=False)
        images, labels = self._labeled(samples, targets, shape, is_new=is_new)
        kept, weights = canonical(images, labels, weights)
        weights = self._class_weighted(labels[kept], weights, LARGEST_SUM / len(kept))
        kept, weights = kept[weights > 0], weights[weights > 0]
        if not self.early_stopping:
            self._train(Examples(images[kept], labels[kept], weights), None)
            return
        where = split(labels[kept], self.validation_fraction, self._trainer.seed)
        parts = [Examples(images[kept[w]], labels[kept[w]], weights[w]) for w in where]
        self._train(*parts)

    def _fit_part(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None,
        sample_weight: ArrayLike | None,
    ) -> None:
        check_settings(self)
        is_new = not hasattr(self, "_trainer")
        named = None if classes is None else named_classes(classes)
        if is_new and named is None:
            raise DataError("classes must be given on the first call of partial_fit.")
        if not is_new and named is not None and named.tolist() != self.classes_.tolist():
            raise DataError(
                f"classes is {named.tolist()}, but the first call had {self.classes_.tolist()}."
            )
        samples, targets, weights, shape = self._checked(X, y, sample_weight, is_new=is_new)
        if is_new and named is not None:
            self._begin(_used(samples, weights), shape, named, is_first_part=True)
        images, labels = self._labeled(samples, targets, shape, is_new=is_new)
        weights = self._class_weighted(labels, weights, LARGEST_WEIGHT)
        used = np.flatnonzero(weights > 0)
        self._train_part(Examples(images[used], labels[used], weights[used]))

    def _keep_layers(self) -> None:
        """Make a list of layers that come from an iterator, which can be gone through only once."""
        if hasattr(self.network, "__next__"):
            layers: Any = self.network
            self.network = list(layers)

    def _checked(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, *, is_new: bool
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64], Shape]:
        """Return checked rows of pixels, classes and weights, and the shape of one image."""
        rows, shape = rows_of(X)
        samples, targets = validated(self, rows, y, reset=is_new)
        check_classification_targets(targets)
        weights = _check_sample_weight(
            sample_weight, samples, dtype=np.float64, ensure_non_negative=True
        )
        if not weights.any():
            raise DataError("All values of sample_weight are zero; one must be above 0.")
        if weights.max() > LARGEST_SUM / len(weights):
            raise DataError(f"sample_weight goes up to {weights.max():g}; use smaller numbers.")
        return samples, targets, weights, shape

    def _begin(
        self, used: NDArray[Any], shape: Shape, classes: NDArray[Any], *, is_first_part: bool
    ) -> None:
        """Make the network and its trainer, from the images that count."""
        if len(classes) < 2:
            raise DataError(
                f"There is only one class, {classes.tolist()[0]!r}; a classifier needs at least "
                "two."
            )
        warn_of_color(shape, self.image_shape)
        network = build_network(self.network, image_shape_of(shape, self.image_shape), len(classes))
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        self.pixel_range_ = pixel_range_of(used, self.pixel_range, is_first_part=is_first_part)
        self._range_in_bytes = range_in_bytes(used, self.pixel_range_)
        self.classes_ = classes
        self.network_ = network
        self.preprocessing_ = Preprocessing.default(network.input_shape)
        self.loss_curve_ = []
        self.validation_scores_ = None
        self.n_iter_ = 0
        self._trainer = Trainer(network, seed=seed)

    def _labeled(
        self, samples: NDArray[Any], targets: NDArray[Any], shape: Shape, *, is_new: bool
    ) -> tuple[Images, NDArray[np.int64]]:
        """Return images and the places of their classes; see that both are those of before."""
        check_image_shape(shape, self.network_.input_shape)
        if not is_new:
            check_unchanged(self)
            warn_of_another_scale(samples, self.pixel_range_)
        labels = class_indices(targets, self.classes_)
        return Images(samples, self.pixel_range_, self.network_.input_shape), labels

    def _class_weighted(
        self, labels: NDArray[np.int64], weights: NDArray[np.float64], largest: float
    ) -> NDArray[np.float64]:
        factors = class_factors(self.class_weight, self.classes_, labels, weights)
        with np.errstate(over="ignore", under="ignore"):
            weighted = weights * factors[labels]
        if not weighted.any():
            raise DataError(
                f"class_weight {self.class_weight!r} leaves no image with a weight above 0."
            )
        if weighted.max() > largest:
            raise ConfigurationError(
                f"sample_weight and class_weight {self.class_weight!r} make weights of up to "
                f"{weighted.max():g}; use smaller numbers, so that they are at most {largest:g}."
            )
        return weighted

    def _train(self, examples: Examples, held_back: Examples | None) -> None:
        trainer, count = self._trainer_with_settings(), len(examples.labels)
        passes = Passes(
            trainer, count, held_back, self.n_iter_no_change, self._note, before=self.n_iter_
        )
        size = batch_size_for(self.batch_size, count)
        train(trainer, examples, passes, epochs=passes_for(self.max_iter, count), batch_size=size)

    def _train_part(self, examples: Examples) -> None:
        """Do one pass, with weights as they are: they mean the same in every call."""
        images, labels, weights = examples
        batch_size = batch_size_for(self.batch_size, len(labels))
        with self._trainer_with_settings() as trainer:
            trainer.sections = sections_for(batch_size)
            history = trainer.fit(
                images, labels, sample_weight=weights, normalize_weights=False,
                batch_size=batch_size,
            )  # fmt: skip
        if history.images == len(labels):
            loss = history.mean_loss / math.fsum(weights / len(labels))
            self._note(Epoch(self.n_iter_ + 1, loss, None))
        if history.interrupted:
            raise KeyboardInterrupt

    def _trainer_with_settings(self) -> Trainer:
        trainer = self._trainer
        settings = (self.learning_rate, self.beta1, self.beta2, self.epsilon)
        trainer.optimizer = Adam(*map(float, settings))
        trainer.augmentation = build_augmentation(self.augmentation, trainer.network.input_shape)
        trainer.workers = self._workers()
        return trainer

    def _note(self, epoch: Epoch) -> None:
        """Keep what happened in a pass, then tell it: who is told may raise an error."""
        score = epoch.validation_score
        if score is not None and self.validation_scores_ is None:
            self.validation_scores_ = [math.nan] * len(self.loss_curve_)
        if self.validation_scores_ is not None:
            self.validation_scores_.append(math.nan if score is None else score)
        self.loss_curve_.append(epoch.loss)
        self.n_iter_ = epoch.epoch
        if self.verbose:
            rest = "" if score is None else f"  validation accuracy {score:.4f}"
            print(f"epoch {epoch.epoch}  loss {epoch.loss:.4f}{rest}", flush=True)
        for callback in self.callbacks:
            callback(epoch)


def _used(samples: NDArray[Any], weights: NDArray[np.float64]) -> NDArray[Any]:
    """Return the samples that count, without a copy if all do."""
    return samples if weights.all() else samples[weights > 0]
