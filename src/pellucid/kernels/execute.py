"""The driver: one section of a batch through a plan's program, without the GIL.

Compiled once for all networks. It knows how images enter a chunk; all that happens then is ops of
the plan, the loss among them, each a call through its kernel's address.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from pellucid.kernels.compiling.addresses import bytes_at, call, floats_at, pointer, words_of
from pellucid.kernels.compiling.compile import compile_function, compile_part
from pellucid.kernels.compiling.emit import transpose
from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.entering import enter
from pellucid.kernels.entering.enter import FIELDS, LEAVING
from pellucid.kernels.entering.randomize import image_key
from pellucid.kernels.program.arena import IS_FIRST, KEYS
from pellucid.kernels.program.draft import Plan
from pellucid.kernels.program.loss import FIELDS as LOSS_FIELDS
from pellucid.kernels.program.ops import OP_WIDTH

__all__ = [
    "CHUNKS_TOGETHER",
    "LOSS_COUNT",
    "LOSS_START",
    "SUMS_END",
    "SUMS_START",
    "TOTALS",
    "aim_loss",
    "call_ops",
    "carry",
    "enter_chunk",
    "enter_op",
    "layout_of",
    "leave_op",
    "put_totals",
    "run_one_by_one",
    "run_ops",
    "run_section",
]


INDEX, TO, SEED, PASS, NUMBER = (
    1 + FIELDS.index(name) for name in ("index", "to", "seed", "pass_number", "number")
)
FIRST, COUNT = (1 + LEAVING.index(name) for name in ("start", "count"))
"""What the driver writes into the ops of images that enter and gradients that leave."""

LOSS_START, LOSS_COUNT, TARGETS, WEIGHTS, OUTPUTS, IS_RAW, RESULTS = (
    1 + LOSS_FIELDS.index(name)
    for name in ("start", "count", "targets", "weights", "outputs", "is_raw", "results")
)
"""What it writes into the op of the loss."""

(
    SUMS_START, SUMS_END, TOTALS, IMAGE, IMAGE_CHANNEL, IMAGE_ROW, CHANNELS, ROWS, COLUMNS,
    STAGING, PITCH, TILE,
) = range(12)  # fmt: skip
"""Where a layout holds what."""

SEED_RANGES = 10
"""Numbers that describe the founding document's four steps."""

CHUNKS_TOGETHER = 64
"""Chunks that are added up one after another; sums of so many are added up then, and lose less."""


@functools.lru_cache(maxsize=32)
def layout_of(plan: Plan) -> Any:
    """Return the places of a plan that the driver needs."""
    image, staging = plan.image, plan.staging
    assert image.column == LANES
    layout = np.zeros(12, dtype=np.int64)
    layout[[SUMS_START, SUMS_END]] = plan.sums
    layout[TOTALS] = plan.totals
    layout[[IMAGE, IMAGE_CHANNEL, IMAGE_ROW]] = image.start, image.channel, image.row
    layout[[CHANNELS, ROWS, COLUMNS]] = image.shape
    layout[[STAGING, PITCH, TILE]] = staging.start, staging.pitch, staging.tile
    return layout


