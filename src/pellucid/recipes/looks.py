"""What kind of pictures there are to learn, as far as the pixels tell.

A photograph may be mirrored and a digit may not, and what is drawn on a plain ground takes another
network than what fills the picture, or than a thing that was photographed on such a ground. Comes
in: pixels and classes. Goes out: the kind, and whether left and right are alike.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pellucid.images.axes import four_axes, from_all_over
from pellucid.images.floats import in_float64
from pellucid.images.ink import averaged, border
from pellucid.network.presets import LEAST_LENGTH

__all__ = ["Indexed", "Kind", "is_mirrored_alike", "kind_of"]

Kind = Literal["drawings", "objects", "photos", "signals", "rows"]
"""What pictures are: drawn on a plain ground, photographed on one, filled by a photograph, or no
pictures at all."""

LEAST_SIDE = 8
"""Pixels below which too little is to be seen."""

MOST = 1024
"""Pictures that are looked at for their kind."""

OF_A_CLASS = 500
"""Pictures of a class that its mean is taken of."""

PLAIN = 0.1
"""How much of the range of its pixels the border of a drawing differs from its ground."""

SHADED = 0.042
"""The least part of what stands on a plain ground that has shades, where it was photographed."""

COARSE = 14
"""Pixels of the longer side with which shades are looked for: enlarged drawings have gray edges."""

SMOOTH = 0.5
"""The least correlation of neighboring pixels in photographs."""

HANDED = 0.25
"""How one-sided classes may be, of how different they are, where left and right are alike."""


def kind_of(images: NDArray[Any]) -> Kind:
    """Return what kind of pictures there are.

    A drawing has a border that is nearly all of one color; drawings are pictures most of which do.
    What stands on such a ground and has shades, tones between the ground and its strongest that lie
    beside like ones, is an object that was photographed: on the average a tenth of Fashion-MNIST's
    clothes, a thousandth of MNIST's digits, whose grays are edges.

    Parameters
    ----------
    images : ndarray of shape (n, H, W) or (n, C, H, W)
        Pixels of any scale.

    Returns
    -------
    {"drawings", "objects", "photos", "signals", "rows"}
        Signals are single rows (or columns) of 16 values or more whose neighbors are alike; rows
        are all else that is lower or narrower than 8 pixels, or whose neighbors are not alike.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> numbers = random.random((20, 3, 16, 16))
    >>> photos = numbers.cumsum(axis=2).cumsum(axis=3)
    >>> drawings = np.zeros((20, 16, 16))
    >>> drawings[:, 4:12, 4:12] = photos[:, 0, 4:12, 4:12]
    >>> kind_of(photos), kind_of(drawings), kind_of(drawings > 0), kind_of(numbers)
    ('photos', 'objects', 'drawings', 'rows')
    >>> kind_of(random.random((20, 1, 90)).cumsum(axis=2))
    'signals'
    """
    four = four_axes(images)
    lower, longer = sorted(four.shape[2:])
    if lower < LEAST_SIDE and (lower > 1 or longer < LEAST_LENGTH):
        return "rows"
    values = in_float64(from_all_over(four, MOST))
    if not len(values):
        return "drawings" if lower > 1 else "rows"
    if lower == 1:
        is_alike = values.var() > 0 and _are_neighbors_alike(values)
        return "signals" if is_alike else "rows"
    low, high = values.min(axis=(1, 2, 3)), values.max(axis=(1, 2, 3))
    edges = border(values)
    away = np.abs(edges - np.median(edges, axis=2, keepdims=True)).max(axis=1)
    # Ink may touch the border: what counts is what most of it is like.
    spread = np.quantile(away, 0.7, axis=1)
    is_plain = spread <= PLAIN * (high - low)
    if 2 * np.count_nonzero(is_plain) >= len(values):
        return "objects" if _shades(values[is_plain], edges[is_plain]) >= SHADED else "drawings"
    return "photos" if _are_neighbors_alike(values) else "rows"


def _shades(values: NDArray[np.float64], edges: NDArray[np.float64]) -> float:
    """Return which part of what stands on a plain ground has shades, the mean of pictures.

    With ``a`` how far a pixel is from the ground, of how far the furthest is, what stands there is
    ``a > 0.1``, and its shades ``0.25 < a < 0.75`` where no neighbor above, below or beside is
    further away than 0.2.
    """
    ground = np.median(edges, axis=2)[:, :, np.newaxis, np.newaxis]
    away = _coarse(np.abs(values - ground).max(axis=1))
    most = away.max(axis=(1, 2), keepdims=True)
    away = away / np.where(most > 0, most, 1)
    is_flat = np.ones(away.shape, dtype=bool)
    for axis in (1, 2):
        steps = np.abs(np.diff(away, axis=axis)) < 0.2
        before, after = [(0, 0)] * 3, [(0, 0)] * 3
        before[axis], after[axis] = (1, 0), (0, 1)
        is_flat &= np.pad(steps, before, constant_values=True)
        is_flat &= np.pad(steps, after, constant_values=True)
    shades = ((away > 0.25) & (away < 0.75) & is_flat).sum(axis=(1, 2))
    return float(np.mean(shades / np.maximum(1, (away > 0.1).sum(axis=(1, 2)))))


def _coarse(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return pictures (n, H, W) with squares of pixels averaged to one, no longer than COARSE."""
    factor = -(-max(values.shape[1:]) // COARSE)
    rows, columns = (side - side % factor or side for side in values.shape[1:])
    return averaged(values[:, :rows, :columns], factor)


def _are_neighbors_alike(values: NDArray[np.float64]) -> bool:
    """Return whether pixels beside one another correlate: ``1 - E(x - y)^2 / (2 Var x)``."""
    variance = float(values.var())
    if variance == 0:
        return True
    pairs = (np.diff(values, axis=axis) for axis in (2, 3) if values.shape[axis] > 1)
    return all(1 - float(np.square(step).mean()) / (2 * variance) >= SMOOTH for step in pairs)


class Indexed(Protocol):
    """Images that give some of them for an array of indices: an ndarray, or its like."""

    def __getitem__(self, indices: Any, /) -> NDArray[Any]: ...


def is_mirrored_alike(images: Indexed, labels: NDArray[np.int64]) -> bool | None:
    """Return whether pictures may change left and right; None where there are too few to tell.

    Of classes whose pictures may, the means are symmetric. With ``d`` the mean of a class less the
    mean of all, and ``d'`` its mirror image, they are as one-sided as ``sum |d - d'|^2`` is large
    beside ``sum |d|^2``. Of each square the expected part of noise is taken away: from ``n``
    pictures ``x`` with the mean ``m``, ``(n |m|^2 - sum |x|^2 / n) / (n - 1)`` has the expectation
    of the square of the true mean. On MNIST's training images the ratio is 0.9, on CIFAR-10's 0.

    Parameters
    ----------
    images : ndarray of shape (n, H, W) or (n, C, H, W), or what gives one for an array of indices
        Pixels of any scale.
    labels : ndarray of shape (n,), int64
        Their classes.

    Returns
    -------
    bool or None

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> images = random.random((400, 1, 8, 8))
    >>> labels = np.arange(400) % 2
    >>> images[labels == 1, :, :, :3] += 1
    >>> is_mirrored_alike(images, labels)
    False
    >>> images[labels == 1, :, :, -3:] += 1
    >>> is_mirrored_alike(images, labels)
    True
    """
    classes = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    groups = [
        in_float64(four_axes(images[from_all_over(places, OF_A_CLASS)]))
        for places in classes
        if len(places) > 1
    ]
    if not groups:
        return None
    grand = np.mean([group.mean(axis=0) for group in groups], axis=0)
    different = one_sided = noise = 0.0
    for group in groups:
        from_all = group - grand
        apart, chance = _squared_mean(from_all)
        sided, _ = _squared_mean(from_all - from_all[..., ::-1])
        different, one_sided, noise = different + apart, one_sided + sided, noise + chance
    if different <= 1.5 * noise:  # what differs may be chance
        return None
    return bool(one_sided <= HANDED * different)


def _squared_mean(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the square of the mean of a class, without noise, and the noise that was in it."""
    count = len(values)
    mean = float(np.square(values.mean(axis=0)).sum())
    noise = (float(np.square(values).sum()) / count - mean) / (count - 1)
    return mean - noise, noise
