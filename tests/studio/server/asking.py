"""Asks a studio over HTTP, with whatever headers."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit


def ask(
    address: str, path: str = "", method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of an answer; ``path`` stands behind the token."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    with contextlib.closing(connection):
        own = path if path.startswith("/") else parts.path + path
        connection.putrequest(method, own, skip_host=True, skip_accept_encoding=True)
        for name, value in ({"Host": parts.netloc} | headers).items():
            if value:
                connection.putheader(name.replace("_", "-"), value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


def order(address: str, told: Any, **headers: str) -> tuple[int, Any]:
    """Tell a studio what to do, as its page does; return status and what it says."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    own = {"Origin": f"http://{urlsplit(address).netloc}", "Content_Type": "application/json"}
    status, _, text = ask(address, "do", "POST", body, **own | headers)
    return status, json.loads(text) if text[:1] == b"{" else text.decode()


@contextlib.contextmanager
def served(*command: str, **settings: Any) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a server as a process; yield it and its address, and end it."""
    started = subprocess.Popen(
        [sys.executable, "-m", *map(str, command)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", **settings,
    )  # fmt: skip
    try:
        assert started.stdout is not None
        line = started.stdout.readline()
        found = re.search("http" + r"://\S+", line)
        assert found, (line, started.stderr and started.stderr.read())
        yield started, found[0]
    finally:
        if started.poll() is None:
            started.terminate()
        started.communicate(timeout=30)
