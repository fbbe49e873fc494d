"""Convolution: its description; its equation is in :mod:`pellucid.equations.conv2d`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from pellucid.arguments import warn
from pellucid.errors import NetworkError, did_you_mean
from pellucid.network.initial import filter_std, weight_std
from pellucid.network.layers.layer import Layer, Pair, Shape
from pellucid.network.layers.settings import (
    as_pair,
    bias_start,
    need_image,
    set_field,
    set_start,
    starting,
    whole_count,
    whole_pair,
)

__all__ = ["Conv2D"]

_MANY, _TYPICAL = 8, (3, 5, 7)
"""Filters that a network has at the least, and sizes that they have: as a kernel size and a stride
such numbers are rare."""


@dataclass(frozen=True)
class Conv2D(Layer):
    """A bank of filters, cross-correlated with the image, plus a bias per filter.

    ``z[k, y, x] = b[k] + sum_{c, i, j} f[k, c, i, j] * x_padded[c, y*sy + i, x*sx + j]``

    It takes (channels, height, width) and gives (filters, ``(height + zeros - KH) // sy + 1``, and
    width likewise), float32. Learned are ``f`` (filters, channels / groups, KH, KW) and, unless
    ``bias`` is False, ``b`` (filters,). The same in training and inference; training has a
    backward. With ``dilation``, ``i*dy`` stands for i and ``j*dx`` for j.

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
    scale : float or None, default None
        Filters start as ``N(0, s)``, s = scale / sqrt(product of the filter array's shape), as
        ``init="seed"`` has it; None takes 1 there.
    bias : float or False, default 0.0
        What every bias starts as. False: there are none, and ``b`` is 0.
    init : {"auto", "he", "glorot", "seed", "zeros"}, default "auto"
        How filters start, all from normal distributions. "he" has the variance 2 / inputs, inputs
        the C KH KW products of an output; "glorot" 2 / (inputs + outputs), outputs the K KH KW that
        a pixel goes into, both within a group; "seed" is what ``scale`` says. "auto" is "he" where
        ReLU, LeakyReLU, SiLU or GELU follows, pools and sums between passed over, and "glorot"
        elsewhere.
    groups : int, default 1
        Groups into which channels and filters are dealt, in order: filters read the channels of
        their own group alone. As many as there are channels is a depthwise convolution.
    dilation : int or (int, int), default 1
        Pixels from one tap of the filter to the next; a filter then reaches over
        ``dilation * (kernel_size - 1) + 1`` pixels.

    Raises
    ------
    NetworkError
        A setting that can't be, or an input too small for the filter, or whose channels can't be
        dealt to the groups.

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
    >>> Conv2D(8, 3, groups=8, bias=False).parameter_shapes((8, 28, 28))
    {'f': (8, 1, 3, 3)}
    """

    filters: int
    kernel_size: Pair | int
    stride: Pair | int = 1
    padding: Literal["valid", "same"] | Pair | int = "valid"
    scale: float | None = starting(None)
    bias: float | None = starting(0.0)
    init: str = starting("auto")
    groups: int = 1
    dilation: Pair | int = 1

    def __post_init__(self) -> None:
        self._warn_of_channels_in()  # before numbers become pairs
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
        set_field(self, "groups", whole_count(self, "groups", self.groups))
        if self.filters % self.groups:
            raise NetworkError(
                f"Conv2D groups is {self.groups}; it must divide the number of filters, "
                f"{self.filters}."
            )
        set_field(self, "dilation", whole_pair(self, "dilation", self.dilation, least=1))
        set_start(self, "scale", 1.0)
        set_field(self, "bias", bias_start(self, self.bias))

    def _warn_of_channels_in(self) -> None:
        """Warn of what looks like (channels in, filters, kernel size), as PyTorch has it."""
        size, stride = self.kernel_size, self.stride
        if isinstance(size, int) and size >= _MANY and size % 2 == 0 and stride in _TYPICAL:
            warn(
                f"Conv2D({self.filters}, {size}, {stride}) is {self.filters} filters of {size} x "
                f"{size} pixels, every {stride} pixels. How many channels come in is known from "
                f"the input: for {size} filters of {stride} x {stride}, as PyTorch's Conv2d has "
                f"it, write Conv2D({size}, {stride}); if it is right, say so with "
                f"kernel_size=({size}, {size})."
            )

    @property
    def kernel_pair(self) -> Pair:
        """Height and width of a filter."""
        return as_pair(self.kernel_size)

    @property
    def stride_pair(self) -> Pair:
        """Vertical and horizontal stride."""
        return as_pair(self.stride)

    @property
    def dilation_pair(self) -> Pair:
        """Rows and columns from one tap to the next."""
        return as_pair(self.dilation)

    @property
    def reach(self) -> Pair:
        """Rows and columns from a filter's first tap to its last, both counted."""
        (height, width), (down, across) = self.kernel_pair, self.dilation_pair
        return down * (height - 1) + 1, across * (width - 1) + 1

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
            size, kernel = input_shape[1 + axis], self.reach[axis]
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
        if input_shape[0] % self.groups:
            raise NetworkError(
                f"{self} can't deal {input_shape[0]} channels to {self.groups} groups; groups must "
                "divide the number of channels that come in."
            )
        sizes = []
        for axis, pad in enumerate(self.pads(input_shape)):
            padded = input_shape[1 + axis] + sum(pad)
            kernel = self.reach[axis]
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
        """Return the shapes of the filters ``f`` and of the bias ``b``, if it has one."""
        filters: dict[str, Shape] = {
            "f": (self.filters, input_shape[0] // self.groups, *self.kernel_pair)
        }
        return filters if self.bias is None else {**filters, "b": (self.filters,)}

    def initial_std(self, name: str, shape: Shape, is_rectified: bool = False) -> float:
        """Return the standard deviation that ``init`` says for ``f``; biases are not drawn."""
        if name != "f":
            return 0.0
        if self.scale is not None:
            return filter_std(shape, self.scale)
        taps = math.prod(self.kernel_pair)
        outputs = shape[0] // self.groups * taps
        return weight_std(self.init, shape[1] * taps, outputs, is_rectified)

    def initial_mean(self, name: str) -> float:
        """Return ``bias`` for ``b``, 0 for ``f``."""
        return self.bias or 0.0 if name == "b" else 0.0
