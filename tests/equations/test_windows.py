import pytest

from pellucid.equations._windows import positions, under
from pellucid.errors import NetworkError


@pytest.mark.parametrize(
    ("size", "window", "stride", "count"),
    [(28, 5, 1, 24), (20, 2, 2, 10), (20, 3, 2, 9), (7, 3, 3, 2), (3, 3, 5, 1)],
)
def test_counts_positions_along_each_axis(size, window, stride, count):
    assert positions((size, 4), (window, 4), (stride, 1)) == (count, 1)
    assert positions((4, size), (4, window), (1, stride)) == (1, count)


def test_slices_pick_one_pixel_a_position():
    rows, columns = under(2, 1, (2, 3), (3, 2))
    assert list(range(9)[rows]) == [2, 5]
    assert list(range(9)[columns]) == [1, 3, 5]


@pytest.mark.parametrize("window", [(5, 1), (1, 4)])
def test_a_window_larger_than_the_image_is_refused(window):
    message = (
        f"A window of {window[0]} x {window[1]} pixels is larger than the image, 4 x 3; use a "
        "smaller window or add zeros around the image."
    )
    with pytest.raises(NetworkError) as caught:
        positions((4, 3), window, (1, 1))
    assert str(caught.value) == message
