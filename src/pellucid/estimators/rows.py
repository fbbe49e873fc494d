"""What scikit-learn users hand over, as images: shapes, channels, rows of pixels."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ConfigurationError, DataError
from pellucid.images.axes import sides
from pellucid.images.pixel_range import BYTES, scaled
from pellucid.network.layers import Shape

__all__ = ["Images", "fitting", "image_shape_of", "on_scale", "rows_of", "size_and_channels"]

LARGEST_LAST = 4
"""Channels that images mostly have, at most."""

_OR_PICTURES = ", or as a list of pictures, which are resized to it"

AT_ONCE, VALUES = 1024, 1 << 22
"""Rows, and values, that are converted at a time, so that what is needed meanwhile stays small."""

VALUES_OF_PART = 1 << 26
"""Values that are made ready at a time."""


def rows_of(X: Any) -> tuple[Any, Shape]:
    """Return images as rows of pixels, and the shape of one; other things are left as they are.

    A contiguous array is not copied.

    Raises
    ------
    DataError
        Images of different shapes, or more axes than images have.
    """
    X = _unpacked(X)
    if hasattr(X, "iloc") or hasattr(X, "tocsr"):  # a table, or sparse: validate_data knows them
        return X, tuple(X.shape[1:])
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise DataError(
            "X does not form one array of numbers; all images must have the same shape. Bring "
            f"them to one size first, as ImageReader((28, 28)) does. ({error})"
        ) from error
    if array.ndim > 4:
        raise DataError(
            f"X has shape {array.shape}; it must be (n, features), (n, height, width) or "
            "(n, height, width, channels)."
        )
    if array.ndim < 3:
        return X, array.shape[1:]
    return array.reshape(len(array), math.prod(array.shape[1:])), array.shape[1:]


def _unpacked(X: Any) -> Any:
    """Return a Series of arrays as the list of them; refuse what X can't be, but often is."""
    if X is None:
        raise DataError("X is None; give images, an array of shape (n, height, width).")
    if hasattr(X, "iloc") and len(X.shape) == 1 and X.dtype == object:
        X = list(X)
    if isinstance(X, str | os.PathLike) or (
        isinstance(X, list | tuple) and len(X) and isinstance(X[0], str | os.PathLike)
    ):
        raise DataError(
            "X holds paths or text, not pixels. Read pictures by ImageReader((28, 28)), or "
            "data.read_images(paths, Preprocessing((28, 28))), which bring them to one size, or a "
            "folder of them by data.load(folder, size=(28, 28))."
        )
    return X


def image_shape_of(shape: Shape, wanted: Shape | None) -> Shape:
    """Return ``(channels, height, width)`` of one image.

    Parameters
    ----------
    shape : tuple of int
        The shape of one sample: ``(features,)``, ``(H, W)`` or ``(H, W, C)``.
    wanted : tuple of int or None
        The user's ``image_shape``, ``(H, W)`` or ``(H, W, C)``. Without it, a number of features
        that is a square of at least 16 is a square image, and any other a single row.

    Raises
    ------
    ConfigurationError
        ``wanted`` is no image shape, or not the shape of a sample.
    DataError
        The samples look as if their channels came first.

    Examples
    --------
    >>> image_shape_of((784,), None), image_shape_of((30,), None), image_shape_of((8, 6, 3), None)
    ((1, 28, 28), (1, 1, 30), (3, 8, 6))
    """
    if wanted is not None:
        checked = _checked_shape(wanted)
        if _looks_channels_first(checked) and checked != shape:
            channels, height, width = checked
            right = (height, width) if channels == 1 else (height, width, channels)
            order = "" if channels == 1 else (
                " If the rows hold one channel behind the other, give "
                f"X.reshape(-1, {channels}, {height}, {width}).transpose(0, 2, 3, 1)."
            )  # fmt: skip
            raise ConfigurationError(
                f"image_shape is {checked}, which looks as if the channels came first; they come "
                f"last here: image_shape={right}.{order}"
            )
        given = _channels_first(checked)
        size = math.prod(shape)
        if math.prod(given) != size:
            raise ConfigurationError(
                f"image_shape {tuple(wanted)} has {math.prod(given)} values, but X has {size} "
                f"a sample; give the shape of one image{_OR_PICTURES if len(shape) > 1 else ''}."
            )
        if len(shape) > 1 and _channels_first(shape) != given:
            raise ConfigurationError(
                f"image_shape is {tuple(wanted)}, but X holds images of shape {shape}; leave "
                f"image_shape out, or give X as rows of pixels{_OR_PICTURES}."
            )
        return given
    if _looks_channels_first(shape):
        raise DataError(
            f"X holds images of shape {shape}, which looks as if the channels came first; they "
            "come last here: use X.transpose(0, 2, 3, 1), or set image_shape if this is right."
        )
    if len(shape) == 1:
        side = math.isqrt(shape[0])
        shape = (side, side) if side * side == shape[0] and side >= 4 else (1, shape[0])
    return _channels_first(shape)


