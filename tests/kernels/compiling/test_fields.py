import ctypes
import importlib
import re
from pathlib import Path

import numpy as np
import pytest

from pellucid.kernels.compiling.compile import compile_kernel
from pellucid.kernels.compiling.fields import fields_of
from pellucid.kernels.compiling.vector import LANES
from tests.kernels.oracle import call


def _far(arena, parameters, gradient, a, b, c, d, e, f, g, h, i, j, k, to):
    arena[to] = 10 * a + k


def test_each_field_is_read_from_its_place():
    kernel = compile_kernel(_far)
    arena = np.zeros(3, dtype=np.float32)
    call(kernel, arena, **{name: n + 1 for n, name in enumerate("abcdefghijk")}, to=2)
    assert arena.tolist() == [0.0, 0.0, 21.0]


def test_a_kernel_may_change_its_fields_and_leave_some_unread():
    def _count(arena, parameters, gradient, to, times, unread):
        for _ in range(times):
            arena[to] = to
            to += 2

    arena, op = np.zeros(5, dtype=np.float32), np.array([1, 2, 99], dtype=np.int64)
    address = compile_kernel(_count).address
    kernel = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)(address)
    kernel(op.ctypes.data, arena.ctypes.data, arena.ctypes.data, arena.ctypes.data)
    assert arena.tolist() == [0.0, 1.0, 0.0, 3.0, 0.0]
    assert op.tolist() == [1, 2, 99]


def test_memory_comes_before_the_fields():
    def _wrong(arena, gradient, to):
        """Leave the parameters out."""

    with pytest.raises(AssertionError, match="_wrong takes"):
        fields_of(_wrong)


def test_the_kernel_of_the_page_doubles(tmp_path, monkeypatch):
    page = Path(__file__).parents[3] / "docs" / "kernels.md"
    (block,) = re.findall(r"```py\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "kernel_of_the_page.py").write_text(block)
    monkeypatch.syspath_prepend(tmp_path)  # machine code from the cache looks for its module
    module = importlib.import_module("kernel_of_the_page")
    arena = np.arange(4 * LANES, dtype=np.float32)
    call(module.double, arena, count=2, x=0, z=2 * LANES)
    np.testing.assert_array_equal(arena[2 * LANES :], 2 * arena[: 2 * LANES])
