"""GELU: its description; its equation is in :mod:`pellucid.equations.gelu`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.network.layers.layer import Layer, Shape

__all__ = ["GELU"]


@dataclass(frozen=True)
class GELU(Layer):
    """A smooth ReLU: a value times the share of a normal distribution below it.

    ``a = z * P(z)``, ``P(z) = erfc(-z / sqrt(2)) / 2``, element by element; NaN stays NaN. It takes
    any shape and gives the same, float32. Nothing is learned. The same in training and inference;
    backward, in training, ``dz = da * (P(z) + z * p(z))`` with ``p(z) = exp(-z**2 / 2) /
    sqrt(2 * pi)``. This is the exact form, not the one with tanh. Its least value is -0.170, at
    -0.752.

    Notes
    -----
    Source: D. Hendrycks, K. Gimpel, "Gaussian Error Linear Units (GELUs)", 2016; "GELU" in
    docs/equations.md; :mod:`pellucid.equations.gelu`.

    Examples
    --------
    >>> GELU().output_shape((5, 24, 24)), GELU().parameter_shapes((5, 24, 24))
    ((5, 24, 24), {})
    """

    is_rectifier: ClassVar[bool] = True

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        return input_shape
