import dataclasses
import gzip
import struct

import numpy as np
import pytest
from PIL import Image

from pellucid import data
from pellucid.console import some
from pellucid.data.readers.layouts import LAYOUTS
from pellucid.data.sets.registry import SETS
from pellucid.errors import ConfigurationError, DataError, DownloadError

IMAGES = np.arange(6 * 4 * 5, dtype=np.uint8).reshape(6, 4, 5)
LABELS = np.array([0, 1, 2, 0, 1, 2])


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def no_mnist(monkeypatch):
    def fail(say):
        say("Fetching MNIST: nowhere ...")
        raise DownloadError("MNIST could not be fetched.")

    failing = dataclasses.replace(SETS["mnist"], load=fail)
    monkeypatch.setitem(SETS, "mnist", failing)


def test_mnist_out_of_reach_is_an_error_without_the_fallback(no_mnist):
    with pytest.raises(DownloadError, match="MNIST could not be fetched"):
        data.load("mnist", say=print)


def test_mnist_out_of_reach_falls_back_to_the_digits_and_says_so(no_mnist):
    lines = []
    found = data.load("mnist", fallback=True, say=lines.append)
    assert found.name == "digits"
    assert found.input_shape == (1, 28, 28)
    assert found.note == lines[-1]
    assert lines[-1] == (
        "MNIST is out of reach; going on with the 1,797 digits bundled with scikit-learn."
    )


def save(path, images=IMAGES, labels=LABELS, **more):
    np.savez(path, x_train=images, y_train=labels, x_test=images[:2], y_test=labels[:2], **more)
    return path


def test_an_npz_file(tmp_path):
    path = save(tmp_path / "mine.npz")
    found = data.load(path)
    assert found.name == str(path)
    assert found.source == f"file {path}"
    assert found.classes == ("0", "1", "2")
    assert found.train_labels.dtype == np.int64
    np.testing.assert_array_equal(found.train_images, IMAGES)
    assert data.load(str(path)).fingerprint() == found.fingerprint()


def test_labels_of_any_kind_become_indices(tmp_path):
    for labels, classes in (
        (LABELS * 10 - 5, ("-5", "5", "15")),
        (np.array(["b", "a", "c"] * 2), ("a", "b", "c")),
        (LABELS.astype(float), ("0", "1", "2")),
    ):
        found = data.load(save(tmp_path / "a.npz", labels=labels))
        assert found.classes == classes
        names = np.array(found.classes)[found.train_labels]
        if labels.dtype.kind == "U":
            assert names.tolist() == labels.tolist()
        else:
            assert names.astype(float).tolist() == labels.tolist()
    found = data.load(save(tmp_path / "a.npz", classes=np.array(["x", "y", "z", "w"])))
    assert found.classes == ("x", "y", "z", "w")


def test_channels_last_and_floats_are_accepted(tmp_path):
    images = np.random.default_rng(0).random((6, 8, 9, 3))
    found = data.load(save(tmp_path / "a.npz", images))
    assert found.input_shape == (3, 8, 9)
    assert found.train_images.dtype == np.float32
    np.testing.assert_allclose(found.train_images, images.transpose(0, 3, 1, 2), rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_train": LABELS[:5]}, "a.npz: There are 6 images but 5 labels"),
        ({"y_train": LABELS + 0.5}, "a.npz: Label 0.5 at index 0 is not a whole number"),
        ({"y_test": np.array(["a", "b"])}, "dtype <U1; they must be integers"),
        ({"y_test": np.array([[1, 1], [1, 0]])}, "a.npz: y_test has shape (2, 2); labels are one"),
        ({"x_train": IMAGES - 7.5}, "a.npz: The images are floats from -7.5 to 111.5, but floats"),
        ({"x_train": IMAGES * np.nan}, "a.npz: The images hold NaN or infinity in 6 of 6 images"),
        ({"x_test": IMAGES[:2, :3]}, "Each image has shape (1, 3, 5) (channels, height, width), b"),
        ({"classes": np.array(["x", "y"])}, "a.npz: Label 2 at index 2 is out of range"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_name(tmp_path, change, message):
    arrays = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:2], "y_test": LABELS[:2]}
    np.savez(tmp_path / "a.npz", **(arrays | change))
    with pytest.raises(DataError) as error:
        data.load(tmp_path / "a.npz")
    assert message in str(error.value)


