import numpy as np
import pytest

from pellucid import Preprocessing
from pellucid.images import preprocessing as module
from pellucid.images.ink import find_ink
from pellucid.images.paper import Cleaned, clean
from tests.data.test_pasted_digits import pasted, trained
from tests.images import spoiled_digits as spoiled

MNIST = Preprocessing((28, 28))
PAPER = np.full((1, 1, 1), 220.0)


@pytest.fixture(scope="module")
def trainer(mnist):
    with trained(mnist, 400_000) as trainer:
        yield trainer


# Before there was any cleaning: 94, 54, 85, 35 and 23 of 100, and 99 of the originals.
@pytest.mark.parametrize("spoil", [spoiled.plain, *spoiled.SPOILED], ids=lambda f: f.__name__)
def test_spoiled_digits_are_read(spoil, mnist, trainer):
    chosen = np.random.default_rng(0).choice(len(mnist.test_images), 100, replace=False)
    random = np.random.default_rng(1)
    pictures = [spoil(image, random) for image in mnist.test_images[chosen]]
    found = np.stack([MNIST.picture(picture) for picture in pictures])
    assert trainer.evaluate(found, mnist.test_labels[chosen]).accuracy >= 0.96


@pytest.mark.parametrize("draw", [spoiled.plain, pasted])
def test_clean_pictures_keep_every_pixel(draw, mnist, monkeypatch):
    random = np.random.default_rng(3)
    pictures = [draw(image, random) for image in mnist.test_images[:200]]
    found = [MNIST.picture(picture) for picture in pictures]
    monkeypatch.setattr(module, "clean", lambda planes, *_: Cleaned(planes, None))
    for picture, image in zip(pictures, found, strict=True):
        np.testing.assert_array_equal(image, MNIST.picture(picture))


def inked():
    """Return a clean picture, with one thick stroke."""
    picture = np.full((1, 200, 200), 220, np.uint8)
    picture[0, 60:140, 90:105] = 30
    return picture


def cleaned(picture, levels=PAPER, *, dark=True):
    return clean(picture, find_ink(picture, levels, dark, 0.0))


def test_a_clean_picture_is_returned_itself():
    picture = inked()
    assert cleaned(picture) == Cleaned(picture, None)


@pytest.mark.parametrize("factor", [1, 3])
def test_specks_neighbors_and_lines_become_paper(factor):
    picture = inked()
    expected = np.kron(picture, np.ones((1, factor, factor), np.uint8))
    picture[0, 10:14, 20:24] = 30  # a speck
    picture[0, 50:120, 180:] = 30  # a neighbor
    found, doubt = cleaned(np.kron(picture, np.ones((1, factor, factor), np.uint8)))
    np.testing.assert_array_equal(found, expected)
    assert doubt is None


def test_a_part_of_the_character_stays():
    picture = inked()
    picture[0, 40:50, 90:140] = 30  # a five's bar, not quite at its stem
    found, doubt = cleaned(picture)
    assert found is picture
    assert doubt is None


def test_light_ink_in_a_lighted_corner():
    picture = inked()
    row, column = np.mgrid[:200, :200]
    light = np.clip(80 - (row + column), 0, 60)
    found, doubt = cleaned(
        (np.uint8(255) - picture) // 2 + light.astype(np.uint8), PAPER * 0 + 17, dark=False
    )
    assert doubt is None
    assert np.abs(found.astype(int) - (255 - picture) // 2).max() <= 4


def test_a_thin_pen_is_widened():
    picture = inked()
    picture[0, 60:140, 92:105] = 220  # two pixels of 80 stay
    assert np.count_nonzero(cleaned(picture).planes[0, 100] == 30) in range(7, 12)


def two():
    picture = inked()[0]
    picture[60:140, 150:165] = 30
    return picture


def stripes():
    picture = np.full((200, 200), 220, np.uint8)
    picture[:, ::20], picture[:, 1::20] = 30, 30
    return picture


@pytest.mark.parametrize(
    ("picture", "reason"),
    [(two(), "holds parts of like size that lie apart"), (stripes(), "runs out of the picture")],
)
def test_what_is_in_doubt_is_said(picture, reason):
    lines = []
    MNIST.picture(picture, say=lines.append)
    assert len(lines) == 1
    assert lines[0].startswith("What is ink in the picture is in doubt: it")
    assert reason in lines[0]
    with pytest.warns(UserWarning, match=reason):
        MNIST.picture(picture)
