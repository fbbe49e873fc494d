"""Held to PIL, to torchvision's published formulas in PyTorch, and to Python's colorsys."""

import colorsys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from pellucid.equations import colors
from tests.equations.numeric import SEEDS, numbers

FACTORS = numbers(0.0, 3.0)
CHANGES = {
    "Brightness": colors.change_brightness,
    "Contrast": colors.change_contrast,
    "Color": colors.change_saturation,
}


def photo(seed, rows=5, columns=7):
    return np.random.default_rng(seed).random((3, rows, columns))


@pytest.mark.parametrize("name", CHANGES)
@given(SEEDS, FACTORS)
def test_a_factor_does_what_it_does_in_pil(name, seed, factor):
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 5, 3), dtype=np.uint8)
    picture = Image.fromarray(pixels)
    expected = np.asarray(getattr(ImageEnhance, name)(picture).enhance(factor)) / 255.0
    found = CHANGES[name](pixels.transpose(2, 0, 1) / 255.0, factor).transpose(1, 2, 0)
    # PIL rounds grays and results to whole numbers of 255.
    assert np.abs(found - expected).max() <= (1.0 + abs(1.0 - factor)) / 255.0


def blended(torch, image, other, factor):
    """torchvision's ``_blend``."""
    return (factor * image + (1.0 - factor) * other).clamp(0, 1)


@given(SEEDS, FACTORS, FACTORS, FACTORS)
def test_factors_are_those_of_torchvision(seed, brightness, contrast, saturation):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    image = photo(seed)

    def gray(image):
        red, green, blue = image.unbind(dim=-3)
        return (0.2989 * red + 0.587 * green + 0.114 * blue).unsqueeze(dim=-3)

    with np.errstate(all="ignore"):
        expected = torch.from_numpy(image)
        expected = blended(torch, expected, torch.zeros_like(expected), brightness)
        expected = blended(torch, expected, gray(expected).mean(), contrast)
        expected = blended(torch, expected, gray(expected), saturation).numpy()
    found = colors.change_colors(image, brightness, contrast, saturation, 0.0)
    # torchvision's red is 0.2989, which adds up to 0.9999: here it is ITU-R's 0.299.
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-3)


@given(SEEDS, numbers(-0.5, 0.5))
def test_hue_is_that_of_colorsys(seed, turns):
    image = photo(seed)
    found = colors.change_hue(image, turns)
    for place in np.ndindex(image.shape[1:]):
        hue, saturation, value = colorsys.rgb_to_hsv(*image[(slice(None), *place)])
        expected = colorsys.hsv_to_rgb((hue + turns) % 1.0, saturation, value)
        np.testing.assert_allclose(found[(slice(None), *place)], expected, rtol=0, atol=1e-12)


@given(st.tuples(*[st.sampled_from([0.0, 0.25, 0.5, 1.0])] * 3), numbers(-0.5, 0.5))
def test_hue_of_colors_whose_channels_are_equal(color, turns):
    found = colors.change_hue(np.reshape(color, (3, 1, 1)), turns).ravel()
    hue, saturation, value = colorsys.rgb_to_hsv(*color)
    expected = colorsys.hsv_to_rgb((hue + turns) % 1.0, saturation, value)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@given(SEEDS)
def test_a_third_of_a_turn_exchanges_the_channels(seed):
    image = photo(seed)
    red, green, blue = image
    np.testing.assert_allclose(
        colors.change_hue(image, 1 / 3), [blue, red, green], rtol=0, atol=1e-12
    )


@given(SEEDS)
def test_what_changes_nothing_changes_nothing(seed):
    image = photo(seed)
    np.testing.assert_array_equal(colors.change_colors(image, 1.0, 1.0, 1.0, 0.0), image)
    np.testing.assert_allclose(colors.change_hue(image, 1.0), image, rtol=0, atol=1e-12)
    for change in CHANGES.values():
        np.testing.assert_allclose(change(image, 1.0), image, rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", [(5, 7), (1, 5, 7)])
def test_gray_images_have_brightness_and_contrast_alone(shape):
    image = np.random.default_rng(0).random(shape)
    np.testing.assert_array_equal(colors.change_saturation(image, 3.0), image)
    np.testing.assert_array_equal(colors.change_hue(image, 0.3), image)
    three = np.stack([image.reshape(5, 7)] * 3)
    for factor in (0.5, 2.0):
        np.testing.assert_allclose(
            colors.change_contrast(image, factor).reshape(5, 7),
            colors.change_contrast(three, factor)[1], rtol=0, atol=1e-12,
        )  # fmt: skip


@given(SEEDS, FACTORS, FACTORS, FACTORS, numbers(-0.5, 0.5))
def test_all_four_are_done_in_order(seed, brightness, contrast, saturation, turns):
    image = photo(seed)
    expected = colors.change_brightness(image, brightness)
    expected = colors.change_contrast(expected, contrast)
    expected = colors.change_saturation(expected, saturation)
    expected = colors.change_hue(expected, turns)
    found = colors.change_colors(image, brightness, contrast, saturation, turns)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    assert found.min() >= -1e-12
    assert found.max() <= 1.0 + 1e-12
