"""The reference run: from a data set to a folder with the model, its figures and its pictures."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import os
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data import Dataset
from pellucid.errors import (
    CheckpointError,
    ConfigurationError,
    DataError,
    DivergenceError,
    ExecutorError,
)
from pellucid.execution.executors import check_executor, open_executor
from pellucid.execution.inference import Evaluation
from pellucid.execution.remote.image_file import remove_abandoned_files
from pellucid.files.atomic import atomic_write
from pellucid.files.fingerprints import fingerprint
from pellucid.files.model_file import Model, save_model
from pellucid.images.preprocessing import Preprocessing
from pellucid.network import presets
from pellucid.network.network import Network
from pellucid.runs.folder import (
    CHECKPOINTS,
    HISTORY,
    METRICS,
    MODEL,
    PICTURES,
    check_folder,
    held_in,
    hold_folder,
    remove_checkpoints,
    remove_results,
)
from pellucid.runs.progress import show_progress
from pellucid.runs.settings import RunSettings, Say
from pellucid.training import Checkpoints, History, Trainer, Update
from pellucid.training.batches import batch_sizes
from pellucid.training.checkpoints import newest_checkpoint
from pellucid.training.interrupt import Terminated

__all__ = ["make_trainer", "reference_run", "resumed_options"]

LEAST_SIDE = 10
"""Pixels that an image's shorter side needs for two 5 x 5 filters and a 2 x 2 pool."""
MOST_UPDATES = 10_000_000


def reference_run(
    settings: RunSettings,
    out: str | os.PathLike[str],
    say: Say,
    *,
    overwrite: bool = False,
    checkpoints: Checkpoints | None = None,
    resume: bool = False,
) -> dict[str, Any]:
    """Train the reference network, test it, and write everything into a folder.

    Written are ``model.safetensors``, ``metrics.json``, ``history.csv``, and the pictures
    ``loss.png``, ``predictions.png``, ``confusion.png``, ``randomized.png`` (if images are
    randomized) and ``filters.png``. After Ctrl-C the same is done with what was learned; after
    SIGTERM only the model and its history are written, and Terminated is raised. A run that
    diverges keeps its last good parameters and its history.

    Parameters
    ----------
    settings : RunSettings
        What to do.
    out : path-like
        The folder; it is made.
    say : callable
        Is told, a line at a time, what is going on.
    overwrite : bool, default False
        Whether a run that is in the folder may be replaced. Its files stay until the first update
        is done or, without checkpoints, until the new model is written.
    checkpoints : Checkpoints, optional
        How often to write checkpoints, and how many to keep; they go to ``checkpoints`` in the
        folder, whatever folder this names. None by default.
    resume : bool, default False
        Go on from the newest checkpoint in the folder.

    Returns
    -------
    dict
        What ``metrics.json`` holds.

    Raises
    ------
    RunExistsError
        The folder holds a run, or a file that a run would write, already.
    RunInUseError
        Another process is training into it.
    CheckpointError
        There is nothing to resume from, or it is of a run with other data or settings.
    ConfigurationError, DataError, DownloadError, DivergenceError, ExecutorError
        See :class:`pellucid.Trainer` and :func:`pellucid.data.load`.
    """
    _check_settings(settings)
    folder = Path(out)
    check_folder(folder, overwrite=overwrite, resume=resume)
    remove_abandoned_files()
    with contextlib.ExitStack() as stack:
        # All that can fail comes before the folder is touched.
        executor = _opened(stack, settings, resume)
        digits = settings.load_again(say) if resume else settings.load(say)
        network = _network(digits, say)
        configuration = {
            **settings.to_dict(), "data": digits.name, "data_fingerprint": digits.fingerprint()
        }  # fmt: skip
        replace = overwrite and not resume
        if checkpoints is not None:
            checkpoints = dataclasses.replace(
                checkpoints, folder=folder / CHECKPOINTS, replace=replace,
                configuration=configuration, say=say,
            )  # fmt: skip
        stack.enter_context(hold_folder(folder, overwrite=overwrite, resume=resume))
        trainer = stack.enter_context(make_trainer(network, settings, executor=executor))
        run = _Run(trainer, digits, settings, configuration, folder, checkpoints, replace, say)
        return run.results(run.train(resume))


def _opened(stack: contextlib.ExitStack, settings: RunSettings, resume: bool) -> Executor | None:
    """Open the executor; tell those who resume that it may be another."""
    try:
        return stack.enter_context(open_executor(settings.executor, settings.workers))
    except (ConfigurationError, ExecutorError) as error:
        if resume:
            error.args = (f"{error} Or go on with another executor: --executor threads.",)
        raise


