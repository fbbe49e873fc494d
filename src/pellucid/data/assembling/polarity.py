"""Whether images are light on dark or dark on light, for those that are joined to agree."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.console import Say, some
from pellucid.images.axes import four_axes, from_all_over
from pellucid.images.floats import in_float32
from pellucid.images.ink import border

__all__ = ["Polarities", "dark_on_light"]

_LOOKED_AT = 256
_LEAST_CONTRAST = 0.03
_NEAR = 0.25  # of the contrast: what lies so near to the background belongs to it
_CALM = 0.75  # of the border is background, if there is such
_MOST = 0.9  # of the images have a background, and of one kind, if the set has one


def dark_on_light(images: NDArray[Any]) -> bool | None:
    """Tell whether nearly all images are dark on light (True) or light on dark (False).

    The background is the median of an image's border; it is light if it is nearer to the brightest
    pixel than to the darkest. None where many images have borders that are no background, as
    photographs, or where they are of both kinds.

    Examples
    --------
    >>> images = np.zeros((4, 8, 8), np.uint8)
    >>> images[:, 3:5, 3:5] = 255
    >>> dark_on_light(images), dark_on_light(255 - images), dark_on_light(images[:, 3:5, 3:])
    (False, True, None)
    """
    some = np.asarray(from_all_over(images, _LOOKED_AT))
    pixels = in_float32(four_axes(some)).mean(axis=1)
    if not len(pixels):
        return None
    low, high = pixels.min(axis=(1, 2)), pixels.max(axis=(1, 2))
    edges = border(pixels)
    background = np.median(edges, axis=1)
    contrast = high - low
    near = np.abs(edges - background[:, np.newaxis]) <= _NEAR * contrast[:, np.newaxis]
    has_one = (contrast >= _LEAST_CONTRAST) & (near.mean(axis=1) >= _CALM)
    if has_one.mean() < _MOST:
        return None
    is_light = (background - low > high - background)[has_one]
    if is_light.mean() >= _MOST:
        return True
    return False if is_light.mean() <= 1 - _MOST else None


class Polarities:
    """The sources that are joined, by what they are on; ``guess`` is told where they differ."""

    def __init__(self, guess: Say) -> None:
        self._guess = guess
        self._dark: list[str] = []
        self._light: list[str] = []

    def add(self, name: str, images: NDArray[Any]) -> None:
        """Look at the images of a source."""
        found = dark_on_light(images)
        if found is not None:
            (self._dark if found else self._light).append(name)

    def told(self) -> str:
        """Say where they differ, and return what was said."""
        dark, light = self._dark, self._light
        if not (dark and light):
            return ""
        line = (
            f"{some(dark)} {'is' if len(dark) == 1 else 'are'} dark on light, {some(light)} light "
            "on dark; what is trained on both may read either worse. Bring them to one: pictures "
            "of single characters with preprocessing=Preprocessing((height, width)), others by "
            "inverting them."
        )
        self._guess(line)
        return line
