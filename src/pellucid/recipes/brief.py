"""What a recipe is chosen for: the shape of the images, their number, and what they show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.images.axes import three_axes
from pellucid.network.layers import Shape
from pellucid.network.loss import CrossEntropy, Loss
from pellucid.recipes.looks import Kind, is_mirrored_alike, kind_of

__all__ = ["Brief"]


@dataclass(frozen=True)
class Brief:
    """What is known of a task before it is learned.

    Attributes
    ----------
    input_shape : tuple of int
        ``(channels, height, width)``.
    outputs : int
        How many classes, labels or numbers.
    images : int
        How many there are to train on.
    kind : {"drawings", "objects", "photos", "signals", "rows"}
        What they are.
    is_mirrored_alike : bool or None
        Whether left and right may change sides; None where that is not known.
    loss : Loss
        What outputs are held to.
    """

    input_shape: Shape
    outputs: int
    images: int
    kind: Kind = "drawings"
    is_mirrored_alike: bool | None = None
    loss: Loss = field(default_factory=CrossEntropy)

    @classmethod
    def of(cls, images: NDArray[Any], labels: NDArray[np.int64], classes: int) -> Brief:
        """Return what is known of images and their classes.

        Examples
        --------
        >>> Brief.of(np.zeros((20, 28, 28), np.uint8), np.arange(20) % 2, classes=2).kind
        'drawings'
        """
        kind = kind_of(images)
        return cls(
            input_shape=three_axes(images.shape[1:]),
            outputs=classes,
            images=len(images),
            kind=kind,
            is_mirrored_alike=is_mirrored_alike(images, labels) if kind == "photos" else None,
        )
