"""Targets in columns, one for each output, and the mean over them, weighted image by image."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import DataError

__all__ = ["both", "mean_loss", "spread"]


def both(outputs: ArrayLike, targets: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return outputs and targets in float64; raise DataError where their shapes differ."""
    out = np.asarray(outputs, dtype=np.float64)
    target = np.asarray(targets, dtype=np.float64)
    if out.ndim != 2 or target.shape != out.shape:
        raise DataError(
            f"The targets have shape {target.shape}, but the outputs {out.shape}; there must be "
            "one target for each output, in shape (n, outputs)."
        )
    return out, target


def mean_loss(each: NDArray[np.float64], weights: ArrayLike | None) -> NDArray[np.float64]:
    """Return ``loss[n] = weights[n] * mean_k each[n, k]``."""
    losses = each.mean(axis=1)
    return np.asarray(losses if weights is None else losses * np.asarray(weights, np.float64))


def spread(slopes: NDArray[np.float64], weights: ArrayLike | None) -> NDArray[np.float64]:
    """Return ``dout[n, k] = weights[n] * slopes[n, k] / outputs``."""
    dout = slopes / slopes.shape[1]
    return np.asarray(dout if weights is None else dout * np.asarray(weights, np.float64)[:, None])
