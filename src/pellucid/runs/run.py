"""The reference run: from a data set to a folder with the model, its figures and its pictures."""

from __future__ import annotations

import contextlib
import math
import os
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from pellucid.console import Say
from pellucid.data import Dataset
from pellucid.errors import (
    Argument,
    CheckpointError,
    ConfigurationError,
    DivergenceError,
    ExecutorError,
)
from pellucid.execution.executors import open_executor
from pellucid.execution.features import known_from
from pellucid.execution.remote.image_file import remove_abandoned_files
from pellucid.images.known import Known
from pellucid.runs.checks import check_settings
from pellucid.runs.finished import FinishedRun, Metrics
from pellucid.runs.fitting import fit_arguments
from pellucid.runs.folder import CHECKPOINTS, check_folder, held_in, hold_folder
from pellucid.runs.held_back import HeldBack
from pellucid.runs.output import Output
from pellucid.runs.plan import Plan
from pellucid.runs.progress import show_progress
from pellucid.runs.ready import make_ready
from pellucid.runs.settings import RunSettings
from pellucid.training import Checkpoints, History, Trainer, Update
from pellucid.training.batches import batch_sizes
from pellucid.training.checkpoints import newest_checkpoint
from pellucid.training.interrupt import Terminated

__all__ = ["reference_run", "resumed_settings"]