def enter_op(plan: Plan, images: int, is_float: bool, ranges: Any, seed: int) -> Any:
    """Return the op that brings an image into the arena.

    Parameters
    ----------
    plan : Plan
        Where images go.
    images : int
        Address of the images, (n, C, H, W) in one piece: uint8, or float32 where ``is_float``.
    ranges : ndarray of float64 or None
        The augmentation's ranges, which must outlive the op; None leaves images as they are. Ten
        numbers are those of the four steps alone.
    seed : int
        What randomizing and dropout are keyed by.
    """
    if ranges is None:
        kernel = enter.read()
    else:
        kernel = enter.randomize() if len(ranges) == SEED_RANGES else enter.randomize_photo()
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
    gradient: Any, entering: Any, leaving: Any, losing: Any, indices: Any, targets: int,
    weights: Any, identities: Any, outputs: Any, is_raw: bool,
) -> tuple[float, float]:  # fmt: skip
    """Run one section; return the weighted sum of its losses, and what the loss measures beside it.

    Parameters
    ----------
    begin, forward, backward, end : ndarray of shape (ops, OP_WIDTH), int64
        The plan's ops. Without backward ops nothing but loss and outputs is computed.
    layout : ndarray of int64
        From :func:`layout_of`.
    arena, parameters, gradient : ndarray of float32
        The worker's memory, the parameters, and where their gradient, summed over the section,
        is written.
    entering, leaving, losing : ndarray of int64
        From :func:`enter_op` and :func:`leave_op`, and the plan's loss; changed here.
    indices : ndarray of int64
        Which images.
    targets : int
        Address of what each is held to: its class, int64, or float32 in columns.
    weights : ndarray of float64
        What each image counts.
    identities : ndarray of shape (n, 2), int64
        What randomizing and dropout are keyed by, beside the seed: each image's pass and number.
    outputs : ndarray of shape (n, outputs), float32
        Filled unless it is empty; with the logits where ``is_raw``.
    """
    memory = pointer(arena)
    theta, d_theta = pointer(parameters), pointer(gradient)
    if indices.size == 0:  # No chunk begins the sums.
        gradient[:] = 0.0
        return 0.0, 0.0
    results = np.zeros(2)
    aim_loss(losing, targets, weights, outputs, is_raw, results)
    arena[layout[SUMS_START] : layout[SUMS_END]] = 0.0
    call_ops(begin, memory, theta, d_theta)
    together = CHUNKS_TOGETHER * LANES
    for start in range(0, indices.size, LANES):
        arena[IS_FIRST] = start == 0
        if start > 0 and start % together == 0:
            carry(arena, layout, start == together)
        count = min(LANES, indices.size - start)
        enter_chunk(entering, indices, identities, start, count, arena, layout, theta, d_theta)
        call_ops(forward, memory, theta, d_theta)
        losing[LOSS_START], losing[LOSS_COUNT] = start, count
        call(pointer(losing), 0, memory, theta, d_theta)
        call_ops(backward, memory, theta, d_theta)
        if leaving.size:
            leaving[FIRST], leaving[COUNT] = start, count
            call(pointer(leaving), 0, memory, theta, d_theta)
    if indices.size > together:
        put_totals(arena, layout)
    call_ops(end, memory, theta, d_theta)
    return results[0], results[1]


@compile_part
def enter_chunk(
    entering: Any, indices: Any, identities: Any, start: int, count: int, arena: Any, layout: Any,
    theta: Any, d_theta: Any,
) -> None:  # fmt: skip
    """Bring ``count`` images from ``start`` on into the arena; lanes without one become 0."""
    memory = pointer(arena)
    size = layout[CHANNELS] * layout[ROWS] * layout[PITCH]
    for lane in range(LANES):
        to = layout[STAGING] + lane * size
        if lane >= count:
            arena[to : to + size] = 0.0
            continue
        at = start + lane
        entering[INDEX], entering[TO] = indices[at], to
        entering[PASS], entering[NUMBER] = identities[at, 0], identities[at, 1]
        call(pointer(entering), 0, memory, theta, d_theta)
        key = image_key(entering[SEED], identities[at, 0], identities[at, 1])
        words_of(memory)[KEYS + lane] = np.uint32(key & np.uint64(0xFFFFFFFF))
        words_of(memory)[KEYS + LANES + lane] = np.uint32(key >> np.uint64(32))
    _interleave(memory, layout)


@compile_part
def put_totals(arena: Any, layout: Any) -> None:
    """Add the last sums to the totals, and put these in their place."""
    carry(arena, layout, False)
    totals = layout[TOTALS] - layout[SUMS_START]
    for at in range(layout[SUMS_START], layout[SUMS_END]):
        arena[at] = arena[totals + at]


@compile_part
def carry(arena: Any, layout: Any, begins: bool) -> None:
    """Add the sums to the totals, which they begin or not, and begin them anew."""
    totals = layout[TOTALS] - layout[SUMS_START]
    for at in range(layout[SUMS_START], layout[SUMS_END]):
        arena[totals + at] = arena[at] if begins else arena[totals + at] + arena[at]
        arena[at] = 0.0


(
    ONE_IMAGE, ONE_ROW, ONE_PIXEL, ONE_CHANNELS, ONE_ROWS, ONE_COLUMNS, ONE_FLAT, ONE_LOGITS,
    ONE_SIZE,
) = range(9)  # fmt: skip
"""Where the layout of a plan for one image holds what."""


