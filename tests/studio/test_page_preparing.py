"""Pictures and drawings become, in the page, what the model's preprocessing makes of them."""

import itertools
import warnings

import numpy as np
import pytest

from pellucid import Preprocessing, data
from tests.images import spoiled_digits as spoiled
from tests.studio.node import needs_node, run_in_node
from tests.studio.pen import stroke

pytestmark = needs_node

PREPARE = """
import { prepared, preparedDrawing } from "./preparing.js";
const planes = (picture) => ({
  ...picture, planes: picture.planes.map((one) => Float64Array.from(one)),
});
const short = ({ pixels, doubt, steps }) => ({
  pixels, doubt, steps: steps.map(({ name }) => name),
});
say({
  drawings: given.drawings.map(({ picture, shape, preprocessing }) => {
    const { planes: [values], rows, columns } = planes(picture);
    return short(preparedDrawing({ values, rows, columns }, shape, preprocessing));
  }),
  pictures: given.pictures.map(({ picture, shape, preprocessing }) =>
    short(prepared(planes(picture), shape, preprocessing))),
});
"""


def told(picture, preprocessing):
    """Return a picture, (H, W) or (H, W, 3), as the page has it."""
    planes = picture[None] if picture.ndim == 2 else picture.transpose(2, 0, 1)
    return {
        "picture": {
            "planes": [plane.ravel().tolist() for plane in planes],
            "rows": picture.shape[0], "columns": picture.shape[1],
        },
        "shape": preprocessing.input_shape,
        "preprocessing": preprocessing.to_dict(),
    }  # fmt: skip


def made(pictures=(), drawings=()):
    """Return what the page makes of pairs of a picture and a preprocessing."""
    given = {
        "pictures": [told(*pair) for pair in pictures],
        "drawings": [told(*pair) for pair in drawings],
    }
    return run_in_node(PREPARE, given)


def expected(picture, preprocessing):
    doubts = []
    image = preprocessing.picture(picture, say=doubts.append)
    return preprocessing.scaled(image).ravel(), doubts


def test_a_drawing_becomes_the_image_that_predict_makes_of_it():
    random = np.random.default_rng(1)
    shapes = [(280, 280)] * 6 + [(280, 210)]
    sizes = [(28, 28)] * 3 + [(20, 20), (64, 64), (8, 8), (28, 21)]
    ranges = [(0, 255)] * 5 + [(0, 16), (0, 255)]
    pairs = []
    for (rows, columns), size, pair in zip(shapes, sizes, ranges, strict=True):
        plane = stroke(random.uniform(0.2, 0.8, (4, 2)) * (columns, rows), rows, columns)
        pairs.append((plane, Preprocessing(size, pixel_range=pair)))
    for found, (plane, preprocessing) in zip(made(drawings=pairs)["drawings"], pairs, strict=True):
        image, _ = expected(plane, preprocessing)
        low, high = preprocessing.pixel_range
        # Rounding may fall to the other side of a half.
        np.testing.assert_allclose(found["pixels"], image, atol=1.01 / (high - low))
        assert np.mean(np.abs(np.array(found["pixels"]) - image)) < 1e-3
        assert found["steps"] == ["picture", "ink", "cut", "placed", "image"]


@pytest.mark.parametrize("polarity", ["auto", "dark-on-light", "light-on-dark"])
def test_a_photograph_is_resized_as_predict_does(polarity):
    random = np.random.default_rng(2)
    rough = random.integers(0, 256, (5, 6, 3), np.uint8)
    picture = rough.repeat(9, axis=0).repeat(8, axis=1)
    shapes = [(3, 16, 20), (1, 16, 20), (1, 30, 10), (3, 45, 48)]
    pairs = [(picture, Preprocessing(s, polarity=polarity, fit="resize")) for s in shapes]
    pairs.append((picture[:, :, 0], Preprocessing((3, 9, 9), polarity=polarity, fit="resize")))
    for found, (given, preprocessing) in zip(made(pairs)["pictures"], pairs, strict=True):
        image, _ = expected(given, preprocessing)
        np.testing.assert_allclose(found["pixels"], image, atol=1.01 / 255)


def test_a_spoiled_scan_is_cleaned_as_predict_does():
    digits, random = data.load("digits").test_images, np.random.default_rng(3)
    pairs = []
    for spoil, number in itertools.product([spoiled.plain, *spoiled.SPOILED], range(2)):
        small = digits[number].reshape(digits.shape[-2:])
        digit = Preprocessing((28, 28)).picture(np.kron(small, np.ones((8, 8), np.uint8)))[0]
        pairs.append((spoil(digit, random), Preprocessing((28, 28))))
    said = made(pairs)["pictures"]
    for found, (picture, preprocessing) in zip(said, pairs, strict=True):
        image, doubts = expected(picture, preprocessing)
        np.testing.assert_allclose(found["pixels"], image, atol=2.01 / 255)
        assert np.mean(np.abs(np.array(found["pixels"]) - image)) < 1e-3
        assert bool(doubts) == (found["doubt"] is not None)
    assert sum("cleaned" in found["steps"] for found in said) >= 8


def test_colors_exact_sizes_and_blank_paper_are_taken_as_predict_does():
    random = np.random.default_rng(4)
    ink = stroke(random.uniform(0.2, 0.8, (4, 2)) * 280)
    colored = np.full((280, 280, 3), (250, 240, 200), np.uint8)
    colored[ink > 100] = (20, 60, 120)
    exact = Preprocessing((28, 28)).picture(ink)[0]
    pairs = [
        (colored, Preprocessing((28, 28))), (colored, Preprocessing((3, 20, 24))),
        (exact, Preprocessing((28, 28))), (255 - exact, Preprocessing((28, 28))),
        (np.full((40, 50), 200, np.uint8), Preprocessing((28, 28))),
        (exact, Preprocessing((28, 28), fit="resize")),
        (colored[::8, ::8], Preprocessing((28, 28), pixel_range=(0, 16))),
        (255 - ink[::20, ::20], Preprocessing((28, 28))),
    ]  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = made(pairs)["pictures"]
        for (picture, preprocessing), said in zip(pairs, found, strict=True):
            low, high = preprocessing.pixel_range
            image, _ = expected(picture, preprocessing)
            np.testing.assert_allclose(said["pixels"], image, atol=1.01 / (high - low))
    ends = [said["steps"][-1] for said in found]
    assert ends == ["image", "image", "same", "image", "image", "same", "image", "image"]
    assert found[4]["steps"] == ["picture", "blank", "image"]
