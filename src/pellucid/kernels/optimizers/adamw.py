"""AdamW; its equations are in :mod:`pellucid.equations.adamw`.

With ``m`` and ``v`` as in :mod:`pellucid.kernels.optimizers.adam`:

``theta = (1 - learning_rate weight_decay) theta
- (rate / (1 - beta1^t)) m / (sqrt(v / (1 - beta2^t)) + eps)``

where the factor of ``theta`` is that of its stretch: 1 for biases and norms.

Layout: four flat float32 vectors of one length, ``theta``, ``m``, ``v`` and ``g``, parameter by
parameter, in stretches of one factor each. Each vector goes through memory once. Arithmetic is
float64 and rounded once a step. Training only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.kernels.compiling.compile import compile_function

__all__ = ["adamw"]


@compile_function
def adamw(
    theta: Any,
    m: Any,
    v: Any,
    g: Any,
    ends: Any,
    kept: Any,
    scale: float,
    step: float,
    beta1: float,
    beta2: float,
    correction: float,
    eps: float,
) -> None:
    """Update ``theta``, ``m`` and ``v`` in place with the summed gradient ``g``.

    Stretch j ends before ``ends[j]``, and its parameters are multiplied by ``kept[j]``. ``scale``
    is 1 / batch size, ``step`` the learning rate over 1 - beta1**t, ``correction`` 1 / (1 -
    beta2**t). Each parameter is computed in float64 and rounded to float32 once.
    """
    start = 0
    for j in range(ends.size):
        factor = kept[j]
        for i in range(start, ends[j]):
            gradient = np.float64(g[i]) * scale
            first = beta1 * np.float64(m[i]) + (1.0 - beta1) * gradient
            second = beta2 * np.float64(v[i]) + (1.0 - beta2) * gradient * gradient
            m[i] = first
            v[i] = second
            moved = step * first / (np.sqrt(second * correction) + eps)
            theta[i] = factor * np.float64(theta[i]) - moved
        start = ends[j]
