import json
import tracemalloc

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pellucid.data.sets.digits import load_digits8
from pellucid.errors import ConfigurationError, DataError
from pellucid.images.preprocessing import Preprocessing

DIGITS = load_digits8().test_images
MNIST = Preprocessing((28, 28))


def paste(digit, side, height, width, top, left):
    """Return a digit of a side put into a larger black picture."""
    picture = np.zeros((height, width), np.uint8)
    enlarged = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    picture[top : top + side, left : left + side] = enlarged
    return picture


def correlation(a, b):
    return np.corrcoef(a.ravel(), b.ravel())[0, 1]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_digit_looks_the_same_wherever_however_large_and_in_either_polarity(data):
    digit = DIGITS[data.draw(st.integers(0, len(DIGITS) - 1))]
    expected = MNIST.picture(paste(digit, 80, 120, 120, 20, 20))
    side = data.draw(st.integers(32, 160))
    height, width = (data.draw(st.integers(side + 8, 3 * side)) for _ in range(2))
    # Two pixels of margin: the border is then background.
    top = data.draw(st.integers(2, height - side - 2))
    left = data.draw(st.integers(2, width - side - 2))
    picture = paste(digit, side, height, width, top, left)
    background, ink = data.draw(st.sampled_from([(0, 255), (255, 0), (240, 60), (30, 200)]))
    picture = np.rint(background + (ink - background) * (picture / 255)).astype(np.uint8)
    if data.draw(st.booleans()):
        picture = np.repeat(picture[:, :, np.newaxis], 3, axis=2)
    assert correlation(MNIST.picture(picture), expected) > 0.95


@pytest.mark.parametrize(("background", "ink", "noise"), [(255, 0, 10), (200, 60, 8), (0, 255, 20)])
def test_noise_and_gray_paper_don_t_matter(background, ink, noise):
    random = np.random.default_rng(0)
    for digit in DIGITS[:40]:
        # As sharp as ink is: the bundled digits have faint pixels that noise would hide.
        picture = np.uint8(255) * (paste(digit, 90, 200, 160, 60, 30) > 127)
        expected = MNIST.picture(picture)
        noisy = background + (ink - background) * (picture / 255)
        noisy += random.normal(0, noise, noisy.shape)
        found = MNIST.picture(np.clip(noisy, 0, 255).astype(np.uint8))
        assert correlation(found, expected) > 0.9


def test_size_place_and_proportions_are_mnist_s():
    picture = np.zeros((300, 400), np.uint8)
    picture[50:250, 100:150] = 255
    image = MNIST.picture(picture)[0]
    assert image.shape == (28, 28)
    rows, columns = (np.flatnonzero(image.max(axis=axis) > 127) for axis in (1, 0))
    assert len(rows) == 20
    assert len(columns) in (4, 5, 6)
    assert rows.mean() == pytest.approx(13.5, abs=0.5)
    assert columns.mean() == pytest.approx(13.5, abs=0.5)
    # The center of mass counts, not that of the box: a foot draws the rest upwards.
    picture[240:250, 50:200] = 255
    foot = MNIST.picture(picture)[0].astype(float)
    assert foot.sum(axis=1) @ (np.arange(28) + 0.5) / foot.sum() == pytest.approx(14, abs=0.3)


def test_ink_is_never_pushed_out_of_the_picture():
    picture = np.zeros((200, 200), np.uint8)
    picture[20:30, 20:180] = 255  # nearly all the mass on top
    picture[30:180, 20:23] = 255
    image = MNIST.picture(picture)[0]
    # Unclamped, the center of mass would push the last 3 of the stroke's 20 rows out.
    assert len(np.flatnonzero(image.max(axis=1) > 80)) >= 19


def test_thin_strokes_stay_visible():
    picture = np.full((1000, 800), 255, np.uint8)
    picture[100:900, 400:402] = 0
    assert MNIST.picture(picture).max() == 255


@given(arrays.arrays(np.uint8, (20, 20)))
def test_a_light_picture_of_the_network_s_size_is_unchanged(inner):
    digit = np.zeros((28, 28), np.uint8)
    digit[4:24, 4:24] = inner
    if digit.max() >= 8:
        np.testing.assert_array_equal(MNIST.picture(digit)[0], digit)
        np.testing.assert_array_equal(MNIST.picture(digit[np.newaxis])[0], digit)
        np.testing.assert_array_equal(MNIST.picture(255 - digit)[0], digit)
    else:
        assert MNIST.picture(digit).max() == 0


