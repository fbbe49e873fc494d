import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.colors import change_colors
from pellucid.equations.crop import crop_matrix
from pellucid.equations.erase import erase
from pellucid.equations.photo import randomize_photo
from pellucid.equations.randomize import add_noise, compose, randomize, warp
from tests.equations.numeric import SEEDS, numbers


@pytest.mark.parametrize("border", ["zeros", "repeat", "reflect"])
@given(SEEDS, numbers(0.5, 2), numbers(-90, 90), numbers(-9, 9), st.booleans())
def test_the_steps_are_done_in_order(border, seed, scale, degrees, dx, mirror):
    random = np.random.default_rng(seed)
    image, mask = random.random((3, 6, 8)), random.random((3, 6, 8)) < 0.3
    noise, crop = random.uniform(-0.5, 0.5, image.shape), tuple(random.uniform(0.3, 1, 4))
    changes, erased = random.uniform(0.1, 0.9, 4), tuple(random.uniform(0.3, 0.7, 4))
    names = "brightness", "contrast", "saturation", "turns"

    found = randomize_photo(
        image, scale, degrees, dx, 1.5, mask, noise, mirror=mirror, crop=crop, border=border,
        erased=erased, **dict(zip(names, changes, strict=True)),
    )  # fmt: skip

    # Mirrored is the image that the crop was made of: so its place in it is, and what comes of it.
    x, y, width, height = crop
    first = image[..., ::-1] if mirror else image
    part = crop_matrix(1 - x if mirror else x, y, width, height, image.shape)
    moved = warp(first, compose(scale, degrees, dx, 1.5, image.shape) @ part, border)
    expected = add_noise(erase(change_colors(moved, *changes), *erased), mask, noise)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@given(SEEDS)
def test_without_what_photographs_need_it_is_the_four_steps(seed):
    random = np.random.default_rng(seed)
    image, mask = random.random((5, 7)), random.random((5, 7)) < 0.3
    given = image, 1.1, 20.0, 1.5, -0.5, mask, random.uniform(-0.5, 0.5, image.shape)
    np.testing.assert_array_equal(randomize_photo(*given), randomize(*given))
