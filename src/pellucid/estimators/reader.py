"""Pictures become images of one size: the first step of a pipeline."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from pellucid.errors import ConfigurationError, DataError
from pellucid.estimators.pictures import (
    Pictures,
    channels_last,
    choose_preprocessing,
    images_of,
    note_made,
    pictures_in,
)
from pellucid.images.axes import sides
from pellucid.images.preprocessing import Preprocessing

__all__ = ["ImageReader"]


@dataclass(eq=False, repr=False)
class ImageReader(TransformerMixin, BaseEstimator):
    """Reads pictures of any size as images of one size.

    Parameters
    ----------
    size : int, (int, int) or None, default None
        Height and width that pictures are resized to, as they are: without keeping their
        proportions, and never inverted. None takes the size that all of :meth:`fit`'s have.
    preprocessing : Preprocessing or None, default None
        What makes images of pictures, in place of ``size``: for single characters
        ``Preprocessing((28, 28))``, which finds the ink.

    Attributes
    ----------
    preprocessing_ : Preprocessing
        What :meth:`transform` does. If ``preprocessing`` is None, the images have three channels
        where one of :meth:`fit`'s pictures has colors, and pictures of more than 8 bits are scaled
        by the range of all of them.

    Notes
    -----
    A :class:`~pellucid.CNNClassifier` that is trained on just what :meth:`transform` returns, as it
    is next to it in a pipeline, keeps ``preprocessing_`` as its own: saved, it reads pictures in
    the same way.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from pellucid import CNNClassifier
    >>> random = np.random.default_rng(0)
    >>> pictures = [random.integers(0, 256, (9 + n, 12), np.uint8) for n in range(60)]
    >>> pictures[1::2] = [picture // 2 for picture in pictures[1::2]]
    >>> y = ["bright", "dark"] * 30
    >>> pipe = make_pipeline(ImageReader((8, 8)), CNNClassifier(random_state=0)).fit(pictures, y)
    >>> pipe.predict(pictures[:2]).tolist()
    ['bright', 'dark']
    >>> pipe[-1].preprocessing_ == pipe[0].preprocessing_
    True
    """

    size: int | tuple[int, int] | None = None
    _: KW_ONLY
    preprocessing: Preprocessing | None = None

    preprocessing_: Preprocessing = field(init=False)

    def fit(self, X: Sequence[str | os.PathLike[str] | NDArray[Any]], y: Any = None) -> Any:
        """Look at pictures, and choose what makes images of them.

        Parameters
        ----------
        X : list, Series or array of paths, or of arrays of shape (H, W) or (H, W, 3)
            Pictures. Arrays are uint8, booleans, or floats in [0, 1].
        y : ignored

        Returns
        -------
        ImageReader
            Itself.

        Raises
        ------
        ConfigurationError
            A parameter can't be used.
        DataError
            X holds no pictures.
        """
        pictures = _pictures(X)
        if self.preprocessing is not None:
            if self.size is not None:
                raise ConfigurationError("Give size or preprocessing, not both; either says it.")
            if not isinstance(self.preprocessing, Preprocessing):
                raise ConfigurationError(
                    f"preprocessing is {self.preprocessing!r:.80}; it must be a Preprocessing, for "
                    "example Preprocessing((28, 28))."
                )
            self.preprocessing_ = self.preprocessing
        else:
            self.preprocessing_ = choose_preprocessing(pictures, self._size(), None, "size")
        return self

    def transform(self, X: Sequence[str | os.PathLike[str] | NDArray[Any]]) -> NDArray[np.uint8]:
        """Return pictures as images.

        Parameters
        ----------
        X : list, Series or array
            Pictures, as for :meth:`fit`.

        Returns
        -------
        ndarray of shape (n, height, width) or (n, height, width, 3), uint8

        Raises
        ------
        DataError
            Pictures that can't be read or used; the message names every one.
        """
        check_is_fitted(self)
        images = channels_last(images_of(_pictures(X), self.preprocessing_))
        note_made(images, self.preprocessing_)
        return images

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        return tags

    def _size(self) -> tuple[int, int] | None:
        if self.size is None:
            return None
        size = self.size if isinstance(self.size, tuple | list) else (self.size, self.size)
        checked = sides(size, 2)
        if checked is None:
            raise ConfigurationError(
                f"size is {self.size!r}; it must be one whole number or (height, width), each at "
                "least 1."
            )
        return checked[0], checked[1]


def _pictures(X: Any) -> Pictures:
    """Return what X lists, or the images of an array; raise DataError if it is something else."""
    if isinstance(X, np.ndarray) and X.ndim in (3, 4) and len(X) and X.dtype.kind in "biuf":
        return Pictures([], list(X))
    pictures = pictures_in(X)
    if pictures is None:
        shape = getattr(X, "shape", None)
        what = type(X).__name__ if shape is None else f"{type(X).__name__} of shape {tuple(shape)}"
        raise DataError(
            f"X is {what}; it must list pictures, at least one: paths of files, or arrays of shape "
            "(height, width) or (height, width, 3)."
        )
    return pictures
