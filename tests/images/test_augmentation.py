import dataclasses
import hashlib
import math

import numpy as np
import pytest
from scipy import stats

from pellucid import Augmentation, Dense, Flatten, MeanSquaredError, Network, Trainer
from pellucid.errors import ConfigurationError
from tests.training.examples import NETWORK, bright_corners

COUNT = 4000
SURE = 1e-4
"""Tests of distributions fail by chance this seldom; keys are fixed, so never from run to run."""

RANGES = {
    "scale": (0.9, 1.1),
    "degrees": (-45.0, 45.0),
    "dx": (-2.0, 2.0),
    "dy": (-2.0, 2.0),
    "probability": (0.0, 0.3),
}
KEYS = {
    "images": [(0, 0, i) for i in range(COUNT)],
    "passes": [(0, i, 0) for i in range(COUNT)],
    "seeds": [(i, 0, 0) for i in range(COUNT)],
}


@pytest.fixture(scope="module", params=KEYS)
def draws(request):
    """What 4,000 keys in a row draw that differ in one of their three numbers."""
    made = [
        Augmentation().draw(seed=seed, pass_number=number, image=image, shape=(3, 3))
        for seed, number, image in KEYS[request.param]
    ]
    numbers = {name: np.array([getattr(d, name) for d in made]) for name in RANGES}
    return numbers, np.stack([d.mask for d in made]), np.stack([d.noise for d in made])


@pytest.mark.parametrize("name", RANGES)
def test_ranges_are_kept_and_drawn_from_uniformly(draws, name):
    low, high = RANGES[name]
    values = draws[0][name]
    assert values.min() >= low
    assert values.max() < high
    assert values.mean() == pytest.approx(
        (low + high) / 2, abs=4 * (high - low) / math.sqrt(12 * COUNT)
    )
    with np.errstate(all="ignore"):
        assert stats.kstest(values, stats.uniform(low, high - low).cdf).pvalue > SURE


def correlation(a, b):
    return float(np.corrcoef(np.ravel(a), np.ravel(b))[0, 1]) * math.sqrt(np.size(a))


def test_nothing_that_is_drawn_tells_of_the_rest(draws):
    """Correlations are within 4.5 standard deviations of 0, for all pairs and for neighbors."""
    numbers, _, noise = draws
    columns = [*numbers.values(), *noise.reshape(COUNT, -1).T]
    for i, a in enumerate(columns):
        assert abs(correlation(a[:-1], a[1:])) < 4.5
        for b in columns[:i]:
            assert abs(correlation(a, b)) < 4.5
            assert abs(correlation(a[:-1], b[1:])) < 4.5


def test_noise_is_uniform(draws):
    noise = draws[2]
    assert noise.min() >= -0.5
    assert noise.max() < 0.5
    with np.errstate(all="ignore"):
        assert stats.kstest(noise.ravel(), stats.uniform(-0.5, 1.0).cdf).pvalue > SURE


def test_the_mask_takes_the_share_that_was_drawn(draws):
    numbers, mask, _ = draws
    expected = numbers["probability"].sum() * 9
    spread = math.sqrt((numbers["probability"] * (1 - numbers["probability"])).sum() * 9)
    assert abs(mask.sum() - expected) < 4.5 * spread


@pytest.mark.parametrize("probability", [0.0, 0.001, 0.1, 0.3, 0.5, 0.999, 1.0])
def test_the_share_of_noise_in_one_image(probability):
    augmentation = Augmentation(noise_probability=(probability, probability))
    size = 300 * 300
    draw = augmentation.draw(seed=1, pass_number=2, image=3, shape=(300, 300))
    assert draw.probability == probability
    deviation = abs(draw.mask.sum() - size * probability)
    # The mask compares 16 random bits: a share may be off by 1 / 65,536.
    assert deviation <= 4.5 * math.sqrt(size * probability * (1 - probability)) + size / 65536
    if probability in (0.0, 1.0):
        assert deviation == 0


