"""One process to a folder: a lock that the operating system lets go when its process ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from pellucid.errors import RunInUseError

__all__ = ["LOCK", "lock_folder"]

LOCK = ".pellucid.lock"
"""The file that is locked; it stays when the lock is let go, and means nothing by itself."""


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold a folder for this process, or say that another one does.

    The lock is the operating system's, on a file in the folder, so it ends with its process,
    however that ends; nothing needs to be removed after a crash.

    Parameters
    ----------
    folder : Path
        It is made if it is not there.

    Raises
    ------
    RunInUseError
        Another process, or another training of this one, holds the folder.
    OSError
        The folder can't be written.
    """
    lock = FileLock(folder / LOCK, blocking=False, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise RunInUseError(
            f"Another process is training into {folder}; wait until it ends, or name another "
            "folder."
        ) from None
    try:
        yield
    finally:
        lock.release()
