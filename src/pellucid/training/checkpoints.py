"""When checkpoints are written, which are kept, and which one a training goes on from."""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from pellucid.arguments import positive, whole
from pellucid.errors import CheckpointError, ConfigurationError
from pellucid.files.atomic import remove_leftovers
from pellucid.files.locks import lock_folder
from pellucid.files.tensor_file import NewerFormatError
from pellucid.kernels.compiling.target import made_with, told_apart
from pellucid.training.checkpoint_file import Checkpoint, load_checkpoint, save_checkpoint
from pellucid.training.state import TrainingState, differences

__all__ = ["CheckpointFolder", "Checkpoints", "checkpoint_paths", "newest_checkpoint"]

SECONDS = 30.0
"""Time between checkpoints, if nothing is said."""


@dataclass(frozen=True)
class Checkpoints:
    """Where :meth:`pellucid.Trainer.fit` writes checkpoints, how often, and how many it keeps.

    One is written before the first update, so that what would keep them from being written shows
    at once, and one when the call ends, for whatever reason but a divergence.

    Parameters
    ----------
    folder : path-like
        Where; it is made. One training at a time writes into it.
    every_updates : int, optional
        Write one after so many updates.
    every_seconds : float, optional
        Write one after the first update that ends so long after the last one was written. With
        both, either will do; with neither it is 30 seconds.
    keep : int, default 3
        How many to keep: the newest.
    configuration : dict, optional
        JSON-ready values to keep in each, such as the options of a program; no matter for resuming.
    say : callable, optional
        Is told in one line what went wrong and was dealt with, such as a damaged checkpoint that
        was passed over. The default warns.
    replace : bool, default False
        Whether a training that begins anew may replace the checkpoints in the folder. They are
        removed when its first update is done, and are refused by default.

    Raises
    ------
    ConfigurationError
        A number out of bounds, or a configuration that JSON can't hold.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from pellucid import Checkpoints, Dense, Flatten, Network, Trainer, fingerprint
    >>> images, labels = np.zeros((64, 2, 2), np.uint8), np.arange(64) % 2
    >>> def trained(updates, **settings):
    ...     with Trainer(Network([Flatten(), Dense(2)], (2, 2))) as trainer:
    ...         trainer.fit(images, labels, epochs=2, batch_size=16, **settings,
    ...                     on_update=lambda update: update.update == updates)
    ...         return fingerprint(trainer)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checkpoints = Checkpoints(folder, every_updates=2)
    ...     half = trained(5, checkpoints=checkpoints)
    ...     whole = trained(8, checkpoints=checkpoints, resume=True)
    >>> whole == trained(8)
    True
    """

    folder: str | os.PathLike[str]
    every_updates: int | None = None
    every_seconds: float | None = None
    keep: int = 3
    configuration: dict[str, Any] = field(default_factory=dict)
    say: Callable[[str], object] | None = None
    replace: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.folder, str | os.PathLike):
            raise ConfigurationError(
                f"folder is {self.folder!r}; it must be a path, for example 'runs/mine'."
            )
        whole("keep", self.keep, least=1)
        if self.every_updates is not None:
            whole("every_updates", self.every_updates, least=1)
        if self.every_seconds is not None:
            positive("every_seconds", self.every_seconds, ", for example 30")
        try:
            json.dumps(self.configuration, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise ConfigurationError(
                f"configuration can't be JSON ({error}); use texts, finite numbers, True, False, "
                "None, and lists and dicts of them."
            ) from error

    def is_due(self, done: int, since: float) -> bool:
        """Return whether to write one now.

        Parameters
        ----------
        done : int
            Updates of this training so far.
        since : float
            Seconds since the last one was written.

        Returns
        -------
        bool
        """
        if self.every_updates is None and self.every_seconds is None:
            return since >= SECONDS
        by_number = self.every_updates is not None and done % self.every_updates == 0
        return by_number or (self.every_seconds is not None and since >= self.every_seconds)


def checkpoint_paths(folder: str | os.PathLike[str]) -> list[Path]:
    """Return the checkpoints in a folder, newest first."""
    found = []
    with contextlib.suppress(OSError):
        for path in Path(folder).iterdir():
            match = re.fullmatch(r"checkpoint-(\d+)\.safetensors", path.name)
            if match:
                found.append((int(match[1]), path))
    return [path for _, path in sorted(found, reverse=True)]


def newest_checkpoint(
    folder: str | os.PathLike[str],
    say: Callable[[str], object],
    wanted: Callable[[Checkpoint], bool] = lambda checkpoint: True,
) -> Checkpoint:
    """Return the newest checkpoint in a folder that is not damaged, and is wanted.

    Parameters
    ----------
    folder : path-like
        Where checkpoints are.
    say : callable
        Is told, in one line each, of those that are damaged and passed over.
    wanted : callable, optional
        Says of a checkpoint whether it will do.

    Raises
    ------
    CheckpointError
        There is none, or one is not damaged and still can't be read: its format is newer.
    """
    paths = checkpoint_paths(folder)
    damaged, unwanted = [], 0
    for path in paths:
        try:
            checkpoint = load_checkpoint(path)
        except CheckpointError as error:
            if not _is_damage(error):
                raise
            damaged.append(str(error))
            continue
        if not wanted(checkpoint):
            unwanted += 1
            continue
        for line in damaged:
            say(f"{line} Using {path.name} instead.")
        return checkpoint
    if not paths:
        raise CheckpointError(f"There is no checkpoint in {folder}.")
    if unwanted:
        raise CheckpointError(f"There is no checkpoint in {folder} that goes back so far.")
    raise CheckpointError(
        f"There is no usable checkpoint in {folder}; {_all(len(paths))} damaged: {damaged[0]}"
    )


def _is_damage(error: CheckpointError) -> bool:
    """Return whether a checkpoint is damaged, or somebody else could read it."""
    return not isinstance(error.__cause__, NewerFormatError | PermissionError | MemoryError)


def _all(count: int) -> str:
    return "the only one is" if count == 1 else f"all {count} are"


class CheckpointFolder:
    """The checkpoints of one training, while it goes on; a context manager that locks the folder.

    Parameters
    ----------
    checkpoints : Checkpoints
        Where and how often.
    settings : dict
        What must be the same to go on; see :class:`~pellucid.training.checkpoint_file.Checkpoint`.

    Raises
    ------
    CheckpointError
        On entering: the folder can't be made or written.
    RunInUseError
        On entering: another training writes into it.
    """

    def __init__(self, checkpoints: Checkpoints, settings: dict[str, Any]) -> None:
        self._checkpoints = checkpoints
        self._settings = settings
        self._folder = Path(checkpoints.folder)
        self._say = checkpoints.say or _warn
        self._lock = contextlib.ExitStack()
        self._written: int | None = None
        self._passed_over: list[Path] = []
        self._replaced: list[Path] = []
        self._time = time.monotonic()

    def __enter__(self) -> CheckpointFolder:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock.enter_context(lock_folder(self._folder))
        except BlockingIOError:
            raise
        except OSError as error:
            reason = error.strerror or error
            if isinstance(error, FileExistsError):
                reason = "it is a file, or a link that leads to nothing"
            raise CheckpointError(
                f"Checkpoints can't be written to {self._folder}: {reason}; name a folder that can "
                "be written."
            ) from error
        remove_leftovers(self._folder)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.close()

    def begin(self, state: TrainingState) -> None:
        """Write the first checkpoint; refuse those of another training, or note to remove them."""
        paths = checkpoint_paths(self._folder)
        if paths and not self._checkpoints.replace:
            raise CheckpointError(
                f"{self._folder} already holds checkpoints, {paths[0].name} among them; go on from "
                "it with resume, or name another folder."
            )
        self._save(state)
        self._replaced = [path for path in paths if _number(path) != self._written]

    def resume(self) -> TrainingState:
        """Return where the newest good checkpoint stands; refuse it if it is of another run."""
        checkpoint = newest_checkpoint(self._folder, self._say)
        path = self._path(len(checkpoint.state.updates))
        spelled = f"pellucid.training.load_checkpoint({str(path)!r})"
        checkpoint.check_settings(self._settings, spelled)
        self._go_on_from(checkpoint)
        return checkpoint.state

    def resume_from(self, checkpoint: Checkpoint) -> TrainingState:
        """Return where a checkpoint of any folder stands; refuse it if it is of another run.

        What this folder holds of later updates is passed over, and removed once one is written.

        Raises
        ------
        CheckpointError
            The checkpoint, or one in this folder, is of another training.
        """
        checkpoint.check_settings(self._settings)
        for path in checkpoint_paths(self._folder):
            try:
                there = load_checkpoint(path)
            except CheckpointError as error:
                if not _is_damage(error):
                    raise
                continue
            if found := differences(there.settings, self._settings):
                raise CheckpointError(
                    f"{self._folder} holds checkpoints of another run, {path.name} among them: "
                    f"{'; '.join(found)}. Name another folder."
                )
        self._go_on_from(checkpoint)
        return checkpoint.state

    def _go_on_from(self, checkpoint: Checkpoint) -> None:
        """Note where a training goes on, and whether it is by the versions that began it."""
        if apart := told_apart(checkpoint.versions, made_with()):
            self._say(
                f"The checkpoint was written by other versions ({apart}); the result may differ in "
                "its last bits from that of a run in one go."
            )
        number = len(checkpoint.state.updates)
        self._passed_over = [p for p in checkpoint_paths(self._folder) if _number(p) > number]
        self._note(number)

    def after_update(self, done: int, capture: Callable[[], TrainingState]) -> None:
        """Write a checkpoint if one is due; say so if it can't be written, and let training go on.

        What another training left, if this one replaces it, is removed first.

        Parameters
        ----------
        done : int
            Updates of this call so far.
        capture : callable
            Returns where the training stands.
        """
        _remove(self._replaced)
        self._replaced = []
        if self._checkpoints.is_due(done, time.monotonic() - self._time):
            self._try(capture(), "Training goes on without it")

    def finish(self, state: TrainingState) -> None:
        """Write the last checkpoint, unless it is there."""
        if self._written != len(state.updates):
            self._try(state, "Training ends without it")

    def _try(self, state: TrainingState, otherwise: str) -> None:
        try:
            self._save(state)
        except CheckpointError as error:
            self._time = time.monotonic()
            self._say(f"{error} {otherwise}; the newest is that of update {self._written}.")
        else:
            self._prune(len(state.updates))

    def _save(self, state: TrainingState) -> None:
        number = len(state.updates)
        checkpoint = Checkpoint(state, self._settings, self._checkpoints.configuration)
        save_checkpoint(self._path(number), checkpoint)
        self._note(number)

    def _path(self, number: int) -> Path:
        return self._folder / f"checkpoint-{number:08d}.safetensors"

    def _note(self, number: int) -> None:
        self._written, self._time = number, time.monotonic()

    def _prune(self, number: int) -> None:
        """Remove what was passed over as damaged, and all but the newest of the rest."""
        paths = checkpoint_paths(self._folder)
        damaged = [p for p in paths if p in self._passed_over and _number(p) != number]
        good = [p for p in paths if p not in damaged]
        _remove(damaged + good[self._checkpoints.keep :])
        self._passed_over = []


def _remove(paths: list[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()


def _number(path: Path) -> int:
    return int(path.stem.removeprefix("checkpoint-"))


def _warn(line: str) -> None:
    warnings.warn(line, stacklevel=2)
