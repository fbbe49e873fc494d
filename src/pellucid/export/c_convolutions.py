"""Convolutions as functions of C99: by rows, or with some filters in the innermost loop."""

from __future__ import annotations

from string import Template

from pellucid.export.c_winograd import is_winograd, winograd
from pellucid.export.c_writing import Body, indented, terms, times
from pellucid.export.description import Step
from pellucid.network.layers import (
    Conv2D,
)

__all__ = ["conv"]

_CONV = """
    for (int k = 0; k < $filters; k++) {
        for (int y = 0; y < $rows; y++) {
            $row
            for (int x = 0; x < $columns; x++) {
                row[x] = $start;
            }
            for (int c = 0; c < $channels; c++) {
                for (int i = 0; i < $height; i++) {
                    const int v = $v;
$outside                    const float *const from = in + ($channel * $in_rows + v) * $in_columns;
                    for (int j = 0; j < $width; j++) {
                        const float weight = $f[((k * $channels + c) * $height + i) * $width + j];
$span                        for (int x = $first; x < $end; x++) {
                            row[x] = FUSED(weight, from[$u], row[x]);
                        }
                    }
                }
            }
$leave        }
    }
"""

_LEAVE = """for (int x = 0; x < $columns; x++) {
    out[(k * $rows + y) * $columns + x] = row[x];
}"""

SHORT = 64
"""Columns of a row that compilers may keep in vector registers until its sums are whole."""

FILTERS, COLUMNS = 16, 4
"""Filters and columns that go together at most, so that their sums stay in vector registers."""

_ADD = """\
/* sums[k] += weights[k] * pixel, of filters that go together */
static inline void ${self}_add(const float *weights, float pixel, float *sums)
{
    for (int k = 0; k < $block; k++) {
        sums[k] = FUSED(weights[k], pixel, sums[k]);
    }
}

"""

_CONV_BLOCKS = """
    for (int y = 0; y < $rows; y++) {
        for (int x = 0; x < $columns; x += $together) {
            float patch[$taps][$together]; /* of some columns, what each tap meets */
            for (int c = 0; c < $channels; c++) {
                for (int i = 0; i < $height; i++) {
                    for (int j = 0; j < $width; j++) {
                        for (int t = 0; t < $together; t++) {
                            const int v = $v, u = $u;
                            patch[(c * $height + i) * $width + j][t] =
                                ${inside}in[(c * $in_rows + v) * $in_columns + u]$else_zero;
                        }
                    }
                }
            }
            for (int g = 0; g < $filters; g += $block) { /* filters together */
$begin                for (int k = 0; k < $block; k++) {
$start                }
                const float *weights = $f + g * $taps;
                for (int q = 0; q < $taps; q++, weights += $block) {
$add                }
                for (int k = 0; k < $block; k++) {
                    float *const to = out + ((g + k) * $rows + y) * $columns + x;
$leave                }
            }
        }
    }
"""


def _block(filters: int) -> int:
    """Return how many filters go together; 0 if none.

    Examples
    --------
    >>> [_block(filters) for filters in (5, 12, 20, 24, 32, 1000)]
    [0, 12, 4, 8, 16, 8]
    """
    fitting = [d for d in range(4, FILTERS + 1, 4) if filters % d == 0]
    return max(fitting, key=lambda d: (d % 8 == 0, d), default=0)


def conv(step: Step) -> Body:
    """Return a convolution, in the way that is faster for its filters."""
    layer = step.layer
    assert isinstance(layer, Conv2D)
    if is_winograd(step):
        return winograd(step)
    block = _block(layer.filters) if layer.groups == 1 else 0
    return _conv_blocks(step, block) if block else _conv_rows(step)


