import numpy as np
import pytest

from pellucid import data
from pellucid.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 4, 5), np.uint8)
LABELS = np.arange(40) % 4


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))


def save(folder, **arrays):
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return folder


@pytest.mark.parametrize(
    ("images", "labels"),
    [("X", "y"), ("images", "labels"), ("mine_x", "mine_y"), ("train_images", "train_labels")],
)
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_pair(tmp_path, images, labels, order):
    array = np.asarray(IMAGES, order=order)
    folder = save(tmp_path / "set", **{images: array, labels: LABELS, "x_other": LABELS})
    found = data.load(folder / f"{images}.npy")
    assert (len(found.train_images), len(found.test_images)) == (32, 8)
    assert found.source == f"file {folder / images}.npy"
    assert set(map(bytes, found.train_images)) | set(map(bytes, found.test_images)) == set(
        map(bytes, IMAGES)
    )


def test_a_folder(tmp_path):
    arrays = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:3], "y_test": LABELS[:3]}
    found = data.load(save(tmp_path / "set", **arrays))
    np.testing.assert_array_equal(found.train_images, IMAGES)
    np.testing.assert_array_equal(found.test_images, IMAGES[:3])
    assert found.source == f"folder {tmp_path / 'set'}"


def test_a_map_is_made_anew_when_the_labels_change(tmp_path):
    folder = save(tmp_path / "set", X=IMAGES, y=LABELS)
    first = data.load(folder / "X.npy", memory_map=True)
    save(folder, y=LABELS + 1)
    assert data.load(folder / "X.npy", memory_map=True).classes != first.classes


def test_labels_that_are_not_there_or_several(tmp_path):
    folder = save(tmp_path / "set", X=IMAGES)
    for path in (folder / "X.npy", folder / "y.npy", folder / "digits.npy"):
        np.save(path, IMAGES)
        with pytest.raises(DataError, match=r"needs its labels beside it, under the same name wi"):
            data.load(path)
        if path.stem != "X":
            path.unlink()
    save(folder, y=LABELS, labels=LABELS)
    with pytest.raises(DataError, match=r"as X\.npy and y\.npy; there are labels\.npy, y\.npy\."):
        data.load(folder / "X.npy")


@pytest.mark.parametrize("damage", [b"", b"none", b"\x93NUMPY\x01\0v\0{'descr': '|u1'"])
def test_damage_is_told(tmp_path, damage):
    folder = save(tmp_path / "set", X=IMAGES, y=LABELS)
    (folder / "X.npy").write_bytes(damage)
    with pytest.raises(DataError, match=r"Can't read .*X\.npy as an \.npy file: "):
        data.load(folder / "X.npy")
    np.save(folder / "X.npy", IMAGES)
    (folder / "X.npy").write_bytes((folder / "X.npy").read_bytes()[:-1])
    with pytest.raises(DataError, match="which is not the size it has"):
        data.load(folder)


def test_pickles_stay_closed_and_the_way_out_is_told(tmp_path):
    folder = save(tmp_path / "set", X=np.array([{}], object), y=LABELS)
    with pytest.raises(DataError, match=r"never unpickled; save it anew as an array of numbers"):
        data.load(folder)
