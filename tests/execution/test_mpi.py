"""Four ranks on this machine, through mpi4py.futures."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pellucid import open_executor
from pellucid.errors import ExecutorError

from .digests import digest_of_training

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


def ranks(*arguments, count=4, cwd):
    """Run ranks of an MPI program; return its exit code and what it printed."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    # Open MPI refuses to run as root, as in a container, or to share cores, unless it is told to.
    told = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe"}  # fmt: skip
    done = subprocess.run(
        [MPIEXEC, "-n", str(count), sys.executable, "-m", "mpi4py.futures", *arguments],
        env={**os.environ, **told, "PYTHONPATH": path}, cwd=cwd, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


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
