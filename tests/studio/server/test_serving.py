"""The port, and how the server ends: with its terminal, and in order."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from pellucid.errors import ConfigurationError
from pellucid.studio.server.serving import check_extra, is_loopback, opened
from tests.studio.server.asking import ask, served

STILL = "tests.studio.server.still"


def test_a_port_that_is_taken_is_told_in_a_sentence():
    with opened("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(ConfigurationError) as caught:
            opened("127.0.0.1", port)
        assert str(caught.value) == (
            f"port is {port}, which another program has taken on 127.0.0.1, perhaps another "
            "studio; give another, or 0 for any that is free."
        )
        assert caught.value.argument == "port"


@pytest.mark.parametrize("host", ["no such host", "203.0.113.9", "x" * 300])
def test_an_address_that_is_none_of_this_machine_is_refused(host):
    with pytest.raises(ConfigurationError, match="is no address of this machine"):
        opened(host, 0)


def test_what_is_not_installed_is_told_with_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'pellucid\[studio\]'"):
        check_extra()


def test_what_others_can_reach():
    assert all(map(is_loopback, ("127.0.0.1", "127.8.8.8", "localhost", "::1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.0.7", "example")))


@pytest.mark.skipif(os.name != "posix", reason="these signals are those of POSIX")
@pytest.mark.parametrize(
    ("name", "code", "last"),
    [("SIGINT", 130, ""), ("SIGTERM", 143, ""), ("SIGHUP", 129, "closed\n")],
)
def test_it_closes_in_order_though_a_page_is_open(name, code, last):
    with served(STILL, "0") as (process, address):
        assert ask(address)[2] == b"<p>here</p>"
        port = int(address.split(":")[2].split("/")[0])
        with socket.create_connection(("127.0.0.1", port)):  # who never says what is wanted
            process.send_signal(getattr(signal, name))
            out, _ = process.communicate(timeout=20)
        assert (process.returncode, out) == (code, last)
        with opened("127.0.0.1", port):  # it is free again
            pass


@pytest.mark.skipif(os.name != "posix", reason="this signal is that of POSIX")
def test_what_was_started_to_outlive_its_terminal_does():
    ignoring = {"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)}
    with served(STILL, "0", **ignoring) as (process, address):
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        assert ask(address)[0] == 200
