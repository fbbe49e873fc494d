import numpy as np
import pytest

from pellucid import Augmentation, Dense, Flatten, Network
from pellucid.execution.sections import Procedure, Section, section_step

SHAPES = [(1, 28, 28), (3, 28, 28), (1, 9, 31), (2, 40, 17), (1, 1, 1), (1, 16, 16), (4, 3, 50)]


def randomized(images, augmentation, seed=0, passes=0, numbers=None, company=()):
    """Return images as the kernel randomizes them.

    A dense layer's ``dw = dout x`` shows its input: with one image, ``dw / db`` are its pixels.
    ``company`` are images that are worked on in the same section and count nothing.
    """
    network = Network([Flatten(), Dense(2)], images.shape[1:])
    parameters = np.zeros(network.size, dtype=np.float32)
    numbers = np.arange(len(images)) if numbers is None else np.asarray(numbers)
    out = np.empty(images.shape)
    for i, number in enumerate(numbers):
        indices = np.array([*company, i])
        count = len(indices)
        identities = np.stack([np.full(count, passes), [*company, number]], axis=1)
        weights = (np.arange(count) == count - 1).astype(np.float64)
        section = Section(indices, np.zeros(count, dtype=np.int64), weights, identities)
        step = section_step(Procedure(network, augmentation, seed), parameters, images, section)
        views = network.views(step.gradient.astype(np.float64))
        assert views["b1"][1] == 0.5
        out[i] = (views["w1"][1] / views["b1"][1]).reshape(images.shape[1:])
    return out


def pictures(shape, count=40, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("as_bytes", [True, False])
def test_the_kernel_does_what_the_equations_do_with_what_was_drawn(shape, as_bytes):
    images = pictures(shape)
    if not as_bytes:
        images = (images / 255.0).astype(np.float32)
    augmentation = Augmentation()
    found = randomized(images, augmentation, seed=3, passes=2)
    expected = augmentation.apply(images, seed=3, pass_number=2)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("as_bytes", [True, False])
def test_large_pictures_are_sampled_as_exactly(as_bytes):
    images = pictures((1, 500, 700), 3)
    if not as_bytes:
        images = (images / 255.0).astype(np.float32)
    augmentation = Augmentation(shift=(-90.0, 90.0))
    found = randomized(images, augmentation, seed=1)
    expected = augmentation.apply(images, seed=1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "settings",
    [
        {"scale": (0.2, 0.3)},
        {"scale": (3.0, 9.0)},
        {"rotation": (-360.0, 360.0)},
        {"rotation": (90.0, 90.0), "scale": (1.0, 1.0), "shift": (0.0, 0.0)},
        {"shift": (-40.0, 40.0)},
        {"shift": (1.0, 1.0), "rotation": (0.0, 0.0), "scale": (1.0, 1.0)},
        {"noise_probability": (1.0, 1.0)},
        {"noise_probability": (0.5, 1.0), "noise": (0.25, 0.75)},
        {"noise": (-3.0, 3.0)},
    ],
    ids=str,
)
def test_other_ranges(settings):
    images, augmentation = pictures((2, 11, 14)), Augmentation(**settings)
    np.testing.assert_allclose(
        randomized(images, augmentation, seed=1), augmentation.apply(images, seed=1),
        rtol=0, atol=2e-5 if "scale" in settings else 1e-5,
    )  # fmt: skip


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 9, 31)], ids=str)
def test_neutral_ranges_leave_images_as_they_are(shape):
    images = pictures(shape)
    neutral = Augmentation((1.0, 1.0), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0))
    np.testing.assert_allclose(randomized(images, neutral), images / 255.0, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("seed", "passes", "number"),
    [(0, 0, 0), (7, 0, 0), (0, 5, 0), (0, 0, 59_999), (2**32 + 1, 2**20, 2**31), (2**62, 0, 1)],
)
def test_the_key_is_the_one_of_draw(seed, passes, number):
    images, augmentation = pictures((1, 12, 12), 1), Augmentation()
    found = randomized(images, augmentation, seed, passes, [number])
    expected = augmentation.apply(images, seed=seed, pass_number=passes, first=number)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_what_an_image_gets_does_not_depend_on_its_company():
    images, augmentation = pictures((1, 12, 13), 20), Augmentation()
    alone = randomized(images, augmentation)
    for company in ([3], list(range(15)), list(range(17))):
        np.testing.assert_array_equal(randomized(images, augmentation, company=company), alone)


def test_noise_is_clipped_to_0_and_1():
    augmentation = Augmentation(noise_probability=(1.0, 1.0), noise=(-2.0, 2.0))
    found = randomized(pictures((1, 20, 20), 4), augmentation)
    assert found.min() == 0.0
    assert found.max() == 1.0
    assert 0.2 < (found == 0.0).mean() < 0.8


ABSURD = """
import numpy as np
from pellucid import Augmentation
from tests.kernels.entering.test_randomize import pictures, randomized

for settings in (
    {"scale": (1e-6, 1e-6)},
    {"scale": (1e6, 1e6)},
    {"shift": (1e30, 1e30)},
    {"rotation": (1e9, 1e9)},
    {"scale": (1e300, 1e300)},
    {"shift": (-1e300, 1e300)},
    {"scale": (1e-45, 1e-45)},
    {"scale": (1e-300, 1e-300)},
):
    print(settings, flush=True)
    try:
        augmentation = Augmentation(**settings)
    except ValueError:
        continue
    found = randomized(pictures((1, 9, 10), 8), augmentation)
    assert (found >= 0.0).all() and (found <= 1.0).all()
"""


def test_absurd_ranges_are_refused_or_give_pixels_in_0_to_1(run_alone):
    """In a process of its own: coordinates that are NaN once read anywhere in memory."""
    run_alone(ABSURD)
