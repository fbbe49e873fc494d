"""LeakyReLU: its description; its equation is in :mod:`pellucid.equations.leakyrelu`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.errors import NetworkError
from pellucid.network.layers.layer import Layer, Shape
from pellucid.network.layers.settings import positive_number, set_field

__all__ = ["LeakyReLU"]


@dataclass(frozen=True)
class LeakyReLU(Layer):
    """Negative values become small, positive ones stay.

    ``a = z where z > 0, else slope * z``, element by element; NaN stays NaN. It takes any shape and
    gives the same, float32. Nothing is learned. The same in training and inference; backward, in
    training, ``dz = da where z > 0, else slope * da``: unlike ReLU's, no unit is ever switched off.

    Parameters
    ----------
    slope : float, default 0.01
        What negative values are multiplied by; above 0 and below 1.

    Raises
    ------
    NetworkError
        A slope that can't be.

    Notes
    -----
    Source: A. L. Maas, A. Y. Hannun, A. Y. Ng, "Rectifier Nonlinearities Improve Neural Network
    Acoustic Models", 2013; "LeakyReLU" in docs/equations.md; :mod:`pellucid.equations.leakyrelu`.

    Examples
    --------
    >>> LeakyReLU().output_shape((5, 24, 24)), LeakyReLU(0.1).slope
    ((5, 24, 24), 0.1)
    """

    is_rectifier: ClassVar[bool] = True
    slope: float = 0.01

    def __post_init__(self) -> None:
        set_field(self, "slope", positive_number(self, "slope", self.slope))
        if self.slope >= 1.0:
            raise NetworkError(
                f"LeakyReLU slope is {self.slope!r}; it must be below 1, for example 0.01."
            )

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        return input_shape
