"""Vectors of float32: one number for each of the images that a kernel works on side by side.

LANES images lie side by side as the innermost axis of every array in the arena, so one vector
instruction does the same step for all of them. Numba has no vector type; this file gives it one
(``Vector``, an LLVM ``<LANES x float>``) with loads, stores and arithmetic. LLVM splits a vector
that is wider than the processor's registers.

Two levels use it. Kernels written in plain Numba call the functions in ``__all__``. Register tiles,
whose accumulators must not leave the registers, are emitted through :class:`Emitter`, where a
Python loop stands for unrolled code.

LANES and COLUMNS follow the processor: 16 images and 4 columns where there are 32 registers of 512
bits, 8 images and fewer accumulators elsewhere.
"""

from __future__ import annotations

import os
import platform
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.extending import intrinsic, register_model

__all__ = [
    "ACCUMULATORS",
    "COLUMNS",
    "LANES",
    "REGISTERS",
    "Emitter",
    "Vector",
    "add",
    "at_least",
    "div",
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

_HAS_AVX512 = llvmlite.binding.get_host_cpu_features().get("avx512f", False)
_HAS_32_REGISTERS = _HAS_AVX512 or platform.machine().lower() in ("aarch64", "arm64")

LANES = int(os.environ.get("PELLUCID_LANES") or (16 if _HAS_AVX512 else 8))
"""Images side by side in one vector; the environment variable is there for tests."""
COLUMNS = 4 if _HAS_32_REGISTERS else 2
"""Output columns that a convolution's register tile holds."""
REGISTERS = 32 if _HAS_32_REGISTERS else 16
"""Vector registers that the processor has."""
ACCUMULATORS = 25 if _HAS_AVX512 else 12
"""Accumulators of a filter-gradient tile: what fits the registers beside its operands."""

_FLOAT = ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, LANES)


class _VectorType(types.Type):
    def __init__(self) -> None:
        super().__init__(name=f"float32x{LANES}")


Vector = _VectorType()