def _conv_blocks(step: Step, block: int) -> Body:
    """Return a convolution with some filters in the innermost loop."""
    layer = step.layer
    assert isinstance(layer, Conv2D)
    (top, bottom), (left, right) = layer.pads(step.takes)
    (sy, sx), (dy, dx) = layer.stride_pair, layer.dilation_pair
    (height, width), (channels, in_rows, in_columns) = layer.kernel_pair, step.takes
    filters, rows, columns = step.gives
    together = min(COLUMNS, columns)
    u = terms(times("(x + t)", sx), times("j", dx), -left)
    v = terms(times("y", sy), times("i", dy), -top)
    beyond = right or columns % together
    tests = [*(["v >= 0"] if top else []), *([f"v < {in_rows}"] if bottom else []),
             *(["u >= 0"] if left else []), *([f"u < {in_columns}"] if beyond else [])]  # fmt: skip
    start = "$b[g + k]" if "b" in step.arrays else "0.0f"
    add = [f"${{self}}_add(weights, patch[q][{t}], sums_{t});" for t in range(together)]
    leave = [
        (f"if (x < {columns - t}) {{\n    to[{t}] = sums_{t}[k];\n}}" if t and columns % together
         else f"to[{t}] = sums_{t}[k];")
        for t in range(together)
    ]  # fmt: skip
    packed = step.arrays["f"].reshape(-1, block, *step.arrays["f"].shape[1:])

    def lines(texts: list[str], spaces: int) -> str:
        return indented("\n".join(texts), spaces)

    return Body(
        f"out[k][y][x] = {'b[k] + ' if 'b' in step.arrays else ''}sum over c, i, j of "
        f"f[k][c][i][j] * in[c][{v}][{terms(times('x', sx), times('j', dx), -left)}];\n"
        f"   weights of {block} filters together: f[k / {block}][c][i][j][k % {block}]",
        _CONV_BLOCKS,
        {
            "filters": filters, "block": block, "rows": rows, "columns": columns,
            "together": together, "channels": channels, "height": height, "width": width,
            "in_rows": in_rows, "in_columns": in_columns, "u": u, "v": v,
            "taps": channels * height * width,
            "begin": lines([f"float sums_{t}[{block}];" for t in range(together)], 16),
            "start": lines([f"sums_{t}[k] = {start};" for t in range(together)], 20),
            "inside": f"{' && '.join(tests)} ? " if tests else "",
            "else_zero": " : 0.0f" if tests else "",
            "add": lines(add, 20), "leave": lines(leave, 20),
        },
        {"f": packed.transpose(0, 2, 3, 4, 1)},
        _ADD,
        together * (block + channels * height * width),
    )  # fmt: skip


def _conv_rows(step: Step) -> Body:
    """Return a convolution that goes along rows."""
    layer = step.layer
    assert isinstance(layer, Conv2D)
    (top, bottom), (left, right) = layer.pads(step.takes)
    (sy, sx), (dy, dx) = layer.stride_pair, layer.dilation_pair
    inputs, in_rows, in_columns = step.takes
    channels, per_group = inputs // layer.groups, layer.filters // layer.groups
    u = terms(times("x", sx), times("j", dx), -left)
    v = terms(times("y", sy), times("i", dy), -top)
    skip = f"if (v < 0 || v >= {in_rows}) {{\n    continue; /* zeros */\n}}"
    span = (
        f"/* What lies beyond the image is 0. */\n"
        f"const int first = first_inside({terms(times('j', dx), -left)}, {sx});\n"
        f"const int end = end_inside({terms(times('j', dx), -left)}, {sx}, {in_columns}, "
        f"{step.gives[2]});"
    )
    channel = "c" if layer.groups == 1 else f"(k / {per_group} * {channels} + c)"
    has_sides = bool(left or right)
    rows, columns = step.gives[1:]
    is_short = not has_sides and columns <= SHORT
    leave = Template(_LEAVE).substitute(rows=rows, columns=columns)
    return Body(
        f"out[k][y][x] = {'b[k] + ' if 'b' in step.arrays else ''}sum over c, i, j of "
        f"f[k][c][i][j] * in[{channel}][{v}][{u}]",
        _CONV,
        {
            "filters": layer.filters, "rows": rows, "columns": columns,
            "row": f"float row[{columns}];" if is_short
            else f"float *const row = out + (k * {rows} + y) * {columns};",
            "leave": indented(leave, 12) if is_short else "",
            "channels": channels, "height": layer.kernel_pair[0], "width": layer.kernel_pair[1],
            "in_rows": in_rows, "in_columns": in_columns, "channel": channel, "u": u, "v": v,
            "start": "$b[k]" if "b" in step.arrays else "0.0f",
            "outside": indented(skip, 20) if top or bottom else "",
            "span": indented(span, 24) if has_sides else "",
            "first": "first" if has_sides else 0,
            "end": "end" if has_sides else step.gives[2],
        },
        local=columns if is_short else 0,
    )  # fmt: skip
