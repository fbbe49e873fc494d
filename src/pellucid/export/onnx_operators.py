"""ONNX's operators as layers, and as what is kept with a value until a layer takes it in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ExportError
from pellucid.export.from_graph import IMAGE
from pellucid.export.graph_values import Value
from pellucid.export.onnx_walk import At, Operator
from pellucid.export.onnx_windows import conv, over_axes, over_plane, pad, pool
from pellucid.network.layers import (
    GELU,
    AveragePool2D,
    BatchNorm1D,
    BatchNorm2D,
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

__all__ = ["OPERATORS"]


def _gemm(at: At) -> Value:
    value, weights = at.settled(0), at.constant(1)
    if at.setting("transA", 0) or weights.ndim != 2:
        raise ExportError("multiplies by what are no weights of a dense layer")
    weights = weights if at.setting("transB", 0) else weights.T
    weights = weights * np.float32(at.setting("alpha", 1.0))
    bias = None
    if at.has(2):
        bias = at.constant(2) * np.float32(at.setting("beta", 1.0))
        if np.broadcast_shapes(bias.shape, (1, len(weights))) != (1, len(weights)):
            raise ExportError(f"has a bias of shape {bias.shape} for {len(weights)} outputs")
        bias = np.broadcast_to(bias, (1, len(weights)))[0]
    return _to_row(at, value, weights, bias)


def _matmul(at: At) -> Value:
    value, weights = at.settled(0), at.constant(1)
    if weights.ndim != 2:
        raise ExportError("multiplies by what are no weights of a dense layer")
    return _to_row(at, value, weights.T, None)


def _to_row(at: At, value: Value, weights: NDArray[Any], bias: NDArray[Any] | None) -> Value:
    if len(value.dims) != 2:
        raise ExportError("multiplies an image, not a row of numbers; flatten it before")
    return at.builder.dense(at.name, value, weights, bias)


def _of_channels(at: At, value: Value, place: int) -> NDArray[Any]:
    """Return a constant with one number for each channel, in the order of the piece's."""
    constant = at.constant(place)
    channels = value.dims[1] if len(value.dims) > 1 else 0
    if constant.shape != (channels,):
        raise ExportError(f"has {constant.shape} numbers for {channels} channels")
    if len(value.shape) == 3:
        if value.dims != (1, *value.shape) or value.order is not None:
            raise ExportError("normalizes what are no channels of an image")
        return constant
    own = np.empty_like(constant)
    own[slice(None) if value.order is None else value.order] = constant
    return own


def _batch_norm(at: At) -> Value:
    value = at.settled()
    if at.setting("training_mode", 0) or at.setting("is_test", 1) == 0 or any(at.node.output[1:]):
        raise ExportError("is written to be trained; export the module after eval()")
    if len(value.dims) == 2 or len(value.shape) == 1:
        value = at.builder.flat(at.name, value)
    arrays = {letter: _of_channels(at, value, k) for k, letter in enumerate("gbmv", start=1)}
    if (arrays["v"] < 0).any():
        raise ExportError("has variances below 0")
    kind = BatchNorm2D if len(value.shape) == 3 else BatchNorm1D
    return at.builder.add(at.name, value, kind(0.1, at.setting("epsilon", 1e-5)), arrays)


def _instance_norm(at: At) -> Value:
    value, g, b = at.settled(), at.constant(1), at.constant(2)
    groups = value.dims[1] if len(value.dims) > 2 else 0
    if value.order is not None or g.shape != (groups,) or b.shape != (groups,):
        raise ExportError("normalizes what are no channels of an image, nor groups of them")
    if not groups or value.shape[0] % groups:
        raise ExportError(f"cuts {value.shape[0]} channels into {groups} groups")
    each = value.shape[0] // groups
    arrays = {"g": np.repeat(g, each), "b": np.repeat(b, each)}
    layer = GroupNorm(groups, at.setting("epsilon", 1e-5))
    return at.builder.add(at.name, value, layer, arrays)


def _group_norm(at: At) -> Value:
    value = at.settled()
    if value.order is not None or value.dims != (1, *value.shape):
        raise ExportError("normalizes what are no channels of an image")
    arrays = {"g": _of_channels(at, value, 1), "b": _of_channels(at, value, 2)}
    layer = GroupNorm(at.setting("num_groups", 1), at.setting("epsilon", 1e-5))
    return at.builder.add(at.name, value, layer, arrays)


def _each(layer: Layer) -> Operator:
    return lambda at: at.builder.add(at.name, at.settled(), layer)


def _leaky(at: At) -> Value:
    return at.builder.add(at.name, at.settled(), LeakyReLU(at.setting("alpha", 0.01)))


def _gelu(at: At) -> Value:
    if at.setting("approximate", "none") != "none":
        raise ExportError("is GELU by tanh; the exact one can be taken")
    return at.builder.add(at.name, at.settled(), GELU())


