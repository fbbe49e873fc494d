"""When checkpoints are written, which are kept, and what a training goes on from."""

import errno
import os
import re
import subprocess
import sys

import numpy as np
import pytest
import safetensors
import safetensors.numpy

from pellucid import Adam, Augmentation, Checkpoints, Schedule, Trainer, fingerprint
from pellucid.errors import CheckpointError, ConfigurationError, RunInUseError
from pellucid.files import atomic as files
from pellucid.files.locks import LOCK, lock_folder
from pellucid.training import checkpoints as module
from pellucid.training import load_checkpoint
from pellucid.training.checkpoints import checkpoint_paths, newest_checkpoint
from tests.training.examples import NETWORK, bright_corners

IMAGES, LABELS = bright_corners(60)
# 70 a batch of 60 images: every batch spans two passes, some three; the last has 30 more.
CALL = {"total_images": 730, "batch_size": 70, "schedule": Schedule(0.3, 0.4)}
UPDATES = 10


def trainer(**settings):
    return Trainer(NETWORK, optimizer=Adam(0.01), augmentation=Augmentation(), **settings)


def train(folder=None, stop=None, resume=False, images=IMAGES, labels=LABELS, call=(), made=None,
          **settings):  # fmt: skip
    """Train, as far as update ``stop``; return the trainer."""
    checkpoints = None if folder is None else Checkpoints(folder, **{"every_updates": 1} | settings)
    made = trainer(workers=2) if made is None else made
    with made:
        made.fit(
            images, labels, **CALL | dict(call), checkpoints=checkpoints, resume=resume,
            on_update=lambda update: update.update == stop,
        )  # fmt: skip
    return made


@pytest.fixture(scope="module")
def whole():
    made = train()
    assert len(made.history) == UPDATES
    return made


def bits(made):
    """Return all that must be the same: parameters, moments, passes, and every update's bits."""
    state = made._state
    updates = [
        (u.update, u.images, u.loss, u.accuracy, u.fingerprint) for u in made.history.updates
    ]
    return fingerprint(made), state.m.tobytes(), state.v.tobytes(), state.t, made._passes, updates


def numbers(folder):
    return [int(path.stem[-8:]) for path in checkpoint_paths(folder)]


# Resuming.


@pytest.mark.parametrize("stop", range(1, UPDATES + 1))
def test_resuming_after_every_update_changes_no_bit(whole, tmp_path, stop):
    train(tmp_path, stop)
    assert bits(train(tmp_path, resume=True)) == bits(whole)


def test_resuming_from_the_state_before_the_first_update(whole, tmp_path):
    train(tmp_path, 1)
    (tmp_path / "checkpoint-00000001.safetensors").unlink()
    assert numbers(tmp_path) == [0]
    assert bits(train(tmp_path, resume=True)) == bits(whole)


@pytest.mark.parametrize("where", ["on_update", "workers"])
def test_an_error_during_training_loses_nothing(whole, tmp_path, where):
    """An error of the caller's, or of what the sections run on: workers that are lost."""
    made, call = trainer(), {}

    def fail(*args, **options):
        if len(made.history) == 4:
            raise RuntimeError("lost")
        return work(*args, **options)

    if where == "on_update":
        call["on_update"], work = fail, id
    else:
        work, made._workers.map = made._workers.map, fail
    with pytest.raises(RuntimeError, match="lost"), made:
        made.fit(IMAGES, LABELS, **CALL, checkpoints=Checkpoints(tmp_path), **call)
    assert numbers(tmp_path) == [4, 0]
    assert bits(train(tmp_path, resume=True)) == bits(whole)


def test_resuming_again_and_again(whole, tmp_path):
    train(tmp_path, 1)
    for stop in range(2, UPDATES + 1):
        made = train(tmp_path, stop, resume=True, made=trainer(workers=1 + stop % 3))
        assert len(made.history) == stop
    assert bits(made) == bits(whole)


def test_resuming_a_training_that_is_done_gives_it_back(whole, tmp_path):
    train(tmp_path)
    made, heard = trainer(), []
    with made:
        history = made.fit(
            IMAGES, LABELS, **CALL, checkpoints=Checkpoints(tmp_path), resume=True,
            on_update=heard.append,
        )  # fmt: skip
    assert (bits(made), heard) == (bits(whole), [])
    assert len(history) == UPDATES


