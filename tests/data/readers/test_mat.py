import numpy as np
import pytest
from scipy.io import savemat

from pellucid import data
from pellucid.errors import DataError
from tests.data.readers.test_row_layout import PHOTOGRAPHS

EXPECTED = PHOTOGRAPHS.transpose(0, 3, 1, 2)
SVHN = {"X": PHOTOGRAPHS.transpose(1, 2, 3, 0), "y": np.arange(40)[:, None] % 10 + 1.0}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("compressed", [True, False])
def test_svhn_s_files(tmp_path, compressed):
    for name in ("train", "test", "extra"):
        savemat(tmp_path / f"{name}_32x32.mat", SVHN, do_compression=compressed)
    said = []
    found = data.load(tmp_path, say=said.append)
    np.testing.assert_array_equal(found.train_images, EXPECTED)
    np.testing.assert_array_equal(found.test_images, EXPECTED)
    assert found.classes == tuple("0123456789")
    assert found.train_labels[:11].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert said == [
        f"{tmp_path / name}_32x32.mat: 10 is taken for the digit 0, as SVHN has it."
        for name in ("train", "test")
    ]
    found = data.load(tmp_path / "train_32x32.mat", say=said.append)
    assert (len(found.train_images), len(found.test_images)) == (30, 10)


def test_others_keep_their_labels(tmp_path):
    savemat(tmp_path / "a.mat", {"images": EXPECTED, "labels": np.arange(40) % 10 + 1})
    found = data.load(tmp_path / "a.mat")
    assert found.input_shape == (3, 16, 16)
    assert found.classes[-1] == "10"


def test_what_holds_no_images_is_told(tmp_path):
    savemat(tmp_path / "a.mat", {"dataset": {"train": np.zeros(3)}, "z": np.zeros(3)})
    with pytest.raises(DataError, match=r"a\.mat holds z, dataset_train; a data set needs x_train"):
        data.load(tmp_path / "a.mat")
    for content, message in (
        (b"", "as a .mat file"),
        (b"none" * 100, "as a .mat file"),
        (b"MATLAB 7.3".ljust(512) + b"\x89HDF", "version 7.3, which is HDF5; save it with '-v7'"),
    ):
        (tmp_path / "a.mat").write_bytes(content)
        with pytest.raises(DataError, match=message):
            data.load(tmp_path / "a.mat")


@pytest.mark.parametrize("place", range(0, 2000, 97))
def test_damage_is_told_or_harmless(tmp_path, place):
    path = tmp_path / "a.mat"
    savemat(path, {"X": SVHN["X"], "y": SVHN["y"]}, do_compression=True)
    content = bytearray(path.read_bytes())
    content[place] ^= 255
    path.write_bytes(content)
    try:
        data.load(path, say=lambda line: None)
    except DataError:
        return
