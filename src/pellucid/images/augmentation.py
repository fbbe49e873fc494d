"""The randomizing of training images, keyed by (seed, pass, image): never by worker or order.

The compiled kernel draws and applies it inside each section. :meth:`Augmentation.draw` gives the
same numbers in NumPy, for tests, pictures and readers; :mod:`pellucid.equations.randomize` and
:mod:`pellucid.equations.photo` apply them.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import whole
from pellucid.equations.mixup import mixed
from pellucid.equations.photo import randomize_photo
from pellucid.equations.randomize import Border, randomize
from pellucid.errors import ConfigurationError
from pellucid.images.drawing import (
    GOLDEN,
    NOTHING,
    WHOLE,
    Draw,
    Range,
    beta,
    box,
    hash_pixels,
    image_key,
    mix,
    uniform,
    whole_uniform,
)
from pellucid.images.floats import in_float64
from pellucid.images.ranges import BORDERS, CHECKS

__all__ = ["Augmentation"]

_OF_PAIRS = ("mixup",)
"""What is not done to an image by itself, so that no kernel for one needs to know of it."""

_SEED_STEPS = ("scale", "rotation", "shift", "noise_probability", "noise")
"""The fields of the founding document's four steps; where no other is set, their kernel is used."""


@dataclass(frozen=True)
class Augmentation:
    """Ranges from which each training image's distortion is drawn, uniformly.

    The founding document's four steps, with (x, y) pixels from the image's center:

    1. scaling by s: ``(x, y) -> s (x, y)``
    2. rotation by d: ``(x, y) -> (x cos d + y sin d, -x sin d + y cos d)``
    3. a shift: ``(x, y) -> (x + tx, y + ty)``
    4. noise under a mask: ``image = clip(image + mask * noise, 0, 1)``

    Photographs have steps more, which do nothing by default. Before step 1 a part of the image is
    made the whole of it (``crop``), and left and right change sides (``mirror``); before step 4
    ``brightness``, ``contrast``, ``saturation`` and ``hue`` are changed, in this order, and a
    rectangle is erased (``erase``).

    Steps 1 to 3, and what comes before, are one map, sampled once, bilinearly, with zeros outside
    or another ``border``. Images of any shape (H, W) or (C, H, W) keep it; pixels are in [0, 1].
    Training only: prediction never randomizes. What an image gets depends on seed, pass and its
    number, never on a worker.

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
    brightness, contrast, saturation : (float, float), default (1, 1)
        Factors: of all pixels, of their distance to the image's mean gray, and of their distance to
        their own gray. Contrast and saturation are those of images with 1 or 3 channels; gray ones
        have no saturation.
    hue : (float, float), default (0, 0)
        How far the circle of colors is turned, of 1, from -0.5 to 0.5. Gray images have none.
    erase : float, default 0
        The probability that a rectangle is erased: it gets each channel's mean.
    erase_area : (float, float), default (0.02, 0.33)
        The share of the image's area that it takes.
    erase_aspect : (float, float), default (0.3, 3.3)
        Its ratio of width to height, as ``crop_aspect``.
    mixup : float, default 0
        After all of this each image is mixed with another of its section, ``share image + (1 -
        share) other``, and has the loss of both labels, in the same shares. They are drawn from
        ``Beta(mixup, mixup)``: 0.2 leaves most images nearly as they are, 1 draws any share, and 0
        mixes nothing. The network's loss must be of classes or of labels.

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
    brightness: Range = (1.0, 1.0)
    contrast: Range = (1.0, 1.0)
    saturation: Range = (1.0, 1.0)
    hue: Range = (0.0, 0.0)
    erase: float = 0.0
    erase_area: Range = (0.02, 0.33)
    erase_aspect: Range = (0.3, 3.3)
    mixup: float = 0.0

    def __post_init__(self) -> None:
        for name, check in CHECKS.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))
        if self.whole_shift and math.ceil(self.shift[0]) > math.floor(self.shift[1]):
            raise ConfigurationError(
                f"shift is {self.shift}, which holds no whole number; widen it, or set "
                "whole_shift=False.",
                argument="shift",
            )

    @classmethod
    def photos(cls, side: int = 32) -> Augmentation:
        """Return what suits photographs, in which left and right are alike.

        Half of the images are mirrored, and all are shifted by up to an eighth of their side, by
        whole pixels, over a border that is reflected. Nothing else is done; what more helps depends
        on the pictures: colors where light differs, ``erase`` where there are few.

        Parameters
        ----------
        side : int, default 32
            The images' shorter side, in pixels.

        Returns
        -------
        Augmentation

        Raises
        ------
        ConfigurationError
            ``side`` is no whole number of at least 1.

        Notes
        -----
        Source: measured on CIFAR-10, docs/guide/choosing_a_network.md.

        Examples
        --------
        >>> Augmentation.photos(side=64).shift
        (-8.0, 8.0)
        >>> colorful = dataclasses.replace(Augmentation.photos(), brightness=(0.8, 1.2))
        """
        far = round(whole("side", side, least=1) / 8)
        return cls(
            scale=(1.0, 1.0), rotation=(0.0, 0.0), shift=(-far, far), noise_probability=(0.0, 0.0),
            mirror=0.5, border="reflect", whole_shift=True,
        )  # fmt: skip

    @property
    def is_for_photos(self) -> bool:
        """Whether there is more to do than the founding document's four steps."""
        return any(name not in _SEED_STEPS + _OF_PAIRS for name in self.to_dict())

    def check_channels(self, channels: int) -> None:
        """Refuse to change colors that images don't have.

        Parameters
        ----------
        channels : int
            The images'.

        Raises
        ------
        ConfigurationError
            ``contrast``, ``saturation`` or ``hue`` is set, and there are other than 1 or 3.

        Examples
        --------
        >>> Augmentation(hue=(-0.1, 0.1)).check_channels(3)
        """
        for name, nothing in (("contrast", 1.0), ("saturation", 1.0), ("hue", 0.0)):
            if channels not in (1, 3) and getattr(self, name) != (nothing, nothing):
                raise ConfigurationError(
                    f"{name} is {getattr(self, name)}, but the images have {channels} channels; "
                    f"colors are those of 1 or 3, so set {name}=({nothing:g}, {nothing:g}).",
                    argument=name,
                )

    def check_targets(self, kind: str) -> None:
        """Refuse to mix what has no labels.

        Parameters
        ----------
        kind : str
            What the network's loss takes: "classes", "labels" or "numbers".

        Raises
        ------
        ConfigurationError
            ``mixup`` is set, and the loss is of numbers.

        Examples
        --------
        >>> Augmentation(mixup=0.2).check_targets("classes")
        """
        if self.mixup and kind == "numbers":
            raise ConfigurationError(
                f"mixup is {self.mixup:g}, but the network's loss is of numbers; images are mixed "
                "by the labels that both have, so set mixup=0.",
                argument="mixup",
            )

    def ranges(self) -> NDArray[np.float64]:
        """Return the settings as the kernels read them: in the order of the fields, low and high.

        Where only the four steps are set, these alone. What is done to pairs is not among them.
        """
        numbers: list[float] = []
        for name, value in vars(self).items():
            if name in _SEED_STEPS or (self.is_for_photos and name not in _OF_PAIRS):
                plain = BORDERS.index(value) if name == "border" else value
                numbers.extend(plain if isinstance(plain, tuple) else (float(plain),))
        return np.array(numbers, dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON-ready values, but for later steps that do nothing."""
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
            uint8, or floats in [0, 1]; image i of them has the number ``first + i``. With
            ``mixup`` they are a section of their own.
        seed, pass_number, first : int, default 0
            The key; see :meth:`draw`.

        Returns
        -------
        ndarray of the images' shape, float64

        Raises
        ------
        ConfigurationError
            Colors are to be changed that the images don't have.

        Examples
        --------
        >>> images = np.full((2, 8, 8), 255, np.uint8)
        >>> before = Augmentation().apply(images, pass_number=3)
        >>> before.shape, np.array_equal(before[1:], Augmentation().apply(images[1:], first=1))
        ((2, 8, 8), False)
        """
        self.check_channels(images.shape[1] if images.ndim == 4 else 1)
        scaled = in_float64(images)
        out, shares = np.empty(scaled.shape), np.ones(len(scaled))
        for i, image in enumerate(scaled):
            d = self.draw(
                seed=seed, pass_number=pass_number, image=first + i, shape=image.shape
            )  # fmt: skip
            shares[i] = d.share
            seeds = image, d.scale, d.degrees, d.dx, d.dy, d.mask, d.noise
            if self.is_for_photos:
                out[i] = randomize_photo(
                    *seeds, mirror=d.mirror, crop=d.crop, border=self.border,
                    brightness=d.brightness, contrast=d.contrast, saturation=d.saturation,
                    turns=d.turns, erased=d.erased,
                )  # fmt: skip
            else:
                out[i] = randomize(*seeds)
        return mixed(out, shares) if self.mixup else out

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
        is_erased = uniform(key, 15, (0.0, 1.0)) < self.erase
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
            brightness=uniform(key, 11, self.brightness),
            contrast=uniform(key, 12, self.contrast),
            saturation=uniform(key, 13, self.saturation),
            turns=uniform(key, 14, self.hue),
            erased=box(key, 16, self.erase_area, self.erase_aspect) if is_erased else NOTHING,
            share=float(np.float32(beta(key, 20, self.mixup))) if self.mixup else 1.0,
        )