def test_mask_and_noise_of_neighboring_pixels_are_independent():
    augmentation = Augmentation(noise_probability=(0.3, 0.3))
    for image in range(5):
        draw = augmentation.draw(seed=0, pass_number=0, image=image, shape=(2, 150, 150))
        mask = draw.mask.astype(np.float64)
        for array in (mask, draw.noise):
            for lag in (1, 2, 3, 16, 149):
                assert abs(correlation(array[..., :-lag], array[..., lag:])) < 4.5
                assert abs(correlation(array[:, :-lag], array[:, lag:])) < 4.5
            assert abs(correlation(array[0], array[1])) < 4.5
        # What is added does not depend on whether it is.
        assert abs(correlation(mask, draw.noise)) < 4.5
        with np.errstate(all="ignore"):
            chosen = draw.noise[draw.mask]
            assert stats.kstest(chosen, stats.uniform(-0.5, 1.0).cdf).pvalue > SURE


def test_noise_of_neighboring_keys_is_independent():
    def noise(seed, number, image):
        key = {"seed": seed, "pass_number": number, "image": image}
        draw = Augmentation().draw(**key, shape=(200, 200))
        return draw.noise

    first = noise(0, 0, 0)
    for key in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1), (0, 0, 2**31), (2**40, 0, 0)):
        assert abs(correlation(first, noise(*key))) < 4.5


def test_seed_pass_and_image_do_not_change_places():
    def scale(seed, number, image):
        return Augmentation().draw(seed=seed, pass_number=number, image=image, shape=(1, 1)).scale

    keys = [(s, p, i) for s in range(6) for p in range(6) for i in range(6)]
    assert len({scale(*key) for key in keys}) == len(keys)


def test_a_draw_depends_on_its_key_alone():
    augmentation = Augmentation()
    key = {"seed": 3, "pass_number": 1, "image": 5, "shape": (1, 4, 4)}
    first = augmentation.draw(**key)
    augmentation.draw(**{**key, "image": 6})
    second = augmentation.draw(**key)
    for a, b in zip(dataclasses.astuple(first), dataclasses.astuple(second), strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_a_larger_image_gets_begins_as_that_of_a_smaller_one():
    small = Augmentation().draw(seed=0, pass_number=0, image=0, shape=(5,))
    large = Augmentation().draw(seed=0, pass_number=0, image=0, shape=(2, 9, 9))
    assert (small.scale, small.degrees, small.dx) == (large.scale, large.degrees, large.dx)
    np.testing.assert_array_equal(small.noise, large.noise.ravel()[:5])


EVERYTHING = Augmentation(
    mirror=0.5, border="reflect", crop=(0.5, 1), contrast=(0.5, 1.5), hue=(-0.1, 0.1), erase=0.5
)


@pytest.mark.parametrize("sections", [1, 3, 8])
@pytest.mark.parametrize("augmentation", [Augmentation(), EVERYTHING], ids=["four", "photos"])
def test_workers_draw_the_same_whatever_their_number(sections, augmentation):
    images, labels = bright_corners(150)
    found = set()
    for workers in (1, 2, 5):
        with Trainer(
            NETWORK, augmentation=augmentation, sections=sections, workers=workers
        ) as trainer:
            trainer.fit(images, labels, epochs=2, batch_size=60)
            found.add(hashlib.sha256(trainer.parameters.tobytes()).hexdigest())
    assert len(found) == 1


# Using it.

NEUTRAL = Augmentation((1.0, 1.0), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0))


@pytest.mark.parametrize("shape", [(4, 28, 28), (4, 3, 9, 14)])
def test_neutral_ranges_leave_images_as_they_are(shape):
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    np.testing.assert_allclose(NEUTRAL.apply(images), images / 255.0, rtol=0, atol=1e-6)
    floats = (images / 255.0).astype(np.float32)
    np.testing.assert_allclose(NEUTRAL.apply(floats), floats, rtol=0, atol=1e-6)


