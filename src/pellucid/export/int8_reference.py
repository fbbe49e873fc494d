"""What a model in whole numbers says, computed by NumPy: what its C is held to, bit by bit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pellucid.equations.rules import loss_rules_of
from pellucid.export.int8 import SHIFT, IntStep, Quantized
from pellucid.export.proof import Answer
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

__all__ = ["int8_answer", "int8_logits"]

Whole = NDArray[np.int64]

AT_ONCE = 100
"""Images at a time."""


def int8_answer(model: Quantized, images: NDArray[Any]) -> Answer:
    """Return what a model in whole numbers says of images (n, C, H, W) of its pixels' kind."""
    logits = int8_logits(model, images)
    loss = model.description.model.network.loss
    outputs = loss_rules_of(loss).outputs(loss, logits.astype(np.float64))
    if model.description.kind == "classes":
        return Answer(outputs, logits.argmax(axis=1))
    return Answer(outputs, (logits > 0).astype(np.int64))


def int8_logits(model: Quantized, images: NDArray[Any]) -> NDArray[np.float32]:
    """Return its logits."""
    parts = [
        _logits(model, images[start : start + AT_ONCE]) for start in range(0, len(images), AT_ONCE)
    ]
    return np.concatenate(parts)


def _logits(model: Quantized, images: NDArray[Any]) -> NDArray[np.float32]:
    if model.pixels is not None:
        entered = model.pixels[images].astype(np.int64)
    else:
        unit = model.description.pixels.ready(images).astype(np.float64)
        entered = np.floor(unit * 255 + 0.5).astype(np.int64) - 128
    values: dict[int, Any] = {0: entered}
    for one in model.steps:
        inputs = [values[value] for value in one.step.inputs]
        values[one.step.output] = _given(one, inputs)
    last = model.steps[-1]
    given = values[last.step.output]
    if last.is_last:
        return np.asarray(given, np.float32)
    flat = (given - last.gives.zero).reshape(len(given), -1)
    return np.asarray(flat.astype(np.float32) * np.float32(last.gives.step))


def _given(one: IntStep, inputs: list[Whole]) -> Any:
    layer, x = one.step.layer, inputs[0]
    zero, tables = one.takes[0].zero, one.tables
    if one.is_same:
        return x.reshape(len(x), *one.step.gives)
    if "table" in tables:
        return tables["table"][x + 128].astype(np.int64)
    if isinstance(layer, Conv2D | Dense):
        sums = _convolved(one, x - zero) if isinstance(layer, Conv2D) else _dense(one, x - zero)
        shape = (-1, *[1] * (sums.ndim - 2))
        if one.is_last:
            return sums.astype(np.float32) * tables["scale"].reshape(shape)
        factor, shift = (tables[k].astype(np.int64).reshape(shape) for k in ("factor", "shift"))
        return _held(sums * factor, shift, one.gives.zero)
    if isinstance(layer, MaxPool2D):
        return _windows(x, layer, -128).max(axis=(-2, -1))
    if isinstance(layer, GlobalMaxPool2D):
        return x.max(axis=(2, 3))
    if isinstance(layer, AveragePool2D | GlobalAveragePool2D):
        far = x - zero
        if isinstance(layer, AveragePool2D):
            sums = _windows(far, layer, 0).sum(axis=(-2, -1))
        else:
            sums = far.sum(axis=(2, 3))
        by = int(tables["factor"][0])
        return _held(sums * by, np.int64(tables["shift"][0]), one.gives.zero)
    if isinstance(layer, Add):
        first, second = (
            (value - scale.zero) * int(by)
            for value, scale, by in zip(inputs, one.takes, tables["factor"], strict=True)
        )
        return _held(first + second, np.int64(SHIFT), one.gives.zero)
    assert isinstance(layer, BatchNorm2D | BatchNorm1D)
    shape = (-1, *[1] * (x.ndim - 2))
    factor, b = (tables[k].astype(np.int64).reshape(shape) for k in ("factor", "b"))
    return _held((x - zero) * factor + b, np.int64(SHIFT), one.gives.zero)


def _held(total: Whole, shift: Any, zero: int) -> Whole:
    """Return ``total / 2**shift``, rounded half up, from another zero, and held in 8 bits."""
    rounded = (total + (np.int64(1) << (shift - 1))) >> shift
    return np.asarray(np.clip(rounded + zero, -128, 127))


def _windows(x: Whole, layer: MaxPool2D | AveragePool2D, around: int) -> Whole:
    (py, px), (sy, sx) = layer.pad_pair, layer.stride_pair
    padded = np.pad(x, ((0, 0), (0, 0), (py, py), (px, px)), constant_values=around)
    return sliding_window_view(padded, layer.pool_pair, (2, 3))[:, :, ::sy, ::sx]


def _dense(one: IntStep, far: Whole) -> Whole:
    # Doubles hold these sums exactly, and have a fast product.
    sums = far.astype(np.float64) @ one.tables["w"].astype(np.float64).T
    return np.asarray(sums.astype(np.int64) + one.tables["b"])


def _convolved(one: IntStep, far: Whole) -> Whole:
    layer, weights = one.step.layer, one.tables["w"].astype(np.float64)
    assert isinstance(layer, Conv2D)
    (dy, dx), (sy, sx), groups = layer.dilation_pair, layer.stride_pair, layer.groups
    padded = np.pad(far.astype(np.float64), ((0, 0), (0, 0), *layer.pads(one.step.takes)))
    windows = sliding_window_view(padded, layer.reach, (2, 3))[:, :, ::sy, ::sx, ::dy, ::dx]
    parts = np.split(windows, groups, axis=1)
    sums = [
        np.tensordot(part, own, ((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)
        for part, own in zip(parts, np.split(weights, groups), strict=True)
    ]
    whole = np.concatenate(sums, axis=1).astype(np.int64)
    return np.asarray(whole + one.tables["b"].astype(np.int64)[:, None, None])