@register_model(_VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


class Emitter:
    """Emits vector code into an LLVM function; Python loops around it are unrolled code.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
        Where the code goes.
    lanes : int, optional
        Floats in a vector, where they are not one of each image.
    """

    def __init__(self, builder: Any, lanes: int = LANES) -> None:
        self.builder = builder
        self.lanes = lanes
        self.vector = ir.VectorType(_FLOAT, lanes)

    def constant(self, value: float) -> Any:
        """Return a vector with ``value`` in every lane."""
        return ir.Constant(self.vector, [value] * self.lanes)

    def at(self, pointer: Any, index: Any, offset: int = 0) -> Any:
        """Return the address of ``pointer[index + offset]``, as that of a vector."""
        if offset:
            index = self.builder.add(index, ir.Constant(index.type, offset))
        address = self.builder.gep(pointer, [index])
        return self.builder.bitcast(address, self.vector.as_pointer())

    def load(self, pointer: Any, index: Any, offset: int = 0) -> Any:
        """Return a vector of the floats from ``pointer[index + offset]`` on."""
        return self.builder.load(self.at(pointer, index, offset), align=4)

    def store(self, value: Any, pointer: Any, index: Any, offset: int = 0) -> None:
        """Write a vector to the floats from ``pointer[index + offset]`` on."""
        self.builder.store(value, self.at(pointer, index, offset), align=4)

    def prefetch(self, pointer: Any, index: Any, offset: int) -> None:
        """Have the line of ``pointer[index + offset]`` fetched, which will soon be read."""
        index = self.builder.add(index, ir.Constant(index.type, offset))
        address = self.builder.bitcast(
            self.builder.gep(pointer, [index]), ir.IntType(8).as_pointer()
        )
        kind = ir.FunctionType(ir.VoidType(), [address.type, *[ir.IntType(32)] * 3])
        function = self.builder.module.declare_intrinsic("llvm.prefetch", [address.type], kind)
        self.builder.call(function, [address, *map(_index, (0, 3, 1))])

    def splat(self, scalar: Any) -> Any:
        """Return ``scalar`` in every lane."""
        undefined = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(undefined, scalar, _index(0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(first, undefined, zeros)

    def broadcast(self, pointer: Any, index: Any, offset: int = 0) -> Any:
        """Return ``pointer[index + offset]`` in every lane."""
        if offset:
            index = self.builder.add(index, ir.Constant(index.type, offset))
        return self.splat(self.builder.load(self.builder.gep(pointer, [index]), align=4))

    def fma(self, a: Any, b: Any, c: Any) -> Any:
        """Return ``a * b + c``, fused where the processor can."""
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        name = f"llvm.fmuladd.v{self.lanes}f32"
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, [a, b, c])

    def at_least(self, value: Any, floor: Any) -> Any:
        """Return the larger of both lane by lane; a NaN in ``value`` stays NaN."""
        below = self.builder.fcmp_ordered("<", value, floor)
        return self.builder.select(below, floor, value)

    def gate(self, value: Any, gate: Any) -> Any:
        """Return ``value`` where ``gate > 0``, else 0."""
        is_open = self.builder.fcmp_ordered(">", gate, self.constant(0.0))
        return self.builder.select(is_open, value, self.constant(0.0))

    def total(self, value: Any) -> Any:
        """Return the sum over the lanes, halves first: always in the same order."""
        lanes = self.lanes
        while lanes > 1:
            lanes //= 2
            low, high = self._part(value, range(lanes)), self._part(value, range(lanes, 2 * lanes))
            value = self.builder.fadd(low, high)
        return self.builder.extract_element(value, _index(0))

    def transpose(self, rows: list[Any]) -> list[Any]:
        """Return LANES vectors with rows and columns swapped, in log2(LANES) rounds."""
        half = LANES // 2
        low = [lane for i in range(half) for lane in (i, LANES + i)]
        high = [lane for i in range(half, LANES) for lane in (i, LANES + i)]
        count = LANES
        while count > 1:
            rows = [
                self._shuffle(rows[i], rows[i + half], pick)
                for i in range(half)
                for pick in (low, high)
            ]
            count //= 2
        return rows

    def variable(self, value: Any) -> Any:
        """Return a slot for a value that loops change; LLVM keeps it in a register."""
        return cgutils.alloca_once_value(self.builder, value)

    def repeat(self, count: Any) -> Any:
        """Return a loop that runs ``count`` times, as ``with emitter.repeat(n) as index:``."""
        return _Repeat(self.builder, count)

    def _part(self, value: Any, lanes: range) -> Any:
        return self._shuffle(value, value, list(lanes))

    def _shuffle(self, a: Any, b: Any, lanes: list[int]) -> Any:
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)
        return self.builder.shuffle_vector(a, b, mask)


class _Repeat:
    def __init__(self, builder: Any, count: Any) -> None:
        self._loop = cgutils.for_range(builder, count)

    def __enter__(self) -> Any:
        return self._loop.__enter__().index

    def __exit__(self, *error: Any) -> None:
        self._loop.__exit__(*error)


def _index(value: int) -> Any:
    return ir.Constant(ir.IntType(32), value)


def _floats() -> Any:
    return types.CPointer(types.float32)


@intrinsic
def load(typingctx: Any, pointer: Any, index: Any) -> Any:
    """Return the LANES floats from ``pointer[index]`` on."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return Emitter(builder).load(*args)

    return Vector(_floats(), types.intp), codegen


@intrinsic
def store(typingctx: Any, pointer: Any, index: Any, value: Any) -> Any:
    """Write ``value`` to the LANES floats from ``pointer[index]`` on."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        pointer, index, value = args
        Emitter(builder).store(value, pointer, index)
        return context.get_dummy_value()

    return types.void(_floats(), types.intp, Vector), codegen


@intrinsic
def splat(typingctx: Any, scalar: Any) -> Any:
    """Return ``scalar`` in every lane."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return Emitter(builder).splat(args[0])

    return Vector(types.float32), codegen


@intrinsic
def add(typingctx: Any, a: Any, b: Any) -> Any:
    """Return ``a + b``."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.fadd(*args)

    return Vector(Vector, Vector), codegen


@intrinsic
def sub(typingctx: Any, a: Any, b: Any) -> Any:
    """Return ``a - b``."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.fsub(*args)

    return Vector(Vector, Vector), codegen


@intrinsic
def mul(typingctx: Any, a: Any, b: Any) -> Any:
    """Return ``a * b``."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.fmul(*args)

    return Vector(Vector, Vector), codegen


@intrinsic
def div(typingctx: Any, a: Any, b: Any) -> Any:
    """Return ``a / b``."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.fdiv(*args)

    return Vector(Vector, Vector), codegen


@intrinsic
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """Return ``a * b + c``, fused where the processor can."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return Emitter(builder).fma(*args)

    return Vector(Vector, Vector, Vector), codegen


@intrinsic
def at_least(typingctx: Any, value: Any, floor: Any) -> Any:
    """Return the larger of both; a NaN in ``value`` stays NaN."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return Emitter(builder).at_least(*args)

    return Vector(Vector, Vector), codegen


@intrinsic
def gate(typingctx: Any, value: Any, opener: Any) -> Any:
    """Return ``value`` where ``opener > 0``, else 0."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return Emitter(builder).gate(*args)

    return Vector(Vector, Vector), codegen


@intrinsic
def winner(typingctx: Any, value: Any, best: Any, a: Any, b: Any) -> Any:
    """Return ``a`` where ``value > best`` or ``value`` is NaN, else ``b``."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        value, best, a, b = args
        wins = builder.or_(
            builder.fcmp_ordered(">", value, best), builder.fcmp_unordered("uno", value, value)
        )
        return builder.select(wins, a, b)

    return Vector(Vector, Vector, Vector, Vector), codegen


@intrinsic
def where_equal(typingctx: Any, a: Any, b: Any, value: Any) -> Any:
    """Return ``value`` where ``a == b``, else 0."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        a, b, value = args
        same = builder.fcmp_ordered("==", a, b)
        return builder.select(same, value, Emitter(builder).constant(0.0))

    return Vector(Vector, Vector, Vector), codegen


@intrinsic
def total(typingctx: Any, value: Any) -> Any:
    """Return the sum over the lanes, always in the same order."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return Emitter(builder).total(args[0])

    return types.float32(Vector), codegen


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


@intrinsic
def exp(typingctx: Any, x: Any) -> Any:
    """Return ``e**x`` to about 1e-7 of its value; the same bits on every system's C library.

    ``e**x = 2**n e**r`` with ``n = round(x / log 2)`` and ``r`` in ±0.35, where eight terms of the
    Taylor series leave 1e-9. ``x`` is held within ±87, the normal range; NaN stays NaN.
    """

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        emit = Emitter(builder)
        x = emit.at_least(args[0], emit.constant(-87.0))
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

    return Vector(Vector), codegen
