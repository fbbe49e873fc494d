"""Softmax; its equations are in :mod:`pellucid.equations.softmax`.

``probs[n, k] = exp(out[n, k] - m[n]) / sum_l exp(out[n, l] - m[n])``, ``m[n] = max_l out[n, l]``

Layout: ``[class, lane]``, images innermost, so the maximum and the sum over classes are vector
operations without a sum over lanes. Three passes over the classes: the maximum, then powers and
their sum, then the division, which needs the whole sum; what rounding takes from the sum is carried
along (Kahan's summation), so that thousands of classes still add up to 1. The same in training and
inference.
"""

from __future__ import annotations

from typing import Any

from pellucid.kernels.compiling.compile import compile_part
from pellucid.kernels.compiling.vector import LANES, add, div, exp, load, store, sub, winner

__all__ = ["softmax"]


@compile_part
def softmax(arena: Any, logits: int, probs: int, classes: int) -> None:
    """``probs[k] = exp(logits[k] - max) / sum``; both are ``[class, lane]``. NaN stays NaN."""
    largest = load(arena, logits)
    for k in range(1, classes):
        value = load(arena, logits + k * LANES)
        largest = winner(value, largest, value, largest)
    power = exp(sub(load(arena, logits), largest))
    store(arena, probs, power)
    total, lost = power, sub(power, power)
    for k in range(1, classes):
        power = exp(sub(load(arena, logits + k * LANES), largest))
        store(arena, probs + k * LANES, power)
        part = sub(power, lost)
        longer = add(total, part)
        total, lost = longer, sub(sub(longer, total), part)
    for k in range(classes):
        store(arena, probs + k * LANES, div(load(arena, probs + k * LANES), total))
