"""Frozen descriptions of layers: what they are, never what they have learned.

A layer knows its settings and computes shapes: from the shape of what goes in, the shape of what
comes out and the shapes of its parameters. Its mathematics is in the file of the same name in
:mod:`pellucid.equations`, its compiled form in :mod:`pellucid.kernels`.

Shapes are those of one image, without the batch: ``(channels, height, width)`` before
:class:`Flatten`, ``(features,)`` after it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from pellucid.errors import NetworkError, did_you_mean
from pellucid.layer_base import (
    Layer,
    Pair,
    Shape,
    as_pair,
    finite_number,
    need_image,
    positive_number,
    set_field,
    whole_count,
    whole_pair,
)

__all__ = [
    "Conv2D",
    "Dense",
    "Flatten",
    "Layer",
    "MaxPool2D",
    "ReLU",
    "Shape",
    "Sigmoid",
]


@dataclass(frozen=True)
class Conv2D(Layer):
    """A bank of filters, cross-correlated with the image, plus a bias per filter.

    ``z[k, y, x] = b[k] + sum_{c, i, j} f[k, c, i, j] * x_padded[c, y*sy + i, x*sx + j]``

    It takes (channels, height, width) and gives (filters, ``(height + zeros - KH) // sy + 1``, and
    width likewise), float32. Learned are ``f`` (filters, channels, KH, KW) and ``b`` (filters,).
    The same in training and inference; training has a backward.

    Parameters
    ----------
    filters : int
        How many filters, and so how many output channels.
    kernel_size : int or (int, int)
        Height and width of a filter, in pixels.
    stride : int or (int, int), default 1
        Pixels from one position of the filter to the next.
    padding : {"valid", "same"}, int or (int, int), default "valid"
        Zeros put around the image: none; as many as keep ``ceil(size / stride)`` pixels (where
        that is an odd number, the extra zero goes to the bottom and right); or a number of rows
        and columns on each side.
    scale : float, default 1.0
        Filters start as ``N(0, s)``, s = scale / sqrt(product of the filter array's shape).

    Raises
    ------
    NetworkError
        A setting that can't be, or an input too small for the filter.

    Notes
    -----
    Source: "Convolution" and steps 9 and 10 in docs/equations.md;
    :mod:`pellucid.equations.conv2d`.

    Examples
    --------
    >>> Conv2D(5, 5).output_shape((1, 28, 28))
    (5, 24, 24)
    >>> Conv2D(8, 3, stride=2, padding="same").parameter_shapes((3, 28, 28))
    {'f': (8, 3, 3, 3), 'b': (8,)}
    """

    parameter_names: ClassVar[tuple[str, ...]] = ("f", "b")

    filters: int
    kernel_size: Pair | int
    stride: Pair | int = 1
    padding: Literal["valid", "same"] | Pair | int = "valid"
    scale: float = 1.0

    def __post_init__(self) -> None:
        set_field(self, "filters", whole_count(self, "filters", self.filters))
        set_field(self, "kernel_size", whole_pair(self, "kernel_size", self.kernel_size, least=1))
        set_field(self, "stride", whole_pair(self, "stride", self.stride, least=1))
        if isinstance(self.padding, str):
            if self.padding not in ("valid", "same"):
                raise NetworkError(
                    f"Conv2D padding is {self.padding!r}; it must be 'valid', 'same' or a number "
                    f"of pixels.{did_you_mean(self.padding, ['valid', 'same'])}"
                )
        else:
            set_field(self, "padding", whole_pair(self, "padding", self.padding, least=0))
        set_field(self, "scale", positive_number(self, "scale", self.scale))

    @property
    def kernel_pair(self) -> Pair:
        """Height and width of a filter."""
        return as_pair(self.kernel_size)

    @property
    def stride_pair(self) -> Pair:
        """Vertical and horizontal stride."""
        return as_pair(self.stride)

    def pads(self, input_shape: Shape) -> tuple[Pair, Pair]:
        """Return the zeros that are put around an image.

        Parameters
        ----------
        input_shape : (int, int, int)
            ``(channels, height, width)``.

        Returns
        -------
        ((int, int), (int, int))
            ``((top, bottom), (left, right))``, in pixels.

        Examples
        --------
        >>> Conv2D(1, 4, padding="same").pads((1, 28, 28))
        ((1, 2), (1, 2))
        """
        sides = []
        for axis in range(2):
            size, kernel = input_shape[1 + axis], self.kernel_pair[axis]
            stride = self.stride_pair[axis]
            if self.padding == "valid":
                before = after = 0
            elif self.padding == "same":
                total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
                before, after = total // 2, total - total // 2
            else:
                assert not isinstance(self.padding, str)
                before = after = as_pair(self.padding)[axis]
            sides.append((before, after))
        return sides[0], sides[1]

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(filters, height, width)`` of the output."""
        need_image(self, input_shape)
        sizes = []
        for axis, pad in enumerate(self.pads(input_shape)):
            padded = input_shape[1 + axis] + sum(pad)
            kernel = self.kernel_pair[axis]
            if padded < kernel:
                raise NetworkError(
                    f"{self} is larger than its input {input_shape}: the "
                    f"{('height', 'width')[axis]} is {padded} with padding, the filter needs "
                    f"{kernel}; use a smaller kernel_size, padding='same', or one layer less "
                    "before it."
                )
            sizes.append((padded - kernel) // self.stride_pair[axis] + 1)
        return (self.filters, *sizes)

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the filters ``f`` and of the bias ``b``."""
        return {"f": (self.filters, input_shape[0], *self.kernel_pair), "b": (self.filters,)}

    def initial_std(self, name: str, shape: Shape) -> float:
        """Return ``scale / sqrt(product of the shape)`` for ``f``; the bias starts at 0."""
        # The equations import layers, so they can't be imported above.
        from pellucid.equations.initializers import filter_std

        return filter_std(shape, self.scale) if name == "f" else 0.0


@dataclass(frozen=True)
class MaxPool2D(Layer):
    """The largest value under each position of a window; ties go to the first, row by row.

    ``p[c, y, x] = max_{i, j} x[c, y*sy + i, x*sx + j]``

    It takes (channels, height, width) and gives (channels, ``(height - PH) // sy + 1``, and width
    likewise), float32: a rest narrower than the window is left out. Nothing is learned. The same in
    training and inference; backward, in training, a gradient goes to its window's largest value.

    Parameters
    ----------
    pool_size : int or (int, int), default 2
        Height and width of the window, in pixels.
    stride : int, (int, int) or None, default None
        Pixels from one window to the next; None takes ``pool_size``, so that they don't overlap.

    Raises
    ------
    NetworkError
        A setting that can't be, or an input smaller than the window.

    Notes
    -----
    Source: "Max pooling" and step 8 in docs/equations.md; :mod:`pellucid.equations.maxpool2d`.

    Examples
    --------
    >>> MaxPool2D(2).output_shape((5, 20, 20))
    (5, 10, 10)
    >>> MaxPool2D(3, stride=2).output_shape((5, 20, 20))
    (5, 9, 9)
    """

    pool_size: Pair | int = 2
    stride: Pair | int | None = None

    def __post_init__(self) -> None:
        set_field(self, "pool_size", whole_pair(self, "pool_size", self.pool_size, least=1))
        stride = self.pool_size if self.stride is None else self.stride
        set_field(self, "stride", whole_pair(self, "stride", stride, least=1))

    @property
    def pool_pair(self) -> Pair:
        """Height and width of the window."""
        return as_pair(self.pool_size)

    @property
    def stride_pair(self) -> Pair:
        """Vertical and horizontal stride."""
        assert self.stride is not None
        return as_pair(self.stride)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the output's shape; a rest narrower than the window is left out."""
        need_image(self, input_shape)
        sizes = []
        for axis in range(2):
            size, pool = input_shape[1 + axis], self.pool_pair[axis]
            if size < pool:
                raise NetworkError(
                    f"{self} is larger than its input {input_shape}: the "
                    f"{('height', 'width')[axis]} is {size}, the window needs {pool}; use a "
                    "smaller pool_size or leave this layer out."
                )
            sizes.append((size - pool) // self.stride_pair[axis] + 1)
        return (input_shape[0], *sizes)


@dataclass(frozen=True)
class Dense(Layer):
    """A fully connected layer: every output is a weighted sum of every input.

    ``z[o] = b[o] + sum_i w[o, i] * x[i]``

    It takes (features,) and gives (units,), float32. Learned are ``w`` (units, features) and ``b``
    (units,). The same in training and inference; training has a backward.

    Parameters
    ----------
    units : int
        How many outputs.
    std : float, default 0.1
        Weights start as N(0, std), std the standard deviation. 0.1 is the square root of the
        variance 0.01.
    bias : float, default 0.0
        What every bias starts as. A little above 0 keeps the units of a small hidden layer from
        being switched off by their ReLU at the start.

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
    """

    parameter_names: ClassVar[tuple[str, ...]] = ("w", "b")

    units: int
    std: float = 0.1
    bias: float = 0.0

    def __post_init__(self) -> None:
        set_field(self, "units", whole_count(self, "units", self.units))
        set_field(self, "std", positive_number(self, "std", self.std))
        set_field(self, "bias", finite_number(self, "bias", self.bias))

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(units,)``."""
        if len(input_shape) != 1:
            raise NetworkError(
                f"{self} needs a flat input, not an image of shape {input_shape}; put Flatten() "
                "before it."
            )
        return (self.units,)

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the weights ``w`` and of the bias ``b``."""
        return {"w": (self.units, input_shape[0]), "b": (self.units,)}

    def initial_std(self, name: str, shape: Shape) -> float:
        """Return ``std`` for ``w``; every bias starts at the same value."""
        return self.std if name == "w" else 0.0

    def initial_mean(self, name: str) -> float:
        """Return ``bias`` for ``b``, 0 for ``w``."""
        return self.bias if name == "b" else 0.0


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

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        return input_shape


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


@dataclass(frozen=True)
class Flatten(Layer):
    """An image as one row of features, channel by channel and row by row.

    ``fc[(c*H + y)*W + x] = x[c, y, x]``

    It takes (channels, height, width) and gives (channels * height * width,), float32. Nothing is
    learned. The same in training and inference; backward, in training, the shape comes back.

    Notes
    -----
    Source: "Flatten" and step 7 in docs/equations.md; :mod:`pellucid.equations.flatten`.

    Examples
    --------
    >>> Flatten().output_shape((5, 10, 10))
    (500,)
    """

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(channels * height * width,)``."""
        return (math.prod(input_shape),)
