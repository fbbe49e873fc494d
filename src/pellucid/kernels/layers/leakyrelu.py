"""LeakyReLU; its equations are in :mod:`pellucid.equations.leakyrelu`.

``a = max(z, slope z)``, which is ``z where z > 0, else slope z`` for slopes from 0 to 1; ``dz = da
where a > 0, else slope da``: the output has the sign of the input.

The loops, and the layout, are those of :mod:`pellucid.kernels.layers.elementwise`.
"""

from __future__ import annotations

import functools

from numba import types

from pellucid.kernels.compiling.compile import Kernel, compile_part
from pellucid.kernels.compiling.vector import at_least, mul, splat, winner
from pellucid.kernels.layers import elementwise
from pellucid.network.layers import LeakyReLU

__all__ = ["OPS", "backward", "forward", "one_image"]


@functools.cache
def forward() -> Kernel:
    """``z = max(x, slope x)``; NaN stays NaN."""
    return elementwise.forward_of(_leaky_relu)


@functools.cache
def backward() -> Kernel:
    """``dz = da where a > 0, else slope da``."""
    return elementwise.backward_of(_leaky_relu_backward)


@functools.cache
def one_image() -> Kernel:
    """``z = max(x, slope x)`` for one image."""
    return elementwise.one_image_of(_leaky_relu)


@compile_part
def _leaky_relu(x, slope):
    return at_least(x, mul(slope, x))


@compile_part
def _leaky_relu_backward(da, a, slope):
    return winner(a, splat(types.float32(0.0)), da, mul(slope, da))


class LeakyReLUOps(elementwise.ElementwiseOps[LeakyReLU]):
    """Ops of a LeakyReLU."""

    def setting(self, layer: LeakyReLU) -> float:
        """Return the slope."""
        return layer.slope


OPS = LeakyReLUOps(forward, backward, one_image)
