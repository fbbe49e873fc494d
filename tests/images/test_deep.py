import numpy as np
import pytest

from pellucid.images.deep import FULL, UNIT, Ends, deep_range_of, ends_of, in_bytes

WHOLE = [
    ((0, 65535), FULL),
    ((100, 40000), FULL),
    ((0, 4095), (0, 4095)),
    ((3, 2100), (0, 4095)),
    ((0, 255), (0, 255)),
    ((0, 200), (0, 255)),
    ((0, 90), (0, 90)),
    ((31000, 35000), (31000, 35000)),
    ((-1000, 3000), (-1000, 3000)),
    ((7, 7), (0, 255)),
    ((-5, -5), (-5, -4)),
]
FLOATS = [
    ((0, 1), UNIT),
    ((0.1, 0.9), UNIT),
    ((-1, 1), (-1, 1)),
    ((0, 0.05), (0, 0.05)),
    ((0, 250), (0, 255)),
    ((-3, 4), (-3, 4)),
]


@pytest.mark.parametrize(
    ("ends", "expected", "are_floats"),
    [(*one, False) for one in WHOLE] + [(*one, True) for one in FLOATS],
)
def test_the_range_is_the_usual_one_if_it_is_half_filled(ends, expected, are_floats):
    low, high = ends
    assert deep_range_of([Ends(low, high, low, high)], are_floats=are_floats) == expected


def test_few_pixels_of_few_pictures_do_not_count():
    ordinary = [Ends(0, 4000, 0, 3900)] * 19
    assert deep_range_of([*ordinary, Ends(0, 65535, 0, 3950)], are_floats=False) == (0, 4095)
    # A picture that is bright all over does.
    assert deep_range_of([*ordinary, Ends(0, 65535, 0, 60000)], are_floats=False) == FULL
    # And so does what each has.
    assert deep_range_of([Ends(0, 65535, 0, 4000)] * 20, are_floats=False) == FULL


def test_ends_leave_out_a_thousandth():
    values = np.full((100, 100), 500, np.uint16)
    values[0, :5], values[1, :5] = 0, 9000
    assert ends_of(values) == Ends(0, 9000, 500, 500)
    assert ends_of(np.array([[3, 8]])) == Ends(3, 8, 3, 8)


def test_all_bits_become_bytes_as_ever():
    values = np.arange(65536)
    np.testing.assert_array_equal(in_bytes(values, FULL), (values + 128) // 257)
    np.testing.assert_array_equal(in_bytes(values[:256], (0, 255)), values[:256])
