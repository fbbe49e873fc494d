"""The randomizing of training images, keyed by (seed, pass, image): never by worker or order.

The compiled kernel draws and applies it inside each section. :meth:`Augmentation.draw` gives the
same numbers in NumPy, for tests, pictures and readers; :mod:`pellucid.equations.randomize` applies
them.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.equations.randomize import randomize
from pellucid.errors import ConfigurationError
from pellucid.images.floats import in_float64

__all__ = ["Augmentation", "Draw"]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)

Range = tuple[float, float]


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
    """

    scale: float
    degrees: float
    dx: float
    dy: float
    probability: float
    mask: NDArray[np.bool_]
    noise: NDArray[np.float64]


@dataclass(frozen=True)
class Augmentation:
    """Ranges from which each training image's distortion is drawn, uniformly.

    In this order, with (x, y) pixels from the image's center:

    1. scaling by s: ``(x, y) -> s (x, y)``
    2. rotation by d: ``(x, y) -> (x cos d + y sin d, -x sin d + y cos d)``
    3. a shift: ``(x, y) -> (x + tx, y + ty)``
    4. noise under a mask: ``image = clip(image + mask * noise, 0, 1)``

    Steps 1 to 3 are one map, sampled once, bilinearly, with zeros outside. Images of any shape
    (H, W) or (C, H, W) keep it; pixels are in [0, 1]. Training only: prediction never randomizes.
    What an image gets depends on seed, pass and its number, never on a worker.

    Parameters
    ----------
    scale : (float, float), default (0.9, 1.1)
        Factor; 1 is the original size.
    rotation : (float, float), default (-45, 45)
        Degrees, counter-clockwise.
    shift : (float, float), default (-2, 2)
        Pixels, drawn for x and y apart.
    noise_probability : (float, float), default (0, 0.3)
        The share of pixels that get noise.
    noise : (float, float), default (-0.5, 0.5)
        What is added to those pixels, of a range of 0 to 1.

    Raises
    ------
    ConfigurationError
        A range that is not two finite numbers in order, or out of bounds.

    Notes
    -----
    Source: "Randomizing" in docs/equations.md; :mod:`pellucid.equations.randomize`.

    Examples
    --------
    >>> draw = Augmentation().draw(seed=0, pass_number=0, image=7, shape=(1, 28, 28))
    >>> 0.9 <= draw.scale < 1.1, draw.mask.shape
    (True, (1, 28, 28))
    """

    scale: Range = (0.9, 1.1)
    rotation: Range = (-45.0, 45.0)
    shift: Range = (-2.0, 2.0)
    noise_probability: Range = (0.0, 0.3)
    noise: Range = (-0.5, 0.5)

    def __post_init__(self) -> None:
        for name in ("scale", "rotation", "shift", "noise_probability", "noise"):
            object.__setattr__(self, name, _range(name, getattr(self, name)))
        if self.scale[0] <= 0:
            raise ConfigurationError(
                f"scale is {self.scale}; a factor must be above 0, for example (0.9, 1.1).",
                argument="scale",
            )
        if self.noise_probability[0] < 0 or self.noise_probability[1] > 1:
            raise ConfigurationError(
                f"noise_probability is {self.noise_probability}; probabilities are from 0 to 1.",
                argument="noise_probability",
            )

    def ranges(self) -> NDArray[np.float64]:
        """Return the ranges as the kernel reads them: low and high, in the order of the fields."""
        return np.array(dataclasses.astuple(self), dtype=np.float64).ravel()

    def to_dict(self) -> dict[str, list[float]]:
        """Return the ranges as JSON-ready values."""
        return {key: list(value) for key, value in dataclasses.asdict(self).items()}

    def apply(
        self, images: NDArray[Any], *, seed: int = 0, pass_number: int = 0, first: int = 0
    ) -> NDArray[np.float64]:
        """Return images as training would see them, by the equations.

        Parameters
        ----------
        images : ndarray of shape (n, H, W) or (n, C, H, W)
            uint8, or floats in [0, 1]; image i of them has the number ``first + i``.
        seed, pass_number, first : int, default 0
            The key; see :meth:`draw`.

        Returns
        -------
        ndarray of the images' shape, float64

        Examples
        --------
        >>> images = np.full((2, 8, 8), 255, np.uint8)
        >>> before = Augmentation().apply(images, pass_number=3)
        >>> before.shape, np.array_equal(before[1:], Augmentation().apply(images[1:], first=1))
        ((2, 8, 8), False)
        """
        scaled = in_float64(images)
        out = np.empty(scaled.shape)
        for i, image in enumerate(scaled):
            d = self.draw(
                seed=seed, pass_number=pass_number, image=first + i, shape=image.shape
            )  # fmt: skip
            out[i] = randomize(image, d.scale, d.degrees, d.dx, d.dy, d.mask, d.noise)
        return out

    def draw(self, *, seed: int, pass_number: int, image: int, shape: tuple[int, ...]) -> Draw:
        """Return what one image gets.

        Parameters
        ----------
        seed, pass_number, image : int
            The key: the run's seed, which pass over the data, and the image's number in the data.
        shape : tuple of int
            The image's shape.

        Returns
        -------
        Draw
            The numbers of the four steps; the same key gives the same.

        Examples
        --------
        >>> key = {"seed": 0, "pass_number": 0, "image": 7}
        >>> one, again = (Augmentation().draw(**key, shape=(28, 28)) for _ in range(2))
        >>> one.degrees == again.degrees, -45 <= one.degrees < 45, one.mask.shape
        (True, True, (28, 28))
        """
        key = _key(seed, pass_number, image)
        size = math.prod(shape)
        with np.errstate(over="ignore"):
            bits = int(_mix(key + np.uint64(6) * _GOLDEN))
        hashes = _hash(np.arange(size, dtype=np.uint32), bits & 0xFFFFFFFF, bits >> 32)
        probability = _uniform(key, 4, self.noise_probability)
        # The kernel compares in float32, and so does this.
        chance = np.float32(probability * 65536.0)
        share = ((hashes & np.uint32(0xFFFF)) + 0.5) / 65536.0
        noise = np.asarray(self.noise[0] + (self.noise[1] - self.noise[0]) * share, np.float64)
        return Draw(
            scale=_uniform(key, 0, self.scale),
            degrees=_uniform(key, 1, self.rotation),
            dx=_uniform(key, 2, self.shift),
            dy=_uniform(key, 3, self.shift),
            probability=probability,
            mask=((hashes >> np.uint32(16)).astype(np.float32) < chance).reshape(shape),
            noise=noise.reshape(shape),
        )


