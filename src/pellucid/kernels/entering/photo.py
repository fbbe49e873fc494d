"""The steps for photographs; their equations are in :mod:`pellucid.equations.photo`.

Crop, mirror, scaling, rotation and shift are one affine map, so an image is sampled once, as in
:mod:`pellucid.kernels.entering.randomize`. What is drawn has places of its own in the image's key.
"""

from __future__ import annotations

import math

import numpy as np

from pellucid.kernels.compiling.compile import compile_part
from pellucid.kernels.compiling.elementary import cosine_and_sine, exp, log
from pellucid.kernels.compiling.vector import LANES, add, load, store
from pellucid.kernels.entering.border import axis_of, sample_channels
from pellucid.kernels.entering.colors import change_colors
from pellucid.kernels.entering.erase import erase
from pellucid.kernels.entering.pixels import clip, noise_of
from pellucid.kernels.entering.randomize import GOLDEN, mix, split_off, uniform

__all__ = ["randomize_photo"]

(
    SCALE, _, ROTATION, _, SHIFT, _, NOISE_PROBABILITY, _, NOISE, _, MIRROR, BORDER, WHOLE_SHIFT,
    CROP, _, CROP_ASPECT, _, BRIGHTNESS, _, CONTRAST, _, SATURATION, _, HUE, _,
    ERASE, ERASE_AREA, _, ERASE_ASPECT, _,
) = range(30)  # fmt: skip
"""Where ``Augmentation.ranges()`` has what; of a range the lower end."""


@compile_part
def randomize_photo(arena, framed, is_packed, to, shape, ranges, key):
    """Write the randomized image to ``to[c, y, x]``; what is given is as for ``randomize``."""
    _move(arena, framed, is_packed, to, shape, ranges, key)
    brightness, contrast = (
        _between(ranges, key, 11, BRIGHTNESS),
        _between(ranges, key, 12, CONTRAST),
    )
    saturation, turns = _between(ranges, key, 13, SATURATION), _between(ranges, key, 14, HUE)
    change_colors(arena, to, shape, brightness, contrast, saturation, turns)
    if uniform(key, 15, 0.0, 1.0) < ranges[ERASE]:
        erase(arena, to, shape, _box(ranges, key, 16, ERASE_AREA, ERASE_ASPECT))
    if ranges[NOISE_PROBABILITY + 1] > 0.0:
        _add_noise(arena, to, shape, ranges, key)


@compile_part
def _between(ranges, key, place, low):
    """Return the draw at a place of the key's sequence, from the range that begins at ``low``."""
    return uniform(key, place, ranges[low], ranges[low + 1])


@compile_part
def _move(arena, framed, is_packed, to, shape, ranges, key):
    """Sample the image where the map from the output's pixels to its own leads."""
    to, pitch = to
    channels, rows, columns = shape
    from_x, from_y = _map(ranges, key, rows, columns)
    border = ranges[BORDER]
    axis_x, axis_y = axis_of(columns, border), axis_of(rows, border)
    frame = framed, columns + 3, (rows + 3) * (columns + 3)
    plane = rows * pitch
    for y in range(rows):
        for x in range(0, columns, LANES):
            left, rest_x = split_off(from_x[0] + from_x[1] * x + from_x[2] * y)
            top, rest_y = split_off(from_y[0] + from_y[1] * x + from_y[2] * y)
            at_x = left, rest_x, np.float32(from_x[1])
            at_y = top, rest_y, np.float32(from_y[1])
            place = to + y * pitch + x, plane
            if is_packed:
                sample_channels(arena, frame, place, channels, at_x, at_y, axis_x, axis_y, 1)
            else:
                sample_channels(arena, frame, place, channels, at_x, at_y, axis_x, axis_y, 0)


@compile_part
def _map(ranges, key, rows, columns):
    """Return ``(a, b, c)`` of ``x = a + b x' + c y'``, where (x', y') comes from, and of ``y``."""
    scale = _between(ranges, key, 0, SCALE)
    cosine, sine = cosine_and_sine(_between(ranges, key, 1, ROTATION) / 360.0)
    shift_x, shift_y = _shift(ranges, key, 2), _shift(ranges, key, 3)
    cosine, sine = cosine / scale, sine / scale
    center_x, center_y = 0.5 * (columns - 1), 0.5 * (rows - 1)
    first_x = center_x - cosine * (center_x + shift_x) + sine * (center_y + shift_y)
    first_y = center_y - sine * (center_x + shift_x) - cosine * (center_y + shift_y)
    along_x, across_x = cosine, -sine
    if uniform(key, 6, 0.0, 1.0) < ranges[MIRROR]:
        first_x, along_x, across_x = columns - 1 - first_x, -along_x, -across_x
    is_whole = (
        ranges[CROP] == 1.0 and ranges[CROP + 1] == 1.0
        and ranges[CROP_ASPECT] == 1.0 and ranges[CROP_ASPECT + 1] == 1.0
    )  # fmt: skip
    if is_whole:
        return (first_x, along_x, across_x), (first_y, sine, cosine)
    x, y, width, height = _box(ranges, key, 7, CROP, CROP_ASPECT)
    start_x, start_y = x * (columns - width * columns), y * (rows - height * rows)
    return (
        (width * (first_x + 0.5) + start_x - 0.5, width * along_x, width * across_x),
        (height * (first_y + 0.5) + start_y - 0.5, height * sine, height * cosine),
    )


@compile_part
def _shift(ranges, key, place):
    """Return a shift in pixels, a whole number of them where only these are wanted."""
    low, high = ranges[SHIFT], ranges[SHIFT + 1]
    if ranges[WHOLE_SHIFT] == 0.0:
        return uniform(key, place, low, high)
    low, high = math.ceil(low), math.floor(high)
    return low + math.floor(uniform(key, place, 0.0, high - low + 1.0))


@compile_part
def _box(ranges, key, place, area, aspect):
    """Return a rectangle, as :func:`pellucid.images.drawing.box` draws it."""
    share = _between(ranges, key, place, area)
    low, high = log(ranges[aspect]), log(ranges[aspect + 1])
    ratio = exp(uniform(key, place + 1, low, high))
    x, y = uniform(key, place + 2, 0.0, 1.0), uniform(key, place + 3, 0.0, 1.0)
    return x, y, min(1.0, math.sqrt(share * ratio)), min(1.0, math.sqrt(share / ratio))


@compile_part
def _add_noise(arena, to, shape, ranges, key):
    """Add noise to some pixels, and hold them in [0, 1]."""
    to, pitch = to
    channels, rows, columns = shape
    probability = _between(ranges, key, 4, NOISE_PROBABILITY)
    chance = np.float32(probability * 65536.0)
    noise = np.float32(ranges[NOISE]), np.float32(ranges[NOISE + 1] - ranges[NOISE])
    bits = mix(key + np.uint64(6) * GOLDEN)
    keys = np.uint32(bits & np.uint64(0xFFFFFFFF)), np.uint32(bits >> np.uint64(32))
    for line in range(channels * rows):
        for x in range(0, columns, LANES):
            added = noise_of(np.int32(line * columns + x), keys, chance, noise)
            at = to + line * pitch + x
            store(arena, at, clip(add(load(arena, at), added)))