def _clip(at: At) -> Value:
    ends = [
        at.setting(name, None) if not at.has(place) else float(at.constant(place).ravel()[0])
        for place, name in ((1, "min"), (2, "max"))
    ]
    low, high = (default if end is None else end for end, default in
                 zip(ends, (-math.inf, math.inf), strict=True))  # fmt: skip
    if (low, high) == (0.0, 1.0):
        return at.builder.to_unit(at.value())
    if low == 0 and high > 1e30:
        return at.builder.add(at.name, at.settled(), ReLU())
    what = "ReLU6" if (low, high) == (0.0, 6.0) else f"holds values from {low:g} to {high:g}"
    raise ExportError(f"({what}) is what no layer here does; train it with ReLU")


def _plus(sign: float, at: At) -> Value:
    builder = at.builder
    if at.is_value(0) and at.is_value(1):
        if sign < 0:
            raise ExportError("takes one value from another, which no layer here does")
        return builder.total(at.name, at.settled(0), at.settled(1))
    place = 0 if at.is_value(0) else 1
    value = at.value(place)
    _need_plain(value)
    affine, numbers = builder.affine(value), builder.spread(value, at.constant(1 - place))
    if sign > 0:
        return value.but(affine=affine.plus(numbers))
    if place == 0:
        return value.but(affine=affine.minus(numbers))
    return value.but(affine=affine.times(-np.ones_like(numbers)).plus(numbers))


def _mul(at: At) -> Value:
    if at.is_value(0) and at.is_value(1):
        return _curve(at, at.value(0), at.value(1))
    place = 0 if at.is_value(0) else 1
    value = at.value(place)
    _need_plain(value)
    numbers = at.builder.spread(value, at.constant(1 - place))
    return value.but(affine=at.builder.affine(value).times(numbers))


def _div(at: At) -> Value:
    if not at.is_value(0) or at.is_value(1):
        raise ExportError("divides by a value, which no layer here does")
    value = at.value()
    _need_plain(value)
    numbers = at.builder.spread(value, at.constant(1))
    if (numbers == 0).any():
        raise ExportError("divides by 0")
    return value.but(affine=at.builder.affine(value).times(1 / numbers))


def _need_plain(value: Value) -> None:
    if value.end:
        raise ExportError(f"reads a {value.end}, which only comes last here")


def _curve(at: At, first: Value, second: Value) -> Value:
    """Return what a value makes with its own sigmoid or error function: SiLU and GELU."""
    for x, share in ((first, second), (second, first)):
        of = share.erf_of
        if of is not None and of.piece == x.piece and (of.dims, x.erf_of) == (x.dims, None):
            own, inner, outer = (_uniform(v) for v in (x, of, share))
            exact = (
                own[1] == 0 and inner[1] == 0 and abs(inner[0] - math.sqrt(0.5)) < 1e-6
                and outer[0] == outer[1] != 0
            )  # fmt: skip
            if exact:
                plain = at.builder.settled(at.name, x.but(affine=None))
                curve = at.builder.add(at.name, plain, GELU())
                factor = np.full(math.prod(x.dims), 2 * own[0] * outer[0])
                if abs(factor[0] - 1) < 1e-6:
                    return curve
                return curve.but(affine=at.builder.affine(curve).times(factor))
        piece = at.builder.pieces.get(share.piece)
        is_plain = x.affine is None and share.affine is None and x.dims == share.dims
        is_own = piece is not None and piece.inputs == (x.piece,) and is_plain
        if is_own and piece is not None and isinstance(piece.layer, Sigmoid):
            return at.builder.add(at.name, at.builder.settled(at.name, x), SiLU())
    raise ExportError("multiplies two values, which no layer here does but SiLU and GELU")


def _uniform(value: Value) -> tuple[float, float]:
    """Return scale and shift where they are the same for all numbers."""
    affine = value.affine
    if affine is None:
        return 1.0, 0.0
    offset = affine.shift - affine.mean * affine.scale
    if np.ptp(affine.scale) or np.ptp(offset):
        return math.nan, math.nan
    return float(affine.scale[0]), float(offset[0])


def _erf(at: At) -> Value:
    value = at.value()
    if value.affine is None or value.erf_of is not None:
        raise ExportError("is an error function that is no part of GELU")
    # The value without its scale is the one that GELU reads.
    return value.but(affine=None, erf_of=value)


def _softmax(at: At) -> Value:
    value = at.settled()
    axis = at.setting("axis", 1 if at.walk.graph.opset < 13 else -1) % max(1, len(value.dims))
    if value.dims[axis] != math.prod(value.dims):
        raise ExportError("is a softmax over something else than the classes")
    return value.but(end="softmax" if at.node.op_type == "Softmax" else "log softmax")


