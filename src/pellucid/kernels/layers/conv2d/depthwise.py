"""A depthwise convolution of a single image: a filter for each channel, side by side in a vector.

The equation is that of :mod:`pellucid.equations.conv2d` with as many groups as channels and
filters: ``z[y, x, c] = b[c] + sum_{i, j} f[c, i, j] x[y s + i d, x s + j d, c]``, above ``floor``.
Among others an image goes through :mod:`pellucid.kernels.layers.conv2d.forward`, an op for each
channel, which adds up in the same order. Inference only.

Layout: channels last, as everywhere in :mod:`pellucid.kernels.layers.one_image`; filters are turned
to ``weights[i, j, c]``. Loop order: row, column, eight channels, then the taps, row by row.
"""

from __future__ import annotations

import functools

from numba import types

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.emitter import Emitter
from pellucid.kernels.compiling.vector import emitted

__all__ = ["one_image", "pack"]


@functools.cache
def pack() -> Kernel:
    """``weights[i, j, c]`` and the biases, filled up with zeros to ``depth`` channels.

    All biases are 0 where ``bias`` is negative.
    """

    def _pack(
        arena, parameters, gradient, channels, height, width, depth, source, bias, weights, biases
    ):  # fmt: skip
        for c in range(depth):
            has_bias = c < channels and bias >= 0
            arena[biases + c] = parameters[bias + c] if has_bias else types.float32(0.0)
            for tap in range(height * width):
                to = weights + tap * depth + c
                if c < channels:
                    arena[to] = parameters[source + c * height * width + tap]
                else:
                    arena[to] = types.float32(0.0)

    return compile_kernel(_pack)


@functools.cache
def one_image() -> Kernel:
    """Correlate each channel with its filter, add the bias, and hold above ``floor``."""

    def _one_image(
        arena, parameters, gradient, x, x_row, x_column, x_step_row, x_step_column, height, width,
        depth, weights, biases, rows, columns, z, z_row, z_column, floor,
    ):  # fmt: skip
        for y in range(rows):
            for column in range(columns):
                source = x + y * x_step_row + column * x_step_column
                to = z + y * z_row + column * z_column
                for c in range(0, depth, 8):
                    image, filters = (source + c, x_row, x_column), (weights + c, biases + c, depth)
                    _eight(arena, image, filters, (height, width), (to + c, floor))

    return compile_kernel(_one_image)


@emitted()
def _eight(emit, arena, image, filters, size, out):
    """One pixel of eight channels."""
    x, x_row, x_column = image
    weights, bias, depth = filters
    height, width = size
    to, floor = out
    builder = emit.builder
    emit = Emitter(builder, 8)
    total, at = emit.variable(emit.load(arena, bias)), emit.variable(weights)
    with emit.repeat(height) as i, emit.repeat(width) as j:
        tap = builder.load(at)
        pixels = emit.load(arena, emit.place(x, (i, x_row), (j, x_column)))
        emit.add_product(total, emit.load(arena, tap), pixels)
        builder.store(builder.add(tap, depth), at)
    least = emit.broadcast(arena, floor)
    emit.store(emit.at_least(builder.load(total), least), arena, to)
