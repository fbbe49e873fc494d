"""Every layer that can be quantized as a function of C99, in whole numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.export.c_writing import Body, indented, number, size, terms, times
from pellucid.export.int8 import CURVES, SHIFT, IntStep
from pellucid.network.layers import (
    Add,
    AveragePool2D,
    BatchNorm1D,
    BatchNorm2D,
    Conv2D,
    Dense,
    GlobalAveragePool2D,
    GlobalMaxPool2D,
    MaxPool2D,
)
from pellucid.network.summary import describe

__all__ = ["HELD", "int8_function"]

HELD = """\
/* total / 2^shift, rounded, half of one up; counted from zero, and held between -128 and 127. */
static int8_t held(int64_t total, int shift, int zero)
{
    /* Shifted as a number that is not negative: of others C leaves the result open. */
    const int64_t far = (int64_t)1 << 62;
    const int64_t up = (total + ((int64_t)1 << (shift - 1)) + far) >> shift;
    const int64_t value = up - (far >> shift) + zero;
    return (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
}

"""


def int8_function(one: IntStep, name: str) -> str:
    """Return the function of a step, ``static void name(in, out)``, with its constants before it.

    Parameters
    ----------
    one : IntStep
        One that does something.
    name : str
    """
    step = one.step
    body = _body(one)
    own = {key: f"{name}_{key}" for key in one.tables}
    tables = "".join(_table(own[key], one.tables[key]) for key in own if f"${key}" in body.template)
    inputs = "const int8_t *in, const int8_t *more" if len(step.inputs) > 1 else "const int8_t *in"
    plain = isinstance(step.layer, (*CURVES, Add, BatchNorm2D, BatchNorm1D))
    restrict = "" if plain else "restrict "
    gives = "float" if one.is_last else "int8_t"
    sized = Template(body.template).safe_substitute(body.values)
    text = Template(sized).substitute(own)
    return (
        f"/* Layer {step.place}: {describe(step.layer)}; {size(step.takes)} becomes "
        f"{size(step.gives)}.\n   {body.equation} */\n"
        f"{tables}static void {name}({inputs.replace('*', '*' + restrict)}, "
        f"{gives} *{restrict}out)\n{{\n{text.strip(chr(10))}\n}}\n\n"
    )


def _table(name: str, array: NDArray[Any]) -> str:
    kinds = {"int8": "int8_t", "int32": "int32_t", "float32": "float"}
    values = [number(v) if array.dtype == np.float32 else str(v) for v in array.ravel().tolist()]
    lines = [", ".join(values[k : k + 16]) for k in range(0, len(values), 16)]
    sizes = " * ".join(map(str, array.shape))
    return (
        f"static const {kinds[array.dtype.name]} {name}[{sizes}] = {{\n    "
        + ",\n    ".join(lines)
        + "\n};\n"
    )


def _from(zero: int) -> str:
    """Return what makes a value's distance of its zero, to be put behind it."""
    return f" - {zero}" if zero > 0 else f" + {-zero}" if zero < 0 else ""


def _body(one: IntStep) -> Body:
    layer = one.step.layer
    make: Callable[[IntStep], Body]
    if "table" in one.tables:
        make = _curve
    elif isinstance(layer, Conv2D):
        make = _conv
    elif isinstance(layer, Dense):
        make = _dense
    elif isinstance(layer, MaxPool2D | AveragePool2D):
        make = _pool
    elif isinstance(layer, GlobalMaxPool2D | GlobalAveragePool2D):
        make = _plane
    else:
        make = _add if isinstance(layer, Add) else _norm
    return make(one)


_CONV = """
    for (int k = 0; k < $filters; k++) {
        for (int y = 0; y < $rows; y++) {
            int32_t sums[$columns];
            for (int x = 0; x < $columns; x++) {
                sums[x] = $b[k];
            }
            for (int c = 0; c < $channels; c++) {
                for (int i = 0; i < $height; i++) {
                    const int v = $v;
${outside}                    const int8_t *const from = in + ($plane + v) * $in_columns;
                    for (int j = 0; j < $width; j++) {
                        const int weight = $w[((k * $channels + c) * $height + i) * $width + j];
${span}                        for (int x = $first; x < $end; x++) {
                            sums[x] += weight * (from[$u]$zero);
                        }
                    }
                }
            }
            for (int x = 0; x < $columns; x++) {
                out[(k * $rows + y) * $columns + x] =
                    held((int64_t)sums[x] * $factor[k], $shift[k], $out_zero);
            }
        }
    }
"""


def _conv(one: IntStep) -> Body:
    step, layer = one.step, one.step.layer
    assert isinstance(layer, Conv2D)
    (top, bottom), (left, right) = layer.pads(step.takes)
    (sy, sx), (dy, dx) = layer.stride_pair, layer.dilation_pair
    inputs, in_rows, in_columns = step.takes
    channels, per_group = inputs // layer.groups, layer.filters // layer.groups
    tap = terms(times("j", dx), -left)
    v = terms(times("y", sy), times("i", dy), -top)
    skip = f"if (v < 0 || v >= {in_rows}) {{\n    continue; /* zeros */\n}}"
    span = (
        f"/* What lies beyond the image is 0. */\nconst int first = first_inside({tap}, {sx});\n"
        f"const int end = end_inside({tap}, {sx}, {in_columns}, {step.gives[2]});"
    )
    channel = "c" if layer.groups == 1 else f"(k / {per_group} * {channels} + c)"
    has_sides = bool(left or right)
    return Body(
        f"sums of w * (in{_from(one.takes[0].zero)}), brought to the next scale",
        _CONV,
        {
            "filters": layer.filters, "rows": step.gives[1], "columns": step.gives[2],
            "channels": channels, "height": layer.kernel_pair[0], "width": layer.kernel_pair[1],
            "plane": f"{channel} * {in_rows}", "in_columns": in_columns, "v": v,
            "u": terms(times("x", sx), times("j", dx), -left),
            "outside": indented(skip, 20) if top or bottom else "",
            "span": indented(span, 24) if has_sides else "",
            "first": "first" if has_sides else 0, "end": "end" if has_sides else step.gives[2],
            "zero": _from(one.takes[0].zero), "out_zero": one.gives.zero,
        },
    )  # fmt: skip


_DENSE = """
    for (int o = 0; o < $outputs; o++) {
        int32_t sum = $b[o];
        for (int i = 0; i < $inputs; i++) {
            sum += $w[o * $inputs + i] * (in[i]$zero);
        }
        out[o] = $result;
    }
"""


def _dense(one: IntStep) -> Body:
    result = "held((int64_t)sum * $factor[o], $shift[o], $out_zero)"
    if one.is_last:
        result = "(float)sum * $scale[o]"
    return Body(
        f"sums of w * (in{_from(one.takes[0].zero)}), brought to the next scale",
        _DENSE.replace("$result", result),
        {
            "outputs": one.step.gives[0], "inputs": one.step.takes[0],
            "zero": _from(one.takes[0].zero), "out_zero": one.gives.zero,
        },
    )  # fmt: skip


_CURVE = """
    for (int i = 0; i < $count; i++) {
        out[i] = $table[in[i] + 128];
    }
"""


def _curve(one: IntStep) -> Body:
    return Body("a table has what becomes of each", _CURVE, {"count": math.prod(one.step.gives)})


_POOL = """
    for (int c = 0; c < $channels; c++) {
        const int8_t *const plane = in + c * $in_plane;
        for (int y = 0; y < $rows; y++) {
            for (int x = 0; x < $columns; x++) {
                $start
                for (int i = 0; i < $height; i++) {
                    const int v = $v;
                    for (int j = 0; j < $width; j++) {
                        const int u = $u;
$inside                    }
                }
                out[(c * $rows + y) * $columns + x] = $result;
            }
        }
    }
"""

_MAX = ("int best = -128;", "best = $at > best ? $at : best;", "(int8_t)best")


def _mean(one: IntStep) -> tuple[str, str, str]:
    factor, shift = int(one.tables["factor"][0]), int(one.tables["shift"][0])
    return (
        "int32_t sum = 0;",
        f"sum += $at{_from(one.takes[0].zero)};",
        f"held((int64_t)sum * {factor}, {shift}, {one.gives.zero})",
    )


def _pool(one: IntStep) -> Body:
    step, layer = one.step, one.step.layer
    assert isinstance(layer, MaxPool2D | AveragePool2D)
    is_max = isinstance(layer, MaxPool2D)
    start, update, result = _MAX if is_max else _mean(one)
    (py, px), (sy, sx), (channels, in_rows, in_columns) = (
        layer.pad_pair, layer.stride_pair, step.takes,
    )  # fmt: skip
    v, u = terms(times("y", sy), "i", -py), terms(times("x", sx), "j", -px)
    inside = update.replace("$at", f"plane[v * {in_columns} + u]")
    if py or px:
        bounds = f"v >= 0 && v < {in_rows} && u >= 0 && u < {in_columns}"
        inside = f"if ({bounds}) {{\n    {inside}\n}}"
    return Body(
        f"the {'largest' if is_max else 'mean'} over i, j of in[c][{v}][{u}]",
        _POOL,
        {
            "channels": channels, "in_plane": in_rows * in_columns, "rows": step.gives[1],
            "columns": step.gives[2], "height": layer.pool_pair[0], "width": layer.pool_pair[1],
            "v": v, "u": u, "start": start, "inside": indented(inside, 24), "result": result,
        },
    )  # fmt: skip


_PLANE = """
    for (int c = 0; c < $channels; c++) {
        $start
        for (int i = 0; i < $plane; i++) {
            $update
        }
        out[c] = $result;
    }
"""


def _plane(one: IntStep) -> Body:
    is_max = isinstance(one.step.layer, GlobalMaxPool2D)
    start, update, result = _MAX if is_max else _mean(one)
    channels, *sides = one.step.takes
    plane = math.prod(sides)
    return Body(
        f"the {'largest' if is_max else 'mean'} of in[c]",
        _PLANE,
        {
            "channels": channels, "plane": plane, "start": start, "result": result,
            "update": update.replace("$at", f"in[c * {plane} + i]"),
        },
    )  # fmt: skip


_ADD = """
    for (int i = 0; i < $count; i++) {
        const int64_t first = (int64_t)(in[i]$zero) * $one;
        const int64_t second = (int64_t)(more[i]$other_zero) * $two;
        out[i] = held(first + second, $by, $out_zero);
    }
"""


def _add(one: IntStep) -> Body:
    first, second = one.tables["factor"].tolist()
    return Body(
        "both, brought to the next scale",
        _ADD,
        {
            "count": math.prod(one.step.gives), "zero": _from(one.takes[0].zero),
            "other_zero": _from(one.takes[1].zero), "one": first, "two": second, "by": SHIFT,
            "out_zero": one.gives.zero,
        },
    )  # fmt: skip


_NORM = """
    for (int c = 0; c < $channels; c++) {
        for (int i = c * $plane; i < (c + 1) * $plane; i++) {
            out[i] = held((int64_t)(in[i]$zero) * $factor[c] + $b[c], $by, $out_zero);
        }
    }
"""


def _norm(one: IntStep) -> Body:
    channels, *sides = one.step.takes
    return Body(
        "each channel scaled and shifted, brought to the next scale",
        _NORM,
        {
            "channels": channels, "plane": math.prod(sides), "zero": _from(one.takes[0].zero),
            "by": SHIFT, "out_zero": one.gives.zero,
        },
    )  # fmt: skip
