"""Every layer as a function of C99.

A function's sums have the order that the kernels' have (:mod:`pellucid.kernels.layers`), where
these don't take Winograd's way; where the target fuses multiply-adds, too, they are the same to the
bit, but for group normalizations of more than 32 channels a group.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from string import Template

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ExportError
from pellucid.export.description import Step
from pellucid.kernels.layers.sums import LINE, is_long
from pellucid.kernels.program.blocks import PARTS, TOGETHER
from pellucid.network.layers import (
    GELU,
    Add,
    AveragePool2D,
    BatchNorm1D,
    BatchNorm2D,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePool2D,
    GlobalMaxPool2D,
    GroupNorm,
    Layer,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    Sigmoid,
    SiLU,
    Tanh,
)
from pellucid.network.summary import describe

__all__ = [
    "LAYERS_IN_C",
    "OVER",
    "Body",
    "function_of",
    "indented",
    "number",
    "size",
    "terms",
    "times",
]

OVER = (ReLU, LeakyReLU, Sigmoid, Tanh, SiLU, GELU, BatchNorm2D, BatchNorm1D, Add)
"""Layers that go element by element, so that what they give may lie where they read."""


@dataclass(frozen=True)
class Body:
    """What the function of a layer does.

    Attributes
    ----------
    equation : str
        In words of C.
    template : str
        Its statements; ``$name`` is a number, ``$f`` the name of an array of weights.
    values : dict
        The numbers.
    arrays : dict
        Weights that lie in another order than the step has them.
    """

    equation: str
    template: str
    values: dict[str, object] = field(default_factory=dict)
    arrays: dict[str, NDArray[np.float32]] = field(default_factory=dict)


def number(value: float) -> str:
    """Return a float32 as a constant of C, to the last bit.

    Examples
    --------
    >>> number(0.1), number(1.0), number(1e-8)
    ('0.1f', '1.0f', '1e-08f')
    """
    text = str(np.float32(value))
    return f"{text}f" if any(mark in text for mark in ".e") else f"{text}.0f"


def function_of(step: Step, name: str) -> str:
    """Return the function of a step, ``static void name(in, out)``, with its weights before it.

    Raises
    ------
    ExportError
        The layer can't be expressed.
    """
    make = LAYERS_IN_C.get(type(step.layer))
    if make is None:
        raise ExportError(f"Layer {step.place}, {describe(step.layer)}, can't be expressed in C.")
    body = make(step)
    arrays = {letter: f"{name}_{letter}" for letter in step.arrays}
    laid = {**step.arrays, **body.arrays}
    tables = "".join(_table(arrays[k], array) for k, array in laid.items())
    inputs = "const float *in, const float *more" if len(step.inputs) > 1 else "const float *in"
    restrict = "" if isinstance(step.layer, OVER) else "restrict "
    sizes = f"{size(step.takes)} becomes {size(step.gives)}"
    sized = Template(body.template).safe_substitute(body.values, count=math.prod(step.gives))
    text = Template(sized).substitute(arrays)
    return (
        f"/* Layer {step.place}: {describe(step.layer)}; {sizes}.\n   {body.equation} */\n"
        f"{tables}static void {name}({inputs.replace('*', '*' + restrict)}, "
        f"float *{restrict}out)\n{{\n{text.strip(chr(10))}\n}}\n\n"
    )


def size(shape: tuple[int, ...]) -> str:
    """Return a shape as a comment has it."""
    return " x ".join(map(str, shape))


def _table(name: str, array: NDArray[np.float32]) -> str:
    """Return weights as a constant of C."""
    values = [number(value) for value in array.ravel().tolist()]
    lines = [", ".join(values[k : k + 8]) for k in range(0, len(values), 8)]
    size = " * ".join(map(str, array.shape))
    return f"static const float {name}[{size}] = {{\n    " + ",\n    ".join(lines) + "\n};\n"


Make = Callable[[Step], Body]

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

_CONV_BLOCKS = """
    for (int g = 0; g < $filters; g += $block) { /* filters together */
        for (int y = 0; y < $rows; y++) {
            for (int x = 0; x < $columns; x++) {
                float sums[$block];
                for (int k = 0; k < $block; k++) {
                    sums[k] = $start;
                }
                const float *weights = $f + g * $taps;
                for (int c = 0; c < $channels; c++) {
                    for (int i = 0; i < $height; i++) {
                        const int v = $v;
                        for (int j = 0; j < $width; j++, weights += $block) {
                            const int u = $u;
${outside}                            const float pixel = in[(c * $in_rows + v) * $in_columns + u];
                            for (int k = 0; k < $block; k++) {
                                sums[k] = FUSED(weights[k], pixel, sums[k]);
                            }
                        }
                    }
                }
                for (int k = 0; k < $block; k++) {
                    out[((g + k) * $rows + y) * $columns + x] = sums[k];
                }
            }
        }
    }
