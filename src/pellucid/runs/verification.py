"""Training a run anew, to see whether it gives the same bits."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.errors import (
    Argument,
    CheckpointError,
    ConfigurationError,
    DataError,
    ModelFileError,
)
from pellucid.files.fingerprints import fingerprint
from pellucid.files.model_file import current_versions, load_model
from pellucid.network.network import Network
from pellucid.runs.folder import CHECKPOINTS, HISTORY, METRICS, MODEL
from pellucid.runs.progress import show_progress
from pellucid.runs.run import make_trainer
from pellucid.runs.settings import RunSettings, Say
from pellucid.training import Checkpoint, History, Update
from pellucid.training.checkpoints import checkpoint_paths, newest_checkpoint
from pellucid.training.state import differences

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
    metrics : str
        What ``metrics.json`` says otherwise, in words; ``""`` where it agrees or is not there.
    """

    updates: int
    first: int
    recorded: Update | None
    found: Update | None
    fingerprint_recorded: str
    fingerprint_found: str
    metrics: str = ""

    @property
    def same(self) -> bool:
        """Whether every bit agrees."""
        is_model = self.fingerprint_recorded == self.fingerprint_found
        return self.found is None and is_model and not self.metrics

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
            how = self.metrics if self.fingerprint_recorded == self.fingerprint_found else how
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
    return f"its accuracy was {then.accuracy!r} and is {now.accuracy!r} now"


def verify_run(
    run: str | os.PathLike[str],
    say: Say,
    *,
    last: int | None = None,
    data: str | None = None,
    workers: int | None = None,
) -> Verification:
    """Train a run anew from what it recorded, and compare every update and the parameters.

    Nothing is written. Of every update loss and accuracy, to their last digit, and the fingerprint
    of the parameters after it are compared; training ends with the first that differs. So are the
    fingerprint and the number of updates in ``metrics.json``, where it is there.

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
    recorded = _recorded(folder, say)
    count = len(recorded.history)
    if last is not None and not 1 <= last <= count:
        raise ConfigurationError(
            f"last is {last}; the run has {count:,} updates, so 1 to {count}.", argument="last"
        )
    start = None if last is None else _start(folder, count - last, say)
    settings = recorded.settings
    if data is None:
        digits = settings.load_again(say)
    else:
        digits = dataclasses.replace(settings, data=data).load(say)
    if digits.fingerprint() != recorded.data_fingerprint:
        raise DataError(
            f"{digits.name} is not the data of this run: its fingerprint is "
            f"{digits.fingerprint()}, the run's was {recorded.data_fingerprint}; name the run's "
            "data with ", Argument("data"), ".",
        )  # fmt: skip
    if recorded.versions != (here := current_versions()):
        changed = "; ".join(differences(recorded.versions, here))
        say(f"The run was made by other versions ({changed}); its last bits may differ.")
    return _compare(recorded, start, digits, workers)


@dataclass(frozen=True)
class _Recorded:
    """What a run's files say of it."""

    network: Network
    settings: RunSettings
    history: History
    fingerprint: str
    data_fingerprint: str
    versions: dict[str, str]
    metrics: str = ""


def _recorded(folder: Path, say: Say) -> _Recorded:
    if not (folder / MODEL).exists() and checkpoint_paths(folder / CHECKPOINTS):
        return _of_checkpoint(newest_checkpoint(folder / CHECKPOINTS, lambda line: None))
    if not (folder / MODEL).exists():
        raise ModelFileError(
            f"{folder} holds no run: there is neither {MODEL} nor a checkpoint in it; name a "
            "folder that pellucid train wrote."
        )
    model = load_model(folder / MODEL)
    has_checkpoints = bool(checkpoint_paths(folder / CHECKPOINTS))
    if has_checkpoints and not (folder / HISTORY).exists():
        return _instead(folder, f"There is no {folder / HISTORY}.", say)
    history, updates = _history(folder / HISTORY), model.configuration.get("updates")
    if len(history) != updates:
        apart = (
            f"{folder / HISTORY} has {len(history)} updates, but {MODEL} was trained for {updates};"
            " they are not of one run."
        )
        if has_checkpoints:
            return _instead(folder, apart, say)
        raise ModelFileError(apart)
    found = fingerprint(model)
    recorded = _of(
        model.configuration, model.network, history, found, model.versions, folder / MODEL
    )
    return dataclasses.replace(recorded, metrics=_metrics(folder / METRICS, found, len(history)))


