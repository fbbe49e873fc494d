"""Pools as functions of C99: windows, and whole maps."""

from __future__ import annotations

import math

from pellucid.export.c_writing import Body, indented, number, terms, times
from pellucid.export.description import Step
from pellucid.kernels.layers.sums import LINE, is_long
from pellucid.network.layers import (
    AveragePool2D,
    MaxPool2D,
)

__all__ = ["average_pool", "global_max", "global_mean", "max_pool"]

_POOL = """
    for (int c = 0; c < $channels; c++) {
        const float *const plane = in + c * $in_plane;
        for (int y = 0; y < $rows; y++) {
            for (int x = 0; x < $columns; x++) {
                float $name = $start;
                for (int i = 0; i < $height; i++) {
                    const int v = $v;
${before}                    for (int j = 0; j < $width; j++) {
                        const int u = $u;
$inside                    }
${after}                }
                out[(c * $rows + y) * $columns + x] = $result;
            }
        }
    }
"""


def _pool(
    step: Step,
    name: str,
    start: str,
    update: str,
    result: str,
    equation: str,
    row: tuple[str, str] = ("", ""),
    column: str = "",
) -> Body:
    """Return a pool; ``row`` is what is done before and after each row of the window.

    ``column`` is what is done before each column, whether it lies in the image or not.
    """
    layer, (before, after) = step.layer, row
    assert isinstance(layer, MaxPool2D | AveragePool2D)
    (height, width), (py, px) = layer.pool_pair, layer.pad_pair
    (sy, sx), (channels, in_rows, in_columns) = layer.stride_pair, step.takes
    v, u = terms(times("y", sy), "i", -py), terms(times("x", sx), "j", -px)
    inside = update.replace("$at", f"plane[v * {in_columns} + u]")
    if py or px:
        bounds = f"v >= 0 && v < {in_rows} && u >= 0 && u < {in_columns}"
        inside = (
            f"if ({bounds}) {{\n    " + inside.replace("\n", "\n    ") + "\n}"
        )  # fmt: skip
    inside = column + inside
    return Body(
        equation.replace("$at", f"in[c][{v}][{u}]"),
        _POOL,
        {
            "channels": channels, "in_plane": in_rows * in_columns, "rows": step.gives[1],
            "columns": step.gives[2], "height": height, "width": width, "v": v, "u": u,
            "name": name, "start": start, "result": result, "inside": indented(inside, 24),
            "before": before and indented(before, 20), "after": after and indented(after, 20),
        },
    )  # fmt: skip


def max_pool(step: Step) -> Body:
    """Return a pool of the largest values."""
    return _pool(
        step, "best", "-INFINITY", "const float value = $at;\nbest = value > best ? value : best;",
        "best", "out[c][y][x] = the largest over i, j of $at",
    )  # fmt: skip


def average_pool(step: Step) -> Body:
    """Return a pool of means."""
    assert isinstance(step.layer, AveragePool2D)
    share = 1 / math.prod(step.layer.pool_pair)
    if is_long(*step.layer.pool_pair):
        return _pool(
            step, "sum", "0.0f, of_rows = 0.0f", "of_block += $at;",
            f"(sum + of_rows) * {number(share)}",
            f"out[c][y][x] = the mean over i, j of $at, row by row, {LINE} by {LINE}",
            (
                f"if (i % {LINE} == 0) {{\n    sum += of_rows;\n    of_rows = 0.0f;\n}}\n"
                "float of_row = 0.0f, of_block = 0.0f;",
                "of_rows += of_row + of_block;",
            ),
            f"if (j % {LINE} == 0) {{\n    of_row += of_block;\n    of_block = 0.0f;\n}}\n",
        )  # fmt: skip
    return _pool(
        step, "sum", "0.0f", "of_row += $at;", f"sum * {number(share)}",
        "out[c][y][x] = the mean over i, j of $at, row by row",
        ("float of_row = 0.0f;", "sum += of_row;"),
    )  # fmt: skip


_GLOBAL_MAX = """
    for (int c = 0; c < $channels; c++) {
        float best = -INFINITY;
        for (int i = 0; i < $plane; i++) {
            const float value = in[c * $plane + i];
            best = value > best ? value : best;
        }
        out[c] = best;
    }
"""

_GLOBAL_MEAN = """
    for (int c = 0; c < $channels; c++) {
        float sum = 0.0f;
        for (int y = 0; y < $rows; y++) {
            float of_row = 0.0f;
            for (int x = 0; x < $columns; x++) {
                of_row += in[(c * $rows + y) * $columns + x];
            }
            sum += of_row;
        }
        out[c] = sum * $share;
    }
"""


_GLOBAL_MEAN_IN_BLOCKS = """
    for (int c = 0; c < $channels; c++) {
        float sum = 0.0f, of_rows = 0.0f;
        for (int y = 0; y < $rows; y++) {
            float of_row = 0.0f, of_block = 0.0f;
            for (int x = 0; x < $columns; x++) {
                if (x % $line == 0) {
                    of_row += of_block;
                    of_block = 0.0f;
                }
                of_block += in[(c * $rows + y) * $columns + x];
            }
            if (y % $line == 0) {
                sum += of_rows;
                of_rows = 0.0f;
            }
            of_rows += of_row + of_block;
        }
        out[c] = (sum + of_rows) * $share;
    }
"""


def global_max(step: Step) -> Body:
    """Return the largest value of each map."""
    channels, rows, columns = step.takes
    values = {"channels": channels, "plane": rows * columns}
    return Body("out[c] = the largest of in[c]", _GLOBAL_MAX, {**values})


def global_mean(step: Step) -> Body:
    """Return the mean of each map."""
    channels, rows, columns = step.takes
    share = number(1 / (rows * columns))
    values = {"channels": channels, "rows": rows, "columns": columns, "share": share}
    if is_long(rows, columns):
        equation = f"out[c] = the mean of in[c], row by row, {LINE} by {LINE}"
        return Body(equation, _GLOBAL_MEAN_IN_BLOCKS, {**values, "line": LINE})
    return Body("out[c] = the mean of in[c], row by row", _GLOBAL_MEAN, {**values})
