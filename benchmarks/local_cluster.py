"""A Dask cluster on this machine: a real scheduler and real worker processes, over TCP.

For tests, for ``benchmarks.scaling`` and for ``benchmarks.soak``. Processes can be killed and
added; whatever is left is killed in the end, and ends by itself should even this process be killed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS = 60
"""How long a start may take on a busy machine."""


class LocalCluster:
    """A scheduler and workers of one thread each.

    Parameters
    ----------
    workers : int
        How many to start with.
    environment : dict of str, optional
        Variables that workers see beside ours.
    """

    def __init__(self, workers: int, environment: dict[str, str] | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="pellucid-cluster-")
        folder = Path(self._folder.name)
        self._file, self._log = folder / "scheduler.json", folder / "log"
        settings = {
            "DASK_TEMPORARY_DIRECTORY": self._folder.name,
            # Else the scheduler keeps 1,000 messages a worker, with the parameters in them.
            "DASK_DISTRIBUTED__ADMIN__LOW_LEVEL_LOG_LENGTH": "10",
        }
        self._environment = {**os.environ, **settings, **(environment or {})}
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start(
            "scheduler", "--port", "0", "--scheduler-file", self._file, "--idle-timeout", "300 s"
        )
        try:
            self.address = self._address()
            for _ in range(workers):
                self.start_worker()
        except BaseException:
            self.close()
            raise

    @property
    def name(self) -> str:
        """What pellucid calls the cluster."""
        return self.address.replace("tcp://", "dask://")

    @property
    def log(self) -> str:
        """Everything that the processes have printed."""
        return self._log.read_text(errors="replace")

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start one more worker; it joins by itself."""
        worker = self._start(
            "worker", self.address, "--nthreads", "1", "--no-nanny", "--memory-limit", "0",
            "--death-timeout", "20",
        )  # fmt: skip
        self.workers.append(worker)
        return worker

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a process at once (SIGKILL)."""
        process.kill()
        process.wait()
        if process in self.workers:
            self.workers.remove(process)

    def close(self) -> None:
        """Kill all that is left and remove its files."""
        for process in [*self.workers, self.scheduler]:
            process.kill()
        for process in [*self.workers, self.scheduler]:
            process.wait()
        self._folder.cleanup()

    def __enter__(self) -> LocalCluster:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _start(self, kind: str, *arguments: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *map(str, arguments)]
        command += ["--host", "127.0.0.1", "--no-dashboard"]
        with self._log.open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, env=self._environment)

    def _address(self) -> str:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and self.scheduler.poll() is None:
            if self._file.exists():
                try:
                    return str(json.loads(self._file.read_text())["address"])
                except ValueError:
                    pass  # half written
            time.sleep(0.05)
        raise RuntimeError(f"The scheduler did not start:\n{self.log}")
