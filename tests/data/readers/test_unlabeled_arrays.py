"""Images to be predicted in files of arrays: the same pixels, whatever the file and the order."""

import numpy as np
import pytest
from scipy.io import savemat

from pellucid import Preprocessing, data
from pellucid.errors import DataError
from tests.data.readers.blocks import read_unlabeled
from tests.data.readers.test_idx import write as idx

RANDOM = np.random.default_rng(0)
GRAY = RANDOM.integers(0, 256, (7, 1, 4, 5), np.uint8)
COLOR = RANDOM.integers(0, 256, (7, 3, 4, 5), np.uint8)
OF_GRAY = Preprocessing((4, 5), fit="resize", polarity="light-on-dark")
OF_COLOR = Preprocessing((3, 4, 5), fit="resize", polarity="light-on-dark")


def read(path, preprocessing=OF_GRAY, **settings):
    said = []
    return read_unlabeled([path], preprocessing, said.append, **settings), said


@pytest.mark.parametrize(
    "array",
    [
        GRAY, GRAY[:, 0], GRAY.reshape(7, 20), GRAY.transpose(0, 2, 3, 1),
        GRAY[:, 0].transpose(1, 2, 0), np.asfortranarray(GRAY[:, 0]), GRAY / 255.0,
        GRAY.astype(np.int64),
    ],
)  # fmt: skip
def test_gray_images_in_every_order(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    np.savez_compressed(tmp_path / "a.npz", photos=array)
    savemat(tmp_path / "a.mat", {"photos": array})
    for end in ("npy", "npz", "mat"):
        found, said = read(tmp_path / f"a.{end}")
        np.testing.assert_array_equal(found.images, GRAY)
        assert (found.ids[-1], said) == ("7", [])
        assert found.names[0] == f"{tmp_path / 'a'}.{end}, image 1"


@pytest.mark.parametrize(
    "array",
    [
        COLOR, COLOR.reshape(7, 60), COLOR.transpose(0, 2, 3, 1), COLOR.transpose(2, 3, 1, 0)
    ],
)  # fmt: skip
def test_color_images_in_every_order(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    np.testing.assert_array_equal(read(tmp_path / "a.npy", OF_COLOR)[0].images, COLOR)


def test_one_image(tmp_path):
    for array, preprocessing, expected in (
        (GRAY[0, 0], OF_GRAY, GRAY[:1]),
        (GRAY[0].ravel(), OF_GRAY, GRAY[:1]),
        (COLOR[0], OF_COLOR, COLOR[:1]),
        (COLOR[0].transpose(1, 2, 0), OF_COLOR, COLOR[:1]),
    ):
        np.save(tmp_path / "a.npy", array)
        found, _ = read(tmp_path / "a.npy", preprocessing)
        np.testing.assert_array_equal(found.images, expected)


def test_idx_files(tmp_path):
    for name in ("t10k-images-idx3-ubyte", "more.idx"):
        (tmp_path / name).write_bytes(idx(GRAY[:, 0]))
        np.testing.assert_array_equal(read(tmp_path / name)[0].images, GRAY)


def test_emnist_s_are_turned_upright(tmp_path):
    digits = data.load("digits").test_images[:60]
    path = tmp_path / "emnist-digits-test-images-idx3-ubyte"
    path.write_bytes(idx(np.ascontiguousarray(digits.swapaxes(1, 2))))
    found, said = read(path, Preprocessing((28, 28)))
    np.testing.assert_array_equal(found.images[:, 0], digits)
    assert "these are wider than tall, so they are turned upright" in said[0]


def test_of_several_arrays_the_images_to_test_on_are_taken(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x_train=GRAY[:2], y_train=[0, 1], x_test=GRAY[2:], y_test=np.arange(5))
    found, said = read(path)
    np.testing.assert_array_equal(found.images, GRAY[2:])
    assert said == [f"{path}: x_test is predicted; left out: x_train."]
    np.savez(path, X=GRAY, y=np.arange(7))
    np.testing.assert_array_equal(read(path)[0].images, GRAY)
    np.savez(path, one=GRAY, two=GRAY)
    with pytest.raises(DataError, match=r"holds one, two; to be predicted, images are a file of"):
        read(path)


def test_what_does_not_fit_is_told_with_the_way_out(tmp_path):
    path = tmp_path / "a.npy"
    for array, message in (
        (GRAY[..., :3], r"has shape \(7, 1, 4, 3\); the model takes images of 4 x 5 pixels"),
        (np.array([None, 1]), "holds Python objects, which are never unpickled"),
        (np.array(["a", "b"]), "holds <U1, which are no pixels"),
        (GRAY[:, 0] + 0j, "holds complex128, which are no pixels"),
    ):
        np.save(path, array, allow_pickle=True)
        with pytest.raises(DataError, match=message):
            read(path)
    path.write_bytes(b"\x93NUMPY")
    with pytest.raises(DataError, match=r"as an \.npy file"):
        read(path)
    with pytest.raises(DataError, match=r"There is no file .*none\.npy"):
        read(tmp_path / "none.npy")


def test_images_that_are_none_are_told_or_left_out(tmp_path):
    floats = GRAY[:, 0] / 255.0
    floats[3, 0, 0] = np.nan
    np.save(tmp_path / "a.npy", floats)
    with pytest.raises(DataError, match=r"image 4: its pixels are from nan to nan, not from 0 to"):
        read(tmp_path / "a.npy")
    found, said = read(tmp_path / "a.npy", skip_bad=True)
    assert found.ids == ["1", "2", "3", "5", "6", "7"]
    assert said[-1].startswith("Left out 1 of 7")
