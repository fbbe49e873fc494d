"""From what a reader yields to a data set: gathered, split if need be, and checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.data.assembling.memory_map import MAP_ABOVE, MapKey, MapWriter
from pellucid.data.assembling.sinks import MakeSink, MemorySink, Sink
from pellucid.data.dataset import Dataset
from pellucid.data.samples import BLOCK_BYTES, Block, Reading, Samples, Source
from pellucid.data.split import stratified_split
from pellucid.errors import DataError
from pellucid.images.axes import three_axes
from pellucid.images.checks import check_images, check_label_shape, check_labels
from pellucid.images.sameness import LEAST_CONTRAST, sameness

__all__ = ["assemble", "gather", "read_through", "room", "take"]

Arrays = dict[str, NDArray[Any]]

_KINDS = {
    "train": "training images", "test": "test images", "validation": "images to validate",
}  # fmt: skip
"""The parts of a data set, in the order of ``Source.samples``, and what they are called."""


def assemble(source: Source, reading: Reading, key: MapKey) -> Dataset:
    """Read all there is and return it as a data set, or raise one error for all that is wrong."""
    if not _wants_map(source, reading):
        return gather(source, reading, MemorySink)
    with MapWriter(key, room(source)) as writer:
        return writer.commit(gather(source, reading, writer.sink), reading.beside, reading.guesses)


def gather(source: Source, reading: Reading, make: MakeSink) -> Dataset:
    """Read all there is into sinks and return it as a data set; see :func:`assemble`."""
    name = reading.name
    try:
        _check_names(source.classes or ())
        if source.test is not None:
            arrays = _parts(source, make)
        elif reading.test_share == 1:
            arrays = _test_alone(source.train, make)
        elif source.is_test:
            raise DataError(
                f"{name} holds images to test on and none to train on. Put those beside them, or "
                "test a model on it: pellucid evaluate, or test_share=1 in Python."
            )
        elif source.train.listed is not None:
            arrays = _divided_at_once(source.train, source.train.listed(), reading, make)
        else:
            arrays = _divided_later(source, reading, make)
        note = reading.problems.settle(reading.skip_bad, reading.say)
        _tell_of_sameness(arrays, source, reading)
        return _checked(
            arrays, source, reading, " ".join([*reading.guesses, *filter(None, [note])])
        )
    except DataError as error:
        text = str(error)
        raise DataError(text if text.startswith(name) else f"{name}: {text}") from error


def _tell_of_sameness(arrays: Arrays, source: Source, reading: Reading) -> None:
    """Say if most images are blank or equal: something went wrong before they came here."""
    contrast = 0 if source.preprocessing is None else LEAST_CONTRAST
    for part, what in _KINDS.items():
        name = f"{part}_images"
        line = sameness(arrays[name], what, contrast) if name in arrays else ""
        if line:
            reading.guess(f"{reading.name}: {line}")
            return


def read_through(source: Source, reading: Reading) -> None:
    """Read all there is for its problems alone; raise one DataError for all of them."""
    for samples in source.samples:
        for _ in samples.blocks():
            pass
    reading.problems.settle(reading.skip_bad, None)


def room(source: Source) -> int:
    """Return how many bytes of a disk gathering takes, at most."""
    is_written_twice = source.test is None and source.train.listed is None
    return source.size * (2 if is_written_twice else 1)


def take(images: NDArray[Any], places: NDArray[np.int64], sink: Sink) -> NDArray[Any]:
    """Copy some images into a sink, block by block, and return them as it does."""
    count = _block_length(images.shape[1:])
    for start in range(0, len(places), count):
        sink.append(images[places[start : start + count]])
    return sink.finish()


def _wants_map(source: Source, reading: Reading) -> bool:
    if reading.memory_map is None:
        return source.train.dtype == np.uint8 and source.size > MAP_ABOVE
    return reading.memory_map


def _block_length(shape: tuple[int, ...]) -> int:
    return max(1, BLOCK_BYTES // max(1, int(np.prod(shape, dtype=np.int64))))


def _check_names(names: tuple[str, ...]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DataError(f"Two classes have the name {name!r}; each needs a name of its own.")
        seen.add(name)


def _parts(source: Source, make: MakeSink) -> Arrays:
    """Return the images of a source that has a split; no images to validate are no part."""
    arrays: Arrays = {}
    for part, samples in zip(_KINDS, source.samples, strict=False):
        name = f"{part}_images"
        images, labels = _all_of(samples, make(name, samples.shape))
        if len(images) or part != "validation":
            arrays |= {name: images, f"{part}_labels": labels}
    return arrays


def _test_alone(test: Samples, make: MakeSink) -> Arrays:
    """Return images none of which are for training."""
    images, labels = _all_of(test, make("test_images", test.shape))
    return {
        "train_images": make("train_images", test.shape).finish(), "train_labels": labels[:0],
        "test_images": images, "test_labels": labels,
    }  # fmt: skip


def _all_of(samples: Samples, sink: Sink) -> tuple[NDArray[Any], NDArray[Any]]:
    labels = []
    for block in samples.blocks():
        sink.append(block.images)
        labels.append(block.labels)
    return sink.finish(), _joined(labels)


def _joined(labels: list[NDArray[Any]]) -> NDArray[Any]:
    if not labels:
        return np.zeros(0, np.int64)
    return labels[0] if len(labels) == 1 else np.concatenate(labels)


def _divided_at_once(
    samples: Samples, labels: NDArray[Any], reading: Reading, make: MakeSink
) -> Arrays:  # fmt: skip
    """Return the training and the test images of a source that tells its labels first.

    The draw is among all that is listed. What turns out to be bad then moves no other image from
    one side to the other, and who reads with another size, or has mended it, gets the same split.
    """
    try:
        _, test = stratified_split(labels, reading.test_share, reading.seed)
    except DataError:
        for _ in samples.blocks():  # what is wrong with the images comes first
            pass
        reading.problems.settle(reading.skip_bad, None)
        raise
    is_test = np.zeros(len(labels), bool)
    is_test[test] = True
    sinks = [make(name, samples.shape) for name in ("train_images", "test_images")]
    kept: tuple[list[NDArray[Any]], list[NDArray[Any]]] = ([], [])
    start = 0
    for block in samples.blocks():
        places = np.arange(start, start + len(block.labels))
        start = places[-1] + 1
        side = is_test[places if block.places is None else block.places]
        for sink, labels_kept, chosen in zip(sinks, kept, (~side, side), strict=True):
            _append(block, chosen, sink, labels_kept)
    images, test_images = (sink.finish() for sink in sinks)
    return {
        "train_images": images, "train_labels": _joined(kept[0]),
        "test_images": test_images, "test_labels": _joined(kept[1]),
    }  # fmt: skip


def _append(
    block: Block, chosen: NDArray[np.bool_], sink: Sink, labels: list[NDArray[Any]]
) -> None:  # fmt: skip
    if chosen.any():
        sink.append(block.images[chosen])
        labels.append(block.labels[chosen])


def _divided_later(source: Source, reading: Reading, make: MakeSink) -> Arrays:
    """Return the training and the test images of a source that only reading tells the labels of."""
    shape = source.train.shape
    images, labels = _all_of(source.train, make("all", shape))
    reading.problems.settle(reading.skip_bad, None)
    check_label_shape(labels.shape, len(images))
    ranks = labels if source.codes is None else _ranks(source.codes.names)[1][labels]
    train, test = stratified_split(ranks, reading.test_share, reading.seed)
    return {
        "train_images": take(images, train, make("train_images", shape)),
        "train_labels": labels[train],
        "test_images": take(images, test, make("test_images", shape)),
        "test_labels": labels[test],
    }


def _checked(arrays: Arrays, source: Source, reading: Reading, note: str) -> Dataset:
    """Return the arrays as a data set, each held to what training needs."""
    train, test = arrays["train_images"], arrays["test_images"]
    if _is_for_training(train, reading):
        train = check_images(train)
    test = check_images(test, three_axes(train.shape[1:]))
    shape = train.shape[1:]
    classes, (train_labels, test_labels, *others) = _classes(arrays, source)
    validation: dict[str, Any] = {}
    if others:
        held = check_images(arrays["validation_images"], three_axes(train.shape[1:]))
        validation = {
            "validation_images": held.reshape(-1, *shape),
            "validation_labels": check_labels(others[0], len(classes), len(held)),
        }
    return Dataset(
        reading.name,
        train,
        check_labels(train_labels, len(classes), len(train)) if len(train) else train_labels,
        test.reshape(-1, *shape),
        check_labels(test_labels, len(classes), len(test)),
        classes,
        source.where,
        note,
        source.preprocessing or reading.preprocessing,
        **validation,
    )


def _is_for_training(train: NDArray[Any], reading: Reading) -> bool:
    """Return whether there have to be training images."""
    return len(train) > 0 or reading.test_share != 1


def _classes(arrays: Arrays, source: Source) -> tuple[tuple[str, ...], list[NDArray[Any]]]:
    """Return the names of the classes, and each part's labels as their indices.

    Names that the source gives are taken, and its labels are their indices already. Otherwise the
    classes are the different labels, numbers or text, in order.
    """
    parts = [arrays[name] for part in _KINDS if (name := f"{part}_labels") in arrays]
    if source.classes is not None and source.keep_unused:
        return source.classes, parts
    if source.codes is not None:
        names, ranks = _ranks(source.codes.names)
        return names, [ranks[part] for part in parts]
    joined = all(part.ndim == 1 for part in parts) and len({p.dtype.kind for p in parts}) == 1
    if not joined or parts[0].dtype.kind not in "iuU":
        for part in parts:
            if len(part):
                check_labels(part, 2**31)  # says what is wrong with them
        parts = [part.astype(np.int64) for part in parts]
    labels, indices = np.unique(np.concatenate(parts), return_inverse=True)
    if source.classes is not None:
        names = tuple(source.classes[label] for label in labels)
    else:
        names, ranks = _ranks([str(label) for label in labels])
        indices = ranks[indices]
    return names, np.split(indices, np.cumsum([len(part) for part in parts])[:-1])


def _ranks(names: list[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return names in order, and where each of those given has come to.

    Whole numbers, if all are such, are in the order of their values: "2" comes before "10".
    """
    try:
        values = [int(name) for name in names]
    except ValueError:
        values = []
    are_numbers = [str(value) for value in values] == names
    keys: list[Any] = values if are_numbers else names
    order = sorted(range(len(names)), key=keys.__getitem__)
    ranks = np.empty(len(names), np.int64)
    ranks[order] = np.arange(len(names))
    return tuple(names[place] for place in order), ranks
