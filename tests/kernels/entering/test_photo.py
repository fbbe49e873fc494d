"""The kernel for photographs is held to its equations, whatever is drawn, and to itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Augmentation
from tests.equations.numeric import SEEDS, numbers
from tests.kernels.entering.test_randomize import SHAPES, pictures, randomized

MOVES = {"mirror": 0.5, "crop": (0.3, 1.0), "crop_aspect": (0.7, 1.4), "border": "reflect"}


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
    images, augmentation = pictures((3, 12, 13), 20), Augmentation(**MOVES)
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
    ):
        print(border, settings, flush=True)
        augmentation = Augmentation(border=border, mirror=0.5, **settings)
        found = randomized(pictures((1, 9, 10), 8), augmentation)
        assert (found >= 0.0).all() and (found <= 1.0).all()
"""


def test_absurd_settings_give_pixels_in_0_to_1(run_alone):
    run_alone(ABSURD)
