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

__all__ = ["adam", "largest"]

_MAGNITUDE = np.int32(0x7FFFFFFF)
"""All bits of a float32 but its sign; as whole numbers they are in the order of the floats."""


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


@compile_function
def largest(array: Any) -> float:
    """Return the largest absolute value of float32, NaN if there is one.

    Bits are compared as whole numbers, which goes by vectors where floats, for their NaN, do not.
    """
    bits, most = array.view(np.int32), np.zeros(1, np.int32)
    found = np.int32(0)
    for i in range(bits.size):
        found = max(found, bits[i] & _MAGNITUDE)
    most[0] = found
    return float(most.view(np.float32)[0])
