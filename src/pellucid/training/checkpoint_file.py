"""Checkpoint files: where a training stands, as arrays and JSON, with a SHA-256 over all of it.

The format is safetensors, as that of model files; docs/durability.md lists what is in one.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from pellucid.errors import CheckpointError, ConfigurationError
from pellucid.files.atomic import atomic_write
from pellucid.files.model_file import read_network
from pellucid.files.tensor_file import (
    RefusedError,
    check_digest,
    check_format,
    check_names,
    digest,
    json_entry,
    read_file,
    short,
    tensor,
)
from pellucid.kernels.compiling.target import made_with
from pellucid.training.history import DIGITS, Update
from pellucid.training.optimizers.dictionary import optimizer_from_dict
from pellucid.training.optimizers.optimizer import Optimizer
from pellucid.training.schedules.dictionary import schedule_from_dict
from pellucid.training.state import TrainingState, differences, plain

__all__ = ["CHECKPOINT_VERSION", "Checkpoint", "load_checkpoint", "save_checkpoint"]

_FORMAT = "pellucid-checkpoint"
CHECKPOINT_VERSION = 3
"""The newest version of the format that this Pellucid writes and reads.

A file has the oldest version that can say it: 2 where there is an average of the parameters, or a
validation in the history, 3 where there are parameters that were best.
"""

_ENTRIES = ("settings", "place", "configuration", "versions")
_PLACE = ("t", "done", "first_pass", "next_pass", "updates")
_HISTORY = {
    "update": "I64", "images": "I64", "loss": "F64", "accuracy": "F64", "seconds": "F64",
    "fingerprint": "U64",
}  # fmt: skip
_VALIDATION = {"validation_loss": "F64", "validation_accuracy": "F64"}
"""Columns that are there where anything was measured; NaN where not."""
_MOST = 2**62


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A training, stopped after an update, with all that it takes to go on.

    Attributes
    ----------
    state : TrainingState
        Where it stands.
    settings : dict
        What must be the same to go on with the same bits: network, optimizer, schedule, data's
        fingerprints, and so on, as JSON-ready values.
    configuration : dict
        What else the writer wanted kept; the command line keeps the run's options here.
    versions : dict
        What wrote it, and what it computed for; those of this process by default.

    Examples
    --------
    >>> state = TrainingState(np.zeros(6, np.float32), {}, 0, 0, 0, 0, ())
    >>> Checkpoint(state, {"seed": 1}).check_settings({"seed": 2})
    Traceback (most recent call last):
    pellucid.errors.CheckpointError: Can't resume, for this is another run than the checkpoint's:
    seed is 1 there and 2 here. Give it the data and the settings of that run, or begin anew in
    another folder.
    """

    state: TrainingState
    settings: dict[str, Any]
    configuration: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=made_with)

    def check_settings(self, settings: dict[str, Any], spelled: str = "checkpoint") -> None:
        """Refuse to go on with other data or settings.

        Parameters
        ----------
        settings : dict
            Those of the training that would go on.
        spelled : str, default "checkpoint"
            What gives this checkpoint in Python, for the message.

        Raises
        ------
        CheckpointError
            The message names all that differs.
        """
        found = differences(self.settings, settings)
        if found:
            raise CheckpointError(
                f"Can't resume, for this is another run than the checkpoint's: {'; '.join(found)}. "
                "Give it the data and the settings of that run, or begin anew in another folder."
                f"{self._way_on(settings, spelled)}"
            )

    def _way_on(self, settings: dict[str, Any], spelled: str) -> str:
        """Return how to train on from here, where more images than its own are what is wanted."""
        same = all(self.settings.get(n) == settings.get(n) for n in ("network", "optimizer"))
        if not same or self.settings.get("total_images") == settings.get("total_images"):
            return ""
        return (
            f" To train on from what it learned: trainer.state = {spelled}.state, then fit without "
            "resume, with checkpoints in another folder; the schedule begins anew."
        )


def save_checkpoint(path: str | os.PathLike[str], checkpoint: Checkpoint) -> None:
    """Write a checkpoint: all of it or nothing.

    Raises
    ------
    CheckpointError
        The parameters are not finite, or the file can't be written; what was there before is still
        there.
    """
    state = checkpoint.state
    if not np.isfinite(state.parameters).all():
        raise CheckpointError(
            f"The checkpoint {path} is not written: its parameters hold NaN or infinity."
        )
    place = {name: getattr(state, name) for name in _PLACE[:-1]} | {"updates": len(state.updates)}
    averages = {}
    if state.average is not None:
        place["averaged"] = state.averaged
        averages["average"] = np.ascontiguousarray(state.average, "<f8")
    columns = _history_arrays(state.updates)
    version = 2 if averages or len(columns) > len(_HISTORY) else 1
    if state.best is not None:
        version = 3
    values = {
        "settings": checkpoint.settings,
        "place": place,
        "configuration": checkpoint.configuration,
        "versions": checkpoint.versions,
    }
    metadata = {"format": _FORMAT, "format_version": str(version)}
    metadata |= {key: json.dumps(value, allow_nan=False) for key, value in values.items()}
    vectors = {"parameters": state.parameters, **state.vectors}
    if state.best is not None:
        vectors["best"] = state.best
    arrays = {name: np.ascontiguousarray(vector, "<f4") for name, vector in vectors.items()}
    arrays |= averages | columns
    metadata["sha256"] = digest(metadata, *arrays.values())
    try:
        atomic_write(path, safetensors.numpy.save(arrays, metadata))
    except OSError as error:
        raise CheckpointError(
            f"The checkpoint {path} can't be written: {error.strerror or error}."
        ) from error


