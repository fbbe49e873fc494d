import numpy as np
import pytest

from pellucid.data.readers.pixel_scale import (
    BYTES,
    UNIT,
    PixelScale,
    check_same_scale,
    scale_of_array,
    scale_of_text,
)
from pellucid.data.samples import Reading
from pellucid.errors import DataError

RANDOM = np.random.default_rng(0)
WHOLE = RANDOM.integers(0, 256, (20, 16)).astype(float)


def told(rows, how=scale_of_text, **options):
    said = []
    return how(rows, "a", Reading("a", said.append, **options)), said


@pytest.mark.parametrize(
    ("rows", "scale"),
    [
        (WHOLE, BYTES),
        (WHOLE * 0, BYTES),
        (np.zeros((0, 16)), BYTES),
        (WHOLE / 255, UNIT),
        ((WHOLE > 127) * 1.0, PixelScale(0, 1, True)),
        (WHOLE / 127.5 - 1, PixelScale(-1, 1, False)),
        (np.clip(WHOLE + 0.5, 0, 255), PixelScale(0, 255, False)),
        (WHOLE - 1000, BYTES),
        (np.array([[0.0, 1.0]]), BYTES),
    ],
)
def test_what_the_first_rows_tell(rows, scale):
    found, said = told(rows)
    assert found == scale
    assert len(said) == (scale not in (BYTES, UNIT))
    # A few that are damaged change nothing.
    with_bad = np.concatenate([rows, [[np.nan] * rows.shape[1], [-5.0] * rows.shape[1]]])
    if len(rows) > 2:
        assert told(with_bad)[0] == scale
    asked, said = told(rows, pixel_range=(0.0, 16.0))
    assert (asked.low, asked.high, said) == (0.0, 16.0, [])


@pytest.mark.parametrize("dtype", [float, np.uint8, np.int64])
def test_numbers_that_go_up_to_little_are_said(dtype):
    how = scale_of_text if dtype is float else scale_of_array
    rows = RANDOM.integers(0, 17, (40, 16)).astype(dtype)
    found, said = told(rows, how)
    assert found == BYTES
    assert said == [
        "a: the pixels go up to 16, where 255 is white; if 16 is, say so with pixel_range=(low, "
        "high)."
    ]
    assert told(rows, how, pixel_range=(0, 16))[1] == []
    if dtype is not float:
        assert told(rows * 1.5, how)[1][0].startswith("a: the pixels go up to 24, where 255 is wh")
    for others in (rows * 0, rows[:20], rows * 5):
        assert told(others, how)[1] == []


def test_what_is_said():
    assert told(WHOLE / 127.5 - 1)[1] == [
        "a: the pixels seem to be numbers from -1 to 1, so -1 is taken for black and 1 for white; "
        "say otherwise with pixel_range=(low, high)."
    ]
    assert told((WHOLE > 127) * 1.0)[1][0].startswith("a: the pixels seem to be nothing but 0 and ")
    with pytest.warns(UserWarning, match="seem to be numbers from -1 to 1"):
        scale_of_text(WHOLE / 127.5 - 1, "a", Reading("a"))


@pytest.mark.parametrize(
    ("array", "scale"),
    [
        (WHOLE.astype(np.uint8), BYTES),
        (WHOLE.astype(np.int64), BYTES),
        (WHOLE > 127, PixelScale(0, 1, True)),
        ((WHOLE > 127).astype(np.uint8), PixelScale(0, 1, True)),
        (np.zeros((3, 16), np.uint8), BYTES),
        (WHOLE.astype(np.int64) * 100, BYTES),
        (WHOLE.astype(np.float32), PixelScale(0, 255, False)),
        ((WHOLE / 255).astype(np.float16), UNIT),
        ((WHOLE > 127) * 1.0, UNIT),
        (WHOLE * 0, UNIT),
        (WHOLE * np.nan, UNIT),
        (WHOLE / 127.5 - 1, PixelScale(-1, 1, False)),
    ],
)
def test_what_arrays_tell(array, scale):
    found, said = told(array, scale_of_array)
    assert found == scale
    assert len(said) == (scale not in (BYTES, UNIT) and array.dtype != bool)


class TestStored:
    def test_bytes_stay_bytes(self):
        stored = BYTES.stored(WHOLE)
        assert stored.dtype == BYTES.dtype == np.uint8
        np.testing.assert_array_equal(stored, WHOLE)
        for bad in (-1, 256, 0.5, np.nan, np.inf):
            assert BYTES.stored(np.array([[1, bad]])) is None

    def test_0_and_1_become_black_and_white(self):
        stored = PixelScale(0, 1, True).stored(np.array([[0.0, 1.0]]))
        assert (stored.dtype, stored.tolist()) == (np.uint8, [[0, 255]])
        assert PixelScale(0, 1, True).stored(np.array([[0.5]])) is None

    @pytest.mark.parametrize("low", [0, -1, 10])
    def test_others_become_floats(self, low):
        scale = PixelScale(low, 20, False)
        stored = scale.stored(np.array([[low, 20.0, (low + 20) / 2, 20 + 1e-5]]))
        assert stored.dtype == scale.dtype == np.float32
        np.testing.assert_allclose(stored, [[0, 1, 0.5, 1]])
        assert stored.max() == 1
        assert scale.stored(np.array([[21.0]])) is None
        assert PixelScale(low, 20, True).stored(np.array([[15.5]])) is None

    def test_bytes_as_floats_have_the_bits_of_bytes(self):
        stored = PixelScale(0, 255, False).stored(np.arange(256.0))
        np.testing.assert_array_equal(stored, np.arange(256, dtype=np.float32) / np.float32(255))

    def test_why_a_number_is_no_pixel(self):
        assert BYTES.problem(7) == ""
        assert BYTES.problem(256) == BYTES.problem(np.nan) == "not from 0 to 255"
        assert BYTES.problem(0.5) == "not a whole number from 0 to 255"
        assert PixelScale(-1, 1, False).problem(-1.5) == "not from -1 to 1"
        assert UNIT.problem(0.5) == ""


def test_training_and_test_must_be_on_one_scale():
    check_same_scale(BYTES, PixelScale(0, 255, False), ("a", "b"))
    with pytest.raises(DataError) as error:
        check_same_scale(BYTES, UNIT, ("a", "b"))
    assert str(error.value) == (
        "The pixels of a are from 0 to 255, those of b from 0 to 1; bring them to one scale, or "
        "say what it is with pixel_range=(low, high)."
    )
