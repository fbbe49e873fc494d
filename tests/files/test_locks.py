import os
import subprocess
import sys

import pytest

from pellucid.errors import RunInUseError
from pellucid.files.locks import LOCK, lock_folder

HOLD = """
import sys, time
from pathlib import Path
from pellucid.files.locks import lock_folder
with lock_folder(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def take(folder):
    with lock_folder(folder):
        pass


def test_one_at_a_time_in_one_process(tmp_path):
    with lock_folder(tmp_path):
        with pytest.raises(RunInUseError, match=r"^Another process is training into .*; wait unt"):
            take(tmp_path)
        with pytest.raises(RunInUseError):  # the refused one did not let the first one's go
            take(tmp_path)
    take(tmp_path)
    assert (tmp_path / LOCK).exists()


def test_an_error_inside_lets_it_go(tmp_path):
    def fail():
        with lock_folder(tmp_path):
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        fail()
    take(tmp_path)


def test_another_process_holds_it_until_it_is_killed(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RunInUseError):
            take(tmp_path)
        holder.kill()
        holder.wait()
    take(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_what_a_lock_file_holds_does_not_matter(tmp_path):
    (tmp_path / LOCK).write_text("left by a killed process")
    take(tmp_path)
