"""Dropout: in training a share of the values becomes 0, as a hash of their places says."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations.rules import Rules

__all__ = ["RULES", "dropout", "dropout_factors", "image_keys"]

GOLDEN, DROPOUT = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93
"""Odd numbers of 64 bits; the second keeps these draws from being those of randomizing."""


def dropout(z: ArrayLike, factors: ArrayLike) -> NDArray[np.float64]:
    """Return ``a = factors * z``, and 0 where a factor is 0; the backward is the same with da.

    Parameters
    ----------
    z : array_like of any shape
        Values, or the gradient of the loss with respect to what became of them.
    factors : array_like of the same shape
        From :func:`dropout_factors`.

    Returns
    -------
    ndarray of the same shape, float64

    Notes
    -----
    Training only: in inference ``a = z``. Source: "Dropout" in docs/equations.md.

    Examples
    --------
    >>> dropout([1.0, 2.0, float("inf")], [2.0, 0.0, 0.0]).tolist()
    [2.0, 0.0, 0.0]
    """
    z, factors = np.asarray(z, dtype=np.float64), np.asarray(factors, dtype=np.float64)
    kept = factors != 0.0
    return np.asarray(np.where(kept, factors, 0.0) * np.where(kept, z, 0.0))


def dropout_factors(
    keys: ArrayLike, node: int, rate: float, shape: tuple[int, ...], per_channel: bool = False
) -> NDArray[np.float64]:
    """Return what the values are multiplied by: 0 or ``1 / (1 - rate)``.

    The number e of a value is its place in its image, row by row and channel by channel, or with
    ``per_channel`` that of its channel. A value is dropped where the upper 24 of its 32 random bits
    are below ``round(rate * 2**24)``. With ``mix`` as in :func:`image_keys`:

    ``bits = mix((key ^ DROPOUT) + (node + 1) * GOLDEN)``, low and high its halves;
    ``h = e * 0x9E3779B9 + low``; ``h = (h ^ h >> 16) * 0x7FEB352D``;
    ``h = (h ^ h >> 15) * 0x846CA68B``; ``h ^ h >> 16 ^ high`` are the 32 bits.

    Parameters
    ----------
    keys : array_like of shape (n,), uint64
        Each image's, from :func:`image_keys`.
    node : int
        The layer's place in ``network.nodes``, from 0.
    rate : float
        The share that is dropped.
    shape : tuple of int
        The values' shape, (n, C, H, W) or (n, I).
    per_channel : bool, default False
        Whether all values of a channel are dropped together.

    Returns
    -------
    ndarray of that shape, float64

    Notes
    -----
    Training only. Source: "Dropout" in docs/equations.md; the hash of 32 bits is C. Wellons's
    "lowbias32".

    Examples
    --------
    >>> keys = image_keys(0, [0, 0], [0, 1])
    >>> dropout_factors(keys, 3, 0.5, (2, 8)).tolist()[1]
    [2.0, 2.0, 2.0, 2.0, 0.0, 0.0, 2.0, 2.0]
    """
    with np.errstate(over="ignore"):
        bits = _mix((np.asarray(keys, np.uint64) ^ np.uint64(DROPOUT)) + _times(node + 1))[:, None]
        count = shape[1] if per_channel else math.prod(shape[1:])
        hashed = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9)
        hashed = hashed + (bits & np.uint64(0xFFFFFFFF)).astype(np.uint32)
        for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
            hashed = (hashed ^ hashed >> np.uint32(shift)) * np.uint32(factor)
        hashed ^= hashed >> np.uint32(16)
        hashed ^= (bits >> np.uint64(32)).astype(np.uint32)
    kept = hashed >> np.uint32(8) >= np.uint32(round(rate * 2**24))
    factors = kept / (1.0 - rate)
    if per_channel:
        factors = factors.reshape(shape[0], shape[1], *[1] * (len(shape) - 2))
    else:
        factors = factors.reshape(shape)
    return np.array(np.broadcast_to(factors, shape))


def image_keys(seed: int, passes: ArrayLike, images: ArrayLike) -> NDArray[np.uint64]:
    """Return the keys of images: those that their randomizing has.

    ``key = mix(seed + GOLDEN)``, then ``mix((key ^ pass) + GOLDEN)`` and ``mix((key ^ image) +
    GOLDEN)``, ``mix`` the finalizer of SplitMix64, all of it in 64 bits.

    Parameters
    ----------
    seed : int
        The training's.
    passes, images : array_like of shape (n,), int
        In which pass over the data each is, and its number in the data.

    Returns
    -------
    ndarray of shape (n,), uint64

    Notes
    -----
    Training only. Source: "Dropout" in docs/equations.md.

    Examples
    --------
    >>> image_keys(0, [0], [7]).dtype
    dtype('uint64')
    """
    with np.errstate(over="ignore"):
        key = _mix(np.asarray([seed], dtype=np.int64).view(np.uint64) + _times(1))
        for part in (passes, images):
            key = _mix((key ^ np.asarray(part, dtype=np.int64).view(np.uint64)) + _times(1))
    return key


def _times(count: int) -> np.uint64:
    return np.uint64(count * GOLDEN % 2**64)


def _mix(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return a well-mixed hash of 64 bits."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


RULES = Rules(
    forward=lambda layer, z, factors=None: z if factors is None else dropout(z, factors),
    backward=lambda layer, da, inputs, a, factors=None: (
        da if factors is None else dropout(da, factors),
    ),
    factors=lambda layer, keys, node, shape: dropout_factors(
        keys, node, layer.rate, shape, layer.per_channel
    ),
)
