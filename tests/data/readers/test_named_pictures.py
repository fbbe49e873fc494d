import pytest

from pellucid import data
from pellucid.data.readers.named_pictures import classes_in_names
from pellucid.errors import DataError
from tests.data.readers.test_picture_folder import save

SPELLINGS = ["{}.{}.png", "{}_{:04d}.jpg", "{} ({}).png", "{}-{}.bmp", "{}{}.png"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_classes_are_told_by_names(spelling):
    names = [spelling.format(name, number) for name in ("cat", "dog") for number in range(3)]
    assert classes_in_names(names) == ["cat"] * 3 + ["dog"] * 3


def test_digits_need_a_separator():
    assert classes_in_names(["7_0.png", "7_1.png", "3_0.png", "3_1.png"]) == ["7", "7", "3", "3"]
    assert classes_in_names(["0_7.png", "1_7.png", "2_3.png", "3_3.png"]) == ["7", "7", "3", "3"]


@pytest.mark.parametrize("names", [["1.png", "2.png"], ["a.png", "b.png"], ["img_1.png"] * 4, []])
def test_names_that_tell_none(names):
    assert classes_in_names(names) is None


def test_one_folder_is_read_and_said(tmp_path):
    for name in ("cat", "dog"):
        for number in range(5):
            save(tmp_path / "set" / f"{name}.{number}.png")
    (tmp_path / "set" / "README.txt").write_text("About these.")
    with pytest.warns(UserWarning, match=r"taken from the pictures' names: cat \(5\), dog \(5\)"):
        found = data.load(tmp_path / "set")
    assert found.classes == ("cat", "dog")
    assert (len(found.train_images), len(found.test_images)) == (8, 2)
    assert "the pictures' names" in found.note
    # One folder more around it.
    assert data.load(tmp_path, say=[].append).classes == ("cat", "dog")


def test_names_that_tell_nothing_are_refused(tmp_path):
    for number in range(4):
        save(tmp_path / f"{number}.png")
    with pytest.raises(DataError, match=r"lie in one folder, and their names \(0\.png, 1\.png, "):
        data.load(tmp_path)
