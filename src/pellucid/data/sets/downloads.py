"""Files over HTTP(S): asked for with deadlines, limited in size, never trusted."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

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
            _http(_PROBE_SECONDS)(address, None, None, check_only=True)
            answers.append("")
        except Exception as error:  # requests' and urllib3's own, all of them "can't be reached"
            answers.append(_reason(error))

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
    buffer = _Limited(most)
    try:
        _http((_PROBE_SECONDS, _READ_SECONDS))(address, buffer, None)
    except DownloadError:
        raise
    except Exception as error:
        name = address.rsplit("/", 1)[-1]
        raise DownloadError(f"{name} could not be fetched ({_reason(error)})") from error
    return buffer.getvalue()


class _Limited(io.BytesIO):
    """A buffer that refuses more than it was made for."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def write(self, data: Any, /) -> int:
        if self.tell() + len(data) > self.most:
            raise DownloadError(f"more than {self.most:,} bytes were sent, the file has fewer")
        return super().write(data)


def _http(timeout: float | tuple[float, float]) -> Any:
    import pooch  # with requests a tenth of a second, for those who download

    return pooch.HTTPDownloader(timeout=timeout, chunk_size=1 << 16)


def _reason(error: BaseException) -> str:
    """Return the innermost cause in a few words: requests wraps it three times."""
    cause: Any = error
    while inner := getattr(cause, "reason", None) or next(
        (a for a in getattr(cause, "args", ()) if isinstance(a, BaseException)), None
    ):
        if not isinstance(inner, BaseException):
            break
        cause = inner
    text = str(cause).split("\n")[0]
    return text.rsplit(": ", 1)[-1][:160] or type(cause).__name__
