"""What turns a picture into a network's input: one description, stored in the model.

Training, prediction and every export use the same :class:`Preprocessing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.arguments import warn
from pellucid.console import Say
from pellucid.errors import ConfigurationError, DataError, did_you_mean
from pellucid.images.axes import sides, three_axes
from pellucid.images.deep import in_bytes
from pellucid.images.floats import in_float32
from pellucid.images.ink import (
    Bytes,
    Plane,
    border,
    find_ink,
    gray,
    gray_range,
    ink,
    noise_of,
    strips,
)
from pellucid.images.paper import clean
from pellucid.images.pixel_range import BYTES, check_pixel_range, scaled
from pellucid.images.resampling import Box, centered, resampled
from pellucid.images.sameness import LEAST_CONTRAST

__all__ = ["Fit", "Polarity", "Preprocessing"]

Polarity = Literal["auto", "light-on-dark", "dark-on-light"]
Fit = Literal["mnist", "resize"]


@dataclass(frozen=True)
class Preprocessing:
    """How pictures of any size become the images that a network takes.

    Parameters
    ----------
    input_shape : (int, int) or (int, int, int)
        The network's: ``(height, width)``, for one channel, or ``(channels, height, width)``.
    polarity : {"auto", "light-on-dark", "dark-on-light"}, default "auto"
        Whether what matters is brighter or darker than what is behind it. ``"auto"`` takes the
        median of the picture's border for the background, and inverts the picture if that is
        nearer to its brightest pixel than to its darkest. ``"light-on-dark"`` never inverts.
    fit : {"mnist", "resize"}, default "mnist"
        ``"mnist"`` for single characters: the background is removed, the ink cut out, scaled and
        centered as MNIST's digits are. ``"resize"`` for everything else: the whole picture is
        brought to the size, without keeping its proportions. For photographs use ``"resize"`` with
        ``"light-on-dark"``.
    pixel_range : (float, float), default (0, 255)
        The values of a picture's bytes that the network takes for 0 and 1, where it was trained on
        others than 0 to 255.
    deep_range : (float, float), optional
        The values of pictures of more than 8 bits, or of floats, that become the bytes 0 and 255.
        None where none were seen; :func:`pellucid.data.load` looks at all pictures of a set.

    Raises
    ------
    ConfigurationError
        A value that can't be used.

    Examples
    --------
    >>> import numpy as np
    >>> picture = np.full((300, 200), 255, np.uint8)  # paper
    >>> picture[40:240, 20:30] = 0  # a line of ink
    >>> image = Preprocessing((28, 28)).picture(picture)
    >>> image.shape, int(image.max()), int(image[0, 0, 0])
    ((1, 28, 28), 255, 0)
    """

    input_shape: tuple[int, ...]
    polarity: Polarity = "auto"
    fit: Fit = "mnist"
    pixel_range: tuple[float, float] = BYTES
    deep_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "input_shape", _checked_shape(self.input_shape))
        for name, choices in (("polarity", get_args(Polarity)), ("fit", get_args(Fit))):
            value = getattr(self, name)
            if value not in choices:
                raise ConfigurationError(
                    f"Preprocessing {name} is {value!r}; it must be one of {', '.join(choices)}."
                    f"{did_you_mean(str(value), choices)}"
                )
        bounds = check_pixel_range(self.pixel_range, "Preprocessing pixel_range", "")
        object.__setattr__(self, "pixel_range", bounds)
        if self.deep_range is not None:
            deep = check_pixel_range(self.deep_range, "Preprocessing deep_range", "")
            object.__setattr__(self, "deep_range", deep)

    def picture(self, array: ArrayLike, *, say: Say | None = None) -> NDArray[np.uint8]:
        """Return a picture as the network's input.

        With ``fit="mnist"`` the steps are MNIST's own: the background (the median of the border)
        is subtracted; ink fainter than 0.15 of the strongest, or than the border's noise, is
        dropped; the box around the rest is scaled, proportions kept, so that its longer side is
        20/28 of the input's; and it is placed with its center of mass in the middle (as far as it
        stays inside). Crop, scale and placement are one antialiased resampling by Pillow. The
        strongest pixel becomes 255, or the end of ``pixel_range`` if that is less. A blank picture
        (brightest and darkest pixel closer than 8 of 255) gives all zeros.

        Where ink touches the border or lies apart, the paper's brightness is estimated around each
        pixel first, so that a shadow goes; lines that are fainter than the ink and run over the
        border, parts of neighbors, and specks are left out. Strokes of a thin pen are widened to
        MNIST's. A picture with a free border and one character is not changed by this; nor is one
        that is smaller than the input.

        A picture that already has exactly the network's size is not moved or scaled: light on
        dark, it is taken unchanged (so MNIST's own images come back bit by bit); dark on light,
        ``255 * (1 - pixel / background)`` is taken (so MNIST's own, inverted, come back too).

        Parameters
        ----------
        array : array-like of shape (H, W), (H, W, 1), (H, W, 3) or the network's input_shape
            uint8, or booleans, or floats in [0, 1]; or wider integers, if ``deep_range`` says what
            they mean.
        say : callable, optional
            Is called with a line if what is ink can't be found with confidence, in place of a
            warning.

        Returns
        -------
        ndarray of shape (C, height, width), uint8

        Warns
        -----
        UserWarning
            What is ink can't be found with confidence, and ``say`` is not given.

        Raises
        ------
        DataError
            Another shape or dtype, or a network whose channels are neither 1 nor 3 and not those
            of the picture.

        Notes
        -----
        Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
        """
        planes = self._planes(_as_bytes(array, self.deep_range))
        edges = border(planes)
        edge = gray(edges)
        background = float(np.median(edge))
        low, high = gray_range(planes)
        dark = self._is_dark_on_light(low, high, background)
        if self.fit == "resize":
            return self._resized(planes, dark)
        if high - low < LEAST_CONTRAST:
            return np.zeros(self.input_shape, np.uint8)
        exact = planes.shape == self.input_shape
        if exact and not dark:
            return planes.copy()
        levels = np.median(edges, axis=1)[:, np.newaxis, np.newaxis]
        if exact:
            return self._to_bytes(ink(planes, levels, dark), np.maximum(levels, 1))
        noise = noise_of(edge)
        inked = find_ink(planes, levels, dark, noise)
        # No photograph is smaller.
        if inked is not None and min(np.divide(planes.shape[1:], self._size)) >= 1:
            cleaned, doubt = clean(planes, inked)
            if doubt is not None:
                (say or warn)(f"What is ink in the picture is in doubt: {doubt}.")
            if cleaned is not planes:
                inked = find_ink(cleaned, levels, dark, noise)
        if inked is None:
            return np.zeros(self.input_shape, np.uint8)
        placed = centered(inked, self._size)
        # Thin strokes that faded come back.
        return self._to_bytes(placed, placed.max())

    def scaled(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Return images as the numbers that the network computes with.

        ``x = pixel / 255`` in float32 for uint8, the scaling that the kernels do; float images in
        [0, 1] are unchanged. With another ``pixel_range`` both become
        ``(pixel - low) / (high - low)``, where floats are bytes divided by 255.

        Parameters
        ----------
        images : ndarray of any shape
            uint8, or floats in [0, 1].

        Returns
        -------
        ndarray of the same shape, float32

        Examples
        --------
        >>> Preprocessing((1, 2)).scaled(np.array([[0, 255]], np.uint8))
        array([[0., 1.]], dtype=float32)
        """
        return in_float32(self.for_kernels(images))

    def for_kernels(self, images: NDArray[Any]) -> NDArray[Any]:
        """Return images for :func:`pellucid.predict_proba`: scaled, where it would not do so.

        Parameters
        ----------
        images : ndarray of any shape
            uint8, or floats in [0, 1].

        Returns
        -------
        ndarray of the same shape
            The images themselves where ``pixel_range`` is 0 to 255, and else float32 in [0, 1].
        """
        is_bytes = images.dtype == np.uint8
        if not is_bytes and images.dtype.kind != "f":
            raise DataError(f"Images are {images.dtype}; they must be uint8, or floats in [0, 1].")
        if self.pixel_range == BYTES:
            return images
        low, high = self.pixel_range
        return scaled(images, (low, high) if is_bytes else (low / 255, high / 255))

    def to_dict(self) -> dict[str, Any]:
        """Return the description as JSON-ready values; ranges that are usual go without saying."""
        values: dict[str, Any] = {
            "input_shape": list(self.input_shape),
            "polarity": self.polarity,
            "fit": self.fit,
        }
        if self.pixel_range != BYTES:
            values["pixel_range"] = list(self.pixel_range)
        if self.deep_range is not None:
            values["deep_range"] = list(self.deep_range)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preprocessing:
        """Return what :meth:`to_dict` described.

        Parameters
        ----------
        values : mapping
            ``"input_shape"``, and perhaps ``"polarity"`` and ``"fit"``.

        Returns
        -------
        Preprocessing

        Raises
        ------
        ConfigurationError
            Unknown or missing entries, or values that can't be used.

        Examples
        --------
        >>> Preprocessing.from_dict({"input_shape": [28, 28], "fitt": "mnist"})
        Traceback (most recent call last):
        pellucid.errors.ConfigurationError: Preprocessing has no entry 'fitt'. Did you mean 'fit'?
        """
        if not isinstance(values, Mapping):
            raise ConfigurationError(
                f"Preprocessing is described by {values!r}; it must be a mapping of its entries."
            )
        names = [field.name for field in fields(cls)]
        for key in values:
            if key not in names:
                raise ConfigurationError(
                    f"Preprocessing has no entry {key!r}.{did_you_mean(str(key), names)}"
                )
        if "input_shape" not in values:
            raise ConfigurationError("Preprocessing needs the entry 'input_shape'.")
        return cls(**values)

    @property
    def _size(self) -> tuple[int, int]:
        _, height, width = self.input_shape
        return height, width

    def _planes(self, array: NDArray[np.uint8]) -> Bytes:
        """Return the picture channel by channel, with as many channels as the network has."""
        channels = self.input_shape[0]
        if array.shape == self.input_shape:
            return array
        if array.ndim == 2:
            array = array[:, :, np.newaxis]
        if array.ndim != 3 or array.shape[2] not in (1, 3) or array.size == 0:
            raise DataError(
                f"A picture of shape {array.shape} can't be used; it must be (height, width), "
                f"(height, width, 3) or the network's own {self.input_shape}."
            )
        planes = array.transpose(2, 0, 1)
        if channels == len(planes):
            return planes
        if channels == 1:
            return np.concatenate([_rounded(gray(part)) for part in strips(planes)])[np.newaxis]
        if channels == 3:
            return np.broadcast_to(planes, (3, *planes.shape[1:]))
        raise DataError(
            f"A picture with {len(planes)} channels can't become the input of a network with "
            f"{channels}; give an array of its shape {self.input_shape}."
        )

    def _is_dark_on_light(self, low: float, high: float, background: float) -> bool:
        if self.polarity == "auto":
            return background - low > high - background
        return self.polarity == "dark-on-light"

    def _resized(self, planes: Bytes, dark: bool) -> NDArray[np.uint8]:
        _, height, width = planes.shape
        if planes.shape == self.input_shape:
            return np.uint8(255) - planes if dark else planes.copy()
        whole = Box(0, 0, width, height)
        resized = [resampled(plane, self._size, whole, inverted=dark) for plane in planes]
        return _rounded(np.stack(resized))

    def _to_bytes(self, planes: Plane, strongest: Any) -> NDArray[np.uint8]:
        """Return ink from 0 to its strongest as bytes, as strong as those of the training."""
        if not np.all(strongest > 0):
            return np.zeros(planes.shape, np.uint8)
        low, high = max(0.0, self.pixel_range[0]), min(255.0, self.pixel_range[1])
        return _rounded(low + planes * ((high - low) / strongest))


def _checked_shape(value: Any) -> tuple[int, ...]:
    shape = sides(value, 2, 3)
    if shape is None:
        raise ConfigurationError(
            f"Preprocessing input_shape is {value!r}; it must be (height, width) or "
            "(channels, height, width), each at least 1."
        )
    return three_axes(shape)


def _as_bytes(
    picture: ArrayLike, deep_range: tuple[float, float] | None
) -> NDArray[np.uint8]:  # fmt: skip
    array = np.asarray(picture)
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind in "iu" and deep_range is not None:
        return in_bytes(array, deep_range)
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind == "f" and array.size and array.min() >= 0 and array.max() <= 1:
        return _rounded(array * 255)
    raise DataError(
        f"A picture of dtype {array.dtype} can't be used; it must be uint8, or finite floats in "
        "[0, 1]."
    )


def _rounded(values: NDArray[Any]) -> NDArray[np.uint8]:
    whole: NDArray[np.uint8] = np.rint(np.clip(values, 0, 255)).astype(np.uint8)
    return whole
