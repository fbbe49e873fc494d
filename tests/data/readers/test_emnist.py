import gzip

import numpy as np
import pytest
from scipy.io import savemat

from pellucid import data
from pellucid.data.readers.emnist import is_emnist, lies
from pellucid.errors import DataError
from tests.data.readers.test_idx import write as idx

DIGITS = data.load("digits")
UPRIGHT, LABELS = DIGITS.train_images[:200], DIGITS.train_labels[:200]
TURNED = np.ascontiguousarray(UPRIGHT.swapaxes(1, 2))
# Of the letters' set: its labels begin with 1, and the key has capitals and small letters.
KEY = np.array([[n + 1, ord("A") + n, ord("a") + n] for n in range(10)], float)
LETTERS = tuple(f"{chr(ord('A') + n)}{chr(ord('a') + n)}" for n in range(10))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))


def write_mat(path, images=TURNED, key=KEY, **more):
    parts = {
        part: {
            "images": images[chosen].reshape(-1, 784),
            "labels": LABELS[chosen][:, None] + key[0, 0],
            "writers": LABELS[chosen][:, None] * 1.0,
        }
        for part, chosen in (("train", slice(0, 150)), ("test", slice(150, 200)))
    }
    savemat(path, {"dataset": parts | {"mapping": key}}, do_compression=True, **more)


def write_idx(folder, kind, images=TURNED, capital=str):
    folder.mkdir(exist_ok=True)
    for part, chosen in (("train", slice(0, 150)), ("test", slice(150, 200))):
        for what, array in (("images-idx3", images[chosen]), ("labels-idx1", LABELS[chosen])):
            name = capital(f"{kind}-{part}-{what}-ubyte")
            (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array.astype(np.uint8))))


@pytest.mark.parametrize("name", ["emnist-letters.mat", "letters.mat"])
def test_its_mat_files_are_read_upright_and_by_their_characters(tmp_path, name):
    (tmp_path / "mats").mkdir()
    path = tmp_path / "mats" / name
    write_mat(path)
    for place in (path, path.parent):
        said = []
        found = data.load(place, say=said.append)
        np.testing.assert_array_equal(found.train_images, UPRIGHT[:150])
        np.testing.assert_array_equal(found.test_images, UPRIGHT[150:])
        assert found.classes == LETTERS
        np.testing.assert_array_equal(found.train_labels, LABELS[:150])
        assert said == [
            f"{place}: left out: dataset_train_writers, dataset_test_writers.",
            f"{place}: EMNIST's files hold their images transposed, and these are wider than tall, "
            "so they are turned upright (transpose=False leaves them).",
        ]


def test_several_of_its_mat_files_in_a_folder_are_told(tmp_path):
    for kind in ("digits", "letters"):
        write_mat(tmp_path / f"emnist-{kind}.mat")
    with pytest.raises(DataError, match=r"emnist-digits\.mat, emnist-letters\.mat; give one of"):
        data.load(tmp_path)


@pytest.mark.parametrize("capital", [str, str.upper, lambda name: name.title()])
def test_names_may_have_capitals(tmp_path, capital):
    folder = tmp_path / "gzip"
    write_idx(folder, "emnist-balanced", capital=capital)
    file = folder / f"{capital('emnist-balanced-train-images-idx3-ubyte')}.gz"
    for place in (folder, file):
        found = data.load(place, say=lambda line: None)
        np.testing.assert_array_equal(found.train_images, UPRIGHT[:150])
        np.testing.assert_array_equal(found.test_images, UPRIGHT[150:])


def test_the_key_beside_idx_files_names_the_classes(tmp_path):
    folder = tmp_path / "gzip"
    write_idx(folder, "emnist-balanced")
    write_idx(folder, "emnist-digits")
    key = "".join(f"{n} {ord('k') + n}\n" for n in range(10))
    (folder / "emnist-balanced-mapping.txt").write_text(key)
    for kind, classes in (("balanced", tuple("klmnopqrst")), ("digits", tuple("0123456789"))):
        file = folder / f"emnist-{kind}-train-images-idx3-ubyte.gz"
        assert data.load(file, say=lambda line: None).classes == classes
    (folder / "emnist-digits-mapping.txt").write_text("no key")
    assert data.load(file, say=lambda line: None).classes == tuple("0123456789")


def test_images_that_stand_upright_already_are_left_as_they_are(tmp_path):
    write_mat(tmp_path / "emnist-letters.mat", UPRIGHT)
    write_idx(tmp_path / "gzip", "emnist-letters", UPRIGHT)
    rows = [f"{k}," + ",".join(map(str, i.ravel())) for k, i in zip(LABELS, UPRIGHT, strict=True)]
    (tmp_path / "emnist-letters-train.csv").write_text("\n".join(rows))
    for place in ("emnist-letters.mat", "gzip", "emnist-letters-train.csv"):
        said = []
        found = data.load(tmp_path / place, say=said.append, test_share=0.25)
        assert "stand upright, as their ink is taller than wide" in said[-1]
        assert lies(found.train_images) == "upright"
        found = data.load(tmp_path / place, say=said.append, transpose=True)
        assert lies(found.train_images) == "on its side"


def test_a_folder_s_name_alone_turns_nothing(tmp_path):
    folder = tmp_path / "emnist-letters"
    folder.mkdir()
    for part, name in (("train", "train"), ("test", "t10k")):
        images, labels = getattr(DIGITS, f"{part}_images"), getattr(DIGITS, f"{part}_labels")
        (folder / f"{name}-images-idx3-ubyte").write_bytes(idx(images[:50]))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(idx(labels[:50].astype(np.uint8)))
    assert not is_emnist(folder)
    said = []
    np.testing.assert_array_equal(data.load(folder, say=said.append).train_images, UPRIGHT[:50])
    assert said == []


def test_how_characters_lie_is_told_by_their_ink():
    assert lies(UPRIGHT) == lies(255 - UPRIGHT) == "upright"
    assert lies(TURNED) == lies(TURNED[:, None] / 255.0) == "on its side"
    noise = np.random.default_rng(0).integers(0, 256, (100, 28, 28), np.uint8)
    for unclear in (noise, np.zeros((100, 28, 28)), UPRIGHT[:5], np.full((40, 9, 9), np.nan)):
        assert lies(unclear) is None
