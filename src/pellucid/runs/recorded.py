"""What a run's files say of it: how it was trained, every update, and what came out."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.console import Say
from pellucid.errors import DataError, ModelFileError
from pellucid.files.fingerprints import fingerprint
from pellucid.files.model_file import Model, load_model
from pellucid.network.network import Network
from pellucid.runs.folder import CHECKPOINTS, HISTORY, METRICS, MODEL
from pellucid.runs.settings import RunSettings
from pellucid.training import Checkpoint, History, Trainer
from pellucid.training.checkpoints import checkpoint_paths, newest_checkpoint

__all__ = ["Recorded", "read_recorded"]


@dataclass(frozen=True)
class Recorded:
    """What a run's files say of it.

    Attributes
    ----------
    network : Network
        What was trained.
    settings : RunSettings
        How.
    history : History
        Every update, one at least.
    fingerprint, data_fingerprint : str
        Those of the parameters at the end, and of the data.
    versions : dict
        What trained it.
    apart : str
        What others of the run's files say otherwise, in words; ``""`` where they agree.
    is_checkpoint : bool
        Whether it is a checkpoint's parameters that the fingerprint is of.
    """

    network: Network
    settings: RunSettings
    history: History
    fingerprint: str
    data_fingerprint: str
    versions: dict[str, str]
    apart: str = ""
    is_checkpoint: bool = False

    def fingerprint_of(self, trainer: Trainer) -> str:
        """Return what a training of the same has in place of ``fingerprint``.

        A checkpoint has an average's statistics of norms as they are averaged along.
        """
        return fingerprint(trainer.state.predicting if self.is_checkpoint else trainer.averaged)


def read_recorded(folder: Path, say: Say) -> Recorded:
    """Return what the files in a folder say of a run.

    Where there is no model yet, or one without its history, the newest good checkpoint tells.

    Raises
    ------
    ModelFileError, CheckpointError
        The folder holds no run, or one whose files are not of one run.
    """
    has_checkpoints = bool(checkpoint_paths(folder / CHECKPOINTS))
    if not (folder / MODEL).exists():
        if has_checkpoints:
            return _of_checkpoint(newest_checkpoint(folder / CHECKPOINTS, lambda line: None))
        raise ModelFileError(
            f"{folder} holds no run: there is neither {MODEL} nor a checkpoint in it; name a "
            "folder that pellucid train wrote."
        )
    model = load_model(folder / MODEL)
    if has_checkpoints and not (folder / HISTORY).exists():
        return _instead(folder, model, None, f"There is no {folder / HISTORY}.", say)
    history, updates = _history(folder / HISTORY), model.configuration.get("updates")
    if len(history) == updates:
        return _of_model(folder, model, history)
    apart = (
        f"{folder / HISTORY} has {len(history)} updates, but {MODEL} was trained for {updates}; "
        "they are not of one run."
    )
    if has_checkpoints:
        return _instead(folder, model, history, apart, say)
    raise ModelFileError(apart)


def _instead(folder: Path, model: Model, history: History | None, why: str, say: Say) -> Recorded:
    """Return what the newest checkpoint says: a run was killed between model and history.

    Or something else happened to them: what is there is held to the checkpoint.
    """
    say(
        f"{why} The newest checkpoint is verified instead; 'pellucid train --out {folder} "
        "--resume' writes both anew."
    )
    recorded = _of_checkpoint(newest_checkpoint(folder / CHECKPOINTS, say))
    return dataclasses.replace(recorded, apart=_checkpoint_apart(recorded, model, history))


def _checkpoint_apart(recorded: Recorded, model: Model, history: History | None) -> str:
    """Return how a model and its history differ from the checkpoint that stands for them.

    A model of an average has other statistics of norms, brought up to date.
    """
    count, found = len(recorded.history), fingerprint(model)
    if found != recorded.fingerprint and not _is_average_with_statistics(recorded):
        return (
            f"{MODEL} has the fingerprint {found}, and the newest checkpoint, of update {count}, "
            f"has {recorded.fingerprint}"
        )
    if history is not None:
        return f"{HISTORY} has {len(history)} updates, and the newest checkpoint {count}"
    return ""


def _is_average_with_statistics(recorded: Recorded) -> bool:
    network = recorded.network
    return recorded.settings.average is not None and network.trained_size < network.size


def _of_model(folder: Path, model: Model, history: History) -> Recorded:
    settings, data_fingerprint = _described(model.configuration, history, folder / MODEL)
    parameters = fingerprint(model)
    return Recorded(
        network=model.network,
        settings=settings,
        history=history,
        fingerprint=parameters,
        data_fingerprint=data_fingerprint,
        versions=model.versions,
        apart=_metrics_apart(folder / METRICS, parameters, len(history)),
    )


def _of_checkpoint(checkpoint: Checkpoint) -> Recorded:
    history = History(list(checkpoint.state.updates))
    settings, data_fingerprint = _described(checkpoint.configuration, history, "The checkpoint")
    return Recorded(
        network=Network.from_dict(checkpoint.settings["network"]),
        settings=settings,
        history=history,
        fingerprint=fingerprint(checkpoint.state.predicting),
        data_fingerprint=data_fingerprint,
        versions=checkpoint.versions,
        is_checkpoint=True,
    )


def _described(
    configuration: dict[str, Any], history: History, where: object
) -> tuple[RunSettings, str]:
    """Return the settings of a run and the fingerprint of its data, if it did anything."""
    try:
        settings = RunSettings.from_dict(configuration)
        data_fingerprint = str(configuration["data_fingerprint"])
    except Exception as error:  # it may hold anything
        raise ModelFileError(
            f"{where} does not say how it was trained, so it can't be verified; only runs of "
            "pellucid train can."
        ) from error
    if not history.updates:
        raise ModelFileError(
            f"{where} is from before the first update; there is nothing to verify."
        )
    return settings, data_fingerprint


def _metrics_apart(path: Path, found: str, updates: int) -> str:
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
