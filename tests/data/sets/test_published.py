import dataclasses
import gzip
import hashlib
import shutil
import struct

import numpy as np
import pytest

from pellucid.data.sets.fashion_mnist import FASHION_MNIST
from pellucid.data.sets.published import load_published
from pellucid.errors import DownloadError

RANDOM = np.random.default_rng(0)
ARRAYS = {
    "train-images-idx3-ubyte.gz": RANDOM.integers(0, 256, (6, 28, 28), np.uint8),
    "train-labels-idx1-ubyte.gz": np.arange(6, dtype=np.uint8),
    "t10k-images-idx3-ubyte.gz": RANDOM.integers(0, 256, (2, 28, 28), np.uint8),
    "t10k-labels-idx1-ubyte.gz": np.arange(2, dtype=np.uint8),
}


def idx(array, level=9):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(header + array.tobytes(), level, mtime=0)


FILES = {name: idx(array) for name, array in ARRAYS.items()}
SUMS = {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()}
VALUES = {name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in ARRAYS.items()}
MIRRORS = ("https://mirror.example/one/", "https://mirror.example/two/")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def known(tmp_path, **changes):
    values = {
        "name": "tiny", "title": "Tiny", "mirrors": MIRRORS, "file_sums": SUMS, "array_sums": {},
        "folder": tmp_path / "system",
    }  # fmt: skip
    return dataclasses.replace(FASHION_MNIST, **(values | changes))


def write(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def never(address):
    raise AssertionError("no mirror must be asked")


def unreachable(address):
    raise DownloadError("can't be reached")


def published(address):
    return FILES[address.rsplit("/", 1)[1]]


def same(found):
    names = ("train_images", "train_labels", "test_images", "test_labels")
    for name, array in zip(names, ARRAYS.values(), strict=True):
        np.testing.assert_array_equal(getattr(found, name), array)


def test_the_first_mirror_that_delivers_is_taken_and_kept(tmp_path, cache):
    lines = []

    def second(address):
        return unreachable(address) if address.startswith(MIRRORS[0]) else published(address)

    found = load_published(known(tmp_path), lines.append, download=second)
    same(found)
    assert found.source == MIRRORS[1]
    assert found.classes == FASHION_MNIST.classes
    assert lines[:2] == ["Fetching Tiny: https://mirror.example/one/ ...", "  no: can't be reached"]
    assert sorted(path.name for path in (cache / "tiny").iterdir()) == sorted(FILES)
    again = load_published(known(tmp_path), download=never)
    same(again)
    assert again.source == "cache"


def test_a_system_s_folder_comes_before_the_mirrors(tmp_path):
    write(tmp_path / "system", FILES)
    found = load_published(known(tmp_path), download=never)
    same(found)
    assert found.source == f"folder {tmp_path / 'system'}"


def test_files_that_were_compressed_anew_are_told_by_their_values(tmp_path):
    write(tmp_path / "system", {name: idx(array, 1) for name, array in ARRAYS.items()})
    same(load_published(known(tmp_path, array_sums=VALUES), download=never))
    lines = []
    with pytest.raises(DownloadError, match=r"train-images-idx3-ubyte\.gz: SHA-256 should be"):
        load_published(known(tmp_path), lines.append, download=unreachable)
    assert lines[0].startswith(f"{tmp_path / 'system'} is left out: train-images-idx3-ubyte.gz")


@pytest.mark.parametrize("place", ["cache", "system"])
def test_damaged_files_are_fetched_again(tmp_path, cache, place):
    folder = cache / "tiny" if place == "cache" else tmp_path / "system"
    name = "t10k-labels-idx1-ubyte.gz"
    for damaged in (b"", FILES[name][:-4], idx(ARRAYS[name][::-1])):
        shutil.rmtree(cache, ignore_errors=True)
        write(folder, FILES | {name: damaged})
        lines = []
        same(load_published(known(tmp_path), lines.append, download=published))
        assert lines[0].startswith(f"{folder} is left out: {name}: SHA-256 should be {SUMS[name]}")
    (folder / name).unlink()
    if place == "cache":
        same(load_published(known(tmp_path), download=published))
        assert load_published(known(tmp_path), download=never).source == "cache"


def test_where_nothing_is_in_reach_every_reason_and_the_way_out_are_told(tmp_path):
    with pytest.raises(DownloadError) as error:
        load_published(known(tmp_path), download=unreachable)
    assert str(error.value) == (
        f"Tiny could not be fetched. {tmp_path / 'system'}: there is no such folder; "
        "https://mirror.example/one/: can't be reached; "
        "https://mirror.example/two/: can't be reached. On Debian and "
        "Ubuntu the package dataset-fashion-mnist holds it: apt-get install "
        "dataset-fashion-mnist; or give a folder with its four IDX files in place of 'tiny'."
    )


def test_wrong_data_of_a_mirror_are_told_with_both_checksums(tmp_path):
    def login(address):
        return b"<html>please log in</html>"

    actual = hashlib.sha256(login("")).hexdigest()
    with pytest.raises(DownloadError, match=f"SHA-256 should be [0-9a-f]{{64}}, is {actual}"):
        load_published(known(tmp_path), download=login)
    with pytest.raises(DownloadError, match="is no IDX file: it begins with 3c 68 74 6d"):
        load_published(known(tmp_path, array_sums=VALUES), download=login)


def test_a_cache_that_can_t_be_written_is_said_and_the_data_used(tmp_path, cache):
    cache.write_text("a file where the folder should be")
    lines = []
    same(load_published(known(tmp_path), lines.append, download=published))
    assert lines[-1].startswith(f"Tiny can't be stored in {cache / 'tiny'} (")


def test_where_a_set_is(tmp_path, cache):
    assert known(tmp_path).where() == "not fetched yet"
    write(tmp_path / "system", FILES)
    assert known(tmp_path).where() == str(tmp_path / "system")
    write(cache / "tiny", FILES)
    assert known(tmp_path).where() == str(cache / "tiny")


def test_as_a_named_set_it_says_and_loads_the_same(tmp_path):
    write(tmp_path / "system", FILES)
    tiny = known(tmp_path)
    named = tiny.named()
    assert (named.name, named.description, named.images) == (
        "tiny",
        "clothes, 28 x 28",
        tiny.images,
    )
    assert named.where() == tiny.where()
    same(named.load(None))
