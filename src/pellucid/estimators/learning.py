"""How an estimator learns: where a call begins, what it trains on, and what is kept of it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from pellucid.arguments import warn
from pellucid.errors import ConfigurationError, DataError, OutOfMemoryError
from pellucid.estimators.chosen import Chosen, How, default_network
from pellucid.estimators.fitted import Fitted
from pellucid.estimators.given import LARGEST_SUM, Labeled
from pellucid.estimators.neighbors import warn_of_rows
from pellucid.estimators.passes import (
    Epoch,
    Examples,
    Passes,
    split,
    train,
)
from pellucid.estimators.rows import Images, image_shape_of, on_scale
from pellucid.estimators.settings import (
    Settings,
    as_parameter,
    build_network,
)
from pellucid.estimators.tasks import Scale, Task
from pellucid.estimators.telling import Teller, telling
from pellucid.estimators.undo import all_or_nothing
from pellucid.execution.features import known_from
from pellucid.execution.memory import Need, check_training_memory
from pellucid.images.axes import from_all_over
from pellucid.images.canonical import canonical
from pellucid.images.known import check_features, check_held_back
from pellucid.images.looks import MOST, Looks, at_most, guessed_preprocessing
from pellucid.images.pixel_range import pixel_range_of, range_in_bytes
from pellucid.images.sameness import nothing_in_rows
from pellucid.network.network import Network
from pellucid.recipes.learned import has_not_fallen, is_chance
from pellucid.recipes.pace import images_within
from pellucid.training import Trainer
from pellucid.training.checks import LARGEST_WEIGHT

__all__ = ["Learner", "start"]

TELLING = 5
"""Passes from which on it is told that nothing was learned."""

COMMON = 0.9
"""The share of a class above which the accuracy tells too little; then the loss does alone."""


def start(
    settings: Settings,
    given: Labeled,
    before: Fitted | None,
    task: Task,
    *,
    is_first_part: bool = False,
) -> Fitted:
    """Return what there is before the first pass of a call.

    That is what there was, if settings and images are still those it was made for, or else a new
    network and the pixel range of the images that count.
    """
    if before is not None:
        given.images(before)
        _check_same_task(before, task)
        network = before.network
        default = default_network(
            settings, before.chosen, network.input_shape, network.classes, task.loss
        )
        settings.check_unchanged(network, before.pixel_range, task.loss, default)
        given.warn_if_unlike(before)
        return before
    made = given.preprocessing
    if made is not None and settings.image_shape in (None, given.shape[:2]):
        image_shape = made.input_shape  # in which colors of pictures count
    else:
        image_shape = image_shape_of(given.shape, settings.image_shape)
    nothing = nothing_in_rows(given.used, is_any_told=False)
    if nothing is not None:
        warn(f"{nothing}, so nothing can be learned of them; look at how X was made.")
    if len(given.shape) == 1:
        warn_of_rows(given.used, given.feature_names, settings.image_shape, image_shape)
    used = given.used
    pixel_range = pixel_range_of(used, settings.pixel_range, is_first_part=is_first_part)
    chosen, network = _chosen(settings, used, pixel_range, image_shape, task)
    seed = int(check_random_state(settings.random_state).randint(np.iinfo(np.int32).max))
    return Fitted(
        trainer=Trainer(network, seed=seed),
        classes=task.names,
        feature_names=given.feature_names,
        pixel_range=pixel_range,
        range_in_bytes=range_in_bytes(used, pixel_range),
        preprocessing=made or guessed_preprocessing(network.input_shape, None),
        is_guessed=made is None,
        chosen=chosen,
    )


def _chosen(
    settings: Settings,
    used: NDArray[Any],
    pixel_range: tuple[float, float],
    image_shape: tuple[int, ...],
    task: Task,
) -> tuple[Chosen, Network]:
    """Return what suits the images, and the network; their order does not matter."""
    outputs, loss = len(task.names), task.loss
    order = np.argsort(used.sum(axis=1, dtype=np.float64), kind="stable")
    some = used[from_all_over(order, at_most(MOST, image_shape))]
    images = on_scale(some, pixel_range, image_shape)
    chosen = Chosen.of(settings, images, len(used), outputs, loss)
    if settings.network is not None:
        return chosen, build_network(settings.network, image_shape, outputs, loss)
    return chosen, default_network(settings, chosen, image_shape, outputs, loss)


def _check_same_task(before: Fitted, task: Task) -> None:
    """Refuse to go on with another number of columns of y."""
    outputs, columns = before.network.classes, len(task.names)
    if task.loss.targets != "classes" and columns != outputs:
        raise DataError(
            f"y has {columns} columns, but training had {outputs}; give as many, or train anew "
            "with warm_start=False."
        )


class Learner:
    """Does the passes of one call. What there is after a pass is kept at once, then told.

    A call either does a pass at least or changes nothing.

    Parameters
    ----------
    settings : Settings
        How to train.
    given : Labeled
        What to train on.
    fitted : Fitted
        Where to begin.
    keep : callable
        Takes what there is after each pass.
    """

    def __init__(
        self,
        settings: Settings,
        given: Labeled,
        fitted: Fitted,
        keep: Callable[[Fitted], None],
    ) -> None:
        self._settings = settings
        self._given = given
        self._fitted = fitted
        self._keep = keep
        self._before = fitted.n_iter
        self._last: Epoch | None = None

    def fit(self, task: Task, validation: Examples | None = None) -> None:
        """Train for as many passes as the settings say, on each different image once.

        What is measured on is ``validation`` or, with early stopping, a part that is held back.
        """
        settings, images = self._settings, self._given.images(self._fitted)
        self._check_memory(images, int(np.count_nonzero(self._given.weights)))
        kept, weights = canonical(images, task.targets, self._given.weights)
        self._look_at(kept[: at_most(MOST, self._fitted.network.input_shape)])
        weights = task.weigh(task.targets[kept], weights, LARGEST_SUM / len(kept))
        kept, weights = kept[weights > 0], weights[weights > 0]
        targets = self._scaled(task.targets[kept], weights)
        held_back = validation
        if validation is not None:
            self._check_unknown(len(validation.labels))
            scaled = self._scaled(validation.labels, validation.weights)
            held_back = validation._replace(labels=scaled)
        elif settings.early_stopping or settings.unknown is not None:
            used, held = split(targets, settings.validation_fraction, self._fitted.trainer.seed)
            self._check_unknown(len(held))
            held_back = Examples(images[kept[held]], targets[held], weights[held])
            kept, targets, weights = kept[used], targets[used], weights[used]
        examples = Examples(images[kept], targets, weights)
        count, trainer = len(kept), self._fitted.trainer
        if self._before == 0 and self._fitted.chosen.kind == "photos":
            chosen = self._fitted.chosen.looked_at(images, kept, task.targets)
            self._fitted = dataclasses.replace(self._fitted, chosen=chosen)
        patience = settings.n_iter_no_change if settings.early_stopping else math.inf
        is_measured = validation is not None or settings.early_stopping
        how = self._within_time(self._how(count), examples)
        with all_or_nothing(trainer, self._has_learned), telling(settings.verbose) as teller:
            self._set(trainer, how)
            passes = Passes(
                trainer, count, held_back if is_measured else None, patience,
                partial(self._note, teller), self._before, teller.watch,
            )  # fmt: skip
            train(
                trainer, examples, passes, epochs=how.epochs, batch_size=how.batch_size,
                sections=how.sections, schedule=how.schedule,
            )  # fmt: skip
        self._warn_if_nothing(targets)
        if settings.unknown is not None and held_back is not None:
            known = known_from(
                self._fitted.network, self._fitted.parameters, examples.images,
                examples.labels.astype(np.int64),
                held_back.images, settings.unknown, settings.workers,
            )  # fmt: skip
            self._fitted = dataclasses.replace(self._fitted, known=known)
            self._keep(self._fitted)

    def _warn_if_nothing(self, targets: NDArray[Any]) -> None:
        """Say aloud if the training images themselves were not learned.

        Few passes are told nothing of: in them images were seen by a network that had hardly begun.
        """
        last, passes = self._last, self._fitted.n_iter - self._before
        if last is None or passes < TELLING:
            return
        accuracy, count = last.accuracy, len(targets)
        curve = self._fitted.loss_curve[-passes:]
        found = None
        if last.kind == "numbers" and accuracy <= 0:
            found = f"the last pass had an R^2 of {accuracy:.3f}, and the mean of y gives 0"
        elif last.kind == "classes" and self._weighs_all_alike():
            sizes = np.bincount(targets)
            share, common = sizes.max() / count, self._fitted.classes[int(np.argmax(sizes))]
            if 0 < share <= COMMON and is_chance(accuracy, share, count):
                found = (
                    f"in the last pass {accuracy:.1%} of the training images were right, and "
                    f"always saying {common!s:.40} gives {share:.1%}"
                )
        if found is None and self._before == 0 and has_not_fallen(curve):
            found = f"the loss was {curve[0]:.3g} in the first pass and {curve[-1]:.3g} in the last"
        if found is None:
            return
        own = self._settings.network is not None
        warn(
            f"Little or nothing was learned: {found}. Try a learning rate ten times smaller or "
            "larger, more passes"
            + ", BatchNorm2D() after the convolutions of a deep network, or network=None" * own
            + "; or look at whether X tells y at all."
        )

    def _weighs_all_alike(self) -> bool:
        weights = self._given.weights
        used = weights[weights > 0]
        return self._settings.class_weight is None and bool((used == used[0]).all())

    def _check_memory(self, images: Images, count: int) -> None:
        """Refuse, before work starts, what needs more memory than there is."""
        network = self._fitted.network
        how = self._how(count)
        batch_size, sections = how.batch_size, how.sections
        size = count * math.prod(network.input_shape) * images.dtype.itemsize
        copy = Need(f"a copy of the {count:,} images as {images.dtype}", size)
        try:
            check_training_memory(network, self._settings.workers, batch_size, sections, copy)
        except OutOfMemoryError as error:
            raise error.named(as_parameter) from None

    def _check_unknown(self, held_back: int) -> None:
        """Refuse, before training, what could not tell unknown images after it."""
        if self._settings.unknown is None:
            return
        kind = self._fitted.network.loss.targets
        if kind != "classes":
            raise ConfigurationError(
                f"unknown is {self._settings.unknown!r}, but the network's loss is of {kind}: only "
                "what is like no class can be unknown; leave it None.",
                argument="unknown",
            )
        check_features(self._fitted.n_features_out)
        more = "give more images or a larger validation_fraction"
        check_held_back(held_back, self._settings.unknown, more)

    def fit_part(self, task: Task) -> None:
        """Do one pass, with weights as they are: they mean the same in every call."""
        images = self._given.images(self._fitted)
        weights = task.weigh(task.targets, self._given.weights, LARGEST_WEIGHT)
        used = np.flatnonzero(weights > 0)
        weights, count = weights[used], len(used)
        targets = self._scaled(task.targets[used], weights)
        self._check_memory(images, count)
        self._look_at(from_all_over(used, at_most(MOST, self._fitted.network.input_shape)))
        trainer, verbose = self._fitted.trainer, self._settings.verbose
        how = self._how(count)
        with all_or_nothing(trainer, self._has_learned), telling(verbose) as teller:
            self._set(trainer, how)
            trainer.sections = how.sections
            with trainer:
                history = trainer.fit(
                    images[used], targets, sample_weight=weights, normalize_weights=False,
                    batch_size=how.batch_size,
                )  # fmt: skip
            if history.images == count:
                loss = history.mean_loss / math.fsum(weights / count)
                right = math.fsum(u.accuracy * u.images for u in history.updates) / count
                rate = count / max(history.seconds, 1e-9)
                kind = trainer.network.loss.targets
                epoch = Epoch(self._before + 1, loss, None, right, None, rate, kind=kind)
                self._note(teller, epoch)
            if history.interrupted:
                raise KeyboardInterrupt

    def _scaled(self, targets: NDArray[Any], weights: NDArray[np.float64]) -> NDArray[Any]:
        """Return targets as the network takes them: numbers by the scale of the first that came."""
        if self._fitted.network.loss.targets != "numbers":
            return targets
        scale = self._fitted.scale or Scale.of(targets, weights)
        self._fitted = dataclasses.replace(self._fitted, scale=scale)
        return scale.scaled(targets)

    def _look_at(self, some: NDArray[np.int64]) -> None:
        """Note what some images look like, as different ones may come later."""
        fitted, shape = self._fitted, self._fitted.network.input_shape
        looks = Looks.of(self._given.on_scale(fitted, self._given.samples[some]))
        if looks is None:
            return
        if fitted.looks is not None:
            looks = fitted.looks.joined(looks)
        made = guessed_preprocessing(shape, looks) if fitted.is_guessed else fitted.preprocessing
        self._fitted = dataclasses.replace(fitted, looks=looks, preprocessing=made)

    def _how(self, images: int) -> How:
        """Return how this call trains on so many images."""
        return How.of(self._settings, self._fitted.chosen, self._fitted.network, images)

    def _within_time(self, how: How, examples: Examples) -> How:
        """Return the same with as many passes as there is time for, if that was given."""
        settings, count = self._settings, len(examples.labels)
        if settings.max_time is None:
            return how
        images = images_within(
            settings.max_time, partial(self._trial, how), examples.images, examples.labels,
            how.batch_size,
        )  # fmt: skip
        if images < count:
            warn(
                f"One pass over {count:,} images takes longer than max_time={settings.max_time:g} "
                "seconds, by a first measure; one is done all the same. Give fewer images, or more "
                "time."
            )
        return dataclasses.replace(how, epochs=max(1, images // count))

    def _trial(self, how: How) -> Trainer:
        """Return a trainer like the one of this call, to measure with."""
        settings = self._settings
        return Trainer(
            self._fitted.network, optimizer=how.optimizer, clip_norm=settings.clip_norm,
            average=settings.average, augmentation=how.augmentation, sections=how.sections,
            workers=settings.workers,
        )  # fmt: skip

    def _set(self, trainer: Trainer, how: How) -> None:
        """Set the trainer as this call wants it."""
        settings = self._settings
        trainer.optimizer, trainer.clip_norm = how.optimizer, settings.clip_norm
        trainer.average = settings.average
        trainer.augmentation = how.augmentation
        trainer.workers = settings.workers

    def _has_learned(self) -> bool:
        return self._fitted.n_iter > self._before

    def _note(self, teller: Teller, epoch: Epoch) -> bool:
        """Keep what happened in a pass, then tell it; return whether training should end.

        Who is told may raise an error.
        """
        self._fitted, self._last = self._fitted.after(epoch), epoch
        self._keep(self._fitted)
        teller.tell(epoch)
        answers = [callback(epoch) for callback in self._settings.callbacks]
        return any(answer is True for answer in answers)
