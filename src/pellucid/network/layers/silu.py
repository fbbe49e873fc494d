"""SiLU: its description; its equation is in :mod:`pellucid.equations.silu`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.network.layers.layer import Layer, Shape

__all__ = ["SiLU"]


@dataclass(frozen=True)
class SiLU(Layer):
    """A smooth ReLU: large values stay, negative ones become small.

    ``a = z / (1 + exp(-z))``, element by element; NaN stays NaN. It takes any shape and gives the
    same, float32. Nothing is learned. The same in training and inference; backward, in training,
    ``dz = da * s * (1 + z * (1 - s))`` with ``s = 1 / (1 + exp(-z))``. Its least value is -0.278,
    at -1.278. It is also called swish.

    Notes
    -----
    Source: S. Elfwing, E. Uchibe, K. Doya, "Sigmoid-Weighted Linear Units for Neural Network
    Function Approximation in Reinforcement Learning", 2018; "SiLU" in docs/equations.md;
    :mod:`pellucid.equations.silu`.

    Examples
    --------
    >>> SiLU().output_shape((5, 24, 24)), SiLU().parameter_shapes((5, 24, 24))
    ((5, 24, 24), {})
    """

    is_rectifier: ClassVar[bool] = True

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        return input_shape
