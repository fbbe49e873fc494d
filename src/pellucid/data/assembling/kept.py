"""What took a while to read is kept in the cache, so that the next run need not read it again.

It is kept as a memory map, but comes into memory, and only if not a bit of it has changed; whatever
is wrong with it, the source is read anew. Nothing is ever said of it, for nothing depends on it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pellucid.data.assembling.memory_map import MAP_ABOVE, MapKey, about_of, map_folder, store_map
from pellucid.data.dataset import Dataset
from pellucid.errors import DataError
from pellucid.files.digests import sha256
from pellucid.files.fingerprints import array_fingerprint

__all__ = ["KEEP_AFTER", "keep", "taken"]

KEEP_AFTER = 1.0
"""Seconds of reading from which on it pays."""

_MOST_BYTES = 4 << 30  # of all that is kept; what was not used for longest goes first
_SHARE = 10  # a tenth of what is free on the disk, at most


def keep(
    dataset: Dataset,
    key: MapKey,
    seconds: float,
    beside: Mapping[str, list[int] | None],
    guesses: Sequence[str],
) -> None:
    """Keep what was read in so many seconds, if it pays and there is room."""
    images, test = dataset.train_images, dataset.test_images
    size, held = dataset.size, dataset.validation_images
    is_plain = images.dtype == test.dtype == np.uint8 and not isinstance(images, np.memmap)
    is_plain = is_plain and (held is None or held.dtype == np.uint8)
    if seconds < KEEP_AFTER or not is_plain or size > MAP_ABOVE:
        return
    with contextlib.suppress(DataError, OSError):
        map_folder().mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(map_folder()).free < _SHARE * size:
            return
        store_map(dataset, key, beside, guesses, seal=lambda about: _seal(dataset, about))
        _tidy()


def taken(mapped: Dataset, key: MapKey) -> Dataset | None:
    """Return a map that was kept as arrays in memory; one that was asked for as it is.

    None, and it is removed, where it is not what was written.
    """
    about = about_of(key)
    if "kept" not in about:
        return mapped
    try:
        arrays: dict[str, Any] = {
            name: np.array(images, np.uint8)
            for name in ("train_images", "test_images", "validation_images")
            if (images := getattr(mapped, name)) is not None
        }
        dataset = dataclasses.replace(mapped, **arrays)
        if about["kept"] == _seal(dataset, about):
            os.utime(key.folder)  # used now
            return dataset
    except (OSError, ValueError):
        pass
    shutil.rmtree(key.folder, ignore_errors=True)
    return None


def _seal(dataset: Dataset, about: Mapping[str, Any]) -> str:
    """Return a hash of all that a map holds."""
    words = {name: value for name, value in about.items() if name != "kept"}
    held = dataset.validation
    validation = "" if held is None else array_fingerprint(*held)
    return sha256(dataset.fingerprint(), validation, json.dumps(words, sort_keys=True))


def _tidy() -> None:
    """Remove what was not used for longest, until the rest is within bounds."""
    kept = []
    for folder in map_folder().iterdir():
        source, _, state = folder.name.rpartition("-")
        if source and "kept" in about_of(MapKey(source, state)):
            size = sum(path.stat().st_size for path in folder.iterdir())
            kept.append((folder.stat().st_mtime, size, folder))
    total = sum(size for _, size, _ in kept)
    for _, size, folder in sorted(kept):
        if total <= _MOST_BYTES:
            break
        shutil.rmtree(folder, ignore_errors=True)
        total -= size
