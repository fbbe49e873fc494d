"""Max pooling: its description; its equation is in :mod:`pellucid.equations.maxpool2d`."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.errors import NetworkError
from pellucid.network.layers.layer import Layer, Pair, Shape
from pellucid.network.layers.settings import always_said, as_pair, need_image, set_field, whole_pair

__all__ = ["MaxPool2D"]


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

    pool_size: Pair | int = always_said(2)
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
