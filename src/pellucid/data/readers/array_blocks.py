"""Images that are one array in a file, with their labels: checked first, then read in blocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.data.samples import BLOCK_BYTES, MOST_LABEL, Block, Steps
from pellucid.errors import DataError
from pellucid.images.axes import Images
from pellucid.images.checks import check_axes, check_images, check_label_shape

__all__ = ["check_claims", "image_blocks", "read_blocks", "stored_dtype"]


def check_claims(
    shape: tuple[int, ...], labels: tuple[int, ...], label_dtype: np.dtype[Any]
) -> None:
    """Raise DataError unless images and labels of these shapes belong together.

    Both are what headers say, so that nothing is read or allocated for what is of no use.
    """
    check_axes(shape)
    check_label_shape(labels, shape[0])
    letters = label_dtype.itemsize // (4 if label_dtype.kind == "U" else 1)
    if label_dtype.kind in "SU" and letters > MOST_LABEL:
        raise DataError(
            f"The labels are texts of up to {letters:,} letters; a class's name has {MOST_LABEL} "
            "at most."
        )


def stored_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return what images of a dtype are in a data set: bytes, or floats of 32 bits."""
    return np.dtype(np.float32 if dtype.kind == "f" else np.uint8)


def read_blocks(
    file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[Any], name: str
) -> Iterator[NDArray[Any]]:
    """Yield an array that lies in a file row by row, a block of its first axis at a time.

    Raises
    ------
    DataError
        The file is shorter or longer than the shape says.
    """
    size = math.prod(shape[1:]) * dtype.itemsize
    count = max(1, BLOCK_BYTES // max(1, size))
    for start in range(0, shape[0], count):
        length = min(count, shape[0] - start)
        data = file.read(length * size)
        if len(data) < length * size:
            raise DataError(
                f"{name} is truncated: its header says shape {shape}, {shape[0] * size:,} bytes "
                f"of values, but {start * size + len(data):,} are there; fetch it again."
            )
        yield np.frombuffer(data, dtype).reshape(length, *shape[1:])
    # Reading past the end also makes gzip and zip compare their checksums.
    if file.read(1):
        raise DataError(
            f"{name} is longer than its header says: shape {shape}, {shape[0] * size:,} bytes of "
            "values; it is damaged or no IDX file."
        )


def image_blocks(
    arrays: Iterator[NDArray[Any]],
    labels: NDArray[Any],
    steps: Steps,
    check: Callable[[NDArray[Any]], Images] = check_images,
) -> Iterator[Block]:
    """Yield arrays that follow one another as images of a data set, each block with its labels.

    ``check`` returns images as a data set has them, or raises DataError.

    Raises
    ------
    DataError
        Values that can't be pixels; the message says among which images.
    """
    start = 0
    for images in arrays:
        end = start + len(images)
        try:
            stored = check(images)
        except DataError as error:
            if len(images) == len(labels):
                raise
            raise DataError(f"Among the images {start:,} to {end - 1:,}: {error}") from error
        steps.step(len(images))
        yield Block(stored, labels[start:end])
        start = end
