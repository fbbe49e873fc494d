"""Batches to measure with."""

import numpy as np

from pellucid.measuring.images import digit_batches


def test_batches_are_digits_of_every_class():
    batches = digit_batches(2, 256)
    for images, labels in batches:
        assert (images.shape, images.dtype) == ((256, 28, 28), np.uint8)
        assert images.flags.c_contiguous
        assert set(labels) == set(range(10))
        # As empty as handwriting: MNIST's share of zeros is 0.81.
        assert 0.6 < (images == 0).mean() < 0.9
        assert images.max(axis=(1, 2)).min() > 100
    assert not np.array_equal(batches[0][0], batches[1][0])


def test_a_seed_gives_the_same_batches():
    [(first, _)], [(again, _)], [(other, _)] = (digit_batches(1, 32, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
