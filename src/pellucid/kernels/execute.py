"""The driver: one section of a batch through a plan's program, without the GIL.

Compiled once for all networks. It knows how images enter a chunk and how a loss leaves it; what
happens between is the plan's ops, each a call through its kernel's address.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from pellucid.kernels.compiling.addresses import bytes_at, call, floats_at, pointer
from pellucid.kernels.compiling.compile import compile_function, compile_part
from pellucid.kernels.compiling.emit import transpose
from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.entering import enter
from pellucid.kernels.entering.enter import FIELDS, LEAVING
from pellucid.kernels.loss import cross_entropy
from pellucid.kernels.loss.softmax import softmax
from pellucid.kernels.program.arena import IS_FIRST
from pellucid.kernels.program.draft import Plan
from pellucid.kernels.program.ops import OP_WIDTH

__all__ = ["enter_op", "layout_of", "leave_op", "run_one_by_one", "run_ops", "run_section"]


INDEX, TO, PASS, NUMBER = (
    1 + FIELDS.index(name) for name in ("index", "to", "pass_number", "number")
)
START, COUNT = (1 + LEAVING.index(n) for n in ("start", "count"))
"""What the driver writes into the ops of images that enter and gradients that leave."""


@functools.lru_cache(maxsize=32)
def layout_of(plan: Plan) -> Any:
    """Return the places of a plan that the driver needs, as it unpacks them."""
    image = plan.image
    assert image.column == LANES
    staging = plan.staging
    numbers = [
        *plan.sums, image.start, image.channel, image.row, *image.shape, plan.logits.start,
        plan.delta.start, plan.network.classes, staging.start, staging.pitch, staging.tile,
    ]  # fmt: skip
    return np.array(numbers, dtype=np.int64)


def enter_op(plan: Plan, images: int, is_float: bool, ranges: Any, seed: int) -> Any:
    """Return the op that brings an image into the arena.

    Parameters
    ----------
    plan : Plan
        Where images go.
    images : int
        Address of the images, (n, C, H, W) in one piece: uint8, or float32 where ``is_float``.
    ranges : ndarray of float64 or None
        The augmentation's ranges, which must outlive the op; None leaves images as they are.
    seed : int
        What randomizing is keyed by.
    """
    kernel = enter.read() if ranges is None else enter.randomize()
    where = 0 if ranges is None else ranges.ctypes.data
    numbers = [
        kernel.address, images, is_float, 0, 0, plan.staging.pitch, *plan.image.shape,
        plan.staging.framed, where, seed, 0, 0,
    ]  # fmt: skip
    return np.array(numbers, dtype=np.int64)


def leave_op(plan: Plan, images: int | None) -> Any:
    """Return the op that copies image gradients to an address, or no op."""
    view = plan.image_gradient
    if images is None or view is None:
        return np.zeros(0, dtype=np.int64)
    numbers = [
        enter.leave().address, images, 0, 0, *view.shape, view.start, view.channel, view.row
    ]  # fmt: skip
    return np.array(numbers, dtype=np.int64)


@compile_function
def run_section(
    begin: Any, forward: Any, backward: Any, end: Any, layout: Any, arena: Any, parameters: Any,
    gradient: Any, entering: Any, leaving: Any, indices: Any, labels: Any, weights: Any,
    identities: Any, eps: float, probabilities: Any, is_raw: bool,
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
    entering, leaving : ndarray of int64
        From :func:`enter_op` and :func:`leave_op`; changed here.
    indices, labels : ndarray of int64
        Which images, and the class of each.
    weights : ndarray of float64
        What each image counts.
    identities : ndarray of shape (n, 2), int64
        What randomizing is keyed by, beside the seed: each image's pass and number in it.
    eps : float
        The probability of the label is held in [eps, 1 - eps].
    probabilities : ndarray of shape (n, classes), float32
        Filled unless it is empty; with the logits where ``is_raw``.
    """
    sums_start, sums_end, image, image_channel, image_row = (
        layout[0], layout[1], layout[2], layout[3], layout[4]
    )  # fmt: skip
    channels, rows, columns, logits, delta = layout[5], layout[6], layout[7], layout[8], layout[9]
    classes, staging, pitch, tile = layout[10], layout[11], layout[12], layout[13]
    memory = pointer(arena)
    theta, d_theta = pointer(parameters), pointer(gradient)
    size = channels * rows * pitch
    if indices.size == 0:  # No chunk begins the sums.
        gradient[:] = 0.0
        return 0.0, 0
    arena[sums_start:sums_end] = 0.0
    _run(begin, memory, theta, d_theta)
    loss, correct = 0.0, 0
    for start in range(0, indices.size, LANES):
        arena[IS_FIRST] = start == 0
        count = min(LANES, indices.size - start)
        for lane in range(LANES):
            to = staging + lane * size
            if lane >= count:
                arena[to : to + size] = 0.0
                continue
            at = start + lane
            entering[INDEX], entering[TO] = indices[at], to
            entering[PASS], entering[NUMBER] = identities[at, 0], identities[at, 1]
            call(pointer(entering), 0, memory, theta, d_theta)
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
        if leaving.size:
            leaving[START], leaving[COUNT] = start, count
            call(pointer(leaving), 0, memory, theta, d_theta)
    _run(end, memory, theta, d_theta)
    return loss, correct


