"""The command as a process: entry point, streams, signals, terminals."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib.metadata import version

import pytest

from pellucid import load_model
from tests.cli.console import process, read_until
from tests.long import takes_long

needs_signals = pytest.mark.skipif(os.name == "nt", reason="SIGINT can't be sent to a process")


def test_module_is_the_command():
    with process("--version") as started:
        out, err = started.communicate()
    assert (started.returncode, out, err) == (0, f"pellucid {version('pellucid')}\n", "")


def test_a_process_without_a_terminal(noise, tmp_path):
    """Results and notes go apart, without colors, through the real entry point."""
    with process("train", *noise, "--images", 8192, "--out", tmp_path / "run") as started:
        out, err = started.communicate()
    assert started.returncode == 0, err
    assert "\x1b" not in out + err
    assert out.startswith("Accuracy ")
    assert "Accuracy" not in err
    assert "update 8/8" in err
    with process("train", *noise, "--out", tmp_path / "run") as started:
        out, err = started.communicate()
    assert (started.returncode, out) == (1, "")
    assert err.startswith(f"Error: {tmp_path / 'run'} already holds a run")
    assert len(err.splitlines()) == 1


def test_an_output_that_knows_only_ascii(model, tmp_path, pictures):
    picture = tmp_path / "größe.png"
    picture.write_bytes(pictures[0].read_bytes())
    with process("predict", model, picture, PYTHONIOENCODING="ascii") as started:
        out, err = started.communicate()
    assert (started.returncode, err) == (0, "")
    assert "gr\\xf6\\xdfe.png" in out


def test_a_closed_pipe_ends_quietly():
    with process("data", "list") as started:
        started.stdout.close()
        err = started.stderr.read()
    assert "Traceback" not in err
    assert "Broken pipe" not in err


@needs_signals
def test_ctrl_c_saves_everything_and_a_second_one_leaves_at_once(noise, tmp_path):
    command = ["train", *noise, "--images", 500_000]
    with process(*command, "--out", tmp_path / "one") as first:
        read_until(first.stderr, "update ")
        first.send_signal(signal.SIGINT)
        out, err = first.communicate(timeout=60)
    assert first.returncode == 130
    metrics = json.loads((tmp_path / "one" / "metrics.json").read_text())
    assert metrics["interrupted"] is True
    assert 0 < metrics["images"] < 500_000
    assert f"Stopped after update {metrics['updates']}; keeping what was learned." in err
    assert out.startswith(f"Accuracy {metrics['accuracy']:.3%}")
    assert len(list((tmp_path / "one").glob("*.png"))) == 4
    assert load_model(tmp_path / "one" / "model.safetensors").configuration["updates"] < 488

    with process(*command, "--out", tmp_path / "two") as second:
        read_until(second.stderr, "update ")
        second.send_signal(signal.SIGINT)
        read_until(second.stderr, "Testing")
        second.send_signal(signal.SIGINT)
        out, err = second.communicate(timeout=60)
    assert list((tmp_path / "two").glob("*.png")) == []  # it didn't wait for the pictures
    assert (second.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "Stopped."
    assert load_model(tmp_path / "two" / "model.safetensors").configuration["updates"] < 488


@needs_signals
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=takes_long)],
)
def test_signals_to_a_group_with_worker_processes(noise, tmp_path, number, code):
    """A terminal or a scheduler sends it to all of the group; nothing of theirs is left."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "pellucid", "train", *map(str, noise), "--images", "2000000",
               "--executor", "processes", "--workers", "2", "--out", tmp_path / "run"]  # fmt: skip
    started = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )  # fmt: skip
    with started:
        read_until(started.stderr, "update ")
        assert len(list(temporary.glob("pellucid-images-*"))) == 1
        os.killpg(started.pid, number)
        _, err = started.communicate(timeout=120)
    assert started.returncode == code
    assert "Traceback" not in err
    assert re.search(r"^Stopped after update [1-9]\d*; keeping what was learned\.", err, re.M)
    assert load_model(tmp_path / "run" / "model.safetensors").configuration["updates"] > 0
    assert list(temporary.glob("pellucid-*")) == []
    deadline = time.monotonic() + 20
    while group_is_alive(started.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not group_is_alive(started.pid)


def group_is_alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
def test_a_terminal_gets_a_bar(noise, tmp_path):
    import pty

    control, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "60", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "pellucid", "train", *noise, "--images", "8192"]
    command += ["--out", tmp_path / "run"]
    with subprocess.Popen(command, stdout=terminal, stderr=terminal, env=environment):
        os.close(terminal)
        seen = b""
        while chunk := read_some(control):
            seen += chunk
    os.close(control)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen.decode())
    assert re.search(r"training ━* ?update 8/8  loss \d\.\d{4}  [\d,]+ images/s  0 s left", plain)
    assert "Accuracy " in plain


def read_some(control):
    try:
        return os.read(control, 65536)
    except OSError:  # what Linux answers once the process has ended
        return b""


@needs_signals
def test_a_job_in_the_background_ignores_ctrl_c(noise, tmp_path):
    """A shell without job control starts it so, and Ctrl-C is for what runs in front."""
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        started = process("train", *noise, "--images", 30_000, "--out", tmp_path / "run")
    finally:
        signal.signal(signal.SIGINT, usual)
    with started:
        read_until(started.stderr, "update ")
        started.send_signal(signal.SIGINT)
        _, err = started.communicate(timeout=120)
    assert (started.returncode, "Stopped" in err) == (0, False)
