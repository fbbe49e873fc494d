import os
import struct
import sys
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from pellucid import Preprocessing, data
from pellucid.errors import ConfigurationError, DataError

RANDOM = np.random.default_rng(0)
NAMES = ("2", "10", "30")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))


def save(path, shape=(8, 9), fill=None, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = RANDOM.integers(0, 256, shape, np.uint8) if fill is None else np.full(shape, fill)
    Image.fromarray(pixels.astype(np.uint8)).save(path, **options)
    return pixels


def make(folder, count=10, names=NAMES, shape=(8, 9)):
    """Write pictures whose first pixel is the place of their class; return them by their bytes."""
    made = {}
    for label, name in enumerate(names):
        for number in range(count):
            path = folder / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = RANDOM.integers(0, 256, shape, np.uint8)
            Image.fromarray(pixels).save(path)
            made[pixels.tobytes()] = label
    return made


def same(found, made):
    images = [*found.train_images, *found.test_images]
    labels = [*found.train_labels, *found.test_labels]
    got = [(np.ascontiguousarray(i).tobytes(), int(n)) for i, n in zip(images, labels, strict=True)]
    assert sorted(got) == sorted(made.items())


def test_pictures_of_one_size_are_taken_as_they_are(tmp_path):
    made = make(tmp_path / "set")
    found = data.load(tmp_path / "set")
    assert found.classes == ("2", "10", "30")
    assert (len(found.train_images), len(found.test_images)) == (24, 6)
    assert np.bincount(found.test_labels).tolist() == [2, 2, 2]
    assert found.train_images.dtype == np.uint8
    same(found, made)
    assert found.preprocessing == Preprocessing((8, 9), "light-on-dark", "resize")
    np.testing.assert_array_equal(
        found.preprocessing.picture(found.train_images[0])[0], found.train_images[0]
    )
    again = data.load(str(tmp_path / "set"))
    assert again.fingerprint() == found.fingerprint()
    other = data.load(tmp_path / "set", seed=1, test_share=0.5)
    assert len(other.test_images) == 15


@pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "jpg", "JPEG"])
def test_every_kind(tmp_path, kind):
    for name in NAMES:
        for number in range(2):
            save(tmp_path / "set" / name / f"{number}.{kind}")
    found = data.load(tmp_path / "set")
    assert found.input_shape == (1, 8, 9)
    assert (len(found.train_images), len(found.test_images)) == (3, 3)


def test_color_makes_three_channels_of_all(tmp_path):
    gray = save(tmp_path / "set" / "a" / "0.png")
    color = save(tmp_path / "set" / "a" / "1.png", (8, 9, 3))
    save(tmp_path / "set" / "b" / "0.png")
    save(tmp_path / "set" / "b" / "1.png")
    found = data.load(tmp_path / "set")
    assert found.input_shape == (3, 8, 9)
    images = [i.tobytes() for i in (*found.train_images, *found.test_images)]
    assert np.stack([gray] * 3).tobytes() in images
    assert np.ascontiguousarray(color.transpose(2, 0, 1)).tobytes() in images


def test_sixteen_bits_palettes_and_transparency(tmp_path):
    for name in ("a", "b"):
        save(tmp_path / "set" / name / "rgba.png", (8, 9, 4))
        save(tmp_path / "set" / name / "la.png", (8, 9, 2))
        deep = Image.fromarray(RANDOM.integers(0, 65536, (8, 9)).astype(np.uint16))
        deep.save(tmp_path / "set" / name / "deep.png")
        Image.fromarray(np.eye(8, 9, dtype=bool)).save(tmp_path / "set" / name / "one.png")
        palette = Image.fromarray(np.eye(8, 9, dtype=np.uint8), "P")
        palette.putpalette([9, 9, 9, 200, 0, 0])
        palette.save(tmp_path / "set" / name / "palette.png")
    found = data.load(tmp_path / "set")
    assert found.input_shape == (3, 8, 9)
    assert len(found.train_images) + len(found.test_images) == 10


def test_a_turned_picture_has_the_size_that_it_shows(tmp_path):
    made = make(tmp_path / "set")
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to the right
    pixels = RANDOM.integers(0, 256, (9, 8), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "set" / "2" / "turned.png", exif=exif)
    made[np.ascontiguousarray(np.rot90(pixels, -1)).tobytes()] = 0
    same(data.load(tmp_path / "set"), made)


