"""The cache of machine code between processes: files that are right to the last bit, or absent.

One folder a user (``PELLUCID_CACHE`` moves it), so it does not matter whether the package's own can
be written; in it a folder for each text of the whole room, so that two versions don't compile in
turn. An entry is one file: a SHA-256, then what was compiled, pickled. What can't be read or has
another sum, as after a power cut, counts as absent and is made anew. Where nothing can be written,
code lives in memory alone: that is said once, and ends nothing.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import multiprocessing
import os
import pickle
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from pellucid import elementary, kernels
from pellucid.files.atomic import atomic_write, cache_folder
from pellucid.files.versions import package_versions
from pellucid.kernels.compiling.target import target

__all__ = ["CodeCache", "announce_with"]

UNUSED = 60 * 86_400
"""Seconds after which the machine code of a version that nobody used is removed."""

_SUM = hashlib.sha256().digest_size

_announce: Callable[[str], None] | None = None
_said: set[str] = set()


def announce_with(say: Callable[[str], None] | None) -> None:
    """Have ``say`` told, once in a process, that kernels must be compiled and where they go."""
    global _announce
    _announce = say


class CodeCache:
    """The entries of one function, as Numba asks its caches for them: one for each signature.

    Parameters
    ----------
    function : callable
        What is compiled; its module, name and line are the entries'.
    """

    def __init__(self, function: Any) -> None:
        self._function = function

    @property
    def cache_path(self) -> str:
        """The folder."""
        return str(_folder())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what was compiled for a signature; None, once in a process said, where nothing."""
        target_context.refresh()
        try:
            payload = _read(self._path(sig))
            if payload is not None:
                return CompileResult._rebuild(target_context, *pickle.loads(payload))
        except Exception:  # a right sum over what this Python can't use: it is made anew
            pass
        _say_compiling()
        return None

    def save_overload(self, sig: Any, result: Any) -> None:
        """Keep what was compiled, if that can be."""
        assert not result.library.has_dynamic_globals, f"{self._function} holds addresses"
        path = self._path(sig)
        try:
            _write(path, dumps(result._reduce()))
        except OSError as error:
            _say_not_kept(path.parent, error)

    def flush(self) -> None:
        """Do nothing: an entry is valid for as long as its name is."""

    def _path(self, sig: Any) -> Path:
        function = self._function
        file, line = Path(inspect.getfile(function)).resolve(), function.__code__.co_firstlineno
        # The room's own text is in the folder's name.
        text = "" if file.is_relative_to(_room()) else hashlib.sha256(file.read_bytes()).hexdigest()
        depends = function.__module__, text, str(sig), target(), _compilers()
        key = hashlib.sha256(repr(depends).encode()).hexdigest()[:16]
        name = f"{file.stem}.{function.__qualname__}".replace("<", "").replace(">", "")
        return _folder() / f"{name}-{line}.{sys.implementation.cache_tag}.{key}.code"


def _read(path: Path) -> bytes | None:
    """Return what an entry holds; None where it is not there, or anything is wrong with it."""
    if not path.is_file():  # to read a pipe would be to wait
        return None
    content = path.read_bytes()
    sum_, payload = content[:_SUM], content[_SUM:]
    return payload if sum_ == _sum_of(path, payload) else None


def _write(path: Path, payload: bytes) -> None:
    """Write an entry; whatever has its name, whole or not, makes way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.is_symlink():
        path.unlink()
    # Not flushed to the disk: after a power cut the sum tells.
    atomic_write(path, _sum_of(path, payload) + payload, flush=False)


def _sum_of(path: Path, payload: bytes) -> bytes:
    """Return the sum over an entry and its name, so that it is none under another."""
    return hashlib.sha256(path.name.encode() + b"\0" + payload).digest()


def _say_compiling() -> None:
    """Tell where kernels go, once; or that they go nowhere."""
    if _announce is None or "compiling" in _said:
        return
    _said.add("compiling")
    folder = _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        _say_not_kept(folder, error)
    else:
        _announce(f"Compiling kernels for this processor; they are kept in {folder}.")


def _say_not_kept(folder: Path, error: OSError) -> None:
    """Tell, once, that every process will compile anew: a line where lines are told, or a warning.

    A worker process says nothing: the one that started it does.
    """
    if "not kept" in _said or multiprocessing.parent_process() is not None:
        return
    _said.update(("compiling", "not kept"))
    line = (
        f"The compiled kernels can't be kept in {folder} ({error.strerror or error}), so each "
        "process compiles them anew; make room there, or let PELLUCID_CACHE name a folder that can "
        "be written."
    )
    if _announce is None:
        warnings.warn(line, RuntimeWarning, stacklevel=2)
    else:
        _announce(line)


@functools.cache
def _compilers() -> dict[str, str]:
    return package_versions("numba", "llvmlite")


@functools.cache
def _folder() -> Path:
    """Return the folder of this version, marked as used; it need not exist yet."""
    folder = cache_folder() / "kernels" / _stamp_of(_room())[:16]
    with contextlib.suppress(OSError):
        os.utime(folder)
    with contextlib.suppress(OSError):
        _remove_unused(folder)
    return folder


def _remove_unused(own: Path) -> None:
    """Remove the folders of other versions that nobody has used for long."""
    for other in own.parent.iterdir():
        if other != own and other.is_dir() and time.time() - other.stat().st_mtime > UNUSED:
            shutil.rmtree(other, ignore_errors=True)


@functools.cache
def _room() -> Path:
    return Path(kernels.__path__[0]).resolve()


def _stamp_of(room: Path) -> str:
    """Return a hash of the texts that kernels are compiled from.

    They are all source files of the room, also in rooms within it, and one that is elsewhere.
    """
    digest = hashlib.sha256(Path(inspect.getfile(elementary)).read_bytes())
    files = sorted(room.rglob("*.py"))
    assert files, f"{room} has no source files to tell one version of the kernels from another"
    for file in files:
        digest.update(file.relative_to(room).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
