"""Dropout: its description; its equation is in :mod:`pellucid.equations.dropout`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.arguments import is_number
from pellucid.errors import NetworkError
from pellucid.network.layers.layer import Layer, Shape
from pellucid.network.layers.settings import set_field

__all__ = ["Dropout"]


@dataclass(frozen=True)
class Dropout(Layer):
    """In training a share of the values becomes 0, by chance, and the others grow in its place.

    ``a = m * z / (1 - rate)``, m 0 with the probability ``rate`` and else 1, drawn for each value,
    or with ``per_channel`` for each channel. It takes any shape and gives the same, float32.
    Nothing is learned. **In inference it does nothing**, ``a = z``, and costs nothing; predictions,
    evaluation and the gradients of images are inference. Backward, in training, ``dz = m * da /
    (1 - rate)``.

    What is dropped is a hash of the training's seed, the pass, the image's number in the data, the
    place of the layer in the network, and the place of the value: the same for any number of
    workers, and after a resume.

    Parameters
    ----------
    rate : float, default 0.5
        The share that becomes 0; from 0 to below 1.
    per_channel : bool, default False
        Whether whole channels of an image are dropped: neighboring pixels are so alike that one
        tells what another was.

    Raises
    ------
    NetworkError
        A setting that can't be.

    Notes
    -----
    Source: N. Srivastava and others, "Dropout: A Simple Way to Prevent Neural Networks from
    Overfitting", 2014; by channels J. Tompson and others, "Efficient Object Localization Using
    Convolutional Networks", 2015; "Dropout" in docs/equations.md;
    :mod:`pellucid.equations.dropout`.

    Examples
    --------
    >>> Dropout().output_shape((64,)), Dropout(0.1, per_channel=True).output_shape((5, 24, 24))
    ((64,), (5, 24, 24))
    """

    is_passed_over: ClassVar[bool] = True
    rate: float = 0.5
    per_channel: bool = False

    def __post_init__(self) -> None:
        if not is_number(self.rate) or not 0.0 <= self.rate < 1.0:
            raise NetworkError(
                f"Dropout rate is {self.rate!r}; it must be a number from 0 to below 1, the share "
                "of the values that is dropped, for example 0.5."
            )
        set_field(self, "rate", float(self.rate))
        if self.per_channel not in (True, False):
            raise NetworkError(
                f"Dropout per_channel is {self.per_channel!r}; it must be True or False."
            )
        set_field(self, "per_channel", bool(self.per_channel))

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        return input_shape
