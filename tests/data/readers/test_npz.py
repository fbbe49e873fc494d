import contextlib
import io
import math
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import data
from pellucid.data.readers import array_blocks, npz
from pellucid.data.readers.npz import read_npz
from pellucid.data.samples import Reading
from pellucid.errors import DataError


def npz_source(path, reading=None):
    return npz.npz_source(path, reading or Reading(str(path)))


ARRAYS = {"a": np.arange(6).reshape(2, 3), "b": np.asfortranarray(np.eye(3)), "c": np.array("x")}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_saved_comes_back(tmp_path, save):
    save(tmp_path / "a.npz", **ARRAYS)
    read = read_npz(tmp_path / "a.npz")
    assert list(read) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)


def test_pickles_stay_closed(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.array([{}], object))
    with pytest.raises(DataError, match=r"a\.npy holds Python objects, which are never unpickled"):
        read_npz(tmp_path / "a.npz")


def test_a_missing_file_and_no_npz(tmp_path):
    with pytest.raises(DataError, match=r"There is no file .*a\.npz"):
        read_npz(tmp_path / "a.npz")
    (tmp_path / "b.npz").write_bytes(b"not a zip")
    with pytest.raises(DataError, match=r"Can't read .*b\.npz as an \.npz file: File is not a zip"):
        read_npz(tmp_path / "b.npz")


def test_a_header_that_claims_too_much_allocates_nothing(tmp_path):
    buffer = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (2**40, 2**20)}
    np.lib.format.write_array_header_1_0(buffer, header)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", buffer.getvalue() + bytes(8))
    with pytest.raises(DataError, match=r"says shape .* which is not the size it has"):
        read_npz(tmp_path / "a.npz")


@given(st.integers(0, 10_000), st.integers(1, 255), st.booleans())
def test_a_flipped_byte_is_told_or_harmless(tmp_path_factory, place, flip, cut):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, a=ARRAYS["a"])
    data = bytearray(buffer.getvalue())
    place %= len(data)
    if cut:
        del data[place:]
    else:
        data[place] ^= flip
    path = tmp_path_factory.getbasetemp() / "flipped.npz"
    path.write_bytes(data)
    with contextlib.suppress(DataError):
        for array in read_npz(path).values():
            np.testing.assert_array_equal(array, ARRAYS["a"])


def gathered(samples):
    blocks = list(samples.blocks())
    images = np.concatenate([block.images for block in blocks])
    return images, np.concatenate([block.labels for block in blocks])


