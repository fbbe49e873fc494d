"""What the pictures ask of the arrays they are given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import DataError
from pellucid.images.floats import in_float64

__all__ = ["class_indices", "finite", "pictures"]


def finite(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return the values as float64; raise DataError where one is NaN or infinite."""
    array = np.asarray(values, dtype=np.float64)
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        place = ", ".join(map(str, bad[0]))
        raise DataError(
            f"{name}[{place}] is {array[tuple(bad[0])]}; only finite numbers can be drawn."
        )
    return array


def class_indices(name: str, values: ArrayLike, classes: Sequence[object]) -> NDArray[np.intp]:
    """Return labels as indices into ``classes``, checked."""
    array = np.asarray(values)
    if array.ndim != 1 or not len(array) or array.dtype.kind not in "iu":
        raise DataError(
            f"{name} has shape {array.shape} and dtype {array.dtype}; it must be one whole number "
            "an image, the place of its class in classes."
        )
    if array.min() < 0 or array.max() >= len(classes):
        raise DataError(
            f"{name} goes from {array.min()} to {array.max()}, but there are {len(classes)} "
            f"classes, so 0 to {len(classes) - 1} are allowed."
        )
    return array.astype(np.intp)


def pictures(name: str, images: ArrayLike, count: int | None = None) -> NDArray[np.float64]:
    """Return the first ``count`` images as imshow wants them: (n, H, W) or (n, H, W, 3), in [0, 1].

    Takes uint8 or floats in [0, 1]: (n, H, W), (n, 1, H, W) or (n, 3, H, W).
    """
    array = np.asarray(images)
    color = array.ndim == 4 and array.shape[1] == 3
    gray = array.ndim == 3 or (array.ndim == 4 and array.shape[1] == 1)
    if not (color or gray) or not array.size:
        raise DataError(
            f"{name} has shape {array.shape}; it must be (n, height, width), or "
            "(n, channels, height, width) with 1 or 3 channels, and not empty."
        )
    array = array[:count]
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        raise DataError(f"{name} has dtype {array.dtype}; images are uint8, or floats in [0, 1].")
    array = finite(name, in_float64(array))
    # A resampled image may lie outside by a rounding error.
    if array.min() < -1e-6 or array.max() > 1 + 1e-6:
        raise DataError(
            f"{name} goes from {array.min():.4g} to {array.max():.4g}; float pixels lie in "
            "[0, 1], so divide them by the largest value that a pixel can have."
        )
    array = array.clip(0.0, 1.0)
    if color:
        return array.transpose(0, 2, 3, 1)
    return array if array.ndim == 3 else array[:, 0]
