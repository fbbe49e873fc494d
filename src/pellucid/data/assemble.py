"""From what a reader yields to a data set: gathered, split if need be, and checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.data.checks import check_images, check_labels
from pellucid.data.dataset import Dataset
from pellucid.data.memory_map import MAP_ABOVE, MapKey, MapWriter
from pellucid.data.samples import BLOCK_BYTES, Parts, Reading, Samples
from pellucid.data.sinks import MakeSink, MemorySink, Sink
from pellucid.data.split import stratified_split
from pellucid.errors import DataError

__all__ = ["assemble", "take"]

Arrays = dict[str, NDArray[Any]]


def assemble(parts: Parts, reading: Reading, key: MapKey) -> Dataset:
    """Read all there is and return it as a data set.

    Parameters
    ----------
    parts : Parts
        The source.
    reading : Reading
        How to read it.
    key : MapKey
        Where a memory map of it is kept.

    Raises
    ------
    DataError
        Something is wrong with the source: one error for all of it.
    """
    if not _wants_map(parts, reading):
        return _gathered(parts, reading, MemorySink)
    with MapWriter(key, _bytes(parts)) as writer:
        return writer.commit(_gathered(parts, reading, writer.sink))


def take(images: NDArray[Any], places: NDArray[np.int64], sink: Sink) -> NDArray[Any]:
    """Copy some images into a sink, block by block, and return them as it does."""
    count = _block_length(images.shape[1:])
    for start in range(0, len(places), count):
        sink.append(images[places[start : start + count]])
    return sink.finish()


def _wants_map(parts: Parts, reading: Reading) -> bool:
    if reading.memory_map is None:
        return parts.train.dtype == np.uint8 and _bytes(parts) > MAP_ABOVE
    return reading.memory_map


def _bytes(parts: Parts) -> int:
    return parts.train.size + (parts.test.size if parts.test else 0)


def _block_length(shape: tuple[int, ...]) -> int:
    return max(1, BLOCK_BYTES // max(1, int(np.prod(shape, dtype=np.int64))))


def _gathered(parts: Parts, reading: Reading, make: MakeSink) -> Dataset:
    name = reading.name
    try:
        if parts.test is None:
            images, labels = _gather(parts.train, make("all", parts.train.shape))
            note = reading.problems.settle(reading.skip_bad, reading.say)
            arrays = _divided(images, labels, parts, reading, make)
        else:
            images, labels = _gather(parts.train, make("train_images", parts.train.shape))
            test, test_labels = _gather(parts.test, make("test_images", parts.test.shape))
            note = reading.problems.settle(reading.skip_bad, reading.say)
            arrays = {
                "train_images": images, "train_labels": labels,
                "test_images": test, "test_labels": test_labels,
            }  # fmt: skip
        return _checked(arrays, parts, reading, note)
    except DataError as error:
        text = str(error)
        raise DataError(text if text.startswith(name) else f"{name}: {text}") from error


def _gather(samples: Samples, sink: Sink) -> tuple[NDArray[Any], NDArray[Any]]:
    labels = []
    for block in samples.blocks():
        sink.append(block.images)
        labels.append(block.labels)
    images = sink.finish()
    if not labels:
        return images, np.zeros(0, np.int64)
    return images, labels[0] if len(labels) == 1 else np.concatenate(labels)


def _divided(
    images: NDArray[Any], labels: NDArray[Any], parts: Parts, reading: Reading, make: MakeSink
) -> Arrays:
    """Return the training and the test images of a source that has no split."""
    check_labels(np.zeros(len(labels), np.int64) if labels.ndim == 1 else labels, 1, len(images))
    train, test = stratified_split(labels, reading.test_share, reading.seed)
    shape = parts.train.shape
    return {
        "train_images": take(images, train, make("train_images", shape)),
        "train_labels": labels[train],
        "test_images": take(images, test, make("test_images", shape)),
        "test_labels": labels[test],
    }


def _checked(arrays: Arrays, parts: Parts, reading: Reading, note: str) -> Dataset:
    """Return the arrays as a data set, each held to what training needs."""
    train = check_images(arrays["train_images"])
    shape = train.shape[1:]
    test = check_images(arrays["test_images"], shape if len(shape) == 3 else (1, *shape))
    classes, train_labels, test_labels = _classes(arrays, parts)
    return Dataset(
        reading.name,
        train,
        check_labels(train_labels, len(classes), len(train)),
        test.reshape(-1, *shape),
        check_labels(test_labels, len(classes), len(test)),
        classes,
        parts.source,
        note,
        parts.preprocessing or reading.preprocessing,
    )


def _classes(
    arrays: Arrays, parts: Parts
) -> tuple[tuple[str, ...], NDArray[Any], NDArray[Any]]:  # fmt: skip
    """Return the names of the classes, and both label arrays as their indices.

    Names that the source gives are taken, and its labels are their indices already. Otherwise the
    classes are the different labels, numbers or text, in order.
    """
    train, test = arrays["train_labels"], arrays["test_labels"]
    if parts.classes is not None and parts.keep_unused:
        return parts.classes, train, test
    train, test = _as_whole_numbers(train, test)
    joined = train.ndim == 1 and test.ndim == 1 and train.dtype.kind == test.dtype.kind
    if not joined or train.dtype.kind not in "iuU":
        check_labels(train, 2**31)  # says what is wrong with them
        check_labels(test, 2**31)
        train, test = train.astype(np.int64), test.astype(np.int64)
    names, indices = np.unique(np.concatenate([train, test]), return_inverse=True)
    if parts.classes is not None:
        names = np.array(parts.classes)[names]
    return tuple(str(name) for name in names), indices[: len(train)], indices[len(train) :]


def _as_whole_numbers(
    train: NDArray[Any], test: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:  # fmt: skip
    """Return labels that are text as numbers, if all are whole: "2" then comes before "10"."""
    if train.dtype.kind != "U" or test.dtype.kind != "U":
        return train, test
    try:
        numbers = train.astype(np.int64), test.astype(np.int64)
    except (ValueError, OverflowError):
        return train, test
    same = all((n.astype(str) == t).all() for n, t in zip(numbers, (train, test), strict=True))
    return numbers if same else (train, test)
