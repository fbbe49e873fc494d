import json
import os
import shutil

import numpy as np
import pytest

from pellucid import data
from pellucid.data.assembling import kept, memory_map
from pellucid.data.assembling.memory_map import map_folder
from pellucid.data.readers import layouts
from pellucid.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 4, 4), np.uint8)
LABELS = np.arange(40) % 4


@pytest.fixture(autouse=True)
def at_once(tmp_path, monkeypatch):
    """Keep everything, however fast it is read; count how often something is."""
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(kept, "KEEP_AFTER", 0.0)


@pytest.fixture
def reads(monkeypatch):
    found = []
    source_of = layouts.source_of
    monkeypatch.setattr(
        "pellucid.data.catalog.source_of",
        lambda path, reading: found.append(path) or source_of(path, reading),
    )
    return found


def save(path, images=IMAGES, labels=LABELS):
    np.savez(path, X=images, y=labels)
    return path


def test_the_second_time_nothing_is_read_and_all_is_the_same(tmp_path, reads):
    path = save(tmp_path / "a.npz")
    first, second = data.load(path), data.load(path)
    assert len(reads) == 1
    assert second.fingerprint() == first.fingerprint()
    for name in ("name", "classes", "source", "note", "preprocessing"):
        assert getattr(second, name) == getattr(first, name)
    assert type(second.train_images) is type(second.test_images) is np.ndarray
    second.train_images[0] = 0  # as if it was read
    assert data.load(path).fingerprint() == first.fingerprint()
    assert isinstance(data.load(path, memory_map=True).train_images, np.memmap)
    assert len(reads) == 1


def test_what_is_to_validate_is_kept_and_mapped_too(tmp_path, reads):
    path = tmp_path / "a.npz"
    parts = {"train": slice(20), "test": slice(20, 30), "val": slice(30, 40)}
    named = {f"x_{name}": IMAGES[part] for name, part in parts.items()}
    np.savez(path, **named, **{f"y_{name}": LABELS[part] for name, part in parts.items()})
    for options in ({}, {}, {"memory_map": True}):
        found = data.load(path, **options)
        np.testing.assert_array_equal(found.validation_images, IMAGES[30:])
        np.testing.assert_array_equal(found.validation_labels, LABELS[30:])
        assert isinstance(found.validation_images, np.memmap) == bool(options)
    assert len(reads) == 1
    (images,) = map_folder().glob("*/validation_images.npy")
    damaged = bytearray(images.read_bytes())
    damaged[-1] ^= 1
    images.write_bytes(damaged)
    np.testing.assert_array_equal(data.load(path).validation_images, IMAGES[30:])
    assert len(reads) == 2


@pytest.mark.parametrize(
    "options",
    [{"size": (2, 8)}, {"test_share": 0.5}, {"seed": 1}, {"pixel_range": (0, 255)}, {"label": 0},
     {"channels": "last"}, {"skip_bad": True}],
)  # fmt: skip
def test_another_option_or_file_is_read(tmp_path, reads, options):
    path = save(tmp_path / "a.npz")
    data.load(path)
    try:
        data.load(path, **options)
    except DataError:  # images of another size
        assert "size" in options
    assert len(reads) == 2
    save(path, 255 - IMAGES)
    os.utime(path, (7, 7))
    found = data.load(path)
    assert len(reads) == 3
    np.testing.assert_array_equal(
        found.train_images, data.load(path, memory_map=False).train_images
    )


def test_not_where_it_is_fast_or_forbidden_or_no_bytes(tmp_path, monkeypatch):
    path = save(tmp_path / "a.npz")
    data.load(path, memory_map=False)
    data.load(save(tmp_path / "b.npz", IMAGES / 255))
    monkeypatch.setattr(kept, "MAP_ABOVE", IMAGES.nbytes - 1)
    data.load(path)
    monkeypatch.undo()
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))
    data.load(path)
    assert not map_folder().exists() or not list(map_folder().iterdir())