def test_train_and_test_above_the_classes(tmp_path):
    train = make(tmp_path / "set" / "train", 4)
    test = make(tmp_path / "set" / "test", 2, NAMES[:2])
    (tmp_path / "set" / "val").mkdir()
    said = []
    found = data.load(tmp_path / "set", say=said.append)
    assert said == [f"{tmp_path / 'set'}: only train and test are read; left out: val."]
    assert (len(found.train_images), len(found.test_images)) == (12, 4)
    same(found, train | test)


def test_what_is_to_validate_is_a_part_of_its_own(tmp_path):
    train = make(tmp_path / "set" / "train", 4)
    test = make(tmp_path / "set" / "test", 2, NAMES[:2])
    validation = make(tmp_path / "set" / "valid", 1, NAMES[1:])
    (tmp_path / "set" / "more").mkdir()
    said = []
    found = data.load(tmp_path / "set", say=said.append)
    assert said == [f"{tmp_path / 'set'}: only train, test and valid are read; left out: more."]
    assert (len(found.train_images), len(found.test_images)) == (12, 4)
    same(found, train | test)
    got = {
        image.tobytes(): label
        for image, label in zip(found.validation_images, found.validation_labels, strict=True)
    }
    assert got == {pixels: label + 1 for pixels, label in validation.items()}
    make(tmp_path / "set" / "valid", 1, ("new",))
    with pytest.raises(DataError, match=r"valid.new: there is no picture of it in .*train"):
        data.load(tmp_path / "set", say=said.append)


def test_train_alone_is_split(tmp_path):
    made = make(tmp_path / "set" / "train")
    found = data.load(tmp_path / "set")
    assert len(found.test_images) == 6
    same(found, made)


def test_a_class_may_be_called_train(tmp_path):
    made = make(tmp_path / "set", names=("bus", "train"))
    found = data.load(tmp_path / "set")
    assert found.classes == ("bus", "train")
    same(found, made)


@pytest.mark.filterwarnings("ignore:.*hat is ink")  # they are noise
def test_a_size_or_a_preprocessing_brings_all_to_one_size(tmp_path):
    for name in NAMES:
        for side in (5, 8, 30, 31):
            save(tmp_path / "set" / name / f"{side}.png", (side, side + 3))
    found = data.load(tmp_path / "set", size=12)
    assert found.input_shape == (1, 12, 12)
    assert found.preprocessing == Preprocessing((12, 12), "light-on-dark", "resize")
    assert data.load(tmp_path / "set", size=(6, 7)).input_shape == (1, 6, 7)
    given = Preprocessing((3, 28, 28), polarity="dark-on-light")
    found = data.load(tmp_path / "set", preprocessing=given)
    assert found.input_shape == (3, 28, 28)
    assert found.preprocessing == given
    pixels = data.read_picture(tmp_path / "set" / "2" / "30.png")
    images = [i.tobytes() for i in (*found.train_images, *found.test_images)]
    assert given.picture(pixels).tobytes() in images


def test_of_mixed_sizes_one_is_chosen_and_said(tmp_path):
    for name in NAMES:
        for side in (5, 8, 8, 30, 31):
            save(tmp_path / "set" / name / f"{side}.png", (side, side))
    said = []
    found = data.load(tmp_path / "set", say=said.append)
    assert found.input_shape == (1, 8, 8)
    assert found.preprocessing == Preprocessing((8, 8), "light-on-dark", "resize")
    assert said == [
        "The pictures have 4 sizes, from 5 x 5 to 31 x 31; all are resized to 8 x 8. Choose "
        "another with size=(28, 28)."
    ]
    (tmp_path / "set" / "2" / "bad.png").touch()
    with pytest.raises(DataError, match=r"bad\.png: it is empty"):
        data.load(tmp_path / "set", say=said.append)


def test_large_pictures_most_of_which_are_alike_are_not_asked_to_be_so(tmp_path):
    for name in NAMES:
        for number in range(10):
            size = (70, 90) if number else (90, 70)
            save(tmp_path / "set" / name / f"{number}.png", size)
    with pytest.warns(UserWarning, match="all are resized to 64 x 82"):
        assert data.load(tmp_path / "set").input_shape == (1, 64, 82)


