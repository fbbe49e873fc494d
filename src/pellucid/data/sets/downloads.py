"""Files over HTTP(S): asked for with deadlines, limited in size, never trusted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from pellucid.errors import DownloadError

__all__ = ["Download", "fetch_bytes", "fetch_files", "probe"]

Download = Callable[[str], bytes]
"""Returns the bytes at an address, or raises DownloadError."""

_PROBE_SECONDS = 3.0
_READ_SECONDS = 20.0


def fetch_files(
    folder: str, names: Iterable[str], most: int, download: Download | None = None
) -> dict[str, bytes]:
    """Return files of a folder, by name.

    The first is asked for with a deadline of three seconds; where that fails, none is fetched.

    Parameters
    ----------
    folder : str
        Its address, with the final slash.
    names : iterable of str
        The files, at least one.
    most : int
        How many bytes each can have.
    download : callable, optional
        By default :func:`fetch_bytes`.

    Raises
    ------
    DownloadError
        The folder can't be reached, or a file can't be fetched.
    """
    addresses = {name: folder + name for name in names}
    if download is None:
        probe(next(iter(addresses.values())))
        return {name: fetch_bytes(address, most) for name, address in addresses.items()}
    return {name: download(address) for name, address in addresses.items()}


def probe(address: str) -> None:
    """Raise DownloadError unless the address answers within three seconds; nothing is read."""
    answers: list[str] = []

    def ask() -> None:
        try:
            with _open(Request(address, method="HEAD"), _PROBE_SECONDS):
                pass
        except HTTPError:
            pass  # an answer, if not to this question
        except (OSError, HTTPException) as error:
            answers.append(_reason(error))
            return
        answers.append("")

    # A thread, because the time that looking up a name takes can't be limited otherwise.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_PROBE_SECONDS)
    if not answers:
        raise DownloadError(f"no answer within {_PROBE_SECONDS:.0f} seconds")
    if answers[0]:
        raise DownloadError(f"can't be reached ({answers[0]})")


def fetch_bytes(address: str, most: int) -> bytes:
    """Return the bytes at an address, ``most`` of them at most.

    Raises
    ------
    DownloadError
        It can't be fetched, or more was sent than it can have.
    """
    try:
        with _open(Request(address), _READ_SECONDS) as response:
            data: bytes = response.read(most + 1)
    except (OSError, HTTPException) as error:
        name = address.rsplit("/", 1)[-1]
        raise DownloadError(f"{name} could not be fetched ({_reason(error)})") from error
    if len(data) > most:
        raise DownloadError(f"more than {most:,} bytes were sent, the file has fewer")
    return data


def _open(request: Request, seconds: float) -> Any:
    return urlopen(request, timeout=seconds)


def _reason(error: BaseException) -> str:
    """Return why something can't be fetched in a few words: urllib wraps it once."""
    inner = getattr(error, "reason", None)
    cause = inner if isinstance(inner, BaseException) else error
    text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return str(text).split("\n")[0][:160]
