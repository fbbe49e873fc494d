import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.erase import erase
from tests.equations.numeric import SEEDS

SIDES = st.integers(1, 12)


@given(
    SEEDS, st.integers(1, 3), SIDES, SIDES, st.floats(0, 0.999), st.floats(0, 0.999),
    st.floats(0.05, 1), st.floats(0.05, 1),
)  # fmt: skip
def test_a_rectangle_gets_the_mean_and_the_rest_stays(
    seed, channels, rows, columns, x, y, width, height
):
    image = np.random.default_rng(seed).random((channels, rows, columns))
    found = erase(image, x, y, width, height)
    changed = found[0] != image[0]
    lines, places = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    if rows * columns > 1:  # a pixel alone is its own mean
        assert len(lines) == max(1, int(np.floor(height * rows + 0.5)))
        assert len(places) == max(1, int(np.floor(width * columns + 0.5)))
        assert changed[np.ix_(lines, places)].all()
        assert (np.diff(lines) == 1).all()
        assert (np.diff(places) == 1).all()
    for channel in range(channels):
        expected = np.where(changed, image[channel].mean(), image[channel])
        np.testing.assert_allclose(found[channel], expected, rtol=0, atol=1e-12)


def test_every_place_is_reached():
    image = np.random.default_rng(0).random((4, 5))
    reached = np.zeros(image.shape, dtype=bool)
    for x in np.linspace(0, 0.999, 30):
        for y in np.linspace(0, 0.999, 30):
            reached |= erase(image, x, y, 0.4, 0.25) != image
    assert reached.all()


@pytest.mark.parametrize("box", [(0.5, 0.5, 0.0, 0.5), (0.5, 0.5, 0.5, 0.0)])
def test_nothing_is_erased(box):
    image = np.random.default_rng(0).random((4, 5))
    np.testing.assert_array_equal(erase(image, *box), image)
