"""Arguments looked at before work starts: numbers of any library's kind, and objects of ours."""

from __future__ import annotations

import math
import os
import re
import sys
import warnings
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from pellucid.errors import ConfigurationError, DataError

__all__ = [
    "check_weights",
    "count_workers",
    "flag",
    "instance",
    "is_number",
    "is_whole",
    "positive",
    "seconds",
    "share",
    "warn",
    "whole",
]

T = TypeVar("T")

_PACKAGE = f"{Path(__file__).parent}{os.sep}"


def is_whole(value: object) -> bool:
    """Return whether a value is a whole number, NumPy's too; True and False are none.

    Examples
    --------
    >>> [is_whole(value) for value in (3, np.int64(3), 3.0, True)]
    [True, True, False, False]
    """
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Return whether a value is a number, NumPy's too, NaN and infinity among them.

    Examples
    --------
    >>> [is_number(value) for value in (3, np.float32(3), "3", True)]
    [True, True, False, False]
    """
    kinds = int | float | np.integer | np.floating
    return isinstance(value, kinds) and not isinstance(value, bool)


def whole(name: str, value: Any, *, least: int, most: int | None = None, hint: str = "") -> int:
    """Return a setting that must be a whole number, or refuse it.

    Raises
    ------
    ConfigurationError
        It is none, or out of bounds; ``hint`` ends the message.

    Examples
    --------
    >>> whole("batch_size", 0, least=1)
    Traceback (most recent call last):
    pellucid.errors.ConfigurationError: batch_size is 0; it must be a whole number of at least 1.
    """
    if not is_whole(value) or value < least or (most is not None and value > most):
        limit = "" if most is None else f" and at most {most}"
        raise ConfigurationError(
            f"{name} is {value!r}; it must be a whole number of at least {least}{limit}{hint}.",
            argument=name,
        )
    return int(value)


def flag(name: str, value: Any, *, also_whole: bool = False, hint: str = "") -> bool:
    """Return a setting that must be True or False, NumPy's too, or refuse it.

    Raises
    ------
    ConfigurationError
        It is neither, nor a whole number where that is allowed.

    Examples
    --------
    >>> flag("verbose", np.False_), flag("verbose", 2, also_whole=True)
    (False, True)
    """
    if not isinstance(value, bool | np.bool_) and not (also_whole and is_whole(value)):
        also = ", a whole number" if also_whole else ""
        raise ConfigurationError(
            f"{name} is {value!r}; it must be True or False{also}{hint}.", argument=name
        )
    return bool(value)


def share(name: str, value: Any, hint: str = "") -> float:
    """Return a setting that must lie between 0 and 1, both excluded, or refuse it.

    Raises
    ------
    ConfigurationError
        It is no number or out of bounds.

    Examples
    --------
    >>> share("test_share", 1.5, ", such as 0.2")
    Traceback (most recent call last):
    pellucid.errors.ConfigurationError: test_share is 1.5; it must be above 0 and below 1, such as
    0.2.
    """
    if not is_number(value) or not 0 < value < 1:
        raise ConfigurationError(
            f"{name} is {value!r}; it must be above 0 and below 1{hint}.", argument=name
        )
    return float(value)


def positive(name: str, value: Any, hint: str = "") -> float:
    """Return a setting that must be a finite number above 0, or refuse it."""
    if not is_number(value) or not 0 < value < math.inf:
        raise ConfigurationError(
            f"{name} is {value!r}; it must be a finite number above 0{hint}.", argument=name
        )
    return float(value)


_UNITS = {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600}


def seconds(name: str, text: str) -> float:
    """Return a time such as ``"90s"``, ``"2min"`` or ``"1h"`` in seconds.

    Raises
    ------
    ConfigurationError
        It is none.

    Examples
    --------
    >>> seconds("time", "2min"), seconds("time", "0.5h")
    (120.0, 1800.0)
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?(s|sec|min|m|h)", text.strip())
    if match is None or not 0 < float(match[1]) < 1e9:
        raise ConfigurationError(
            f"{name} is {text!r}; it must be a time, such as 30s, 2min or 1h.", argument=name
        )
    return float(match[1]) * _UNITS[match[2]]


def instance(name: str, value: Any, kind: type[T], example: str) -> T:
    """Return a setting that must be an object of some kind, or refuse it.

    Examples
    --------
    >>> instance("optimizer", "adam", int, "Adam(0.01)")
    Traceback (most recent call last):
    pellucid.errors.ConfigurationError: optimizer is 'adam'; it must be of type int, for example
    Adam(0.01).
    """
    if not isinstance(value, kind):
        raise ConfigurationError(
            f"{name} is {value!r:.80}; it must be of type {kind.__name__}, for example {example}.",
            argument=name,
        )
    return value


def warn(message: str) -> None:
    """Warn of what was given, at the line outside of this package that gave it."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)


def check_weights(sample_weight: Any) -> None:
    """Refuse weights of images that are no numbers; raise DataError.

    Examples
    --------
    >>> check_weights("balanced")
    Traceback (most recent call last):
    pellucid.errors.DataError: sample_weight is 'balanced'; it must be a list of one number for each
    image.
    """
    if sample_weight is None:
        return
    try:
        kind = str(np.asarray(sample_weight).dtype.kind)
        if kind == "O":
            np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError):
        kind = "?"
    if kind not in "biufO":
        raise DataError(
            f"sample_weight is {sample_weight!r:.80}; it must be a list of one number for each "
            "image."
        )


def count_workers(workers: int | None) -> int:
    """Return how many workers to use: None is one for each processor this process may use.

    Raises
    ------
    ConfigurationError
        ``workers`` is not a whole number of at least 1.

    Examples
    --------
    >>> count_workers(3)
    3
    """
    if workers is None:
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1
    return whole("workers", workers, least=1, hint="; leave it out for one on each processor")