@compile_function
def run_one_by_one(
    begin: Any, forward: Any, layout: Any, arena: Any, parameters: Any, packed: Any, losing: Any,
    images: int, is_float: bool, indices: Any, targets: int, weights: Any, outputs: Any,
    is_raw: bool,
) -> tuple[float, float]:  # fmt: skip
    """Run a few images, each on its own; return what :func:`run_section` does.

    Parameters
    ----------
    begin, forward, layout : ndarray of int64
        Those of a :class:`~pellucid.kernels.plan_one_image.OneImagePlan`; the others are as above.
    packed : ndarray of float32
        The parameters that the arena's filters were packed from; changed here.
    """
    memory, theta = pointer(arena), pointer(parameters)
    if _differ(parameters.view(np.int32), packed.view(np.int32)):
        # Another thread may train meanwhile: what is packed must be what the copy says it is.
        packed[:] = parameters
        call_ops(begin, memory, pointer(packed), memory)
    results = np.zeros(2)
    aim_loss(losing, targets, weights, outputs, is_raw, results)
    losing[LOSS_COUNT] = 1
    flat, logits = layout[ONE_FLAT], layout[ONE_LOGITS]
    for at in range(indices.size):
        _read_pixels(memory, images, is_float, indices[at], layout)
        call_ops(forward, memory, theta, memory)
        for k in range(layout[ONE_SIZE]):
            arena[logits + k * LANES] = arena[flat + k]
        losing[LOSS_START] = at
        call(pointer(losing), 0, memory, theta, memory)
    return results[0], results[1]


@compile_part
def aim_loss(
    losing: Any, targets: int, weights: Any, outputs: Any, is_raw: bool, results: Any
) -> None:
    """Write into the op of the loss where a section's targets lie and its results go."""
    losing[TARGETS], losing[WEIGHTS] = targets, weights.ctypes.data
    losing[OUTPUTS] = outputs.ctypes.data if outputs.size else 0
    losing[IS_RAW], losing[RESULTS] = is_raw, results.ctypes.data


@compile_function
def run_ops(ops: Any, arena: Any, parameters: Any, gradient: Any) -> None:
    """Call the kernels of some ops, in order, on arrays."""
    call_ops(ops, pointer(arena), pointer(parameters), pointer(gradient))


@compile_part
def call_ops(ops: Any, arena: Any, parameters: Any, gradient: Any) -> None:
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
def _read_pixels(arena: Any, images: int, is_float: bool, index: int, layout: Any) -> None:
    """Copy an image to its place, channels last."""
    channels, rows, columns = layout[ONE_CHANNELS], layout[ONE_ROWS], layout[ONE_COLUMNS]
    row, pixel = layout[ONE_ROW], layout[ONE_PIXEL]
    for c in range(channels):
        first, to = (index * channels + c) * rows * columns, layout[ONE_IMAGE] + c
        for y in range(rows):
            for x in range(columns):
                at = first + y * columns + x
                if is_float:
                    value = floats_at(images)[at]
                else:
                    value = np.float32(bytes_at(images)[at]) * np.float32(1.0 / 255.0)
                arena[to + y * row + x * pixel] = value


@compile_part
def _interleave(arena: Any, layout: Any) -> None:
    """Bring the chunk's images side by side: ``image[c, y, x, lane] = staging[lane, c, y, x]``."""
    channels, rows, columns = layout[CHANNELS], layout[ROWS], layout[COLUMNS]
    pitch, tile = layout[PITCH], layout[TILE]
    size = channels * rows * pitch
    for c in range(channels):
        for y in range(rows):
            source = layout[STAGING] + (c * rows + y) * pitch
            to = layout[IMAGE] + c * layout[IMAGE_CHANNEL] + y * layout[IMAGE_ROW]
            for x in range(0, columns, LANES):
                if columns - x >= LANES:
                    transpose(arena, source + x, size, arena, to + x * LANES, LANES)
                else:
                    transpose(arena, source + x, size, arena, tile, LANES)
                    for at in range((columns - x) * LANES):
                        arena[to + x * LANES + at] = arena[tile + at]