def size_and_channels(wanted: Any) -> tuple[tuple[int, int], int | None]:
    """Return to what size pictures are to be brought, and with how many channels, if that is said.

    Raises
    ------
    ConfigurationError
        ``wanted`` is no image shape, or one that pictures can't have.

    Examples
    --------
    >>> size_and_channels((28, 20)), size_and_channels((28, 20, 3))
    (((28, 20), None), ((28, 20), 3))
    """
    shape = _checked_shape(wanted)
    if len(shape) == 3 and shape[2] not in (1, 3):
        raise ConfigurationError(
            f"image_shape is {shape}, but pictures have 1 or 3 channels, which come last: give "
            "(height, width), (height, width, 1) or (height, width, 3)."
        )
    return (shape[0], shape[1]), shape[2] if len(shape) == 3 else None


def fitting(X: Any, shape: Shape, expected: Shape) -> tuple[Any, Shape]:
    """Return images in the order that training had, or refuse those of another shape.

    Images with their channels first, as ``data.load`` and ``data.read_images`` return them, are
    taken as such where their shape fits in no other way.

    Parameters
    ----------
    X : array-like
        Rows of pixels, or whatever :func:`rows_of` leaves as it is.
    shape : tuple of int
        The shape of one sample; a row of features fits always here, and is counted elsewhere.
    expected : tuple of int
        ``(channels, height, width)``.

    Raises
    ------
    DataError
        The shapes differ; the message names the fix.
    """
    channels, height, width = expected
    known = (height, width) if channels == 1 else (height, width, channels)
    if len(shape) <= 1:
        given = getattr(X, "shape", None) or np.asarray(X).shape
        if given in (known, (height, width, channels)) and given[1] != math.prod(known):
            raise DataError(
                f"X has shape {given}, which is a single image; give X[np.newaxis], a set of one."
            )
        return X, shape
    if _channels_first(shape) == expected:
        return X, shape
    if shape == expected:
        array = np.asarray(X).reshape(-1, *expected).transpose(0, 2, 3, 1)
        return array.reshape(len(array), -1), array.shape[1:]
    raise DataError(
        f"X holds images of shape {shape}, but training had {known}; {_remedy(shape, expected)}."
    )


def _remedy(shape: Shape, expected: Shape) -> str:
    """Return how to bring images to the shape that training had."""
    channels, height, width = expected
    if shape == (width, channels):
        return "if X is a single image, give X[np.newaxis]"
    colors, *sides = _channels_first(shape)
    if sides != [height, width]:
        return (
            f"bring them to {height} x {width} pixels, in the same way as those of the training, "
            "or give the paths of the pictures"
        )
    if channels == 1:
        weights = "[0.299, 0.587, 0.114]"
        return f"make them gray: X @ {weights}" if colors == 3 else "give one channel: X[..., 0]"
    if colors == 1:
        gray = f"X.reshape(-1, {height}, {width}, 1)"
        return f"give them as many channels: {gray}.repeat({channels}, axis=3)"
    return f"give the {channels} channels that training had"