def test_a_trainer_that_did_something_else_before_is_set_right(whole, tmp_path):
    train(tmp_path, 4)
    made = trainer(seed=0)
    with made:
        made.fit(255 - IMAGES, LABELS, epochs=3, batch_size=30)
        train(tmp_path, resume=True, made=made)
    assert bits(made) == bits(whole)


def test_a_second_call_is_resumed_into(tmp_path):
    """What the first call left, its moments and its passes, is in the checkpoint too."""
    call = {"total_images": 300}
    expected = trainer()
    for _ in range(2):
        train(made=expected, call=call)
    first = train(call=call)
    train(tmp_path, len(first.history) + 2, call=call, made=first)
    made = train(tmp_path, resume=True, call=call)
    assert bits(made) == bits(expected)
    again = train(made=made, call=call)
    assert bits(again) == bits(train(made=expected, call=call))


def test_a_checkpoint_can_be_given_itself(whole, tmp_path):
    train(tmp_path, 7, keep=10)
    path = tmp_path / "checkpoint-00000003.safetensors"
    made = trainer()
    with made:
        history = made.fit(IMAGES, LABELS, **CALL, resume=load_checkpoint(path))
    assert bits(made) == bits(whole)
    assert [update.update for update in history.updates] == list(range(1, UPDATES + 1))
    with pytest.raises(CheckpointError, match="seed is 0 there and 1 here"):
        trainer(seed=1).fit(IMAGES, LABELS, **CALL, resume=load_checkpoint(path))


def test_seconds_go_on(tmp_path):
    train(tmp_path, 5)
    seconds = [update.seconds for update in train(tmp_path, resume=True).history.updates]
    assert seconds == sorted(seconds)


# What is refused.


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": 255 - IMAGES}, "the data's images differ"),
        ({"labels": 3 - LABELS}, "the data's labels differ"),
        (
            {"images": IMAGES[:-1], "labels": LABELS[:-1]},
            "the data's images differ; the data's labels differ. Give it",
        ),
        ({"call": {"sample_weight": np.arange(60)}}, "the data's sample_weight differ"),
        ({"call": {"batch_size": 71}}, "batch_size is 70 there and 71 here"),
        ({"call": {"total_images": 800}}, "total_images is 730 there and 800 here"),
        ({"call": {"schedule": Schedule()}}, "warmup is 0.3 there and 0.0 here; cooldown is 0.4"),
        ({"made": trainer(seed=1)}, "seed is 0 there and 1 here"),
        ({"made": trainer(sections=4)}, "sections is 8 there and 4 here"),
        (
            {"made": Trainer(NETWORK, optimizer=Adam(0.02))},
            "learning_rate is 0.01 there and 0.02 here; augmentation is {",
        ),
    ],
)
def test_another_run_is_refused_naming_what_differs(tmp_path, changes, message):
    train(tmp_path, 2)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(CheckpointError, match=re.escape(message)) as error:
        train(tmp_path, resume=True, **changes)
    assert str(error.value).startswith("Can't resume, for this is another run than the checkpoint")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_checkpoint_that_does_not_say_whether_there_were_weights(whole, tmp_path):
    train(tmp_path, 3)
    (newest := newest_checkpoint(tmp_path, print)).settings["data"].pop("weighted")
    assert bits(train(resume=newest)) == bits(whole)
    with pytest.raises(CheckpointError, match=r"checkpoint's: the data's sample_weight differ\."):
        train(resume=newest, call={"sample_weight": np.arange(60)})


def test_nothing_to_resume_from(tmp_path):
    with pytest.raises(CheckpointError, match=r"^There is no checkpoint in .*\.$"):
        train(tmp_path, resume=True)
    with pytest.raises(ConfigurationError, match="resume is True, but there are no checkpoints"):
        train(resume=True)


def test_a_folder_that_holds_checkpoints_is_not_written_over(tmp_path):
    train(tmp_path, 2)
    with pytest.raises(CheckpointError, match=r"already holds checkpoints, checkpoint-00000002\."):
        train(tmp_path)
    assert numbers(tmp_path) == [2, 1, 0]


def test_one_training_at_a_time(tmp_path):
    with lock_folder(tmp_path), pytest.raises(RunInUseError, match="Another process is training"):
        train(tmp_path)
    train(tmp_path, 1)


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
    assert bits(made) == bits(whole)
    assert numbers(tmp_path / "new") == [10, 9, 8]


