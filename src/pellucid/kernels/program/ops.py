"""Ops: rows of numbers, each the address of a kernel and the kernel's fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.kernels.compiling.compile import Kernel
from pellucid.kernels.program.arena import Shared, View, everywhere

__all__ = [
    "OP_WIDTH",
    "STRIDE",
    "Join",
    "Program",
    "bits_of",
    "elementwise",
    "gate_of_flat",
    "make_op",
    "shared_places",
    "table",
]


OP_WIDTH = 33
"""Numbers in an op: the kernel's address and up to 32 fields."""


STRIDE = 1
"""Where a join's op has how far apart the chunks' arenas are: its kernel's first field."""


class Join(NamedTuple):
    """An op that waits until all chunks have come to a place, and then runs once for all of them.

    Attributes
    ----------
    place : int
        How many ops of its phase come before it.
    op : list of int
        It is called with the first chunk's arena; the others lie behind that.
    """

    place: int
    op: list[int]


@dataclass
class Program:
    """The ops collected so far, phase by phase; joins cut forward and backward into stretches."""

    begin: list[list[int]] = field(default_factory=list)
    forward: list[list[int]] = field(default_factory=list)
    backward: list[list[int]] = field(default_factory=list)
    end: list[list[int]] = field(default_factory=list)
    forward_joins: list[Join] = field(default_factory=list)
    backward_joins: list[Join] = field(default_factory=list)


def make_op(kernel: Kernel, **values: int) -> list[int]:
    """Return an op: the kernel's address and its fields in order; every field must be given."""
    assert set(values) == set(kernel.fields), (kernel.name, set(values) ^ set(kernel.fields))
    row = [kernel.address, *(values[name] for name in kernel.fields)]
    return row + [0] * (OP_WIDTH - len(row))


def elementwise(
    kernel: Kernel, x: View, z: View, a: View, setting: float | None = 0.0
) -> list[int]:
    """Return an op that goes over three arrays of one shape; None is for a kernel without one."""
    settings = {} if setting is None else {"setting": bits_of(setting)}
    return make_op(
        kernel, channels=x.shape[0], rows=x.shape[1], columns=x.shape[2], **x.fields("x"),
        **z.fields("z"), **a.fields("a"), **settings,
    )  # fmt: skip


def bits_of(number: float) -> int:
    """Return the bits of a float32, as a field holds a setting that is no whole number.

    Examples
    --------
    >>> hex(bits_of(1.0))
    '0x3f800000'
    """
    return int(np.float32(number).view(np.uint32))


def gate_of_flat(gate: View | None) -> dict[str, int]:
    """Return the gate's fields of a dense op; None is a gate that is always open."""
    view = everywhere(()) if gate is None else gate.flat()
    return {"gate": view.start, "gate_output": view.channel}


def shared_places(rows: list[list[int]]) -> NDArray[np.int64]:
    """Return for each field of some ops 1 where it is a place that all chunks share, else 0."""
    return table([[int(isinstance(value, Shared)) for value in row] for row in rows])


def table(rows: list[list[int]]) -> NDArray[np.int64]:
    """Return ops as an array, also where there are none."""
    return np.array(rows, dtype=np.int64).reshape(-1, OP_WIDTH)
