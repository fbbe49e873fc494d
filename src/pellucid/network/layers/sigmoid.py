"""Sigmoid: its description; its equation is in :mod:`pellucid.equations.sigmoid`."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.network.layers.layer import Layer, Shape

__all__ = ["Sigmoid"]


@dataclass(frozen=True)
class Sigmoid(Layer):
    """An S-curve from 0 to 1.

    ``a = 1 / (1 + exp(-z))``, element by element; NaN stays NaN. It takes any shape and gives the
    same, float32. Nothing is learned. The same in training and inference; backward, in training,
    ``dz = da * a * (1 - a)``.

    Notes
    -----
    Source: "Sigmoid" in docs/equations.md; :mod:`pellucid.equations.sigmoid`.

    Examples
    --------
    >>> Sigmoid().output_shape((10,)), Sigmoid().parameter_shapes((10,))
    ((10,), {})
    """

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        return input_shape
