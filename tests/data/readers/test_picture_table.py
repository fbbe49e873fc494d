import numpy as np
import pytest

from pellucid import data
from pellucid.errors import DataError
from tests.data.readers.test_picture_folder import save


def make(folder, inner=".", count=10, ending=".png"):
    rows = []
    for number in range(count):
        save(folder / inner / f"{number}{ending}")
        rows.append(f"{number}{ending},{'cat' if number % 2 else 'dog'}")
    return rows


@pytest.mark.parametrize("inner", [".", "images"])
@pytest.mark.parametrize("header", ["filename,label\n", "image,breed\n", ""])
def test_pictures_beside_a_table(tmp_path, inner, header):
    rows = make(tmp_path / "set", inner)
    (tmp_path / "set" / "labels.csv").write_text(header + "\n".join(rows))
    for path in (tmp_path / "set", tmp_path / "set" / "labels.csv"):
        found = data.load(path)
        assert found.classes == ("cat", "dog")
        assert (len(found.train_images), len(found.test_images)) == (8, 2)


@pytest.mark.parametrize("inner", [".", "train"])
@pytest.mark.parametrize("header", ["id,breed\n", ""])
def test_names_without_their_endings(tmp_path, inner, header):
    rows = make(tmp_path / "set", inner, ending=".jpg")
    (tmp_path / "set" / "labels.csv").write_text(header + "\n".join(rows).replace(".jpg", ""))
    found = data.load(tmp_path / "set")
    assert found.classes == ("cat", "dog")
    assert len(found.train_images) + len(found.test_images) == 10


@pytest.mark.parametrize("header", ["label,p0,p1,p2,p3\n", ""])
def test_numbers_of_a_table_of_pixels_are_no_pictures(tmp_path, header):
    make(tmp_path / "beside", count=3)
    rows = "".join(f"{label},{label},0,1,255\n" for label in (0, 1) * 6)
    (tmp_path / "pixels.csv").write_text(header + rows)
    found = data.load(tmp_path / "pixels.csv", label=0)
    assert found.classes == ("0", "1")
    assert found.train_images.shape[1:] == (2, 2)


def test_tables_of_ids_of_classes(tmp_path):
    for part in ("Train", "Test"):
        rows = make(tmp_path, part, 8)
        text = "\n".join(f"20,{part}/{row}" for row in rows)
        (tmp_path / f"{part}.csv").write_text(f"Width,Path,ClassId\n{text}")
    found = data.load(tmp_path)
    assert (len(found.train_images), len(found.test_images)) == (8, 8)
    assert found.classes == ("cat", "dog")


def test_a_table_to_train_and_one_to_test(tmp_path):
    rows = make(tmp_path, "pictures", 12)
    (tmp_path / "train.csv").write_text("id;file;class\n" + "".join(
        f"9;{row.replace(',', ';')}\n" for row in rows[:8]))  # fmt: skip
    (tmp_path / "test.csv").write_text("file;class\n" + "\n".join(rows[8:]).replace(",", ";"))
    found = data.load(tmp_path)
    assert (len(found.train_images), len(found.test_images)) == (8, 4)
    (tmp_path / "val.csv").write_text("file,class\n" + "\n".join(rows[2:5]))
    found = data.load(tmp_path)
    assert (len(found.train_images), len(found.test_images)) == (8, 4)
    np.testing.assert_array_equal(found.validation_images, found.train_images[2:5])
    assert found.validation_labels.tolist() == found.train_labels[2:5].tolist()


def test_what_is_wrong_is_told_by_line(tmp_path):
    rows = make(tmp_path / "set")
    save(tmp_path / "secret.png")
    bad = ["none.png,cat", "0.png,cat", "../secret.png,cat", "5.png", "3.png,"]
    (tmp_path / "set" / "labels.csv").write_text("\n".join(["file,label", *rows, *bad]))
    with pytest.raises(DataError) as error:
        data.load(tmp_path / "set")
    told = [line.split(": ", 1)[1] for line in str(error.value).split("\n")[1:]]
    assert told == [
        "there is no such file", "it is listed before, in line 2", "it leads out of the folder",
        "it has 1 cells", "its label is missing",
    ]  # fmt: skip
    assert len(data.load(tmp_path / "set", skip_bad=True, say=print).train_images) == 8


def test_tables_that_are_unclear(tmp_path):
    rows = make(tmp_path)
    (tmp_path / "a.csv").write_text("file,x,y\n" + "\n".join(f"{row},1" for row in rows))
    with pytest.raises(DataError, match=r"of its columns \(file, x, y\) is label; give label="):
        data.load(tmp_path)
    with pytest.raises(DataError, match=r"of its columns \(file, x, y\) is z; give label="):
        data.load(tmp_path, label="z")
    for label in ("x", 1):
        assert data.load(tmp_path, label=label).classes == ("cat", "dog")
    (tmp_path / "b.csv").write_text("\n".join(rows))
    with pytest.raises(DataError, match=r"several tables of pictures \(a.csv, b.csv\); give one"):
        data.load(tmp_path)


def test_folders_of_classes_come_first(tmp_path):
    for name in ("cat", "dog"):
        make(tmp_path / name)
    (tmp_path / "about.csv").write_text("file,label\ncat/0.png,bird\ncat/1.png,fish\n")
    assert data.load(tmp_path).classes == ("cat", "dog")
