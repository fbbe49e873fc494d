"""Opens the port, serves until a signal says to end, and closes with the terminal."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pellucid.errors import Argument, ConfigurationError
from pellucid.studio.server.app import Studio, make_app
from pellucid.studio.server.guard import LOCAL, Guard

if TYPE_CHECKING:
    import uvicorn

__all__ = ["HUNG_UP", "check_extra", "is_loopback", "opened", "serve"]

HUNG_UP = 129
"""The exit code after SIGHUP, as shells have it."""

GRACE = 2
"""Seconds for what is being answered when the server ends."""

MOST_REQUESTS = 100
"""Requests that are answered at a time."""


def check_extra() -> None:
    """Refuse to begin without what serves.

    Raises
    ------
    ConfigurationError
        Starlette or uvicorn is not installed.
    """
    try:
        import starlette
        import uvicorn  # noqa: F401

        del starlette
    except ImportError as error:
        raise ConfigurationError(
            f"The studio needs {error.name}, which is not installed: pip install "
            "'pellucid[studio]'. Without it, 'pellucid page' writes the same page as a file."
        ) from error


def is_loopback(host: str) -> bool:
    """Return whether an address can be reached from this machine alone.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host in LOCAL:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def opened(host: str, port: int) -> socket.socket:
    """Return a socket that listens, so that nobody else can take the port any more.

    Raises
    ------
    ConfigurationError
        The port is taken or not allowed, or the host is none of this machine's.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise _no_host(host) from error
    found = socket.socket(family, kind)
    try:
        if os.name == "posix":  # there it means: even if the last server has just gone
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(128)
    except OSError as error:
        found.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise _no_host(host) from error
        if error.errno in (errno.EACCES, errno.EPERM):
            raise ConfigurationError(
                Argument("port"), f" is {port}, which only an administrator may open; take one "
                "above 1023, or 0 for any that is free.",
            ) from error  # fmt: skip
        raise ConfigurationError(
            Argument("port"), f" is {port}, which another program has taken on {host}, perhaps "
            "another studio; give another, or 0 for any that is free.",
        ) from error  # fmt: skip
    return found


def _no_host(host: str) -> ConfigurationError:
    return ConfigurationError(
        Argument("host"), f" is {host!r}, which is no address of this machine; leave it out, or "
        "give one that it has.",
    )  # fmt: skip


def serve(
    studio: Studio, listening: socket.socket, host: str, token: str, ready: Callable[[str], None]
) -> int:
    """Serve until SIGINT, SIGTERM or SIGHUP, or until the studio's training can go no further.

    Parameters
    ----------
    studio : Studio
        What to show; its training is closed at the end.
    listening : socket
        As :func:`opened` returns it.
    host : str
        What it was opened on.
    token : str
        What the address begins with.
    ready : callable
        Is told the address once somebody can open it.

    Returns
    -------
    int
        The exit code: 0, or 129 after SIGHUP. SIGINT and SIGTERM are raised again at the end, as
        they would have been without a server.
    """
    import uvicorn

    port = listening.getsockname()[1]
    server: uvicorn.Server | None = None

    def is_closing() -> bool:
        return server is not None and server.should_exit

    app = make_app(studio, Guard(token, port, host), is_closing)
    server = uvicorn.Server(
        uvicorn.Config(
            app, log_config=None, log_level="critical", access_log=False, lifespan="off",
            ws="none", http="h11", loop="asyncio", server_header=False,
            limit_concurrency=MOST_REQUESTS, timeout_graceful_shutdown=GRACE,
        )
    )  # fmt: skip
    shown = f"[{host}]" if ":" in host else "127.0.0.1" if host == "0.0.0.0" else host
    with _told_when_up(server, lambda: ready(f"http://{shown}:{port}/{token}/")):
        with _hang_up(server) as is_hung_up:
            try:
                server.run(sockets=[listening])
            finally:
                listening.close()
                if studio.training is not None:
                    studio.training.close()
        return HUNG_UP if is_hung_up() else 0


@contextlib.contextmanager
def _told_when_up(server: Any, tell: Callable[[], None]) -> Iterator[None]:
    """Tell once the server has started, from a thread of its own: a browser may be slow."""
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.02):
            if server.started:
                return tell()
        return None

    threading.Thread(target=look, name="pellucid-opening", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


@contextlib.contextmanager
def _hang_up(server: Any) -> Iterator[Callable[[], bool]]:
    """End the server when its terminal is closed, unless it was started to outlive it (nohup)."""
    heard: list[int] = []
    number = getattr(signal, "SIGHUP", None)
    is_main = threading.current_thread() is threading.main_thread()
    if number is None or not is_main or signal.getsignal(number) == signal.SIG_IGN:
        yield lambda: False
        return

    def end(*_: Any) -> None:
        heard.append(number)
        server.should_exit = True

    before = signal.signal(number, end)
    try:
        yield lambda: bool(heard)
    finally:
        signal.signal(number, before)
