"""Mean squared error; its equations are in :mod:`pellucid.equations.meansquarederror`.

``value = (out - target)^2``, ``slope = 2 (out - target)``

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
def _value(out, target, setting):
    return (out - target) * (out - target)


@compile_part
def _slope(out, target, setting):
    return 2.0 * (out - target)


@compile_part
def _answer(out):
    return out
