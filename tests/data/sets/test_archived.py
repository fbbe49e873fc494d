"""Sets that are published as archives: what is admitted, kept, and said where nothing is."""

import dataclasses
import hashlib
import io
import tarfile
import zipfile

import numpy as np
import pytest

from pellucid.data.sets.archived import (
    ArchivedSet,
    Contents,
    PublishedFile,
    load_archived,
    member_of_zip,
    members_of_tar,
)
from pellucid.errors import DownloadError

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (6, 3, 8, 8), np.uint8)
DATA = IMAGES.tobytes()


def read(files):
    images = np.frombuffer(files["all.bin"], np.uint8).reshape(-1, 3, 8, 8)
    labels = np.arange(6, dtype=np.uint8) % 2
    arrays = {
        "train_images": images[:4], "train_labels": labels[:4],
        "test_images": images[4:], "test_labels": labels[4:],
    }  # fmt: skip
    return Contents(arrays, ("even", "odd"))


KNOWN = ArchivedSet(
    name="tiny", title="Tiny", description="noise", images="4 + 2",
    mirrors=("https://one.example/", "https://two.example/"),
    files=(PublishedFile("all.bin", "sha256:" + hashlib.sha256(DATA).hexdigest(), len(DATA)),),
    read=read, folder="tiny",
)  # fmt: skip


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path))
    return tmp_path


def never(address):
    raise AssertionError("no mirror must be asked")


def test_the_second_mirror_delivers_and_then_the_cache():
    asked, said = [], []

    def download(address):
        asked.append(address)
        if address.startswith("https://one.example"):
            raise DownloadError("can't be reached")
        return DATA

    assert KNOWN.where() == "not fetched yet"
    first = load_archived(KNOWN, said.append, download=download)
    assert asked == ["https://one.example/all.bin", "https://two.example/all.bin"]
    assert first.source == "https://two.example/"
    again = load_archived(KNOWN, download=never)
    assert again.source == "cache"
    for found in (first, again):
        np.testing.assert_array_equal(found.train_images, IMAGES[:4])
        assert (found.classes, found.train_labels.dtype) == (("even", "odd"), np.int64)
        assert (found.preprocessing.fit, found.input_shape) == ("resize", (3, 8, 8))
    assert said[0] == "Fetching Tiny (0 MB): https://one.example/ ..."


@pytest.mark.parametrize("bad", [b"", DATA[:-1], DATA + b"x", b"y" + DATA[1:]])
def test_what_is_not_the_published_file_is_not_admitted(bad, cache):
    with pytest.raises(DownloadError, match=r"Tiny could not be fetched.*sha256 should be"):
        load_archived(KNOWN, download=lambda address: bad)
    assert not (cache / "tiny").exists()
    (cache / "tiny").mkdir()
    (cache / "tiny" / "all.bin").write_bytes(bad)  # damaged in the cache
    said = []
    found = load_archived(KNOWN, said.append, download=lambda address: DATA)
    assert found.source == "https://one.example/"
    assert any("is left out: all.bin: sha256 should be" in line for line in said)
    assert (cache / "tiny" / "all.bin").read_bytes() == DATA


def test_where_nothing_delivers_the_error_says_what_to_do(cache):
    def download(address):
        raise DownloadError("can't be reached")

    with pytest.raises(DownloadError, match=r"fetch all\.bin elsewhere and put it into ") as error:
        load_archived(KNOWN, download=download)
    assert str(cache / "tiny") in str(error.value)


def test_the_checksum_may_be_md5_and_the_size_unknown():
    file = PublishedFile("all.bin", "md5:" + hashlib.md5(DATA).hexdigest())
    known = dataclasses.replace(KNOWN, files=(file,))
    assert len(load_archived(known, download=lambda address: DATA).train_labels) == 4
    assert file.most > 10**8


@pytest.mark.parametrize("error", [KeyError("x is missing"), ValueError("odd"), EOFError()])
def test_what_is_verified_and_can_not_be_read_is_told_in_a_line(error):
    def broken(files):
        raise error

    with pytest.raises(DownloadError, match=r"^Tiny can't be read"):
        load_archived(dataclasses.replace(KNOWN, read=broken), download=lambda address: DATA)


def tar(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def test_members_of_a_tar_are_found_whatever_their_folder_and_bounded():
    data = tar({"folder/a": b"1", "b": b"22", "../c": b"333"})
    assert members_of_tar(data, {"a": 1, "c": 3}) == {"a": b"1", "c": b"333"}
    with pytest.raises(ValueError, match="b has 2 bytes, more than 1"):
        members_of_tar(data, {"b": 1})
    with pytest.raises(KeyError, match="d is missing"):
        members_of_tar(data, {"d": 1})


def test_members_of_a_zip_are_bounded():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", b"22")
    with zipfile.ZipFile(buffer) as archive:
        assert member_of_zip(archive, "a", 2) == b"22"
        with pytest.raises(ValueError, match="a has more than 1 bytes"):
            member_of_zip(archive, "a", 1)
