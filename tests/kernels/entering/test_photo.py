"""The kernel for photographs is held to its equations, whatever is drawn, and to itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Augmentation
from tests.equations.numeric import SEEDS, numbers
from tests.kernels.entering.test_randomize import SHAPES, pictures, randomized

MOVES = {"mirror": 0.5, "crop": (0.3, 1.0), "crop_aspect": (0.7, 1.4), "border": "reflect"}
COLORS = {
    "brightness": (0.5, 1.5), "contrast": (0.5, 1.5), "saturation": (0.0, 2.0), "hue": (-0.5, 0.5),
}  # fmt: skip
COLORFUL = [(3, 28, 28), (1, 9, 31), (3, 17, 16), (3, 1, 1), (3, 40, 3), (1, 1, 50), (3, 2, 33)]


def check(images, augmentation, atol=1e-5, **key):
    found = randomized(images, augmentation, seed=3, passes=2, **key)
    expected = augmentation.apply(images, seed=3, pass_number=2)
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("border", ["zeros", "repeat", "reflect"])
@pytest.mark.parametrize("as_bytes", [True, False])
def test_the_kernel_does_what_the_equations_do(shape, border, as_bytes):
    images = pictures(shape, 12)
    if not as_bytes:
        images = (images / 255.0).astype(np.float32)
    check(images, Augmentation(**MOVES | {"border": border}))


@given(
    SEEDS, st.tuples(st.integers(1, 4), st.integers(1, 20), st.integers(1, 40)), st.booleans(),
    numbers(0.3, 3.0), numbers(-180, 180), numbers(-50, 50), numbers(0.05, 1.0),
    numbers(0.3, 3.0), st.sampled_from(["zeros", "repeat", "reflect"]), st.booleans(),
)  # fmt: skip
def test_whatever_is_drawn(
    seed, shape, as_bytes, scale, degrees, shift, crop, aspect, border, is_whole
):
    images = pictures(shape, 2, seed)
    if not as_bytes:
        images = (images / 255.0).astype(np.float32)
    augmentation = Augmentation(
        scale=(scale, scale), rotation=(degrees, degrees), shift=(-abs(shift), abs(shift)),
        mirror=0.5, crop=(crop, crop), crop_aspect=(aspect, aspect), border=border,
        whole_shift=is_whole,
    )  # fmt: skip
    # An image made smaller has steep steps between pixels far apart.
    check(images, augmentation, atol=1e-5 * max(1.0, 2.0 / scale))


@pytest.mark.parametrize("as_bytes", [True, False])
def test_large_pictures_are_sampled_as_exactly(as_bytes):
    images = pictures((1, 500, 700), 3)
    if not as_bytes:
        images = (images / 255.0).astype(np.float32)
    check(images, Augmentation(shift=(-900.0, 900.0), border="reflect", mirror=0.5))


@pytest.mark.parametrize("shape", COLORFUL, ids=str)
@pytest.mark.parametrize("as_bytes", [True, False])
@pytest.mark.parametrize("names", [*[(name,) for name in COLORS], tuple(COLORS)], ids="-".join)
def test_colors_are_those_of_the_equations(shape, as_bytes, names):
    images = pictures(shape, 8)
    if not as_bytes:
        images = (images / 255.0).astype(np.float32)
    check(images, Augmentation(**{name: COLORS[name] for name in names}))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_brightness_is_that_of_any_channels(channels):
    check(pictures((channels, 7, 19), 8), Augmentation(brightness=(0.2, 2.0)))


@pytest.mark.parametrize("dark", [0.0, 1e-38, 1e-30, 1e-7])
def test_the_hue_of_what_is_nearly_gray(dark):
    colors = np.array([[1, 1, 1], [0, 0, 1], [1, 0, 1], [0, 0, 0], [1, 0.5, 0.25]]) * dark
    still = {"scale": (1, 1), "rotation": (0, 0), "shift": (0, 0), "noise_probability": (0, 0)}
    with np.errstate(under="ignore"):
        images = np.float32(np.add(colors, [[0], [0], [0], [0.5], [0.5]]))[..., None, None]
        check(images, Augmentation(**still, hue=(-0.5, 0.5)))


@pytest.mark.parametrize("shape", [*COLORFUL, (2, 9, 9)], ids=str)
@pytest.mark.parametrize("as_bytes", [True, False])
def test_what_is_erased_is_that_of_the_equations(shape, as_bytes):
    images = pictures(shape, 20)
    if not as_bytes:
        images = (images / 255.0).astype(np.float32)
    augmentation = Augmentation(erase=0.7, erase_area=(0.001, 1.0))
    check(images, augmentation)
    drawn = [
        augmentation.draw(seed=3, pass_number=2, image=image, shape=shape) for image in range(20)
    ]
    assert 0 < sum(draw.erased.width > 0 for draw in drawn) < 20


def test_large_pictures_have_their_mean():
    """Of 350,000 pixels, the brightest first: summed one by one in float32 they lose digits."""
    images = np.sort(pictures((1, 500, 700), 1).ravel())[::-1].reshape(1, 1, 500, 700)
    images = np.ascontiguousarray(images)
    still = {"scale": (1, 1), "rotation": (0, 0), "shift": (0, 0), "noise_probability": (0, 0)}
    check(images, Augmentation(**still, contrast=(0.0, 0.0)), atol=1e-6)


def test_all_steps_at_once():
    for seed, shape in enumerate([(3, 32, 32), (1, 28, 28), (3, 9, 50)]):
        augmentation = Augmentation(**MOVES, **COLORS, erase=0.5)
        check(pictures(shape, 40, seed), augmentation)


def test_mirrored_and_moved_by_whole_pixels_are_the_same_pixels():
    images = pictures((3, 32, 32), 30)
    still = {"scale": (1, 1), "rotation": (0, 0), "noise_probability": (0, 0)}
    for border, mode in (("zeros", "constant"), ("repeat", "edge"), ("reflect", "reflect")):
        augmentation = Augmentation(
            **still, mirror=0.5, shift=(-4, 4), whole_shift=True, border=border
        )
        found = randomized(images, augmentation)
        expected = []
        for number, image in enumerate(images):
            draw = augmentation.draw(seed=0, pass_number=0, image=number, shape=image.shape)
            image = image[..., ::-1] if draw.mirror else image
            wide = np.pad(image, ((0, 0), (4, 4), (4, 4)), mode)
            top, left = 4 - int(draw.dy), 4 - int(draw.dx)
            expected.append(wide[:, top : top + 32, left : left + 32])
        np.testing.assert_allclose(found, np.array(expected) / 255.0, rtol=0, atol=2e-7)


@pytest.mark.parametrize("border", ["zeros", "repeat", "reflect"])
@pytest.mark.parametrize("shift", [30.0, 1000.0, 900_000.0])
def test_far_away_is_what_the_border_says(border, shift):
    still = {"scale": (1, 1), "rotation": (0, 0), "noise_probability": (0, 0)}
    check(pictures((2, 7, 5), 6), Augmentation(**still, shift=(-shift, shift), border=border))


def test_what_an_image_gets_does_not_depend_on_its_company():
    images, augmentation = pictures((3, 12, 13), 20), Augmentation(**MOVES, **COLORS, erase=0.5)
    alone = randomized(images, augmentation)
    for company in ([3], list(range(15)), list(range(17))):
        np.testing.assert_array_equal(randomized(images, augmentation, company=company), alone)


ABSURD = """
import numpy as np
from pellucid import Augmentation
from tests.kernels.entering.test_randomize import pictures, randomized

for border in ("zeros", "repeat", "reflect"):
    for settings in (
        {"scale": (1e-6, 1e-6)},
        {"scale": (1e6, 1e6)},
        {"shift": (1e6, 1e6)},
        {"scale": (1e-45, 1e-45)},
        {"scale": (1e-300, 1e-300)},
        {"crop": (1e-300, 1e-300), "crop_aspect": (1e-6, 1e6)},
        {"crop_aspect": (1e-300, 1e6)},
        {"erase": 1, "erase_area": (1e-300, 1.0), "erase_aspect": (1e-300, 1e6)},
        {"brightness": (1e6, 1e6), "contrast": (1e6, 1e6)},
    ):
        print(border, settings, flush=True)
        augmentation = Augmentation(border=border, mirror=0.5, **settings)
        found = randomized(pictures((1, 9, 10), 8), augmentation)
        assert (found >= 0.0).all() and (found <= 1.0).all()
"""


def test_absurd_settings_give_pixels_in_0_to_1(run_alone):
    run_alone(ABSURD)
