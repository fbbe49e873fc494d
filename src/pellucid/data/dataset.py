"""A data set: images to train, to validate and to test on, labels, and where they came from."""

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
    validation_images : ndarray of shape (n, H, W) or (n, C, H, W), or None
        Images to measure on while training, where the source has such beside those to test on.
    validation_labels : ndarray of shape (n,), int64, or None
        Their labels.

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
    validation_images: Images | None = None
    validation_labels: NDArray[np.int64] | None = None

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.input_shape))
        held = self.validation
        validation = "" if held is None else f", {len(held[1]):,} validation"
        return (
            f"<Dataset {self.name}: {len(self.train_images):,} training{validation} and "
            f"{len(self.test_images):,} test images of {shape}, {self.train_images.dtype}, "
            f"{len(self.classes)} classes: {some(self.classes)} ({self.source})>"
        )

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """``(channels, height, width)`` of one image, as a network's input_shape."""
        channels, height, width = three_axes(self.train_images.shape[1:])
        return channels, height, width

    @property
    def size(self) -> int:
        """How many bytes all images have."""
        held = 0 if self.validation_images is None else self.validation_images.nbytes
        return self.train_images.nbytes + self.test_images.nbytes + held

    @property
    def validation(self) -> tuple[Images, NDArray[np.int64]] | None:
        """Images and labels to measure on while training, as ``Trainer.fit`` takes them."""
        if self.validation_images is None or self.validation_labels is None:
            return None
        return self.validation_images, self.validation_labels

    def fingerprint(self) -> str:
        """Return the SHA-256, in hex, of the arrays' dtypes, shapes and bytes.

        They are those to train and to test on: two data sets with the same fingerprint train the
        same network, and neither names nor images to validate change that.

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
    arrays: dict[str, Any] = {
        name: repeated(images.reshape(-1, 1, height, width), channels)
        for name in ("train_images", "test_images", "validation_images")
        if (images := getattr(dataset, name)) is not None
    }
    return dataclasses.replace(dataset, **arrays, preprocessing=made)


def repeated(images: Images, channels: int) -> Images:
    """Return images of one channel, (n, 1, H, W), with so many equal ones."""
    copies: Any = np.repeat(images, channels, axis=1)  # of the same dtype, which mypy can't tell
    return copies  # type: ignore[no-any-return]
