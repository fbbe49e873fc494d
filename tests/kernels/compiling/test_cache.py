"""Whatever happens to the cache's files, a process goes on, and leaves a cache that is whole."""

from __future__ import annotations

import os
import pickle
import random
import shutil
import subprocess
import sys
import time

import pytest
from hypothesis import given, strategies

from pellucid.execution.sections import prepare
from pellucid.files import atomic
from pellucid.files.atomic import cache_folder
from pellucid.kernels.compiling import cache
from pellucid.kernels.compiling.compile import compile_function
from pellucid.network import presets
from tests.long import takes_long

A_FEW_KERNELS = """
import numpy as np
from pellucid.execution.signals import new_board, tell_and_look
from pellucid.kernels.layers import relu
from pellucid.kernels.compiling.cache import announce_with
announce_with(lambda text: print("SAID", text))
relu.forward()
relu.backward()
assert tell_and_look(new_board(2), 0, 7, 0, 7, 1, 0)
"""
WHOLE_NETWORK = """
from pellucid import presets
from pellucid.execution.sections import prepare
from pellucid.kernels.compiling.cache import announce_with
announce_with(lambda text: print("SAID", text))
prepare(presets.reference())
"""
FULL_DISK = """
import errno, os
from pellucid.files import atomic
def fail(file, data):
    file.write(data[:100])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
atomic._write = fail
"""
"""What makes a process's disk full; a sum's length is written, and no more."""
NOT_READABLE = """
from pathlib import Path
def fail(path):
    raise PermissionError(13, "Permission denied", str(path))
Path.read_bytes = (lambda was: lambda path: (fail if path.suffix == ".code" else was)(path))(
    Path.read_bytes
)
"""


