import os
from pathlib import Path

import pytest

from pellucid.errors import (
    ConfigurationError,
    ModelFileError,
    RunExistsError,
    RunInUseError,
)
from pellucid.files.locks import LOCK, lock_folder
from pellucid.runs.folder import (
    check_folder,
    held_in,
    hold_folder,
    model_in,
    remove_checkpoints,
    remove_results,
)
from pellucid.runs.run import reference_run
from tests.runs.examples import (
    QUICK,
    contents,
    say_nothing,
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


def test_an_existing_run_is_refused_and_untouched(finished, no_data):
    folder = finished[0]
    before = contents(folder)
    with pytest.raises(RunExistsError) as caught:
        reference_run(QUICK, folder, say_nothing)
    assert str(caught.value).startswith(f"{folder} already holds a run (model.safetensors, ")
    assert str(caught.value).endswith("name another folder with out, or replace it with "
                                      "overwrite.")  # fmt: skip
    assert contents(folder) == before


def test_a_picture_of_somebody_else_is_not_overwritten(tmp_path, no_data):
    (tmp_path / "loss.png").write_bytes(b"mine")
    with pytest.raises(RunExistsError, match=r"already holds loss\.png; name another folder"):
        reference_run(QUICK, tmp_path, say_nothing)
    assert contents(tmp_path) == {"loss.png": b"mine"}


@pytest.mark.parametrize("below", ["", "sub", "sub/sub"])
def test_a_file_is_no_folder(tmp_path, no_data, below):
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(ConfigurationError, match=r"file is a file; out must name a folder\.$"):
        reference_run(QUICK, tmp_path / "file" / below, say_nothing)
    assert (tmp_path / "file").read_bytes() == b"mine"


@pytest.mark.parametrize("below", ["", "sub", "sub/sub"])
@pytest.mark.parametrize("target", ["link", "nowhere"])
def test_a_link_that_leads_to_nothing(tmp_path, no_data, target, below):
    """A circle of links, and one to what is not there."""
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(ConfigurationError, match=r"link is a link that leads to nothing; remove "):
        reference_run(QUICK, tmp_path / "link" / below, say_nothing)


def test_a_link_to_a_folder_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    check_folder(tmp_path / "link")
    check_folder(tmp_path / "link" / "below")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_folder_that_is_read_only(tmp_path, no_data):
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigurationError, match=r"can't be written: .* is read-only; name anot"):
        reference_run(QUICK, tmp_path / "run", say_nothing)


def test_a_folder_that_the_system_calls_read_only(tmp_path, no_data, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    with pytest.raises(ConfigurationError, match=r"can't be written: .* is read-only; name anot"):
        reference_run(QUICK, tmp_path / "new" / "run", say_nothing)
    assert list(tmp_path.iterdir()) == []


def test_a_model_is_a_file_or_what_a_run_wrote_into_a_folder(killed, tmp_path):
    with pytest.raises(ModelFileError, match=r"has written no model yet; go on with it: pellucid"):
        model_in(killed)
    (killed / "model.safetensors").write_bytes(b"m")
    assert model_in(killed) == killed / "model.safetensors"
    assert model_in(killed / "model.safetensors") == killed / "model.safetensors"
    assert model_in(tmp_path / "missing") == tmp_path / "missing"  # reading it tells
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelFileError, match=r"it is a folder without model\.safetensors; name a"):
        model_in(tmp_path / "empty")