"""


def _block(filters: int) -> int:
    """Return how many filters go together; 0 if none.

    Compilers keep the sums of about 32 in vector registers; loops of 16 or fewer they take apart
    before they look for vectors.

    Examples
    --------
    >>> [_block(filters) for filters in (5, 16, 32, 64, 96, 1000)]
    [0, 16, 32, 32, 32, 40]
    """
    fitting = [d for d in range(4, min(filters, 64) + 1, 4) if filters % d == 0]
    return min(fitting, key=lambda d: (d <= 16, abs(d - 32), -d), default=0)


def _conv(step: Step) -> Body:
    layer = step.layer
    assert isinstance(layer, Conv2D)
    block = _block(layer.filters) if layer.groups == 1 else 0
    return _conv_blocks(step, block) if block else _conv_rows(step)


def _conv_blocks(step: Step, block: int) -> Body:
    """Return a convolution with some filters in the innermost loop."""
    layer = step.layer
    assert isinstance(layer, Conv2D)
    (top, bottom), (left, right) = layer.pads(step.takes)
    (sy, sx), (dy, dx) = layer.stride_pair, layer.dilation_pair
    channels, in_rows, in_columns = step.takes
    u = terms(times("x", sx), times("j", dx), -left)
    v = terms(times("y", sy), times("i", dy), -top)
    tests = [f"v < 0 || v >= {in_rows}"] if top or bottom else []
    tests += [f"u < 0 || u >= {in_columns}"] if left or right else []
    skip = f"if ({' || '.join(tests)}) {{\n    continue; /* zeros */\n}}"
    filters = step.arrays["f"].reshape(-1, block, *step.arrays["f"].shape[1:])
    return Body(
        f"out[k][y][x] = {'b[k] + ' if 'b' in step.arrays else ''}sum over c, i, j of "
        f"f[k][c][i][j] * in[c][{v}][{u}];\n   {block} filters together, whose weights lie so: "
        "f[k / block][c][i][j][k % block]",
        _CONV_BLOCKS,
        {
            "filters": layer.filters, "block": block, "rows": step.gives[1],
            "columns": step.gives[2], "channels": channels, "height": layer.kernel_pair[0],
            "width": layer.kernel_pair[1], "in_rows": in_rows, "in_columns": in_columns,
            "taps": channels * layer.kernel_pair[0] * layer.kernel_pair[1], "u": u, "v": v,
            "start": "$b[g + k]" if "b" in step.arrays else "0.0f",
            "outside": indented(skip, 28) if tests else "",
        },
        {"f": filters.transpose(0, 2, 3, 4, 1)},
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
    )  # fmt: skip


def times(name: str, factor: int) -> str:
    """Return a product as C has it."""
    return name if factor == 1 else f"{name} * {factor}"


def terms(*terms: str | int) -> str:
    """Return a sum as C has it, zeros left out."""
    text = " + ".join(str(term) for term in terms if term != 0)
    return text.replace("+ -", "- ") or "0"


def indented(text: str, spaces: int) -> str:
    """Return lines of C moved to the right."""
    return "".join(f"{' ' * spaces}{line}\n" for line in text.removesuffix("\n").split("\n"))


_DENSE = """
    for (int o = 0; o < $outputs; o += $together) { /* rows of weights together */
        const float *const weights = $w + o * $inputs;
        float sums[$together][$parts] = {{0.0f}};
${begin}${carry}${loop}${rest}        for (int r = 0; r < $together; r++) {
            out[o + r] = $total;
        }
    }
