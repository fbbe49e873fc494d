import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from pellucid import Preprocessing
from pellucid.errors import DataError
from tests.data.readers.blocks import read_unlabeled

SHAPE = Preprocessing((2, 3), fit="resize", polarity="light-on-dark")


def png(value, dtype=np.uint8):
    file = io.BytesIO()
    Image.fromarray(np.full((2, 3), value, dtype)).save(file, "png")
    return file.getvalue()


def zipped(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def read(*paths, **settings):
    said = []
    return read_unlabeled(paths, SHAPE, said.append, **settings), said


def test_pictures_of_an_archive_in_order(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in (10, 2, 1):
            archive.writestr(f"in/{number}.png", png(number))
        archive.writestr("in/notes.txt", "no picture")
        archive.writestr("__MACOSX/in/._1.png", "litter")
        archive.mkdir("empty")
    found, said = read(path)
    assert found.images[:, 0, 0, 0].tolist() == [1, 2, 10]
    assert found.ids == ["1", "2", "10"]
    assert found.names[0] == f"{path}/in/1.png"
    assert said == [f"{path}: 1 files in it are no pictures."]


def test_pictures_of_an_archive_and_others_have_one_scale(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("0.png", png(0, np.uint16))
        archive.writestr("1.png", png(2048, np.uint16))
    (tmp_path / "2.png").write_bytes(png(4095, np.uint16))
    found, said = read(path, tmp_path / "2.png")
    assert found.images[:, 0, 0, 0].tolist() == [0, 128, 255]
    assert said[0].startswith("3 pictures: of its pictures of more than 8 bits")


def test_a_table_in_an_archive(tmp_path):
    header = ",".join(f"pixel{n}" for n in range(6))
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("test.csv", f"{header}\n1,2,3,4,5,6\n")
        archive.writestr("train.csv", "")
        archive.writestr("sample_submission.csv", "")
    found, _ = read(path)
    assert found.images.ravel().tolist() == [1, 2, 3, 4, 5, 6]


def test_what_is_bad_in_an_archive_is_told(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("good.png", png(7))
        archive.writestr("empty.png", "")
        archive.writestr("page.png", "<html>")
    content = bytearray(path.read_bytes())
    with pytest.raises(DataError, match=r"read 2 of 3 pictures:\n.*a.zip/empty.png: it is empty"):
        read(path)
    assert read(path, skip_bad=True)[0].ids == ["good"]
    content[content.index(png(7)) + 30] ^= 1  # in its data: the archive's checksum tells
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"good\.png: it is damaged \(Bad CRC-32"):
        read(path, skip_bad=True)


def test_archives_that_can_t_be_used_are_told(tmp_path):
    path = tmp_path / "a.zip"
    path.write_text("no archive")
    with pytest.raises(DataError, match=r"Can't read .*a\.zip as a zip archive"):
        read(path)
    with pytest.raises(DataError, match=r"none\.zip: there is no such file"):
        read(tmp_path / "none.zip")
    zipped(path, **{"model.bin": "x"})
    with pytest.raises(DataError, match="it is a zip archive without a picture, and without a sin"):
        read(path)
    zipped(path, **{"0.png": png(7)})
    content = bytearray(path.read_bytes())
    for place in (6, content.index(b"PK\1\2") + 8):  # a flag says that it is encrypted
        content[place] |= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"0\.png: it is encrypted; unpack the archive"):
        read(path)
    content = bytearray(zipped(path, **{"0.png": png(7)}).read_bytes())
    size = content.index(b"PK\1\2") + 24  # of the central directory: what it unpacks to
    content[size : size + 4] = b"\xff\xff\xff\x7f"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"0\.png: it would unpack to 2,147,483,647 bytes"):
        read(path)
