"""When checkpoints are written, which are kept, and what is done about damaged ones."""

import dataclasses
import errno
import os
import re
import subprocess

import pytest
import safetensors
import safetensors.numpy

from pellucid import Checkpoints, fingerprint
from pellucid.errors import CheckpointError, ConfigurationError
from pellucid.files import atomic as files
from pellucid.files.locks import LOCK
from pellucid.files.versions import current_versions
from pellucid.kernels.compiling.target import made_with
from pellucid.training import checkpoints as module
from pellucid.training import load_checkpoint
from pellucid.training.checkpoint_file import save_checkpoint
from pellucid.training.checkpoints import checkpoint_paths, newest_checkpoint
from tests.training.trainings import CALL, IMAGES, LABELS, all_bits, numbers, train, trainer

# When, and which are kept.


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"every_updates": 1}, [10, 9, 8]),
        ({"every_updates": 1, "keep": 1}, [10]),
        ({"every_updates": 4, "keep": 9}, [10, 8, 4, 0]),
        ({"every_updates": 100}, [10, 0]),
        ({"every_updates": None, "every_seconds": 1e-9, "keep": 99}, list(range(10, -1, -1))),
        ({"every_updates": None, "every_seconds": 1000.0}, [10, 0]),
        ({"every_updates": None}, [10, 0]),
        ({"every_updates": 6, "every_seconds": 1000.0}, [10, 6, 0]),
    ],
)
def test_how_often_and_how_many(tmp_path, settings, kept):
    train(tmp_path, **settings)
    assert numbers(tmp_path) == kept
    assert {path.name for path in tmp_path.iterdir()} == {
        LOCK, *(f"checkpoint-{number:08d}.safetensors" for number in kept)
    }  # fmt: skip


def test_time_counts_from_the_last_one(monkeypatch):
    every = Checkpoints("folder", every_seconds=2)
    assert [every.is_due(1, since) for since in (1.9, 2.0, 5)] == [False, True, True]
    assert [Checkpoints("folder").is_due(1, since) for since in (29, 30)] == [False, True]


def test_the_configuration_is_kept(tmp_path):
    train(tmp_path, 1, configuration={"mine": [1, 2]})
    assert newest_checkpoint(tmp_path, print).configuration == {"mine": [1, 2]}


def test_names_that_are_no_checkpoints_are_left_alone(tmp_path):
    for name in ("checkpoint-1.txt", "checkpoint-x.safetensors", "model.safetensors"):
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / ".pellucid-0123.tmp").write_bytes(b"of a killed process")
    train(tmp_path, 3, keep=1)
    assert {path.name for path in tmp_path.iterdir()} == {
        LOCK, "checkpoint-00000003.safetensors", "checkpoint-1.txt", "checkpoint-x.safetensors",
        "model.safetensors",
    }  # fmt: skip


def test_a_checkpoint_of_another_folder_is_gone_on_from_in_a_new_one(whole, tmp_path):
    train(tmp_path / "old", 4)
    made = train(tmp_path / "new", resume=newest_checkpoint(tmp_path / "old", print))
    assert all_bits(made) == all_bits(whole)
    assert numbers(tmp_path / "new") == [10, 9, 8]


def test_later_checkpoints_of_the_same_training_make_way(whole, tmp_path):
    train(tmp_path, keep=9)
    early = load_checkpoint(tmp_path / "checkpoint-00000003.safetensors")
    train(tmp_path, 5, resume=early, keep=9)
    assert numbers(tmp_path) == [5, 4, 3, 2]
    assert all_bits(train(tmp_path, resume=True)) == all_bits(whole)


def test_a_folder_with_checkpoints_of_another_training_is_refused(tmp_path):
    train(tmp_path / "mine", 4)
    train(tmp_path / "theirs", made=trainer(seed=5))
    before = numbers(tmp_path / "theirs")
    message = r"theirs holds checkpoints of another run, .*: seed is 5 there and 0 here\. Name ano"
    with pytest.raises(CheckpointError, match=message):
        train(tmp_path / "theirs", resume=newest_checkpoint(tmp_path / "mine", print))
    assert numbers(tmp_path / "theirs") == before


