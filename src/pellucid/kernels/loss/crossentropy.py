"""Cross-entropy; its equations are in :mod:`pellucid.equations.crossentropy`.

``loss = -log(max(eps, min(p, 1 - eps)))``, p the probability of the label; ``dout = weight (probs -
onehot(label))``. With label smoothing s the loss is ``1 - s`` of that and ``s / classes`` of the
same for every class, and onehot loses s and gains ``s / classes`` everywhere.

Layout: ``probs[class, lane]``, images innermost. One image at a time, down its lane: each has
another label and weight, there are few numbers, and the loss is float64 and added up image by image
in their order. The loss of labeled images is computed in training and in evaluation, the gradient
in training only.
"""

from __future__ import annotations

import functools

from numba import types

from pellucid.kernels.compiling.addresses import (
    doubles_at,
    float_of,
    floats_at,
    integers_at,
)
from pellucid.kernels.compiling.compile import Kernel, compile_kernel, compile_part
from pellucid.kernels.compiling.elementary import log, log1p
from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.loss.softmax import softmax
from pellucid.network.loss.crossentropy import EPS

__all__ = ["gradient", "kernel", "loss", "predicted", "rest_of", "sum_of_losses"]


@functools.cache
def kernel() -> Kernel:
    """The loss of a chunk's images and, in training, ``delta``; see ``kernels.loss``."""

    def _cross_entropy(
        arena, parameters, gradient, logits, delta, size, start, count, targets, weights, outputs,
        is_raw, is_training, results, setting,
    ):  # fmt: skip
        softmax(arena, logits, delta, size)
        totals, smoothing = doubles_at(results), types.float64(float_of(setting))
        for lane in range(count):
            at = start + lane
            label, weight = integers_at(targets)[at], doubles_at(weights)[at]
            value, best = loss(arena, delta, lane, label, size), predicted(arena, delta, lane, size)
            if smoothing > 0.0:
                every = sum_of_losses(arena, delta, lane, best, size)
                value = (1.0 - smoothing) * value + smoothing / size * every
            totals[0] += weight * value
            totals[1] += types.float64(best == label)
            if outputs:
                source = logits if is_raw else delta
                for k in range(size):
                    floats_at(outputs)[at * size + k] = arena[source + k * LANES + lane]
            if is_training:
                _gradient(arena, delta, lane, label, size, weight, smoothing)
        if is_training:
            for lane in range(count, LANES):
                _gradient(arena, delta, lane, 0, size, 0.0, smoothing)

    return compile_kernel(_cross_entropy)


@compile_part
def loss(arena, probs, lane, label, classes):
    """Return ``-log(p)`` of one image, p the label's probability held in [EPS, 1 - EPS]."""
    p = types.float64(arena[probs + label * LANES + lane])
    rest = rest_of(arena, probs, lane, label, classes)
    # Near 1, what p lacks is known more exactly from the others. A NaN fails both comparisons.
    if rest < 0.5:
        return -log1p(-max(rest, EPS))
    if p < EPS:
        p = EPS
    return -log(p)


@compile_part
def sum_of_losses(arena, probs, lane, best, classes):
    """Return the sum over classes of ``-log(p)``, where ``best`` alone may be near 1."""
    total = 0.0
    for k in range(classes):
        p = types.float64(arena[probs + k * LANES + lane])
        if k == best:
            total += loss(arena, probs, lane, k, classes)
        else:
            total -= log(EPS if p < EPS else p)
    return total


@compile_part
def rest_of(arena, probs, lane, label, classes):
    """Return the probability of all classes but the label: ``1 - p`` without cancellation."""
    rest = 0.0
    for k in range(classes):
        if k != label:
            rest += types.float64(arena[probs + k * LANES + lane])
    return rest


@compile_part
def gradient(arena, probs, lane, label, classes, weight, smoothing):
    """Turn one image's ``probs`` into ``dout = weight (probs - target)``, in place."""
    arena[probs + label * LANES + lane] = -rest_of(arena, probs, lane, label, classes)
    if smoothing > 0.0:
        _smooth(arena, probs, lane, label, classes, smoothing)
    for k in range(classes):
        arena[probs + k * LANES + lane] *= types.float32(weight)


@compile_part
def _smooth(arena, dout, lane, label, classes, smoothing):
    """Move ``dout`` from the label by itself to the smoothed one, which is less sure of it."""
    for k in range(classes):
        moved = types.float64(arena[dout + k * LANES + lane]) - smoothing / classes
        if k == label:
            moved += smoothing
        arena[dout + k * LANES + lane] = moved


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
