"""Cross-entropy; its equations are in :mod:`pellucid.equations.cross_entropy`.

``loss = -log(max(eps, min(p, 1 - eps)))``, p the probability of the label; ``dout = weight (probs -
onehot(label))``

Layout: ``probs[class, lane]``, images innermost. One image at a time, down its lane: each has
another label and weight, there are few numbers, and the loss is float64 and added up image by image
in their order. The loss of labeled images is computed in training and in evaluation, the gradient
in training only.
"""

from __future__ import annotations

import math
from typing import Any

from numba import types

from pellucid.kernels.compiling.compile import compile_part
from pellucid.kernels.compiling.vector import LANES

__all__ = ["gradient", "loss", "predicted"]


@compile_part
def loss(
    arena: Any, probs: int, lane: int, label: int, classes: int, eps: float
) -> float:  # fmt: skip
    """Return ``-log(p)`` of one image, p the label's probability held in [eps, 1 - eps]."""
    p = types.float64(arena[probs + label * LANES + lane])
    rest = _rest(arena, probs, lane, label, classes)
    # Near 1, what p lacks is known more exactly from the others. A NaN fails both comparisons.
    if rest < 0.5:
        return -math.log1p(-max(rest, eps))
    if p < eps:
        p = eps
    return -math.log(p)


@compile_part
def _rest(arena: Any, probs: int, lane: int, label: int, classes: int) -> float:
    """Return the probability of all classes but the label: ``1 - p`` without cancellation."""
    rest = 0.0
    for k in range(classes):
        if k != label:
            rest += types.float64(arena[probs + k * LANES + lane])
    return rest


@compile_part
def gradient(arena: Any, probs: int, lane: int, label: int, classes: int, weight: float) -> None:
    """Turn one image's ``probs`` into ``dout = weight (probs - onehot(label))``, in place."""
    arena[probs + label * LANES + lane] = -_rest(arena, probs, lane, label, classes)
    for k in range(classes):
        arena[probs + k * LANES + lane] *= types.float32(weight)


@compile_part
def predicted(arena: Any, probs: int, lane: int, classes: int) -> int:
    """Return the class with the largest probability, the first of equals."""
    best = 0
    for k in range(1, classes):
        if arena[probs + k * LANES + lane] > arena[probs + best * LANES + lane]:
            best = k
    return best
