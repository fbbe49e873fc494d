from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Preprocessing, data
from pellucid.data import joined
from pellucid.data.dataset import Dataset
from pellucid.data.joined import join, split_sources
from pellucid.data.memory_map import MapKey
from pellucid.errors import DataError

KEY = MapKey("source", "state")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))


def part(name, classes=("a", "b"), count=4, dtype=np.uint8, shape=(5, 6), **more):
    random = np.random.default_rng(len(name) + count)
    images = random.integers(0, 256, (count, *shape), np.uint8)
    if dtype != np.uint8:
        images = (images / 255).astype(dtype)
    labels = random.integers(0, len(classes), count)
    return Dataset(name, images, labels, images[:2], labels[:2], classes, f"file {name}", **more)


def names(dataset, labels):
    return np.array(dataset.classes)[labels].tolist()


class TestSplitSources:
    @given(st.lists(st.text(st.sampled_from("ab.+ "), max_size=6), min_size=1, max_size=5))
    def test_nothing_is_lost(self, pieces):
        text = "+".join(pieces)
        found = split_sources(text, defaultdict(bool))
        assert "+".join(found) == text
        assert found == text.split("+")

    @given(
        st.lists(st.text(st.sampled_from("ab+"), min_size=1, max_size=6), min_size=1, max_size=4)
    )
    def test_a_single_existing_name_is_never_split(self, pieces):
        text = "+".join(pieces)
        assert split_sources(text, defaultdict(bool, {text: True})) == [text]

    def test_the_longest_name_that_exists_is_taken(self):
        exists = defaultdict(bool, {"a": True, "a+b": True, "c": True})
        assert split_sources("a+b+c", exists) == ["a+b", "c"]
        assert split_sources("c+a+d", exists) == ["c", "a", "d"]


class TestJoin:
    @pytest.mark.parametrize("memory_map", [False, True])
    def test_parts_follow_one_another(self, memory_map):
        parts = [part("one"), part("three", count=7), part("seven77", count=3)]
        found = join("all", parts, memory_map, KEY)
        for kind in ("train", "test"):
            images = np.concatenate([getattr(p, f"{kind}_images") for p in parts])
            labels = np.concatenate([getattr(p, f"{kind}_labels") for p in parts])
            np.testing.assert_array_equal(getattr(found, f"{kind}_images"), images)
            np.testing.assert_array_equal(getattr(found, f"{kind}_labels"), labels)
        assert isinstance(found.train_images, np.memmap) == memory_map
        assert (found.name, found.classes) == ("all", ("a", "b"))
        assert found.source == "file one + file three + file seven77"

    @given(st.permutations(["x", "y", "z"]), st.permutations(["x", "y", "z"]))
    def test_labels_keep_their_names_whatever_the_order(self, one, other):
        parts = [part("one", tuple(one), 9), part("other", tuple(other), 9)]
        found = join("all", parts, False, KEY)
        assert found.classes == tuple(one)
        for kind in ("train_labels", "test_labels"):
            expected = [name for p in parts for name in names(p, getattr(p, kind))]
            assert names(found, getattr(found, kind)) == expected

    def test_bytes_beside_floats_become_floats(self):
        bytes_, floats = part("one"), part("other", dtype=np.float32)
        for parts in ([bytes_, floats], [floats, bytes_]):
            found = join("all", parts, None, KEY)
            assert found.train_images.dtype == np.float32
            where = slice(0, 4) if parts[0] is bytes_ else slice(4, 8)
            expected = bytes_.train_images.astype(np.float32) / np.float32(255)
            np.testing.assert_array_equal(found.train_images[where], expected)
        with pytest.raises(DataError, match="images are float32, but a memory map holds uint8"):
            join("all", [floats, floats], True, KEY)

    def test_a_channel_axis_of_one_makes_no_difference(self):
        flat, deep = part("one"), part("other", shape=(1, 5, 6))
        assert join("all", [flat, deep], False, KEY).train_images.shape == (8, 5, 6)
        assert join("all", [deep, flat], False, KEY).train_images.shape == (8, 1, 5, 6)

    def test_large_sources_are_mapped_by_themselves(self, monkeypatch):
        monkeypatch.setattr(joined, "MAP_ABOVE", 100)
        monkeypatch.setattr(joined, "BLOCK_BYTES", 45)
        found = join("all", [part("one"), part("other")], None, KEY)
        assert isinstance(found.train_images, np.memmap)
        floats = part("x", dtype=np.float32)
        assert not isinstance(join("all", [floats, floats], None, KEY).train_images, np.memmap)

    def test_notes_and_the_first_preprocessing_stay(self):
        preprocessing = Preprocessing((5, 6))
        parts = [part("one", note="A."), part("two", preprocessing=preprocessing, note="B.")]
        found = join("all", parts, False, KEY)
        assert found.note == "A. B."
        assert found.preprocessing == preprocessing

    def test_different_shapes_are_told(self):
        with pytest.raises(DataError) as error:
            join("all", [part("one"), part("other", shape=(3, 5, 6))], False, KEY)
        assert str(error.value) == (
            "one has images of shape (1, 5, 6) (channels, height, width), other of (3, 5, 6); "
            "bring them to one, with size= where they are pictures."
        )

    def test_different_classes_are_told(self):
        many = tuple("bcdefghij")
        with pytest.raises(DataError) as error:
            join("all", [part("one"), part("other", many)], False, KEY)
        assert str(error.value) == (
            "one and other have different classes: only one has 'a'; only other has 'c', 'd', "
            "'e', 'f', 'g' and 3 more. What is joined must have the same."
        )
        with pytest.raises(DataError, match="different classes: only other has 'c'"):
            join("all", [part("one"), part("other", ("a", "b", "c"))], False, KEY)


class TestLoad:
    def test_the_digits_twice(self):
        once, twice = data.load("digits"), data.load("digits+digits")
        np.testing.assert_array_equal(twice.train_images[:1437], once.train_images)
        np.testing.assert_array_equal(twice.train_images[1437:], once.train_images)
        assert twice.name == "digits+digits"

    def test_a_name_and_a_file(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        digits = data.load("digits")
        np.savez(
            "my+digits.npz", x_train=digits.train_images[:50], y_train=digits.train_labels[:50],
            x_test=digits.test_images, y_test=digits.test_labels,
        )  # fmt: skip
        found = data.load("digits+my+digits.npz")
        assert len(found.train_images) == 1487
        assert found.source.endswith("+ file my+digits.npz")

    def test_what_is_missing_is_named_alone(self):
        with pytest.raises(DataError, match=r"no data set or path 'digts'\. Did you mean "):
            data.load("digits+digts")
        with pytest.raises(DataError, match="There is no data set or path ''"):
            data.load("digits+")

    def test_a_joined_map_is_found_again_and_not_after_a_change(self, tmp_path):
        path = tmp_path / "a.npz"
        digits = data.load("digits")
        arrays = {"x_test": digits.test_images, "y_test": digits.test_labels}
        np.savez(path, x_train=digits.train_images, y_train=digits.train_labels, **arrays)
        first = data.load(f"digits+{path}", memory_map=True)
        again = data.load(f"digits+{path}")
        assert again.train_images.filename == first.train_images.filename
        assert again.fingerprint() == first.fingerprint()
        np.savez(path, x_train=digits.train_images[:99], y_train=digits.train_labels[:99], **arrays)
        assert len(data.load(f"digits+{path}", memory_map=True).train_images) == 1437 + 99
