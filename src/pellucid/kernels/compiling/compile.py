"""How kernels are compiled, cached between processes, and announced.

A kernel is one C function, ``kernel(op, arena, parameters, gradient)``: ``op`` points at its row
of the program (offsets and sizes, int64), the others at float32 memory. One address a kernel lets
:mod:`pellucid.kernels.execute` run any network without being compiled anew for it. In Python its
signature names what the row holds (:mod:`pellucid.kernels.compiling.fields`).

Machine code is cached in one folder a user (``PELLUCID_CACHE`` moves it), so it does not matter
whether the package's own folder can be written. An entry is valid for one text of this whole room:
a change in any kernel file makes all of them stale, and takes another folder.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numba import njit, types
from numba.core import caching
from numba.core.ccallback import CFunc
from numba.core.typing import signature

from pellucid import kernels
from pellucid.files.atomic import cache_folder
from pellucid.kernels.compiling.fields import KernelCompiler, fields_of
from pellucid.kernels.compiling.vector import LANES

__all__ = [
    "Kernel",
    "announce_with",
    "compile_function",
    "compile_kernel",
    "compile_part",
    "kernel_name",
]

FLAGS = {"contract", "nsz", "arcp"}
"""What LLVM may do to our floats: fuse multiply-adds, ignore the sign of zero, divide by
multiplying. NaN and infinity keep their meaning, and no sum is reordered."""

UNUSED = 60 * 86_400
"""Seconds after which the machine code of a version that nobody used is removed."""

_FLOATS = types.CPointer(types.float32)
_INTEGERS = types.CPointer(types.int64)
_SIGNATURE = signature(types.void, _INTEGERS, _FLOATS, _FLOATS, _FLOATS)

_announce: Callable[[str], None] | None = None
_announced = False


def announce_with(say: Callable[[str], None] | None) -> None:
    """Have ``say`` told, once in a process, that kernels must be compiled and where they go."""
    global _announce
    _announce = say


@dataclass(frozen=True)
class Kernel:
    """A compiled kernel: the address of its machine code and the names of its op's fields."""

    name: str
    address: int
    fields: tuple[str, ...]


def compile_kernel(function: Any, *constants: int) -> Kernel:
    """Compile ``function(arena, parameters, gradient, field, ...)``, or load it from the cache.

    Parameters
    ----------
    function : callable
        The kernel; its signature names the op's fields. ``constants`` are the closure values it is
        specialized on.
    *constants : int
        They become part of the name, so that no two specializations share a cache file.
    """
    name = "_".join([_name_of(function), *map(str, constants)])
    function.__qualname__ = name
    options = {"nopython": True, "error_model": "numpy"}
    kernel: Any = CFunc(
        function, (_SIGNATURE.args, _SIGNATURE.return_type), {}, options, KernelCompiler
    )
    kernel._cache = _KernelCache(function)
    kernel.compile()
    _kernels[kernel.address] = kernel
    return Kernel(name, kernel.address, fields_of(function))


def _name_of(function: Any) -> str:
    """Return where a kernel stands within its room and its own name, no word of it twice."""
    _, _, below = function.__module__.removeprefix(f"{kernels.__name__}.").partition(".")
    words = f"{below}.{function.__name__}".replace(".", "_").split("_")
    return "_".join(word for word in dict.fromkeys(words) if word)


def kernel_name(address: int) -> str:
    """Return the name of the kernel at an address."""
    return str(_kernels[address].__qualname__)


def compile_function(function: Any) -> Any:
    """Decorate a function of the driver: compiled on first call, cached, without the GIL."""
    dispatcher = njit(nogil=True, fastmath=FLAGS, error_model="numpy")(function)
    dispatcher._cache = _KernelCache(function)
    return dispatcher


def compile_part(function: Any) -> Any:
    """Decorate a function that only other compiled functions call.

    Without its wrappers for Python and C it takes half the time to compile, and it is no entry of
    the cache: whoever calls it holds its code.
    """
    return njit(
        nogil=True, fastmath=FLAGS, error_model="numpy", no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
    )(function)  # fmt: skip


_kernels: dict[int, Any] = {}
"""Every kernel by its address: its machine code must stay as long as an address may be called."""


class _KernelLocator(caching._CacheLocator):
    """Puts the machine code into Pellucid's cache folder, stamped with the room's source.

    What is compiled outside of the room has the stamp of its own file too.
    """

    def __init__(self, file: Path, line: int) -> None:
        self._file = file
        self._line = line

    def get_cache_path(self) -> str:
        return str(_cache_path())

    def get_source_stamp(self) -> str:
        if self._file.is_relative_to(_room()):
            return _source_stamp()
        return _source_stamp() + hashlib.sha256(self._file.read_bytes()).hexdigest()

    def get_disambiguator(self) -> str:
        return str(self._line)

    @classmethod
    def from_function(cls, function: Any, file: str) -> _KernelLocator:
        return cls(Path(file).resolve(), function.__code__.co_firstlineno)


class _KernelCacheImpl(caching.CompileResultCacheImpl):
    _locator_classes = [_KernelLocator]  # noqa: RUF012 (numba's own name)


class _KernelCache(caching.FunctionCache):
    _impl_class = _KernelCacheImpl

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        # The file's name says the rest, and a part in a closure has another hash in each process.
        return sig, codegen.magic_tuple()

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        found = super().load_overload(sig, target_context)
        if found is None:
            _say_compiling()
        return found


def _say_compiling() -> None:
    global _announced
    if _announce is not None and not _announced:
        _announced = True
        _announce(f"Compiling kernels for this processor; they are kept in {_cache_path()}.")


@functools.cache
def _cache_path() -> Path:
    """Return a writable folder: the user's cache, or a temporary one where there is none.

    Each version of the room has a folder of its own, so that two don't compile in turn.
    """
    folder = cache_folder() / "kernels" / _source_stamp()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
        os.utime(folder)
        _remove_unused(folder.parent)
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="pellucid-kernels-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _remove_unused(folder: Path) -> None:
    """Remove the folders of versions that nobody has used for long."""
    for other in folder.iterdir():
        if other.is_dir() and time.time() - other.stat().st_mtime > UNUSED:
            shutil.rmtree(other, ignore_errors=True)


@functools.cache
def _source_stamp() -> str:
    return _stamp_of(_room(), LANES)


@functools.cache
def _room() -> Path:
    return Path(kernels.__path__[0]).resolve()


def _stamp_of(room: Path, lanes: int) -> str:
    """Return a hash of every source file of the room, also in rooms within it."""
    digest = hashlib.sha256(str(lanes).encode())
    files = sorted(room.rglob("*.py"))
    assert files, f"{room} has no source files to tell one version of the kernels from another"
    for file in files:
        digest.update(file.relative_to(room).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
