"""The token in the address: who does not know it gets nothing.

It is kept in the cache, for its owner's eyes alone, so that a page that is open finds the server
again after it was started anew, and a bookmark stays good.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
from pathlib import Path

from pellucid.files.atomic import cache_folder

__all__ = ["new_token", "own_token"]

NAME = "studio-token"
_LETTERS = re.compile(r"[A-Za-z0-9_-]{32,64}")


def new_token() -> str:
    """Return a token that nobody can guess: 192 random bits.

    Examples
    --------
    >>> len(new_token()), new_token() == new_token()
    (32, False)
    """
    return secrets.token_urlsafe(24)


def own_token() -> str:
    """Return the token of this user, made at the first call; a new one where none can be kept."""
    path = cache_folder() / NAME
    found = _read(path)
    if found is not None:
        return found
    token = new_token()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="ascii") as file:
            file.write(token)
    return token


def _read(path: Path) -> str | None:
    """Return the token in a file, if it is one that nobody else can read or has written."""
    try:
        with path.open(encoding="ascii") as file:
            about = os.fstat(file.fileno())
            text = file.read(100)
    except (OSError, ValueError):
        return None
    if os.name == "posix":
        others = stat.S_IRWXG | stat.S_IRWXO
        if about.st_uid != os.getuid() or about.st_mode & others:
            return None
    return text if _LETTERS.fullmatch(text) else None