# Damage.


def damage(path):
    content = bytearray(path.read_bytes())
    content[-5] ^= 4
    path.write_bytes(content)


def test_the_newest_good_one_is_used_and_a_line_says_so(whole, tmp_path):
    train(tmp_path, 6)
    damage(tmp_path / "checkpoint-00000006.safetensors")
    (tmp_path / "checkpoint-00000005.safetensors").write_bytes(b"")
    lines = []
    made = train(tmp_path, resume=True, say=lines.append)
    assert all_bits(made) == all_bits(whole)
    assert [line.split(": ", 1)[1] for line in lines] == [
        "it is damaged: its content does not have the SHA-256 that it names. Using "
        "checkpoint-00000004.safetensors instead.",
        "it is empty (0 bytes). Using checkpoint-00000004.safetensors instead.",
    ]


def test_damaged_ones_are_replaced_or_removed(tmp_path):
    train(tmp_path, 6)
    damage(tmp_path / "checkpoint-00000006.safetensors")
    train(tmp_path, 7, resume=True, every_updates=7, say=print)
    assert numbers(tmp_path) == [7, 5, 4]
    for path in checkpoint_paths(tmp_path):
        load_checkpoint(path)


def test_without_say_it_warns(tmp_path):
    train(tmp_path, 2)
    damage(tmp_path / "checkpoint-00000002.safetensors")
    with pytest.warns(UserWarning, match=r"it is damaged: .* Using checkpoint-00000001"):
        train(tmp_path, resume=True)


def test_all_are_damaged(tmp_path):
    train(tmp_path, 2)
    for path in checkpoint_paths(tmp_path):
        damage(path)
    with pytest.raises(
        CheckpointError,
        match=r"^There is no usable checkpoint in .*; all 3 are damaged: Can't load the checkpoint",
    ):
        train(tmp_path, resume=True)


def test_other_versions_are_told(tmp_path, monkeypatch):
    train(tmp_path, 2)
    monkeypatch.setattr(module, "made_with", lambda: {"numba": "9.9"})
    lines = []
    train(tmp_path, resume=True, say=lines.append)
    assert lines[0].startswith("The checkpoint was written by other versions (numba: ")
    assert "there, 9.9 here); the result may differ in its last bits" in lines[0]


def test_another_processor_changes_nothing(tmp_path, monkeypatch):
    train(tmp_path, 2)
    monkeypatch.setattr(module, "made_with", lambda: made_with() | {"processor": "another"})
    lines = []
    train(tmp_path, resume=True, say=lines.append)
    assert lines == []


def test_checkpoints_from_before_the_processor_was_kept_say_nothing_of_it(tmp_path):
    train(tmp_path, 2)
    path = checkpoint_paths(tmp_path)[0]
    old = dataclasses.replace(load_checkpoint(path), versions=current_versions())
    save_checkpoint(path, old)
    lines = []
    train(tmp_path, resume=True, say=lines.append)
    assert lines == []


@pytest.mark.parametrize("target", ["link", "nowhere", "file"])
def test_a_link_that_leads_to_no_folder(tmp_path, target):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(CheckpointError, match=r"link: it is a file, or a link that leads to noth"):
        train(tmp_path / "link", 1)


# A disk that is full, a folder that can't be written.


