"""Huber's loss; its equations are in :mod:`pellucid.equations.huber`.

``value = d^2 / 2`` where ``|d| <= delta``, else ``delta (|d| - delta / 2)``, ``slope = max(-delta,
min(d, delta))``, ``d = out - target``

The loops, and the layout, are those of :mod:`pellucid.kernels.loss.columns`.
"""

from __future__ import annotations

import functools

from pellucid.kernels.compiling.compile import Kernel, compile_part
from pellucid.kernels.loss import columns

__all__ = ["kernel"]


@functools.cache
def kernel() -> Kernel:
    """The loss of a chunk's images and, in training, ``delta``; see ``kernels.loss``."""
    return columns.kernel_of(_value, _slope, _answer, of_labels=False)


@compile_part
def _value(out, target, delta):
    d = abs(out - target)
    return 0.5 * d * d if d <= delta else delta * (d - 0.5 * delta)


@compile_part
def _slope(out, target, delta):
    d = out - target
    return d if abs(d) <= delta else delta * (d / abs(d))  # NaN stays NaN


@compile_part
def _answer(out):
    return out
