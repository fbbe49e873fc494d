"""Group normalization: each group of an image's channels to mean 0 and variance 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations._channels import each_channel
from pellucid.equations.rules import Rules

__all__ = ["RULES", "group_norm", "group_norm_backward"]


def group_norm(
    x: ArrayLike, g: ArrayLike, b: ArrayLike, groups: int = 1, eps: float = 1e-5
) -> NDArray[np.float64]:
    """Return the channels normalized in groups, scaled and shifted.

    ``z[n, c] = g[c] x_hat[n, c] + b[c]``, ``x_hat = (x - mean) / sqrt(variance + eps)``, mean and
    variance over all values of image n in the group that c is in

    Parameters
    ----------
    x : array_like of shape (n, C, H, W) or (n, C)
        Feature maps, or features.
    g, b : array_like of shape (C,)
        Scale and shift of each channel.
    groups : int, default 1
        How many groups of neighboring channels.
    eps : float, default 1e-5
        Added to the variance.

    Returns
    -------
    z : ndarray of the shape of x, float64

    Notes
    -----
    The same in training and inference. Source: "Group normalization" in docs/equations.md.

    Examples
    --------
    >>> group_norm([[1, 3, 10, 30]], [1, 1, 1, 1], [0, 0, 0, 5], groups=2, eps=0).tolist()
    [[-1.0, 1.0, -1.0, 6.0]]
    """
    x_hat, _ = _normalized(np.asarray(x, dtype=np.float64), groups, eps)
    return each_channel(g, x_hat) * x_hat + each_channel(b, x_hat)


def group_norm_backward(
    dz: ArrayLike, x: ArrayLike, g: ArrayLike, groups: int = 1, eps: float = 1e-5
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the gradients of the input, the scales and the shifts.

    - ``dx_hat[n, c] = g[c] dz[n, c]``
    - ``dx = (dx_hat - mean(dx_hat) - x_hat mean(dx_hat x_hat)) / sqrt(variance + eps)``, means over
      the group, as both mean and variance depend on every value
    - ``dg[c] = sum dz[n, c] x_hat[n, c]``, ``db[c] = sum dz[n, c]``, over images and pixels

    Parameters
    ----------
    dz : array_like of the shape of x
        Gradient of the loss with respect to the output.
    x : array_like of shape (n, C, H, W) or (n, C)
        The input of the forward pass.
    g : array_like of shape (C,)
        The scales of the forward pass.
    groups : int, default 1
        Those of the forward pass.
    eps : float, default 1e-5
        That of the forward pass.

    Returns
    -------
    dx : ndarray of the shape of x, float64
    dg : ndarray of shape (C,), float64
        Summed over the batch.
    db : ndarray of shape (C,), float64
        Summed over the batch.

    Notes
    -----
    Training only. Source: "Group normalization" in docs/equations.md.

    Examples
    --------
    >>> dx, dg, db = group_norm_backward([[1, 0]], [[1, 3]], [2, 2], eps=0)
    >>> dx.tolist(), dg.tolist(), db.tolist()
    ([[0.0, 0.0]], [-1.0, 0.0], [1.0, 0.0])
    """
    x, dz = np.asarray(x, dtype=np.float64), np.asarray(dz, dtype=np.float64)
    x_hat, deviation = _normalized(x, groups, eps)
    dx_hat = dz * each_channel(g, dz)
    in_groups = (len(x), groups, -1)
    parts, hats = dx_hat.reshape(in_groups), x_hat.reshape(in_groups)
    means = parts.mean(axis=2, keepdims=True), (parts * hats).mean(axis=2, keepdims=True)
    dx = (parts - means[0] - hats * means[1]) / deviation
    rest = (0, *range(2, x.ndim))
    return dx.reshape(x.shape), (dz * x_hat).sum(axis=rest), dz.sum(axis=rest)


def _normalized(
    x: NDArray[np.float64], groups: int, eps: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``x_hat``, and each group's ``sqrt(variance + eps)``."""
    parts = x.reshape(len(x), groups, -1)
    deviation = np.sqrt(parts.var(axis=2, keepdims=True) + eps)
    x_hat = (parts - parts.mean(axis=2, keepdims=True)) / deviation
    return x_hat.reshape(x.shape), deviation


RULES = Rules(
    forward=lambda layer, x, g, b: group_norm(x, g, b, layer.groups, layer.eps),
    backward=lambda layer, dz, inputs, z, g, b: group_norm_backward(
        dz, inputs[0], g, layer.groups, layer.eps
    ),
)
