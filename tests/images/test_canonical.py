import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pellucid.images.canonical import canonical

FEW = st.integers(0, 2)


@st.composite
def weighted(draw):
    count = draw(st.integers(1, 30))
    images = draw(arrays(np.uint8, (count, 1, 1, 2), elements=FEW))
    labels = draw(arrays(np.int64, count, elements=FEW))
    weights = draw(arrays(np.float64, count, elements=st.sampled_from([0, 1, 0.1, 3, 1e9, 1e-9])))
    return images, labels, weights


def as_dict(images, labels, weights):
    found, kept = {}, canonical(images, labels, weights)
    for index, weight in zip(*kept, strict=True):
        key = (images[index].tobytes(), labels[index])
        assert key not in found  # each once
        found[key] = weight
    return found


@given(weighted())
def test_each_different_image_once_with_all_its_weight(data):
    groups = {}
    for image, label, weight in zip(*data, strict=True):
        if weight > 0:
            groups.setdefault((image.tobytes(), label), []).append(weight)
    assert as_dict(*data) == {key: math.fsum(group) for key, group in groups.items()}


@given(weighted(), st.randoms(use_true_random=False))
def test_neither_order_nor_memory_layout_matters(data, random):
    images, labels, weights = data
    order = list(range(len(labels)))
    random.shuffle(order)
    first, sums = canonical(images, labels, weights)
    again, same = canonical(np.asfortranarray(images[order]), labels[order], weights[order])
    assert images[first].tobytes() == images[order][again].tobytes()
    assert labels[first].tobytes() == labels[order][again].tobytes()
    assert sums.tobytes() == same.tobytes()


@given(weighted(), st.integers(1, 5))
def test_copies_are_a_weight(data, times):
    images, labels, weights = data
    _, sums = canonical(images, labels, times * weights)
    _, copies = canonical(*(part.repeat(times, axis=0) for part in data))
    # The product rounds each weight, the sum only once.
    np.testing.assert_allclose(sums, copies, rtol=1e-15)


def test_the_order_is_not_the_given_one_nor_that_of_labels():
    labels = np.arange(100) // 10
    kept, _ = canonical(np.arange(100)[:, None], labels, np.ones(100))
    assert sorted(kept) == list(range(100))
    assert np.abs(np.diff(labels[kept])).mean() > 2  # classes are mixed


def test_more_than_are_looked_at_at_a_time():
    images = np.arange(5000) % 2100
    kept, sums = canonical(images, np.zeros(5000, np.int64), np.ones(5000))
    assert sorted(images[kept]) == list(range(2100))
    assert sums.sum() == 5000


def test_all_zero_keeps_nothing():
    kept, sums = canonical(np.zeros((3, 2)), np.zeros(3, np.int64), np.zeros(3))
    assert kept.shape == sums.shape == (0,)
