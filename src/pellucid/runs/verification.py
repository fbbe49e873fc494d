"""Training a run anew, to see whether it gives the same bits."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path

from pellucid.console import Say
from pellucid.data import Dataset
from pellucid.errors import Argument, CheckpointError, ConfigurationError, DataError
from pellucid.kernels.compiling.cache import announce_with
from pellucid.kernels.compiling.target import made_with, told_apart
from pellucid.runs.fitting import fit_arguments
from pellucid.runs.folder import CHECKPOINTS, START
from pellucid.runs.held_back import hold_back
from pellucid.runs.progress import show_progress
from pellucid.runs.ready import make_trainer
from pellucid.runs.recorded import Recorded, read_recorded
from pellucid.runs.start import Start
from pellucid.training import Checkpoint, Update
from pellucid.training.checkpoints import newest_checkpoint

__all__ = ["Verification", "verify_run"]


@dataclass(frozen=True)
class Verification:
    """Whether a run, trained anew, gave the same bits.

    Attributes
    ----------
    updates : int
        How many were trained anew.
    first : int
        The number of the first of them.
    recorded, found : Update or None
        The first update that differs, as the run's history has it and as it came out now.
    fingerprint_recorded, fingerprint_found : str
        Those of the parameters: the model's, and what training gave; ``""`` if an update differed.
    apart : str
        What others of the run's files say otherwise, in words; ``""`` where they agree.
    """

    updates: int
    first: int
    recorded: Update | None
    found: Update | None
    fingerprint_recorded: str
    fingerprint_found: str
    apart: str = ""

    @property
    def same(self) -> bool:
        """Whether every bit agrees."""
        is_model = self.fingerprint_recorded == self.fingerprint_found
        return self.found is None and is_model and not self.apart

    def __str__(self) -> str:
        if self.found is not None and self.recorded is not None:
            how = _difference(self.recorded, self.found)
            return f"The bits differ, first in update {self.found.update}: {how}."
        last = self.first + self.updates - 1
        if not self.same:
            how = (
                f"they give the fingerprint {self.fingerprint_found}, and the model has "
                f"{self.fingerprint_recorded}"
            )
            how = self.apart if self.fingerprint_recorded == self.fingerprint_found else how
            return f"The bits differ: updates {self.first} to {last} agree, but {how}."
        return (
            f"The bits agree: updates {self.first} to {last} trained anew, fingerprint "
            f"{self.fingerprint_found}."
        )


def _difference(then: Update, now: Update) -> str:
    """Return in words how two updates differ that should be one."""
    if then.loss != now.loss:
        return f"its loss was {then.loss!r} and is {now.loss!r} now"
    if then.images != now.images:
        return f"it had {then.images:,} images and has {now.images:,} now"
    if then.fingerprint != now.fingerprint:
        return (
            "its loss is the same, but the parameters after it had the fingerprint "
            f"{then.fingerprint}... and have {now.fingerprint}... now"
        )
    if then.accuracy != now.accuracy:
        return f"its accuracy was {then.accuracy!r} and is {now.accuracy!r} now"
    return (
        f"its validation loss was {then.validation_loss!r} and is {now.validation_loss!r} now, the "
        f"accuracy {then.validation_accuracy!r} and {now.validation_accuracy!r}"
    )


def verify_run(
    run: str | os.PathLike[str],
    say: Say,
    *,
    last: int | None = None,
    data: str | None = None,
    workers: int | None = None,
) -> Verification:
    """Train a run anew from what it recorded, and compare every update and the parameters.

    Nothing is written. Of every update loss and accuracy, those of a validation too, to their last
    digit, and the fingerprint of the parameters after it are compared; training ends with the first
    that differs. So are the fingerprint and the number of updates in ``metrics.json``, where it is
    there; and where a checkpoint stands for model and history that don't belong together, these.

    Parameters
    ----------
    run : path-like
        The folder of a run of ``pellucid train``. Where it holds no model yet, or one without its
        history, its newest good checkpoint is verified.
    say : callable
        Is told, a line at a time, what is going on.
    last : int, optional
        Train only the last so many updates anew, from a checkpoint before them.
    data : str, optional
        Where the run's data is now; by default where it was.
    workers : int, optional
        Threads; they never change the result.

    Raises
    ------
    ConfigurationError
        ``last`` is out of bounds.
    ModelFileError, CheckpointError
        The folder holds no run, or no checkpoint that goes back so far.
    DataError
        The data is not there, or not that of the run.
    """
    folder = Path(run)
    recorded = read_recorded(folder, say)
    announce_with(say)
    count = len(recorded.history)
    if last is not None and not 1 <= last <= count:
        raise ConfigurationError(
            f"last is {last}; the run has {count:,} updates, so 1 to {count}.", argument="last"
        )
    start = None if last is None else _start(folder, count - last, say)
    dataset = _data(recorded, data, say)
    if apart := told_apart(recorded.versions, made_with()):
        say(f"The run was made by other versions ({apart}); its last bits may differ.")
    begun = None
    if recorded.settings.start_from is not None and start is None:
        begun = Start.read(folder / START)
    return _compare(recorded, start, dataset, workers, begun)


def _data(recorded: Recorded, source: str | None, say: Say) -> Dataset:
    """Return the data of a run, which may be elsewhere now, or refuse other data."""
    if source is None:
        dataset = recorded.settings.load_again(say)
    else:
        dataset = dataclasses.replace(recorded.settings, data=source).load(say)
    if dataset.fingerprint() != recorded.data_fingerprint:
        raise DataError(
            f"{dataset.name} is not the data of this run: its fingerprint is "
            f"{dataset.fingerprint()}, the run's was {recorded.data_fingerprint}; name the run's "
            "data with ",
            Argument("data"),
            ".",
        )
    return dataset


def _start(folder: Path, number: int, say: Say) -> Checkpoint | None:
    """Return the newest checkpoint that is not behind an update; None to begin with the first."""
    if number == 0:
        return None
    try:
        return newest_checkpoint(
            folder / CHECKPOINTS, say, lambda checkpoint: len(checkpoint.state.updates) <= number
        )
    except CheckpointError as error:
        raise CheckpointError(
            f"{error} The last updates must begin at or before update {number}; leave out ",
            Argument("last"),
            " to train the whole run anew.",
        ) from error


@dataclass
class _Comparison:
    """The updates of a record, which those trained anew are held to."""

    recorded: Recorded
    different: Update | None = None

    def is_same(self, update: Update) -> bool:
        """Compare one more update; return whether none has differed yet."""
        if self.different is None and _bits(self.then(update)) != _bits(update):
            self.different = update
        return self.different is None

    def then(self, update: Update) -> Update:
        """Return what the record has in an update's place."""
        return self.recorded.history.updates[update.update - 1]