def load_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint, and trust nothing in it.

    Parameters
    ----------
    path : path-like
        One of the files in a :class:`pellucid.Checkpoints` folder.

    Returns
    -------
    Checkpoint
        What ``Trainer.fit`` takes as ``resume``.

    Raises
    ------
    CheckpointError
        The file is missing, damaged, cut off, or no checkpoint. No other exception comes out of a
        bad file, and no damage goes unnoticed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from pellucid import Checkpoints, Dense, Flatten, Network, Trainer
    >>> images, labels = np.zeros((32, 2, 2), np.uint8), np.arange(32) % 2
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     trainer = Trainer(Network([Flatten(), Dense(2)], (2, 2)))
    ...     history = trainer.fit(images, labels, batch_size=16, checkpoints=Checkpoints(folder))
    ...     checkpoint = load_checkpoint(max(Path(folder).glob("*.safetensors")))
    >>> state = checkpoint.state
    >>> len(state.updates), np.array_equal(state.parameters, trainer.parameters)
    (2, True)
    """
    return read_file(path, "checkpoint", CheckpointError, _read)


def _history_arrays(updates: tuple[Update, ...]) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = {}
    is_validated = any(u.validation_loss is not None for u in updates)
    for name, kind in (_HISTORY | (_VALIDATION if is_validated else {})).items():
        if name == "fingerprint":
            values: list[Any] = [int(u.fingerprint or "0", 16) for u in updates]
        elif name in _VALIDATION:
            values = [math.nan if getattr(u, name) is None else getattr(u, name) for u in updates]
        else:
            values = [getattr(u, name) for u in updates]
        columns[f"history.{name}"] = np.array(values, dtype=_dtype(kind))
    return columns


def _dtype(kind: str) -> str:
    return {"I64": "<i8", "F64": "<f8", "U64": "<u8"}[kind]


def _read(opened: Any) -> Checkpoint:
    metadata = opened.metadata() or {}
    check_format(metadata, _FORMAT, CHECKPOINT_VERSION, "checkpoint")
    values = {entry: json_entry(metadata, entry, dict) for entry in _ENTRIES}
    has_average = values["settings"].get("average") is not None
    place = _place(values["place"], (*_PLACE, "averaged") if has_average else _PLACE)
    size = read_network(values["settings"].get("network")).size
    optimizer = _optimizer(values["settings"].get("optimizer"))
    names = ("parameters", *optimizer.vectors)
    if values["settings"].get("early_stopping") is not None and "best" in opened.keys():  # noqa: SIM118
        names = (*names, "best")
    is_validated = "history.validation_loss" in opened.keys()  # noqa: SIM118  # no dict
    kinds = _HISTORY | (_VALIDATION if is_validated else {})
    history = (f"history.{name}" for name in kinds)
    check_names(opened, (*names, *["average"] * has_average, *history), "format")
    vectors = {name: tensor(opened, name, (size,), "F32", "network") for name in names}
    average = tensor(opened, "average", (size,), "F64", "network") if has_average else None
    count = place.pop("updates")
    columns = [
        tensor(opened, f"history.{name}", (count,), kind, "entry 'place'")
        for name, kind in kinds.items()
    ]
    averages = [] if average is None else [average]
    check_digest(metadata, *vectors.values(), *averages, *columns)
    parameters, best = vectors.pop("parameters"), vectors.pop("best", None)
    kept = averages if best is None else [*averages, best]
    if not all(np.isfinite(vector).all() for vector in (parameters, *kept)):
        raise RefusedError("its parameters hold NaN or infinity")
    try:
        rows = zip(*(column.tolist() for column in columns), strict=True)
        updates = tuple(_update(dict(zip(kinds, row, strict=True))) for row in rows)
        state = TrainingState(
            parameters, vectors, updates=updates, average=average, statistics=None, best=best,
            **place,
        )  # fmt: skip
        settings = _named(values["settings"], optimizer)
        return Checkpoint(state, settings, values["configuration"], dict(values["versions"]))
    except Exception as error:
        raise RefusedError(f"its content is not valid ({short(error)})") from error


def _update(values: dict[str, Any]) -> Update:
    for name in _VALIDATION:
        if math.isnan(values.get(name, math.nan)):
            values[name] = None
    return Update(**values | {"fingerprint": f"{values['fingerprint']:0{DIGITS}x}"})


def _optimizer(values: Any) -> Optimizer:
    """Return the optimizer, whose name says which vectors there are."""
    try:
        return optimizer_from_dict(values)
    except ConfigurationError as error:
        raise RefusedError(f"its optimizer is not valid ({short(error)})") from error


def _named(settings: dict[str, Any], optimizer: Optimizer) -> dict[str, Any]:
    """Return the settings with all that older files leave out."""
    named = {"optimizer": plain(optimizer.to_dict())}
    if "schedule" in settings:
        named["schedule"] = plain(schedule_from_dict(settings["schedule"]).to_dict())
    return settings | named


def _place(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, int]:
    """Return the whole numbers of the place, none of them absurd."""
    for name in names:
        value = values.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MOST:
            raise RefusedError(f"its place has {name} {value!r:.40}, which is no count")
    if values["done"] > values["updates"]:
        raise RefusedError("its place has more updates done than its history holds")
    return {name: values[name] for name in names}
