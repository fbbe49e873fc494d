"""What the pictures of a training look like, so that others can be told from them.

Comes in: pixels on the training's scale, where 0 and 1 are the ends of its range. Goes out: a few
numbers that are kept with a model, and a sentence where other pictures don't look alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.images.ink import border
from pellucid.images.pixel_range import BYTES, rescaling
from pellucid.images.preprocessing import Preprocessing

__all__ = ["Looks", "at_most", "guess_told", "guessed_preprocessing"]

MOST, VALUES = 2048, 1 << 22
"""Pictures of a training that are looked at, and values that they have."""

LEAST_IMAGES = 8
"""Of fewer, nothing is known."""

LEAST_SIDE = 5
"""What is smaller has no border and no middle."""

QUANTILES = (0.0, 0.01, 0.1, 0.5, 0.9, 0.99, 1.0)

FAR = 0.25
"""How far outside of all that training had, of its range, is another look."""

MANY, NEAR = 32, 0.1
"""If most of so many are outside of nearly all that training had, less is far."""

_FEW = 0.01
"""The share of a picture's pixels at either end that may have gone wrong."""

_HARMLESS = 0.05
"""The share of the grays that may be cut off."""

_GRAY = 0.02
"""Grays are further than this from black and white; a picture of grays has such a share of them."""

Marks = tuple[float, ...]
"""A measure at the quantiles of all pictures."""