def _network(digits: Dataset, say: Say) -> Network:
    """Return the network for some data, compiled; say what the data are."""
    from pellucid.execution.sections import prepare
    from pellucid.kernels.compiling.compile import announce_with

    say(f"Data: {digits.name}, {len(digits.train_images):,} training and "
        f"{len(digits.test_images):,} test images ({digits.source}).")  # fmt: skip
    _check_data(digits)
    announce_with(say)
    network = presets.reference(digits.input_shape, len(digits.classes))
    prepare(network)  # here, because what it says would go into the middle of a progress bar
    return network


def resumed_options(out: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the options of the run in a folder, as its newest good checkpoint has them.

    Raises
    ------
    CheckpointError
        There is no usable checkpoint, or it is not one of this command.
    """
    folder = Path(out) / CHECKPOINTS
    try:
        checkpoint = newest_checkpoint(folder, lambda line: None)  # reading it again will tell
    except CheckpointError as error:
        anew = "Leave out --resume to begin anew."
        if held_in(Path(out)):
            anew = "Begin anew with --overwrite, or in another folder with --out."
        raise CheckpointError(f"Can't resume the run in {out}: {error} {anew}") from error
    try:
        return RunSettings.from_dict(checkpoint.configuration).to_options()
    except Exception as error:
        raise CheckpointError(
            f"Can't resume the run in {out}: its checkpoints were not written by pellucid train."
        ) from error


def _check_settings(settings: RunSettings) -> None:
    """Look at what can be wrong before data is fetched."""
    check_executor(settings.executor, settings.workers)
    make_trainer(presets.reference(), settings).close()
    if not 0 < settings.test_share < 1:
        raise ConfigurationError(
            f"test_share is {settings.test_share}; it must be above 0 and below 1, such as 0.2."
        )
    if settings.size is not None and min(settings.size) < LEAST_SIDE:
        height, width = settings.size
        raise ConfigurationError(
            f"size is {height} x {width}, too small for the reference network; it needs "
            f"{LEAST_SIDE} x {LEAST_SIDE} at least."
        )
    if settings.batch_size < settings.sections:
        raise ConfigurationError(
            f"batch_size is {settings.batch_size}, but each of the {settings.sections} sections "
            "needs an image; use a larger batch_size or fewer sections."
        )
    if settings.images < 1:
        raise ConfigurationError(f"images is {settings.images}; at least 1 is needed.")
    if settings.images // settings.batch_size > MOST_UPDATES:
        raise ConfigurationError(
            f"images is {settings.images}, which is more than {MOST_UPDATES:,} updates of "
            f"batch_size {settings.batch_size}; use fewer."
        )


def make_trainer(
    network: Network,
    settings: RunSettings,
    workers: int | None = None,
    executor: Executor | None = None,
) -> Trainer:
    """Return the trainer of a run, with a number of workers of its own or that of the settings."""
    workers = settings.workers if workers is None else workers
    return Trainer(
        network, optimizer=settings.optimizer, augmentation=settings.augmentation,
        sections=settings.sections, workers=workers, executor=executor, seed=settings.seed,
    )  # fmt: skip


def _check_data(digits: Dataset) -> None:
    if len(digits.train_images) == 0 or len(digits.test_images) == 0:
        raise DataError(f"{digits.name} needs both training and test images; one of them is empty.")
    if len(digits.classes) < 2:
        raise DataError(
            f"{digits.name} has only the class {digits.classes[0]!r}; a network needs two to tell "
            "apart."
        )
    height, width = digits.input_shape[-2:]
    if min(height, width) < LEAST_SIDE:
        raise DataError(
            f"The images of {digits.name} are {height} x {width}, too small for the reference "
            f"network; it needs {LEAST_SIDE} x {LEAST_SIDE} at least."
        )


def _check_finite(evaluation: Evaluation, folder: Path) -> None:
    if not math.isfinite(evaluation.loss):
        raise DivergenceError(
            f"The loss on the test images is {evaluation.loss}; lower the learning rate. What was "
            f"learned is kept in {folder / MODEL}."
        )


@dataclass(frozen=True)
class _Run:
    """A run, once everything is checked and loaded."""

    trainer: Trainer
    digits: Dataset
    settings: RunSettings
    configuration: dict[str, Any]
    folder: Path
    checkpoints: Checkpoints | None
    replace: bool
    say: Say

    def train(self, resume: bool) -> History:
        """Train; keep what was learned, however that ends, and say so."""
        settings, trainer = self.settings, self.trainer
        updates = len(batch_sizes(settings.images, settings.batch_size))
        with show_progress(updates, settings.images, resumed=resume) as show:

            def on_update(update: Update) -> None:
                if update.update == 1 and self.replace and self.checkpoints is not None:
                    remove_results(self.folder)  # fit removed the checkpoints of the earlier run
                show(update)

            try:
                history = trainer.fit(
                    self.digits.train_images, self.digits.train_labels,
                    total_images=settings.images, batch_size=settings.batch_size,
                    schedule=settings.schedule, on_update=on_update, checkpoints=self.checkpoints,
                    resume=resume,
                )  # fmt: skip
            except (DivergenceError, ExecutorError) as error:
                self._keep(error)
                raise
            except Terminated:
                if trainer.history.interrupted:  # it ended in order, not by a second signal
                    self.save(trainer.history)
                    self._say_stopped(trainer.history)
                raise
        if history.interrupted:
            self._say_stopped(history)
        return history

    def _keep(self, error: DivergenceError | ExecutorError) -> None:
        """Save what was learned before an error, if anything was, and let the error say so."""
        if not self.trainer.history.updates:
            return
        self.save(self.trainer.history)
        go_on = self._go_on if isinstance(error, ExecutorError) else ""
        error.args = (f"{error} They are kept in {self.folder / MODEL}.{go_on}",)

    def _say_stopped(self, history: History) -> None:
        self.say(f"Stopped after update {len(history)}; keeping what was learned.{self._go_on}")

    @property
    def _go_on(self) -> str:
        return "" if self.checkpoints is None else " Go on with --resume."

    def save(self, history: History) -> None:
        """Write the model and its history, and remove what an earlier run said of its own."""
        trainer, digits = self.trainer, self.digits
        model = Model(
            network=trainer.network, parameters=trainer.parameters,
            preprocessing=digits.preprocessing
            or Preprocessing.default(trainer.network.input_shape),
            classes=digits.classes,
            configuration={
                **self.configuration, "updates": len(history),
                "pixel_range": [0, 255 if digits.train_images.dtype == np.uint8 else 1],
                "loss_curve": history.pass_losses(len(digits.train_images)),
            },
        )  # fmt: skip
        save_model(self.folder / MODEL, model)
        atomic_write(self.folder / HISTORY, history.to_csv().encode())
        remove_results(self.folder, (METRICS, *PICTURES))
        if self.replace and self.checkpoints is None:
            remove_checkpoints(self.folder)

    def results(self, history: History) -> dict[str, Any]:
        """Save, test, and draw; return what ``metrics.json`` holds."""
        self.save(history)
        self.say("Testing, and drawing the pictures.")
        evaluation = self.trainer.evaluate(self.digits.test_images, self.digits.test_labels)
        _check_finite(evaluation, self.folder)
        metrics = self.metrics(history, evaluation)
        atomic_write(self.folder / METRICS, (json.dumps(metrics, indent=2) + "\n").encode())
        _draw(self.trainer, self.digits, self.settings, history, evaluation, self.folder)
        return metrics

    def metrics(self, history: History, evaluation: Evaluation) -> dict[str, Any]:
        """Return what ``metrics.json`` holds."""
        return {
            "accuracy": evaluation.accuracy,
            "loss": evaluation.loss,
            "images": history.images,
            "updates": len(history),
            "seconds": history.seconds,
            "images_per_second": history.images / history.seconds,
            "parameters": self.trainer.network.size,
            "data": self.digits.name,
            "data_source": self.digits.source,
            "data_fingerprint": self.configuration["data_fingerprint"],
            "test_images": len(self.digits.test_images),
            "seed": self.settings.seed,
            "executor": self.settings.executor,
            "workers": self.trainer.workers,
            "fingerprint": fingerprint(self.trainer),
            "interrupted": history.interrupted,
        }


def _draw(
    trainer: Trainer, digits: Dataset, settings: RunSettings, history: History,
    evaluation: Evaluation, folder: Path,
) -> None:  # fmt: skip
    from pellucid import plots

    images, labels = digits.test_images, digits.test_labels
    title = f"Test images, {evaluation.accuracy:.2%} of {len(labels):,} right"
    learned = trainer.network.views(trainer.parameters)
    filters = [name for name in learned if name.startswith("f")]
    figures = {
        "loss": plots.loss_curve(history.losses, images_per_update=settings.batch_size),
        "predictions": plots.predictions(
            images, labels, evaluation.probabilities, digits.classes, title=title
        ),
        "confusion": plots.confusion(labels, evaluation.predicted, digits.classes),
        "filters": plots.filters([learned[name] for name in filters], filters),
    }
    if settings.augmentation is not None:
        before = digits.train_images[:20]
        after = settings.augmentation.apply(before, seed=settings.seed)
        figures["randomized"] = plots.randomized(before, after)
    for name, figure in figures.items():
        plots.save(figure, folder / f"{name}.png")
