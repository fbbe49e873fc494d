"""What is drawn for an image that is randomized, from a key of seed, pass and image alone.

Every number is a hash of the key and the number's place, so none depends on another: a step that is
not used draws nothing, and changes nothing of what the others draw. The compiled kernels draw the
same numbers (:mod:`pellucid.kernels.entering.randomize`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "GOLDEN",
    "Box",
    "Draw",
    "beta",
    "box",
    "hash_pixels",
    "image_key",
    "mix",
    "uniform",
    "whole_uniform",
]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)

Range = tuple[float, float]


class Box(NamedTuple):
    """A rectangle in an image of any size.

    Attributes
    ----------
    x, y : float
        Where it lies: the share of the room beside it that is left of it, and above it.
    width, height : float
        Its sides, as shares of the image's.
    """

    x: float
    y: float
    width: float
    height: float


WHOLE = Box(0.0, 0.0, 1.0, 1.0)
NOTHING = Box(0.0, 0.0, 0.0, 0.0)
"""All of an image, and nothing of it."""


@dataclass(frozen=True)
class Draw:
    """What was drawn for one image.

    Attributes
    ----------
    scale, degrees, dx, dy : float
        Factor, angle, and shift in pixels to the right and down.
    probability : float
        The share of pixels that get noise.
    mask : ndarray of bool, the image's shape
        Which pixels get it.
    noise : ndarray of float64, the image's shape
        What is added under the mask.
    mirror : bool
        Whether left and right change sides.
    crop : Box
        What is taken of the image.
    brightness, contrast, saturation, turns : float
        Three factors, and how far the circle of colors is turned.
    erased : Box
        What is erased; without width and height nothing.
    share : float
        What is kept of the image, where it is mixed with another.
    """

    scale: float
    degrees: float
    dx: float
    dy: float
    probability: float
    mask: NDArray[np.bool_]
    noise: NDArray[np.float64]
    mirror: bool = False
    crop: Box = WHOLE
    brightness: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    turns: float = 0.0
    erased: Box = NOTHING
    share: float = 1.0


def mix(value: np.uint64) -> np.uint64:
    """Hash 64 bits (the finalizer of SplitMix64)."""
    with np.errstate(over="ignore"):
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return value ^ (value >> np.uint64(31))


def image_key(seed: int, pass_number: int, image: int) -> np.uint64:
    """Return the key of one image in one pass."""
    with np.errstate(over="ignore"):
        key = mix(np.uint64(seed) + GOLDEN)
        key = mix((key ^ np.uint64(pass_number)) + GOLDEN)
        return mix((key ^ np.uint64(image)) + GOLDEN)


def uniform(key: np.uint64, place: int, bounds: Range) -> float:
    """Return the draw at a place of the key's sequence, in ``[low, high)``."""
    with np.errstate(over="ignore"):
        bits = mix(key + np.uint64(place + 1) * GOLDEN) >> np.uint64(40)
    return bounds[0] + (bounds[1] - bounds[0]) * (float(bits) * 2.0**-24)


def hash_pixels(pixel: NDArray[np.uint32], key_low: int, key_high: int) -> NDArray[np.uint32]:
    """Hash each pixel's number with the image's key to 32 bits."""
    with np.errstate(over="ignore"):
        bits = pixel * np.uint32(0x9E3779B9) + np.uint32(key_low)
        bits = (bits ^ (bits >> np.uint32(16))) * np.uint32(0x7FEB352D)
        bits = (bits ^ (bits >> np.uint32(15))) * np.uint32(0x846CA68B)
        return (bits ^ (bits >> np.uint32(16))) ^ np.uint32(key_high)


def whole_uniform(key: np.uint64, place: int, bounds: Range) -> float:
    """Return a whole number of those in ``bounds``, each as probable."""
    low, high = math.ceil(bounds[0]), math.floor(bounds[1])
    return float(low + math.floor(uniform(key, place, (0.0, high - low + 1.0))))


def box(key: np.uint64, place: int, area: Range, aspect: Range) -> Box:
    """Return a rectangle: its area, then its aspect ratio, then where it lies.

    The area is drawn uniformly, the ratio of width to height so that its logarithm is; a side that
    would be longer than the image's is as long.
    """
    share = uniform(key, place, area)
    ratio = math.exp(uniform(key, place + 1, (math.log(aspect[0]), math.log(aspect[1]))))
    return Box(
        x=uniform(key, place + 2, (0.0, 1.0)),
        y=uniform(key, place + 3, (0.0, 1.0)),
        width=min(1.0, math.sqrt(share * ratio)),
        height=min(1.0, math.sqrt(share / ratio)),
    )


def beta(key: np.uint64, place: int, alpha: float) -> float:
    """Return a draw of Beta(alpha, alpha), made of two uniform numbers.

    ``t = sqrt(u^(-1 / alpha) - 1) cos(2 pi v)`` is, but for a factor, from Student's t distribution
    with 2 alpha degrees of freedom (R. Bailey, 1994), and ``(1 + t / sqrt(1 + t^2)) / 2`` is then
    from the beta distribution.
    """
    first = 1.0 - uniform(key, place, (0.0, 1.0))
    side = math.cos(2.0 * math.pi * uniform(key, place + 1, (0.0, 1.0)))
    spread = math.expm1(-math.log(first) / alpha) * side * side
    return 0.5 + 0.5 * math.copysign(math.sqrt(spread / (1.0 + spread)), side)