def _compare(
    recorded: Recorded,
    start: Checkpoint | None,
    dataset: Dataset,
    workers: int | None,
    begun: Start | None,
) -> Verification:
    """Train what a run did after a checkpoint, or all of it, until an update differs."""
    settings, history = recorded.settings, recorded.history
    dataset, held_back = hold_back(settings, dataset)
    done = [] if start is None else start.state.updates
    comparison = _Comparison(recorded)
    with (
        make_trainer(recorded.network, settings, workers) as trainer,
        show_progress(len(history), history.images, resumed=bool(done)) as show,
    ):
        if begun is not None:
            trainer.parameters = begun.parameters(recorded.network, dataset.classes, settings.seed)

        def on_update(update: Update) -> bool:
            show(update)
            return not comparison.is_same(update) or update.update == len(history)

        # A checkpoint written before the first update has none to compare.
        if (not done or comparison.is_same(done[-1])) and len(done) < len(history):
            trainer.fit(
                **fit_arguments(settings, dataset, held_back),
                on_update=on_update,
                resume=start or False,
            )
        now = comparison.different
        return Verification(
            updates=(len(trainer.history) if now is None else now.update) - len(done),
            first=len(done) + 1,
            recorded=None if now is None else comparison.then(now),
            found=now,
            fingerprint_recorded=recorded.fingerprint,
            fingerprint_found="" if now is not None else recorded.fingerprint_of(trainer),
            apart=recorded.apart,
        )


def _bits(update: Update) -> tuple[int, str, str, str, str]:
    validation = f"{update.validation_loss!r} {update.validation_accuracy!r}"
    return update.images, repr(update.loss), repr(update.accuracy), update.fingerprint, validation
