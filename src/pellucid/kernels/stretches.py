"""The driver of networks in which a layer looks at all images of a section.

Joins cut the program into stretches. Every chunk has an arena of its own, one behind the other, and
all chunks go through one stretch before any goes through the next; between them a join runs once.
What they share, packed filters and the sums of gradients, is in the first arena: an op's field that
is such a place is moved back to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.kernels.compiling.addresses import call, pointer
from pellucid.kernels.compiling.compile import compile_function, compile_part
from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.execute import (
    CHUNKS_TOGETHER,
    LOSS_COUNT,
    LOSS_START,
    SUMS_END,
    SUMS_START,
    TOTALS,
    aim_loss,
    call_ops,
    carry,
    enter_chunk,
    put_totals,
)
from pellucid.kernels.program.arena import CHUNKS, COUNT, IN_USE, IS_FIRST
from pellucid.kernels.program.ops import OP_WIDTH

__all__ = ["run_stretches"]


@compile_function
def run_stretches(
    begin: Any, forward: Any, forward_shared: Any, forward_places: Any, forward_joins: Any,
    backward: Any, backward_shared: Any, backward_places: Any, backward_joins: Any, end: Any,
    layout: Any, arenas: Any, parameters: Any, gradient: Any, entering: Any, losing: Any,
    indices: Any, targets: Any, weights: Any, identities: Any, outputs: Any, is_raw: bool,
) -> tuple[float, float]:  # fmt: skip
    """Run one section; return what :func:`~pellucid.kernels.execute.run_section` does.

    Parameters
    ----------
    arenas : ndarray of shape (chunks, floats), float32
        An arena for each chunk of LANES images; what they share is in the first.
    forward_shared, forward_places, forward_joins : ndarray of int64
        The plan's :class:`~pellucid.kernels.program.draft.Joins`, backward likewise; all else is as
        there.
    """
    theta, d_theta = pointer(parameters), pointer(gradient)
    if indices.size == 0:
        gradient[:] = 0.0
        return 0.0, 0.0
    results = np.zeros(2)
    aim_loss(losing, targets, weights, outputs, is_raw, results)
    chunks = (indices.size + LANES - 1) // LANES
    shared = arenas[0]
    shared[layout[SUMS_START] : layout[SUMS_END]] = 0.0
    call_ops(begin, pointer(shared), theta, d_theta)
    for chunk in range(chunks):
        arena, start = arenas[chunk], chunk * LANES
        count = min(LANES, indices.size - start)
        arena[IS_FIRST], arena[COUNT], arena[CHUNKS] = chunk == 0, count, chunks
        for lane in range(LANES):
            arena[IN_USE + lane] = lane < count
        enter_chunk(entering, indices, identities, start, count, arena, layout, theta, d_theta)
    _go_through(
        forward, forward_shared, forward_places, forward_joins, layout, arenas, chunks, theta,
        d_theta,
    )  # fmt: skip
    for chunk in range(chunks):
        start = chunk * LANES
        losing[LOSS_START], losing[LOSS_COUNT] = start, min(LANES, indices.size - start)
        call(pointer(losing), 0, pointer(arenas[chunk]), theta, d_theta)
    if chunks > CHUNKS_TOGETHER:  # carried from any stretch, so none of them begins the totals
        size = layout[SUMS_END] - layout[SUMS_START]
        shared[layout[TOTALS] : layout[TOTALS] + size] = 0.0
    _go_through(
        backward, backward_shared, backward_places, backward_joins, layout, arenas, chunks, theta,
        d_theta,
    )  # fmt: skip
    if chunks > CHUNKS_TOGETHER:
        put_totals(shared, layout)
    call_ops(end, pointer(shared), theta, d_theta)
    return results[0], results[1]


@compile_part
def _go_through(
    ops: Any, shared: Any, places: Any, joins: Any, layout: Any, arenas: Any, chunks: int,
    theta: Any, d_theta: Any,
) -> None:  # fmt: skip
    """Call ops for every chunk, stretch by stretch, and the joins between them."""
    row = np.empty(OP_WIDTH, dtype=np.int64)
    first = 0
    for k in range(places.size + 1):
        last = places[k] if k < places.size else ops.shape[0]
        for chunk in range(chunks):
            if chunk > 0 and chunk % CHUNKS_TOGETHER == 0:
                carry(arenas[0], layout, False)  # sums of so many chunks lose more
            back = chunk * arenas.shape[1]
            for i in range(first, last):
                for field in range(OP_WIDTH):
                    row[field] = ops[i, field] - back * shared[i, field]
                call(pointer(row), 0, pointer(arenas[chunk]), theta, d_theta)
        if k < places.size:
            call(pointer(joins), k * OP_WIDTH, pointer(arenas[0]), theta, d_theta)
        first = last
