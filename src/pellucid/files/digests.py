"""SHA-256 of texts, bytes and arrays: the one way in which anything here is hashed."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["little_endian", "sha256"]


def sha256(*parts: str | bytes | NDArray[Any]) -> str:
    """Return the SHA-256, in hex, of parts one behind the other; of arrays their bytes alone.

    A text counts as UTF-8, an array as little-endian and in C order. A memory map is read once,
    from first to last, and never held as a whole.

    Examples
    --------
    >>> sha256("ab", np.array([99], ">u2")) == sha256(b"abc", bytes(1))
    True
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            digest.update(part.encode())
        else:
            digest.update(part if isinstance(part, bytes) else little_endian(part).data)
    return digest.hexdigest()


def little_endian(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array as it is hashed: C-contiguous, its values little-endian."""
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