@pytest.mark.parametrize("size", [0, -3, (28,), (28, 0), (28, 2.5), (1, 2, 3), True, "28"])
def test_sizes_that_are_none(tmp_path, size):
    with pytest.raises(ConfigurationError, match=r"size is .*; it must be one whole number or"):
        data.load(tmp_path, size=size)


def test_size_and_preprocessing_together(tmp_path):
    with pytest.raises(ConfigurationError, match="size and preprocessing were both given"):
        data.load(tmp_path, size=3, preprocessing=Preprocessing((3, 3)))


def png_header(width, height):
    def chunk(kind, content):
        total = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + total

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + content + chunk(b"IEND", b"")


def spoil(folder):
    """Add everything that can be wrong; return what is told of it, in order."""
    stray = folder / "stray.png"
    save(stray)
    (folder / "empty class").mkdir()
    (folder / "2" / "inner").mkdir()
    bad = [
        (stray, "it has no label: it lies in no class's folder"),
        (folder / "2" / "inner", "it is a folder; a class's pictures lie in its own"),
        (folder / "empty class", "the class is empty: there is no picture in it"),
    ]
    contents = {
        "a empty.png": (b"", "it is empty (0 bytes)"),
        "b text.txt": (b"hello", "it is no picture, or of a kind other than PNG, JPEG, BMP, TIFF, "
                       "GIF and WebP"),
        "c bomb.png": (png_header(60_000, 60_000), "it has more than 64 million pixels"),
        "d large.png": (png_header(20_000, 20_000), "it has more than 64 million pixels"),
    }  # fmt: skip
    for name, (content, reason) in contents.items():
        (folder / "2" / name).write_bytes(content)
        bad.append((folder / "2" / name, reason))
    (folder / "2" / "x.png").write_bytes((folder / "2" / "0.png").read_bytes()[:60])
    bad.append((folder / "2" / "x.png", None))  # damaged, found while decoding
    save(folder / "2" / "y.png", (1, 1))
    bad.append((folder / "2" / "y.png", "it has 1 x 1 pixels, most have 8 x 9; size= brings all to "
                "one size"))  # fmt: skip
    return bad


def test_one_error_lists_everything_that_is_bad(tmp_path):
    folder = tmp_path / "set"
    made = make(folder)
    for name in (".hidden.png", "Thumbs.db", ".DS_Store"):
        (folder / "2" / name).touch()
    (folder / "README.txt").write_text("About these pictures.")
    same(data.load(folder), made)
    bad = spoil(folder)
    with pytest.raises(DataError) as error:
        data.load(folder)
    told = str(error.value).split("\n")
    assert told[0] == (
        f"{folder} has 9 bad files; repair or remove them, or go on without them (skip_bad):"
    )
    for line, (path, reason) in zip(told[1:], bad, strict=True):
        start = f"  {path}: "
        assert line.startswith(start)
        assert line[len(start) :] == reason or (reason is None and "damaged" in line)
    said = []
    found = data.load(folder, skip_bad=True, say=said.append)
    same(found, made)
    assert found.classes == NAMES  # without the empty one
    assert said == [found.note]
    assert found.note.startswith(f"Going on without 9 bad files of {folder}, the first ")