def test_a_dark_picture_of_the_network_s_size_keeps_its_place():
    digit = np.full((28, 28), 200, np.uint8)
    digit[2:10, 3:5] = 0
    image = MNIST.picture(digit)[0]
    assert image[2:10, 3:5].min() == 255
    assert image.sum() == 16 * 255


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("size", [(28, 28), (1, 1), (1, 50), (60, 40)])
@pytest.mark.parametrize("polarity", ["auto", "light-on-dark", "dark-on-light"])
def test_a_blank_picture_gives_zeros(level, size, polarity):
    picture = np.full(size, level, np.uint8)
    picture[0, 0] ^= 4
    image = Preprocessing((28, 28), polarity).picture(picture)
    assert image.shape == (1, 28, 28)
    assert image.max() == 0


def test_the_wrong_polarity_is_taken_at_its_word():
    picture = np.zeros((50, 50), np.uint8)
    picture[10:40, 20:25] = 255
    assert Preprocessing((28, 28), "light-on-dark").picture(picture).max() == 255
    assert Preprocessing((28, 28), "dark-on-light").picture(picture).max() == 0


@given(
    arrays.arrays(
        np.uint8,
        st.one_of(
            st.tuples(st.integers(1, 40), st.integers(1, 40)),
            st.tuples(st.integers(1, 20), st.integers(1, 20), st.sampled_from([1, 3])),
        ),
    ),
    st.sampled_from([(28, 28), (3, 32, 20), (1, 1, 1), (1, 5, 40)]),
    st.sampled_from(["auto", "light-on-dark", "dark-on-light"]),
    st.sampled_from(["mnist", "resize"]),
)
@pytest.mark.filterwarnings("ignore:What is ink")  # of noise nobody knows
@settings(deadline=None)
def test_any_picture_fits_any_network(picture, shape, polarity, fit):
    preprocessing = Preprocessing(shape, polarity, fit)
    image = preprocessing.picture(picture)
    assert image.shape == preprocessing.input_shape
    assert image.dtype == np.uint8


def test_resize_keeps_the_whole_picture():
    picture = np.random.default_rng(0).integers(0, 256, (32, 20, 3), np.uint8)
    plain = Preprocessing((3, 32, 20), "light-on-dark", "resize")
    np.testing.assert_array_equal(plain.picture(picture), picture.transpose(2, 0, 1))
    np.testing.assert_array_equal(plain.picture(picture.transpose(2, 0, 1)), plain.picture(picture))
    smaller = Preprocessing((3, 16, 10), "light-on-dark", "resize").picture(picture)
    assert smaller.mean(axis=(1, 2)) == pytest.approx(picture.mean(axis=(0, 1)), abs=4)
    light = np.full((40, 40), 255, np.uint8)
    light[10:30, 10:30] = 0
    inverted = Preprocessing((20, 20), fit="resize").picture(light)[0]
    assert inverted[0, 0] == 0
    assert inverted[10, 10] == 255


def test_color_becomes_gray_and_gray_becomes_color():
    color = np.zeros((28, 28, 3), np.uint8)
    color[10:18, 10:18] = [255, 0, 0]
    assert MNIST.picture(color)[0, 12, 12] == round(0.299 * 255)
    gray = np.zeros((28, 28), np.uint8)
    gray[10:18, 10:18] = 200
    three = Preprocessing((3, 28, 28)).picture(gray)
    np.testing.assert_array_equal(three, np.repeat(gray[np.newaxis], 3, axis=0))


def test_floats_and_booleans_are_pictures_too():
    digit = np.zeros((28, 28))
    digit[5:20, 10:14] = 0.4
    assert MNIST.picture(digit).max() == 102
    assert MNIST.picture(digit > 0).max() == 255


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros((4, 4, 2), np.uint8), "A picture of shape (4, 4, 2) can't be used; it must be"),
        (np.zeros(4, np.uint8), "A picture of shape (4,) can't be used"),
        (np.zeros((0, 4), np.uint8), "A picture of shape (0, 4, 1) can't be used"),
        (np.zeros((4, 4), np.int64), "A picture of dtype int64 can't be used; it must be uint8"),
        (np.full((4, 4), np.nan), "A picture of dtype float64 can't be used"),
        (np.full((4, 4), 2.0), "or finite floats in [0, 1]."),
    ],
)
def test_pictures_that_can_t_be_used(picture, message):
    with pytest.raises(DataError) as error:
        MNIST.picture(picture)
    assert message in str(error.value)


def test_a_network_with_other_channels_takes_its_own_shape_only():
    five = Preprocessing((5, 4, 4), "light-on-dark", "resize")
    own = np.random.default_rng(0).integers(0, 256, (5, 4, 4), np.uint8)
    np.testing.assert_array_equal(five.picture(own), own)
    with pytest.raises(DataError, match="with 1 channels can't become the input of a network with"):
        five.picture(np.zeros((4, 4), np.uint8))


def test_scaled():
    every = np.arange(256, dtype=np.uint8)
    scaled = MNIST.scaled(every)
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(scaled, every.astype(np.float32) / np.float32(255))
    floats = np.array([0.25, 1.0], np.float32)
    assert MNIST.scaled(floats) is floats
    with pytest.raises(DataError, match="Images are int64; they must be uint8"):
        MNIST.scaled(np.arange(3))


