import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pellucid import Preprocessing
from pellucid.data.readers import picture_source
from pellucid.data.readers.picture_source import Picture, Pictures, source_of_pictures
from pellucid.data.samples import Reading
from pellucid.errors import DataError


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(buffer, "png")
    return buffer.getvalue()


def pictures(contents, labels=None):
    labels = [0] * len(contents) if labels is None else labels
    made = [
        Picture(f"picture {n}", label, content)
        for n, (content, label) in enumerate(zip(contents, labels, strict=True))
    ]
    return Pictures(len(made), lambda: iter(made))


def read(samples):
    blocks = list(samples.blocks())
    images = [image for block in blocks for image in block.images]
    return images, [label for block in blocks for label in block.labels.tolist()]


def parts(train, test=None, reading=None, **options):
    given = [train] if test is None else [train, test]
    return source_of_pictures(given, ("a", "b"), "here", reading or Reading("set"), **options)


@given(
    st.lists(st.integers(0, 1), min_size=1, max_size=12),
    st.integers(1, 200),
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    st.booleans(),
)
def test_pictures_of_one_size_come_back_in_order(labels, block_bytes, size, is_color):
    random = np.random.default_rng(len(labels))
    shape = (*size, 3) if is_color else size
    made = [random.integers(0, 256, shape, np.uint8) for _ in labels]
    before, picture_source.BLOCK_BYTES = picture_source.BLOCK_BYTES, block_bytes
    try:
        found = parts(pictures([png(pixels) for pixels in made], labels))
        images, got = read(found.train)
    finally:
        picture_source.BLOCK_BYTES = before
    assert got == labels
    assert found.train.count == len(labels)
    assert found.train.shape == ((3, *size) if is_color else size)
    for image, pixels in zip(images, made, strict=True):
        np.testing.assert_array_equal(image, pixels.transpose(2, 0, 1) if is_color else pixels)
        again = found.preprocessing.picture(pixels).reshape(found.train.shape)
        np.testing.assert_array_equal(again, image)


def test_nine_in_ten_alike_make_the_others_bad():
    alike = [png(np.zeros((4, 5)))] * 9
    reading = Reading("set")
    found = parts(pictures([*alike, png(np.zeros((5, 4)))]), reading=reading)
    assert len(read(found.train)[0]) == 9
    assert reading.problems.lines == [
        "picture 9: it has 5 x 4 pixels, most have 4 x 5; size= brings all to one size"
    ]
    with pytest.warns(UserWarning, match="from 4 x 5 to 5 x 4; all are resized to 4 x 5"):
        parts(pictures([*alike[:8], png(np.zeros((5, 4)))]))


def test_a_color_picture_in_the_test_makes_all_colored():
    gray, color = png(np.zeros((4, 5))), png(np.zeros((4, 5, 3)))
    found = parts(pictures([gray]), pictures([color]))
    assert found.train.shape == found.test.shape == (3, 4, 5)
    assert read(found.train)[0][0].shape == (3, 4, 5)


def test_a_size_or_a_preprocessing_takes_all_sizes():
    mixed = pictures([png(np.zeros((4, 5))), png(np.zeros((9, 9)))])
    for reading in (
        Reading("set", size=(6, 7)),
        Reading("set", preprocessing=Preprocessing((6, 7))),
    ):
        found = parts(mixed, reading=reading)
        assert [image.shape for image in read(found.train)[0]] == [(6, 7)] * 2
        assert reading.problems.count == 0
    assert found.preprocessing == reading.preprocessing


def test_reasons_bytes_and_files_are_told_by_their_places(tmp_path):
    (tmp_path / "empty").touch()
    good = png(np.zeros((4, 5)))
    reading = Reading("set")
    contents = [good, b"", "its label is missing", tmp_path / "empty", tmp_path / "none", good[:40]]
    found = parts(pictures(contents), reading=reading)
    assert len(read(found.train)[0]) == 1
    told = dict(line.split(": ", 1) for line in reading.problems.lines)
    assert list(told) == [f"picture {number}" for number in range(1, 6)]
    assert told["picture 1"] == told["picture 3"] == "it is empty (0 bytes)"
    assert told["picture 2"] == "its label is missing"
    assert told["picture 4"] == "there is no such file"
    assert "damaged" in told["picture 5"] or "no picture" in told["picture 5"]


def test_a_bad_picture_is_told_once_and_looked_at_once():
    reading, steps = Reading("set", progress=lambda *step: steps.append(step)), []
    found = parts(pictures([png(np.zeros((4, 5))), b"x"]), reading=reading)
    read(found.train)
    assert reading.problems.count == 1
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_no_pictures_at_all():
    with pytest.raises(DataError, match=r"^set holds no pictures\.$"):
        parts(pictures([]))
    with pytest.raises(DataError, match=r"^set has 1 bad file; .*\n  picture 0: it is empty"):
        parts(pictures([b""]), reading=Reading("set", skip_bad=True))


def test_unused_classes_stay_where_that_is_asked():
    one = pictures([png(np.zeros((4, 5)))])
    assert parts(one, keep_unused=True).keep_unused
    assert not parts(one).keep_unused


def test_pictures_that_change_while_they_are_read(tmp_path):
    path = Path(tmp_path / "a.png")
    path.write_bytes(png(np.zeros((4, 5))))
    reading = Reading("set")
    found = parts(pictures([path]), reading=reading)
    path.unlink()
    assert read(found.train) == ([], [])
    assert reading.problems.lines == ["picture 0: there is no such file"]
