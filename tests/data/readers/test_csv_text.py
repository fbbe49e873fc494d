import gzip
import zipfile

import pytest

from pellucid import data
from pellucid.data.readers import csv_text
from pellucid.data.readers.csv_text import CsvText, texts_in_zip
from pellucid.errors import DataError

TEXT = b"label,a\n1,2\n2,3\n"


def packed(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("!", "/"), content)
    return path


def test_the_same_text_however_it_is_packed(tmp_path):
    (tmp_path / "a.csv").write_bytes(TEXT)
    (tmp_path / "A.CSV.GZ").write_bytes(gzip.compress(TEXT))
    packed(tmp_path / "a.zip", **{"in.csv": TEXT, "read.me": b"x", "__MACOSX!in.csv": b"x"})
    text, test = texts_in_zip(tmp_path / "a.zip")
    assert test is None
    assert str(text) == f"{tmp_path / 'a.zip'}/in.csv"
    for found in (CsvText(tmp_path / "a.csv"), CsvText(tmp_path / "A.CSV.GZ"), text):
        assert found.size() == len(TEXT)
        with found.open() as file:
            assert file.read() == TEXT


def test_which_files_of_an_archive(tmp_path):
    path = packed(tmp_path / "a.zip", **{"x!train.csv": TEXT, "x!test.csv": b"a\n", "s.csv": b""})
    train, test = texts_in_zip(path)
    assert (train.member, test.member) == ("x/train.csv", "x/test.csv")
    for members, message in (
        ({"a.csv": TEXT, "b.csv": TEXT}, r"a\.zip holds a\.csv, b\.csv; of zip archives those are"),
        ({"0!a.png": b""}, r"holds 0/a\.png; of zip archives .* Unpack it, and give the folder"),
        ({}, "holds nothing; of zip archives"),
    ):
        with pytest.raises(DataError, match=message):
            data.load(packed(tmp_path / "a.zip", **members))
    (tmp_path / "a.zip").write_bytes(b"none")
    with pytest.raises(DataError, match=r"Can't read .*a\.zip as a zip archive"):
        data.load(tmp_path / "a.zip")


@pytest.mark.parametrize(
    "damage", [b"", b"none", gzip.compress(TEXT)[:-9]], ids=["0", "none", "cut"]
)
def test_a_damaged_gzip_file_is_told(tmp_path, damage):
    (tmp_path / "a.csv.gz").write_bytes(damage)
    with pytest.raises(DataError, match=r"a\.csv\.gz"):
        data.load(tmp_path / "a.csv.gz")


def test_what_unpacks_to_far_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_text, "_SMALL", 1 << 20)
    content = b"label,a\n" + b"0,0\n" * (1 << 20)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(content))
    packed(tmp_path / "a.zip", **{"a.csv": content})
    for name in ("a.csv.gz", "a.zip"):
        with pytest.raises(
            DataError, match=r"would unpack to more than 250 times its \d,\d\d\d by"
        ):
            data.load(tmp_path / name)


def test_a_file_that_can_t_be_opened_is_told(tmp_path):
    text = CsvText(tmp_path / "none.csv")
    for use in (text.size, lambda: text.open().__enter__()):
        with pytest.raises(DataError, match=r"Can't read .*none\.csv: No such file"):
            use()
