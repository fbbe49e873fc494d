"""Data sets on the disk, mapped: read once, written as raw bytes, opened in no time.

A map is a folder of the cache with the images as .npy files of uint8, the labels, and a JSON file
that says what they are. Its name is made of the source and the options, and of the state of the
source's files, so that a change in them makes a new map; the old one is then removed. Files that
the source does not name, such as pictures that a Parquet file only names, are noted in the map.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

from pellucid.data.assembling.sinks import FileSink
from pellucid.data.dataset import Dataset
from pellucid.data.samples import file_state
from pellucid.errors import DataError, PellucidError
from pellucid.files.atomic import cache_folder
from pellucid.images.preprocessing import Preprocessing

__all__ = ["MAP_ABOVE", "MapKey", "MapWriter", "find_map", "guesses_of", "key_of", "store_map"]

MAP_ABOVE = 1 << 30
"""Sources with more bytes of images than this are mapped if nobody says otherwise."""

_VERSION = 2
_ABOUT = "about.json"
_ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
_STALE_SECONDS = 24 * 3600.0


class MapKey(NamedTuple):
    """Which map belongs to a source: hashes of its name and options, and of its files' state."""

    source: str
    state: str

    @property
    def folder(self) -> Path:
        """Where the map is, or would be."""
        return cache_folder() / "maps" / f"{self.source}-{self.state}"


def key_of(sources: Sequence[str | Path], options: dict[str, Any]) -> MapKey:
    """Return the key of sources, of which text names a set that never changes, and of options."""
    names = [str(s.resolve()) if isinstance(s, Path) else s for s in sources]
    described = json.dumps([_VERSION, names, options], sort_keys=True)
    state = hashlib.sha256()
    for source in sources:
        for line in _states(source) if isinstance(source, Path) else ():
            state.update(line.encode("utf-8", "surrogatepass"))
    return MapKey(hashlib.sha256(described.encode("utf-8", "surrogatepass")).hexdigest()[:16],
                  state.hexdigest()[:16])  # fmt: skip


def find_map(key: MapKey) -> Dataset | None:
    """Return the data set of a map, or None where there is none that can be used."""
    folder = key.folder
    try:
        about = json.loads((folder / _ABOUT).read_text("utf-8"))
        if any(file_state(Path(path)) != state for path, state in about["beside"].items()):
            return None
        images = {
            name: np.load(
                folder / f"{name}.npy",
                mmap_mode="r" if name.endswith("images") else None,
                allow_pickle=False,
            )
            for name in _ARRAYS
        }
        described = about["preprocessing"]
        for kind in ("train", "test"):
            pixels, labels = images[f"{kind}_images"], images[f"{kind}_labels"]
            if pixels.dtype != np.uint8 or len(pixels) != len(labels):
                return None
        return Dataset(
            about["name"],
            images["train_images"],
            images["train_labels"],
            images["test_images"],
            images["test_labels"],
            tuple(about["classes"]),
            about["source"],
            about["note"],
            described and Preprocessing.from_dict(described),
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, PellucidError):
        return None


def guesses_of(key: MapKey) -> list[str]:
    """Return what was guessed about the source of a map."""
    try:
        guesses = json.loads((key.folder / _ABOUT).read_text("utf-8"))["guesses"]
    except (OSError, ValueError, LookupError, TypeError):
        return []
    is_known = isinstance(guesses, list) and all(isinstance(line, str) for line in guesses)
    return guesses if is_known else []


def store_map(dataset: Dataset, key: MapKey) -> Dataset:
    """Write a data set's images to a map and return it mapped."""
    size = dataset.train_images.nbytes + dataset.test_images.nbytes
    with MapWriter(key, size) as writer:
        for name in ("train_images", "test_images"):
            images = getattr(dataset, name)
            sink = writer.sink(name, images.shape[1:])
            for start in range(0, len(images), 1024):
                sink.append(images[start : start + 1024])
            sink.finish()
        return writer.commit(dataset)