@pytest.mark.parametrize("pixel_range", [(0, 80), (-255, 255), (20, 80)])
def test_scaled_from_another_range(pixel_range):
    low, high = pixel_range
    own = Preprocessing((28, 28), pixel_range=pixel_range)
    every = np.arange(256, dtype=np.uint8)
    expected = np.clip((np.arange(256) - low) / (high - low), 0, 1)
    for images in (every, every / 255, (every / 255).astype(np.float32)):
        found = own.scaled(images)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, atol=1e-6)
        assert (own.for_kernels(images) == found).all()
    for images in (every, every / 255):
        assert MNIST.for_kernels(images) is images


@pytest.mark.parametrize(("pixel_range", "ends"), [((0, 80), (0, 80)), ((-255, 255), (0, 255)),
                                                   ((20, 80), (20, 80))])  # fmt: skip
@pytest.mark.parametrize("size", [(28, 28), (300, 200)])
def test_ink_is_as_strong_as_in_training(pixel_range, ends, size):
    paper = np.full(size, 255, np.uint8)
    paper[8:20, 12:14] = 0
    image = Preprocessing((28, 28), pixel_range=pixel_range).picture(paper)
    # A bicubic filter overshoots; what it takes below the end is 0 for the network.
    assert image.min() <= ends[0]
    assert image.max() == ends[1]


@given(
    st.lists(st.integers(1, 99), min_size=2, max_size=3).map(tuple),
    st.sampled_from(["auto", "light-on-dark", "dark-on-light"]),
    st.sampled_from(["mnist", "resize"]),
)
def test_json_round_trip(shape, polarity, fit):
    for one in (Preprocessing(shape, polarity, fit), Preprocessing(shape, polarity, fit, (0, 80))):
        assert Preprocessing.from_dict(json.loads(json.dumps(one.to_dict()))) == one


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"polarity": "auto"}, "Preprocessing needs the entry 'input_shape'."),
        ({"input_shape": [28, 28], "polarty": 1}, "no entry 'polarty'. Did you mean 'polarity'?"),
        (
            {"input_shape": [28, 28], "polarity": "light-on-drak"},
            "polarity is 'light-on-drak'; it must be one of auto, light-on-dark, dark-on-light. Did"
            " you mean 'light-on-dark'?",
        ),
        ({"input_shape": [28, 28], "fit": None}, "fit is None; it must be one of mnist, resize."),
        ({"input_shape": [28, 28], "fit": ["mnist"]}, "fit is ['mnist']; it must be one of"),
        ({"input_shape": [28]}, "input_shape is [28]; it must be (height, width) or"),
        ({"input_shape": [28, 0]}, "each at least 1."),
        ({"input_shape": [28, 1.5]}, "input_shape is [28, 1.5]"),
        ({"input_shape": "28"}, "input_shape is '28'"),
        ({"input_shape": [True, True]}, "input_shape is [True, True]"),
        (
            {"input_shape": [28, 28], "pixel_range": [1, 1]},
            "Preprocessing pixel_range is [1, 1]; it must be two finite numbers, the lower first",
        ),
        ({"input_shape": [28, 28], "pixel_range": "auto"}, "pixel_range is 'auto'; it must be two"),
        ([1], "Preprocessing is described by [1]; it must be a mapping"),
    ],
)
def test_descriptions_that_can_t_be_used(values, message):
    with pytest.raises(ConfigurationError) as error:
        Preprocessing.from_dict(values)
    assert message in str(error.value)


@pytest.mark.filterwarnings("ignore:What is ink")  # read light on dark, it is all noise
@pytest.mark.parametrize("fit", ["resize", "mnist"])
@pytest.mark.parametrize("polarity", ["auto", "dark-on-light", "light-on-dark"])
def test_strips_of_a_large_picture_make_no_difference(fit, polarity, monkeypatch):
    picture = np.random.default_rng(0).integers(120, 256, (211, 97), np.uint8)
    picture[50:150, 30:60] = 3
    preprocessing = Preprocessing((28, 20), polarity, fit)
    expected = preprocessing.picture(picture)
    monkeypatch.setattr("pellucid.images.ink._STRIP", 1000)
    found = preprocessing.picture(picture)
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_a_large_picture_is_resized_in_strips():
    picture = np.zeros((6000, 4000, 3), np.uint8)  # 72 MB; as floats 288 MB
    picture[1000:] = 7
    tracemalloc.start()
    try:
        image = Preprocessing((3, 28, 28), "dark-on-light", "resize").picture(picture)
        assert tracemalloc.get_traced_memory()[1] < 40e6
    finally:
        tracemalloc.stop()
    assert set(image[:, 10:].ravel().tolist()) == {248}
