import pytest

from pellucid.data.readers.folder_entries import ordered, pictures_in, split_of, subfolders


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("Train", "train"), ("training_set", "train"), ("TEST", "test"), ("test1", "test"),
        ("val", "val"), ("valid", "val"), ("validation", "val"), ("dev", "val"), ("tester", None),
        ("bus", None), ("set", None), ("1", None),
    ],
)  # fmt: skip
def test_what_a_folder_is_for(name, split):
    assert split_of(name) == split


def test_hidden_things_and_litter_are_left_out(tmp_path):
    for name in (".hidden.png", "Thumbs.db", "b.WEBP", "a.png", "notes.txt"):
        (tmp_path / name).touch()
    for name in ("__MACOSX", ".git", "cat"):
        (tmp_path / name).mkdir()
    assert subfolders(tmp_path) == ["cat"]
    assert pictures_in(tmp_path) == ["a.png", "b.WEBP"]


def test_numbers_come_first_by_value():
    assert ordered(["b", "10", "9", "01", "a"]) == ["9", "10", "01", "a", "b"]
