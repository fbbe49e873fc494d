import gzip
import struct
import tracemalloc

import numpy as np
import pytest

from pellucid import data
from pellucid.data.readers import array_blocks, idx_samples
from pellucid.data.readers.idx_samples import holds_idx
from pellucid.data.samples import Reading
from pellucid.errors import DataError

IMAGES = np.arange(6 * 4 * 5, dtype=np.uint8).reshape(6, 4, 5)
LABELS = np.arange(6, dtype=np.uint8)
NAMES = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
ARRAYS = (IMAGES, LABELS, IMAGES[:2], LABELS[:2])


def idx_folder(folder, reading=None):
    return idx_samples.idx_folder(folder, reading or Reading(str(folder)))


def idx_pair(images):
    return idx_samples.idx_pair(images, Reading(str(images)))


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def write(folder, names=NAMES, end="-ubyte", pack=bytes):
    for name, array in zip(NAMES, ARRAYS, strict=True):
        if name in names:
            (folder / (name + end)).write_bytes(pack(idx(array)))


def gathered(samples):
    blocks = list(samples.blocks())
    images = np.concatenate([block.images for block in blocks])
    return images, np.concatenate([block.labels for block in blocks])


@pytest.mark.parametrize(("end", "pack"), [("-ubyte", bytes), ("-ubyte.gz", gzip.compress)])
@pytest.mark.parametrize("dot", [False, True])
@pytest.mark.parametrize("block", [1, 45, 1000])
def test_a_folder_of_four_files(tmp_path, monkeypatch, end, pack, dot, block):
    monkeypatch.setattr(array_blocks, "BLOCK_BYTES", block)
    assert not holds_idx(tmp_path)
    for name, array in zip(NAMES, ARRAYS, strict=True):
        spelled = name.replace("-idx", ".idx") if dot else name
        (tmp_path / (spelled + end)).write_bytes(pack(idx(array)))
    assert holds_idx(tmp_path)
    parts = idx_folder(tmp_path)
    for samples, count in ((parts.train, 6), (parts.test, 2)):
        assert (samples.count, samples.shape, samples.dtype) == (count, (4, 5), np.uint8)
        images, labels = gathered(samples)
        np.testing.assert_array_equal(images, IMAGES[:count])
        np.testing.assert_array_equal(labels, LABELS[:count])


def test_every_missing_file_is_named(tmp_path):
    write(tmp_path, [NAMES[0]])
    with pytest.raises(DataError) as error:
        idx_folder(tmp_path)
    text = "lacks train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte; a data"
    assert text in str(error.value)


def test_one_pair_in_a_folder_or_by_its_images(tmp_path):
    write(tmp_path, NAMES[:2])
    assert idx_folder(tmp_path).test is None
    for parts in (idx_folder(tmp_path), idx_pair(tmp_path / "train-images-idx3-ubyte")):
        np.testing.assert_array_equal(gathered(parts.train)[1], LABELS)
    (tmp_path / "train-images-idx3-ubyte").rename(tmp_path / "my-images.idx3")
    (tmp_path / "train-labels-idx1-ubyte").rename(tmp_path / "my-labels.idx1")
    found = idx_pair(tmp_path / "my-images.idx3")
    np.testing.assert_array_equal(gathered(found.train)[0], IMAGES)
    doubled = np.concatenate([IMAGES] * 2), np.concatenate([LABELS] * 2)
    (tmp_path / "my-images.idx3").write_bytes(idx(doubled[0]))
    (tmp_path / "my-labels.idx1").write_bytes(idx(doubled[1]))
    loaded = data.load(tmp_path / "my-images.idx3", memory_map=False)
    assert (len(loaded.train_images), len(loaded.test_images)) == (6, 6)
    np.testing.assert_array_equal(loaded.train_images, IMAGES[loaded.train_labels])


@pytest.mark.parametrize("name", ["my-images.idx3", "pictures.idx"])
def test_a_pair_without_its_labels(tmp_path, name):
    (tmp_path / name).write_bytes(idx(IMAGES))
    with pytest.raises(DataError, match="needs its labels beside it: an IDX file called"):
        idx_pair(tmp_path / name)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_damage_behind_the_header_is_told_while_reading(tmp_path, pack):
    write(tmp_path, end="-ubyte", pack=pack)
    path = tmp_path / "train-images-idx3-ubyte"
    for damaged in (pack(idx(IMAGES)[:-1]), pack(idx(IMAGES) + b"!"), pack(idx(IMAGES))[:-3]):
        path.write_bytes(damaged)
        with pytest.raises(
            DataError, match=r"train-images-idx3-ubyte is (truncated|longer|damaged)"
        ):
            list(idx_folder(tmp_path).train.blocks())


@pytest.mark.parametrize("count", [5, 7])
def test_labels_of_another_length_are_told(tmp_path, count):
    write(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(count, np.uint8)))
    with pytest.raises(DataError, match=f"There are 6 images but {count} labels"):
        data.load(tmp_path)


def test_what_is_no_bytes_is_checked_as_a_whole(tmp_path):
    write(tmp_path)
    path = tmp_path / "train-images-idx3-ubyte"
    header = bytes([0, 0, 11, 3]) + struct.pack(">3I", *IMAGES.shape)
    path.write_bytes(header + IMAGES.astype(">i2").tobytes())
    np.testing.assert_array_equal(data.load(tmp_path).train_images, IMAGES)
    wrong = IMAGES.astype(">i2")
    wrong[3, 0, 0] = -1
    path.write_bytes(header + wrong.tobytes())
    with pytest.raises(DataError, match=r"from -1 to 119.*\(out of range: 1 of 6 images, first im"):
        data.load(tmp_path)


