"""Adam; its equations are in :mod:`pellucid.equations.adam`.

With ``g`` the gradient summed over the batch's N images and ``t`` the number of the update:

``m = beta1 m + (1 - beta1) g / N``, ``v = beta2 v + (1 - beta2) (g / N)^2``

``theta = theta - (rate / (1 - beta1^t)) m / (sqrt(v / (1 - beta2^t)) + eps)``

Layout: four flat float32 vectors of one length, ``theta``, ``m``, ``v`` and ``g``, parameter by
parameter. One loop does all of it, so each vector goes through memory once; what depends on ``t``
alone is computed before. Arithmetic is float64 and rounded once a step. Training only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.kernels.compiling.compile import compile_function

__all__ = ["adam"]


@compile_function
def adam(
    theta: Any,
    m: Any,
    v: Any,
    g: Any,
    scale: float,
    step: float,
    beta1: float,
    beta2: float,
    correction: float,
    eps: float,
) -> None:
    """Update ``theta``, ``m`` and ``v`` in place with the summed gradient ``g``.

    ``scale`` is 1 / batch size, ``step`` the learning rate over 1 - beta1**t, ``correction``
    1 / (1 - beta2**t). Each parameter is computed in float64 and rounded to float32 once.
    """
    for i in range(theta.size):
        gradient = np.float64(g[i]) * scale
        first = beta1 * np.float64(m[i]) + (1.0 - beta1) * gradient
        second = beta2 * np.float64(v[i]) + (1.0 - beta2) * gradient * gradient
        m[i] = first
        v[i] = second
        theta[i] = np.float64(theta[i]) - step * first / (np.sqrt(second * correction) + eps)
