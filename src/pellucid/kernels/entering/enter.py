"""How images enter a chunk, as they are or randomized, and how their gradients leave it.

``to[c, y, x] = pixel / 255`` for bytes, the pixel for floats in [0, 1]; or that, randomized as in
:mod:`pellucid.equations.randomize` or, where there are steps for photographs, as in
:mod:`pellucid.equations.photo`. The division is that of :meth:`pellucid.Preprocessing.scaled`.

A section's images lie somewhere in the process's memory, bytes or floats, ``[image, channel, row,
column]``. One of three kernels copies an image into the arena; which, the section says. Who does
not randomize never compiles the other two. Inference only reads.

An image is taken row by row, as it lies in memory, into a place of its own; the driver
(:mod:`pellucid.kernels.execute`) turns LANES of them to ``[channel, row, column, lane]``, images
innermost. On the way out ``leave`` goes image by image and writes in the order of memory.
"""

from __future__ import annotations

import functools

import numpy as np

from pellucid.kernels.compiling.addresses import bytes_at, doubles_at, floats_at, words_of
from pellucid.kernels.compiling.compile import Kernel, compile_kernel, compile_part
from pellucid.kernels.compiling.fields import fields_of
from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.entering.photo import randomize_photo as randomize_photograph
from pellucid.kernels.entering.randomize import image_key, pack_neighbors
from pellucid.kernels.entering.randomize import randomize as randomize_image

__all__ = ["leave", "randomize", "randomize_photo", "read"]


@functools.cache
def read() -> Kernel:
    """Copy an image to ``to[c, y, x]``, ``pitch`` floats a row; bytes become 0 to 1."""
    return compile_kernel(_read_image)


@functools.cache
def randomize() -> Kernel:
    """Copy an image there as :func:`pellucid.kernels.entering.randomize.randomize` makes it."""
    return compile_kernel(_randomize_image)


@functools.cache
def randomize_photo() -> Kernel:
    """Copy it as :func:`pellucid.kernels.entering.photo.randomize_photo` makes it."""
    return compile_kernel(_randomize_photo)


@functools.cache
def leave() -> Kernel:
    """Copy a chunk's image gradients to ``images[start:]``, ``count`` of them."""
    return compile_kernel(_leave)


def _read_image(
    arena, parameters, gradient, images, is_float, index, to, pitch, channels, rows, columns,
    framed, ranges, seed, pass_number, number,
):  # fmt: skip
    _read(arena, (images, is_float), index, (to, pitch), (channels * rows, columns))


def _randomize_image(
    arena, parameters, gradient, images, is_float, index, to, pitch, channels, rows, columns,
    framed, ranges, seed, pass_number, number,
):  # fmt: skip
    shape = channels, rows, columns
    _frame(arena, (images, is_float), index, framed, shape)
    key = image_key(seed, pass_number, number)
    randomize_image(arena, framed, is_float == 0, (to, pitch), shape, doubles_at(ranges), key)


def _randomize_photo(
    arena, parameters, gradient, images, is_float, index, to, pitch, channels, rows, columns,
    framed, ranges, seed, pass_number, number,
):  # fmt: skip
    shape = channels, rows, columns
    _frame(arena, (images, is_float), index, framed, shape)
    key = image_key(seed, pass_number, number)
    settings = doubles_at(ranges)
    randomize_photograph(arena, framed, is_float == 0, (to, pitch), shape, settings, key)


FIELDS = fields_of(_read_image)
"""Fields of all ways in: addresses of images and ranges, which image, and where it goes."""


def _leave(
    arena, parameters, gradient, images, start, count, channels, rows, columns, dx, dx_channel,
    dx_row,
):  # fmt: skip
    floats = floats_at(images)
    for lane in range(count):
        to = (start + lane) * channels * rows * columns
        for c in range(channels):
            for y in range(rows):
                for x in range(columns):
                    floats[to] = arena[dx + c * dx_channel + y * dx_row + x * LANES + lane]
                    to += 1


LEAVING = fields_of(_leave)
"""Fields of the way out."""


@compile_part
def _read(arena, source, index, to, shape):
    """Copy one image to ``to``, ``pitch`` floats a row; bytes become 0 to 1."""
    images, is_float = source
    to, pitch = to
    rows, columns = shape
    first = index * rows * columns
    for y in range(rows):
        if is_float:
            floats = floats_at(images)
            for x in range(columns):
                arena[to + y * pitch + x] = floats[first + y * columns + x]
        else:
            pixels = bytes_at(images)
            for x in range(columns):
                value = np.float32(pixels[first + y * columns + x])
                arena[to + y * pitch + x] = value * np.float32(1.0 / 255.0)


@compile_part
def _frame(arena, source, index, framed, shape):
    """Copy one image into its frame: zeros one row and column before it, two after.

    Bytes go there as words, each packed with its neighbors.
    """
    images, is_float = source
    channels, rows, columns = shape
    pitch, plane = columns + 3, (rows + 3) * (columns + 3)
    for c in range(channels):
        frame = framed + c * plane
        for at in range(frame, frame + plane):
            arena[at] = np.float32(0.0)
        inside = frame + pitch + 1
        if is_float:
            _read(arena, source, index * channels + c, (inside, pitch), (rows, columns))
        else:
            words, pixels = words_of(arena), bytes_at(images)
            first = (index * channels + c) * rows * columns
            for y in range(rows):
                for x in range(columns):
                    words[inside + y * pitch + x] = pixels[first + y * columns + x]
            pack_neighbors(arena, frame, pitch, plane - pitch - 1)
