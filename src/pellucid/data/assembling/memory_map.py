"""Data sets on the disk, mapped: read once, written as raw bytes, opened in no time.

A map is a folder of the cache with the images as .npy files of uint8, the labels, and a JSON file
that says what they are. Its name is made of the source and the options, and of the state of the
source's files, so that a change in them makes a new map; the old one is then removed. Files that
the source does not name, such as pictures that a Parquet file only names, are noted in the map.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import secrets
import shutil
import time
import tokenize
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

from pellucid.data.assembling.sinks import FileSink
from pellucid.data.dataset import Dataset
from pellucid.data.samples import file_state
from pellucid.errors import DataError, PellucidError
from pellucid.files.atomic import cache_folder
from pellucid.files.versions import package_versions
from pellucid.images.preprocessing import Preprocessing

__all__ = [
    "MAP_ABOVE",
    "MapKey",
    "MapWriter",
    "about_of",
    "find_map",
    "guesses_of",
    "key_of",
    "map_folder",
    "store_map",
]

MAP_ABOVE = 1 << 30
"""Sources with more bytes of images than this are mapped if nobody says otherwise."""

_VERSION = 2
_ABOUT = "about.json"
_PARTS = ("train", "test", "validation")
_STALE_SECONDS = 24 * 3600.0


class MapKey(NamedTuple):
    """Which map belongs to a source: hashes of its name and options, and of its files' state."""

    source: str
    state: str

    @property
    def folder(self) -> Path:
        """Where the map is, or would be."""
        return map_folder() / f"{self.source}-{self.state}"


Beside = Mapping[str, list[int] | None]
Seal = Callable[[dict[str, Any]], str]


def map_folder() -> Path:
    """Return the folder of all maps, which need not exist."""
    return cache_folder() / "maps"


def key_of(sources: Sequence[str | Path], options: dict[str, Any]) -> MapKey:
    """Return the key of sources, of which text names a set that never changes, and of options."""
    names = [str(s.resolve()) if isinstance(s, Path) else s for s in sources]
    described = json.dumps([_VERSION, names, options], sort_keys=True)
    state = hashlib.sha256(_reader_version().encode())
    for source in sources:
        for line in _states(source) if isinstance(source, Path) else ():
            state.update(line.encode("utf-8", "surrogatepass"))
    return MapKey(hashlib.sha256(described.encode("utf-8", "surrogatepass")).hexdigest()[:16],
                  state.hexdigest()[:16])  # fmt: skip


_DAMAGE = (
    OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, SyntaxError,
    tokenize.TokenError, PellucidError,
)  # fmt: skip
"""What reading may raise; the last two NumPy's own reader, of a header that is no text."""


def find_map(key: MapKey) -> Dataset | None:
    """Return the data set of a map, or None where there is none that can be used."""
    folder = key.folder
    try:
        about = json.loads((folder / _ABOUT).read_text("utf-8"))
        if any(file_state(Path(path)) != state for path, state in about["beside"].items()):
            return None
        arrays: dict[str, Any] = {}
        for part in _PARTS[: 3 if about.get("has_validation") else 2]:
            images = np.load(folder / f"{part}_images.npy", mmap_mode="r", allow_pickle=False)
            labels = np.load(folder / f"{part}_labels.npy", allow_pickle=False)
            if images.dtype != np.uint8 or len(images) != len(labels):
                return None
            arrays |= {f"{part}_images": images, f"{part}_labels": labels}
        described = about["preprocessing"]
        return Dataset(
            about["name"],
            classes=tuple(about["classes"]),
            source=about["source"],
            note=about["note"],
            preprocessing=described and Preprocessing.from_dict(described),
            **arrays,
        )
    except _DAMAGE:
        return None


def about_of(key: MapKey) -> dict[str, Any]:
    """Return what is written of a map; nothing, where that can't be read."""
    try:
        about = json.loads((key.folder / _ABOUT).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return about if isinstance(about, dict) else {}


def guesses_of(key: MapKey) -> list[str]:
    """Return what was guessed about the source of a map."""
    guesses = about_of(key).get("guesses")
    return [line for line in guesses if isinstance(line, str)] if isinstance(guesses, list) else []


def store_map(
    dataset: Dataset,
    key: MapKey,
    beside: Beside | None = None,
    guesses: Sequence[str] = (),
    seal: Seal | None = None,
) -> Dataset:
    """Write a data set's images to a map and return it mapped; see :meth:`MapWriter.commit`."""
    with MapWriter(key, dataset.size) as writer:
        for part in _PARTS:
            name = f"{part}_images"
            images = getattr(dataset, name)
            if images is None:
                continue
            sink = writer.sink(name, images.shape[1:])
            for start in range(0, len(images), 1024):
                sink.append(images[start : start + 1024])
            sink.finish()
        return writer.commit(dataset, beside, guesses, seal)


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
        beside: Beside | None = None,
        guesses: Sequence[str] = (),
        seal: Seal | None = None,
    ) -> Dataset:
        """Add labels and description, move the map to its place, and return it from there.

        The data set's images are those that the sinks wrote; ``beside`` are the states of files
        that it depends on and that the key knows nothing of; ``guesses`` is that part of its note
        which must be said again; ``seal`` returns a hash of what is written of the map.
        """
        for part in _PARTS:
            labels = getattr(dataset, f"{part}_labels")
            if labels is not None:
                np.save(self._folder / f"{part}_labels.npy", labels)
        about: dict[str, Any] = {
            "name": dataset.name,
            "classes": dataset.classes,
            "source": dataset.source,
            "note": dataset.note,
            "has_validation": dataset.validation is not None,
            "preprocessing": dataset.preprocessing and dataset.preprocessing.to_dict(),
            "beside": dict(beside or {}),
            "guesses": list(guesses),
        }
        if seal is not None:
            about["kept"] = seal(json.loads(json.dumps(about)))
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


@functools.cache
def _reader_version() -> str:
    """Return a hash of all that reads: other code may make other images of the same files."""
    digest = hashlib.sha256(json.dumps(package_versions("numpy", "pillow", "pyarrow")).encode())
    package = Path(__file__).parents[2]
    for room in ("data", "images"):
        for file in sorted((package / room).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    """Yield every file under a folder, and those directly in what a link to a folder leads to."""
    for at, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(at, name) for name in sorted(names))
        for linked in (Path(at, name) for name in folders):
            if linked.is_symlink():
                with contextlib.suppress(OSError):
                    yield from sorted(path for path in linked.iterdir() if path.is_file())


def _states(path: Path) -> Iterator[str]:
    """Yield the name, size and time of every file under a path, in order."""
    for file in _files(path) if path.is_dir() else [path]:
        with contextlib.suppress(OSError):
            status = file.stat()
            name = file.relative_to(path) if file != path else file.name
            yield f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n"
