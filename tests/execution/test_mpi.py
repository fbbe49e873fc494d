"""Some ranks on this machine, through mpi4py.futures."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from pellucid import fingerprint, load_model, open_executor
from pellucid.errors import ExecutorError
from tests.cli.console import process, read_until
from tests.execution.digests import digest_of_training
from tests.long import takes_long

pytest.importorskip("mpi4py", reason="mpi4py is not installed: pip install 'pellucid[mpi]'")

BESIDE = shutil.which("mpiexec", path=str(Path(sys.executable).parent))
MPIEXEC = BESIDE or shutil.which("mpiexec")
if MPIEXEC is None:
    pytest.skip("there is no mpiexec: pip install mpich", allow_module_level=True)

ROOT = Path(__file__).parents[2]
SCRIPT = """
from pathlib import Path
from pellucid import open_executor
from tests.execution.digests import digest_of_training, mapped
if __name__ == "__main__":
    with open_executor("mpi") as executor:
        print(executor._max_workers, digest_of_training(executor))
        print(executor._max_workers, digest_of_training(executor, mapped(Path("images.npy"))))
"""


def start(*arguments, count, cwd):
    """Start ranks of an MPI program."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    # Open MPI refuses to run as root, as in a container, or to share cores, unless it is told to.
    told = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe"}  # fmt: skip
    return subprocess.Popen(
        [MPIEXEC, "-n", str(count), sys.executable, "-m", "mpi4py.futures", *map(str, arguments)],
        env={**os.environ, **told, "PYTHONPATH": path}, cwd=cwd, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def ranks(*arguments, count=4, cwd):
    """Run ranks of an MPI program; return its exit code and what it printed."""
    with start(*arguments, count=count, cwd=cwd) as started:
        out, err = started.communicate(timeout=120)
    return started.returncode, out, err


def test_same_bits_on_four_ranks(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    code, out, err = ranks("script.py", cwd=tmp_path)
    assert code == 0, err
    assert out.split() == ["3", digest_of_training()] * 2


def test_one_rank_is_told_how_to_start():
    """In this process, as without mpiexec there is one rank."""
    with (
        pytest.raises(ExecutorError, match=r"no ranks but this one; start the program with 'mpie"),
        open_executor("mpi"),
    ):
        pass


# The command line.

UPDATES = 2000


@pytest.fixture
def command(tmp_path):
    """Return the arguments of a training that takes a minute, and is stopped before."""
    images = np.random.default_rng(0).integers(0, 256, (60, 28, 28), dtype=np.uint8)
    labels = np.arange(60) % 2
    np.savez(
        tmp_path / "noise.npz", x_train=images, y_train=labels, x_test=images[:20],
        y_test=labels[:20],
    )  # fmt: skip
    return ["train", "--data", tmp_path / "noise.npz", "--recipe", "reference", "--randomize",
            "none", "--warmup", 0, "--cooldown", 0, "--images", UPDATES * 1024]  # fmt: skip


def driver_of(started):
    """Return the process that is rank 0."""
    for child in psutil.Process(started.pid).children(recursive=True):
        names = child.environ()
        if "0" in (names.get("PMI_RANK"), names.get("OMPI_COMM_WORLD_RANK")):
            return child
    raise AssertionError("there is no rank 0")


@pytest.mark.parametrize(
    ("whom", "number", "code"),
    [
        ("mpiexec", signal.SIGINT, 130),
        pytest.param("rank 0", signal.SIGTERM, 143, marks=takes_long),
        pytest.param("rank 0", signal.SIGINT, 130, marks=takes_long),
        pytest.param("mpiexec", signal.SIGTERM, 143, marks=takes_long),
    ],
)
def test_a_signal_saves_what_was_learned(command, tmp_path, whom, number, code):
    mpi = ["-m", "pellucid", *command, "--executor", "mpi", "--out", tmp_path / "run"]
    with start(*mpi, count=3, cwd=tmp_path) as started:
        read_until(started.stderr, "update ")
        (driver_of(started) if whom == "rank 0" else started).send_signal(number)
        _, err = started.communicate(timeout=120)
    assert started.returncode == code, err
    done = int(re.search(r"^Stopped after update (\d+); keeping what was learned", err, re.M)[1])
    model = load_model(tmp_path / "run" / "model.safetensors")
    assert 0 < model.configuration["updates"] == done < UPDATES
    assert (tmp_path / "run" / "checkpoints" / f"checkpoint-{done:08d}.safetensors").exists()


def test_the_command_gives_the_same_bits_and_its_errors_their_exit_code(command, tmp_path):
    command[-1] = 5 * 1024
    with process(*command, "--out", tmp_path / "threads") as threads:
        assert threads.wait() == 0
    mpi = ["-m", "pellucid", *command, "--executor", "mpi", "--out", tmp_path / "mpi"]
    code, _, err = ranks(*mpi, count=3, cwd=tmp_path)
    assert code == 0, err
    models = [load_model(tmp_path / name / "model.safetensors") for name in ("threads", "mpi")]
    assert fingerprint(models[0]) == fingerprint(models[1])
    code, out, err = ranks(*mpi, count=3, cwd=tmp_path)
    assert (code, out) == (1, "")
    assert err.startswith(f"Error: {tmp_path / 'mpi'} already holds a run")
