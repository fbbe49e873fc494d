import threading
import time
from http.client import RemoteDisconnected
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlunsplit

import pytest

from pellucid.data.sets import downloads
from pellucid.data.sets.downloads import fetch_bytes, fetch_files, probe
from pellucid.data.sets.mnist import read_mirror
from pellucid.errors import DownloadError

FOLDER = "https://mirror.example/"
ADDRESS = f"{FOLDER}train-images-idx3-ubyte.gz"


class FakeHTTP:
    """Stands for pooch's downloader."""

    def __init__(self, action):
        self.action = action

    def __call__(self, address, output, pooch, check_only=False):
        data = self.action(address, "HEAD" if check_only else "GET")
        if not check_only:
            output.write(data)
        return True


def use(monkeypatch, action):
    """Let an action of (address, method) stand for the network."""
    monkeypatch.setattr(downloads, "_http", lambda timeout: FakeHTTP(action))


def test_a_silent_network_costs_the_deadline_and_no_more(monkeypatch):
    use(monkeypatch, lambda *args: time.sleep(2))
    monkeypatch.setattr(downloads, "_PROBE_SECONDS", 0.2)
    started = time.monotonic()
    with pytest.raises(DownloadError, match="no answer within 0 seconds"):
        probe(ADDRESS)
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionError(RuntimeError(OSError("Name or service not known"))), "Name or service n"),
        (TimeoutError("timed out"), "timed out"),
        (RemoteDisconnected("Remote end closed"), "Remote end closed"),
        (OSError(), "OSError"),
    ],
)
def test_the_innermost_reason_is_told(monkeypatch, error, reason):
    def fail(address, method):
        raise error

    use(monkeypatch, fail)
    with pytest.raises(DownloadError, match=rf"^can't be reached \({reason}.*\)$"):
        probe(ADDRESS)
    with pytest.raises(DownloadError, match=rf"-ubyte\.gz could not be fetched \({reason}.*\)$"):
        fetch_bytes(ADDRESS, 6)


def test_an_address_is_probed_then_all_are_read(monkeypatch):
    asked = []

    def answer(address, method):
        asked.append((address, method))
        return b"abcdef"

    use(monkeypatch, answer)
    assert fetch_files(FOLDER, ["a", "b"], 6) == {"a": b"abcdef", "b": b"abcdef"}
    assert asked == [(f"{FOLDER}a", "HEAD"), (f"{FOLDER}a", "GET"), (f"{FOLDER}b", "GET")]


def test_who_downloads_in_another_way_is_not_probed():
    assert fetch_files(FOLDER, ["a"], 6, lambda address: address.encode()) == {
        "a": f"{FOLDER}a".encode()
    }


def test_a_download_that_fails_or_never_ends_is_told(monkeypatch):
    use(monkeypatch, lambda address, method: bytes(20_000_000 if method == "GET" else 0))
    with pytest.raises(DownloadError, match="more than 16,000,000 bytes were sent"):
        read_mirror(FOLDER)

    def broken(address, method):
        if method == "GET":
            raise OSError("connection reset")
        return b""

    use(monkeypatch, broken)
    with pytest.raises(DownloadError, match=r"train-images-idx3-ubyte.gz could not be .*\(connec"):
        read_mirror(FOLDER)


class _Server(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_response(200)
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        self.wfile.write(b"0123456789")

    def log_message(self, *args):
        pass


def test_over_a_real_connection(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with HTTPServer(("127.0.0.1", 0), _Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        folder = urlunsplit(("http", f"127.0.0.1:{server.server_port}", "/", "", ""))
        try:
            assert fetch_files(folder, ["a"], 10) == {"a": b"0123456789"}
            with pytest.raises(DownloadError, match="more than 9 bytes were sent"):
                fetch_bytes(f"{folder}a", 9)
        finally:
            server.shutdown()
            thread.join()
        closed = f"{folder}a"
    with pytest.raises(DownloadError, match=r"^can't be reached \(.*refused"):
        probe(closed)
