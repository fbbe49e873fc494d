"""Whether rows of values are what they are taken for: in images, neighbors are alike.

``d = sum((x[a] - x[b])^2) / sum(x[a]^2 + x[b]^2)`` over neighbors a and b, with the means of
columns and rows taken off: 0 where neighbors are equal, 1 where they have nothing to do with one
another.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import warn
from pellucid.images.axes import from_all_over
from pellucid.network.layers import Shape

__all__ = ["warn_of_rows"]

LOOKED_AT = 1024
"""Rows that are looked at."""

LEAST_ROWS = 50
"""Of fewer, nothing can be told."""

LEAST_COLORED = 8
"""The side of the smallest color image that a row is taken for; shorter rows are tables."""

STRANGE = 0.9
"""Neighbors that differ by more have nothing to do with one another."""

ALIKE = 0.6
"""Neighbors that differ by less are alike."""

_LARGEST = 1e100

_GONE_WRONG = 0.001
"""The share of the values at either end that is cut off."""

UNEVEN = 30.0
"""How much wider one column may spread than the middle one."""


class Alike(NamedTuple):
    """How much neighbors differ, down and across."""

    down: float
    across: float

    @property
    def is_image(self) -> bool:
        """Whether both ways are those of images."""
        return self.down < ALIKE and self.across < ALIKE


def warn_of_rows(
    samples: NDArray[Any], names: Iterable[str] | None, wanted: Shape | None, shape: Shape
) -> None:
    """Warn, with the fix, if rows of values don't look like what they are taken for.

    Parameters
    ----------
    samples : ndarray of shape (n, features)
        Rows, not images with axes of their own.
    names : iterable of str or None
        Their columns.
    wanted : tuple of int or None
        The user's ``image_shape``.
    shape : (int, int, int)
        ``(channels, height, width)`` that they are taken for.
    """
    told = None if names is None else _as_text(list(map(str, names)))
    some = from_all_over(samples, LOOKED_AT)
    if told is None and len(some) >= LEAST_ROWS:
        columns = _centered(some)
        values = columns - columns.mean(axis=1, keepdims=True)
        if wanted is not None:
            told = _planes(values, shape)
        elif shape[1] > 1:
            told = _no_square(values, shape)
        else:
            told = _extra_column(columns) or _color(values) or _uneven(columns)
    elif told is None and wanted is None and shape[1] == 1:
        told = _length_of_color(shape[2])
    if told is not None:
        warn(told)


def _no_square(values: NDArray[np.float64], shape: Shape) -> str | None:
    """Return why rows that are folded to squares are no images."""
    _, height, width = shape
    folded = values.reshape(-1, height, width)
    alike = _alike(folded)
    is_signal = _goes_on(folded, alike)
    if not is_signal and (alike.is_image or alike.down < STRANGE - 0.1):
        return None
    count = height * width
    taken = f"X has rows of {count} values, taken as images of {height} x {width}"
    if is_signal or alike.across < ALIKE:
        return (
            f"{taken}, but values below one another are far less alike than those beside one "
            f"another. If a row is a signal, set image_shape=(1, {count}); if the columns were "
            "reordered, as by sorting their names as text, put them back."
        )
    if alike.across < STRANGE or min(alike) < STRANGE:
        return None
    return (
        f"{taken}, but neighboring values are not alike. If the rows are no images, set "
        f"image_shape=(1, {count}), and put a StandardScaler before the classifier; if the columns "
        "were reordered, put them back."
    )


def _goes_on(folded: NDArray[np.float64], alike: Alike) -> bool:
    """Return whether a row goes on in the next, as a signal's that was folded; no image's does."""
    ends, starts = folded[:, :-1, -1], folded[:, 1:, 0]
    with np.errstate(under="ignore"):
        is_flat = float((ends**2).mean()) < 0.1 * float((folded**2).mean())
    return (
        not is_flat
        and 4 * alike.across < alike.down
        and (_difference(ends, starts) < 2 * alike.across)
    )


def _extra_column(values: NDArray[np.float64]) -> str | None:
    """Return that all columns but one are images, if so."""
    count = values.shape[1]
    side = math.isqrt(count - 1)
    if side < 5 or side * side != count - 1:
        return None
    parts = ((values[:, 1:], "first", "X[:, 1:]"), (values[:, :-1], "last", "X[:, :-1]"))
    found = []
    for (left, where, fix), extra in zip(parts, (values[:, 0], values[:, -1]), strict=True):
        alike = _alike((left - left.mean(axis=1, keepdims=True)).reshape(-1, side, side))
        # What is always the same is a pixel of the border, and neither an id nor a label.
        found.append((not extra.any(), sum(alike), max(alike), where, fix))
    _, total, most, where, fix = min(found)
    if total > 1.5 or most > STRANGE:
        return None
    return (
        f"X has rows of {count} values, taken as no images; but without the {where} column, "
        f"perhaps an id or the label, they look like images of {side} x {side}: give {fix}, or set "
        f"image_shape=(1, {count})."
    )


def _color(values: NDArray[np.float64]) -> str | None:
    """Return which order of axes rows of a color image's length seem to have."""
    side = math.isqrt(values.shape[1] // 3)
    if values.shape[1] != 3 * side**2 or side < LEAST_COLORED:
        return None
    last, first = _orders(values, (3, side, side))
    if not (last.is_image or first.is_image):
        return None
    if sum(first) < sum(last):
        return (
            f"X has rows of {values.shape[1]} values, taken as no images; they look like color "
            f"images, one channel behind the other: give X.reshape(-1, 3, {side}, {side})"
            ".transpose(0, 2, 3, 1)."
        )
    return _length_of_color(values.shape[1])


def _length_of_color(count: int) -> str | None:
    """Return that rows have the length of square color images, if so."""
    side = math.isqrt(count // 3)
    if count != 3 * side**2 or side < LEAST_COLORED:
        return None
    return (
        f"X has rows of {count} values, each taken as one row of pixels. If they are color images, "
        f"channels last, set image_shape=({side}, {side}, 3); if not, set image_shape=(1, {count})."
    )


def _planes(values: NDArray[np.float64], shape: Shape) -> str | None:
    """Return that rows seem to hold one channel behind the other, if so."""
    channels, height, width = shape
    if channels == 1 or min(height, width) < 5:
        return None
    last, first = _orders(values, shape)
    if not first.is_image or sum(first) > 0.6 * sum(last):
        return None
    return (
        f"image_shape is {(height, width, channels)}, but the rows of X look as if they held one "
        f"channel behind the other, as CIFAR's do: give X.reshape(-1, {channels}, {height}, "
        f"{width}).transpose(0, 2, 3, 1)."
    )


def _uneven(values: NDArray[np.float64]) -> str | None:
    """Return that columns have scales too different for one range, if so."""
    spreads = np.sqrt((values**2).mean(axis=0))
    spreads = np.sort(spreads[spreads > 0])
    if len(spreads) < 2 or spreads[-1] <= UNEVEN * spreads[(len(spreads) - 1) // 2]:
        return None
    return (
        f"The columns of X have very different scales (standard deviations from {spreads[0]:.3g} "
        f"to {spreads[-1]:.3g}), but one range is used for all. Rows that are no images want one "
        "for each column: make_pipeline(StandardScaler(), CNNClassifier(...))."
    )


def _as_text(names: list[str]) -> str | None:
    """Return that columns with numbers stand in the order of text, pixel1, pixel10, pixel2."""
    numbers = [[int(part) for part in re.findall(r"\d+", name)] for name in names]
    kinds = {re.sub(r"\d+", "#", name) for name in names}
    if len(kinds) > 1 or not all(numbers) or names != sorted(names) or numbers == sorted(numbers):
        return None
    place = next(k for k in range(1, len(names)) if numbers[k - 1] > numbers[k])
    return (
        f"The columns of X are sorted as text, {names[place - 1]!r} before {names[place]!r}, so "
        "that pixels lie beside others than in the images. Sort them by their numbers: "
        'X = X[sorted(X.columns, key=lambda name: [int(n) for n in re.findall(r"\\d+", name)])].'
    )


def _orders(values: NDArray[np.float64], shape: Shape) -> tuple[Alike, Alike]:
    """Return how alike neighbors are with channels last, and with one behind the other."""
    channels, height, width = shape
    last = values.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
    first = values.reshape(-1, channels, height, width)
    return _alike(last), _alike(first)


def _centered(samples: NDArray[Any]) -> NDArray[np.float64]:
    """Return values less the mean of their column; what is too large to be squared is scaled."""
    values = samples.astype(np.float64)
    values = values.clip(*np.quantile(values, (_GONE_WRONG, 1 - _GONE_WRONG)))
    largest = float(np.abs(values).max())
    if largest > _LARGEST:
        values /= largest
    with np.errstate(under="ignore"):
        centered: NDArray[np.float64] = values - values.mean(axis=0)
    return centered


def _alike(images: NDArray[np.float64]) -> Alike:
    """Return how much neighbors differ in images (..., H, W) without their mean."""
    return Alike(
        _difference(images[..., 1:, :], images[..., :-1, :]),
        _difference(images[..., 1:], images[..., :-1]),
    )


def _difference(ones: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    with np.errstate(under="ignore"):
        total = float((ones**2).sum() + (others**2).sum())
        return float(((ones - others) ** 2).sum()) / total if total > 0 else 0.0
