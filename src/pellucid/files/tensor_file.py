"""Files of arrays and JSON in the safetensors format, read without trusting anything in them.

What model files and checkpoints share: the checks before and around reading, the JSON entries in
the metadata, and the SHA-256 over the content, by which any damage is told.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from pellucid.errors import PellucidError
from pellucid.files.digests import sha256

__all__ = [
    "NewerFormatError",
    "RefusedError",
    "check_digest",
    "check_format",
    "check_names",
    "digest",
    "json_entry",
    "pack",
    "read_file",
    "short",
    "tensor",
]

T = TypeVar("T")


class RefusedError(Exception):
    """What is wrong with a file, to be put behind its name."""


class NewerFormatError(RefusedError):
    """The file is not damaged, but of a format that came after this Pellucid."""


def pack(
    name: str, version: int, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> bytes:
    """Return the content of a file: arrays, and as metadata the format and JSON-ready values.

    Raises
    ------
    TypeError, ValueError, RecursionError
        A value can't be JSON.

    Examples
    --------
    >>> data = pack("pellucid-example", 1, {"lengths": [2]}, {"a": np.zeros(2, np.float32)})
    >>> safetensors.numpy.load(data)["a"]
    array([0., 0.], dtype=float32)
    """
    metadata = {"format": name, "format_version": str(version)}
    metadata |= {key: json.dumps(value, allow_nan=False) for key, value in values.items()}
    metadata["sha256"] = digest(metadata, *arrays.values())
    return safetensors.numpy.save(dict(arrays), metadata)


def read_file(
    path: str | os.PathLike[str], what: str, error: type[PellucidError], read: Callable[[Any], T]
) -> T:
    """Return what ``read`` makes of an opened file; whatever goes wrong becomes one kind of error.

    Parameters
    ----------
    path : path-like
        The file.
    what : str
        What it should be, such as ``"model"``.
    error : type of PellucidError
        What is raised.
    read : callable
        Takes the opened safetensors file, and raises :class:`RefusedError` for what is wrong.
    """
    try:
        _check_file(Path(path))
        with safetensors.safe_open(Path(path), framework="np") as opened:
            return read(opened)
    except RefusedError as refused:
        raise error(f"Can't load the {what} {path}: {refused}.") from refused.__cause__ or refused
    except safetensors.SafetensorError as damaged:
        raise error(
            f"Can't load the {what} {path}: it is damaged, cut off, or no safetensors file "
            f"({short(damaged)})."
        ) from damaged
    except Exception as other:
        # What is left: no permission, I/O errors, no memory for the tensors.
        reason = getattr(other, "strerror", None) or short(other)
        raise error(f"Can't load the {what} {path}: {reason}.") from other


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise RefusedError("it is a folder")
    if not path.exists():
        raise RefusedError("there is no such file")
    if not path.is_file():
        raise RefusedError("it is not a regular file")
    if path.stat().st_size == 0:
        raise RefusedError("it is empty (0 bytes)")


def check_format(metadata: Mapping[str, str], name: str, newest: int, what: str) -> None:
    """Refuse a file of another format, or of a version that this Pellucid does not know."""
    if metadata.get("format") != name:
        raise RefusedError(f"it is a safetensors file, but not a Pellucid {what}")
    version = metadata.get("format_version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise RefusedError(f"its format version is {version[:40]!r}, which is none")
    if int(version) > newest:
        raise NewerFormatError(
            f"it has format version {version}, this Pellucid reads up to {newest}; update Pellucid"
        )
    if int(version) < 1:
        raise RefusedError(f"its format version is {version!r}, which is none")


def json_entry(metadata: Mapping[str, str], entry: str, kind: type) -> Any:
    """Return an entry of the metadata, parsed; refuse one that is missing or of another kind."""
    if entry not in metadata:
        raise RefusedError(f"its metadata lack the entry {entry!r}")
    try:
        value = json.loads(metadata[entry])
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"its entry {entry!r} is not JSON ({short(error)})") from error
    if not isinstance(value, kind):
        raise RefusedError(f"its entry {entry!r} is {type(value).__name__}, not {kind.__name__}")
    return value


def check_names(opened: Any, expected: Iterable[str], knows: str) -> None:
    """Refuse a file that has not just the expected tensors; ``knows`` is what names them."""
    held, wanted = set(opened.keys()), set(expected)
    for problem, names in (("lacks", wanted - held), ("has", held - wanted)):
        if names:
            extra = f" that its {knows} does not know" if problem == "has" else ""
            raise RefusedError(f"it {problem} the tensor {short(min(names))!r}{extra}")


def tensor(opened: Any, name: str, shape: tuple[int, ...], dtype: str, needs: str) -> NDArray[Any]:
    """Return a tensor, whose shape and dtype (``"F32"``) are looked at before it is read."""
    part = opened.get_slice(name)
    own_shape, own_dtype = tuple(part.get_shape()), part.get_dtype()
    if own_shape != shape:
        raise RefusedError(f"its tensor {name!r} has shape {own_shape}, its {needs} needs {shape}")
    if own_dtype != dtype:
        raise RefusedError(f"its tensor {name!r} has dtype {own_dtype}, not {dtype}")
    return np.asarray(opened.get_tensor(name))


def digest(metadata: Mapping[str, str], *arrays: NDArray[Any]) -> str:
    """Return the SHA-256 over the metadata (its own entry left out) and the arrays' bytes."""
    entries = {key: value for key, value in metadata.items() if key != "sha256"}
    return sha256(json.dumps(entries, sort_keys=True), *arrays)


def check_digest(metadata: Mapping[str, str], *arrays: NDArray[Any]) -> None:
    """Refuse content that is not that of which the metadata hold the SHA-256."""
    if metadata.get("sha256") != digest(metadata, *arrays):
        raise RefusedError("it is damaged: its content does not have the SHA-256 that it names")


def short(error: object) -> str:
    """Return an error's text in one line of at most 200 characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:200] + "..."
