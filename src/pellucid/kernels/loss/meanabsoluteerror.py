"""Mean absolute error; its equations are in :mod:`pellucid.equations.meanabsoluteerror`.

``value = |out - target|``, ``slope = sign(out - target)``

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
    return abs(out - target)


@compile_part
def _slope(out, target, setting):
    d = out - target
    return d if d == 0.0 else d / abs(d)  # NaN stays NaN


@compile_part
def _answer(out):
    return out
