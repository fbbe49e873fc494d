"""Group normalization; its equation is in :mod:`pellucid.equations.groupnorm`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.errors import NetworkError
from pellucid.network.layers.layer import Layer, Shape
from pellucid.network.layers.settings import always_said, positive_number, set_field, whole_count

__all__ = ["GroupNorm"]


@dataclass(frozen=True)
class GroupNorm(Layer):
    """Brings each group of an image's channels to mean 0 and variance 1, then scales and shifts.

    ``z[c] = g[c] (x[c] - mean) / sqrt(variance + eps) + b[c]``, mean and variance those of all
    values of one image in the group that channel c is in.

    It takes an image or a flat array and gives the same shape, float32. Learned are ``g``
    (channels,), which starts at 1, and ``b`` (channels,), which starts at 0; of a flat array every
    feature is a channel. The same in training and inference, as no image looks at another;
    training has a backward.

    Parameters
    ----------
    groups : int, default 1
        How many groups of neighboring channels: 1 is layer normalization, as many as there are
        channels is instance normalization.
    eps : float, default 1e-5
        Keeps the division finite where all values are alike.

    Raises
    ------
    NetworkError
        A setting that can't be, or channels that can't be cut into so many groups.

    Notes
    -----
    Source: Y. Wu, K. He, "Group Normalization", 2018; "Group normalization" in docs/equations.md;
    :mod:`pellucid.equations.groupnorm`.

    Examples
    --------
    >>> GroupNorm(4).parameter_shapes((16, 8, 8))
    {'g': (16,), 'b': (16,)}
    """

    is_passed_over: ClassVar[bool] = True
    groups: int = always_said(1)
    eps: float = 1e-5

    def __post_init__(self) -> None:
        set_field(self, "groups", whole_count(self, "groups", self.groups))
        set_field(self, "eps", positive_number(self, "eps", self.eps))

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        if input_shape[0] % self.groups:
            raise NetworkError(
                f"{self} can't cut {input_shape[0]} channels into {self.groups} groups of one "
                "size; take a number that divides them."
            )
        return input_shape

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the scales ``g`` and of the shifts ``b``."""
        return {"g": input_shape[:1], "b": input_shape[:1]}

    def initial_mean(self, name: str) -> float:
        """Return 1 for ``g``, 0 for ``b``."""
        return float(name == "g")
