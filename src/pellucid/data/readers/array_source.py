"""From named arrays to a source: what belongs together, which axis is which, what is black."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.console import some
from pellucid.data.readers.array_blocks import check_claims, image_blocks, stored_dtype
from pellucid.data.readers.array_names import CLASSES, pairs_of
from pellucid.data.readers.array_store import PICKLED, ArrayStore
from pellucid.data.readers.pixel_scale import (
    BYTES,
    UNIT,
    PixelScale,
    check_same_scale,
    scale_of_array,
)
from pellucid.data.readers.row_layout import layout_of_rows
from pellucid.data.samples import BLOCK_BYTES, Block, Reading, Samples, Source, Steps
from pellucid.errors import DataError
from pellucid.images.axes import Images
from pellucid.images.checks import check_axes, check_images

__all__ = ["source_of_arrays"]

_LAYOUTS = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
)
_MOST_CLASSES = 64 << 20  # bytes of their names
_MOST_COLUMNS = 1 << 16  # of labels that have one for each class


@dataclass(frozen=True)
class _Part:
    """Images and their labels, before they are read.

    Attributes
    ----------
    images, labels : str
        What the arrays are called.
    count : int
        How many images there are.
    is_count_last : bool
        Whether the images follow one another on the last axis, as in MATLAB.
    is_one_hot : bool
        Whether labels have a column for each class.
    shape : tuple of int
        Of one image of the data set.
    arrange : callable
        Brings the images of a block to it.
    scale : PixelScale
    """

    images: str
    labels: str
    count: int
    is_count_last: bool
    is_one_hot: bool
    shape: tuple[int, ...]
    arrange: Callable[[NDArray[Any]], NDArray[Any]]
    scale: PixelScale


def source_of_arrays(store: ArrayStore, reading: Reading) -> Source:
    """Return the source in named arrays.

    They are called ``x_train``, ``y_train``, ``x_test``, ``y_test`` or the like; ``X`` and ``y``
    are divided; those to test on, alone, are all for the test. ``classes`` may hold the names that
    the labels are indices of. Labels may be columns, or have one for each class; images may be rows
    of pixels, have their channels last, or follow one another on the last axis.

    Raises
    ------
    DataError
        Arrays are missing, or don't belong together.
    """
    pairs = pairs_of(store.headers)
    if pairs is None:
        held = ", ".join(store.headers) or "no arrays"
        raise DataError(
            f"{store.path} holds {held}; a data set needs {', '.join(_LAYOUTS[0])} (or "
            f"{', '.join(_LAYOUTS[1])}), the two for the test only if there are such, or X and y."
        )
    chosen = [pairs["train"]] if "train" in pairs else []
    chosen += _held_out(store, pairs, reading)
    _tell_left_out(store, chosen, pairs, reading)
    try:
        parts = [_part(store, images, labels, reading) for images, labels in chosen]
    except DataError as error:
        text = str(error)
        prefix = "" if text.startswith(str(store.path)) else f"{store.path}: "
        raise DataError(f"{prefix}{text}") from error
    for part in parts[1:]:
        _check_alike(store, parts[0], part)
    steps = Steps(reading.progress, sum(part.count for part in parts))
    train, test, validation = [*(_samples(store, part, steps) for part in parts), None, None][:3]
    assert train is not None
    return Source(
        train, test, store.where, _classes(store), is_test="train" not in pairs,
        validation=validation,
    )  # fmt: skip


def _held_out(
    store: ArrayStore, pairs: dict[str, tuple[str, str]], reading: Reading
) -> list[tuple[str, str]]:  # fmt: skip
    """Return the names of what to test on and to validate with, as far as they are there.

    What is there to validate is to test on, where nothing else is; of a test alone it is left out.
    """
    validation = pairs.get("validation")
    if "test" in pairs:
        if validation and "train" not in pairs:
            reading.tell(f"{store.path}: {' and '.join(validation)} are left out.")
        return [pairs["test"], *([validation] if validation and "train" in pairs else [])]
    if validation:
        reading.guess(
            f"{store.path}: there are no test images, so {' and '.join(validation)} are the test."
        )
        return [validation]
    return []


def _tell_left_out(
    store: ArrayStore, chosen: list[tuple[str, str]], pairs: dict[str, Any], reading: Reading
) -> None:  # fmt: skip
    used = {name for pair in (*chosen, *pairs.values()) for name in pair}
    others = [name for name in store.headers if name not in used and name not in CLASSES]
    if others:
        reading.tell(f"{store.path}: left out: {some(others)}.")


def _part(store: ArrayStore, images: str, labels: str, reading: Reading) -> _Part:
    """Look at headers and the first images, and return what they are."""
    header, of_labels = store.headers[images], store.headers[labels]
    for name in (images, labels):
        if store.headers[name].dtype.hasobject:
            raise DataError(f"{store.path}: {name} {PICKLED}.")
    if header.dtype.kind not in "biuf":
        check_images(np.zeros((1, 1, 1), header.dtype))  # says what dtypes there are
    shape, label_shape = header.shape, of_labels.shape
    if len(label_shape) == 2 and 1 in label_shape:
        label_shape = (max(label_shape),)  # a column, or a row
    is_one_hot = len(label_shape) == 2 and 1 < label_shape[1] <= _MOST_COLUMNS
    count = label_shape[0] if label_shape else 0
    # Where another axis is as long, a missing label is likelier than MATLAB's order.
    is_count_last = len(shape) > 1 and shape[-1] == count > max(shape[:-1])
    if is_count_last:
        shape = (shape[-1], *shape[:-1])
    claimed = (shape[0], 1, shape[1]) if len(shape) == 2 else shape
    check_claims(claimed, label_shape[:1] if is_one_hot else label_shape, of_labels.dtype)
    what = f"{images} in {store.path}"
    first = next(_arrays(store, images, is_count_last))
    one, arrange = _arranged(first, shape, what, reading)
    return _Part(
        images, labels, shape[0], is_count_last, is_one_hot, one, arrange,
        scale_of_array(first, what, reading),
    )  # fmt: skip


def _arranged(
    first: NDArray[Any], shape: tuple[int, ...], what: str, reading: Reading
) -> tuple[tuple[int, ...], Callable[[NDArray[Any]], NDArray[Any]]]:
    """Return the shape of one image of the data set, and what brings images of a file to it."""
    if len(shape) == 2:
        layout = layout_of_rows(first, shape[1], what, reading)
        return layout.shape, layout.images
    check_axes(shape)
    is_last = len(shape) == 4 and shape[3] in (1, 3) and shape[1] > 4
    if len(shape) == 4 and reading.channels is not None:
        is_last = reading.channels == "last"
    if is_last:
        return (shape[3], shape[1], shape[2]), lambda images: np.moveaxis(images, 3, 1)
    return shape[1:], lambda images: images


def _arrays(store: ArrayStore, name: str, is_count_last: bool) -> Iterator[NDArray[Any]]:
    """Yield an array in blocks of images."""
    if not is_count_last:
        yield from store.blocks(name)
        return
    whole = np.moveaxis(store.read(name), -1, 0)
    length = max(1, BLOCK_BYTES // max(1, whole[:1].nbytes))
    for start in range(0, len(whole), length):
        yield whole[start : start + length]


def _check_alike(store: ArrayStore, train: _Part, test: _Part) -> None:
    """Raise DataError where numbers of one kind mean one thing in training, another in the test."""
    kinds = {store.headers[part.images].dtype.kind for part in (train, test)}
    if len(kinds) == 1:
        names = (f"{train.images} in {store.path}", f"{test.images} there")
        check_same_scale(train.scale, test.scale, names)


def _samples(store: ArrayStore, part: _Part, steps: Steps) -> Samples:
    dtype = store.headers[part.images].dtype
    is_plain = part.scale in (BYTES, UNIT)

    @functools.cache
    def listed() -> NDArray[Any]:
        labels = _as_text(store, part.labels, store.read(part.labels))
        return _from_one_hot(labels, part.labels, store) if part.is_one_hot else labels.ravel()

    def blocks() -> Iterator[Block]:
        arrays = map(part.arrange, _arrays(store, part.images, part.is_count_last))
        check = check_images if is_plain else functools.partial(_stored, part.scale)
        yield from image_blocks(arrays, listed(), steps, check)

    kept = stored_dtype(dtype) if is_plain else part.scale.dtype
    return Samples(part.count, part.shape, kept, blocks, listed)


def _stored(scale: PixelScale, images: NDArray[Any]) -> Images:
    stored = scale.stored(images)
    if stored is not None:
        return stored
    bad = np.array([scale.stored(image) is None for image in images])
    raise DataError(
        f"The pixels are from {images.min():g} to {images.max():g}, not {scale} (in {bad.sum():,} "
        f"of {len(bad):,} images, first image {int(bad.argmax())}); say what is black and white "
        "with pixel_range=(low, high), or leave these images out."
    )


def _from_one_hot(labels: NDArray[Any], name: str, store: ArrayStore) -> NDArray[np.int64]:
    """Return the number of the class of each row that has a 1 for it, and else zeros."""
    is_set = labels == 1
    if not (is_set | (labels == 0)).all() or (is_set.sum(axis=1) != 1).any():
        raise DataError(
            f"{store.path}: {name} has shape {labels.shape}; labels are one for each image, or "
            "rows of zeros with a single 1 for its class."
        )
    classes: NDArray[np.int64] = is_set.argmax(axis=1).astype(np.int64)
    return classes


def _classes(store: ArrayStore) -> tuple[str, ...] | None:
    """Return the names of the classes, if there are such."""
    name = next((name for name in CLASSES if name in store.headers), None)
    if name is None or (name != CLASSES[0] and store.headers[name].dtype.kind not in "US"):
        return None
    shape, _, dtype = store.headers[name]
    if math.prod(shape) * dtype.itemsize > _MOST_CLASSES:
        raise DataError(
            f"{store.path}: {name} has shape {shape} of {dtype}; the names of classes take "
            f"{_MOST_CLASSES >> 20} MB at most."
        )
    names = _as_text(store, name, store.read(name))
    return tuple(str(name) for name in names.ravel())


def _as_text(store: ArrayStore, name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Return text that was stored as bytes as text; other arrays as they are."""
    if array.dtype.kind != "S":
        return array
    try:
        return np.char.decode(array, "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{store.path}: {name} holds bytes that are no UTF-8 text; store it as text."
        ) from error
