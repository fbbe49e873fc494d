"""ReLU: its description; its equation is in :mod:`pellucid.equations.relu`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.network.layers.layer import Layer, Shape

__all__ = ["ReLU"]


@dataclass(frozen=True)
class ReLU(Layer):
    """Negative values become zero, positive ones stay.

    ``a = max(0, z)``, element by element; NaN stays NaN. It takes any shape and gives the same,
    float32. Nothing is learned. The same in training and inference; backward, in training,
    ``dz = da where z > 0, else 0``.

    Notes
    -----
    Source: "ReLU" and the masks of steps 4, 8 and 9 in docs/equations.md;
    :mod:`pellucid.equations.relu`.

    Examples
    --------
    >>> ReLU().output_shape((5, 24, 24)), ReLU().parameter_shapes((5, 24, 24))
    ((5, 24, 24), {})
    """

    is_rectifier: ClassVar[bool] = True

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        return input_shape
