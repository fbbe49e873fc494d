import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from pellucid.data.readers.row_layout import RowLayout, could_be_images, layout_of_rows, sides_of
from pellucid.data.samples import Reading
from pellucid.errors import DataError


def photographs(count=40, side=16):
    """Return pieces of photographs, (n, side, side, 3)."""
    random = np.random.default_rng(0)
    pieces = []
    for number in range(count):
        picture = load_sample_images().images[number % 2]
        top, left = (int(random.integers(length - 64)) for length in picture.shape[:2])
        piece = Image.fromarray(picture[top : top + 64, left : left + 64])
        pieces.append(np.asarray(piece.resize((side, side))))
    return np.stack(pieces)


PHOTOGRAPHS = photographs()


def layout(rows, pixels, **options):
    said = []
    return layout_of_rows(rows, pixels, "a", Reading("a", said.append, **options)), said


def test_gray_is_square_or_of_the_size():
    rows = np.zeros((2, 784))
    assert layout(rows, 784) == (RowLayout(28, 28), [])
    found, said = layout(rows, 784, size=(14, 56))
    assert (found.shape, said) == ((14, 56), [])
    assert found.images(rows).shape == (2, 14, 56)


@pytest.mark.parametrize("is_gray", [False, True])
@pytest.mark.parametrize("order", ["first", "last"])
def test_the_order_of_colors_is_told_by_what_is_alike(order, is_gray):
    pictures = PHOTOGRAPHS[..., :1].repeat(3, axis=3) if is_gray else PHOTOGRAPHS
    images = pictures.transpose(0, 3, 1, 2)
    rows = (images if order == "first" else pictures).reshape(len(images), -1)
    found, said = layout(rows, 768)
    assert found.shape == (3, 16, 16)
    np.testing.assert_array_equal(found.images(rows), images)
    other = "last" if order == "first" else "first"
    assert said[0].startswith("a: 768 columns of pixels are taken for 16 x 16 images in 3 colors, ")
    assert said[0].endswith(f'say otherwise with size=(height, width) or channels="{other}".')
    assert layout(rows, 768, channels=order) == (found, [])
    assert layout(rows, 768, size=(16, 16))[0] == found
    assert layout(rows, 768, size=(32, 24))[0].shape == (32, 24)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e308])
def test_rows_of_what_is_no_pixel_don_t_matter(value):
    rows = PHOTOGRAPHS.reshape(40, -1).astype(float)
    rows[3] = value
    rows[4] = -value
    with np.errstate(all="raise"):
        assert layout(rows, 768)[0].is_channels_last


def test_noise_tells_no_order():
    noise = np.random.default_rng(0).integers(0, 256, (40, 768))
    for rows in (noise, noise[:0]):
        with pytest.raises(DataError, match=r'\(channels="first"\) or red, green, blue of each'):
            layout(rows, 768)
    assert layout(noise, 768, channels="last")[0].is_channels_last


@pytest.mark.parametrize(
    ("pixels", "size", "message"),
    [
        (785, None, "a has 785 columns of pixels, which make no square images; give size=(height, "
         "width). Or, if one column is no pixel of 28 x 28, remove it."),
        (3, None, "a has 3 columns of pixels, which make no square images; give size=(height, wi"),
        (3072, (28, 28), "a has 3072 columns of pixels, which make no 28 x 28 images: these have "
         "784 in gray, 2,352 in 3 colors."),
    ],
)  # fmt: skip
def test_what_makes_no_images(pixels, size, message):
    with pytest.raises(DataError) as error:
        layout(np.zeros((1, pixels)), pixels, size=size)
    assert str(error.value).startswith(message)


def test_sides():
    assert sides_of(12, None) == (3, 2, 2)
    assert sides_of(3, None) is None
    assert sides_of(3, (1, 1)) == (3, 1, 1)
    assert could_be_images(784, Reading("a"))
    assert not could_be_images(0, Reading("a"))
    assert not could_be_images(784, Reading("a", size=(2, 3)))