def _instead(folder: Path, why: str, say: Say) -> _Recorded:
    """Return what the newest checkpoint says: a run was killed between model and history."""
    say(
        f"{why} The newest checkpoint is verified instead; 'pellucid train --out {folder} "
        "--resume' writes both anew."
    )
    return _of_checkpoint(newest_checkpoint(folder / CHECKPOINTS, say))


def _of_checkpoint(checkpoint: Checkpoint) -> _Recorded:
    state = checkpoint.state
    return _of(
        checkpoint.configuration, Network.from_dict(checkpoint.settings["network"]),
        History(list(state.updates)), fingerprint(state.parameters), checkpoint.versions,
        "The checkpoint",
    )  # fmt: skip


def _of(
    configuration: dict[str, Any], network: Network, history: History, found: str,
    versions: dict[str, str], where: object,
) -> _Recorded:  # fmt: skip
    try:
        settings = RunSettings.from_dict(configuration)
        data_fingerprint = str(configuration["data_fingerprint"])
    except Exception as error:
        raise ModelFileError(
            f"{where} does not say how it was trained, so it can't be verified; only runs of "
            "pellucid train can."
        ) from error
    if not history.updates:
        raise ModelFileError(
            f"{where} is from before the first update; there is nothing to verify."
        )
    return _Recorded(network, settings, history, found, data_fingerprint, versions)


def _metrics(path: Path, found: str, updates: int) -> str:
    """Return how ``metrics.json`` differs from the model and its history, in words."""
    if not path.exists():
        return ""
    try:
        values = json.loads(path.read_text("utf-8"))
        then, count = values["fingerprint"], values["updates"]
    except (ValueError, LookupError, TypeError) as error:
        raise ModelFileError(f"{path} can't be read: it is not what a run writes.") from error
    if then != found:
        return f"{path.name} has the fingerprint {then}, and the model has {found}"
    return "" if count == updates else f"{path.name} has {count} updates"


def _history(path: Path) -> History:
    try:
        return History.from_csv(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ModelFileError(f"There is no {path}, so there is nothing to compare with.") from None
    except (DataError, UnicodeDecodeError) as error:
        raise ModelFileError(f"{path} can't be read: {error}") from error


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


def _compare(
    recorded: _Recorded, start: Checkpoint | None, digits: Any, workers: int | None
) -> Verification:
    settings, history = recorded.settings, recorded.history.updates
    done = 0 if start is None else len(start.state.updates)
    different: list[Update] = []
    sizes = [update.images for update in history]

    with (
        make_trainer(recorded.network, settings, workers) as trainer,
        show_progress(len(sizes), sum(sizes), resumed=done > 0) as show,
    ):

        def on_update(update: Update) -> bool:
            show(update)
            then = history[update.update - 1]
            if _bits(then) != _bits(update):
                different.append(update)
            return bool(different) or update.update == len(history)

        # A checkpoint written before the first update has none to compare.
        last = start.state.updates[-1] if start is not None and done else None
        if last is not None and _bits(history[done - 1]) != _bits(last):
            different.append(last)
        elif done < len(history):
            trainer.fit(
                digits.train_images, digits.train_labels, total_images=settings.images,
                batch_size=settings.batch_size, schedule=settings.schedule, on_update=on_update,
                resume=start or False,
            )  # fmt: skip
        found = different[0] if different else None
        return Verification(
            updates=len(trainer.history) - done if found is None else found.update - done,
            first=done + 1,
            recorded=None if found is None else history[found.update - 1],
            found=found,
            fingerprint_recorded=recorded.fingerprint,
            fingerprint_found="" if found is not None else fingerprint(trainer),
            metrics=recorded.metrics,
        )


def _bits(update: Update) -> tuple[int, str, str, str]:
    return update.images, repr(update.loss), repr(update.accuracy), update.fingerprint
