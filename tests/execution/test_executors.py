import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool

import pytest

from pellucid import open_executor
from pellucid.errors import ConfigurationError, ExecutorError
from pellucid.execution.executors import check_executor
from pellucid.execution.remote import dask_client


@pytest.mark.parametrize(
    "name",
    ["threads", "processes", "mpi", "dask://host:8786", "dask+tls://10.0.0.1:1", "dask://[::1]:80"],
)
def test_names_that_are_known(name):
    check_executor(name)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("thread", " Did you mean 'threads'?"),
        ("dask", ""),
        ("dask://host", ""),
        ("dask://HOST:PRT", " Did you mean 'dask://HOST:PORT'?"),
        ("tcp://host:8786", ""),
        ("dask://user@host:8786", ""),
        (None, ""),
        (3, ""),
    ],
)
def test_names_that_are_not(name, hint):
    with pytest.raises(ConfigurationError) as caught:
        check_executor(name)
    expected = (
        f"executor is {name!r}; it must be threads, processes, dask://HOST:PORT or mpi.{hint}"
    )
    assert str(caught.value) == expected


def test_workers_are_for_threads_and_processes():
    check_executor("processes", 3)
    with pytest.raises(ConfigurationError, match="workers is 0; it must be a whole number"):
        check_executor("processes", 0)
    for name in ("mpi", "dask://host:8786"):
        with pytest.raises(ConfigurationError, match=f"workers is 2, but with executor {name} the"):
            check_executor(name, 2)


def test_threads_need_no_executor():
    with open_executor("threads") as executor:
        assert executor is None


@pytest.mark.parametrize("port", [0, 65536, 99999])
def test_ports_that_are_none(port):
    message = rf"^executor is 'dask://x:{port}', but a port is a number from 1 to 65535; that of a "
    with pytest.raises(ConfigurationError, match=message):
        check_executor(f"dask://x:{port}")
    check_executor("dask://x:65535")


def where():
    ignored = [signal.getsignal(n) == signal.SIG_IGN for n in (signal.SIGINT, signal.SIGTERM)]
    return multiprocessing.parent_process().pid, ignored


def test_processes_are_ours_and_leave_signals_to_us():
    with open_executor("processes", 1) as executor:
        assert executor.submit(where).result() == (os.getpid(), [True, True])
        started = list(executor._processes.values())
    assert not any(process.is_alive() for process in started)


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_the_pool_of_a_process_that_was_killed_ends(monkeypatch):
    """The others ignore SIGTERM, by which a pool would end them."""
    start = time.monotonic()
    with open_executor("processes", 2) as executor:
        waiting = [executor.submit(time.sleep, 100) for _ in range(2)]
        assert executor.submit(os.getpid)
        started = list(executor._processes.values())
        while not all(future.running() for future in waiting):
            time.sleep(0.01)
        time.sleep(1)  # for both to have begun
        started[0].kill()
        with pytest.raises(BrokenProcessPool):
            waiting[0].result(timeout=60)
    assert not any(process.is_alive() for process in started)
    assert time.monotonic() - start < 60


PARENT = """
import os, sys, time
from pellucid import open_executor
if __name__ == "__main__":
    with open_executor("processes", 2) as executor:
        list(executor.map(os.getppid, [], [])), executor.submit(os.getpid).result()
        print(*executor._processes, flush=True)
        time.sleep(60)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_processes_end_with_a_parent_that_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        children = [int(pid) for pid in parent.stdout.readline().split()]
        assert children
        parent.kill()
    deadline = time.monotonic() + 20
    while any(map(is_alive, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_alive, children))


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_scheduler_out_of_reach(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(dask_client, "CONNECT_SECONDS", 1)
    with (
        pytest.raises(
            ExecutorError,
            match=r"^No Dask scheduler can be reached at tcp://127\.0\.0\.1:1 \(.*\); start one "
            r"with 'dask scheduler --port 1' and workers with 'dask worker tcp://127\.0\.0\.1:1'\.",
        ),
        open_executor("dask://127.0.0.1:1"),
    ):
        pass


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [("dask://127.0.0.1:1", "distributed", "cluster"), ("mpi", "mpi4py", "mpi")],
)
def test_a_package_that_is_not_installed(monkeypatch, name, package, extra):
    monkeypatch.setitem(sys.modules, package, None)
    message = rf"executor {name} needs .*: pip install 'pellucid\[{extra}\]'\.$"
    with pytest.raises(ConfigurationError, match=message), open_executor(name):
        pass
