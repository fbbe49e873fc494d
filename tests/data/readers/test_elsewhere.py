import pickle

import pytest

from pellucid import data
from pellucid.data.readers.elsewhere import way_out
from pellucid.errors import DataError


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


@pytest.mark.parametrize("name", ["a.pkl", "A.PICKLE", "data_batch_1", "a.joblib", "a.odd"])
def test_pickles_stay_closed_and_the_way_out_is_told(tmp_path, name):
    path = tmp_path / "set" / name
    path.parent.mkdir()
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(DataError) as error:
        data.load(path)
    assert str(error.value).startswith(f"{path} is a pickle, and opening one runs whatever is in i")
    assert "save its arrays: np.savez(" in str(error.value)


def test_cifar_s_folder(tmp_path):
    for name in ("data_batch_2", "data_batch_1", "batches.meta", "readme.html"):
        (tmp_path / name).write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(DataError, match=r"holds batches\.meta, which is a pickle, and opening one"):
        data.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.h5", "is HDF5, which is not read. Save its arrays"),
        ("a.tar.gz", "is an archive; unpack it, and give the folder."),
        ("a.xlsx", "is a spreadsheet; save it as CSV in UTF-8."),
        ("a.txt", "if it is a table with a row for each image, call it .csv."),
    ],
)
def test_others(tmp_path, name, words):
    (tmp_path / name).write_bytes(b"something")
    with pytest.raises(DataError) as error:
        data.load(tmp_path / name)
    assert words in str(error.value)


def test_what_is_not_known_is_left_to_others(tmp_path):
    (tmp_path / "a.odd").write_bytes(b"")
    assert way_out(tmp_path / "a.odd") is None
    assert way_out(tmp_path) is None
    assert way_out(tmp_path / "none") is None
