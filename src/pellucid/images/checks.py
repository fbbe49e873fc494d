"""Images and labels looked at before work starts, with messages that say what to change."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import DataError
from pellucid.images.axes import Images, three_axes

__all__ = ["check_axes", "check_columns", "check_images", "check_label_shape", "check_labels"]

_ONE = np.float32(1.0).view(np.uint32)
_LARGEST = float(np.finfo(np.float32).max)


def check_images(images: ArrayLike, input_shape: tuple[int, ...] | None = None) -> Images:
    """Return images as the kernels take them: uint8, or float32 in [0, 1], C-contiguous.

    Parameters
    ----------
    images : array-like of shape (n, H, W) or (n, C, H, W)
        Integers from 0 to 255, booleans, or finite floats in [0, 1]. uint8 is taken as it is.
    input_shape : (H, W) or (C, H, W), optional
        The shape that a network expects of one image.

    Returns
    -------
    ndarray of the same shape, uint8 or float32
        Integers and booleans as uint8, floats as float32. Contiguous arrays of these two types
        are not copied.

    Raises
    ------
    DataError
        Another dtype or number of axes, no images, NaN or infinity, values out of range, or a
        shape that is not the network's. The message names the first bad image and the fix.

    Examples
    --------
    >>> import numpy as np
    >>> check_images(np.ones((3, 28, 28)), (28, 28)).dtype
    dtype('float32')
    >>> check_images(np.full((3, 28, 28), 7.5))
    Traceback (most recent call last):
    pellucid.errors.DataError: The images are floats from 7.5 to 7.5, but floats must lie in
    [0, 1] (out of range: 3 of 3 images, first image 0); divide them by 255 or pass them as
    uint8.
    """
    array = _as_array(images, "images")
    check_axes(array.shape)
    if input_shape is not None:
        _check_fits(array, input_shape)
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype.kind == "b":
        return np.ascontiguousarray(array, np.uint8)
    if array.dtype.kind in "iu":
        return _from_integers(array)
    if array.dtype.kind == "f":
        return _from_floats(array)
    raise DataError(
        f"The images have dtype {array.dtype}; they must be uint8, other integers from 0 to 255, "
        "or floats in [0, 1]."
    )


def check_labels(labels: ArrayLike, classes: int, length: int | None = None) -> NDArray[np.int64]:
    """Return labels as int64, each an index from 0 to ``classes - 1``.

    Parameters
    ----------
    labels : array-like of shape (n,)
        Integers, booleans, or floats that are whole numbers.
    classes : int
        How many classes there are.
    length : int, optional
        How many images the labels belong to.

    Returns
    -------
    ndarray of shape (n,), int64

    Raises
    ------
    DataError
        Another shape, length or dtype, or a label out of range. The message names the first bad
        label, its index, and the fix.

    Examples
    --------
    >>> check_labels([0.0, 2.0, 1.0], classes=3)
    array([0, 2, 1])
    >>> check_labels([1, 2, 3], classes=3)
    Traceback (most recent call last):
    pellucid.errors.DataError: Label 3 at index 2 is out of range (1 of 3 labels is): the labels
    of 3 classes are 0 to 2; labels start at 0, so subtract 1 from each.
    """
    array = _as_array(labels, "labels")
    check_label_shape(array.shape, length)
    if array.dtype.kind not in "biuf":
        raise DataError(
            f"The labels have dtype {array.dtype}; they must be integers, the indices of the "
            "classes. np.unique(labels, return_inverse=True) gives names and indices."
        )
    if array.dtype.kind == "f":
        _refuse_fractions(array)
    if array.min() < 0 or array.max() >= classes:
        _refuse_range(array, classes)
    return np.ascontiguousarray(array, np.int64)


def check_label_shape(shape: tuple[int, ...], length: int | None = None) -> None:
    """Raise DataError unless labels of this shape are one for each of ``length`` images."""
    if len(shape) != 1:
        hint = "give one class index an image"
        if len(shape) == 2:
            hint = "use labels.ravel()" if shape[1] == 1 else "use labels.argmax(axis=1)"
        raise DataError(f"The labels have shape {shape}; they must be 1-D: {hint}.")
    if length is not None and shape[0] != length:
        raise DataError(
            f"There are {length:,} images but {shape[0]:,} labels; each image needs one."
        )
    if shape[0] == 0:
        raise DataError("There are no labels.")


def check_columns(
    targets: ArrayLike, columns: int, length: int, *, is_share: bool = False
) -> NDArray[np.float32]:
    """Return targets as float32 in columns, one for each output of a network.

    Parameters
    ----------
    targets : array-like of shape (n, columns), or (n,) for a single column
        Numbers or booleans.
    columns : int
        How many outputs there are.
    length : int
        How many images the targets belong to.
    is_share : bool, default False
        Whether they are labels that an image has or not, and must lie in [0, 1].

    Returns
    -------
    ndarray of shape (n, columns), float32

    Raises
    ------
    DataError
        Another shape, length or dtype, NaN or infinity, or what is no share. The message names the
        first and the fix.

    Examples
    --------
    >>> check_columns([[1, 0.5]], 2, 1).tolist()
    [[1.0, 0.5]]
    """
    array = _as_array(targets, "targets")
    if array.ndim == 1 and columns == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] != columns:
        what = "1 for a label that it has and 0 for one that it has not" if is_share else "a number"
        raise DataError(
            f"The targets have shape {array.shape}, but the network has {columns} outputs; give "
            f"shape (n, {columns}), of each image {what} for each output."
        )
    if len(array) != length:
        raise DataError(
            f"There are {length:,} images but targets for {len(array):,}; each image needs its own."
        )
    if array.dtype.kind not in "biuf":
        raise DataError(f"The targets have dtype {array.dtype}; they must be numbers.")
    low, high = (0.0, 1.0) if is_share else (-_LARGEST, _LARGEST)
    good = (array >= low) & (array <= high)  # not so for NaN
    if not good.all():
        row, column = map(int, np.argwhere(~good)[0])
        bounds = "must lie between 0 and 1" if is_share else "must be finite in float32"
        raise DataError(
            f"The target of image {row} for output {column} is {array[row, column]:g}, but targets "
            f"{bounds} ({int((~good).any(axis=1).sum()):,} of {length:,} images have such a one)."
        )
    with np.errstate(under="ignore"):
        return np.ascontiguousarray(array, np.float32)


def check_axes(shape: tuple[int, ...]) -> None:
    """Raise DataError unless an array of this shape can be images, at least one."""
    if len(shape) not in (3, 4):
        hint = ""
        if len(shape) == 2:
            side = math.isqrt(shape[1])
            # One picture and a table of flattened pictures look alike; a square row decides.
            hint = (
                f" Use images.reshape(-1, {side}, {side}) for rows of flattened images."
                if side * side == shape[1] > 1
                else " Use images[np.newaxis] for a single image."
            )
        raise DataError(
            f"The images have shape {shape}; they must be (n, height, width) or "
            f"(n, channels, height, width).{hint}"
        )
    if 0 in shape:
        raise DataError(f"There are no images: the array's shape is {shape}.")


def _as_array(values: ArrayLike, what: str) -> NDArray[Any]:
    try:
        array = np.asarray(values)
    except ValueError:
        array = np.empty(0, object)
    if array.dtype.kind == "O":
        raise DataError(
            f"The {what} don't form one array of numbers (dtype object); all must have the same "
            "shape and hold plain numbers."
        )
    return array


def _check_fits(array: NDArray[Any], input_shape: tuple[int, ...]) -> None:
    expected, shape = three_axes(input_shape), three_axes(array.shape[1:])
    if shape == expected:
        return
    hint = "resize the images or build the network for their shape"
    if array.ndim == 4 and (shape[2], shape[0], shape[1]) == expected:
        hint = "the channels come first here: use images.transpose(0, 3, 1, 2)"
    raise DataError(
        f"Each image has shape {shape} (channels, height, width), but the network takes "
        f"{expected}; {hint}."
    )


def _from_integers(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.min() < 0 or array.max() > 255:
        count = _bad_images((array < 0) | (array > 255))
        raise DataError(
            f"The images are {array.dtype} with values from {array.min()} to {array.max()}, but "
            f"integers must lie between 0 and 255 (out of range: {count}); rescale them."
        )
    return np.ascontiguousarray(array, np.uint8)


def _is_unit(array: NDArray[np.float32]) -> bool:
    """Whether all lie in [0, 1]: one look, as their bits are the smallest whole numbers.

    Not so for -0.0, which whoever looks again will find to be as good as 0.
    """
    return bool(array.view(np.uint32).max() <= _ONE)


def _from_floats(array: NDArray[Any]) -> NDArray[np.float32]:
    if array.dtype == np.float32 and array.flags.c_contiguous and _is_unit(array):
        return array
    low, high = array.min(), array.max()  # either is NaN where any value is
    if not (math.isfinite(low) and math.isfinite(high)):
        count = _bad_images(~np.isfinite(array))
        raise DataError(
            f"The images hold NaN or infinity in {count}; leave these out or repair them."
        )
    # Rounding to float32 comes first, so that a float64 a hair above 1 passes.
    with np.errstate(under="ignore"):
        rounded = [np.float32(min(max(end, -1.0), 2.0)) for end in (low, high)]
        if rounded[0] >= 0 and rounded[1] <= 1:
            return np.ascontiguousarray(array, np.float32)
    count = _bad_images((array < 0) | (array > 1))
    fix = (
        "divide them by 255 or pass them as uint8"
        if low >= 0
        else "give (images - low) / (high - low), where low is what is black and high what is white"
    )
    raise DataError(
        f"The images are floats from {low:g} to {high:g}, but floats must lie in [0, 1] "
        f"(out of range: {count}); {fix}."
    )


def _bad_images(bad: NDArray[np.bool_]) -> str:
    """Return how many images have a bad pixel, and which is the first, in words."""
    images = bad.reshape(len(bad), -1).any(axis=1)
    return f"{int(images.sum()):,} of {len(bad):,} images, first image {int(images.argmax())}"


def _refuse_fractions(array: NDArray[Any]) -> None:
    bad = ~np.isfinite(array)
    bad[~bad] = array[~bad] != np.round(array[~bad])
    if bad.any():
        index = int(bad.argmax())
        raise DataError(
            f"Label {array[index]} at index {index} is not a whole number; labels are the "
            "indices of the classes, starting at 0."
        )


def _refuse_range(array: NDArray[Any], classes: int) -> None:
    bad = (array < 0) | (array >= classes)
    index, count = int(bad.argmax()), int(bad.sum())
    if array.min() == 1 and array.max() == classes:
        fix = "labels start at 0, so subtract 1 from each"
    elif array.min() < 0:
        fix = "leave out images without a label, or number the classes from 0"
    else:
        fix = f"correct the label, or use a network with {int(array.max()) + 1} classes"
    raise DataError(
        f"Label {array[index]} at index {index} is out of range ({count:,} of {len(array):,} "
        f"labels {'is' if count == 1 else 'are'}): the labels of {classes} classes are 0 to "
        f"{classes - 1}; {fix}."
    )