def run(code, **environment):
    result = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True,
        text=True, timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout.splitlines()


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Return a cache of a few entries."""
    folder = tmp_path_factory.mktemp("filled")
    run(A_FEW_KERNELS, PELLUCID_CACHE=str(folder))
    return folder


@pytest.fixture
def copy(filled, tmp_path):
    return shutil.copytree(filled, tmp_path / "copy")


def entries(folder):
    (version,) = (folder / "kernels").iterdir()
    return sorted(version.iterdir())


def test_kernels_are_compiled_once_and_that_is_said_once(tmp_path):
    folder = tmp_path / "a cache"
    said = run(A_FEW_KERNELS, PELLUCID_CACHE=str(folder))
    (version,) = (folder / "kernels").iterdir()
    assert said == [f"SAID Compiling kernels for this processor; they are kept in {version}."]
    files = {file: file.stat().st_mtime_ns for file in version.iterdir()}
    assert any(file.name.startswith("elementwise.relu_forward-") for file in files)
    assert len(files) == 3
    assert run(A_FEW_KERNELS, PELLUCID_CACHE=str(folder)) == []
    assert {file: file.stat().st_mtime_ns for file in version.iterdir()} == files


def nothing(path):
    path.write_bytes(b"")


def half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def all_but_the_last_byte(path):
    path.write_bytes(path.read_bytes()[:-1])


def one_byte_more(path):
    path.write_bytes(path.read_bytes() + b"\0")


def zeros(path):
    path.write_bytes(bytes(path.stat().st_size))


def flipped(path):
    content, chance = bytearray(path.read_bytes()), random.Random(path.name)
    for _ in range(20):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def flipped_at_the_end(path):
    content = bytearray(path.read_bytes())
    content[-len(content) // 4] ^= 16
    path.write_bytes(content)


def text(path):
    path.write_text("an index of long ago")


def of_another_kernel(path):
    others = [other for other in path.parent.iterdir() if other != path and other.is_file()]
    path.write_bytes(others[0].read_bytes())


def right_sum_over_nonsense(path):
    for nonsense in (b"", b"no pickle", pickle.dumps(("not", "a result"))):
        path.write_bytes(cache._sum_of(path, nonsense) + nonsense)


def folder_in_its_place(path):
    path.unlink()
    path.mkdir()
    (path / "file").touch()


def pipe_in_its_place(path):
    path.unlink()
    os.mkfifo(path)


def circle_of_links(path):
    path.unlink()
    path.symlink_to(path.name)


def link_to_nowhere(path):
    path.unlink()
    path.symlink_to("nowhere/at all")


DAMAGES = (
    nothing, half, all_but_the_last_byte, one_byte_more, zeros, flipped, flipped_at_the_end, text,
    of_another_kernel, right_sum_over_nonsense, folder_in_its_place, circle_of_links,
    link_to_nowhere, *([pipe_in_its_place] if hasattr(os, "mkfifo") else []),
)  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damaged_entries_are_made_anew(copy, damage):
    files = entries(copy)
    for path in files:
        damage(path)
    said = run(A_FEW_KERNELS, PELLUCID_CACHE=str(copy))
    assert len(said) == 1
    assert said[0].startswith("SAID Compiling kernels for this processor; they are kept in ")
    assert entries(copy) == files
    assert all(len(cache._read(path)) > 1000 for path in files)


def test_one_damaged_entry_of_several_is_made_anew(copy):
    damaged, *others = entries(copy)
    before = {path: path.stat().st_mtime_ns for path in others}
    flipped(damaged)
    assert len(run(A_FEW_KERNELS, PELLUCID_CACHE=str(copy))) == 1
    assert {path: path.stat().st_mtime_ns for path in others} == before
    assert run(A_FEW_KERNELS, PELLUCID_CACHE=str(copy)) == []


@given(strategies.data())
def test_no_damage_to_an_entry_goes_unnoticed(filled, data):
    path = entries(filled)[0]
    whole = path.read_bytes()
    place = strategies.integers(0, len(whole) - 1)
    changed = bytearray(whole)
    how = data.draw(strategies.sampled_from(["cut", "flip", "overwrite", "drop"]))
    at = data.draw(place)
    if how == "cut":
        del changed[at:]
    elif how == "flip":
        changed[at] ^= 1 << data.draw(strategies.integers(0, 7))
    elif how == "overwrite":
        block = data.draw(strategies.binary(min_size=1, max_size=64))
        changed[at : at + len(block)] = block
    else:
        del changed[at : at + data.draw(strategies.integers(1, 4096))]
    assert cache._read(path) is not None
    path.write_bytes(changed)
    try:
        assert (cache._read(path) is None) == (bytes(changed) != whole)
    finally:
        path.write_bytes(whole)


def test_entries_that_may_not_be_read_are_no_entries(copy):
    said = run(NOT_READABLE + A_FEW_KERNELS, PELLUCID_CACHE=str(copy))
    assert len(said) == 1
    assert said[0].startswith("SAID Compiling kernels for this processor")


def test_a_full_disk_is_said_once_and_ends_nothing(tmp_path):
    said = run(FULL_DISK + A_FEW_KERNELS, PELLUCID_CACHE=str(tmp_path))
    assert len(said) == 2
    assert said[1].startswith(f"SAID The compiled kernels can't be kept in {tmp_path}")
    assert said[1].endswith(
        "(No space left on device), so each process compiles them anew; make room there, or let "
        "PELLUCID_CACHE name a folder that can be written."
    )
    assert entries(tmp_path) == []


@takes_long
def test_a_whole_run_on_a_full_disk_of_the_cache(tmp_path):
    """Training, testing and predicting compile other kernels; each of them goes on."""
    code = (
        f"{FULL_DISK}\nimport warnings\nwarnings.simplefilter('error')\n"
        "from pellucid import CNNClassifier, Dense, Flatten, data\n"
        "from pellucid.kernels.compiling.cache import announce_with\n"
        "announce_with(lambda text: print('SAID', text))\n"
        "digits = data.load('digits')\n"
        "classifier = CNNClassifier([Flatten(), Dense(10)], max_iter=1, random_state=0)\n"
        "classifier.fit(digits.train_images[:256], digits.train_labels[:256])\n"
        "print(classifier.predict(digits.test_images[:20]).shape)\n"
        "print(classifier.predict(digits.test_images[:2]).shape)\n"
    )
    said = run(code, PELLUCID_CACHE=str(tmp_path))
    assert [line for line in said if not line.startswith("SAID")] == ["(20,)", "(2,)"]
    assert len(said) == 4


@pytest.mark.parametrize("what", ["a file", "a circle"])
def test_a_cache_that_cannot_be_there_is_said_once(tmp_path, what):
    place = tmp_path / "place"
    place.write_text("no folder") if what == "a file" else place.symlink_to("place")
    (said,) = run(A_FEW_KERNELS, PELLUCID_CACHE=str(place))
    assert said.startswith(f"SAID The compiled kernels can't be kept in {place}")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions don't bind root")
def test_a_read_only_cache_is_used_as_far_as_it_goes(copy):
    first, *_ = entries(copy)
    first.unlink()
    first.parent.chmod(0o500)
    (said,) = run(A_FEW_KERNELS, PELLUCID_CACHE=str(copy))
    assert said.startswith(f"SAID The compiled kernels can't be kept in {first.parent} (Permission")


def test_in_python_a_warning_says_that_nothing_is_kept(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(cache, "_folder", lambda: tmp_path / "file" / "kernels")
    monkeypatch.setattr(cache, "_said", set())
    monkeypatch.setattr(cache, "_announce", None)

    @compile_function
    def double(x):
        return 2 * x

    with pytest.warns(RuntimeWarning, match="The compiled kernels can't be kept in .*, so each"):
        assert double(2) == 4
    assert double(2.5) == 5.0  # another signature, and no second warning


def test_a_folder_removed_while_in_use_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "_folder", lambda: tmp_path / "kernels" / "version")

    @compile_function
    def double(x):
        return 2 * x

    for number in (2, 2.5):
        shutil.rmtree(tmp_path / "kernels", ignore_errors=True)
        assert double(number) == 2 * number
        assert len([*(tmp_path / "kernels" / "version").iterdir()]) == 1


def test_versions_share_no_folder_and_those_not_used_for_long_are_removed(tmp_path):
    recent, old = tmp_path / "kernels" / "recent", tmp_path / "kernels" / "old"
    for folder in (recent, old):
        folder.mkdir(parents=True)
        (folder / "relu.code").touch()
    long_ago = time.time() - cache.UNUSED - 60
    os.utime(old, (long_ago, long_ago))
    assert len(run(A_FEW_KERNELS, PELLUCID_CACHE=str(tmp_path))) == 1
    assert recent.is_dir()
    assert not old.exists()
    assert len([*(tmp_path / "kernels").iterdir()]) == 2


def test_what_numba_is_set_to_has_entries_of_its_own(copy):
    before = set(entries(copy))
    run(A_FEW_KERNELS, PELLUCID_CACHE=str(copy), NUMBA_OPT="1")
    assert len(set(entries(copy)) - before) == len(before)


def test_a_second_process_compiles_nothing_for_a_network():
    prepare(presets.reference())
    assert run(WHOLE_NETWORK, PELLUCID_CACHE=str(cache_folder())) == []


def test_the_stamp_of_the_machine_code_covers_rooms_within_the_room(tmp_path):
    file = tmp_path / "layers" / "relu.py"
    file.parent.mkdir()
    stamps = set()
    for content in ("a", "b"):
        file.write_text(content)
        stamps.add(cache._stamp_of(tmp_path))
    assert len(stamps) == 2


def test_a_room_without_source_has_no_stamp(tmp_path):
    with pytest.raises(AssertionError, match="no source files"):
        cache._stamp_of(tmp_path)


def test_what_is_compiled_elsewhere_has_its_own_file_in_its_name(tmp_path):
    names = set()
    for content in ("def f(x): return x\n", "def f(x): return x + 1\n"):
        (tmp_path / "elsewhere.py").write_text(content)
        found = {"__name__": "elsewhere"}
        exec(compile(content, str(tmp_path / "elsewhere.py"), "exec"), found)
        names.add(cache.CodeCache(found["f"])._path("(int64,)").name)
    assert len(names) == 2
    assert {name.partition(".cpython")[0].partition(".py")[0] for name in names} == {
        "elsewhere.f-1"
    }


def test_nothing_is_flushed_to_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "_flush", lambda file: pytest.fail("waits for the disk"))
    cache._write(tmp_path / "entry", b"code")
    assert cache._read(tmp_path / "entry") == b"code"
