"""Who may ask: the page itself, under an address that this machine has, with the token in it.

A page of another site can make a browser send requests to this machine, and can let its own name
point here (DNS rebinding). The first shows in Origin and Sec-Fetch-Site, the second in Host.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Asked", "Guard", "headers_of"]

LOCAL = ("127.0.0.1", "localhost", "[::1]")
"""What this machine is called from itself."""

NO_TOKEN = "token"
NOT_HERE = "host"
FROM_ELSEWHERE = "origin"


@dataclass(frozen=True)
class Asked:
    """A request, as far as it says whether it may be answered.

    Attributes
    ----------
    method, path : str
        Such as ``"GET"`` and ``"/TOKEN/"``.
    headers : dict of str to list of str
        By their names in lower case.
    """

    method: str
    path: str
    headers: dict[str, list[str]]

    def one(self, name: str) -> str | None:
        """Return a header that may stand once; None where it is not there, "" where it is twice."""
        values = self.headers.get(name, [])
        return values[0] if len(values) == 1 else "" if values else None


@dataclass(frozen=True)
class Guard:
    """Says of every request whether it may be answered.

    Attributes
    ----------
    token : str
        What the address begins with.
    port : int
        Where it listens.
    host : str
        On which address; one that is not this machine's own was asked for by somebody.
    """

    token: str
    port: int
    host: str = "127.0.0.1"

    def refusal(self, asked: Asked) -> str | None:
        """Return why a request is refused: "host", "origin" or "token"; None where it is not.

        Examples
        --------
        >>> guard = Guard("secret", 8017)
        >>> guard.refusal(Asked("GET", "/secret/", {"host": ["127.0.0.1:8017"]}))
        >>> guard.refusal(Asked("GET", "/secret/", {"host": ["evil.example:8017"]}))
        'host'
        """
        host = asked.one("host")
        if host is None or not self._is_own(host):
            return NOT_HERE
        if not self._is_from_here(asked, host):
            return FROM_ELSEWHERE
        given = asked.path.split("/", 2)[1] if asked.path.startswith("/") else ""
        if not hmac.compare_digest(given.encode(errors="replace"), self.token.encode()):
            return NO_TOKEN
        return None

    def _is_own(self, host: str) -> bool:
        """Return whether a Host header names this machine."""
        name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "80")
        if not name:
            name, port = host, "80"
        if port != str(self.port):
            return False
        if name.lower() in (*LOCAL, self.host.lower(), f"[{self.host.lower()}]"):
            return True
        # On all addresses: any number is this machine's; a name could be anybody's.
        return self.host in ("0.0.0.0", "::") and _is_number(name.strip("[]"))

    def _is_from_here(self, asked: Asked, host: str) -> bool:
        """Return whether a request comes from the page, or from a person who opens it."""
        origin, site = asked.one("origin"), asked.one("sec-fetch-site")
        if origin is not None and origin.lower() != f"http://{host.lower()}":
            return False
        if asked.method not in ("GET", "HEAD"):
            return origin is not None and site in (None, "same-origin")
        if site in (None, "same-origin", "none"):
            return True
        # A link in a mail or in a notebook: a page of its own, never a part of another.
        return (asked.one("sec-fetch-mode"), asked.one("sec-fetch-dest")) == (
            "navigate", "document",
        )  # fmt: skip


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def headers_of(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, list[str]]:
    """Return the headers of a request as ASGI has them.

    Examples
    --------
    >>> headers_of([(b"Host", b"a"), (b"host", b"b")])
    {'host': ['a', 'b']}
    """
    headers: dict[str, list[str]] = {}
    for name, value in pairs:
        headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return headers
