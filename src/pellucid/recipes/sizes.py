"""How often to go over images, and how many an update takes: small sets need more passes."""

from __future__ import annotations

import math

__all__ = ["batch_size_for", "object_passes_for", "passes_for", "plain_passes_for", "sections_for"]

SECTIONS = 8
"""Parts that a batch is worked on in, where it has as many images."""


def passes_for(images: int) -> int:
    """Return how often to go over so many images.

    Examples
    --------
    >>> [passes_for(images) for images in (100, 1437, 10_000, 60_000, 1_000_000)]
    [80, 79, 30, 12, 5]
    """
    return min(80, max(5, round(3000 / math.sqrt(images))))


def plain_passes_for(images: int) -> int:
    """Return the same for a network that is fast: up to 24 of them, while that is soon done.

    Examples
    --------
    >>> [plain_passes_for(images) for images in (100, 10_000, 60_000, 100_000, 1_000_000)]
    [80, 30, 24, 15, 5]
    """
    return _while_soon(images, 24, 1_500_000)


def object_passes_for(images: int) -> int:
    """Return the same for the residual network on objects: up to 16 while that is soon done.

    Examples
    --------
    >>> [object_passes_for(images) for images in (20_000, 60_000, 100_000, 1_000_000)]
    [21, 16, 10, 5]
    """
    return _while_soon(images, 16, 1_000_000)


def _while_soon(images: int, passes: int, drawn: int) -> int:
    """Return up to so many passes, as long as no more images are drawn; the usual ones at least."""
    return max(passes_for(images), min(passes, round(drawn / images)))


def batch_size_for(images: int) -> int:
    """Return how many images an update takes: never more than there are.

    Examples
    --------
    >>> [batch_size_for(images) for images in (20, 1000, 4000, 60_000)]
    [20, 32, 100, 256]
    """
    return min(256, max(32, images // 40), images)


def sections_for(batch_size: int) -> int:
    """Return into how many sections to cut a batch, which has an image for each at least.

    Examples
    --------
    >>> sections_for(5), sections_for(256)
    (5, 8)
    """
    return min(SECTIONS, batch_size)