class MapWriter:
    """Writes a map of at most ``size`` bytes that is either wholly there or not there."""

    def __init__(self, key: MapKey, size: int) -> None:
        self._key = key
        self._sinks: list[FileSink] = []
        folder = key.folder.parent
        self._folder = folder / f".tmp-{secrets.token_hex(8)}"
        try:
            self._folder.mkdir(parents=True)
            free = shutil.disk_usage(folder).free
        except OSError as error:
            raise DataError(
                f"Can't write a memory map to {folder} ({error.strerror}); set PELLUCID_CACHE to a "
                "folder that can be written."
            ) from error
        if size > free:
            self._remove()
            raise DataError(
                f"A memory map takes {size / 1e9:.1f} GB in {folder}, where {free / 1e9:.1f} GB "
                "are free; set PELLUCID_CACHE to a folder on a larger disk."
            )

    def __enter__(self) -> MapWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for sink in self._sinks:
            sink.close()
        self._remove()
        if isinstance(error, OSError) and not isinstance(error, PellucidError):
            raise DataError(
                f"Can't write a memory map to {self._folder.parent} ({error.strerror or error}); "
                "set PELLUCID_CACHE to a folder on a larger disk."
            ) from error

    def sink(self, name: str, shape: tuple[int, ...]) -> FileSink:
        """Return what writes one array of images."""
        sink = FileSink(self._folder / f"{name}.npy", shape)
        self._sinks.append(sink)
        return sink

    def remove(self, name: str) -> None:
        """Remove an array that was only needed on the way."""
        (self._folder / f"{name}.npy").unlink(missing_ok=True)

    def commit(
        self,
        dataset: Dataset,
        beside: Mapping[str, list[int] | None] | None = None,
        guesses: Sequence[str] = (),
    ) -> Dataset:
        """Add labels and description, move the map to its place, and return it from there.

        The data set's images are those that the sinks wrote; ``beside`` are the states of files
        that it depends on and that the key knows nothing of; ``guesses`` is that part of its note
        which must be said again.
        """
        np.save(self._folder / "train_labels.npy", dataset.train_labels)
        np.save(self._folder / "test_labels.npy", dataset.test_labels)
        about = {
            "name": dataset.name,
            "classes": dataset.classes,
            "source": dataset.source,
            "note": dataset.note,
            "preprocessing": dataset.preprocessing and dataset.preprocessing.to_dict(),
            "beside": dict(beside or {}),
            "guesses": list(guesses),
        }
        (self._folder / _ABOUT).write_text(json.dumps(about, indent=2), "utf-8")
        self.remove("all")
        for path in self._folder.iterdir():
            with path.open("r+b") as file:
                os.fsync(file.fileno())
        self._key_folder()
        mapped = find_map(self._key)
        if mapped is None:
            raise DataError(f"The memory map in {self._key.folder} can't be read back; remove it.")
        return mapped

    def _key_folder(self) -> None:
        """Move the map to its place and remove what it replaces."""
        target = self._key.folder
        if find_map(self._key) is None:
            shutil.rmtree(target, ignore_errors=True)
            with contextlib.suppress(FileExistsError):  # somebody else was faster
                self._folder.replace(target)
        now = time.time()
        for other in target.parent.iterdir():
            old = other.name.startswith(f"{self._key.source}-") and other != target
            with contextlib.suppress(OSError):
                if old or (
                    other.name.startswith(".tmp-") and now - other.stat().st_mtime > _STALE_SECONDS
                ):
                    shutil.rmtree(other, ignore_errors=True)

    def _remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _states(path: Path) -> Iterator[str]:
    """Yield the name, size and time of every file under a path, in order."""
    if not path.is_dir():
        files = [path]
    else:
        files = sorted(Path(at, name) for at, _, names in os.walk(path) for name in names)
    for file in files:
        with contextlib.suppress(OSError):
            status = file.stat()
            name = file.relative_to(path) if file != path else file.name
            yield f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n"