@dataclass(frozen=True)
class Looks:
    """What pictures look like: each measure of one picture at the quantiles of all.

    Attributes
    ----------
    images : int
        How many were looked at.
    border, edge : tuple of float
        The median and the mean of the border.
    mean, dark, bright : tuple of float
        The mean, and nearly the smallest and the largest pixel.
    grays : tuple of float
        The share of pixels that are neither black nor white.

    Examples
    --------
    >>> black, white = np.zeros((9, 1, 6, 6)), np.ones((9, 1, 6, 6))
    >>> black[:, :, 2:4, 2:4] = white[:, :, 2:4, 2:4] = 0.5
    >>> black[:, :, 2, 2:4], white[:, :, 2, 2:4] = 1, 0
    >>> print(Looks.of(black).difference(white))
    X looks inverted: its background is bright, that of the training dark. Give 255 - X, or train
    anew.
    """

    images: int
    border: Marks
    edge: Marks
    mean: Marks
    dark: Marks
    bright: Marks
    grays: Marks

    @classmethod
    def of(cls, pictures: NDArray[Any]) -> Looks | None:
        """Return what pictures (n, C, H, W) look like, None where there is too little to see."""
        if min(pictures.shape[2:]) < LEAST_SIDE:
            return None
        seen = _measures(pictures)
        count = len(seen["mean"])
        if count < LEAST_IMAGES:
            return None
        marks = {name: _marks(values) for name, values in seen.items()}
        return cls(images=count, **marks)

    def joined(self, other: Looks) -> Looks:
        """Return what both look like together: the ends of both, the middle between them."""
        total = self.images + other.images

        def join(first: Marks, second: Marks) -> Marks:
            return tuple(
                min(a, b) if q < 0.5 else max(a, b) if q > 0.5
                else (a * self.images + b * other.images) / total
                for q, a, b in zip(QUANTILES, first, second, strict=True)
            )  # fmt: skip

        names = [item.name for item in fields(self) if item.name != "images"]
        return Looks(
            total, **{name: join(getattr(self, name), getattr(other, name)) for name in names}
        )

    def difference(
        self, pictures: NDArray[Any], pixel_range: tuple[float, float] = BYTES, name: str = "X"
    ) -> str | None:
        """Return in a sentence how other pictures differ, with the fix; None if they look alike.

        Parameters
        ----------
        pictures : ndarray of shape (n, C, H, W)
            On the training's scale, but not cut off at its ends; blank ones don't count.
        pixel_range : (float, float), default (0, 255)
            What 0 and 1 stand for.
        name : str, default "X"
            What to call them.
        """
        if min(pictures.shape[2:]) < LEAST_SIDE:
            return None
        seen = _measures(_cut_off(pictures))
        if not len(seen["mean"]):
            return None
        begin = name[0].upper() + name[1:]
        if self._is_inverted(seen):
            backgrounds, turned = _turned(seen, pixel_range, name)
            return f"{begin} looks inverted: {backgrounds}. Give {turned}, or train anew."
        if self._is_another_scale(seen):
            low, high = pixel_range
            ends = (
                np.median(seen["dark"]),
                np.median(seen["bright"]),
                self.dark[3],
                self.bright[3],
            )
            first, last, dark, bright = (low + float(end) * (high - low) for end in ends)
            return (
                f"{begin} looks as if it were on another scale: its pictures go from about "
                f"{first:.3g} to {last:.3g}, those of the training from {dark:.3g} to "
                f"{bright:.3g}. Bring {name} to the scale of the training"
                f"{rescaling((first, last), (dark, bright), name)}."
                f"{self.inverted_as_well(pictures, pixel_range, name)}"
            )
        if self.grays[1] >= _GRAY and not seen["grays"].any():
            return (
                f"{begin} has black and white pixels only, but the pictures of the training had "
                f"grays: give {name} as it was before it was made black and white, or train on "
                "such pictures."
            )
        if self.grays[-2] == 0 and _most(seen["grays"] >= _GRAY):
            return (
                f"{begin} has grays, but the pictures of the training were all black and white: "
                f"make {name} black and white in the same way, or train on grays."
            )
        return None

    def inverted_as_well(
        self, pictures: NDArray[Any], pixel_range: tuple[float, float] = BYTES, name: str = "X"
    ) -> str:
        """Return a sentence if pictures of another scale, once brought to it, are inverted; or "".

        Nearly the smallest and the largest pixel become what they were in training.
        """
        if min(pictures.shape[2:]) < LEAST_SIDE:
            return ""
        values = np.asarray(pictures, np.float64)
        found = _measures(values)
        if not len(found["mean"]):
            return ""
        low, high = float(np.median(found["dark"])), float(np.median(found["bright"]))
        if not high > low:
            return ""
        factor = (self.bright[3] - self.dark[3]) / (high - low)
        seen = _measures(np.clip((values - low) * factor + self.dark[3], 0, 1))
        if not len(seen["mean"]) or not self._is_inverted(seen):
            return ""
        backgrounds, turned = _turned(seen, pixel_range, name)
        return f" It looks inverted as well: {backgrounds}. Once it has the scale, give {turned}."

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON-ready values."""
        return {
            item.name: self.images if item.name == "images"
            else [round(float(mark), 6) for mark in getattr(self, item.name)]
            for item in fields(self)
        }  # fmt: skip

    @classmethod
    def from_dict(cls, values: Any) -> Looks:
        """Return what :meth:`to_dict` described; raise ValueError if it is something else."""
        names = [item.name for item in fields(cls)]
        if not isinstance(values, Mapping) or sorted(values) != sorted(names):
            raise ValueError("what the pictures of the training looked like can't be read")
        marks = {
            name: tuple(float(mark) for mark in values[name]) for name in names if name != "images"
        }
        for name, found in marks.items():
            if len(found) != len(QUANTILES) or not all(map(math.isfinite, found)):
                raise ValueError(f"{name} of the pictures of the training is {values[name]!r:.80}")
        return cls(images=int(values["images"]), **marks)

    @property
    def is_ink_on_black(self) -> bool:
        """Whether these may be MNIST's: bright ink that leaves a black border free."""
        return self.is_on_black and self.edge[4] <= 0.02 and self.bright[2] >= 0.5

    @property
    def is_on_black(self) -> bool:
        """Whether what is shown lies before a black background."""
        return self.border[4] <= 0.1 and self.mean[3] <= 0.5

    def _is_inverted(self, seen: Mapping[str, NDArray[Any]]) -> bool:
        """Return whether most borders lie outside of the training's, and inside once inverted."""
        border = seen["border"]
        mirrored = self._outside("border", 1 - border, 0.1)
        return _most(self._outside("border", border, FAR) & ~mirrored)

    def _is_another_scale(self, seen: Mapping[str, NDArray[Any]]) -> bool:
        dark, bright = seen["dark"], seen["bright"]
        dim = (bright < self.bright[0] / 4) & (self.bright[0] > 0)
        return (
            _most(self._outside("dark", dark, FAR))
            or _most(bright > self.bright[-1] + 2 * FAR)
            or _most(dim)
        )

    def _outside(self, name: str, values: NDArray[Any], margin: float) -> NDArray[np.bool_]:
        """Return which are far from what training had; of many pictures, from nearly all of it."""
        count, marks = len(values), getattr(self, name)
        end = 1 if count >= LEAST_IMAGES else 0
        margin = min(margin, NEAR) if count >= MANY else margin
        outside: NDArray[np.bool_] = (values < marks[end] - margin) | (
            values > marks[-1 - end] + margin
        )
        return outside


