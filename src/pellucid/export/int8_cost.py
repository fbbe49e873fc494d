"""What whole numbers of 8 bits cost: how much less often a model is right, or says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ConfigurationError, ExportError
from pellucid.export.description import Description
from pellucid.export.int8 import Quantized, quantized
from pellucid.export.int8_reference import int8_answer

__all__ = ["Int8", "Int8Cost", "in_int8"]

MOST_LOST = 0.005
"""Half a point of accuracy."""

AT_ONCE = 1000
"""Images at a time."""


@dataclass(frozen=True, eq=False)
class Int8:
    """How a model is to be brought to whole numbers of 8 bits.

    Parameters
    ----------
    images : array-like of shape (n, features), (n, H, W) or (n, H, W, C)
        Images like those to come, as an estimator takes them; the ranges of values are those that
        up to 512 of them, from all over, give rise to.
    test_images : array-like, optional
        Others, to weigh what it costs; by default ``images``.
    test_labels : sequence, optional
        Their classes, or a matrix of 0 and 1 for several labels. Without them it is counted how
        many get another class.
    force : bool, default False
        Whether to write it whatever it costs.

    Examples
    --------
    >>> Int8(np.zeros((100, 8, 8))).force
    False
    """

    images: Any
    test_images: Any = None
    test_labels: Sequence[Any] | NDArray[Any] | None = None
    force: bool = False


@dataclass(frozen=True)
class Int8Cost:
    """What whole numbers of 8 bits cost.

    Attributes
    ----------
    images : int
        How many were looked at.
    changed : int
        Those that got another class or other labels.
    before, after : float or None
        The accuracy, where labels were given: shares of images, or of single labels.

    Examples
    --------
    >>> print(Int8Cost(1000, 3, 0.981, 0.98))
    int8: accuracy 98.10% before and 98.00% after, on 1,000 images; 3 of them got another class
    """

    images: int
    changed: int
    before: float | None = None
    after: float | None = None

    def __str__(self) -> str:
        if self.before is None or self.after is None:
            return f"int8: {self.changed:,} of {self.images:,} images got another class"
        return (
            f"int8: accuracy {self.before:.2%} before and {self.after:.2%} after, on "
            f"{self.images:,} images; {self.changed:,} of them got another class"
        )

    @property
    def lost(self) -> float:
        """What is lost of the accuracy; without labels the share of changed classes."""
        if self.before is None or self.after is None:
            return self.changed / max(1, self.images)
        return self.before - self.after


def in_int8(description: Description, how: Int8) -> tuple[Quantized, Int8Cost]:
    """Return a model in whole numbers, and what that costs.

    Raises
    ------
    ConfigurationError
        ``how`` is none, or its labels don't fit its images.
    DataError
        Its images don't fit the model.
    ExportError
        The model gives numbers, a layer can't be expressed, or it costs more than half a point.
    """
    if not isinstance(how, Int8):
        raise ConfigurationError(
            f"int8 is {type(how).__name__}; give Int8(images), with images like those to come.",
            argument="int8",
        )
    if description.kind == "numbers":
        raise ExportError(
            "The model gives numbers; int8 is for classes and labels, so export it without."
        )
    images = description.pixels.of_estimator(how.images)
    model = quantized(description, images)
    if how.test_images is not None:
        images = description.pixels.of_estimator(how.test_images)
    cost = _cost(model, images, how.test_labels)
    if cost.lost > MOST_LOST and not how.force:
        raise ExportError(
            f"In 8 bits the model loses more than half a point ({cost}), so it is not written; "
            "give other images to quantize by, train it longer, or take it as it is with force "
            "(--force)."
        )
    return model, cost


def _cost(model: Quantized, images: NDArray[Any], labels: Any) -> Int8Cost:
    places = None if labels is None else _places(model.description, labels, len(images))
    changed, right = 0, np.zeros(2)
    for start in range(0, len(images), AT_ONCE):
        part = images[start : start + AT_ONCE]
        answers = model.description.answer(part), int8_answer(model, part)
        said = [np.asarray(answer.chosen) for answer in answers]
        differs = np.not_equal(*said).reshape(len(part), -1).any(axis=1)
        changed += int(differs.sum())
        if places is not None:
            truth = places[start : start + AT_ONCE]
            right += [float(np.equal(one, truth).sum()) for one in said]
    if places is None:
        return Int8Cost(len(images), changed)
    before, after = (right / places.size).tolist()
    return Int8Cost(len(images), changed, before, after)


def _places(description: Description, labels: Any, images: int) -> NDArray[np.int64]:
    """Return what is right as an answer has it."""
    given = np.asarray(labels)
    if len(given) != images:
        raise ConfigurationError(
            f"There are {len(given):,} test_labels for {images:,} images to test int8 on."
        )
    if description.kind == "labels":
        if given.shape != (images, description.outputs):
            raise ConfigurationError(
                f"test_labels has shape {given.shape}; it must be {(images, description.outputs)}."
            )
        return given.astype(np.int64)
    names = {str(name): place for place, name in enumerate(description.labels)}
    # What is no class of the model is never right.
    return np.array([names.get(str(one), -1) for one in given.tolist()], np.int64)
