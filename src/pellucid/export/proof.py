"""The proof of an export: what Pellucid says of images, and what the export says of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Answer", "Comparison", "Predictor", "Vectors", "compared", "drawn", "ulps"]

VECTORS = 10
"""Images whose answers every export carries."""

AT_ONCE = 1000
"""Images that are compared at a time."""

LEAST = 1e-6
"""Of smaller probabilities the distance in units of the last place is not told: they are the
exponential of a difference of logits, whose last digit is many of theirs."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What is said of images.

    Attributes
    ----------
    outputs : ndarray of shape (n, outputs)
        Probabilities, or numbers.
    chosen : ndarray of shape (n,) or (n, outputs), int64, or None
        The place of the most probable class; of labels 1 for each that an image has; of numbers
        None.
    """

    outputs: NDArray[Any]
    chosen: NDArray[np.int64] | None


Predictor = Callable[[NDArray[Any]], Answer]
"""Takes images (n, C, H, W) as an export takes their pixels, and returns what the export says."""


@dataclass(frozen=True, eq=False)
class Vectors:
    """Test vectors that an export carries.

    Attributes
    ----------
    images : ndarray of shape (10, C, H, W)
        Of the pixels' kind.
    outputs : ndarray of shape (10, outputs), float64
        What Pellucid says of them: probabilities, or numbers.
    """

    images: NDArray[Any]
    outputs: NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """How an export compares with Pellucid.

    Attributes
    ----------
    format : str
        "onnx", "c" or "torch".
    images : int
        How many were compared.
    changed : int
        Those that got another class or other labels.
    largest : float
        The largest difference of a probability; of numbers in their standard deviations.
    ulp : int
        The same in units of the last place of float32, of probabilities of a millionth at least.
    bound : float
        The largest difference that is allowed.

    Examples
    --------
    >>> comparison = Comparison("onnx", 10_000, 0, 2.1e-7, 9, 1e-5)
    >>> print(comparison, comparison.agrees)
    onnx: 10,000 images, 0 changed classes, largest difference 2.1e-07 (9 ULP) True
    """

    format: str
    images: int
    changed: int
    largest: float
    ulp: int
    bound: float

    def __str__(self) -> str:
        return (
            f"{self.format}: {self.images:,} images, {self.changed:,} changed classes, largest "
            f"difference {self.largest:.2g} ({self.ulp:,} ULP)"
        )

    @property
    def agrees(self) -> bool:
        """Whether no class changed, and no difference is beyond the bound."""
        return self.changed == 0 and self.largest <= self.bound


def drawn(shape: tuple[int, ...], count: int = VECTORS) -> NDArray[np.float64]:
    """Return images from 0 to 1 to test with, (count, C, H, W): always the same for a shape.

    The first is 0 everywhere, the second rises from 0 to 1; the others are spots with more noise.

    Examples
    --------
    >>> images = drawn((3, 8, 8))
    >>> images.shape, float(images.min()), float(images.max())
    ((10, 3, 8, 8), 0.0, 1.0)
    """
    random = np.random.default_rng(0)
    channels, height, width = shape
    y, x = np.mgrid[0:height, 0:width]
    images = np.empty((count, *shape))
    for number in range(count):
        middle = random.random((2, channels, 1, 1)) * np.reshape([height, width], (2, 1, 1, 1))
        radius = (0.1 + 0.4 * random.random((channels, 1, 1))) * (height + width)
        far = ((y - middle[0]) ** 2 + (x - middle[1]) ** 2) / radius**2
        noise = random.random(shape) * number / count
        images[number] = np.clip((1.2 - 4 * far) * (1 - number / count) + noise, 0, 1)
    images[0], images[1] = 0.0, (y + x) / max(1, height + width - 2)
    return images


def ulps(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.int64]:
    """Return how many float32 numbers lie between two, one by one.

    Examples
    --------
    >>> ulps(np.array([1.0, 0.0]), np.array([1.0 + 2**-22, -0.0])).tolist()
    [2, 0]
    """
    return np.asarray(np.abs(_place(first) - _place(second)), dtype=np.int64)


def _place(values: NDArray[Any]) -> NDArray[np.int64]:
    bits = values.astype(np.float32).view(np.int32).astype(np.int64)
    return np.where(bits < 0, -(bits & 0x7FFFFFFF), bits)


def compared(
    format: str,
    bound: float,
    ours: Predictor,
    theirs: Predictor,
    images: NDArray[Any],
    unit: NDArray[np.float64] | None = None,
) -> Comparison:
    """Compare two predictors on images (n, C, H, W).

    Parameters
    ----------
    format, bound
        See :class:`Comparison`.
    ours, theirs : Predictor
        Pellucid's, and the export's.
    images : ndarray of shape (n, C, H, W)
        As the export takes them.
    unit : ndarray of shape (outputs,), optional
        What differences are measured in; of probabilities 1.
    """
    changed, largest, most = 0, 0.0, 0
    for start in range(0, len(images), AT_ONCE):
        part = images[start : start + AT_ONCE]
        a, b = ours(part), theirs(part)
        difference = np.abs(a.outputs - b.outputs.astype(np.float64))
        if unit is not None:
            difference = difference / unit
        # What is no number is no agreement.
        largest = max(largest, float(np.nan_to_num(difference, nan=np.inf).max(initial=0.0)))
        told = np.abs(a.outputs) >= LEAST
        most = max(most, int(ulps(a.outputs, b.outputs)[told].max(initial=0)))
        if a.chosen is not None and b.chosen is not None:
            differs = (a.chosen != b.chosen).reshape(len(part), -1).any(axis=1)
            changed += int(differs.sum())
    return Comparison(format, len(images), changed, largest, most, bound)
