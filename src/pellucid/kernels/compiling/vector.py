"""Vectors of float32: one number for each of the images that a kernel works on side by side.

LANES images lie side by side as the innermost axis of every array in the arena, so one vector
instruction does the same step for all of them. Numba has no vector type; this file gives it one
(``Vector``, an LLVM ``<LANES x float>``) with loads, stores and arithmetic. LLVM splits a vector
that is wider than the processor's registers.

Two levels use it. Kernels written in plain Numba call the functions in ``__all__``. Register tiles,
whose accumulators must not leave the registers, are emitted through
:class:`~pellucid.kernels.compiling.emitter.Emitter`, where a Python loop stands for unrolled code;
:func:`emitted` lets kernels call them, too.

LANES is 16 everywhere, so that every sum has one order. How many of them a register tile takes at a
time (FLOATS), and how many such vectors, follows the processor: all 16 where there are 32 registers
of 512 bits, 8 and fewer accumulators elsewhere. No bit may depend on that.
"""

from __future__ import annotations

import functools
import inspect
import os
import platform
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any, NamedTuple

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.errors import TypingError
from numba.extending import intrinsic, register_model

from pellucid.errors import ConfigurationError
from pellucid.kernels.compiling.emitter import Emitter, int64

__all__ = [
    "ACCUMULATORS",
    "COLUMNS",
    "FLOATS",
    "LANES",
    "REGISTERS",
    "Vector",
    "add",
    "at_least",
    "div",
    "each_part",
    "emitted",
    "exp",
    "fma",
    "gate",
    "load",
    "mul",
    "splat",
    "store",
    "sub",
    "total",
    "where_equal",
    "winner",
]

LANES = 16
"""Images side by side in one vector."""


class _Tiles(NamedTuple):
    """What a processor's registers hold, in vectors of so many floats."""

    floats: int
    registers: int
    columns: int
    accumulators: int


_TILES = {
    "avx512": _Tiles(16, 32, 4, 25), "avx2": _Tiles(8, 16, 2, 12), "neon": _Tiles(8, 16, 4, 12),
}  # fmt: skip


def _tiles() -> _Tiles:
    chosen = os.environ.get("PELLUCID_TILES", "")
    if chosen not in ("", *_TILES):
        raise ConfigurationError(
            f"PELLUCID_TILES is {chosen!r:.40}; it must be avx512, avx2 or neon, or unset for what "
            "suits the processor."
        )
    if chosen:
        return _TILES[chosen]
    if llvmlite.binding.get_host_cpu_features().get("avx512f", False):
        return _TILES["avx512"]
    return _TILES["neon" if platform.machine().lower() in ("aarch64", "arm64") else "avx2"]


FLOATS, REGISTERS, COLUMNS, ACCUMULATORS = _tiles()
"""Floats of the vectors that register tiles are made of; how many such vectors the registers hold;
output columns of a convolution's tile; accumulators of a filter-gradient tile: what fits beside its
operands. They change the speed alone. The environment variable is there for tests."""

_FLOAT = ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, LANES)


class _VectorType(types.Type):
    def __init__(self) -> None:
        super().__init__(name=f"float32x{LANES}")


Vector = _VectorType()


@register_model(_VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _VECTOR)


def emitted(result: Any = types.void) -> Callable[[Any], Any]:
    """Decorate a function that emits code, so that compiled functions call it as one of theirs.

    It is given an emitter of vectors of LANES floats, and then what it is called with as values of
    LLVM, a tuple as a tuple of them. An argument in capital letters is a constant there, or a tuple
    of some: it comes as Python's whole numbers, and each set of them has code of its own.

    Parameters
    ----------
    result : numba.types.Type, optional
        The type of what it returns, if that is not nothing.
    """

    def decorate(function):
        names = list(inspect.signature(function).parameters)[1:]

        def typing(_, *kinds):
            constants = {
                name: _constant(kind)
                for name, kind in zip(names, kinds, strict=True)
                if name.isupper()
            }

            def codegen(context, builder, signature, values):
                given = {
                    name: _unpacked(builder, kind, value)
                    for name, kind, value in zip(names, kinds, values, strict=True)
                }
                value = function(Emitter(builder, LANES), **given | constants)
                return context.get_dummy_value() if result is types.void else value

            return result(*kinds), codegen

        functools.update_wrapper(typing, function)
        return intrinsic(prefer_literal=any(map(str.isupper, names)))(typing)

    return decorate


