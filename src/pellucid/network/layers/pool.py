"""What pooling layers have in common: a window, a stride, and shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.errors import NetworkError
from pellucid.network.layers.layer import Layer, Pair, Shape
from pellucid.network.layers.settings import (
    always_said,
    as_pair,
    as_written,
    need_image,
    set_field,
    whole_pair,
)

__all__ = ["Pool"]


@dataclass(frozen=True)
class Pool(Layer):
    """A layer that makes one number of each position of a window; not a layer itself."""

    is_passed_over: ClassVar[bool] = True
    pool_size: Pair | int = always_said(2)
    stride: Pair | int | None = None
    padding: Pair | int = 0

    def __post_init__(self) -> None:
        set_field(self, "pool_size", whole_pair(self, "pool_size", self.pool_size, least=1))
        stride = self.pool_size if self.stride is None else self.stride
        set_field(self, "stride", whole_pair(self, "stride", stride, least=1))
        set_field(self, "padding", whole_pair(self, "padding", self.padding, least=0))
        if any(2 * pad > pool for pad, pool in zip(self.pad_pair, self.pool_pair, strict=True)):
            raise NetworkError(
                f"{type(self).__name__} padding is {as_written(self.padding)}; it must be at most "
                f"half of the window, {as_written(self.pool_size)}."
            )

    @property
    def pool_pair(self) -> Pair:
        """Height and width of the window."""
        return as_pair(self.pool_size)

    @property
    def stride_pair(self) -> Pair:
        """Vertical and horizontal stride."""
        assert self.stride is not None
        return as_pair(self.stride)

    @property
    def pad_pair(self) -> Pair:
        """Rows above and below, and columns on both sides."""
        return as_pair(self.padding)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the output's shape; a rest narrower than the window is left out."""
        need_image(self, input_shape)
        sizes = []
        for axis in range(2):
            pad, pool = self.pad_pair[axis], self.pool_pair[axis]
            size = input_shape[1 + axis] + 2 * pad
            if size < pool:
                padded = " with padding" if pad else ""
                raise NetworkError(
                    f"{self} is larger than its input {input_shape}: the "
                    f"{('height', 'width')[axis]} is {size}{padded}, the window needs {pool}; use "
                    "a smaller pool_size or leave this layer out."
                )
            sizes.append((size - pool) // self.stride_pair[axis] + 1)
        return (input_shape[0], *sizes)
