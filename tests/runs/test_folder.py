import os

import pytest

from pellucid.errors import RunExistsError, RunInUseError
from pellucid.files.locks import LOCK, lock_folder
from pellucid.runs.folder import (
    check_folder,
    held_in,
    hold_folder,
    remove_checkpoints,
    remove_results,
)


def names(folder):
    return {path.name for path in folder.iterdir()} - {LOCK}


@pytest.fixture
def killed(tmp_path):
    """Return the folder of a run that was killed: checkpoints, and a file half written."""
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "checkpoint-00000010.safetensors").write_bytes(b"c")
    (tmp_path / ".pellucid-0123.tmp").write_bytes(b"half")
    return tmp_path


def test_checkpoints_are_a_run(killed):
    with pytest.raises(RunExistsError) as error:
        check_folder(killed)
    assert str(error.value) == (
        f"{killed} already holds a run (checkpoints); name another folder with out, go on with "
        "it with resume, or replace it with overwrite."
    )
    check_folder(killed, resume=True)
    check_folder(killed, overwrite=True)


def test_a_folder_in_use_is_told_first(killed):
    with lock_folder(killed), pytest.raises(RunInUseError, match="Another process is training"):
        check_folder(killed)


def test_resume_removes_what_was_half_written_and_nothing_else(killed):
    with hold_folder(killed, resume=True), pytest.raises(RunInUseError):
        check_folder(killed, resume=True)
    assert names(killed) == {"checkpoints"}
    assert len(list((killed / "checkpoints").iterdir())) == 1


def test_what_is_a_run_s_is_removed_and_nothing_else(killed):
    for name in ("model.safetensors", "metrics.json", "loss.png", "notes.txt"):
        (killed / name).write_bytes(b"old")
    assert held_in(killed) == ["model.safetensors", "metrics.json", "loss.png", "checkpoints"]
    with hold_folder(killed, overwrite=True):
        assert len(held_in(killed)) == 4  # which is for those who have something to replace it
    remove_results(killed, ["metrics.json"])
    assert held_in(killed) == ["model.safetensors", "loss.png", "checkpoints"]
    remove_results(killed)
    remove_checkpoints(killed)
    assert names(killed) == {"checkpoints", "notes.txt"}
    assert held_in(killed) == []


def test_a_run_that_was_written_meanwhile_is_kept(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"of another process")

    def hold():
        with hold_folder(tmp_path):
            pass

    with pytest.raises(RunExistsError, match="holds a run that another process has just written"):
        hold()
    with hold_folder(tmp_path, resume=True):
        assert names(tmp_path) == {"model.safetensors"}


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_looking_leaves_nothing_behind(tmp_path):
    check_folder(tmp_path / "new" / "run")
    assert list(tmp_path.iterdir()) == []
