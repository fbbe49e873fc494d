"""The driver: one section of a batch through a plan's program, without the GIL.

Compiled once for all networks. It knows how images enter a chunk and how a loss leaves it; what
happens between is the plan's ops, each a call through its kernel's address.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from pellucid.kernels import cross_entropy
from pellucid.kernels.compile import compile_function
from pellucid.kernels.dense import transpose
from pellucid.kernels.plan import OP_WIDTH, Plan
from pellucid.kernels.randomize import image_key, randomize
from pellucid.kernels.softmax import softmax
from pellucid.kernels.vector import LANES

__all__ = ["layout_of", "run_ops", "run_section"]


@functools.lru_cache(maxsize=32)
def layout_of(plan: Plan) -> Any:
    """Return the places of a plan that the driver needs, as it unpacks them."""
    image, gradient = plan.image, plan.image_gradient or plan.image
    assert image.column == LANES
    numbers = [
        *plan.sums, image.start, image.channel, image.row, *image.shape, plan.logits.start,
        plan.delta.start, plan.network.classes, plan.staging, int(plan.image_gradient is not None),
        gradient.start, gradient.channel, gradient.row,
    ]  # fmt: skip
    return np.array(numbers, dtype=np.int64)


@compile_function
def run_section(
    begin: Any, forward: Any, backward: Any, end: Any, layout: Any, arena: Any, parameters: Any,
    gradient: Any, images: int, is_float: bool, indices: Any, labels: Any, weights: Any,
    ranges: Any, seed: int, identities: Any, eps: float, probabilities: Any,
    is_raw: bool, image_gradients: Any,
) -> tuple[float, int]:  # fmt: skip
    """Run one section; return the weighted sum of its losses and how many images were right.

    Parameters
    ----------
    begin, forward, backward, end : ndarray of shape (ops, OP_WIDTH), int64
        The plan's ops. Without backward ops nothing but loss and probabilities is computed.
    layout : ndarray of int64
        From :func:`layout_of`.
    arena, parameters, gradient : ndarray of float32
        The worker's memory, the parameters, and where their gradient, summed over the section,
        is written.
    images : int
        Address of the images, (n, C, H, W) in one piece: uint8, or float32 where ``is_float``.
    indices, labels : ndarray of int64
        Which images, and the class of each.
    weights : ndarray of float64
        What each image counts.
    ranges : ndarray of float64
        The augmentation's ranges, or empty for none.
    seed, identities : int, ndarray of shape (n, 2), int64
        What randomizing is keyed by: the seed, and each image's pass and number in it.
    eps : float
        The probability of the label is held in [eps, 1 - eps].
    probabilities : ndarray of shape (n, classes), float32
        Filled unless it is empty; with the logits where ``is_raw``.
    image_gradients : ndarray of shape (n, C, H, W), float32
        Filled if the plan computes it.
    """
    sums_start, sums_end, image, image_channel, image_row = (
        layout[0], layout[1], layout[2], layout[3], layout[4]
    )  # fmt: skip
    channels, rows, columns, logits, delta = layout[5], layout[6], layout[7], layout[8], layout[9]
    classes, staging, to_image = layout[10], layout[11], layout[12]
    memory = _pointer(arena)
    theta, d_theta = _pointer(parameters), _pointer(gradient)
    pitch = (columns + LANES - 1) // LANES * LANES
    size = channels * rows * pitch
    framed = staging + LANES * size
    tile = framed + channels * (rows + 3) * (columns + 3)
    arena[sums_start:sums_end] = 0.0
    _run(begin, memory, theta, d_theta)
    loss, correct = 0.0, 0
    for start in range(0, indices.size, LANES):
        count = min(LANES, indices.size - start)
        for lane in range(LANES):
            to = staging + lane * size
            if lane >= count:
                arena[to : to + size] = 0.0
            elif ranges.size == 0:
                _read(memory, images, is_float, indices[start + lane], to, pitch, channels * rows,
                      columns)  # fmt: skip
            else:
                _frame(memory, images, is_float, indices[start + lane], framed, channels, rows,
                       columns)  # fmt: skip
                at = start + lane
                key = image_key(seed, identities[at, 0], identities[at, 1])
                randomize(memory, framed, to, pitch, channels, rows, columns, ranges, key)
        _interleave(memory, staging, size, pitch, image, image_channel, image_row, channels, rows,
                    columns, tile)  # fmt: skip
        _run(forward, memory, theta, d_theta)
        softmax(memory, logits, delta, classes)
        for lane in range(LANES):
            if lane >= count:
                cross_entropy.gradient(memory, delta, lane, 0, classes, 0.0)
                continue
            at = start + lane
            label, weight = labels[at], weights[at]
            loss += weight * cross_entropy.loss(memory, delta, lane, label, classes, eps)
            correct += cross_entropy.predicted(memory, delta, lane, classes) == label
            if probabilities.size:
                source = logits if is_raw else delta
                for k in range(classes):
                    probabilities[at, k] = memory[source + k * LANES + lane]
            cross_entropy.gradient(memory, delta, lane, label, classes, weight)
        _run(backward, memory, theta, d_theta)
        if to_image:
            _write_images(memory, layout[13], layout[14], layout[15], image_gradients, start, count)
    _run(end, memory, theta, d_theta)
    return loss, correct


@compile_function
def run_ops(ops: Any, arena: Any, parameters: Any, gradient: Any) -> None:
    """Call the kernels of some ops, in order, on arrays."""
    _run(ops, _pointer(arena), _pointer(parameters), _pointer(gradient))


@compile_function
def _run(ops: Any, arena: Any, parameters: Any, gradient: Any) -> None:
    """Call the kernels of some ops, in order."""
    for i in range(ops.shape[0]):
        _call(_pointer(ops), i * OP_WIDTH, arena, parameters, gradient)


@compile_function
def _read(
    arena: Any, images: int, is_float: bool, index: int, to: int, pitch: int, rows: int,
    columns: int,
) -> None:  # fmt: skip
    """Copy one image to ``to``, ``pitch`` floats a row; bytes become 0 to 1."""
    first = index * rows * columns
    for y in range(rows):
        if is_float:
            floats = _floats_at(images)
            for x in range(columns):
                arena[to + y * pitch + x] = floats[first + y * columns + x]
        else:
            pixels = _bytes_at(images)
            for x in range(columns):
                value = np.float32(pixels[first + y * columns + x])
                arena[to + y * pitch + x] = value * np.float32(1.0 / 255.0)


@compile_function
def _frame(
    arena: Any, images: int, is_float: bool, index: int, framed: int, channels: int, rows: int,
    columns: int,
) -> None:  # fmt: skip
    """Copy one image into its frame: zeros one row and column before it, two after."""
    pitch, plane = columns + 3, (rows + 3) * (columns + 3)
    for at in range(framed, framed + channels * plane):
        arena[at] = np.float32(0.0)
    for c in range(channels):
        inside = framed + c * plane + pitch + 1
        _read(arena, images, is_float, index * channels + c, inside, pitch, rows, columns)


@compile_function
def _interleave(
    arena: Any, staging: int, size: int, pitch: int, image: int, image_channel: int,
    image_row: int, channels: int, rows: int, columns: int, tile: int,
) -> None:  # fmt: skip
    """Bring the chunk's images side by side: ``image[c, y, x, lane] = staging[lane, c, y, x]``."""
    for c in range(channels):
        for y in range(rows):
            source, to = staging + (c * rows + y) * pitch, image + c * image_channel + y * image_row
            for x in range(0, columns, LANES):
                if columns - x >= LANES:
                    transpose(arena, source + x, size, to + x * LANES)
                else:
                    transpose(arena, source + x, size, tile)
                    for at in range((columns - x) * LANES):
                        arena[to + x * LANES + at] = arena[tile + at]


