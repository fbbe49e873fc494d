"""Sets that are published as four gzipped IDX files, as MNIST is: found or fetched, and verified.

A set comes from the user's cache, from a folder of the system that may hold it, or from its
authors' mirrors. A file is admitted if it is the published one, byte for byte (SHA-256 of the .gz
file), or, where it was compressed anew, if its values are the published ones (SHA-256 of the
array's bytes).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pellucid.console import Say
from pellucid.data.dataset import Dataset
from pellucid.data.readers.idx import IDX_FILES, parse_idx
from pellucid.data.sets.downloads import Download, fetch_files
from pellucid.data.sets.named_set import NOT_FETCHED, Arrays, NamedSet, dataset_of
from pellucid.data.sets.origins import Origin, files_in, first_delivered, first_kept, store
from pellucid.errors import DataError, DownloadError
from pellucid.files.atomic import cache_folder
from pellucid.files.digests import sha256
from pellucid.images.preprocessing import Preprocessing

__all__ = ["GZ_FILES", "PublishedSet", "four", "load_published"]

GZ_FILES = {key: f"{name}.gz" for key, name in IDX_FILES.items()}
"""The name of the file that holds each array."""

_MOST_BYTES = 40_000_000  # the largest, Fashion-MNIST's training images, has 26.4 million


def four(*sums: str) -> dict[str, str]:
    """Return one checksum for each of the four files: of the training images first."""
    return dict(zip(GZ_FILES.values(), sums, strict=True))


@dataclass(frozen=True)
class PublishedSet:
    """What is known of a set before it is fetched.

    Attributes
    ----------
    name, title, description : str
        What :func:`pellucid.data.load` takes, what people call it, and what is in it.
    mirrors : tuple of str
        Folders of the four files, with their final slash.
    file_sums : mapping
        The SHA-256 of each .gz file as its authors publish it.
    classes : tuple of str
        The names of the classes.
    advice : str
        What to do where nothing can be reached.
    array_sums : mapping
        The SHA-256 of each array's bytes where it is known, under the same names.
    folder : Path or None
        Where a system's package puts the files.
    images : str
        How many, training + test.
    """

    name: str
    title: str
    description: str
    mirrors: tuple[str, ...]
    file_sums: Mapping[str, str]
    classes: tuple[str, ...]
    advice: str
    array_sums: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    images: str = "60,000 + 10,000"

    @property
    def cached(self) -> Path:
        """The folder of the cache in which the four files are kept."""
        return cache_folder() / self.name

    def where(self) -> str:
        """Return where the set is now, for a list."""
        for folder in (self.cached, self.folder):
            if folder and all((folder / name).is_file() for name in GZ_FILES.values()):
                return str(folder)
        return NOT_FETCHED

    def named(self) -> NamedSet:
        """Return it as an entry of the list of named sets."""
        load = functools.partial(load_published, self)
        return NamedSet(self.name, self.description, self.images, load, self.where)


class _Delivery(NamedTuple):
    """What a mirror sent, and the arrays in it."""

    content: dict[str, bytes]
    arrays: Arrays


def load_published(
    known: PublishedSet, say: Say | None = None, *, download: Download | None = None
) -> Dataset:
    """Return a published set from the cache, the system's folder, or a mirror.

    Parameters
    ----------
    known : PublishedSet
        Which.
    say : callable, optional
        Is called with one line for each source that is tried, and for each that fails.
    download : callable, optional
        Returns the bytes at an address, in place of
        :func:`pellucid.data.sets.downloads.fetch_bytes`.

    Returns
    -------
    Dataset
        Images (n, H, W), uint8; labels int64.

    Raises
    ------
    DownloadError
        No source delivered it; the message gives the reason for each, and what to do.
    """
    tell = say or (lambda line: None)
    reasons: list[str] = []
    places = (("cache", known.cached), (f"folder {known.folder}", known.folder))
    folders = [(source, path) for source, path in places if path is not None and path.is_dir()]
    kept = first_kept(folders, functools.partial(_kept, known), tell, reasons)
    if kept is not None:
        source, arrays = kept
        return _dataset(known, arrays, source)
    if known.folder is not None and not known.folder.is_dir():
        reasons.append(f"{known.folder}: there is no such folder")
    mirrors = [Origin(m, functools.partial(_fetch, known, m, download)) for m in known.mirrors]
    delivered = first_delivered(known.title, mirrors, tell, reasons)
    if delivered is None:
        raise DownloadError(
            f"{known.title} could not be fetched. {'; '.join(reasons)}. {known.advice}; or give a "
            f"folder with its four IDX files in place of {known.name!r}."
        )
    mirror, delivery = delivered
    files = {known.cached / name: data for name, data in delivery.content.items()}
    store(known.title, known.cached, files, tell)
    return _dataset(known, delivery.arrays, mirror)


def _kept(known: PublishedSet, folder: Path) -> Arrays:
    return _verified(known, files_in(folder, dict.fromkeys(GZ_FILES.values(), _MOST_BYTES)))


def _fetch(known: PublishedSet, mirror: str, download: Download | None) -> _Delivery:
    content = fetch_files(mirror, GZ_FILES.values(), _MOST_BYTES, download)
    return _Delivery(content, _verified(known, content))


def _verified(known: PublishedSet, content: Mapping[str, bytes]) -> Arrays:
    """Return the arrays in the files' bytes, or raise DownloadError with both checksums."""
    arrays = {}
    for key, name in GZ_FILES.items():
        actual, expected = sha256(content[name]), known.file_sums[name]
        if actual != expected and name not in known.array_sums:
            raise DownloadError(f"{name}: SHA-256 should be {expected}, is {actual}")
        try:
            array = parse_idx(content[name], name)
        except DataError as error:
            raise DownloadError(str(error).rstrip(".")) from error
        if actual != expected:
            values = sha256(array) if array.size else "of nothing"
            if values != known.array_sums[name]:
                raise DownloadError(
                    f"{name}: SHA-256 should be {expected} (of its values "
                    f"{known.array_sums[name]}), is {actual} ({values})"
                )
        arrays[key] = array
    return arrays


def _dataset(known: PublishedSet, arrays: Arrays, source: str) -> Dataset:
    # Such pictures fill their frame: the whole is the image, not ink with a margin as in MNIST.
    preprocessing = Preprocessing(arrays["train_images"].shape[1:], fit="resize")
    return dataset_of(known.name, arrays, known.classes, source, preprocessing)
