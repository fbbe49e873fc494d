"""Global max pooling: its description.

Its equation is in :mod:`pellucid.equations.globalmaxpool2d`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.errors import NetworkError
from pellucid.network.layers.layer import Layer, Shape
from pellucid.network.layers.maxpool2d import MOST_PIXELS
from pellucid.network.layers.settings import need_image

__all__ = ["GlobalMaxPool2D"]


@dataclass(frozen=True)
class GlobalMaxPool2D(Layer):
    """The largest value of each channel: an image as one flat row, a feature a channel.

    ``p[c] = max_{y, x} x[c, y, x]``

    It takes (channels, height, width) and gives (channels,), float32: no Flatten is needed after
    it. Nothing is learned. The same in training and inference; backward, in training, a gradient
    goes to its channel's largest value; ties go to the first, row by row.

    Notes
    -----
    Source: "Global max pooling" in docs/equations.md; :mod:`pellucid.equations.globalmaxpool2d`.

    Examples
    --------
    >>> GlobalMaxPool2D().output_shape((5, 20, 20))
    (5,)
    """

    is_passed_over: ClassVar[bool] = True

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(channels,)``."""
        need_image(self, input_shape)
        channels, height, width = input_shape
        if height * width > MOST_PIXELS:
            raise NetworkError(
                f"{self} has an input of {height * width:,} pixels; it must have at most "
                f"{MOST_PIXELS:,}: put a MaxPool2D before it."
            )
        return (channels,)
