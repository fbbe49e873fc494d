"""Files that are either wholly there or not there: atomic writing, and the user's cache folder."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path
from typing import BinaryIO

import platformdirs

__all__ = ["atomic_write", "cache_folder", "remove_leftovers"]

_TEMPORARY = ".pellucid-"
"""How the names of temporary files begin; they end in .tmp."""


def atomic_write(
    path: str | os.PathLike[str], data: bytes | memoryview, *, flush: bool = True
) -> None:
    """Write a file so that nobody ever sees half of it.

    The bytes go to a temporary name in the same folder, are flushed to the disk (fsync), and the
    file is then renamed. After a crash, a full disk or Ctrl-C the path holds either what it held
    before or all of ``data``; the temporary file is removed. A symbolic link is followed.

    Parameters
    ----------
    path : path-like
        The file to write; its folder must exist.
    data : bytes or memoryview
        The whole content.
    flush : bool, default True
        Whether to wait for the disk. Without, a power cut may leave a file of other bytes, which
        its reader must notice.

    Raises
    ------
    OSError
        The folder is missing or read-only, the disk is full, the path is a folder or a link in a
        circle; it names the path.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     atomic_write(Path(folder) / "a.txt", b"all of it")
    ...     (Path(folder) / "a.txt").read_bytes()
    b'all of it'
    """
    try:
        target = Path(path).resolve()
    except RuntimeError:  # as Python says it up to 3.12
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(path)) from None
    # A short random name: a long target name would overflow the file system's limit.
    temporary = target.with_name(f"{_TEMPORARY}{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            _write(file, data)
            if flush:
                _flush(file)
        _rename(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno is not None:
            # A full disk names no file, other errors the temporary one.
            error.filename = os.fspath(path)
        raise
    if flush:
        _sync_folder(target.parent)


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files of writers that were killed; only while nobody writes there."""
    for leftover in folder.glob(f"{_TEMPORARY}*.tmp"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def cache_folder() -> Path:
    """Return the folder for what can be fetched again; it need not exist yet.

    The environment variable ``PELLUCID_CACHE`` names it; without that it is the platform's usual
    place for caches, such as ``~/.cache/pellucid`` on Linux.
    """
    chosen = os.environ.get("PELLUCID_CACHE", "")
    # Of os.path, which leaves a ~ whose user is not known as it is.
    return Path(os.path.expanduser(chosen or platformdirs.user_cache_dir("pellucid")))  # noqa: PTH111


# The steps of a write, apart, so that a test can break any of them.


def _write(file: BinaryIO, data: bytes | memoryview) -> None:
    file.write(data)


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _rename(temporary: Path, target: Path) -> None:
    temporary.replace(target)


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself survive a power cut, where the platform lets a folder be synced."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