def test_a_folder_of_idx_files(tmp_path):
    for name, array in (
        ("train-images-idx3-ubyte", IMAGES),
        ("train-labels-idx1-ubyte", LABELS.astype(np.uint8)),
        ("t10k-images-idx3-ubyte", IMAGES[:2]),
        ("t10k-labels-idx1-ubyte", LABELS[:2].astype(np.uint8)),
    ):
        header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(header + array.tobytes()))
    found = data.load(tmp_path)
    assert found.source == f"folder {tmp_path}"
    np.testing.assert_array_equal(found.train_images, IMAGES)
    np.testing.assert_array_equal(found.test_labels, LABELS[:2])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": "frist"}, "channels is 'frist'; it must be one of first, last. Did you mean"),
        ({"pixel_range": (1, 0)}, "pixel_range is (1, 0); it must be two finite numbers, the lowe"),
    ],
)
def test_options_that_can_t_be_used(options, message):
    with pytest.raises(ConfigurationError) as error:
        data.load("digits", **options)
    assert str(error.value).startswith(message)
    assert error.value.argument == next(iter(options))


def test_unknown_names_and_paths(tmp_path):
    known = f"Known: {some(list(SETS), 8)} ('pellucid data list' has all); {LAYOUTS}."
    for name, message in (
        ("digit", f"There is no data set or path 'digit'. Did you mean 'digits'? {known}"),
        (str(tmp_path / "none"), f"none'. {known}"),
        (str(tmp_path / "none.npz"), f"none.npz'. {known}"),
    ):
        with pytest.raises(DataError) as error:
            data.load(name)
        assert message in str(error.value)
    (tmp_path / "a.doc").touch()
    with pytest.raises(DataError, match=r"a\.doc is of no kind that is known\. Known: an \.npz"):
        data.load(tmp_path / "a.doc")


def test_available_tells_whether_mnist_is_there(tmp_path):
    rows = {row.name: row for row in data.available()}
    assert list(rows) == list(SETS)
    assert rows["mnist"].where == rows["kmnist"].where == "not fetched yet"
    assert rows["digits"].where == rows["digits8"].where == "bundled with scikit-learn"
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "mnist.npz").touch()
    assert data.available()[0].where == str(tmp_path / "cache" / "mnist.npz")


def test_fetch(no_mnist):
    assert data.fetch("digits8").input_shape == (1, 8, 8)
    with pytest.raises(DownloadError):
        data.fetch("mnist", print)
    with pytest.raises(DataError, match=r"no data set 'mnits' to fetch\. Did you mean 'mnist'\?"):
        data.fetch("mnits")


def test_shuffling_mixes_the_classes_and_keeps_the_split(tmp_path):
    labels = np.repeat(np.arange(10), 30)
    images = np.random.default_rng(0).integers(0, 256, (300, 4, 4), np.uint8)
    np.savez(tmp_path / "a.npz", x_train=images, y_train=labels)
    plain = data.load(tmp_path / "a.npz")
    assert len(np.unique(plain.train_labels[:40])) == 2
    mixed = data.load(tmp_path / "a.npz", shuffle=True)
    assert len(np.unique(mixed.train_labels[:40])) > 7
    for kind in ("train", "test"):
        sets = [getattr(found, f"{kind}_images") for found in (plain, mixed)]
        keys = [sorted(image.tobytes() for image in images) for images in sets]
        assert keys[0] == keys[1]
    places = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    found = zip(mixed.train_images, mixed.train_labels, strict=True)
    assert all(places[image.tobytes()] == label for image, label in found)
    again = data.load(tmp_path / "a.npz", shuffle=True)
    assert again.fingerprint() == mixed.fingerprint()
    assert data.load(tmp_path / "a.npz", shuffle=True, seed=1).fingerprint() != again.fingerprint()
    with pytest.raises(ConfigurationError, match="shuffle needs the images in memory"):
        data.load(tmp_path / "a.npz", shuffle=True, memory_map=True)


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    images = np.random.default_rng(0).integers(0, 256, (8, 28, 28), np.uint8)
    np.savez(tmp_path / "a.npz", x_train=images, y_train=np.arange(8) % 4)
    assert len(data.load("~/a.npz").train_images) == 4
    assert len(data.load("~/a.npz+~/a.npz").train_images) == 8
    Image.fromarray(images[0]).save(tmp_path / "a.png")
    np.testing.assert_array_equal(data.read_picture("~/a.png"), images[0])
    with pytest.raises(DataError, match="There is no data set or path '~nobody-here/a'"):
        data.load("~nobody-here/a")
