"""Images to be predicted: pictures, folders of them, rows of CSV files."""

import numpy as np
import pytest
from PIL import Image

from pellucid import Preprocessing
from pellucid.errors import DataError
from tests.data.readers.blocks import read_unlabeled

SHAPE = Preprocessing((2, 3), fit="resize", polarity="light-on-dark")


def save(path, value=7):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((2, 3), value, np.uint8)).save(path)
    return path


def read(*paths, **settings):
    said = []
    return read_unlabeled(paths, SHAPE, said.append, **settings), said


def test_a_folder_is_its_pictures_in_order(tmp_path):
    for number in (10, 2, 1):
        save(tmp_path / "f" / f"{number}.png", number)
    save(tmp_path / "f" / "deeper" / "3.png", 3)
    save(tmp_path / "f" / ".hidden" / "4.png")
    (tmp_path / "f" / "notes.txt").write_text("no picture")
    (tmp_path / "f" / "Thumbs.db").touch()
    found, said = read(tmp_path / "f")
    assert found.ids == ["1", "2", "10", "3"]
    assert found.images[:, 0, 0, 0].tolist() == [1, 2, 10, 3]
    assert found.names[0] == str(tmp_path / "f" / "1.png")
    assert said == [f"{tmp_path / 'f'}: 1 files are no pictures, the first notes.txt."]
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match=r"none: it is a folder without a picture\.$"):
        read(tmp_path / "none")


@pytest.mark.parametrize("header", ["{}", "label,{}", "Id,{}"])
def test_rows_of_a_csv_file(tmp_path, header):
    pixels = ",".join(f"pixel{number}" for number in range(6))
    first = "" if header == "{}" else "9,"
    path = tmp_path / "test.csv"
    path.write_text(f"{header.format(pixels)}\n{first}0,1,2,3,4,5\n\n{first}6,7,8,9,10,255\n")
    found, said = read(path)
    assert found.images.tolist() == [[[[0, 1, 2], [3, 4, 5]]], [[[6, 7, 8], [9, 10, 255]]]]
    assert (found.ids, said) == (["9", "9"] if header.startswith("Id") else ["1", "2"], [])
    assert found.names == [f"{path}, row 1", f"{path}, row 2"]


def test_what_is_bad_is_told_or_left_out(tmp_path):
    good = save(tmp_path / "good.png")
    (tmp_path / "bad.png").touch()
    path = tmp_path / "a.csv"
    path.write_text("a,b,c,d,e,f\n1,2,3,4,5,6\n1,2,3,4,5,x\n1,2,3,4,5,7\n")
    everything = (good, tmp_path / "bad.png", path)
    with pytest.raises(DataError, match=r"^Can't read 2 of 5 pictures:\n.*bad.*empty.*\n.*line 3"):
        read(*everything)
    found, (line,) = read(*everything, skip_bad=True)
    assert found.ids == ["good", "1", "3"]
    assert line.startswith(f"Left out 2 of 5, the first {tmp_path / 'bad.png'}: it is empty")
    with pytest.raises(DataError, match="Can't read the picture"):
        read(tmp_path / "bad.png", skip_bad=True)


def test_a_csv_file_that_does_not_fit(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"2 columns of pixels; the model takes images of 2 x 3"):
        read(path)
    with pytest.raises(DataError, match=r"images of 1 x 2 pixels with 3 channels\."):
        read_unlabeled([path], Preprocessing((3, 1, 2)), print)
    path.write_text("a,b,c,d,e,f\n")
    with pytest.raises(DataError, match="no rows below its header"):
        read(path)


@pytest.mark.parametrize(
    ("header", "cells", "ids"),
    [
        ("id,p0,p1,p2,p3,p4,p5", ["100", "7"], ["100", "7"]),
        ("ImageId,p0,p1,p2,p3,p4,p5", ['"a, b.png"', ""], ["a, b.png", "2"]),
        ("index,p0,p1,p2,p3,p4,p5", ["5", "6"], ["1", "2"]),
    ],
)
def test_a_column_of_ids_names_the_rows(tmp_path, header, cells, ids):
    (tmp_path / "a.csv").write_text(
        "\n".join([header, *(f"{cell},0,1,2,3,4,255" for cell in cells)])
    )
    assert read(tmp_path / "a.csv")[0].ids == ids


def test_files_of_other_kinds_are_told_with_the_way_out(tmp_path):
    for name, message in (
        ("a.parquet", r"it is a Parquet file; save its images as pictures, or as \.npy"),
        ("a.pkl", "it is a pickle, and opening one runs whatever is in it"),
        ("a.h5", "it is HDF5, which is not read. Save its arrays"),
        ("a.tar.gz", "it is an archive; unpack it, and give the folder"),
    ):
        (tmp_path / name).write_text("some text")
        with pytest.raises(DataError, match=message):
            read(tmp_path / name)
    (tmp_path / "f").mkdir()
    np.save(tmp_path / "f" / "x.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"without a picture; give a file in it, such as x\.npy"):
        read(tmp_path / "f")
