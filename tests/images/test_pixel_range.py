import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.datasets import load_digits

from pellucid.errors import ConfigurationError, DataError
from pellucid.images import pixel_range
from pellucid.images.pixel_range import (
    another_scale,
    pixel_range_of,
    range_in_bytes,
    scaled,
)

DIGITS = load_digits().data


class TestPixelRange:
    @pytest.mark.parametrize(
        ("samples", "expected"),
        [
            (np.array([[3, 128]], np.uint8), (0, 255)),
            (np.array([[3, 127]], np.uint8), (3, 127)),
            (np.array([[0, 1]], np.uint8), (0, 1)),
            (np.array([[0, 255]], np.int64), (0, 255)),
            (np.array([[-1.5, 16.0]]), (-1.5, 16)),
            (np.array([[False, True]]), (0, 1)),
            (np.array([[7.0, 7.0]]), (7, 14)),
            (np.array([[-3e300, -3e300]]), (-3e300, 0)),
        ],
    )
    def test_auto(self, samples, expected):
        assert pixel_range_of(samples, "auto") == expected

    def test_a_first_part_of_bytes_may_be_dark(self):
        for samples in (np.zeros((2, 3), np.uint8), np.array([[3, 127]], np.uint8)):
            assert pixel_range_of(samples, "auto", is_first_part=True) == (0, 255)
        assert pixel_range_of(np.array([[3.0, 127.0]]), "auto", is_first_part=True) == (3, 127)

    @pytest.mark.parametrize("dtype", [float, np.float32, int])
    def test_a_few_pixels_far_off_don_t_count(self, dtype):
        samples = DIGITS.astype(dtype)
        assert pixel_range_of(samples, "auto") == (0, 16)
        samples[5, 20], samples[6, 21] = 1e5, -1e5
        assert pixel_range_of(samples, "auto") == (0, 16)
        assert pixel_range_of(samples.repeat(3, axis=0)[::-1], "auto") == (0, 16)
        assert pixel_range_of(np.tile(samples[5], (100, 1)), "auto") == (0, 1e5)

    @pytest.mark.parametrize("wrong", [0, 1, 3, 40])
    def test_the_short_way_gives_what_the_long_one_gives(self, wrong, monkeypatch):
        samples = DIGITS[:200].repeat(np.arange(200) % 4, axis=0)
        samples[:wrong, 3] = np.arange(wrong) * 1000
        short = pixel_range_of(samples, "auto")
        monkeypatch.setattr(pixel_range, "_is_common", lambda *arguments: False)
        assert pixel_range_of(samples, "auto") == short

    def test_but_they_do_where_many_images_have_them(self):
        stars = np.random.default_rng(0).uniform(0, 1, (50, 1000))
        stars[:, 0] = 30.0
        assert pixel_range_of(stars, "auto")[1] == 30

    def test_the_ends_are_exact_where_nothing_is_far_off(self):
        values = np.random.default_rng(0).uniform(-1, 1, (50, 100))
        assert pixel_range_of(values, "auto") == (values.min(), values.max())

    def test_a_given_one(self):
        assert pixel_range_of(np.array([[1, 2]], np.uint8), (0, 255)) == (0, 255)
        assert pixel_range_of(np.array([[1.0, 2.0]]), [0, 4]) == (0, 4)
        with pytest.raises(ConfigurationError, match=re.escape("(0, 1), but X goes from 1 to 2")):
            pixel_range_of(np.array([[1.0, 2.0]]), (0, 1))

    @pytest.mark.parametrize(
        "wanted", ["byte", 255, (1,), (0, 1, 2), (1, 1), (2, 1), (0, np.inf), (np.nan, 1),
                   ("a", "b"), None, (-1e308, 1e308), (0, 10**400)]
    )  # fmt: skip
    def test_a_wrong_one_is_refused(self, wanted):
        with pytest.raises(ConfigurationError, match=r"pixel_range is .*it must be 'auto' or two"):
            pixel_range_of(np.ones((2, 2)), wanted)

    def test_values_too_far_apart_are_refused(self):
        with pytest.raises(DataError, match=re.escape("X goes from -1e+308 to 1e+308")):
            pixel_range_of(np.array([[-1e308, 1e308]]), "auto")


FLOATS = st.floats(allow_nan=False, allow_infinity=False)