def _reshape(at: At) -> Value:
    value = at.value()
    _need_whole(value)
    wanted = at.whole("shape", 1, None) or []
    if len(wanted) > 8:
        raise ExportError("makes more than eight axes")
    batch = at.walk.graph.dims[0]
    if wanted and batch is not None and batch > 1 and wanted[0] == batch:
        wanted[0] = 1
    if not at.setting("allowzero", 0):
        wanted = [
            value.dims[k] if side == 0 and k < len(value.dims) else side
            for k, side in enumerate(wanted)
        ]
    if wanted.count(-1) == 1:
        known = math.prod(side for side in wanted if side != -1)
        rest, left = divmod(math.prod(value.dims), known) if known > 0 else (0, 1)
        wanted = [rest if side == -1 and not left else side for side in wanted]
    return at.builder.reshaped(_laid_out(at, value, wanted), wanted)


def _laid_out(at: At, value: Value, dims: Sequence[int]) -> Value:
    """Return a value that is to have other axes: a row is a Flatten; an image is what it was."""
    if value.end or len(value.dims) < 3 or len(dims) > 3:
        return value
    is_image = value.piece == IMAGE and not value.is_entered
    if len(dims) == 2 or is_image:
        value = at.builder.settled(at.name, value, as_it_is=value.order is not None)
    return at.builder.flat(at.name, value) if len(dims) == 2 else value


def _flatten(at: At) -> Value:
    value = at.value()
    _need_whole(value)
    axis = at.setting("axis", 1)
    if axis % len(value.dims) != 1:
        raise ExportError("flattens some axes alone")
    dims = 1, math.prod(value.dims)
    return at.builder.reshaped(_laid_out(at, value, dims), dims)


def _squeeze(at: At) -> Value:
    value = at.value()
    _need_whole(value)
    axes = at.whole("axes", 1, None)
    if axes is None:
        raise ExportError("takes away all axes of one number, the images' too")
    taken = {axis % len(value.dims) for axis in axes}
    left = [side for axis, side in enumerate(value.dims) if axis not in taken]
    return at.builder.reshaped(value, left)


def _unsqueeze(at: At) -> Value:
    value = at.value()
    _need_whole(value)
    axes = at.whole("axes", 1, None) or []
    rank = len(value.dims) + len(axes)
    new = {axis % rank for axis in axes}
    own = iter(value.dims)
    if rank > 8 or len(new) != len(axes):
        raise ExportError("makes axes that can't be")
    return at.builder.reshaped(value, [1 if axis in new else next(own) for axis in range(rank)])


def _transpose(at: At) -> Value:
    value = at.value()
    _need_whole(value)
    axes = at.setting("perm", None) or list(reversed(range(len(value.dims))))
    return at.builder.transposed(value, axes)


def _need_whole(value: Value) -> None:
    if value.pads is not None or value.erf_of is not None:
        raise ExportError("moves numbers between a padding or an error function and what reads it")


def _cast(at: At) -> Value:
    from onnx import TensorProto

    floats = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16)
    if at.setting("to", None) not in floats:
        raise ExportError("makes whole numbers of values, which no layer here does")
    return at.value()


def _dropout(at: At) -> Value:
    if at.has(2) and at.constant(2).any():
        raise ExportError("is written to be trained; export the module after eval()")
    return at.value()


def _sum(at: At) -> Value:
    if len(at.node.input) != 2:
        raise ExportError("adds more than two values; write it as several sums")
    return _plus(1.0, at)


OPERATORS: dict[str, Operator] = {
    "Conv": conv,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "BatchNormalization": _batch_norm,
    "InstanceNormalization": _instance_norm,
    "GroupNormalization": _group_norm,
    "MaxPool": lambda at: pool(MaxPool2D, at),
    "AveragePool": lambda at: pool(AveragePool2D, at),
    "GlobalAveragePool": over_plane(GlobalAveragePool2D()),
    "GlobalMaxPool": over_plane(GlobalMaxPool2D()),
    "ReduceMean": over_axes(GlobalAveragePool2D()),
    "ReduceMax": over_axes(GlobalMaxPool2D()),
    "Pad": pad,
    "Relu": _each(ReLU()),
    "LeakyRelu": _leaky,
    "Sigmoid": _each(Sigmoid()),
    "Tanh": _each(Tanh()),
    "Gelu": _gelu,
    "Erf": _erf,
    "Clip": _clip,
    "Add": lambda at: _plus(1.0, at),
    "Sub": lambda at: _plus(-1.0, at),
    "Sum": _sum,
    "Mul": _mul,
    "Div": _div,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Transpose": _transpose,
    "Cast": _cast,
    "Dropout": _dropout,
    "Identity": lambda at: at.value(),
}
"""What reads each operator."""
