"""Files over HTTP(S): asked for with deadlines, limited in size, never trusted."""

from __future__ import annotations

import io
import threading
from typing import Any

from pellucid.errors import DownloadError

__all__ = ["fetch_bytes", "probe"]

_PROBE_SECONDS = 3.0
_READ_SECONDS = 20.0


def probe(address: str) -> None:
    """Raise DownloadError unless the address answers within three seconds.

    Parameters
    ----------
    address : str
        What would be fetched; nothing of it is read.
    """
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
    """Return the bytes at an address.

    Parameters
    ----------
    address : str
        What to fetch.
    most : int
        How many bytes it can have.

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
    import pooch

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
