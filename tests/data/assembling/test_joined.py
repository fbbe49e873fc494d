import dataclasses
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pellucid import Preprocessing, data
from pellucid.data import catalog
from pellucid.data.assembling import assemble, joined
from pellucid.data.assembling.joined import member_of_set, member_of_source, split_sources
from pellucid.data.assembling.memory_map import MapKey, MapWriter
from pellucid.data.dataset import Dataset
from pellucid.data.samples import Block, Reading, Samples, Source
from pellucid.errors import DataError

KEY = MapKey("source", "state")
KEY2 = MapKey("source", "other")


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


def join(name, parts, memory_map, key):
    return joined.join(name, [member_of_set(found) for found in parts], memory_map, key)


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
    def test_what_is_to_validate_is_of_those_who_have_such(self, memory_map):
        more = part("more", ("b", "a"), count=3)
        held = {"validation_images": more.train_images, "validation_labels": more.train_labels}
        one, two = part("one"), part("two", ("b", "a"), **held)
        found = join("all", [one, two], memory_map, KEY)
        np.testing.assert_array_equal(found.validation_images, more.train_images)
        assert names(found, found.validation_labels) == names(more, more.train_labels)
        assert isinstance(found.validation_images, np.memmap) == memory_map
        assert join("all", [one, one], memory_map, KEY2).validation is None

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
            join("all", [part("one"), part("other", shape=(3, 5, 7))], False, KEY)
        assert str(error.value) == (
            "one has images of shape (1, 5, 6) (channels, height, width), other of (3, 5, 7); "
            "bring them to one, with size= where they are pictures."
        )

    @pytest.mark.parametrize("memory_map", [False, True])
    def test_gray_beside_color_gets_three_channels(self, memory_map):
        gray, color = part("one", preprocessing=Preprocessing((5, 6))), part("two", shape=(3, 5, 6))
        for parts in ([gray, color], [color, gray]):
            found = join(f"{parts[0].name}", parts, memory_map, MapKey(parts[0].name, "state"))
            where = slice(0, 4) if parts[0] is gray else slice(4, 8)
            expected = np.stack([gray.train_images] * 3, axis=1)
            np.testing.assert_array_equal(found.train_images[where], expected)
            assert found.preprocessing == Preprocessing((3, 5, 6))

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


def blocks_of(images, labels, seen=None):
    def blocks():
        for start in range(0, len(images), 3):
            if seen is not None:
                seen.append(start)
            yield Block(images[start : start + 3], labels[start : start + 3])

    return blocks


def parts_source(name, images, labels, listed=True, error=None, seen=None):
    def fail():
        raise DataError(error)
        yield

    samples = Samples(
        len(images), images.shape[1:], images.dtype,
        fail if error else blocks_of(images, labels, seen), (lambda: labels) if listed else None,
    )  # fmt: skip
    return member_of_source(Source(samples, None, name), Reading(name))


class TestStreaming:
    IMAGES = np.random.default_rng(0).integers(0, 256, (20, 5, 6), np.uint8)
    LABELS = np.arange(20) % 2

    @pytest.mark.parametrize("listed", [True, False])
    def test_what_is_large_together_is_never_in_memory(self, listed, monkeypatch):
        monkeypatch.setattr(joined, "MAP_ABOVE", 1000)  # each source has 600 bytes
        sources = [
            parts_source(name, images, self.LABELS, listed)
            for name, images in (("one", self.IMAGES), ("two", 255 - self.IMAGES))
        ]
        plain = joined.join("all", sources, False, KEY)
        with monkeypatch.context() as patch:
            patch.setattr(joined, "MemorySink", None)
            patch.setattr(assemble, "MemorySink", None)
            mapped = joined.join("all", sources, None, KEY)
        assert isinstance(mapped.train_images, np.memmap)
        assert mapped.fingerprint() == plain.fingerprint()
        left = sorted(path.name for path in KEY.folder.glob("*images*"))
        assert left == ["test_images.npy", "train_images.npy"]

    def test_every_bad_source_is_told_though_one_is_enough(self):
        sources = [
            parts_source("good", self.IMAGES, self.LABELS),
            parts_source("bad", self.IMAGES, self.LABELS, error="bad is empty."),
            parts_source("worse", self.IMAGES, self.LABELS, error="worse is cut off."),
        ]
        with pytest.raises(DataError) as error:
            joined.join("all", sources, None, KEY)
        assert str(error.value) == "all has 2 bad sources:\n  bad is empty.\n  worse is cut off."

    def test_room_for_one_source_written_twice_is_asked_for(self, monkeypatch):
        asked = []
        monkeypatch.setattr(MapWriter, "__init__", lambda self, key, size: asked.append(size))
        for listed, room in ((True, 1200 + 600), (False, 1200 + 1200)):
            sources = [parts_source(n, self.IMAGES, self.LABELS, listed) for n in "ab"]
            with pytest.raises(AttributeError):
                joined.join("all", sources, True, KEY)
            assert asked.pop() == room