class TestScaled:
    @given(arrays(np.float64, (2, 3), elements=FLOATS), st.tuples(FLOATS, FLOATS).map(sorted))
    def test_is_a_line_cut_off_at_both_ends(self, samples, bounds):
        low, high = bounds
        with np.errstate(all="ignore"):
            if not 0 < high - low < np.inf:
                return
            expected = np.clip((samples - low) / (high - low), 0, 1).astype(np.float32)
        found = scaled(samples, (low, high))
        assert found.dtype == np.float32
        assert (found == expected).all()
        assert not np.signbit(found).any()  # zeros with a sign would be other bytes

    @pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint64, np.float16, np.float32])
    def test_the_type_of_numbers_does_not_matter(self, dtype):
        values = np.array([[0, 3, 16]])
        found = scaled(values.astype(dtype), (0.0, 16.0))
        assert found.tobytes() == scaled(values.astype(float), (0.0, 16.0)).tobytes()

    def test_bytes_stay(self):
        samples = np.array([[0, 255]], np.uint8)
        assert scaled(samples, (0.0, 255.0)) is samples


class TestRangeInBytes:
    @pytest.mark.parametrize(
        ("samples", "bounds", "expected"),
        [
            (np.array([[0, 80]], np.uint8), (0, 80), (0, 80)),
            (np.array([[0, 16]], np.uint8), (-255, 255), (-255, 255)),
            (np.array([[3.0, 200.0]]), (3, 200), (3, 200)),
            (np.array([[0, 128]]), (0, 256), (0, 256)),
            (np.array([[0.0, 0.2]]), (0, 0.2), (0, 51)),
            (np.array([[False, True]]), (0, 1), (0, 255)),
            (np.array([[0.0, 16.0]]), (0, 16), (0, 255)),  # whatever 16 may be
            (np.array([[-1.0, 200.0]]), (-1, 200), (0, 255)),
            (np.array([[0.0, 4000.0]]), (0, 4095), (0, 255)),
        ],
    )
    def test_is_known_of_bytes_and_their_255ths(self, samples, bounds, expected):
        assert range_in_bytes(samples, bounds) == expected


class TestAnotherScale:
    @pytest.mark.parametrize(
        ("samples", "bounds"),
        [
            (DIGITS[:100] / 16, (0, 255)),
            (DIGITS[:100] / 8 - 1, (0, 255)),
            (DIGITS[:1] / 16, (0.0, 255.0)),
            (DIGITS[:100] * 15, (0, 1)),
            ((DIGITS[:100] * 15).astype(np.uint8), (0, 1)),
            (DIGITS[:100] * 15, (0, 16)),
            (DIGITS, (0, 1)),
            ((DIGITS / 16).astype(np.uint8), (0, 255)),
            (DIGITS > 8, (0, 255)),
        ],
    )
    def test_is_told_once_with_both_ranges(self, samples, bounds):
        low, high = bounds
        message = f"X goes from {samples.min():g} to .*trained with pixels from {low:g} to {high:g}"
        assert re.match(message, another_scale(samples, bounds))

    @pytest.mark.parametrize(
        ("samples", "bounds"),
        [
            (DIGITS, (0, 16)),
            (DIGITS, (1, 15)),
            (np.zeros((5, 64)), (0, 255)),  # a blank image
            (np.full((5, 64), 0.5), (0, 1)),
            (np.full((5, 64), 300.0), (0, 255)),  # white, a little outside
            (np.linspace(0.98, 1.0, 64)[None], (0, 1)),  # a white page
            (np.linspace(0, 4, 64)[None], (0, 255)),  # the night
            (np.where(DIGITS > 8, 255, 0), (0, 1)),  # cut off where it should be
            (np.where(DIGITS == 16, 1e9, DIGITS), (0, 16)),  # pixels gone wrong
            (np.full((1, 3), 0.5) * [1, 2, 3], (0, 255)),  # too few to tell
            (np.arange(256, dtype=np.uint8)[None], (0, 255)),
        ],
    )
    def test_is_not_told_in_ordinary_use(self, samples, bounds):
        assert another_scale(samples, bounds) is None

    @pytest.mark.parametrize("value", [1e300, -1e300, 600])
    def test_blank_images_far_outside(self, value):
        told = another_scale(np.full((5, 64), value), (0, 255))
        assert told.startswith(f"X is {value:g} all over, but the classifier was trained with")

    def test_the_fix_is_told_of_usual_scales(self):
        images = DIGITS[:50] / 16
        assert another_scale(images, (0, 255)).endswith("of the training: give 255 * X.")
        assert another_scale(255 * images, (-1, 1)).endswith("give X / 127.5 - 1.")
        assert another_scale(255 * images, (0, 16)).endswith("of the training.")
