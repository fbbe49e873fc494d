"""What an export takes for an image: bytes or floats, and the values that become 0 and 1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ConfigurationError, DataError, ExportError, did_you_mean
from pellucid.files.model_file import Model
from pellucid.images.axes import four_axes
from pellucid.images.pixel_range import BYTES, scaled

__all__ = ["Kind", "Pixels", "pixels_of"]

Kind = Literal["uint8", "float32"]

FINEST = 2.0**-12
"""A range narrower than this share of its ends loses half of float32's digits."""


@dataclass(frozen=True)
class Pixels:
    """How the pixels that an export takes become what its network takes.

    ``x = (pixel - low) / (high - low)``, and 0 or 1 outside.

    Attributes
    ----------
    kind : "uint8" or "float32"
        Their type.
    low, high : float
        What becomes 0 and 1.
    shape : (int, int, int)
        ``(channels, height, width)`` of one image.

    Examples
    --------
    >>> Pixels("float32", 0.0, 16.0, (1, 2, 2)).ready(np.full((1, 1, 2, 2), 4.0, np.float32))
    array([[[[0.25, 0.25],
             [0.25, 0.25]]]], dtype=float32)
    """

    kind: Kind
    low: float
    high: float
    shape: tuple[int, ...]

    @property
    def are_bytes(self) -> bool:
        """Whether they are bytes of 0 to 255, which Pellucid's kernels scale themselves."""
        return self.kind == "uint8" and (self.low, self.high) == BYTES

    @property
    def last(self) -> tuple[int, ...]:
        """The shape of one image as an estimator takes it: channels last, one left out."""
        channels, height, width = self.shape
        return (height, width) if channels == 1 else (height, width, channels)

    def ready(self, images: NDArray[Any]) -> NDArray[Any]:
        """Return images of this kind, (n, C, H, W), as Pellucid's own network takes them."""
        return images if self.are_bytes else scaled(images, (self.low, self.high))

    def of_unit(self, images: NDArray[Any]) -> NDArray[Any]:
        """Return images of which 0 and 1 are the ends as images of this kind."""
        values = self.low + images.astype(np.float64) * (self.high - self.low)
        if self.kind == "uint8":
            return np.rint(np.clip(values, 0, 255)).astype(np.uint8)
        return values.astype(np.float32)

    def of_estimator(self, X: Any) -> NDArray[Any]:
        """Return what an estimator takes as images (n, C, H, W) of this kind.

        Raises
        ------
        DataError
            Another shape; or bytes are wanted, and these are none.
        """
        array = np.asarray(X)
        channels, height, width = self.shape
        if array.ndim < 2 or math.prod(array.shape[1:]) != math.prod(self.shape):
            expected = ", ".join(map(str, self.last))
            raise DataError(
                f"X has shape {array.shape}; the export takes images of shape (n, {expected})."
            )
        images = array.reshape(len(array), height, width, channels).transpose(0, 3, 1, 2)
        return self._of_kind(images)

    def of_data(self, images: NDArray[Any], bytes_range: tuple[float, float]) -> NDArray[Any]:
        """Return images of a data set, uint8 or floats in [0, 1], as images of this kind.

        Parameters
        ----------
        images : ndarray of shape (n, H, W) or (n, C, H, W)
        bytes_range : (float, float)
            The bytes that become 0 and 1.
        """
        four = four_axes(images)
        if self.kind == "uint8":
            return self._of_kind(four if four.dtype == np.uint8 else four * 255)
        low, high = bytes_range
        values = four.astype(np.float64) * (1 if four.dtype == np.uint8 else 255)
        return self.of_unit(np.clip((values - low) / (high - low), 0, 1))

    def _of_kind(self, images: NDArray[Any]) -> NDArray[Any]:
        if self.kind == "float32":
            return np.ascontiguousarray(images, np.float32)
        if images.dtype != np.uint8:
            whole = np.rint(images)
            if len(images) and (np.abs(images - whole).max() > 1e-3 or _outside(whole)):
                raise DataError(
                    "The export takes bytes, but these pixels are not whole numbers from 0 to "
                    "255; export the model with pixels='float32'."
                )
            images = whole.astype(np.uint8)
        return np.ascontiguousarray(images)


def _outside(values: NDArray[Any]) -> bool:
    return bool(values.min() < 0 or values.max() > 255)


def pixels_of(model: Model, wanted: str) -> Pixels:
    """Return what an export of a model takes.

    Parameters
    ----------
    model : Model
        A run's, or an estimator's, which knows the range of X.
    wanted : "auto", "uint8" or "float32"
        "auto" is uint8 where the model learned from bytes, else float32.

    Raises
    ------
    ConfigurationError
        ``wanted`` is something else.
    ExportError
        float32 can't hold such pixels.
    """
    choices = ("auto", *get_args(Kind))
    if wanted not in choices:
        raise ConfigurationError(
            f"pixels is {wanted!r}; it must be one of {', '.join(map(repr, choices))}."
            f"{did_you_mean(str(wanted), choices)}",
            argument="pixels",
        )
    in_bytes = model.preprocessing.pixel_range
    own = in_bytes
    if "estimator" in model.configuration:
        low, high = model.configuration.get("pixel_range", BYTES)
        own = float(low), float(high)
    elif wanted == "float32":  # as pellucid.predict_proba takes floats
        own = in_bytes[0] / 255, in_bytes[1] / 255
    shape = model.network.input_shape
    if wanted == "uint8" or (wanted == "auto" and own == in_bytes):
        return Pixels("uint8", *in_bytes, shape)
    _check_float32(own)
    return Pixels("float32", *own, shape)


def _check_float32(ends: tuple[float, float]) -> None:
    low, high = ends
    largest = max(abs(low), abs(high))
    if largest > float(np.finfo(np.float32).max) or high - low < FINEST * largest:
        raise ExportError(
            f"The model's pixels go from {low:g} to {high:g}, which float32 can't tell apart well "
            "enough to scale them in an export; train it on pixels from 0 to 1."
        )
