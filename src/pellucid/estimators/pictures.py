"""Pictures of any size in place of images: paths and arrays, and what brings them to one size."""

from __future__ import annotations

import os
import weakref
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import warn
from pellucid.data.readers.picture_pixels import Seen
from pellucid.data.readers.pictures import look_at_pictures, read_images
from pellucid.errors import DataError
from pellucid.images.axes import four_axes
from pellucid.images.common_size import chosen_size, size_told
from pellucid.images.preprocessing import Preprocessing

__all__ = [
    "Pictures",
    "channels_last",
    "choose_preprocessing",
    "images_of",
    "made_by",
    "note_made",
    "pictures_in",
]

Path = str | os.PathLike[str]

Size = tuple[int, int]


class Pictures(NamedTuple):
    """Pictures of any size: files or arrays, of which the other is empty.

    Attributes
    ----------
    paths : list of path-like
    arrays : list of ndarray of shape (H, W) or (H, W, C)
    """

    paths: list[Path]
    arrays: list[NDArray[Any]]

    @property
    def shapes(self) -> set[tuple[int, ...]]:
        """The different shapes of the arrays."""
        return {array.shape for array in self.arrays}


def pictures_in(X: Any) -> Pictures | None:
    """Return the pictures that X lists, None if X is something else, such as one array of numbers.

    Parameters
    ----------
    X : list, tuple, Series or array
        Of paths, or of arrays of two or three axes.

    Raises
    ------
    DataError
        X is a single path, or lists paths and other things.

    Examples
    --------
    >>> pictures_in(["a.png", "b.png"]).paths
    ['a.png', 'b.png']
    >>> pictures_in([[1, 2], [3, 4]]) is None
    True
    """
    if isinstance(X, str | os.PathLike):
        raise DataError(f"X is {os.fspath(X)!r:.200}, a single path; give a list: [path].")
    things = _listed(X)
    if not things:
        return None
    are_paths = [isinstance(thing, str | os.PathLike) for thing in things]
    if all(are_paths):
        return Pictures(things, [])
    if any(are_paths):
        place = are_paths.index(not are_paths[0])
        raise DataError(
            f"X lists paths and other things: {things[0]!r:.80} at index 0, but "
            f"{things[place]!r:.80} at index {place}; give paths alone, or arrays alone."
        )
    if all(isinstance(thing, np.ndarray) and thing.ndim in (2, 3) for thing in things):
        return Pictures([], things)
    return None


def _listed(X: Any) -> list[Any] | None:
    """Return what X lists, if it is no array of numbers; a table of one column is one."""
    shape = getattr(X, "shape", None)
    if shape is not None:
        if hasattr(X, "tocsr") or not (len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)):
            return None
        values = np.asarray(X)
        return values.ravel().tolist() if values.dtype.kind in "OUT" else None
    return list(X) if isinstance(X, list | tuple) else None


def choose_preprocessing(
    pictures: Pictures, size: Size | None, channels: int | None, name: str
) -> Preprocessing:
    """Return what brings pictures to one size and leaves those of that size unchanged.

    Parameters
    ----------
    pictures : Pictures
        All that are learned from.
    size : (int, int) or None
        Height and width; None takes those that all pictures have, or chooses some and warns.
    channels : int or None
        1 or 3; None is 3 if one picture has colors.
    name : str
        The argument that says the size.
    """
    if pictures.paths:
        sizes, is_color, deep_range = look_at_pictures(pictures.paths, warn)
    else:
        sizes = [array.shape[:2] for array in pictures.arrays]
        is_color = any(array.ndim == 3 and array.shape[2] == 3 for array in pictures.arrays)
        deep_range = None
    shape = size or _common(sizes, name)
    return Preprocessing(
        (channels or (3 if is_color else 1), *shape),
        polarity="light-on-dark",
        fit="resize",
        deep_range=deep_range,
    )


def _common(sizes: Sequence[Size], name: str) -> Size:
    counts = Counter(sizes).most_common()
    if len(counts) > 1:
        chosen = chosen_size(counts)
        warn(size_told(counts, chosen, f"{name}=(28, 28)"))
        return chosen
    return counts[0][0] if counts else (1, 1)  # none can be read, which reading them will tell


def images_of(pictures: Pictures, preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """Return pictures as images (n, C, H, W), or one error that names every bad one.

    Raises
    ------
    DataError
        Files that can't be read, or arrays that are no pictures.
    """
    if pictures.paths:
        return read_images(pictures.paths, preprocessing)
    images = np.empty((len(pictures.arrays), *preprocessing.input_shape), np.uint8)
    bad, seen = [], Seen(warn)
    for number, array in enumerate(pictures.arrays):
        try:
            images[number] = preprocessing.picture(array, say=seen.at(f"X[{number}]").doubt)
        except DataError as error:
            bad.append(f"X[{number}]: {error}")
    if bad:
        lines = "".join(f"\n  {line}" for line in bad)
        raise DataError(f"{len(bad):,} of {len(images):,} pictures can't be used:{lines}")
    seen.end()
    return images


def channels_last(images: NDArray[Any]) -> NDArray[Any]:
    """Return images (n, C, H, W) as estimators take them, (n, H, W) or (n, H, W, C).

    Examples
    --------
    >>> channels_last(np.zeros((5, 1, 2, 3))).shape, channels_last(np.zeros((5, 3, 2, 4))).shape
    ((5, 2, 3), (5, 2, 4, 3))
    """
    four = four_axes(images)
    return four[:, 0] if four.shape[1] == 1 else np.ascontiguousarray(four.transpose(0, 2, 3, 1))


_made: dict[int, tuple[weakref.ref[NDArray[Any]], Preprocessing]] = {}


def note_made(images: NDArray[Any], preprocessing: Preprocessing) -> None:
    """Note what made an array of images, for who is given this very array, as long as it lives.

    A pipeline hands on what a transformer returns, and nothing else.
    """
    key = id(images)
    _made[key] = weakref.ref(images, lambda gone: _made.pop(key, None)), preprocessing


def made_by(X: Any) -> Preprocessing | None:
    """Return what made an array, None if that is not known; copies and parts have no maker.

    Examples
    --------
    >>> images = np.zeros((2, 3, 3), np.uint8)
    >>> note_made(images, Preprocessing((3, 3)))
    >>> made_by(images) == Preprocessing((3, 3)), made_by(images.copy())
    (True, None)
    """
    entry = _made.get(id(X))
    return entry[1] if entry is not None and entry[0]() is X else None
