"""What a layout of files or folders is to the list of them: how it is told, and what reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pellucid.data.samples import Reading, Source

__all__ = ["Reader", "ends_in"]


@dataclass(frozen=True)
class Reader:
    """One entry of the lists in :mod:`pellucid.data.readers.layouts`.

    Attributes
    ----------
    words : str
        What it reads, as in "an .npz or .csv file", or in "a folder of train.csv".
    takes : callable
        Tells whether a file or folder is its own, by names alone.
    read : callable
        Returns the source at a path; raises DataError for what is wrong with it as a whole.
    """

    words: str
    takes: Callable[[Path], bool]
    read: Callable[[Path, Reading], Source]


def ends_in(*ends: str) -> Callable[[Path], bool]:
    """Return what tells whether a file's name ends so, in small letters or large.

    Examples
    --------
    >>> ends_in(".csv", ".tsv")(Path("Digits.CSV"))
    True
    """
    return lambda path: path.name.lower().endswith(ends)
