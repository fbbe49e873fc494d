import os

import numpy as np
import pytest
from PIL import Image

from pellucid.data.readers.layouts import FILES, FOLDERS, LAYOUTS, source_of
from pellucid.data.samples import Reading
from pellucid.errors import DataError

IDX = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7, 9])
LABELS = bytes([0, 0, 8, 1, 0, 0, 0, 2, 0, 1])


def parts(path):
    return source_of(path, Reading(str(path)))


def count(found):
    return sum(len(block.images) for block in found.train.blocks())


def write_csv(path):
    path.write_text("label,pixel0\n0,7\n1,9\n")


def write_idx(folder):
    (folder / "train-images-idx3-ubyte").write_bytes(IDX)
    (folder / "train-labels-idx1-ubyte").write_bytes(LABELS)


def write_parquet(path):
    pyarrow = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet").write_table(
        pyarrow.table({"image": [b"x", b"y"], "label": [0, 1]}), path
    )


def write_pictures(folder):
    for name in "ab":
        (folder / name).mkdir()
        Image.new("L", (1, 1)).save(folder / name / "0.png")


@pytest.mark.parametrize("end", ["npz", "NPZ", "csv", "Csv", "parquet", "idx3"])
def test_files_are_known_by_their_ends(tmp_path, end):
    path = tmp_path / f"images.{end}"
    kind = end.lower()
    if kind == "npz":
        with path.open("wb") as file:
            np.savez(file, x_train=np.zeros((2, 1, 1), np.uint8), y_train=[0, 1])
    elif kind == "csv":
        write_csv(path)
    elif kind == "parquet":
        write_parquet(path)
        with pytest.raises(DataError, match="2 bad rows"):  # read as Parquet: these are no pictures
            parts(path)
        return
    else:
        path.write_bytes(IDX)
        (tmp_path / "labels.idx1").write_bytes(LABELS)
    found = parts(path)
    assert count(found) == 2
    assert str(path) in found.where


def test_folders_are_known_by_what_is_in_them(tmp_path):
    for write, kind in (
        (write_idx, "idx"),
        (lambda folder: write_csv(folder / "train.csv"), "csv"),
        (write_pictures, "pictures"),
    ):
        folder = tmp_path / kind
        folder.mkdir()
        write(folder)
        found = parts(folder)
        assert count(found) == 2
        assert found.where == f"folder {folder}"


def test_idx_files_come_first_then_csv_then_parquet_then_pictures(tmp_path):
    write_pictures(tmp_path)
    assert parts(tmp_path).preprocessing is not None
    write_parquet(tmp_path / "train.parquet")
    with pytest.raises(DataError, match="2 bad rows"):
        parts(tmp_path)
    write_csv(tmp_path / "train.csv")
    assert parts(tmp_path).classes is None
    write_idx(tmp_path)
    (tmp_path / "train.csv").write_text("broken")
    assert count(parts(tmp_path)) == 2


def test_all_that_is_read_is_said():
    assert LAYOUTS.startswith(
        "an .npz, .npy, .mat, .csv of pictures' names, .csv, .tsv, .csv.gz, .zip (of a CSV file), "
    )
    folders = "of IDX files, of pictures with such a .csv, of train.csv, of .npy files, of .mat "
    assert f" file; or a folder {folders}" in LAYOUTS
    assert LAYOUTS.endswith(", or with a subfolder of pictures for each class")
    assert all(reader.words in LAYOUTS for reader in (*FILES, *FOLDERS))


def test_what_is_no_source_is_told(tmp_path):
    (tmp_path / "a.odd").write_text("hello")
    with pytest.raises(DataError) as error:
        parts(tmp_path / "a.odd")
    assert str(error.value) == (
        f"{tmp_path / 'a.odd'} is of no kind that is known. Known: {LAYOUTS}."
    )
    with pytest.raises(DataError) as error:
        parts(tmp_path)
    assert str(error.value) == (
        f"The folder {tmp_path} holds no images that are known. Known: {LAYOUTS}."
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(DataError, match=r"a\.csv is not a regular file\."):
        parts(tmp_path / "a.csv")
