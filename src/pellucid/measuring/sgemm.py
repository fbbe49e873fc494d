"""The yardstick: the rate of a matrix product in float32, the fastest thing a processor does."""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from pellucid.measuring.rates import rate_of

__all__ = ["SIZE", "sgemm_rate"]

SIZE = 768
"""Rows and columns: large enough for the peak, small enough to stay in the caches."""


def sgemm_rate(seconds: float = 0.5, size: int = SIZE) -> float:
    """Return NumPy's multiply-adds a core-second in a float32 matrix product, on one core.

    Parameters
    ----------
    seconds : float
        The least time to measure.
    size : int
        Rows and columns of the square matrices.
    """
    random = np.random.default_rng(0)
    a, b = (random.random((size, size), dtype=np.float32) for _ in range(2))
    out = np.empty_like(a)
    with threadpool_limits(1, user_api="blas"):
        np.matmul(a, b, out=out)
        return rate_of(lambda: np.matmul(a, b, out=out), size**3, seconds).per_core_second
