"""Binary cross-entropy; its equations are in :mod:`pellucid.equations.binarycrossentropy`.

``value = -target log(p) - (1 - target) log(1 - p)``, ``slope = p - target``, ``p = 1 / (1 +
exp(-out))``. With ``e = exp(-|out|)`` the likelier side has ``1 / (1 + e)`` and the other ``e / (1
+ e)``, so that neither is what is left of 1: a network that is nearly sure still learns exactly.

The loops, and the layout, are those of :mod:`pellucid.kernels.loss.columns`.
"""

from __future__ import annotations

import functools

from pellucid.kernels.compiling.compile import Kernel, compile_part
from pellucid.kernels.compiling.elementary import exp, log1p
from pellucid.kernels.loss import columns

__all__ = ["kernel"]


@functools.cache
def kernel() -> Kernel:
    """The loss of a chunk's images and, in training, ``delta``; see ``kernels.loss``."""
    return columns.kernel_of(_value, _slope, _answer, of_labels=True)


@compile_part
def _value(out, target, setting):
    rest = log1p(exp(-abs(out)))
    return rest + ((1.0 - target) * out if out > 0.0 else -target * out)


@compile_part
def _slope(out, target, setting):
    yes, no = _answer(out), _answer(-out)
    return (1.0 - target) * yes - target * no


@compile_part
def _answer(out):
    e = exp(-abs(out))
    return (1.0 if out > 0.0 else e) / (1.0 + e)
