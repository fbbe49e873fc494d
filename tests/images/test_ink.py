import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from pellucid.images import ink as module
from pellucid.images.ink import Ink, border, find_ink, gray, gray_range, ink, noise_of, strips

LIGHT = np.full((1, 1, 1), 255.0)
PICTURES = arrays(
    np.uint8, st.tuples(st.sampled_from([1, 2, 3]), st.integers(1, 12), st.integers(1, 12))
)


@pytest.fixture(autouse=True)
def small_strips(monkeypatch):
    monkeypatch.setattr(module, "_STRIP", 20)  # more than one strip in small pictures too


@given(PICTURES, st.integers(1, 5))
def test_strips_are_the_picture(planes, factor):
    found = list(strips(planes, factor))
    np.testing.assert_array_equal(np.concatenate(found, axis=1), planes)
    assert all(strip.shape[1] % factor == 0 for strip in found[:-1])


@given(PICTURES)
def test_gray_is_what_the_eye_sees(planes):
    found = gray(planes)
    if len(planes) == 3:
        # Pillow's "L" is the same in whole numbers.
        expected = np.asarray(Image.fromarray(planes.transpose(1, 2, 0)).convert("L"))
        assert np.abs(found - expected).max() <= 1
    else:
        np.testing.assert_allclose(found, planes.astype(float).mean(axis=0))
    low, high = gray_range(planes)
    assert (low, high) == (found.min(), found.max())


@given(PICTURES, st.floats(0, 255))
def test_ink_goes_in_one_direction(planes, level):
    levels = np.full((len(planes), 1, 1), level)
    dark, light = ink(planes, levels, True), ink(planes, levels, False)
    assert dark.min() >= 0
    assert light.min() >= 0
    np.testing.assert_allclose(light - dark, planes - levels)
    assert not (dark * light).any()


@given(PICTURES)
def test_the_border_is_each_edge_pixel_once(planes):
    _, height, width = planes.shape
    inner = np.zeros((height, width), bool)
    inner[1:-1, 1:-1] = True
    found = border(planes)
    if min(height, width) > 1:
        expected = planes[:, ~inner]
        np.testing.assert_array_equal(np.sort(found, axis=1), np.sort(expected, axis=1))


@given(arrays(np.uint8, (1, 12, 14)), st.booleans())
def test_the_box_holds_all_the_ink_that_counts(planes, dark):
    levels = LIGHT if dark else LIGHT * 0
    found = find_ink(planes, levels, dark, 0.0)
    strength = gray(ink(planes, levels, dark))
    if strength.max() == 0:
        assert found is None
        return
    assert found.threshold == pytest.approx(0.15 * strength.max())
    rows, columns = np.nonzero(strength >= found.threshold)
    assert (found.rows, found.columns) == (np.ptp(rows) + 1, np.ptp(columns) + 1)
    top, left = rows.min(), columns.min()
    expected = planes[:, top : top + found.rows, left : left + found.columns]
    np.testing.assert_array_equal(found.planes, expected)


def test_noise_raises_the_threshold_but_never_above_half():
    planes = np.zeros((1, 8, 8), np.uint8)
    planes[0, 3, 3], planes[0, 5, 6] = 200, 60
    black = LIGHT * 0
    assert find_ink(planes, black, False, 0.0).threshold == pytest.approx(30)
    quiet = find_ink(planes, black, False, 5.0)
    assert quiet.threshold == pytest.approx(35)
    assert (quiet.rows, quiet.columns) == (3, 4)
    loud = find_ink(planes, black, False, 50.0)
    assert loud.threshold == pytest.approx(100)
    assert (loud.rows, loud.columns) == (1, 1)


@given(
    arrays(np.uint8, st.tuples(st.sampled_from([1, 3]), st.integers(1, 9), st.integers(1, 9))),
    st.integers(1, 4), st.floats(0, 200),
)  # fmt: skip
def test_cut_averages_squares_of_the_ink(planes, factor, threshold):
    levels = np.zeros((len(planes), 1, 1))
    found = Ink(planes, levels, False, threshold)
    cut, strength = found.cut(factor)
    rows, columns = (-(-side // factor) for side in planes.shape[1:])
    assert cut.shape == (len(planes), rows, columns)
    assert strength.shape == (rows, columns)
    weights = gray(planes.astype(float))
    kept = np.where(weights >= threshold, planes, 0)
    for row in range(rows):
        for column in range(columns):
            square = np.s_[row * factor : (row + 1) * factor,
                           column * factor : (column + 1) * factor]  # fmt: skip
            total = kept[(slice(None), *square)].sum(axis=(1, 2))
            np.testing.assert_allclose(cut[:, row, column], total / factor**2)
            strong = np.where(weights[square] >= threshold, weights[square], 0).sum()
            assert strength[row, column] == pytest.approx(strong / factor**2)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_noise_is_the_border_s_standard_deviation(level):
    random = np.random.default_rng(0)
    for deviation in (0.0, 3.0, 10.0):
        edge = np.clip(level + random.normal(0, deviation, 20_000), 0, 255)
        found = noise_of(edge)
        if level == 128:
            # The upper quartile of |x| is 1.15 deviations, divided by 0.6745.
            assert found == pytest.approx(1.15 / 0.6745 * deviation, rel=0.05)
        else:
            # Half of it is cut off, so that quartile is 0.6745 deviations.
            assert found == pytest.approx(deviation, rel=0.05)


def test_ink_on_a_quarter_of_the_border_is_no_noise():
    edge = np.zeros(400)
    edge[:99] = 255
    assert noise_of(edge) == 0
