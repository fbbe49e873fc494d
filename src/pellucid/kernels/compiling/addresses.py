"""Addresses: what lies at one, and calling the kernel that does.

The driver and its kernels pass memory to one another as whole numbers, so that nothing has to be
compiled anew for another dtype, and no kernel waits for the compilation of another.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["bytes_at", "call", "doubles_at", "floats_at", "integers_at", "pointer", "words_of"]


@intrinsic
def pointer(typingctx: Any, array: Any) -> Any:
    """Return the address of an array's first element."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return context.make_array(sig.args[0])(context, builder, args[0]).data

    return types.CPointer(array.dtype)(array), codegen


@intrinsic
def words_of(typingctx: Any, arena: Any) -> Any:
    """Return the arena as words of 32 bits."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(32).as_pointer())

    return types.CPointer(types.uint32)(types.CPointer(types.float32)), codegen


@intrinsic
def bytes_at(typingctx: Any, address: Any) -> Any:
    """Return an address as that of bytes."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], ir.IntType(8).as_pointer())

    return types.CPointer(types.uint8)(types.int64), codegen


@intrinsic
def floats_at(typingctx: Any, address: Any) -> Any:
    """Return an address as that of floats."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], ir.FloatType().as_pointer())

    return types.CPointer(types.float32)(types.int64), codegen


@intrinsic
def integers_at(typingctx: Any, address: Any) -> Any:
    """Return an address as that of whole numbers of 64 bits."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], ir.IntType(64).as_pointer())

    return types.CPointer(types.int64)(types.int64), codegen


@intrinsic
def doubles_at(typingctx: Any, address: Any) -> Any:
    """Return an address as that of floats of 64 bits."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], ir.DoubleType().as_pointer())

    return types.CPointer(types.float64)(types.int64), codegen


@intrinsic
def call(typingctx: Any, ops: Any, index: Any, arena: Any, parameters: Any, gradient: Any) -> Any:
    """Call the kernel whose address is ``ops[index]`` with the fields that follow it."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        ops, index, *memory = args
        op = builder.gep(ops, [index])
        fields = builder.gep(op, [ir.Constant(ir.IntType(64), 1)])
        floats = ir.FloatType().as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(64).as_pointer(), *[floats] * 3])
        builder.call(builder.inttoptr(builder.load(op), kind.as_pointer()), [fields, *memory])
        return context.get_dummy_value()

    floats = types.CPointer(types.float32)
    return types.void(types.CPointer(types.int64), types.intp, *[floats] * 3), codegen