@compile_function
def run_one_by_one(
    begin: Any, forward: Any, layout: Any, arena: Any, parameters: Any, packed: Any, images: int,
    is_float: bool, indices: Any, labels: Any, weights: Any, eps: float, probabilities: Any,
    is_raw: bool,
) -> tuple[float, int]:  # fmt: skip
    """Run a few images, each on its own; return what :func:`run_section` does.

    Parameters
    ----------
    begin, forward, layout : ndarray of int64
        Those of a :class:`~pellucid.kernels.plan_one_image.OneImagePlan`; the others are as above.
    packed : ndarray of float32
        The parameters that the arena's filters were packed from; changed here.
    """
    image, image_row, pixel, channels, rows, columns = (
        layout[0], layout[1], layout[2], layout[3], layout[4], layout[5]
    )  # fmt: skip
    flat, classes, logits, probs = layout[6], layout[7], layout[8], layout[9]
    memory, theta = pointer(arena), pointer(parameters)
    if _differ(parameters.view(np.int32), packed.view(np.int32)):
        _run(begin, memory, theta, memory)
        packed[:] = parameters
    loss, correct = 0.0, 0
    for at in range(indices.size):
        for c in range(channels):
            first = indices[at] * channels + c
            _read_pixels(memory, images, is_float, first, image + c, image_row, pixel, rows,
                         columns)  # fmt: skip
        _run(forward, memory, theta, memory)
        for k in range(classes):
            arena[logits + k * LANES] = arena[flat + k]
        softmax(memory, logits, probs, classes)
        loss += weights[at] * cross_entropy.loss(memory, probs, 0, labels[at], classes, eps)
        correct += cross_entropy.predicted(memory, probs, 0, classes) == labels[at]
        if probabilities.size:
            source = logits if is_raw else probs
            for k in range(classes):
                probabilities[at, k] = arena[source + k * LANES]
    return loss, correct


@compile_function
def run_ops(ops: Any, arena: Any, parameters: Any, gradient: Any) -> None:
    """Call the kernels of some ops, in order, on arrays."""
    _run(ops, pointer(arena), pointer(parameters), pointer(gradient))


@compile_part
def _run(ops: Any, arena: Any, parameters: Any, gradient: Any) -> None:
    """Call the kernels of some ops, in order."""
    for i in range(ops.shape[0]):
        call(pointer(ops), i * OP_WIDTH, arena, parameters, gradient)


@compile_part
def _differ(a: Any, b: Any) -> bool:
    """Whether two arrays differ in any bit: compared to the end, which goes by vectors."""
    difference = np.int32(0)
    for i in range(a.size):
        difference |= a[i] ^ b[i]
    return bool(difference != 0)


@compile_part
def _read_pixels(
    arena: Any, images: int, is_float: bool, index: int, to: int, row: int, pixel: int, rows: int,
    columns: int,
) -> None:  # fmt: skip
    """Copy one channel of an image to ``to``, ``pixel`` floats from one to the next."""
    first = index * rows * columns
    for y in range(rows):
        for x in range(columns):
            at = first + y * columns + x
            if is_float:
                value = floats_at(images)[at]
            else:
                value = np.float32(bytes_at(images)[at]) * np.float32(1.0 / 255.0)
            arena[to + y * row + x * pixel] = value


@compile_part
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
                    transpose(arena, source + x, size, arena, to + x * LANES, LANES)
                else:
                    transpose(arena, source + x, size, arena, tile, LANES)
                    for at in range((columns - x) * LANES):
                        arena[to + x * LANES + at] = arena[tile + at]