def full_from(monkeypatch, count):
    """Let the disk be full from the ``count``-th write on."""
    real, done = files._write, []

    def write(file, data):
        done.append(1)
        if len(done) >= count:
            file.write(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(file, data)

    monkeypatch.setattr(files, "_write", write)


def test_a_disk_that_is_full_from_the_start_is_told_before_work(tmp_path, monkeypatch):
    full_from(monkeypatch, 1)
    with pytest.raises(CheckpointError, match=r"00000000\.safetensors can't be written: No space"):
        train(tmp_path)
    assert numbers(tmp_path) == []


def test_a_disk_that_gets_full_loses_nothing(whole, tmp_path, monkeypatch):
    lines = []
    with monkeypatch.context() as patch:
        full_from(patch, 5)
        made = train(tmp_path, say=lines.append)
    assert all_bits(made) == all_bits(whole)  # training went on
    assert numbers(tmp_path) == [3, 2, 1]
    assert len(lines) == 8  # seven, and the last one once more
    assert lines[-1].endswith("Training ends without it; the newest is that of update 3.")
    assert not any("ends without" in line for line in lines[:-1])
    assert lines[0].endswith(
        "checkpoint-00000004.safetensors can't be written: No space left on device. Training goes "
        "on without it; the newest is that of update 3."
    )
    assert all_bits(train(tmp_path, resume=True)) == all_bits(whole)


def test_a_folder_that_is_read_only(tmp_path, monkeypatch):
    def refuse(*args):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(module, "lock_folder", refuse)
    with pytest.raises(CheckpointError, match=r"can't be written to .*: Permission denied; name a"):
        train(tmp_path / "new")
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(CheckpointError, match="Checkpoints can't be written to"):
        train(tmp_path / "file" / "checkpoints")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount")
def test_a_real_disk_that_is_full(whole, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", disk]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this system mounts nothing")
    try:
        lines = []
        made = train(disk / "c", say=lines.append, keep=9)
        assert all_bits(made) == all_bits(whole)
        assert "can't be written: No space left on device" in lines[0]
        assert len(numbers(disk / "c")) > 1
        assert not list((disk / "c").glob("*.tmp"))
        assert all_bits(train(disk / "c", resume=True, say=print)) == all_bits(whole)
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(
            CheckpointError, match=r"can't be written to .*: Read-only file system;"
        ):
            train(disk / "c", resume=True)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_checkpoint_is_a_state_of_its_own(tmp_path):
    """What was captured does not change as training goes on."""
    made = trainer()
    with made:
        made.fit(IMAGES, LABELS, **CALL, checkpoints=Checkpoints(tmp_path, every_updates=2, keep=9))
    for path in checkpoint_paths(tmp_path):
        state = load_checkpoint(path).state
        if state.updates:
            assert fingerprint(state.parameters).startswith(state.updates[-1].fingerprint)


# What is not damage.


def newer(path):
    with safetensors.safe_open(path, "np") as file:
        metadata = file.metadata() | {"format_version": "4"}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    path.write_bytes(safetensors.numpy.save(tensors, metadata))


def test_a_newer_format_is_not_passed_over(tmp_path):
    train(tmp_path, 2)
    newer(tmp_path / "checkpoint-00000002.safetensors")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    early = load_checkpoint(tmp_path / "checkpoint-00000001.safetensors")
    for resume in (True, early):
        with pytest.raises(CheckpointError, match="format version 4, this Pellucid reads up to 3"):
            train(tmp_path, resume=resume)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), MemoryError()])
def test_a_checkpoint_that_others_could_read_is_not_passed_over(tmp_path, monkeypatch, error):
    train(tmp_path, 2)

    def refuse(*args, **options):
        raise error

    monkeypatch.setattr(safetensors, "safe_open", refuse)
    with pytest.raises(CheckpointError, match="Can't load the checkpoint"):
        train(tmp_path, resume=True)


@pytest.mark.parametrize("value", [os, {1, 2}, float("nan"), b"bytes"])
def test_a_configuration_that_json_can_t_hold(value):
    with pytest.raises(ConfigurationError, match=r"^configuration can't be JSON \(.*\); use texts"):
        Checkpoints("folder", configuration={"a": value})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"every_updates": 0}, "every_updates is 0; it must be a whole number of at least 1."),
        ({"every_updates": 2.0}, "every_updates is 2.0; "),
        ({"every_seconds": 0}, "every_seconds is 0; it must be a finite number above 0"),
        ({"every_seconds": float("nan")}, "every_seconds is nan; "),
        ({"every_seconds": "30s"}, "every_seconds is '30s'; "),
        ({"keep": 0}, "keep is 0; it must be a whole number of at least 1."),
        ({"keep": None}, "keep is None; "),
    ],
)
def test_settings_out_of_bounds(settings, message):
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        Checkpoints("folder", **settings)
