"""Checks of what a network is made of: its layers, and the shape of its images."""

from __future__ import annotations

from collections.abc import Iterable

from pellucid.arguments import is_whole, warn
from pellucid.errors import NetworkError
from pellucid.network.layers import Layer, Shape

__all__ = ["checked_input_shape", "checked_layers", "warn_of_channels_last"]

_LEAST_SIDE = 8
"""Pixels that an image's shorter side has, if it is one; maps of fewer rows are no pictures."""


def checked_layers(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """Return the layers as a tuple; raise NetworkError where they are not layers, or none.

    Examples
    --------
    >>> from pellucid.network.layers import Dense
    >>> checked_layers([Dense(2)])
    (Dense(units=2, std=None, bias=0.0, init='auto'),)
    """
    if isinstance(layers, Layer) or not isinstance(layers, Iterable):
        raise NetworkError(
            f"layers is {layers!r}; it must be a list of layers, for example "
            "[Flatten(), Dense(10)]."
        )
    stack = tuple(layers)
    if not stack:
        raise NetworkError("A network needs at least one layer; end it with Dense(classes).")
    for number, layer in enumerate(stack, start=1):
        if not isinstance(layer, Layer) or type(layer) is Layer:
            raise NetworkError(
                f"Layer {number} is {layer!r}, which is no layer; write for example Dense(10) "
                "or ReLU(), with the brackets."
            )
    return stack


def checked_input_shape(input_shape: Iterable[int]) -> Shape:
    """Return the shape of an image as (channels, height, width); raise NetworkError if it is none.

    Examples
    --------
    >>> checked_input_shape((28, 28)), checked_input_shape([3, 32, 32])
    ((1, 28, 28), (3, 32, 32))
    """
    is_sequence = isinstance(input_shape, tuple | list)
    shape = tuple(input_shape) if is_sequence else ()
    if len(shape) == 2:
        shape = (1, *shape)
    if len(shape) != 3 or not all(is_whole(size) and size >= 1 for size in shape):
        raise NetworkError(
            f"input_shape is {input_shape!r}; it must be (height, width) or "
            "(channels, height, width), whole numbers of at least 1."
        )
    return tuple(int(size) for size in shape)


def warn_of_channels_last(shape: Shape) -> None:
    """Warn of an input shape that looks like (height, width, channels)."""
    if len(shape) == 3 and shape[2] in (1, 3) and min(shape[:2]) >= _LEAST_SIDE:
        height, width, channels = shape
        warn(
            f"input_shape ({height}, {width}, {channels}) is {height} channels of {width} x "
            f"{channels} pixels; channels come first: for images of {height} x {width} write "
            f"({channels}, {height}, {width})."
        )
