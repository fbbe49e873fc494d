import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.mirror import mirror_matrix
from pellucid.equations.randomize import warp
from tests.equations.numeric import SEEDS


@given(SEEDS, st.integers(1, 3), st.integers(1, 9), st.integers(1, 9))
def test_left_and_right_change_sides(seed, channels, rows, columns):
    image = np.random.default_rng(seed).random((channels, rows, columns))
    mirrored = warp(image, mirror_matrix(True, image.shape))
    np.testing.assert_array_equal(mirrored, image[..., ::-1])
    np.testing.assert_array_equal(warp(mirrored, mirror_matrix(True, image.shape)), image)


def test_or_they_do_not():
    np.testing.assert_array_equal(mirror_matrix(False, (4, 5)), np.eye(3))
