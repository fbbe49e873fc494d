import math

import numpy as np
import pytest
from scipy import stats

from pellucid.images.drawing import box, image_key, uniform, whole_uniform

KEYS = [image_key(3, 1, image) for image in range(4000)]
SURE = 1e-4


@pytest.mark.parametrize("bounds", [(-4, 4), (-2.8, 2.8), (0, 0), (-0.5, 1.5), (3, 5)])
def test_whole_numbers_are_all_as_probable(bounds):
    drawn = [whole_uniform(key, 2, bounds) for key in KEYS]
    expected = np.arange(math.ceil(bounds[0]), math.floor(bounds[1]) + 1)
    found, counts = np.unique(drawn, return_counts=True)
    np.testing.assert_array_equal(found, expected)
    if len(expected) > 1:
        assert stats.chisquare(counts).pvalue > SURE


def test_a_box_has_the_area_and_the_aspect_that_were_drawn():
    boxes = [box(key, 7, (0.2, 0.5), (0.5, 2.0)) for key in KEYS]
    area = np.array([b.width * b.height for b in boxes])
    aspect = np.log([b.width / b.height for b in boxes])
    place = np.array([(b.x, b.y) for b in boxes])
    limit = math.log(2.0)
    with np.errstate(all="ignore"):
        assert stats.kstest(area, stats.uniform(0.2, 0.3).cdf).pvalue > SURE
        assert stats.kstest(aspect, stats.uniform(-limit, 2 * limit).cdf).pvalue > SURE
        assert all(stats.kstest(part, stats.uniform(0, 1).cdf).pvalue > SURE for part in place.T)
    numbers = np.column_stack([area, aspect, place])
    correlations = np.corrcoef(numbers.T) - np.eye(4)
    assert np.abs(correlations).max() * math.sqrt(len(KEYS)) < 4.5


def test_a_box_is_never_larger_than_the_image():
    boxes = [box(key, 7, (0.9, 1.0), (0.25, 4.0)) for key in KEYS]
    assert max(b.width for b in boxes) == max(b.height for b in boxes) == 1.0
    assert min(b.width for b in boxes) > 0.4


def test_places_of_one_key_are_independent():
    drawn = np.array([[uniform(key, place, (0.0, 1.0)) for place in range(12)] for key in KEYS])
    correlations = np.corrcoef(drawn.T) - np.eye(12)
    assert np.abs(correlations).max() * math.sqrt(len(KEYS)) < 4.5