def test_neutral_ranges_train_as_no_ranges_do():
    images, labels = bright_corners(60)
    plain, neutral = Trainer(NETWORK), Trainer(NETWORK, augmentation=NEUTRAL)
    for trainer in (plain, neutral):
        trainer.fit(images, labels, batch_size=60)
        trainer.close()
    assert neutral.history.losses[0] == pytest.approx(plain.history.losses[0], rel=1e-6)


def test_apply_numbers_the_images_from_first():
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8), dtype=np.uint8)
    whole = Augmentation().apply(images, seed=2, pass_number=1)
    parts = [
        Augmentation().apply(images[i : i + 2], seed=2, pass_number=1, first=i) for i in (0, 2, 4)
    ]
    np.testing.assert_array_equal(whole, np.concatenate(parts))
    assert whole.shape == images.shape
    assert whole.min() >= 0.0
    assert whole.max() <= 1.0


def test_an_augmentation_is_rebuilt_from_its_dictionary():
    augmentation = Augmentation(scale=(0.5, 2), noise=(0, 0.25))
    assert Augmentation(**augmentation.to_dict()) == augmentation
    assert augmentation.ranges().tolist() == [0.5, 2, -45, 45, -2, 2, 0, 0.3, 0, 0.25]


# Photographs.


def test_what_does_nothing_goes_without_saying():
    """So files and checkpoints of the four steps alone are what they always were."""
    assert list(Augmentation().to_dict()) == list(SEED_STEPS)
    told = Augmentation(mirror=0.5, crop=(0.5, 1)).to_dict()
    assert told == Augmentation().to_dict() | {"mirror": 0.5, "crop": [0.5, 1.0]}


def test_other_steps_draw_what_they_did_before():
    key = {"seed": 3, "pass_number": 1, "image": 5, "shape": (1, 4, 4)}
    before = Augmentation().draw(**key)
    after = Augmentation(
        mirror=0.5, border="repeat", crop=(0.5, 0.9), hue=(-0.1, 0.1), contrast=(0.5, 1), erase=1
    ).draw(**key)
    names = [field.name for field in dataclasses.fields(before)]
    for name in names[:7]:
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_the_shares_of_mirrored_and_erased_images(probability):
    augmentation = Augmentation(mirror=probability, erase=probability)
    drawn = [
        augmentation.draw(seed=0, pass_number=0, image=image, shape=(1, 1))
        for image in range(COUNT)
    ]
    spread = math.sqrt(COUNT * probability * (1 - probability))
    for found in (sum(d.mirror for d in drawn), sum(d.erased.width > 0 for d in drawn)):
        assert abs(found - COUNT * probability) <= 4.5 * spread


@pytest.mark.parametrize(("side", "far"), [(1, 0), (8, 1), (32, 4), (96, 12), (224, 28)])
def test_photos_are_mirrored_and_shifted_as_far_as_suits_them(side, far):
    augmentation = Augmentation.photos(side)
    assert augmentation.shift == (-far, far)
    images = np.random.default_rng(0).integers(0, 256, (12, 3, side, side), dtype=np.uint8)
    found = augmentation.apply(images)
    mirrored = 0
    for number, image in enumerate(images):
        draw = augmentation.draw(seed=0, pass_number=0, image=number, shape=image.shape)
        mirrored += draw.mirror
        wide = np.pad(image[..., ::-1] if draw.mirror else image, [(0, 0)] + 2 * [(far, far)],
                      "reflect")  # fmt: skip
        top, left = far - int(draw.dy), far - int(draw.dx)
        expected = wide[:, top : top + side, left : left + side] / 255.0
        np.testing.assert_allclose(found[number], expected, rtol=0, atol=1e-12)
    assert 0 < mirrored < 12


@pytest.mark.parametrize("side", [0, 2.5, "large"])
def test_a_side_is_a_whole_number(side):
    with pytest.raises(ConfigurationError, match=r"^side is .*; it must be a whole number of at"):
        Augmentation.photos(side)


