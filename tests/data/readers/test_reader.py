import dataclasses
from pathlib import Path

import pytest

from pellucid import data
from pellucid.data.readers import layouts
from pellucid.data.readers.reader import Reader, ends_in
from pellucid.errors import DataError


def test_names_are_told_by_their_ends_in_any_letters():
    takes = ends_in(".csv", ".tsv")
    assert [takes(Path(name)) for name in ("a.csv", "A.TSV", "a.csv.gz", "csv")] == [
        True, True, False, False,
    ]  # fmt: skip


def test_what_is_registered_reads_what_it_takes(tmp_path, monkeypatch):
    read = []

    def refuse(path, reading):
        read.append(path)
        raise DataError("seen")

    path = tmp_path / "a.tiny"
    path.touch()
    monkeypatch.setattr(layouts, "FILES", (Reader(".tiny", ends_in(".tiny"), refuse),))
    with pytest.raises(DataError, match=r"^seen$"):
        data.load(path)
    assert read == [path]


def test_the_first_that_takes_a_folder_reads_it(tmp_path, monkeypatch):
    def refuse(path, reading):
        raise DataError(reading.name)

    first, second = (
        Reader(words, lambda path: True, lambda path, reading, words=words: 1 / 0)
        for words in ("first", "second")
    )
    first = dataclasses.replace(first, read=refuse)
    monkeypatch.setattr(layouts, "FOLDERS", (first, second))
    with pytest.raises(DataError, match=str(tmp_path.name)):
        data.load(tmp_path)