def test_one_by_one_pictures_alone_are_a_set(tmp_path):
    for name in NAMES:
        for number in range(2):
            save(tmp_path / "set" / name / f"{number}.png", (1, 1))
    assert data.load(tmp_path / "set").input_shape == (1, 1, 1)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_out_of_the_folder_are_not_followed(tmp_path):
    made = make(tmp_path / "set")
    save(tmp_path / "secret" / "a.png")
    (tmp_path / "set" / "2" / "out.png").symlink_to(tmp_path / "secret" / "a.png")
    (tmp_path / "set" / "2" / "gone.png").symlink_to(tmp_path / "secret" / "gone.png")
    (tmp_path / "set" / "2" / "loop.png").symlink_to("loop.png")
    (tmp_path / "set" / "zebra").symlink_to(tmp_path / "secret")
    with pytest.raises(DataError) as error:
        data.load(tmp_path / "set")
    told = {line.strip() for line in str(error.value).split("\n")[1:]}
    outside = "it is a link to a place outside the folder; follow_links=True follows it"
    assert f"{tmp_path / 'set' / '2' / 'out.png'}: {outside}" in told
    assert f"{tmp_path / 'set' / '2' / 'gone.png'}: {outside}" in told
    assert f"{tmp_path / 'set' / 'zebra'}: {outside}" in told
    assert len(told) == 4
    same(data.load(tmp_path / "set", skip_bad=True), made)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_inside_the_folder_are_followed(tmp_path):
    make(tmp_path / "set", 2)
    (tmp_path / "set" / "2" / "in.png").symlink_to(tmp_path / "set" / "2" / "0.png")
    (tmp_path / "link").symlink_to(tmp_path / "set")
    for folder in ("set", "link"):
        found = data.load(tmp_path / folder)
        assert len(found.train_images) + len(found.test_images) == 7


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_class_that_is_a_link_to_itself_or_nowhere_is_told(tmp_path):
    made = make(tmp_path / "set")
    for name, target in (("cat", "cat"), ("dog", "nowhere")):
        (tmp_path / "set" / name).symlink_to(target)
    with pytest.raises(DataError) as error:
        data.load(tmp_path / "set")
    assert str(error.value).split("\n")[1:] == [
        f"  {tmp_path / 'set' / name}: it is a link that leads nowhere, or to itself"
        for name in ("cat", "dog")
    ]
    same(data.load(tmp_path / "set", skip_bad=True), made)


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_a_class_whose_name_is_no_text_is_told(tmp_path):
    made = make(tmp_path / "set")
    make(tmp_path / "set", names=("c\udcff",))
    with pytest.raises(DataError, match=r"1 bad file; .*\n.*its name is not text in UTF-8; rename"):
        data.load(tmp_path / "set")
    found = data.load(tmp_path / "set", skip_bad=True)
    same(found, made)
    assert found.classes == NAMES


def test_a_class_to_test_on_needs_training(tmp_path):
    make(tmp_path / "set" / "train", 4, NAMES[:2])
    make(tmp_path / "set" / "test", 2)
    with pytest.raises(DataError) as error:
        data.load(tmp_path / "set")
    place = tmp_path / "set" / "test" / "30"
    assert str(error.value).endswith(
        f"{place}: there is no picture of it in {tmp_path / 'set' / 'train'}"
    )
    assert data.load(tmp_path / "set", skip_bad=True).classes == NAMES[:2]


def test_folders_without_a_picture(tmp_path):
    (tmp_path / "set" / "a").mkdir(parents=True)
    with pytest.raises(DataError, match=r"has 1 bad file; .*\n.*the class is empty"):
        data.load(tmp_path / "set")
    with pytest.raises(DataError, match="has 1 bad file"):
        data.load(tmp_path / "set", skip_bad=True)
    with pytest.raises(DataError, match=r"holds no images that are known\. Known: an \.npz"):
        data.load(tmp_path / "set" / "a")


def test_progress_counts_two_rounds(tmp_path):
    make(tmp_path / "set", 3)
    steps = []
    data.load(tmp_path / "set", progress=lambda done, total: steps.append((done, total)))
    assert steps == [(number, 18) for number in range(1, 19)]


def test_a_large_picture_takes_bounded_memory(tmp_path):
    # 36 million pixels; float64 planes of it would take 288 MB each.
    sheet = Image.new("L", (6000, 6000), 255)
    sheet.paste(0, (3000, 2500, 3020, 2900))
    for name in NAMES:
        (tmp_path / "set" / name).mkdir(parents=True)
        sheet.save(tmp_path / "set" / name / "a.png")
        sheet.save(tmp_path / "set" / name / "b.png")
    tracemalloc.start()
    try:
        said = []
        preprocessing = Preprocessing((28, 28))
        found = data.load(tmp_path / "set", preprocessing=preprocessing, say=said.append)
        assert said == [f"{tmp_path / 'set'}: 3 of 3 training images are equal."]
        assert tracemalloc.get_traced_memory()[1] < 150e6
    finally:
        tracemalloc.stop()
    assert found.train_images.max(axis=(1, 2)).tolist() == [255] * 3


@pytest.mark.parametrize(
    ("train", "test"),
    [("train", "val"), ("Train", "Test"), ("training", "valid"), ("train", "validation"),
     ("train", "dev"), ("training_set", "test_set")],
)  # fmt: skip
def test_the_splits_may_have_other_names(tmp_path, train, test):
    both = make(tmp_path / "set" / train, 4) | make(tmp_path / "set" / test, 2)
    said = []
    found = data.load(tmp_path / "set", say=said.append)
    assert (len(found.train_images), len(found.test_images)) == (12, 6)
    same(found, both)
    is_val = "est" not in test
    assert said == ([f"{tmp_path / 'set'}: {test} is taken to test on."] if is_val else [])


