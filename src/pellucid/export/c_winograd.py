"""Convolutions of 3 or 5 columns as functions of C99, with fewer products: Winograd's way.

The sums are those of :mod:`pellucid.kernels.layers.conv2d.winograd`, in the same order. A strip of
some tiles, of four columns each, is gone through from top to bottom, so that each row of the image
is transformed once, and no more than a filter's rows of a strip are kept. Innermost are either some
filters, whose sums at one point compilers keep in vector registers, or the points: 8 of a filter of
5 columns fill a register.
"""

from __future__ import annotations

from string import Template

import numpy as np
from numpy.typing import NDArray

from pellucid.export.c_writing import Body, indented, number, terms
from pellucid.export.description import Step
from pellucid.kernels.layers.conv2d import winograd_ops
from pellucid.kernels.layers.conv2d.winograd_matrices import OUTPUTS, WIDTHS, Matrices, matrices
from pellucid.kernels.program.stages import Stage
from pellucid.network.layers import Conv2D

__all__ = ["is_winograd", "transforms", "winograd"]

FILTERS, TILES = 16, 4
"""How many go together at most where filters are innermost, for sums to stay in registers."""
AT_ONCE = 10
"""Filters by tiles that go together at most where points are innermost."""


def is_winograd(step: Step) -> bool:
    """Return whether the kernels compute a convolution in this way."""
    layer = step.layer
    assert isinstance(layer, Conv2D)
    stage = Stage(0, layer, False, step.inputs, step.takes, step.gives, (0, 0), 0)
    return winograd_ops.pays(stage)


def transforms(functions: str) -> str:
    """Return the transforms that some functions call."""
    widths = [width for width in WIDTHS if f"to_points_{width}(" in functions]
    return "".join(_transforms(width) for width in widths)


_TRANSFORMS = """\
/* v = B^T x: what $count columns are at $count points, which lie step apart. */
static inline void to_points_$width(const float *x, float *v, int step)
{
$to_points}

/* z = A^T m: four columns, of sums at $count points that lie step apart. */
static inline void to_columns_$width(const float *m, int step, float *z)
{
$to_columns}

"""


def _transforms(width: int) -> str:
    both = matrices(width)
    return Template(_TRANSFORMS).substitute(
        width=width, count=OUTPUTS + width - 1, to_points=indented(_to_points(both), 4),
        to_columns=indented(_to_columns(both), 4),
    )  # fmt: skip


def _to_points(both: Matrices) -> str:
    """Return statements for ``v = B^T x``: points in pairs, of even terms and odd ones."""
    rows, last = both.b, len(both.b) - 1
    values = [f"x[{j}]" for j in range(len(rows))]
    lines = [f"v[0] = {_sum(rows[0], values)};"]
    for p in range(1, last, 2):
        even = _sum([c if j % 2 == 0 else 0.0 for j, c in enumerate(rows[p])], values)
        odd = _sum([c if j % 2 else 0.0 for j, c in enumerate(rows[p])], values)
        lines += [f"const float even_{p} = {even};", f"const float odd_{p} = {odd};"]
        for point, sign in ((p, "+"), (p + 1, "-")):
            place = "step" if point == 1 else f"{point} * step"
            lines.append(f"v[{place}] = even_{p} {sign} odd_{p};")
    return "\n".join([*lines, f"v[{last} * step] = {_sum(rows[last], values)};"])


def _to_columns(both: Matrices) -> str:
    """Return statements for ``z = A^T m``: of each pair of points the sum and the difference."""
    last = len(both.b) - 1
    values = ["m[0]", "m[step]", *(f"m[{p} * step]" for p in range(2, last + 1))]
    lines = []
    for p in range(1, last, 2):
        lines.append(f"const float sum_{p} = {values[p]} + {values[p + 1]};")
        lines.append(f"const float difference_{p} = {values[p]} - {values[p + 1]};")
    for j, row in enumerate(both.a):
        pairs = [f"{'difference' if j % 2 else 'sum'}_{p}" for p in range(1, last, 2)]
        found = _sum([row[0], *row[1:-1:2], row[-1]], [values[0], *pairs, values[last]])
        lines.append(f"z[{j}] = {found};")
    return "\n".join(lines)


def _sum(factors: list[float] | tuple[float, ...], values: list[str]) -> str:
    """Return the sum of products as C has it, in order; a factor of 1 costs no multiplication."""
    total = ""
    for factor, value in zip(factors, values, strict=True):
        if not factor:
            continue
        if not total:
            total = value if factor == 1 else f"{number(factor)} * {value}"
        elif abs(factor) == 1:
            total = f"{total} {'+' if factor == 1 else '-'} {value}"
        else:
            total = f"FUSED({value}, {number(factor)}, {total})"
    return total


