"""What an estimator trains and how: its parameters, and where they leave it open, a recipe."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.estimators.settings import Settings
from pellucid.images.augmentation import Augmentation
from pellucid.network.loss import Loss
from pellucid.network.network import Network
from pellucid.recipes import Brief, Recipe, changed, named
from pellucid.recipes.looks import Indexed, Kind, is_mirrored_alike, kind_of
from pellucid.recipes.named import augmentation_for
from pellucid.recipes.sizes import sections_for
from pellucid.training.optimizers.optimizer import Optimizer
from pellucid.training.schedules.base import BaseSchedule

__all__ = ["Chosen", "How", "default_network"]


@dataclass(frozen=True)
class Chosen:
    """What was decided when training began, and holds until it begins anew.

    Attributes
    ----------
    recipe : str
        The recipe's name; never ``"auto"``, but what that stood for.
    kind : {"drawings", "objects", "photos", "signals", "rows"}
        What the images are.
    is_mirrored_alike : bool or None
        Whether left and right may change sides; None where that is not known.
    """

    recipe: str = "plain"
    kind: Kind = "drawings"
    is_mirrored_alike: bool | None = None

    @classmethod
    def of(
        cls, settings: Settings, images: NDArray[Any], count: int, outputs: int, loss: Loss
    ) -> Chosen:
        """Return what suits ``count`` images, of which some (n, C, H, W) of any scale are seen."""
        kind = kind_of(images)
        if settings.recipe.name != "auto":
            return cls(settings.recipe.name, kind)
        if settings.network is not None or settings.recipe.changes.get("network"):
            return cls("plain", kind)
        brief = Brief(images.shape[1:], outputs, count, kind, loss=loss)
        return cls(named("auto", brief).name, kind)

    def looked_at(
        self, images: Indexed, places: NDArray[np.int64], targets: NDArray[Any]
    ) -> Chosen:
        """Return the same, once it is known which images are of one class.

        ``places`` are those of the images that count.
        """
        if self.kind != "photos" or targets.ndim != 1 or targets.dtype.kind not in "iu":
            return self
        alike = is_mirrored_alike(_Places(images, places), targets[places])
        return dataclasses.replace(self, is_mirrored_alike=alike)

    def brief(self, network: Network, images: int) -> Brief:
        """Return what is known of the task."""
        return Brief(
            network.input_shape, network.classes, images, self.kind, self.is_mirrored_alike,
            network.loss,
        )  # fmt: skip


@dataclass(frozen=True)
class How:
    """How a call trains.

    Attributes
    ----------
    optimizer : Optimizer
        What takes the steps.
    augmentation : Augmentation or None
        How images are randomized.
    schedule : BaseSchedule or None
        How the learning rate changes; None is for :func:`pellucid.estimators.passes.train` to say.
    epochs, batch_size, sections : int
        Passes, images an update, and parts of these.
    """

    optimizer: Optimizer
    augmentation: Augmentation | None
    schedule: BaseSchedule | None
    epochs: int
    batch_size: int
    sections: int

    @classmethod
    def of(cls, settings: Settings, chosen: Chosen, network: Network, images: int) -> How:
        """Return how to train on so many images: what was given, and else what the recipe says."""
        recipe = _recipe(settings, chosen, network, images)
        batch_size, epochs = settings.batch_size, settings.max_iter
        size = recipe.batch_size if isinstance(batch_size, str) else batch_size
        is_level = settings.early_stopping or chosen.recipe in ("plain", "signal")
        return cls(
            optimizer=settings.optimizer or recipe.optimizer,
            augmentation=_augmentation(settings, network, recipe, images),
            schedule=settings.schedule or (None if is_level else recipe.schedule),
            epochs=max(1, round(recipe.images / images)) if isinstance(epochs, str) else epochs,
            batch_size=min(size, images),
            sections=sections_for(min(size, images)),
        )


class _Places:
    """Images at some places, which become an array when some are taken."""

    def __init__(self, images: Indexed, places: NDArray[np.int64]) -> None:
        self._images, self._places = images, places

    def __getitem__(self, indices: Any, /) -> NDArray[Any]:
        return self._images[self._places[indices]]


def default_network(
    settings: Settings, chosen: Chosen, input_shape: tuple[int, ...], outputs: int, loss: Loss
) -> Network:
    """Return the network of a recipe."""
    brief = Brief(input_shape, outputs, 1, chosen.kind, chosen.is_mirrored_alike, loss)
    return changed(named(chosen.recipe, brief), settings.recipe.changes, brief).network


def _recipe(settings: Settings, chosen: Chosen, network: Network, images: int) -> Recipe:
    brief = chosen.brief(network, images)
    if settings.network is not None:  # a recipe's network need not suit it
        made = dataclasses.replace(named("plain", brief), network=network)
        changes = {k: v for k, v in settings.recipe.changes.items() if k != "network"}
        return changed(made, changes, brief)
    return changed(named(chosen.recipe, brief), settings.recipe.changes, brief)


def _augmentation(
    settings: Settings, network: Network, recipe: Recipe, images: int
) -> Augmentation | None:
    """Return how to randomize: as was given, by name, or as the recipe says."""
    wanted = settings.augmentation
    if not isinstance(wanted, str):
        return wanted
    if wanted in ("photos", "drawings"):
        return augmentation_for(wanted, network.input_shape, images)
    return recipe.augmentation
