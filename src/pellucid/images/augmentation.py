"""The randomizing of training images, keyed by (seed, pass, image): never by worker or order.

The compiled kernel draws and applies it inside each section. :meth:`Augmentation.draw` gives the
same numbers in NumPy, for tests, pictures and readers; :mod:`pellucid.equations.randomize` and
:mod:`pellucid.equations.photo` apply them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import flag, is_number
from pellucid.equations.photo import randomize_photo
from pellucid.equations.randomize import Border, randomize
from pellucid.errors import ConfigurationError
from pellucid.images.drawing import (
    GOLDEN,
    WHOLE,
    Draw,
    Range,
    box,
    hash_pixels,
    image_key,
    mix,
    uniform,
    whole_uniform,
)
from pellucid.images.floats import in_float64

__all__ = ["Augmentation"]

_SEED_STEPS = ("scale", "rotation", "shift", "noise_probability", "noise")
"""The fields of the founding document's four steps; where no other is set, their kernel is used."""

BORDERS: tuple[Border, ...] = get_args(Border)
"""What lies outside an image, in the order in which the kernel counts."""


@dataclass(frozen=True)
class Augmentation:
    """Ranges from which each training image's distortion is drawn, uniformly.

    The founding document's four steps, with (x, y) pixels from the image's center:

    1. scaling by s: ``(x, y) -> s (x, y)``
    2. rotation by d: ``(x, y) -> (x cos d + y sin d, -x sin d + y cos d)``
    3. a shift: ``(x, y) -> (x + tx, y + ty)``
    4. noise under a mask: ``image = clip(image + mask * noise, 0, 1)``

    Photographs have steps more, which do nothing by default: before step 1 a part of the image is
    made the whole of it, and left and right change sides.

    Steps 1 to 3, and what comes before, are one map, sampled once, bilinearly, with zeros outside
    or another ``border``. Images of any shape
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
    mirror : float, default 0
        The probability that left and right change sides.
    border : {"zeros", "repeat", "reflect"}, default "zeros"
        What comes in from outside the image: zeros, its outermost pixels again and again, or the
        image reflected at them.
    whole_shift : bool, default False
        Whether shifts are whole numbers of pixels, which leave an image as sharp as it is; those
        between blur it.
    crop : (float, float), default (1, 1)
        The share of the image's area that is made the whole of it, somewhere in the image.
    crop_aspect : (float, float), default (1, 1)
        Its ratio of width to height, over the image's own; its logarithm is drawn uniformly. A side
        that would be longer than the image's is as long.

    Raises
    ------
    ConfigurationError
        A range that is not two finite numbers in order, or out of bounds.

    Notes
    -----
    Source: "Randomizing" in docs/equations.md; :mod:`pellucid.equations.randomize`,
    :mod:`pellucid.equations.photo`.

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
    mirror: float = 0.0
    border: Border = "zeros"
    whole_shift: bool = False
    crop: Range = (1.0, 1.0)
    crop_aspect: Range = (1.0, 1.0)

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))
        if self.whole_shift and math.ceil(self.shift[0]) > math.floor(self.shift[1]):
            raise ConfigurationError(
                f"shift is {self.shift}, which holds no whole number; widen it, or set "
                "whole_shift=False.",
                argument="shift",
            )

    @property
    def is_for_photos(self) -> bool:
        """Whether there is more to do than the founding document's four steps."""
        return len(self.to_dict()) > len(_SEED_STEPS)

    def ranges(self) -> NDArray[np.float64]:
        """Return the settings as the kernels read them: in the order of the fields, low and high.

        Where only the four steps are set, these alone.
        """
        numbers: list[float] = []
        for name, value in vars(self).items():
            if name in _SEED_STEPS or self.is_for_photos:
                plain = BORDERS.index(value) if name == "border" else value
                numbers.extend(plain if isinstance(plain, tuple) else (float(plain),))
        return np.array(numbers, dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON-ready values, but steps for photographs that do nothing."""
        defaults = {item.name: item.default for item in dataclasses.fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(self).items()
            if name in _SEED_STEPS or value != defaults[name]
        }

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
            seeds = image, d.scale, d.degrees, d.dx, d.dy, d.mask, d.noise
            if self.is_for_photos:
                out[i] = randomize_photo(*seeds, mirror=d.mirror, crop=d.crop, border=self.border)
            else:
                out[i] = randomize(*seeds)
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
            The numbers of all steps; the same key gives the same.

        Examples
        --------
        >>> key = {"seed": 0, "pass_number": 0, "image": 7}
        >>> one, again = (Augmentation().draw(**key, shape=(28, 28)) for _ in range(2))
        >>> one.degrees == again.degrees, -45 <= one.degrees < 45, one.mask.shape
        (True, True, (28, 28))
        """
        key = image_key(seed, pass_number, image)
        size = math.prod(shape)
        with np.errstate(over="ignore"):
            bits = int(mix(key + np.uint64(6) * GOLDEN))
        hashes = hash_pixels(np.arange(size, dtype=np.uint32), bits & 0xFFFFFFFF, bits >> 32)
        probability = uniform(key, 4, self.noise_probability)
        # The kernel compares in float32, and so does this.
        chance = np.float32(probability * 65536.0)
        share = ((hashes & np.uint32(0xFFFF)) + 0.5) / 65536.0
        noise = np.asarray(self.noise[0] + (self.noise[1] - self.noise[0]) * share, np.float64)
        shift = whole_uniform if self.whole_shift else uniform
        is_cropped = (self.crop, self.crop_aspect) != ((1.0, 1.0), (1.0, 1.0))
        return Draw(
            scale=uniform(key, 0, self.scale),
            degrees=uniform(key, 1, self.rotation),
            dx=shift(key, 2, self.shift),
            dy=shift(key, 3, self.shift),
            probability=probability,
            mask=((hashes >> np.uint32(16)).astype(np.float32) < chance).reshape(shape),
            noise=noise.reshape(shape),
            mirror=uniform(key, 6, (0.0, 1.0)) < self.mirror,
            crop=box(key, 7, self.crop, self.crop_aspect) if is_cropped else WHOLE,
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


def _factor(name: str, value: Any) -> Range:
    low, high = _range(name, value)
    if low <= 0:
        raise ConfigurationError(
            f"{name} is {(low, high)}; a factor must be above 0, for example (0.9, 1.1).",
            argument=name,
        )
    return low, high


def _probabilities(name: str, value: Any) -> Range:
    low, high = _range(name, value)
    if low < 0 or high > 1:
        raise ConfigurationError(
            f"{name} is {(low, high)}; probabilities are from 0 to 1.", argument=name
        )
    return low, high


def _area(name: str, value: Any) -> Range:
    low, high = _range(name, value)
    if low <= 0 or high > 1:
        raise ConfigurationError(
            f"{name} is {(low, high)}; a share of the area is above 0 and at most 1, for example "
            "(0.5, 1).",
            argument=name,
        )
    return low, high


def _probability(name: str, value: Any) -> float:
    if not is_number(value) or not 0 <= value <= 1:
        raise ConfigurationError(
            f"{name} is {value!r}; it must be a probability from 0 to 1, for example 0.5.",
            argument=name,
        )
    return float(value)


def _border(name: str, value: Any) -> Border:
    for border in BORDERS:
        if isinstance(value, str) and value == border:
            return border
    raise ConfigurationError(
        f"{name} is {value!r}; it must be 'zeros', 'repeat' or 'reflect'.", argument=name
    )


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "scale": _factor,
    "rotation": _range,
    "shift": _range,
    "noise_probability": _probabilities,
    "noise": _range,
    "mirror": _probability,
    "border": _border,
    "whole_shift": flag,
    "crop": _area,
    "crop_aspect": _factor,
}
"""What refuses a field, or returns it as it is kept."""
