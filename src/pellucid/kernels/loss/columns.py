"""Losses that hold each output to a number of its own: the loops, and what is added up.

``loss = mean_k value(out[k], target[k])``, ``dout[k] = weight slope(out[k], target[k]) / outputs``

A loss's file says ``value``, ``slope`` and ``answer(out)``, what the network answers with, in parts
of float64; ``setting`` is the loss's own. Added up in ``results``, beside the weighted losses, is
``(out - target)^2``, from which the variance that is explained follows; or, of several labels, the
images all of whose labels are right.

Layout: ``out[k, lane]``, images innermost; targets ``[image, k]``, float32. One image at a time,
down its lane, as cross-entropy does: the losses are added up in the order of the images, in
float64.
"""

from __future__ import annotations

from typing import Any

from numba import types

from pellucid.kernels.compiling.addresses import doubles_at, float_of, floats_at
from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.vector import LANES

__all__ = ["kernel_of"]


def kernel_of(value: Any, slope: Any, answer: Any, *, of_labels: bool) -> Kernel:
    """Compile the loss of a chunk's images and, in training, ``delta``; see ``kernels.loss``."""

    def _columns(
        arena, parameters, gradient, logits, delta, size, start, count, targets, weights, outputs,
        is_raw, is_training, results, setting,
    ):  # fmt: skip
        totals, known = doubles_at(results), types.float64(float_of(setting))
        for lane in range(count):
            at = start + lane
            weight = doubles_at(weights)[at]
            total, measured = 0.0, 0.0
            for k in range(size):
                out = types.float64(arena[logits + k * LANES + lane])
                target = types.float64(floats_at(targets)[at * size + k])
                total += value(out, target, known)
                answered = types.float32(answer(out))
                if of_labels:
                    measured += types.float64((answered > 0.5) != (target > 0.5))
                else:
                    measured += (out - target) * (out - target)
                if outputs:
                    floats_at(outputs)[at * size + k] = out if is_raw else answered
                if is_training:
                    arena[delta + k * LANES + lane] = weight * slope(out, target, known) / size
            totals[0] += weight * (total / size)
            totals[1] += types.float64(measured == 0.0) if of_labels else measured
        if is_training:
            for lane in range(count, LANES):
                for k in range(size):
                    arena[delta + k * LANES + lane] = 0.0

    _columns.__module__ = value.__module__
    return compile_kernel(_columns)
