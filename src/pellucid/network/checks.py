"""Checks of what a network is made of: its layers, and the shape of its images."""

from __future__ import annotations

from collections.abc import Iterable

from pellucid.arguments import is_whole
from pellucid.errors import NetworkError
from pellucid.network.layers import Layer, Shape

__all__ = ["checked_input_shape", "checked_layers"]


def checked_layers(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """Return the layers as a tuple; raise NetworkError where they are not layers, or none.

    Examples
    --------
    >>> from pellucid.network.layers import Dense
    >>> checked_layers([Dense(2)])
    (Dense(units=2, std=0.1, bias=0.0),)
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