_ENTER = """\
/* Row v of the image, from column u on, at the points; returns a bit for each column that is not
   blank. */
static inline uint32_t ${self}_row(const float *restrict in, int v, int u, float *restrict row)
{
    uint32_t inked = 0;
    for (int c = 0; c < $channels; c++) {
        const float *const from = in + (c * $in_rows + v) * $in_columns;
        float x[$reach];
        for (int j = 0; j < $reach; j++) {
            x[j] = ${inside}from[u + j]$else_zero;
            inked |= (uint32_t)(x[j] != 0.0f) << j;
        }
        for (int t = 0; t < $tiles; t++) {
            to_points_$width(x + 4 * t, row + $to, $to_step);
        }
    }
    return inked;
}

"""

_ADD_FILTERS = """\
/* sums[k] += weights[k] * v, of filters that go together */
static inline void ${self}_add(const float *weights, float v, float *sums)
{
    for (int k = 0; k < $block; k++) {
        sums[k] = FUSED(weights[k], v, sums[k]);
    }
}

"""

_ADD_POINTS = """\
/* sums[p] += weights[p] * v[p], of a filter and a tile */
static inline void ${self}_add(const float *weights, const float *v, float *sums)
{
    for (int p = 0; p < $points; p++) {
        sums[p] = FUSED(weights[p], v[p], sums[p]);
    }
}

"""

_WINOGRAD = """
    for (int x = 0; x < $columns; x += $strip) { /* a strip of the image */
        float rows[$height][$row]; /* that filters read, by their number modulo $height */
        uint32_t inked[$height];
        for (int y = 0; y < $rows; y++) {
            for (int r = y > 0 ? y + $more : 0; r < y + $height; r++) {
                inked[r % $height] = $enter
            }
            uint32_t holds = 0;
            for (int i = 0; i < $height; i++) {
                holds |= inked[i];
            }
            for (int g = 0; g < $filters; g += $block) { /* filters together */
                float m[$size];
$products                for (int k = 0; k < $block; k++) {
                    for (int t = 0; t < $tiles; t++) {
                        float z[4];
                        to_columns_$width(m + $from, $from_step, z);
                        for (int j = 0; j < 4$limit; j++) {
                            /* Filters over nothing give nothing, which these sums would round. */
                            const float sum = (holds >> (4 * t + j)) & ${taps}u ? z[j] : 0.0f;
                            out[((g + k) * $rows + y) * $columns + x + 4 * t + j] = sum$bias;
                        }
                    }
                }
            }
        }
    }
"""

_BY_FILTERS = """\
for (int p = 0; p < $points; p++) {
$begin    for (int i = 0; i < $height; i++) {
$outside        const float *v = rows[(y + i) % $height] + p * $plane;
        const float *weights = $f + ((g / $block * $points + p) * $height + i) * $in_row;
        for (int c = 0; c < $channels; c++, v += $tiles, weights += $block) {
$add        }
    }
    for (int k = 0; k < $block; k++) {
$leave    }
}
"""

_BY_POINTS = """\
${begin}\
for (int i = 0; i < $height; i++) {
$outside    const float *v = rows[(y + i) % $height];
    const float *weights = $f + (g * $height + i * $block) * $plane;
    for (int c = 0; c < $channels; c++, v += $to_channel, weights += $in_channel) {
$add    }
}
for (int p = 0; p < $points; p++) {
$leave}
"""


