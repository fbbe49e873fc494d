"""Addresses: what lies at one, and calling the kernel that does.

The driver and its kernels pass memory to one another as whole numbers, so that nothing has to be
compiled anew for another dtype, and no kernel waits for the compilation of another.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from pellucid.kernels.compiling.emitter import int64
from pellucid.kernels.compiling.vector import emitted

__all__ = [
    "bytes_at",
    "call",
    "doubles_at",
    "float_of",
    "floats_at",
    "integers_at",
    "pointer",
    "words_of",
]


@intrinsic
def pointer(typingctx, array):
    """Return the address of an array's first element."""

    def codegen(context, builder, sig, args):
        return context.make_array(sig.args[0])(context, builder, args[0]).data

    return types.CPointer(array.dtype)(array), codegen


@emitted(types.CPointer(types.uint32))
def words_of(emit, arena):
    """Return the arena as words of 32 bits."""
    return emit.builder.bitcast(arena, ir.IntType(32).as_pointer())


@emitted(types.CPointer(types.uint8))
def bytes_at(emit, address):
    """Return an address as that of bytes."""
    return emit.builder.inttoptr(address, ir.IntType(8).as_pointer())


@emitted(types.CPointer(types.float32))
def floats_at(emit, address):
    """Return an address as that of floats."""
    return emit.builder.inttoptr(address, ir.FloatType().as_pointer())


@emitted(types.CPointer(types.int64))
def integers_at(emit, address):
    """Return an address as that of whole numbers of 64 bits."""
    return emit.builder.inttoptr(address, ir.IntType(64).as_pointer())


@emitted(types.float32)
def float_of(emit, bits):
    """Return the float of 32 bits whose bits a field holds."""
    return emit.builder.bitcast(emit.builder.trunc(bits, ir.IntType(32)), ir.FloatType())


@emitted(types.CPointer(types.float64))
def doubles_at(emit, address):
    """Return an address as that of floats of 64 bits."""
    return emit.builder.inttoptr(address, ir.DoubleType().as_pointer())


@emitted()
def call(emit, ops, index, arena, parameters, gradient):
    """Call the kernel whose address is ``ops[index]`` with the fields that follow it."""
    op = emit.builder.gep(ops, [index])
    fields = emit.builder.gep(op, [int64(1)])
    floats = ir.FloatType().as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [ir.IntType(64).as_pointer(), *[floats] * 3])
    kernel = emit.builder.inttoptr(emit.builder.load(op), kind.as_pointer())
    emit.builder.call(kernel, [fields, arena, parameters, gradient])
