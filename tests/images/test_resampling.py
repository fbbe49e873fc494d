import numpy as np
import pytest

from pellucid.images import ink as ink_module
from pellucid.images.ink import find_ink
from pellucid.images.resampling import Box, centered, resampled


def test_a_box_of_the_size_asked_for_is_that_part_of_the_plane():
    plane = np.random.default_rng(0).integers(0, 256, (12, 15)).astype(np.uint8)
    np.testing.assert_array_equal(resampled(plane, (12, 15), Box(0, 0, 15, 12)), plane)
    part = resampled(plane, (4, 6), Box(3, 5, 9, 9))
    np.testing.assert_array_equal(part, plane[5:9, 3:9])
    inverted = resampled(plane, (4, 6), Box(3, 5, 9, 9), inverted=True)
    np.testing.assert_array_equal(inverted, 255 - plane[5:9, 3:9].astype(float))


@pytest.mark.parametrize("inverted", [False, True])
def test_a_large_plane_is_narrowed_in_strips_with_the_same_result(monkeypatch, inverted):
    plane = np.random.default_rng(0).integers(0, 256, (90, 70)).astype(np.uint8)
    box = Box(2.5, 3.5, 66, 88)
    whole = resampled(plane, (20, 24), box, inverted=inverted)
    monkeypatch.setattr(ink_module, "_STRIP", 700)
    np.testing.assert_allclose(resampled(plane, (20, 24), box, inverted=inverted), whole, atol=0.01)


@pytest.mark.parametrize("shape", [(20, 4), (5, 30), (300, 200)])
def test_ink_gets_twenty_of_28_pixels_and_its_center_of_mass_the_middle(shape):
    planes = np.zeros((1, 400, 500), np.uint8)
    planes[0, 70 : 70 + shape[0], 30 : 30 + shape[1]] = 200
    found = find_ink(planes, np.zeros((1, 1, 1)), dark=False, noise=0.0)
    (image,) = centered(found, (28, 28))
    assert image.shape == (28, 28)
    rows, columns = (np.flatnonzero(image.max(axis=axis) > 100) for axis in (1, 0))
    assert max(len(rows), len(columns)) == pytest.approx(20, abs=1)
    mass = image.sum()
    for axis in (0, 1):
        center = (image.sum(axis=1 - axis) * (np.arange(28) + 0.5)).sum() / mass
        assert center == pytest.approx(14, abs=0.1)
