import numpy as np
import pytest
from PIL import Image

from pellucid import Preprocessing, data
from pellucid.data.readers.deep_pictures import find_deep_range
from pellucid.errors import DataError

RANDOM = np.random.default_rng(0)


def make(folder, most, dtype=np.uint16, kind="png"):
    for name in "ab":
        (folder / name).mkdir(parents=True)
        for number in range(5):
            values = RANDOM.random((8, 8)) * most
            values[0, :2] = 0, most
            Image.fromarray(values.astype(dtype)).save(folder / name / f"{number}.{kind}")


@pytest.mark.parametrize(
    ("most", "dtype", "kind", "levels"),
    [(4095, np.uint16, "png", 50), (255, np.uint16, "png", 50), (0.01, np.float32, "tiff", 50)],
)
def test_a_set_keeps_its_levels_and_tells_the_range(tmp_path, most, dtype, kind, levels):
    make(tmp_path / "set", most, dtype, kind)
    said = []
    found = data.load(tmp_path / "set", say=said.append)
    assert len(np.unique(found.train_images)) > levels
    assert found.preprocessing.deep_range == pytest.approx((0, most))
    assert len(said) == 1
    assert found.note == said[0]
    assert f"the values from 0 to {most:g} become 0 to 255" in said[0]
    # The same preprocessing says nothing and gives the same, also after a way through JSON.
    again = Preprocessing.from_dict(found.preprocessing.to_dict())
    assert again == found.preprocessing
    same = data.load(tmp_path / "set", preprocessing=again)
    assert same.fingerprint() == found.fingerprint()
    with pytest.warns(UserWarning, match="become 0 to 255"):
        centered = data.load(tmp_path / "set", preprocessing=Preprocessing((28, 28)))
    assert centered.preprocessing.deep_range == found.preprocessing.deep_range


def test_all_sixteen_bits_say_nothing(tmp_path):
    make(tmp_path / "set", 65535)
    found = data.load(tmp_path / "set")
    assert found.preprocessing.deep_range == (0, 65535)
    assert found.note == ""


def test_eight_bits_have_no_range(tmp_path):
    make(tmp_path / "set", 255, np.uint8)
    assert data.load(tmp_path / "set").preprocessing.deep_range is None


def test_floats_beside_whole_numbers_are_refused(tmp_path):
    make(tmp_path / "set", 65535)
    Image.fromarray(np.ones((8, 8), np.float32)).save(tmp_path / "set" / "a" / "f.tiff")
    with pytest.raises(DataError, match="1 of its pictures hold floats, 10 hold whole numbers of"):
        data.load(tmp_path / "set")


def test_joined_sources_must_have_one_range(tmp_path):
    make(tmp_path / "one", 4095)
    make(tmp_path / "two", 1023)
    make(tmp_path / "three", 255, np.uint8)
    one, two, three = (str(tmp_path / name) for name in ("one", "two", "three"))
    with pytest.raises(DataError, match="pictures of more than 8 bits with values of 0 to 4095"):
        data.load(f"{one}+{two}", say=print)
    joined = data.load(f"{three}+{one}", say=print)
    assert joined.preprocessing.deep_range == (0, 4095)


def test_what_can_not_be_read_has_no_range(tmp_path):
    (tmp_path / "a.png").touch()
    assert find_deep_range("a", [(tmp_path / "a.png", "whole")], print) is None
