"""Signals between threads that are awake: a thread looks at a number until it is what it waits for.

A thread that sleeps takes some 50 microseconds to wake, as long as the reference network takes for
four images, and an update wakes two. So threads look for a while before they sleep. They look
without the GIL, which whoever works needs.
"""

from __future__ import annotations

import functools
import platform
import time
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from pellucid.kernels.compiling.addresses import pointer
from pellucid.kernels.compiling.compile import compile_function

__all__ = ["looks_in", "new_board", "tell_and_look"]

_APART = 16
"""Numbers from one signal to the next: as many as two cache lines hold."""

_X86, _ARM = ("llvm.x86.sse2.pause", ()), ("llvm.aarch64.hint", (1,))
_PAUSES = {"x86_64": _X86, "amd64": _X86, "aarch64": _ARM, "arm64": _ARM}
"""What tells a processor that a thread only looks, so that one beside it gets more of the core."""


def new_board(signals: int) -> Any:
    """Return the memory of some signals, all 0; signal ``k`` is ``board[k, 0]``.

    Examples
    --------
    >>> new_board(2)[:, 0]
    array([0, 0])
    """
    return np.zeros((signals, _APART), dtype=np.int64)


@compile_function
def tell_and_look(
    board: Any, mine: int, value: int, theirs: int, awaited: int, looks: int, linger: int
) -> bool:
    """Set a signal, then look at another until it reaches a value.

    Parameters
    ----------
    board : ndarray of int64
        From :func:`new_board`.
    mine, value : int
        The signal to set, and what to. A signal of -1 sets none.
    theirs, awaited : int
        The signal to look at, and the least value to wait for.
    looks : int
        How often to look at the most.
    linger : int
        How many looks to stay on after that: whoever signaled holds the GIL, which the caller
        takes next, and will soon let go of it.

    Returns
    -------
    bool
        Whether the other signal reached that value.
    """
    memory = pointer(board)
    if mine >= 0:
        _set(memory, mine * _APART, value)
    for _ in range(looks):
        if _get(memory, theirs * _APART) >= awaited:
            for _ in range(linger):
                _pause()
            return True
        _pause()
    return False


@functools.cache
def looks_in(microseconds: int) -> int:
    """Return how many looks take so long here; measured once, for it decides on no result."""
    board, many = new_board(1), 5_000
    tell_and_look(board, -1, 0, 0, 1, 1, 0)
    start = time.perf_counter()
    tell_and_look(board, -1, 0, 0, 1, many, 0)
    return max(1, int(microseconds * 1e-6 * many / (time.perf_counter() - start)))


@intrinsic
def _get(typingctx: Any, memory: Any, index: Any) -> Any:
    """Return ``memory[index]`` as it is now; what its writer wrote before is seen after it."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load_atomic(builder.gep(args[0], [args[1]]), "acquire", 8)

    return types.int64(types.CPointer(types.int64), types.intp), codegen


@intrinsic
def _set(typingctx: Any, memory: Any, index: Any, value: Any) -> Any:
    """Set ``memory[index]``, after all that was written before."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store_atomic(args[2], builder.gep(args[0], [args[1]]), "release", 8)
        return context.get_dummy_value()

    return types.void(types.CPointer(types.int64), types.intp, types.int64), codegen


@intrinsic
def _pause(typingctx: Any) -> Any:
    """Do nothing for a moment."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        if platform.machine().lower() in _PAUSES:
            name, numbers = _PAUSES[platform.machine().lower()]
            integer = ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [integer] * len(numbers))
            function = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
            builder.call(function, [ir.Constant(integer, number) for number in numbers])
        return context.get_dummy_value()

    return types.void(), codegen
