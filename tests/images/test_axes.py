import numpy as np
import pytest

from pellucid.images.axes import four_axes, sides, three_axes


def test_gray_images_have_one_channel():
    assert three_axes((4, 5)) == (1, 4, 5)
    assert three_axes([3, 4, 5]) == (3, 4, 5)
    images = np.arange(40).reshape(2, 4, 5)
    assert four_axes(images).shape == (2, 1, 4, 5)
    assert np.shares_memory(four_axes(images), images)
    assert four_axes(four_axes(images)).shape == (2, 1, 4, 5)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ((4, 5), (4, 5)),
        ([np.int64(3), 4, 5], (3, 4, 5)),
        ((4,), None),
        ((1, 2, 3, 4), None),
        ((4, 0), None),
        ((4, -1), None),
        ((4, 5.0), None),
        ((4, True), None),
        ("45", None),
        (4, None),
        (None, None),
    ],
)
def test_sides_are_whole_numbers_of_at_least_one(value, expected):
    assert sides(value, 2, 3) == expected
    if expected is not None:
        assert all(type(side) is int for side in sides(value, 2, 3))
