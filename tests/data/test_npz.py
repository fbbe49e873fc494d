import contextlib
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data.npz import read_npz, read_npz_data
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


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
    ],
)
def test_both_layouts(tmp_path, names):
    arrays = {name: np.array([number]) for number, name in enumerate(names)}
    np.savez(tmp_path / "a.npz", **arrays, other=np.zeros(2))
    assert {k: int(v[0]) for k, v in read_npz_data(tmp_path / "a.npz").items()} == {
        "train_images": 0,
        "train_labels": 1,
        "test_images": 2,
        "test_labels": 3,
    }
    np.savez(tmp_path / "b.npz", **arrays, classes=np.array(["cat", "dog"]))
    assert read_npz_data(tmp_path / "b.npz")["classes"].tolist() == ["cat", "dog"]


def test_missing_arrays_are_told(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=np.zeros(2), y=np.zeros(2))
    with pytest.raises(DataError, match="holds x_train, y; a data set needs x_train, y_train, x_t"):
        read_npz_data(tmp_path / "a.npz")
