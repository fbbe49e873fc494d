"""What both batch normalizations are: settings, and the arrays that they learn and keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.arguments import is_number
from pellucid.errors import NetworkError
from pellucid.network.layers.layer import Layer, Shape
from pellucid.network.layers.settings import positive_number, set_field

__all__ = ["BatchNorm"]


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Settings of a batch normalization; a network has its subclasses.

    Parameters
    ----------
    momentum : float, default 0.1
        How much of a batch's statistics goes into the running ones at each update, from 0 to 1.
    eps : float, default 1e-5
        Added to the variance, so that the division stays finite.

    Raises
    ------
    NetworkError
        A setting that can't be.
    """

    is_passed_over: ClassVar[bool] = True
    momentum: float = 0.1
    eps: float = 1e-5

    def __post_init__(self) -> None:
        if not is_number(self.momentum) or not 0 <= self.momentum <= 1:
            raise NetworkError(
                f"{type(self).__name__} momentum is {self.momentum!r}; it must be from 0 to 1: the "
                "share of a batch's statistics that goes into the running ones."
            )
        set_field(self, "momentum", float(self.momentum))
        set_field(self, "eps", positive_number(self, "eps", self.eps))

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the scales ``g`` and of the shifts ``b``."""
        return {"g": input_shape[:1], "b": input_shape[:1]}

    def state_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the running means ``m`` and of the running variances ``v``."""
        return {"m": input_shape[:1], "v": input_shape[:1]}

    def initial_mean(self, name: str) -> float:
        """Return 1 for ``g`` and ``v``, 0 for ``b`` and ``m``."""
        return float(name in "gv")