class TestLoad:
    def test_pictures_say_how_they_were_made_whatever_a_named_set_would_do(
        self, tmp_path, monkeypatch
    ):
        """Dark on light beside a set whose description inverts: train and evaluate see the same."""
        pictures = tmp_path / "pictures"
        for label in range(10):
            for number in range(5):
                pixels = np.full((28, 28), 255, np.uint8)
                pixels[5 + label : 8 + label, 4 + number : 20] = 0
                (pictures / str(label)).mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels).save(pictures / str(label) / f"{number}.png")
        digits = data.load("digits")
        inverts = dataclasses.replace(digits, preprocessing=Preprocessing((28, 28), fit="resize"))
        known = dataclasses.replace(catalog.SETS["digits"], load=lambda say: inverts)
        monkeypatch.setitem(catalog.SETS, "digits", known)
        name = f"digits+{pictures}"
        said = []
        trained = data.load(name, say=said.append)
        assert trained.preprocessing == data.load(pictures).preprocessing
        assert said[0].startswith(f"{pictures} is dark on light, digits light on dark; what is ")
        with pytest.warns(UserWarning, match="dark on light"):
            evaluated = data.load(name, preprocessing=trained.preprocessing)
        assert evaluated.fingerprint() == trained.fingerprint()

    def test_gray_is_evaluated_by_a_model_of_colors(self, tmp_path):
        images = np.random.default_rng(0).integers(0, 256, (8, 5, 6), np.uint8)
        np.savez(tmp_path / "a.npz", x_train=images, y_train=np.arange(8) % 2)
        colors = Preprocessing((3, 5, 6), "light-on-dark", "resize")
        found = data.load(tmp_path / "a.npz", preprocessing=colors)
        assert found.input_shape == (3, 5, 6)
        assert found.preprocessing == colors

    def test_every_bad_file_of_every_source_is_told(self, tmp_path):
        (tmp_path / "a.csv").write_text("label,pixel0\n0,1\n1,x\n0,y\n")
        (tmp_path / "b.npz").write_bytes(b"")
        with pytest.raises(DataError) as error:
            data.load(f"{tmp_path / 'b.npz'}+{tmp_path / 'a.csv'}+digts")
        told = str(error.value)
        assert told.splitlines()[0].endswith("has 3 bad sources:")
        for piece in ("b.npz as an", "'digts'", "line 3: pixel 0 is 'x'", "line 4: pixel 0"):
            assert piece in told

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

    def test_black_on_white_beside_white_on_black_is_said_and_mended(self, tmp_path):
        digits = data.load("digits")
        for number in range(60):
            place = tmp_path / "own" / digits.classes[digits.train_labels[number]] / f"{number}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(255 - digits.train_images[number]).save(place)
        name = f"digits+{tmp_path / 'own'}"
        for memory_map in (True, None):  # the second is the map of the first
            with pytest.warns(UserWarning, match="own is dark on light, digits light on dark; wha"):
                found = data.load(name, memory_map=memory_map)
            assert found.note.endswith("others by inverting them.")
        said = []
        assert data.load(name, say=said.append).note == said[0]
        assert len(said) == 1
        mended = data.load(name, preprocessing=Preprocessing((28, 28)), say=said.append)
        assert (mended.note, len(said)) == ("", 1)
