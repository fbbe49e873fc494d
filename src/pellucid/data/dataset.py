"""A data set: training and test images with their labels, and where they came from."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.console import some
from pellucid.files.fingerprints import array_fingerprint
from pellucid.images.axes import Images, three_axes
from pellucid.images.preprocessing import Preprocessing

__all__ = ["Dataset", "repeated", "with_channels"]


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
    >>> tiny = Dataset("tiny", images, labels, images, labels, ("a", "b"), "made here")
    >>> tiny.input_shape
    (1, 28, 28)
    >>> tiny
    <Dataset tiny: 2 training and 2 test images of 1 x 28 x 28, uint8, 2 classes: a, b (made here)>
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

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.input_shape))
        return (
            f"<Dataset {self.name}: {len(self.train_images):,} training and "
            f"{len(self.test_images):,} test images of {shape}, {self.train_images.dtype}, "
            f"{len(self.classes)} classes: {some(self.classes)} ({self.source})>"
        )

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """``(channels, height, width)`` of one image, as a network's input_shape."""
        channels, height, width = three_axes(self.train_images.shape[1:])
        return channels, height, width

    def fingerprint(self) -> str:
        """Return the SHA-256, in hex, of the four arrays' dtypes, shapes and bytes.

        Two data sets with the same fingerprint train the same network; the names don't count.

        Returns
        -------
        str
            64 hexadecimal digits.
        """
        return array_fingerprint(
            self.train_images, self.train_labels, self.test_images, self.test_labels
        )


def with_channels(dataset: Dataset, channels: int) -> Dataset:
    """Return a data set whose gray images, and what makes them, have so many equal channels.

    Examples
    --------
    >>> import numpy as np
    >>> images, labels = np.zeros((2, 28, 28), np.uint8), np.array([0, 1])
    >>> tiny = Dataset("tiny", images, labels, images, labels, ("a", "b"), "made here")
    >>> with_channels(tiny, 3).input_shape
    (3, 28, 28)
    """
    made = dataset.preprocessing
    if made is not None and made.input_shape[0] != channels:
        made = dataclasses.replace(made, input_shape=(channels, *made.input_shape[1:]))
    own, height, width = dataset.input_shape
    if own == channels:
        return dataclasses.replace(dataset, preprocessing=made)
    train, test = (
        repeated(images.reshape(-1, 1, height, width), channels)
        for images in (dataset.train_images, dataset.test_images)
    )
    return dataclasses.replace(dataset, train_images=train, test_images=test, preprocessing=made)


def repeated(images: Images, channels: int) -> Images:
    """Return images of one channel, (n, 1, H, W), with so many equal ones."""
    copies: Any = np.repeat(images, channels, axis=1)  # of the same dtype, which mypy can't tell
    return copies  # type: ignore[no-any-return]
