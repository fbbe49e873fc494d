"""Dense: its description; its equation is in :mod:`pellucid.equations.dense`."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.errors import NetworkError
from pellucid.network.initial import weight_std
from pellucid.network.layers.layer import Layer, Shape
from pellucid.network.layers.settings import (
    bias_start,
    set_field,
    set_start,
    starting,
    whole_count,
)

__all__ = ["Dense"]


@dataclass(frozen=True)
class Dense(Layer):
    """A fully connected layer: every output is a weighted sum of every input.

    ``z[o] = b[o] + sum_i w[o, i] * x[i]``

    It takes (features,) and gives (units,), float32. Learned are ``w`` (units, features) and, if
    ``bias`` is not False, ``b`` (units,). The same in training and inference; training has a
    backward.

    Parameters
    ----------
    units : int
        How many outputs.
    std : float or None, default None
        Weights start as N(0, std), std the standard deviation, as ``init="seed"`` has it; None
        takes 0.1 there, the square root of the variance 0.01.
    bias : float or False, default 0.0
        What every bias starts as. A little above 0 keeps the units of a small hidden layer from
        being switched off by their ReLU at the start. False: there are none, and ``b`` is 0.
    init : {"auto", "he", "glorot", "seed", "zeros"}, default "auto"
        How weights start, all from normal distributions. "he" has the variance 2 / features,
        "glorot" 2 / (features + units); "seed" is what ``std`` says. "auto" is "he" where ReLU,
        LeakyReLU, SiLU or GELU follows, and "glorot" elsewhere.

    Raises
    ------
    NetworkError
        A setting that can't be, or an input that is still an image.

    Notes
    -----
    Source: "Dense" and steps 2 to 7 in docs/equations.md; :mod:`pellucid.equations.dense`.

    Examples
    --------
    >>> Dense(10).parameter_shapes((500,))
    {'w': (10, 500), 'b': (10,)}
    >>> Dense(10, bias=False).parameter_shapes((500,))
    {'w': (10, 500)}
    """

    units: int
    std: float | None = starting(None)
    bias: float | None = starting(0.0)
    init: str = starting("auto")

    def __post_init__(self) -> None:
        set_field(self, "units", whole_count(self, "units", self.units))
        set_start(self, "std", 0.1)
        set_field(self, "bias", bias_start(self, self.bias))

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(units,)``."""
        if len(input_shape) != 1:
            raise NetworkError(
                f"{self} needs a flat input, not an image of shape {input_shape}; put Flatten() "
                "before it."
            )
        return (self.units,)

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the weights ``w`` and of the bias ``b``, if it has one."""
        weights: dict[str, Shape] = {"w": (self.units, input_shape[0])}
        return weights if self.bias is None else {**weights, "b": (self.units,)}

    def initial_std(self, name: str, shape: Shape, is_rectified: bool = False) -> float:
        """Return the standard deviation that ``init`` says for ``w``; biases are not drawn."""
        if name != "w":
            return 0.0
        if self.std is not None:
            return self.std
        return weight_std(self.init, shape[1], shape[0], is_rectified)

    def initial_mean(self, name: str) -> float:
        """Return ``bias`` for ``b``, 0 for ``w``."""
        return self.bias or 0.0 if name == "b" else 0.0
