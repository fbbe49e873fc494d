import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Dropout, Flatten, MaxPool2D, Network, Tanh
from pellucid.equations.dropout import dropout_factors, image_keys
from pellucid.equations.network import backward, forward, loss_and_gradient
from pellucid.images.augmentation import Augmentation
from tests.equations.numeric import numeric_gradient, relative_error

WORDS = st.integers(0, 2**63 - 1)
KEYS = image_keys(3, np.zeros(2000, int), np.arange(2000))


def mixed(value):
    """SplitMix64's finalizer, in whole numbers of any size."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        value = (value ^ value >> shift) * factor % 2**64
    return value ^ value >> 31


@given(WORDS, WORDS, WORDS, st.integers(0, 99), st.floats(0, 0.99), st.booleans())
def test_each_factor_is_that_of_the_documented_hash(seed, epoch, image, node, rate, per_channel):
    golden, shape = 0x9E3779B97F4A7C15, (3, 2, 4)
    key = mixed((seed + golden) % 2**64)
    for part in (epoch, image):
        key = mixed(((key ^ part) + golden) % 2**64)
    (found,) = image_keys(seed, [epoch], [image])
    assert int(found) == key
    bits = mixed(((key ^ 0xD6E8FEB86659FD93) + (node + 1) * golden) % 2**64)
    factors = dropout_factors([found], node, rate, (1, *shape), per_channel)[0].ravel()
    for e, factor in enumerate(factors.tolist()):
        e = e // 8 if per_channel else e
        h = (e * 0x9E3779B9 + bits % 2**32) % 2**32
        h = (h ^ h >> 16) * 0x7FEB352D % 2**32
        h = (h ^ h >> 15) * 0x846CA68B % 2**32
        is_kept = (h ^ h >> 16 ^ bits >> 32) >> 8 >= round(rate * 2**24)
        assert factor == (1 / (1 - rate) if is_kept else 0)


def test_the_keys_are_those_of_randomizing():
    """Of one key randomizing draws the scale first: 24 bits of a hash of it."""
    key = int(image_keys(5, [2], [7])[0])
    scale = Augmentation().draw(seed=5, pass_number=2, image=7, shape=(8, 8)).scale
    bits = mixed((key + 0x9E3779B97F4A7C15) % 2**64) >> 40
    assert scale == pytest.approx(0.9 + 0.2 * bits / 2**24)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_as_many_are_dropped_as_the_rate_says_and_the_mean_stays(rate):
    factors = dropout_factors(KEYS, 1, rate, (2000, 50))
    dropped, count = (factors == 0).mean(), factors.size
    assert abs(dropped - rate) <= 5 * math.sqrt(rate * (1 - rate) / count)
    assert abs(factors.mean() - 1) <= 5 * math.sqrt(rate / (1 - rate) / count)
    assert factors.var() == pytest.approx(rate / (1 - rate), rel=0.05)
    # Neither places nor images are more often dropped than others, nor together.
    for axis in (0, 1):
        spread = math.sqrt(rate * (1 - rate) / factors.shape[axis])
        assert np.abs((factors == 0).mean(axis=axis) - rate).max() <= 6 * spread + 1e-12
    if rate > 0:
        neighbors = np.corrcoef(factors[:, :-1].ravel(), factors[:, 1:].ravel())[0, 1]
        images = np.corrcoef(factors[:-1].ravel(), factors[1:].ravel())[0, 1]
        assert max(abs(neighbors), abs(images)) < 5 / math.sqrt(count)


def test_a_channel_is_dropped_as_one():
    factors = dropout_factors(KEYS, 1, 0.5, (2000, 6, 3, 4), per_channel=True)
    assert (factors == factors[:, :, :1, :1]).all()
    assert len(np.unique(factors[:, :, 0, 0], axis=0)) == 2**6
    flat = dropout_factors(KEYS, 1, 0.5, (2000, 6), per_channel=True)
    np.testing.assert_array_equal(factors[:, :, 0, 0], flat)


def test_layers_seeds_passes_and_images_drop_other_values():
    drawn = [
        dropout_factors(image_keys(seed, [epoch], [image]), node, 0.5, (1, 64)).tobytes()
        for seed in (0, 1)
        for epoch in (0, 1)
        for image in (0, 1)
        for node in (0, 1)
    ]
    assert len({*drawn}) == 16


NETWORK = Network(
    [
        Conv2D(4, 3), Dropout(0.3), Tanh(), MaxPool2D(2), Dropout(0.4, per_channel=True),
        Flatten(), Dense(6), Dropout(0.5), Dense(3),
    ],
    (2, 6, 6),
)  # fmt: skip


def test_its_gradient_is_the_central_difference_of_the_same_draw():
    random = np.random.default_rng(0)
    parameters = random.normal(scale=0.5, size=NETWORK.size)
    images, labels, keys = random.random((3, 2, 6, 6)), [0, 2, 1], KEYS[:3]

    def loss(parameters, images):
        return loss_and_gradient(NETWORK, parameters, images, labels, keys=keys)[0]

    result = forward(NETWORK, parameters, images, keys)
    gradient, d_images = backward(NETWORK, parameters, result, labels)
    numeric = numeric_gradient(lambda p: loss(p, images), parameters)
    assert relative_error(gradient, numeric) < 1e-6
    assert relative_error(d_images, numeric_gradient(lambda x: loss(parameters, x), images)) < 1e-6
    assert loss(parameters, images) != loss_and_gradient(NETWORK, parameters, images, labels)[0]


def test_without_keys_it_is_not_there():
    without = Network([layer for layer in NETWORK.layers if type(layer) is not Dropout], (2, 6, 6))
    random = np.random.default_rng(0)
    parameters, images = random.normal(size=NETWORK.size), random.random((3, 2, 6, 6))
    np.testing.assert_array_equal(
        forward(NETWORK, parameters, images).probs, forward(without, parameters, images).probs
    )
