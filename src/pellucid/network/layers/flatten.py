"""Flatten: its description; its equation is in :mod:`pellucid.equations.flatten`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from pellucid.network.layers.layer import Layer, Shape

__all__ = ["Flatten"]


@dataclass(frozen=True)
class Flatten(Layer):
    """An image as one row of features, channel by channel and row by row.

    ``fc[(c*H + y)*W + x] = x[c, y, x]``

    It takes (channels, height, width) and gives (channels * height * width,), float32. Nothing is
    learned. The same in training and inference; backward, in training, the shape comes back.

    Notes
    -----
    Source: "Flatten" and step 7 in docs/equations.md; :mod:`pellucid.equations.flatten`.

    Examples
    --------
    >>> Flatten().output_shape((5, 10, 10))
    (500,)
    """

    is_passed_over: ClassVar[bool] = True

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(channels * height * width,)``."""
        return (math.prod(input_shape),)