def winograd(step: Step) -> Body:
    """Return a convolution by fewer products."""
    layer = step.layer
    assert isinstance(layer, Conv2D)
    (top, bottom), (left, _) = layer.pads(step.takes)
    channels, in_rows, in_columns = step.takes
    filters, rows, columns = step.gives
    height, width = layer.kernel_pair
    points, count = OUTPUTS + width - 1, -(-columns // OUTPUTS)
    by_points = width == 5 or filters % 4 != 0
    together = next(d for d in range(5 if by_points else FILTERS, 0, -1)
                    if filters % d == 0 and (by_points or d % 4 == 0))  # fmt: skip
    tiles = _tiles(count, AT_ONCE // together if by_points else TILES)
    strip, reach = OUTPUTS * tiles, OUTPUTS * tiles + width - 1
    # Where the last strip begins, and how far it reaches.
    beyond = (columns - 1) // strip * strip - left + reach > in_columns
    tests = [*(["u + j >= 0"] if left else []), *([f"u + j < {in_columns}"] if beyond else [])]
    row = f"rows[r % {height}]"
    enter = f"${{self}}_row(in, {terms('r', -top)}, {terms('x', -left)}, {row});"
    outside = ""
    if top or bottom:
        ends = [*([f"{{0}} < {top}"] if top else []),
                *([f"{{0}} >= {in_rows + top}"] if bottom else [])]  # fmt: skip
        no_row = " || ".join(ends)
        enter = f"{no_row.format('r')} ? 0 : {enter}"
        outside = f"if ({no_row.format('y + i')}) {{\n    continue; /* zeros */\n}}"
    values: dict[str, object] = {
        "channels": channels, "in_rows": in_rows, "in_columns": in_columns, "filters": filters,
        "rows": rows, "columns": columns, "height": height, "width": width, "points": points,
        "tiles": tiles, "strip": strip, "reach": reach, "block": together, "more": height - 1,
        "row": channels * tiles * points, "size": together * tiles * points, "enter": enter,
        "inside": f"{' && '.join(tests)} ? " if tests else "", "else_zero": " : 0.0f" * bool(tests),
        "limit": f" && x + 4 * t + j < {columns}" if columns % strip else "",
        "taps": 2**width - 1, "bias": " + $b[g + k]" if "b" in step.arrays else "",
    }  # fmt: skip
    way = _by_points if by_points else _by_filters
    inner, more, lies, order = way(values, outside)
    b = "b[k] + " if "b" in step.arrays else ""
    return Body(
        f"out[k][y][x] = {b}sum over c, i, j of f[k][c][i][j] * in[c][{terms('y', 'i', -top)}]"
        f"[{terms('x', 'j', -left)}],\n   four columns at once by fewer products: {b}A^T sum over "
        "i, c of (G f[k][c][i]) * (B^T in[c][y + i]).\n   "
        f"Weights are G f of {together} filters together: {lies}",
        _WINOGRAD.replace("$products", indented(inner, 16)),
        {**values, **more},
        {"f": _transformed(step.arrays["f"], together).transpose(order)},
        _ENTER + (_ADD_POINTS if by_points else _ADD_FILTERS),
        height * (channels * tiles * points + 1) + 2 * together * tiles * points + reach,
    )


def _tiles(count: int, most: int) -> int:
    """Return how many tiles go together, of ``count`` in a row: few are to be done in vain.

    Examples
    --------
    >>> [_tiles(count, 4) for count in (1, 4, 5, 6, 7, 8)]
    [1, 4, 3, 3, 4, 4]
    """
    return min(
        range(1, min(most, TILES, count) + 1), key=lambda tiles: -(-count // tiles) * (tiles + 0.5)
    )


def _transformed(f: NDArray[np.float32], together: int) -> NDArray[np.float32]:
    """Return ``G f`` as (filters / together, k, c, i, p), computed in float64 and rounded once."""
    total = np.zeros(())
    for j, column in enumerate(zip(*matrices(f.shape[3]).g, strict=True)):
        total = total + f[..., j, None].astype(np.float64) * np.array(column)
    return total.astype(np.float32).reshape(-1, together, *total.shape[1:])


Way = tuple[str, dict[str, object], str, tuple[int, ...]]


def _by_filters(values: dict[str, object], outside: str) -> Way:
    """Return sums of some filters innermost, a point after another."""
    names = [f"sums_{t}" for t in range(int(str(values["tiles"])))]
    add = [f"${{self}}_add(weights, v[{t}], {name});" for t, name in enumerate(names)]
    leave = [f"m[(p * $tiles + {t}) * $block + k] = {name}[k];" for t, name in enumerate(names)]
    text = _filled(_BY_FILTERS, 4, _begin(names, "$block"), outside, add, leave)
    channels, tiles, block = (int(str(values[name])) for name in ("channels", "tiles", "block"))
    more: dict[str, object] = {
        "to": f"c * {tiles} + t" if tiles > 1 else "c", "to_step": channels * tiles,
        "plane": channels * tiles, "in_row": channels * block,
        "from": f"t * {block} + k", "from_step": tiles * block,
    }  # fmt: skip
    return text, more, "f[k / block][p][i][c][k % block]", (0, 4, 3, 2, 1)


def _by_points(values: dict[str, object], outside: str) -> Way:
    """Return sums of some filters by some tiles, the points innermost."""
    channels, tiles, block, points = (
        int(str(values[name])) for name in ("channels", "tiles", "block", "points")
    )  # fmt: skip
    names = {(k, t): f"sums_{k}_{t}" for k in range(block) for t in range(tiles)}
    add = [
        f"${{self}}_add({terms('weights', k * points)}, {terms('v', t * points)}, {name});"
        for (k, t), name in names.items()
    ]
    leave = [
        f"m[{terms((k * tiles + t) * points, 'p')}] = {name}[p];" for (k, t), name in names.items()
    ]
    text = _filled(_BY_POINTS, 0, _begin([*names.values()], "$points"), outside, add, leave)
    more: dict[str, object] = {
        "to": f"(c * {tiles} + t) * {points}", "to_step": 1, "plane": channels * points,
        "to_channel": tiles * points, "in_channel": block * points,
        "from": f"(k * {tiles} + t) * {points}", "from_step": 1,
    }  # fmt: skip
    return text, more, "f[k / block][i][c][k % block][p]", (0, 3, 2, 1, 4)


def _begin(names: list[str], size: str) -> list[str]:
    return [f"float {name}[{size}] = {{0.0f}};" for name in names]


def _filled(
    template: str, spaces: int, begin: list[str], outside: str, add: list[str], leave: list[str]
) -> str:
    return Template(template).safe_substitute(
        begin=indented("\n".join(begin), spaces),
        outside=indented(outside, spaces + 4) if outside else "",
        add=indented("\n".join(add), spaces + 8),
        leave=indented("\n".join(leave), spaces + 4),
    )