IMAGES = np.arange(6 * 4 * 5, dtype=np.uint8).reshape(6, 4, 5)
LABELS = np.arange(6)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
    ],
)
def test_both_layouts(tmp_path, names, save, monkeypatch):
    monkeypatch.setattr(array_blocks, "BLOCK_BYTES", 40)  # two images
    arrays = dict(zip(names, (IMAGES, LABELS, IMAGES[:2], LABELS[:2]), strict=True))
    save(tmp_path / "a.npz", **arrays, other=np.zeros(2))
    parts = npz_source(tmp_path / "a.npz")
    assert parts.train.count == 6
    assert parts.train.shape == (4, 5)
    assert len(list(parts.train.blocks())) == 3
    for samples, count in ((parts.train, 6), (parts.test, 2)):
        images, labels = gathered(samples)
        np.testing.assert_array_equal(images, IMAGES[:count])
        np.testing.assert_array_equal(labels, LABELS[:count])
    assert parts.classes is None
    save(tmp_path / "b.npz", **arrays, classes=np.array(["cat", "dog"]))
    assert npz_source(tmp_path / "b.npz").classes == ("cat", "dog")


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
def test_channels_last_in_any_order(tmp_path, order, dtype, monkeypatch):
    monkeypatch.setattr(array_blocks, "BLOCK_BYTES", 300)
    images = np.random.default_rng(0).integers(0, 256, (6, 5, 7, 3)).astype(dtype, order=order)
    np.savez(tmp_path / "a.npz", x_train=images, y_train=LABELS)
    parts = npz_source(tmp_path / "a.npz")
    assert parts.test is None
    assert parts.train.shape == (3, 5, 7)
    np.testing.assert_array_equal(gathered(parts.train)[0], images.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_unpacks_without_a_limit_is_refused(tmp_path, kind):
    buffer = io.BytesIO()
    np.save(buffer, IMAGES)
    with zipfile.ZipFile(tmp_path / "a.npz", "w", kind) as archive:
        archive.writestr("x_train.npy", buffer.getvalue())
    for read in (read_npz, npz_source):
        with pytest.raises(DataError, match=r"x_train\.npy is compressed in a way that"):
            read(tmp_path / "a.npz")


def lying(path, claimed, inside):
    """Write an archive whose directory claims fewer bytes than the stream unpacks to."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", inside)
    content = bytearray(path.read_bytes())
    for start, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(start) + place
        content[at : at + 4] = claimed.to_bytes(4, "little")
    path.write_bytes(content)


def test_no_more_is_unpacked_than_the_header_says(tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, IMAGES)
    lying(tmp_path / "a.npz", len(buffer.getvalue()), buffer.getvalue() + bytes(100_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="Bad CRC-32"):
            read_npz(tmp_path / "a.npz")
        assert tracemalloc.get_traced_memory()[1] < 2e6
    finally:
        tracemalloc.stop()


def test_labels_of_another_number_are_not_read(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x_train=IMAGES, y_train=np.zeros(30_000_000, np.uint8))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="There are 6 images but 30,000,000 labels"):
            npz_source(tmp_path / "a.npz")
        assert tracemalloc.get_traced_memory()[1] < 2e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((), r"images have shape \(\); they must be \(n, height, width\)"),
        ((0, 10**10, 10**10), r"There are no images: the array's shape is \(0, 10000000000, 1"),
        ((0, 10**10, 10**10, 3), "There are no images"),
        ((6, 20), r"x_train in .* has 20 columns of pixels, which make no square images"),
    ],
)
def test_shapes_that_are_no_images(tmp_path, shape, message):
    buffer = io.BytesIO()
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, header)
    labels = io.BytesIO()
    np.save(labels, LABELS)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x_train.npy", buffer.getvalue() + bytes(math.prod(shape)))
        archive.writestr("y_train.npy", labels.getvalue())
    with pytest.raises(DataError, match=message):
        npz_source(tmp_path / "a.npz")


@pytest.mark.parametrize("dtype", [">i2", "<f4", ">f8"])
def test_all_dtypes_are_read_in_blocks(tmp_path, dtype, monkeypatch):
    monkeypatch.setattr(array_blocks, "BLOCK_BYTES", 2 * 20 * np.dtype(dtype).itemsize)
    images = (IMAGES / 255 if "f" in dtype else IMAGES).astype(dtype)
    np.savez(tmp_path / "a.npz", x_train=images, y_train=LABELS)
    parts = npz_source(tmp_path / "a.npz")
    assert [len(block.images) for block in parts.train.blocks()] == [2, 2, 2]
    got, _ = gathered(parts.train)
    assert got.dtype == parts.train.dtype == (np.float32 if "f" in dtype else np.uint8)
    np.testing.assert_array_equal(got, images.astype(got.dtype))
    images = images.copy()
    images[3, 0, 0] = -1
    np.savez(tmp_path / "a.npz", x_train=images, y_train=LABELS)
    with pytest.raises(DataError, match=r"^Among the images 2 to 3: The images .*first image 1"):
        list(npz_source(tmp_path / "a.npz").train.blocks())


def test_text_that_was_stored_as_bytes(tmp_path):
    np.savez(
        tmp_path / "a.npz", x_train=IMAGES, y_train=np.array(["ü", "a"] * 3).astype("U"),
        classes=np.array([b"cat", "dög".encode()]),
    )  # fmt: skip
    assert npz_source(tmp_path / "a.npz").classes == ("cat", "dög")
    np.savez(tmp_path / "a.npz", x_train=IMAGES, y_train=np.array([b"b", b"a"] * 3))
    assert npz_source(tmp_path / "a.npz").train.listed().tolist() == ["b", "a"] * 3
    np.savez(tmp_path / "a.npz", x_train=IMAGES, y_train=np.array([b"\xff", b"a"] * 3))
    with pytest.raises(DataError, match=r"y_train holds bytes that are no UTF-8 text; store it as"):
        npz_source(tmp_path / "a.npz").train.listed()


def test_names_without_end(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=IMAGES, y_train=np.array(["a", "b" * 201] * 3))
    with pytest.raises(DataError, match="labels are texts of up to 201 letters; a class's name h"):
        npz_source(tmp_path / "a.npz")
    np.savez_compressed(
        tmp_path / "a.npz", x_train=IMAGES, y_train=LABELS, classes=np.zeros(9_000_000)
    )
    with pytest.raises(DataError, match=r"classes has shape \(9000000,\) of float64; the names"):
        npz_source(tmp_path / "a.npz")


def test_progress_counts_images(tmp_path, monkeypatch):
    monkeypatch.setattr(array_blocks, "BLOCK_BYTES", 40)
    np.savez(
        tmp_path / "a.npz", x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:2], y_test=LABELS[:2]
    )
    steps = []
    data.load(tmp_path / "a.npz", progress=lambda *step: steps.append(step), memory_map=False)
    assert steps == [(2, 8), (4, 8), (6, 8), (8, 8)]


@pytest.mark.parametrize("count", [5, 7])
def test_labels_of_another_length_are_told(tmp_path, count):
    np.savez(tmp_path / "a.npz", x_train=IMAGES, y_train=np.zeros(count))
    with pytest.raises(DataError, match=f"npz: There are 6 images but {count} labels"):
        list(npz_source(tmp_path / "a.npz").train.blocks())


def test_missing_arrays_are_told(tmp_path):
    for names in (("x_train", "y"), ("x_train", "y_train", "x_test")):
        np.savez(tmp_path / "a.npz", **dict.fromkeys(names, np.zeros(2)))
        text = f"holds {', '.join(names)}; a data set needs x_train, y_train, x_t"
        with pytest.raises(DataError, match=text):
            npz_source(tmp_path / "a.npz")
