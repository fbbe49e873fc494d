import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.crop import crop_matrix
from pellucid.equations.randomize import warp
from tests.equations.numeric import SEEDS, numbers

SHARES, SIDES = numbers(0.05, 1.0), st.integers(1, 20)
PLACES = numbers(0.0, 1.0)


@given(SEEDS, SIDES, SIDES, PLACES, PLACES, SHARES, SHARES)
def test_a_crop_is_that_of_pytorch(seed, rows, columns, x, y, width, height):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    image = np.random.default_rng(seed).random((2, rows, columns))
    # From -1 to 1, from edge to edge: the crop's middle, and the share that it takes.
    theta = [[width, 0, (2 * x - 1) * (1 - width)], [0, height, (2 * y - 1) * (1 - height)]]
    with np.errstate(all="ignore"):
        grid = torch.nn.functional.affine_grid(
            torch.tensor([theta], dtype=torch.float64), [1, 2, rows, columns], align_corners=False
        )
        expected = torch.nn.functional.grid_sample(
            torch.from_numpy(image)[None], grid, padding_mode="border", align_corners=False
        ).numpy()[0]
    found = warp(image, crop_matrix(x, y, width, height, image.shape), "repeat")
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@given(SEEDS, st.integers(1, 4), st.integers(2, 5), st.integers(0, 2), st.integers(0, 2))
def test_a_crop_of_whole_pixels_is_a_picture_resized(seed, factor, side, x, y):
    """Inside, where no neighbor lies beyond the crop, which OpenCV cuts off."""
    cv2 = pytest.importorskip("cv2", reason="OpenCV is the oracle")
    size = factor * side
    image = np.random.default_rng(seed).random((size, size)).astype(np.float32)
    left, top = (min(place, size - side) for place in (x, y))
    room = max(1, size - side)
    matrix = crop_matrix(left / room, top / room, side / size, side / size, image.shape)
    part = image[top : top + side, left : left + side]
    expected = cv2.resize(part, (size, size), interpolation=cv2.INTER_LINEAR)
    inside = slice(factor, size - factor)
    np.testing.assert_allclose(
        warp(image, matrix)[inside, inside], expected[inside, inside], rtol=0, atol=1e-5
    )


def test_all_of_an_image_is_the_image():
    np.testing.assert_allclose(crop_matrix(0.3, 0.7, 1.0, 1.0, (7, 5)), np.eye(3), atol=1e-15)


def test_a_crop_keeps_to_its_corner():
    image = np.arange(16.0).reshape(4, 4)
    for x in (0, 1):
        for y in (0, 1):
            found = warp(image, crop_matrix(x, y, 0.25, 0.25, image.shape), "repeat")
            corner = image[-y, -x]
            assert abs(found[1:3, 1:3] - corner).max() < 1.0
