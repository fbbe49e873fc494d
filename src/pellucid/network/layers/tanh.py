"""Tanh: its description; its equation is in :mod:`pellucid.equations.tanh`."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.network.layers.layer import Layer, Shape

__all__ = ["Tanh"]


@dataclass(frozen=True)
class Tanh(Layer):
    """An S-curve from -1 to 1.

    ``a = tanh(z)``, element by element; NaN stays NaN. It takes any shape and gives the same,
    float32. Nothing is learned. The same in training and inference; backward, in training,
    ``dz = da * (1 - a**2)``.

    Notes
    -----
    Source: "Tanh" in docs/equations.md; :mod:`pellucid.equations.tanh`.

    Examples
    --------
    >>> Tanh().output_shape((5, 24, 24)), Tanh().parameter_shapes((5, 24, 24))
    ((5, 24, 24), {})
    """

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        return input_shape
