"""A run that is about to begin: its data is read, all settings are known, and all is checked."""

from __future__ import annotations

import dataclasses
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.arguments import seconds
from pellucid.console import Say
from pellucid.data import Dataset
from pellucid.execution.sections import prepare
from pellucid.kernels.compiling.cache import announce_with
from pellucid.network.network import Network
from pellucid.recipes.pace import images_within
from pellucid.recipes.randomizing import suited
from pellucid.runs.checks import check_data, check_resumed_data, check_settings
from pellucid.runs.held_back import HeldBack, hold_back
from pellucid.runs.plan import Plan, network_of
from pellucid.runs.settings import RunSettings
from pellucid.runs.start import Start
from pellucid.training import Trainer

__all__ = ["Ready", "make_ready", "make_trainer"]


@dataclass(frozen=True, eq=False)
class Ready:
    """All that a run takes.

    Attributes
    ----------
    settings : RunSettings
        All of them.
    dataset : Dataset
        What is left to train on, and the test images.
    held_back : HeldBack or None
        What is measured on meanwhile.
    network : Network
        Compiled.
    data_fingerprint : str
        Of the data before anything was held back.
    start : Start or None
        What it starts from, if not from the beginning.
    """

    settings: RunSettings
    dataset: Dataset
    held_back: HeldBack | None
    network: Network
    data_fingerprint: str
    start: Start | None = None

    @property
    def configuration(self) -> dict[str, Any]:
        """What model and checkpoints say of how the run was done."""
        told = {"data": self.dataset.name, "data_fingerprint": self.data_fingerprint}
        return {**self.settings.to_dict(), **told}

    def trainer(self, executor: Executor | None = None) -> Trainer:
        """Return what trains, with what a model has learned if it starts from one."""
        trainer = make_trainer(self.network, self.settings, executor=executor)
        if self.start is not None:
            seed = self.settings.seed
            trainer.parameters = self.start.parameters(self.network, self.dataset.classes, seed)
        return trainer


def make_ready(
    asked: RunSettings | Plan,
    say: Say,
    *,
    executor: Executor | None = None,
    resumed: Path | None = None,
) -> Ready:
    """Read the data, complete the settings, and check all of it.

    Parameters
    ----------
    asked : RunSettings or Plan
        What to do; a plan becomes settings once the data is read.
    say : callable
        Is told, a line at a time, what is going on.
    executor : Executor, optional
        What will train, where it is no threads.
    resumed : Path, optional
        The folder of the run that is gone on with, whose data this must be.

    Raises
    ------
    ConfigurationError, DataError, DownloadError, CheckpointError, ModelFileError
        Settings, data or a model to start from that can't be used.
    """
    plan = asked if isinstance(asked, Plan) else None
    settings = asked.settings if isinstance(asked, Plan) else asked
    check_settings(settings)
    start = None if plan is None else plan.start
    if plan is None and settings.start_from is not None and resumed is None:
        start = Start.read(settings.start_from)
    dataset = settings.load(say) if resumed is None else settings.load_again(say)
    settings = settings.suited(dataset.input_shape)
    data_fingerprint = dataset.fingerprint()
    dataset, held_back = hold_back(settings, dataset)
    if resumed is not None:
        check_resumed_data(resumed, dataset, data_fingerprint)
    _say_data(dataset, held_back, say)
    if plan is not None:
        settings = plan.completed(dataset, say)
        check_settings(settings)
    check_data(dataset, settings)
    network = _network(dataset, settings, say)
    if plan is not None and settings.time is not None:
        settings = _within_time(settings, network, dataset, executor, say)
    if held_back is not None:
        held_back = held_back.measured_in(settings)
    return Ready(settings, dataset, held_back, network, data_fingerprint, start)


def make_trainer(
    network: Network,
    settings: RunSettings,
    workers: int | None = None,
    executor: Executor | None = None,
) -> Trainer:
    """Return the trainer of a run, with a number of workers of its own or that of the settings."""
    return Trainer(
        network,
        optimizer=settings.optimizer,
        clip_norm=settings.clip_norm,
        average=settings.average,
        augmentation=suited(settings.augmentation, network.input_shape),
        sections=settings.sections,
        workers=settings.workers if workers is None else workers,
        executor=executor,
        seed=settings.seed,
    )


def _say_data(dataset: Dataset, held_back: HeldBack | None, say: Say) -> None:
    say(
        f"Data: {dataset.name}, {len(dataset.train_images):,} training and "
        f"{len(dataset.test_images):,} test images ({dataset.source})."
    )
    if held_back is not None and held_back.is_own:
        say(f"Its {len(held_back.labels):,} images to validate are measured on while training.")
    elif held_back is not None:
        say(f"{len(held_back.labels):,} more training images are held back to validate.")
    if dataset.validation is not None and not (held_back is not None and held_back.is_own):
        say(f"Its own {len(dataset.validation[1]):,} images to validate are not used.")


def _network(dataset: Dataset, settings: RunSettings, say: Say) -> Network:
    """Return the network for some data, compiled."""
    announce_with(say)
    network = network_of(settings, dataset.input_shape, len(dataset.classes))
    prepare(network)  # here, because what it says would go into the middle of a progress bar
    return network


def _within_time(
    settings: RunSettings, network: Network, dataset: Dataset, executor: Executor | None, say: Say
) -> RunSettings:
    """Return settings with as many images as can be drawn within the time that they name."""
    images = images_within(
        seconds("time", str(settings.time)),
        lambda: make_trainer(network, settings, executor=executor),
        dataset.train_images, dataset.train_labels, settings.batch_size,
    )  # fmt: skip
    passes = images / len(dataset.train_images)
    say(
        f"Within {settings.time} this machine trains on about {images:,} images ({passes:.1f} "
        f"passes). That number is recorded: --images {images} gives the same bits anywhere."
    )
    return dataclasses.replace(settings, images=images)
