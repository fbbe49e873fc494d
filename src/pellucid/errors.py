"""The errors of Pellucid: one root, and a message that names the value and the fix.

Every class also derives from the built-in exception that a caller would expect, so that
``except ValueError`` keeps working for somebody who does not know this module.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "ConfigurationError",
    "DataError",
    "DivergenceError",
    "DownloadError",
    "ModelFileError",
    "NetworkError",
    "PellucidError",
    "RunExistsError",
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


class ModelFileError(PellucidError, ValueError):
    """A model file is missing, damaged, or not a Pellucid model."""


class RunExistsError(PellucidError, FileExistsError):
    """The output folder already holds a run."""


class DivergenceError(PellucidError, ArithmeticError):
    """The loss or the gradient became NaN or infinite; the parameters are those before it."""


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
