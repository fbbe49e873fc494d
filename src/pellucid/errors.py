"""The errors of Pellucid: one root, and a message that names the value and the fix.

Every class also derives from the built-in exception that a caller would expect, so that
``except ValueError`` keeps working for somebody who does not know this module.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import Self

__all__ = [
    "CheckpointError",
    "ConfigurationError",
    "DataError",
    "DivergenceError",
    "DownloadError",
    "ExecutorError",
    "ExportError",
    "ModelFileError",
    "NetworkError",
    "OutOfMemoryError",
    "PellucidError",
    "RunExistsError",
    "RunInUseError",
    "UnknownArgumentError",
    "did_you_mean",
]


class Argument(str):
    """The name of an argument within the message of an error, as Python spells it.

    The command line says ``--batch-size`` where Python says ``batch_size``; see
    :meth:`PellucidError.named`.
    """


class PellucidError(Exception):
    """The root of every error that Pellucid raises on purpose.

    Parameters
    ----------
    *parts : str
        The message, in one part or several; a part that is an :class:`Argument` names one.
    argument : str, optional
        The argument that the message begins with, for a message in one part.

    Examples
    --------
    >>> error = PellucidError("eps is 0; it must be above 0.", argument="eps")
    >>> print(error.argument, "|", error)
    eps | eps is 0; it must be above 0.
    """

    def __init__(self, *parts: str, argument: str | None = None) -> None:
        if argument is not None:
            parts = (Argument(argument), "".join(parts).removeprefix(argument))
        self._parts = tuple(part if isinstance(part, Argument) else _shown(part) for part in parts)
        super().__init__("".join(self._parts))

    @property
    def argument(self) -> str | None:
        """The first argument that the message names, as Python spells it; None if it names none."""
        return next((str(part) for part in self._parts if isinstance(part, Argument)), None)

    def named(self, name: Callable[[str], str]) -> Self:
        """Return the error with its arguments named as somebody else knows them.

        Parameters
        ----------
        name : callable
            Takes an argument's name, as Python spells it, and returns what to say.

        Returns
        -------
        PellucidError
            Of the same class.

        Examples
        --------
        >>> error = PellucidError("eps is 0; use more than 1e-10 steps.", argument="eps")
        >>> print(error.named(lambda name: f"--{name}"))
        --eps is 0; use more than 1e-10 steps.
        """
        # Not by copy: what makes exceptions of all kinds travel, such as Dask, changes how they do.
        other = type(self).__new__(type(self), *self.args)
        vars(other).update(vars(self))
        other._say(
            Argument(name(part)) if isinstance(part, Argument) else part for part in self._parts
        )
        return other

    def add(self, *parts: str) -> None:
        """Put more behind the message, such as what else could be done.

        Parameters
        ----------
        *parts : str
            As for a new error.
        """
        self._say((*self._parts, *parts))

    def _say(self, parts: Iterable[str]) -> None:
        self._parts = tuple(part if isinstance(part, Argument) else _shown(part) for part in parts)
        self.args = ("".join(self._parts),)


LONGEST_LINE = 2000
"""Characters of a message that stand in one line, at most: a value may be of any length."""


def _shown(text: str) -> str:
    """Return text whose lines can be shown: none too long, and nothing a command to a terminal."""
    lines = str(text).split("\n")
    return "\n".join(
        "".join(letter if letter.isprintable() or letter == "\t" else "?" for letter in _cut(line))
        for line in lines
    )


def _cut(line: str) -> str:
    """Return a line, or its beginning and its end, where the fix stands."""
    half = LONGEST_LINE // 2
    return line if len(line) <= LONGEST_LINE else f"{line[:half]} ... {line[-half:]}"


class ConfigurationError(PellucidError, ValueError):
    """An argument or option has a value that can't be used."""


class UnknownArgumentError(ConfigurationError, TypeError):
    """A function has no such argument; the message names the one to use, if there is one."""


class NetworkError(ConfigurationError):
    """The layers don't fit one another or the input."""


class DataError(PellucidError, ValueError):
    """Images or labels that can't be used: shape, range, NaN, an unreadable file."""


class DownloadError(PellucidError, OSError):
    """No source of a data set could be reached, or what came was not the data set."""


class ExecutorError(PellucidError, RuntimeError):
    """An executor or its workers failed; the parameters are those before the update at work."""


class ExportError(PellucidError, ValueError):
    """A model can't be taken to another format, or from one, or the two don't agree."""


class ModelFileError(PellucidError, ValueError):
    """A model file is missing, damaged, or not a Pellucid model."""


class CheckpointError(PellucidError, ValueError):
    """A checkpoint is missing, damaged, of another run, or can't be written."""


class OutOfMemoryError(PellucidError, MemoryError):
    """Work would need more memory than there is, and was not begun; the message has the figures."""

    def __new__(cls, *parts: str, argument: str | None = None) -> Self:
        """Make one as any exception: MemoryError makes its own kind alone."""
        return Exception.__new__(cls, *parts)


class RunExistsError(PellucidError, FileExistsError):
    """The output folder already holds a run."""


class RunInUseError(PellucidError, BlockingIOError):
    """Another process is training into the folder."""


class DivergenceError(PellucidError, ArithmeticError):
    """Loss, gradient or step became NaN or infinite; the parameters are those before it.

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
        *parts: str,
        update: int | None = None,
        layer: str | None = None,
        images: Iterable[int] = (),
    ) -> None:
        super().__init__(*parts)
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
