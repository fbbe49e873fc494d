"""Sigmoid; its equations are in :mod:`pellucid.equations.sigmoid`.

``a = 1 / (1 + exp(-z))``, ``dz = da a (1 - a)``

Layout: ``[channel, row, column, lane]``, images innermost, each array with strides of its own, as
some lie inside a border. Channel, row, column, in the order of memory: every number is read and
written once. The backward takes the output ``a`` and needs no power. It is for training only.
"""

from __future__ import annotations

import functools
from typing import Any

from numba import types

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.vector import add, div, exp, load, mul, splat, store, sub
from pellucid.kernels.layers import one_image
from pellucid.kernels.layers.relu import FIELDS
from pellucid.kernels.program.elementwise import ElementwiseOps
from pellucid.network.layers import Sigmoid

__all__ = ["OPS", "backward", "forward"]


@functools.cache
def forward() -> Kernel:
    """``z = 1 / (1 + exp(-x))``."""

    def _forward(op: Any, arena: Any, parameters: Any, gradient: Any) -> None:
        zero, one = splat(types.float32(0.0)), splat(types.float32(1.0))
        for c in range(op[0]):
            for y in range(op[1]):
                x, z = op[3] + c * op[4] + y * op[5], op[7] + c * op[8] + y * op[9]
                for _ in range(op[2]):
                    decay = exp(sub(zero, load(arena, x)))
                    store(arena, z, div(one, add(one, decay)))
                    x, z = x + op[6], z + op[10]

    return compile_kernel(_forward, tuple(FIELDS.split()))


@functools.cache
def backward() -> Kernel:
    """``dz = da a (1 - a)``; ``x`` is da, ``z`` is dz, ``a`` the layer's output."""

    def _backward(op: Any, arena: Any, parameters: Any, gradient: Any) -> None:
        one = splat(types.float32(1.0))
        for c in range(op[0]):
            for y in range(op[1]):
                x, z = op[3] + c * op[4] + y * op[5], op[7] + c * op[8] + y * op[9]
                a = op[11] + c * op[12] + y * op[13]
                for _ in range(op[2]):
                    out = load(arena, a)
                    store(arena, z, mul(load(arena, x), mul(out, sub(one, out))))
                    x, z, a = x + op[6], z + op[10], a + op[14]

    return compile_kernel(_backward, tuple(FIELDS.split()))


class SigmoidOps(ElementwiseOps[Sigmoid]):
    """Ops of a sigmoid."""

    def forward_kernel(self) -> Kernel:
        """Return :func:`forward`."""
        return forward()

    def backward_kernel(self) -> Kernel:
        """Return :func:`backward`."""
        return backward()

    def one_image_kernel(self) -> Kernel:
        """Return the twin for one image."""
        return one_image.sigmoid()


OPS = SigmoidOps()
