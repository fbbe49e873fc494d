"""What an op holds, read by name: a kernel's signature is the list of its fields.

A kernel is written as ``kernel(arena, parameters, gradient, first, second, ...)`` and called as
``kernel(op, arena, parameters, gradient)``, where ``op`` points at the fields one behind the other.
Between the two stands a pass of Numba's compiler: each argument that is a field becomes
``op[number]`` before types are found. So the machine code is that of a kernel which reads its row
itself, and no second function is compiled or called.
"""

from __future__ import annotations

import inspect
from typing import Any

from numba.core import ir
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.ir_utils import build_definitions
from numba.core.untyped_passes import TranslateByteCode

__all__ = ["KernelCompiler", "fields_of"]

MEMORY = ("arena", "parameters", "gradient")
"""What every kernel takes before its fields."""


def fields_of(function: Any) -> tuple[str, ...]:
    """Return the fields that a kernel's signature names, in order.

    One that is a word of Python's has an underscore behind it there.

    Examples
    --------
    >>> def kernel(arena, parameters, gradient, to, from_): ...
    >>> fields_of(kernel)
    ('to', 'from')
    """
    names = tuple(inspect.signature(function).parameters)
    assert names[: len(MEMORY)] == MEMORY, f"{function.__name__} takes {names}"
    return tuple(name.removesuffix("_") for name in names[len(MEMORY) :])


@register_pass(mutates_CFG=False, analysis_only=False)
class _ReadFields(FunctionPass):
    """Give a kernel the arguments it is called with, and make loads of its fields."""

    _name = "read_fields"

    def __init__(self) -> None:  # abstract in Numba
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        function = state.func_ir
        first = function.blocks[min(function.blocks)]
        op = ir.Var(first.scope, "$op", first.loc)
        body = [ir.Assign(ir.Arg("op", 0, first.loc), op, first.loc)]
        for statement in first.body:
            value = getattr(statement, "value", None)
            if isinstance(value, ir.Arg):
                number = value.index - len(MEMORY)
                if number < 0:
                    value = ir.Arg(value.name, value.index + 1, value.loc)
                else:
                    index = ir.Var(first.scope, f"$field{number}", first.loc)
                    body.append(ir.Assign(ir.Const(number, first.loc), index, first.loc))
                    value = ir.Expr.getitem(op, index, value.loc)
                statement = ir.Assign(value, statement.target, statement.loc)
            body.append(statement)
        first.body = body
        function.arg_names = ("op", *MEMORY)
        function.arg_count = len(function.arg_names)
        function._definitions = build_definitions(function.blocks)
        return True


class KernelCompiler(CompilerBase):
    """Numba's compiler, with fields read from the op."""

    def define_pipelines(self) -> list[Any]:
        """Return the usual steps and, right after the bytecode is read, the one of this file."""
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.add_pass_after(_ReadFields, TranslateByteCode)
        passes.finalize()
        return [passes]
