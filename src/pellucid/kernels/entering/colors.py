"""Brightness, contrast, saturation, hue: the equations are in :mod:`pellucid.equations.colors`.

``image[c, y, x]`` lies in the arena, ``pitch`` floats a row, whole vectors: what stands behind a
row's last pixel is changed with it, and counts in no sum. A step goes over the whole image, which
is in the fastest cache; one that changes nothing is left out.
"""

from __future__ import annotations

import numpy as np

from pellucid.kernels.compiling.compile import compile_part
from pellucid.kernels.compiling.vector import (
    LANES,
    add,
    emitted,
    fma,
    load,
    mul,
    splat,
    store,
    total,
)
from pellucid.kernels.entering.pixels import clip, kept

__all__ = ["change_colors", "mean_of_plane"]

_RED, _GREEN, _BLUE = np.float32(0.299), np.float32(0.587), np.float32(0.114)

_GRAY = 1e-20
"""Below this distance between its channels a pixel is gray."""


@compile_part
def change_colors(arena, to, shape, brightness, contrast, saturation, turns):
    """Do all four steps, in place."""
    channels, rows, _ = shape
    plane = rows * to[1]
    if brightness != 1.0:
        _scale(arena, to[0], channels * plane, brightness, 0.0)
    if contrast != 1.0:
        middle = (1.0 - contrast) * _mean_gray(arena, to, shape)
        _scale(arena, to[0], channels * plane, contrast, middle)
    if channels == 3:
        if saturation != 1.0:
            _saturate(arena, to[0], plane, saturation)
        if turns != 0.0:
            for at in range(to[0], to[0] + plane, LANES):
                _turn(arena, at, plane, np.float32(6.0 * turns))


@compile_part
def _scale(arena, start, size, factor, term):
    """Make each pixel ``clip(factor * pixel + term)``."""
    factor, term = splat(np.float32(factor)), splat(np.float32(term))
    for at in range(start, start + size, LANES):
        store(arena, at, clip(fma(factor, load(arena, at), term)))


@compile_part
def _mean_gray(arena, to, shape):
    """Return the mean of a gray image, or of what three channels look like."""
    start, pitch = to
    channels, rows, columns = shape
    plane = rows * pitch
    if channels == 1:
        return mean_of_plane(arena, start, pitch, rows, columns)
    red = mean_of_plane(arena, start, pitch, rows, columns)
    green = mean_of_plane(arena, start + plane, pitch, rows, columns)
    blue = mean_of_plane(arena, start + 2 * plane, pitch, rows, columns)
    return 0.299 * red + 0.587 * green + 0.114 * blue


@compile_part
def mean_of_plane(arena, start, pitch, rows, columns):
    """Return the mean of a channel: rows are added up in float32, their sums in float64."""
    whole = 0.0
    for y in range(rows):
        row = start + y * pitch
        line = splat(np.float32(0.0))
        for x in range(0, columns, LANES):
            line = add(line, kept(load(arena, row + x), np.int32(columns - x)))
        whole += total(line)
    return whole / (rows * columns)


@compile_part
def _saturate(arena, start, plane, factor):
    """Move each pixel away from its gray, or towards it."""
    own, rest = splat(np.float32(factor)), np.float32(1.0 - factor)
    red, green, blue = splat(_RED * rest), splat(_GREEN * rest), splat(_BLUE * rest)
    for at in range(start, start + plane, LANES):
        r, g, b = load(arena, at), load(arena, at + plane), load(arena, at + 2 * plane)
        gray = fma(r, red, fma(g, green, mul(b, blue)))
        store(arena, at, clip(fma(own, r, gray)))
        store(arena, at + plane, clip(fma(own, g, gray)))
        store(arena, at + 2 * plane, clip(fma(own, b, gray)))


@emitted()
def _turn(emit, arena, at, plane, sixths):
    """Turn the circle of colors for LANES pixels, by so many sixths of it."""
    builder = emit.builder
    places = [emit.place(at, (channel, plane)) for channel in range(3)]
    red, green, blue = (emit.load(arena, place) for place in places)

    def smaller(a, b):
        return builder.select(builder.fcmp_ordered("<", a, b), a, b)

    top = emit.at_least(emit.at_least(red, green), blue)
    chroma = builder.fsub(top, smaller(smaller(red, green), blue))
    is_color = builder.fcmp_ordered(">", chroma, emit.constant(_GRAY))
    one = emit.constant(1.0)
    inverse = builder.fdiv(one, builder.select(is_color, chroma, one))
    hues = [
        emit.fma(builder.fsub(a, b), inverse, emit.constant(start))
        for start, a, b in ((0.0, green, blue), (2.0, blue, red), (4.0, red, green))
    ]
    hue = builder.select(builder.fcmp_ordered("==", green, top), hues[1], hues[2])
    hue = builder.select(builder.fcmp_ordered("==", red, top), hues[0], hue)
    hue = builder.fadd(hue, emit.splat(sixths))
    for place, start in zip(places, (5.0, 3.0, 1.0), strict=True):
        k = builder.fadd(hue, emit.constant(start))
        turns = emit.floor(builder.fmul(k, emit.constant(1.0 / 6.0)))
        k = emit.fma(turns, emit.constant(-6.0), k)
        share = smaller(smaller(k, builder.fsub(emit.constant(4.0), k)), one)
        share = emit.at_least(share, emit.constant(0.0))
        emit.store(builder.fsub(top, builder.fmul(chroma, share)), arena, place)
