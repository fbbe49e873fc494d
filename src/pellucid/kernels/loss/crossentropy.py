"""Cross-entropy; its equations are in :mod:`pellucid.equations.crossentropy`.

``loss = -log(max(eps, min(p, 1 - eps)))``, p the probability of the label; ``dout = weight (probs -
onehot(label))``

Layout: ``probs[class, lane]``, images innermost. One image at a time, down its lane: each has
another label and weight, there are few numbers, and the loss is float64 and added up image by image
in their order. The loss of labeled images is computed in training and in evaluation, the gradient
in training only.
"""

from __future__ import annotations

import functools
import math

from numba import types

from pellucid.kernels.compiling.addresses import doubles_at, floats_at, integers_at
from pellucid.kernels.compiling.compile import Kernel, compile_kernel, compile_part
from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.loss.softmax import softmax
from pellucid.network.loss.crossentropy import EPS

__all__ = ["gradient", "kernel", "loss", "predicted"]


@functools.cache
def kernel() -> Kernel:
    """The loss of a chunk's images and, in training, ``delta``; see ``kernels.loss``."""

    def _cross_entropy(
        arena, parameters, gradient, logits, delta, size, start, count, targets, weights, outputs,
        is_raw, is_training, results,
    ):  # fmt: skip
        softmax(arena, logits, delta, size)
        totals = doubles_at(results)
        for lane in range(count):
            at = start + lane
            label, weight = integers_at(targets)[at], doubles_at(weights)[at]
            totals[0] = _add_product(totals[0], weight, loss(arena, delta, lane, label, size))
            totals[1] += types.float64(predicted(arena, delta, lane, size) == label)
            if outputs:
                source = logits if is_raw else delta
                for k in range(size):
                    floats_at(outputs)[at * size + k] = arena[source + k * LANES + lane]
            if is_training:
                _gradient(arena, delta, lane, label, size, weight)
        if is_training:
            for lane in range(count, LANES):
                _gradient(arena, delta, lane, 0, size, 0.0)

    return compile_kernel(_cross_entropy)


@compile_part
def _add_product(total, weight, value):
    """``total + weight * value``, which may be one fused step."""
    return total + weight * value


@compile_part
def loss(arena, probs, lane, label, classes):
    """Return ``-log(p)`` of one image, p the label's probability held in [EPS, 1 - EPS]."""
    p = types.float64(arena[probs + label * LANES + lane])
    rest = _rest(arena, probs, lane, label, classes)
    # Near 1, what p lacks is known more exactly from the others. A NaN fails both comparisons.
    if rest < 0.5:
        return -math.log1p(-max(rest, EPS))
    if p < EPS:
        p = EPS
    return -math.log(p)


@compile_part
def _rest(arena, probs, lane, label, classes):
    """Return the probability of all classes but the label: ``1 - p`` without cancellation."""
    rest = 0.0
    for k in range(classes):
        if k != label:
            rest += types.float64(arena[probs + k * LANES + lane])
    return rest


@compile_part
def gradient(arena, probs, lane, label, classes, weight):
    """Turn one image's ``probs`` into ``dout = weight (probs - onehot(label))``, in place."""
    arena[probs + label * LANES + lane] = -_rest(arena, probs, lane, label, classes)
    for k in range(classes):
        arena[probs + k * LANES + lane] *= types.float32(weight)


_gradient = gradient
"""Within a kernel ``gradient`` is the memory of that name."""


@compile_part
def predicted(arena, probs, lane, classes):
    """Return the class with the largest probability, the first of equals."""
    best = 0
    for k in range(1, classes):
        if arena[probs + k * LANES + lane] > arena[probs + best * LANES + lane]:
            best = k
    return best
