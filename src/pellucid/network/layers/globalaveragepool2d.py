"""Global average pooling: its description.

Its equation is in :mod:`pellucid.equations.globalaveragepool2d`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.network.layers.layer import Layer, Shape
from pellucid.network.layers.settings import need_image

__all__ = ["GlobalAveragePool2D"]


@dataclass(frozen=True)
class GlobalAveragePool2D(Layer):
    """The mean of each channel: an image as one flat row, a feature a channel.

    ``p[c] = sum_{y, x} x[c, y, x] / (H * W)``

    It takes (channels, height, width) and gives (channels,), float32: no Flatten is needed after
    it. Nothing is learned. The same in training and inference; backward, in training, every pixel
    gets an equal share of its channel's gradient.

    Notes
    -----
    Source: M. Lin, Q. Chen, S. Yan, "Network In Network", 2014; "Global average pooling" in
    docs/equations.md; :mod:`pellucid.equations.globalaveragepool2d`.

    Examples
    --------
    >>> GlobalAveragePool2D().output_shape((5, 20, 20))
    (5,)
    """

    is_passed_over: ClassVar[bool] = True

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(channels,)``."""
        need_image(self, input_shape)
        return (input_shape[0],)
