"""Sets that are published as archives or arrays of their own: found or fetched, and verified.

Whatever sent a file, it is admitted only if it is the published one, byte for byte. The files are
kept in the cache as they came, verified again whenever they are read, and never unpacked to disk.
"""

from __future__ import annotations

import functools
import hashlib
import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.console import Say
from pellucid.data.dataset import Dataset
from pellucid.data.sets.downloads import Download, fetch_files
from pellucid.data.sets.named_set import NOT_FETCHED, Arrays, NamedSet
from pellucid.data.sets.origins import Origin, files_in, first_delivered, first_kept, store
from pellucid.errors import DataError, DownloadError
from pellucid.files.atomic import cache_folder
from pellucid.images.preprocessing import Preprocessing

__all__ = [
    "ArchivedSet",
    "Contents",
    "Files",
    "PublishedFile",
    "load_archived",
    "member_of_zip",
    "members_of_tar",
]

Files = Mapping[str, bytes]


MOST_BYTES = 300_000_000
"""What a file may have whose size is not known."""


class PublishedFile(NamedTuple):
    """A file as its authors publish it: its name, its checksum, and its bytes where known.

    ``digest`` begins with the name of its kind, ``sha256:`` or, where the authors give no other,
    ``md5:``.
    """

    name: str
    digest: str
    size: int | None = None

    @property
    def most(self) -> int:
        """How many bytes it may have."""
        return self.size or MOST_BYTES


class Contents(NamedTuple):
    """What the files of a set hold.

    Attributes
    ----------
    arrays : mapping
        The four arrays, and ``val_images`` and ``val_labels`` where there are such. Images are
        (n, H, W) or (n, C, H, W), uint8.
    classes : tuple of str
        The names of the classes.
    """

    arrays: Arrays
    classes: tuple[str, ...]


@dataclass(frozen=True)
class ArchivedSet:
    """What is known of a set before it is fetched.

    Attributes
    ----------
    name, title, description : str
        What :func:`pellucid.data.load` takes, what people call it, and what is in it.
    images : str
        How many, training + test.
    mirrors : tuple of str
        Folders of the files, with their final slash.
    files : tuple of PublishedFile
        What is there.
    read : callable
        Takes the files' bytes by their names, verified; returns what they hold.
    folder : str
        Where the cache keeps the files; sets that share them share it.
    fills : bool
        Whether the images are whole pictures, light on dark; else ink with a margin, as MNIST's.
    """

    name: str
    title: str
    description: str
    images: str
    mirrors: tuple[str, ...]
    files: tuple[PublishedFile, ...]
    read: Callable[[Files], Contents]
    folder: str
    fills: bool = True

    @property
    def cached(self) -> Path:
        """The folder of the cache in which the files are kept."""
        return cache_folder() / self.folder

    def where(self) -> str:
        """Return where the set is now, for a list."""
        is_there = all((self.cached / file.name).is_file() for file in self.files)
        return str(self.cached) if is_there else NOT_FETCHED

    def named(self) -> NamedSet:
        """Return it as an entry of the list of named sets."""
        load = functools.partial(load_archived, self)
        return NamedSet(self.name, self.description, self.images, load, self.where)


def load_archived(
    known: ArchivedSet, say: Say | None = None, *, download: Download | None = None
) -> Dataset:
    """Return an archived set from the cache, or from a mirror.

    Parameters
    ----------
    known : ArchivedSet
        Which.
    say : callable, optional
        Is called with one line for each source that is tried, and for each that fails.
    download : callable, optional
        Returns the bytes at an address, in place of
        :func:`pellucid.data.sets.downloads.fetch_bytes`.

    Returns
    -------
    Dataset
        Images (n, H, W) or (n, C, H, W), uint8; labels int64.

    Raises
    ------
    DownloadError
        No source delivered it; the message gives the reason for each, and what to do.
    """
    tell = say or (lambda line: None)
    reasons: list[str] = []
    folders = [("cache", known.cached)] if known.where() != NOT_FETCHED else []
    kept = first_kept(folders, functools.partial(_kept, known), tell, reasons)
    if kept is not None:
        return kept[1]
    size = sum(file.size or 0 for file in known.files)
    title = f"{known.title} ({size / 1e6:,.0f} MB)" if size else known.title
    origins = [Origin(m, functools.partial(_fetched, known, m, download)) for m in known.mirrors]
    delivered = first_delivered(title, origins, tell, reasons)
    if delivered is None:
        names = " and ".join(file.name for file in known.files)
        raise DownloadError(
            f"{known.title} could not be fetched. {'; '.join(reasons)}. Check the connection, or "
            f"fetch {names} elsewhere and put it into {known.cached}."
        )
    mirror, files = delivered
    store(known.title, known.cached, {known.cached / n: data for n, data in files.items()}, tell)
    return _dataset(known, files, mirror)


def _kept(known: ArchivedSet, folder: Path) -> Dataset:
    files = files_in(folder, {file.name: file.most + 1 for file in known.files})
    return _dataset(known, _verified(known, files), "cache")


def _fetched(known: ArchivedSet, mirror: str, download: Download | None) -> Files:
    names, most = [file.name for file in known.files], max(file.most for file in known.files)
    return _verified(known, fetch_files(mirror, names, most, download))


def _verified(known: ArchivedSet, files: Files) -> Files:
    """Return the files, or raise DownloadError with both checksums."""
    for file in known.files:
        kind, expected = file.digest.split(":")
        actual = hashlib.new(kind, files[file.name], usedforsecurity=False).hexdigest()
        if actual != expected:
            raise DownloadError(f"{file.name}: {kind} should be {expected}, is {actual}")
    return files


def _dataset(known: ArchivedSet, files: Files, source: str) -> Dataset:
    try:
        arrays, classes = known.read(files)
    except (
        DataError, KeyError, ValueError, OSError, EOFError, tarfile.TarError, zipfile.BadZipFile,
        zlib.error,
    ) as error:  # fmt: skip
        raise DownloadError(f"{known.title} can't be read ({error})") from error
    shape = arrays["train_images"].shape[1:]
    made = Preprocessing(shape, polarity="light-on-dark", fit="resize") if known.fills else None

    def labels(part: str) -> NDArray[np.int64]:
        return arrays[f"{part}_labels"].astype(np.int64)

    has_validation = "val_images" in arrays
    return Dataset(
        known.name,
        arrays["train_images"],
        labels("train"),
        arrays["test_images"],
        labels("test"),
        classes,
        source,
        preprocessing=made,
        validation_images=arrays["val_images"] if has_validation else None,
        validation_labels=labels("val") if has_validation else None,
    )


def members_of_tar(data: bytes, names: Mapping[str, int]) -> dict[str, bytes]:
    """Return files of a .tar.gz by their names, none longer than is said.

    Raises
    ------
    KeyError, ValueError
        One is missing, or longer.
    """
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        for member in archive:
            name = member.name.rsplit("/", 1)[-1]
            if name not in names or not member.isfile():
                continue
            if member.size > names[name]:
                raise ValueError(f"{name} has {member.size:,} bytes, more than {names[name]:,}")
            opened = archive.extractfile(member)
            found[name] = b"" if opened is None else opened.read()
    for name in names:
        if name not in found:
            raise KeyError(f"{name} is missing")
    return found


def member_of_zip(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Return a file of a .zip, not longer than is said.

    Raises
    ------
    KeyError, ValueError
        It is missing, or longer.
    """
    with archive.open(name) as opened:
        data = opened.read(most + 1)
    if len(data) > most:
        raise ValueError(f"{name} has more than {most:,} bytes")
    return data