def reference_run(
    settings: RunSettings | Plan,
    out: str | os.PathLike[str],
    say: Say,
    *,
    overwrite: bool = False,
    checkpoints: Checkpoints | None = None,
    resume: bool = False,
) -> Metrics:
    """Train a network, test it, and write everything into a folder.

    Written are ``model.safetensors``, ``metrics.json``, ``history.csv``, and the pictures
    ``loss.png``, ``predictions.png``, ``confusion.png``, ``randomized.png`` (if images are
    randomized) and ``filters.png`` (if there are convolutions), and ``report.html``, all of it on
    one page. After Ctrl-C the same is done with what was learned; after
    SIGTERM only the model and its history are written, and Terminated is raised. A run that
    diverges keeps its last good parameters and its history.

    Parameters
    ----------
    settings : RunSettings or Plan
        What to do; a plan becomes settings once the data is read.
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
    Metrics
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
    asked = settings
    settings = asked.settings if isinstance(asked, Plan) else asked
    check_settings(settings)
    folder = Path(out)
    check_folder(folder, overwrite=overwrite, resume=resume)
    remove_abandoned_files()
    with contextlib.ExitStack() as stack:
        # All that can fail comes before the folder is touched.
        executor = _opened(stack, settings, resume)
        ready = make_ready(asked, say, executor=executor, resumed=folder if resume else None)
        settings, dataset = ready.settings, ready.dataset
        output = Output(
            folder,
            ready.configuration,
            replaces=overwrite and not resume,
            start=ready.start,
        ).with_checkpoints(checkpoints, say)
        stack.enter_context(hold_folder(folder, overwrite=overwrite, resume=resume))
        trainer = stack.enter_context(ready.trainer(executor))
        run = _Run(settings, dataset, ready.held_back, trainer, output, say)
        return run.finish(run.train(resume))


def resumed_settings(out: str | os.PathLike[str]) -> RunSettings:
    """Return the settings of the run in a folder, as its newest good checkpoint has them.

    Raises
    ------
    CheckpointError
        There is no usable checkpoint, or it is not one of this command.
    """
    folder = Path(out) / CHECKPOINTS
    try:
        checkpoint = newest_checkpoint(folder, lambda line: None)  # reading it again will tell
    except CheckpointError as error:
        refused = CheckpointError(f"Can't resume the run in {out}: {error}")
        if held_in(Path(out)):
            refused.add(" Begin anew with ", Argument("overwrite"), ", or in another folder with ")
            refused.add(Argument("out"), ".")
        else:
            refused.add(" Leave out ", Argument("resume"), " to begin anew.")
        raise refused from error
    try:
        return RunSettings.from_dict(checkpoint.configuration)
    except Exception as error:
        raise CheckpointError(
            f"Can't resume the run in {out}: its checkpoints were not written by pellucid train."
        ) from error


def _opened(stack: contextlib.ExitStack, settings: RunSettings, resume: bool) -> Executor | None:
    """Open the executor; tell those who resume that it may be another."""
    try:
        return stack.enter_context(open_executor(settings.executor, settings.workers))
    except (ConfigurationError, ExecutorError) as error:
        if resume:
            error.add(" Or go on with another executor: ", Argument("executor"), " threads.")
        raise


@dataclass(frozen=True)
class _Run:
    """A run, once everything is checked and loaded."""

    settings: RunSettings
    dataset: Dataset
    held_back: HeldBack | None
    trainer: Trainer
    output: Output
    say: Say

    def train(self, resume: bool) -> History:
        """Train; keep what was learned, however that ends, and say so."""
        settings = self.settings
        updates = len(batch_sizes(settings.images, settings.batch_size))
        with show_progress(updates, settings.images, resumed=resume) as show:

            def on_update(update: Update) -> None:
                if update.update == 1:
                    self.output.begin()
                show(update)

            try:
                history = self.trainer.fit(
                    **fit_arguments(settings, self.dataset, self.held_back),
                    on_update=on_update,
                    checkpoints=self.output.checkpoints,
                    resume=resume,
                )
            except (DivergenceError, ExecutorError) as error:
                self._keep(error)
                raise
            except Terminated:
                if self.trainer.history.interrupted:  # in order, not by a second signal
                    self._save(self.trainer.history)
                    self._say_stopped(self.trainer.history)
                raise
        if history.interrupted:
            self._say_stopped(history)
        elif settings.patience is not None:
            self._say_best(history, updates)
        return history

    def finish(self, history: History) -> Metrics:
        """Save, test, and draw."""
        self._save(history)
        self.say("Testing, and drawing the pictures.")
        evaluation = self.trainer.evaluate(self.dataset.test_images, self.dataset.test_labels)
        if not math.isfinite(evaluation.loss):
            raise DivergenceError(
                f"The loss on the test images is {evaluation.loss}; lower the learning rate. What "
                f"was learned is kept in {self.output.model}."
            )
        self.output.save(self.trainer, self.dataset, history, self._known())
        finished = FinishedRun(self.settings, self.dataset, self.trainer, history, evaluation)
        metrics = finished.metrics(self.output.configuration["data_fingerprint"])
        self.output.save_metrics(metrics)
        finished.draw(self.output.folder, metrics)
        for warning in metrics.warnings:
            self.say(warning)
        return metrics

    def _known(self) -> Known:
        """Return what tells unknown images: the test images are those that were held back."""
        trainer, dataset = self.trainer, self.dataset
        return known_from(
            trainer.network, trainer.averaged, dataset.train_images, dataset.train_labels,
            dataset.test_images, workers=trainer.workers,
        )  # fmt: skip

    def _save(self, history: History) -> None:
        self.output.save(self.trainer, self.dataset, history)

    def _keep(self, error: DivergenceError | ExecutorError) -> None:
        """Save what was learned before an error, if anything was, and let the error say so."""
        if not self.trainer.history.updates:
            return
        self._save(self.trainer.history)
        error.add(f" They are kept in {self.output.model}.")
        if isinstance(error, ExecutorError) and self.output.checkpoints is not None:
            error.add(" Go on with ", Argument("resume"), ".")

    def _say_best(self, history: History, updates: int) -> None:
        best = history.best
        if best is None:
            return
        early = f"Training ended early, after update {len(history)} of {updates}. "
        self.say(
            f"{early if len(history) < updates else ''}Kept is what was best on the images to "
            f"validate: {best.validation_accuracy:.3%} after update {best.update}."
        )

    def _say_stopped(self, history: History) -> None:
        go_on = "" if self.output.checkpoints is None else " Go on with --resume."
        self.say(f"Stopped after update {len(history)}; keeping what was learned.{go_on}")
