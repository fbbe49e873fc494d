"""Ports that are no scheduler's: silent, talking nonsense, or closing at once."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from pellucid import open_executor
from pellucid.errors import ExecutorError
from pellucid.execution.remote import dask_client

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'pellucid[cluster]'")

from benchmarks.local_cluster import LocalCluster


@contextlib.contextmanager
def port(answer):
    """Yield a port where everybody is answered so; None says nothing, "" closes."""
    held = []

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                held.append(connection)
                if answer == b"":
                    connection.close()
                elif answer is not None:
                    with contextlib.suppress(OSError):
                        connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    for connection in held:
        connection.close()


def refused(number):
    """Return how a port is refused, and after how many seconds."""
    start = time.monotonic()
    with pytest.raises(ExecutorError) as caught, open_executor(f"dask://127.0.0.1:{number}"):
        pass
    return str(caught.value), time.monotonic() - start


def test_a_port_that_is_silent(monkeypatch):
    monkeypatch.setattr(dask_client, "CONNECT_SECONDS", 2)
    with port(None) as number:
        message, seconds = refused(number)
    assert message == (
        f"No Dask scheduler can be reached at tcp://127.0.0.1:{number} (the port is open, but has "
        f"not answered in 2 s); start one with 'dask scheduler --port {number}' and workers with "
        f"'dask worker tcp://127.0.0.1:{number}'."
    )
    assert seconds < 6


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        bytes(4096),
        bytes(range(256)) * 64,
        b"\x01" + bytes(7) + b"garbage!",
        b"",
    ],
    ids=["ssh", "http", "zeros", "bytes", "a message of one byte", "closed"],
)
def test_a_port_that_answers_garbage(monkeypatch, answer):
    monkeypatch.setattr(dask_client, "CONNECT_SECONDS", 2)
    with port(answer) as number:
        message, seconds = refused(number)
    assert message.startswith(f"No Dask scheduler can be reached at tcp://127.0.0.1:{number} (")
    assert "\n" not in message
    assert seconds < 6


def test_a_port_that_answers_random_bytes(monkeypatch):
    monkeypatch.setattr(dask_client, "CONNECT_SECONDS", 2)
    for _ in range(5):
        with port(os.urandom(1000)) as number:
            assert refused(number)[1] < 6


def test_tls_without_certificates():
    with pytest.raises(ExecutorError, match=r"\(Dask is told of no certificates for TLS here\); s"):
        dask_client.dask_client("dask+tls://127.0.0.1:1", "tls://127.0.0.1:1").__enter__()


def test_a_port_in_the_clear_where_dask_is_told_to_encrypt():
    dask = pytest.importorskip("dask")
    with (
        dask.config.set({"distributed.comm.require-encryption": True}),
        pytest.raises(ExecutorError, match=r"\(encryption required by Dask configuration, "),
        open_executor("dask://127.0.0.1:1"),
    ):
        pass


def test_ctrl_c_while_a_port_is_silent():
    with port(None) as number:
        command = [sys.executable, "-m", "pellucid", "train", "--data", "digits", "--executor"]
        training = subprocess.Popen(
            [*command, f"dask://127.0.0.1:{number}"], stderr=subprocess.PIPE, text=True
        )
        time.sleep(4)  # until it waits
        start = time.monotonic()
        training.send_signal(signal.SIGINT)
        try:
            _, errors = training.communicate(timeout=40)
        finally:
            training.kill()
    assert time.monotonic() - start < 5
    assert (training.returncode, errors) == (130, "Stopped.\n")


def test_a_worker_is_no_scheduler():
    with LocalCluster(1) as cluster, open_executor(cluster.name) as executor:
        (address,) = executor._client.nthreads()
        message, _ = refused(address.rpartition(":")[2])
    assert "(a Dask worker answers there); start one with" in message


def test_whatever_takes_longer_is_left_alone():
    with pytest.raises(TimeoutError):
        dask_client._within(0.1, lambda: time.sleep(1))
    with pytest.raises(ZeroDivisionError):
        dask_client._within(5, lambda: 1 // 0)
    assert dask_client._within(5, lambda: 7) == 7
