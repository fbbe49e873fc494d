"""Kinds are told from pictures made for it, and from the digits and photographs of scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits, load_sample_images

from pellucid.recipes.looks import is_mirrored_alike, kind_of


def pieces(count, side=32):
    """Return squares of the two photographs, (2 count, 3, side, side), and of which each is."""
    random = np.random.default_rng(0)
    squares = []
    for photo in load_sample_images().images:
        rows = random.integers(0, photo.shape[0] - side, count)
        columns = random.integers(0, photo.shape[1] - side, count)
        squares += [photo[y : y + side, x : x + side] for y, x in zip(rows, columns, strict=True)]
    return np.stack(squares).transpose(0, 3, 1, 2), np.repeat([0, 1], count)


@pytest.mark.parametrize("change", [lambda x: x, lambda x: 255 - x, lambda x: x[:, :1] / 255])
def test_photographs_and_digits(change):
    photos, _ = pieces(50)
    assert kind_of(change(photos)) == "photos"
    digits = load_digits().images[:, None] * (255 / 16)
    assert kind_of(change(digits)) == "drawings"


@pytest.mark.parametrize("side", [32, 64])
@pytest.mark.parametrize("dark", [False, True])
def test_things_on_a_plain_ground_have_shades_and_drawings_edges(side, dark):
    photos, _ = pieces(40, side)
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    disc = y**2 + x**2 < (0.4 * side) ** 2
    things = np.where(disc, photos, 0 if dark else 255)
    assert kind_of(things) == "objects"
    tones = np.random.default_rng(0).integers(20, 230, (len(photos), 3, 1, 1))
    assert kind_of(np.where(disc, tones, 0 if dark else 255)) == "drawings"  # of one tone each
    enlarged = np.kron(load_digits().images[:200], np.ones((side // 8, side // 8)))
    blurred = sum(np.roll(enlarged, (dy, dx), (1, 2)) for dy in (0, 1) for dx in (0, 1))
    assert kind_of(16 * 4 - blurred if dark else blurred) == "drawings"


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(8, 20), st.sampled_from([1, 3]))
def test_numbers_without_neighbors_are_no_pictures(seed, count, side, channels):
    numbers = np.random.default_rng(seed).random((count + 4, channels, side, side + 4))
    assert kind_of(numbers) == "rows"


def test_the_order_and_the_scale_do_not_matter():
    photos, labels = pieces(60)
    order = np.random.default_rng(1).permutation(len(photos))
    assert kind_of(photos[order] * 3.0 - 7) == kind_of(photos)
    first, second = (
        is_mirrored_alike(photos, labels),
        is_mirrored_alike(photos[order], labels[order]),
    )
    assert first == second


def test_digits_are_one_sided_and_pieces_of_photographs_are_not():
    digits = load_digits()
    assert is_mirrored_alike(digits.images, digits.target) is False
    photos, labels = pieces(300)
    assert is_mirrored_alike(photos, labels) is True


def test_a_class_that_faces_one_way_is_one_sided():
    photos, labels = pieces(300)
    ramp = np.linspace(0, 120, 32)
    facing = photos + np.where(labels == 1, 1.0, 0.0)[:, None, None, None] * ramp
    assert is_mirrored_alike(facing, labels) is False
    both = facing.copy()
    both[::2] = both[::2, ..., ::-1]
    assert is_mirrored_alike(both, labels) is True


@pytest.mark.parametrize("labels", [np.arange(6), np.zeros(6, int), np.arange(6) % 2])
def test_of_few_or_of_noise_nothing_is_known(labels):
    images = np.random.default_rng(0).random((6, 1, 16, 16))
    assert is_mirrored_alike(images, labels) is None


def test_black_pictures_are_drawings():
    assert kind_of(np.zeros((5, 16, 16), np.uint8)) == "drawings"
    assert kind_of(np.zeros((5, 3, 7, 16), np.uint8)) == "rows"


def test_series_are_signals_and_columns_of_a_table_are_not():
    random = np.random.default_rng(0)
    series = random.normal(size=(50, 1, 60)).cumsum(axis=2)
    assert kind_of(series) == kind_of(series.swapaxes(1, 2)) == "signals"
    assert kind_of(series[:, :, :15]) == "rows"
    assert kind_of(random.normal(size=(50, 1, 60))) == "rows"
    assert kind_of(np.repeat(series, 2, axis=1)) == "rows"
    assert kind_of(np.zeros((5, 1, 60))) == "rows"
