import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.images.common_size import SIDE, chosen_size, size_told

SIZES = st.lists(
    st.tuples(st.tuples(st.integers(1, 5000), st.integers(1, 5000)), st.integers(1, 50)),
    min_size=1, max_size=20,
)  # fmt: skip


@given(SIZES)
def test_a_size_is_no_larger_than_the_pictures_and_not_extreme(sizes):
    height, width = chosen_size(sizes)
    shorter, longer = sorted((height, width))
    assert 1 <= shorter <= SIDE
    assert longer <= 2 * shorter
    each = np.repeat([min(size) for size, _ in sizes], [count for _, count in sizes])
    assert shorter <= np.sort(each)[len(each) // 2]


@given(SIZES)
def test_the_order_does_not_matter_and_turning_turns(sizes):
    assert chosen_size(sizes) == chosen_size(sizes[::-1])


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([((480, 640), 90), ((640, 480), 10)], (64, 85)),
        ([((640, 480), 90), ((480, 640), 10)], (85, 64)),
        ([((30, 32), 5), ((32, 30), 5)], (30, 30)),
        ([((100, 1000), 3)], (64, 128)),
        ([((1, 1), 3), ((2, 3), 1)], (1, 1)),
    ],
)
def test_what_is_chosen(sizes, expected):
    assert chosen_size(sizes) == expected


def test_it_is_said_with_how_to_choose():
    told = size_told([((5, 4), 2), ((4, 5), 8), ((20, 30), 1)], (4, 5), "image_shape=(28, 28)")
    assert told == (
        "The pictures have 3 sizes, from 4 x 5 to 20 x 30; all are resized to 4 x 5. Choose "
        "another with image_shape=(28, 28)."
    )
