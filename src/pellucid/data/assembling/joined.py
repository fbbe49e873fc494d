"""Several sources as one: their classes and the size of their images must agree."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import warn
from pellucid.console import Say, some
from pellucid.data.assembling.assemble import gather, read_through, room
from pellucid.data.assembling.memory_map import MAP_ABOVE, MapKey, MapWriter
from pellucid.data.assembling.polarity import Polarities
from pellucid.data.assembling.sinks import MakeSink, MemorySink, Sink
from pellucid.data.dataset import Dataset, repeated, with_channels
from pellucid.data.samples import BLOCK_BYTES, Reading, Source, together
from pellucid.errors import DataError
from pellucid.images.axes import Images, four_axes, three_axes
from pellucid.images.floats import in_float32
from pellucid.images.preprocessing import Preprocessing

__all__ = ["Member", "join", "member_of_set", "member_of_source", "refuse_all", "split_sources"]

_KINDS = ("train_images", "test_images", "validation_images")

Aside = tuple[dict[str, list[int] | None], list[str]]


def split_sources(text: str, exists: dict[str, bool]) -> list[str]:
    """Return the sources in ``"a+b+c"``; a "+" in the name of something that exists stays.

    Examples
    --------
    >>> from collections import defaultdict
    >>> split_sources("mnist+c++ +digits", defaultdict(bool, {"c++ ": True}))
    ['mnist', 'c++ ', 'digits']
    """
    pieces = text.split("+")
    sources: list[str] = []
    start = 0
    while start < len(pieces):
        ends = range(len(pieces), start, -1)
        end = next((e for e in ends if exists["+".join(pieces[start:e])]), start + 1)
        sources.append("+".join(pieces[start:end]))
        start = end
    return sources


@dataclass(frozen=True)
class Member:
    """One of several sources that are joined, before its images are read.

    Attributes
    ----------
    name : str
    shape : tuple of int
        Of one image: ``(height, width)`` or ``(channels, height, width)``.
    dtype : dtype
        Of its images.
    size, room : int
        How many bytes they have, and how many bytes of a disk reading them takes, at most.
    read : callable
        Reads it into the sinks that are made for it.
    read_through : callable
        Reads it for its problems alone.
    made : Preprocessing or None
        What makes its images of pictures.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    size: int
    room: int
    read: Callable[[MakeSink], Dataset]
    read_through: Callable[[], None]
    made: Preprocessing | None = None

    @property
    def input_shape(self) -> tuple[int, ...]:
        """``(channels, height, width)`` of one image."""
        return three_axes(self.shape)


def member_of_set(dataset: Dataset) -> Member:
    """Return a data set that is there already as a member."""
    images = dataset.train_images
    return Member(
        dataset.name, images.shape[1:], images.dtype, dataset.size, 0, lambda make: dataset,
        lambda: None,
    )  # fmt: skip


def member_of_source(source: Source, reading: Reading) -> Member:
    """Return what a path holds as a member."""
    return Member(
        reading.name, source.train.shape, source.train.dtype, source.size, room(source),
        lambda make: gather(source, reading, make), lambda: read_through(source, reading),
        source.preprocessing,
    )  # fmt: skip


