"""Gradients clipped by norm; the equation is in :mod:`pellucid.equations.clip`.

``norm = sqrt(sum_i g_i^2)``, and where it is above the limit ``g = g limit / norm``

Layout: the flat float32 gradient, summed over a batch. The squares are added in float64, every
eighth in a sum of its own, and these eight in pairs: an order that no number of workers changes,
and that goes by vectors. Training only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.kernels.compiling.compile import compile_function

__all__ = ["clip"]

SUMS = 8
"""How many sums the squares go into."""


@compile_function
def clip(g: Any, most: float) -> float:
    """Scale ``g`` in place so that its norm is at most ``most``; return the norm that it had."""
    sums = np.zeros(SUMS)
    whole = g.size - g.size % SUMS
    for start in range(0, whole, SUMS):
        for j in range(SUMS):
            value = np.float64(g[start + j])
            sums[j] += value * value
    for i in range(whole, g.size):
        value = np.float64(g[i])
        sums[i - whole] += value * value
    lower = (sums[0] + sums[1]) + (sums[2] + sums[3])
    upper = (sums[4] + sums[5]) + (sums[6] + sums[7])
    norm = np.sqrt(lower + upper)
    if norm > most:
        factor = most / norm
        for i in range(g.size):
            g[i] = np.float64(g[i]) * factor
    return float(norm)