def test_no_images(tmp_path):
    for name in NAMES:
        shape = (0, 4, 5) if "images" in name else (0,)
        (tmp_path / f"{name}-ubyte").write_bytes(idx(np.zeros(shape, np.uint8)))
    with pytest.raises(DataError, match=r"There are no images: the array's shape is \(0, 4, 5\)"):
        data.load(tmp_path)


def test_every_bad_file_of_the_four_is_told(tmp_path):
    write(tmp_path, end="-ubyte.gz", pack=gzip.compress)
    cut = gzip.compress(idx(IMAGES))[:-9]
    for number, content in ((0, cut), (1, b""), (2, cut)):
        (tmp_path / f"{NAMES[number]}-ubyte.gz").write_bytes(content)
    with pytest.raises(DataError) as error:
        data.load(tmp_path)
    lines = str(error.value).splitlines()
    assert lines[0] == f"{tmp_path} has 3 bad files:"
    for line, name in zip(lines[1:], NAMES, strict=False):
        assert line.startswith(f"  {tmp_path / name}-ubyte.gz is ")
    # What is bad behind the header only is found while reading, in all files too.
    write(tmp_path, end="-ubyte.gz", pack=gzip.compress)
    for number in (1, 2):
        path = tmp_path / f"{NAMES[number]}-ubyte.gz"
        path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(DataError, match=r"has 2 bad files:\n.*labels-idx1.*\n.*t10k-images"):
        data.load(tmp_path)


def test_labels_of_another_number_are_not_read(tmp_path):
    write(tmp_path, NAMES[:2], "-ubyte.gz", gzip.compress)
    path = tmp_path / "train-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.compress(idx(np.zeros(100_000_000, np.uint8))))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="There are 6 images but 100,000,000 labels"):
            data.load(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 40e6  # blocks of 8 MB
    finally:
        tracemalloc.stop()


def test_progress_counts_images(tmp_path):
    write(tmp_path)
    steps = []
    data.load(tmp_path, progress=lambda *step: steps.append(step))
    assert steps == [(6, 8), (8, 8)]


def test_other_labels_make_another_map(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))
    doubled = np.concatenate([IMAGES] * 2)
    (tmp_path / "my-images.idx3").write_bytes(idx(doubled))
    (tmp_path / "my-labels.idx1").write_bytes(idx(np.repeat(np.arange(2, dtype=np.uint8), 6)))
    before = data.load(tmp_path / "my-images.idx3", memory_map=True)
    assert before.train_labels.tolist() == [0] * 5 + [1] * 5
    (tmp_path / "my-labels.idx1").write_bytes(idx(np.repeat(np.arange(3, dtype=np.uint8), 4)))
    for name in ("my-images.idx3", "my-images.idx3+my-images.idx3"):
        monkeypatch.chdir(tmp_path)
        assert len(data.load(name, memory_map=True).classes) == 3
    assert data.load("my-images.idx3").train_images.filename  # mapped again
    (tmp_path / "my-labels.idx1").write_bytes(idx(np.repeat(np.arange(2, dtype=np.uint8), 6)))
    assert len(data.load("my-images.idx3+my-images.idx3", memory_map=True).classes) == 2


def write_emnist(folder, kind, parts=("train", "test")):
    for part, images, labels in zip(("train", "test"), ARRAYS[::2], ARRAYS[1::2], strict=True):
        if part in parts:
            (folder / f"{kind}-{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
            (folder / f"{kind}-{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))


def test_emnist_is_turned_upright_and_that_is_said(tmp_path):
    write_emnist(tmp_path, "emnist-letters")
    file = tmp_path / "emnist-letters-train-images-idx3-ubyte.gz"
    for path in (tmp_path, file):
        said = []
        found = data.load(path, say=said.append)
        np.testing.assert_array_equal(found.train_images, IMAGES.swapaxes(1, 2))
        np.testing.assert_array_equal(found.test_images, IMAGES[:2].swapaxes(1, 2))
        assert said == [
            f"{path}: EMNIST's files hold their images transposed, so they are turned upright "
            "(transpose=False leaves them)."
        ]
        as_they_are = data.load(path, transpose=False)
        np.testing.assert_array_equal(as_they_are.train_images, IMAGES)
    with pytest.warns(UserWarning, match="EMNIST's files hold their images transposed"):
        data.load(tmp_path)


def test_several_kinds_of_emnist_in_a_folder_are_told(tmp_path):
    write_emnist(tmp_path, "emnist-letters")
    write_emnist(tmp_path, "emnist-digits")
    with pytest.raises(
        DataError, match=r"several sets \(emnist-digits, emnist-letters\); give one"
    ):
        data.load(tmp_path)
    file = tmp_path / "emnist-digits-train-images-idx3-ubyte.gz"
    assert len(data.load(file, say=print).test_images) == 2


def test_others_are_transposed_where_that_is_wanted(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))
    tmp_path = tmp_path / "set"
    tmp_path.mkdir()
    write(tmp_path)
    np.testing.assert_array_equal(data.load(tmp_path).train_images, IMAGES)
    found = data.load(tmp_path, transpose=True)
    np.testing.assert_array_equal(found.train_images, IMAGES.swapaxes(1, 2))
    mapped = data.load(tmp_path, transpose=True, memory_map=True)
    assert mapped.fingerprint() == found.fingerprint()
