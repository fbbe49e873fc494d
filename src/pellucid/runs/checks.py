"""What can be wrong with a run before it starts: its settings, then its data."""

from __future__ import annotations

from pathlib import Path

from pellucid.arguments import share, whole
from pellucid.data import Dataset
from pellucid.errors import Argument, CheckpointError, ConfigurationError, DataError
from pellucid.execution.executors import check_executor
from pellucid.files.fingerprints import array_fingerprint
from pellucid.recipes.randomizing import suited
from pellucid.runs.class_weights import check_class_weight, sample_weights
from pellucid.runs.folder import CHECKPOINTS
from pellucid.runs.settings import RunSettings
from pellucid.training.checkpoints import newest_checkpoint
from pellucid.training.checks import check_fit_settings, check_trainer_settings

__all__ = ["check_data", "check_resumed_data", "check_settings"]

LEAST_SIDE = 10
"""Pixels that an image's shorter side needs for two 5 x 5 filters and a 2 x 2 pool."""
MOST_UPDATES = 10_000_000


def check_settings(settings: RunSettings) -> None:
    """Refuse settings that can't be used, before data is fetched.

    Raises
    ------
    ConfigurationError
        The message names the setting. What the parts check, optimizer, schedule and augmentation,
        they have checked when they were made.
    """
    check_executor(settings.executor, settings.workers)
    check_trainer_settings(
        settings.optimizer, suited(settings.augmentation, (32, 32)), settings.sections,
        settings.seed,
        clip_norm=settings.clip_norm, average=settings.average,
    )  # fmt: skip
    share("test_share", settings.test_share, ", such as 0.2")
    if settings.validation_share not in (None, 0):
        share("validation_share", settings.validation_share, ", such as 0.1, or 0 for none")
    if settings.patience is not None:
        whole("patience", settings.patience, least=1)
        if settings.validation_share == 0:
            raise ConfigurationError(
                Argument("patience"), f" is {settings.patience}, but ",
                Argument("validation_share"), " is 0, so there would be nothing to go by; leave "
                "one of them out.",
            )  # fmt: skip
    check_class_weight(settings.class_weight)
    if settings.size is not None and min(settings.size) < 1:
        height, width = settings.size
        raise ConfigurationError(
            f"size is {height} x {width}; it must be 1 x 1 at least.", argument="size"
        )
    is_reference = settings.recipe == "reference" and settings.network is None
    if settings.size is not None and min(settings.size) < LEAST_SIDE and is_reference:
        height, width = settings.size
        raise ConfigurationError(
            f"size is {height} x {width}, too small for the reference network; it needs "
            f"{LEAST_SIDE} x {LEAST_SIDE} at least.",
            argument="size",
        )
    check_fit_settings(settings.batch_size, settings.sections, schedule=settings.schedule)
    images = Argument("images")
    if settings.images < 1:
        raise ConfigurationError(images, f" is {settings.images}; at least 1 is needed.")
    if settings.images // settings.batch_size > MOST_UPDATES:
        raise ConfigurationError(
            images,
            f" is {settings.images}, which is more than {MOST_UPDATES:,} updates of ",
            Argument("batch_size"),
            f" {settings.batch_size}; use fewer.",
        )


def check_data(dataset: Dataset, settings: RunSettings) -> None:
    """Refuse data that a network can't be trained on and tested with.

    Raises
    ------
    DataError
        The message names the data, and what is missing.
    ConfigurationError
        A class is weighed that the data does not have.
    """
    if len(dataset.train_images) == 0 or len(dataset.test_images) == 0:
        raise DataError(
            f"{dataset.name} needs both training and test images; one of them is empty."
        )
    if len(dataset.classes) < 2:
        raise DataError(
            f"{dataset.name} has only the class {dataset.classes[0]!r}; a network needs two to "
            "tell apart."
        )
    sample_weights(settings.class_weight, dataset.train_labels, dataset.classes)
    height, width = dataset.input_shape[-2:]
    if min(height, width) < LEAST_SIDE and settings.network is None:
        raise DataError(
            f"The images of {dataset.name} are {height} x {width}, too small for the reference "
            f"network; it needs {LEAST_SIDE} x {LEAST_SIDE} at least. The recipe auto has one that "
            "fits: ", Argument("recipe"), " auto.",
        )  # fmt: skip


def check_resumed_data(folder: Path, dataset: Dataset, fingerprint: str) -> None:
    """Refuse to go on with a run in a folder, and test it on other images than it was begun with.

    Other training images are refused by name when training goes on.

    Raises
    ------
    CheckpointError
        The test images or their labels are not those of the run, or it has no usable checkpoint.
    """
    checkpoint = newest_checkpoint(folder / CHECKPOINTS, lambda line: None)  # which fit will tell
    if checkpoint.configuration.get("data_fingerprint", fingerprint) == fingerprint:
        return
    images, labels = dataset.train_images, dataset.train_labels
    four = images[:, None] if images.ndim == 3 else images
    trained = checkpoint.settings.get("data")
    if isinstance(trained, dict) and (trained.get("images"), trained.get("labels")) == (
        array_fingerprint(four), array_fingerprint(labels)
    ):  # fmt: skip
        raise CheckpointError(
            "Can't resume, for this is another run than the checkpoint's: the data's test images "
            "or their labels differ. Give it the data of that run, or begin anew in another folder."
        )