"""

_DENSE_LOOP = """
for (int i = $from; i < $to; i += $parts) {
    for (int r = 0; r < $together; r++) {
        for (int p = 0; p < $parts; p++) {
            sums[r][p] = FUSED(weights[r * $inputs + i + p], in[i + p], sums[r][p]);
        }
    }
}
"""

_CARRY = """
float carried[$together][$parts] = {{0.0f}};
for (int start = 0; start < $whole; start += $block) {
    const int end = $whole - start < $block ? $whole : start + $block;
    for (int r = 0; start > 0 && r < $together; r++) {
        for (int p = 0; p < $parts; p++) {
            carried[r][p] += sums[r][p];
            sums[r][p] = 0.0f;
        }
    }
$loop}
"""

_DENSE_REST = """
for (int r = 0; r < $together; r++) {
    for (int p = 0; p < $left; p++) {
        sums[r][p] = FUSED(weights[r * $inputs + $whole + p], in[$whole + p], sums[r][p]);
    }
}
"""

_BEGIN = """
for (int r = 0; r < $together; r++) {
    sums[r][0] = $b[o + r];
}
"""


def _dense(step: Step) -> Body:
    (inputs,), (outputs,) = step.takes, step.gives
    whole, block = inputs // PARTS * PARTS, PARTS * TOGETHER
    values: dict[str, object] = {
        "outputs": outputs, "inputs": inputs, "parts": PARTS, "whole": whole, "block": block,
        # Compilers keep the sums of some rows in vector registers, and wait less for each.
        "together": max(d for d in range(1, 17) if outputs % d == 0), "left": inputs - whole,
    }  # fmt: skip

    def part(template: str, spaces: int, **more: object) -> str:
        text = Template(template.strip("\n")).safe_substitute(values, **more)
        return indented(text, spaces)

    parts = [f"sums[r][{p}]" for p in range(PARTS)]
    if whole > block:  # long sums in blocks, so that they lose no more than short ones
        loop = part(_DENSE_LOOP, 4, **{"from": "start", "to": "end"})
        carry, plain = part(_CARRY, 8, loop=loop), ""
        parts = [f"(carried[r][{p}] + sums[r][{p}])" for p in range(PARTS)]
    else:
        carry, plain = "", part(_DENSE_LOOP, 8, **{"from": 0, "to": whole})
    while len(parts) > 1:
        half = len(parts) // 2
        parts = [f"({parts[k]} + {parts[k + half]})" for k in range(half)]
    has_bias = "b" in step.arrays
    return Body(
        f"out[o] = {'b[o] + ' if has_bias else ''}sum over i of w[o][i] * in[i], "
        f"as {PARTS} sums of every {PARTS}th",
        _DENSE,
        {
            **values, "carry": carry, "loop": plain, "begin": part(_BEGIN, 8) if has_bias else "",
            "rest": part(_DENSE_REST, 8) if inputs > whole else "",
            "total": parts[0].removeprefix("(").removesuffix(")"),
        },
    )  # fmt: skip


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


def _max_pool(step: Step) -> Body:
    return _pool(
        step, "best", "-INFINITY", "const float value = $at;\nbest = value > best ? value : best;",
        "best", "out[c][y][x] = the largest over i, j of $at",
    )  # fmt: skip


def _average_pool(step: Step) -> Body:
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


def _global_max(step: Step) -> Body:
    channels, rows, columns = step.takes
    values = {"channels": channels, "plane": rows * columns}
    return Body("out[c] = the largest of in[c]", _GLOBAL_MAX, {**values})


def _global_mean(step: Step) -> Body:
    channels, rows, columns = step.takes
    share = number(1 / (rows * columns))
    values = {"channels": channels, "rows": rows, "columns": columns, "share": share}
    if is_long(rows, columns):
        equation = f"out[c] = the mean of in[c], row by row, {LINE} by {LINE}"
        return Body(equation, _GLOBAL_MEAN_IN_BLOCKS, {**values, "line": LINE})
    return Body("out[c] = the mean of in[c], row by row", _GLOBAL_MEAN, {**values})


_EACH = """
    for (int i = 0; i < $count; i++) {
        $statement
    }
"""


def _each(equation: str, statement: str) -> Make:
    template = _EACH.replace("$statement", statement.replace("\n", "\n        "))
    return lambda step: Body(equation, template)


def _leaky(step: Step) -> Body:
    assert isinstance(step.layer, LeakyReLU)
    slope = number(step.layer.slope)
    return _each(
        f"out[i] = in[i] where that is above 0, else {slope} * in[i]",
        f"out[i] = in[i] > 0.0f ? in[i] : {slope} * in[i];",
    )(step)


_NORM = """
    for (int c = 0; c < $channels; c++) {
        for (int i = c * $plane; i < (c + 1) * $plane; i++) {
            out[i] = FUSED(in[i] - $m[c], $s[c], $b[c]);
        }
    }
"""


def _norm(step: Step) -> Body:
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


def _group_norm(step: Step) -> Body:
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


LAYERS_IN_C: dict[type[Layer], Make] = {
    Conv2D: _conv,
    Dense: _dense,
    MaxPool2D: _max_pool,
    AveragePool2D: _average_pool,
    GlobalAveragePool2D: _global_mean,
    GlobalMaxPool2D: _global_max,
    ReLU: _each("out[i] = max(0, in[i])", "out[i] = in[i] > 0.0f ? in[i] : 0.0f;"),
    LeakyReLU: _leaky,
    Sigmoid: _each("out[i] = 1 / (1 + exp(-in[i]))", "out[i] = 1.0f / (1.0f + expf(-in[i]));"),
    Tanh: _each("out[i] = tanh(in[i])", "out[i] = tanhf(in[i]);"),
    SiLU: _each("out[i] = in[i] / (1 + exp(-in[i]))", "out[i] = in[i] / (1.0f + expf(-in[i]));"),
    GELU: _each(
        "out[i] = in[i] * erfc(-in[i] / sqrt(2)) / 2",
        f"out[i] = in[i] * (0.5f * erfcf(in[i] * {number(-math.sqrt(0.5))}));",
    ),
    BatchNorm2D: _norm,
    BatchNorm1D: _norm,
    GroupNorm: _group_norm,
    Flatten: lambda step: Body("nothing", ""),
    Add: _each("out[i] = in[i] + more[i]", "out[i] = in[i] + more[i];"),
}
"""What writes each layer; Dropout does nothing in prediction, and Flatten changes no float."""
