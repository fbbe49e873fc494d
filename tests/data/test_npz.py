import contextlib
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data import idx_samples
from pellucid.data.npz import npz_parts, read_npz
from pellucid.errors import DataError

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
    monkeypatch.setattr(idx_samples, "BLOCK_BYTES", 40)  # two images
    arrays = dict(zip(names, (IMAGES, LABELS, IMAGES[:2], LABELS[:2]), strict=True))
    save(tmp_path / "a.npz", **arrays, other=np.zeros(2))
    parts = npz_parts(tmp_path / "a.npz")
    assert parts.train.count == 6
    assert parts.train.shape == (4, 5)
    assert len(list(parts.train.blocks())) == 3
    for samples, count in ((parts.train, 6), (parts.test, 2)):
        images, labels = gathered(samples)
        np.testing.assert_array_equal(images, IMAGES[:count])
        np.testing.assert_array_equal(labels, LABELS[:count])
    assert parts.classes is None
    save(tmp_path / "b.npz", **arrays, classes=np.array(["cat", "dog"]))
    assert npz_parts(tmp_path / "b.npz").classes == ("cat", "dog")


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
def test_channels_last_in_any_order(tmp_path, order, dtype, monkeypatch):
    monkeypatch.setattr(idx_samples, "BLOCK_BYTES", 300)
    images = np.random.default_rng(0).integers(0, 256, (6, 5, 7, 3)).astype(dtype, order=order)
    np.savez(tmp_path / "a.npz", x_train=images, y_train=LABELS)
    parts = npz_parts(tmp_path / "a.npz")
    assert parts.test is None
    assert parts.train.shape == (3, 5, 7)
    np.testing.assert_array_equal(gathered(parts.train)[0], images.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("count", [5, 7])
def test_labels_of_another_length_are_told(tmp_path, count):
    np.savez(tmp_path / "a.npz", x_train=IMAGES, y_train=np.zeros(count))
    with pytest.raises(DataError, match=f"There are 6 images but {count} labels"):
        list(npz_parts(tmp_path / "a.npz").train.blocks())


def test_missing_arrays_are_told(tmp_path):
    for names in (("x_train", "y"), ("x_train", "y_train", "x_test")):
        np.savez(tmp_path / "a.npz", **dict.fromkeys(names, np.zeros(2)))
        text = f"holds {', '.join(names)}; a data set needs x_train, y_train, x_t"
        with pytest.raises(DataError, match=text):
            npz_parts(tmp_path / "a.npz")