@pytest.mark.parametrize("name", ["about.json", "train_images.npy", "test_labels.npy"])
@pytest.mark.parametrize("how", ["flip", "cut", "empty", "gone"])
def test_damage_is_read_anew_and_mended(tmp_path, reads, name, how):
    path = save(tmp_path / "a.npz")
    first = data.load(path)
    (folder,) = map_folder().iterdir()
    file = folder / name
    content = bytearray(file.read_bytes())
    if how == "gone":
        file.unlink()
    else:
        content[-20] ^= 1
        file.write_bytes({"flip": content, "cut": content[:-3], "empty": b""}[how])
    assert data.load(path).fingerprint() == first.fingerprint()
    assert len(reads) == 2
    assert data.load(path).fingerprint() == first.fingerprint()
    assert len(reads) == 2


def test_another_name_of_a_class_is_damage_too(tmp_path, reads):
    path = save(tmp_path / "a.npz")
    first = data.load(path)
    (about,) = map_folder().glob("*/about.json")
    about.write_text(about.read_text().replace('"3"', '"4"'))
    assert data.load(path).classes == first.classes
    assert len(reads) == 2


def test_what_was_said_is_said_again(tmp_path, reads):
    path = save(tmp_path / "a.npz", (IMAGES > 99).astype(np.uint8))
    for _ in range(2):
        with pytest.warns(UserWarning, match="seem to be nothing but 0 and 1"):
            data.load(path)
    said = []
    assert data.load(path, say=said.append).note == said[0]
    assert (len(said), len(reads)) == (1, 1)


def test_joined_sources_are_kept_too(tmp_path, reads):
    name = f"{save(tmp_path / 'a.npz')}+{save(tmp_path / 'b.npz', 255 - IMAGES)}"
    first, second = data.load(name), data.load(name)
    assert second.fingerprint() == first.fingerprint()
    assert len(reads) == 2


def test_a_cache_that_can_t_be_written_or_is_nearly_full_changes_nothing(tmp_path, monkeypatch):
    path = save(tmp_path / "a.npz")
    monkeypatch.setattr(kept, "_SHARE", 1 << 60)
    first = data.load(path)
    assert list(map_folder().iterdir()) == []
    (tmp_path / "file").touch()
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "file"))
    assert data.load(path).fingerprint() == first.fingerprint()


def test_what_was_not_used_for_longest_goes_first(tmp_path, monkeypatch, reads):
    paths = [save(tmp_path / f"{n}.npz", IMAGES + np.uint8(n)) for n in range(3)]
    for second, path in enumerate(paths[:2]):
        before = set(map_folder().iterdir()) if map_folder().exists() else set()
        data.load(path)
        (made,) = set(map_folder().iterdir()) - before
        os.utime(made, (1000 + second, 1000 + second))
    data.load(paths[0])  # used again
    asked = data.load(save(tmp_path / "asked.npz", IMAGES[:8], LABELS[:8]), memory_map=True)
    size = sum(file.stat().st_size for file in made.iterdir())
    monkeypatch.setattr(kept, "_MOST_BYTES", 2.5 * size)
    data.load(paths[2])
    reads.clear()
    for path in (paths[0], paths[2]):
        data.load(path)
    assert reads == []
    assert np.load(asked.train_images.filename, mmap_mode="r").shape == asked.train_images.shape
    data.load(paths[1])
    assert reads == [paths[1]]


def test_a_map_that_was_asked_for_stays_one(tmp_path):
    path = save(tmp_path / "a.npz")
    data.load(path, memory_map=True)
    assert isinstance(data.load(path).train_images, np.memmap)
    (about,) = map_folder().glob("*/about.json")
    assert "kept" not in json.loads(about.read_text())
    shutil.rmtree(map_folder())
    assert memory_map.about_of(memory_map.MapKey("a", "b")) == {}
