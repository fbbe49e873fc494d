import numpy as np
import pytest
from sklearn.datasets import load_digits

from pellucid import Preprocessing
from pellucid.images.looks import Looks, guessed_preprocessing

DIGITS = load_digits().images[:, np.newaxis] / 16
TRAIN, TEST = DIGITS[:1200], DIGITS[1200:]
# Ink in the middle, as MNIST's; and noise of middle grays, as photographs.
INK = np.pad(TRAIN[:300], ((0, 0), (0, 0), (3, 3), (3, 3)))
PHOTOS = np.random.default_rng(0).uniform(0.1, 0.9, (300, 1, 12, 12))


class TestDifference:
    @pytest.mark.parametrize("count", [1, 7, 8, 40, 597])
    def test_none_among_pictures_of_a_kind(self, count):
        looks = Looks.of(TRAIN)
        assert looks.difference(TEST[:count]) is None
        assert looks.difference(np.roll(TEST[:count], 2, axis=3)) is None
        assert all(looks.difference(TEST[i : i + 1]) is None for i in range(count))

    @pytest.mark.parametrize("count", [1, 597])
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda x: 1 - x, "X looks inverted: its background is bright, that of the training"),
            (lambda x: x / 2 + 0.5, "another scale: its pictures go from about 128 to 255"),
            (lambda x: 2 * x - 1, "another scale: its pictures go from about -255 to 255"),
            (lambda x: x / 255, "another scale"),
            (lambda x: np.round(x), "X has black and white pixels only"),
        ],
    )
    def test_is_told_with_the_fix(self, change, message, count):
        assert message in Looks.of(TRAIN).difference(change(TEST[:count]))

    def test_grays_after_black_and_white(self):
        assert "X has grays" in Looks.of(np.round(TRAIN)).difference(TEST)

    def test_the_way_back_is_named_in_the_units_of_the_data(self):
        looks = Looks.of(TRAIN)
        assert "Give 255 - X, or" in looks.difference(1 - TEST)
        assert "Give - X, or" in looks.difference(1 - TEST, (-1.0, 1.0))
        assert "training: give 2 * X - 1." in looks.difference(TEST / 2 + 0.5, (-1.0, 1.0))

    def test_black_and_white_that_are_cut_off_do_no_harm(self):
        far = np.where(TEST == 1, 1e9, np.where(TEST == 0, -5, TEST))
        assert Looks.of(TRAIN).difference(far) is None

    @pytest.mark.parametrize("count", [1, 597])
    @pytest.mark.parametrize("scale", [lambda x: x / 255, lambda x: 257 * x, lambda x: 3 * x - 2])
    def test_inverted_on_another_scale(self, scale, count):
        looks = Looks.of(TRAIN)
        assert looks.inverted_as_well(scale(TEST[:count])) == ""
        told = looks.inverted_as_well(scale(1 - TEST[:count]))
        assert told.startswith(" It looks inverted as well: its background is bright, that of the")
        assert told.endswith("Once it has the scale, give 255 - X.")
        assert "inverted" in looks.difference(scale(1 - TEST[:count]))

    def test_photographs_on_another_scale_are_not_inverted(self):
        looks = Looks.of(PHOTOS[:200])
        for scale in (1 / 255, 255):
            assert looks.inverted_as_well(PHOTOS[200:] * scale) == ""

    def test_photographs_of_half_the_range(self):
        looks = Looks.of(PHOTOS[:200])
        assert looks.difference(PHOTOS[200:]) is None
        assert "another scale" in looks.difference(PHOTOS[200:] / 2 + 0.5)

    def test_too_little_to_see(self):
        assert Looks.of(TRAIN[:5]) is None
        assert Looks.of(np.zeros((50, 1, 8, 8))) is None  # blank
        assert Looks.of(TRAIN.reshape(-1, 1, 1, 64)) is None
        assert Looks.of(TRAIN).difference(np.ones((5, 1, 8, 8))) is None


def test_parts_together_are_as_wide_as_both():
    first, second = Looks.of(TRAIN[:600]), Looks.of(1 - TRAIN[600:])
    both = first.joined(second)
    assert both.images == 1200
    assert (both.border[0], both.border[-1]) == (first.border[0], second.border[-1])
    assert both.difference(1 - TEST) is both.difference(TEST) is None


def test_as_json_and_back():
    looks = Looks.of(INK)
    again = Looks.from_dict(looks.to_dict())
    assert again.images == 300
    np.testing.assert_allclose(again.mean, looks.mean, atol=1e-6)
    for bad in (3, {}, looks.to_dict() | {"mean": [1, 2]}, looks.to_dict() | {"mean": "a" * 7}):
        with pytest.raises(ValueError, match=r"pictures of the training|could not convert"):
            Looks.from_dict(bad)


def test_ink_is_cut_out_only_of_what_looks_like_mnist():
    shape = (1, 14, 14)
    assert guessed_preprocessing(shape, Looks.of(INK)) == Preprocessing(shape)
    as_they_are = Preprocessing(shape, "light-on-dark", "resize")
    for other in (PHOTOS, 1 - INK):
        assert guessed_preprocessing(shape, Looks.of(other)) == as_they_are
    assert guessed_preprocessing(shape, Looks.of(TRAIN)) == Preprocessing(shape, fit="resize")
    assert guessed_preprocessing((3, 9, 9), Looks.of(INK)).fit == "resize"
