import numpy as np
from sklearn.datasets import load_digits as bundled

from pellucid.data.sets.digits import load_digits, load_digits8

# Of the 8 x 8 digits in their split: another scikit-learn that splits otherwise is to be noticed.
FINGERPRINT = "338b615617491de51f259f0570e244f1821fc71143fede9f6e2effaf897a31b6"


def test_digits8_are_the_bundled_ones_in_a_fixed_stratified_split():
    data = load_digits8()
    assert data.fingerprint() == FINGERPRINT
    assert data.train_images.shape == (1437, 8, 8)
    assert data.test_images.shape == (360, 8, 8)
    assert data.train_images.dtype == np.uint8
    assert data.source == "bundled with scikit-learn"
    images = np.concatenate([data.train_images, data.test_images])
    values = np.rint(bundled().images * 255 / 16)
    assert sorted(map(bytes, images)) == sorted(map(bytes, values.astype(np.uint8)))
    counts = np.bincount(bundled().target)
    for labels in (data.train_labels, data.test_labels):
        assert labels.dtype == np.int64
        share = counts * len(labels) / 1797
        assert np.abs(np.bincount(labels, minlength=10) - share).max() < 1


def test_digits_are_28_by_28_centered_and_the_same_digits():
    small, large = load_digits8(), load_digits()
    assert large.input_shape == (1, 28, 28)
    assert large.train_images.shape == (1437, 28, 28)
    assert large.classes == tuple("0123456789")
    np.testing.assert_array_equal(large.test_labels, small.test_labels)
    images = large.train_images.astype(float)
    assert images.reshape(len(images), -1).max(axis=1).min() == 255
    mass = images.sum(axis=(1, 2))
    for axis in (1, 2):
        centers = (images.sum(axis=3 - axis) @ (np.arange(28) + 0.5)) / mass
        assert np.abs(centers - 14).max() < 1.0
        assert np.abs(centers - 14).mean() < 0.1
    # Four pixels of the border stay nearly empty, as MNIST's do.
    assert images[:, :2].mean() < 2
    assert images[:, :, :2].mean() < 2