@contextmanager
def each_part(emit):
    """Emit a loop over the parts of FLOATS lanes; give an emitter of these, and where each begins.

    For register tiles, and for what holds many vectors at once.
    """
    part = Emitter(emit.builder, FLOATS)
    if FLOATS == LANES:
        yield part, int64(0)
        return
    with emit.repeat(int64(LANES // FLOATS)) as number:
        yield part, emit.builder.mul(number, int64(FLOATS))


def _constant(kind):
    """Return the whole number that a literal type stands for, of a tuple a tuple of them."""
    if isinstance(kind, types.BaseTuple):
        return tuple(map(_constant, kind))
    if not isinstance(kind, types.Literal):
        raise TypingError(f"{kind} is no constant")
    return kind.literal_value


def _unpacked(builder, kind, value):
    is_tuple = isinstance(kind, types.BaseTuple)
    return tuple(cgutils.unpack_tuple(builder, value)) if is_tuple else value


@emitted(Vector)
def load(emit, pointer, index):
    """Return the LANES floats from ``pointer[index]`` on."""
    return emit.load(pointer, index)


@emitted()
def store(emit, pointer, index, value):
    """Write ``value`` to the LANES floats from ``pointer[index]`` on."""
    emit.store(value, pointer, index)


@emitted(Vector)
def splat(emit, scalar):
    """Return ``scalar`` in every lane."""
    return emit.splat(scalar)


@emitted(Vector)
def add(emit, a, b):
    """Return ``a + b``."""
    return emit.builder.fadd(a, b)


@emitted(Vector)
def sub(emit, a, b):
    """Return ``a - b``."""
    return emit.builder.fsub(a, b)


@emitted(Vector)
def mul(emit, a, b):
    """Return ``a * b``."""
    return emit.builder.fmul(a, b)


@emitted(Vector)
def div(emit, a, b):
    """Return ``a / b``."""
    return emit.builder.fdiv(a, b)


@emitted(Vector)
def fma(emit, a, b, c):
    """Return ``a * b + c``, rounded once, whatever the processor can."""
    return emit.fma(a, b, c)


@emitted(Vector)
def at_least(emit, value, floor):
    """Return the larger of both; a NaN in ``value`` stays NaN."""
    return emit.at_least(value, floor)


@emitted(Vector)
def gate(emit, value, opener):
    """Return ``value`` where ``opener > 0``, else 0."""
    return emit.gate(value, opener)


@emitted(Vector)
def winner(emit, value, best, a, b):
    """Return ``a`` where ``value > best`` or ``value`` is NaN, else ``b``."""
    return emit.builder.select(emit.larger(value, best), a, b)


@emitted(Vector)
def where_equal(emit, a, b, value):
    """Return ``value`` where ``a == b``, else 0."""
    return emit.builder.select(emit.builder.fcmp_ordered("==", a, b), value, emit.constant(0.0))


@emitted(types.float32)
def total(emit, value):
    """Return the sum over the lanes, always in the same order."""
    return emit.total(value)


_EXP = (
    1.0,
    1.0,
    0.5,
    0.16666666666666666,
    0.041666666666666664,
    0.008333333333333333,
    0.001388888888888889,
    0.0001984126984126984,
)


@emitted(Vector)
def exp(emit, x):
    """Return ``e**x`` to about 1e-7 of its value; the same bits on every system's C library.

    ``e**x = 2**n e**r`` with ``n = round(x / log 2)`` and ``r`` in ±0.35, where eight terms of the
    Taylor series leave 1e-9. ``x`` is held within ±87, the normal range; NaN stays NaN.
    """
    builder = emit.builder
    x = emit.at_least(x, emit.constant(-87.0))
    above = builder.fcmp_ordered(">", x, emit.constant(87.0))
    x = builder.select(above, emit.constant(87.0), x)
    # Adding 1.5 * 2**23 rounds to a whole number, which then stands in the lowest bits.
    magic = emit.constant(12582912.0)
    shifted = emit.fma(x, emit.constant(1.4426950216293335), magic)
    n = builder.fsub(shifted, magic)
    r = emit.fma(n, emit.constant(-0.693145751953125), x)
    r = emit.fma(n, emit.constant(-1.428606765330187e-06), r)
    value = emit.constant(_EXP[-1])
    for coefficient in _EXP[-2::-1]:
        value = emit.fma(value, r, emit.constant(coefficient))
    integers = ir.VectorType(ir.IntType(32), LANES)
    power = builder.shl(builder.bitcast(shifted, integers), ir.Constant(integers, [23] * LANES))
    result = builder.bitcast(builder.add(builder.bitcast(value, integers), power), _VECTOR)
    is_nan = builder.fcmp_unordered("uno", x, x)
    return builder.select(is_nan, x, result)