COLORS = {
    "brightness": (0.5, 1.5),
    "contrast": (0.2, 0.8),
    "saturation": (0.0, 2.0),
    "hue": (-0.1, 0.3),
}


def test_colors_are_drawn_uniformly_and_apart():
    augmentation = Augmentation(**COLORS)
    made = [
        augmentation.draw(seed=0, pass_number=0, image=image, shape=(1, 1))
        for image in range(COUNT)
    ]
    names = ("brightness", "contrast", "saturation", "turns")
    drawn = np.array([[getattr(draw, name) for name in names] for draw in made])
    with np.errstate(all="ignore"):
        for values, (low, high) in zip(drawn.T, COLORS.values(), strict=True):
            assert stats.kstest(values, stats.uniform(low, high - low).cdf).pvalue > SURE
    for i in range(4):
        for j in range(i):
            assert abs(correlation(drawn[:, i], drawn[:, j])) < 4.5


@pytest.mark.parametrize("name", ["contrast", "saturation", "hue"])
def test_colors_that_images_do_not_have_are_refused(name):
    augmentation = Augmentation(**{name: (0.25, 0.5)})
    for channels in (1, 3):
        augmentation.check_channels(channels)
    value = "(0, 0)" if name == "hue" else "(1, 1)"
    images = np.zeros((2, 4, 9, 9), np.uint8)
    network = Network([Flatten(), Dense(2)], (4, 9, 9))
    for use in (
        lambda: augmentation.apply(images),
        lambda: Trainer(network, augmentation=augmentation).step(images, [0, 1]),
    ):
        with pytest.raises(ConfigurationError) as caught:
            use()
        assert str(caught.value) == (
            f"{name} is (0.25, 0.5), but the images have 4 channels; colors are those of 1 or 3, "
            f"so set {name}={value}."
        )


def test_what_is_mixed_needs_labels():
    images, target = np.zeros((2, 1, 9, 9), np.uint8), np.zeros((2, 1))
    network = Network([Flatten(), Dense(1)], (1, 9, 9), MeanSquaredError())
    with pytest.raises(ConfigurationError) as caught:
        Trainer(network, augmentation=Augmentation(mixup=0.2)).step(images, target)
    assert str(caught.value) == (
        "mixup is 0.2, but the network's loss is of numbers; images are mixed by the labels that "
        "both have, so set mixup=0."
    )
    Trainer(network, augmentation=Augmentation()).step(images, target)


def test_mixing_changes_nothing_of_what_else_is_drawn():
    mixing = Augmentation(mixup=0.5)
    assert mixing.ranges().tolist() == Augmentation().ranges().tolist()
    assert not mixing.is_for_photos
    assert mixing.to_dict() == Augmentation().to_dict() | {"mixup": 0.5}
    key = {"seed": 1, "pass_number": 2, "image": 3, "shape": (1, 4, 4)}
    plain, mixed = Augmentation().draw(**key), mixing.draw(**key)
    assert (plain.scale, plain.degrees) == (mixed.scale, mixed.degrees)
    assert plain.share == 1.0 != mixed.share
    images = np.random.default_rng(0).integers(0, 256, (4, 1, 6, 6), np.uint8)
    each, found = Augmentation().apply(images, seed=1), mixing.apply(images, seed=1)
    shares = [mixing.draw(seed=1, pass_number=0, image=n, shape=(1, 6, 6)).share for n in range(4)]
    for n, share in enumerate(shares):
        np.testing.assert_allclose(found[n], share * each[n] + (1 - share) * each[3 - n])


def test_brightness_is_that_of_any_channels():
    images = np.full((2, 4, 5, 5), 100, np.uint8)
    still = {"scale": (1, 1), "rotation": (0, 0), "shift": (0, 0), "noise_probability": (0, 0)}
    found = Augmentation(**still, brightness=(0.5, 0.5)).apply(images)
    np.testing.assert_allclose(found, 50 / 255, rtol=0, atol=1e-12)


