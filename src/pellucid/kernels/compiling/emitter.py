"""Writes vector code for LLVM, where Numba would not keep sums in registers.

A kernel's register tile is a Python function that is given an :class:`Emitter`: its loops are
unrolled code, what it calls are instructions, and what it holds are values of LLVM.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils

__all__ = ["Emitter", "int32", "int64"]


def int64(value: int) -> Any:
    """Return a whole number as the kernels count: an index, a distance."""
    return ir.Constant(ir.IntType(64), value)


def int32(value: int) -> Any:
    """Return a whole number as LLVM numbers the parts of a vector."""
    return ir.Constant(ir.IntType(32), value)


class Emitter:
    """Emits vector code into an LLVM function; Python loops around it are unrolled code.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
        Where the code goes.
    lanes : int
        Floats in a vector.
    """

    def __init__(self, builder: Any, lanes: int) -> None:
        self.builder = builder
        self.lanes = lanes
        self.vector = ir.VectorType(ir.FloatType(), lanes)

    def constant(self, value: float):
        """Return a vector with ``value`` in every lane."""
        return ir.Constant(self.vector, [value] * self.lanes)

    def place(self, start, *steps):
        """Return ``start`` and so many steps of so many floats: ``place(x, (i, row), (j, 16))``.

        The steps are added up first: often a loop leaves them as they are.
        """
        walked = None
        for step in steps:
            count, floats = (int64(n) if isinstance(n, int) else n for n in step)
            distance = self.builder.mul(count, floats)
            walked = distance if walked is None else self.builder.add(walked, distance)
        return self.builder.add(start, walked)

    def at(self, pointer, index, offset: int = 0):
        """Return the address of ``pointer[index + offset]``, as that of a vector."""
        if offset:
            index = self.builder.add(index, ir.Constant(index.type, offset))
        address = self.builder.gep(pointer, [index])
        return self.builder.bitcast(address, self.vector.as_pointer())

    def load(self, pointer, index, offset: int = 0):
        """Return a vector of the floats from ``pointer[index + offset]`` on."""
        return self.builder.load(self.at(pointer, index, offset), align=4)

    def store(self, value, pointer, index, offset: int = 0) -> None:
        """Write a vector to the floats from ``pointer[index + offset]`` on."""
        self.builder.store(value, self.at(pointer, index, offset), align=4)

    def prefetch(self, pointer, index, offset: int) -> None:
        """Have the line of ``pointer[index + offset]`` fetched, which will soon be read."""
        index = self.builder.add(index, ir.Constant(index.type, offset))
        address = self.builder.bitcast(
            self.builder.gep(pointer, [index]), ir.IntType(8).as_pointer()
        )
        kind = ir.FunctionType(ir.VoidType(), [address.type, *[ir.IntType(32)] * 3])
        function = self.builder.module.declare_intrinsic("llvm.prefetch", [address.type], kind)
        self.builder.call(function, [address, *map(int32, (0, 3, 1))])

    def splat(self, scalar):
        """Return ``scalar`` in every lane."""
        undefined = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(undefined, scalar, int32(0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(first, undefined, zeros)

    def broadcast(self, pointer, index, offset: int = 0):
        """Return ``pointer[index + offset]`` in every lane."""
        if offset:
            index = self.builder.add(index, ir.Constant(index.type, offset))
        return self.splat(self.builder.load(self.builder.gep(pointer, [index]), align=4))

    def fma(self, a, b, c):
        """Return ``a * b + c``, rounded once, whatever the processor can."""
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        name = f"llvm.fma.v{self.lanes}f32"
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, [a, b, c])

    def floor(self, value):
        """Return the largest whole number that is not above ``value``, as a float."""
        kind = ir.FunctionType(self.vector, [self.vector])
        name = f"llvm.floor.v{self.lanes}f32"
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, [value])

    def sqrt(self, value):
        """Return the square root, rounded once."""
        kind = ir.FunctionType(self.vector, [self.vector])
        name = f"llvm.sqrt.v{self.lanes}f32"
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, [value])

    def add_product(self, variable, a, b) -> None:
        """Add ``a * b`` to a :meth:`variable`."""
        self.builder.store(self.fma(a, b, self.builder.load(variable)), variable)

    def at_least(self, value, floor):
        """Return the larger of both lane by lane; a NaN in ``value`` stays NaN."""
        below = self.builder.fcmp_ordered("<", value, floor)
        return self.builder.select(below, floor, value)

    def gate(self, value, gate):
        """Return ``value`` where ``gate > 0``, else 0."""
        is_open = self.builder.fcmp_ordered(">", gate, self.constant(0.0))
        return self.builder.select(is_open, value, self.constant(0.0))

    def larger(self, value, best):
        """Return where ``value > best`` or ``value`` is NaN."""
        is_larger = self.builder.fcmp_ordered(">", value, best)
        return self.builder.or_(is_larger, self.builder.fcmp_unordered("uno", value, value))

    def total(self, value):
        """Return the sum over the lanes, halves first: always in the same order."""
        lanes = self.lanes
        while lanes > 1:
            lanes //= 2
            low, high = (
                self._shuffle(value, value, list(half))
                for half in (range(lanes), range(lanes, 2 * lanes))
            )
            value = self.builder.fadd(low, high)
        return self.builder.extract_element(value, int32(0))

    def fold(self, a, b, low: list[int], high: list[int]):
        """Return what ``low`` picks of two vectors and what ``high`` picks of them, added."""
        return self.builder.fadd(self._shuffle(a, b, low), self._shuffle(a, b, high))

    def transpose(self, rows):
        """Return a square of vectors with rows and columns swapped, in log2(lanes) rounds."""
        lanes, half = self.lanes, self.lanes // 2
        low = [lane for i in range(half) for lane in (i, lanes + i)]
        high = [lane for i in range(half, lanes) for lane in (i, lanes + i)]
        count = lanes
        while count > 1:
            rows = [
                self._shuffle(rows[i], rows[i + half], pick)
                for i in range(half)
                for pick in (low, high)
            ]
            count //= 2
        return rows

    def variable(self, value):
        """Return a slot for a value that loops change; LLVM keeps it in a register."""
        return cgutils.alloca_once_value(self.builder, value)

    def repeat(self, count) -> _Repeat:
        """Return a loop that runs ``count`` times, as ``with emitter.repeat(n) as index:``."""
        return _Repeat(self.builder, count)

    def _shuffle(self, a, b, lanes: list[int]):
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)
        return self.builder.shuffle_vector(a, b, mask)


class _Repeat:
    def __init__(self, builder, count):
        self._loop = cgutils.for_range(builder, count)

    def __enter__(self):
        return self._loop.__enter__().index

    def __exit__(self, *error):
        self._loop.__exit__(*error)
