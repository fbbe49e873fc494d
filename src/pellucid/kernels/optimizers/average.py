"""An average that sees one more vector; its equation is in :mod:`pellucid.equations.average`.

``average = average + weight (theta - average)``

Layout: ``average`` is float64, for what one update adds to a long average is less than float32 can
tell; ``rounded`` is the same in float32, for the kernels. Both, and ``theta``, are flat and of one
length, and each goes through memory once. Training only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.kernels.compiling.compile import compile_function

__all__ = ["average"]


@compile_function
def average(mean: Any, rounded: Any, theta: Any, weight: float) -> None:
    """Move ``mean`` toward ``theta`` by a share ``weight``, in place; round it into ``rounded``."""
    for i in range(theta.size):
        now = np.float64(theta[i])
        moved = mean[i] + weight * (now - mean[i]) if weight < 1.0 else now
        mean[i] = moved
        rounded[i] = moved