_LARGEST = 1e6
"""What no factor, angle, shift or noise needs, and sums of products still are numbers with."""


def _range(name: str, value: Any) -> Range:
    try:
        low, high = (float(v) for v in value)
    except (TypeError, ValueError):
        low, high = math.nan, math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ConfigurationError(
            f"{name} is {value!r}; it must be two numbers, the lower first, for example "
            "(0.9, 1.1).",
            argument=name,
        )
    if max(abs(low), abs(high)) > _LARGEST:
        raise ConfigurationError(
            f"{name} is {value!r}; its numbers must lie between {-_LARGEST:,.0f} and "
            f"{_LARGEST:,.0f}.",
            argument=name,
        )
    return low, high


def _mix(value: np.uint64) -> np.uint64:
    """Hash 64 bits (the finalizer of SplitMix64)."""
    with np.errstate(over="ignore"):
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return value ^ (value >> np.uint64(31))


def _key(seed: int, pass_number: int, image: int) -> np.uint64:
    with np.errstate(over="ignore"):
        key = _mix(np.uint64(seed) + _GOLDEN)
        key = _mix((key ^ np.uint64(pass_number)) + _GOLDEN)
        return _mix((key ^ np.uint64(image)) + _GOLDEN)


def _uniform(key: np.uint64, place: int, bounds: Range) -> float:
    with np.errstate(over="ignore"):
        bits = _mix(key + np.uint64(place + 1) * _GOLDEN) >> np.uint64(40)
    return bounds[0] + (bounds[1] - bounds[0]) * (float(bits) * 2.0**-24)


def _hash(pixel: NDArray[np.uint32], key_low: int, key_high: int) -> NDArray[np.uint32]:
    """Hash each pixel's number with the image's key to 32 bits."""
    with np.errstate(over="ignore"):
        bits = pixel * np.uint32(0x9E3779B9) + np.uint32(key_low)
        bits = (bits ^ (bits >> np.uint32(16))) * np.uint32(0x7FEB352D)
        bits = (bits ^ (bits >> np.uint32(15))) * np.uint32(0x846CA68B)
        return (bits ^ (bits >> np.uint32(16))) ^ np.uint32(key_high)