def test_later_checkpoints_of_the_same_training_make_way(whole, tmp_path):
    train(tmp_path, keep=9)
    early = load_checkpoint(tmp_path / "checkpoint-00000003.safetensors")
    train(tmp_path, 5, resume=early, keep=9)
    assert numbers(tmp_path) == [5, 4, 3, 2]
    assert bits(train(tmp_path, resume=True)) == bits(whole)


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
    assert bits(made) == bits(whole)
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
    monkeypatch.setattr(module, "current_versions", lambda: {"numba": "9.9"})
    lines = []
    train(tmp_path, resume=True, say=lines.append)
    assert lines[0].startswith("The checkpoint was written by other versions (")
    assert 'there and "9.9" here' in lines[0]


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
    assert bits(made) == bits(whole)  # training went on
    assert numbers(tmp_path) == [3, 2, 1]
    assert len(lines) == 8  # seven, and the last one once more
    assert lines[-1].endswith("Training ends without it; the newest is that of update 3.")
    assert not any("ends without" in line for line in lines[:-1])
    assert lines[0].endswith(
        "checkpoint-00000004.safetensors can't be written: No space left on device. Training goes "
        "on without it; the newest is that of update 3."
    )
    assert bits(train(tmp_path, resume=True)) == bits(whole)


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
        assert bits(made) == bits(whole)
        assert "can't be written: No space left on device" in lines[0]
        assert len(numbers(disk / "c")) > 1
        assert not list((disk / "c").glob("*.tmp"))
        assert bits(train(disk / "c", resume=True, say=print)) == bits(whole)
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(
            CheckpointError, match=r"can't be written to .*: Read-only file system;"
        ):
            train(disk / "c", resume=True)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_two_processes(tmp_path):
    """The second is refused while the first trains, and not once the first was killed."""
    code = (
        "import sys, time; from tests.training.test_checkpoints import *\n"
        "def wait(update):\n"
        "    print('at work', flush=True); time.sleep(600)\n"
        "trainer().fit(IMAGES, LABELS, **CALL, checkpoints=Checkpoints(sys.argv[1]),"
        " on_update=wait)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "at work\n"
        for resume in (False, True):
            with pytest.raises(RunInUseError):
                train(tmp_path, resume=resume)
        first.kill()
        first.wait()
    train(tmp_path, resume=True)


def test_a_checkpoint_is_a_state_of_its_own(tmp_path):
    """What was captured does not change as training goes on."""
    made = trainer()
    with made:
        made.fit(IMAGES, LABELS, **CALL, checkpoints=Checkpoints(tmp_path, every_updates=2, keep=9))
    for path in checkpoint_paths(tmp_path):
        state = load_checkpoint(path).state
        if state.updates:
            assert fingerprint(state.parameters).startswith(state.updates[-1].fingerprint)


# Another training's checkpoints.


def test_replaced_checkpoints_stay_until_the_first_update_is_done(whole, tmp_path):
    train(tmp_path, made=trainer(seed=5))
    seen = []
    made = trainer()
    work = made._workers.map

    def see(*args, **options):
        seen.append(numbers(tmp_path))
        return work(*args, **options)

    made._workers.map = see
    train(tmp_path, made=made, replace=True, every_updates=4, keep=9)
    assert seen[:2] == [[10, 9, 8, 0], [0]]
    assert numbers(tmp_path) == [10, 8, 4, 0]
    assert bits(train(tmp_path, resume=True)) == bits(whole)


def test_an_error_before_the_first_update_leaves_replaced_checkpoints(tmp_path):
    train(tmp_path, 4, made=trainer(seed=5))
    made = trainer()

    def fail(*args, **options):
        raise RuntimeError("lost")

    made._workers.map = fail
    with pytest.raises(RuntimeError, match="lost"):
        train(tmp_path, made=made, replace=True)
    assert numbers(tmp_path) == [4, 3, 2, 0]
    train(tmp_path, 5, resume=True, made=trainer(seed=5))


# What is not damage.


def newer(path):
    with safetensors.safe_open(path, "np") as file:
        metadata = file.metadata() | {"format_version": "2"}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    path.write_bytes(safetensors.numpy.save(tensors, metadata))


def test_a_newer_format_is_not_passed_over(tmp_path):
    train(tmp_path, 2)
    newer(tmp_path / "checkpoint-00000002.safetensors")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    early = load_checkpoint(tmp_path / "checkpoint-00000001.safetensors")
    for resume in (True, early):
        with pytest.raises(CheckpointError, match="format version 2, this Pellucid reads up to 1"):
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