def test_shifts_by_whole_pixels_copy_them():
    images = np.random.default_rng(0).integers(0, 256, (20, 3, 9, 7), dtype=np.uint8)
    still = {"scale": (1, 1), "rotation": (0, 0), "noise_probability": (0, 0)}
    augmentation = Augmentation(**still, shift=(-2, 2), whole_shift=True, border="reflect")
    pixels = set((images / 255.0).ravel())
    assert set(augmentation.apply(images).ravel()) <= pixels


SEED_STEPS = ["scale", "rotation", "shift", "noise_probability", "noise"]


@pytest.mark.parametrize("name", [*SEED_STEPS, "crop", "crop_aspect", *COLORS, "erase_area"])
@pytest.mark.parametrize(
    "value",
    [(2.0, 1.0), (math.nan, 1.0), (0.5, math.inf), (1.0,), (1, 2, 3), 5, None, "ab"],
    ids=str,
)
def test_a_range_must_be_two_numbers_in_order(name, value):
    with pytest.raises(ConfigurationError) as caught:
        Augmentation(**{name: value})
    assert str(caught.value) == (
        f"{name} is {value!r}; it must be two numbers, the lower first, for example (0.9, 1.1)."
    )


@pytest.mark.parametrize("value", [(0.0, 1.0), (-0.5, 0.5)])
@pytest.mark.parametrize("name", ["scale", "crop_aspect", "erase_aspect"])
def test_a_factor_must_be_above_0(name, value):
    message = rf"^{name} is .*; a factor must be above 0, for example"
    with pytest.raises(ConfigurationError, match=message):
        Augmentation(**{name: value})


@pytest.mark.parametrize("name", ["crop", "erase_area"])
@pytest.mark.parametrize("value", [(0.0, 0.5), (0.5, 1.5)])
def test_an_area_is_a_share(name, value):
    with pytest.raises(ConfigurationError, match=r"a share of the area is above 0 and at most 1,"):
        Augmentation(**{name: value})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mirror": 1.5}, "mirror is 1.5; it must be a probability from 0 to 1, for example 0.5."),
        (
            {"mirror": True},
            "mirror is True; it must be a probability from 0 to 1, for example 0.5.",
        ),
        (
            {"border": "wrap"},
            "border is 'wrap'; it must be 'zeros', 'repeat' or 'reflect'.",
        ),
        (
            {"contrast": (-0.5, 1)},
            "contrast is (-0.5, 1.0); a factor of colors is at least 0, for example (0.8, 1.2).",
        ),
        (
            {"hue": (-20, 20)},
            "hue is (-20.0, 20.0); half a turn is -0.5 or 0.5, and no more is needed; a little is "
            "(-0.05, 0.05).",
        ),
        (
            {"erase": -1},
            "erase is -1; it must be a probability from 0 to 1, for example 0.5.",
        ),
        (
            {"mixup": -0.2},
            "mixup is -0.2; it must be from 0.05 to 1,000,000, for example 0.2, or 0 for none.",
        ),
        ({"whole_shift": "no"}, "whole_shift is 'no'; it must be True or False."),
        (
            {"whole_shift": True, "shift": (0.2, 0.8)},
            "shift is (0.2, 0.8), which holds no whole number; widen it, or set whole_shift=False.",
        ),
    ],
    ids=str,
)
def test_other_settings_that_can_not_be_are_named(settings, message):
    with pytest.raises(ConfigurationError) as caught:
        Augmentation(**settings)
    assert str(caught.value) == message


@pytest.mark.parametrize("value", [(-0.1, 0.5), (0.5, 1.01)])
def test_a_probability_is_from_0_to_1(value):
    with pytest.raises(ConfigurationError, match=r"probabilities are from 0 to 1\."):
        Augmentation(noise_probability=value)


@pytest.mark.parametrize("name", ["noise", "shift", "scale", "rotation"])
def test_numbers_that_overflow_are_refused(name):
    with pytest.raises(ConfigurationError, match=rf"^{name} is .* between -1,000,000 and 1,000,"):
        Augmentation(**{name: (1.0, 1.7e308)})
