"""ONNX's operators that look at an image through windows, or at whole planes of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pellucid.errors import ExportError
from pellucid.export.graph_values import Pads, Value
from pellucid.export.onnx_walk import At, Operator
from pellucid.network.layers import AveragePool2D, Conv2D, Layer, MaxPool2D

__all__ = ["conv", "over_axes", "over_plane", "pad", "pool"]


def _padding(at: At, value: Value, reach: tuple[int, int], stride: tuple[int, int]) -> Pads:
    """Return rows and columns before and after an image."""
    auto, sides = at.setting("auto_pad", "NOTSET"), value.shape[1:]
    given = at.setting("pads", [0, 0, 0, 0])
    if len(given) != 4 or min(given) < 0:
        raise ExportError(f"has pads {given!r:.100}; images have four sides")
    pads = (given[0], given[2]), (given[1], given[3])
    if auto.startswith("SAME"):
        found = []
        for size, tap, step in zip(sides, reach, stride, strict=True):
            total = max((math.ceil(size / step) - 1) * step + tap - size, 0)
            small, large = total // 2, total - total // 2
            found.append((small, large) if auto == "SAME_UPPER" else (large, small))
        pads = found[0], found[1]
    if value.pads is not None:
        ((top, bottom), (left, right)), (rows, columns) = value.pads, pads
        pads = (rows[0] + top, rows[1] + bottom), (columns[0] + left, columns[1] + right)
    return pads


def _alike(pads: Pads, sides: Sequence[int], reach: tuple[int, int], stride: tuple[int, int]
           ) -> tuple[int, int] | None:  # fmt: skip
    """Return pads that are the same before and after, and give the same windows; else None."""
    for (before, after), size, tap, step in zip(pads, sides, reach, stride, strict=True):
        ends = [(size + before + last - tap) // step for last in (before, after)]
        if ends[0] != ends[1]:
            return None
    return pads[0][0], pads[1][0]


def conv(at: At) -> Value:
    """Return what Conv gives."""
    value, filters = _unpadded(at), at.constant(1)
    bias = at.constant(2) if at.has(2) else None
    if filters.ndim != 4 or 0 in filters.shape:
        raise ExportError(f"has filters of shape {filters.shape!r:.100}, not those of images")
    arrays = {"f": filters} if bias is None else {"f": filters, "b": bias}
    stride, dilation = at.pair("strides", 1), at.pair("dilations", 1)
    if min(stride) < 1 or min(dilation) < 1:
        raise ExportError(f"has strides {stride} and dilations {dilation}, which can't be")
    if len(value.shape) == 1 and value.dims[1:] == (*value.shape, 1, 1) == (filters.shape[1], 1, 1):
        if filters.shape[2:] != (1, 1):
            raise ExportError("has a filter that is larger than its image of one pixel")
        given = at.builder.dense(at.name, value.but(dims=(1, *value.shape)), filters[:, :, 0, 0],
                                 bias)  # fmt: skip
        return given.but(dims=(1, len(filters), 1, 1))
    if len(value.shape) != 3:
        raise ExportError("reads what is no image")
    if filters.shape[1] * at.setting("group", 1) != value.shape[0]:
        raise ExportError(
            f"has filters for {filters.shape[1]} channels in {at.setting('group', 1)} groups, and "
            f"reads {value.shape[0]} channels"
        )
    reach = tuple(d * (k - 1) + 1 for d, k in zip(dilation, filters.shape[2:], strict=True))
    pads = _padding(at, value, (reach[0], reach[1]), stride)
    settings: dict[str, Any] = {
        "stride": stride, "bias": False if bias is None else 0.0, "groups": at.setting("group", 1),
        "dilation": dilation,
    }  # fmt: skip
    made = (len(filters), filters.shape[2:])
    same = Conv2D(*made, padding="same", **settings)
    alike = _alike(pads, value.shape[1:], (reach[0], reach[1]), stride)
    if alike is None and same.pads(value.shape) != pads:
        raise ExportError(f"pads by {pads}; both sides must have as many, or be 'same'")
    layer = same if alike is None else Conv2D(*made, padding=alike, **settings)
    if alike == (0, 0):
        layer = Conv2D(*made, **settings)
    return at.builder.windows(at.name, value.but(pads=None), layer, arrays)


def _unpadded(at: At) -> Value:
    """Return the settled input, with the pads that it has."""
    value = at.value()
    if value.pads is None:
        return at.settled()
    return value  # was settled before it was padded


def pool(kind: type[MaxPool2D] | type[AveragePool2D], at: At) -> Value:
    """Return what MaxPool or AveragePool gives."""
    value = _unpadded(at)
    window, stride = at.pair("kernel_shape", 0), at.pair("strides", 1)
    if min(window) < 1 or min(stride) < 1 or len(value.shape) != 3:
        raise ExportError("has no window for what it reads")
    if value.pads is not None and kind is MaxPool2D:
        raise ExportError("reads an image padded with zeros, where a pool pads with nothing")
    if at.pair("dilations", 1) != (1, 1) or at.setting("storage_order", 0):
        raise ExportError("has dilations or a storage order, which no layer here has")
    pads = _padding(at, value, window, stride)
    inside = sum(at.setting("pads", [0])) or at.setting("auto_pad", "NOTSET").startswith("SAME")
    if kind is AveragePool2D and inside and not at.setting("count_include_pad", 0):
        raise ExportError("leaves padding out of its means (count_include_pad=0)")
    alike = _alike(pads, value.shape[1:], window, stride)
    rest = [
        (size + sum(pad) - tap) % step
        for size, pad, tap, step in zip(value.shape[1:], pads, window, stride, strict=True)
    ]
    if alike is None or (at.setting("ceil_mode", 0) and any(rest)):
        raise ExportError(f"pads by {pads} or rounds up, which no layer here does")
    return at.builder.windows(at.name, value.but(pads=None), kind(window, stride, alike))


def pad(at: At) -> Value:
    """Return what Pad gives: the next convolution or pool pads."""
    value = at.settled()
    pads = at.whole("pads", 1, None) or []
    filled = at.setting("value", 0.0) if not at.has(2) else at.constant(2).ravel()[0]
    is_plain = at.setting("mode", "constant") == "constant" and filled == 0 and not at.has(3)
    if not is_plain or len(value.dims) != 4 or len(pads) != 8 or value.order is not None:
        raise ExportError("pads with something else than zeros, or what is no image")
    if [*pads[:2], *pads[4:6]] != [0, 0, 0, 0] or min(pads) < 0:
        raise ExportError("pads channels, or cuts the image")
    return value.but(pads=((pads[2], pads[6]), (pads[3], pads[7])))


def over_plane(layer: Layer) -> Operator:
    """Return what reads GlobalAveragePool and GlobalMaxPool."""

    def make(at: At) -> Value:
        value = at.settled()
        if len(value.shape) == 1 and set(value.dims[2:]) <= {1}:
            return value
        return at.builder.over_planes(at.name, value, layer, range(2, len(value.dims)), keep=True)

    return make


def over_axes(layer: Layer) -> Operator:
    """Return what reads ReduceMean and ReduceMax."""

    def make(at: At) -> Value:
        value = at.settled()
        axes = at.whole("axes", 1, None)
        if not axes:
            raise ExportError("makes one number of all axes")
        keep = bool(at.setting("keepdims", 1))
        return at.builder.over_planes(at.name, value, layer, axes, keep=keep)

    return make