class Images:
    """Rows of pixels that become images when some are taken; until then nothing is copied.

    Parameters
    ----------
    samples : ndarray of shape (n, features)
        Pixels, channels last.
    pixel_range : (float, float)
        See :func:`pellucid.images.pixel_range.scaled`.
    shape : (int, int, int)
        ``(channels, height, width)`` of one image.

    Examples
    --------
    >>> images = Images(np.arange(8, dtype=np.uint8).reshape(2, 4), (0.0, 255.0), (1, 2, 2))
    >>> images[np.array([1])]
    array([[[[4, 5],
             [6, 7]]]], dtype=uint8)
    """

    def __init__(
        self, samples: NDArray[Any], pixel_range: tuple[float, float], shape: Shape
    ) -> None:
        self._samples = samples
        self._range = pixel_range
        self._shape = shape

    def __len__(self) -> int:
        return len(self._samples)

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8, or float32."""
        is_bytes = self._samples.dtype == np.uint8 and self._range == BYTES
        return np.dtype(np.uint8 if is_bytes else np.float32)

    def __getitem__(self, indices: NDArray[np.int64]) -> NDArray[Any]:
        """Return some of the images, (m, C, H, W): uint8, or float32 in [0, 1]."""
        out = np.empty((len(indices), *self._shape), self.dtype)
        size = _at_most(AT_ONCE, VALUES, self._shape)
        for start in range(0, len(indices), size):
            where = slice(start, start + size)
            out[where] = self._images(self._samples[indices[where]])
        return out

    def parts(self, size: int) -> Iterator[NDArray[Any]]:
        """Give all images in order, at most ``size`` at a time; uint8 with one channel as views."""
        is_view = self.dtype == np.uint8 and self._shape[0] == 1
        size = size if is_view else _at_most(size, VALUES_OF_PART, self._shape)
        for start in range(0, len(self), size):
            stop = min(start + size, len(self))
            if is_view:
                yield np.ascontiguousarray(self._images(self._samples[start:stop]))
            else:
                yield self[np.arange(start, stop)]

    def _images(self, samples: NDArray[Any]) -> NDArray[Any]:
        channels, height, width = self._shape
        values = scaled(samples, self._range)
        return values.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)


def _at_most(images: int, values: int, shape: Shape) -> int:
    """Return so many images, or fewer where they have more values than that."""
    return max(1, min(images, values // math.prod(shape)))


def on_scale(
    samples: NDArray[Any], pixel_range: tuple[float, float], shape: Shape
) -> NDArray[np.float64]:
    """Return rows as images (n, C, H, W) on a scale of 0 to 1, but not cut off at its ends."""
    channels, height, width = shape
    low, high = pixel_range
    with np.errstate(over="ignore", under="ignore"):
        values = (samples.astype(np.float64) - low) / (high - low)
    return values.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)


def _channels_first(shape: Shape) -> Shape:
    height, width, channels = shape if len(shape) == 3 else (*shape, 1)
    return channels, height, width


def _looks_channels_first(shape: Shape) -> bool:
    """Return whether three numbers are hardly height, width and channels in this order."""
    if len(shape) != 3 or shape[2] <= LARGEST_LAST:
        return False
    first, second, third = shape
    return (first <= LARGEST_LAST < second) or (second == third != first)


def _checked_shape(wanted: Any) -> Shape:
    shape = sides(wanted, 2, 3)
    if shape is None:
        raise ConfigurationError(
            f"image_shape is {wanted!r}; it must be (height, width) or (height, width, channels), "
            "whole numbers of at least 1."
        )
    return shape
