import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from pellucid.errors import DataError
from pellucid.execution.remote import image_file
from pellucid.execution.remote.image_file import find_image_file, temporary_image_file

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 1, 6, 5), dtype=np.uint8)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "images.npy"
    np.save(path, IMAGES)
    return path


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("part", [slice(None), slice(3, 30), slice(39, 40)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_mapped_array_is_found_and_opens_as_itself(tmp_path, part, dtype):
    np.save(
        tmp_path / "images.npy", (IMAGES / 255.0).astype(dtype) if dtype != np.uint8 else IMAGES
    )
    images = np.load(tmp_path / "images.npy", mmap_mode="r")[part]
    file = find_image_file(images)
    np.testing.assert_array_equal(file.open(), images)
    assert file.open().dtype == dtype
    assert not file.open().flags.writeable


def test_views_of_a_map_are_found_too(saved):
    flat = np.load(saved, mmap_mode="r")[5:, 0]
    images = np.ascontiguousarray(flat)[:, None]  # as Trainer does
    assert type(images) is np.ndarray or isinstance(images, np.memmap)
    np.testing.assert_array_equal(find_image_file(images).open(), IMAGES[5:])


@pytest.mark.parametrize("mode", ["r+", "c"])
def test_maps_that_may_differ_from_their_file_are_not(saved, mode):
    assert find_image_file(np.load(saved, mmap_mode=mode)) is None


def test_arrays_in_memory_have_no_file(saved):
    assert find_image_file(IMAGES) is None
    assert find_image_file(np.load(saved, mmap_mode="r").copy()) is None
    assert find_image_file(np.memmap.__array__(np.load(saved, mmap_mode="r"))[::2].copy()) is None


def test_a_file_that_was_replaced_since_is_not_used(saved):
    images = np.load(saved, mmap_mode="r")
    other = saved.with_name("other.npy")
    np.save(other, IMAGES[::-1])
    other.replace(saved)
    assert find_image_file(images) is None
    np.testing.assert_array_equal(images, IMAGES)
    saved.unlink()
    assert find_image_file(images) is None


def test_another_file_of_the_same_name_and_size_is_refused(saved):
    file = find_image_file(np.load(saved, mmap_mode="r"))
    status = saved.stat()
    changed = IMAGES.copy()
    changed[17, 0, 3, 3] ^= 1
    np.save(saved, changed)
    os.utime(saved, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(DataError, match=r"images\.npy holds other images than the file of this n"):
        file.open()
    np.save(saved, IMAGES)  # copied anew, at another time, but the same
    np.testing.assert_array_equal(file.open(), IMAGES)


def test_large_files_are_compared_by_blocks_and_time(saved, monkeypatch):
    monkeypatch.setattr(image_file, "WHOLE", 100)
    monkeypatch.setattr(image_file, "BLOCK", 16)
    monkeypatch.setattr(image_file, "BLOCKS", 10)
    file = find_image_file(np.load(saved, mmap_mode="r"))
    status = saved.stat()
    os.utime(saved, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    with pytest.raises(DataError, match="was changed at another time than the file of this name"):
        file.open()
    for place in (0, -1):  # the first and the last pixel are in a block
        changed = IMAGES.copy()
        changed.flat[place] ^= 1
        np.save(saved, changed)
        os.utime(saved, ns=(status.st_atime_ns, status.st_mtime_ns))
        with pytest.raises(DataError, match="holds other images"):
            file.open()


def test_files_that_are_missing_or_cut_off_are_named(saved):
    file = find_image_file(np.load(saved, mmap_mode="r"))
    saved.write_bytes(saved.read_bytes() + b"x")
    with pytest.raises(DataError, match=r"images\.npy has 1,329 bytes here, 1,328 there"):
        file.open()
    saved.write_bytes(saved.read_bytes()[:-2])
    with pytest.raises(DataError, match=r"images\.npy can't be opened \(mmap length is greater"):
        file.open()
    saved.unlink()
    with pytest.raises(DataError, match=r"images\.npy can't be opened \(No such file"):
        file.open()


def test_a_temporary_file_holds_the_images_and_is_removed(temporary):
    with temporary_image_file(IMAGES) as file:
        assert [path.name for path in temporary.iterdir()] == [Path(file.path).name]
        np.testing.assert_array_equal(file.open(), IMAGES)
        if os.name == "posix":
            assert Path(file.path).stat().st_mode & 0o77 == 0  # nobody else may read it
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_temporary_file_is_removed_after_errors(temporary, error):
    with pytest.raises(error), temporary_image_file(IMAGES):
        raise error
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_nothing(temporary, monkeypatch, error):
    def fail(*arguments):
        raise error

    monkeypatch.setattr(image_file, "_describe", fail)
    if isinstance(error, OSError):
        with temporary_image_file(IMAGES) as file:
            assert file is None
    else:
        with pytest.raises(KeyboardInterrupt), temporary_image_file(IMAGES):
            pass
    assert list(temporary.iterdir()) == []


def test_no_file_is_written_to_a_disk_that_is_nearly_full(temporary, monkeypatch):
    free = type("Usage", (), {"free": 2 * IMAGES.nbytes})
    monkeypatch.setattr(image_file.shutil, "disk_usage", lambda folder: free)
    with temporary_image_file(IMAGES) as file:
        assert file is None
        assert list(temporary.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no way to ask whether a process lives")
def test_files_of_processes_that_are_gone_are_removed(temporary):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    host = socket.gethostname()
    names = {
        "gone": f"pellucid-images-{host}-{ended.pid}-x.raw",
        "mine": f"pellucid-images-{host}-{os.getpid()}-x.raw",
        "elsewhere": f"pellucid-images-{host}2-{ended.pid}-x.raw",
        "a host named alike": f"pellucid-images-{host}-{ended.pid}-{os.getpid()}-x.raw",
    }
    for name in names.values():
        (temporary / name).touch()
    with temporary_image_file(IMAGES):
        pass
    assert {path.name for path in temporary.iterdir()} == {*names.values()} - {names["gone"]}
