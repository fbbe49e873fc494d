import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.randomize import (
    add_noise,
    compose,
    randomize,
    rotation_matrix,
    scale_matrix,
    translation_matrix,
    warp,
)
from pellucid.errors import ConfigurationError
from tests.equations.numeric import SEEDS, numbers

SHAPES = st.tuples(st.integers(1, 30), st.integers(1, 30))
SCALES, ANGLES, SHIFTS = numbers(0.9, 1.1), numbers(-45, 45), numbers(-2, 2)


def steepest(image):
    """The largest difference of neighbors, the zeros around the image among them."""
    padded = np.pad(image, 1)
    return max(np.abs(np.diff(padded, axis=axis)).max() for axis in (0, 1))


BORDERS = {
    "zeros": "BORDER_CONSTANT",
    "repeat": "BORDER_REPLICATE",
    "reflect": "BORDER_REFLECT_101",
}


@pytest.mark.parametrize("border", BORDERS)
@given(seed=SEEDS, shape=SHAPES, scale=SCALES, degrees=ANGLES, dx=SHIFTS, dy=SHIFTS)
def test_warp_is_that_of_opencv(border, seed, shape, scale, degrees, dx, dy):
    cv2 = pytest.importorskip("cv2", reason="OpenCV is the oracle")
    image = np.random.default_rng(seed).random(shape).astype(np.float32)
    matrix = compose(scale, degrees, dx, dy, shape)

    with np.errstate(all="ignore"):
        expected = cv2.warpAffine(
            image,
            matrix[:2],
            shape[::-1],
            flags=cv2.INTER_LINEAR,
            borderMode=getattr(cv2, BORDERS[border]),
            borderValue=0,
        )
    # Before version 5, OpenCV rounds coordinates to 1/32 pixel: up to 1/64 off in x and in y.
    is_exact = int(cv2.__version__.split(".")[0]) >= 5
    tolerance = 2e-5 if is_exact else steepest(image) / 32 + 1e-4
    assert np.abs(warp(image, matrix, border) - expected.reshape(shape)).max() < tolerance


@pytest.mark.parametrize(("border", "mode"), [("repeat", "border"), ("reflect", "reflection")])
@given(
    seed=SEEDS, shape=st.tuples(st.integers(2, 9), st.integers(2, 9)), scale=numbers(0.2, 2),
    degrees=ANGLES, dx=numbers(-40, 40), dy=numbers(-40, 40),
)  # fmt: skip
def test_borders_are_those_of_pytorch(border, mode, seed, shape, scale, degrees, dx, dy):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    image = np.random.default_rng(seed).random((2, *shape))
    matrix = compose(scale, degrees, dx, dy, shape)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    places = np.tensordot(np.linalg.inv(matrix), np.stack([x, y, np.ones_like(x)]), axes=1)
    # PyTorch counts from -1 to 1, here from the middle of the first pixel to that of the last.
    grid = np.stack([2 * places[0] / (shape[1] - 1) - 1, 2 * places[1] / (shape[0] - 1) - 1], -1)
    with np.errstate(all="ignore"):
        expected = torch.nn.functional.grid_sample(
            torch.from_numpy(image)[None], torch.from_numpy(grid)[None], padding_mode=mode,
            align_corners=True,
        ).numpy()[0]  # fmt: skip
    np.testing.assert_allclose(warp(image, matrix, border), expected, rtol=0, atol=1e-10)


@given(seed=SEEDS, size=st.integers(1, 6), shift=st.integers(-40, 40))
def test_borders_are_those_of_numpy(seed, size, shift):
    row = np.random.default_rng(seed).random((1, size))
    for border, mode in (("zeros", "constant"), ("repeat", "edge"), ("reflect", "reflect")):
        wide = np.pad(row, ((0, 0), (40, 40)), mode)
        expected = wide[:, 40 - shift : 40 - shift + size]
        np.testing.assert_array_equal(warp(row, translation_matrix(shift, 0), border), expected)


@given(shape=SHAPES, scale=SCALES, degrees=ANGLES)
def test_scaling_and_rotation_are_those_of_opencv(shape, scale, degrees):
    cv2 = pytest.importorskip("cv2", reason="OpenCV is the oracle")
    center = ((shape[1] - 1) / 2, (shape[0] - 1) / 2)
    found = rotation_matrix(degrees, shape) @ scale_matrix(scale, shape)
    np.testing.assert_allclose(
        found[:2], cv2.getRotationMatrix2D(center, degrees, scale), rtol=1e-6, atol=1e-5
    )


@given(shape=SHAPES, scale=SCALES, degrees=ANGLES)
def test_scaling_and_rotation_leave_the_center_in_place(shape, scale, degrees):
    center = np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2, 1.0])
    np.testing.assert_allclose(scale_matrix(scale, shape) @ center, center, atol=1e-12)
    np.testing.assert_allclose(rotation_matrix(degrees, shape) @ center, center, atol=1e-12)


