"""Norms as functions of C99."""

from __future__ import annotations

import math

from pellucid.export.c_writing import Body, number
from pellucid.export.description import Step
from pellucid.kernels.layers.sums import LINE, is_long
from pellucid.network.layers import (
    GroupNorm,
)

__all__ = ["group_norm", "norm"]

_NORM = """
    for (int c = 0; c < $channels; c++) {
        for (int i = c * $plane; i < (c + 1) * $plane; i++) {
            out[i] = FUSED(in[i] - $m[c], $s[c], $b[c]);
        }
    }
"""


def norm(step: Step) -> Body:
    """Return a batch normalization with its running statistics."""
    values = {"channels": step.takes[0], "plane": math.prod(step.takes[1:])}
    return Body("out[c] = (in[c] - m[c]) * s[c] + b[c]", _NORM, {**values})


_OF_CHANNEL = """\
                float of_channel = 0.0f, squares_of_channel = 0.0f;
                for (int y = 0; y < $rows; y++) {
                    float of_row = 0.0f, squares_of_row = 0.0f;
                    for (int x = 0; x < $columns; x++) {
                        const float off = from[(c * $rows + y) * $columns + x] - mean;
                        of_row += off;
                        squares_of_row = FUSED(off, off, squares_of_row);
                    }
                    of_channel += of_row;
                    squares_of_channel += squares_of_row;
                }
"""
_OF_CHANNEL_IN_BLOCKS = """\
                float of_channel = 0.0f, squares_of_channel = 0.0f;
                float of_rows = 0.0f, squares_of_rows = 0.0f;
                for (int y = 0; y < $rows; y++) {
                    float of_row = 0.0f, squares_of_row = 0.0f;
                    float of_block = 0.0f, squares_of_block = 0.0f;
                    for (int x = 0; x < $columns; x++) {
                        if (x % $line == 0) {
                            of_row += of_block;
                            squares_of_row += squares_of_block;
                            of_block = squares_of_block = 0.0f;
                        }
                        const float off = from[(c * $rows + y) * $columns + x] - mean;
                        of_block += off;
                        squares_of_block = FUSED(off, off, squares_of_block);
                    }
                    if (y % $line == 0) {
                        of_channel += of_rows;
                        squares_of_channel += squares_of_rows;
                        of_rows = squares_of_rows = 0.0f;
                    }
                    of_rows += of_row + of_block;
                    squares_of_rows += squares_of_row + squares_of_block;
                }
                of_channel += of_rows;
                squares_of_channel += squares_of_rows;
"""

_GROUP_NORM = """
    for (int group = 0; group < $groups; group++) {
        const float *const from = in + group * $values;
        float mean = 0.0f, inverse = 0.0f;
        for (int pass = 0; pass < 2; pass++) { /* the second mends what the first rounded */
            float sum = 0.0f, squares = 0.0f;
            for (int c = 0; c < $size; c++) {
$of_channel                sum += of_channel;
                squares += squares_of_channel;
            }
            const float left = sum * $share;
            const float variance = FUSED(-left, left, squares * $share);
            mean = FUSED(sum, $share, mean);
            inverse = 1.0f / sqrtf((variance > 0.0f ? variance : 0.0f) + $eps);
        }
        for (int c = group * $size; c < (group + 1) * $size; c++) {
            for (int i = c * $plane; i < (c + 1) * $plane; i++) {
                out[i] = FUSED(in[i] - mean, inverse * $g[c], $b[c]);
            }
        }
    }
"""


def group_norm(step: Step) -> Body:
    """Return a normalization by groups of channels, with statistics of the image."""
    layer, (channels, *sides) = step.layer, step.takes
    assert isinstance(layer, GroupNorm)
    size, plane = channels // layer.groups, math.prod(sides)
    rows, columns = sides or (1, 1)
    of_channel = _OF_CHANNEL_IN_BLOCKS if is_long(rows, columns) else _OF_CHANNEL
    return Body(
        "out[c] = g[c] * (in[c] - mean) / sqrt(variance + eps) + b[c], both of c's group",
        _GROUP_NORM.replace("$of_channel", of_channel),
        {
            "groups": layer.groups, "size": size, "plane": plane, "values": size * plane,
            "rows": rows, "columns": columns, "line": LINE,
            "share": number(1 / (size * plane)), "eps": number(layer.eps),
        },
    )  # fmt: skip
