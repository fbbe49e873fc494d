import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pellucid import Adam, Preprocessing, Trainer, data
from pellucid.data.assembling import assemble, memory_map
from pellucid.data.assembling.memory_map import MapKey, MapWriter, find_map, key_of, store_map
from pellucid.data.dataset import Dataset
from pellucid.errors import DataError
from pellucid.network import presets

KEY = MapKey("source", "state")
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 4, 5), np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])
DATASET = Dataset(
    "mine", IMAGES, LABELS, IMAGES[:3], LABELS[:3], ("a", "b", "ü"), "file mine", "A note.",
    Preprocessing((4, 5), "light-on-dark", "resize"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def save(path, images=IMAGES, labels=LABELS):
    np.savez(path, x_train=images, y_train=labels, x_test=images[:3], y_test=labels[:3])
    return path


def folders(cache):
    return sorted(path.name for path in (cache / "maps").iterdir())


class TestKeys:
    def test_what_changes_a_file_changes_the_state_alone(self, tmp_path):
        path = tmp_path / "set" / "a.bin"
        path.parent.mkdir()
        path.write_bytes(b"123")
        for second, source in enumerate((path, path.parent)):
            before = key_of([source], {"size": None})
            assert key_of([source], {"size": None}) == before
            os.utime(path, (second, second))
            later = key_of([source], {"size": None})
            assert later.source == before.source
            assert later.state != before.state
        (path.parent / "b.bin").touch()
        more = key_of([path.parent], {"size": None})
        assert more.source == later.source
        assert more.state != later.state

    def test_files_behind_a_link_to_a_folder_count(self, tmp_path):
        for name in ("set", "elsewhere"):
            (tmp_path / name).mkdir()
        (tmp_path / "set" / "class").symlink_to(tmp_path / "elsewhere")
        (tmp_path / "set" / "round").symlink_to(tmp_path / "set")
        before = key_of([tmp_path / "set"], {})
        (tmp_path / "elsewhere" / "a.png").touch()
        assert key_of([tmp_path / "set"], {}).state != before.state

    def test_other_code_or_another_pillow_reads_anew(self, tmp_path, monkeypatch):
        (tmp_path / "a").touch()
        before = key_of([tmp_path / "a"], {})
        memory_map._reader_version.cache_clear()
        monkeypatch.setattr(memory_map, "package_versions", lambda *names: {"pillow": "other"})
        after = key_of([tmp_path / "a"], {})
        memory_map._reader_version.cache_clear()
        assert (after.source, after.state != before.state) == (before.source, True)

    def test_options_names_and_order_change_the_source(self, tmp_path):
        (tmp_path / "a").touch()
        keys = [
            key_of(["mnist"], {}),
            key_of(["digits"], {}),
            key_of(["mnist", "digits"], {}),
            key_of(["digits", "mnist"], {}),
            key_of(["mnist"], {"seed": 1}),
            key_of([tmp_path / "a"], {}),
            key_of([str(tmp_path / "a")], {"seed": 1}),
        ]
        assert len({key.source for key in keys}) == len(keys)

    def test_one_file_by_two_paths_is_one_source(self, tmp_path, monkeypatch):
        (tmp_path / "a").touch()
        monkeypatch.chdir(tmp_path)
        assert key_of([Path("a")], {}) == key_of([tmp_path / "a"], {})


class TestStoreAndFind:
    def test_what_is_stored_is_found(self, cache):
        assert find_map(KEY) is None
        for found in (store_map(DATASET, KEY), find_map(KEY)):
            assert found.fingerprint() == DATASET.fingerprint()
            for name in ("name", "classes", "source", "note", "preprocessing"):
                assert getattr(found, name) == getattr(DATASET, name)
            assert isinstance(found.train_images, np.memmap)
            with pytest.raises(ValueError, match="read-only"):
                found.train_images[0] = 0
        assert folders(cache) == ["source-state"]

    def test_an_older_state_is_removed_and_another_source_stays(self, cache):
        for key in (KEY, MapKey("other", "state"), MapKey("source", "newer")):
            store_map(DATASET, key)
        assert folders(cache) == ["other-state", "source-newer"]

    def test_who_comes_second_gets_the_first_one_s(self):
        first = store_map(DATASET, KEY)
        with MapWriter(KEY, 1) as writer:
            sink = writer.sink("train_images", (4, 5))
            sink.append(IMAGES)
            test = writer.sink("test_images", (4, 5))
            test.append(IMAGES[:3])
            sink.finish(), test.finish()
            again = writer.commit(DATASET)
        assert again.train_images.filename == first.train_images.filename

    def test_an_unfinished_map_leaves_nothing(self, cache):
        def stop(writer):
            writer.sink("train_images", (4, 5)).append(IMAGES)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt), MapWriter(KEY, 1) as writer:
            stop(writer)
        assert folders(cache) == []
        assert find_map(KEY) is None

    def test_what_a_killed_process_left_is_removed_after_a_day(self, cache):
        old, new = cache / "maps" / ".tmp-old", cache / "maps" / ".tmp-new"
        for folder in (old, new):
            folder.mkdir(parents=True)
        os.utime(old, (time.time() - 25 * 3600,) * 2)
        store_map(DATASET, KEY)
        assert folders(cache) == [".tmp-new", "source-state"]

    @given(
        st.sampled_from(["about.json", "train_images.npy", "test_labels.npy", "train_labels.npy"]),
        st.floats(0, 1), st.integers(0, 255), st.booleans(),
    )  # fmt: skip
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
    def test_a_damaged_map_is_as_if_there_were_none_or_harmless(self, name, place, value, cut):
        shutil.rmtree(KEY.folder, ignore_errors=True)
        store_map(DATASET, KEY)
        path = KEY.folder / name
        content = bytearray(path.read_bytes())
        at = min(int(place * len(content)), len(content) - 1)
        content[at] = value
        path.write_bytes(content[:at] if cut else content)
        found = find_map(KEY)
        if found is not None:
            assert len(found.train_images) == len(found.train_labels) == 6
            assert found.train_images.dtype == np.uint8
        shutil.rmtree(KEY.folder)

    def test_a_map_whose_description_lies_is_left_out(self):
        store_map(DATASET, KEY)
        about = json.loads((KEY.folder / "about.json").read_text("utf-8"))
        for change in ({"classes": None}, {"preprocessing": {"fit": "no"}}):
            (KEY.folder / "about.json").write_text(json.dumps(about | change), "utf-8")
            assert find_map(KEY) is None
        np.save(KEY.folder / "train_images.npy", np.array([object()]), allow_pickle=True)
        (KEY.folder / "about.json").write_text(json.dumps(about), "utf-8")
        assert find_map(KEY) is None


class TestRoom:
    def test_a_full_disk_is_told_before_reading(self, cache):
        with pytest.raises(DataError) as error:
            MapWriter(KEY, 10**18)
        assert str(error.value).startswith(
            f"A memory map takes 1000000000.0 GB in {cache / 'maps'}, where "
        )
        assert str(error.value).endswith("set PELLUCID_CACHE to a folder on a larger disk.")
        assert folders(cache) == []

    def test_a_disk_that_becomes_full_is_told(self, cache):
        with (
            pytest.raises(DataError, match=r"map to .* \(No space left\); set PELLUCID_CACHE"),
            MapWriter(KEY, 1),
        ):
            raise OSError(28, "No space left")
        assert folders(cache) == []

    def test_a_cache_that_can_t_be_written_is_told(self, cache):
        cache.write_text("a file")
        with pytest.raises(DataError, match=r"Can't write a memory map to .* set PELLUCID_CACHE"):
            MapWriter(KEY, 1)


class TestLoad:
    def test_read_once_then_mapped(self, tmp_path, monkeypatch):
        path = save(tmp_path / "a.npz")
        plain = data.load(path)
        assert not isinstance(plain.train_images, np.memmap)
        mapped = data.load(path, memory_map=True)
        assert isinstance(mapped.train_images, np.memmap)
        assert mapped.fingerprint() == plain.fingerprint()
        # Without a word the map is used now, and the source is not read.
        monkeypatch.setattr("pellucid.data.catalog.source_of", None)
        assert isinstance(data.load(path).train_images, np.memmap)
        with pytest.raises(TypeError):
            data.load(path, memory_map=False)

    def test_a_changed_file_is_read_anew(self, tmp_path, cache):
        path = save(tmp_path / "a.npz")
        data.load(path, memory_map=True)
        save(path, 255 - IMAGES)
        np.testing.assert_array_equal(data.load(path, memory_map=True).train_images, 255 - IMAGES)
        assert len(folders(cache)) == 1

    def test_large_bytes_are_mapped_by_themselves(self, tmp_path, monkeypatch):
        monkeypatch.setattr(assemble, "MAP_ABOVE", 100)
        assert isinstance(data.load(save(tmp_path / "a.npz")).train_images, np.memmap)
        floats = save(tmp_path / "b.npz", IMAGES / 255)
        assert not isinstance(data.load(floats).train_images, np.memmap)
        with pytest.raises(DataError, match="images are float32, but a memory map holds uint8"):
            data.load(floats, memory_map=True)

    def test_a_split_made_here_is_mapped_too(self, tmp_path):
        np.savez(tmp_path / "a.npz", x_train=IMAGES, y_train=LABELS)
        plain = data.load(tmp_path / "a.npz", memory_map=False)
        mapped = data.load(tmp_path / "a.npz", memory_map=True)
        assert mapped.fingerprint() == plain.fingerprint()
        names = [path.name for path in Path(mapped.train_images.filename).parent.iterdir()]
        arrays = [
            f"{kind}_{what}.npy" for kind in ("train", "test") for what in ("images", "labels")
        ]
        assert sorted(names) == sorted(["about.json", *arrays])  # nothing else is left over

    def test_a_named_set_is_mapped_if_asked(self, monkeypatch):
        plain, mapped = data.load("digits"), data.load("digits", memory_map=True)
        assert mapped.fingerprint() == plain.fingerprint()
        assert isinstance(mapped.test_images, np.memmap)

    def test_what_was_left_out_is_told_again(self, tmp_path):
        (tmp_path / "a.csv").write_text("label,pixel0\n0,1\n0,2\n1,3\n1,4\n1,x\n")
        said = []
        for _ in range(2):
            data.load(tmp_path / "a.csv", memory_map=True, skip_bad=True, say=said.append)
        assert len(said) == 2
        assert said[0] == said[1]
        assert said[0].startswith("Going on without 1 bad row of")


def test_training_from_a_map_gives_the_same_bits():
    fingerprints = set()
    for is_mapped in (False, True):
        digits = data.load("digits", memory_map=is_mapped)
        with Trainer(presets.reference(), optimizer=Adam(0.01), seed=3) as trainer:
            trainer.fit(digits.train_images, digits.train_labels, total_images=1024, batch_size=256)
            fingerprints.add(trainer.parameters.tobytes())
    assert len(fingerprints) == 1


def test_the_limit_is_a_gibibyte():
    assert memory_map.MAP_ABOVE == 1 << 30
