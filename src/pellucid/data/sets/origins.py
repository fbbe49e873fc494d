"""Where a set can be fetched from: one origin after the other, until one delivers it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pellucid.console import Say
from pellucid.errors import DownloadError
from pellucid.files.atomic import atomic_write

__all__ = ["Origin", "files_in", "first_delivered", "first_kept", "store"]

T = TypeVar("T")


@dataclass(frozen=True)
class Origin(Generic[T]):
    """A place that a set can be fetched from.

    Attributes
    ----------
    name : str
        What to call it, as in ``Dataset.source``.
    read : callable
        Returns what it holds, or raises DownloadError with the reason.
    """

    name: str
    read: Callable[[], T]


def first_delivered(
    title: str, origins: Iterable[Origin[T]], tell: Say, reasons: list[str]
) -> tuple[str, T] | None:
    """Return the first origin's name that delivers, and what it does; the others' go to reasons."""
    for origin in origins:
        tell(f"Fetching {title}: {origin.name} ...")
        started = time.monotonic()
        try:
            delivered = origin.read()
        except DownloadError as error:
            tell(f"  no: {error}")
            reasons.append(f"{origin.name}: {str(error).rstrip('.')}")
        else:
            tell(f"  fetched and verified in {time.monotonic() - started:.1f} s")
            return origin.name, delivered
    return None


def first_kept(
    folders: Iterable[tuple[str, Path]], read: Callable[[Path], T], tell: Say, reasons: list[str]
) -> tuple[str, T] | None:
    """Return the first folder's name whose files can be read, and what they hold; else None."""
    for source, folder in folders:
        try:
            return source, read(folder)
        except DownloadError as error:
            tell(f"{folder} is left out: {error}.")
            reasons.append(f"{folder}: {error}")
    return None


def files_in(folder: Path, most: Mapping[str, int]) -> dict[str, bytes]:
    """Return files of a folder by their names, of each at most so many bytes.

    Raises
    ------
    DownloadError
        One can't be read.
    """
    content = {}
    for name, limit in most.items():
        try:
            with (folder / name).open("rb") as file:
                content[name] = file.read(limit)
        except OSError as error:
            raise DownloadError(f"{name} can't be read ({error.strerror})") from error
    return content


def store(title: str, place: Path, files: Mapping[Path, bytes | memoryview], tell: Say) -> None:
    """Write the files of a set at its place in the cache; where that fails, say so and go on."""
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(path, content)
    except OSError as error:
        tell(f"{title} can't be stored in {place} ({error.strerror or error}); it is used anyway.")
