"""The folder of a run: what is in it, whether it may be written, and one process at a time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pellucid.errors import Argument, ConfigurationError, ModelFileError, RunExistsError
from pellucid.files.atomic import remove_leftovers
from pellucid.files.locks import LOCK, lock_folder
from pellucid.training.checkpoints import checkpoint_paths

__all__ = [
    "CHECKPOINTS",
    "HISTORY",
    "METRICS",
    "MODEL",
    "PICTURES",
    "REPORT",
    "START",
    "check_folder",
    "held_in",
    "hold_folder",
    "model_in",
    "remove_checkpoints",
    "remove_results",
]

MODEL, METRICS, HISTORY = "model.safetensors", "metrics.json", "history.csv"
START = "start.safetensors"
"""The model that a run started from, if it did."""
PICTURES = ("loss.png", "predictions.png", "confusion.png", "randomized.png", "filters.png")
REPORT = "report.html"
RESULTS = (MODEL, METRICS, HISTORY, REPORT, START, *PICTURES)
CHECKPOINTS = "checkpoints"
"""The folder in a run's folder that holds its checkpoints."""


def check_folder(folder: Path, *, overwrite: bool = False, resume: bool = False) -> None:
    """Refuse a folder that a run can't be written to, before work starts.

    Raises
    ------
    RunExistsError
        It holds a run, or a file that a run would write, and neither ``overwrite`` nor ``resume``
        is True.
    RunInUseError
        Another process is training into it.
    ConfigurationError
        It is a file or below one, or it can't be written.
    """
    nearest = next(p for p in (folder, *folder.absolute().parents) if os.path.lexists(p))
    if not nearest.exists():
        raise ConfigurationError(
            f"{nearest} is a link that leads to nothing; remove it, or name another folder with ",
            Argument("out"), ".",
        )  # fmt: skip
    if not nearest.is_dir():
        raise ConfigurationError(f"{nearest} is a file; ", Argument("out"), " must name a folder.")
    if (folder / LOCK).exists() and os.access(folder, os.W_OK):
        with lock_folder(folder):
            pass
    found = held_in(folder)
    if found and not (overwrite or resume):
        held = ", ".join(found)
        what = f"a run ({held})" if MODEL in found or CHECKPOINTS in found else held
        go_on = (", go on with it with ", Argument("resume")) if CHECKPOINTS in found else ()
        raise RunExistsError(
            f"{folder} already holds {what}; name another folder with ", Argument("out"), *go_on,
            ", or replace it with ", Argument("overwrite"), ".",
        )  # fmt: skip
    if not os.access(nearest, os.W_OK):
        raise ConfigurationError(
            f"{folder} can't be written: {nearest} is read-only; name another folder with ",
            Argument("out"), ".",
        )  # fmt: skip


def held_in(folder: Path) -> list[str]:
    """Return the names of what a folder holds of a run; ``"checkpoints"`` if there are any."""
    found = [name for name in RESULTS if (folder / name).exists()]
    return found + [CHECKPOINTS] * bool(checkpoint_paths(folder / CHECKPOINTS))


def model_in(path: Path) -> Path:
    """Return the file of a model: the path itself, or what a run wrote into the folder there.

    Raises
    ------
    ModelFileError
        It is a folder without a model.
    """
    if not path.is_dir() or (path / MODEL).is_file():
        return path / MODEL if path.is_dir() else path
    if CHECKPOINTS in held_in(path):
        raise ModelFileError(
            f"The run in {path} has written no model yet; go on with it: pellucid train --out "
            f"{path} --resume."
        )
    raise ModelFileError(
        f"Can't load the model {path}: it is a folder without {MODEL}; name a model's file, or a "
        "folder that pellucid train wrote."
    )


def remove_results(folder: Path, names: Iterable[str] = RESULTS) -> None:
    """Remove what a run wrote when it ended, or some of it."""
    for name in names:
        (folder / name).unlink(missing_ok=True)


def remove_checkpoints(folder: Path) -> None:
    """Remove the checkpoints of a run."""
    for path in checkpoint_paths(folder / CHECKPOINTS):
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def hold_folder(folder: Path, *, overwrite: bool = False, resume: bool = False) -> Iterator[None]:
    """Make the folder, hold it for this process, and remove what was half written.

    Raises
    ------
    RunExistsError, RunInUseError, ConfigurationError
        As :func:`check_folder`, whose look may have been some time ago.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with lock_folder(folder):
        if not overwrite and not resume and (folder / MODEL).exists():
            raise RunExistsError(f"{folder} holds a run that another process has just written.")
        remove_leftovers(folder)
        yield