def join(
    name: str,
    members: Sequence[Member],
    memory_map: bool | None,
    key: MapKey,
    aside: Callable[[], Aside] = lambda: ({}, []),
    guess: Say = warn,
) -> Dataset:
    """Return several sources as one data set, in their order.

    Parameters
    ----------
    name : str
        The new name.
    members : sequence of Member
        With the same classes, in whatever order, and images of the same size. Where one holds
        floats, bytes become floats; where one has colors, gray images get three channels.
    memory_map : bool or None
        As for :func:`pellucid.data.load`.
    key : MapKey
        Where a memory map of it is kept.
    aside : callable
        Returns, after reading, the states of files that the key knows nothing of, and what was
        guessed.
    guess : callable
        Is told where some are dark on light and others light on dark.

    Raises
    ------
    DataError
        Shapes or classes differ, and the message names two that do; or sources can't be used, and
        it lists what is wrong with each.
    """
    for other in members[1:]:
        _check_shapes(members[0], other)
    _check_deep_ranges(members)
    shape = next((s.shape for s in members if s.input_shape[0] == 3), members[0].shape)
    is_bytes = all(member.dtype == np.uint8 for member in members)
    channels = shape[0] if len(shape) == 3 else 1
    polarities = Polarities(guess)
    size = sum(member.size * channels // member.input_shape[0] for member in members)
    if memory_map or (memory_map is None and is_bytes and size > MAP_ABOVE):
        with MapWriter(key, size + max(member.room for member in members)) as writer:
            mapped = _mapped(name, members, shape, writer, polarities)
            return writer.commit(mapped, *aside())
    sets = [*_each(name, members, lambda number: MemorySink, polarities)]
    images = {}
    for kind in _KINDS:
        arrays = [array for part in sets if (array := getattr(part, kind)) is not None]
        if arrays:
            images[kind] = _concatenated(arrays, shape, is_bytes)
    return _whole(name, members, sets, polarities, images)


def refuse_all(name: str, members: Sequence[Member], errors: Sequence[DataError]) -> NoReturn:
    """Raise errors, and whatever is wrong with sources that were not read yet, as one."""
    all_errors = list(errors)
    for member in members:
        try:
            member.read_through()
        except DataError as error:
            all_errors.append(error)
    raise together(name, all_errors, "sources")


def _each(
    name: str,
    members: Sequence[Member],
    make: Callable[[int], MakeSink],
    polarities: Polarities,
) -> Iterator[Dataset]:
    """Yield each source, read; where one is bad, all are looked through first."""
    first: Dataset | None = None
    for number, member in enumerate(members):
        try:
            dataset = member.read(make(number))
        except DataError as error:
            refuse_all(name, members[number + 1 :], [error])
        first = first or dataset
        _check_classes(first, dataset)
        polarities.add(member.name, dataset.train_images)
        yield dataset


def _mapped(
    name: str,
    members: Sequence[Member],
    shape: tuple[int, ...],
    writer: MapWriter,
    polarities: Polarities,
) -> Dataset:
    """Return a joined set of which one source at a time is written twice, and none is in memory."""
    sinks: dict[str, Sink] = {}
    sets = []
    own = lambda number: lambda kind, shape: writer.sink(f"{number}-{kind}", shape)  # noqa: E731
    for number, part in enumerate(_each(name, members, own, polarities)):
        empty: dict[str, Any] = {}
        for kind in _KINDS:
            if getattr(part, kind) is None:
                continue
            if kind not in sinks:
                sinks[kind] = writer.sink(kind, shape)
            _write(getattr(part, kind), shape, sinks[kind])
            empty[kind] = np.empty((0, *shape), np.uint8)
        sets.append(dataclasses.replace(part, **empty))
        del part  # its files are still mapped, so they still take room
        for kind in (*_KINDS, "all"):
            writer.remove(f"{number}-{kind}")
    images = {kind: sink.finish() for kind, sink in sinks.items()}
    return _whole(name, members, sets, polarities, images)


def _whole(
    name: str,
    members: Sequence[Member],
    sets: Sequence[Dataset],
    polarities: Polarities,
    images: dict[str, Any],
) -> Dataset:
    """Return joined images with the labels of all; those to validate are of who has such."""
    classes = sets[0].classes
    # What made pictures is a fact; named sets only say what would suit them.
    described = [member.made for member in members] + [part.preprocessing for part in sets]
    preprocessing = next((made for made in described if made is not None), None)
    deep = next((m.made.deep_range for m in members if m.made and m.made.deep_range), None)
    if preprocessing is not None and deep is not None:
        preprocessing = dataclasses.replace(preprocessing, deep_range=deep)
    labels = {
        kind: np.concatenate([_labels(part, kind, classes) for part in sets])
        for kind in (name.replace("images", "labels") for name in images)
    }
    whole = Dataset(
        name,
        classes=classes,
        source=" + ".join(part.source for part in sets),
        note=" ".join(note for note in (*(p.note for p in sets), polarities.told()) if note),
        preprocessing=preprocessing,
        **images,
        **labels,
    )
    return with_channels(whole, whole.input_shape[0])


def _check_shapes(first: Member, other: Member) -> None:
    one, two = first.input_shape, other.input_shape
    if one[1:] != two[1:] or (one[0] != two[0] and {one[0], two[0]} != {1, 3}):
        raise DataError(
            f"{first.name} has images of shape {one} (channels, height, width), {other.name} of "
            f"{two}; bring them to one, with size= where they are pictures."
        )


def _check_deep_ranges(members: Sequence[Member]) -> None:
    """Raise DataError if pictures of more than 8 bits were scaled in two ways."""
    deep = [(m.name, m.made.deep_range) for m in members if m.made and m.made.deep_range]
    for name, bounds in deep[1:]:
        first, others = deep[0]
        if bounds != others:
            raise DataError(
                f"{first} has pictures of more than 8 bits with values of {others[0]:g} to "
                f"{others[1]:g}, {name} of {bounds[0]:g} to {bounds[1]:g}; put them into one "
                "folder, or give a Preprocessing with a deep_range."
            )


def _check_classes(first: Dataset, other: Dataset) -> None:
    if set(first.classes) != set(other.classes):
        only = [
            f"only {here.name} has {some([repr(name) for name in sorted(rest)])}"
            for here, there in ((first, other), (other, first))
            if (rest := set(here.classes) - set(there.classes))
        ]
        raise DataError(
            f"{first.name} and {other.name} have different classes: {'; '.join(only)}. What is "
            "joined must have the same."
        )


def _labels(part: Dataset, kind: str, classes: tuple[str, ...]) -> NDArray[np.int64]:
    """Return a part's labels of a kind, perhaps none, as indices into the first part's classes."""
    labels: NDArray[np.int64] | None = getattr(part, kind)
    if labels is None:
        return np.zeros(0, np.int64)
    if part.classes == classes:
        return labels
    place = {name: number for number, name in enumerate(classes)}
    places = np.array([place[name] for name in part.classes], np.int64)
    return places[labels]


def _shaped(images: Images, shape: tuple[int, ...]) -> Images:
    """Return images with the axes and the channels of the whole."""
    if len(shape) == 3:
        images = four_axes(images)
        return images if images.shape[1] == shape[0] else repeated(images, shape[0])
    return images.reshape(-1, *shape)


def _concatenated(arrays: Sequence[Images], shape: tuple[int, ...], is_bytes: bool) -> Images:
    shaped = [_shaped(images, shape) for images in arrays]
    if is_bytes:
        return np.concatenate([images.astype(np.uint8, copy=False) for images in shaped])
    return np.concatenate([in_float32(images) for images in shaped])


def _write(images: Images, shape: tuple[int, ...], sink: Sink) -> None:
    length = max(1, BLOCK_BYTES // max(1, math.prod(shape)))
    for start in range(0, len(images), length):
        sink.append(_shaped(images[start : start + length], shape))
