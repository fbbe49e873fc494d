"""The errors of Pellucid: one root, and a message that names the value and the fix.

Every class also derives from the built-in exception that a caller would expect, so that
``except ValueError`` keeps working for somebody who does not know this module.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "CheckpointError",
    "ConfigurationError",
    "DataError",
    "DivergenceError",
    "DownloadError",
    "ExecutorError",
    "ModelFileError",
    "NetworkError",
    "PellucidError",
    "RunExistsError",
    "RunInUseError",
    "did_you_mean",
]


class PellucidError(Exception):
    """The root of every error that Pellucid raises on purpose."""


class ConfigurationError(PellucidError, ValueError):
    """An argument or option has a value that can't be used."""


class NetworkError(ConfigurationError):
    """The layers don't fit one another or the input."""


class DataError(PellucidError, ValueError):
    """Images or labels that can't be used: shape, range, NaN, an unreadable file."""


class DownloadError(PellucidError, OSError):
    """No source of a data set could be reached, or what came was not the data set."""


class ExecutorError(PellucidError, RuntimeError):
    """An executor or its workers failed; the parameters are those before the update at work."""


class ModelFileError(PellucidError, ValueError):
    """A model file is missing, damaged, or not a Pellucid model."""


class CheckpointError(PellucidError, ValueError):
    """A checkpoint is missing, damaged, of another run, or can't be written."""


class RunExistsError(PellucidError, FileExistsError):
    """The output folder already holds a run."""


class RunInUseError(PellucidError, BlockingIOError):
    """Another process is training into the folder."""


class DivergenceError(PellucidError, ArithmeticError):
    """Loss, gradient or Adam's step became NaN or infinite; the parameters are those before it.

    Attributes
    ----------
    update : int or None
        The number of the update, from 1.
    layer : str or None
        Where it first appears, such as ``"layer 3, Conv2D(5, 5)"``.
    images : tuple of int
        The images that give it, by their places in the data.
    """

    def __init__(
        self,
        message: str,
        *,
        update: int | None = None,
        layer: str | None = None,
        images: Iterable[int] = (),
    ) -> None:
        super().__init__(message)
        self.update = update
        self.layer = layer
        self.images = tuple(images)


def did_you_mean(value: str, choices: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the choice nearest to ``value``, or ``""``.

    Examples
    --------
    >>> did_you_mean("minst", ["mnist", "digits"])
    " Did you mean 'mnist'?"
    >>> did_you_mean("zebra", ["mnist", "digits"])
    ''
    """
    near = difflib.get_close_matches(value, list(choices), n=1)
    return f" Did you mean '{near[0]}'?" if near else ""
