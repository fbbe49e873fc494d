import time

import pytest

from pellucid.data.sets import downloads
from pellucid.data.sets.downloads import fetch_bytes, probe
from pellucid.data.sets.mnist_sources import read_mirror
from pellucid.errors import DownloadError

ADDRESS = "https://mirror.example/train-images-idx3-ubyte.gz"


class FakeHTTP:
    """Stands for pooch's downloader."""

    def __init__(self, action):
        self.action = action

    def __call__(self, address, output, pooch, check_only=False):
        return self.action(address, output, check_only)


def use(monkeypatch, action):
    monkeypatch.setattr(downloads, "_http", lambda timeout: FakeHTTP(action))


def test_a_silent_network_costs_the_deadline_and_no_more(monkeypatch):
    use(monkeypatch, lambda *args: time.sleep(2))
    monkeypatch.setattr(downloads, "_PROBE_SECONDS", 0.2)
    started = time.monotonic()
    with pytest.raises(DownloadError, match="no answer within 0 seconds"):
        probe(ADDRESS)
    assert time.monotonic() - started < 1.5


def test_the_innermost_reason_is_told(monkeypatch):
    def fail(address, output, check_only):
        inner = OSError("Name or service not known")
        raise ConnectionError(RuntimeError(inner))

    use(monkeypatch, fail)
    with pytest.raises(DownloadError, match=r"^can't be reached \(Name or service not known\)$"):
        probe(ADDRESS)


def test_an_address_is_probed_then_read(monkeypatch):
    asked = []

    def answer(address, output, check_only):
        asked.append((address, check_only))
        if not check_only:
            output.write(b"abc")
            output.write(b"def")
        return True

    use(monkeypatch, answer)
    probe(ADDRESS)
    assert fetch_bytes(ADDRESS, 6) == b"abcdef"
    assert asked == [(ADDRESS, True), (ADDRESS, False)]


def test_a_download_that_fails_or_never_ends_is_told(monkeypatch):
    def endless(address, output, check_only):
        while not check_only:
            output.write(bytes(1_000_000))

    use(monkeypatch, endless)
    with pytest.raises(DownloadError, match="more than 16,000,000 bytes were sent"):
        read_mirror("https://mirror.example/")

    def broken(address, output, check_only):
        if not check_only:
            raise OSError("connection reset")

    use(monkeypatch, broken)
    with pytest.raises(DownloadError, match=r"train-images-idx3-ubyte.gz could not be .*\(connec"):
        read_mirror("https://mirror.example/")
