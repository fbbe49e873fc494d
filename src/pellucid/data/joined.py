"""Several data sets as one: their classes and the shape of their images must agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pellucid.data.dataset import Dataset, Images
from pellucid.data.memory_map import MAP_ABOVE, MapKey, MapWriter
from pellucid.data.samples import BLOCK_BYTES
from pellucid.data.sinks import MakeSink
from pellucid.errors import DataError

__all__ = ["join", "split_sources"]


def split_sources(text: str, exists: dict[str, bool]) -> list[str]:
    """Return the sources in ``"a+b+c"``; a "+" in the name of something that exists stays.

    Parameters
    ----------
    text : str
        What :func:`pellucid.data.load` was given.
    exists : mapping
        Asked, with ``exists[name]``, whether there is a file or folder of a name.

    Examples
    --------
    >>> from collections import defaultdict
    >>> split_sources("mnist+c++ +digits", defaultdict(bool, {"c++ ": True}))
    ['mnist', 'c++ ', 'digits']
    """
    pieces = text.split("+")
    found: list[str] = []
    start = 0
    while start < len(pieces):
        ends = range(len(pieces), start, -1)
        end = next((e for e in ends if exists["+".join(pieces[start:e])]), start + 1)
        found.append("+".join(pieces[start:end]))
        start = end
    return found


def join(name: str, parts: Sequence[Dataset], memory_map: bool | None, key: MapKey) -> Dataset:
    """Return several data sets as one, in their order.

    Parameters
    ----------
    name : str
        The new name.
    parts : sequence of Dataset
        With the same classes, in whatever order, and images of the same shape. Where one holds
        floats, bytes become floats.
    memory_map : bool or None
        As for :func:`pellucid.data.load`.
    key : MapKey
        Where a memory map of it is kept.

    Raises
    ------
    DataError
        Classes or shapes differ; the message names two that do.
    """
    first = parts[0]
    for other in parts[1:]:
        _check(first, other)
    labels = [_labels(part, first.classes) for part in parts]
    arrays = [image for part in parts for image in (part.train_images, part.test_images)]
    size = sum(images.nbytes for images in arrays)
    is_bytes = all(images.dtype == np.uint8 for images in arrays)
    preprocessing = next((p.preprocessing for p in parts if p.preprocessing is not None), None)

    def joined(train: Images, test: Images) -> Dataset:
        return Dataset(
            name,
            train,
            np.concatenate([train_labels for train_labels, _ in labels]),
            test,
            np.concatenate([test_labels for _, test_labels in labels]),
            first.classes,
            " + ".join(part.source for part in parts),
            " ".join(part.note for part in parts if part.note),
            preprocessing,
        )

    trains, tests = _shaped(parts, "train_images"), _shaped(parts, "test_images")
    if memory_map or (memory_map is None and is_bytes and size > MAP_ABOVE):
        with MapWriter(key, size) as writer:
            found = [
                _written(images, writer.sink, images_name)
                for images, images_name in ((trains, "train_images"), (tests, "test_images"))
            ]
            return writer.commit(joined(*found))
    return joined(_concatenated(trains, is_bytes), _concatenated(tests, is_bytes))


def _check(first: Dataset, other: Dataset) -> None:
    if first.input_shape != other.input_shape:
        raise DataError(
            f"{first.name} has images of shape {first.input_shape} (channels, height, width), "
            f"{other.name} of {other.input_shape}; bring them to one, with size= where they are "
            "pictures."
        )
    if set(first.classes) != set(other.classes):
        only = [
            f"only {here.name} has {_some(set(here.classes) - set(there.classes))}"
            for here, there in ((first, other), (other, first))
            if set(here.classes) - set(there.classes)
        ]
        raise DataError(
            f"{first.name} and {other.name} have different classes: {'; '.join(only)}. What is "
            "joined must have the same."
        )


def _some(names: set[str]) -> str:
    shown = sorted(names)[:5]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(repr(name) for name in shown) + more


def _labels(
    part: Dataset, classes: tuple[str, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    """Return a part's labels as indices into the first part's classes."""
    if part.classes == classes:
        return part.train_labels, part.test_labels
    place = {name: number for number, name in enumerate(classes)}
    places = np.array([place[name] for name in part.classes], np.int64)
    return places[part.train_labels], places[part.test_labels]


def _shaped(parts: Sequence[Dataset], name: str) -> list[Images]:
    """Return one array of each part, all with as many axes as the first part's."""
    shape = parts[0].train_images.shape[1:]
    return [getattr(part, name).reshape(-1, *shape) for part in parts]


def _concatenated(arrays: Sequence[Images], is_bytes: bool) -> Images:
    if is_bytes:
        return np.concatenate([images.astype(np.uint8, copy=False) for images in arrays])
    return np.concatenate([_as_floats(images) for images in arrays])


def _as_floats(images: Images) -> NDArray[np.float32]:
    floats = images.astype(np.float32, copy=False)
    return floats / np.float32(255) if images.dtype == np.uint8 else floats


def _written(arrays: Sequence[Images], make: MakeSink, name: str) -> NDArray[np.uint8]:
    sink = make(name, arrays[0].shape[1:])
    for images in arrays:
        length = max(1, BLOCK_BYTES // max(1, images[0].nbytes))
        for start in range(0, len(images), length):
            sink.append(images[start : start + length])
    return sink.finish()
