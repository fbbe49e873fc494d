"""How kernels are compiled.

A kernel is one C function, ``kernel(op, arena, parameters, gradient)``: ``op`` points at its row
of the program (offsets and sizes, int64), the others at float32 memory. One address a kernel lets
:mod:`pellucid.kernels.execute` run any network without being compiled anew for it. In Python its
signature names what the row holds (:mod:`pellucid.kernels.compiling.fields`).

LLVM may do nothing to our floats: no ``fastmath``, so each operation is rounded as it is written,
and a multiply-add is fused where the code says so (``fma``) and nowhere else. What vectors a
processor has changes the speed, and no bit.

Machine code is kept between processes (:mod:`pellucid.kernels.compiling.cache`): a change in any
kernel file makes all of it stale.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from llvmlite.binding import ffi
from numba import config, njit, types
from numba.core.ccallback import CFunc
from numba.core.compiler_lock import global_compiler_lock
from numba.core.typing import signature

from pellucid import kernels
from pellucid.errors import ConfigurationError
from pellucid.kernels.compiling.cache import CodeCache
from pellucid.kernels.compiling.fields import KernelCompiler, fields_of

__all__ = [
    "Kernel",
    "compile_function",
    "compile_kernel",
    "compile_part",
    "kernel_name",
]

if config.DISABLE_JIT:
    raise ConfigurationError(
        "NUMBA_DISABLE_JIT is set, but Pellucid's kernels are machine code that Numba compiles; "
        "unset it, or call pellucid.equations, which are plain NumPy."
    )

_FLOATS = types.CPointer(types.float32)
_INTEGERS = types.CPointer(types.int64)
_SIGNATURE = signature(types.void, _INTEGERS, _FLOATS, _FLOATS, _FLOATS)


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
    kernel._cache = CodeCache(function)
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
    dispatcher = njit(nogil=True, error_model="numpy")(function)
    dispatcher._cache = CodeCache(function)
    return dispatcher


def compile_part(function: Any) -> Any:
    """Decorate a function that only other compiled functions call.

    Without its wrappers for Python and C it takes half the time to compile, and it is no entry of
    the cache: whoever calls it holds its code.
    """
    return njit(
        nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
    )(function)  # fmt: skip


_kernels: dict[int, Any] = {}
"""Every kernel by its address: its machine code must stay as long as an address may be called."""


def _hold_locks() -> None:
    """Wait until nobody compiles, before a fork: in the child a thread that did never ends."""
    global_compiler_lock.acquire()
    ffi.lib._lock.__enter__()


def _let_go() -> None:
    ffi.lib._lock.__exit__(None, None, None)
    global_compiler_lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_hold_locks, after_in_parent=_let_go, after_in_child=_let_go)