@compile_function
def _write_images(
    arena: Any, place: int, channel: int, row: int, images: Any, start: int, count: int
) -> None:
    """Copy a chunk's image gradients out of the arena."""
    for lane in range(count):
        for c in range(images.shape[1]):
            for y in range(images.shape[2]):
                for x in range(images.shape[3]):
                    at = place + c * channel + y * row + x * LANES + lane
                    images[start + lane, c, y, x] = arena[at]


@intrinsic
def _pointer(typingctx: Any, array: Any) -> Any:
    """Return the address of an array's first element."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return context.make_array(sig.args[0])(context, builder, args[0]).data

    return types.CPointer(array.dtype)(array), codegen


@intrinsic
def _bytes_at(typingctx: Any, address: Any) -> Any:
    """Return an address as that of bytes."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], ir.IntType(8).as_pointer())

    return types.CPointer(types.uint8)(types.int64), codegen


@intrinsic
def _floats_at(typingctx: Any, address: Any) -> Any:
    """Return an address as that of floats."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], ir.FloatType().as_pointer())

    return types.CPointer(types.float32)(types.int64), codegen


@intrinsic
def _call(typingctx: Any, ops: Any, index: Any, arena: Any, parameters: Any, gradient: Any) -> Any:
    """Call the kernel whose address is ``ops[index]`` with the fields that follow it."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        ops, index, *memory = args
        op = builder.gep(ops, [index])
        fields = builder.gep(op, [ir.Constant(ir.IntType(64), 1)])
        floats = ir.FloatType().as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(64).as_pointer(), *[floats] * 3])
        builder.call(builder.inttoptr(builder.load(op), kind.as_pointer()), [fields, *memory])
        return context.get_dummy_value()

    floats = types.CPointer(types.float32)
    return types.void(types.CPointer(types.int64), types.intp, *[floats] * 3), codegen