def test_the_order_is_scaling_rotation_translation():
    shape = (9, 9)
    point = np.array([8.0, 4.0, 1.0])  # the middle of the right edge, 4 pixels from the center
    moved = compose(0.5, 90.0, 3.0, 1.0, shape) @ point
    # Scaled to (6, 4), turned to (4, 2), moved to (7, 3).
    np.testing.assert_allclose(moved, [7.0, 3.0, 1.0], atol=1e-12)


def test_channels_in_front_of_the_shape_make_no_difference():
    np.testing.assert_array_equal(
        compose(1.1, 20.0, 1.0, -1.0, (3, 8, 6)), compose(1.1, 20.0, 1.0, -1.0, (8, 6))
    )


def test_a_positive_angle_turns_counter_clockwise_as_seen():
    image = np.zeros((5, 5))
    image[2, 4] = 1.0  # right
    turned = warp(image, rotation_matrix(90.0, image.shape))
    expected = np.zeros((5, 5))
    expected[0, 2] = 1.0  # top
    np.testing.assert_allclose(turned, expected, atol=1e-12)


def test_a_positive_shift_goes_right_and_down():
    image = np.zeros((4, 5))
    image[1, 1] = 1.0
    moved = warp(image, translation_matrix(2, 1))
    assert np.argwhere(moved == 1.0).tolist() == [[2, 3]]
    assert moved.sum() == 1.0


def test_a_scale_above_1_enlarges():
    image = np.zeros((9, 9))
    image[3:6, 3:6] = 1.0
    assert warp(image, scale_matrix(1.5, image.shape)).sum() > 9.0 * 1.5
    assert warp(image, scale_matrix(0.75, image.shape)).sum() < 9.0 * 0.75


def test_what_leaves_the_image_is_gone_and_zeros_come_in():
    moved = warp(np.ones((3, 3)), translation_matrix(1.5, 0.0))
    np.testing.assert_array_equal(moved, [[0.0, 0.5, 1.0]] * 3)
    np.testing.assert_array_equal(
        warp(np.ones((3, 3)), translation_matrix(-9, 40)), np.zeros((3, 3))
    )


@given(seed=SEEDS, shape=SHAPES)
def test_the_identity_changes_nothing(seed, shape):
    image = np.random.default_rng(seed).random(shape)
    np.testing.assert_array_equal(warp(image, compose(1.0, 0.0, 0.0, 0.0, shape)), image)


@given(seed=SEEDS, degrees=ANGLES, dx=SHIFTS)
def test_channels_move_together(seed, degrees, dx):
    image = np.random.default_rng(seed).random((3, 6, 8))
    matrix = compose(1.05, degrees, dx, 0.5, image.shape)
    moved = warp(image, matrix)
    for channel in range(3):
        np.testing.assert_array_equal(moved[channel], warp(image[channel], matrix))


@given(SEEDS)
def test_noise_is_added_under_the_mask_and_clipped(seed):
    random = np.random.default_rng(seed)
    image, mask = random.random((7, 6)), random.random((7, 6)) < 0.3
    noise = random.uniform(-0.5, 0.5, (7, 6))

    noisy = add_noise(image, mask, noise)

    np.testing.assert_array_equal(noisy[~mask], image[~mask])
    for found, pixel, extra in zip(noisy[mask], image[mask], noise[mask], strict=True):
        assert found == min(1.0, max(0.0, pixel + extra))


def test_clipping_happens_on_both_sides_and_without_noise_too():
    noisy = add_noise([0.9, 0.1, 1.5, -0.5], [True, True, False, False], [0.5, -0.5, 0.0, 0.0])
    np.testing.assert_array_equal(noisy, [1.0, 0.0, 1.0, 0.0])


def test_a_nan_stays_visible():
    assert np.isnan(add_noise([np.nan], [False], [0.0])).all()
    image = np.zeros((3, 3))
    image[1, 1] = np.nan
    assert np.isnan(warp(image, np.eye(3))[1, 1])


@given(seed=SEEDS, scale=SCALES, degrees=ANGLES, dx=SHIFTS, dy=SHIFTS)
def test_randomize_does_all_four_in_order(seed, scale, degrees, dx, dy):
    random = np.random.default_rng(seed)
    image, mask = random.random((2, 9, 7)), random.random((2, 9, 7)) < 0.3
    noise = random.uniform(-0.5, 0.5, image.shape)

    found = randomize(image, scale, degrees, dx, dy, mask, noise)

    moved = warp(image, compose(scale, degrees, dx, dy, (9, 7)))
    np.testing.assert_array_equal(found, add_noise(moved, mask, noise))
    assert found.dtype == np.float64


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_a_scale_that_can_not_be_is_named(scale):
    with pytest.raises(ConfigurationError) as caught:
        scale_matrix(scale, (4, 4))
    assert str(caught.value) == f"The scale is {scale}; it must be a finite number above 0."