def guessed_preprocessing(input_shape: tuple[int, ...], looks: Looks | None) -> Preprocessing:
    """Return what to do to pictures where nobody said how those of the training were made.

    Ink is cut out and centered only if the training's pictures look like MNIST's. What lay before
    black otherwise is resized, inverted where the picture's border is bright; and all else, such as
    photographs, is resized as it is.

    Examples
    --------
    >>> guessed_preprocessing((1, 32, 32), None).fit
    'resize'
    """
    if input_shape[0] == 1 and looks is not None and looks.is_ink_on_black:
        return Preprocessing(input_shape)
    is_on_black = input_shape[0] == 1 and looks is not None and looks.is_on_black
    return Preprocessing(
        input_shape, polarity="auto" if is_on_black else "light-on-dark", fit="resize"
    )


def at_most(pictures: int, input_shape: tuple[int, ...]) -> int:
    """Return how many pictures of a shape to look at: fewer, where they are large.

    Examples
    --------
    >>> at_most(MOST, (1, 28, 28)), at_most(MOST, (3, 1024, 1024))
    (2048, 16)
    """
    return max(min(pictures, VALUES // math.prod(input_shape)), 2 * LEAST_IMAGES)


def guess_told(made: Preprocessing) -> str:
    """Return in words what is done to pictures where that is a guess, and how to say better.

    Examples
    --------
    >>> made = guessed_preprocessing((8, 8), None)
    >>> "pictures are resized to 8 x 8 as they are" in guess_told(made)
    True
    """
    size = " x ".join(map(str, made.input_shape[1:]))
    what = f"resized to {size} as they are"
    if made.fit == "mnist":
        what = "searched for ink, which is cut out, scaled and centered as MNIST's"
    elif made.polarity == "auto":
        what = f"resized to {size}, and inverted where their border is bright"
    return (
        "How the pictures of the training were made is not stored in the model. By what they look "
        f"like, pictures are {what}. If that is wrong, set the classifier's preprocessing_ before "
        "it is saved."
    )


def _cut_off(pictures: NDArray[Any]) -> NDArray[np.float64]:
    """Return pictures cut off at 0 and 1, if black and white alone lie outside: that does no harm.

    Black and white are the smallest and the largest value of all.
    """
    values = np.asarray(pictures, np.float64)
    between = values[(values > values.min()) & (values < values.max())]
    outside = (between < 0) | (between > 1)
    is_harmless = np.count_nonzero(outside) <= _HARMLESS * between.size
    return np.clip(values, 0, 1) if is_harmless else values


def _measures(pictures: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
    """Return each measure of each picture that is not blank."""
    values = np.asarray(pictures, np.float64)
    ordered = np.sort(values.reshape(len(values), -1), axis=1)
    shown = ordered[:, 0] < ordered[:, -1]
    values, ordered = values[shown], ordered[shown]
    few = math.ceil(_FEW * ordered.shape[1])
    edges = border(values)
    edges = edges.reshape(len(edges), math.prod(edges.shape[1:]))
    grays = (values > _GRAY) & (values < 1 - _GRAY)
    return {
        "border": np.median(edges, axis=1),
        "edge": edges.mean(axis=1),
        "mean": ordered.mean(axis=1),
        "dark": ordered[:, few],
        "bright": ordered[:, -1 - few],
        "grays": grays.mean(axis=(1, 2, 3)),
    }


def _turned(
    seen: Mapping[str, NDArray[Any]], pixel_range: tuple[float, float], name: str
) -> tuple[str, str]:
    """Return in words how bright the backgrounds of inverted pictures are, and what to give."""
    is_bright = np.median(seen["border"]) > 0.5
    has, had = ("bright", "dark") if is_bright else ("dark", "bright")
    total = sum(pixel_range)
    turned = f"{f'{total:g} ' if total else ''}- {name}"
    return f"its background is {has}, that of the training {had}", turned


def _marks(values: NDArray[np.float64]) -> Marks:
    return tuple(float(mark) for mark in np.quantile(values, QUANTILES))


def _most(chosen: NDArray[np.bool_]) -> bool:
    return bool(2 * np.count_nonzero(chosen) > len(chosen))
