"""Cross-entropy of images that are mixed of two: the loss of both labels, each with its share.

``loss = share loss(first) + (1 - share) loss(second)``, ``dout = weight (probs - target)`` with
``target = share onehot(first) + (1 - share) onehot(second)``; all else is as in
:mod:`pellucid.kernels.loss.crossentropy`, whose equations these are. Label smoothing takes from
both labels.

Layout: the targets of an image are three words of 64 bits: the label that counts more, the other,
and the float64 that is the first one's share. An image is right if its first label is found.
"""

from __future__ import annotations

import functools

from numba import types

from pellucid.kernels.compiling.addresses import doubles_at, float_of, floats_at, integers_at
from pellucid.kernels.compiling.compile import Kernel, compile_kernel, compile_part
from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.loss.crossentropy import loss, predicted, rest_of, sum_of_losses
from pellucid.kernels.loss.softmax import softmax

__all__ = ["kernel"]


@functools.cache
def kernel() -> Kernel:
    """The loss of a chunk's images and, in training, ``delta``; see ``kernels.loss``."""

    def _mixed_cross_entropy(
        arena, parameters, gradient, logits, delta, size, start, count, targets, weights, outputs,
        is_raw, is_training, results, setting,
    ):  # fmt: skip
        softmax(arena, logits, delta, size)
        totals, smoothing = doubles_at(results), types.float64(float_of(setting))
        for lane in range(count):
            at = start + lane
            first, second = integers_at(targets)[3 * at], integers_at(targets)[3 * at + 1]
            share, weight = doubles_at(targets)[3 * at + 2], doubles_at(weights)[at]
            best = predicted(arena, delta, lane, size)
            value = share * loss(arena, delta, lane, first, size)
            value += (1.0 - share) * loss(arena, delta, lane, second, size)
            if smoothing > 0.0:
                every = sum_of_losses(arena, delta, lane, best, size)
                value = (1.0 - smoothing) * value + smoothing / size * every
            totals[0] += weight * value
            totals[1] += types.float64(best == first)
            if outputs:
                source = logits if is_raw else delta
                for k in range(size):
                    floats_at(outputs)[at * size + k] = arena[source + k * LANES + lane]
            if is_training:
                _gradient(arena, delta, lane, (first, second, share), size, weight, smoothing)
        if is_training:
            for lane in range(count, LANES):
                for k in range(size):
                    arena[delta + k * LANES + lane] = 0.0

    return compile_kernel(_mixed_cross_entropy)


@compile_part
def _gradient(arena, probs, lane, labels, classes, weight, smoothing):
    """Turn one image's ``probs`` into ``dout = weight (probs - target)``, in place."""
    first, second, share = labels
    others = 1.0 - share
    rest = rest_of(arena, probs, lane, first, classes)
    arena[probs + first * LANES + lane] = others - rest
    arena[probs + second * LANES + lane] -= types.float32(others)
    for k in range(classes):
        moved = types.float64(arena[probs + k * LANES + lane])
        if smoothing > 0.0:
            target = 0.0
            if k == first:
                target += share
            if k == second:
                target += others
            moved += smoothing * (target - 1.0 / classes)
        arena[probs + k * LANES + lane] = weight * moved
