import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.training.batches import Batch, TrainingData, batch_sizes, batches

COUNT = st.integers(1, 300)


@given(st.integers(1, 100_000), st.integers(1, 5_000))
def test_batch_sizes_leave_no_image_out_and_make_no_tiny_batch(images, batch_size):
    sizes = batch_sizes(images, batch_size)
    assert sum(sizes) == images
    assert all(size == batch_size for size in sizes[:-1])
    assert sizes[-1] < 1.5 * batch_size
    assert len(sizes) == 1 or sizes[-1] >= 0.5 * batch_size


@given(COUNT, st.integers(1, 900), COUNT, st.integers(0, 2**40))
def test_every_image_comes_once_a_pass(data_size, images, batch_size, seed):
    drawn = list(batches(data_size, images, batch_size, seed, first_pass=3))
    assert [len(batch.indices) for batch in drawn] == batch_sizes(images, batch_size)
    indices = np.concatenate([batch.indices for batch in drawn])
    passes = np.concatenate([batch.passes for batch in drawn])
    np.testing.assert_array_equal(passes, 3 + np.arange(images) // data_size)
    for number in np.unique(passes):
        own = indices[passes == number]
        assert len(np.unique(own)) == len(own)
        assert own.min() >= 0
        assert own.max() < data_size
        # Any pass can be drawn again from (seed, pass) alone.
        again = next(batches(data_size, len(own), len(own), seed, first_pass=int(number)))
        np.testing.assert_array_equal(again.indices, own)


def test_a_batch_may_end_one_pass_and_begin_the_next():
    drawn = list(batches(10, 24, 8, seed=0))
    assert [batch.passes.tolist() for batch in drawn] == [
        [0] * 8, [0, 0, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 2, 2, 2, 2],
    ]  # fmt: skip
    first = np.concatenate([drawn[0].indices, drawn[1].indices[:2]])
    assert sorted(first) == list(range(10))


def test_a_batch_may_take_several_passes():
    (batch,) = batches(3, 8, 8, seed=0)
    assert batch.passes.tolist() == [0, 0, 0, 1, 1, 1, 2, 2]


@pytest.mark.parametrize("pairs", [((0, 0), (0, 1)), ((0, 0), (1, 0)), ((1, 2), (2, 1))])
def test_another_seed_or_pass_is_another_order(pairs):
    orders = [next(batches(50, 50, 50, seed, first)).indices.tolist() for seed, first in pairs]
    assert orders[0] != orders[1]


def test_shuffling_is_fair():
    """Every image is as likely to come first: 2,000 passes over 5 images, 400 each."""
    counts = np.zeros(5)
    for batch in itertools.islice(batches(5, 10_000, 5, seed=1), 2000):
        counts[batch.indices[0]] += 1
    assert (np.abs(counts - 400) < 4 * np.sqrt(400 * 0.8)).all()


@given(COUNT, st.integers(1, 900), COUNT, st.integers(0, 2**40), st.integers(0, 400))
def test_batches_after_those_skipped_are_the_same(data_size, images, batch_size, seed, skip):
    drawn = list(batches(data_size, images, batch_size, seed, first_pass=3))
    rest = list(batches(data_size, images, batch_size, seed, first_pass=3, skip=skip))
    assert len(rest) == max(0, len(drawn) - skip)
    for found, expected in zip(rest, drawn[skip:], strict=True):
        np.testing.assert_array_equal(found.indices, expected.indices)
        np.testing.assert_array_equal(found.passes, expected.passes)


def test_skipping_draws_no_pass_that_is_over():
    """A hundred million images into a run, the next batch comes at once."""
    (batch,) = batches(1000, 100_000_000, 10_000, seed=0, skip=9_999)
    assert batch.passes[0] == 99_990


def test_the_images_of_a_batch_keep_all_that_is_theirs():
    images, order = np.zeros((3, 1, 2, 2), np.uint8), np.array([2, 0, 2])
    data = TrainingData(images, np.array([7, 8, 9]), np.array([0.1, 0.2, 0.3]))
    batch = data.section(Batch(order, np.array([4, 4, 5])))
    np.testing.assert_array_equal(batch.targets, [9, 7, 9])
    np.testing.assert_array_equal(batch.weights, [0.3, 0.1, 0.3])
    np.testing.assert_array_equal(batch.identities, [[4, 2], [4, 0], [5, 2]])
