"""A data set: training and test images with their labels, and where they came from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.preprocessing import Preprocessing

__all__ = ["Dataset", "Images"]

Images = NDArray[np.uint8] | NDArray[np.float32]
"""Pixels as stored, 0 to 255 in uint8, or as float32 in [0, 1]."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels to train on and to test on.

    Attributes
    ----------
    name : str
        The name it was loaded by, such as ``"mnist"``, or the path.
    train_images, test_images : ndarray of shape (n, H, W) or (n, C, H, W)
        Pixels: uint8 as stored, or float32 in [0, 1] where the file held floats.
    train_labels, test_labels : ndarray of shape (n,), int64
        Indices into ``classes``.
    classes : tuple of str
        The name of each class.
    source : str
        Where the bytes came from: ``"cache"``, ``"bundled with scikit-learn"``, ...
    note : str
        One line that a person should see, or ``""``.
    preprocessing : Preprocessing or None
        What made the images out of pictures, for the model to do the same; None where they came
        as arrays and nothing was said.

    Examples
    --------
    >>> import numpy as np
    >>> images, labels = np.zeros((2, 28, 28), np.uint8), np.array([0, 1])
    >>> Dataset("tiny", images, labels, images, labels, ("a", "b"), "made here").input_shape
    (1, 28, 28)
    """

    name: str
    train_images: Images
    train_labels: NDArray[np.int64]
    test_images: Images
    test_labels: NDArray[np.int64]
    classes: tuple[str, ...]
    source: str
    note: str = ""
    preprocessing: Preprocessing | None = None

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """``(channels, height, width)`` of one image, as a network's input_shape."""
        shape = self.train_images.shape[1:]
        channels, height, width = shape if len(shape) == 3 else (1, *shape)
        return channels, height, width

    def fingerprint(self) -> str:
        """Return the SHA-256, in hex, of the four arrays' dtypes, shapes and bytes.

        Two data sets with the same fingerprint train the same network; the names don't count.

        Returns
        -------
        str
            64 hexadecimal digits.
        """
        digest = hashlib.sha256()
        arrays: tuple[NDArray[np.generic], ...] = (
            self.train_images,
            self.train_labels,
            self.test_images,
            self.test_labels,
        )
        for array in arrays:
            stored = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
            digest.update(f"{stored.dtype.str}{stored.shape};".encode())
            digest.update(stored.data)
        return digest.hexdigest()