def test_a_test_without_classes_leaves_val(tmp_path):
    both = make(tmp_path / "set" / "train", 4) | make(tmp_path / "set" / "val", 2)
    save(tmp_path / "set" / "test" / "0.png")
    said = []
    same(data.load(tmp_path / "set", say=said.append), both)
    assert said[0].endswith("only train and val are read; left out: test.")


def test_splits_whose_pictures_names_tell_the_classes(tmp_path):
    for split, count in (("train", 4), ("test", 2)):
        for name in ("cat", "dog"):
            for number in range(count):
                save(tmp_path / "set" / split / f"{name}.{number}.png")
    found = data.load(tmp_path / "set", say=print)
    assert found.classes == ("cat", "dog")
    assert (len(found.train_images), len(found.test_images)) == (8, 4)


def test_splits_are_not_taken_for_classes(tmp_path):
    for split in ("train", "test"):
        for number in range(4):
            save(tmp_path / "set" / split / f"{number}.png")
    with pytest.raises(DataError, match="holds test and train, but no folders of classes in them"):
        data.load(tmp_path / "set")


def test_one_folder_more_around_everything(tmp_path):
    made = make(tmp_path / "download" / "flowers" / "pictures")
    (tmp_path / "download" / "README.txt").write_text("About these.")
    said = []
    same(data.load(tmp_path / "download", say=said.append), made)
    inner = tmp_path / "download" / "flowers" / "pictures"
    assert said == [f"{tmp_path / 'download'}: {inner} is all that is in it, and is read."]
    made = make(tmp_path / "more" / "inner" / "train", 4) | make(tmp_path / "more/inner/test", 2)
    same(data.load(tmp_path / "more", say=print), made)


def test_test_alone_can_only_be_tested_on(tmp_path):
    made = make(tmp_path / "set" / "test", 3)
    found = data.load(tmp_path / "set", test_share=1)
    assert (len(found.train_images), len(found.test_images)) == (0, len(made))
    with pytest.raises(DataError, match=r"holds images to test on and none to train on"):
        data.load(tmp_path / "set")
    (tmp_path / "set").rename(tmp_path / "test")  # a name above says nothing
    assert len(data.load(tmp_path / "test" / "test").train_images) > 0


@pytest.mark.parametrize("doubled", [False, True])
@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("seg_train", "seg_test"),
        ("Scenes-Train", "Scenes-Val"),
        ("trainScenes", "testScenes"),
        ("train.v2 small", "test.v2 small"),
        ("training_set", "test_set"),
    ],
)
def test_parts_may_have_a_name_of_their_own_before_or_behind(tmp_path, train, test, doubled):
    folder = tmp_path / "set"
    inner = {part: part if doubled else "." for part in (train, test)}
    both = make(folder / train / inner[train], 4) | make(folder / test / inner[test], 2)
    save(folder / "seg_pred" / "seg_pred" / "0.png")
    said = []
    found = data.load(folder, say=said.append)
    assert found.classes == NAMES
    assert (len(found.train_images), len(found.test_images)) == (12, 6)
    same(found, both)
    assert f"{folder}: only {train} and {test} are read; left out: seg_pred." in said


def test_a_class_may_be_called_as_a_part_of_something(tmp_path):
    made = make(tmp_path / "set", 4, ("bullet_train", "car"))
    same(data.load(tmp_path / "set"), made)


def test_pictures_to_be_predicted_are_no_test(tmp_path):
    made = make(tmp_path / "set" / "asl_train" / "asl_train", 4)
    for number in range(3):
        save(tmp_path / "set" / "asl_test" / "asl_test" / f"{number}.png")
    said = []
    found = data.load(tmp_path / "set", say=said.append)
    same(found, made)
    assert said[0] == (
        f"{tmp_path / 'set' / 'asl_test'} is left out: its pictures lie in asl_test, which is no "
        "class of asl_train. If they have no labels, 'pellucid predict' tells them."
    )


def test_parts_of_each_class_are_told(tmp_path):
    make(tmp_path / "set", 2, ("cat_test", "cat_train", "dog_test", "dog_train"))
    with pytest.raises(DataError, match=r"such as cat_test and dog_test\. Put the classes into"):
        data.load(tmp_path / "set")
