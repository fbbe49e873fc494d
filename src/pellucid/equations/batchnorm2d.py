"""Batch normalization of images: each channel to mean 0 and variance 1 over the batch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations._channels import each_channel
from pellucid.equations.rules import Rules

__all__ = [
    "RULES",
    "BatchStatistics",
    "batch_norm",
    "batch_norm_backward",
    "batch_statistics",
    "normalize",
    "normalize_backward",
    "running",
]

Array = NDArray[np.float64]


class BatchStatistics(NamedTuple):
    """Mean and variance of each channel, float64 of shape (C,)."""

    mean: Array
    variance: Array


def batch_statistics(x: ArrayLike) -> BatchStatistics:
    """Return each channel's mean and variance over images and pixels.

    ``mean[c] = sum x[n, c, y, x] / N``, ``variance[c] = sum (x[n, c, y, x] - mean[c])**2 / N``,
    ``N`` the values of a channel

    Parameters
    ----------
    x : array_like of shape (n, C, H, W) or (n, C)
        Feature maps, or features.

    Returns
    -------
    BatchStatistics

    Notes
    -----
    Training only. Source: "Batch normalization" in docs/equations.md.

    Examples
    --------
    >>> batch_statistics([[1, 5], [3, 5]])
    BatchStatistics(mean=array([2., 5.]), variance=array([1., 0.]))
    """
    x = np.asarray(x, dtype=np.float64)
    rest = (0, *range(2, x.ndim))
    return BatchStatistics(x.mean(axis=rest), x.var(axis=rest))


def running(m: ArrayLike, v: ArrayLike, x: ArrayLike, momentum: float = 0.1) -> BatchStatistics:
    """Return the running statistics after a batch.

    ``m = (1 - momentum) m + momentum mean``, ``v = (1 - momentum) v + momentum variance N/(N - 1)``

    Parameters
    ----------
    m, v : array_like of shape (C,)
        Those before it.
    x : array_like of shape (n, C, H, W) or (n, C)
        What the layer took. Of a single value a channel the variance is 0.
    momentum : float, default 0.1
        The share of the batch's.

    Returns
    -------
    BatchStatistics

    Notes
    -----
    Training only. Source: "Batch normalization" in docs/equations.md.

    Examples
    --------
    >>> running([0], [1], [[1], [3]], momentum=0.5)
    BatchStatistics(mean=array([1.]), variance=array([1.5]))
    """
    mean, variance = _of_sample(np.asarray(x, dtype=np.float64))
    m, v = np.asarray(m, dtype=np.float64), np.asarray(v, dtype=np.float64)
    return BatchStatistics(
        (1 - momentum) * m + momentum * mean, (1 - momentum) * v + momentum * variance
    )


def normalize(
    x: ArrayLike, g: ArrayLike, b: ArrayLike, mean: ArrayLike, variance: ArrayLike, eps: float
) -> Array:
    """Return ``z[n, c] = g[c] (x[n, c] - mean[c]) / sqrt(variance[c] + eps) + b[c]``.

    Parameters
    ----------
    x : array_like of shape (n, C, H, W) or (n, C)
        Feature maps, or features.
    g, b, mean, variance : array_like of shape (C,)
        Scale, shift and statistics of each channel: in inference the running ones.
    eps : float
        Added to the variance.

    Returns
    -------
    z : ndarray of the shape of x, float64

    Notes
    -----
    Source: "Batch normalization" in docs/equations.md.

    Examples
    --------
    >>> normalize([[1.0], [5.0]], [2], [1], [3], [4], 0.0).tolist()
    [[-1.0], [3.0]]
    """
    x = np.asarray(x, dtype=np.float64)
    return each_channel(g, x) * _hat(x, mean, variance, eps) + each_channel(b, x)


def normalize_backward(
    dz: ArrayLike, x: ArrayLike, g: ArrayLike, mean: ArrayLike, variance: ArrayLike, eps: float
) -> tuple[Array, Array, Array]:
    """Return the gradients of the input, the scales and the shifts, statistics held fast.

    ``dx = g dz / sqrt(variance + eps)``, ``dg[c] = sum dz x_hat``, ``db[c] = sum dz``

    Parameters
    ----------
    dz, x, g, mean, variance, eps
        The gradient of the output, and what :func:`normalize` was given.

    Returns
    -------
    dx : ndarray of the shape of x, float64
    dg, db : ndarray of shape (C,), float64
        Summed over the batch.

    Notes
    -----
    For the gradient of an image. Source: "Batch normalization" in docs/equations.md.

    Examples
    --------
    >>> dx, dg, db = normalize_backward([[1.0]], [[5.0]], [2], [3], [4], 0.0)
    >>> dx.tolist(), dg.tolist(), db.tolist()
    ([[1.0]], [1.0], [1.0])
    """
    x, dz = np.asarray(x, dtype=np.float64), np.asarray(dz, dtype=np.float64)
    deviation = np.sqrt(np.asarray(variance, dtype=np.float64) + eps)
    dx = dz * each_channel(np.asarray(g, dtype=np.float64) / deviation, x)
    rest = (0, *range(2, x.ndim))
    return dx, (dz * _hat(x, mean, variance, eps)).sum(axis=rest), dz.sum(axis=rest)


def batch_norm(x: ArrayLike, g: ArrayLike, b: ArrayLike, eps: float = 1e-5) -> Array:
    """Return the channels normalized by the batch's own statistics: :func:`normalize` with them.

    Parameters
    ----------
    x : array_like of shape (n, C, H, W) or (n, C)
        Feature maps, or features, of a section's images.
    g, b : array_like of shape (C,)
        Scale and shift of each channel.
    eps : float, default 1e-5
        Added to the variance.

    Returns
    -------
    z : ndarray of the shape of x, float64

    Notes
    -----
    Training only. Source: "Batch normalization" in docs/equations.md.

    Examples
    --------
    >>> batch_norm([[1, 5], [3, 5]], [1, 1], [0, 7], eps=0.5).round(3).tolist()
    [[-0.816, 7.0], [0.816, 7.0]]
    """
    return normalize(x, g, b, *batch_statistics(x), eps)


def batch_norm_backward(
    dz: ArrayLike, x: ArrayLike, g: ArrayLike, eps: float = 1e-5
) -> tuple[Array, Array, Array]:
    """Return the gradients of the input, the scales and the shifts.

    ``dx = g (dz - mean(dz) - x_hat mean(dz x_hat)) / sqrt(variance + eps)``, means over images and
    pixels, as the statistics depend on every value; ``dg[c] = sum dz x_hat``, ``db[c] = sum dz``

    Parameters
    ----------
    dz : array_like of the shape of x
        Gradient of the loss with respect to the output.
    x, g, eps
        What :func:`batch_norm` was given.

    Returns
    -------
    dx : ndarray of the shape of x, float64
    dg, db : ndarray of shape (C,), float64
        Summed over the batch.

    Notes
    -----
    Training only. Source: "Batch normalization" in docs/equations.md.

    Examples
    --------
    >>> dx, dg, db = batch_norm_backward([[1.0], [0.0]], [[1], [3]], [2], eps=0)
    >>> dx.tolist(), dg.tolist(), db.tolist()
    ([[0.0], [0.0]], [-1.0], [1.0])
    """
    x, dz = np.asarray(x, dtype=np.float64), np.asarray(dz, dtype=np.float64)
    mean, variance = batch_statistics(x)
    direct, dg, db = normalize_backward(dz, x, g, mean, variance, eps)
    count = x.size / x.shape[1]
    slope = np.asarray(g, dtype=np.float64) / np.sqrt(variance + eps)
    shared = each_channel(db, x) + _hat(x, mean, variance, eps) * each_channel(dg, x)
    return direct - each_channel(slope, x) * shared / count, dg, db


def _of_sample(x: Array) -> BatchStatistics:
    """Return the statistics, the variance over N - 1, as what is to come will have it."""
    mean, variance = batch_statistics(x)
    count = x.size / x.shape[1]
    return BatchStatistics(mean, variance * count / max(count - 1, 1))


def _hat(x: Array, mean: ArrayLike, variance: ArrayLike, eps: float) -> Array:
    deviation = np.sqrt(np.asarray(variance, dtype=np.float64) + eps)
    return (x - each_channel(mean, x)) / each_channel(deviation, x)


def _sums(x: Array) -> tuple[Array, ...]:
    """Return the statistics times the images, as a gradient is summed over them."""
    return tuple(len(x) * values for values in _of_sample(x))


RULES = Rules(
    forward=lambda layer, x, g, b, m, v: normalize(x, g, b, m, v, layer.eps),
    backward=lambda layer, dz, inputs, z, g, b, m, v: (
        *normalize_backward(dz, inputs[0], g, m, v, layer.eps),
        np.zeros_like(m),
        np.zeros_like(v),
    ),
    in_training=Rules(
        forward=lambda layer, x, g, b, m, v: batch_norm(x, g, b, layer.eps),
        backward=lambda layer, dz, inputs, z, g, b, m, v: (
            *batch_norm_backward(dz, inputs[0], g, layer.eps),
            *_sums(inputs[0]),
        ),
    ),
)
