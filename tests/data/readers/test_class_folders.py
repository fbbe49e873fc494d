import os

import pytest

from pellucid import data
from pellucid.errors import DataError
from tests.data.readers.test_picture_folder import save


def make(folder, outer, inner, count=2):
    for one in outer:
        for two in inner:
            for number in range(count):
                save(folder / one / two / f"{number}.png")


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        (("cat", "dog"), ("session1", "session2")),
        (("cat", "dog"), ("1", "2")),
        (("0", "1"), ("writer_1", "writer_2")),
        (("cat", "dog"), ("images",)),
    ],
)
def test_a_class_may_have_folders(tmp_path, outer, inner):
    make(tmp_path, outer, inner)
    with pytest.warns(UserWarning, match="the pictures of a class lie in folders of its own"):
        found = data.load(tmp_path)
    assert found.classes == outer
    assert len(found.train_images) + len(found.test_images) == 4 * len(inner)


def test_folders_of_other_names_in_each_class(tmp_path):
    make(tmp_path, ["cat"], ["tom", "felix"])
    make(tmp_path, ["dog"], ["rex/young", "bello"])
    assert data.load(tmp_path, say=print).classes == ("cat", "dog")


@pytest.mark.parametrize(
    ("outer", "inner"),
    [(("monday", "tuesday"), ("cat", "dog")), (("s1", "s2"), ("0", "1")), (("1", "2"), ("1", "2"))],
)
def test_classes_that_lie_deeper_are_refused(tmp_path, outer, inner):
    make(tmp_path, outer, inner)
    with pytest.raises(DataError, match="the classes seem to lie one level deeper"):
        data.load(tmp_path)


def test_what_is_no_class_is_told_by_what_it_is(tmp_path):
    make(tmp_path / "split", ["cat", "dog"], ["train", "test"])
    with pytest.raises(DataError, match="put the classes into these, as test/cat"):
        data.load(tmp_path / "split")
    make(tmp_path / "boxes", ["images", "labels"], ["."])
    with pytest.raises(DataError, match="as sets for object detection and segmentation do"):
        data.load(tmp_path / "boxes")


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_are_followed_where_that_is_wanted(tmp_path):
    make(tmp_path / "elsewhere", ["cat", "dog"], ["."], 5)
    (tmp_path / "set").mkdir()
    for name in ("cat", "dog"):
        (tmp_path / "set" / name).symlink_to(tmp_path / "elsewhere" / name)
    with pytest.raises(DataError, match="follow_links=True follows it"):
        data.load(tmp_path / "set")
    found = data.load(tmp_path / "set", follow_links=True)
    assert len(found.train_images) == 8


def test_doubled_folders_beside_others_are_told(tmp_path):
    make(tmp_path, ["scenes/scenes"], ["forest", "sea"])
    make(tmp_path, ["more/more"], ["forest"])
    with pytest.raises(DataError, match=r"two levels deeper, in more/more\. Give .*more alone"):
        data.load(tmp_path)
    assert data.load(tmp_path / "scenes", say=print).classes == ("forest", "sea")
    for name in ("cat", "dog"):  # a class may be doubled, where nothing else can be meant
        make(tmp_path / "pets", [name], [name])
    assert data.load(tmp_path / "pets", say=print).classes == ("cat", "dog")
