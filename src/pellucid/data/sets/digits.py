"""scikit-learn's bundled digits: the data set that is there when nothing can be fetched."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from pellucid.data.dataset import Dataset
from pellucid.data.sets.named_set import NamedSet
from pellucid.images.preprocessing import Preprocessing

__all__ = ["DIGITS", "DIGITS8", "load_digits", "load_digits8"]

_SOURCE = "bundled with scikit-learn"


def load_digits() -> Dataset:
    """Return the 1,797 bundled digits, brought from 8 x 8 to 28 x 28 pixels.

    Each digit goes through the preprocessing that a user's picture goes through,
    ``Preprocessing((28, 28), polarity="light-on-dark")``: cut to its ink, enlarged by Pillow
    so that its longer side is 20 pixels, and placed with its center of mass in the middle, as MNIST
    was made. So the reference network fits. The split is that of :func:`load_digits8`.

    Returns
    -------
    Dataset
        ``digits``: 1,437 training and 360 test images, (n, 28, 28), uint8.
    """
    raw = load_digits8()
    train_images, test_images = _enlarged()
    return Dataset(
        "digits",
        train_images.copy(),
        raw.train_labels,
        test_images.copy(),
        raw.test_labels,
        raw.classes,
        raw.source,
    )


def load_digits8() -> Dataset:
    """Return the 1,797 bundled digits as they are, 8 x 8 pixels.

    Their values 0 to 16 are scaled to 0 to 255, ``rint(value * 255 / 16)``. The split is stratified
    and always the same: scikit-learn's ``train_test_split`` with ``test_size=360`` and
    ``random_state=0``.

    Returns
    -------
    Dataset
        ``digits8``: 1,437 training and 360 test images, (n, 8, 8), uint8.

    Notes
    -----
    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
    Learning Repository, 1998; scikit-learn bundles its test part.
    """
    # Imported here: scikit-learn takes a second, and `import pellucid` should not.
    from sklearn.datasets import load_digits as bundled
    from sklearn.model_selection import train_test_split

    digits = bundled()
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    labels = digits.target.astype(np.int64)
    train, test = train_test_split(
        np.arange(len(images)), test_size=360, stratify=labels, random_state=0
    )
    return Dataset(
        "digits8",
        images[train],
        labels[train],
        images[test],
        labels[test],
        tuple(str(digit) for digit in range(10)),
        _SOURCE,
    )


@functools.cache
def _enlarged() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the training and the test images; it takes a second, so a process does it once."""
    raw, preprocessing = load_digits8(), Preprocessing((28, 28), polarity="light-on-dark")
    train, test = (
        np.stack([preprocessing.picture(np.asarray(image))[0] for image in images])
        for images in (raw.train_images, raw.test_images)
    )
    return train, test


DIGITS = NamedSet(
    "digits", "handwritten digits, 8 x 8 made 28 x 28", "1,437 + 360",
    lambda say: load_digits(), lambda: _SOURCE,
)  # fmt: skip
DIGITS8 = NamedSet(
    "digits8", "handwritten digits, 8 x 8", "1,437 + 360",
    lambda say: load_digits8(), lambda: _SOURCE,
)  # fmt: skip
