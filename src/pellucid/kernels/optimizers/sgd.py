"""The SGD optimizer's step; its equations are in :mod:`pellucid.equations.sgd`.

``d = g / N + decay theta``, ``u = momentum u + d``, ``theta = theta - learning_rate u``, or with
Nesterov's momentum ``theta = theta - learning_rate (d + momentum u)``

where ``decay`` is that of the stretch: 0 for biases and norms. Where nothing decays, a loop without
stretches does the rest.

Layout: three flat float32 vectors of one length, ``theta``, ``u`` and ``g``, parameter by
parameter; each goes through memory once. Arithmetic is float64 and rounded once a step. Training
only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.kernels.compiling.compile import compile_function

__all__ = ["sgd", "sgd_decaying"]


@compile_function
def sgd(
    theta: Any, u: Any, g: Any, scale: float, rate: float, momentum: float, is_ahead: bool
) -> None:  # fmt: skip
    """Update ``theta`` and ``u`` in place with the summed gradient ``g``.

    ``scale`` is 1 / batch size; ``is_ahead`` is Nesterov's. Each parameter is computed in float64
    and rounded to float32 once.
    """
    for i in range(theta.size):
        mean = np.float64(g[i]) * scale
        total = momentum * np.float64(u[i]) + mean
        u[i] = total
        ahead = mean + momentum * total if is_ahead else total
        theta[i] = np.float64(theta[i]) - rate * ahead


@compile_function
def sgd_decaying(
    theta: Any,
    u: Any,
    g: Any,
    ends: Any,
    decays: Any,
    scale: float,
    rate: float,
    momentum: float,
    is_ahead: bool,
) -> None:
    """Update ``theta`` and ``u`` in place, as :func:`sgd`, with weights that decay.

    Stretch j ends before ``ends[j]``, and ``decays[j]`` is its weight decay.
    """
    start = 0
    for j in range(ends.size):
        decay = decays[j]
        for i in range(start, ends[j]):
            old = np.float64(theta[i])
            slope = np.float64(g[i]) * scale + decay * old
            total = momentum * np.float64(u[i]) + slope
            u[i] = total
            ahead = slope + momentum * total if is_ahead else total
            theta[i] = old - rate * ahead
        start = ends[j]
