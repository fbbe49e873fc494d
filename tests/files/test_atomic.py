import errno
import os
from pathlib import Path

import pytest

from pellucid.files import atomic as files
from pellucid.files.atomic import atomic_write, cache_folder, remove_leftovers


def test_atomic_write_replaces_the_whole_file(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"a longer content than the new one")
    atomic_write(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_atomic_write_that_fails_keeps_the_old_file_and_leaves_no_other(
    tmp_path, monkeypatch, error
):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def fail(handle):
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(error)):
        atomic_write(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.parametrize("step", ["_write", "_flush", "_rename"])
def test_atomic_write_is_whole_or_not_at_all_whatever_step_fails(tmp_path, monkeypatch, step):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(files, step, fail)
    with pytest.raises(OSError, match="disk full"):
        atomic_write(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path, monkeypatch):
    names = {"a.tmp", ".pellucid.lock", ".pellucid-a", "model.safetensors"}
    for name in (*names, ".pellucid-0123456789abcdef.tmp"):
        (tmp_path / name).touch()
    remove_leftovers(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == names


def test_atomic_write_onto_a_folder_leaves_nothing_behind(tmp_path):
    (tmp_path / "a.bin").mkdir()
    with pytest.raises(OSError, match=r"a\.bin"):
        atomic_write(tmp_path / "a.bin", b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_atomic_write_into_a_circle_of_links_names_it(tmp_path):
    circle = tmp_path / "circle"
    circle.symlink_to("circle")
    for path in (circle, circle / "a.bin"):
        with pytest.raises(OSError, match="Too many levels of symbolic links") as caught:
            atomic_write(path, b"new")
        assert caught.value.filename == str(path)
    assert [p.name for p in tmp_path.iterdir()] == ["circle"]


def test_without_waiting_for_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda handle: pytest.fail("waits for the disk"))
    atomic_write(tmp_path / "a.bin", b"new", flush=False)
    assert (tmp_path / "a.bin").read_bytes() == b"new"


def test_atomic_write_takes_the_longest_name(tmp_path):
    path = tmp_path / ("n" * 255)
    atomic_write(path, b"x")
    assert path.read_bytes() == b"x"


@pytest.mark.skipif(os.name == "nt", reason="symbolic links and modes are POSIX's")
def test_atomic_write_follows_links_and_gives_the_usual_mode(tmp_path):
    target, link, usual = tmp_path / "target", tmp_path / "link", tmp_path / "usual"
    usual.write_bytes(b"")
    link.symlink_to(target)
    atomic_write(link, b"x")
    assert link.is_symlink()
    assert target.read_bytes() == b"x"
    assert target.stat().st_mode == usual.stat().st_mode


def test_cache_folder_is_the_environment_s_or_the_platform_s(monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", "~/somewhere")
    assert cache_folder() == Path.home() / "somewhere"
    monkeypatch.delenv("PELLUCID_CACHE")
    assert "pellucid" in str(cache_folder())


@pytest.mark.parametrize("step", ["_write", "_flush", "_rename"])
def test_an_error_names_the_file_that_was_to_be_written(tmp_path, monkeypatch, step):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, step, full)
    with pytest.raises(OSError, match="No space left") as error:
        atomic_write(tmp_path / "a.bin", b"new")
    assert error.value.filename == str(tmp_path / "a.bin")
